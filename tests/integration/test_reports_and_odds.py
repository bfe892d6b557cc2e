"""Rows of injury reports and odds: read in every spelling that says what they mean, and missed where somebody can repair them."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from python_processors.contract import hashed_tables
from python_processors.orchestration.proof.held_back import held_back
from python_processors.orchestration.state.states import State
from python_processors.orchestration.warehouse import DuckDBSession
from tests.integration.conftest import Rewrite, copied, rewrite_file
from tests.integration.test_evidence import DAY, build_day, covered
from tests.integration.test_feeds_agree import GAMEBOOK, held
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow
INJURIES, LINES = "nbac_injury_report", "odds_api_game_lines"
CONTEXTS = ("upcoming_player_game_context", "upcoming_team_game_context")


def test_names_turned_round_rows_without_a_game_and_codes_in_small_letters_change_nothing(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    rewrite(copy_of_built.raw_dir, INJURIES, """
        select * replace (
            regexp_replace(player_full_name, '^([^ ]+) (.*)$', '\\2, \\1') as player_full_name, '?' as player_lookup,
            case when hash(player_full_name) % 2 = 0 then ' ' end as game_id, ' ' || lower(team) as team
        ) from raw
    """)  # fmt: skip
    rewrite(copy_of_built.raw_dir, LINES, """
        select * replace (
            case outcome_name
                when home_team then lower(home_team_abbr) || ' ' when away_team then ' ' || away_team_abbr
                else upper(outcome_name) || ' '
            end as outcome_name,
            upper(market_key) || ' ' as market_key
        ) from raw
    """)  # fmt: skip
    copy_of_built.build()
    assert copy_of_built.hashes() == built.hashes()
    assert copy_of_built.query("select count(*) from nba_ops.quarantine") == [(0,)]


@pytest.fixture(scope="module")
def reported(built: Warehouse) -> list[str]:
    """Who is in the reports of the day, in order."""
    rows = built.query(f"select distinct player_lookup from nba_raw.{INJURIES} where game_date = '{DAY}' order by 1")
    return [player for (player,) in rows]


@pytest.fixture(scope="module")
def spoiled(built: Warehouse, reported: list[str], tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The day, with a report without its hour, one of an impossible hour, of an unknown status, of an unknown team, and of
    nobody; and odds on a draw.
    """
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("spoiled") / "week")
    no_hour, other_hour, status, team, nobody = (
        f"game_date = '{DAY}' and player_lookup = '{who}'" for who in reported[:5]
    )
    rewrite_file(warehouse.raw_dir, INJURIES, f"""
        select * replace (
            case when {no_hour} then null when {other_hour} then 1730 else report_hour end as report_hour,
            case when {status} then 'Out - Rest' else injury_status end as injury_status,
            case when {team} then 'XYZ' else team end as team,
            case when {nobody} then 'Known, Nobody' else player_full_name end as player_full_name,
            case when {nobody} then 'nobodyknown' else player_lookup end as player_lookup
        ) from raw
    """)  # fmt: skip
    rewrite_file(warehouse.raw_dir, LINES, f"""
        select * exclude (place) replace (case when place = 1 then 'Draw' else outcome_name end as outcome_name) from (
            select *, row_number() over (order by game_date <> '{DAY}', market_key, game_id, snapshot_timestamp) as place from raw
        )
    """)  # fmt: skip
    build_day(warehouse)
    return warehouse


def test_rows_that_somebody_can_repair_are_named_and_their_date_lacks_them(
    spoiled: Warehouse, reported: list[str]
) -> None:
    found = held(spoiled, INJURIES)
    assert set(found) == {
        "no report hour", "impossible report hour", "unknown injury status", "unknown team", "unknown player",
    }  # fmt: skip
    assert held(spoiled, LINES) == {"unknown outcome": 1}
    for table in CONTEXTS:
        lacks = dict(spoiled.query(
            "select entity, quarantine_reason from nba_ops.expected_rows"
            f" where table_name = '{table}' and game_date = '{DAY}' and quarantine_reason is not null"
        ))  # fmt: skip
        assert lacks.pop(next(name for name in lacks if name.endswith(" lines"))) == f"{LINES}: unknown outcome"
        assert lacks == {
            f"{reported[0]} report": f"{INJURIES}: no report hour",
            f"{reported[1]} report": f"{INJURIES}: impossible report hour",
            f"{reported[2]} report": f"{INJURIES}: unknown injury status",
            f"{reported[3]} report": f"{INJURIES}: unknown team",
        }
        assert covered(spoiled, table)[0] == "partial"
    assert covered(spoiled, "team_offense_game_summary")[0] == "complete"


def test_no_row_of_a_report_vanishes(spoiled: Warehouse) -> None:
    for feed in (INJURIES, LINES):
        ((raw, staged, quarantined, repeated),) = spoiled.query(
            "select raw_rows, staged_rows, quarantined_rows, repeated_rows from nba_ops.raw_row_accounting"
            f" where table_name = '{feed}' and game_date = '{DAY}'"
        )
        assert (raw, quarantined) == (staged + quarantined + repeated, sum(held(spoiled, feed).values()))


def test_who_is_asked_to_repair_them(spoiled: Warehouse) -> None:
    day = date.fromisoformat(DAY)
    states = [State(table, day, covered(spoiled, table)[0]) for table in hashed_tables()]
    with duckdb.connect(str(spoiled.path), read_only=True) as connection:
        found = held_back(DuckDBSession(connection), day, day, states)
    said = {one.reason: (one.needs_action, one.sentence) for one in found}
    assert {reason for reason, (asks, _) in said.items() if not asks} == {"unknown player"}
    assert said["unknown player"][1].endswith("; if he is to play, add an alias or a row of the registry")
    assert said["no report hour"][1].endswith(": load the report with the hour at which it came out")


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ("place <= 9", "only 9 players"),
        ("player_status = 'active'", "only players who are active, and so has every team of the date"),
    ],
)
def test_a_gamebook_without_its_last_rows_is_completed_from_the_last_games_and_named(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None, left: str, said: str
) -> None:
    day = "2021-10-24"
    rewrite(copy_of_built.raw_dir, GAMEBOOK, f"""
        select * exclude (place) from (
            select *, row_number() over (
                partition by game_id, team_abbr order by player_status <> 'active', player_lookup
            ) as place from raw
        ) where game_date <> '{day}' or {left}
    """)  # fmt: skip
    build_day(copy_of_built, day)
    assert covered(copy_of_built, CONTEXTS[0], day)[0] == "partial"
    reasons = dict(copy_of_built.query(
        "select entity, quarantine_reason from nba_ops.expected_rows"
        f" where table_name = '{CONTEXTS[0]}' and game_date = '{day}' and quarantine_reason is not null"
    ))  # fmt: skip
    teams = built.query(f"select distinct team_abbr from nba_analytics.{CONTEXTS[0]} where game_date = '{day}'")
    assert set(reasons) == {f"{team} players" for (team,) in teams}
    assert any(why == f"{GAMEBOOK} of {who.split()[0]}: {said}" for who, why in reasons.items())
    completed = copy_of_built.query(
        f"select count(*) from nba_analytics.{CONTEXTS[0]}"
        f" where game_date = '{day}' and primary_source_used = 'player_game_summary'"
    )
    assert completed[0][0] > 0
