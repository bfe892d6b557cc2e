"""From a range of dates to a finished run: prepare, plan, guard, run. Daily runs and backfills alike."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.errors import FullcourtError, RefusedError
from python_processors.orchestration.costs import estimate
from python_processors.orchestration.fingerprints import Overlay, first_partition
from python_processors.orchestration.journal import RunResult
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.memo import PlanMemory, digest_of
from python_processors.orchestration.planner import DATES_IN_A_CHUNK, Plan, make_plan
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.runner import AUDITED_SHARE, Runner, new_run_id
from python_processors.orchestration.schema import check_drift
from python_processors.orchestration.state import NotPreparedError, Snapshot, read_schedule
from python_processors.orchestration.tables import create_tables, stored_tables
from python_processors.orchestration.verification import verify_range
from python_processors.orchestration.warehouse import DuckDBWarehouse, Session, Warehouse, dataset_prefix
from python_processors.raw_loader import changed_files, find_raw_dir, link_files, load_raw

DATES_WITHOUT_CONFIRMATION = 31
FIRST_MONTH_DAYS = 32  # 2021-10-19 to 2021-11-19, the month that every change is looked at first
MOST_DATES = 2_000
PATIENCE_SECONDS = 120.0
MOST_BYTES = 1_000_000_000_000  # 1 TB, about six dollars at list price (2026-11)


class UnknownTableError(RefusedError):
    """A table that has no contract."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(f"No hashed table is called {', '.join(unknown)}. There are {', '.join(known)}.")


class NoTableError(RefusedError):
    """A list of tables without a table."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(f"The list names no table. Leave it out for all of them: {', '.join(known)}.")


class RangeError(RefusedError):
    """Dates that cannot be planned."""


class NotConfirmedError(RefusedError):
    """A large plan that nobody has confirmed."""

    def __init__(self, dates: int) -> None:
        super().__init__(
            f"The plan has {dates} dates, and more than {DATES_WITHOUT_CONFIRMATION} need a yes: look at the plan,"
            " then run the same command with --yes. Nothing was started."
        )


class FirstMonthError(RefusedError):
    """A long range whose first month has not been proven."""

    def __init__(self, start: date, end: date, problem: str) -> None:
        super().__init__(
            f"The first month of the range, {start} to {end}, is not verified ({problem}). Build it alone, look at it,"
            f" and run `fullcourt verify --start {start} --end {end}`; or pass --skip-first-month. Nothing was started."
        )


class TooMuchError(RefusedError):
    """A plan beyond the hard caps."""


@dataclass(frozen=True)
class Request:
    """What a person asks for."""

    start: date
    end: date
    tables: tuple[str, ...] | None = None
    forced: bool = False
    dates_in_a_chunk: int = DATES_IN_A_CHUNK


def check_request(project: Project, request: Request, today: date) -> None:
    """:raises FullcourtError: an unknown table, or dates that cannot be planned."""
    if request.tables == ():
        raise NoTableError(project.tables)
    unknown = sorted(set(request.tables or ()) - set(project.tables))
    if unknown:
        raise UnknownTableError(unknown, project.tables)
    if request.start > request.end:
        raise RangeError(f"The range ends ({request.end}) before it starts ({request.start}). Swap the two.")
    if request.start > today:
        raise RangeError(
            f"{request.start} lies in the future (today is {today}): nothing is known of its games yet."
            " The newest date that can be built is today's."
        )
    if request.end > today:
        raise RangeError(f"{request.end} lies in the future. End the range today, {today}, or before.")


def prepare(project: Project, warehouse: Warehouse, *, quietly: bool = False) -> None:
    """Load raw files that are new or changed (DuckDB), and build the schedule's tables.

    :param quietly: do not tell which files were loaded.
    :raises FullcourtError: a raw file does not fit, or dbt failed.
    """
    load_raw_files(warehouse, quietly=quietly)
    outcome = project.build(["+dim_game_dates"], ["2021-10-19"])  # its tables have no window; any date does
    if outcome.error or outcome.failures:
        raise FullcourtError(
            f"The schedule could not be built: {outcome.error or '; '.join(outcome.failures.values())}"
        )


def create_missing_tables(warehouse: Warehouse) -> None:
    """Make hashed tables and ledgers that are not there: what counts rows against the schedule reads them all."""
    with warehouse.reading() as session:
        missing = [relation for relation in stored_tables() if not session.columns(relation)]
    if missing:
        with warehouse.writing() as session:
            create_tables(session, *missing)


def load_raw_files(warehouse: Warehouse, *, quietly: bool = False) -> None:
    """What dbt's plugin does when it opens the database, done before a snapshot looks at raw rows."""
    if isinstance(warehouse, DuckDBWarehouse):
        with warehouse.writing() as session:
            outcome = load_raw(session.connection, find_raw_dir(), prefix=dataset_prefix())
        if outcome.rows_by_file and not quietly:
            print(outcome, file=sys.stderr)


