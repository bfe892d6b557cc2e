"""Two database files attached to one session, each read-only: their tables stand beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb

from python_processors.engines.base import Side, Sides
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.engines.live import Columns


@contextmanager
def side_by_side(one: tuple[Path, str | None], two: tuple[Path, str | None]) -> Iterator[Sides]:
    """:param one: a file that can be opened, and an environment as in placed(); the file of two may be the same."""
    with closing(duckdb.connect()) as connection:
        session, attached = DuckDBSession(connection), dict[Path, str]()
        for file, _ in (one, two):
            if file not in attached:
                attached[file] = f"database_{len(attached) + 1}"
                quoted = str(file).replace("'", "''")
                session.execute(f"attach '{quoted}' as {attached[file]} (read_only)")
        found = {alias: session.columns_of_database(alias) for alias in attached.values()}
        yield Sides(session, *(_side(session, attached[file], found[attached[file]], of) for file, of in (one, two)))


def _side(session: DuckDBSession, alias: str, found: Mapping[str, Columns], environment: str | None) -> Side:
    def named(relation: str) -> str:
        return f"{alias}.{session.named(relation, environment)}"

    def columns(relation: str) -> Columns:
        return found.get(session.named(relation, environment), [])

    return Side(named, columns)
