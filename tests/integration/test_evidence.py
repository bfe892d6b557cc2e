"""Complete means that the evidence agrees: box scores are held against the score, and a row that is held back is missed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.integration.conftest import Rewrite
from tests.warehouse import Warehouse

DAY = "2021-10-21"
JUDGES = {"coverage_accounts_for_every_date", "schedule_days_have_every_played_day"}


@pytest.fixture(scope="module")
def game(built: Warehouse) -> tuple[str, str, str]:
    """Id, home team and away team of the first final game of the day."""
    (row,) = built.query(
        "select game_id, home_team_abbr, away_team_abbr from nba_intermediate.dim_games"
        f" where game_date = '{DAY}' and is_final and is_in_scope order by game_id limit 1"
    )
    return row


def build_day(warehouse: Warehouse, day: str = DAY) -> None:
    """dbt build of the day. Nothing may fail but the tests that say what the date lacks."""
    outcome = warehouse.dbt("build", window=(day, day), allow_deletes=True)
    assert set(outcome.failures) <= JUDGES, outcome.failures
    assert not outcome.error


def covered(warehouse: Warehouse, table: str = "player_game_summary", day: str = DAY) -> tuple[str, str]:
    """Outcome and reason of a date."""
    ((outcome, reason),) = warehouse.query(
        f"select outcome, coalesce(reason, '') from nba_ops.coverage where table_name = '{table}' and game_date = '{day}'"
    )
    return outcome, reason


def sources(warehouse: Warehouse, game_id: str) -> dict[str, str]:
    """Feeds of a game's player rows, by team."""
    rows = warehouse.query(
        "select team_abbr, string_agg(distinct primary_source_used, ',') from nba_analytics.player_game_summary"
        f" where game_id = '{game_id}' group by 1"
    )
    return dict(rows)


def without_players(game_id: str, team: str, count: int) -> str:
    """SQL of a box-score feed that lacks a team's best scorers of a game."""
    return f"""
        select * exclude (place) from (
            select *, row_number() over (
                partition by game_id, team_abbr order by coalesce(points, -1) desc, player_lookup
            ) as place
            from raw
        ) where not (game_id = '{game_id}' and team_abbr = '{team}' and place <= {count})
    """


def with_another(column: str, expression: str, game_id: str, team: str) -> str:
    """SQL of a box-score feed in which a team's best scorer of a game has another value of a column."""
    return f"""
        select * exclude (place) replace (
            case when place = 1 and game_id = '{game_id}' and team_abbr = '{team}' then {expression} else {column} end as {column}
        ) from (
            select *, row_number() over (
                partition by game_id, team_abbr order by coalesce(points, -1) desc, player_lookup
            ) as place
            from raw
        )
    """


