"""What the precompute tables have in common."""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Columns = dict[str, "pa.Array | pa.ChunkedArray"]
Column: TypeAlias = "pa.Array | pa.ChunkedArray"


def zone_note(zone_games: Column, games: Column) -> Column:
    """Says when games of the sample have no zones, since they have no play-by-play; null otherwise."""
    note = pc.binary_join_element_wise(
        "zones of", pc.cast(zone_games, pa.string()), "of", pc.cast(games, pa.string()), "games", " "
    )
    return pc.if_else(pc.less(zone_games, games), note, pa.scalar(None, pa.string()))


def tier(games: Column, high: int, medium: int) -> Column:
    """high, medium or low, by games in the sample."""
    return pc.if_else(
        pc.greater_equal(games, high), "high", pc.if_else(pc.greater_equal(games, medium), "medium", "low")
    )


def all_true(*flags: Column) -> Column:
    """Whether all hold; unknown counts as no."""
    held = pc.fill_null(flags[0], False)
    for flag in flags[1:]:
        held = pc.and_(held, pc.fill_null(flag, False))
    return held
