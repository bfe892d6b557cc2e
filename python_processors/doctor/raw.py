"""Raw tables: whether they are there, with the columns and types that the raw contract has, and rows of which dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.doctor.macros import Macros, project_vars
from python_processors.doctor.seen import Seen, gist, of_unknown, relation_of
from python_processors.engines.base import Warehouse, dataset_prefix
from python_processors.engines.look import NOTE, OK, PROBLEM, Line
from python_processors.errors import FullcourtError
from python_processors.orchestration.plan.planner import SCHEDULE
from python_processors.orchestration.plan.preparation import check_load, load_plan_of
from python_processors.raw_contract import RawColumn, RawTable, optional_inputs, raw_tables
from python_processors.raw_loader import LoadPlan, find_raw_dir, loads_files
from python_processors.simulation import has_marked_files
from python_processors.words import count_of

# A wall clock is read from either type (macro tipoff_instant).
_READ_ALIKE = {"DATETIME": ("TIMESTAMP",)}
_MAY_BE_EMPTY = ("player_aliases",)  # of a league in which all feeds spell alike
_CONTRACT = "models/staging/_sources.yml"


@dataclass(frozen=True)
class Files:
    """Raw files that a run would load first. `plan` is None of a league that is not simulated yet."""

    folder: str
    plan: LoadPlan | None

    def loads(self, table: str) -> bool:
        """Whether a run fills a table. The others are somebody else's, and only read."""
        return self.plan is None or table not in self.plan.stored.others

    def rows_to_come(self, table: str) -> int | None:
        """Rows of a table after the load; None where nothing of it changes."""
        change = self.plan.changes.get(table) if self.plan else None
        return change.rows_after if change else None


@dataclass(frozen=True)
class Held:
    """Rows of a raw table with their first and last date, and how many have a value of each optional column."""

    rows: int
    first: date | None
    last: date | None
    values: Mapping[str, int]


def files_of(warehouse: Warehouse, seen: Seen) -> Files | None:
    """What a run would load; None where somebody else fills all raw tables. No league is simulated.

    :raises FullcourtError: a file does not fit, or rows would go that may not.
    """
    connection = seen.session.connection
    if not warehouse.loads_files or connection is None:
        return None
    folder = find_raw_dir()
    if not loads_files(connection, folder, prefix=dataset_prefix()):
        return None
    if folder.is_simulated and not has_marked_files(folder.path):
        return Files(str(folder.path), None)
    plan = load_plan_of(seen.session)
    check_load(seen.session, plan)
    return Files(str(folder.path), plan)


def of_files(files: Files | None) -> Iterator[Line]:
    """What a run would load."""
    if files is None:
        return
    if files.plan is None:
        said = f"No raw archive is there: a run simulates a league in {files.folder}, and loads it."
        yield Line("raw_files", NOTE, said, "Point RAW_DIR at an archive, if you have one.")
        return
    changes = files.plan.changes.values()
    count = sum(of.files_loaded for of in changes)
    added, removed = sum(of.rows_to_add for of in changes), sum(of.rows_to_remove for of in changes)
    said = (
        f"A run loads {count_of(count, 'file')} of {files.folder}: {count_of(added, 'row')} to add,"
        f" {removed:,} to remove."
    )
    yield Line("raw_files", OK, said if count or removed else f"Every file of {files.folder} is loaded.")


def held_rows(seen: Seen) -> tuple[dict[str, Held], dict[str, FullcourtError]]:
    """Of each raw table that is there, by name: in one query, and one by one where that fails."""
    asked = {table.name: _query(seen, table) for table in raw_tables().values() if seen.raw_columns(table)}
    if not asked:
        return {}, {}
    try:
        return _read(seen, list(asked.values())), {}
    except Exception:  # which of them it was
        found: dict[str, Held] = {}
        failed: dict[str, FullcourtError] = {}
        for name, sql in asked.items():
            try:
                found |= _read(seen, [sql])
            except Exception as error:
                failed[name] = error if isinstance(error, FullcourtError) else FullcourtError(str(error))
        return found, failed


