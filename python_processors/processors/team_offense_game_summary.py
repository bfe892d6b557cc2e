"""team_offense_game_summary: one row per team and final game, what its offence did."""

from __future__ import annotations

import pyarrow as pa

from python_processors.basketball import formulas
from python_processors.processors import assemble
from python_processors.processors.team_boxes import team_box_quality


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
        **team_box_quality(
            boxes, points="points_scored", possessions=own, sample_size="source_nbac_boxscore_rows_found"
        ),
    }
    return assemble("team_offense_game_summary", boxes, computed)
