"""Lines that others contradict, or of a time that is none, are in quarantine; no context is made of them."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Rewrite
from tests.warehouse import Warehouse

DAY = "2021-10-21"
LINES, PROPS = "odds_api_game_lines", "odds_api_player_points_props"


@pytest.fixture
def game(built: Warehouse) -> str:
    """A game of the day with spreads and totals in both teams' names."""
    ((game,),) = built.query(
        f"select min(game_id) from nba_staging.stg_odds_api__game_lines where game_date = '{DAY}' and market_key = 'totals'"
    )
    return str(game)


def spoiled(
    warehouse: Warehouse, rewrite: Rewrite, game: str, changes: str, more: str = "", but: str = "newest"
) -> None:
    """Replace columns of the game's raw lines, by `more` to join, without its columns `but`; make models of lines anew."""
    away, home = game.split("_")[1:]
    rewrite(
        warehouse.raw_dir, LINES,
        f"with game as (select * from raw where game_date = '{DAY}' and home_team_abbr = '{home}'"
        f" and away_team_abbr = '{away}'), newest as (select max(snapshot_timestamp) as newest from game)"
        f" select * from raw where not (game_date = '{DAY}' and home_team_abbr = '{home}' and away_team_abbr = '{away}')"
        f" union all by name select * exclude ({but}) replace ({changes}) from game cross join newest {more}",
    )  # fmt: skip
    outcome = warehouse.dbt("run", "-s", "stg_odds_api__game_lines", "int_game_lines", window=(DAY, DAY))
    assert outcome.success, outcome


def held(warehouse: Warehouse, game: str) -> dict[str, int]:
    return dict(warehouse.query(
        "select quarantine_reason, count(*) from nba_staging.stg_odds_api__game_lines"
        f" where game_id = '{game}' and quarantine_reason is not null group by 1"
    ))  # fmt: skip


def used(warehouse: Warehouse, game: str) -> tuple[float | None, float | None]:
    """The newest spread and total."""
    rows = warehouse.query(
        "select home_spread_200ths / 200, total_200ths / 200 from nba_intermediate.int_game_lines"
        f" where game_id = '{game}'"
    )
    return rows[0] if rows else (None, None)


def test_lines_as_feeds_give_them_are_all_used(built: Warehouse) -> None:
    assert built.query(
        "select count(*) from nba_staging.stg_odds_api__game_lines where quarantine_reason is not null"
    ) == [(0,)]


def test_spreads_of_which_the_two_sides_contradict_are_not_used(
    copy_of_built: Warehouse, rewrite: Rewrite, game: str
) -> None:
    _, total = used(copy_of_built, game)
    spoiled(
        copy_of_built, rewrite, game,
        "case when market_key = 'spreads' then abs(outcome_point) + 1 else outcome_point end as outcome_point",
    )  # fmt: skip
    assert set(held(copy_of_built, game)) == {"spreads of the two sides contradict"}
    assert used(copy_of_built, game) == (None, total)


def test_totals_of_which_the_two_sides_contradict_are_not_used(
    copy_of_built: Warehouse, rewrite: Rewrite, game: str
) -> None:
    spread, _ = used(copy_of_built, game)
    spoiled(
        copy_of_built, rewrite, game,
        "case when outcome_name = 'Under' then outcome_point + 1 else outcome_point end as outcome_point",
    )  # fmt: skip
    assert set(held(copy_of_built, game)) == {"totals of the two sides contradict"}
    assert used(copy_of_built, game) == (spread, None)


@pytest.mark.parametrize(("others", "difference", "is_held"), [(2, 41, True), (2, 40, False), (1, 41, True)])
def test_a_total_far_from_most_of_the_others_is_not_used(
    copy_of_built: Warehouse, rewrite: Rewrite, game: str, others: int, difference: int, is_held: bool
) -> None:
    """One other line alone tells that one of the two is wrong, and not which: then neither is used."""
    books = ", ".join(f"('book{number}', {220 - (difference if number == 0 else 0)})" for number in range(others + 1))
    spoiled(
        copy_of_built, rewrite, game,
        "book as bookmaker_key, total as outcome_point",
        f"cross join (values {books}) as books(book, total) where market_key = 'totals' and snapshot_timestamp = newest",
        but="newest, book, total",
    )  # fmt: skip
    found = held(copy_of_built, game)
    assert found == ({"other total than most lines of the game": 2 if others == 2 else 4} if is_held else {})
    assert used(copy_of_built, game)[1] == (220 if others == 2 else None)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("null", "no time of the line"),
        ("commence_time", "not of before tip-off"),
        ("commence_time + interval 1 day", "not of before tip-off"),
    ],
)
def test_a_line_that_is_not_of_before_tip_off_is_held_back(
    copy_of_built: Warehouse, rewrite: Rewrite, game: str, time: str, reason: str
) -> None:
    spoiled(copy_of_built, rewrite, game, f"{time} as snapshot_timestamp")
    assert set(held(copy_of_built, game)) == {reason}
    assert used(copy_of_built, game) == (None, None)


def test_a_points_line_that_is_not_of_before_tip_off_is_held_back(copy_of_built: Warehouse, rewrite: Rewrite) -> None:
    rewrite(
        copy_of_built.raw_dir, PROPS,
        f"select * replace (case when game_date = '{DAY}' then snapshot_timestamp + interval 1 day else snapshot_timestamp end"
        " as snapshot_timestamp) from raw",
    )  # fmt: skip
    assert copy_of_built.dbt("run", "-s", "stg_odds_api__player_points_props", window=(DAY, DAY)).success
    assert copy_of_built.query(
        "select distinct quarantine_reason from nba_staging.stg_odds_api__player_points_props"
        f" where game_date = '{DAY}'"
    ) == [("not of before tip-off",)]  # fmt: skip
