"""The state of each table and date, from ledger, schedule and stored rows. Plan, run and reports read this.

Outcomes: no_games, expected_empty, blocked, missing, partial, stale, failed, complete. A date is `due` when
a run would build it, and `why` says so in a sentence; what is not due is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from python_processors.errors import FullcourtError
from python_processors.logic_version import project_vars
from python_processors.orchestration.project import LAYER, Project, precompute_reads
from python_processors.orchestration.state.fingerprints import Fingerprints, Overlay, longest_season, stored_rows
from python_processors.orchestration.state.inputs import Inputs, changed_reads
from python_processors.orchestration.state.reads import Read
from python_processors.orchestration.warehouse import Session

OUTCOMES = ("no_games", "expected_empty", "blocked", "missing", "partial", "stale", "failed", "complete")
NOT_EXPECTED = ("no_games", "expected_empty")
FINE = (*NOT_EXPECTED, "complete")  # nobody is needed
_FINGERPRINT = re.compile(r"\d+:\d+:\d+")
NO_ROWS = "0:0:0"
COVERAGE = "coverage"  # the ledger's name for the models that count rows against the schedule


class NotPreparedError(FullcourtError):
    """There is no schedule to plan by."""

    def __init__(self) -> None:
        super().__init__(
            "The warehouse has no schedule yet, so nothing says which dates have games."
            " `fullcourt prepare` loads the raw files and builds the schedule's tables; a backfill begins with it."
        )


@dataclass(frozen=True)
class State:
    """One table and date.

    `why` is set where the date is due. `expected_rows` is None where nothing tells their number yet.
    `is_ruled_out` says that it has no rows whatever it reads; `expected_empty` alone may change with that.
    """

    table: str
    day: date
    outcome: str
    reason: str = ""
    expected_rows: int | None = None
    actual_rows: int = 0
    why: str = ""
    changed: tuple[str, ...] = ()
    is_ruled_out: bool = False
    failed_before: bool = False
    input_fingerprint: str = ""
    output_fingerprint: str = NO_ROWS

    @property
    def is_due(self) -> bool:
        return bool(self.why)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "day": self.day.isoformat(), "is_due": self.is_due}


class Snapshot:
    """What the warehouse holds of a range of dates, with the fingerprints of now.

    Nothing is written. `refresh()` brings a snapshot up to date after some relations changed.
    """

    def __init__(
        self, project: Project, session: Session, start: date, end: date, *,
        tables: Sequence[str] | None = None, overlay: Overlay | None = None, schedule: pa.Table | None = None,
    ) -> None:  # fmt: skip
        """:raises NotPreparedError: no schedule was built yet, and none is given."""
        self.project, self.start, self.end = project, start, end
        self.tables = tuple(table for table in project.tables if tables is None or table in tables)
        self.fingerprints = Fingerprints(project, (LAYER, *self.tables))
        self.inputs = Inputs(self.fingerprints)
        self.memory = self.fingerprints.memory
        self.logic = {table: project.logic_version(table) for table in (LAYER, *self.tables)}
        self._overlay = overlay
        self._read_schedule(session, schedule)
        self.fingerprints.gather(session, self.fingerprints.slots, start, end, overlay)
        self.inputs.gather_targets(session, start, end)
        self.read_stored(session, project.tables)
        self.read_ledger(session)
        self._list_days()

    def refresh(self, session: Session, relations: Collection[str], stored: Iterable[str]) -> None:
        """Fingerprint some relations and the stored rows of some tables anew."""
        known = [relation for relation in relations if relation in self.fingerprints.slots]
        self.fingerprints.gather(session, known, self.start, self.end, self._overlay)
        self.inputs.gather_targets(session, self.start, self.end)
        self.inputs.forget(relations)
        self._list_days()
        self.read_stored(session, stored)

    def _read_schedule(self, session: Session, schedule: pa.Table | None) -> None:
        if schedule is None:
            schedule = read_schedule(session, self.project)
        self.memory.register("read_dates", schedule)
        self.memory.execute("create or replace table dates as select * from read_dates")
        self.memory.unregister("read_dates")

    def read_stored(self, session: Session, tables: Iterable[str]) -> None:
        self.memory.execute("create table if not exists stored (table_name varchar, day date, fingerprint varchar)")
        for table in tables:
            self.memory.register("read_stored", stored_rows(session, table, self.start, self.end))
            self.memory.execute("delete from stored where table_name = ?", [table])
            self.memory.execute("insert into stored select ?, day, fingerprint from read_stored", [table])
            self.memory.unregister("read_stored")

    def read_ledger(self, session: Session) -> None:
        """The newest word of each ledger on each table and date of the range."""
        before = self.start - timedelta(days=longest_season())
        in_range = f"game_date between date '{self.start}' and date '{self.end}'"
        queries = {
            "ledger": (
                "input_ledger",
                "table_name varchar, day date, inputs varchar, input_fingerprint varchar, output_fingerprint varchar,"
                " logic_version varchar, recorded_at timestamptz, copies bigint",
                "select table_name, game_date as day, inputs, input_fingerprint, output_fingerprint, logic_version,"
                " recorded_at, count(*) over (partition by table_name, game_date, recorded_at) as copies"
                f" from {{}} where {in_range}"
                " qualify row_number() over (partition by table_name, game_date order by recorded_at desc) = 1",
            ),
            "failures": (
                "decisions",
                "table_name varchar, day date, decision varchar, reason varchar, decided_at timestamptz",
                f"select table_name, game_date as day, decision, reason, decided_at from {{}} where {in_range}"
                " and decision in ('failed', 'blocked')"
                " qualify row_number() over (partition by table_name, game_date order by decided_at desc) = 1",
            ),
            "published": (
                "publish_ledger",
                "table_name varchar, day date",
                "select distinct table_name, game_date as day from {}"
                f" where game_date between date '{before}' and date '{self.end}'",
            ),
            "coverage": (
                "coverage",
                "table_name varchar, day date, outcome varchar, reason varchar, expected_rows bigint,"
                " actual_rows bigint",
                "select table_name, game_date as day, outcome, reason, expected_rows, actual_rows"
                f" from {{}} where {in_range}",
            ),
        }
        for name, (relation, columns, sql) in queries.items():
            self.memory.execute(f"create or replace table {name} ({columns})")
            if session.columns(f"nba_ops.{relation}"):
                self.memory.register("read_rows", session.read(sql.format(session.named(f"nba_ops.{relation}"))))
                self.memory.execute(f"insert into {name} by name select * from read_rows")
                self.memory.unregister("read_rows")

    def _list_days(self) -> None:
        """Days of the range that anything is known of."""
        self.memory.execute(
            f"""
            create or replace table all_days as
            select distinct day from (
                select day from dates union all select day from units
                union all select day from stored union all select day from ledger
            )
            where day between date '{self.start}' and date '{self.end}'
            """
        )

    def _days_of(self, table: str) -> str:
        """SQL of the days that a table may have something to do on: with games, rows, raw rows or a ledger row."""
        also = [f"select day from stored where table_name = '{table}' and fingerprint <> '{NO_ROWS}'"]
        also.append(f"select day from ledger where table_name = '{table}' and output_fingerprint <> '{NO_ROWS}'")
        if table == LAYER:
            names = ", ".join(f"'{read.upstream}'" for read in self.fingerprints.reads[LAYER])
            also.append(f"select day from units where relation in ({names})")
            also.append(f"select day from ledger where table_name = '{LAYER}'")
        within = f"day between date '{self.start}' and date '{self.end}'"
        return f"select distinct day from (select day from dates union all {' union all '.join(also)}) where {within}"

    def compute_inputs(self, table: str) -> None:
        self.inputs.compute(table, self._days_of(table))

    def states(self, table: str, *, forced: bool = False) -> dict[date, State]:
        """State of each day of the range that a table may have something to do on.

        :param forced: every day that is to have rows is due.
        """
        self.compute_inputs(table)
        rows = self.memory.execute(
            f"""
            select
                days.day, dates.season_year, coalesce(dates.is_analysis_date, false),
                inputs.inputs, inputs.input_fingerprint, coalesce(stored.fingerprint, '{NO_ROWS}'),
                if(ledger.day is null, null, coalesce(ledger.inputs, '')),
                if(ledger.day is null, null, coalesce(ledger.input_fingerprint, '')),
                ledger.output_fingerprint, ledger.logic_version,
                ledger.input_fingerprint is not distinct from left(sha256(ledger.inputs), 16) and ledger.copies = 1,
                failures.decision, failures.reason,
                failures.decided_at > coalesce(ledger.recorded_at, timestamptz '1900-01-01'),
                coverage.outcome, coverage.reason, coverage.expected_rows,
                contains(counted.inputs, {_counted("$table")})
            from ({self._days_of(table)}) as days
            left join dates on days.day = dates.day
            left join inputs on inputs.table_name = $table and days.day = inputs.day
            left join stored on stored.table_name = $table and days.day = stored.day
            left join ledger on ledger.table_name = $table and days.day = ledger.day
            left join failures on failures.table_name = $table and days.day = failures.day
            left join coverage on coverage.table_name = $table and days.day = coverage.day
            left join ledger as counted on counted.table_name = '{COVERAGE}' and days.day = counted.day
            order by days.day
            """,
            {"table": table},
        ).fetchall()
        return {row[0]: self._state(table, *row, forced=forced) for row in rows}

    def _state(
        self, table: str, day: date, season: int | None, is_analysis_date: bool, inputs: str, input_fingerprint: str,
        stored: str, old_inputs: str | None, old_input: str | None, old_output: str | None, old_logic: str | None,
        is_whole: bool, decision: str | None, failure: str | None, failed_last: bool | None, outcome: str | None,
        reason: str | None, expected: int | None, is_counted: bool | None, *, forced: bool,
    ) -> State:  # fmt: skip
        actual = int(stored.partition(":")[0])
        state = State(
            table, day, outcome or "complete", reason or "", expected, actual,
            input_fingerprint=input_fingerprint, output_fingerprint=stored,
        )  # fmt: skip
        if table == LAYER:
            return self._layer_state(state, inputs, old_inputs, old_logic, is_whole, failure, failed_last, forced)
        if season is None and not actual:
            return replace(state, outcome="no_games", reason="", expected_rows=0, is_ruled_out=True)
        if self._starts_later(table) and not is_analysis_date and not actual and season is not None:
            days = project_vars()["precompute_bootstrap_days"]
            reason = f"the first {days} days of the season"
            return replace(state, outcome="expected_empty", reason=reason, expected_rows=0, is_ruled_out=True)
        if failed_last and decision == "blocked":
            return replace(state, outcome="blocked", reason=failure or "", why="it waited for what failed")
        if failed_last:
            return replace(state, outcome="failed", reason=failure or "", why="it failed", failed_before=True)
        if old_input is None:
            why = "it was never built by a run" if not actual else "no run has confirmed its rows"
            return replace(state, outcome="missing" if not actual else "stale", reason=why, why=why)
        if not is_whole or not _FINGERPRINT.fullmatch(old_output or ""):
            why = "its ledger row is damaged"
            return replace(state, outcome="stale", reason=why, why=why)
        if stored != old_output:
            before = int((old_output or NO_ROWS).partition(":")[0])
            why = f"its rows changed behind the ledger: {before:,} were published, {actual:,} are there"
            lost = "missing" if before and not actual else "partial" if actual < before else "stale"
            return replace(state, outcome=lost, reason=why, why=why, expected_rows=expected or before)
        if old_logic != self.logic[table]:
            why = "its code changed"
            return replace(state, outcome="stale", reason=why, why=why)
        if old_input != input_fingerprint:
            changed = tuple(changed_reads(old_inputs or "", inputs))
            why = f"its input changed: {self._described(table, changed)}"
            return replace(state, outcome="stale", reason=why, why=why, changed=changed)
        if forced:
            return replace(state, why="it was asked for by force")
        if outcome is None or not is_counted:
            # Not due: a run counts its rows and need not build them.
            return replace(state, outcome="stale", reason="its rows are not yet counted against the schedule")
        return state

    def uncounted_days(self) -> dict[date, str]:
        """Days whose rows are not counted against the schedule as they are now, with each table's fingerprint."""
        names = ", ".join(f"'{table}'" for table in self.project.tables)
        rows = self.memory.execute(
            f"""
            with now as (
                select
                    days.day,
                    string_agg({_counted("tables.table_name")}, '' order by tables.table_name) as fingerprints
                from (select day from dates where day between date '{self.start}' and date '{self.end}') as days
                cross join (select unnest([{names}]) as table_name) as tables
                left join stored on tables.table_name = stored.table_name and days.day = stored.day
                group by days.day
            )
            select now.day, now.fingerprints
            from now
            left join ledger on ledger.table_name = '{COVERAGE}' and now.day = ledger.day
            where ledger.inputs is distinct from now.fingerprints or now.day not in (select day from coverage)
            """
        ).fetchall()
        return dict(rows)

    def _layer_state(
        self, state: State, inputs: str, old_inputs: str | None, old_logic: str | None, is_whole: bool,
        failure: str | None, failed_last: bool | None, forced: bool,
    ) -> State:  # fmt: skip
        if failed_last:
            return replace(state, outcome="failed", reason=failure or "", why="it failed", failed_before=True)
        if old_inputs is None:
            return replace(state, outcome="missing", why="it was never built by a run")
        if not is_whole:
            return replace(state, outcome="stale", why="its ledger row is damaged")
        if old_logic != self.logic[LAYER]:
            return replace(state, outcome="stale", why="its code changed")
        changed = tuple(changed_reads(old_inputs, inputs))
        if changed:
            why = f"raw rows changed: {', '.join(changed)}"
            return replace(state, outcome="stale", why=why, changed=changed)
        return replace(state, why="it was asked for by force") if forced else state

    def _starts_later(self, table: str) -> bool:
        """Whether the first days of a season have no rows of it, by its contract."""
        return table in precompute_reads()

    def _described(self, table: str, changed: Sequence[str]) -> str:
        reads: dict[str, Read] = {read.name: read for read in self.fingerprints.reads[table]}
        described = [
            reads[name].described if name in reads else f"{name.split(' ')[0]}, which it read" for name in changed
        ]
        return ", ".join(dict.fromkeys(described))


def _counted(table: str) -> str:
    """SQL of what the ledger of COVERAGE holds of one table, where `stored` has the table's rows of the day."""
    return f"';' || {table} || '=' || coalesce(stored.fingerprint, '{NO_ROWS}') || ';'"


def read_schedule(session: Session, project: Project) -> pa.Table:
    """(day, season_year, games, is_analysis_date) of every date with games.

    :raises NotPreparedError: the schedule's tables are not there.
    """
    relation = project.relation("dim_game_dates")
    if not session.columns(relation):
        raise NotPreparedError
    return session.read(f"select game_date as day, season_year, games, is_analysis_date from {session.named(relation)}")
