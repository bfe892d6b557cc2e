"""Files of a raw folder, spoiled in place: what the faults of one feed or another share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors.errors import FullcourtError

GAMEBOOK, BALLDONTLIE, TEAM_BOX = "nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"
PLAYS, PROPS, LINES = "bigdataball_play_by_play", "odds_api_player_points_props", "odds_api_game_lines"
SECOND_PLAYS = "nbac_play_by_play"  # as SECOND_PROPS
SECOND_PROPS = "bettingpros_player_points_props"  # where the league was simulated with it
ROSTERS, SCOREBOARD = "espn_team_rosters", "espn_scoreboard"  # as SECOND_PROPS
SCHEDULE = "nbac_schedule"


class NothingToSpoilError(FullcourtError):
    """The folder has no rows for a fault to change."""

    def __init__(self, folder: Path, day: date | None, lacking: str = "no box scores") -> None:
        of = f" of {day}" if day else ""
        super().__init__(f"{folder} has {lacking}{of}. Simulate a league into it first, or name another day.")


@dataclass(frozen=True)
class Done:
    """What a fault did: rows added, taken or changed, per table, and the day if it was about one."""

    fault: str
    day: date | None
    rows: dict[str, int] = field(default_factory=dict)


Change = Callable[[pa.Table], pa.Table]
Fault = Callable[[Path, date | None], Done]


def files(folder: Path, table: str) -> list[Path]:
    return sorted(folder.rglob(f"{table}.parquet"))


def rewrite(folder: Path, table: str, change: Change) -> int:
    """Replace the table's files by what `change` makes of them; how many rows it added, took or changed."""
    count = 0
    for file in files(folder, table):
        before = pa_parquet.read_table(file)
        after = change(before)
        count += abs(after.num_rows - before.num_rows) or differing(before, after)
        pa_parquet.write_table(after.cast(before.schema), file, compression="zstd")
    return count


def differing(before: pa.Table, after: pa.Table) -> int:
    differs = np.zeros(before.num_rows, dtype=bool)
    for name in before.column_names:
        if not before[name].equals(after[name]):
            same = pc.fill_null(pc.equal(before[name], after[name]), False)
            both_null = pc.and_(pc.is_null(before[name]), pc.is_null(after[name]))
            differs |= ~pc.or_(same, both_null).to_numpy()
    return int(differs.sum())


def of_day(raw: pa.Table, day: date) -> pa.ChunkedArray:
    dated = "game_date" if "game_date" in raw.column_names else "roster_date"
    return pc.equal(raw[dated], pa.scalar(day))


def first_rows(mask: pa.ChunkedArray, count: int) -> pa.Array:
    """Of the rows where a mask is true, only the first few."""
    wanted = mask.to_numpy()
    return pa.array(wanted & (np.cumsum(wanted) <= count))


def replaced(raw: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return raw.set_column(raw.schema.get_field_index(column), raw.schema.field(column), values)


def games(raw: pa.Table, day: date) -> list[str]:
    games: list[str] = pc.unique(raw.filter(of_day(raw, day))["game_id"]).to_pylist()
    return games


def middle_day(folder: Path) -> date:
    days = sorted(
        {day for file in files(folder, TEAM_BOX) for day in pa_parquet.read_table(file)["game_date"].to_pylist()}
    )
    if not days:
        raise NothingToSpoilError(folder, None)
    middle: date = days[len(days) // 2]
    return middle


def edit(folder: Path, table: str, sql: str, **values: object) -> int:
    """Replace the table's files by what SQL makes of `raw`, their rows; how many rows it added, took or changed.

    :param values: what the SQL calls $name.
    """
    count = 0
    for file in files(folder, table):
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            before = pa_parquet.read_table(file)
            connection.register("raw", before)
            after = connection.sql(sql, params=values).to_arrow_table().cast(before.schema)
            connection.register("made", after)
            count += max(_rows_of(connection, one, other) for one, other in (("raw", "made"), ("made", "raw")))
        pa_parquet.write_table(after, file, compression="zstd")
    return count


def ask(folder: Path, tables: Sequence[str], sql: str, **values: object) -> list[tuple[Any, ...]]:
    """What SQL says of some tables' rows, each of which is called as in the raw contract."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in tables:
            listed = ", ".join(f"'{file}'" for file in files(folder, table))
            connection.execute(f"create view {table} as select * from read_parquet([{listed}])")
        return connection.execute(sql, values).fetchall()


def _rows_of(connection: duckdb.DuckDBPyConnection, table: str, without: str) -> int:
    """Rows of a table that another has not, each as often as it has it more often."""
    (row,) = connection.execute(
        f"select count(*) from (select * from {table} except all select * from {without})"
    ).fetchall()
    return int(row[0])
