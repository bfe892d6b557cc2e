"""player_composite_factors: one row per date and player who may play, by how much tonight differs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import factors
from python_processors.basketball.quality import names_where, run_issues
from python_processors.decimals import from_parts
from python_processors.json_columns import json_objects
from python_processors.processors import assemble
from python_processors.processors.precompute import Column, Columns, all_true

VERSION = "v1_4factors"
DEFERRED = (
    "referee_favorability_score", "look_ahead_pressure_score", "travel_impact_score", "opponent_strength_score",
)  # fmt: skip
AGE_LEFT_OUT = "age: no birth date is known"
UPSTREAMS = ("player_shot", "team_defense", "player_context", "team_context")


def summarise(players: pa.Table) -> pa.Table:
    """Four factors, their sum, and what they were made of; see the model for the columns selected."""
    terms = factors.fatigue_terms(
        players["days_rest"], players["back_to_back"], players["games_in_last_7_days"],
        players["minutes_in_last_7_days"], players["avg_minutes_tenths"], players["back_to_backs_last_14_days"],
        players["player_age"],
    )  # fmt: skip
    fatigue = factors.fatigue_score(terms)
    zone, defense, rate = matched_zone(players)
    mismatch = factors.shot_zone_mismatch(defense, rate)
    pace = factors.pace(players["pace_differential_tenths"])
    usage = factors.usage_spike(
        players["projected_usage_hundredths"], players["recent_usage_hundredths"], players["star_teammates_out"]
    )
    total = _points(factors.total(factors.fatigue_adjustment(fatigue), mismatch, pace, usage), 2)
    scores = {
        "fatigue_score": fatigue,
        "shot_zone_mismatch_score": _points(mismatch, 1),
        "pace_score": _points(pace, 1),
        "usage_spike_score": _points(usage, 1),
    }
    nothing = pa.repeat(pa.scalar(0, pa.int64()), players.num_rows)
    all_ready = all_true(*(players[f"upstream_{upstream}_ready"] for upstream in UPSTREAMS))
    computed = {
        **scores,
        **dict.fromkeys(DEFERRED, nothing),
        "total_composite_adjustment": total,
        "fatigue_context_json": fatigue_context(players, terms, fatigue),
        "shot_zone_context_json": shot_zone_context(players, zone, defense, rate, scores["shot_zone_mismatch_score"]),
        "pace_context_json": pace_context(players, scores["pace_score"]),
        "usage_context_json": usage_context(players, scores["usage_spike_score"]),
        "calculation_version": pa.repeat(VERSION, players.num_rows),
        **found_inputs(players),
        **warnings(scores["fatigue_score"], scores["shot_zone_mismatch_score"], total),
        "all_upstreams_ready": all_ready,
        "is_production_ready": all_ready,
        "data_quality_issues": run_issues(
            players,
            {
                **{f"{upstream}_not_ready": pc.invert(players[f"upstream_{upstream}_ready"]) for upstream in UPSTREAMS},
                "birth_date_unknown": pc.is_null(players["player_age"]),
            },
        ),
    }
    return assemble("player_composite_factors", players, computed)


def matched_zone(players: pa.Table) -> tuple[Column, Column, Column]:
    """The player's primary zone, what the opponent allows there, and how much he shoots from it.

    A balanced shooter is matched in the paint. All three are null without zones of his.
    """
    primary = players["primary_scoring_zone"]
    zone = pc.if_else(pc.equal(primary, "balanced"), "paint", primary)

    def of_zone(suffix: str) -> Column:
        return pc.if_else(
            pc.equal(zone, "perimeter"),
            players[f"three_pt_{suffix}"],
            pc.if_else(pc.equal(zone, "mid_range"), players[f"mid_range_{suffix}"], players[f"paint_{suffix}"]),
        )

    return zone, of_zone("defense_hundredths"), of_zone("rate_hundredths")


def found_inputs(players: pa.Table) -> Columns:
    """How many of the five inputs are there, in percent, and which are not."""
    missing = {
        "days_rest": pc.is_null(players["days_rest"]),
        "projected_usage_rate": pc.is_null(players["projected_usage_hundredths"]),
        "pace_differential": pc.is_null(players["pace_differential_tenths"]),
        "player_shot_zone_analysis": pc.invert(players["has_player_zones"]),
        "team_defense_zone_analysis": pc.invert(players["has_opponent_zones"]),
    }
    names = names_where(missing)
    found = pc.subtract(len(missing), pc.cast(pc.list_value_length(names), pa.int64()))
    percent = from_parts(pc.multiply(found, 100), len(missing), 2)
    return {"data_completeness_pct": percent, "missing_data_fields": _text(names)}


def warnings(fatigue: Column, mismatch: Column, total: Column) -> Columns:
    """Scores as stored that a person should look at."""
    names = names_where(
        {
            "EXTREME_FATIGUE": pc.less(fatigue, 50),
            "EXTREME_MATCHUP": pc.greater(pc.abs(mismatch), pa.scalar(8, pa.int64())),
            "EXTREME_ADJUSTMENT": pc.greater(pc.abs(total), pa.scalar(12, pa.int64())),
        }
    )
    return {"has_warnings": pc.greater(pc.list_value_length(names), 0), "warning_details": _text(names)}


def fatigue_context(players: pa.Table, terms: dict[str, pa.ChunkedArray], score: Column) -> Column:
    """Of whom nobody knows the age, it says which term the score lacks."""
    inputs = {
        name: players[name]
        for name in (
            "days_rest", "back_to_back", "games_in_last_7_days", "minutes_in_last_7_days",
            "back_to_backs_last_14_days", "player_age",
        )
    }  # fmt: skip
    inputs["avg_minutes_per_game_last_7"] = from_parts(players["avg_minutes_tenths"], 10, 1)
    penalties = {"penalties": json_objects(terms)}
    left_out = pa.repeat(AGE_LEFT_OUT, players.num_rows)
    return pc.if_else(
        pc.is_valid(players["player_age"]),
        json_objects({"score": score, **inputs}, penalties),
        json_objects({"score": score, **inputs, "left_out": left_out}, penalties),
    )


def shot_zone_context(players: pa.Table, zone: Column, defense: Column, rate: Column, score: Column) -> Column:
    return json_objects(
        {
            "score": score,
            "primary_scoring_zone": players["primary_scoring_zone"],
            "matched_zone": zone,
            "zone_rate": from_parts(rate, 100, 2),
            "opponent": players["opponent_team_abbr"],
            "opponent_vs_league": from_parts(defense, 100, 2),
            "matchup": _named(score, 2, "favorable", "unfavorable"),
        }
    )


def pace_context(players: pa.Table, score: Column) -> Column:
    differential = from_parts(players["pace_differential_tenths"], 10, 1)
    return json_objects(
        {"score": score, "pace_differential": differential, "environment": _named(differential, 2, "fast", "slow")}
    )


def usage_context(players: pa.Table, score: Column) -> Column:
    return json_objects(
        {
            "score": score,
            "projected_usage_rate": from_parts(players["projected_usage_hundredths"], 100, 2),
            "avg_usage_rate_last_7_games": from_parts(players["recent_usage_hundredths"], 100, 2),
            "star_teammates_out": players["star_teammates_out"],
        }
    )


def _named(values: Column, limit: int, above: str, below: str) -> Column:
    """`above` the limit, `below` its negative, else neutral; null where the value is."""
    high, low = pa.scalar(limit, pa.int64()), pa.scalar(-limit, pa.int64())
    return pc.if_else(pc.greater(values, high), above, pc.if_else(pc.less(values, low), below, "neutral"))


def _points(parts: Column, scale: int) -> pa.Array:
    return from_parts(parts, factors.POINT, scale)


def _text(names: pa.Array) -> Column:
    """The names with commas between; null when there are none."""
    return pc.if_else(
        pc.greater(pc.list_value_length(names), 0), pc.binary_join(names, ","), pa.scalar(None, pa.string())
    )
