"""The chain of precompute tables on a simulated month: what holds it up, what moves it, what it may know."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration.project import precompute_reads
from tests.integration.conftest import FIRST_MONTH, Rewrite
from tests.lookahead import BY_ROSTER, LOOK_BACK, hidden_future, values_known_before
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

PRECOMPUTE = tuple(precompute_reads())
SUMMARIES = ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary")
LAST_DAYS = ("2021-11-17", "2021-11-19")
WITHOUT_TESTS = ("--exclude-resource-type", "test")


def blocked(warehouse: Warehouse) -> dict[str, set[str]]:
    """Per precompute table, the upstream tables that hold up a date of the window."""
    rows = warehouse.query(
        "select table_name, string_agg(blocked_by, ',') from nba_ops.blocked_dates"
        f" where game_date between '{LAST_DAYS[0]}' and '{LAST_DAYS[1]}' group by table_name"
    )
    return {table: set(names.split(",")) for table, names in rows}


def row_counts(warehouse: Warehouse) -> dict[str, int]:
    """Rows of the last days, per precompute table."""
    counts = {}
    for table in PRECOMPUTE:
        contract = load_contract(table)
        ((counts[table],),) = warehouse.query(
            f"select count(*) from {contract.relation} where {contract.partition_by}"
            f" between '{LAST_DAYS[0]}' and '{LAST_DAYS[1]}'"
        )
    return counts


def test_summaries_that_lack_a_past_day_hold_up_every_later_date_by_name(
    month: Warehouse, copy_of_month: Warehouse
) -> None:
    """Not computed from what happens to be there; the tests of the build say so, and a repair brings all back."""
    for table in SUMMARIES:
        copy_of_month.execute(f"delete from nba_analytics.{table} where game_date = '2021-11-10'")
    outcome = copy_of_month.dbt("build", window=LAST_DAYS, allow_deletes=True)
    assert set(outcome.failures) == {"coverage_accounts_for_every_date"}
    assert row_counts(copy_of_month) == dict.fromkeys(PRECOMPUTE, 0)
    assert blocked(copy_of_month) == {
        "team_defense_zone_analysis": {"team_defense_game_summary"},
        "player_shot_zone_analysis": {"player_game_summary"},
        "player_composite_factors": {"player_shot_zone_analysis", "team_defense_zone_analysis"},
        "player_daily_cache": {
            "player_game_summary", "team_offense_game_summary", "player_shot_zone_analysis",
        },
        "ml_feature_store_v2": {
            "player_game_summary", "player_shot_zone_analysis", "team_defense_zone_analysis", "player_composite_factors",
            "player_daily_cache",
        },
    }  # fmt: skip
    findings = copy_of_month.query(
        "select distinct processor_name, failure_category, can_retry, failure_reason like '%2021-11-10 to 2021-11-10%'"
        " from nba_ops.precompute_failures where entity_id = 'DATE_LEVEL' and resolution_status = 'UNRESOLVED'"
        f" and analysis_date = '{LAST_DAYS[1]}' order by 1"
    )
    read_the_day = {
        "team_defense_zone_analysis",
        "player_shot_zone_analysis",
        "player_daily_cache",
        "ml_feature_store_v2",
    }
    assert findings == [(table, "MISSING_UPSTREAM", True, table in read_the_day) for table in sorted(PRECOMPUTE)]
    outcomes = copy_of_month.query(
        f"select distinct outcome from nba_ops.coverage where game_date = '{LAST_DAYS[1]}'"
        f" and table_name in {PRECOMPUTE}"
    )
    assert outcomes == [("blocked",)]

    copy_of_month.build(("2021-11-10", LAST_DAYS[1]))
    assert copy_of_month.hashes() == month.hashes()
    assert copy_of_month.query(
        "select distinct resolution_status from nba_ops.precompute_failures where failure_category = 'MISSING_UPSTREAM'"
    ) == [("RESOLVED",)]


@pytest.mark.parametrize(
    ("gone", "selected", "held_up"),
    [
        (
            "upcoming_player_game_context",
            "upstream_gaps+ lacking_games+ precompute_entities+",
            {"player_composite_factors", "player_daily_cache", "ml_feature_store_v2"},
        ),
        (
            "team_defense_zone_analysis",
            "player_composite_factors+",
            {"player_composite_factors", "ml_feature_store_v2"},
        ),
    ],
)
def test_a_row_of_the_date_that_is_lost_holds_up_whose_rows_read_it_and_nobody_else(
    month: Warehouse, copy_of_month: Warehouse, gone: str, selected: str, held_up: set[str]
) -> None:
    contract = load_contract(gone)
    day, entity = LAST_DAYS[1], contract.key[1]
    concerned = "player_lookup" if entity == "player_lookup" else "opponent_team_abbr"
    ((name,),) = month.query(
        f"select max(contexts.{concerned}) from nba_analytics.upcoming_player_game_context as contexts inner join"
        " nba_precompute.player_daily_cache as caches on caches.cache_date = contexts.game_date"
        f" and caches.player_lookup = contexts.player_lookup where contexts.game_date = '{day}' and contexts.{concerned} in"
        f" (select {entity} from {contract.relation} where {contract.partition_by} = '{day}')"
    )
    who = {
        player for (player,) in month.query(
            f"select player_lookup from nba_analytics.upcoming_player_game_context where game_date = '{day}'"
            f" and {concerned} = '{name}'"
        )
    }  # fmt: skip
    copy_of_month.execute(
        f"delete from {contract.relation} where {contract.partition_by} = '{day}' and {entity} = '{name}'"
    )
    assert copy_of_month.dbt(
        "build", "-s", *selected.split(), *WITHOUT_TESTS, window=(day, day), allow_deletes=True
    ).success
    assert blocked(copy_of_month) == {}
    before, after = month.hashes(), copy_of_month.hashes()
    for table in PRECOMPUTE:
        lost = {row[:2] for row in before[table] - after[table]}
        expected = {row[:2] for row in before[table] if str(row[0]) == day and row[1] in who}
        if table != gone:
            assert (table, lost) == (table, expected if table in held_up else set())
        assert after[table] <= before[table]
    named = copy_of_month.query(
        "select distinct processor_name, entity_id from nba_ops.precompute_failures where resolution_status = 'UNRESOLVED'"
        f" and failure_category = 'UPSTREAM_INCOMPLETE' and analysis_date = '{day}'"
    )
    assert {row for row in named if row[0] in held_up} >= {(table, row[1]) for table in held_up
                                                            for row in before[table] - after[table]}  # fmt: skip
    copy_of_month.build((day, day))
    assert copy_of_month.hashes() == month.hashes()


def test_a_window_that_starts_cold_is_held_up_by_the_games_never_built(month: Warehouse, tmp_path: Path) -> None:
    cold = Warehouse(tmp_path / "cold.duckdb", month.raw_dir)
    assert cold.dbt("build", *WITHOUT_TESTS, window=LAST_DAYS).success
    assert row_counts(cold) == dict.fromkeys(PRECOMPUTE, 0)
    ((reason,),) = cold.query(
        "select reason from nba_ops.blocked_dates where table_name = 'team_defense_zone_analysis'"
        f" and game_date = '{LAST_DAYS[0]}'"
    )
    ((earlier,),) = month.query(
        f"select count(*) from nba_intermediate.dim_games where is_final and is_in_scope and game_date < '{LAST_DAYS[0]}'"
    )
    assert f"{earlier} games were never built" in reason


def test_the_first_fourteen_days_and_too_few_games_are_expected_to_be_empty(month: Warehouse) -> None:
    first_rows = {
        table: month.query(f"select min({load_contract(table).partition_by}) from {load_contract(table).relation}")[0][
            0
        ]
        for table in PRECOMPUTE
    }
    assert min(first_rows.values()) >= date(2021, 11, 2)
    assert first_rows["player_composite_factors"] == first_rows["ml_feature_store_v2"]
    days = dict(
        month.query(f"select outcome, count(*) from nba_ops.coverage where table_name in {PRECOMPUTE} group by outcome")
    )
    assert days.keys() == {"no_games", "expected_empty", "complete"}
    outcomes = month.query(
        "select processor_name, failure_category, failure_type, entity_id = 'DATE_LEVEL', min(analysis_date),"
        " bool_or(can_retry or circuit_breaker_tripped) from nba_ops.precompute_failures group by all order by 1, 3"
    )
    season_start = date(2021, 10, 19)
    bootstrap = [(table, "EXPECTED_INCOMPLETE", "BOOTSTRAP", True, season_start, False) for table in PRECOMPUTE]
    ((first_day,),) = month.query("select min(game_date) from nba_intermediate.dim_game_dates where is_analysis_date")
    too_few = [
        ("player_daily_cache", "INSUFFICIENT_DATA", "TOO_FEW_GAMES", False, first_day, False),
        ("player_shot_zone_analysis", "EXPECTED_INCOMPLETE", "TOO_FEW_GAMES", False, first_day, False),
        ("team_defense_zone_analysis", "INSUFFICIENT_DATA", "TOO_FEW_GAMES", False, first_day, False),
    ]
    assert outcomes == sorted(bootstrap + too_few, key=lambda row: (row[0], row[2]))


def test_a_corrected_box_score_changes_exactly_the_rows_whose_windows_hold_the_game(
    month: Warehouse, copy_of_month: Warehouse, rewrite: Rewrite
) -> None:
    """A player and the weakest of his team, both starters or neither, had each other's figures in every feed: none
    contradicts another, and the sums still agree with the score."""
    games = month.query(
        "select player_lookup, game_date, game_id, concat(team_abbr, starter_flag), points"
        " from nba_analytics.player_game_summary where player_lookup not in (select player_lookup from nba_staging.stg_nbac__injury_report"
        " where player_lookup is not null) order by player_lookup, game_date"
    )
    by_player: dict[str, list[tuple[date, str]]] = {}
    for name, played_on, game_id, _, _ in games:
        by_player.setdefault(name, []).append((played_on, game_id))
    # Early, so that the game leaves the window of ten games.
    early = {(name, game_id) for name, of_player in by_player.items() for _, game_id in of_player[1:2]}
    lines: dict[tuple[str, str], list[tuple[int, str, date]]] = {}
    for name, played_on, game_id, team, points in games:
        if (name, game_id) in early and len(by_player[name]) >= 12:
            lines.setdefault((game_id, team), []).append((points, name, played_on))
    (game, team), of_team = max(
        ((which, sorted(found)) for which, found in lines.items() if len(found) > 1),
        key=lambda line: line[1][-1][0] - line[1][0][0],
    )
    (_, weakest, day), (_, best, _) = of_team[0], of_team[-1]
    swapped = {weakest: best, best: weakest}
    figures = (
        "minutes", "points", "field_goals_made", "field_goals_attempted", "three_pointers_made",
        "three_pointers_attempted", "free_throws_made", "free_throws_attempted", "offensive_rebounds",
        "defensive_rebounds", "total_rebounds", "assists", "steals", "blocks", "turnovers", "personal_fouls",
    )  # fmt: skip
    taken = ", ".join(
        "case "
        + " ".join(
            f"when game_id = '{game}' and player_lookup = '{one}'"
            f" then (select any_value({name}) from raw where game_id = '{game}' and player_lookup = '{other}')"
            for one, other in swapped.items()
        )
        + f" else {name} end as {name}"
        for name in figures
    )
    rewrite(copy_of_month.raw_dir, "nbac_gamebook_player_stats", f"select * replace ({taken}) from raw")
    names = dict(month.query("select player_lookup, player_name from nba_intermediate.dim_players"))
    other_name = {names[one]: names[other] for one, other in swapped.items()}
    for feed in ("bdl_player_boxscores", "bigdataball_play_by_play"):
        columns = month.query(
            f"select column_name from information_schema.columns where table_schema = 'nba_raw' and table_name = '{feed}'"
            " and regexp_matches(column_name, '(player_lookup|player_full_name|player_[0-9]_(lookup|name))$')"
        )
        exchanged = ", ".join(
            f"case when game_date = '{day}' then case {column} "
            + " ".join(f"when '{one}' then '{other}'" for one, other in (swapped | other_name).items())
            + f" else {column} end else {column} end as {column}"
            for (column,) in columns
        )
        rewrite(copy_of_month.raw_dir, feed, f"select * replace ({exchanged}) from raw")
    outcome = copy_of_month.dbt("build", *WITHOUT_TESTS, window=FIRST_MONTH)
    assert outcome.success, outcome.failures

    def games_between(player: str, as_of: date) -> int:
        return sum(day <= on < as_of for on, _ in by_player[player])

    def has_zones_of_it(player: str, as_of: date) -> bool:
        games_before = sum(on < as_of for on, _ in by_player[player])
        return games_between(player, as_of) <= 10 or (games_before >= 15 and games_between(player, as_of) <= 20)

    before, after = month.hashes(), copy_of_month.hashes()
    changed = {table: {row[:-1] for row in before[table] ^ after[table]} for table in hashed_tables()}
    later = {table: {row[:-1] for row in before[table] if row[1] in swapped and row[0] > day} for table in BY_ROSTER}
    zones = {
        row[:-1] for row in before["player_shot_zone_analysis"]
        if row[1] in swapped and row[0] > day and has_zones_of_it(row[1], row[0])
    }  # fmt: skip
    assert 0 < len(zones) < sum(row[1] in swapped for row in before["player_shot_zone_analysis"])
    assert changed.pop("player_composite_factors") <= later["player_composite_factors"]
    moved = changed.pop("player_shot_zone_analysis")
    # The window of twenty games counts events, which it holds before it has rows enough for its percentages.
    assert zones <= moved
    assert {row for row in moved - zones if row[1] not in swapped or games_between(row[1], row[0]) > 20} == set()
    assert changed == {
        "player_game_summary": {(game, player) for player in swapped},
        "team_offense_game_summary": set(),
        "team_defense_game_summary": set(),
        "upcoming_team_game_context": set(),
        "team_defense_zone_analysis": set(),
        "upcoming_player_game_context": later["upcoming_player_game_context"],
        "player_daily_cache": later["player_daily_cache"],
        "ml_feature_store_v2": later["ml_feature_store_v2"],
    }


def test_a_corrected_team_box_reaches_no_row_whose_windows_do_not_hold_the_game(
    month: Warehouse, copy_of_month: Warehouse, rewrite: Rewrite
) -> None:
    """A three-pointer more that one team missed: both teams' windows, its players' usage, and the league's average."""
    ((game, day, team, opponent),) = month.query(
        "select game_id, game_date, team_abbr, opponent_team_abbr from nba_analytics.team_offense_game_summary"
        " order by game_date, game_id, team_abbr limit 1 offset 20"
    )
    added = ", ".join(
        f"case when game_id = '{game}' and team_abbr = '{team}' then {name} + 1 else {name} end as {name}"
        for name in ("fg_attempted", "three_pt_attempted")
    )
    rewrite(copy_of_month.raw_dir, "nbac_team_boxscore", f"select * replace ({added}) from raw")
    outcome = copy_of_month.dbt("build", *WITHOUT_TESTS, window=FIRST_MONTH)
    assert outcome.success, outcome.failures

    played = {
        name: [on for (on,) in month.query(
            f"select game_date from nba_intermediate.dim_team_games where is_result and team_abbr = '{name}' order by 1"
        )]
        for (name,) in month.query("select distinct team_abbr from nba_intermediate.dim_team_games")
    }  # fmt: skip
    its_players = {
        name for (name,) in month.query(
            f"select player_lookup from nba_analytics.player_game_summary where game_id = '{game}' and team_abbr = '{team}'"
        )
    }  # fmt: skip

    def holds_it(name: str, as_of: date, count: int) -> bool:
        return name in (team, opponent) and 0 < sum(day <= on < as_of for on in played[name]) <= count

    before, after = month.hashes(), copy_of_month.hashes()
    changed = {table: {row[:-1] for row in before[table] ^ after[table]} for table in hashed_tables()}
    both = {(game, team), (game, opponent)}
    assert changed["team_offense_game_summary"] == changed["team_defense_game_summary"] == both
    assert {row[1] for row in changed["player_game_summary"]} <= its_players
    assert {row[0] for row in changed["player_game_summary"]} == {game}
    assert changed["upcoming_team_game_context"] == changed["player_shot_zone_analysis"] == set()
    # The league of a date is its last thirty days, so every team's comparison may move, and nothing before.
    zones = changed["team_defense_zone_analysis"]
    assert {(as_of > day, (as_of - day).days <= 30) for as_of, _ in zones} == {(True, True)}
    teams_of = {
        (on, name): {own, other} for on, name, own, other in month.query(
            "select game_date, player_lookup, team_abbr, opponent_team_abbr from nba_analytics.upcoming_player_game_context"
        )
    }  # fmt: skip
    for table in BY_ROSTER:
        window = 15 if table == "ml_feature_store_v2" else 10
        assert changed[table], table
        for on, name in changed[table]:
            in_window = any(holds_it(club, on, window) for club in teams_of[on, name])
            assert on > day
            assert in_window or name in its_players or table in ("player_composite_factors", "ml_feature_store_v2")


