"""The first real month as `fullcourt backfill` builds it: row for row what the archive's README says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.conftest import FIRST_MONTH, made_once
from tests.integration.test_command_line import MONTH, as_json, contents, fullcourt
from tests.warehouse import Warehouse

pytestmark = pytest.mark.real_data

ROWS = {
    "player_game_summary": 5_182,
    "team_offense_game_summary": 476,
    "team_defense_game_summary": 476,
    "upcoming_team_game_context": 476,
    "upcoming_player_game_context": 6_328,
    "player_composite_factors": 3_544,
    "player_daily_cache": 2_930,
    "player_shot_zone_analysis": 3_034,
    "team_defense_zone_analysis": 63,
    "ml_feature_store_v2": 3_544,
}


@pytest.fixture(scope="module")
def real_month(raw_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    def build(folder: Path) -> None:
        result = as_json(Warehouse(folder / "fullcourt.duckdb", raw_archive), "backfill", *MONTH, "--yes")
        assert result["verification"]["passed"]

    folder = tmp_path_factory.mktemp("real_month")
    shutil.copy(made_once(tmp_path_factory, "real_confirmed_month", build) / "fullcourt.duckdb", folder)
    return Warehouse(folder / "fullcourt.duckdb", raw_archive)


def test_the_first_real_month_passes_with_its_rows(real_month: Warehouse) -> None:
    verification = as_json(real_month, "verify", *MONTH)
    assert {table["table"]: table["rows"] for table in verification["tables"]} == ROWS
    assert {table["hash_coverage_pct"] for table in verification["tables"]} == {100.0}
    text = fullcourt(real_month, "verify", *MONTH).stdout
    assert text.rstrip().endswith("PASS")
    for table, rows in ROWS.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{table} ")]
        assert f" {rows:,} " in line
        assert line.endswith("PASS")


def test_a_season_is_planned_with_its_cost_and_waits_for_a_yes(real_month: Warehouse) -> None:
    before = contents(real_month)
    plan = as_json(real_month, "plan", "--season", "2021-22")
    assert plan["start"] == FIRST_MONTH[0]
    assert len(plan["dates"]) > 150
    assert plan["rows"] > 50_000
    assert plan["seconds"] > 0
    said = fullcourt(real_month, "backfill", "--season", "2021-22", code=2).stderr
    assert f"{len(plan['dates'])} dates" in said
    to_insert = sum(of["to_insert"] for of in plan["changes"].values())
    assert f"Rows: about {to_insert:,} to insert (a guess by schedule and box scores), " in said
    assert ", 0 to delete" in said
    assert f"about {plan['seconds']:,.0f} s by earlier runs" in said
    assert "run the same command with --yes. Nothing was started." in said
    assert contents(real_month) == before


def test_a_month_that_lost_most_of_an_evening_fails_by_its_games(real_month: Warehouse, tmp_path: Path) -> None:
    shutil.copy(real_month.path, tmp_path / "fullcourt.duckdb")
    warehouse, table = Warehouse(tmp_path / "fullcourt.duckdb", real_month.raw_dir), "team_offense_game_summary"
    day, teams = warehouse.query(
        f"select cast(game_date as varchar), count(*) from nba_analytics.{table} group by 1 having count(*) = 16"
        " order by 1 limit 1"
    )[0]
    rows = warehouse.query(
        f"select game_id, team_abbr from nba_analytics.{table} where game_date = '{day}' order by 1, 2"
    )
    warehouse.execute(f"delete from nba_analytics.{table} where game_date = '{day}' and game_id <> '{rows[0][0]}'")
    verification = as_json(warehouse, "verify", *MONTH, code=1)
    ((reason,),) = [of["reasons"] for of in verification["tables"] if of["table"] == table]
    assert reason.startswith(f"{day} is partial (2 of {teams} rows)")
    assert all(game in reason for game in sorted({game for game, _ in rows})[1:])
