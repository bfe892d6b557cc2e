"""The two seasons of the raw archive, held to its control totals (control_totals.json)."""

from __future__ import annotations

import itertools
import json
import math
import random
import shutil
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.conftest import Rewrite
from tests.lookahead import BY_ROSTER, LOOK_BACK, hidden_future, values_known_before
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

REGULAR = "inner join nba_intermediate.dim_games using (game_id) where game_type = 'regular_season'"


@pytest.fixture(scope="module")
def totals(raw_archive: Path) -> dict[str, Any]:
    return json.loads((raw_archive / "control_totals.json").read_text(encoding="utf-8"))


def test_the_first_month_has_its_rows(month_hashes: dict[str, set[tuple[str, ...]]]) -> None:
    assert {table: len(rows) for table, rows in month_hashes.items()} == {
        "player_game_summary": 5182,
        "team_offense_game_summary": 476,
        "team_defense_game_summary": 476,
        "upcoming_player_game_context": 6328,
        "upcoming_team_game_context": 476,
        "team_defense_zone_analysis": 63,
        "player_shot_zone_analysis": 3034,
        "player_composite_factors": 3544,
        "player_daily_cache": 2930,
        "ml_feature_store_v2": 3544,
    }
    assert len({game for game, *_ in month_hashes["player_game_summary"]}) == 238


def test_building_two_seasons_leaves_the_months_rows_as_they_were(
    seasons: Warehouse, month_hashes: dict[str, set[tuple[str, ...]]]
) -> None:
    for table, rows in seasons.hashes().items():
        assert month_hashes[table] <= {tuple(str(value) for value in row) for row in rows}
    ledger = seasons.query(
        "select sum(inserted)::int, sum(updated)::int, sum(deleted)::int from nba_ops.publish_ledger"
        " where game_date between '2021-10-19' and '2021-11-19'"
        " and run_id = (select max_by(run_id, published_at) from nba_ops.publish_ledger)"
    )
    assert ledger == [(0, 0, 0)]


def test_regular_seasons_add_up_to_the_leagues_totals(seasons: Warehouse, totals: dict[str, Any]) -> None:
    """balldontlie has one row more: Dennis Schröder with all zeros in CLE@LAL of 2022-11-06, whom the
    gamebook, which goes first, has on the bench."""
    players = seasons.query(
        "select count(*), sum(points), sum(assists), count(distinct p.player_lookup)"
        f" from nba_analytics.player_game_summary as p {REGULAR}"
        " group by p.season_year order by p.season_year"
    )
    for season, row, extra in zip(totals["season"], players, (0, 1), strict=True):
        # The gamebook's other figures differ by single later corrections, which the archive lists.
        assert row == (season["player rows"] - extra, season["points"], season["assists"], season["players"])
    teams = seasons.query(
        "select count(*), count(distinct game_id), count(distinct t.game_date), sum(points_scored), sum(t.assists),"
        " sum(fg_attempts), sum(rebounds), sum(turnovers), sum((overtime_periods > 0)::int) / 2,"
        " sum((overtime_periods = 2)::int) / 2, sum((overtime_periods = 3)::int) / 2"
        f" from nba_analytics.team_offense_game_summary as t {REGULAR} group by t.season_year order by t.season_year"
    )
    for season, row in zip(totals["season"], teams, strict=True):
        assert row == (
            season["team rows"], season["games"], season["dates"], season["points"], season["assists"], season["FGA"],
            season["rebounds"], season["turnovers"], season["overtime games"], season["of them 2 OT"], season["3 OT"],
        )  # fmt: skip


def test_every_team_has_its_wins_overtimes_and_back_to_backs(seasons: Warehouse, totals: dict[str, Any]) -> None:
    rows = seasons.query(f"""
        with games as (
            select t.*, t.game_date - lag(t.game_date) over (partition by t.season_year, t.team_abbr order by t.game_date) as days
            from nba_analytics.team_offense_game_summary as t {REGULAR}
        )
        select season_year || '-' || (season_year - 1999), team_abbr, sum(win_flag::int), sum(points_scored), sum(assists),
            sum(fg_attempts), sum((overtime_periods > 0)::int), sum((days = 1)::int)
        from games group by all
    """)
    expected = {
        (t["season"], t["team"]): (
            t["wins"],
            t["points"],
            t["assists"],
            t["fga"],
            t["overtime_games"],
            t["back_to_backs"],
        )
        for t in totals["team"]
    }
    assert {(season, team): tuple(counts) for season, team, *counts in rows} == expected


