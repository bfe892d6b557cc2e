"""Rows that two files give: which of them loses which keys. The newer file wins, whatever its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.raw_contract import RawTable
from python_processors.raw_loader.ledger import FILE_COLUMN, named, registered
from python_processors.raw_loader.listing import FoundFile
from python_processors.words import count_of

Bounds = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Lost:
    """Keys of a file that a newer one has, too, and how many of its rows have them."""

    keys: pa.Table
    rows: int


def keys_of(table: RawTable, alias: str) -> list[str]:
    """The parts of a row's key as SQL."""
    parts = []
    for columns in table.key:
        names = [f'{alias}."{column}"' for column in columns]
        texts = ", ".join(f"cast({name} as varchar)" for name in names)
        parts.append(names[0] if len(names) == 1 else f"coalesce({texts})")
    return parts


def matches(table: RawTable, alias: str, keys: str) -> str:
    """Whether a row has one of the keys in `keys` (k1, k2, ...). One whose key is not whole is like no other."""
    return " and ".join(f"{part} = {keys}.k{number}" for number, part in enumerate(keys_of(table, alias), 1))


def bounds_of(rows: pa.Table, table: RawTable) -> Bounds:
    """Least and greatest value of the key's columns, where all rows have one: what lies apart shares no key."""
    found = {}
    for columns in table.key:
        values = rows[columns[0]]
        if len(columns) == 1 and rows.num_rows and not values.null_count and not pa.types.is_timestamp(values.type):
            ends = pc.min_max(values)
            found[columns[0]] = (ends["min"].as_py(), ends["max"].as_py())
    return found


def lie_apart(one: Bounds, other: Bounds) -> bool:
    return any(
        one[column][1] < other[column][0] or other[column][1] < one[column][0] for column in one.keys() & other.keys()
    )


def is_stored(
    connection: duckdb.DuckDBPyConnection, table: RawTable, rows: pa.Table, leaving: Sequence[str], prefix: str
) -> bool:
    """Whether stored rows, but those of files that leave, have a key of these."""
    bounds = bounds_of(rows, table)
    within = "".join(f' and s."{column}" between ? and ?' for column in bounds)
    with registered(connection, new_rows=rows):
        found = connection.execute(
            f"select 1 from {named(table, prefix)} as s"
            f" where not list_contains(?, coalesce(s.{FILE_COLUMN}, '')){within} and exists ("
            f"select 1 from (select {_as_keys(table, 'r')} from new_rows as r) as n where {matches(table, 's', 'n')})"
            " limit 1",
            [list(leaving), *(end for ends in bounds.values() for end in ends)],
        ).fetchall()
    return bool(found)


def lost_rows(
    connection: duckdb.DuckDBPyConnection, table: RawTable, incoming: Sequence[FoundFile],
    kept: Mapping[str, FoundFile], rows_of: Callable[[FoundFile], pa.Table], prefix: str,
) -> tuple[dict[str, Lost], list[str]]:  # fmt: skip
    """Of each file what newer ones have, too, and what is wrong: files of one time that give the same row.

    :param incoming: files to be loaded.
    :param kept: files whose rows are stored, by the name that they are stored under.
    :param rows_of: reads a file.
    """
    parts = []
    for file in incoming:
        with registered(connection, new_rows=rows_of(file)):
            found = connection.sql(
                f"select {_as_keys(table, 'r')}, count(*) as n from new_rows as r group by all"
            ).to_arrow_table()
        parts.append(_with_file(found, file))
    files = pa.table(
        {
            "stored": pa.array(list(kept), pa.string()),
            "file": pa.array([file.name for file in kept.values()], pa.string()),
            "modified": pa.array([file.modified for file in kept.values()], pa.int64()),
        }
    )
    names = ", ".join(f"k{number}" for number, _ in enumerate(table.key, 1))
    whole = " and ".join(f"k{number} is not null" for number, _ in enumerate(table.key, 1))
    stored = (
        f"select f.file, f.modified, {_as_keys(table, 's')}, count(*) as n from {named(table, prefix)} as s"
        f" join kept_files as f on s.{FILE_COLUMN} = f.stored"
        f" where exists (select 1 from incoming_keys as i where {matches(table, 's', 'i')}) group by all"
    )
    sql = (
        f"with every as (select file, modified, {names}, n from incoming_keys where {whole}"
        + (f" union all {stored}" if kept else "")
        + f"), ranked as (select *, max(modified) over (partition by {names}) as newest,"
        f" count(*) over (partition by {names}, modified) as of_one_time from every)"
        f" select file, {names}, n, modified < newest as loses from ranked"
        " where modified < newest or of_one_time > 1"
    )
    with registered(connection, incoming_keys=pa.concat_tables(parts), kept_files=files):
        found = connection.sql(sql).to_arrow_table()
    ties = found.filter(pc.invert(found["loses"]))
    losers = found.filter(found["loses"])
    lost = {}
    for name in pc.unique(losers["file"]).to_pylist():
        of_file = losers.filter(pc.equal(losers["file"], name))
        lost[name] = Lost(of_file.drop_columns(["file", "n", "loses"]), pc.sum(of_file["n"]).as_py())
    return lost, _problem_of_ties(connection, table, ties)


def _as_keys(table: RawTable, alias: str) -> str:
    return ", ".join(f"{part} as k{number}" for number, part in enumerate(keys_of(table, alias), 1))


def _with_file(keys: pa.Table, file: FoundFile) -> pa.Table:
    count = keys.num_rows
    return keys.append_column("file", pa.repeat(file.name, count)).append_column(
        "modified", pa.repeat(pa.scalar(file.modified, pa.int64()), count)
    )


def _problem_of_ties(connection: duckdb.DuckDBPyConnection, table: RawTable, ties: pa.Table) -> list[str]:
    """One sentence per set of files that share keys."""
    if not ties.num_rows:
        return []
    number_of_keys = len(table.key)
    names = ", ".join(f"k{number}" for number in range(1, number_of_keys + 1))
    texts = " || ' ' || ".join(f"cast(k{number} as varchar)" for number in range(1, number_of_keys + 1))
    with registered(connection, ties=ties):
        found = connection.sql(
            f"with shared as (select {texts} as name, list(file order by file) as files from ties group by {names})"
            " select files, min(name), count(*) from shared group by 1 order by 1"
        ).fetchall()
    return [
        f"{' and '.join(files)} are of the same time and give the same rows of {table.name}"
        f" ({count_of(count, 'key')}, one is"
        f" `{example}`): nobody can tell which is right. `touch` the one that is, or move the other away"
        for files, example, count in found
    ]