def _query(seen: Seen, table: RawTable) -> str:
    there = seen.raw_columns(table)
    day = table.partition_by if table.partition_by and there.get(table.partition_by) == "DATE" else None
    where = f" where {day} >= date '0001-01-01'" if day else ""
    bounds = [f"{of}({day}) as {of}_date" if day else f"cast(null as date) as {of}_date" for of in ("min", "max")]
    parts = [("", "count(*)", bounds)]
    nothing = [f"cast(null as date) as {of}_date" for of in ("min", "max")]
    parts += [(c.name, f"count({c.name})", nothing) for c in table.columns if c.optional and c.name in there]
    named = seen.session.named(relation_of(table))
    return " union all ".join(
        f"select '{table.name}' as table_name, '{column}' as column_name, {count} as row_count, {', '.join(dates)}"
        f" from {named} as raw_rows{where}"
        for column, count, dates in parts
    )


def _read(seen: Seen, queries: list[str]) -> dict[str, Held]:
    rows = seen.session.read(" union all ".join(queries)).to_pylist()
    values: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["column_name"]:
            values.setdefault(row["table_name"], {})[row["column_name"]] = row["row_count"]
    return {
        row["table_name"]: Held(row["row_count"], row["min_date"], row["max_date"], values.get(row["table_name"], {}))
        for row in rows
        if not row["column_name"]
    }


def of_tables(
    seen: Seen, files: Files | None, held: Mapping[str, Held], failed: Mapping[str, FullcourtError]
) -> Iterator[Line]:
    """A line per raw table, and one of a failure that all of them share."""
    if failed and not held and len({gist(error) for error in failed.values()}) == 1:
        yield Line("raw_tables", PROBLEM, f"No raw table can be read: {next(iter(failed.values()))}")
        failed = {}
    yield from of_unknown("raw_tables", seen, map(relation_of, raw_tables().values()))
    for table in raw_tables().values():
        yield from _of_table(seen, files, table, held.get(table.name), failed.get(table.name))


def _of_table(
    seen: Seen, files: Files | None, table: RawTable, held: Held | None, failed: FullcourtError | None
) -> Iterator[Line]:
    relation = relation_of(table)
    if relation in seen.unknown:
        return
    if failed is not None:
        yield Line("raw_tables", PROBLEM, f"{relation} cannot be read: {failed}")
    if files is not None and files.loads(table.name):
        yield from _of_loaded(files, table, held)
    elif not seen.raw_columns(table):
        yield _of_missing(table, f"{relation} is not there")
    else:
        wrong = _differences(seen, table)
        if wrong:
            to_do = f"A run reads what {_CONTRACT} has: give the column that type, or put a view in its place."
            yield Line("raw_tables", PROBLEM, f"{relation}: {'; '.join(wrong[:3])}{_more(wrong)}.", to_do, tuple(wrong))
        if held is not None and not held.rows:
            yield _of_missing(table, f"{relation} has no rows", is_there=True)
        elif held is not None and not wrong:
            yield Line("raw_tables", OK, f"{relation}: {_spelled(held)}.")
        yield from _of_absent_columns(seen, table, held)


def _of_loaded(files: Files, table: RawTable, held: Held | None) -> Iterator[Line]:
    relation = relation_of(table)
    if files.plan is None:
        return
    to_come = files.rows_to_come(table.name)
    rows = to_come if to_come is not None else files.plan.stored.rows.get(table.name, 0)
    if not rows:
        yield _of_missing(table, f"{relation} has no rows, and {files.folder} no file for it")
    elif to_come is not None:
        yield Line("raw_tables", OK, f"{relation}: {count_of(rows, 'row')} once the files are loaded.")
    elif held is not None:
        yield Line("raw_tables", OK, f"{relation}: {_spelled(held)}.")


def _of_missing(table: RawTable, what: str, *, is_there: bool = False) -> Line:
    if table.without is not None:
        return Line("raw_tables", NOTE, f"{what}, and may be missing: {table.without}.")
    if is_there and table.name in _MAY_BE_EMPTY:
        return Line("raw_tables", NOTE, f"{what}: no other spelling of a player is known.")
    return Line("raw_tables", PROBLEM, f"{what}, and a run needs it.", f"Load it; {_CONTRACT} says what it holds.")


def _differences(seen: Seen, table: RawTable) -> list[str]:
    there = seen.raw_columns(table)
    wrong = [
        f"the column {c.name} ({c.type}) is not there" for c in table.columns if c.name not in there and not c.optional
    ]
    return wrong + [
        f"{c.name} is {there[c.name]} where the contract says {c.type}"
        for c in table.columns
        if c.name in there and not is_read(c, there[c.name])
    ]


def is_read(column: RawColumn, kind: str) -> bool:
    """Whether a column of a live type is read as the contract means it."""
    return kind in (column.type, *_READ_ALIKE.get(column.type, ()))


