"""What the two upcoming contexts share: lines from a team's side, and what the run says of a row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.basketball.quality import Flags, quality_columns, run_issues
from python_processors.decimals import from_parts

Columns = dict[str, "pa.Array | pa.ChunkedArray"]


def line_columns(rows: pa.Table, *, spread_scale: int) -> Columns:
    """Spread and total, newest and oldest, and how they moved, from the side of the row's team.

    :param rows: with `side` (1 at home, -1 away) and four lines in 200ths of a point, spreads from the
        home side, and whether each market was seen twice (see int_game_lines). A negative spread is a
        favourite's.
    :param spread_scale: decimals of the table's spread columns; totals have one.
    """
    side = pc.cast(rows["side"], pa.int64())
    spread = pc.multiply(pc.cast(rows["home_spread_200ths"], pa.int64()), side)
    opening_spread = pc.multiply(pc.cast(rows["opening_home_spread_200ths"], pa.int64()), side)
    total, opening_total = (pc.cast(rows[name], pa.int64()) for name in ("total_200ths", "opening_total_200ths"))
    return {
        "game_spread": from_parts(spread, 200, spread_scale),
        "opening_spread": from_parts(opening_spread, 200, spread_scale),
        "spread_movement": from_parts(
            formulas.movement(spread, opening_spread, rows["spread_was_seen_twice"]), 200, spread_scale
        ),
        "game_total": from_parts(total, 200, 1),
        "opening_total": from_parts(opening_total, 200, 1),
        "total_movement": from_parts(formulas.movement(total, opening_total, rows["total_was_seen_twice"]), 200, 1),
    }


def context_quality(
    rows: pa.Table, flags: Flags, sources: Flags, sample_size: str, run_flags: Flags | None = None
) -> Columns:
    """Quality columns of a context: the issues both tables can have, and those of one of them.

    :param run_flags: what one table adds to data_quality_issues, which says how far the history was there.
    """
    games = pc.cast(rows[sample_size], pa.int64())
    return {
        **quality_columns(
            flags={
                "game_lines_unavailable": pc.equal(rows["market_count"], 0),
                "injury_report_unavailable": pc.invert(rows["has_report"]),
                "injury_grades_unavailable": pc.and_(rows["has_report"], pc.invert(rows["has_grades"])),
                "venue_unknown": pc.invert(rows["has_venue"]),
                "fewer_than_10_games": pc.less(games, 10),
                "fewer_than_5_games": pc.less(games, 5),
                **flags,
            },
            sources={
                "nbac_schedule": pc.is_valid(rows["game_id"]),
                "odds_api_game_lines": pc.greater(rows["market_count"], 0),
                "nbac_injury_report": rows["has_report"],
                **sources,
            },
            sample_size=games,
        ),
        "data_quality_issues": run_issues(
            rows, {"circuit_breaker_open": rows["circuit_breaker_active"], **(run_flags or {})}
        ),
    }
