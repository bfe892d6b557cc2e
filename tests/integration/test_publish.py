"""Publishing changes what changed, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.hashing import fingerprint
from tests.integration.conftest import Rewrite
from tests.warehouse import WEEK, Warehouse

TIMES = "select data_hash, created_at, processed_at from {} order by all"


def updated_keys(before: Warehouse, after: Warehouse, table: str) -> set[tuple[str, ...]]:
    """Keys whose hash differs."""
    return {row[:-1] for row in before.hashes()[table] ^ after.hashes()[table]}


@pytest.mark.slow
def test_the_simulated_month_passes_every_test_of_a_build(month: Warehouse) -> None:
    """What a machine without a raw archive builds: long enough for the constant and null monitors."""
    hashes = month.hashes()
    ((games,),) = month.query("select count(*) from nba_raw.nbac_team_boxscore where is_home")
    assert games > 220
    assert {len(hashes[table]) for table in hashes if table.startswith("team") and "game_summary" in table} == {
        2 * games
    }
    assert all(hashes.values())


def test_a_second_run_writes_nothing(copy_of_built: Warehouse) -> None:
    before = {table: copy_of_built.query(TIMES.format(load_contract(table).relation)) for table in hashed_tables()}
    copy_of_built.run()
    assert copy_of_built.actions() == dict.fromkeys(hashed_tables(), (0, 0, 0))
    assert {
        table: copy_of_built.query(TIMES.format(load_contract(table).relation)) for table in hashed_tables()
    } == before


def test_a_corrected_player_changes_his_row_alone(built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite) -> None:
    ((game, player),) = built.query(
        "select game_id, player_lookup from nba_analytics.player_game_summary order by points desc, game_id, player_lookup limit 1"
    )
    rewrite(
        copy_of_built.raw_dir,
        "nbac_gamebook_player_stats",
        f"select * replace (case when game_id = '{game}' and player_lookup = '{player}'"
        " then assists + 1 else assists end as assists) from raw",
    )
    copy_of_built.run()
    assert copy_of_built.actions() == {**dict.fromkeys(hashed_tables(), (0, 0, 0)), "player_game_summary": (0, 1, 0)}
    assert updated_keys(built, copy_of_built, "player_game_summary") == {(game, player)}
    ((created, processed),) = copy_of_built.query(
        "select created_at, processed_at from nba_analytics.player_game_summary"
        f" where game_id = '{game}' and player_lookup = '{player}'"
    )
    assert created < processed


def test_a_corrected_team_changes_both_teams_and_its_players_usage(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    ((game, team, opponent),) = built.query(
        "select game_id, team_abbr, opponent_team_abbr from nba_analytics.team_offense_game_summary order by all limit 1"
    )
    rewrite(
        copy_of_built.raw_dir,
        "nbac_team_boxscore",
        f"select * replace (case when game_id = '{game}' and team_abbr = '{team}'"
        " then turnovers + 9 else turnovers end as turnovers) from raw",
    )
    copy_of_built.run()
    both = {(game, team), (game, opponent)}
    players = built.query(
        "select game_id, player_lookup from nba_analytics.player_game_summary"
        f" where game_id = '{game}' and team_abbr = '{team}' and usage_rate > 0"
    )
    assert updated_keys(built, copy_of_built, "team_offense_game_summary") == both
    assert updated_keys(built, copy_of_built, "team_defense_game_summary") == both
    assert updated_keys(built, copy_of_built, "player_game_summary") == set(players)


def test_a_game_taken_out_of_raw_takes_its_rows_along(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    ((game, official),) = built.query(
        "select game_id, nba_game_id from nba_intermediate.dim_games where is_final order by all limit 1"
    )
    for path in sorted((copy_of_built.raw_dir / "2021-22").glob("*.parquet")):
        if path.stem == "odds_api_game_lines":
            continue  # has neither id; its lines go to quarantine
        gone = official if path.stem == "nbac_schedule" else game
        rewrite(copy_of_built.raw_dir, path.stem, f"select * from raw where game_id <> '{gone}'")
    copy_of_built.run()
    away, home = game.split("_")[1:]
    for table, hashes in copy_of_built.hashes().items():
        contract = load_contract(table)
        if "game_id" in contract.hash_fields:
            assert copy_of_built.query(f"select count(*) from {contract.relation} where game_id = '{game}'") == [(0,)]
        if "game_id" not in contract.key:
            continue  # a context's other rows know the game as history, or as the next one
        position = load_contract(table).key.index("game_id")
        kept = {row for row in built.hashes()[table] if row[position] != game}
        assert {row[:-1] for row in hashes} == {row[:-1] for row in kept}
        # A game less is a start less: starters_inactive of the same teams' later games may change.
        changed = hashes ^ kept
        assert all({away, home} & set(row[position].split("_")) for row in changed)
        assert not changed or table != "player_game_summary"
    reasons = copy_of_built.query("select distinct table_name, reason from nba_ops.quarantine")
    assert reasons == [("odds_api_game_lines", "no scheduled game")]


@pytest.mark.slow
def test_one_window_equals_day_by_day_on_shuffled_rows_with_other_threads(
    built: Warehouse, raw_copy: Path, rewrite: Rewrite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in sorted(raw_copy.rglob("*.parquet")):
        rewrite(raw_copy, path.stem, "select * from raw order by hash(raw)")
    monkeypatch.setenv("FULLCOURT_THREADS", "4")
    by_day = Warehouse(tmp_path / "by_day.duckdb", raw_copy)
    for first, last in ((19, 19), (20, 20), (21, 24), (25, 26)):
        outcome = by_day.dbt("build", "--exclude-resource-type", "test", window=(f"2021-10-{first}", f"2021-10-{last}"))
        assert outcome.success, outcome.failures
    assert by_day.hashes() == built.hashes()


def test_the_ledger_has_each_date_of_the_window_with_its_fingerprint(built: Warehouse) -> None:
    for table in hashed_tables():
        ledger = built.query(
            "select game_date, row_count, fingerprint from nba_ops.publish_ledger"
            f" where table_name = '{table}' order by game_date"
        )
        assert [str(date) for date, *_ in ledger] == [f"2021-10-{day}" for day in range(19, 27)]
        for date, row_count, stored in ledger:
            hashes = [
                h
                for (h,) in built.query(
                    f"select data_hash from {load_contract(table).relation} where {load_contract(table).partition_by} = '{date}'"
                )
            ]
            assert row_count == len(hashes)
            assert stored == fingerprint(pa.array(hashes, pa.string()))


def test_rows_that_share_a_key_stop_the_publish_and_are_named(built: Warehouse, copy_of_built: Warehouse) -> None:
    ((game, player),) = copy_of_built.query(
        "insert into nba_intermediate.int_points_props select * from nba_intermediate.int_points_props"
        " order by game_id, player_lookup limit 1 returning game_id, player_lookup"
    )
    outcome = copy_of_built.dbt("run", "--select", "player_game_summary")
    assert list(outcome.failures) == ["player_game_summary"]
    said = outcome.failures["player_game_summary"]
    assert f"1 duplicated keys (game_id, player_lookup): game_id={game}, player_lookup={player}" in said
    assert "Traceback" not in said
    assert copy_of_built.hashes() == built.hashes()
    assert copy_of_built.query("select count(distinct run_id) from nba_ops.publish_ledger") == [(1,)]


def test_a_live_table_that_drifted_is_named_before_anything_is_written(copy_of_built: Warehouse) -> None:
    copy_of_built.execute("alter table nba_analytics.team_offense_game_summary alter column pace type varchar")
    copy_of_built.execute("alter table nba_analytics.team_defense_game_summary add column mystery integer")
    outcome = copy_of_built.dbt("run", "--select", "team_offense_game_summary", "team_defense_game_summary")
    assert "pace is VARCHAR and its contract says NUMERIC(5,1)" in outcome.failures["team_offense_game_summary"]
    assert "a column mystery that its contract lacks" in outcome.failures["team_defense_game_summary"]


def test_a_column_new_in_the_contract_is_added_to_the_live_table(built: Warehouse, copy_of_built: Warehouse) -> None:
    copy_of_built.execute("alter table nba_analytics.team_offense_game_summary drop column quality_metadata")
    outcome = copy_of_built.dbt("run", "--select", "team_offense_game_summary")
    assert outcome.success, outcome.failures
    columns = {
        name
        for (name,) in copy_of_built.query(
            "select column_name from duckdb_columns() where table_name = 'team_offense_game_summary'"
        )
    }
    assert columns == {column.name for column in load_contract("team_offense_game_summary").columns}
    assert copy_of_built.hashes() == built.hashes()


def test_a_full_refresh_keeps_when_rows_were_created(copy_of_built: Warehouse) -> None:
    before = copy_of_built.query(TIMES.format("nba_analytics.player_game_summary"))
    outcome = copy_of_built.dbt("run", "--full-refresh", window=WEEK)
    assert outcome.success, outcome.failures
    assert copy_of_built.query(TIMES.format("nba_analytics.player_game_summary")) == before
