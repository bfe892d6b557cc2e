"""What goes wrong with raw files, on demand: named faults that can be applied one after the other.

Each takes a folder of raw files, changes them in place, and says what it did. A day is the one asked for,
or the middle one of the days with box scores. Here are those that concern many feeds; the others stand by feed, in
box_score_faults.py and schedule_faults.py.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet

from python_processors.simulation.box_score_faults import (
    gamebook_without_players,
    players_under_both_teams,
    wrong_abbreviation,
)
from python_processors.simulation.schedule_faults import (
    ids_without_zeros,
    malformed_ids,
    rematch_next_day,
    schedule_without_day,
    season_by_end_year,
    stale_schedule,
)
from python_processors.simulation.spoiling import (
    BALLDONTLIE,
    GAMEBOOK,
    LINES,
    PLAYS,
    PROPS,
    ROSTERS,
    SCOREBOARD,
    SECOND_PLAYS,
    SECOND_PROPS,
    TEAM_BOX,
    Done,
    Fault,
    NothingToSpoilError,
    files,
    first_rows,
    games,
    middle_day,
    of_day,
    replaced,
    rewrite,
)

BOXES = (GAMEBOOK, BALLDONTLIE, TEAM_BOX)
CORRECTED, BROKEN, LOST_NUMBERS = 3, 3, 4  # rows; the league corrects no more of one team's game (max_total_difference)
STRANGER = "Nobody Known"


def duplicated_loads(folder: Path, day: date | None = None) -> Done:
    """Four feeds were loaded twice: every row of them is there again, word for word."""
    rows = {}
    for table in (TEAM_BOX, GAMEBOOK, PLAYS, PROPS):
        rows[table] = rewrite(folder, table, lambda raw: pa.concat_tables([raw, raw]))
    return Done("duplicated_loads", None, rows)


def swapped_home_and_away(folder: Path, day: date | None = None) -> Done:
    """A day's team boxes come with home and away swapped, in the id and in the flag."""
    day = day or middle_day(folder)

    def swap(raw: pa.Table) -> pa.Table:
        mask = of_day(raw, day)
        swapped = pc.replace_substring_regex(raw["game_id"], r"^(\d+)_([A-Z]+)_([A-Z]+)$", r"\1_\3_\2")
        raw = replaced(raw, "game_id", pc.if_else(mask, swapped, raw["game_id"]))
        return replaced(raw, "is_home", pc.if_else(mask, pc.invert(raw["is_home"]), raw["is_home"]))

    return Done("swapped_home_and_away", day, {TEAM_BOX: rewrite(folder, TEAM_BOX, swap)})


def missing_day(folder: Path, day: date | None = None) -> Done:
    """No feed but the schedule has anything of a day that was played."""
    day = day or middle_day(folder)
    on_demand = (SECOND_PLAYS, SECOND_PROPS, ROSTERS, SCOREBOARD)
    rows = {}
    for table in (*BOXES, PLAYS, PROPS, LINES, "nbac_injury_report", *on_demand):
        if table not in on_demand or files(folder, table):
            rows[table] = rewrite(folder, table, lambda raw: raw.filter(pc.invert(of_day(raw, day))))
    return Done("missing_day", day, rows)


def late_corrections(folder: Path, day: date | None = None) -> Done:
    """The gamebook of a day came again, later: a few players have an assist more."""
    day = day or middle_day(folder)

    def correct(raw: pa.Table) -> pa.Table:
        active = pc.and_(of_day(raw, day), pc.equal(raw["player_status"], "active"))
        mask = first_rows(active, CORRECTED)
        later = pa.scalar(timedelta(days=1))
        raw = replaced(raw, "assists", pc.if_else(mask, pc.add(raw["assists"], 1), raw["assists"]))
        return replaced(raw, "processed_at", pc.if_else(mask, pc.add(raw["processed_at"], later), raw["processed_at"]))

    return Done("late_corrections", day, {GAMEBOOK: rewrite(folder, GAMEBOOK, correct)})


def thin_day(folder: Path, day: date | None = None) -> Done:
    """Of a day's games only the first has box scores."""
    day = day or middle_day(folder)
    first = min(game for file in files(folder, TEAM_BOX) for game in games(pa_parquet.read_table(file), day))

    def thin(raw: pa.Table) -> pa.Table:
        return raw.filter(pc.or_(pc.invert(of_day(raw, day)), pc.equal(raw["game_id"], first)))

    return Done("thin_day", day, {table: rewrite(folder, table, thin) for table in BOXES})


def broken_names(folder: Path, day: date | None = None) -> Done:
    """A few players of a day's gamebook have names that nobody knows, and so have some of ESPN's rosters of the day."""
    day = day or middle_day(folder)

    def rename(raw: pa.Table) -> pa.Table:
        is_gamebook = "player_status" in raw.column_names
        of = pc.and_(of_day(raw, day), pc.equal(raw["player_status"], "active")) if is_gamebook else of_day(raw, day)
        mask = first_rows(of, BROKEN)
        number = np.cumsum(mask.to_numpy(zero_copy_only=False))
        names = pa.array([f"{STRANGER} {n}" for n in number])
        keys = pa.array([f"{STRANGER} {n}".lower().replace(" ", "") for n in number])
        name = "player_name" if is_gamebook else "player_full_name"
        raw = replaced(raw, name, pc.if_else(mask, names, raw[name]))
        return replaced(raw, "player_lookup", pc.if_else(mask, keys, raw["player_lookup"]))

    spoiled = [table for table in (GAMEBOOK, ROSTERS) if table == GAMEBOOK or files(folder, table)]
    return Done("broken_names", day, {table: rewrite(folder, table, rename) for table in spoiled})


def nan(folder: Path, day: date | None = None) -> Done:
    """A few of a day's lines, props and shot distances are not a number."""
    day = day or middle_day(folder)
    rows = {}
    for table, column in ((LINES, "outcome_point"), (PROPS, "points_line"), (PLAYS, "shot_distance")):

        def lose(raw: pa.Table, column: str = column) -> pa.Table:
            mask = first_rows(pc.and_(of_day(raw, day), pc.is_valid(raw[column])), LOST_NUMBERS)
            return replaced(raw, column, pc.if_else(mask, pa.scalar(float("nan")), raw[column]))

        rows[table] = rewrite(folder, table, lose)
    return Done("nan", day, rows)


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        duplicated_loads, swapped_home_and_away, missing_day, late_corrections, thin_day, broken_names, nan,
        players_under_both_teams, wrong_abbreviation, gamebook_without_players, rematch_next_day, malformed_ids,
        ids_without_zeros, season_by_end_year, stale_schedule, schedule_without_day,
    )
}  # fmt: skip


def described() -> dict[str, str]:
    """Each fault's name and what it does, in a sentence."""
    return {name: (fault.__doc__ or "").strip() for name, fault in FAULTS.items()}


def apply(folder: Path, names: list[str], day: date | None = None) -> list[Done]:
    """Apply faults in the order given.

    :raises NothingToSpoilError: the folder has no box scores, or none of the day.
    """
    if day is not None and not any(games(pa_parquet.read_table(f), day) for f in files(folder, TEAM_BOX)):
        raise NothingToSpoilError(folder, day)
    return [FAULTS[name](folder, day) for name in names]
