"""upcoming_team_game_context: one row per team and scheduled game, where the team stands before it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.basketball import formulas
from python_processors.processors import assemble
from python_processors.processors.upcoming_contexts import context_quality, line_columns


def summarise(games: pa.Table) -> pa.Table:
    """Lines, provenance and quality of upcoming games; see the model for the columns selected."""
    computed = {
        **line_columns(games, spread_scale=2),
        "source_odds_lines_completeness_pct": formulas.percent_found(games["market_count"], games["markets"]),
        **context_quality(
            games,
            flags={"starter_unknown": pc.invert(games["has_starters"])},
            sources={"player_game_summary": games["has_starters"], "nbac_gamebook": games["has_roster"]},
            sample_size="results_before",
        ),
    }
    return assemble("upcoming_team_game_context", games, computed)
