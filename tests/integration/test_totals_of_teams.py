"""What only a comparison shows: totals that are not those of the players, who plays twice on a date, a roster cut off.

One day of four games is built with a fault in each, and the faults do not hide one another.
"""

from __future__ import annotations

import pytest

from tests.integration.conftest import copied, rewrite_file
from tests.integration.test_evidence import DAY, build_day, covered
from tests.integration.test_feeds_agree import GAMEBOOK, held
from tests.integration.test_lines_of_players import BALLDONTLIE, PLAY_BY_PLAY
from tests.warehouse import Warehouse, environment

pytestmark = pytest.mark.slow
BOX, INJURIES = "nbac_team_boxscore", "nbac_injury_report"


@pytest.fixture(scope="module")
def games(built: Warehouse) -> list[tuple[str, str]]:
    """Id and home team of the day's four games."""
    return built.query(
        f"select game_id, home_team_abbr from nba_intermediate.dim_games where game_date = '{DAY}' order by game_id"
    )


@pytest.fixture(scope="module")
def faulty(
    built: Warehouse, games: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Warehouse, str]:
    """The day with its faults, and whose name stands in two games of it.

    First game: its team box has 8 assists more of one team, and an hour more of playing time of the other. Second: its
    play-by-play has neither misses nor rebounds. Third: balldontlie alone has players, the team box 9 fouls more, and one
    of the players has the name of one of the first game. Fourth: the gamebook has three players of the home team, and
    credits a basket of the other team's best to a team-mate. In all, blank text stands where nobody starts, but for the away
    team of the second, of which everybody does. Statuses of injuries are in capitals between blanks, and one is unknown.
    """
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("faulty") / "week")
    (first, home), (second, _), (third, other_home), (fourth, last_home) = games
    ((name, key),) = built.query(
        f"select player_name, player_lookup from nba_raw.{GAMEBOOK} where game_id = '{first}' and points > 0"
        " order by points desc, player_lookup limit 1"
    )
    whose = f"""
        game_id = '{third}' and team_abbr = '{other_home}' and player_lookup = (
            select max_by(player_lookup, points) from raw where game_id = '{third}' and team_abbr = '{other_home}'
        )
    """
    for table, sql in [
        (
            BOX,
            f"""
            select * replace (
                case when game_date = '{DAY}' and team_abbr = '{home}' then assists + 8 else assists end as assists,
                case when game_date = '{DAY}' and team_abbr = '{first[9:12]}' then '300' else minutes end as minutes,
                case when game_date = '{DAY}' and team_abbr = '{other_home}' then personal_fouls + 9 else personal_fouls end
                    as personal_fouls
            ) from raw""",
        ),
        (
            PLAY_BY_PLAY,
            f"""
            from raw where game_id <> '{third}' and (
                game_id <> '{second}' or not (event_type = 'rebound' or (event_type = 'shot' and not shot_made))
            )""",
        ),
        (
            BALLDONTLIE,
            f"""
            select * replace (
                case when {whose} then '{name.replace("'", "''")}' else player_full_name end as player_full_name,
                case when {whose} then '{key}' else player_lookup end as player_lookup
            ) from raw""",
        ),
        (
            GAMEBOOK,
            f"""
            select * exclude (place, basket) replace (
                case when game_id = '{second}' and team_abbr = '{second[9:12]}' then 'F' else coalesce(start_position, ' ') end
                    as start_position,
                points + 2 * basket as points,
                field_goals_made + basket as field_goals_made,
                field_goals_attempted + basket as field_goals_attempted
            ) from (
                select
                    *,
                    row_number() over (partition by game_id, team_abbr order by points desc, player_lookup) as place,
                    case when game_id = '{fourth}' and team_abbr = '{fourth[9:12]}' then
                        case row_number() over (partition by game_id, team_abbr order by points desc, player_lookup)
                            when 1 then -1 when 2 then 1 else 0 end
                    else 0 end as basket
                from raw
            ) where game_id <> '{third}' and (place <= 3 or game_id <> '{fourth}' or team_abbr <> '{last_home}')""",
        ),
        (
            INJURIES,
            f"""
            select * exclude (place) replace (
                case when place = 1 then 'Game Time Decision' else ' ' || upper(injury_status) || ' ' end as injury_status
            ) from (
                select *, row_number() over (order by game_date <> '{DAY}', player_lookup, report_hour) as place from raw
            )""",
        ),
    ]:
        rewrite_file(warehouse.raw_dir, table, sql)
    with environment(FULLCOURT_ALLOW_DELETES="1"):
        build_day(warehouse)
    return warehouse, key


def lacking(warehouse: Warehouse, table: str, game_id: str) -> dict[str, str]:
    """What a table lacks of a game: whose row, and why."""
    return dict(
        warehouse.query(
            "select entity, quarantine_reason from nba_ops.expected_rows"
            f" where table_name = '{table}' and game_id = '{game_id}' and quarantine_reason is not null"
        )
    )