def test_defence_is_offence_seen_from_the_other_side(seasons: Warehouse) -> None:
    differing = seasons.query("""
        select count(*) from nba_analytics.team_offense_game_summary as offense
        full outer join nba_analytics.team_defense_game_summary as defense
            on offense.game_id = defense.game_id and offense.opponent_team_abbr = defense.defending_team_abbr
        where offense.points_scored is distinct from defense.points_allowed
            or offense.offensive_rating is distinct from defense.defensive_rating
            or offense.pace is distinct from defense.opponent_pace
            or offense.ts_pct is distinct from defense.opponent_ts_pct
            or offense.team_paint_attempts is distinct from defense.opp_paint_attempts
            or offense.second_chance_points_scored is distinct from defense.second_chance_points_allowed
    """)
    assert differing == [(0,)]


def test_shots_by_zone_add_up_to_the_shot_charts(seasons: Warehouse, totals: dict[str, Any]) -> None:
    """Paint is restricted area and paint (non-RA); every other two-pointer is mid-range."""
    paint = {"Restricted Area", "In The Paint (Non-RA)"}
    for position, season_year in ((2, 2021), (4, 2022)):

        def total(offset: int, kind: str, zones: set[str] | None = None, position: int = position) -> int:
            return sum(
                row[position + offset]
                for row in totals["zones"]
                if row[1] == kind and (zones is None or (row[0] in zones))
            )

        expected = (
            total(0, "2PT", paint), total(1, "2PT", paint),
            total(0, "2PT") - total(0, "2PT", paint), total(1, "2PT") - total(1, "2PT", paint),
            total(0, "3PT"), total(1, "3PT"),
        )  # fmt: skip
        (found,) = seasons.query(
            "select sum(team_paint_attempts), sum(team_paint_makes), sum(team_mid_range_attempts),"
            " sum(team_mid_range_makes), sum(three_pt_attempts), sum(three_pt_makes)"
            f" from nba_analytics.team_offense_game_summary as t {REGULAR} and t.season_year = {season_year}"
        )
        assert found == expected


def test_twenty_box_lines_are_as_published(seasons: Warehouse, totals: dict[str, Any]) -> None:
    for line in totals["box_lines"]:
        minutes, seconds = (int(part) for part in line["minutes"].split(":"))
        found = seasons.query(
            "select points, offensive_rebounds + defensive_rebounds, assists, steals, blocks, turnovers, fg_makes,"
            " fg_attempts, three_pt_makes, three_pt_attempts, ft_makes, ft_attempts, plus_minus, team_abbr,"
            " cast(minutes_played as double), universal_player_id from nba_analytics.player_game_summary"
            f" where game_id = '{line['game_id']}' and universal_player_id = 'nba_{line['nba_player_id']}'"
        )
        assert found == [(
            line["points"], line["rebounds"], line["assists"], line["steals"], line["blocks"], line["turnovers"],
            line["fgm"], line["fga"], line["tpm"], line["tpa"], line["ftm"], line["fta"], line["plus_minus"],
            line["team_abbr"], pytest.approx((60 * minutes + seconds) / 60, abs=0.0501), f"nba_{line['nba_player_id']}",
        )]  # fmt: skip


def test_starters_are_the_real_starting_five_in_every_game(seasons: Warehouse) -> None:
    assert seasons.query(
        "select count(*) from (select game_id, team_abbr from nba_analytics.player_game_summary"
        " group by all having sum(starter_flag::int) <> 5)"
    ) == [(0,)]


def test_lineups_and_gamebook_name_the_same_starters(seasons: Warehouse) -> None:
    """The two sources of starter_flag, where both have the game."""
    assert seasons.query("""
        select count(*) from nba_staging.stg_nbac__gamebook_player_stats as gamebook
        left join nba_intermediate.int_starting_fives as fives using (game_id, player_lookup)
        where gamebook.player_status = 'active' and gamebook.is_starter <> (fives.player_lookup is not null)
            and game_id in (select game_id from nba_intermediate.int_starting_fives)
    """) == [(0,)]


