"""What is to be compared: two databases, or two tables by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from python_processors.contract import Contract, hashed_tables, load_contract
from python_processors.engines.base import ENVIRONMENT_NAME, PRODUCTION, Location, Side, Sides
from python_processors.engines.live import Columns
from python_processors.errors import RefusedError

HERE = "."
_FILES = (".duckdb", ".db")
_TABLE = re.compile(r"(?:(?P<database>[^:]+):)?(?P<relation>\w+\.\w+)")


class AskedError(RefusedError):
    """What is to be compared cannot be."""


@dataclass(frozen=True)
class Place:
    """A side as somebody named it. `database` is None where it is this warehouse, `relation` where it is all of one.

    `environment` is None where it is the one that the command works in, and empty of production.
    """

    text: str
    database: str | None = None
    relation: str | None = None
    environment: str | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """`.`, an environment or `prod`, a database (a file on DuckDB, a project on BigQuery), `dataset.table`, or
        one of the first three with it, as `dev:dataset.table`."""
        found = None if _is_file(text) else _TABLE.fullmatch(text)
        if found is None:
            database, environment = _located(text)
            return cls(text, database, environment=environment)
        database, environment = _located(found["database"] or HERE)
        return cls(text, database, found["relation"], environment)

    @property
    def location(self) -> Location:
        return Location(self.database, self.environment)


def _is_file(text: str) -> bool:
    return text.endswith(_FILES) or Path(text).exists()


def _located(text: str) -> tuple[str | None, str | None]:
    """A database, and an environment of it. Of another database it is production's tables."""
    if text == HERE:
        return None, None
    if text in PRODUCTION:
        return None, ""
    if not _is_file(text) and re.fullmatch(ENVIRONMENT_NAME, text):
        return None, text
    return text, ""


@dataclass(frozen=True)
class Span:
    """First and last date that are compared; None is no bound. Where `days` are given, only these."""

    start: date | None = None
    end: date | None = None
    days: tuple[date, ...] = ()

    @classmethod
    def of(cls, start: date | None, end: date | None) -> Span:
        """:raises AskedError: it ends before it starts."""
        if start and end and start > end:
            raise AskedError(f"The range starts on {start} and ends before, on {end}.")
        return cls(start, end)

    def __str__(self) -> str:
        return (
            "all dates" if not (self.start or self.end) else f"{self.start or 'the first'} to {self.end or 'the last'}"
        )


@dataclass(frozen=True)
class Pair:
    """The two relations that one table is compared by. `key` is None of a table whose contract says it."""

    table: str
    one: str
    two: str
    key: tuple[str, ...] = ()
    day: str | None = None
    hashed: tuple[str, ...] = ()
    wanted: tuple[str, ...] | None = None  # columns to compare; None is all that both have


def pairs_of(
    one: Place, two: Place, tables: Sequence[str] | None, *, key: Sequence[str] = (), day: str | None = None,
    every_column: bool = False,
) -> list[Pair]:  # fmt: skip
    """:raises AskedError: the two cannot be compared so."""
    if (one.relation is None) != (two.relation is None):
        raise AskedError(f"{one.text} and {two.text} are a table and a database. Give two databases, or two tables.")
    if (one.location, one.relation) == (two.location, two.relation):
        raise AskedError(f"{one.text} would be compared with itself. Give another place for one of the two.")
    if one.relation is not None and two.relation is not None:
        name = two.relation.partition(".")[2]
        name = name if name in hashed_tables() else one.relation.partition(".")[2]
        pair = Pair(name, one.relation, two.relation, tuple(key), day)
        return [_by_contract(pair, every_column) if name in hashed_tables() and not key else _checked(pair)]
    unknown = sorted({*(tables or ())} - {*hashed_tables()})
    if unknown:
        raise AskedError(
            f"No hashed table is called {', '.join(unknown)}: {', '.join(hashed_tables())} are. Other tables are"
            " compared as `database:dataset.table`."
        )
    chosen = [table for table in hashed_tables() if tables is None or table in tables]
    relations = {table: load_contract(table).relation for table in chosen}
    return [_by_contract(Pair(table, of, of), every_column) for table, of in relations.items()]


def _by_contract(pair: Pair, every_column: bool) -> Pair:
    contract = load_contract(pair.table)
    wanted = None if every_column else _of_content(contract)
    return Pair(
        pair.table, pair.one, pair.two, contract.key, contract.partition_by, contract.hash_fields, wanted
    )  # fmt: skip


def _of_content(contract: Contract) -> tuple[str, ...]:
    """Not what says when, and by which run, a row or what it reads was written: that differs between any two builds."""
    return tuple(
        column.name for column in contract.columns
        if column.not_hashed is None or column.name == "data_hash"
        or (column.meta.get("compared") and column.type.name != "TIMESTAMP")
    )  # fmt: skip


def _checked(pair: Pair) -> Pair:
    if not pair.key:
        raise AskedError(
            f"{pair.two} is no table of ours, so nothing says which columns tell its rows apart: name them by --key."
        )
    return pair


def by_date(pair: Pair) -> Pair:
    """Rows told apart by the date in place of the game: a team plays once a day, and a game may have other ids on the
    two sides. The game is compared, then, as any other column."""
    return pair if pair.day is None else replace(pair, key=key_by_date(pair.key, pair.day))


def key_by_date(key: Sequence[str], day: str) -> tuple[str, ...]:
    """A key with the date in place of the game."""
    return tuple(dict.fromkeys(day if name == "game_id" else name for name in key))


def check_environments(sides: Sides, *places: Place) -> None:
    """:raises AskedError: one of them is not there."""
    for place, side in zip(places, (sides.one, sides.two), strict=True):
        if place.environment and not side.columns("nba_ops.environment"):
            raise AskedError(
                f"There is no environment `{place.environment}`; `fullcourt env list` says which there are. A database"
                " is named as a file that is there, or as a project."
            )


def columns_of(side: Side, relation: str, place: Place) -> Columns:
    """:raises AskedError: there is no such table, where one was named."""
    found = side.columns(relation)
    if not found and place.relation is not None:
        raise AskedError(f"There is no table {relation} in {place.database or 'the warehouse'}.")
    return found