def test_a_team_whose_gamebook_lacks_players_is_taken_from_the_feed_that_agrees(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, away = game
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", without_players(game_id, home, 4))
    build_day(copy_of_built)
    assert sources(copy_of_built, game_id) == {home: "bdl_boxscores", away: "nbac_gamebook"}
    assert covered(copy_of_built)[0] == "complete"
    verdicts = dict(copy_of_built.query(
        f"select feed, home_verdict from nba_ops.game_evidence where game_id = '{game_id}'"
    ))  # fmt: skip
    assert verdicts["bdl_player_boxscores"] == "agrees"
    assert verdicts["nbac_gamebook_player_stats"].endswith(" points")


def test_where_no_feed_agrees_the_date_is_partial_and_says_which_team_lacks_how_many_points(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, away = game
    for feed in ("nbac_gamebook_player_stats", "bdl_player_boxscores"):
        rewrite(copy_of_built.raw_dir, feed, without_players(game_id, home, 3))
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    ((there, score),) = copy_of_built.query(
        f"select points, score from nba_intermediate.int_box_choices where game_id = '{game_id}' and team_abbr = '{home}'"
    )
    assert outcome == "partial"
    assert f"nbac_gamebook_player_stats has {there} of {score} points of {home}" in reason
    tiers = copy_of_built.query(
        "select distinct team_abbr, data_quality_tier, list_contains(quality_issues, 'box_score_does_not_add_up')"
        f" from nba_analytics.player_game_summary where game_id = '{game_id}' order by 1"
    )
    assert sorted(tiers) == sorted([(home, "bronze", True), (away, "gold", False)])
    assert copy_of_built.query(
        f"select count(*) from nba_ops.quarantine where game_id = '{game_id}' and row_key = '{home}'"
        " and reason like 'no feed agrees with the final score: %'"
    ) == [(1,)]


def test_players_under_both_teams_are_named_and_counted_for_neither(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, away = game
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", f"select * from raw where game_id <> '{game_id}'")
    rewrite(
        copy_of_built.raw_dir, "bdl_player_boxscores",
        f"""
        from raw union all by name (
            select * replace ('{away}' as team_abbr) from raw where game_id = '{game_id}' and team_abbr = '{home}'
            order by points desc, player_lookup limit 3
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    found = copy_of_built.query(
        "select row_key, count(*) from nba_ops.quarantine"
        f" where game_id = '{game_id}' and reason = 'player is under both teams' group by 1"
    )
    assert [count for _, count in found] == [2, 2, 2]
    assert covered(copy_of_built)[0] == "partial"
    assert copy_of_built.query(
        "select players_under_both_teams, away_verdict from nba_ops.game_evidence"
        f" where game_id = '{game_id}' and feed = 'bdl_player_boxscores'"
    ) == [(3, "agrees")]


def test_two_lines_under_one_name_are_not_his(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, _ = game
    ((one, other),) = copy_of_built.query(
        "select min_by(player_lookup, -points), min_by(player_lookup, points) from nba_analytics.player_game_summary"
        f" where game_id = '{game_id}' and team_abbr = '{home}' and points > 0"
    )
    rewrite(
        copy_of_built.raw_dir, "nbac_gamebook_player_stats",
        f"""
        select raw.* replace (
            case when raw.game_id = '{game_id}' and raw.player_lookup = '{other}' then mate.player_name else raw.player_name end as player_name,
            case when raw.game_id = '{game_id}' and raw.player_lookup = '{other}' then mate.player_lookup else raw.player_lookup end as player_lookup
        ) from raw
        cross join (select player_name, player_lookup from raw where player_lookup = '{one}' limit 1) as mate""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert copy_of_built.query(
        f"select row_key from nba_ops.quarantine where game_id = '{game_id}'"
        " and reason = 'two different lines of the player'"
    ) == [(one,)]
    assert sources(copy_of_built, game_id)[home] == "bdl_boxscores"
    assert covered(copy_of_built)[0] == "complete"


def unknown_player(count: int, game_id: str, team: str) -> str:
    """SQL of a feed of players that knows so many of a team by names that nobody has."""
    return f"""
        select * exclude (place) replace (
            case when place <= {count} and game_id = '{game_id}' and team_abbr = '{team}'
                then 'Nobody Known' || chr(64 + place::int) else player_name end as player_name,
            case when place <= {count} and game_id = '{game_id}' and team_abbr = '{team}'
                then 'nobodyknown' || chr(96 + place::int) else player_lookup end as player_lookup
        ) from (
            select *, row_number() over (
                partition by game_id, team_abbr order by coalesce(points, -1) desc, player_lookup
            ) as place
            from raw
        )
    """


def test_a_row_in_quarantine_is_a_row_that_lacks(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, _ = game
    rewrite(copy_of_built.raw_dir, "nbac_gamebook_player_stats", unknown_player(2, game_id, home))
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert "2 rows held back, the first: unknown player: nobodyknowna" in reason
    ((lacking, expected, actual),) = copy_of_built.query(
        "select quarantined, expected_rows, actual_rows from nba_ops.coverage"
        f" where table_name = 'player_game_summary' and game_date = '{DAY}'"
    )
    assert (lacking, expected - actual) == (2, 2)


@pytest.mark.slow
def test_a_broken_minute_is_a_row_that_lacks_and_its_points_still_speak_for_its_feed(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, _ = game
    rewrite(
        copy_of_built.raw_dir, "nbac_gamebook_player_stats", with_another("minutes", "'0.583333333'", game_id, home)
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert "1 row held back, the first: unreadable minutes: " in reason
    assert sources(copy_of_built, game_id)[home] == "nbac_gamebook"


@pytest.mark.slow
def test_a_feed_that_lacks_somebody_who_played_a_few_minutes_and_did_not_score_is_left_for_one_that_has_him(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    """His points are not missed: only the minutes, and the other feed, tell."""
    game_id, home, _ = game
    bench = ("Bench Mob", "benchmob")
    ((some_player, seconds),) = copy_of_built.query(
        "select player_lookup, cast(minutes_played * 60 as int) from nba_analytics.player_game_summary"
        f" where game_id = '{game_id}' and team_abbr = '{home}' order by points desc, player_lookup limit 1"
    )
    assert seconds > 200
    # In the gamebook he played two minutes less, and nobody has them; the other feed gives them to a team-mate.
    rewrite(
        copy_of_built.raw_dir, "nbac_gamebook_player_stats",
        f"""
        select * replace (
            case when game_id = '{game_id}' and player_lookup = '{some_player}'
                then ({seconds} - 120) // 60 || ':' || lpad((({seconds} - 120) % 60)::varchar, 2, '0')
                else minutes end as minutes
        ) from raw""",
    )  # fmt: skip
    rewrite(
        copy_of_built.raw_dir, "bdl_player_boxscores",
        f"""
        from raw union all by name (
            select * replace (
                '{bench[0]}' as player_full_name, '{bench[1]}' as player_lookup, '2' as minutes, 0 as points
            ) from raw where game_id = '{game_id}' and team_abbr = '{home}' limit 1
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert sources(copy_of_built, game_id)[home] == "bdl_boxscores"
    ((verdict,),) = copy_of_built.query(
        "select verdict from nba_intermediate.int_team_evidence"
        f" where game_id = '{game_id}' and team_abbr = '{home}' and feed = 'nbac_gamebook_player_stats'"
    )
    assert verdict.startswith("238:")
    assert verdict.endswith(" of 240:00 minutes")


@pytest.mark.slow
def test_players_of_a_game_that_nobody_scheduled_are_rows_that_lack(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, home, _ = game
    rewrite(
        copy_of_built.raw_dir, "bdl_player_boxscores",
        f"""
        from raw union all by name (
            select * replace ('20211021_AAA_BBB' as game_id) from raw
            where game_id = '{game_id}' and team_abbr = '{home}' order by player_lookup limit 2
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert f"2 rows held back, the first: no scheduled game ({home}, bdl_player_boxscores): " in reason


def test_the_seed_of_exceptions_names_rows_reason_and_who_looked() -> None:
    with Path("seeds/completeness_exceptions.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert lines
    assert all(line["reason"] and line["reviewed_by"] for line in lines)
    # A line excuses somebody by name, or says that nobody can be named: none excuses rows whosever they are.
    assert all(int(line["row_count"]) == (1 if line["entity"] else 0) for line in lines)


def test_a_game_that_feeds_have_as_played_and_the_schedule_has_not_final_blocks_its_date_and_those_that_look_back(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str]
) -> None:
    game_id, _, _ = game
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        select * replace (
            case when is_it then 1 else game_status end as game_status,
            case when is_it then null else home_team_score end as home_team_score,
            case when is_it then null else away_team_score end as away_team_score
        ) from (select *, strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode = '{game_id}' as is_it from raw)
        """.replace("select * replace", "select * exclude (is_it) replace", 1),
    )  # fmt: skip
    outcome = copy_of_built.dbt("build", window=(DAY, "2021-10-23"))
    assert set(outcome.failures) == {"coverage_accounts_for_every_date"}, outcome
    for table in ("player_game_summary", "upcoming_team_game_context"):
        said, reason = covered(copy_of_built, table)
        assert said == "blocked"
        assert "calls scheduled 1 game played by" in reason
        assert game_id in reason
    assert covered(copy_of_built, "upcoming_team_game_context", "2021-10-23")[0] == "blocked"
    assert covered(copy_of_built, "player_game_summary", "2021-10-23")[0] == "complete"
    assert copy_of_built.query(
        "select distinct is_production_ready from nba_analytics.upcoming_team_game_context where game_date = '2021-10-23'"
    ) == [(False,)]


def test_a_game_in_progress_blocks_nothing_and_its_figures_are_not_used(
    copy_of_built: Warehouse, rewrite: Rewrite, game: tuple[str, str, str], rows_may_go: None
) -> None:
    game_id, _, _ = game
    of_game = "strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode"
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"select * replace (case when {of_game} = '{game_id}' then 2 else game_status end as game_status) from raw",
    )  # fmt: skip
    for feed in ("nbac_gamebook_player_stats", "bdl_player_boxscores"):
        rewrite(
            copy_of_built.raw_dir, feed,
            f"""
            select * replace (
                case when game_id = '{game_id}' and minutes is not null then '10' else minutes end as minutes,
                case when game_id = '{game_id}' then timestamptz '{DAY} 23:59:00+00' else processed_at end as processed_at
            ) from raw""",
        )  # fmt: skip
    for feed in ("nbac_team_boxscore", "bigdataball_play_by_play"):
        rewrite(copy_of_built.raw_dir, feed, f"select * from raw where game_id <> '{game_id}'")
    build_day(copy_of_built)
    assert copy_of_built.query("select count(*) from nba_ops.schedule_conflicts") == [(0,)]
    assert sources(copy_of_built, game_id) == {}
    assert set(copy_of_built.query(
        f"select home_verdict from nba_ops.game_evidence where game_id = '{game_id}' and feed <> 'nbac_schedule'"
    )) == {("in progress",)}  # fmt: skip
