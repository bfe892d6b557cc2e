"""Second-chance points of a few events each: what counts as an offensive rebound, and where it belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.warehouse import Warehouse

Event = tuple[str, str, str, int, int]  # team, type, subtype, clock, points

MISS, REBOUND = ("BOS", "shot", "jump shot", 300, 0), ("BOS", "rebound", "rebound offensive", 298, 0)
TIP_IN, OTHERS_MISS = ("BOS", "shot", "tip layup shot", 298, 2), ("NYK", "shot", "jump shot", 280, 0)


def at(clock: int, event: Event) -> Event:
    return (*event[:3], clock, event[4])


GAMES: dict[str, tuple[list[Event], int]] = {
    "a rebound before its tip-in": ([MISS, REBOUND, TIP_IN, OTHERS_MISS], 2),
    "a tip-in before its own rebound": ([MISS, TIP_IN, REBOUND, OTHERS_MISS], 2),
    "two tips before their rebounds": (
        [MISS, at(298, MISS), TIP_IN, REBOUND, REBOUND, OTHERS_MISS],
        2,
    ),
    "a putback with its free throw": (
        [MISS, TIP_IN, REBOUND, ("BOS", "free throw", "free throw 1/1", 298, 1), OTHERS_MISS],
        3,
    ),
    "a rebound at another clock than the made shot before it": ([MISS, TIP_IN, at(297, REBOUND), OTHERS_MISS], 0),
    "a rebound without a clock": ([MISS, at(-1, TIP_IN), at(-1, REBOUND), OTHERS_MISS], 0),
    "a made shot of the other team before the rebound": (
        [MISS, ("NYK", "shot", "jump shot", 298, 2), REBOUND, OTHERS_MISS],
        0,
    ),
    "a rebound of a missed last free throw, after a made shot": (
        [TIP_IN, ("BOS", "free throw", "free throw 1/1", 298, 0), REBOUND, at(290, TIP_IN), OTHERS_MISS],
        2,
    ),
    "a team rebound after a missed shot": ([MISS, ("BOS", "rebound", "team rebound", 299, 0), TIP_IN], 2),
    "a team rebound after a made shot, of a technical free throw": (
        [
            TIP_IN,
            ("BOS", "free throw", "free throw technical", 298, 0),
            ("BOS", "rebound", "team rebound", 298, 0),
            ("BOS", "free throw", "free throw 1/1", 298, 1),
        ],
        0,
    ),
    "a team rebound written after a made last free throw": (
        [
            ("BOS", "free throw", "free throw 1/2", 300, 0),
            ("BOS", "free throw", "free throw 2/2", 300, 1),
            ("BOS", "rebound", "team rebound", 300, 0),
            TIP_IN,
        ],
        0,
    ),
}


@pytest.fixture(scope="module")
def counted(league: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Boston's second-chance points, each case a game."""
    warehouse = Warehouse(tmp_path_factory.mktemp("second_chances") / "fullcourt.duckdb", league)
    rows: list[tuple[Any, ...]] = []
    for game, (events, _) in GAMES.items():
        for number, (team, kind, subtype, clock, points) in enumerate(events):
            made = str(points > 0) if kind == "shot" else "null"
            on_clock = str(clock) if clock >= 0 else "null"
            rows.append((f"'{game}'", number, f"'{team}'", f"'{kind}'", f"'{subtype}'", on_clock, made, points))
    listed = ", ".join(f"({', '.join(map(str, row))})" for row in rows)
    warehouse.execute(f"""
        create schema nba_staging;
        create table nba_staging.stg_bigdataball__play_by_play as
        select
            game_id, date '2021-10-20' as game_date, 1 as period, sequence as event_sequence, sequence::varchar as event_number,
            team as player_1_team_abbr, kind as event_type, subtype as event_subtype, clock::bigint as game_clock_seconds,
            made::boolean as shot_made, points as points_scored, null::varchar as quarantine_reason
        from (values {listed}) as given (game_id, sequence, team, kind, subtype, clock, made, points);
        create table nba_staging.stg_nbac__play_by_play as from nba_staging.stg_bigdataball__play_by_play limit 0;
        create schema nba_intermediate;
        create table nba_intermediate.int_total_evidence (
            game_id varchar, game_date date, feed varchar, right_one varchar
        )
    """)
    outcome = warehouse.dbt("run", "--select", "int_second_chance_points")
    assert outcome.success, outcome.failures or outcome.error
    return dict(
        warehouse.query(
            "select game_id, second_chance_points from nba_intermediate.int_second_chance_points where team_abbr = 'BOS'"
        )
    )


@pytest.mark.parametrize("game", GAMES)
def test_points_count_after_an_offensive_rebound_wherever_the_file_has_it(game: str, counted: dict[str, int]) -> None:
    assert counted[game] == GAMES[game][1]
