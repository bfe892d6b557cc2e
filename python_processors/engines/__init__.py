"""The engines that a warehouse runs on: the one place that knows what DuckDB or BigQuery can do.

`base` says what there is to ask; `duckdb` and `bigquery` answer. Google's clients are imported when BigQuery is used.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from python_processors.engines.base import Session, Warehouse
from python_processors.engines.bigquery.warehouse import BigQueryWarehouse
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.engines.duckdb.warehouse import DuckDBWarehouse

__all__ = ["BigQueryWarehouse", "DuckDBSession", "DuckDBWarehouse", "session_of_job", "warehouse_of_target"]


def warehouse_of_target(environment: Mapping[str, str] = os.environ) -> Warehouse:
    """The warehouse that FULLCOURT_TARGET names, as in profiles/profiles.yml."""
    target = environment.get("FULLCOURT_TARGET", "duckdb")
    return DuckDBWarehouse() if target == "duckdb" else BigQueryWarehouse(target)


def session_of_job(handle: Any) -> Session:
    """The session of a job that dbt runs.

    :param handle: what dbt hands over: dbt-duckdb its own connection, in a wrapper or bare; our submission helper for
        BigQuery a session.
    """
    return handle if hasattr(handle, "leave_outcome") else DuckDBSession(handle)
