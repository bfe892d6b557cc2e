"""The tables of a warehouse as they are, asked for once, for all checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from python_processors.engines.base import Session
from python_processors.engines.live import LiveTable
from python_processors.engines.look import PROBLEM, Line
from python_processors.errors import FullcourtError
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.schema.tables import stored_tables


@dataclass(frozen=True)
class Seen:
    """An open warehouse, and each raw table and each table that runs write, by `dataset.table`: without columns where
    it is not there. `unknown` are those that could not be asked for, with the error."""

    session: Session
    tables: Mapping[str, LiveTable]
    unknown: Mapping[str, FullcourtError]

    def raw_columns(self, table: RawTable) -> dict[str, str]:
        """Types by lower-case name."""
        return {name.lower(): kind for name, kind, _ in self.tables.get(relation_of(table), LiveTable()).columns}


def relation_of(table: RawTable) -> str:
    return f"{table.source}.{table.name}"


def of_unknown(check: str, seen: Seen, relations: Iterable[str]) -> Iterator[Line]:
    """A line for all tables of a dataset that could not be asked for with the same answer."""
    alike: dict[tuple[str, str], list[str]] = {}
    for relation in relations:
        if error := seen.unknown.get(relation):
            alike.setdefault((relation.partition(".")[0], gist(error)), []).append(relation)
    for named in alike.values():
        more = f" and {len(named) - 1} more of its dataset" if len(named) > 1 else ""
        said = f"{named[0]}{more} cannot be looked at: {seen.unknown[named[0]]}"
        yield Line(check, PROBLEM, said, "", tuple(named))


def gist(error: FullcourtError) -> str:
    """What is alike in errors of several tables."""
    return str(getattr(error, "what", error))


def see(session: Session) -> Seen:
    """One query on DuckDB, a request a table on BigQuery."""
    relations = [*(relation_of(table) for table in raw_tables().values()), *stored_tables()]
    try:
        return Seen(session, session.live_tables(relations), {})
    except FullcourtError:
        return _one_by_one(session, relations)


def _one_by_one(session: Session, relations: Iterable[str]) -> Seen:
    tables: dict[str, LiveTable] = {}
    unknown: dict[str, FullcourtError] = {}
    for relation in relations:
        try:
            tables |= session.live_tables([relation])
        except FullcourtError as error:
            unknown[relation] = error
    return Seen(session, tables, unknown)