def test_the_archives_known_faults_are_in_quarantine(seasons: Warehouse) -> None:
    found = seasons.query("select table_name, reason, count(*) from nba_ops.quarantine group by all order by all")
    assert found == [
        ("bigdataball_play_by_play", "no play-by-play of the game", 12),
        ("bigdataball_play_by_play", "unknown player", 10),
        ("bigdataball_play_by_play", "unknown second player", 13),
        ("nbac_gamebook_player_stats", "unknown player", 11),
        ("nbac_injury_report", "unknown player", 16),
        ("odds_api_game_lines", "impossible total", 8),
        ("odds_api_game_lines", "no number", 4),
        ("odds_api_game_lines", "no scheduled game", 12),
        ("odds_api_player_points_props", "no scheduled game", 12),
    ]
    totals_that_are_none = seasons.query(
        "select distinct game_id from nba_ops.quarantine where reason = 'impossible total' order by 1"
    )
    assert totals_that_are_none == [
        ("20211025_MIL_IND",),
        ("20211109_ATL_UTA",),
        ("20220330_MEM_SAS",),
        ("20220401_LAC_MIL",),
    ]


def test_repeated_play_by_play_rows_are_counted_once(seasons: Warehouse) -> None:
    assert seasons.query(
        "select sum(repeated_rows)::int from nba_ops.raw_row_accounting where table_name = 'bigdataball_play_by_play'"
    ) == [(25,)]


@pytest.mark.parametrize(
    ("feed_key", "player"),
    [
        ("lukadoni", "lukadoncic"),
        ("joelembd", "joelembiid"),
        ("ueholiday", "jrueholiday"),
        ("enesfreedom", "eneskanter"),
    ],
)
def test_a_feeds_spelling_finds_the_player(seasons: Warehouse, feed_key: str, player: str) -> None:
    assert seasons.query(
        f"select player_lookup from nba_intermediate.dim_player_lookups where source_player_lookup in ('{feed_key}', '{player}')"
        " group by 1"
    )[0][0] in (player, feed_key)


def test_all_five_forms_of_an_id_mean_one_game(seasons: Warehouse) -> None:
    forms = seasons.query(
        "select source_game_id from nba_intermediate.dim_game_ids where game_id = '20211019_BKN_MIL' order by 1"
    )
    others = seasons.query("select spelling from nba_ops.team_spellings where team_abbr = 'BKN'")
    brooklyn = ["BKN", *(spelling for (spelling,) in others)]
    dated = [f"20211019_{pair}" for team in brooklyn for pair in (f"{team}_MIL", f"MIL_{team}")]
    assert [form for (form,) in forms] == sorted(["0022100001", "22100001", *dated])
    assert seasons.query(
        "select odds_event_id from nba_intermediate.dim_odds_event_ids where game_id = '20211019_BKN_MIL'"
    ) == [("4490e7634ad9d3f552369edcb6b15806",)]


def test_points_lines_of_2022_23_are_judged(seasons: Warehouse) -> None:
    """9,390 lines of players who played (README of the archive); one bookmaker, no pushes on half points."""
    assert seasons.query(
        "select count(points_line), sum((over_under_result = 'OVER')::int) + sum((over_under_result = 'UNDER')::int)"
        " + sum((over_under_result = 'PUSH')::int), sum((sign(margin) = case over_under_result when 'OVER' then 1"
        " when 'UNDER' then -1 else 0 end)::int) from nba_analytics.player_game_summary where points_line is not null"
    ) == [(9390, 9390, 9390)]


def test_playoff_teams_are_summed_from_their_players_and_match_the_score(seasons: Warehouse) -> None:
    """No team box of playoffs exists; Luca Vildoza, in no registry, is still part of his team's sum."""
    assert seasons.query(
        "select count(*), sum((points_scored = case when home_game then g.home_points else g.away_points end)::int)"
        " from nba_analytics.team_offense_game_summary as t inner join nba_intermediate.dim_games as g using (game_id)"
        " where game_type in ('playoffs', 'play_in') and t.season_year = 2021"
    ) == [(186, 186)]


# Facts of the upcoming contexts, worked out from the raw files along other ways than the models'.


