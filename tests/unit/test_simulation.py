"""A simulated season looks like a real one: its calendar, its totals, and that its tables agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from python_processors.raw_contract import raw_tables
from python_processors.simulation import SimulatedSeason, simulate
from python_processors.simulation.calendar import make_calendar
from python_processors.simulation.players import ROSTER, make_league
from python_processors.simulation.playoffs import Bracket
from python_processors.simulation.season import play_season
from python_processors.simulation.teams import TEAMS
from python_processors.simulation.write import NothingPlayedError

REGULAR = "substr(nba_game_id, 1, 3) = '002'"

# Published totals of 2021-22 and 2022-23 (raw archive, control totals), by team and game unless the name says
# otherwise, and how far outside the two a simulated season may be.
TEAM_GAMES = 2460
PUBLISHED = {
    "points": (272_115 / TEAM_GAMES, 282_127 / TEAM_GAMES, 0.03),
    "assists": (60_636 / TEAM_GAMES, 62_279 / TEAM_GAMES, 0.03),
    "fg_attempted": (216_722 / TEAM_GAMES, 217_219 / TEAM_GAMES, 0.02),
    "total_rebounds": (109_347 / TEAM_GAMES, 106_858 / TEAM_GAMES, 0.03),
    "turnovers": (32_117 / TEAM_GAMES, 33_040 / TEAM_GAMES, 0.04),
    "three_share": (0.3993, 0.3874, 0.02),
    "player_rows_per_game": (26_039 / 1230, 25_895 / 1230, 0.02),
    "back_to_backs": (423, 401, 0.06),
    "overtime_games": (58, 79, 0.2),  # a count of about 70 varies by 8
    "two_overtimes_or_more": (7, 10, 1.0),
    "gamebook_rows_not_active_per_game": ((4655 + 627) / 1230, (1815 + 193) / 477, 0.5),
    "injury_rows": (8260, 4747, 0.25),
}
ZONES = {  # attempts, made: both seasons
    "Restricted Area": (62_987 + 64_983, 41_140 + 43_298),
    "In The Paint (Non-RA)": (39_668 + 42_440, 16_990 + 18_827),
    "Mid-Range": (27_517 + 25_623, 11_196 + 10_772),
    "Above the Break 3": (64_432 + 62_617, 22_293 + 22_197),
    "Left Corner 3": (11_377 + 11_066, 4371 + 4262),
    "Right Corner 3": (10_091 + 9939, 3855 + 3831),
}


class Archive:
    """The raw files of a league, by SQL. `regular` holds both teams of each game of the regular season."""

    def __init__(self, folder: Path, written: list[SimulatedSeason]) -> None:
        self.folder, self.written = folder, written
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        for table in raw_tables():
            files = sorted(map(str, folder.rglob(f"{table}.parquet")))
            if files:
                self.connection.execute(f"create view {table} as select * from read_parquet({files})")
        self.connection.execute(f"create view regular as select * from nbac_team_boxscore where {REGULAR}")
        self.connection.execute(
            "create view final as select * from nbac_schedule where game_status = 3"
            " qualify row_number() over (partition by game_id order by processed_at desc) = 1"
        )

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.sql(sql).fetchall()


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    folder = tmp_path_factory.mktemp("season")
    archive = Archive(folder, simulate(folder, seed=11))
    yield archive
    archive.connection.close()


def figures(season: Archive) -> dict[str, float]:
    ((points, assists, attempts, rebounds, turnovers, share),) = season(
        "select avg(points), avg(assists), avg(fg_attempted), avg(total_rebounds), avg(turnovers),"
        " sum(three_pt_attempted) / sum(fg_attempted) from regular"
    )
    ((overtime, twice),) = season(
        "select count(*) filter (minutes <> '240:00') / 2, count(*) filter (minutes not in ('240:00', '265:00')) / 2 from regular"
    )
    ((rows,),) = season("select count(*) / 1230 from bdl_player_boxscores semi join regular using (game_id)")
    ((idle,),) = season(
        "select count(*) / 1230 from nbac_gamebook_player_stats semi join regular using (game_id) where player_status <> 'active'"
    )
    ((injured,),) = season("select count(*) from nbac_injury_report")
    return {
        "points": points, "assists": assists, "fg_attempted": attempts, "total_rebounds": rebounds,
        "turnovers": turnovers, "three_share": share, "player_rows_per_game": rows, "overtime_games": overtime,
        "two_overtimes_or_more": twice, "back_to_backs": sum(back_to_backs(season).values()),
        "gamebook_rows_not_active_per_game": idle, "injury_rows": injured,
    }  # fmt: skip


def back_to_backs(season: Archive) -> dict[str, int]:
    return dict(season("""
        select team_abbr, count(*) filter (days = 1) from (
            select team_abbr, game_date - lag(game_date) over (partition by team_abbr order by game_date) as days from regular
        ) group by 1
    """))  # fmt: skip


def test_totals_are_those_of_the_published_seasons(season: Archive) -> None:
    found = figures(season)
    assert found.keys() == PUBLISHED.keys()
    outside = {
        name: (found[name], one, other)
        for name, (one, other, tolerance) in PUBLISHED.items()
        if not min(one, other) * (1 - tolerance) <= found[name] <= max(one, other) * (1 + tolerance)
    }
    assert outside == {}


def test_shots_come_from_where_real_ones_do_and_go_in_as_often(season: Archive) -> None:
    shots = {zone: (count, made) for zone, count, made in season(
        "select shot_zone_basic, count(*), count(*) filter (shot_made) from bigdataball_play_by_play"
        " where event_type = 'shot' group by 1"
    )}  # fmt: skip
    assert shots.keys() == ZONES.keys()
    attempts, published = (sum(count for count, _ in of.values()) for of in (shots, ZONES))
    for zone, (count, made) in shots.items():
        of, went_in = ZONES[zone]
        assert count / attempts == pytest.approx(of / published, abs=0.01), zone
        assert made / count == pytest.approx(went_in / of, abs=0.02), zone


def test_every_team_plays_82_games_41_at_home_and_never_three_days_running(season: Archive) -> None:
    assert set(season("select count(*), count(*) filter (is_home) from regular group by team_abbr")) == {(82, 41)}
    assert season(
        "select count(*) from regular as one semi join regular as two on one.team_abbr = two.team_abbr and one.game_date = two.game_date + 1"
        " semi join regular as three on one.team_abbr = three.team_abbr and one.game_date = three.game_date + 2"
    ) == [(0,)]
    assert all(10 <= count <= 18 for count in back_to_backs(season).values())
    meetings = season("""
        select count(*) from (select least(h.team_abbr, a.team_abbr) as x, greatest(h.team_abbr, a.team_abbr) as y, count(*) as games
        from regular as h inner join regular as a on h.game_id = a.game_id and h.is_home and not a.is_home group by 1, 2)
        group by games order by games
    """)
    assert meetings == [(225,), (60,), (150,)]  # two against the other conference, three or four in their own


def test_the_calendar_has_days_without_games_and_games_of_every_kind(season: Archive) -> None:
    played = {day for (day,) in season("select distinct game_date from regular")}
    assert (min(played), max(played)) == (date(2021, 10, 19), date(2022, 4, 10))
    off = {date(2021, 11, 2), date(2021, 11, 25), date(2021, 12, 24), date(2022, 2, 20)}
    assert not off & played
    assert {date(2021, 10, 20), date(2021, 11, 10), date(2021, 12, 25)} <= played
    kinds = dict(season("select substr(game_id, 1, 3), count(*) from final group by 1"))
    assert kinds["001"] == 60
    assert kinds["002"] == 1230
    assert kinds["003"] == 1
    assert kinds["005"] == 6
    assert 60 <= kinds["004"] <= 105
    neutral = season("select arena_city from final where neutral_site_flag order by 1")
    assert neutral == [("Mexico City",), ("Paris",)]
    ((dates, statuses),) = season(
        "select list(game_date order by processed_at), list(game_status order by processed_at) from nbac_schedule"
        " group by game_id having count(*) > 1"
    )
    assert dates[0].month == 1  # the feed's older row of the postponed game
    assert dates[1].month in (3, 4)
    assert statuses == [1, 3]
    assert season(
        f"select count(*) > 0 from odds_api_game_lines where game_date = '{dates[0]}' and not exists"
        " (select 1 from final where home_team_tricode = home_team_abbr and final.game_date = odds_api_game_lines.game_date)"
    ) == [(True,)]


def test_a_series_ends_with_the_fourth_win_and_leads_to_one_champion(season: Archive) -> None:
    series = season("""
        select substr(game_id, 8, 1), substr(game_id, 9, 1), count(*), list(distinct least(home_team_tricode, away_team_tricode)),
            max_by(case when home_team_score > away_team_score then home_team_tricode else away_team_tricode end, game_date)
        from final where game_id like '004%' group by 1, 2 order by 1, 2
    """)
    assert [sum(row[0] == number for row in series) for number in "1234"] == [8, 4, 2, 1]
    assert all(4 <= games <= 7 and len(pair) == 1 for _, _, games, pair, _ in series)
    wins = season("""
        select max(wins) from (
            select substr(game_id, 8, 2) as series, count(*) as wins
            from final where game_id like '004%'
            group by 1, case when home_team_score > away_team_score then home_team_tricode else away_team_tricode end
        ) group by series
    """)
    assert set(wins) == {(4,)}


def test_who_plays_seven_games_rests_a_day_before_the_next_round() -> None:
    """The home team wins each game, so that every series is as long as one can be."""
    random = np.random.default_rng(1)
    calendar = make_calendar(random, 2023)
    at_home = np.array([0, 1])
    bracket = Bracket(random, calendar, np.tile(at_home, (len(calendar.regular), 1)))
    played: dict[int, list[int]] = {}
    while (draw := bracket.next_games()) is not None:
        assert bracket.settle(np.tile(at_home, (len(draw), 1))).all()
        for team, day in zip((*draw.home, *draw.away), (*draw.day, *draw.day), strict=True):
            played.setdefault(int(team), []).append(int(day))
    assert max(map(len, played.values())) == 4 * 7
    assert min(np.diff(sorted(days)).min() for days in played.values() if len(days) > 1) >= 2


COUNTS = {
    "points": "coalesce(sum(points_scored) filter (player_1_lookup is not null), 0)",
    "field_goals_attempted": "count(*) filter (event_type = 'shot')",
    "field_goals_made": "count(*) filter (shot_made)",
    "three_pointers_attempted": "count(*) filter (shot_type = '3PT')",
    "free_throws_attempted": "count(*) filter (event_type = 'free throw')",
    "offensive_rebounds": "count(*) filter (event_subtype = 'rebound offensive')",
    "defensive_rebounds": "count(*) filter (event_subtype = 'rebound defensive')",
    "turnovers": "count(*) filter (event_type = 'turnover')",
    "personal_fouls": "count(*) filter (event_type = 'foul')",
}
SECOND = {"assists": "assist", "steals": "steal", "blocks": "block"}


def test_box_scores_are_the_sums_of_the_play_by_play(season: Archive) -> None:
    for name, sql in COUNTS.items():
        assert season(f"""
            select game_id, player_lookup, sum({name}) from (
                select game_id, player_lookup, {name} from bdl_player_boxscores union all
                select game_id, player_1_lookup, -({sql}) from bigdataball_play_by_play
                where player_1_lookup is not null group by 1, 2
            ) group by 1, 2 having sum({name}) <> 0
        """) == [], name  # fmt: skip
    for name, role in SECOND.items():
        assert season(f"""
            select game_id, player_lookup, sum({name}) from (
                select game_id, player_lookup, {name} from bdl_player_boxscores union all
                select game_id, player_2_lookup, -count(*) from bigdataball_play_by_play
                where player_2_role = '{role}' group by 1, 2
            ) group by 1, 2 having sum({name}) <> 0
        """) == [], name  # fmt: skip


def test_gamebook_team_boxes_and_schedule_agree(season: Archive) -> None:
    teams = """
        select game_id, team_abbr, sum(points) as points, sum(field_goals_attempted) as attempts, sum(assists) as assists,
            sum(personal_fouls) as fouls, sum(total_rebounds) as rebounds, sum(plus_minus) as plus,
            sum(60 * split_part(minutes, ':', 1)::int + split_part(minutes, ':', 2)::int) as seconds, count(start_position) as starters
        from nbac_gamebook_player_stats group by all
    """
    assert season(f"""
        select count(*) from nbac_team_boxscore as box left join ({teams}) as summed using (game_id, team_abbr)
        left join final on box.nba_game_id = final.game_id
        where (summed.points, attempts, summed.assists, fouls, rebounds, plus, starters) is distinct from
            (box.points, box.fg_attempted, box.assists, box.personal_fouls, box.total_rebounds, 5 * box.plus_minus, 5)
        or seconds <> 60 * split_part(box.minutes, ':', 1)::int
        or box.points <> if(box.is_home, home_team_score, away_team_score)
        or box.plus_minus = 0
    """) == [(0,)]  # fmt: skip
    assert season("""
        select count(*) from nbac_gamebook_player_stats
        where personal_fouls > 6 or assists > 35 or (player_status = 'active') <> (minutes is not null)
    """) == [(0,)]  # fmt: skip
    assert season("select max(score_home) from bigdataball_play_by_play") == season(
        "select max(home_team_score) from final where game_id not like '003%'"
    )


def test_ten_are_on_court_and_whoever_acts_is_one_of_them(season: Archive) -> None:
    ten = ", ".join(f"{side}_player_{n}_lookup" for side in ("away", "home") for n in range(1, 6))
    assert season(f"""
        select count(*) from bigdataball_play_by_play
        where event_type not like '%period' and (len(list_distinct([{ten}])) < 10
        or not list_contains([{ten}], coalesce(player_1_lookup, home_player_1_lookup))
        or not list_contains([{ten}], coalesce(player_2_lookup, home_player_1_lookup)))
    """) == [(0,)]  # fmt: skip
    ((backwards,),) = season("""
        select count(*) from (
            select game_clock_seconds - lag(game_clock_seconds) over (partition by game_id, period order by event_sequence) as change
            from bigdataball_play_by_play
        ) where change > 0
    """)
    assert backwards == 0


def test_lines_move_and_miss_as_real_ones_do(season: Archive) -> None:
    lines = season("""
        select bookmaker_key, market_key, rank, count(*), avg(miss), stddev(miss), stddev(point) from (
            select bookmaker_key, market_key, outcome_point as point, row_number() over (
                partition by line.game_id, bookmaker_key, market_key, outcome_name order by snapshot_timestamp
            ) as rank, case market_key when 'spreads' then home_team_score - away_team_score + outcome_point
                else home_team_score + away_team_score - outcome_point end as miss
            from odds_api_game_lines as line inner join final
            on final.game_date = line.game_date and home_team_tricode = home_team_abbr
            where outcome_name in (home_team, 'Over')
        ) group by all
    """)
    found = {(book, market, rank): figures for book, market, rank, *figures in lines}
    assert {book for book, *_ in found} == {"draftkings", "fanduel", "betmgm"}
    for (_, market, _), (games, mean, error, spread) in found.items():
        assert games > 1290
        if market == "spreads":
            assert abs(mean) < 1.1
            assert 11.8 < error < 13.4
            assert 4.5 < spread < 7.5
        else:
            assert abs(mean) < 2.0
            assert 16 < error < 21
    assert found["draftkings", "spreads", 3][2] < found["draftkings", "spreads", 1][2]  # the close knows more
    ((moved,),) = season("""
        select avg((points[1] <> points[3])::int) from (
            select list(outcome_point order by snapshot_timestamp) as points from odds_api_game_lines
            where bookmaker_key = 'draftkings' and market_key = 'spreads' group by game_id, game_date, outcome_name having count(*) = 3
        )
    """)
    assert 0.7 < moved < 1


def test_props_follow_what_a_player_scores(season: Archive) -> None:
    ((count, mean, error, correlation),) = season("""
        select count(*), avg(points - points_line), stddev(points - points_line), corr(points, points_line)
        from odds_api_player_points_props inner join nbac_gamebook_player_stats using (game_id, player_lookup)
        where player_status = 'active'
    """)
    assert count > 25_000
    assert abs(mean) < 1
    assert 5.5 < error < 8.5
    assert correlation > 0.25


def test_who_is_out_does_not_play_and_doubts_go_either_way(season: Archive) -> None:
    plays = season("""
        select injury_status, avg((player_status = 'active')::int), count(*) from nbac_injury_report as report
        inner join nbac_gamebook_player_stats as box on report.game_id = box.game_id and player_full_name = player_name group by 1
    """)
    share = {status: active for status, active, _ in plays}
    assert share["out"] == share["doubtful"] == 0
    assert 0.3 < share["questionable"] < share["probable"] <= 1
    ((least,),) = season(
        "select min(n) from (select count(*) as n from bdl_player_boxscores group by game_id, team_abbr)"
    )
    assert least >= 7


def test_traded_players_are_registered_with_both_teams(season: Archive) -> None:
    assert season("select count(distinct player_lookup), count(distinct universal_player_id) from nba_players_registry") == [
        (TEAMS * ROSTER, TEAMS * ROSTER)
    ]  # fmt: skip
    ((moved,),) = season(
        "select count(*) from (select player_lookup from nba_players_registry group by 1 having count(*) = 2)"
    )
    assert 10 <= moved <= 22
    assert season("""
        select count(*) from nbac_gamebook_player_stats as box anti join nba_players_registry as known
        on box.player_lookup = known.player_lookup and box.team_abbr = known.team_abbr
    """) == [(0,)]  # fmt: skip


def test_players_outlast_their_seasons() -> None:
    league = make_league(5, 2021)
    after = league.next_summer()
    stayed = np.isin(league.roster, after.roster)
    assert 0.85 < stayed.mean() < 0.95
    here = np.intersect1d(league.roster, after.roster)
    assert np.corrcoef(league.players.talent[here], after.players.talent[here])[0, 1] > 0.9
    assert len(set(after.players.names)) == len(after.players)
    for _ in range(19):
        after = after.next_summer()
    ages = after._ages(after.season)[after.roster]
    assert 23 < ages.mean() < 29
    assert ages.max() < 45
    assert np.unique(after.roster).size == TEAMS * ROSTER


def test_after_until_games_are_scheduled_and_not_played(league: Path) -> None:
    with duckdb.connect() as connection:
        at = league / "2021-22"
        assert connection.sql(
            f"select game_status, min(game_date)::varchar, count(*) > 50, count(home_team_score) > 0 from '{at}/nbac_schedule.parquet'"
            " where game_id like '002%' group by 1 order by 1"
        ).fetchall() == [(1, "2021-10-27", True, False), (3, "2021-10-19", True, True)]
        assert connection.sql(f"select max(game_date)::varchar from '{at}/nbac_team_boxscore.parquet'").fetchall() == [
            ("2021-10-26",)
        ]


def test_a_season_may_end_within_the_playoffs() -> None:
    season = play_season(make_league(3, 2022), date(2023, 4, 20))
    assert season.days()[0] == date(2022, 10, 18)
    assert {official[:3] for official in season.games.official} == {"002", "004", "005"}
    assert {official[:3] for official in season.to_come.official} == {"004"}


def test_a_league_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NothingPlayedError, match="opens on 2021-10-19"):
        simulate(tmp_path, until=date(2021, 10, 18))


def test_a_second_feed_of_points_lines_comes_on_demand_and_changes_no_other_file(tmp_path: Path) -> None:
    """Several books, told openings, an update after tip-off, an old offer and one that was taken down."""
    until, feed = date(2021, 10, 21), "bettingpros_player_points_props"
    for name, bettingpros in (("without", False), ("with", True)):
        simulate(tmp_path / name, until=until, seed=3, bettingpros=bettingpros)
    files = {file.relative_to(tmp_path / "with") for file in (tmp_path / "with").rglob("*.parquet")}
    others = {file.relative_to(tmp_path / "without") for file in (tmp_path / "without").rglob("*.parquet")}
    assert files - others == {Path("2021-22") / f"{feed}.parquet"}
    assert [
        name for name in others if (tmp_path / "with" / name).read_bytes() != (tmp_path / "without" / name).read_bytes()
    ] == []

    archive = Archive(tmp_path / "with", [])
    ((rows, players, books, opened, after, old, gone, of_team, with_odds),) = archive(f"""
        select count(*), count(distinct (offer.game_date, player_lookup)) * 12, count(distinct bookmaker), avg((opening_line is not null)::int),
            avg((bookmaker_last_update > tipoff)::int), avg((bookmaker_last_update < tipoff - interval 1 day)::int),
            avg((not is_active)::int), avg((offer.validated_team = box.team_abbr)::int), avg((odds.player_lookup is not null)::int)
        from {feed} as offer inner join nbac_gamebook_player_stats as box using (game_date, player_lookup)
        inner join (select game_date, home_team_tricode as team_abbr, game_datetime_utc as tipoff from final union all
            select game_date, away_team_tricode, game_datetime_utc from final) as game
            on game.game_date = offer.game_date and game.team_abbr = offer.validated_team
        left join (select distinct game_date, player_lookup from odds_api_player_points_props) as odds using (game_date, player_lookup)
    """)  # fmt: skip
    assert (rows, players, books, of_team) == (rows, rows, 3, 1.0)
    assert (opened, with_odds) == (pytest.approx(4 / 6), pytest.approx(2 / 5))
    assert [after, old, gone] == [pytest.approx(1 / 6)] * 3
    archive.connection.close()


def test_rosters_of_teams_come_on_demand_and_change_no_other_file(tmp_path: Path) -> None:
    """Whoever stands in a gamebook is on his team's page of that morning; one page of the first day is cut off."""
    until, feed = date(2021, 10, 21), "espn_team_rosters"
    for name, espn_rosters in (("without", False), ("with", True)):
        simulate(tmp_path / name, until=until, seed=3, espn_rosters=espn_rosters)
    files = {file.relative_to(tmp_path / "with") for file in (tmp_path / "with").rglob("*.parquet")}
    others = {file.relative_to(tmp_path / "without") for file in (tmp_path / "without").rglob("*.parquet")}
    assert files - others == {Path("2021-22") / f"{feed}.parquet"}
    assert [
        name for name in others if (tmp_path / "with" / name).read_bytes() != (tmp_path / "without" / name).read_bytes()
    ] == []

    archive = Archive(tmp_path / "with", [])
    ((first, last, teams, listed, born),) = archive(f"""
        select min(roster_date)::text, max(roster_date)::text, count(distinct team_abbr),
            (select avg((page.player_lookup is not null)::int) from nbac_gamebook_player_stats as box left join
                (select distinct roster_date as game_date, team_abbr, player_lookup from {feed}) as page
                using (game_date, team_abbr, player_lookup)),
            (select avg((page.birth_date = registry.birth_date)::int) from {feed} as page
                inner join nba_players_registry as registry using (player_lookup, team_abbr))
        from {feed}
    """)  # fmt: skip
    assert (first, last, teams, listed, born) == ("2021-10-16", "2021-10-22", 30, 1.0, 1.0)
    pages = f"select roster_date, team_abbr, scrape_hour, count(*) as players from {feed} group by all"
    assert archive(f"select players from ({pages}) where players < 10") == [(4,)]
    archive.connection.close()


