"""ml_feature_store_v2: one row per date and player who may play, his vector of 33 features."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import factors, features, formulas
from python_processors.basketball.quality import run_issues
from python_processors.decimals import from_parts, ratio
from python_processors.processors import assemble
from python_processors.processors.precompute import Column, all_true

Candidates = dict[str, "list[Column]"]

_UNKNOWN = pa.scalar(None, pa.int64())
RISKS = {"available": 0, "probable": 1, "questionable": 2, "doubtful": 3, "out": 3}
LEAST_GAMES = 5  # fewer make no trend, no free-throw share and no record


def summarise(players: pa.Table) -> pa.Table:
    """Vectors with the source of each feature; see the model for the columns selected."""
    made = features.vectors(
        {
            **recent_points(players),
            **composite_scores(players),
            **calculated(players),
            **opponent(players),
            **game(players),
            **shot_shares(players),
            **team(players),
            **vegas(players),
            **against_opponent(players),
            **playing_time(players),
        },
        players.num_rows,
    )
    ready = {
        "player_context": players["context_is_ready"],
        "daily_cache": players["cache_is_ready"],
        "composite": players["composite_is_ready"],
    }
    count = pa.repeat(pa.scalar(len(features.FEATURES), pa.int64()), players.num_rows)
    computed = {
        "features": made.features(),
        "feature_names": made.names(),
        "feature_sources": made.sources(),
        "feature_count": count,
        "feature_quality_score": from_parts(made.total_weight(), len(features.FEATURES), 2),
        "data_source": data_source(*made.precompute_share()),
        "is_production_ready": all_true(*ready.values()),
        "data_quality_issues": run_issues(
            players,
            {
                **{f"{upstream}_not_ready": pc.invert(flag) for upstream, flag in ready.items()},
                "opponent_history_incomplete": pc.invert(players["has_opponent_history"]),
            },
        ),
    }
    return assemble("ml_feature_store_v2", players, computed)


def recent_points(players: pa.Table) -> Candidates:
    """0 to 4: the cache's, and for whom it has no row, the same of the few games he has."""
    deviation = formulas.sample_deviation(
        players["points_10"], players["points_squared_10"], players["points_10_games"], features.SCALE
    )
    return {
        **{
            f"points_avg_{window}": [
                _value(players[f"cached_points_avg_{window}"], 10),
                _mean(players[f"points_{games}"], players[f"points_{games}_games"]),
            ]
            for window, games in (("last_5", "5"), ("last_10", "10"), ("season", "season"))
        },
        "points_std_last_10": [_value(players["cached_points_std_last_10"], 100), deviation],
        "games_in_last_7_days": [
            _value(players["cached_games_in_last_7_days"]), _value(players["games_in_last_7_days"])
        ],
    }  # fmt: skip


def composite_scores(players: pa.Table) -> Candidates:
    """5 to 8: the factors as stored."""
    names = ("shot_zone_mismatch_score", "pace_score", "usage_spike_score")
    return {
        "fatigue_score": [_value(players["fatigue_score"])],
        **{name: [_value(players[f"{name}_tenths"], 10)] for name in names},
    }


def calculated(players: pa.Table) -> Candidates:
    """9 to 12: rest against the opponent's, risk of sitting out, and how points and minutes move."""
    return {
        "rest_advantage": [_value(rest_advantage(players["days_rest"], players["opponent_days_rest"]))],
        "injury_risk": [
            _value(
                injury_risk(
                    players["player_status"], players["is_inactive"],
                    pc.or_(pc.fill_null(players["has_report"], False), players["has_roster"]),
                )
            )
        ],
        "recent_trend": [_value(recent_trend(players["points_3"], players["points_5"], players["points_5_games"]))],
        "minutes_change": [
            _value(
                minutes_change(
                    players["seconds_10"], players["seconds_10_games"],
                    players["seconds_season"], players["seconds_season_games"],
                )
            )
        ],
    }  # fmt: skip


def opponent(players: pa.Table) -> Candidates:
    """13 and 14: the opponent's last fifteen games."""
    return {
        "opponent_def_rating": [_value(players["opponent_defensive_rating_hundredths"], 100)],
        "opponent_pace": [_value(players["opponent_pace_tenths"], 10)],
    }


def game(players: pa.Table) -> Candidates:
    """15 to 17: yes is 1."""
    names = {"home_away": "is_home", "back_to_back": "back_to_back", "playoff_game": "is_playoff_game"}
    return {feature: [_value(pc.cast(players[column], pa.int64()))] for feature, column in names.items()}


def shot_shares(players: pa.Table) -> Candidates:
    """18 to 21: shares of shots by zone, and of points from the line; at most half of these count."""
    points = _if_enough(players["points_10_games"], players["points_10"])
    free_throws = pc.min_element_wise(_doubled(players["ft_makes_10"]), points, skip_nulls=False)
    return {
        "pct_paint": [_value(players["paint_rate_hundredths"], 100 * 100)],
        "pct_mid_range": [_value(players["mid_range_rate_hundredths"], 100 * 100)],
        "pct_three": [_value(players["three_pt_rate_hundredths"], 100 * 100)],
        "pct_free_throw": [ratio(free_throws, _doubled(points), features.SCALE)],
    }