def test_a_second_run_of_the_month_writes_nothing(copy_of_month: Warehouse) -> None:
    assert copy_of_month.dbt("build", *WITHOUT_TESTS, window=FIRST_MONTH).success
    assert copy_of_month.actions() == dict.fromkeys(hashed_tables(), (0, 0, 0))


@pytest.mark.parametrize("what", ["results", "everything"])
def test_nothing_of_the_day_or_later_changes_what_the_chain_knew_before(
    month: Warehouse, tmp_path: Path, rewrite: Rewrite, what: str
) -> None:
    days: list[Any] = [  # a team's zones come last: by then every table has rows
        row[0]
        for row in month.query(
            "select distinct analysis_date from nba_precompute.team_defense_zone_analysis order by 1"
        )
    ]
    day = random.Random(what).choice(days)
    shutil.copytree(month.raw_dir, tmp_path / "raw")
    hidden_future(tmp_path / "raw", day, what, rewrite)
    blind = Warehouse(tmp_path / "blind.duckdb", tmp_path / "raw")
    outcome = blind.dbt("build", *WITHOUT_TESTS, window=(FIRST_MONTH[0], str(day)))
    assert outcome.success, outcome.failures
    for table in LOOK_BACK:
        expected, found = (values_known_before(warehouse, table, day, what) for warehouse in (month, blind))
        named_by_both = found.keys() & expected.keys()
        assert named_by_both, table
        assert {key: found[key] for key in named_by_both} == {key: expected[key] for key in named_by_both}
        assert found.keys() == expected.keys() or (what == "everything" and table in BY_ROSTER)
