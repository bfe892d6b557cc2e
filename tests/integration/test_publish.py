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


@pytest.mark.slow
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
        " then turnovers + 3 else turnovers end as turnovers) from raw",
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_full_refresh_keeps_when_rows_were_created(copy_of_built: Warehouse) -> None:
    before = copy_of_built.query(TIMES.format("nba_analytics.player_game_summary"))
    outcome = copy_of_built.dbt("run", "--full-refresh", window=WEEK)
    assert outcome.success, outcome.failures
    assert copy_of_built.query(TIMES.format("nba_analytics.player_game_summary")) == before


TEAMS, OFFENSE = "team_offense_game_summary", "nba_analytics.team_offense_game_summary"
DAY = "2021-10-21"
EDITS = {
    "a value changed behind its hash": f"update {OFFENSE} set points_scored = 999 where game_date = '{DAY}'",
    "a compared value": f"update {OFFENSE} set quality_issues = ['x'] where game_date = '{DAY}'",
    "a doubled row": f"insert into {OFFENSE} select * from {OFFENSE} where game_date = '{DAY}' order by all limit 1",
    "every row three times": "; ".join([f"insert into {OFFENSE} select * from {OFFENSE} where game_date = '{DAY}'"] * 2),
    "foreign rows": f"insert into {OFFENSE} select * replace ('XXX' as game_id) from {OFFENSE} where game_date = '{DAY}'",
    "a hash of no row": f"update {OFFENSE} set data_hash = 'garbage' where game_date = '{DAY}'",
    "a lost row": f"delete from {OFFENSE} where game_date = '{DAY}' and team_abbr ="
    f" (select min(team_abbr) from {OFFENSE} where game_date = '{DAY}')",
}  # fmt: skip


def stored_rows(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Every row without the times of its writing."""
    columns = "select * from (describe select * from {}) where column_name in ('updated_at', 'quality_calculated_at')"
    times = ["created_at", "processed_at", *(name for name, *_ in warehouse.query(columns.format(OFFENSE)))]
    return warehouse.query(f"select * exclude ({', '.join(times)}) from {OFFENSE} order by all")


@pytest.mark.slow
def test_a_replaced_date_holds_its_rows_whatever_was_done_to_it(built: Warehouse, copy_of_built: Warehouse) -> None:
    right, created = stored_rows(built), f"select count(*) from {OFFENSE} where created_at is null"
    for what, edit in EDITS.items():
        copy_of_built.execute(edit)
        assert stored_rows(copy_of_built) != right, what
        outcome = copy_of_built.dbt("run", "--select", TEAMS, replaced={TEAMS: [DAY]})
        assert outcome.success, (what, outcome.failures)
        assert stored_rows(copy_of_built) == right, what
        assert copy_of_built.query(created) == [(0,)]


def test_a_replaced_date_keeps_when_its_rows_were_created(copy_of_built: Warehouse) -> None:
    times = f"select game_id, team_abbr, created_at from {OFFENSE} order by all"
    before = copy_of_built.query(times)
    outcome = copy_of_built.dbt("run", "--select", TEAMS, replaced={TEAMS: [DAY]})
    assert outcome.success, outcome.failures
    assert copy_of_built.query(times) == before
    rows = copy_of_built.query(
        f"select processed_at > created_at, count(*) from {OFFENSE} where game_date = '{DAY}' group by 1"
    )
    assert [is_later for is_later, _ in rows] == [True]
    ((_, written),) = rows
    assert copy_of_built.actions() == {TEAMS: (0, written, 0)}


def test_what_is_replaced_is_no_logic(copy_of_built: Warehouse) -> None:
    versions = f"select distinct logic_version from {OFFENSE}"
    before = copy_of_built.query(versions)
    variables = {"replaced": {TEAMS: [DAY]}, "deletes_allowed": {TEAMS: 3}, "allow_deletes": True}
    assert copy_of_built.dbt("run", "--select", TEAMS, **variables).success
    assert copy_of_built.query(versions) == before


def test_any_publish_removes_doubled_keys_and_counts_keys_and_rows_apart(
    built: Warehouse, copy_of_built: Warehouse
) -> None:
    copy_of_built.execute(EDITS["every row three times"])
    outcome = copy_of_built.dbt("run", "--select", TEAMS)
    assert outcome.success, outcome.failures
    assert stored_rows(copy_of_built) == stored_rows(built)
    ((keys,),) = built.query(f"select count(*) from {OFFENSE} where game_date = '{DAY}'")
    assert copy_of_built.query(
        "select row_count, inserted, updated, deleted, unchanged, rows_before, rows_removed from nba_ops.publish_ledger"
        f" where table_name = '{TEAMS}' and game_date = '{DAY}' order by published_at desc limit 1"
    ) == [(keys, 0, keys, 0, 0, 4 * keys, 3 * keys)]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"replaced": {TEAMS: ["2021-11-30"]}}, f"has 2021-11-30 of {TEAMS}, which this run does not build"),
        ({"replaced": {TEAMS: ["soon"]}}, "replaced is 'soon', not a date"),
        ({"replaced": {"team_offense": [DAY]}}, "names 'team_offense', which is no hashed table"),
        ({"replaced": [DAY]}, "not a mapping of tables"),
        ({"deletes_allowed": {TEAMS: "many"}}, "allows 'many' deletes"),
        ({"deletes_allowed": {TEAMS: -1}}, "allows '-1' deletes"),
        ({"allow_deletes": "yes"}, "is 'yes', neither true nor false"),
        ({"max_deleted_pct": 101}, "is '101', not a number from 0 to 100"),
    ],
)
def test_a_var_of_publishing_that_cannot_be_meant_is_refused(
    built: Warehouse, variables: dict[str, object], said: str
) -> None:
    outcome = built.dbt("run", "--select", TEAMS, **variables)
    assert not outcome.success
    assert said in " ".join(outcome.error.split())
