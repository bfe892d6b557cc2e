"""Box scores, events and totals are weighed: one length of a game, one plus-minus, a play-by-play that the boxes confirm.

Two days of the simulated week are built with a fault in each game, and the faults do not hide one another.
"""

from __future__ import annotations

import pytest

from tests.integration.conftest import copied, rewrite_file
from tests.integration.test_evidence import DAY, JUDGES, covered
from tests.integration.test_feeds_agree import GAMEBOOK
from tests.integration.test_lines_of_players import BALLDONTLIE, PLAY_BY_PLAY
from tests.integration.test_totals_of_teams import BOX, lacking
from tests.warehouse import Warehouse, environment

pytestmark = pytest.mark.slow

OF_EVENTS, OF_BOXES = DAY, "2021-10-22"
PLAYERS, OFFENSE = "player_game_summary", "team_offense_game_summary"
TABLES = (PLAYERS, OFFENSE, "team_defense_game_summary")


def games_of(warehouse: Warehouse, day: str) -> list[tuple[str, str, str]]:
    """Id, home team and away team of a day's first four games."""
    games = warehouse.query(
        "select game_id, home_team_abbr, away_team_abbr from nba_intermediate.dim_games"
        f" where game_date = '{day}' order by game_id limit 4"
    )
    assert len(games) == 4
    return games


@pytest.fixture(scope="module")
def of_events(built: Warehouse) -> list[tuple[str, str, str]]:
    return games_of(built, OF_EVENTS)


@pytest.fixture(scope="module")
def of_boxes(built: Warehouse) -> list[tuple[str, str, str]]:
    return games_of(built, OF_BOXES)


