"""upcoming_player_game_context: one row per date and player who may play, what is known before tip-off."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import sources_of_points_line
from python_processors.decimals import from_parts, ratio
from python_processors.processors import assemble
from python_processors.processors.upcoming_contexts import Columns, context_quality, line_columns


def summarise(players: pa.Table) -> pa.Table:
    """Averages, movements and quality; see the model for the columns selected."""
    late_time = formulas.unless_incomplete(
        players["fourth_quarter_seconds_7"], players["fourth_quarter_seconds_7_games"], players["games_of_last_7"]
    )
    has_history = pc.greater(players["games_played"], 0)
    computed = {
        **line_columns(players, spread_scale=1),
        **points_line_columns(players),
        **recent_form_columns(players),
        **late_game_columns(players, late_time),
        **opponent_columns(players),
        "source_game_lines_completeness_pct": formulas.percent_found(players["market_count"], players["markets"]),
        **context_quality(
            players,
            flags={
                "points_props_unavailable": pc.invert(players["has_props"]),
                "birth_date_unknown": pc.invert(players["has_birth_date"]),
                "lineups_unavailable": pc.is_null(late_time),
                "backup_source_used": pc.not_equal(players["primary_source_used"], "nbac_gamebook"),
            },
            sources={
                "nbac_gamebook": pc.equal(players["primary_source_used"], "nbac_gamebook"),
                "espn_team_rosters": pc.equal(players["primary_source_used"], "espn_team_rosters"),
                **sources_of_points_line(players["has_prop_line"], players["current_points_line_source"]),
                "player_game_summary": has_history,
                "team_offense_game_summary": pc.greater(players["own_pace_games"], 0),
                "team_defense_game_summary": pc.greater(players["opponent_defensive_rating_games"], 0),
                "bigdataball_play_by_play": pc.and_(pc.is_valid(late_time), has_history),
            },
            sample_size="games_played",
            run_flags={"history_of_teams_incomplete": pc.invert(players["teams_are_complete"])},
        ),
    }
    return assemble("upcoming_player_game_context", players, computed)


def points_line_columns(players: pa.Table) -> Columns:
    """The player's points line, newest and oldest, and how it moved."""
    line, opening = players["points_line_tenths"], players["opening_line_tenths"]
    return {
        "current_points_line": from_parts(line, 10, 1),
        "opening_points_line": from_parts(opening, 10, 1),
        "line_movement": from_parts(formulas.movement(line, opening, players["line_was_seen_twice"]), 10, 1),
    }


def recent_form_columns(players: pa.Table) -> Columns:
    """Minutes, points and usage of his last games and days.

    Minutes are null when a box score lacks them. The projection of usage is his average of the season
    so far, as the best guess that needs no opinion.
    """
    seconds = {
        days: formulas.unless_incomplete(
            players[f"seconds_{days}d"], players[f"timed_games_{days}d"], players[f"games_{days}d"]
        )
        for days in (7, 14)
    }
    return {
        "minutes_in_last_7_days": formulas.rounded_minutes(seconds[7]),
        "minutes_in_last_14_days": formulas.rounded_minutes(seconds[14]),
        "avg_minutes_per_game_last_7": formulas.mean(seconds[7], players["games_7d"], 1, units=60),
        "points_avg_last_5": formulas.mean(players["points_5"], players["points_5_games"], 1),
        "points_avg_last_10": formulas.mean(players["points_10"], players["points_10_games"], 1),
        "avg_usage_rate_last_7_games": formulas.mean(players["usage_7"], players["usage_7_games"], 2, units=100),
        "projected_usage_rate": formulas.mean(players["usage_season"], players["usage_season_games"], 2, units=100),
    }


def late_game_columns(players: pa.Table, fourth_quarter_seconds: pa.ChunkedArray) -> Columns:
    """Fourth quarters and clutch time of his last seven games, and how his shooting held up in five."""
    clutch = formulas.unless_incomplete(
        players["clutch_seconds_7"], players["clutch_seconds_7_games"], players["games_of_last_7"]
    )
    shots_are_known = pc.equal(
        pc.cast(players["early_fg_attempts_5_games"], pa.int64()), pc.cast(players["games_of_last_5"], pa.int64())
    )
    unknown = pa.scalar(None, pa.int64())
    early, late = (
        pc.if_else(shots_are_known, pc.cast(players[f"{half}_fg_attempts_5"], pa.int64()), unknown)
        for half in ("early", "late")
    )
    return {
        "fourth_quarter_minutes_last_7": formulas.rounded_minutes(fourth_quarter_seconds),
        "clutch_minutes_last_7_games": formulas.rounded_minutes(clutch),
        "fourth_quarter_production_last_7": formulas.mean(
            players["fourth_quarter_points_7"], players["fourth_quarter_points_7_games"], 1
        ),
        "shooting_pct_decline_last_5": formulas.difference_of_means(
            players["early_fg_makes_5"], early, players["late_fg_makes_5"], late, 3
        ),
    }


def opponent_columns(players: pa.Table) -> Columns:
    """Pace, defence and record of the teams involved, each over its last ten games."""
    return {
        "pace_differential": formulas.difference_of_means(
            players["own_pace_tenths"], players["own_pace_games"],
            players["opponent_pace_tenths"], players["opponent_pace_games"], 1, units=10,
        ),
        "opponent_pace_last_10": formulas.mean(
            players["opponent_pace_tenths"], players["opponent_pace_games"], 1, units=10
        ),
        "opponent_def_rating_last_10": formulas.mean(
            players["opponent_defensive_rating_hundredths"], players["opponent_defensive_rating_games"], 2, units=100
        ),
        "opponent_ft_rate_allowed": ratio(
            players["opponent_ft_attempts_allowed"], players["opponent_fg_attempts_allowed"], 3
        ),
        "next_opponent_win_pct": ratio(players["next_opponent_wins"], players["next_opponent_games"], 3),
    }  # fmt: skip
