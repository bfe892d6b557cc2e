"""team_defense_game_summary: one row per team and final game, what its defence allowed."""

from __future__ import annotations

import pyarrow as pa

from python_processors.basketball import formulas
from python_processors.processors import assemble
from python_processors.processors.team_boxes import team_box_quality


def summarise(boxes: pa.Table) -> pa.Table:
    """Ratings, pace and quality of team boxes seen from the defence; see the model for the columns."""
    own = formulas.possession_hundredths(
        boxes["own_fg_attempts"], boxes["own_ft_attempts"], boxes["own_offensive_rebounds"], boxes["own_turnovers"]
    )
    opponent = formulas.possession_hundredths(
        boxes["opp_fg_attempts"],
        boxes["opp_ft_attempts"],
        boxes["opp_offensive_rebounds"],
        boxes["turnovers_forced"],
    )
    computed = {
        "defensive_rating": formulas.rating(boxes["points_allowed"], opponent),
        "opponent_pace": formulas.pace(own, opponent, boxes["overtime_periods"]),
        "opponent_ts_pct": formulas.true_shooting(
            boxes["points_allowed"], boxes["opp_fg_attempts"], boxes["opp_ft_attempts"]
        ),
        "source_team_boxscore_completeness_pct": formulas.percent_found(
            boxes["source_team_boxscore_rows_found"], boxes["teams_per_game"]
        ),
        "source_gamebook_players_completeness_pct": formulas.percent_found(
            boxes["gamebook_points"], boxes["both_scheduled_points"]
        ),
        "source_bdl_players_completeness_pct": formulas.percent_found(
            boxes["bdl_points"], boxes["both_scheduled_points"]
        ),
        **team_box_quality(
            boxes, points="points_allowed", possessions=opponent, sample_size="source_team_boxscore_rows_found"
        ),
    }
    return assemble("team_defense_game_summary", boxes, computed)