def overlay_of(session: Session, start: date, end: date) -> Overlay:
    """Raw files that a run would load first: a plan of these dates looks at them as if they were loaded.

    :raises RawDirError: a file does not fit the raw contract.
    """
    connection = getattr(session, "connection", None)
    if connection is None:
        return Overlay()
    rows: dict[str, list[pa.Table]] = {}
    files: dict[str, list[str]] = {}
    for file, table in changed_files(
        connection, find_raw_dir(), (first_partition(start), end), prefix=dataset_prefix()
    ):
        rows.setdefault(file.table.name, []).append(table)
        files.setdefault(file.table.name, []).append(file.name)
    return Overlay(
        {name: pa.concat_tables(tables) for name, tables in rows.items()},
        {name: tuple(names) for name, names in files.items()},
    )


def plan_of(project: Project, warehouse: Warehouse, request: Request, *, only: Iterable[date] | None = None) -> Plan:
    """The plan of a request; nothing is written.

    :raises FullcourtError: the request or the warehouse is not usable.
    """
    check_request(project, request, date.today())
    with warehouse.reading() as session:
        check_drift(session)
        overlay = overlay_of(session, request.start, request.end)
        if not overlay.rows and (remembered := recalled(project, warehouse, session, request)):
            return remembered
        schedule = None
        if isinstance(warehouse, DuckDBWarehouse) and (
            "nbac_schedule" in overlay.rows or _lacks_schedule(session, project)
        ):
            schedule = _schedule_to_come(project)
        snapshot = Snapshot(
            project, session, request.start, request.end, tables=request.tables, overlay=overlay, schedule=schedule
        )
        plan = make_plan(snapshot, forced=request.forced, only=only, dates_in_a_chunk=request.dates_in_a_chunk)
        estimate(plan, snapshot, session)
    return plan


def recalled(project: Project, warehouse: Warehouse, session: Session, request: Request) -> Plan | None:
    """The empty plan of the same request, where all that it depends on is what it was."""
    if request.forced:
        return None
    known = PlanMemory(warehouse).recall(_question(request), _digest(project, session, request))
    if known is None:
        return None
    return Plan(request.start, request.end, skipped=known["skipped"], not_expected=known["not_expected"])


def remember(project: Project, warehouse: Warehouse, request: Request) -> None:
    """Keep that nothing is left to do, so that asking again is answered at once."""
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, request.start, request.end, tables=request.tables)
        plan = make_plan(snapshot)
        if plan.is_empty and not plan.blocked:
            PlanMemory(warehouse).keep(_question(request), _digest(project, session, request), plan.to_dict())


def _question(request: Request) -> str:
    return f"{request.start} {request.end} {','.join(request.tables or ('all',))}"


def _digest(project: Project, session: Session, request: Request) -> str:
    return digest_of(project, session, request.tables or project.tables, request.start, request.end)


def _lacks_schedule(session: Session, project: Project) -> bool:
    try:
        read_schedule(session, project)
    except NotPreparedError:
        return True
    return False


