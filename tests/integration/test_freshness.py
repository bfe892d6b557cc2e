"""`dbt source freshness`: a feed that nobody loads is stale, but in a summer of which the schedule knows."""

from __future__ import annotations

import json
from datetime import date

import pytest

from python_processors.contract import PROJECT_ROOT
from tests.warehouse import Warehouse, environment, invoke, outcome_of

FEEDS = {
    "bdl_player_boxscores", "bigdataball_play_by_play", "nbac_gamebook_player_stats", "nbac_injury_report",
    "nbac_schedule", "nbac_team_boxscore", "odds_api_game_lines", "odds_api_player_points_props",
}  # fmt: skip


def stale(warehouse: Warehouse, today: str | None = None) -> set[str]:
    """Feeds that dbt calls stale."""
    with environment(FULLCOURT_DUCKDB=str(warehouse.path), RAW_DIR=str(warehouse.raw_dir)):
        result = invoke([
            "source", "freshness", "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles"),
            "--target-path", str(warehouse.path.parent / "target"), "--log-path", str(warehouse.path.parent / "logs"),
            "--quiet", "--vars", json.dumps({"today": today} if today else {}),
        ])  # fmt: skip
    assert not outcome_of(result).error
    said = {of.node.name: str(of.status) for of in result.result.results if of.node.resource_type == "source"}
    assert said.keys() >= FEEDS
    assert set(said.values()) <= {"pass", "error"}, "none was asked in vain"
    return {name for name, status in said.items() if status == "error"}


def test_what_was_not_loaded_of_late_is_stale(copy_of_built: Warehouse) -> None:
    copy_of_built.execute("alter table nba_ops.known_dates drop column is_summer")  # as an older version built it
    assert stale(copy_of_built) == FEEDS
    copy_of_built.execute(
        "insert into nba_raw.bdl_player_boxscores select * replace"
        f" (date '{date.today()}' as game_date, now()::timestamp as processed_at) from nba_raw.bdl_player_boxscores limit 1"
    )
    assert stale(copy_of_built) == FEEDS - {"bdl_player_boxscores"}


def test_an_optional_feed_that_was_emptied_or_dropped_is_stale_and_one_that_never_came_is_not(
    copy_of_built: Warehouse,
) -> None:
    ledger = "insert into nba_ops.model_ledger (relation, game_date, run_id, invocation_id, fingerprint, recorded_at)"
    copy_of_built.execute(
        "drop table nba_raw.nbac_injury_report;"  # its rows are still staged
        " delete from nba_raw.bdl_player_boxscores; delete from nba_staging.stg_bdl__player_boxscores;"  # a run saw rows
        f"{ledger} values ('stg_bdl__player_boxscores', '2021-10-19', 'r', 'i', '270:1:1', now());"
        " delete from nba_raw.odds_api_game_lines; delete from nba_staging.stg_odds_api__game_lines;"  # nobody ever did
        f"{ledger} values ('stg_odds_api__game_lines', '2021-10-19', 'r', 'i', '0:0:0', now())"
    )
    assert stale(copy_of_built) == FEEDS - {"odds_api_game_lines"}


@pytest.mark.parametrize(
    ("today", "is_fresh"),
    [("2022-07-15", True), ("2022-06-20", False), ("2022-10-01", False)],
    ids=["a summer", "days after a game", "October"],
)
def test_in_a_summer_of_which_the_schedule_knows_nothing_is_stale(
    copy_of_built: Warehouse, today: str, is_fresh: bool
) -> None:
    """Which schedule knows of one: the unit tests of known_dates."""
    copy_of_built.execute(
        "insert into nba_ops.known_dates (season_year, first_date, last_date, is_summer)"
        " values (2021, '2022-06-17', '2022-09-30', true)"
    )
    assert (stale(copy_of_built, today) == set()) is is_fresh
