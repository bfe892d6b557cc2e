"""The raw contract: which columns of the raw tables fullcourt uses, read from the sources' YAML."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import pyarrow as pa

from python_processors.contract import PROJECT_ROOT
from python_processors.errors import ContractError
from python_processors.yaml_files import read_yaml

SOURCES_FILE = PROJECT_ROOT / "models" / "staging" / "_sources.yml"

_DUCKDB = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "DATETIME": "TIMESTAMP",
}

_ARROW: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "DATETIME": pa.timestamp("us"),
}


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table; an `optional` one may be missing from a file."""

    name: str
    type: str
    optional: bool

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
    """

    source: str
    name: str
    partition_by: str | None
    columns: tuple[RawColumn, ...]
    key: tuple[tuple[str, ...], ...] = ()

    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow) for column in self.columns])


@functools.cache
def raw_tables() -> dict[str, RawTable]:
    """All raw tables by name."""
    properties = read_yaml(SOURCES_FILE)
    tables = {}
    for source in properties["sources"]:
        for table in source["tables"]:
            columns = tuple(
                RawColumn(
                    name=column["name"],
                    type=column["data_type"],
                    optional=column.get("config", {}).get("meta", {}).get("optional", False),
                )
                for column in table["columns"]
            )
            meta = table.get("config", {}).get("meta", {})
            key = _key_of(table["name"], meta.get("key"), {column.name for column in columns})
            tables[table["name"]] = RawTable(source["name"], table["name"], meta.get("partition_by"), columns, key)
    return tables


def _key_of(table: str, declared: object, columns: set[str]) -> tuple[tuple[str, ...], ...]:
    """:raises ContractError: there is no key, or it names what is no column."""
    if not isinstance(declared, list) or not declared:
        raise ContractError(table, f"config.meta.key in {SOURCES_FILE} must list the columns that name a row.")
    key = tuple(tuple(part) if isinstance(part, list) else (part,) for part in declared)
    unknown = sorted(f"{name}" for part in key for name in part if name not in columns)
    if unknown or not all(key):
        raise ContractError(table, f"config.meta.key in {SOURCES_FILE} names no column: {', '.join(unknown) or '[]'}.")
    return key
