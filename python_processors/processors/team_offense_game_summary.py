"""team_offense_game_summary: one row per team and final game, what its offence did."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors import formulas
from python_processors.processors import assemble
from python_processors.quality import quality_columns


def summarise(boxes: pa.Table) -> pa.Table:
    """Ratings, pace and quality of team boxes; see the model for the columns selected."""
    own = formulas.possession_hundredths(
        boxes["fg_attempts"], boxes["ft_attempts"], boxes["offensive_rebounds"], boxes["turnovers"]
    )
    opponent = formulas.possession_hundredths(
        boxes["opponent_fg_attempts"],
        boxes["opponent_ft_attempts"],
        boxes["opponent_offensive_rebounds"],
        boxes["opponent_turnovers"],
    )
    is_official = pc.equal(boxes["primary_source_used"], "nbac_team_boxscore")
    has_zones = boxes["shot_zones_available"]
    computed = {
        "possessions": formulas.possessions(own),
        "offensive_rating": formulas.rating(boxes["points_scored"], own),
        "pace": formulas.pace(own, opponent, boxes["overtime_periods"]),
        "ts_pct": formulas.true_shooting(boxes["points_scored"], boxes["fg_attempts"], boxes["ft_attempts"]),
        "source_nbac_boxscore_completeness_pct": formulas.percent_found(
            boxes["source_nbac_boxscore_rows_found"], boxes["teams_per_game"]
        ),
        "source_play_by_play_completeness_pct": formulas.percent_found(
            boxes["play_by_play_shots"], boxes["both_fg_attempts"]
        ),
        **quality_columns(
            flags={
                "backup_source_used": pc.invert(is_official),
                "reconstructed": pc.invert(is_official),
                "shot_zones_unavailable": pc.invert(has_zones),
                "shot_zones_unknown": boxes["has_unknown_zones"],
                "shot_zones_disagree_with_box_score": boxes["zones_disagree"],
                "points_differ_from_schedule": pc.not_equal(boxes["points_scored"], boxes["scheduled_points"]),
                "turnovers_or_rebounds_unknown": pc.is_null(own),
            },
            sources={
                "nbac_team_boxscore": is_official,
                "nbac_gamebook": pc.equal(boxes["primary_source_used"], "nbac_gamebook"),
                "bdl_boxscores": pc.equal(boxes["primary_source_used"], "bdl_boxscores"),
                "bigdataball_play_by_play": has_zones,
            },
            sample_size=boxes["source_nbac_boxscore_rows_found"],
        ),
    }
    return assemble("team_offense_game_summary", boxes, computed)