@pytest.mark.parametrize("table", ["player_game_summary", "team_offense_game_summary", "team_defense_game_summary"])
def test_a_team_box_that_two_other_feeds_contradict_is_made_of_its_players(
    built: Warehouse, faulty: tuple[Warehouse, str], games: list[tuple[str, str]], table: str
) -> None:
    warehouse, _ = faulty
    game_id, home = games[0]
    rows = f"select data_hash from nba_analytics.{table} where game_id = '{game_id}' order by 1"
    assert warehouse.query(rows) == built.query(rows)
    assert f"{home} team box" not in lacking(warehouse, table, game_id)
    assert held(warehouse, BOX) == {"other totals than those of the players": 3}
    ((said,),) = warehouse.query(
        f"select home_verdict from nba_ops.game_evidence where game_id = '{game_id}' and feed = '{BOX}'"
    )
    assert said.startswith("assists ")


def test_a_team_box_and_players_that_nothing_tells_apart_are_both_named(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    warehouse, _ = faulty
    game_id, home = games[2]
    for table in ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary"):
        why = lacking(warehouse, table, game_id)[f"{home} team box"]
        assert why.startswith(f"{BOX} of {home}: personal_fouls ")
        assert covered(warehouse, table)[0] == "partial"


def test_a_play_by_play_without_the_misses_is_named_though_its_points_are_the_score(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    warehouse, _ = faulty
    game_id, home = games[1]
    for table in ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary"):
        why = lacking(warehouse, table, game_id)[f"{home} play-by-play"]
        assert why.startswith(f"{PLAY_BY_PLAY} of {home}: fg_attempts ")
    assert held(warehouse, PLAY_BY_PLAY)["other totals than those of the players"] == 2


def test_who_plays_two_games_of_a_date_is_named_in_both(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    warehouse, key = faulty
    for game_id in (games[0][0], games[2][0]):
        assert lacking(warehouse, "player_game_summary", game_id)[f"{key} twice"].endswith(
            "he has a line of another game of the date"
        )


def test_a_roster_without_players_who_played_is_cut_off(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    """The three whom it names have rows, and so has who appeared for the team lately."""
    warehouse, _ = faulty
    game_id, home = games[3]
    why = lacking(warehouse, "upcoming_player_game_context", game_id)[f"{home} players"]
    assert why.startswith(f"{GAMEBOOK} of {home}: no row of ")
    outcome, reason = covered(warehouse, "upcoming_player_game_context")
    assert (outcome, why in reason) == ("partial", True)
    ((rows,),) = warehouse.query(
        "select count(*) from nba_analytics.upcoming_player_game_context"
        f" where game_id = '{game_id}' and team_abbr = '{home}'"
    )
    assert rows > 3


def test_blank_text_is_no_place_in_the_starting_five(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    everybody_starts = games[1][0]
    assert set(
        faulty[0].query(f"""
            select count_if(is_starter) from nba_staging.stg_nbac__gamebook_player_stats
            where game_date = '{DAY}' and (game_id, team_abbr) <> ('{everybody_starts}', '{everybody_starts[9:12]}')
            group by game_id, team_abbr having count(*) > 3
        """)
    ) == {(5,)}


def test_a_feed_that_names_more_than_five_starters_of_a_team_names_none(
    faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    """Nor does the game's play-by-play, which is not used: nobody knows who started for the away team."""
    game_id, home = games[1]
    of_teams = dict(
        faulty[0].query(
            "select team_abbr, count_if(is_starter) from nba_intermediate.int_player_boxes"
            f" where game_id = '{game_id}' group by 1"
        )
    )
    assert of_teams == {home: 5, game_id[9:12]: None}


def test_a_basket_that_is_credited_to_a_team_mate_is_contradicted(
    built: Warehouse, faulty: tuple[Warehouse, str], games: list[tuple[str, str]]
) -> None:
    """The other feed and the play-by-play agree on whose it was, so his team is taken from that feed."""
    game_id = games[3][0]
    of_team = (
        "select player_lookup, points, fg_makes from nba_analytics.player_game_summary"
        f" where game_id = '{game_id}' and team_abbr = '{game_id[9:12]}' order by 1"
    )
    assert faulty[0].query(of_team) == built.query(of_team)
    ((source,),) = faulty[0].query(
        "select distinct box_source from nba_intermediate.int_player_boxes"
        f" where game_id = '{game_id}' and team_abbr = '{game_id[9:12]}'"
    )
    assert source == "bdl_boxscores"


def test_a_status_of_an_injury_is_read_in_any_case_and_an_unknown_one_is_named(
    built: Warehouse, faulty: tuple[Warehouse, str]
) -> None:
    rows = (
        "select player_lookup, report_hour, injury_status from nba_staging.stg_nbac__injury_report"
        f" where game_date = '{DAY}' and injury_status <> 'game time decision' order by all"
    )
    assert len(faulty[0].query(rows)) == len(built.query(rows)) - 1
    assert set(faulty[0].query(rows)) < set(built.query(rows))
    assert held(faulty[0], INJURIES) == {"unknown injury status": 1}