def team(players: pa.Table) -> Candidates:
    """22 to 24: his team's last ten games, and its record of the season."""
    results = pc.cast(players["results_before"], pa.int64())
    return {
        "team_pace": [_value(players["cached_team_pace_last_10"], 10)],
        "team_off_rating": [_value(players["cached_team_off_rating_last_10"], 100)],
        "team_win_pct": [ratio(players["wins_before"], _if_enough(results, results), features.SCALE)],
    }


def vegas(players: pa.Table) -> Candidates:
    """25 to 28: his points line; without one his average of the season stands in.

    A line seen once says nothing of a move, and a game without any line nothing of who has one.
    """
    average = _mean(players["points_season"], players["points_season_games"])
    line, opening = players["points_line_tenths"], players["opening_line_tenths"]
    return {
        "vegas_points_line": [_value(line, 10), average],
        "vegas_opening_line": [_value(opening, 10), average],
        "vegas_line_move": [_value(players["line_movement_tenths"], 10)],
        "has_vegas_line": [_value(pc.cast(players["has_prop_line"], pa.int64()))],
    }


def against_opponent(players: pa.Table) -> Candidates:
    """29 and 30: games of three years against tonight's opponent; of a part of them it is a fallback."""
    games, points = players["games_vs_opponent"], players["points_vs_opponent"]
    is_whole = players["has_opponent_history"]
    average = _mean(points, games)
    season = _mean(players["points_season"], players["points_season_games"])
    return {
        "avg_points_vs_opponent": [_only(is_whole, average), pc.coalesce(average, season)],
        "games_vs_opponent": [_only(is_whole, _value(games)), _value(games)],
    }


def playing_time(players: pa.Table) -> Candidates:
    """31 and 32: means of minutes and of each game's points per minute, of those of the last ten with minutes."""
    return {
        "minutes_avg_last_10": [_mean(players["seconds_10"], players["seconds_10_games"], units=60)],
        "ppm_avg_last_10": [
            _mean(players["points_per_minute_10"], players["points_per_minute_10_games"], units=10**9)
        ],
    }  # fmt: skip


def rest_advantage(days_rest: Column, opponent_days_rest: Column) -> Column:
    """Full days off more than the opponent had, at most two either way."""
    return factors.clamp(pc.subtract(days_rest, opponent_days_rest), -2, 2)


def injury_risk(status: Column, is_inactive: Column, is_known: Column) -> Column:
    """0 available or not listed, 1 probable, 2 questionable, 3 doubtful, out or inactive on the roster.

    Null when neither a report nor a roster was out.
    """
    risk: Column = pc.if_else(is_known, pa.scalar(0, pa.int64()), _UNKNOWN)
    for name, value in RISKS.items():
        risk = pc.if_else(pc.fill_null(pc.equal(status, name), False), pa.scalar(value, pa.int64()), risk)
    return pc.if_else(is_inactive, pa.scalar(3, pa.int64()), risk)


def recent_trend(points_3: Column, points_5: Column, games: Column) -> Column:
    """Mean of the three newest games less that of the two before: 2 from five points on, 1 from two.

    Improving is positive. Null with fewer than five games.
    """
    newest, both = (_if_enough(games, column) for column in (points_3, points_5))
    # newest / 3 - (both - newest) / 2, in sixths of a point
    sixths = pc.subtract(pc.multiply(newest, 5), pc.multiply(both, 3))
    return _graded(sixths, pa.scalar(5 * 6), pa.scalar(2 * 6))


def minutes_change(seconds_10: Column, games_10: Column, seconds_season: Column, games_season: Column) -> Column:
    """Minutes of ten games against the season's average: 2 from 20 % on, 1 from 10 %, down as up."""
    recent, usual = (
        pc.multiply(pc.cast(seconds, pa.int64()), pc.cast(games, pa.int64()))
        for seconds, games in ((seconds_10, games_season), (seconds_season, games_10))
    )
    usual = pc.if_else(pc.greater(usual, 0), usual, _UNKNOWN)
    return _graded(pc.multiply(pc.subtract(recent, usual), 10), _doubled(usual), usual)


def data_source(found: pa.Array, wanted: int) -> Column:
    """phase4 when nine of ten features that precompute tables should give do come from them."""
    share = pc.multiply(found, 10)
    return pc.if_else(
        pc.greater_equal(share, 9 * wanted),
        "phase4",
        pc.if_else(pc.greater_equal(share, 5 * wanted), "phase4_partial", "mixed"),
    )


def _graded(values: Column, much: Column, some: Column) -> Column:
    """2 from `much` on, 1 from `some` on, and the same below zero; null where the values are."""
    rising = pc.if_else(pc.greater_equal(values, much), 2, pc.if_else(pc.greater_equal(values, some), 1, 0))
    falling = pc.if_else(
        pc.less_equal(values, pc.negate(much)), -2, pc.if_else(pc.less_equal(values, pc.negate(some)), -1, 0)
    )
    return pc.add(rising, falling)


def _doubled(values: Column) -> Column:
    return pc.multiply(pc.cast(values, pa.int64()), 2)


def _if_enough(games: Column, values: Column) -> Column:
    return pc.if_else(pc.greater_equal(games, LEAST_GAMES), pc.cast(values, pa.int64()), _UNKNOWN)


def _value(values: Column, parts: int = 1) -> pa.Array:
    """Whole parts as a decimal."""
    return from_parts(pc.cast(values, pa.int64()), parts, features.SCALE)


_mean = partial(formulas.mean, scale=features.SCALE)


def _only(condition: Column, values: pa.Array) -> Column:
    return pc.if_else(condition, values, pa.scalar(None, values.type))
