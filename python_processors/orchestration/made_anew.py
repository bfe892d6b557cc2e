"""A table built beside one that is there, held against it, and put in its place; and what becomes of the old one.

Each step leaves what the next begins with, so that a kill after any of them loses nothing and the same command goes on:

| after | the name has | what the next `fullcourt migrate` does |
|---|---|---|
| building `<table>__migrated` beside it | the old table | drops that, and begins again |
| the old table's copy in nba_replaced | the old table | the same; the copy goes with the next one |
| the swap | the new table | gives it description, labels and access, and drops `__migrated` |
| dropping `__migrated` | the new table | drops the old one's copy, once the new one verifies |

On DuckDB all but the last is one transaction. On BigQuery each swap is one statement of the service; where the two are
partitioned or clustered otherwise, the old table is dropped first, and drift.py finds the new one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from python_processors.engines.base import placed
from python_processors.engines.keeping import Keeper, TableOptions
from python_processors.errors import FullcourtError
from python_processors.orchestration.proof.row_checks import check_rows
from python_processors.orchestration.state.ledger import confirmed_outputs, taken_back_dates
from python_processors.orchestration.state.stored import stored_fingerprints
from python_processors.orchestration.warehouse import Session
from python_processors.schema.adopted import KEPT
from python_processors.schema.conversion import converted, move_statements, type_changes
from python_processors.schema.drift import new_relation
from python_processors.schema.kept import free_stamp, keep_aside
from python_processors.schema.tables import StoredTable, as_it_lies, every_row
from python_processors.words import count_of

_STAMP = "before_{}"
_DATED = re.compile(r"(\w+?)__(\w+)__before_\d{8}(_\d+)?(_again_\d+)?")


class ConversionError(FullcourtError):
    """A table was not converted, and is as it was."""

    def __init__(self, relation: str, problem: str, to_do: str) -> None:
        super().__init__(f"{relation} was not converted: {problem}. It is as it was. {to_do}")


@dataclass(frozen=True)
class OldTable:
    """What a migration has kept of a table, in the dataset of kept tables: copies by name, oldest first.

    `unproven` are dates of it that the new table has neither as they were nor built anew, and `problem` says what else
    keeps it; it is dropped by the next migration where there is neither. `is_cut_off` where the swap was not ended.
    """

    relation: str
    copies: tuple[str, ...]
    unproven: tuple[date, ...] = ()
    problem: str = ""
    is_cut_off: bool = False

    @property
    def is_done(self) -> bool:
        """Whether the new table verifies."""
        return not self.unproven and not self.problem

    @property
    def line(self) -> str:
        kept = f"The old {self.relation} is kept as {', '.join(self.copies)}"
        if self.is_done:
            return f"{kept}. The new one verifies: `fullcourt migrate` drops the old one."
        if self.problem:
            return f"{kept}: {self.problem}"
        first, last = self.unproven[0], self.unproven[-1]
        count = f"{len(self.unproven)} dates are" if len(self.unproven) > 1 else "a date is"
        return (
            f"{kept}, as {count} still to be built anew. Run `fullcourt backfill --start {first} --end {last}`, then"
            " `fullcourt migrate`, which drops it once they verify."
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.relation, "kept_as": list(self.copies), "verifies": self.is_done,
            "unproven": [str(day) for day in self.unproven], "problem": self.problem,
        }  # fmt: skip


def make_anew(
    session: Session, keeper: Keeper, table: StoredTable, expressions: Mapping[str, str], dropped: Sequence[date],
    take_back: Callable[[], None],
) -> None:  # fmt: skip
    """Build a table of the contract beside the one that is there, with its rows but for those of some dates, and swap.

    :param expressions: by column of the contract its value, from the columns that are there.
    :param take_back: notes which dates are due, before the name has another table.
    :raises ConversionError: the new table has not the same rows; the old one has the name.
    :raises NotKeptError: the table has something that no copy would have.
    """
    relation, new = table.relation, new_relation(table)
    name = session.named(relation)
    with session.transaction():
        options = _options(keeper, name)
        state = keeper.state(name)
        _check_others(session, table)
        _clear(session, keeper, table)
        session.execute(";\n".join(move_statements(session, table, expressions, dropped)))
        _check_same(session, table, relation, expressions, new, dropped)
        _check_rights(session, keeper, table, options)
        take_back()
        if not session.has_dataset(KEPT):
            session.execute(f"create schema if not exists {session.named(KEPT)}")
        stamp = free_stamp(datetime.now(UTC).date(), [relation], keeper.names(placed(KEPT)), _STAMP)
        kept = keep_aside(session, keeper, relation, _STAMP.format(stamp), options)
        if keeper.state(name) != state:
            raise ConversionError(relation, "somebody wrote to it meanwhile", "Stop who does, and run it again.")
        keeper.copy(session.named(new), name, options)
        try:
            _check_same(session, table, kept, expressions, relation, dropped)
        except ConversionError:
            keeper.copy(session.named(kept), name, options)
            keeper.dress(name, options)
            raise
        _end_swap(session, keeper, table, options)


def end_cut_off(session: Session, keeper: Keeper, table: StoredTable) -> None:
    """End a swap that was cut off: the name has the new table, or none, and the new table is there under its own.

    :raises ConversionError: the name has a table that lacks rows of the new one.
    """
    new = session.named(new_relation(table))
    with session.transaction():
        kept = kept_tables(session, keeper).get(table.relation, [])
        options = _options(keeper, session.named(kept[-1]) if kept else new)
        # An empty one was made by whoever found no table there.
        if keeper.options(session.named(table.relation)) is None or not _count(session, table, table.relation):
            keeper.copy(new, session.named(table.relation), options)
        else:
            _check_none_lost(session, table)
        _end_swap(session, keeper, table, options)


def kept_tables(session: Session, keeper: Keeper) -> dict[str, list[str]]:
    """What migrations have kept, by table."""
    dataset = placed(KEPT)
    found: dict[str, list[str]] = {}
    for name in keeper.names(dataset) if dataset in session.datasets() else []:
        if of := _DATED.fullmatch(name):
            found.setdefault(f"{of[1]}.{of[2]}", []).append(f"{KEPT}.{name}")
    return {relation: sorted(names, key=lambda name: (len(name), name)) for relation, names in found.items()}


def old_table(session: Session, table: StoredTable, copies: Sequence[str]) -> OldTable:
    """Whether the new table verifies against what is kept of the old one. By content, so that whoever asks, and after
    whatever kill, is told the same."""
    there_now = session.live_tables([table.relation, new_relation(table), *copies])
    live = {name: of.columns for name, of in there_now.items()}
    if not live[table.relation]:
        return OldTable(table.relation, tuple(copies), problem="the new one is not there. Run `fullcourt migrate`.")
    unproven: set[date] = set()
    problem = ""
    for kept in copies:
        lying = as_it_lies(table, there_now[kept].layout)
        of_kept = type_changes(session, lying, live[kept], kept)
        there = {name.lower() for name, _, _ in live[table.relation]}
        expressions = {
            name: value for name, value in converted(session, lying, live[kept], of_kept).items() if name in there
        }
        if table.is_hashed:
            unproven |= _unproven(session, lying, kept, expressions)
        else:
            before, now = (_count(session, lying, of) for of in (kept, table.relation))
            if now < before:
                problem = f"it has {count_of(before, 'row')}, and the new one {now:,}. See who deleted some."
    is_cut_off = bool(live[new_relation(table)])
    return OldTable(table.relation, tuple(copies), tuple(sorted(unproven)), problem, is_cut_off)


def drop_old(session: Session, keeper: Keeper, old: OldTable) -> None:
    """Drop what is kept of a table whose new one verifies."""
    assert old.is_done
    for kept in old.copies:
        keeper.drop(session.named(kept))


def _unproven(session: Session, table: StoredTable, kept: str, expressions: Mapping[str, str]) -> set[date]:
    name = table.relation.partition(".")[2]
    differing = differing_days(session, table, kept, expressions, table.relation)
    days = [row["day"] for row in _days(session, table, kept, expressions)]
    if not days:
        return set()
    faulty = check_rows(session, name, min(days), max(days)).faulty_days
    # That a run once confirmed a date says nothing of the rows that it has now.
    stored = stored_fingerprints(session, [name], min(days), max(days))
    now = dict(zip(stored["day"].to_pylist(), stored["fingerprint"].to_pylist(), strict=True))
    stood_for = {day for day, output in confirmed_outputs(session, name).items() if now.get(day) == output}
    due = (differing - stood_for) | taken_back_dates(session, name) | {*faulty}
    return due & {*days}


def differing_days(
    session: Session, table: StoredTable, old: str, expressions: Mapping[str, str], new: str,
    dropped: Sequence[date] = (),
) -> set[Any]:  # fmt: skip
    """Dates on which two tables have not the same rows, each as often; None stands for all rows of a ledger.

    :param expressions: by column the old table's value; the new one has these columns.
    :param dropped: dates of the old table that the new one is not to have.
    """
    names = list(expressions)
    high, low = session.row_hash(names)
    day = table.partition_by if table.is_hashed else "null"
    where = every_row(table)
    left = f" and {expressions[table.partition_by]} not in ({_dates(dropped)})" if dropped else ""
    values = ", ".join(f"{value} as {name}" for name, value in expressions.items())
    sides = {1: f"select {values} from {session.named(old)} where {where}{left}",
             -1: f"select {', '.join(names)} from {session.named(new)} where {where}"}  # fmt: skip
    rows = " union all ".join(
        f"select {day} as day, {side} as side, {high} as high, {low} as low from ({sql}) as of_side"
        for side, sql in sides.items()
    )
    found = session.read(
        f"select day from ({rows}) as both_sides group by day"
        " having sum(side) <> 0 or sum(side * high) <> 0 or sum(side * low) <> 0"
    )
    return {*found["day"].to_pylist()}


def _days(session: Session, table: StoredTable, relation: str, expressions: Mapping[str, str]) -> list[dict[str, Any]]:
    day = expressions[table.partition_by]
    found: list[dict[str, Any]] = session.read(
        f"select distinct {day} as day from {session.named(relation)} where {every_row(table)} and {day} is not null"
    ).to_pylist()
    return found


def _check_same(
    session: Session, table: StoredTable, old: str, expressions: Mapping[str, str], new: str, dropped: Sequence[date]
) -> None:  # fmt: skip
    """:raises ConversionError: the new table has not each row of the old one as often, converted."""
    differing = differing_days(session, table, old, expressions, new, dropped)
    if differing:
        days = sorted(day for day in differing if day is not None)
        where = f" of {days[0]}{f' and {len(days) - 1} more dates' if len(days) > 1 else ''}" if days else ""
        raise ConversionError(
            table.relation, f"the table built beside it has other rows{where} than it",
            "Somebody wrote to it meanwhile: run `fullcourt migrate` again.",
        )  # fmt: skip


def _check_rights(session: Session, keeper: Keeper, table: StoredTable, options: TableOptions) -> None:
    """:raises ConversionError: the account could not end what is begun; nothing but a copy is made by now."""
    # Who may write the table may replace it; access of its own has to be given again.
    replaced = {session.named(table.relation): session.named(new_relation(table))} if options.access else {}
    if lacking := keeper.check_rights([placed(KEPT)], replaced):
        raise ConversionError(
            table.relation, f"this account lacks rights: {'; '.join(lacking)}", "Grant them (docs/migrations.md)."
        )


def _clear(session: Session, keeper: Keeper, table: StoredTable) -> None:
    """A copy that a killed migration left. The table itself is there, so that it has all rows."""
    new = new_relation(table)
    if not session.live_columns([new])[new]:
        return
    copied, stored = _count(session, table, new), _count(session, table, table.relation)
    if copied > stored:
        raise ConversionError(
            table.relation, f"{new} is there with {count_of(copied, 'row')}, and it has {stored:,}",
            "Look which of the two is right, and give the other a dated name.",
        )  # fmt: skip
    keeper.drop(session.named(new))


def _check_none_lost(session: Session, table: StoredTable) -> None:
    """:raises ConversionError: what has the name is not the table that was built beside it, nor built since by runs."""
    new = new_relation(table)
    if table.is_hashed:
        unproven = _unproven(session, table, new, {column.name: column.name for column in table.columns})
        problem = f"{min(unproven)} has other rows in {new}, and no run stands for its own" if unproven else ""
    else:
        built, now = (_count(session, table, of) for of in (new, table.relation))
        problem = f"it has {count_of(now, 'row')}, and {new} has {built:,}" if now < built else ""
    if problem:
        raise ConversionError(
            table.relation, problem, "Look which of the two is right, and give the other a dated name."
        )


def _check_others(session: Session, table: StoredTable) -> None:
    """:raises ConversionError: the table has columns that one of its contract would not have."""
    contracted = {column.name.lower() for column in table.columns}
    live = session.live_columns([table.relation])[table.relation]
    if others := [name for name, _, _ in live if name.lower() not in contracted]:
        raise ConversionError(
            table.relation, f"a table built beside it would lack {', '.join(others)}",
            "Add them to the contract, or move them elsewhere.",
        )  # fmt: skip


def _end_swap(session: Session, keeper: Keeper, table: StoredTable, options: TableOptions) -> None:
    keeper.dress(session.named(table.relation), options)
    keeper.drop(session.named(new_relation(table)))


def _options(keeper: Keeper, named: str) -> TableOptions:
    options = keeper.options(named)
    if options is None:
        raise ConversionError(named, "it is not there any more", "Look who has dropped it, and restore it.")
    return options


def _count(session: Session, table: StoredTable, relation: str) -> int:
    sql = f"select count(*) as n from {session.named(relation)} where {every_row(table)}"
    return int(session.read(sql)["n"].to_pylist()[0])


def _dates(days: Sequence[date]) -> str:
    return ", ".join(f"date '{day}'" for day in days)