def _schedule_to_come(project: Project) -> pa.Table:
    """Dates with games once the raw files are loaded: dbt builds the schedule's tables in a scratch database."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        link_files(find_raw_dir(), project.raw_tables_under("dim_game_dates"), folder / "raw")
        with _environment(FULLCOURT_DUCKDB=str(folder / _database_name()), RAW_DIR=str(folder / "raw")):
            prepare(project, DuckDBWarehouse(), quietly=True)
            with DuckDBWarehouse().reading() as session:
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


def guard(
    project: Project, warehouse: Warehouse, request: Request, plan: Plan, *, confirmed: bool, skip_first_month: bool
) -> None:
    """Refuse what should be looked at first.

    :raises FullcourtError: the plan is too large, unconfirmed, or its first month is not proven.
    """
    if len(plan.dates) > MOST_DATES:
        raise TooMuchError(
            f"The plan has {len(plan.dates):,} dates; a run takes at most {MOST_DATES:,}. Split the range."
        )
    if plan.bytes_read and plan.bytes_read > MOST_BYTES:
        raise TooMuchError(
            f"The plan would read {plan.bytes_read / 1e9:,.0f} GB; a run reads at most {MOST_BYTES / 1e9:,.0f}."
            " Split the range."
        )
    if len(plan.dates) <= DATES_WITHOUT_CONFIRMATION:
        return
    first_end = request.start + timedelta(days=FIRST_MONTH_DAYS - 1)
    if request.end > first_end and not skip_first_month:
        first = Request(request.start, first_end, request.tables)
        verification = verify_range(project, warehouse, first.start, first.end, first.tables)
        if not verification.passed:
            raise FirstMonthError(first.start, first.end, verification.first_problem)
    if not confirmed:
        raise NotConfirmedError(len(plan.dates))


def backfill(
    project: Project, warehouse: Warehouse, request: Request, *, plan: Plan | None = None, wait: bool = False,
    run_id: str | None = None, only: Iterable[date] | None = None, audited_share: float = AUDITED_SHARE,
) -> RunResult:  # fmt: skip
    """Run a request that guard() let pass.

    :param plan: the plan that was confirmed; dates that are no longer due are left out, none are added.
    :raises RunLockedError: another run holds the warehouse.
    :raises LeaseLostError: the run could not go on holding it.
    :raises DriftError: a table is not as its contract says, and what is built could not be recorded.
    """
    run_id = run_id or new_run_id()
    what = f"{request.start} to {request.end}"
    with run_lock(warehouse, run_id, what, wait=wait) as check_lock:
        if isinstance(warehouse, DuckDBWarehouse):
            # Whoever looks at the warehouse between two steps must not end the run.
            warehouse = DuckDBWarehouse(warehouse.path, patience_seconds=PATIENCE_SECONDS)
        with warehouse.reading() as session:
            check_drift(session)  # the lock may have been waited for
        load_raw_files(warehouse)
        create_missing_tables(warehouse)
        if plan is not None:
            only = plan.dates if only is None else set(only) & set(plan.dates)
        if isinstance(warehouse, DuckDBWarehouse) or plan is None or wait:
            plan = _current_plan(project, warehouse, request, only)
        runner = Runner(
            project, warehouse, plan, what=what, run_id=run_id, tables=request.tables, forced=request.forced,
            audited_share=audited_share, check_lock=check_lock,
        )  # fmt: skip
        result = runner.run()
        if result.is_whole and result.nodes_run:
            remember(project, warehouse, request)
        return result


def _current_plan(project: Project, warehouse: Warehouse, request: Request, only: Iterable[date] | None) -> Plan:
    """The plan of what is loaded by now, by a schedule that is up to date."""
    with warehouse.reading() as session:
        is_prepared = not _lacks_schedule(session, project)
    if is_prepared:
        plan = _plan_now(project, warehouse, request, only)
        if not any(step.may_move_schedule for step in plan.steps):
            return plan
    prepare(project, warehouse)
    return _plan_now(project, warehouse, request, only)


def _plan_now(project: Project, warehouse: Warehouse, request: Request, only: Iterable[date] | None) -> Plan:
    with warehouse.reading() as session:
        if remembered := recalled(project, warehouse, session, request):
            return remembered
        snapshot = Snapshot(project, session, request.start, request.end, tables=request.tables)
        return make_plan(snapshot, forced=request.forced, only=only, dates_in_a_chunk=request.dates_in_a_chunk)


def season_range(project: Project, warehouse: Warehouse, season: str) -> tuple[date, date]:
    """First and last date with games of a season such as 2021-22.

    :raises RangeError: it is spelled wrong, or the schedule does not have it.
    """
    start_year, _, end_year = season.partition("-")
    if not (start_year.isdigit() and len(start_year) == 4 and end_year == f"{(int(start_year) + 1) % 100:02d}"):
        raise RangeError(f"`{season}` is no season; write it as 2021-22.")
    with warehouse.reading() as session:
        schedule = _schedule_to_come(project) if _lacks_schedule(session, project) else read_schedule(session, project)
    rows = schedule.filter(pc.equal(schedule["season_year"], int(start_year)))["day"].to_pylist()
    if not rows:
        raise RangeError(f"The schedule has no games of {season}. Load it first, or ask for a season that it has.")
    return min(rows), min(max(rows), date.today())


def scheduled_range(project: Project, warehouse: Warehouse) -> tuple[date, date]:
    """First date with games that the schedule knows, and the last one up to today.

    :raises NotPreparedError: there is no schedule yet.
    """
    with warehouse.reading() as session:
        schedule = read_schedule(session, project)
    days = [day for day in schedule["day"].to_pylist() if day <= date.today()]
    if not days:
        raise NotPreparedError
    return min(days), max(days)


def failed_dates(
    project: Project, warehouse: Warehouse, start: date, end: date, tables: Sequence[str] | None
) -> list[date]:
    """Dates on which some table failed, or waited for one that did, in the last run that tried."""
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, start, end, tables=tables)
        states = [state for table in (LAYER, *snapshot.tables) for state in snapshot.states(table).values()]
    return sorted({state.day for state in states if state.is_due and state.outcome in ("failed", "blocked")})
