"""One file's rows in the raw contract's columns and types, or all that is wrong with it."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors.raw_contract import RawColumn
from python_processors.raw_loader.csv_files import CsvUnreadableError, read_csv
from python_processors.raw_loader.leagues import League, LeagueUnreadableError, league_of_file
from python_processors.raw_loader.listing import FoundFile

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31: what DuckDB, Arrow and Python all know
_DAY_IN_US = 86_400_000_000


@dataclass(frozen=True)
class Content:
    """What a file holds."""

    rows: pa.Table
    league: League


class UnreadableFileError(Exception):
    """A file cannot be loaded. `problems` name it, its columns and what was expected."""

    def __init__(self, name: str, *problems: str) -> None:
        self.problems = [f"{name}: {problem}" for problem in problems]
        super().__init__("; ".join(self.problems))


def read_file(file: FoundFile) -> Content:
    """:raises UnreadableFileError: it does not fit the raw contract, or is no longer what was listed."""
    try:
        found = _parsed(file, _bytes_of(file))
        rows = _in_contract(file, found)
        return Content(rows, league_of_file(rows, found.schema.metadata))
    except (CsvUnreadableError, LeagueUnreadableError) as error:
        raise UnreadableFileError(file.name, str(error)) from error
    except (pa.ArrowException, OSError, EOFError, ValueError, KeyError, TypeError, zlib.error) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableFileError(file.name, f"cannot be read ({said}); write it anew") from error


def _bytes_of(file: FoundFile) -> bytes:
    """What is hashed is what is parsed: nobody can change the file between the two."""
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            file.name, f"it was there a moment ago, and cannot be read now ({error.strerror or error}); load again"
        ) from error
    if hashlib.sha256(content).hexdigest() != file.checksum:
        raise UnreadableFileError(
            file.name, "it changed while the folder was read; load again when whoever writes it is done"
        )
    return content


def _parsed(file: FoundFile, content: bytes) -> pa.Table:
    name = file.path.name.lower()
    if name.endswith(".csv.gz"):
        content = gzip.decompress(content)
    if name.endswith((".csv", ".csv.gz")):
        return read_csv(content, {column.name: column for column in file.table.columns})
    return _read_parquet(file, content)


def _read_parquet(file: FoundFile, content: bytes) -> pa.Table:
    opened = pa_parquet.ParquetFile(pa.BufferReader(content))
    names = opened.schema_arrow.names
    twice = [column.name for column in file.table.columns if names.count(column.name) > 1]
    if twice:
        raise UnreadableFileError(file.name, *(f"column `{name}` is there more than once" for name in twice))
    there = set(names)
    rows = opened.read(columns=[column.name for column in file.table.columns if column.name in there])
    rows.validate(full=True)  # a text that is not UTF-8, lists that end before they start
    return rows


def _in_contract(file: FoundFile, found: pa.Table) -> pa.Table:
    arrays, problems = [], []
    if not any(column.name in found.column_names for column in file.table.columns):
        problems.append(f"it has none of the columns of {file.table.name} (is a CSV's separator a comma?)")
    for column in file.table.columns:
        if column.name not in found.column_names:
            if not column.optional:
                problems.append(f"column `{column.name}` is missing; expected {column.type}")
            arrays.append(pa.nulls(found.num_rows, column.arrow))
            continue
        values = found[column.name]
        if not _fits(values.type, column.arrow):
            problems.append(f"column `{column.name}` has the wrong type; expected {column.type}, found {values.type}")
            continue
        try:
            values = values.cast(column.arrow)
        except pa.ArrowException as error:
            problems.append(f"column `{column.name}`: expected {column.type}; {error}")
            continue
        if not _is_a_calendars(values, column):
            problems.append(f"column `{column.name}`: a {column.type} lies outside of the years 1 to 9999")
        arrays.append(values)
    if problems:
        raise UnreadableFileError(file.name, *problems)
    return pa.table(arrays, schema=file.table.schema())


def _fits(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether a cast only changes the width of the type, never its meaning."""
    if found == wanted or pa.types.is_null(found):
        return True
    if pa.types.is_dictionary(found):
        return _fits(found.value_type, wanted)
    if pa.types.is_string(wanted):
        return bool(pa.types.is_large_string(found) or pa.types.is_string_view(found))
    if pa.types.is_int64(wanted):
        return bool(pa.types.is_integer(found))
    if pa.types.is_floating(wanted):
        return bool(pa.types.is_floating(found) or pa.types.is_integer(found))
    if pa.types.is_timestamp(wanted):
        return pa.types.is_timestamp(found) and (found.tz is None) == (wanted.tz is None)
    return False


def _is_a_calendars(values: pa.ChunkedArray, column: RawColumn) -> bool:
    """Whether all dates are of years that every engine knows."""
    if pa.types.is_date32(column.arrow):
        numbers, unit = values.cast(pa.int32()), 1
    elif pa.types.is_timestamp(column.arrow):
        numbers, unit = values.cast(pa.int64()), _DAY_IN_US
    else:
        return True
    ends = pc.min_max(numbers).as_py()
    return ends["min"] is None or (_FIRST_DAY * unit <= ends["min"] and ends["max"] < (_LAST_DAY + 1) * unit)
