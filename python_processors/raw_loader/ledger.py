"""What was loaded: the ledger `nba_ops.raw_files`, and the raw tables as the contract of that day made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from python_processors.errors import FullcourtError
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.raw_loader.leagues import (
    REAL,
    League,
    LeagueUnreadableError,
    league_named,
    league_of_old_ledger,
)
from python_processors.simulation import SIMULATED

FILE_COLUMN = "_loaded_from"
_COLUMNS = (
    "file_name varchar, table_name varchar, checksum varchar, row_count bigint, stored_count bigint,"
    " modified_ns bigint, league varchar, loaded_at timestamptz"
)
Columns = Mapping[tuple[str, str], Mapping[str, str]]  # types by name, by schema and table
NOT_CONTENT = ""  # no content has this checksum: the file is read again


@dataclass(frozen=True)
class StoredFile:
    """A file of the ledger. Fewer rows are stored than it holds where a newer file gave the same ones."""

    name: str
    table: str
    checksum: str
    row_count: int
    stored_count: int
    modified: int
    league: League = REAL


@dataclass(frozen=True)
class Stored:
    """What a database holds of raw files. `anew` are tables that are missing or not as the contract says now;
    `others` are somebody else's, of any columns: they were there, and no file of ours was ever loaded into them.
    """

    files: tuple[StoredFile, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    anew: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    has_ledger: bool = False
    database: Path | None = None


def named(table: RawTable, prefix: str) -> str:
    """How DuckDB spells a raw table."""
    return f"{prefix}{table.source}.{table.name}"


def read_stored(connection: duckdb.DuckDBPyConnection, prefix: str) -> Stored:
    """Reads only; a database that was never loaded holds nothing."""
    tables = raw_tables()
    there = _all_columns(connection)
    of_file = _rows_by_file(connection, prefix, there)
    rows = {name: sum(count for (table, _), count in of_file.items() if table == name) for name in tables}
    ledger = there.get((f"{prefix}nba_ops", "raw_files"), {})
    has_ledger = "league" in ledger
    if has_ledger:
        files = _ledger_files(connection, prefix)
    else:
        files = _old_ledger_files(connection, prefix, there) if ledger else []
    loaded = {file.table for file in files}
    others = frozenset(
        name
        for name, table in tables.items()
        if name not in loaded and FILE_COLUMN not in there.get(_place(table, prefix), {FILE_COLUMN})
    )
    anew = frozenset(
        name
        for name, table in tables.items()
        if name not in others and there.get(_place(table, prefix)) != contract_columns(table)
    )
    return Stored(tuple(_as_counted(files, of_file)), rows, anew, others, has_ledger, _database(connection))


def contract_columns(table: RawTable) -> dict[str, str]:
    """Name and DuckDB type of the columns that a raw table is to have."""
    return {column.name: column.duckdb for column in table.columns} | {FILE_COLUMN: "VARCHAR"}


def create_missing(connection: duckdb.DuckDBPyConnection, prefix: str) -> None:
    """Make the tables that are not there yet, so that whoever reads them finds them empty."""
    there = _all_columns(connection)
    missing = [table for table in raw_tables().values() if _place(table, prefix) not in there]
    has_ledger = (f"{prefix}nba_ops", "raw_files") in there
    if has_ledger and not missing:
        return
    with transaction(connection):
        if not has_ledger:
            create_ledger(connection, prefix, Stored())
        for table in missing:
            make_table(connection, table, prefix)


def make_table(connection: duckdb.DuckDBPyConnection, table: RawTable, prefix: str) -> None:
    """A raw table without rows, in place of what is there."""
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in contract_columns(table).items())
    connection.execute(f"create schema if not exists {prefix}{table.source}")
    connection.execute(f"create or replace table {named(table, prefix)} ({columns})")


def create_ledger(connection: duckdb.DuckDBPyConnection, prefix: str, stored: Stored) -> None:
    """The ledger's table; one from before it had all columns is made anew, and its files will be read again."""
    connection.execute(f"create schema if not exists {prefix}nba_ops")
    if stored.has_ledger:
        return
    connection.execute(f"create or replace table {prefix}nba_ops.raw_files ({_COLUMNS})")
    for file in stored.files:
        connection.execute(
            f"insert into {prefix}nba_ops.raw_files values (?, ?, ?, ?, ?, ?, ?, now())",
            [
                file.name, file.table, file.checksum, file.row_count, file.stored_count, file.modified,
                str(file.league),
            ],
        )  # fmt: skip


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, **tables: pa.Table) -> Iterator[None]:
    """Arrow tables as relations of these names, for a while."""
    for name, table in tables.items():
        connection.register(name, table)
    try:
        yield
    finally:
        for name in tables:
            connection.unregister(name)


