"""One team's rows of one game are in no feed: its own people have no rows of guesses, and the league has all of its rows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import load_contract
from python_processors.orchestration.project import precompute_reads
from tests.integration.conftest import Rewrite
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

PRECOMPUTE = tuple(precompute_reads())
WITHOUT_TESTS = ("--exclude-resource-type", "test")
FEEDS = ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore")
WEEK = ("2021-10-19", "2021-10-26")
OFFENSE = "team_offense_game_summary"
TWO_WEEKS = ("2021-10-19", "2021-11-02")


def build(path: Path, raw_dir: Path, window: tuple[str, str], first_days: int) -> Warehouse:
    """Built with precompute rows from so many days of the season on."""
    warehouse = Warehouse(path, raw_dir)
    outcome = warehouse.dbt("build", *WITHOUT_TESTS, window=window, precompute_bootstrap_days=first_days)
    assert outcome.success, outcome.failures or outcome.error
    return warehouse


def game_of_the_second_day(whole: Warehouse) -> tuple[str, str, str]:
    """A game, the team that loses its rows, and the other."""
    ((game, lost, other),) = whole.query(
        "select game_id, team_abbr, opponent_team_abbr from nba_analytics.team_offense_game_summary"
        " where game_date = '2021-10-20' order by game_id, team_abbr limit 1"
    )
    return game, lost, other


def lose(raw_dir: Path, rewrite: Rewrite, game: str, team: str) -> None:
    day = f"{game[:4]}-{game[4:6]}-{game[6:8]}"
    for feed in FEEDS:
        rewrite(raw_dir, feed, f"select * from raw where not (team_abbr = '{team}' and game_date = '{day}')")


def rows_of(warehouse: Warehouse, table: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    contract = load_contract(table)
    return {
        (str(day), entity): values
        for day, entity, *values in warehouse.query(
            f"select {contract.partition_by}, {contract.entity_column}, data_hash, is_production_ready"
            f" from {contract.relation}"
        )
    }  # fmt: skip


def who_met_it(whole: Warehouse, teams: tuple[str, str]) -> set[tuple[str, str]]:
    """(date, player or team) whose own, team's or opponent's first games hold it, whatever the SQL under test says."""
    played = {
        name for (name,) in whole.query(
            f"select distinct player_lookup from nba_analytics.player_game_summary where team_abbr in {teams}"
        )
    }  # fmt: skip
    tonight = whole.query(
        "select game_date, player_lookup, team_abbr, opponent_team_abbr from nba_analytics.upcoming_player_game_context"
    )
    days = [str(day) for (day,) in whole.query("select game_date from nba_intermediate.dim_game_dates")]
    met = {(str(day), name) for day, name, *both in tonight if name in played or not {*both}.isdisjoint(teams)}
    return met | {(day, entity) for day in days for entity in (*played, *teams)}


def check(whole: Warehouse, lost: Warehouse, game: str, teams: tuple[str, str]) -> dict[str, int]:
    """Returns per precompute table how many rows are not made."""
    met, without = who_met_it(whole, teams), {}
    for table in PRECOMPUTE:
        before, after = rows_of(whole, table), rows_of(lost, table)
        assert {key: before.get(key) for key in after} == after, table
        gone = before.keys() - after.keys()
        assert gone <= met, table
        named = {
            (str(day), entity) for day, entity in lost.query(
                "select analysis_date, entity_id from nba_ops.precompute_failures"
                f" where processor_name = '{table}' and failure_category = 'UPSTREAM_INCOMPLETE'"
                f" and resolution_status = 'UNRESOLVED' and missing_game_dates = '{game}'"
                f" and failure_reason like '% of {game}%' and not can_retry"
            )
        }  # fmt: skip
        assert gone <= named <= met, table
        outcomes = {
            str(day): (outcome, reason)
            for day, outcome, reason in lost.query(
                f"select game_date, outcome, reason from nba_ops.coverage where table_name = '{table}'"
            )
        }
        for day in {day for day, _ in gone}:
            assert outcomes[day][0] in (("partial",) if any(key[0] == day for key in after) else ("blocked", "missing"))
            assert game in outcomes[day][1]
        without[table] = len(gone)
    assert lost.query("select count(*) from nba_ops.blocked_dates") == [(0,)]
    return without


def what_is_lost_is_excused_at_the_game_alone(lost: Warehouse, game: str) -> None:
    """Lines for those who lack the game, by name or by number, would excuse whatever they lack: they excuse nothing."""
    before = lost.query("select table_name, game_date, outcome, reason from nba_ops.coverage order by all")
    lost.execute(
        "insert into nba_ops.completeness_exceptions by name select table_name, game_date as first_date,"
        " game_date as last_date, nullif(entity, '') as entity, row_count, 'a test' as reason, 'a test' as reviewed_by from ("
        " select table_name, game_date, entity, 1 as row_count from nba_ops.precompute_entities"
        " where outcome = 'UPSTREAM_INCOMPLETE' union all"
        " select distinct table_name, game_date, '', 999 from nba_ops.precompute_entities)"
    )
    assert lost.dbt("run", "-s", "coverage", window=WEEK, precompute_bootstrap_days=2).success
    after = lost.query("select table_name, game_date, outcome, reason from nba_ops.coverage order by all")
    assert [row[:3] for row in after] == [row[:3] for row in before]
    assert "partial" in {outcome for _, _, outcome, _ in after}
    lost.execute("delete from nba_ops.completeness_exceptions where reason = 'a test'")
    assert lost.dbt("run", "-s", "coverage", window=WEEK, precompute_bootstrap_days=2).success
    assert before == lost.query("select table_name, game_date, outcome, reason from nba_ops.coverage order by all")
    assert lost.query(f"select count(*) > 0 from nba_ops.lacking_games where game_id = '{game}'") == [(True,)]


def no_date_depends_on_what_is_built_with_it(lost: Warehouse) -> None:
    """What histories lack, counted for a date alone, is what it is when counted for the whole range."""
    tables = ("lacking_games", "completeness", "precompute_entities")
    days = [str(day) for (day,) in lost.query("select distinct game_date from nba_ops.lacking_games order by 1")]
    assert len(days) > 1
    before = {table: sorted(map(str, lost.query(f"select * from nba_ops.{table}"))) for table in tables}
    for day in days:
        assert lost.dbt("run", "-s", *tables, window=(day, day), precompute_bootstrap_days=2).success
    assert {table: sorted(map(str, lost.query(f"select * from nba_ops.{table}"))) for table in tables} == before


def lines_by_number_free_who_reads_the_game(lost: Warehouse, game: str) -> None:
    """As lines that name the rows do; but not where one row more lacks than they count."""
    day = f"{game[:4]}-{game[4:6]}-{game[6:8]}"
    counts = dict(lost.query(
        "select table_name, without_source + quarantined from nba_ops.coverage"
        f" where game_date = '{day}' and without_source > 0"
    ))  # fmt: skip
    assert len(counts) == 3
    for table, count in counts.items():
        lost.execute(
            "insert into nba_ops.completeness_exceptions (table_name, first_date, last_date, row_count, reason, reviewed_by)"
            f" values ('{table}', '{day}', '{day}', {count}, 'a test', 'a test')"
        )
    lost.execute(
        f"update nba_ops.completeness_exceptions set row_count = {counts[OFFENSE] - 1} where table_name = '{OFFENSE}'"
    )
    assert lost.dbt("run", "-s", "lacking_games", window=WEEK, precompute_bootstrap_days=2).success
    assert lost.query("select distinct table_name, game_id from nba_ops.lacking_games") == [(OFFENSE, game)]
    lost.execute(
        f"update nba_ops.completeness_exceptions set row_count = {counts[OFFENSE]} where table_name = '{OFFENSE}'"
    )
    outcome = lost.dbt(
        "build", *WITHOUT_TESTS, "--exclude", "resource_type:seed", window=WEEK, precompute_bootstrap_days=2
    )
    assert outcome.success, outcome.failures or outcome.error
    said = lost.query(
        "select distinct table_name, outcome from nba_ops.coverage where outcome not in ('complete', 'no_games')"
    )
    assert {table for table, outcome in said if outcome == "excused"} == {*counts}, said
    assert {outcome for _, outcome in said} <= {"excused", "expected_empty"}, said
    assert lost.query("select count(*) from nba_ops.lacking_games") == [(0,)]


@pytest.mark.slow
def test_a_lost_box_score_costs_its_own_people_and_nobody_else(league: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    whole = build(tmp_path / "whole.duckdb", league, WEEK, 2)
    game, team, other = game_of_the_second_day(whole)
    shutil.copytree(league, tmp_path / "raw")
    lose(tmp_path / "raw", rewrite, game, team)
    lost = build(tmp_path / "lost.duckdb", tmp_path / "raw", WEEK, 2)
    without = check(whole, lost, game, (team, other))
    rows = {table: len(rows_of(lost, table)) for table in PRECOMPUTE}
    for table in ("player_composite_factors", "ml_feature_store_v2"):
        assert without[table]
        assert rows[table]
    what_is_lost_is_excused_at_the_game_alone(lost, game)
    ((player, day),) = whole.query(
        "select player_lookup, max(game_date) from nba_predictions.ml_feature_store_v2 where player_lookup in (select"
        f" player_lookup from nba_analytics.player_game_summary where game_id = '{game}' and team_abbr = '{team}')"
        " group by player_lookup order by 2 desc, 1 limit 1"
    )
    said = fullcourt(lost, "explain", "ml_feature_store_v2", str(day), "--player", player, code=1).output
    assert f"{player} has no row: UPSTREAM_INCOMPLETE" in said
    assert game in said
    assert "load a box score of the game" in said
    of_game = fullcourt(lost, "explain", "player_game_summary", "2021-10-20", "--player", player, code=1).output
    assert f"no feed has a box score of {team} players in {game}" in of_game
    of_team = fullcourt(lost, "explain", "team_offense_game_summary", "2021-10-20", "--team", team, code=1).output
    assert f"{team} has no row: " in of_team
    assert (
        "has no row"
        not in fullcourt(whole, "explain", "ml_feature_store_v2", str(day), "--player", player, code=None).output
    )
    for arguments, hint in (
        (("ml_feature_store_v2", str(day), "--team", team), "give --player"),
        (("team_offense_game_summary", str(day), "--player", player), "give --team"),
        (("ml_feature_store_v2", str(day), "--player", "nobody at all"), "no player that the registry knows"),
        (("ml_feature_store_v2", str(day), "--player", player, "--team", team), "either --player or --team"),
    ):
        assert hint in fullcourt(lost, "explain", *arguments, code=2).output
    no_date_depends_on_what_is_built_with_it(lost)
    lines_by_number_free_who_reads_the_game(lost, game)


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.nightly
def test_two_real_weeks_without_a_teams_rows_of_one_game(raw_archive: Path, tmp_path: Path, rewrite: Rewrite) -> None:
    for folder in ("2021-22", "reference"):
        shutil.copytree(raw_archive / folder, tmp_path / "raw" / folder, copy_function=shutil.copyfile)
    whole = build(tmp_path / "whole.duckdb", tmp_path / "raw", TWO_WEEKS, 4)
    game, team, other = game_of_the_second_day(whole)
    kept = tmp_path / "kept"
    shutil.copytree(tmp_path / "raw", kept)
    lose(tmp_path / "raw", rewrite, game, team)
    lost = build(tmp_path / "lost.duckdb", tmp_path / "raw", TWO_WEEKS, 4)
    without = check(whole, lost, game, (team, other))
    for table in ("player_composite_factors", "player_daily_cache", "ml_feature_store_v2"):
        assert 0 < without[table] < len(rows_of(lost, table))

    back = Warehouse(lost.path, kept)
    outcome = back.dbt("build", *WITHOUT_TESTS, window=TWO_WEEKS, precompute_bootstrap_days=4)
    assert outcome.success, outcome.failures
    assert back.hashes() == whole.hashes()


@pytest.mark.slow
def test_a_backfill_says_partial_of_the_lost_game_and_builds_everybody_else_on_later_dates(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    month = copy_of_confirmed_month
    game, team, _ = game_of_the_second_day(month)
    first, last, *_ = month.query("select min(game_date), max(game_date) from nba_analytics.player_game_summary")[0]
    counted = (
        "select game_date, count(*) from nba_predictions.ml_feature_store_v2"
        f" where game_date between '{first}' and '{last}' group by 1"
    )
    before = dict(month.query(counted))
    lose(month.raw_dir, rewrite, game, team)
    fullcourt(
        month, "backfill", "--start", str(first), "--end", str(last), "--yes", "--no-report", "--allow-deletes", code=1
    )
    of_day = dict(month.query(
        "select table_name, outcome || ': ' || reason from nba_ops.coverage"
        " where game_date = '2021-10-20' and table_name like '%game_summary'"
    ))  # fmt: skip
    assert len(of_day) == 3
    assert all(said.startswith("partial: ") for said in of_day.values()), of_day
    gaps = as_json(month, "gaps", "--start", str(first), "--end", str(last), code=1)["gaps"]
    assert {gap["kind"] for gap in gaps if gap["needs_attention"]} == {"partial"}, gaps
    after = dict(month.query(counted))
    assert after.keys() == before.keys()
    assert sum(after.values()) > sum(before.values()) / 2
