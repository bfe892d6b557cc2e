"""What the warehouse holds of a range of dates, and the state of each table and date by it.

Plan, run, verification and reports all ask one snapshot, so that no two of them can answer differently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from python_processors.contract import hashed_tables, load_contract
from python_processors.errors import FullcourtError
from python_processors.logic_version import project_vars
from python_processors.orchestration.project import COVERAGE, LAYER, Project, precompute_reads
from python_processors.orchestration.state import counted
from python_processors.orchestration.state.appearances import likely_rows, read_appearances
from python_processors.orchestration.state.fingerprints import Fingerprints, Overlay, longest_season
from python_processors.orchestration.state.inputs import Inputs
from python_processors.orchestration.state.kept_look import Kept
from python_processors.orchestration.state.ledger import DECISIONS, LEDGER, MODEL_LEDGER, WORDS, newest
from python_processors.orchestration.state.memory import NO_ROWS, WHOLE, Built, Memory
from python_processors.orchestration.state.reads import Read, reads_of
from python_processors.orchestration.state.rules import LAYER_RULES, TABLE_RULES, Confirmation, Known, Now, decide
from python_processors.orchestration.state.states import State
from python_processors.orchestration.state.stored import query_of_made, query_of_stored
from python_processors.orchestration.state.unproven import drift, find_unproven, note_forgotten, unproven_before
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables
from python_processors.words import count_of

_LEDGER_COLUMNS = (
    "table_name, game_date as day, inputs, input_fingerprint, output_fingerprint, logic_version, libraries,"
    " run_id, recorded_at, coalesce(sequence, 0) as sequence,"
    " count(*) over (partition by table_name, game_date, coalesce(sequence, 0)) as copies"
)
_DISTRUSTED = "decision in ('failed', 'taken_back')"
_SAID_COLUMNS = (
    "table_name, game_date as day, decision, reason, coalesce(sequence, 0) as sequence,"
    " max(case when decision = 'taken_back' then coalesce(sequence, 0) end)"
    " over (partition by table_name, game_date) as taken_back_at,"
    f" max(case when {_DISTRUSTED} then coalesce(sequence, 0) end)"
    " over (partition by table_name, game_date) as distrusted_at,"
    f" first_value(case when decision = 'failed' then 'it failed' else reason end) over ("
    f"partition by table_name, game_date order by case when {_DISTRUSTED} then 0 else 1 end,"
    " coalesce(sequence, 0) desc rows between unbounded preceding and unbounded following) as distrust"
)


class NotPreparedError(FullcourtError):
    """There is no schedule to plan by."""

    def __init__(self) -> None:
        super().__init__(
            "The warehouse has no schedule yet, so nothing says which dates have games."
            " `fullcourt prepare` loads the raw files and builds the schedule's tables; a backfill begins with it."
        )


@dataclass(frozen=True)
class Schedule:
    """What decides which dates have games.

    `days` has (day, season_year, games, is_analysis_date) of every date with games, `known` (first_date, last_date,
    reason_of_others) of the spans of which the schedule knows whether games are played.
    """

    days: pa.Table
    known: pa.Table


class Snapshot:
    """The fingerprints of now, of a range and of what its dates read before it. Nothing is written.

    `refresh()` brings a snapshot up to date after some relations changed.
    """

    def __init__(
        self, project: Project, session: Session, start: date, end: date, *,
        tables: Sequence[str] | None = None, overlay: Overlay | None = None, schedule: Schedule | None = None,
        only: Collection[date] | None = None, kept: Kept | None = None,
    ) -> None:  # fmt: skip
        """
        :param only: days that a run would build; without it all of the range.
        :param kept: for a command that only looks: what it finds is kept for the next, and taken from the one before.
        :raises NotPreparedError: no schedule was built yet, and none is given.
        """
        self.project, self.start, self.end = project, start, end
        self.tables = tuple(table for table in project.tables if tables is None or table in tables)
        is_stored = schedule is None and (overlay is None or overlay.is_empty)
        asked_for = start, end, self.tables, None if only is None else sorted(only)
        place = kept.look(asked_for) if kept is not None and is_stored else None
        seen = place.memory() if place else None
        self.memory = seen or Memory()
        self.fingerprints = Fingerprints(project, (LAYER, *self.tables), self.memory)
        self.inputs = Inputs(self.fingerprints)
        self.logic = {table: project.logic_version(table) for table in (LAYER, *self.tables)}
        self.libraries = project.libraries(session)
        # Whatever a date of the range reads lies here, or later: what nobody looks at could change unseen.
        self.first_read = start - timedelta(
            days=max(longest_season(), *(self.fingerprints.days_back(name) for name in self.fingerprints.slots))
        )
        # Of other models than hashed tables nobody reads more than a season back, and their rows are many.
        self._first_made = start - timedelta(days=longest_season())
        self._overlay = overlay
        self._only = None if only is None else frozenset(only)
        self._knows_appearances = False
        self._known: dict[str, list[Known]] = {}  # by table, once asked for, until something is read anew
        self._decided: dict[tuple[str, bool], dict[date, State]] = {}  # by table, and whether all is to be built
        if seen is not None:
            self.inputs.are_seen()
            self._is_read()
            return
        self.memory.put_to_build(start, end, only)
        asked = {} if schedule is not None else schedule_queries(session, project)
        found = session.read_all({**asked, **self._content_queries(session), **self._ledger_queries(session)})
        schedule = schedule or Schedule(found["dates"], found["known_dates"])
        self.memory.put("dates", schedule.days)
        self.memory.put("known_dates", schedule.known)
        self._take_content(found)
        self._take_ledgers(found)
        if place is not None:
            self.look_at_all()  # before anybody notes what a run would do
            place.keep(self.memory)

    def is_of(self, tables: Collection[str], days: Collection[date]) -> bool:
        """Whether it is what one of these tables and days would be: of stored rows, with just these days to build."""
        whole = {self.start + timedelta(days=n) for n in range((self.end - self.start).days + 1)}
        to_build = whole if self._only is None else whole & self._only
        is_stored = self._overlay is None and set(tables) == set(self.tables)
        return is_stored and to_build == set(days) and {min(days), max(days)} == {self.start, self.end}

    def after_load(self, session: Session, only: Collection[date] | None) -> None:
        """The same range once raw files were loaded and ledgers written, and nothing else since it was read.

        :param only: days that a run would build.
        """
        self._overlay, self._only = None, None if only is None else frozenset(only)
        for table in ("pending", "failed_now", "to_build"):
            self.memory.forget(table)
        self.memory.put_to_build(self.start, self.end, only)
        slots, project = self.fingerprints.slots, self.project
        self.refresh(session, [name for name in slots if name in raw_tables() or project.is_view(name)])
        self.read_ledgers(session)

    def refresh(self, session: Session, relations: Collection[str], days: Sequence[date] = ()) -> None:
        """Fingerprint relations that were built anew.

        :param days: those that were built, of relations with a window: of others their rows are as they were.
        """
        built = self._built(relations, days) if days else None
        self._take_content(session.read_all(self._content_queries(session, relations, built)), relations, built)
        self.inputs.forget(relations)
        self._is_read()

    def likely_rows(self, session: Session, table: str, days: Sequence[date]) -> dict[date, int | None]:
        """How many rows a table will likely have of days with games; None where nothing tells."""
        rows = load_contract(table).declared.rows
        if rows is None or not days:
            return dict.fromkeys(days)
        if not self._knows_appearances:
            for feed in read_appearances(session, self.first_read, self.end, self._overlay or Overlay()):
                self.memory.add("appearances", feed)
            self._knows_appearances = True
        return likely_rows(self.memory, rows, days)

    def read_ledgers(self, session: Session) -> None:
        """The newest word of each ledger on each table, model and date that the range reads."""
        self._take_ledgers(session.read_all(self._ledger_queries(session)))

    def states(self, table: str, *, forced: bool = False) -> dict[date, State]:
        """State of each day of the range that a table may have something to do on.

        :param forced: every day that is to have rows is due.
        """
        if (table, forced) in self._decided:
            return dict(self._decided[table, forced])
        now = self._now(table, forced)
        rules = LAYER_RULES if table == LAYER else TABLE_RULES
        if table not in self._known:
            self._known |= self._known_of([table])
        states = {known.day: decide(rules, known, now) for known in self._known[table]}
        for day, reason in self.obstacles(table, [state.day for state in states.values() if state.is_due]).items():
            states[day] = replace(states[day], outcome="blocked", reason=reason, why="", rule="blocked")
        self._decided[table, forced] = states
        return dict(states)

    def look_at_all(self) -> None:
        """Ask what is known of all tables at once: one query for who wants the states of most of them, and not ten."""
        self._known |= self._known_of([name for name in (LAYER, *self.tables) if name not in self._known])

    def obstacles(self, table: str, days: Sequence[date]) -> dict[date, str]:
        """Days that cannot be built, and why: what they read before the range was never built by a run, or is no
        longer what a run made of it, and no run of this range would put it right."""
        if table == LAYER or not days:
            return {}
        found: dict[date, str] = {}
        for upstream in _histories_of(table):
            for day, first in self.memory.first_unbuilt(upstream, days, self.start).items():
                found.setdefault(day, f"{upstream} was never built on {first}: build from there on")
        if self.memory.relations_in("unproven"):
            for day, read in self.days_touched(table, days, "unproven").items():
                first, count, reason = unproven_before(self.memory, read.upstream, day)
                more = f" and {count_of(count - 1, 'more date')}" if count > 1 else ""
                what = f"{read.upstream} of {first}{more} is not as a run confirmed it ({reason})"
                found.setdefault(day, f"{what}: build from {first} on")
        return found

    def days_touched(self, table: str, days: Sequence[date], moved: str) -> dict[date, Read]:
        """Of these days, those that a change of what `moved` names may touch, and through which read.

        :param moved: pending, failed_now or unproven.
        """
        if not days:
            return {}
        listed = ", ".join(f"date '{day}'" for day in days)
        return self.inputs.days_touched(table, f"select unnest([{listed}]) as day", moved)

    def compute_inputs(self, *tables: str) -> None:
        self.inputs.compute(self._days_of(tables))

    def made_of(self, table: str, day: date) -> str:
        """What a build of a day is made of now, once its inputs are computed: logic, and fingerprint of the inputs."""
        return made_of(self.logic[table], fingerprint_of(self.memory.inputs_of(table, day)))

    def uncounted_days(self) -> list[date]:
        """Days whose rows are not counted against the schedule and the evidence as they are now."""
        named = self.project.tables, self.project.counted_models
        days = counted.uncounted(self.memory, *named, self.project.logic_version(COVERAGE), self.start, self.end)
        changed = self._drift_of(self.project.counting_models)
        recounted = {day for day in changed if day in self.memory.seasons and self.start <= day <= self.end}
        return sorted(days | recounted)

    def count_texts(self, days: Sequence[date]) -> dict[date, str]:
        """By day: fingerprints of all that its rows are counted by, for the ledger."""
        return counted.count_texts(self.memory, self.project.tables, self.project.counted_models, days)

    def _known_of(self, tables: Sequence[str]) -> dict[str, list[Known]]:
        """By table, of each day that it may have something to do on, what the rules ask for."""
        if not tables:
            return {}
        self.compute_inputs(*tables)
        recount = self._drift_of(self.project.counting_models)
        rows = self.memory.rows(
            f"""
            select
                days.table_name, days.day,
                dates.season_year, coalesce(dates.is_analysis_date, false) as is_analysis_date,
                inputs.inputs, inputs.input_fingerprint, coalesce(stored.fingerprint, '{NO_ROWS}') as stored,
                ledger.day is not null as is_confirmed, ledger.inputs as old_inputs,
                ledger.input_fingerprint as old_input, ledger.output_fingerprint as old_output,
                ledger.logic_version, ledger.libraries,
                ledger.input_fingerprint is not distinct from left(sha256(ledger.inputs), 16) and ledger.copies = 1
                    as is_whole,
                case when said.sequence > coalesce(ledger.sequence, -1) then said.decision end as word,
                coalesce(said.taken_back_at > coalesce(ledger.sequence, -1), false) as is_taken_back,
                said.reason as said,
                coverage.outcome, coverage.reason, coverage.expected_rows, coverage.excused_rows,
                coalesce(contains(counted.inputs, {counted.counted_as("days.table_name")}), false)
                    and contains(counted.inputs, {counted.counted_with("days.day")})
                    and counted.logic_version = $counting as is_counted,
                exists (
                    select 1 from known_dates where days.day between known_dates.first_date and known_dates.last_date
                ) as is_known
            from asked as days
            left join dates on days.day = dates.day
            left join inputs on days.table_name = inputs.table_name and days.day = inputs.day
            left join stored on days.table_name = stored.table_name and days.day = stored.day
            left join ledger on days.table_name = ledger.table_name and days.day = ledger.day
            left join said on days.table_name = said.table_name and days.day = said.day
            left join coverage on days.table_name = coverage.table_name and days.day = coverage.day
            left join ledger as counted on counted.table_name = '{COVERAGE}' and days.day = counted.day
            order by days.table_name, days.day
            """,
            {"counting": self.project.logic_version(COVERAGE), "models": list(self.project.counted_models)},
        )  # fmt: skip
        unknown = self.memory.reason_of_unknown_dates
        changed = {table: self._drift_of(self._models_of(table)) for table in tables}
        known: dict[str, list[Known]] = {table: [] for table in tables}
        for row in rows:
            table = row["table_name"]
            known[table].append(_known(table, row, changed[table], recount, unknown))
        return known

    def _models_of(self, table: str) -> Collection[str]:
        return self.project.layer_models if table == LAYER else self.project.models_between(table)

    def _now(self, table: str, forced: bool) -> Now:
        reads = {} if table == LAYER else {read.name: read.described for read in self.fingerprints.reads[table]}
        starts_later = table in precompute_reads()
        return Now(
            self.logic[table], self.libraries, starts_later, int(project_vars()["precompute_bootstrap_days"]), forced,
            reads,
        )  # fmt: skip

    def _days_of(self, tables: Sequence[str]) -> str:
        """SQL of (table_name, day): the days that tables may have something to do on, since they have games, rows, raw
        rows or a ledger row."""
        named = f"select unnest([{_quoted(tables)}]) as table_name"
        within = f"day between date '{self.start}' and date '{self.end}'"
        queries = [
            f"select table_name, day from ({named}) cross join dates",
            f"select table_name, day from stored where fingerprint <> '{NO_ROWS}'",
            f"select table_name, day from ledger where output_fingerprint <> '{NO_ROWS}'",
            "select table_name, day from said where decision = 'taken_back'",
        ]
        if LAYER in tables:
            reads = _quoted(read.upstream for read in self.fingerprints.reads[LAYER])
            models = _quoted(self.project.layer_models)
            queries += [
                f"select '{LAYER}', day from units where relation in ({reads})",
                f"select '{LAYER}', day from ledger where table_name = '{LAYER}'",
                f"select '{LAYER}', day from made where relation in ({models}) and fingerprint <> '{NO_ROWS}'",
            ]
        # Of a date that the schedule does not know nothing is known; others feeds alone have.
        queries += [
            f"select table_name, day from ({named}) cross join to_build where table_name <> '{LAYER}' and not exists"
            " (select 1 from known_dates where day between first_date and last_date)",
            f"select table_name, day from coverage where table_name <> '{LAYER}'"
            " and outcome not in ('no_games', 'unknown')",
        ]
        return (
            f"select distinct table_name, day from ({' union all '.join(queries)})"
            f" where table_name in ({_quoted(tables)}) and {within}"
        )

    def _content_queries(
        self, session: Session, relations: Collection[str] | None = None, built: Built | None = None
    ) -> dict[str, str]:
        """SQL of what relations hold, by the table of the memory that takes it; none of a table with nothing to read.

        :param relations: only these; whom reads look up is asked for again with any of them.
        :param built: the only days of some of them that are asked for.
        """
        slots, tables, models = self._named(relations)
        first, last = (built.first, built.last) if built else (self.first_read, self.end)
        queries = {
            "units": self.fingerprints.query_of(session, slots, self.start, self.end, self._overlay, built),
            "targets": self.inputs.query_of_targets(session, self.start, self.end),
            "stored": query_of_stored(session, tables, max(first, self.first_read), last),
            "made": query_of_made(session, self.project, models, max(first, self._first_made), last),
        }
        return {name: sql for name, sql in queries.items() if sql is not None}

    def _take_content(
        self, found: Mapping[str, pa.Table], relations: Collection[str] | None = None, built: Built | None = None
    ) -> None:
        slots, tables, models = self._named(relations)
        self.fingerprints.take(slots, found.get("units"), built)
        self.memory.put("targets", found.get("targets"))
        self.memory.put_days("stored", "table_name", tables, found.get("stored"), built)
        self.memory.put_days("made", "relation", models, found.get("made"), built)

    def _built(self, relations: Collection[str], days: Sequence[date]) -> Built | None:
        """Which of these relations a build of some days touches on these days, or a few before them, alone. None where
        one is built by another date than its rows are looked at by."""
        project = self.project
        slots, tables, models = self._named(relations)
        columns = {name: project.window_column(name) for name in {*slots, *models}.difference(tables, project.seeds)}
        windowed = {name for name, column in columns.items() if column is not None}
        if any(columns[name] != project.date_column(name) for name in windowed):
            return None
        first = min([*days, *(day for name in windowed for day in project.days_rebuilt(name, days))])
        return Built(frozenset([*tables, *windowed]), first, max(days))

    def _named(self, relations: Collection[str] | None) -> tuple[list[str], ...]:
        """Relations that some table reads, hashed tables, and other models that are fingerprinted, with the seeds."""
        project = self.project
        known = self.fingerprints.slots, project.tables, (*project.fingerprinted_models, *project.seeds)
        return tuple([name for name in names if relations is None or name in relations] for names in known)

    def _ledger_queries(self, session: Session) -> dict[str, str]:
        reach = f"game_date between date '{self.first_read}' and date '{self.end}'"
        in_range = f"game_date between date '{self.start}' and date '{self.end}'"
        of_models = (
            f"(game_date between date '{self._first_made}' and date '{self.end}'"
            f" or game_date = date '{WHOLE:%Y-%m-%d}' or game_date > date '0001-01-01'"
            f" and relation in ({_quoted(self.project.whole_models)}))"
        )
        queries = {}
        for table, relation, sql in (
            ("ledger", LEDGER, newest(_LEDGER_COLUMNS, reach)),
            ("model_ledger", MODEL_LEDGER,
             newest("relation, game_date as day, fingerprint", of_models, by="relation")),
            ("said", DECISIONS, newest(_SAID_COLUMNS, f"{reach} and decision in ({_quoted(WORDS)})")),
            ("published", "nba_ops.publish_ledger",
             f"select distinct table_name, game_date as day from {{}} where {reach}"),
            ("coverage", "nba_ops.coverage",
             "select table_name, game_date as day, outcome, reason, expected_rows, actual_rows, excused_rows"
             f" from {{}} where {in_range}"),
        ):  # fmt: skip
            there = {name for name, _, _ in session.columns(relation)}
            # A count of an older form says nothing of now: the dates are counted anew.
            if "excused_rows" in there if table == "coverage" else there:
                queries[table] = sql.format(session.named(relation))
        return queries

    def _take_ledgers(self, found: Mapping[str, pa.Table]) -> None:
        for table in ("ledger", "model_ledger", "said", "published", "coverage"):
            self.memory.put(table, found.get(table))
        note_forgotten(self.memory, self.project.windowed_with, self._first_made)
        self._is_read()

    def _drift_of(self, models: Iterable[str]) -> dict[date, dict[str, str]]:
        """By day: models that are not as a run confirmed them, and how."""
        found: dict[date, dict[str, str]] = {}
        for model in sorted(set(models) & self._drift.keys()):
            for day, counts in self._drift[model].items():
                found.setdefault(day, {})[model] = counts
        return found

    def _is_read(self) -> None:
        """What follows from what the warehouse holds, and from its ledgers, is worked out anew."""
        self._known, self._decided = {}, {}
        self.memory.list_days(self.start, self.end)
        self._drift = drift(self.memory, self.start, self.end)
        find_unproven(
            self.memory,
            self.project.tables, self.project.layer_models, self.tables, self.project.layer_models, self.first_read,
            self.project.windowed_with[LAYER],
        )  # fmt: skip


def made_of(logic: str, input_fingerprint: str) -> str:
    """One text of what decides a build."""
    return f"{logic} {input_fingerprint}"


def fingerprint_of(inputs: str) -> str:
    """As the memory's SQL has it (Inputs.compute): a ledger row keeps both texts, and one is held against the other."""
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]


