"""`fullcourt migrate`: what it will do to stored rows, asked of them first; and doing it.

What an engine can do to a table as it stands is done in place: a column added, a type widened, on DuckDB a column made
NOT NULL. All else is done by building the table beside it (made_anew.py). A column of another type is converted where
its values can be. Of a hashed table a date with a value that the contract's type cannot hold is not carried over, since
it can be built anew; and a date whose rows no longer have the hash of what they hold is taken back. Both are due then,
and replaced by the next backfill. Of a ledger nothing can be built anew: it is left to a person.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.contract import Contract, load_contract
from python_processors.engines.base import Session
from python_processors.engines.keeping import Keeper
from python_processors.engines.live import Columns, LiveTable
from python_processors.orchestration.made_anew import (
    OldTable,
    drop_old,
    end_cut_off,
    kept_tables,
    make_anew,
    old_table,
)
from python_processors.orchestration.proof.row_checks import batches, check_hashes, hashed_part
from python_processors.orchestration.state.ledger import DECISIONS, Decision, LedgerWriter
from python_processors.schema.conversion import TypeChange, converted, is_lost, type_changes, widen_statement
from python_processors.schema.drift import (
    BESIDE,
    CUT_OFF,
    IN_PLACE,
    LOST_NOT_NULL,
    OTHER_LAYOUT,
    OTHER_TYPE,
    Drift,
    check_for_nulls,
    find_drift,
)
from python_processors.schema.drift import migrate as repair
from python_processors.schema.tables import (
    StoredColumn,
    StoredTable,
    as_it_lies,
    create_tables,
    every_row,
    stored_tables,
)
from python_processors.words import count_of

_OF_ALL_ROWS = (OTHER_TYPE, LOST_NOT_NULL, OTHER_LAYOUT)  # what is done to a table or, where its rows forbid it, not


@dataclass(frozen=True)
class Conversion:
    """What becomes of one table.

    `lost` counts rows by column that cannot keep their value. `dropped` are the dates of these rows, with all
    their `dropped_rows`; `rehashed` other dates, whose rows lose the hash of what they hold. `refused` says why nothing
    is done; empty where something is. `is_beside` where it is done by building the table beside it. `layout` says which
    partitions and clusters it gets; empty where they stay.
    """

    table: StoredTable
    live: Columns
    changes: tuple[TypeChange, ...]
    added: tuple[str, ...]
    rows: int
    lost: Mapping[str, int]
    dropped: tuple[date, ...] = ()
    dropped_rows: int = 0
    rehashed: tuple[date, ...] = ()
    refused: str = ""
    is_beside: bool = False
    required: tuple[str, ...] = ()
    layout: str = ""

    @property
    def lines(self) -> list[str]:
        """The same in sentences."""
        relation, dates = self.table.relation, [*self.dropped, *self.rehashed]
        changes = [f"{of.name} from {of.live_type} to {of.column.type} ({_kind(of)})" for of in self.changes]
        changes += [f"adds {name} as null" for name in self.added]
        changes += [f"makes {name} NOT NULL again" for name in self.required]
        changes += [f"is {self.layout} then"] if self.layout else []
        lines = [f"{relation}, {count_of(self.rows, 'row')}: {', '.join(changes)}."]
        lines += [
            f"  {count_of(count, 'row has', 'rows have')} a {name} that would not keep its value."
            for name, count in self.lost.items()
        ]
        if self.changes and not self.lost and not self.refused:
            lines.append("  Every value is kept.")
        if self.dropped:
            lines.append(
                f"  The rows of {_spelled(self.dropped)} are dropped, {self.dropped_rows:,} in all, and built anew by"
                " the next backfill."
            )
        if self.rehashed:
            lines.append(
                f"  The rows of {_spelled(self.rehashed)} stay, and no longer have the hash of what they hold: the next"
                " backfill builds them anew."
            )
        if self.refused:
            lines.append(f"  Nothing is done: {self.refused}")
            return lines
        lines.append(
            "  A table is built beside it, held against it and swapped; the old one is kept until the new one verifies."
            if self.is_beside
            else "  It is done in place."
        )
        if dates:
            lines.append(f"  Then run `fullcourt backfill --start {min(dates)} --end {max(dates)}`.")
        elif self.table.is_hashed:
            lines.append("  No date has to be built anew.")
        return lines

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.table.relation, "rows": self.rows, "added": list(self.added),
            "types": [{"column": of.name, "from": of.live_type, "to": of.column.type} for of in self.changes],
            "lossless": not self.lost, "lost": dict(self.lost), "refused": self.refused,
            "dropped": [day.isoformat() for day in self.dropped], "dropped_rows": self.dropped_rows,
            "due_again": [day.isoformat() for day in self.rehashed], "way": BESIDE if self.is_beside else IN_PLACE,
        }  # fmt: skip


@dataclass(frozen=True)
class Migration:
    """All that differs, and what becomes of the tables whose values change or no longer have their hash. `old` is what
    is kept of tables that were replaced before."""

    drifts: tuple[Drift, ...]
    conversions: tuple[Conversion, ...] = ()
    old: tuple[OldTable, ...] = ()

    @property
    def needs_yes(self) -> bool:
        """Whether stored values are converted, or rows dropped."""
        return any(of.changes and not of.refused for of in self.conversions)

    def is_left(self, drift: Drift) -> bool:
        """Whether a person has to decide."""
        refused = {of.table.relation for of in self.conversions if of.refused}
        return drift.repair is None or (drift.kind in _OF_ALL_ROWS and drift.table in refused)


def plan_migration(session: Session, keeper: Keeper, relations: Sequence[str] | None = None) -> Migration:
    """What a migration would do. Nothing is written."""
    drifts = find_drift(session, relations)
    found = []
    tables = dict.fromkeys(drift.table for drift in drifts if drift.repair is not None and drift.kind != CUT_OFF)
    live = session.live_tables(list(tables))
    for relation in tables:
        of_table = [drift for drift in drifts if drift.table == relation]
        found.append(_conversion(session, stored_tables()[relation], live[relation], of_table))
    kept = kept_tables(session, keeper)
    differing = {drift.table for drift in drifts}
    old = [
        old_table(session, table, kept[relation])
        for relation, table in stored_tables().items()
        if relation in kept and relation not in differing and (relations is None or relation in relations)
    ]
    return Migration(tuple(drifts), tuple(of for of in found if of is not None), tuple(old))


def carry_out(session: Session, keeper: Keeper, migration: Migration, run_id: str) -> list[Drift]:
    """Do what was planned, and return what is repaired. A table that is refused is left as it is.

    :raises FullcourtError: a repair would fail on the rows that are there; that table is as it was.
    """
    conversions = [of for of in migration.conversions if not of.refused]
    beside = [of for of in conversions if of.is_beside]
    anew = {of.table.relation for of in beside}
    done = [drift for drift in migration.drifts if not migration.is_left(drift)]
    # Dates with a null where none may be are not carried over by a conversion; without one that is for a person.
    converts = {of.table.relation for of in beside if of.changes}
    of_nulls = [of for of in done if of.kind == LOST_NOT_NULL and of.table not in converts]
    check_for_nulls(session, of_nulls, {**stored_tables(), **{of.table.relation: of.table for of in conversions}})
    for relation in [
        *(drift.table for drift in done if drift.kind == CUT_OFF),
        *(old.relation for old in migration.old if old.is_cut_off),
    ]:
        end_cut_off(session, keeper, stored_tables()[relation])
    # Before a column is added: a kill in between leaves dates that are due, and none that only seems complete. That is
    # added to a table that is refused, too.
    refused = [replace(of, dropped=()) for of in migration.conversions if of.refused and of.added]
    _take_back(session, [*(of for of in conversions if not of.is_beside), *refused], run_id)
    repair(session, [drift for drift in done if drift.table not in anew])
    for of in conversions:
        if of.is_beside:
            expressions = converted(session, of.table, of.live, of.changes)
            make_anew(
                session, keeper, of.table, expressions, of.dropped, functools.partial(_take_back, session, [of], run_id)
            )
        elif of.changes:
            session.execute(";\n".join(widen_statement(session, of.table, change) for change in of.changes))
    return done


def drop_verified(session: Session, keeper: Keeper) -> list[OldTable]:
    """Drop what is kept of tables whose new one verifies by now. All that was kept, that too.

    The session is one that was opened after the tables were made anew: DuckDB's looks at columns once.
    """
    found = plan_migration(session, keeper).old
    with session.transaction():
        for old in found:
            if old.is_done:
                drop_old(session, keeper, old)
    return list(found)


def _take_back(session: Session, conversions: Sequence[Conversion], run_id: str) -> None:
    decisions = []
    for of in conversions:
        changed = ", ".join([*(f"{c.name} is {c.column.type} now" for c in of.changes), *of.added])
        for days, what in ((of.dropped, "its rows were dropped"), (of.rehashed, "its rows lost their hash")):
            name = of.table.relation.partition(".")[2]
            reason = f"{what} by `fullcourt migrate` ({changed})"
            decisions += [Decision(name, day, "taken_back", reason) for day in days]
    if decisions:
        if not session.live_columns([DECISIONS])[DECISIONS]:
            create_tables(session, DECISIONS)
        LedgerWriter(session, run_id, "").decide(session, decisions)


def _conversion(
    session: Session, stored: StoredTable, there_now: LiveTable, drifts: Sequence[Drift]
) -> Conversion | None:  # fmt: skip
    """None where only columns are added or made NOT NULL in place, and no hash is of them."""
    table, live = as_it_lies(stored, there_now.layout), there_now.columns
    mended = {drift.column: drift for drift in drifts if drift.repair is not None}
    changes = tuple(of for of in type_changes(session, table, live) if of.name in mended)
    there = {name.lower() for name, _, _ in live}
    added = tuple(column.name for column in table.columns if column.name not in there and column.name in mended)
    is_beside = any(drift.way == BESIDE for drift in mended.values())
    if not changes and not is_beside and not (table.is_hashed and added):
        return None
    contracted = {column.name.lower() for column in table.columns}
    # Of a table that is built beside these are columns that were carried over: any other is left to a person.
    others = [StoredColumn(name, kind, not nullable) for name, kind, nullable in live if name.lower() not in contracted]
    if is_beside:
        table = replace(table, columns=(*table.columns, *others))
    expressions = converted(session, table, live, changes)
    wanted = session.laid_out(table.partition_by, table.cluster_by)
    found = (_of_hashed if table.is_hashed else _of_ledger)(session, table, live, changes, added, expressions)
    # A type is widened in place where every date stays; what is not carried over needs a table beside.
    found = replace(
        found, is_beside=is_beside or bool(found.dropped),
        required=tuple(drift.column for drift in mended.values() if drift.kind == LOST_NOT_NULL),
        layout=str(wanted) if is_beside and there_now.layout not in (None, wanted) else "",
    )  # fmt: skip
    lacking = dict.fromkeys([*(drift.column for drift in drifts if drift.repair is None), *(of.name for of in others)])
    if found.dropped and lacking:
        names = ", ".join(lacking)
        why = f"values do not fit, and a table built beside this one would lack {names}. Settle that first."
        return replace(found, refused=why)
    return found if found.changes or found.rehashed or found.is_beside else None


def _of_ledger(
    session: Session, table: StoredTable, live: Columns, changes: tuple[TypeChange, ...], added: tuple[str, ...],
    expressions: Mapping[str, str],
) -> Conversion:  # fmt: skip
    conditions = {of.name: is_lost(session, of) for of in changes}
    required = {c.name: _is_empty(expressions, c.name) for c in table.columns if c.required and _is_there(c.name, live)}
    (row,) = _counted(session, table, "1", {**conditions, **{f"null_{name}": of for name, of in required.items()}})
    lost = {name: int(row[name]) for name in conditions if row[name]}
    nulls = [name for name in required if row[f"null_{name}"]]
    where = f"`select * from {session.named(table.relation)} where {every_row(table)} and {{}}`"
    refused = ""
    if lost:
        names = ", ".join(lost)
        look = where.format(" or ".join(conditions[name] for name in lost))
        refused = f"nothing builds this table anew. Look at the rows ({look}), repair {names}, and run it again."
    elif nulls:
        look = where.format(f"{nulls[0]} is null")
        refused = f"{nulls[0]} is null in some rows, and may not be. Look at them ({look}), and run it again."
    return Conversion(table, live, changes, added, int(row["row_count"]), lost, refused=refused)


def _of_hashed(
    session: Session, table: StoredTable, live: Columns, changes: tuple[TypeChange, ...], added: tuple[str, ...],
    expressions: Mapping[str, str],
) -> Conversion:  # fmt: skip
    contract = load_contract(table.relation.partition(".")[2])
    conditions = {of.name: is_lost(session, of) for of in changes}
    required = [c.name for c in table.columns if c.required and _is_there(c.name, live)]
    empty = [_is_empty(expressions, name) for name in required]
    day = expressions.get(contract.partition_by, "cast(null as date)")
    bad = " or ".join([*conditions.values(), *(empty if changes else [])]) or "false"
    rows = _counted(session, table, day, {**conditions, "is_bad": bad})
    lost = {name: count for name in conditions if (count := sum(int(row[name]) for row in rows))}
    total = sum(int(row["row_count"]) for row in rows)
    undated = sum(int(row["row_count"]) for row in rows if row["day"] is None)
    if undated:
        look = f"`select * from {session.named(table.relation)} where {every_row(table)} and {day} is null`"
        refused = (
            f"{count_of(undated, 'row')} would have no {contract.partition_by}. Look at them ({look}),"
            f" and run it again."
        )
        return Conversion(table, live, changes, added, total, lost, refused=refused)
    dropped = tuple(sorted(row["day"] for row in rows if row["is_bad"]))
    kept = {row["day"]: int(row["row_count"]) for row in rows if not row["is_bad"]}
    touched = {*(of.name for of in changes), *added} & {*contract.hash_fields, "data_hash"}
    rehashed = _without_hash(session, table, contract, expressions, kept) if touched else ()
    return Conversion(
        table, live, changes, added, total, lost, dropped, total - sum(kept.values()), rehashed
    )  # fmt: skip


def _is_there(name: str, live: Columns) -> bool:
    return any(of.lower() == name for of, _, _ in live)


def _is_empty(expressions: Mapping[str, str], name: str) -> str:
    return f"({expressions[name]}) is null" if name in expressions else "true"


def _counted(session: Session, table: StoredTable, day: str, conditions: Mapping[str, str]) -> list[dict[str, Any]]:
    sums = "".join(f", coalesce(sum(case when {of} then 1 else 0 end), 0) as {name}" for name, of in conditions.items())
    by = "" if day == "1" else " group by 1"
    rows: list[dict[str, Any]] = session.read(
        f"select {'null' if day == '1' else day} as day, count(*) as row_count{sums}"
        f" from {session.named(table.relation)} where {every_row(table)}{by}"
    ).to_pylist()
    return rows


def _without_hash(
    session: Session, table: StoredTable, contract: Contract, expressions: Mapping[str, str],
    rows_by_date: Mapping[date, int],
) -> tuple[date, ...]:  # fmt: skip
    """Dates with a row whose data_hash is not that of its converted values."""
    wanted, day = hashed_part(contract), expressions[contract.partition_by]
    there = [column.name for column in wanted.columns if column.name in expressions]
    names = ", ".join(f"{expressions[name]} as {name}" for name in there)
    found: set[date] = set()
    for first, last in batches(rows_by_date):
        rows = session.read(
            f"select {names} from {session.named(contract.relation)}"
            f" where {day} between date '{first}' and date '{last}' and {every_row(table)}"
        )
        for column in wanted.columns:
            if column.name not in expressions:
                rows = rows.append_column(column.name, pa.nulls(rows.num_rows, column.type.arrow))
        kept = pc.is_in(rows[contract.partition_by], pa.array(list(rows_by_date), pa.date32()))
        for kind, finding in check_hashes(rows.filter(kept), wanted).items():
            days = [of for of in rows_by_date if first <= of <= last] if kind == "unfit" else finding.days
            found.update(days)
    return tuple(sorted(found))


def _kind(change: TypeChange) -> str:
    return "type widened" if change.is_wider else "type changed"


def _spelled(days: Sequence[date]) -> str:
    if len(days) <= 3:
        return ", ".join(map(str, days))
    return f"{len(days)} dates from {days[0]} to {days[-1]}"