def holds_simulated(connection: duckdb.DuckDBPyConnection, *, prefix: str = "") -> bool:
    """Whether the loaded games are invented."""
    return any(file.league.is_simulated for file in read_stored(connection, prefix).files)


def columns_of(connection: duckdb.DuckDBPyConnection, table: RawTable, prefix: str) -> Mapping[str, str]:
    """Name and type of a raw table's columns as they are; none where there is no such table."""
    return _all_columns(connection).get(_place(table, prefix), {})


def _all_columns(connection: duckdb.DuckDBPyConnection) -> Columns:
    rows = connection.sql(
        "select schema_name, table_name, column_name, data_type from duckdb_columns()"
        " where database_name = current_database()"
    ).fetchall()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, type_ in rows:
        found.setdefault((schema, table), {})[column] = type_
    return found


def _place(table: RawTable, prefix: str) -> tuple[str, str]:
    return prefix + table.source, table.name


def _rows_by_file(connection: duckdb.DuckDBPyConnection, prefix: str, there: Columns) -> dict[tuple[str, str], int]:
    """Rows by table and file; rows of no file are those of ''."""
    counted = [
        f"select '{name}', coalesce({FILE_COLUMN}, ''), count(*) from {named(table, prefix)} group by 1, 2"
        for name, table in raw_tables().items()
        if FILE_COLUMN in there.get(_place(table, prefix), {})
    ]
    if not counted:
        return {}
    return {(table, file): count for table, file, count in connection.sql(" union all ".join(counted)).fetchall()}


def _ledger_files(connection: duckdb.DuckDBPyConnection, prefix: str) -> list[StoredFile]:
    rows = connection.sql(
        "select file_name, table_name, checksum, row_count, stored_count, modified_ns, league"
        f" from {prefix}nba_ops.raw_files order by file_name"
    ).fetchall()
    try:
        return [
            StoredFile(name, table, checksum, count, stored, modified, league_named(league))
            for name, table, checksum, count, stored, modified, league in rows
        ]
    except LeagueUnreadableError as error:
        raise FullcourtError(f"{prefix}nba_ops.raw_files cannot be read: {error}. Build the warehouse anew.") from error


def _old_ledger_files(connection: duckdb.DuckDBPyConnection, prefix: str, there: Columns) -> list[StoredFile]:
    """Up to 0.1 the ledger had neither leagues nor times, and two files could give one row twice: all is read again."""
    rows = connection.sql(f"select file_name, table_name, row_count from {prefix}nba_ops.raw_files").fetchall()
    looks_simulated = any(
        connection.sql(
            f"select 1 from {named(table, prefix)} where source_file_path = '{SIMULATED}' limit 1"
        ).fetchall()
        for table in raw_tables().values()
        if "source_file_path" in there.get(_place(table, prefix), {})
    )
    league = league_of_old_ledger((name for name, _, _ in rows), has_simulated_rows=looks_simulated)
    return [StoredFile(name, table, NOT_CONTENT, count, count, 0, league) for name, table, count in rows]


def _as_counted(files: list[StoredFile], of_file: Mapping[tuple[str, str], int]) -> Iterator[StoredFile]:
    """Files by the rows that are there: what is not as the ledger says, and rows of no file, have no content."""
    for file in files:
        count = of_file.get((file.table, file.name), 0)
        if count == file.stored_count:
            yield file
        else:
            yield StoredFile(file.name, file.table, NOT_CONTENT, file.row_count, count, file.modified, file.league)
    league = files[0].league if files else REAL
    for table, name in sorted(of_file.keys() - {(file.table, file.name) for file in files}):
        yield StoredFile(name, table, NOT_CONTENT, 0, of_file[table, name], 0, league)


def _database(connection: duckdb.DuckDBPyConnection) -> Path | None:
    found = connection.sql(
        "select path from duckdb_databases() where database_name = current_database() and path is not null"
    ).fetchall()
    return Path(found[0][0]) if found else None
