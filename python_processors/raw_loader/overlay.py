"""Rows as they will be once a plan's files are loaded, of those files alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pyarrow as pa

from python_processors.errors import RawDirError
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.raw_loader.ledger import FILE_COLUMN, named, registered
from python_processors.raw_loader.overlaps import Lost, matches
from python_processors.raw_loader.plan import LoadPlan
from python_processors.raw_loader.read_files import between
from python_processors.raw_loader.reading import UnreadableFileError


def rows_to_come(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, dates: tuple[date, date] | None = None, *, prefix: str = ""
) -> Iterator[tuple[RawTable, tuple[str, ...], pa.Table]]:
    """Of each table that a load changes: files as they are stored now, and the rows that will be in their place.

    Of a file that goes there are none; of one that loses rows to a newer file, what is left.

    :param dates: only rows of these partitions, as between() has them.
    :raises RawDirError: a file changed since the plan was made.
    """
    for table in raw_tables().values():
        names, rows = table_to_come(connection, plan, table, dates, prefix)
        if rows is not None:
            yield table, names, rows


def table_to_come(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, table: RawTable, dates: tuple[date, date] | None, prefix: str
) -> tuple[tuple[str, ...], pa.Table | None]:
    """Files as they are stored now, and the rows in their place; None where a load leaves a table alone."""
    going = [file.name for file in (*plan.replaced, *plan.gone) if file.table == table.name]
    losers = [kept for kept in plan.losers if kept.stored.table == table.name]
    loads = [load for load in plan.loads if load.file.table == table]
    if not (going or losers or loads or (table.name in plan.stored.anew and plan.stored.rows[table.name])):
        return (), None
    parts = [table.schema().empty_table()]
    try:
        for load in loads:
            parts.append(left_of(connection, table, plan.read.rows(load.file, dates), load.lost))
    except UnreadableFileError as error:
        raise RawDirError(str(plan.folder.path), error.problems) from error
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    for kept in losers:
        file = kept.stored.name.replace("'", "''")
        stored: pa.Table = connection.sql(
            f"select {columns} from {named(table, prefix)} where {FILE_COLUMN} = '{file}'"
        ).to_arrow_table()
        rows = between(stored.cast(table.schema()), table, dates)
        parts.append(left_of(connection, table, rows, kept.lost))
    return (*going, *(kept.stored.name for kept in losers)), pa.concat_tables(parts)


def left_of(connection: duckdb.DuckDBPyConnection, table: RawTable, rows: pa.Table, lost: Lost | None) -> pa.Table:
    """A file's rows without those that a newer file gives, too."""
    if lost is None:
        return rows
    with registered(connection, new_rows=rows, lost_keys=lost.keys):
        left = connection.sql(
            "select * from new_rows as r"
            f" where not exists (select 1 from lost_keys as k where {matches(table, 'r', 'k')})"
        ).to_arrow_table()
    return left.cast(table.schema())