@pytest.fixture(scope="module")
def faulty(
    built: Warehouse,
    of_events: list[tuple[str, str, str]],
    of_boxes: list[tuple[str, str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Warehouse:
    """The week with faults on two of its days.

    Play-by-play of the first day: in the first game two players of the home team have each other's events; the second's runs
    backwards; the third's shots are ten times as far; the fourth's events are all of period 1.

    Boxes of the second day. First game: of players the gamebook alone has it, and there and in the team boxes the home team's
    minutes are those of one overtime.
    Second: neither feed has the home team's minutes. Third: in the gamebook the home team's best scorer has 3 fouls more,
    and the away team's a plus-minus of 7 more. Fourth: the gamebook alone has its players, the home team's best scorer with a
    plus-minus of 7 more.
    """
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("weighed") / "week")
    (swapped, home, _), (backwards, _, _), (far, _, _), (one_period, _, _) = of_events
    (longer, long_home, _), (blank, blank_home, _), (third, third_home, third_away), (fourth, fourth_home, _) = of_boxes
    names = dict(
        built.query(
            f"select player_1_lookup, min(player_1_name) from nba_raw.{PLAY_BY_PLAY} where game_id = '{swapped}'"
            f" and player_1_team_abbr = '{home}' and event_type = 'shot' group by 1 order by count(*) desc, 1 limit 2"
        )
    )
    one, other = names
    names = {player: name.replace("'", "''") for player, name in names.items()}

    def by_player(column: str, of_one: str, of_other: str) -> str:
        return f"""
            case when game_id = '{swapped}' and player_1_lookup = '{one}' then '{of_other}'
                when game_id = '{swapped}' and player_1_lookup = '{other}' then '{of_one}' else {column} end as {column}"""

    for table, sql in [
        (
            PLAY_BY_PLAY,
            f"""
            select * replace (
                {by_player("player_1_lookup", one, other)}, {by_player("player_1_name", names[one], names[other])},
                case when game_id = '{backwards}' then 9999 - event_sequence else event_sequence end as event_sequence,
                case when game_id = '{far}' then 10 * shot_distance else shot_distance end as shot_distance,
                case when game_id = '{one_period}' then 1 else period end as period
            ) from raw where game_id <> '{longer}'""",
        ),
        (
            GAMEBOOK,
            f"""
            select * exclude (place) replace (
                case when game_id = '{longer}' and team_abbr = '{long_home}' and place <= 5 and points is not null then
                        concat(cast(split_part(minutes, ':', 1) as int64) + 5, ':', split_part(minutes, ':', 2))
                    when game_id = '{blank}' and team_abbr = '{blank_home}' then '' else minutes end as minutes,
                case when game_id = '{third}' and team_abbr = '{third_home}' and place = 1 then personal_fouls + 3
                    else personal_fouls end as personal_fouls,
                case when place = 1 and (game_id, team_abbr) in (('{third}', '{third_away}'), ('{fourth}', '{fourth_home}'))
                    then plus_minus + 7 else plus_minus end as plus_minus
            ) from (
                select *, row_number() over (
                    partition by game_id, team_abbr order by coalesce(points, -1) desc, player_lookup
                ) as place from raw
            )""",
        ),
        (
            BALLDONTLIE,
            f"""
            select * replace (
                case when game_id = '{blank}' and team_abbr = '{blank_home}' then '' else minutes end as minutes
            ) from raw where game_id not in ('{longer}', '{fourth}')""",
        ),
        (
            BOX,
            f"""
            select * replace (
                case when game_id = '{longer}' and team_abbr = '{long_home}' then '265:00' else minutes end as minutes
            ) from raw""",
        ),
    ]:
        rewrite_file(warehouse.raw_dir, table, sql)
    with environment(FULLCOURT_ALLOW_DELETES="1"):
        outcome = warehouse.dbt("build", window=(OF_EVENTS, OF_BOXES), allow_deletes=True)
    assert set(outcome.failures) <= JUDGES, outcome.failures
    assert not outcome.error
    return warehouse


def sources_of(warehouse: Warehouse, game_id: str, team: str) -> set[str]:
    return {
        source
        for (source,) in warehouse.query(
            "select distinct primary_source_used from nba_analytics.player_game_summary"
            f" where game_id = '{game_id}' and team_abbr = '{team}'"
        )
    }


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "2 wrong lines, the first: "),
        (1, "events out of order"),
        (2, "shot distances up to "),
        (3, "periods 1 to 1"),
    ],
)
def test_a_play_by_play_that_boxes_or_its_own_events_contradict_is_not_used_and_its_date_says_so(
    faulty: Warehouse, of_events: list[tuple[str, str, str]], number: int, said: str
) -> None:
    game_id, home, _ = of_events[number]
    for table in TABLES:
        why = lacking(faulty, table, game_id)
        assert why[f"{home} play-by-play"].startswith(PLAY_BY_PLAY)
        assert said in why[f"{home} play-by-play"]
        assert covered(faulty, table, OF_EVENTS)[0] == "partial"
    ((verdict,),) = faulty.query(
        f"select home_verdict from nba_ops.game_evidence where game_id = '{game_id}' and feed = '{PLAY_BY_PLAY}'"
    )
    assert said in verdict
    assert faulty.query(
        "select count(*) > 0, count(paint_attempts), count(assisted_fg_makes),"
        f" bool_and(list_contains(quality_issues, 'shot_zones_unavailable')) from nba_analytics.{PLAYERS}"
        f" where game_id = '{game_id}'"
    ) == [(True, 0, 0, True)]
    assert faulty.query(
        "select count(*), count(second_chance_points_scored), bool_or(shot_zones_available)"
        f" from nba_analytics.{OFFENSE} where game_id = '{game_id}'"
    ) == [(2, 0, False)]


def test_the_boxes_of_a_play_by_play_that_is_not_used_stay_as_they_are(
    built: Warehouse, faulty: Warehouse, of_events: list[tuple[str, str, str]]
) -> None:
    for game_id, home, away in of_events:
        rows = (
            "select player_lookup, points, minutes_played, primary_source_used, starter_flag"
            f" from nba_analytics.{PLAYERS} where game_id = '{game_id}' order by 1"
        )
        assert faulty.query(rows) == built.query(rows)
        assert set(lacking(faulty, PLAYERS, game_id)) == {f"{home} play-by-play", f"{away} play-by-play"} - (
            {f"{away} play-by-play"} if game_id == of_events[0][0] else set()
        )


