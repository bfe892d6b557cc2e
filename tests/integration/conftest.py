"""Warehouses for integration tests: one built league, copied for each test that changes it."""

from __future__ import annotations

import fcntl
import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.project import Project
from python_processors.orchestration.request import Request
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_loader import SIMULATED_UNTIL
from python_processors.simulation import simulate
from tests.warehouse import Warehouse, environment

SEASON = "2021-22"
FIRST_MONTH = ("2021-10-19", "2021-11-19")
BOTH_SEASONS = ("2021-10-03", "2023-06-12")


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


def copied(folder: Path, to: Path) -> Warehouse:
    """A database and raw folder of its own."""
    shutil.copytree(folder, to)
    return Warehouse(to / "fullcourt.duckdb", to / "raw")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, league: Path) -> Warehouse:
    """The simulated week, built and tested, a copy for each test process. Not to be changed."""

    def build(folder: Path) -> None:
        shutil.copytree(league, folder / "raw")
        Warehouse(folder / "fullcourt.duckdb", folder / "raw").build()

    return copied(made_once(tmp_path_factory, "built_week", build), tmp_path_factory.mktemp("built") / "copy")


@pytest.fixture
def copy_of_built(built: Warehouse, tmp_path: Path) -> Warehouse:
    """The built week with a database and a raw folder of its own."""
    return copied(built.path.parent, tmp_path / "week")


@pytest.fixture(scope="session")
def simulated_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine without a raw archive builds, with every test of the build: `raw` and the database."""

    def build(folder: Path) -> None:
        simulate(folder / "raw", until=SIMULATED_UNTIL)
        Warehouse(folder / "fullcourt.duckdb", folder / "raw").build(FIRST_MONTH)

    return made_once(tmp_path_factory, "simulated_month", build)


@pytest.fixture(scope="session")
def month(simulated_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The simulated month, a copy for each test process. Not to be changed."""
    return copied(simulated_month, tmp_path_factory.mktemp("month") / "copy")


@pytest.fixture
def copy_of_month(month: Warehouse, tmp_path: Path) -> Warehouse:
    """The simulated month with a database and a raw folder of its own."""
    return copied(month.path.parent, tmp_path / "month")


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


@pytest.fixture
def rows_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raw files of the test have fewer rows than those that were loaded, and are meant to."""
    monkeypatch.setenv("FULLCOURT_ALLOW_DELETES", "1")


Rewrite = Callable[[Path, str, str], None]


def rewrite_file(folder: Path, table: str, sql: str) -> None:
    """Replace a raw file by the rows of a query over `raw`."""
    (path,) = folder.rglob(f"{table}.parquet")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        raw = pa_parquet.read_table(path)
        connection.register("raw", raw)
        changed: pa.Table = connection.sql(sql).to_arrow_table()
    pa_parquet.write_table(changed.cast(raw.schema), path)


@pytest.fixture
def rewrite() -> Rewrite:
    """rewrite(raw folder, table, SQL over `raw`) replaces a raw file by the query's rows."""
    return rewrite_file


@pytest.fixture(scope="session")
def confirmed_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated month as a run of fullcourt leaves it, every date confirmed: `raw` and the database."""

    def build(folder: Path) -> None:
        simulate(folder / "raw", until=SIMULATED_UNTIL)
        with at_work(Warehouse(folder / "fullcourt.duckdb", folder / "raw")) as (project, warehouse):
            result = backfill(project, warehouse, request(*FIRST_MONTH), audited_share=0)
        assert result.is_whole, result.to_dict()

    return made_once(tmp_path_factory, "confirmed_month", build)


@pytest.fixture(scope="session")
def confirmed(confirmed_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The confirmed month, a copy for each test process. Not to be changed."""
    return copied(confirmed_month, tmp_path_factory.mktemp("confirmed") / "copy")


@pytest.fixture
def copy_of_confirmed_month(confirmed_month: Path, tmp_path: Path) -> Warehouse:
    """The confirmed month with a database and a raw folder of its own."""
    return copied(confirmed_month, tmp_path / "month")


def request(start: str, end: str, **options: Any) -> Request:
    return Request(date.fromisoformat(start), date.fromisoformat(end), **options)


@contextmanager
def at_work(warehouse: Warehouse) -> Iterator[tuple[Project, DuckDBWarehouse]]:
    """The planner's view of a test's warehouse. The project is parsed once per test process."""
    with environment(
        FULLCOURT_DUCKDB=str(warehouse.path),
        RAW_DIR=str(warehouse.raw_dir),
        DBT_TARGET_PATH=str(warehouse.path.parent / "target"),
        DBT_LOG_PATH=str(warehouse.path.parent / "logs"),
    ):
        yield parsed_project(warehouse.path.name), DuckDBWarehouse()


@functools.cache
def parsed_project(database: str) -> Project:
    """By the database's name, which is in the project as parsed."""
    project = Project()
    _ = project.manifest
    return project
