"""The raw contract: which columns of the raw tables fullcourt uses, read from the sources' YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from python_processors.contract.keys import A_COUNT, RawFile, RawTableKeys, is_count
from python_processors.contract.shapes import Path as Part
from python_processors.contract.shapes import Wrong, check_once, of_document, shaped
from python_processors.errors import ContractError
from python_processors.places import PROJECT_ROOT
from python_processors.project_code import remembered
from python_processors.yaml_files import named, parse, read_bytes, read_yaml

SOURCES_FILE = PROJECT_ROOT / "models" / "staging" / "_sources.yml"

_ARROW: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "DATETIME": pa.timestamp("us"),
}


_DUCKDB = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "DATETIME": "TIMESTAMP",
}


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table; one that `is_team` names a team. One that is optional may be missing: `without` says
    what becomes of rows then.
    """

    name: str
    type: str
    without: str | None = None
    is_team: bool = False

    @property
    def optional(self) -> bool:
        return self.without is not None

    @property
    def arrow(self) -> pa.DataType:
        return _ARROW[self.type]

    @property
    def duckdb(self) -> str:
        return _DUCKDB[self.type]


@dataclass(frozen=True)
class RawTable:
    """One raw table: its source (`nba_raw`, `nba_reference`), partition column (if any), columns, and key.

    `key` names a row over all files: each part is a column, or several of which the first that is not null counts.
    Rows `of_played_games` say that a game was played: odds and injury reports outlive a postponed one. Rows may be
    dated so many `days_from_game` before or after their game. Rows that are of no game count from the day of their
    partition on, for so many days after it: `counts_for_days`. `without` as of a column: the table may be missing.
    """

    source: str
    name: str
    partition_by: str | None
    columns: tuple[RawColumn, ...]
    key: tuple[tuple[str, ...], ...] = ()
    of_played_games: bool = False
    days_from_game: int = 0
    counts_for_days: int = 0
    without: str | None = None

    @property
    def day_column(self) -> str | None:
        """The column that says which date a row is of; None of reference data."""
        if self.partition_by is None or self.counts_for_days:
            return self.partition_by
        return "game_date"

    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow) for column in self.columns])


class TablesOfFile(dict[str, RawTable]):
    """Raw tables by name; one that the code needs and the file lacks is an error that says so."""

    def __missing__(self, name: str) -> RawTable:
        why = f"no table is called {name}, which is needed here; there are {', '.join(self)}."
        raise ContractError("", why, file=named(SOURCES_FILE), line=1)


@remembered
def raw_tables() -> dict[str, RawTable]:
    """All raw tables by name.

    :raises ContractError: the file is wrong.
    """
    return parse_raw_tables(read_bytes(SOURCES_FILE), SOURCES_FILE)


def played_feeds() -> tuple[str, ...]:
    """Raw tables of which a row says that a game was played; in SQL the macro of this name."""
    return tuple(name for name, table in raw_tables().items() if table.of_played_games)


@remembered
def optional_inputs() -> dict[str, str]:
    """What becomes of rows without each optional input: a raw table, or a column of one as `table.column`."""
    found = {}
    for name, table in raw_tables().items():
        if table.without is not None:
            found[name] = table.without
        found |= {f"{name}.{column.name}": column.without for column in table.columns if column.without is not None}
    return found


def parse_raw_tables(data: bytes, file: Path) -> dict[str, RawTable]:
    """The tables of a file like models/staging/_sources.yml.

    :raises ContractError: it is wrong.
    """
    document = parse(data, file)

    def make() -> dict[str, RawTable]:
        tables = TablesOfFile()
        for path, source, table in _tables_of(shaped(RawFile, document.value, document.line)):
            if table.name in tables:
                raise Wrong((*path, "name"), f"raw table named twice: {table.name}. Keep one.")
            tables[table.name] = _table(source, table, path)
        return tables

    return of_document(document, "", make)


def _tables_of(file: RawFile) -> Iterator[tuple[Part, str, RawTableKeys]]:
    check_once([source.name for source in file.sources], ("sources",), "source", ("name",))
    for place, source in enumerate(file.sources):
        if not source.schema_.endswith(source.name):
            why = f"`schema` must end in the source's name, {source.name}: that is the dataset that Python reads."
            raise Wrong(("sources", place, "schema"), why)
        for position, table in enumerate(source.tables):
            yield ("sources", place, "tables", position), source.name, table


def _table(source: str, table: RawTableKeys, path: Part) -> RawTable:
    names: Mapping[str, str] = {column.name: column.data_type for column in table.columns}
    if not names:
        raise Wrong((*path, "columns"), f"raw table `{table.name}` has no columns.")
    check_once([column.name for column in table.columns], (*path, "columns"), f"column of `{table.name}`", ("name",))
    for position, column in enumerate(table.columns):
        if column.data_type not in _ARROW:
            why = f"column `{column.name}` of `{table.name}`: {column.data_type} is no raw type; there are"
            raise Wrong((*path, "columns", position, "data_type"), f"{why} {', '.join(_ARROW)}.")
    partition = table.config.meta.partition_by
    if partition is not None and names.get(partition) != "DATE":
        dates = ", ".join(name for name, kind in names.items() if kind == "DATE") or "none"
        why = f"`partition_by` of `{table.name}` is {partition}, and must be one of its DATE columns: {dates}."
        raise Wrong((*path, "config", "meta", "partition_by"), why)
    counts_for_days = _days(table, path)
    if partition is not None and not counts_for_days and names.get("game_date") != "DATE":
        why = f"`{table.name}` is partitioned, and needs a column game_date of type DATE: the date that a row is of."
        raise Wrong((*path, "columns"), why)
    columns = tuple(
        RawColumn(c.name, c.data_type, c.config.meta.optional, c.config.meta.is_team) for c in table.columns
    )
    meta = table.config.meta
    return RawTable(
        source, table.name, partition, columns, _key(table, path), meta.of_played_games, meta.days_from_game,
        counts_for_days, meta.optional,
    )  # fmt: skip


def _days(table: RawTableKeys, path: Part) -> int:
    """`counts_for_days` as a number; 0 where the table says nothing of it."""
    size = table.config.meta.counts_for_days
    if isinstance(size, str):
        found = (read_yaml(PROJECT_ROOT / "dbt_project.yml").get("vars") or {}).get(size)
        if not is_count(found):
            why = f"`counts_for_days` of `{table.name}` is {size}, and must be {A_COUNT}, or a var of dbt_project.yml."
            raise Wrong((*path, "config", "meta", "counts_for_days"), why)
        size = found
    if size is not None and table.config.meta.partition_by is None:
        why = f"`counts_for_days` of `{table.name}` counts from a partition, and `partition_by` names none."
        raise Wrong((*path, "config", "meta", "counts_for_days"), why)
    return int(size or 0)


def _key(table: RawTableKeys, path: Part) -> tuple[tuple[str, ...], ...]:
    key = tuple(tuple(part) if isinstance(part, list) else (part,) for part in table.config.meta.key)
    unknown = sorted({name for part in key for name in part} - {column.name for column in table.columns})
    if unknown or not key:
        why = f"`key` of `{table.name}` names no column: {', '.join(unknown)}."
        raise Wrong((*path, "config", "meta"), why if unknown else f"`{table.name}` needs a `key`: what names a row.")
    return key
