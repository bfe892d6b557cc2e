"""What goes wrong with raw files, on demand: named faults that can be applied one after the other.

Each takes a folder of raw files, changes them in place, and says what it did. A day is the one asked for,
or the middle one of the days with box scores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors.errors import FullcourtError

GAMEBOOK, BALLDONTLIE, TEAM_BOX = "nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"
PLAYS, PROPS, LINES = "bigdataball_play_by_play", "odds_api_player_points_props", "odds_api_game_lines"
BOXES = (GAMEBOOK, BALLDONTLIE, TEAM_BOX)
CORRECTED, BROKEN, LOST_NUMBERS = 5, 3, 4  # rows
STRANGER = "Nobody Known"


class NothingToSpoilError(FullcourtError):
    """The folder has no rows for a fault to change."""

    def __init__(self, folder: Path, day: date | None) -> None:
        of = f" of {day}" if day else ""
        super().__init__(f"{folder} has no box scores{of}. Simulate a league into it first, or name another day.")


@dataclass(frozen=True)
class Done:
    """What a fault did: rows added, taken or changed, per table, and the day if it was about one."""

    fault: str
    day: date | None
    rows: dict[str, int] = field(default_factory=dict)


Change = Callable[[pa.Table], pa.Table]
Fault = Callable[[Path, date | None], Done]


def duplicated_loads(folder: Path, day: date | None = None) -> Done:
    """Four feeds were loaded twice: every row of them is there again, word for word."""
    rows = {}
    for table in (TEAM_BOX, GAMEBOOK, PLAYS, PROPS):
        rows[table] = _rewrite(folder, table, lambda raw: pa.concat_tables([raw, raw]))
    return Done("duplicated_loads", None, rows)


def swapped_home_and_away(folder: Path, day: date | None = None) -> Done:
    """A day's team boxes come with home and away swapped, in the id and in the flag."""
    day = day or _middle_day(folder)

    def swap(raw: pa.Table) -> pa.Table:
        mask = _of_day(raw, day)
        swapped = pc.replace_substring_regex(raw["game_id"], r"^(\d+)_([A-Z]+)_([A-Z]+)$", r"\1_\3_\2")
        raw = _set(raw, "game_id", pc.if_else(mask, swapped, raw["game_id"]))
        return _set(raw, "is_home", pc.if_else(mask, pc.invert(raw["is_home"]), raw["is_home"]))

    return Done("swapped_home_and_away", day, {TEAM_BOX: _rewrite(folder, TEAM_BOX, swap)})


def missing_day(folder: Path, day: date | None = None) -> Done:
    """No feed but the schedule has anything of a day that was played."""
    day = day or _middle_day(folder)
    rows = {}
    for table in (*BOXES, PLAYS, PROPS, LINES, "nbac_injury_report"):
        rows[table] = _rewrite(folder, table, lambda raw: raw.filter(pc.invert(_of_day(raw, day))))
    return Done("missing_day", day, rows)


def late_corrections(folder: Path, day: date | None = None) -> Done:
    """The gamebook of a day came again, later: a few players have an assist more."""
    day = day or _middle_day(folder)

    def correct(raw: pa.Table) -> pa.Table:
        active = pc.and_(_of_day(raw, day), pc.equal(raw["player_status"], "active"))
        mask = _first(active, CORRECTED)
        later = pa.scalar(timedelta(days=1))
        raw = _set(raw, "assists", pc.if_else(mask, pc.add(raw["assists"], 1), raw["assists"]))
        return _set(raw, "processed_at", pc.if_else(mask, pc.add(raw["processed_at"], later), raw["processed_at"]))

    return Done("late_corrections", day, {GAMEBOOK: _rewrite(folder, GAMEBOOK, correct)})


def thin_day(folder: Path, day: date | None = None) -> Done:
    """Of a day's games only the first has box scores."""
    day = day or _middle_day(folder)
    first = min(game for file in _files(folder, TEAM_BOX) for game in _games(pa_parquet.read_table(file), day))

    def thin(raw: pa.Table) -> pa.Table:
        return raw.filter(pc.or_(pc.invert(_of_day(raw, day)), pc.equal(raw["game_id"], first)))

    return Done("thin_day", day, {table: _rewrite(folder, table, thin) for table in BOXES})