def test_a_scoreboard_comes_on_demand_and_changes_no_other_file(tmp_path: Path) -> None:
    """It has each game played with its score, preseason included; the first was read twice, and one was put off."""
    until, feed = date(2022, 2, 1), "espn_scoreboard"
    for name, espn_scoreboard in (("without", False), ("with", True)):
        simulate(tmp_path / name, until=until, seed=3, espn_scoreboard=espn_scoreboard)
    files = {file.relative_to(tmp_path / "with") for file in (tmp_path / "with").rglob("*.parquet")}
    others = {file.relative_to(tmp_path / "without") for file in (tmp_path / "without").rglob("*.parquet")}
    assert files - others == {Path("2021-22") / f"{feed}.parquet"}
    assert [
        name for name in others if (tmp_path / "with" / name).read_bytes() != (tmp_path / "without" / name).read_bytes()
    ] == []

    archive = Archive(tmp_path / "with", [])
    shown = f"""
        select schedule.game_id, count(feed.game_id), count(*) filter (where is_completed),
            count(*) filter (where is_completed and feed.home_team_score = schedule.home_team_score
                and feed.away_team_score = schedule.away_team_score)
        from nbac_schedule as schedule left join {feed} as feed on feed.game_id
            = strftime(schedule.game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode
        where schedule.game_status = 3 and left(schedule.game_id, 3) = '002' group by 1
    """
    assert archive(f"select completed, right_score, count(*) > 600 from ({shown}) as shown(id, rows_of, completed,"
                   " right_score) group by all") == [(1, 1, True)]  # fmt: skip
    by_status = dict(archive(f"select game_status, count(*) from {feed} where not is_completed group by 1"))
    assert by_status == {"in progress": 1, "postponed": 1}
    assert archive(f"select count(*) > 20 from {feed} where game_date < '2021-10-19'") == [(True,)]
    archive.connection.close()
