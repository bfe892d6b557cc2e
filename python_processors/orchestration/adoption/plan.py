"""What stands at production's names, counted against what an environment has built. Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from python_processors.compare.asked import AskedError, Place, Span, by_date, pairs_of
from python_processors.compare.comparison import queries_of
from python_processors.compare.differences import rows_said
from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.base import Location, Sides
from python_processors.engines.live import Columns
from python_processors.errors import RefusedError
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.adopted import ADOPTED, BEGUN, PRODUCTION_UNIT, Step, newest
from python_processors.schema.drift import PUBLISH_LEDGER, has_published
from python_processors.schema.tables import every_row, stored_tables
from python_processors.words import count_of


class NotAdoptedError(RefusedError):
    """Tables are not adopted, or not taken back, as things are."""

    def __init__(self, why: str, to_do: str, so_far: str = "Nothing was changed.") -> None:
        super().__init__(f"{why} {to_do} {so_far}")


@dataclass(frozen=True)
class Replaced:
    """A table that would be replaced, by its rows. `is_there` is False where production has no such table.

    `dates_left` are those outside of what the environment has built, with their rows, which only the kept table will
    have; `undated` rows have no date at all. `foreign` are columns that no contract of ours has.
    """

    relation: str
    rows_after: int = 0
    is_there: bool = False
    rows: int = 0
    duplicates: int = 0
    without_key: int = 0
    without_match: int = 0
    dates_left: Mapping[date, int] = field(default_factory=dict)
    undated: int = 0
    foreign: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        return {
            "rows_before": self.rows, "duplicate_rows": self.duplicates, "rows_without_key": self.without_key,
            "rows_without_match": self.without_match, "dates_left": len(self.dates_left),
            "rows_after": self.rows_after,
        }  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.relation, "is_there": self.is_there, **self.counts, "undated_rows": self.undated,
            "rows_left": sum(self.dates_left.values()), "foreign_columns": list(self.foreign),
            "carried": list(self.carried),
        }  # fmt: skip

    def lines(self) -> list[str]:
        if not self.is_there:
            return [
                f"{self.relation}: production has none; {count_of(self.rows_after, 'row is', 'rows are')} put there."
            ]
        lines = [
            f"{self.relation}: {count_of(self.rows, 'row is', 'rows are')} kept aside, {self.rows_after:,} take"
            " their place."
        ]
        if self.duplicates:
            lines.append(f"  {rows_said(self.duplicates)} of a key that is there already: in the kept table only.")
        if self.without_key:
            lines.append(f"  {rows_said(self.without_key)} with a null in the key: in the kept table only.")
        if self.without_match:
            lines.append(f"  {self.without_match:,} of its keys are not in the new table.")
        if self.dates_left:
            days, rows = sorted(self.dates_left), sum(self.dates_left.values())
            span = f"{count_of(len(days), 'date')} from {days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}"
            lines.append(f"  {rows_said(rows)} of {span} outside of what was built: in the kept table only.")
        if self.undated:
            lines.append(f"  {rows_said(self.undated)} without a date: in the kept table only.")
        lost = [name for name in self.foreign if name not in self.carried]
        if lost:
            lines.append(f"  Columns that no contract has, and the new table will not: {', '.join(lost)} (--carry).")
        if self.carried:
            lines.append(
                f"  Carried over by key: {', '.join(self.carried)}. No contract has them: runs leave them as they are,"
                " and null in new rows."
            )
        return lines


@dataclass(frozen=True)
class AdoptionPlan:
    """What would be done. `resumed` are tables whose adoption was cut off, as its record has them."""

    environment: str
    built: tuple[date, date]
    tables: tuple[Replaced, ...]
    resumed: tuple[Step, ...]
    adopted: tuple[str, ...]
    left: tuple[str, ...]
    has_ledgers: bool

    @property
    def dates_left(self) -> int:
        """Dates of any table that only kept tables will have."""
        return len({day for table in self.tables for day in table.dates_left})

    @property
    def is_empty(self) -> bool:
        return not self.tables and not self.resumed and (bool(self.left) or self.has_ledgers)

    @property
    def ends(self) -> bool:
        """Whether production gets the ledgers, as no table is left."""
        return not self.left and not self.has_ledgers

    def to_dict(self) -> dict[str, Any]:
        return {
            "environment": self.environment, "first_built": self.built[0], "last_built": self.built[1],
            "tables": [table.to_dict() for table in self.tables], "resumed": [step.unit for step in self.resumed],
            "adopted_before": list(self.adopted), "left": list(self.left), "dates_left": self.dates_left,
            "with_ledgers": self.ends,
        }  # fmt: skip

    def lines(self) -> list[str]:
        lines = [f"`{self.environment}` was built and verified from {self.built[0]} to {self.built[1]}."]
        for table in self.tables:
            lines += table.lines()
        lines += [f"{step.unit}: its adoption was cut off, and goes on." for step in self.resumed]
        if self.left:
            lines.append(f"Still to adopt after that: {', '.join(self.left)}. Production's runs stay refused.")
        elif not self.has_ledgers:
            lines.append("All ten are then in place: production gets the environment's ledgers and other tables, too.")
        return lines


def chosen_tables(names: Sequence[str] | None) -> list[str]:
    """Hashed tables as `dataset.table`, by their names with or without the dataset.

    :raises NotAdoptedError: there is none of a name.
    """
    relations = {name: load_contract(name).relation for name in hashed_tables()}
    asked = [name.rpartition(".")[2] for name in names or relations]
    if unknown := [name for name in asked if name not in relations]:
        raise NotAdoptedError(f"No hashed table is called {', '.join(unknown)}.", f"They are {', '.join(relations)}.")
    return [relation for name, relation in relations.items() if name in asked]


def all_tables() -> list[str]:
    return chosen_tables(None)


def make_plan(
    warehouse: Warehouse, environment: str, built: tuple[date, date], tables: Sequence[str], carry: Sequence[str]
) -> AdoptionPlan:
    """
    :param built: first and last date that the environment has built.
    :raises NotAdoptedError: production is fullcourt's already, or an adoption of another environment is open.
    """
    with warehouse.reading() as session:
        steps = newest(session)
        _check_open(session, steps, environment)
    adopted = [of for of in all_tables() if of in steps and steps[of].step == ADOPTED]
    resumed = [steps[of] for of in all_tables() if of in steps and steps[of].is_in_place and of not in adopted]
    cut_off = [step.unit for step in resumed]
    wanted = [of for of in tables if of not in adopted and of not in cut_off]
    with warehouse.side_by_side(Location(None, ""), Location(None, environment)) as sides:
        found = tuple(_counted(sides, relation, built, carry) for relation in wanted)
    # Of tables that the same command has adopted before a kill, too.
    in_place = [*resumed, *(steps[of] for of in adopted)]
    known = {
        *(name.lower() for table in found for name in table.foreign),
        *(name.lower() for step in in_place for name in step.carried),
    }
    if unknown := [name for name in carry if name.lower() not in known]:
        raise NotAdoptedError(
            f"No table that would be replaced has a column {', '.join(unknown)} beyond its contract.",
            "Leave it out of --carry.",
        )
    left = tuple(of for of in all_tables() if of not in adopted and of not in cut_off and of not in wanted)
    ends = PRODUCTION_UNIT in steps and steps[PRODUCTION_UNIT].step == ADOPTED
    return AdoptionPlan(environment, built, found, tuple(resumed), tuple(adopted), left, has_ledgers=ends)


def _check_open(session: Session, steps: Mapping[str, Step], environment: str) -> None:
    places = [step for step in steps.values() if step.is_in_place]
    others = {step.environment for step in places} - {environment}
    if others:
        raise NotAdoptedError(
            f"Tables of the environment `{others.pop()}` are in place.",
            "Adopt the others from it, or `--undo` them first.",
        )
    if undone := [step.unit for step in places if step.step not in (ADOPTED, BEGUN)]:
        raise NotAdoptedError(
            f"Taking back {', '.join(undone)} was cut off.", "Let `fullcourt adopt --undo` end that first."
        )
    if not places and has_published(session, session.live_tables([PUBLISH_LEDGER])[PUBLISH_LEDGER]):
        raise NotAdoptedError(
            "Production's tables are fullcourt's own: its ledgers say what was published to them.",
            "Its runs build what is due (`fullcourt plan`).",
        )


def _counted(sides: Sides, relation: str, built: tuple[date, date], carry: Sequence[str]) -> Replaced:
    """In the two queries by which a comparison counts."""
    name = relation.partition(".")[2]
    old, new = sides.one.columns(relation), sides.two.columns(relation)
    if not new:
        raise NotAdoptedError(f"The environment has no {relation}.", "Build it there first.")
    if not old:
        where = every_row(stored_tables()[relation])
        count = f"select count(*) as n from {sides.two.named(relation)} where {where}"
        return Replaced(relation, sides.session.read(count)["n"].to_pylist()[0])
    (pair,) = pairs_of(Place("prod", None, None, ""), Place("beside", None, None, "beside"), [name])
    pair = by_date(pair)
    try:
        queries = queries_of(sides, replace(pair, wanted=()), old, new, Span(None, None), 0.0)
    except AskedError as error:
        raise NotAdoptedError(
            f"The rows of {relation} cannot be told apart: {error}", "Give it these columns."
        ) from error
    counts = sides.session.read(queries.counts()).to_pylist()
    unmatched = sides.session.read(queries.differences()).to_pylist()
    of_old = [row for row in counts if row["side"] == "one"]
    outside = {
        row["day"]: int(row["row_count"]) for row in of_old
        if row["day"] is not None and not built[0] <= row["day"] <= built[1]
    }  # fmt: skip
    known = {column.name for column in load_contract(name).columns}
    foreign = tuple(column for column, _, _ in old if column.lower() not in known)
    asked_for = {of.lower() for of in carry}
    carried = tuple(column for column in foreign if column.lower() in asked_for)
    if carried:
        _check_carried(relation, carried, pair.key, old, new)
    return Replaced(
        relation, _sum([row for row in counts if row["side"] == "two"], "row_count"), True, _sum(of_old, "row_count"),
        _sum(of_old, "surplus"), _sum(of_old, "without_key"), _sum(unmatched, "only_in_one"), outside,
        _sum([row for row in of_old if row["day"] is None], "row_count"), foreign,
        carried,
    )  # fmt: skip


def _check_carried(relation: str, carried: Sequence[str], key: Sequence[str], old: Columns, new: Columns) -> None:
    """:raises NotAdoptedError: rows would not meet by their keys, or a name is none that SQL takes as it is."""
    if odd := [name for name in carried if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)]:
        raise NotAdoptedError(
            f"{relation} has columns that cannot be carried over by these names: {', '.join(odd)}.", "Rename them."
        )
    kinds = [{name.lower(): kind for name, kind, _ in columns} for columns in (old, new)]
    if unlike := [name for name in key if kinds[0].get(name) != kinds[1].get(name)]:
        raise NotAdoptedError(
            f"{relation} has its key in other types than the environment ({', '.join(unlike)}), so columns cannot be"
            " carried over by it.",
            "Leave --carry out for it, or convert these columns.",
        )


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)
