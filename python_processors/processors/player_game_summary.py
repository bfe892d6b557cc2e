"""player_game_summary: one row per player and final game he played in."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import quality_columns, sources_of_points_line
from python_processors.decimals import from_parts
from python_processors.processors import assemble


def summarise(boxes: pa.Table) -> pa.Table:
    """Minutes, rates, results against the points line and quality; see the model for the columns."""
    plays = formulas.play_hundredths(boxes["fg_attempts"], boxes["ft_attempts"], boxes["turnovers"])
    team_plays = formulas.play_hundredths(boxes["team_fg_attempts"], boxes["team_ft_attempts"], boxes["team_turnovers"])
    usage = formulas.usage_rate(plays, boxes["seconds_played"], team_plays, boxes["overtime_periods"])
    is_gamebook = pc.equal(boxes["primary_source_used"], "nbac_gamebook")
    has_zones = boxes["has_play_by_play"]
    line, opening_line = boxes["points_line_tenths"], boxes["opening_line_tenths"]
    margin = pc.subtract(pc.multiply(pc.cast(boxes["points"], pa.int64()), 10), line)
    computed = {
        "minutes_played": from_parts(boxes["seconds_played"], 60, 1),
        "usage_rate": usage,
        "ts_pct": formulas.true_shooting(boxes["points"], boxes["fg_attempts"], boxes["ft_attempts"]),
        "efg_pct": formulas.effective_field_goals(boxes["fg_makes"], boxes["three_pt_makes"], boxes["fg_attempts"]),
        "margin": from_parts(margin, 10, 1),
        "over_under_result": _result(margin),
        "points_line": from_parts(line, 10, 1),
        "opening_line": from_parts(opening_line, 10, 1),
        "line_movement": from_parts(formulas.movement(line, opening_line, boxes["line_was_seen_twice"]), 10, 1),
        "shot_zones_estimated": pc.if_else(has_zones, False, pa.scalar(None, pa.bool_())),
        "source_nbac_completeness_pct": formulas.percent_found(
            boxes["gamebook_points"], boxes["both_scheduled_points"]
        ),
        "source_bdl_completeness_pct": formulas.percent_found(boxes["bdl_points"], boxes["both_scheduled_points"]),
        "source_bbd_completeness_pct": formulas.percent_found(boxes["bbd_shots"], boxes["both_fg_attempts"]),
        "source_nbac_pbp_completeness_pct": pc.if_else(
            boxes["is_nbac_pbp"], formulas.percent_found(boxes["nbac_pbp_shots"], boxes["both_fg_attempts"]), None
        ),
        "source_team_completeness_pct": formulas.percent_found(
            boxes["source_team_rows_found"], boxes["teams_per_game"]
        ),
        **quality_columns(
            flags={
                "backup_source_used": pc.invert(is_gamebook),
                "box_score_does_not_add_up": pc.invert(boxes["agrees_with_score"]),
                "shot_zones_unavailable": pc.invert(has_zones),
                "shot_zones_unknown": boxes["has_unknown_zones"],
                "shot_zones_disagree_with_box_score": boxes["zones_disagree"],
                "minutes_unknown": pc.is_null(boxes["seconds_played"]),
                "usage_unknown": pc.is_null(usage),
                "starter_unknown": pc.is_null(boxes["starter_flag"]),
                "turnovers_or_rebounds_unknown": pc.or_(
                    pc.is_null(boxes["turnovers"]), pc.is_null(boxes["offensive_rebounds"])
                ),
            },
            sources={
                "nbac_gamebook": is_gamebook,
                "bdl_boxscores": pc.invert(is_gamebook),
                "bigdataball_play_by_play": pc.and_(has_zones, pc.invert(boxes["is_nbac_pbp"])),
                "nbac_play_by_play": boxes["is_nbac_pbp"],
                **sources_of_points_line(pc.is_valid(line), boxes["points_line_source"]),
                "team_offense_game_summary": pc.is_valid(usage),
            },
            sample_size=boxes["box_rows_of_game"],
        ),
    }
    return assemble("player_game_summary", boxes, computed)


def _result(margin: pa.ChunkedArray) -> pa.ChunkedArray:
    """OVER, UNDER, or PUSH on the line; null without a line."""
    return pc.if_else(pc.equal(margin, 0), "PUSH", pc.if_else(pc.greater(margin, 0), "OVER", "UNDER"))
