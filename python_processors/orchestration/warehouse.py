"""The warehouse as the orchestration sees it, on either engine: see python_processors.engines."""

from __future__ import annotations

from python_processors.engines import BigQueryWarehouse, DuckDBSession, DuckDBWarehouse, warehouse_of_target
from python_processors.engines.base import Patience, Session, Warehouse, dataset_prefix, placed
from python_processors.engines.duckdb.warehouse import WarehouseLockedError, WarehouseUnreadableError

__all__ = [
    "BigQueryWarehouse", "DuckDBSession", "DuckDBWarehouse", "Patience", "Session", "Warehouse",
    "WarehouseLockedError", "WarehouseUnreadableError", "dataset_prefix", "placed", "warehouse_of_target",
]  # fmt: skip