@pytest.fixture(scope="module")
def raw(raw_archive: Path) -> duckdb.DuckDBPyConnection:
    """The raw files themselves, as views of their names; clocks in UTC."""
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name in {path.stem for path in raw_archive.rglob("*.parquet")}:
        connection.execute(
            f"create view {name} as select * from read_parquet('{raw_archive}/**/{name}.parquet', union_by_name = true)"
        )
    return connection


def test_rosters_make_one_row_per_player_and_date(seasons: Warehouse) -> None:
    counted = seasons.query(
        "select count(*), count(distinct (game_date, player_lookup)) from nba_analytics.upcoming_player_game_context"
    )
    assert counted == [(70143, 70143)]
    assert seasons.query("select count(*) from nba_analytics.upcoming_team_game_context") == [(2 * 2643,)]
    # Before the gap of 2023 nobody is missing but Vildoza, whom the registry lacks, and players of
    # 2022-23 whom neither a roster nor a recent game named: he played, or had a line.
    failures = seasons.query(
        "select failure_category, left(failure_reason, 9), count(*) from nba_ops.analytics_failures"
        " where analysis_date < '2023-04-11' group by 1, 2 order by 1, 2"
    )
    assert failures == [
        ("NOT_ON_ROSTER", "he has a ", 57),
        ("NOT_ON_ROSTER", "he played", 262),
        ("REGISTRY_LOOKUP_FAILED", "unknown p", 11),
    ]


def test_back_to_backs_and_records_are_the_leagues(seasons: Warehouse, totals: dict[str, Any]) -> None:
    rows = seasons.query(f"""
        select season_year, sum(is_back_to_back::int), max(team_win_streak_entering)
        from nba_analytics.upcoming_team_game_context {REGULAR.replace("(game_id)", "(game_id, season_year)")}
        group by 1 order by 1
    """)  # fmt: skip
    assert [row[1] for row in rows] == [423, 401]
    assert rows[0][2] == 18  # Phoenix, 2021-10-30 to 2021-11-30
    wins = seasons.query(
        "select min(wins_before) from nba_intermediate.dim_team_games"
        " where team_abbr = 'PHX' and season_year = 2021 and game_type <> 'regular_season'"
    )
    assert wins == [(64,)]


def test_rest_streaks_and_last_results_follow_from_the_schedule_game_by_game(
    seasons: Warehouse, raw: duckdb.DuckDBPyConnection
) -> None:
    """A plain walk through the schedule, one team after the other."""
    games = raw.sql("""
        select season_year, game_date, team, points - other as margin from (
            select *, home_team_tricode as team, home_team_score as points, away_team_score as other from nbac_schedule
            union all
            select *, away_team_tricode, away_team_score, home_team_score from nbac_schedule
        ) where left(game_id, 3) in ('002', '004', '005') order by season_year, team, game_date
    """).fetchall()
    expected = {}
    for _, of_team in itertools.groupby(games, key=lambda game: (game[0], game[2])):
        last, won, lost = None, 0, 0
        played: list[date] = []
        for number, (_, day, team, margin) in enumerate(of_team, start=1):
            rest = None if last is None else (day - last[0]).days - 1
            two_weeks = sum(day - timedelta(days=14) <= before < day for before in played)
            expected[day, team] = (number, rest, won, lost, None if last is None else last[1], two_weeks, two_weeks)
            played.append(day)
            won, lost = (won + 1, 0) if margin > 0 else (0, lost + 1)
            last = (day, margin)
    found = {
        (day, team): values
        for day, team, *values in seasons.query(
            "select game_date, team_abbr, game_number_in_season, team_days_rest, team_win_streak_entering,"
            " team_loss_streak_entering, last_game_margin, games_in_last_14_days, expected_games_count"
            " from nba_analytics.upcoming_team_game_context"
        )
    }
    assert {key: tuple(values) for key, values in found.items()} == expected