def test_two_players_with_each_others_events_are_named_with_what_both_boxes_have(
    faulty: Warehouse, of_events: list[tuple[str, str, str]]
) -> None:
    game_id = of_events[0][0]
    problems = faulty.query(f"select feed, problem from nba_intermediate.int_line_evidence where game_id = '{game_id}'")
    assert len(problems) == 2
    for feed, problem in problems:
        assert feed == PLAY_BY_PLAY
        assert problem.startswith("both boxes have points/")
        assert f" where {PLAY_BY_PLAY} has " in problem


def test_minutes_of_two_teams_that_tell_games_of_different_lengths_agree_with_neither(
    faulty: Warehouse, of_boxes: list[tuple[str, str, str]]
) -> None:
    game_id, home, away = of_boxes[0]
    why = lacking(faulty, PLAYERS, game_id)
    assert why[f"{home} players"] == f"{GAMEBOOK} has 265:00 minutes where others tell 240:00 of {home}"
    assert why[f"{away} players"] == f"{GAMEBOOK} has 240:00 minutes where others tell 265:00 of {away}"
    assert lacking(faulty, OFFENSE, game_id) == {
        f"{home} team box": f"{BOX} has 265:00 minutes where others tell 240:00 of {home}",
        f"{away} team box": f"{BOX} has 240:00 minutes where others tell 265:00 of {away}",
    }
    for table in TABLES:
        assert covered(faulty, table, OF_BOXES)[0] == "partial"
    assert faulty.query(
        f"select count(distinct seconds_of_game) from nba_intermediate.int_team_evidence where game_id = '{game_id}'"
    ) == [(1,)]


def test_a_team_whose_minutes_nobody_has_is_partial_and_says_so(
    faulty: Warehouse, of_boxes: list[tuple[str, str, str]]
) -> None:
    game_id, home, away = of_boxes[1]
    why = lacking(faulty, PLAYERS, game_id)
    ((players,),) = faulty.query(
        f"select count(*) from nba_analytics.{PLAYERS} where game_id = '{game_id}' and team_abbr = '{home}'"
    )
    assert why == {f"{home} players": f"{GAMEBOOK} has no minutes of {players} of {players} rows of {home}"}
    assert faulty.query(
        "select distinct team_abbr, list_contains(quality_issues, 'box_score_does_not_add_up')"
        f" from nba_analytics.{PLAYERS} where game_id = '{game_id}' order by 2"
    ) == [(away, False), (home, True)]


def test_fouls_and_a_plus_minus_that_are_contradicted_leave_the_team_to_the_other_feed(
    faulty: Warehouse, of_boxes: list[tuple[str, str, str]]
) -> None:
    game_id, home, away = of_boxes[2]
    assert lacking(faulty, PLAYERS, game_id) == {}
    assert sources_of(faulty, game_id, home) == sources_of(faulty, game_id, away) == {"bdl_boxscores"}
    ((of_home, of_away),) = faulty.query(
        f"select home_verdict, away_verdict from nba_ops.game_evidence where game_id = '{game_id}' and feed = '{GAMEBOOK}'"
    )
    assert of_home.startswith("1 wrong line, the first: ")
    assert "personal_fouls " in of_home
    assert of_away.startswith("plus-minus ")


def test_a_plus_minus_that_is_not_five_times_the_margin_is_named(
    faulty: Warehouse, of_boxes: list[tuple[str, str, str]]
) -> None:
    game_id, home, _ = of_boxes[3]
    ((margin,),) = faulty.query(
        f"select margin_of_victory from nba_analytics.{OFFENSE} where game_id = '{game_id}' and team_abbr = '{home}'"
    )
    assert lacking(faulty, PLAYERS, game_id) == {
        f"{home} players": f"{GAMEBOOK} has plus-minus {5 * margin + 7} of {5 * margin} of {home}"
    }