def is_prepared(session: Session, project: Project) -> bool:
    """Whether the schedule's tables are there, and are not those of an older version."""
    days, known = project.relation("dim_game_dates"), project.relation("known_dates")
    return bool(session.columns(days)) and "reason_of_others" in {name for name, _, _ in session.columns(known)}


def read_schedule(session: Session, project: Project) -> Schedule:
    """:raises NotPreparedError: the schedule's tables are not there, or are those of an older version."""
    found = session.read_all(schedule_queries(session, project))
    return Schedule(found["dates"], found["known_dates"])


def schedule_queries(session: Session, project: Project) -> dict[str, str]:
    """SQL of both tables of a schedule, by the table of the memory that takes it.

    :raises NotPreparedError: as read_schedule().
    """
    if not is_prepared(session, project):
        raise NotPreparedError
    days, known = (session.named(project.relation(name)) for name in ("dim_game_dates", "known_dates"))
    return {
        "dates": f"select game_date as day, season_year, games, is_analysis_date from {days}",
        "known_dates": f"select first_date, last_date, reason_of_others from {known}",
    }


def _histories_of(table: str) -> list[str]:
    """Hashed tables of which the whole season before a date has to be there: it waits for them, or reads them so."""
    waits = [upstream for upstream, window in precompute_reads().get(table, {}).items() if window == "season_before"]
    reads = [read.upstream for read in reads_of(table) if read.window == "season_before"]
    return list(dict.fromkeys([*waits, *(name for name in reads if name in hashed_tables())]))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _known(
    table: str, row: Mapping[str, Any], drift: Mapping[date, Mapping[str, str]], recount: Collection[date],
    unknown: str,
) -> Known:  # fmt: skip
    confirmation = None
    if row["is_confirmed"]:
        confirmation = Confirmation(
            row["old_inputs"] or "", row["old_input"] or "", row["old_output"] or "", row["logic_version"] or "",
            row["libraries"], bool(row["is_whole"]),
        )  # fmt: skip
    return Known(
        table, row["day"], row["season_year"], row["is_analysis_date"], row["stored"], row["inputs"],
        row["input_fingerprint"], confirmation, row["word"], row["said"] or "", row["is_taken_back"],
        {**drift.get(WHOLE, {}), **drift.get(row["day"], {})},
        row["outcome"], row["reason"] or "", row["expected_rows"],
        row["is_counted"] and row["day"] not in recount, row["excused_rows"] or 0,
        "" if row["is_known"] else unknown,
    )  # fmt: skip
