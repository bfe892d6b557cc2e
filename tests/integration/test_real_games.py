"""The two seasons of the raw archive, held to its control totals (control_totals.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse import Warehouse

pytestmark = pytest.mark.real_data

FIRST_MONTH = ("2021-10-19", "2021-11-19")
BOTH_SEASONS = ("2021-10-03", "2023-06-12")
REGULAR = "inner join nba_intermediate.dim_games using (game_id) where game_type = 'regular_season'"


@pytest.fixture(scope="module")
def totals(raw_archive: Path) -> dict[str, Any]:
    return json.loads((raw_archive / "control_totals.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def first_month(raw_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("real") / "fullcourt.duckdb", raw_archive)
    warehouse.build(FIRST_MONTH)
    return warehouse


@pytest.fixture(scope="module")
def month_hashes(first_month: Warehouse) -> dict[str, set[tuple[Any, ...]]]:
    return first_month.hashes()


@pytest.fixture(scope="module")
def seasons(first_month: Warehouse, month_hashes: dict[str, Any]) -> Warehouse:
    """Both seasons, built in one window over the month's warehouse."""
    first_month.build(BOTH_SEASONS)
    return first_month


def test_the_first_month_has_its_rows(month_hashes: dict[str, set[tuple[Any, ...]]]) -> None:
    assert {table: len(rows) for table, rows in month_hashes.items()} == {
        "player_game_summary": 5182,
        "team_offense_game_summary": 476,
        "team_defense_game_summary": 476,
    }
    assert len({game for game, *_ in month_hashes["player_game_summary"]}) == 238


def test_building_two_seasons_leaves_the_months_rows_as_they_were(
    seasons: Warehouse, month_hashes: dict[str, set[tuple[Any, ...]]]
) -> None:
    for table, rows in seasons.hashes().items():
        assert month_hashes[table] <= rows
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
    assert forms == [("0022100001",), ("20211019_BKN_MIL",), ("20211019_MIL_BKN",), ("22100001",)]
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
