"""CSV as people have it: with a byte order mark, in another encoding, cut off, with other columns beside."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.csv as pa_csv

from python_processors.raw_contract import RawColumn

_COLUMN = re.compile(r"In CSV column #(\d+): (.*)", re.DOTALL)
_VALUE = re.compile(r".*?(invalid value .*)", re.DOTALL)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class CsvUnreadableError(ValueError):
    """A CSV cannot be read; the text says where and why."""


def read_csv(content: bytes, columns: Mapping[str, RawColumn]) -> pa.Table:
    """The columns that are wanted and there, in their types. Others may hold what they like.

    :raises CsvUnreadableError: it is no CSV in UTF-8, or a value is not of its column's type.
    """
    if content.startswith(_UTF16) or b"\0" in content[:4096]:
        raise CsvUnreadableError("it is not text in UTF-8 (UTF-16, as Excel writes it?); save it as CSV UTF-8")
    if not content.strip():
        raise CsvUnreadableError("cannot be read (Empty CSV file); write it anew")
    header = _header(content)
    twice = sorted({name for name in header if name in columns and header.count(name) > 1})
    if twice:
        raise CsvUnreadableError("; ".join(f"column `{name}` is there more than once" for name in twice))
    there = [name for name in header if name in columns]
    options = pa_csv.ConvertOptions(
        column_types={name: columns[name].arrow for name in there}, include_columns=there,
        strings_can_be_null=True, quoted_strings_can_be_null=False,
    )  # fmt: skip
    if not there:  # no columns to include means all of them
        return pa.table({})

    def read(*, use_threads: bool) -> pa.Table:
        return pa_csv.read_csv(
            pa.BufferReader(content), convert_options=options,
            read_options=pa_csv.ReadOptions(use_threads=use_threads),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        )  # fmt: skip

    try:
        return read(use_threads=True)
    except pa.ArrowException:
        pass  # threads convert columns in any order: which of several is wrong first is for one thread to say
    try:
        return read(use_threads=False)
    except pa.ArrowException as error:
        raise CsvUnreadableError(_said(str(error).splitlines()[0], header, columns)) from error


def _header(content: bytes) -> list[str]:
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="replace", newline="")
    try:
        return next(csv.reader(text), [])
    except csv.Error as error:
        raise CsvUnreadableError(f"its first line cannot be read ({error}); write it anew") from error


def _said(message: str, header: Sequence[str], columns: Mapping[str, RawColumn]) -> str:
    """Arrow counts the columns of a CSV, a person knows their names."""
    counted = _COLUMN.match(message)
    if not counted or int(counted[1]) >= len(header) or header[int(counted[1])] not in columns:
        return f"cannot be read ({message}); is it whole, and is its separator a comma?"
    name, why = header[int(counted[1])], counted[2]
    if "UTF8" in why:
        return f"column `{name}`: the text is not UTF-8; save the file as CSV UTF-8"
    value = _VALUE.match(why)
    return f"column `{name}`: expected {columns[name].type}; found {value[1] if value else why}"
