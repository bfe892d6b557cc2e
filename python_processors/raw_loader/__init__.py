"""Bring a folder of raw files into DuckDB's `nba_raw` and `nba_reference`.

A file is one table's rows: `<anything>/<table>.parquet` or `.csv`, the table named as in the raw
contract. Each row remembers its file, so a changed file replaces its own rows only; an unchanged
one (by content) is not read again, unless the contract has got a column since; a file that has gone
leaves its rows where they are, so seasons may come from several folders. Everything is checked before
anything is written. Each file is then a transaction of its own, so that memory grows with the largest
file and not with their number; a load that is cut off goes on with the files that are left. On
BigQuery the raw tables exist already: nothing downstream uses the two columns and the table that the
loader adds for itself.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from python_processors.contract import PROJECT_ROOT
from python_processors.errors import RawDirError, RawDirMissingError
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.simulation import simulate

FILE_COLUMN = "_loaded_from"
SUFFIXES = (".parquet", ".csv")
DEFAULT_FOLDERS = (PROJECT_ROOT / "data" / "raw", PROJECT_ROOT.parent / "shared" / "raw")
SIMULATED_FOLDER = PROJECT_ROOT / "data" / "simulated"
SIMULATED_UNTIL = date(2021, 11, 19)  # a month: enough for every table, and made in seconds
_SIMULATED = "simulated:"  # before the file names of a simulated league, which yields to real files
_PAGES_KEPT = "64MB"  # of DuckDB's between two files: the load of twenty seasons needs no more memory than that of one


@dataclass(frozen=True)
class RawFolder:
    """A folder to load, and whether its games are invented."""

    path: Path
    is_simulated: bool = False


@dataclass(frozen=True)
class RawFile:
    """One file of the folder. `name` is its path in the folder: what rows are remembered by."""

    name: str
    path: Path
    table: RawTable
    checksum: str


@dataclass(frozen=True)
class LoadOutcome:
    """What a load did: rows written per file, and how many files were up to date."""

    folder: RawFolder
    rows_by_file: Mapping[str, int]
    unchanged_files: int

    def __str__(self) -> str:
        rows = sum(self.rows_by_file.values())
        what = "simulated league" if self.folder.is_simulated else "raw archive"
        return (
            f"{what} in {self.folder.path}: {len(self.rows_by_file)} files loaded ({rows:,} rows),"
            f" {self.unchanged_files} unchanged"
        )


def find_raw_dir(environment: Mapping[str, str] = os.environ) -> RawFolder:
    """RAW_DIR if it is set, else the first default folder that exists, else the simulated league.

    :raises RawDirMissingError: RAW_DIR is set and is no folder.
    """
    named = environment.get("RAW_DIR")
    if named:
        if not Path(named).is_dir():
            raise RawDirMissingError(named)
        return RawFolder(Path(named))
    found = next((folder for folder in DEFAULT_FOLDERS if folder.is_dir()), None)
    return RawFolder(found) if found else RawFolder(SIMULATED_FOLDER, is_simulated=True)


def load_raw(connection: duckdb.DuckDBPyConnection, folder: RawFolder, *, prefix: str = "") -> LoadOutcome:
    """Make the raw tables, and load what is new or changed in `folder`.

    Invented and real games never meet: a simulated league is not loaded beside real files, and
    leaves when the first real ones come.

    :param prefix: before each dataset's name.
    :raises RawDirError: a file cannot be read or differs from the raw contract; names all of them.
    """
    _create_tables(connection, prefix)
    known = _loaded_files(connection, prefix)
    changed, unchanged, problems = _files_to_load(folder, known)
    # Read twice: nothing is loaded while one file is wrong, and memory does not hold the rows of all.
    problems += [problem for file in changed for problem in _read(file)[1]]
    if problems:
        raise RawDirError(str(folder.path), problems)
    if (changed or unchanged) and not folder.is_simulated:
        with _transaction(connection):
            _forget_simulated(connection, known, prefix)
    rows_by_file: dict[str, int] = {}
    for file in changed:
        rows, problems = _read(file)
        if rows is None:
            raise RawDirError(str(folder.path), problems)
        with _transaction(connection):
            _replace_rows(connection, file, rows, prefix)
        _give_back_pages(connection)
        rows_by_file[file.name] = rows.num_rows
    return LoadOutcome(folder, rows_by_file, unchanged)


def holds_simulated(connection: duckdb.DuckDBPyConnection, *, prefix: str = "") -> bool:
    """Whether the loaded games are invented."""
    rows = connection.sql(
        f"select count(*) from {prefix}nba_ops.raw_files where file_name like '{_SIMULATED}%'"
    ).fetchall()
    return rows != [(0,)]


def changed_files(
    connection: duckdb.DuckDBPyConnection, folder: RawFolder, dates: tuple[date, date], *, prefix: str = ""
) -> list[tuple[RawFile, pa.Table]]:
    """Files that load_raw() would load now; nothing is written but a simulated league's files.

    Each comes with its rows of the partitions from the first date to the last: those of all seasons together
    may be more than memory holds. Of reference data, which has no partitions, with all of them.

    :raises RawDirError: a file cannot be read or differs from the raw contract; names all of them.
    """
    changed, _, problems = _files_to_load(folder, _loaded_files(connection, prefix))
    found = []
    for file in changed:
        rows, wrong = _read(file)
        problems += wrong
        if rows is not None:
            found.append((file, _between(rows.drop_columns([FILE_COLUMN]), file.table.partition_by, *dates)))
    if problems:
        raise RawDirError(str(folder.path), problems)
    return found


def link_files(folder: RawFolder, tables: Collection[str], into: Path) -> None:
    """Make a raw folder that holds the files of some tables alone."""
    into.mkdir()
    for path in _paths(folder):
        if path.stem in tables:
            link = into / path.relative_to(folder.path)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())


def _between(rows: pa.Table, column: str | None, first: date, last: date) -> pa.Table:
    return rows if column is None else rows.filter((pc.field(column) >= first) & (pc.field(column) <= last))


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _give_back_pages(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB keeps the pages that it wrote as long as memory lasts, and gives them back where its limit sinks."""
    ((limit,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    number, unit = limit.split()  # one decimal, the rest cut off
    with suppress(duckdb.OutOfMemoryException):  # what is in use stays, and with it the limit
        connection.execute(f"set memory_limit = '{_PAGES_KEPT}'")
    connection.execute(f"set memory_limit = '{float(number) + 0.05:.2f} {unit}'")


def _create_tables(connection: duckdb.DuckDBPyConnection, prefix: str) -> None:
    connection.execute(f"create schema if not exists {prefix}nba_ops")
    connection.execute(
        f"create table if not exists {prefix}nba_ops.raw_files"
        " (file_name varchar, table_name varchar, checksum varchar, row_count bigint,"
        " loaded_at timestamptz default now())"
    )
    for table in raw_tables().values():
        connection.execute(f"create schema if not exists {prefix}{table.source}")
        empty = table.schema().append(pa.field(FILE_COLUMN, pa.string())).empty_table()
        connection.register("empty_table", empty)
        name = f"{prefix}{table.source}.{table.name}"
        connection.execute(f"create table if not exists {name} as select * from empty_table")
        added = connection.execute(
            "select column_name, column_type from (describe empty_table) where not list_contains(?, column_name)",
            [connection.table(name).columns],
        ).fetchall()
        connection.unregister("empty_table")
        if added:
            with _transaction(connection):
                for column, type_name in added:
                    connection.execute(f'alter table {name} add column "{column}" {type_name}')
                # No content has this checksum: the files that are there are read again.
                connection.execute(
                    f"update {prefix}nba_ops.raw_files set checksum = '' where table_name = ?", [table.name]
                )


def _forget_simulated(connection: duckdb.DuckDBPyConnection, known: Mapping[str, str], prefix: str) -> None:
    names = [name for name in known if name.startswith(_SIMULATED)]
    if not names:
        return
    for table in (*(f"{t.source}.{t.name}" for t in raw_tables().values()), "nba_ops.raw_files"):
        column = "file_name" if table == "nba_ops.raw_files" else FILE_COLUMN
        connection.execute(f"delete from {prefix}{table} where list_contains(?, {column})", [names])


def _paths(folder: RawFolder) -> list[Path]:
    """The folder's files; a simulated league is made where there is none yet."""
    if folder.is_simulated and not folder.path.is_dir():
        simulate(folder.path, until=SIMULATED_UNTIL)
    return sorted(path for path in folder.path.rglob("*") if path.suffix in SUFFIXES and path.is_file())


def _loaded_files(connection: duckdb.DuckDBPyConnection, prefix: str) -> dict[str, str]:
    """Checksums by file name; none of a database that was never loaded."""
    ledger = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = 'raw_files'", [f"{prefix}nba_ops"]
    ).fetchall()
    return (
        dict(connection.sql(f"select file_name, checksum from {prefix}nba_ops.raw_files").fetchall()) if ledger else {}
    )


def _files_to_load(folder: RawFolder, known: Mapping[str, str]) -> tuple[list[RawFile], int, list[str]]:
    """Files that are new or changed, how many are neither, and what is wrong with their names.

    Of a simulated league there are none beside real files.
    """
    if folder.is_simulated and any(not name.startswith(_SIMULATED) for name in known):
        return [], len(known), []
    files, problems = _list_files(folder)
    changed = [file for file in files if known.get(file.name) != file.checksum]
    return changed, len(files) - len(changed), problems


def _list_files(folder: RawFolder) -> tuple[list[RawFile], list[str]]:
    files, problems = [], []
    known = raw_tables()
    prefix = _SIMULATED if folder.is_simulated else ""
    for path in _paths(folder):
        name = prefix + path.relative_to(folder.path).as_posix()
        if path.stem not in known:
            problems.append(f"{name}: unknown table `{path.stem}`; known are {', '.join(sorted(known))}")
            continue
        with path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        files.append(RawFile(name, path, known[path.stem], checksum))
    return files, problems


def _read(file: RawFile) -> tuple[pa.Table | None, list[str]]:
    """The file's rows in the contract's columns and types, or what is wrong with it."""
    try:
        found = _read_csv(file) if file.path.suffix == ".csv" else _read_parquet(file)
    except (pa.ArrowException, OSError) as error:
        return None, [f"{file.name}: {_unreadable(file, str(error).splitlines()[0])}"]
    arrays, problems = [], []
    for column in file.table.columns:
        if found.column_names.count(column.name) > 1:
            problems.append(f"{file.name}: column `{column.name}` is there more than once")
            continue
        if column.name not in found.column_names:
            if column.optional:
                arrays.append(pa.nulls(found.num_rows, column.arrow))
            else:
                problems.append(f"{file.name}: column `{column.name}` is missing; expected {column.type}")
            continue
        values = found[column.name]
        if not _fits(values.type, column.arrow):
            problems.append(
                f"{file.name}: column `{column.name}` has the wrong type; expected {column.type}, found {values.type}"
            )
            continue
        try:
            arrays.append(values.cast(column.arrow))
        except pa.ArrowInvalid as error:
            problems.append(f"{file.name}: column `{column.name}`: expected {column.type}; {error}")
    if problems:
        return None, problems
    arrays.append(pa.repeat(file.name, found.num_rows))
    return pa.table(arrays, schema=file.table.schema().append(pa.field(FILE_COLUMN, pa.string()))), []


def _unreadable(file: RawFile, message: str) -> str:
    """Why a file cannot be read; Arrow counts the columns of a CSV, a person knows their names."""
    counted = re.match(r"In CSV column #(\d+): .*(invalid value .*)", message)
    if not counted:
        return f"cannot be read ({message})"
    with file.path.open(newline="", encoding="utf-8") as stream:
        name = next(csv.reader(stream))[int(counted[1])]
    expected = next(column.type for column in file.table.columns if column.name == name)
    return f"column `{name}`: expected {expected}; found {counted[2]}"


def _read_parquet(file: RawFile) -> pa.Table:
    there = set(pa_parquet.read_schema(file.path).names)
    return pa_parquet.read_table(file.path, columns=[c.name for c in file.table.columns if c.name in there])


def _read_csv(file: RawFile) -> pa.Table:
    types = {column.name: column.arrow for column in file.table.columns}
    options = pa_csv.ConvertOptions(column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False)
    return pa_csv.read_csv(file.path, convert_options=options)


def _fits(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a cast only changes the width of the type, never its meaning."""
    if found == wanted or pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return _fits(found.value_type, wanted)
    if pa.types.is_string(wanted):
        return bool(pa.types.is_large_string(found))
    if pa.types.is_int64(wanted):
        return bool(pa.types.is_integer(found))
    if pa.types.is_floating(wanted):
        return bool(pa.types.is_floating(found) or pa.types.is_integer(found))
    if pa.types.is_timestamp(wanted):
        return pa.types.is_timestamp(found) and (found.tz is None) == (wanted.tz is None)
    return False


def _replace_rows(connection: duckdb.DuckDBPyConnection, file: RawFile, rows: pa.Table, prefix: str) -> None:
    name = f"{prefix}{file.table.source}.{file.table.name}"
    ledger = f"{prefix}nba_ops.raw_files"
    connection.execute(f"delete from {name} where {FILE_COLUMN} = ?", [file.name])
    connection.register("new_rows", rows)
    connection.execute(f"insert into {name} by name select * from new_rows")
    connection.unregister("new_rows")
    connection.execute(f"delete from {ledger} where file_name = ?", [file.name])
    connection.execute(
        f"insert into {ledger} (file_name, table_name, checksum, row_count) values (?, ?, ?, ?)",
        [file.name, file.table.name, file.checksum, rows.num_rows],
    )
