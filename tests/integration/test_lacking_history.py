"""Which games a history lacks: only those that its windows hold, and of each team of a game by itself."""

from __future__ import annotations

import json
from typing import Any

from python_processors.contract import PROJECT_ROOT
from tests.warehouse import WEEK, Warehouse, environment, invoke


def rows_of(warehouse: Warehouse, model: str, columns: str) -> list[tuple[Any, ...]]:
    """Of a model that is a part of others: its query as dbt compiles it."""
    options = ["--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles"), "--quiet"]
    options += ["--target-path", str(warehouse.path.parent / "target"), "--log-path", str(warehouse.path.parent)]
    variables = json.dumps({"start_date": WEEK[0], "end_date": WEEK[1]})
    with environment(FULLCOURT_DUCKDB=str(warehouse.path), RAW_DIR=str(warehouse.raw_dir)):
        inline = f"select {columns} from {{{{ ref('{model}') }}}} order by all"
        result = invoke(["compile", "--inline", inline, "--vars", variables, *options])
    assert result.success, result.exception
    return warehouse.query(result.result.results[0].node.compiled_code)


def test_a_team_that_was_lost_in_an_earlier_season_is_lacking_whatever_the_other_has(copy_of_built: Warehouse) -> None:
    """Who plays against Boston looks back on a game of which only Boston's own players have rows."""
    warehouse = copy_of_built
    assert rows_of(warehouse, "int_opponent_history_gaps", "distinct opponent_team_abbr") == []
    warehouse.execute(
        "create or replace temp table game as select * from nba_intermediate.dim_games where is_final limit 1;"
        "update game set game_id = '20201225_NYK_BOS', season_year = 2020, game_date = '2020-12-25',"
        " home_team_abbr = 'BOS', away_team_abbr = 'NYK';"
        "insert into nba_intermediate.dim_games from game;"
        "create or replace temp table box as select * from nba_analytics.player_game_summary"
        " where minutes_played > 0 limit 1;"
        "update box set game_id = '20201225_NYK_BOS', game_date = '2020-12-25', team_abbr = 'BOS',"
        " opponent_team_abbr = 'NYK';"
        "insert into nba_analytics.player_game_summary from box"
    )
    assert rows_of(warehouse, "int_opponent_history_gaps", "distinct opponent_team_abbr") == [("BOS",)]
    warehouse.execute(
        "update nba_analytics.player_game_summary set opponent_team_abbr = 'BOS' where game_date = '2020-12-25'"
    )
    assert rows_of(warehouse, "int_opponent_history_gaps", "distinct opponent_team_abbr") == [("NYK",)]


def test_a_game_that_is_held_back_takes_no_place_in_a_window(copy_of_built: Warehouse) -> None:
    """Of his games the first lacks and the second is held back: the window that would hold it is one game shorter."""
    warehouse = copy_of_built
    ((player, games),) = warehouse.query(
        "select player_lookup, list(game_id order by game_date) from nba_analytics.player_game_summary"
        " where minutes_played > 0 group by 1 having count(*) = 4 order by 1 limit 1"
    )
    lacking, held_back, *_ = games

    def seen_from(held: bool) -> list[int]:
        warehouse.execute(
            "update nba_ops.expected_boxes set quarantine_reason = " + ("'more makes than attempts'" if held else "null") +
            f" where entity = '{player}' and game_id = '{held_back}'"
        )  # fmt: skip
        outcome = warehouse.dbt("run", "--select", "lacking_games")
        assert outcome.success, outcome.failures or outcome.error
        rows = warehouse.query(
            "select game_id, games_ago from nba_ops.lacking_games where entity_type = 'player'"
            f" and entity = '{player}' and game_id = '{lacking}' order by game_date"
        )
        return [ago for _, ago in rows]

    warehouse.execute(
        "update nba_intermediate.dim_game_dates set is_analysis_date = true;"
        f"delete from nba_analytics.player_game_summary where player_lookup = '{player}'"
        f" and game_id in ('{lacking}', '{held_back}')"
    )
    whole, shorter = seen_from(held=False), seen_from(held=True)
    assert whole[-1] >= 3
    assert shorter[-1] == whole[-1] - 1


def test_a_context_is_not_ready_where_games_lack_of_the_form_of_its_teams(copy_of_built: Warehouse) -> None:
    """His own games are all there; of his opponent's, over which his row looks back as well, half are not."""
    warehouse = copy_of_built
    ((team, day),) = warehouse.query(
        "select team_abbr, max(game_date) from nba_intermediate.dim_team_games where is_result"
        " group by 1 having count(*) >= 3 order by 1 limit 1"
    )
    ((opponent, game, first),) = warehouse.query(
        "select opponent_team_abbr, (select min(game_id) from nba_intermediate.dim_team_games where is_result and"
        f" team_abbr = '{team}' and game_date < '{day}'), (select count(*) from nba_analytics.upcoming_player_game_context)"
        f" from nba_intermediate.dim_team_games where team_abbr = '{team}' and game_date = '{day}'"
    )
    warehouse.execute(
        f"delete from nba_analytics.team_offense_game_summary where game_id = '{game}' and team_abbr = '{team}'"
    )
    outcome = warehouse.dbt("run", "--select", "completeness", "upcoming_player_game_context", bootstrap_days=1)
    assert outcome.success, outcome.failures or outcome.error
    found = warehouse.query(f"""
        select
            l5_is_complete and l10_is_complete and l30d_is_complete, is_production_ready, data_quality_issues,
            processing_decision_reason
        from nba_analytics.upcoming_player_game_context
        where game_date = '{day}' and team_abbr = '{opponent}'
    """)
    assert len(found) >= 8
    assert {row[:2] for row in found} == {(True, False)}
    assert all("history_of_teams_incomplete" in issues for _, _, issues, *_ in found)
    assert {row[3] for row in found} == {"incomplete_upstream"}
    others = warehouse.query(
        "select distinct is_production_ready, list_contains(data_quality_issues, 'history_of_teams_incomplete')"
        f" from nba_analytics.upcoming_player_game_context where game_date = '{day}'"
        f" and team_abbr not in ('{team}', '{opponent}')"
    )
    assert others == [(True, False)]
    assert warehouse.query("select count(*) from nba_analytics.upcoming_player_game_context") == [(first,)]
