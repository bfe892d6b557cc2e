"""The upcoming contexts: what they do with bad input, with nothing, and with the future."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import hashed_tables, load_contract
from tests.integration.conftest import Rewrite
from tests.lookahead import hidden_future, values_known_before
from tests.warehouse import Warehouse

TEAM, PLAYER = "upcoming_team_game_context", "upcoming_player_game_context"
LAST_DAYS = ("2021-10-24", "2021-10-26")


def run(warehouse: Warehouse, window: tuple[str, str] = ("2021-10-19", "2021-10-26"), **variables: Any) -> None:
    """dbt build without its tests, which must succeed."""
    outcome = warehouse.dbt("build", "--exclude-resource-type", "test", window=window, **variables)
    assert outcome.success, outcome.failures or outcome.error


def test_who_is_on_two_rosters_keeps_the_one_that_played_him_and_late_odds_and_strangers_change_nothing(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    ((game, player, other),) = built.query(f"""
        select own.game_id, own.player_lookup, min(other.game_id)
        from nba_analytics.player_game_summary as own
        inner join nba_analytics.{PLAYER} as other on own.game_date = other.game_date and own.game_id <> other.game_id
        group by all order by all limit 1
    """)
    rewrite(raw, "nbac_gamebook_player_stats", f"""
        from raw union all by name
        select raw.* replace ('{other}' as game_id, split_part('{other}', '_', 2) as team_abbr, 'inactive' as player_status)
        from raw where game_id = '{game}' and player_lookup = '{player}'
    """)  # fmt: skip
    rewrite(raw, "odds_api_game_lines", """
        from raw union all by name
        select * replace (commence_time + interval 1 minute as snapshot_timestamp, outcome_point * 2 as outcome_point)
        from raw where market_key = 'spreads'
    """)  # fmt: skip
    rewrite(raw, "nbac_injury_report", """
        from raw union all by name
        (select * replace ('Nobody Known' as player_full_name, 'nobodyknown' as player_lookup) from raw limit 1)
    """)  # fmt: skip
    copy_of_built.build()
    assert copy_of_built.hashes() == built.hashes()
    held = "from nba_ops.quarantine where table_name {} 'odds_api_game_lines'"
    assert copy_of_built.query(f"select distinct reason {held.format('=')}") == [("not of before tip-off",)]
    assert sorted(copy_of_built.query(f"select table_name, row_key, reason {held.format('<>')}")) == [
        ("nbac_gamebook_player_stats", player, "player is on another roster of the date"),
        ("nbac_injury_report", "nobodyknown 2021-10-19 17", "unknown player"),
    ]


def test_a_player_whom_nobody_registered_gets_no_row_and_an_outcome_that_says_why(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", """
        from raw union all by name
        (select * replace ('Nobody Known' as player_name, 'nobodyknown' as player_lookup)
         from raw where player_status = 'dnp' and game_date >= '2021-10-19' order by game_id limit 1)
    """)  # fmt: skip
    # His date lacks his row, and says so.
    assert set(copy_of_built.dbt("build").failures) == {"coverage_accounts_for_every_date"}
    assert copy_of_built.hashes()[PLAYER] == built.hashes()[PLAYER]
    assert copy_of_built.query(
        "select entity_id, failure_category, left(failure_reason, 16), can_retry, attempt_count from nba_ops.analytics_failures"
    ) == [("nobodyknown", "REGISTRY_LOOKUP_FAILED", "unknown player (", False, 1)]


def test_a_report_counts_from_its_hour_on_and_clears_whom_it_leaves_out(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """On the 20th a second report leaves one team out; on the 21st only a report after tip-off grades anybody."""
    ((team, player),) = built.query(
        f"select team_abbr, player_lookup from nba_analytics.{PLAYER}"
        " where game_date = '2021-10-20' and player_status = 'out' order by all limit 1"
    )
    rewrite(copy_of_built.raw_dir, "nbac_injury_report", f"""
        from raw where game_date <> '2021-10-21' or injury_status = 'out' union all by name
        select * replace (18 as report_hour) from raw where game_date = '2021-10-20' and team <> '{team}' union all by name
        select * replace (23 as report_hour, 'questionable' as injury_status) from raw where game_date = '2021-10-21'
    """)  # fmt: skip
    run(copy_of_built)
    cleared = copy_of_built.query(
        f"select count(player_status), bool_and(star_teammates_out = 0), bool_or(player_lookup = '{player}')"
        f" from nba_analytics.{PLAYER} where game_date = '2021-10-20' and team_abbr = '{team}'"
    )
    assert cleared == [(0, True, True)]
    count = (
        "select count(questionable_teammates), count(probable_teammates), count(star_teammates_out) = count(*)"
        f" from nba_analytics.{PLAYER} where game_date = '2021-10-21'"
    )
    assert built.query(count)[0][0] > 0
    assert copy_of_built.query(count) == [(0, 0, True)]
    untouched = "select team_abbr, data_hash from nba_analytics.{} where game_date not in ('2021-10-20', '2021-10-21') order by all"
    for table in (TEAM, PLAYER):
        assert copy_of_built.query(untouched.format(table)) == built.query(untouched.format(table))


@pytest.mark.slow
@pytest.mark.nightly
def test_half_a_gamebook_names_one_team_and_the_other_comes_from_its_recent_games(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """Who played without being on any list has no row, and the ledger says so."""
    ((game, away, home, player),) = built.query("""
        select dim_games.game_id, away_team_abbr, home_team_abbr, (
            select min(player_lookup) from nba_analytics.player_game_summary where game_id = dim_games.game_id
            and team_abbr = home_team_abbr
        ) from nba_intermediate.dim_games inner join nba_intermediate.dim_team_games
        on dim_games.game_id = dim_team_games.game_id and home_team_abbr = team_abbr
        where dim_games.game_date = '2021-10-24' and results_before > 0 order by all limit 1
    """)  # fmt: skip
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", f"""
        from raw where not (game_id = '{game}' and team_abbr = '{home}') and not (
            player_lookup = '{player}' and game_date < '2021-10-25'
        )
    """)  # fmt: skip
    rewrite(copy_of_built.raw_dir, "bdl_player_boxscores", f"""
        from raw where not (player_lookup = '{player}' and game_date < '2021-10-24')
    """)  # fmt: skip
    run(copy_of_built)
    found = dict(copy_of_built.query(
        f"select team_abbr, min(primary_source_used) from nba_analytics.{PLAYER} where game_id = '{game}' group by 1"
    ))  # fmt: skip
    assert found == {away: "nbac_gamebook", home: "player_game_summary"}
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", f"from raw where game_id <> '{game}'")
    run(copy_of_built)  # balldontlie tells who played
    assert copy_of_built.query(
        "select entity_id, failure_category, can_retry from nba_ops.analytics_failures where failure_category = 'NOT_ON_ROSTER'"
        f" and missing_game_ids = '{game}' and entity_id = '{player}'"
    ) == [(player, "NOT_ON_ROSTER", False)]


def test_a_game_moved_to_another_date_takes_its_rows_along(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """Its feeds keep the old date and wait in quarantine; its roster is then that of the recent games."""
    ((game, official, away, home),) = built.query("""
        select game_id, nba_game_id, away_team_abbr, home_team_abbr from nba_intermediate.dim_games
        where game_date = '2021-10-25' and home_team_abbr not in (
            select team_abbr from nba_intermediate.dim_team_games where game_date = '2021-10-26'
        ) and away_team_abbr not in (
            select team_abbr from nba_intermediate.dim_team_games where game_date = '2021-10-26'
        ) order by all limit 1
    """)
    rewrite(copy_of_built.raw_dir, "nbac_schedule", f"""
        select * replace (
            case when game_id = '{official}' then date '2021-10-26' else game_date end as game_date,
            case when game_id = '{official}' then game_datetime_utc + interval 1 day else game_datetime_utc end as game_datetime_utc,
            case when game_id = '{official}' then 1 else game_status end as game_status
        ) from raw
    """)  # fmt: skip
    run(copy_of_built, ("2021-10-25", "2021-10-26"), allow_deletes=True)
    moved = f"20211026_{away}_{home}"
    for table in (TEAM, PLAYER):
        rows = dict(copy_of_built.query(
            f"select game_id, count(*) from nba_analytics.{table} where game_id in ('{game}', '{moved}') group by 1"
        ))  # fmt: skip
        assert list(rows) == [moved]
        assert rows[moved] == (2 if table == TEAM else rows[moved]) > 0
    assert copy_of_built.query(
        f"select distinct primary_source_used from nba_analytics.{PLAYER} where game_id = '{moved}'"
    ) == [("player_game_summary",)]
    rests = dict(copy_of_built.query(
        f"select team_abbr, team_days_rest from nba_analytics.{TEAM} where game_id in ('{game}', '{moved}')"
    ))  # fmt: skip
    assert rests == {
        team: rest + 1
        for team, rest in built.query(
            f"select team_abbr, team_days_rest from nba_analytics.{TEAM} where game_id = '{game}'"
        )
    }


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.usefixtures("rows_may_go")
def test_a_schedule_without_the_day_is_told_apart_from_a_day_without_games(
    copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    rewrite(
        raw,
        "nbac_schedule",
        "select * from raw where game_date not in ('2021-10-23', '2021-10-24') and game_date <= '2021-10-27'",
    )
    for path in sorted((raw / "2021-22").glob("*.parquet")):
        rewrite(raw, path.stem, "select * from raw where game_date <> '2021-10-24'")
    run(copy_of_built, ("2021-10-22", "2021-10-29"), allow_deletes=True)
    days = dict(copy_of_built.query("select cast(game_date as varchar), day_status from nba_ops.schedule_days"))
    assert days["2021-10-22"] == "games"
    assert days["2021-10-23"] == "not_in_schedule"
    assert days["2021-10-24"] == "no_games"
    assert days["2021-10-29"] == "after_schedule"
    said = copy_of_built.query(
        "select distinct cast(analysis_date as varchar), entity_id, failure_category, can_retry from nba_ops.analytics_failures"
        " where entity_type = 'date'"
    )
    assert said == [("2021-10-23", "DATE_LEVEL", "MISSING_SCHEDULE", False)]
    outcome = copy_of_built.dbt("test", "--select", "schedule_days", window=("2021-10-22", "2021-10-29"))
    assert outcome.success  # a warning: what the feeds hold of the day is in quarantine
    assert list(outcome.failures) == ["schedule_days_have_every_played_day"]


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.usefixtures("rows_may_go")
def test_without_arenas_odds_or_injuries_the_tables_build_and_say_what_is_unknown(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    for table in ("odds_api_game_lines", "odds_api_player_points_props", "nbac_injury_report"):
        rewrite(raw, table, "select * from raw where false")
    # The seed tells who the teams are, too, so only the places go.
    copy_of_built.execute(
        "update nba_ops.arenas set city = 'nowhere', latitude = null, longitude = null, timezone = null"
    )
    outcome = copy_of_built.dbt("build", "--exclude-resource-type", "seed")
    assert outcome.success, outcome.failures
    gone = {
        TEAM: ["game_spread", "game_total", "spread_movement", "questionable_players_count", "travel_miles"],
        PLAYER: [
            "has_prop_line", "current_points_line", "game_spread", "opening_total", "prop_over_streak", "player_status",
            "travel_miles", "questionable_teammates",
        ],
    }  # fmt: skip
    issues = {"game_lines_unavailable", "injury_report_unavailable", "venue_unknown"}
    for table, columns in gone.items():
        keys = ", ".join(load_contract(table).key)
        assert copy_of_built.query(f"select {keys} from nba_analytics.{table} order by all") == built.query(
            f"select {keys} from nba_analytics.{table} order by all"
        )
        counts = ", ".join(f"count({column})" for column in columns)
        assert copy_of_built.query(f"select {counts} from nba_analytics.{table}") == [(0,) * len(columns)]
        assert 0 not in built.query(f"select {counts} from nba_analytics.{table}")[0]
        for (said,) in copy_of_built.query(f"select quality_issues from nba_analytics.{table}"):
            assert issues <= set(said)


@pytest.mark.slow
@pytest.mark.nightly
def test_missing_upstream_days_are_counted_retried_locked_and_cleared_by_their_repair(
    built: Warehouse, copy_of_built: Warehouse
) -> None:
    """The days before were never built; three runs later the breaker is open, and building them closes it."""
    upstream = ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary")
    for table in [f"nba_analytics.{name}" for name in upstream] + ["nba_ops.expected_rows"]:
        copy_of_built.execute(f"delete from {table} where game_date < '{LAST_DAYS[0]}'")
    seen: list[Any] = []
    for attempt in range(1, 5):
        run(copy_of_built, LAST_DAYS)
        breakers = copy_of_built.query(
            "select distinct circuit_breaker_active, list_contains(data_quality_issues, 'circuit_breaker_open')"
            f" from nba_analytics.{PLAYER} where game_date = '{LAST_DAYS[0]}' and missing_games_count > 0"
        )
        assert breakers == [(attempt >= 3, attempt >= 3)]
        seen += copy_of_built.query(
            "select count(*), min(attempt_count), max(attempt_count), bool_and(circuit_breaker_tripped), bool_and(can_retry),"
            " bool_and(circuit_breaker_until - last_attempt_at = interval 24 hours) from nba_ops.analytics_failures"
            " where resolution_status = 'UNRESOLVED' and failure_category = 'INCOMPLETE_UPSTREAM'"
        )
    assert seen[0][0] > 100
    assert [row[1:] for row in seen] == [
        (1, 1, False, True, None), (2, 2, False, True, None), (3, 3, True, True, True), (3, 3, True, True, True),
    ]  # fmt: skip
    for table in (TEAM, PLAYER):
        rows = copy_of_built.query(
            "select max(completeness_percentage), bool_or(all_windows_complete), min(reprocess_attempt_count),"
            f" bool_and(circuit_breaker_active), bool_and(is_production_ready) from nba_analytics.{table}"
            f" where game_date = '{LAST_DAYS[0]}' and missing_games_count > 0"
        )
        assert rows == [(0, False, 3, True, True)]  # nothing there; ready all the same in the season's first month
    ((missing,),) = copy_of_built.query(
        "select missing_game_ids from nba_ops.analytics_failures where entity_type = 'team' order by all limit 1"
    )
    assert all(len(game.split("_")) == 3 for game in missing.split(","))
    run(copy_of_built, ("2021-10-19", "2021-10-23"))
    run(copy_of_built, LAST_DAYS)
    assert copy_of_built.query(
        "select distinct resolution_status, circuit_breaker_tripped, circuit_breaker_until, resolved_at is null"
        " from nba_ops.analytics_failures"
    ) == [("RESOLVED", False, None, False)]
    assert copy_of_built.query(
        "select distinct reprocess_attempt_count, circuit_breaker_active, all_windows_complete, data_quality_issues"
        f" from nba_analytics.{PLAYER} where game_date >= '{LAST_DAYS[0]}'"
    ) == [(0, False, True, ["bootstrap_mode", "season_boundary"])]
    assert copy_of_built.hashes() == built.hashes()


def test_what_a_run_says_of_a_row_is_kept_up_to_date_without_touching_the_row(
    built: Warehouse, copy_of_built: Warehouse
) -> None:
    """A completeness that changes alone is published, and the row's processed_at stays."""
    copy_of_built.execute(f"update nba_analytics.{TEAM} set completeness_percentage = 12.5, l7d_is_complete = null")
    times = f"select game_id, team_abbr, processed_at, completeness_percentage from nba_analytics.{TEAM} order by all"
    run(copy_of_built)
    assert copy_of_built.query(times) == built.query(times)
    assert copy_of_built.actions() == dict.fromkeys(hashed_tables(), (0, 0, 0))


@pytest.mark.slow
@pytest.mark.nightly
def test_nothing_of_the_day_or_later_changes_what_was_known_before(
    built: Warehouse, tmp_path: Path, rewrite: Rewrite
) -> None:
    day = date(2021, 10, 22) + timedelta(days=random.Random(4).randrange(4))
    for what in ("results", "everything"):
        raw = tmp_path / what
        shutil.copytree(built.raw_dir, raw)
        hidden_future(raw, day, what, rewrite)
        blind = Warehouse(tmp_path / f"{what}.duckdb", raw)
        run(blind, ("2021-10-19", str(day)))
        for table in (TEAM, PLAYER):
            expected = values_known_before(built, table, day, what)
            found = values_known_before(blind, table, day, what)
            named_by_both = found.keys() & expected.keys()
            assert len(named_by_both) > 1
            assert {key: found[key] for key in named_by_both} == {key: expected[key] for key in named_by_both}
            assert found.keys() == expected.keys() or (what == "everything" and table == PLAYER)