def test_the_lakers_trip_east_of_november_2021(seasons: Warehouse, raw: duckdb.DuckDBPyConnection) -> None:
    """Milwaukee, Boston, Detroit, New York, Indianapolis, home: by the spherical law of cosines."""
    at = {team: (math.radians(lat), math.radians(lon)) for team, lat, lon in raw.sql(
        "select team_abbr, latitude, longitude from teams").fetchall()}  # fmt: skip
    stops = ["LAL", "MIL", "BOS", "DET", "NYK", "IND", "LAL"]
    by_hand = [
        3958.8 * math.acos(
            math.sin(at[a][0]) * math.sin(at[b][0])
            + math.cos(at[a][0]) * math.cos(at[b][0]) * math.cos(at[a][1] - at[b][1])
        )
        for a, b in itertools.pairwise(stops)
    ]  # fmt: skip
    rows = seasons.query(
        "select travel_miles from nba_analytics.upcoming_team_game_context"
        " where team_abbr = 'LAL' and game_date between '2021-11-17' and '2021-11-26' order by game_date"
    )
    # Two miles: whole miles there, and a rounder earth here.
    assert [row[0] for row in rows] == pytest.approx(by_hand, abs=2)
    # One percent: miles read off a map of airports, which are not the arenas.
    assert [row[0] for row in rows] == pytest.approx([1739, 857, 615, 482, 646, 1809], rel=0.01)
    players = seasons.query(
        "select distinct game_date::varchar, time_zone_changes, consecutive_road_games, miles_traveled_last_14_days"
        " from nba_analytics.upcoming_player_game_context"
        " where team_abbr = 'LAL' and game_date in ('2021-11-17', '2021-11-24', '2021-11-26') order by 1"
    )
    assert [row[:3] for row in players] == [("2021-11-17", 2, 1), ("2021-11-24", 0, 5), ("2021-11-26", 3, 0)]
    # From the 12th to the 25th: three games at home before the trip.
    assert players[2][3] == pytest.approx(sum(by_hand[:5]), abs=10)


def test_the_travel_matrix_joins_every_two_teams_and_knows_its_directions(seasons: Warehouse) -> None:
    assert seasons.query(
        "select count(*), count(distinct (from_team, to_team)), min(distance_miles) from nba_intermediate.travel_distances"
    ) == [(870, 870, 0)]  # the two teams of Los Angeles share an arena
    pairs = {
        (start, end): (zones, way)
        for start, end, zones, way in seasons.query(
            "select from_team, to_team, time_zones_crossed, travel_direction from nba_intermediate.travel_distances"
        )
    }
    assert pairs["ATL", "LAL"] == (3, "west")
    assert pairs["LAL", "ATL"] == (3, "east")
    assert pairs["ATL", "CHI"] == (1, "west")
    assert pairs["LAL", "PHX"] == (1, "east")
    assert pairs["LAL", "GSW"] == (0, "west")
    assert pairs["LAL", "LAC"] == (0, "none")
    opposite = {"west": "east", "east": "west", "none": "none"}
    assert all(pairs[end, start] == (zones, opposite[way]) for (start, end), (zones, way) in pairs.items())


def test_the_arenas_are_where_the_archive_has_them(seasons: Warehouse, raw: duckdb.DuckDBPyConnection) -> None:
    """A hundredth of a degree is less than a mile."""
    ours = seasons.query(
        "select team_abbr, latitude, longitude, timezone from nba_ops.arenas where team_abbr is not null order by 1"
    )
    theirs = raw.sql("select team_abbr, latitude, longitude, timezone from teams order by 1").fetchall()
    assert [(team, zone) for team, _, _, zone in ours] == [(team, zone) for team, _, _, zone in theirs]
    for (team, north, east, _), (_, other_north, other_east, _) in zip(ours, theirs, strict=True):
        assert (north, east) == pytest.approx((other_north, other_east), abs=0.01), team


def test_a_game_abroad_is_travelled_to_and_starts_on_its_own_clock(seasons: Warehouse) -> None:
    """Chicago at Detroit, Paris, 2023-01-19; both came from home games seven, and six, hours behind."""
    assert seasons.query(
        "select team_abbr, home_game, game_start_time_local, time_zone_changes, travel_miles > 3900"
        " from nba_analytics.upcoming_player_game_context where game_id = '20230119_CHI_DET' group by all order by 1"
    ) == [("CHI", False, "21:00", 7, True), ("DET", True, "21:00", 6, True)]


@pytest.mark.parametrize(
    ("player", "day", "age"),
    [
        ("lebronjames", "2021-12-29", 36), ("lebronjames", "2021-12-28", 36), ("lebronjames", "2021-12-31", 37),
        ("lukadoncic", "2022-02-27", 22), ("lukadoncic", "2022-03-01", 23), ("anthonyedwards", "2021-10-20", 20),
    ],
)  # fmt: skip
def test_ages_count_birthdays(seasons: Warehouse, player: str, day: str, age: int) -> None:
    rows = seasons.query(
        "select player_age from nba_analytics.upcoming_player_game_context"
        f" where player_lookup = '{player}' and game_date = '{day}'"
    )
    assert rows == [(age,)]


