"""Two database files attached to one session, each read-only: their tables stand beside each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from python_processors.engines.base import Columns, Side, Sides
from python_processors.engines.duckdb.session import DuckDBSession


@contextmanager
def side_by_side(one: Path, two: Path) -> Iterator[Sides]:
    """:param one: a file that can be opened; two may be the same."""
    with closing(duckdb.connect()) as connection:
        session = DuckDBSession(connection)
        first = _attached(session, "one", one)
        yield Sides(session, first, first if two == one else _attached(session, "two", two))


def _attached(session: DuckDBSession, alias: str, file: Path) -> Side:
    quoted = str(file).replace("'", "''")
    session.execute(f"attach '{quoted}' as {alias} (read_only)")
    found = session.columns_of_database(alias)

    def named(relation: str) -> str:
        return f"{alias}.{session.named(relation)}"

    def columns(relation: str) -> Columns:
        return found.get(session.named(relation), [])

    return Side(named, columns)
