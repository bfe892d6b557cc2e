"""What a plan needs before it: raw files, tables, the schedule. Of files that are not yet loaded, what they will be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa

from python_processors.errors import FullcourtError
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.plan.planner import SCHEDULE
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.fingerprints import Overlay, first_partition, last_partition
from python_processors.orchestration.state.ledger import LedgerWriter
from python_processors.orchestration.state.made import read_models_made
from python_processors.orchestration.state.snapshot import Schedule, read_schedule
from python_processors.orchestration.state.whole import memory_of, origins_made, read_origins, unchanged
from python_processors.orchestration.warehouse import DuckDBWarehouse, Session, Warehouse, dataset_prefix
from python_processors.raw_loader import (
    LoadPlan,
    ReadFiles,
    check_deletions,
    deletes_allowed,
    find_raw_dir,
    link_files,
    load_raw,
    loads_files,
    mark_of_files,
    plan_load,
    rows_to_come,
    tell,
)
from python_processors.schema.drift import check_drift, new_relation
from python_processors.schema.tables import create_tables, stored_tables

_NO_FILE = ("",)  # a list of files in SQL names one at least, and no file is called so


def prepare(
    project: Project, warehouse: Warehouse, *, run_id: str, quietly: bool = False, allow_deletes: bool = False
) -> None:
    """Load raw files that are new or changed (DuckDB), and build the schedule's tables. The caller holds the lock.

    :param run_id: who confirms what the tables hold then.
    :param quietly: do not tell which files were loaded.
    :param allow_deletes: raw rows may go, however many.
    :raises FullcourtError: a raw file does not fit, or dbt failed.
    """
    load_raw_files(warehouse, quietly=quietly, allow_deletes=allow_deletes)
    create_missing_tables(warehouse)
    build_schedule(project, warehouse, run_id=run_id)


def build_schedule(project: Project, warehouse: Warehouse, *, run_id: str) -> bool:
    """Build the schedule's tables from raw tables that are loaded, unless that would change nothing. Whether it did.

    :param run_id: who confirms what the tables hold then.
    :raises FullcourtError: dbt failed.
    """
    project.run_id = run_id
    models = _schedule_models(project)
    with warehouse.reading() as session:
        origins = read_origins(project, session, models)
        known = unchanged(project, session, memory_of(project, session, list(origins)), origins)
    if known.issuperset(name for name in models if not project.is_seed(name)):
        return False  # they are as they would be built
    outcome = _built(project, warehouse, models)
    with warehouse.writing() as session:
        made = read_models_made(project, session, outcome.built, [])
        memory = memory_of(project, session, list(origins))
        made += origins_made(project, session, memory, origins, outcome.built)
        LedgerWriter(session, run_id, project.libraries(session)).confirm(session, outcome.invocation_id, [], made)
    return True


def _schedule_models(project: Project) -> list[str]:
    return sorted(project.made_of("dim_game_dates") | project.made_of("known_dates"))


def _built(project: Project, warehouse: Warehouse, models: Sequence[str]) -> DbtOutcome:
    # The schedule's tables have no window; any date does.
    outcome = warehouse.when_free(lambda: project.build(models, ["2021-10-19"]), lambda built: built.said)
    if outcome.error or outcome.failures:
        raise FullcourtError(
            f"The schedule could not be built: {outcome.error or '; '.join(outcome.failures.values())}"
        )
    return outcome


def create_missing_tables(warehouse: Warehouse) -> bool:
    """Make hashed tables and ledgers that are not there: what counts rows against the schedule reads them all. Whether
    one was made."""
    with warehouse.reading() as session:
        missing = [relation for relation in stored_tables() if not session.columns(relation)]
        if any(session.columns(new_relation(stored_tables()[relation])) for relation in missing):
            check_drift(session)  # a migration was cut off: its rows are under the other name
    if missing:
        with warehouse.writing() as session:
            create_tables(session, *missing)
    return bool(missing)


def load_raw_files(
    warehouse: Warehouse, *, quietly: bool = False, allow_deletes: bool = False, read: ReadFiles | None = None
) -> bool:
    """What dbt's plugin does when it opens the database, done before a snapshot looks at raw rows. Whether it changed
    any.

    :param allow_deletes: raw rows may go, however many; FULLCOURT_ALLOW_DELETES says so, too.
    :param read: what a plan read of the files.
    :raises FullcourtError: a file does not fit, leagues would meet, or rows would go that may not.
    """
    if warehouse.loads_files:
        with warehouse.writing() as session:
            assert session.connection is not None  # files are loaded through it
            outcome = load_raw(
                session.connection, find_raw_dir(), prefix=dataset_prefix(),
                allow_deletes=allow_deletes or deletes_allowed(), read=read,
            )  # fmt: skip
        if not quietly:
            tell(outcome)
        return outcome.changed_anything
    return False


def stand_of(project: Project, warehouse: Warehouse, asked: object) -> str:
    """What a plan stands on. It differs once rows, raw files, code or what is asked did; empty where nothing tells.

    No date is skipped by it: it saves making the very same plan twice.
    """
    mark = warehouse.mark()
    return f"{mark} {mark_of_files(find_raw_dir())} {project.files} {asked}" if mark else ""


def load_plan_of(
    session: Session, *, allow_deletes: bool = False, dates: tuple[date, date] | None = None
) -> LoadPlan | None:
    """What a load would do to the raw tables; None where somebody else fills them.

    :param allow_deletes: as of load_raw_files().
    :param dates: whose rows overlay_of() is to look at.
    :raises FullcourtError: a file does not fit the raw contract, or leagues would meet.
    """
    connection = session.connection
    if connection is None or not loads_files(connection, find_raw_dir(), prefix=dataset_prefix()):
        return None
    allowed = allow_deletes or deletes_allowed()
    read = ReadFiles(_partitions(*dates) if dates else None)
    return plan_load(connection, find_raw_dir(), prefix=dataset_prefix(), allow_deletes=allowed, read=read)


def check_load(session: Session, load: LoadPlan | None) -> None:
    """:raises DeletionsRefusedError: loading the raw files would take away rows that nobody said may go."""
    if load is not None and not deletes_allowed():
        assert session.connection is not None
        check_deletions(session.connection, load, prefix=dataset_prefix())


def overlay_of(session: Session, start: date, end: date, load: LoadPlan | None = None) -> Overlay:
    """Raw files that a run would load first: a plan of these dates looks at them as if they were loaded.

    :param load: what load_plan_of() said, where it is known already.
    :raises FullcourtError: a file does not fit the raw contract, or leagues would meet.
    """
    load = load or load_plan_of(session, dates=(start, end))
    if load is None:
        return Overlay()
    rows: dict[str, pa.Table] = {}
    files: dict[str, tuple[str, ...]] = {}
    connection = session.connection
    assert connection is not None
    for table, names, to_come in rows_to_come(connection, load, _partitions(start, end), prefix=dataset_prefix()):
        rows[table.name], files[table.name] = to_come, names or _NO_FILE
    load.read.keep_whole()
    return Overlay(rows, files, load.stored.anew)


def _partitions(start: date, end: date) -> tuple[date, date]:
    """Those of raw tables that a plan of dates may look at."""
    return first_partition(start), last_partition(end)


def schedule_to_come(project: Project) -> Schedule:
    """Dates with games once the raw files are loaded: dbt builds the schedule's tables in a scratch database."""
    _ = project.manifest  # parsed with the settings of the warehouse, not of the scratch database
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        link_files(find_raw_dir(), {SCHEDULE}, folder / "raw")
        scratch = {"FULLCOURT_DUCKDB": str(folder / _database_name()), "RAW_DIR": str(folder / "raw")}
        # Nothing is there that could be deleted: whether the load itself may go on is not asked here.
        with _environment(**scratch, FULLCOURT_ALLOW_DELETES="1"):
            warehouse, project.run_id = DuckDBWarehouse(), "scratch"
            load_raw_files(warehouse, quietly=True)
            _built(project, warehouse, _schedule_models(project))
            with warehouse.reading() as session:
                return read_schedule(session, project)


def _database_name() -> str:
    """The project was parsed for a database of this name, and dbt-duckdb takes it from the file's."""
    return DuckDBWarehouse().path.name


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
