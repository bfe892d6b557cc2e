"""What the two team tables share: a game's box score, seen from the offence or from the defence."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball.quality import quality_columns


def team_box_quality(
    boxes: pa.Table, *, points: str, possessions: pa.ChunkedArray, sample_size: str
) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Quality columns of rows made from a team box.

    :param boxes: with primary_source_used, shot_zones_available, has_unknown_zones, zones_disagree,
        is_nbac_pbp and scheduled_points, the score of the team whose `points` the row tells.
    :param possessions: null where turnovers or offensive rebounds are unknown.
    """
    source = boxes["primary_source_used"]
    is_official = pc.equal(source, "nbac_team_boxscore")
    has_zones = boxes["shot_zones_available"]
    return quality_columns(
        flags={
            "backup_source_used": pc.invert(is_official),
            "reconstructed": pc.invert(is_official),
            "shot_zones_unavailable": pc.invert(has_zones),
            "shot_zones_unknown": boxes["has_unknown_zones"],
            "shot_zones_disagree_with_box_score": boxes["zones_disagree"],
            "points_differ_from_schedule": pc.not_equal(boxes[points], boxes["scheduled_points"]),
            "turnovers_or_rebounds_unknown": pc.is_null(possessions),
        },
        sources={
            "nbac_team_boxscore": is_official,
            "nbac_gamebook": pc.equal(source, "nbac_gamebook"),
            "bdl_boxscores": pc.equal(source, "bdl_boxscores"),
            "bigdataball_play_by_play": pc.and_(has_zones, pc.invert(boxes["is_nbac_pbp"])),
            "nbac_play_by_play": pc.and_(has_zones, boxes["is_nbac_pbp"]),
        },
        sample_size=boxes[sample_size],
    )