def _of_absent_columns(seen: Seen, table: RawTable, held: Held | None) -> Iterator[Line]:
    there = seen.raw_columns(table)
    for column in table.columns:
        if column.optional and (column.name not in there or (held and held.rows and not held.values.get(column.name))):
            name = f"{table.name}.{column.name}"
            why = "has no value" if column.name in there else "is not there"
            yield Line("raw_tables", NOTE, f"{name} {why}, and may be missing: {optional_inputs()[name]}.")


def _more(wrong: list[str]) -> str:
    return f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""


def _spelled(held: Held) -> str:
    return count_of(held.rows, "row") + (f", {held.first} to {held.last}" if held.first else "")


def schedule(files: Files | None, held: Mapping[str, Held], today: date) -> Iterator[Line]:
    """Which dates a run can build: the schedule's."""
    if files is not None and files.loads(SCHEDULE) and (files.plan is None or files.rows_to_come(SCHEDULE) is not None):
        yield Line("schedule", OK, "Its dates are known once the files are loaded: `fullcourt plan` looks at them.")
        return
    found = held.get(SCHEDULE)
    if found is None or found.last is None:
        yield Line("schedule", NOTE, "No date is known: see raw_tables.")
    elif found.last < today:
        said = f"The schedule ends on {found.last}, and today is {today}: later dates are not known, and never built."
        yield Line("schedule", NOTE, said, "Load a newer schedule, if the season goes on.")
    else:
        yield Line("schedule", OK, f"The schedule reaches from {found.first} to {found.last}.")


def tipoff_hours(seen: Seen, files: Files | None) -> Iterator[Line]:
    """Whether the schedule's clock can be right, by the rule that a build goes by (macros/tipoff.sql). Two queries."""
    table = raw_tables()[SCHEDULE]
    there = seen.raw_columns(table)
    if files is not None and files.loads(SCHEDULE) and (files.plan is None or files.rows_to_come(SCHEDULE) is not None):
        yield Line("tipoff_hours", NOTE, "Not looked at: a run looks at them once the files are loaded.")
        return
    needed = [c for c in table.columns if c.name in ("game_id", "game_date", "game_date_est", "game_datetime_utc")]
    wrong = [
        c.name for c in needed if not (c.optional and c.name not in there) and not is_read(c, there.get(c.name, ""))
    ]
    if wrong:
        yield Line("tipoff_hours", NOTE, f"Not looked at, as {', '.join(wrong)} cannot be read: see raw_tables.")
        return
    macros, given = Macros(seen.session.adapter.removeprefix("dbt-")), project_vars()
    least = given["least_games_to_tell_a_clock"]
    tipoffs = macros.call("tipoffs_of_raw_schedule", seen.session.named(relation_of(table)), list(there))
    seasons = _rows(seen, macros.call("seasons_of_impossible_tipoffs", f"({tipoffs}) as raw_schedule", least))
    for of in seasons:
        said = (
            f"Tip-offs are read in the wrong zone: of {count_of(of['games'], 'game')} of the season that starts in"
            f" {of['season_year']}, {of['from_noon']:,} tip off between 12:00 and 24:00 in New York, and"
            f" {of['in_the_evening']} from 18:00 on."
        )
        to_do = (
            f"Var tipoff_clock in dbt_project.yml is {given['tipoff_clock']}; set it to what game_date_est is on:"
            " eastern for New York, utc for UTC. Without a time of day it needs a game_datetime_utc beside it."
        )
        yield Line("tipoff_hours", PROBLEM, said, to_do)
    known = _rows(
        seen,
        f"select season_year, count(tipoff_at) as games from ({tipoffs}) as raw_schedule"
        f" where {macros.call('is_in_scope', 'game_type')} group by season_year",
    )
    told = [of for of in known if of["games"] >= least]
    if not told and known:
        said = f"No season has {least} games with a tip-off: too few to tell whether the clock is right."
        yield Line("tipoff_hours", NOTE, said, "See that var tipoff_clock is right (docs/platform.md).")
    elif not seasons and told:
        games = sum(of["games"] for of in told)
        of_seasons = count_of(len(told), "season")
        said = f"{count_of(games, 'game')} of {of_seasons} tip off when games do, on the clock {given['tipoff_clock']}."
        yield Line("tipoff_hours", OK, said)
    elif not known:
        yield Line("tipoff_hours", NOTE, "No game that counts is in the schedule.")


def _rows(seen: Seen, sql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = seen.session.read(sql).to_pylist()
    return rows