@pytest.mark.parametrize(
    ("game", "team", "spread", "opening", "total", "opening_total"),
    [
        ("20211019_GSW_LAL", "LAL", -3.5, -4.5, 226.5, 230.5),
        ("20211225_GSW_PHX", "GSW", 6.0, 3.5, 215.5, 228.5),
        ("20220224_DEN_SAC", "DEN", -5.0, -3.5, 235.5, 229.0),  # the close has no spread: draftkings' is the newest
        ("20220616_GSW_BOS", "GSW", 4.0, 2.5, 211.5, 212.5),
        ("20230119_CHI_DET", "DET", 7.0, 7.5, 236.0, 236.0),
    ],
)
def test_lines_close_and_open_as_the_books_had_them(
    seasons: Warehouse, game: str, team: str, spread: float, opening: float, total: float, opening_total: float
) -> None:
    ((found, moved, found_total, total_moved),) = seasons.query(
        "select game_spread, spread_movement, game_total, total_movement from nba_analytics.upcoming_team_game_context"
        f" where game_id = '{game}' and team_abbr = '{team}'"
    )
    moves = None if total == opening_total else total - opening_total  # of 2022-23 there is one total only
    assert (found, moved, found_total, total_moved) == (spread, spread - opening, total, moves)
    assert seasons.query(
        "select distinct game_spread, opening_spread, game_total, opening_total"
        f" from nba_analytics.upcoming_player_game_context where game_id = '{game}' and team_abbr = '{team}'"
    ) == [(spread, opening, total, opening_total)]


def test_james_harden_is_complete_through_his_trade(seasons: Warehouse) -> None:
    """His last game for Brooklyn was on 2022-02-02, his first for Philadelphia on 2022-02-25."""
    rows = seasons.query(
        "select game_date::varchar, team_abbr, days_rest, games_in_last_14_days, source_boxscore_rows_found,"
        " completeness_percentage, all_windows_complete, expected_games_count"
        " from nba_analytics.upcoming_player_game_context"
        " where player_lookup = 'jamesharden' and game_date between '2022-02-02' and '2022-02-27' order by 1"
    )
    assert [row[:5] for row in rows] == [
        ("2022-02-02", "BKN", 0, 5, 43), ("2022-02-04", "BKN", 1, 5, 44), ("2022-02-06", "BKN", 3, 4, 44),
        ("2022-02-08", "BKN", 5, 3, 44), ("2022-02-25", "PHI", 22, 0, 44), ("2022-02-27", "PHI", 1, 1, 45),
    ]  # fmt: skip
    assert all(row[5:7] == (100, True) for row in rows)
    assert rows[-2][7] == 2  # of thirty days: two games for Brooklyn, none of those he sat out


def test_prop_streaks_of_jayson_tatum(seasons: Warehouse, raw: duckdb.DuckDBPyConnection) -> None:
    """Counted from the raw box scores against the line of each night."""
    points = raw.sql(
        "select game_date, max(points) from bdl_player_boxscores where player_full_name = 'Jayson Tatum'"
        " and game_date > '2022-10-01' group by 1 order by 1"
    ).fetchall()
    lines = dict(raw.sql(
        "select game_date, max(points_line) from odds_api_player_points_props where player_name = 'jayson tatum' group by 1"
    ).fetchall())  # fmt: skip
    expected = {}
    for day, line in lines.items():
        over = under = 0
        for _, scored in reversed([game for game in points if game[0] < day]):
            if (scored > line and under) or (scored < line and over):
                break
            over, under = over + (scored > line), under + (scored < line)
        expected[day] = (over, under)
    found = {
        day: (over, under)
        for day, over, under in seasons.query(
            "select game_date, prop_over_streak, prop_under_streak from nba_analytics.upcoming_player_game_context"
            " where player_lookup = 'jaysontatum' and prop_over_streak is not null and game_date < '2023-04-10'"
        )
    }
    assert len(found) > 50
    assert seasons.query(
        "select count(*) from nba_analytics.upcoming_player_game_context"
        " where has_prop_line is true and (prop_over_streak is null or prop_under_streak is null)"
    ) == [(0,)]
    assert found == {day: expected[day] for day in found}


