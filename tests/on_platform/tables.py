"""Tables as the platform has them: every column, type and mode of its own, and nothing that it lacks.

raw_tables.json and output_tables.json hold its schemas, of 2026-11-28. Our contracts have no word in them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

_FILE = Path(__file__).with_name("raw_tables.json")
_OUTPUTS = Path(__file__).with_name("output_tables.json")
_DUCKDB = {
    "STRING": "varchar", "INT64": "bigint", "FLOAT64": "double", "BOOL": "boolean", "DATE": "date",
    "TIMESTAMP": "timestamptz", "ARRAY<STRING>": "varchar[]", "ARRAY<FLOAT64>": "double[]", "JSON": "json",
}  # fmt: skip
_BIGQUERY = {
    "VARCHAR": "STRING", "BIGINT": "INT64", "INTEGER": "INT64", "DOUBLE": "FLOAT64", "BOOLEAN": "BOOL", "DATE": "DATE",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP", "TIMESTAMP": "TIMESTAMP", "VARCHAR[]": "ARRAY<STRING>",
}  # fmt: skip
# What a required column holds where an archive has nothing: no column of ours is made of it.
_NOMINAL = {
    "STRING": "'-'", "INT64": "0", "FLOAT64": "0", "BOOL": "false", "DATE": "date '2000-01-01'",
    "TIMESTAMP": "timestamptz '2000-01-01 00:00:00+00'",
}  # fmt: skip
# The platform's loader of the schedule keeps no other games: regular season, playoffs, play-in.
_KEPT = {"nbac_schedule": "left(game_id, 3) in ('002', '004', '005')"}


@dataclass(frozen=True)
class PlatformTable:
    """A table of the platform: types by column, and which columns are never null."""

    dataset: str
    name: str
    partition_by: str | None
    requires_filter: bool
    types: Mapping[str, str]
    required: frozenset[str]


@cache
def platform_tables() -> dict[str, PlatformTable]:
    """The platform's raw and reference tables by name."""
    found = {}
    for place, table in json.loads(_FILE.read_text()).items():
        dataset, _, name = place.partition(".")
        columns = {column: text.split() for column, text in table["columns"].items()}
        found[name] = PlatformTable(
            dataset, name, table["partition_by"], table["require_partition_filter"],
            {column: parts[0] for column, parts in columns.items()},
            frozenset(column for column, parts in columns.items() if parts[1:] == ["REQUIRED"]),
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class OutputTable:
    """One of the ten tables as its consumers read it: by column the type, and ` REQUIRED` where it is never null."""

    partition_by: str
    columns: Mapping[str, str]


@cache
def output_tables() -> dict[str, OutputTable]:
    """The ten tables by `dataset.table`."""
    found = json.loads(_OUTPUTS.read_text())
    return {place: OutputTable(table["partition_by"], table["columns"]) for place, table in found.items()}


def widened(raw: Path) -> dict[str, PlatformTable]:
    """The platform's tables, with the columns that an archive's files have and the platform lacks, of the files' types."""
    found = {}
    for name, table in platform_tables().items():
        files = [str(file) for file in sorted(raw.rglob(f"{name}.parquet"))]
        there = duckdb.read_parquet(files, union_by_name=True) if files else None
        columns = {} if there is None else {
            column: _BIGQUERY[str(type_)] for column, type_ in zip(there.columns, there.types, strict=True)
        }  # fmt: skip
        found[name] = replace(table, types={**columns, **table.types})
    return found


def make_platform(
    database: Path, raw: Path, *, without: Collection[str] = (), tables: Mapping[str, PlatformTable] | None = None
) -> None:
    """A DuckDB file with the platform's tables, filled from the files of a raw folder; empty ones without a file.

    :param without: tables that are not there.
    :param tables: these, where they are not the platform's as they are.
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in (tables or platform_tables()).values():
            connection.execute(f"create schema if not exists {table.dataset}")
            if table.name not in without:
                _make(connection, table, sorted(raw.rglob(f"{table.name}.parquet")))


def make_outputs(database: Path) -> list[str]:
    """The platform's own ten output tables in a DuckDB file, without rows; their names, as `dataset.table`."""
    tables = output_tables()
    with duckdb.connect(str(database)) as connection:
        for place, table in tables.items():
            columns = ", ".join(
                f'"{name}" {_DUCKDB.get(parts[0], parts[0].lower())}{" not null" if parts[1:] == ["REQUIRED"] else ""}'
                for name, parts in ((name, text.split()) for name, text in table.columns.items())
            )
            connection.execute(f"create schema if not exists {place.partition('.')[0]}")
            connection.execute(f"create table {place} ({columns})")
    return list(tables)


def _make(connection: duckdb.DuckDBPyConnection, table: PlatformTable, files: list[Path]) -> None:
    columns = ", ".join(
        f'"{name}" {_DUCKDB[type_]}{" not null" if name in table.required else ""}'
        for name, type_ in table.types.items()
    )
    connection.execute(f"create table {table.dataset}.{table.name} ({columns})")
    if not files:
        return
    rows: Any = connection.read_parquet([str(file) for file in files], union_by_name=True)
    there = set(rows.columns)
    values = ", ".join(_value(table, name, there) for name in table.types)
    connection.execute(
        f"insert into {table.dataset}.{table.name} select {values} from rows where {_KEPT.get(table.name, 'true')}"
    )


def _value(table: PlatformTable, name: str, there: set[str]) -> str:
    type_ = table.types[name]
    # game_date_est becomes the wall clock called UTC, as the platform's loader writes it.
    value = f'cast("{name}" as {_DUCKDB[type_]})' if name in there else f"cast(null as {_DUCKDB[type_]})"
    return f"coalesce({value}, {_NOMINAL[type_]})" if name in table.required else value
