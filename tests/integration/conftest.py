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

from python_processors.simulate import simulate
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


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first of the test processes to come makes, while the others wait for it."""
    root = factory.getbasetemp()
    folder = (root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="session")
def simulated_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine without a raw archive builds, with every test of the build: `raw` and the database."""

    def build(folder: Path) -> None:
        simulate(folder / "raw")
        Warehouse(folder / "fullcourt.duckdb", folder / "raw").build(FIRST_MONTH)

    return made_once(tmp_path_factory, "simulated_month", build)


@pytest.fixture(scope="session")
def month(simulated_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The simulated month, a copy for each test process. Not to be changed."""
    folder = tmp_path_factory.mktemp("month") / "copy"
    shutil.copytree(simulated_month, folder)
    return Warehouse(folder / "fullcourt.duckdb", folder / "raw")


@pytest.fixture
def copy_of_month(month: Warehouse, tmp_path: Path) -> Warehouse:
    """The simulated month with a database and a raw folder of its own."""
    shutil.copytree(month.path.parent, tmp_path / "month")
    return Warehouse(tmp_path / "month" / "fullcourt.duckdb", tmp_path / "month" / "raw")


@pytest.fixture(scope="session")
def real_seasons(raw_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`month.json`, hashes of the first month, and a database with both seasons built over it in one window."""

    def build(folder: Path) -> None:
        warehouse = Warehouse(folder / "fullcourt.duckdb", raw_archive)
        warehouse.build(FIRST_MONTH)
        hashes = {table: sorted(rows) for table, rows in warehouse.hashes().items()}
        (folder / "month.json").write_text(json.dumps(hashes, default=str))
        warehouse.build(BOTH_SEASONS)

    return made_once(tmp_path_factory, "real_seasons", build)


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