def broken_names(folder: Path, day: date | None = None) -> Done:
    """A few players of a day's gamebook have names that nobody knows."""
    day = day or _middle_day(folder)

    def rename(raw: pa.Table) -> pa.Table:
        mask = _first(pc.and_(_of_day(raw, day), pc.equal(raw["player_status"], "active")), BROKEN)
        number = np.cumsum(mask.to_numpy(zero_copy_only=False))
        names = pa.array([f"{STRANGER} {n}" for n in number])
        keys = pa.array([f"{STRANGER} {n}".lower().replace(" ", "") for n in number])
        raw = _set(raw, "player_name", pc.if_else(mask, names, raw["player_name"]))
        return _set(raw, "player_lookup", pc.if_else(mask, keys, raw["player_lookup"]))

    return Done("broken_names", day, {GAMEBOOK: _rewrite(folder, GAMEBOOK, rename)})


def nan(folder: Path, day: date | None = None) -> Done:
    """A few of a day's lines, props and shot distances are not a number."""
    day = day or _middle_day(folder)
    rows = {}
    for table, column in ((LINES, "outcome_point"), (PROPS, "points_line"), (PLAYS, "shot_distance")):

        def lose(raw: pa.Table, column: str = column) -> pa.Table:
            mask = _first(pc.and_(_of_day(raw, day), pc.is_valid(raw[column])), LOST_NUMBERS)
            return _set(raw, column, pc.if_else(mask, pa.scalar(float("nan")), raw[column]))

        rows[table] = _rewrite(folder, table, lose)
    return Done("nan", day, rows)


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        duplicated_loads, swapped_home_and_away, missing_day, late_corrections, thin_day, broken_names, nan,
    )
}  # fmt: skip


def described() -> dict[str, str]:
    """Each fault's name and what it does, in a sentence."""
    return {name: (fault.__doc__ or "").strip() for name, fault in FAULTS.items()}


def _files(folder: Path, table: str) -> list[Path]:
    return sorted(folder.rglob(f"{table}.parquet"))


def _rewrite(folder: Path, table: str, change: Change) -> int:
    """Replace the table's files by what `change` makes of them; how many rows it added, took or changed."""
    count = 0
    for file in _files(folder, table):
        before = pa_parquet.read_table(file)
        after = change(before)
        count += abs(after.num_rows - before.num_rows) or _differing(before, after)
        pa_parquet.write_table(after.cast(before.schema), file, compression="zstd")
    return count


def _differing(before: pa.Table, after: pa.Table) -> int:
    differs = np.zeros(before.num_rows, dtype=bool)
    for name in before.column_names:
        if not before[name].equals(after[name]):
            same = pc.fill_null(pc.equal(before[name], after[name]), False)
            both_null = pc.and_(pc.is_null(before[name]), pc.is_null(after[name]))
            differs |= ~pc.or_(same, both_null).to_numpy()
    return int(differs.sum())


def _of_day(raw: pa.Table, day: date) -> pa.ChunkedArray:
    return pc.equal(raw["game_date"], pa.scalar(day))


def _first(mask: pa.ChunkedArray, count: int) -> pa.Array:
    """Of the rows where a mask is true, only the first few."""
    wanted = mask.to_numpy()
    return pa.array(wanted & (np.cumsum(wanted) <= count))


def _set(raw: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return raw.set_column(raw.schema.get_field_index(column), raw.schema.field(column), values)


def _games(raw: pa.Table, day: date) -> list[str]:
    games: list[str] = pc.unique(raw.filter(_of_day(raw, day))["game_id"]).to_pylist()
    return games


def _middle_day(folder: Path) -> date:
    days = sorted(
        {day for file in _files(folder, TEAM_BOX) for day in pa_parquet.read_table(file)["game_date"].to_pylist()}
    )
    if not days:
        raise NothingToSpoilError(folder, None)
    middle: date = days[len(days) // 2]
    return middle


def apply(folder: Path, names: list[str], day: date | None = None) -> list[Done]:
    """Apply faults in the order given.

    :raises NothingToSpoilError: the folder has no box scores, or none of the day.
    """
    if day is not None and not any(_games(pa_parquet.read_table(f), day) for f in _files(folder, TEAM_BOX)):
        raise NothingToSpoilError(folder, day)
    return [FAULTS[name](folder, day) for name in names]
