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
    assert stale(copy_of_built) == FEEDS
    copy_of_built.execute(
        "insert into nba_raw.bdl_player_boxscores select * replace"
        f" (date '{date.today()}' as game_date, now()::timestamp as processed_at) from nba_raw.bdl_player_boxscores limit 1"
    )
    assert stale(copy_of_built) == FEEDS - {"bdl_player_boxscores"}


@pytest.mark.parametrize(
    ("last_game", "loaded", "today", "is_summer"),
    [
        ("2022-06-16", "2022-06-18", "2022-07-15", True),
        ("2022-06-16", "2022-06-18", "2022-06-19", False),
        ("2022-06-16", "2022-06-10", "2022-07-15", False),
        ("2022-06-16", "2022-06-18", "2022-10-18", False),
    ],
    ids=["a summer", "days after a game", "an old schedule", "October"],
)
def test_in_a_summer_nothing_is_stale_unless_the_schedule_is_old(
    copy_of_built: Warehouse, last_game: str, loaded: str, today: str, is_summer: bool
) -> None:
    copy_of_built.execute(
        f"delete from nba_raw.nbac_schedule where game_date > '{last_game}';"
        f" update nba_raw.nbac_schedule set processed_at = '{loaded}';"
        f" insert into nba_raw.nbac_schedule select * replace (date '{last_game}' as game_date)"
        " from nba_raw.nbac_schedule limit 1"
    )
    assert (stale(copy_of_built, today) == set()) is is_summer
