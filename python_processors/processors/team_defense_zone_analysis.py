"""team_defense_zone_analysis: one row per date and team, how it defended each zone in its last games."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import run_issues
from python_processors.contract import load_contract
from python_processors.decimals import decimal_units, ratio
from python_processors.processors import assemble
from python_processors.processors.precompute import Columns, tier, zone_note

ZONES = {"paint": "paint", "mid_range": "mid_range", "three_pt": "perimeter"}  # and what a zone is called
BILLION = 10**9


def summarise(teams: pa.Table) -> pa.Table:
    """Rates, averages per game and comparisons; see the model for the columns selected."""
    sample = load_contract("team_defense_zone_analysis").window("sample_games")
    versus = {zone: versus_league(teams, zone) for zone in ZONES}
    computed: Columns = {}
    for zone in ZONES:
        computed |= {
            f"{zone}_pct_allowed_last_15": ratio(teams[f"{zone}_makes"], teams[f"{zone}_attempts"], 3),
            f"{zone}_attempts_allowed_per_game": _per_game(teams, f"{zone}_attempts"),
            f"{zone}_blocks_per_game": _per_game(teams, f"{zone}_blocks"),
            f"{zone}_defense_vs_league_avg": versus[zone],
        }
    computed |= {
        "paint_points_allowed_per_game": _per_game(teams, "paint_points"),
        "defensive_rating_last_15": _per_game(teams, "defensive_rating_hundredths", 2, units=100),
        "opponent_points_per_game": _per_game(teams, "points_allowed"),
        "opponent_pace": _per_game(teams, "opponent_pace_tenths", units=10),
        **extreme_zones(versus),
        "data_quality_tier": tier(teams["games_in_sample"], sample, 10),
        "calculation_notes": zone_note(teams["paint_attempts_games"], teams["games_in_sample"]),
        "data_quality_issues": run_issues(teams, league_sizes(teams)),
    }
    return assemble("team_defense_zone_analysis", teams, computed)


def versus_league(teams: pa.Table, zone: str) -> pa.Array:
    """Percentage points that opponents make more often than the league's average team allows.

    The league's average is the unweighted mean of its teams' percentages each to a billionth; null when
    too few teams have one.
    """
    makes, attempts, league, count = (
        pc.cast(teams[name], pa.int64())
        for name in (f"{zone}_makes", f"{zone}_attempts", f"league_{zone}_billionths", f"league_{zone}_teams")
    )
    least = load_contract("team_defense_zone_analysis").window("least_league_teams")
    counted = pc.if_else(pc.greater_equal(count, least), count, pa.scalar(None, pa.int64()))
    whole = pc.multiply_checked(counted, BILLION)
    surplus = pc.subtract_checked(pc.multiply_checked(makes, whole), pc.multiply_checked(league, attempts))
    return ratio(pc.multiply_checked(surplus, 100), pc.multiply_checked(attempts, whole), 2)


def league_sizes(teams: pa.Table) -> Columns:
    """By a name with their number, whether the league's average rests on so many teams, as others lack a game."""
    counts, short = teams["league_teams"], pc.greater(teams["teams_left_out"], 0)
    sizes = [size for size in pc.unique(counts).to_pylist() if size is not None]
    return {f"league_of_{size}_teams": pc.and_(short, pc.equal(counts, size)) for size in sizes}


def extreme_zones(versus: dict[str, pa.Array]) -> Columns:
    """The zones that allow least and most against the league; of equal ones the nearer to the basket."""
    is_null = np.any([array.is_null().to_numpy(zero_copy_only=False) for array in versus.values()], axis=0)
    units = np.stack([decimal_units(array) for array in versus.values()])
    labels = np.array(list(ZONES.values()), dtype=object)
    return {
        "strongest_zone": pa.array(labels[units.argmin(axis=0)], pa.string(), mask=is_null),
        "weakest_zone": pa.array(labels[units.argmax(axis=0)], pa.string(), mask=is_null),
    }


def _per_game(teams: pa.Table, name: str, scale: int = 1, *, units: int = 1) -> pa.Array:
    """Mean over the games of the sample that know the figure."""
    return formulas.mean(teams[name], teams[f"{name}_games"], scale, units=units)
