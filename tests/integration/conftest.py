"""Warehouses for integration tests: one built league, copied for each test that changes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from tests.warehouse import Warehouse

SEASON = "2021-22"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, league: Path) -> Warehouse:
    """The simulated week, built and tested. Not to be changed."""
    warehouse = Warehouse(tmp_path_factory.mktemp("built") / "fullcourt.duckdb", league)
    warehouse.build()
    return warehouse


@pytest.fixture
def copy_of_built(built: Warehouse, tmp_path: Path) -> Warehouse:
    """The built week with a database and a raw folder of its own."""
    shutil.copytree(built.raw_dir, tmp_path / "raw")
    shutil.copy(built.path, tmp_path / "fullcourt.duckdb")
    return Warehouse(tmp_path / "fullcourt.duckdb", tmp_path / "raw")


@pytest.fixture
def raw_copy(league: Path, tmp_path: Path) -> Path:
    shutil.copytree(league, tmp_path / "raw_copy")
    return tmp_path / "raw_copy"


Rewrite = Callable[[Path, str, str], None]


@pytest.fixture
def rewrite() -> Rewrite:
    """rewrite(raw folder, table, SQL over `raw`) replaces a raw file by the query's rows."""

    def apply(folder: Path, table: str, sql: str) -> None:
        (path,) = folder.rglob(f"{table}.parquet")
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            raw = pa_parquet.read_table(path)
            connection.register("raw", raw)
            changed: pa.Table = connection.sql(sql).to_arrow_table()
        pa_parquet.write_table(changed.cast(raw.schema), path)

    return apply
