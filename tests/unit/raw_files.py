"""Small raw files for the tests of the loader."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from python_processors.raw_contract import raw_tables
from python_processors.simulation import LEAGUE_MARK

DAY = date(2021, 10, 19)


def write(folder: Path, name: str, *, at: int | None = None, mark: str | None = None, **columns: list[object]) -> Path:
    """A raw file with these columns, the table's other columns null, as Parquet.

    :param at: when it was written, in ns since 1970.
    :param mark: the league that it says it is of.
    """
    table = raw_tables()[Path(name).name]
    rows = len(next(iter(columns.values())))
    arrays = [pa.array(columns.get(c.name, [None] * rows), c.arrow) for c in table.columns]
    schema = table.schema().with_metadata({LEAGUE_MARK: mark.encode()} if mark else None)
    path = folder / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pa_parquet.write_table(pa.table(arrays, schema=schema), path)
    if at is not None:
        os.utime(path, ns=(at, at))
    return path


def teams(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [t for (t,) in connection.sql("select team_abbr from nba_reference.teams order by 1").fetchall()]


def arenas(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Arena by team; a team that is there twice fails."""
    rows = connection.sql("select team_abbr, arena from nba_reference.teams order by 1").fetchall()
    assert len(dict(rows)) == len(rows), rows
    return dict(rows)


def files(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.sql("select file_name from nba_ops.raw_files order by 1").fetchall()]
