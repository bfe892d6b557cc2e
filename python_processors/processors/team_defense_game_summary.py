"""team_defense_game_summary: one row per team and final game, what its defence allowed."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors import formulas
from python_processors.processors import assemble
from python_processors.quality import quality_columns


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
    is_official = pc.equal(boxes["primary_source_used"], "nbac_team_boxscore")
    has_zones = boxes["shot_zones_available"]
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
        **quality_columns(
            flags={
                "backup_source_used": pc.invert(is_official),
                "reconstructed": pc.invert(is_official),
                "shot_zones_unavailable": pc.invert(has_zones),
                "shot_zones_unknown": boxes["has_unknown_zones"],
                "shot_zones_disagree_with_box_score": boxes["zones_disagree"],
                "points_differ_from_schedule": pc.not_equal(boxes["points_allowed"], boxes["scheduled_points"]),
                "turnovers_or_rebounds_unknown": pc.is_null(opponent),
            },
            sources={
                "nbac_team_boxscore": is_official,
                "nbac_gamebook": pc.equal(boxes["primary_source_used"], "nbac_gamebook"),
                "bdl_boxscores": pc.equal(boxes["primary_source_used"], "bdl_boxscores"),
                "bigdataball_play_by_play": has_zones,
            },
            sample_size=boxes["source_team_boxscore_rows_found"],
        ),
    }
    return assemble("team_defense_game_summary", boxes, computed)
