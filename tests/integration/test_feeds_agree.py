"""What one feed says is held against the others: a fault of one is named, and never decides a date in silence."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Rewrite
from tests.integration.test_evidence import DAY, build_day, covered, game, sources, with_another
from tests.warehouse import Warehouse

__all__ = ["game"]  # the fixture of that module

pytestmark = pytest.mark.slow
Game = tuple[str, str, str]
GAMEBOOK = "nbac_gamebook_player_stats"
BDL_COUNTS = (
    "points", "rebounds", "offensive_rebounds", "defensive_rebounds", "assists", "steals", "blocks", "turnovers",
    "personal_fouls", "field_goals_made", "field_goals_attempted", "three_pointers_made", "three_pointers_attempted",
    "free_throws_made", "free_throws_attempted",
)  # fmt: skip


def held(warehouse: Warehouse, feed: str) -> dict[str, int]:
    return dict(warehouse.query(
        f"select reason, count(*) from nba_ops.quarantine where table_name = '{feed}' and game_date = '{DAY}' group by 1"
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("period <= 2", "last score is not the final score"),
        ("period <> 2", "points of its events are not the final score"),
    ],
)
def test_a_play_by_play_that_lacks_events_is_not_used_and_its_date_says_so(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None, left: str, said: str
) -> None:
    game_id, home, _ = game
    rewrite(
        copy_of_built.raw_dir, "bigdataball_play_by_play", f"from raw where game_id <> '{game_id}' or {left}"
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == covered(copy_of_built, "team_offense_game_summary")[0] == "partial"
    assert "bigdataball_play_by_play has " in reason
    assert " points of " in reason
    assert copy_of_built.query(
        f"select count(*) > 0, count(paint_attempts) from nba_analytics.player_game_summary where game_id = '{game_id}'"
    ) == [(True, 0)]
    assert said in held(copy_of_built, "bigdataball_play_by_play")
    assert sources(copy_of_built, game_id)[home] == "nbac_gamebook"  # the others are right, and stay so


def test_a_play_by_play_whose_court_zones_its_distances_contradict_is_not_used(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    game_id = game[0]
    rewrite(
        copy_of_built.raw_dir, "bigdataball_play_by_play",
        f"""
        select * replace (
            case when game_id = '{game_id}' and shot_zone_basic = 'Mid-Range' then 'Restricted Area' else shot_zone_basic end
                as shot_zone_basic
        ) from raw""",
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert "shots from court zones that their distances contradict" in reason


def test_a_schedule_with_the_teams_exchanged_is_contradicted_by_the_play_by_play(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    _, home, away = game
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw where not (game_date = '{DAY}' and home_team_tricode = '{home}')
        union all by name (
            select * replace (
                '{away}' as home_team_tricode, '{home}' as away_team_tricode, away_team_score as home_team_score,
                home_team_score as away_team_score
            ) from raw where game_date = '{DAY}' and home_team_tricode = '{home}'
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert "bigdataball_play_by_play has " in reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("null as team_abbr", "team does not play in the game"),
        ("null as player_status", "unknown player status"),
        ("null as points", "a count is missing"),
        ("null as assists", "a count is missing"),
        ("total_rebounds + 40 as total_rebounds", "rebounds do not add up"),
    ],
)
def test_a_row_of_the_gamebook_that_lacks_something_is_held_back_by_name(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None, change: str, reason: str
) -> None:
    game_id, home, _ = game
    expression, _, column = change.rpartition(" as ")
    rewrite(copy_of_built.raw_dir, GAMEBOOK, with_another(column, expression, game_id, home))
    build_day(copy_of_built)
    assert held(copy_of_built, GAMEBOOK) == {reason: 1}


def test_two_lines_of_a_team_box_that_differ_are_both_held_back(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    _, home, _ = game
    rewrite(
        copy_of_built.raw_dir, "nbac_team_boxscore",
        f"""
        from raw union all by name (
            select * replace (assists - 1 as assists) from raw
            where game_date = '{DAY}' and team_abbr = '{home}'
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert held(copy_of_built, "nbac_team_boxscore") == {
        "two different lines of the team": 1, "no usable row of the opponent": 1,
    }  # fmt: skip


def test_a_player_whom_two_feeds_have_under_a_team_each_has_no_row_and_fails_no_date(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """The home team's feed is balldontlie, since the gamebook lacks its best scorer; one who sat out is the visitors'."""
    game_id, home, away = game
    raw, players = copy_of_built.raw_dir, "nba_analytics.player_game_summary"
    ((best,),) = copy_of_built.query(
        f"select player_lookup from {players} where game_id = '{game_id}' and team_abbr = '{home}' order by points desc limit 1"
    )
    ((visitor, name),) = copy_of_built.query(
        f"select player_lookup, player_full_name from {players} where game_id = '{game_id}' and team_abbr = '{away}'"
        " order by points desc, player_lookup limit 1"
    )
    rewrite(raw, GAMEBOOK, f"from raw where not (game_id = '{game_id}' and player_lookup = '{best}')")
    blank = ", ".join(f"0 as {column}" for column in BDL_COUNTS)
    rewrite(
        raw, "bdl_player_boxscores",
        f"""
        from raw where not (game_date = '{DAY}' and team_abbr = '{away}')
        union all by name (
            select * replace (
                {blank}, '0' as minutes, '{visitor}' as player_lookup, '{name}' as player_full_name
            ) from raw where game_date = '{DAY}' and team_abbr = '{home}' limit 1
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert sources(copy_of_built, game_id) == {home: "bdl_boxscores", away: "nbac_gamebook"}
    assert covered(copy_of_built)[0] == "partial"
    assert copy_of_built.query(
        f"select game_id, quarantine_reason from nba_ops.expected_boxes where entity = '{visitor}' and game_date = '{DAY}'"
        " and table_name = 'player_game_summary'"
    ) == [(game_id, "player is under both teams")]
    assert copy_of_built.query(
        f"select count(*) > 0, count(case when player_lookup = '{visitor}' then 1 end) from {players}"
        f" where game_id = '{game_id}'"
    ) == [(True, 0)]


def test_starters_whom_the_play_by_play_has_on_the_bench_are_named(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    game_id, home, _ = game
    starter, substitute = (
        copy_of_built.query(
            f"select min(player_lookup) from nba_analytics.player_game_summary where game_id = '{game_id}'"
            f" and team_abbr = '{home}' and starter_flag = {flag}"
        )[0][0]
        for flag in ("true", "false")
    )
    rewrite(
        copy_of_built.raw_dir, GAMEBOOK,
        f"""
        select * replace (
            case when game_id = '{game_id}' and player_lookup = '{starter}' then null
                when game_id = '{game_id}' and player_lookup = '{substitute}' then 'F' else start_position end
                as start_position
        ) from raw""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert covered(copy_of_built)[0] == "partial"
    assert copy_of_built.query(
        f"select quarantine_reason from nba_ops.expected_boxes where entity = '{home} starters' and game_date = '{DAY}'"
    ) == [(f"{GAMEBOOK} of {home}: starters {substitute}, whom the play-by-play has on the bench",)]


def test_a_feed_with_blank_minutes_is_left_for_one_that_has_them(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """A blank cell hides who else is lacking."""
    game_id, home, away = game
    rewrite(copy_of_built.raw_dir, GAMEBOOK, with_another("minutes", "''", game_id, home))
    build_day(copy_of_built)
    assert sources(copy_of_built, game_id) == {home: "bdl_boxscores", away: "nbac_gamebook"}


@pytest.mark.parametrize(("count", "minutes"), [("null", "null"), ("0", "''")])
def test_balldontlie_lists_who_sat_out_without_minutes_and_without_a_count(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None, count: str, minutes: str
) -> None:
    game_id, home, _ = game
    raw = copy_of_built.raw_dir
    ((name, lookup),) = copy_of_built.query(
        "select player_name, player_lookup from nba_intermediate.dim_players where player_lookup not in"
        f" (select player_lookup from nba_raw.bdl_player_boxscores where game_date = '{DAY}') order by 2 limit 1"
    )
    blank = ", ".join(f"{count} as {column}" for column in BDL_COUNTS)
    rewrite(raw, GAMEBOOK, f"from raw where game_id <> '{game_id}'")
    rewrite(
        raw, "bdl_player_boxscores",
        f"""
        from raw union all by name (
            select * replace (
                {blank}, {minutes} as minutes, '{lookup}' as player_lookup, '{name}' as player_full_name
            ) from raw where game_date = '{DAY}' and team_abbr = '{home}' limit 1
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert covered(copy_of_built) == ("complete", "")
    assert copy_of_built.query(
        "select minutes_played, points, fg_attempts from nba_analytics.player_game_summary"
        f" where game_date = '{DAY}' and player_lookup = '{lookup}'"
    ) == [(0, 0, 0)]


def test_who_is_on_court_by_the_play_by_play_did_not_sit_out(
    copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    ((game_id, lookup),) = copy_of_built.query(
        f"select game_id, player_lookup from nba_analytics.player_game_summary where game_date = '{DAY}'"
        " and points = 0 and minutes_played > 0 order by minutes_played, player_lookup limit 1"
    )
    rewrite(copy_of_built.raw_dir, GAMEBOOK, f"from raw where game_id <> '{game_id}'")
    blank = ", ".join(
        f"case when game_date = '{DAY}' and player_lookup = '{lookup}' then 0 else {name} end as {name}"
        for name in BDL_COUNTS
    )
    rewrite(
        copy_of_built.raw_dir, "bdl_player_boxscores",
        f"select * replace ({blank}, case when game_date = '{DAY}' and player_lookup = '{lookup}' then null"
        " else minutes end as minutes) from raw",
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert lookup in reason


def test_a_wrong_id_in_one_feed_is_no_old_schedule(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    game_id = game[0]
    for wrong, feeds in [("game_id || ' '", {"nbac_gamebook"}), ("'x' || game_id", {"bdl_boxscores"})]:
        rewrite(
            copy_of_built.raw_dir, GAMEBOOK,
            f"select * replace (case when trim(game_id) = '{game_id}' then {wrong} else game_id end as game_id) from raw",
        )  # fmt: skip
        build_day(copy_of_built)
        assert set(sources(copy_of_built, game_id).values()) == feeds
        assert copy_of_built.query("select count(*) from nba_ops.schedule_conflicts") == [(0,)]


def test_games_that_do_not_count_are_out_of_scope_by_their_ids_though_the_schedule_lacks_them(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    for feed in (GAMEBOOK, "bdl_player_boxscores", "bigdataball_play_by_play"):
        rewrite(
            copy_of_built.raw_dir, feed,
            f"""
            from raw union all by name (
                select * replace ('0012199999' as game_id) from raw where game_id = '{game[0]}'
            )""",
        )  # fmt: skip
    build_day(copy_of_built)
    assert covered(copy_of_built)[0] == "complete"
    assert held(copy_of_built, GAMEBOOK) == {}


def test_a_game_that_no_play_by_play_has_is_named_and_its_date_is_complete(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    game_id = game[0]
    rewrite(copy_of_built.raw_dir, "bigdataball_play_by_play", f"from raw where game_id <> '{game_id}'")
    build_day(copy_of_built)
    assert covered(copy_of_built) == ("complete", "")
    assert held(copy_of_built, "bigdataball_play_by_play") == {"no play-by-play of the game": 1}
    assert copy_of_built.query(
        "select distinct shot_zones_source from nba_analytics.team_offense_game_summary"
        f" where game_date = '{DAY}' and game_id in"
        " (select game_id from nba_ops.quarantine where reason = 'no play-by-play of the game')"
    ) == [(None,)]
