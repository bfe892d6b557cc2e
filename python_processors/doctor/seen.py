"""The tables of a warehouse as they are, asked for once, for all checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from python_processors.engines.base import Columns, Session
from python_processors.errors import FullcourtError
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.schema.tables import stored_tables


@dataclass(frozen=True)
class Seen:
    """An open warehouse, and the columns of each raw table and of each table that runs write, by `dataset.table`: none
    of one that is not there. `unknown` are those that could not be asked for, with the error."""

    session: Session
    columns: Mapping[str, Columns]
    unknown: Mapping[str, FullcourtError]

    def raw_columns(self, table: RawTable) -> dict[str, str]:
        """Types by lower-case name."""
        return {name.lower(): kind for name, kind, _ in self.columns.get(relation_of(table), [])}


def relation_of(table: RawTable) -> str:
    return f"{table.source}.{table.name}"


def see(session: Session) -> Seen:
    """One query on DuckDB, a request a table on BigQuery."""
    relations = [*(relation_of(table) for table in raw_tables().values()), *stored_tables()]
    try:
        return Seen(session, session.live_columns(relations), {})
    except FullcourtError:
        return _one_by_one(session, relations)


def _one_by_one(session: Session, relations: Iterable[str]) -> Seen:
    columns: dict[str, Columns] = {}
    unknown: dict[str, FullcourtError] = {}
    for relation in relations:
        try:
            columns |= session.live_columns([relation])
        except FullcourtError as error:
            unknown[relation] = error
    return Seen(session, columns, unknown)
