"""How many rows a plan guesses that a run will insert, on a few box scores of two teams."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from python_processors.contract.rows import Rows
from python_processors.orchestration.state.appearances import likely_rows
from python_processors.orchestration.state.memory import Memory

GAMEBOOK, OTHER = "nbac_gamebook_player_stats", "bdl_player_boxscores"
FIRST, SECOND, THIRD, LAST = days = [date(2021, 10, day) for day in (19, 21, 23, 25)]


def memory(*boxes: tuple[str, date, str, str, bool]) -> Memory:
    """A game a day, and who stands in which box score: feed, day, team, player, has played."""
    made = Memory()
    made.put("dates", pa.table({"day": days, "season_year": [2021] * 4, "games": [1] * 4}))
    if boxes:
        made.add("appearances", pa.Table.from_pylist([
            dict(zip(("feed", "day", "team", "player", "is_played"), box, strict=True)) for box in boxes
        ]))  # fmt: skip
    return made


def game(feed: str, day: date, *, idle: int = 0) -> list[tuple[str, date, str, str, bool]]:
    """Three players a team who play, and some who do not."""
    return [(feed, day, team, f"{team}{number}", number < 3) for team in ("BOS", "NYK") for number in range(3 + idle)]


def likely(of: Memory, population: str, least: int = 0) -> list[int | None]:
    return list(likely_rows(of, Rows(population, min_games=least), days).values())


def test_who_played_is_counted_in_the_fuller_feed_and_nobody_without_a_box_score() -> None:
    of = memory(*game(GAMEBOOK, FIRST, idle=2), *game(OTHER, FIRST)[:4], *game(OTHER, SECOND))
    assert likely(of, "players_who_played") == [6, 6, 0, 0]
    assert likely(of, "teams_that_played") == [2, 2, 0, 0]
    assert likely(of, "teams_to_play") == [2, 2, 2, 2]


def test_who_may_play_is_the_gamebooks_list_or_as_many_as_it_usually_has() -> None:
    of = memory(*game(GAMEBOOK, FIRST, idle=1), *game(OTHER, FIRST), *game(OTHER, SECOND))
    assert likely(of, "players_who_may_play") == [8, 8, 8, 8]


def test_half_a_gamebook_stands_for_both_teams_of_who_may_play() -> None:
    of = memory(*[box for box in game(GAMEBOOK, FIRST, idle=1) if box[2] == "BOS"])
    assert likely(of, "players_who_may_play")[0] == 8
    assert likely(of, "players_who_played")[0] == 3


def test_who_has_too_few_games_before_the_day_is_left_out() -> None:
    of = memory(*game(GAMEBOOK, FIRST), *game(GAMEBOOK, SECOND)[:4], *game(GAMEBOOK, THIRD, idle=1))
    assert likely(of, "players_of_the_season", 2) == [0, 0, 4, 6]
    assert likely(of, "teams_of_the_season", 3) == [0, 0, 0, 2]
    assert likely(of, "players_who_may_play", 2)[:3] == [0, 0, 4]


def test_without_a_box_score_nothing_tells_of_players() -> None:
    of = memory()
    assert likely(of, "players_who_may_play") == [None] * 4
    assert likely(of, "players_of_the_season", 2) == [None] * 4
    assert likely(of, "teams_to_play") == [2] * 4