def test_fourth_quarter_minutes_of_the_opening_game(seasons: Warehouse, raw: duckdb.DuckDBPyConnection) -> None:
    """GSW@LAL, 2021-10-19, by its substitutions: who starts the quarter comes from the first ten named."""
    events = (
        raw.sql("""
        select * from bigdataball_play_by_play where game_id = '20211019_GSW_LAL' and period = 4 order by event_sequence
    """)
        .to_arrow_table()
        .to_pylist()
    )
    places = [f"{side}_player_{n}_lookup" for side in ("away", "home") for n in range(1, 6)]
    seconds: Counter[str] = Counter()
    clock, on_court = 720, None
    for position, event in enumerate(events):
        later = [[e[place] for place in places] for e in events[position:] if e[places[0]]]
        if event["event_type"] != "substitution" and event[places[0]]:
            on_court = [event[place] for place in places]
        elapsed = clock - event["game_clock_seconds"]
        for player in (on_court if event[places[0]] else None) or (later[0] if later else on_court) or []:
            seconds[player] += elapsed
        clock = event["game_clock_seconds"]
    assert sum(seconds.values()) == pytest.approx(7200, abs=60)  # the last event may come six seconds early
    second_games = seasons.query(
        "select player_lookup, fourth_quarter_minutes_last_7 from nba_analytics.upcoming_player_game_context"
        " where team_abbr in ('LAL', 'GSW') and game_date between '2021-10-20' and '2021-10-22'"
        " and source_boxscore_rows_found = 1"
    )
    assert len(second_games) > 15
    for player, minutes in second_games:
        assert minutes == pytest.approx(seconds[player] / 60, abs=0.6), player  # whole minutes, and those seconds


@pytest.mark.nightly
@pytest.mark.usefixtures("rows_may_go")
@pytest.mark.parametrize(
    ("first", "last", "what"),
    [
        ("2021-10-25", "2022-04-10", "results"),  # without points lines
        ("2022-04-16", "2022-06-10", "everything"),  # playoffs
        ("2022-11-01", "2022-12-20", "results"),  # with points lines
        ("2023-01-01", "2023-04-09", "everything"),  # rosters of recent games
    ],
)
def test_no_row_of_a_real_day_reads_what_came_after(
    seasons: Warehouse, raw_archive: Path, tmp_path: Path, rewrite: Rewrite, first: str, last: str, what: str
) -> None:
    """A random day is built again after it and all that follows is gone from raw and from every table."""
    days = seasons.query(
        "select distinct game_date, season_year from nba_analytics.upcoming_team_game_context"
        f" where game_date between '{first}' and '{last}' order by 1"
    )
    day, season = random.Random(f"{first} {what}").choice(days)
    for folder in (f"{season}-{season - 1999}", "reference"):
        shutil.copytree(raw_archive / folder, tmp_path / "raw" / folder)
    hidden_future(tmp_path / "raw", day, what, rewrite)
    shutil.copy(seasons.path, tmp_path / "blind.duckdb")
    blind = Warehouse(tmp_path / "blind.duckdb", tmp_path / "raw")
    for schema, table, column in blind.query(
        "select schema_name, table_name, min(column_name) from duckdb_columns()"
        " where column_name in ('game_date', 'analysis_date', 'cache_date') and schema_name <> 'nba_raw' and not internal"
        " and table_name in (select table_name from duckdb_tables()) group by all"
    ):
        blind.execute(f"delete from {schema}.{table} where {column} >= '{day}'")
    outcome = blind.dbt("build", "--exclude-resource-type", "test", window=(str(day), str(day)))
    assert outcome.success, outcome.failures
    for table in LOOK_BACK:
        expected = values_known_before(seasons, table, day, what)
        found = values_known_before(blind, table, day, what)
        # Without the official roster other players are named, who are not compared.
        named_by_both = found.keys() & expected.keys()
        assert len(named_by_both) >= 0.7 * len(expected), table  # ten games name most of a roster of up to 17
        assert {key: found[key] for key in named_by_both} == {key: expected[key] for key in named_by_both}
        assert found.keys() == expected.keys() or (what == "everything" and table in BY_ROSTER)
