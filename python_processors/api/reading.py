"""What a caller asks for, checked, and what the ledgers say of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime

from python_processors.contract import Contract, hashed_tables, load_contract
from python_processors.errors import FullcourtError, meant
from python_processors.orchestration.warehouse import Session
from python_processors.words import count_of

Day = date | str


class RequestError(FullcourtError):
    """What was asked for cannot be."""


class UntrustedError(FullcourtError):
    """Nothing of what was asked for can be trusted."""


class AsOfError(FullcourtError):
    """Rows were written since, and what was stored before is not kept."""


def day_of(value: Day) -> date:
    """:raises RequestError: it is no date."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise RequestError(f"`{value}` is no date of the form YYYY-MM-DD.") from None


def range_of(start: Day, end: Day | None) -> tuple[date, date]:
    """:raises RequestError: one of them is no date, or the range ends before it starts."""
    first = day_of(start)
    last = first if end is None else day_of(end)
    if first > last:
        raise RequestError(f"The range ends ({last}) before it starts ({first}).")
    return first, last


def contract_of(table: str) -> Contract:
    """:raises RequestError: no hashed table is called so."""
    if table not in hashed_tables():
        raise RequestError(f"No hashed table is called {table}.{_meant(table, hashed_tables())}")
    return load_contract(table)


def checked_columns(contract: Contract, columns: Sequence[str] | None) -> list[str]:
    """:raises RequestError: the table has no such column."""
    known = [column.name for column in contract.columns]
    for name in columns or ():
        if name not in known:
            raise RequestError(f"{contract.table} has no column {name}.{_meant(name, known)}")
    return list(columns) if columns else known


def rows_of(session: Session, contract: Contract, first: date, last: date, columns: Sequence[str] | None = None) -> str:
    """SQL of a table's rows of a range, pruned to it. Where nothing was built yet there is no such table.

    :raises RequestError: it is not there.
    """
    if not session.columns(contract.relation):
        raise RequestError(f"{contract.table} was never built in this warehouse: `fullcourt backfill` builds it.")
    named = ", ".join(columns) if columns else "*"
    return (
        f"(select {named} from {session.named(contract.relation)}"
        f" where {contract.partition_by} between date '{first}' and date '{last}')"
    )


def check_as_of(session: Session, tables: Collection[str], first: date, last: date, as_of: datetime | None) -> None:
    """
    :raises AsOfError: publishing changed rows of the range since; what was there before is not kept.
    """
    if as_of is None:
        return
    instant = as_of.astimezone(UTC) if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    named = "', '".join(sorted(tables))
    changed = session.read(
        "select table_name, game_date, max(published_at) as published_at"
        f" from {session.named('nba_ops.publish_ledger')}"
        f" where game_date between date '{first}' and date '{last}' and table_name in ('{named}')"
        f" and published_at > timestamp '{instant:%Y-%m-%d %H:%M:%S.%f}' and inserted + updated + deleted > 0"
        " group by table_name, game_date order by game_date, table_name"
    ).to_pylist()
    if changed:
        one = changed[0]
        raise AsOfError(
            f"Rows of {count_of(len(changed), 'partition')} were written since"
            f" {instant:%Y-%m-%d %H:%M} UTC, the first:"
            f" {one['table_name']} of {one['game_date']} at {one['published_at']:%Y-%m-%d %H:%M} UTC. What was stored"
            " before is not kept: ask for a later moment, or for other dates."
        )


def _meant(name: str, known: Collection[str]) -> str:
    return meant(str(name), known) or f" There are {', '.join(known)}."
