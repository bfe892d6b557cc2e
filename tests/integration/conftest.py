"""Warehouses for integration tests: one built league, copied for each test that changes it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from tests.warehouse import Warehouse

SEASON = "2021-22"
FIRST_MONTH = ("2021-10-19", "2021-11-19")
BOTH_SEASONS = ("2021-10-03", "2023-06-12")


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


@pytest.fixture(scope="session")
def real_seasons(raw_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `month.json`, hashes of the first month, and both seasons built over it in one window.

    Built once, whichever test process comes first; the others wait for it.
    """
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root) / "real_seasons"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            warehouse = Warehouse(folder / "fullcourt.duckdb", raw_archive)
            warehouse.build(FIRST_MONTH)
            (folder / "month.json").write_text(
                json.dumps({t: sorted(r) for t, r in warehouse.hashes().items()}, default=str)
            )
            warehouse.build(BOTH_SEASONS)
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def seasons(real_seasons: Path, raw_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Both seasons, a copy for each test process. Not to be changed."""
    copy = tmp_path_factory.mktemp("seasons") / "fullcourt.duckdb"
    shutil.copy(real_seasons / "fullcourt.duckdb", copy)
    return Warehouse(copy, raw_archive)


@pytest.fixture(scope="session")
def month_hashes(real_seasons: Path) -> dict[str, set[tuple[str, ...]]]:
    """(key, data_hash) of every row of the first month, as text, from before the seasons were built over it."""
    hashes = json.loads((real_seasons / "month.json").read_text())
    return {table: {tuple(row) for row in rows} for table, rows in hashes.items()}


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
