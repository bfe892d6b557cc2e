"""Converting columns to the types that their contract has, as SQL: casts, which values they would not keep, and moving
the rows into a table made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from python_processors.engines.base import Session
from python_processors.engines.live import Columns
from python_processors.schema.drift import is_widened, new_relation
from python_processors.schema.tables import StoredColumn, StoredTable, create_statement, every_row

_NUMBERS = ("INT64", "FLOAT64", "NUMERIC")


@dataclass(frozen=True)
class TypeChange:
    """A column whose live type is not that of the contract. `is_castable` is False where the engine knows no cast;
    `is_wider` where the engine gives a column the type in place."""

    column: StoredColumn
    live_type: str
    is_castable: bool = True
    is_wider: bool = False

    @property
    def name(self) -> str:
        return self.column.name


def type_changes(
    session: Session, table: StoredTable, live: Columns, relation: str | None = None
) -> list[TypeChange]:  # fmt: skip
    """The columns of a live table that are of another type; of a copy of it where a relation is given."""
    kinds = {name.lower(): kind for name, kind, _ in live}
    changes = [
        TypeChange(column, kinds[column.name], is_wider=is_widened(table, column, kinds[column.name]))
        for column in table.columns
        if column.name in kinds and kinds[column.name] != column.type
    ]
    return [replace(of, is_castable=_is_castable(session, table, of, relation or table.relation)) for of in changes]


def converted(
    session: Session, table: StoredTable, live: Columns, changes: Sequence[TypeChange]
) -> Mapping[str, str]:  # fmt: skip
    """An expression per column of the contract: the stored value, cast where its type differs. None of a column that
    the live table lacks, or that cannot be cast: it is null."""
    there, changed = {name.lower() for name, _, _ in live}, {of.name: of for of in changes}
    return {
        column.name: session.try_cast(column.name, column.type) if column.name in changed else column.name
        for column in table.columns
        if column.name.lower() in there and (column.name not in changed or changed[column.name].is_castable)
    }


def is_lost(session: Session, change: TypeChange) -> str:
    """A condition: the new type cannot hold the stored value as it is. A text is the number that it spells."""
    name, kind, live = change.name, change.column.type, change.live_type
    if not change.is_castable:
        return f"{name} is not null"
    value = session.try_cast(name, kind)
    if live == "STRING" and kind.startswith(_NUMBERS):
        differs = f"{session.try_cast(value, 'FLOAT64')} is distinct from {session.try_cast(name, 'FLOAT64')}"
    elif live == "STRING" and kind == "BOOL":
        differs = f"{session.try_cast(value, 'STRING')} is distinct from lower({name})"
    elif kind == "JSON" or (live == "STRING" and kind == "TIMESTAMP"):
        differs = "false"  # engines spell instants in many ways, and an object that is read is the same one
    elif kind.startswith("ARRAY<") or live.startswith("ARRAY<"):
        is_array = live.startswith("ARRAY<")
        # Both by the same cast: their texts are compared, and one number has several.
        back, before = session.try_cast(value, live), session.try_cast(name, live)
        differs = " is distinct from ".join(session.comparable(of, is_array=is_array) for of in (back, before))
    else:
        differs = f"{session.try_cast(value, live)} is distinct from {name}"
    return f"({name} is not null and ({value} is null or {differs}))"


def widen_statement(session: Session, table: StoredTable, change: TypeChange) -> str:
    kind = session.engine_type(change.column.type)
    return f"alter table {session.named(table.relation)} alter column {change.name} set data type {kind}"


def move_statements(
    session: Session, table: StoredTable, expressions: Mapping[str, str], dropped: Sequence[date]
) -> tuple[str, ...]:  # fmt: skip
    """A table made anew, with every row but those of some dates, under a name of its own."""
    new = session.named(new_relation(table))
    kept = every_row(table)
    if dropped:
        listed = ", ".join(f"date '{day}'" for day in dropped)
        kept += f" and {expressions[table.partition_by]} not in ({listed})"
    return (
        create_statement(session, table, relation=new_relation(table)),
        f"insert into {new} ({', '.join(expressions)}) select {', '.join(expressions.values())}"
        f" from {session.named(table.relation)} where {kept}",
    )


def _is_castable(session: Session, table: StoredTable, change: TypeChange, relation: str) -> bool:
    value = session.try_cast(change.name, change.column.type)
    back = value if change.column.type == "JSON" else session.try_cast(value, change.live_type)
    of_all = f"from {session.named(relation)} where {every_row(table)}"
    casts = f"select {value} as there, {back} as back {of_all} limit 0"
    try:
        session.read(casts)
    except Exception:  # whatever the engine calls a cast that it does not know
        session.read(f"select 1 as there {of_all} limit 0")  # else the service does not answer, and nothing is known
        try:
            session.read(casts)
        except Exception:
            return False
    return True
