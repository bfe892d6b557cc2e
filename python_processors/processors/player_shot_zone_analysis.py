"""player_shot_zone_analysis: one row per date and player, from where he shot in his last games."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import run_issues
from python_processors.contract import load_contract
from python_processors.decimals import ratio
from python_processors.processors import assemble
from python_processors.processors.precompute import Column, Columns, tier, zone_note

ZONES = ("paint", "mid_range", "three_pt")


def summarise(players: pa.Table) -> pa.Table:
    """Rates in percent of zone attempts, percentages as fractions; see the model for the columns."""
    contract = load_contract("player_shot_zone_analysis")
    recent, sample = contract.window("recent_games"), contract.window("sample_games")
    rates = {zone: zone_rate(players, zone, "recent") for zone in ZONES}
    shots = total_shots(players, "recent")
    is_enough = pc.greater_equal(players["games_sample"], contract.window("least_sample_games"))
    computed: Columns = {}
    for zone in ZONES:
        attempts = players[f"{zone}_attempts_recent"]
        computed |= {
            f"{zone}_rate_last_10": rates[zone],
            f"{zone}_pct_last_10": ratio(players[f"{zone}_makes_recent"], attempts, 3),
            f"{zone}_attempts_per_game": formulas.mean(attempts, players["zone_games_recent"], 1),
        }
    makes = pc.add(players["assisted_fg_makes_recent"], players["unassisted_fg_makes_recent"])
    computed |= {
        "total_shots_last_10": pc.if_else(pc.greater(shots, 0), shots, pa.scalar(None, pa.int64())),
        "games_in_sample_10": players["games_recent"],
        "sample_quality_10": sample_quality(players["games_recent"], recent),
        "paint_rate_last_20": _if(is_enough, zone_rate(players, "paint", "sample")),
        "paint_pct_last_20": _if(is_enough, ratio(players["paint_makes_sample"], players["paint_attempts_sample"], 3)),
        "games_in_sample_20": players["games_sample"],
        "sample_quality_20": sample_quality(players["games_sample"], sample),
        "assisted_rate_last_10": percent(players["assisted_fg_makes_recent"], makes),
        "unassisted_rate_last_10": percent(players["unassisted_fg_makes_recent"], makes),
        "primary_scoring_zone": primary_zone(rates),
        "data_quality_tier": tier(players["games_recent"], recent, 7),
        "calculation_notes": zone_note(players["zone_games_sample"], players["games_sample"]),
        "data_quality_issues": run_issues(players),
    }
    return assemble("player_shot_zone_analysis", players, computed)


def total_shots(players: pa.Table, window: str) -> Column:
    """Attempts of all zones; null when no game of the window has zones."""
    paint, mid_range, three_pt = (pc.cast(players[f"{zone}_attempts_{window}"], pa.int64()) for zone in ZONES)
    return pc.add(pc.add(paint, mid_range), three_pt)


def zone_rate(players: pa.Table, zone: str, window: str) -> pa.Array:
    """Percent of zone attempts that are from this zone, two decimals; null without attempts."""
    return percent(players[f"{zone}_attempts_{window}"], total_shots(players, window))


def percent(part: Column, whole: Column) -> pa.Array:
    return ratio(pc.multiply_checked(pc.cast(part, pa.int64()), 100), whole, 2)


def sample_quality(games: Column, wanted: int) -> Column:
    """excellent with all games wanted, good from 70 % of them on, limited from half, else insufficient."""
    share = pc.multiply(pc.cast(games, pa.int64()), 10)
    return pc.if_else(
        pc.greater_equal(share, 10 * wanted),
        "excellent",
        pc.if_else(
            pc.greater_equal(share, 7 * wanted),
            "good",
            pc.if_else(pc.greater_equal(share, 5 * wanted), "limited", "insufficient"),
        ),
    )


def primary_zone(rates: dict[str, pa.Array]) -> Column:
    """paint from 40 % of attempts on, else perimeter from 40 %, else mid_range from 35 %, else balanced.

    By the rates as stored; null without attempts.
    """
    forty, thirty_five = (pa.scalar(share, pa.int64()) for share in (40, 35))
    balanced = pc.if_else(pc.is_valid(rates["paint"]), "balanced", pa.scalar(None, pa.string()))
    middle = pc.if_else(pc.greater_equal(rates["mid_range"], thirty_five), "mid_range", balanced)
    outside = pc.if_else(pc.greater_equal(rates["three_pt"], forty), "perimeter", middle)
    return pc.if_else(pc.greater_equal(rates["paint"], forty), "paint", outside)


def _if(condition: Column, values: pa.Array) -> Column:
    return pc.if_else(condition, values, pa.scalar(None, values.type))
