"""player_daily_cache: one row per date and player who may play, what of him the day does not change."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import run_issues, score_of
from python_processors.contract import load_contract
from python_processors.processors import assemble
from python_processors.processors.precompute import Column


def summarise(players: pa.Table) -> pa.Table:
    """Averages of his last games and of the season; see the model for the columns selected."""

    def average(name: str, scale: int, units: int = 1) -> pa.Array:
        return formulas.mean(players[name], players[f"{name}_games"], scale, units=units)

    games = players["games_played_season"]
    few = load_contract("player_daily_cache").window("few_games")
    is_early = pc.less(games, few)
    flags = {
        "fewer_than_10_games": is_early,
        "shot_zones_unavailable": pc.invert(players["shot_zone_data_available"]),
        "minutes_unknown": pc.is_null(players["minutes_in_last_7_days"]),
        "usage_unknown": pc.equal(players["usage_10_games"], 0),
    }
    computed = {
        "points_avg_last_5": average("points_5", 1),
        "points_avg_last_10": average("points_10", 1),
        "points_avg_season": average("points_season", 1),
        "points_std_last_10": formulas.sample_deviation(
            players["points_10"], players["points_squared_10"], players["points_10_games"], 2
        ),
        "minutes_avg_last_10": average("seconds_10", 1, units=60),
        "usage_rate_last_10": average("usage_10", 2, units=100),
        "ts_pct_last_10": average("ts_10", 3, units=1000),
        "team_pace_last_10": formulas.mean(players["pace_tenths"], players["pace_games"], 1, units=10),
        "team_off_rating_last_10": formulas.mean(
            players["offensive_rating_hundredths"], players["offensive_rating_games"], 2, units=100
        ),
        "player_usage_rate_season": average("usage_season", 2, units=100),
        "source_team_offense_completeness_pct": formulas.percent_found(
            players["source_team_offense_rows_found"], players["team_results"]
        ),
        "early_season_flag": is_early,
        "insufficient_data_reason": _reason(games, few, is_early),
        "cache_quality_score": score_of(flags),
        "data_quality_issues": run_issues(players),
    }
    return assemble("player_daily_cache", players, computed)


def _reason(games: Column, few: int, is_early: Column) -> Column:
    text = pc.binary_join_element_wise("Only", pc.cast(games, pa.string()), f"games played, need {few} minimum", " ")
    return pc.if_else(is_early, text, pa.scalar(None, pa.string()))
