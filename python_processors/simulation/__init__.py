"""A simulated league in the form of the raw contract, for machines without a raw archive and for tests.

Possessions are played one by one; play-by-play is what happened, and every box score, playing time and
plus/minus is summed from it, so the tables agree as the real ones do. Odds follow the strengths of the ten
on court. Names, results and lines are invented; only the thirty teams and their arenas exist.

Unlike the real archive, which has balldontlie and team boxes of the regular season only, every feed has
play-in and playoffs too, so that each table is complete.

| module | subject |
|---|---|
| calendar | who plays whom, where and when |
| players | skills, rosters, trades, the summer between two seasons |
| injuries | who cannot play, and what the report says |
| lineups | minutes, and how good they make each side |
| possessions | what happens in a game, and its sums |
| playoffs | play-in and bracket, from the results |
| season | one season, from all of these |
| boxes, events, market, reference | the raw tables |
| faults | what goes wrong with raw files, on demand |
| write | a league on disk |
"""

from python_processors.simulation.columns import LOADED_AT
from python_processors.simulation.write import (
    LEAGUE_MARK,
    SEED,
    SIMULATED,
    FolderNotEmptyError,
    SimulatedSeason,
    has_marked_files,
    simulate,
)

__all__ = [
    "LEAGUE_MARK", "LOADED_AT", "SEED", "SIMULATED", "FolderNotEmptyError", "SimulatedSeason", "has_marked_files",
    "simulate",
]  # fmt: skip
