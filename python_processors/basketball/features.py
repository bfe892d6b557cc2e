"""The feature vector v2_33features: order, sources, fallbacks and defaults of each feature.

The one place where a constant may stand in for a missing input, since a model needs a number; which
number is one is said feature by feature. Sources and defaults: docs/decisions/0006-precompute-tables.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from python_processors.decimals import Integers, decimal_units, decimals

Column: TypeAlias = "pa.Array | pa.ChunkedArray"

VERSION = "v2_33features"
SCALE = 4  # decimals of a feature
PRECISION = 9

CACHE, COMPOSITE, ZONES, DEFENSE = (
    "player_daily_cache", "player_composite_factors", "player_shot_zone_analysis", "team_defense_zone_analysis",
)  # fmt: skip
CONTEXT, BOXES, CALCULATED = "upcoming_player_game_context", "player_game_summary", "calculated"
PRECOMPUTE = frozenset({CACHE, COMPOSITE, ZONES, DEFENSE})
FALLBACK, DEFAULT = "fallback:", "default"

# A feature of its first source is worth all, one of a real but lesser source less, a constant least: the
# platform's weights of its Phase 4, Phase 3 and default sources.
WEIGHTS = {"first": 100, "fallback": 87, "default": 40}


@dataclass(frozen=True)
class Feature:
    """Where a feature comes from: its first source, the fallback if it has one, and the default."""

    name: str
    source: str
    default: str
    fallback: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What feature_sources says, by how far down the value was found."""
        lesser = (FALLBACK + self.fallback,) if self.fallback else ()
        return (self.source, *lesser, DEFAULT)

    @property
    def weights(self) -> tuple[int, ...]:
        lesser = (WEIGHTS["fallback"],) if self.fallback else ()
        return (WEIGHTS["first"], *lesser, WEIGHTS["default"])


FEATURES = (
    Feature("points_avg_last_5", CACHE, "10", BOXES),
    Feature("points_avg_last_10", CACHE, "10", BOXES),
    Feature("points_avg_season", CACHE, "10", BOXES),
    Feature("points_std_last_10", CACHE, "5", BOXES),
    Feature("games_in_last_7_days", CACHE, "3", BOXES),
    Feature("fatigue_score", COMPOSITE, "50"),
    Feature("shot_zone_mismatch_score", COMPOSITE, "0"),
    Feature("pace_score", COMPOSITE, "0"),
    Feature("usage_spike_score", COMPOSITE, "0"),
    Feature("rest_advantage", CALCULATED, "0"),
    Feature("injury_risk", CALCULATED, "0"),
    Feature("recent_trend", CALCULATED, "0"),
    Feature("minutes_change", CALCULATED, "0"),
    Feature("opponent_def_rating", DEFENSE, "112"),
    Feature("opponent_pace", DEFENSE, "100"),
    Feature("home_away", CONTEXT, "0"),
    Feature("back_to_back", CONTEXT, "0"),
    Feature("playoff_game", CONTEXT, "0"),
    Feature("pct_paint", ZONES, "0.30"),
    Feature("pct_mid_range", ZONES, "0.20"),
    Feature("pct_three", ZONES, "0.35"),
    Feature("pct_free_throw", CALCULATED, "0.15"),
    Feature("team_pace", CACHE, "100"),
    Feature("team_off_rating", CACHE, "112"),
    Feature("team_win_pct", CALCULATED, "0.5"),
    Feature("vegas_points_line", CONTEXT, "15", BOXES),
    Feature("vegas_opening_line", CONTEXT, "15", BOXES),
    Feature("vegas_line_move", CONTEXT, "0"),
    Feature("has_vegas_line", CONTEXT, "0"),
    Feature("avg_points_vs_opponent", BOXES, "10", BOXES),
    Feature("games_vs_opponent", BOXES, "0", BOXES),
    Feature("minutes_avg_last_10", BOXES, "28"),
    Feature("ppm_avg_last_10", BOXES, "0.4"),
)


@dataclass(frozen=True)
class Vectors:
    """Vectors of n rows: (n, 33) values in ten-thousandths, and (n, 33) how far down each was found."""

    values: Integers
    found_at: npt.NDArray[np.int8]

    def features(self) -> pa.Array:
        """list<decimal(9, 4)>, 33 to a row, none null."""
        flat = self.values.reshape(-1)
        return _lists(decimals(flat, np.zeros(len(flat), dtype=bool), SCALE), len(self.values))

    def sources(self) -> pa.Array:
        """list<string>, 33 to a row: the source of each feature."""
        labels = sorted({label for feature in FEATURES for label in feature.labels})
        codes = self._by_feature(lambda feature: [labels.index(label) for label in feature.labels])
        dictionary = pa.DictionaryArray.from_arrays(pa.array(codes.reshape(-1), pa.int32()), pa.array(labels))
        return _lists(dictionary.dictionary_decode(), len(self.values))

    def names(self) -> pa.Array:
        every = np.tile(np.arange(len(FEATURES), dtype=np.int32), len(self.values))
        names = pa.array([feature.name for feature in FEATURES])
        return _lists(pa.DictionaryArray.from_arrays(pa.array(every), names).dictionary_decode(), len(self.values))

    def total_weight(self) -> pa.Array:
        """Sum of the 33 weights; 3,300 when every feature is of its first source."""
        return pa.array(self._by_feature(lambda feature: feature.weights).sum(axis=1), pa.int64())

    def precompute_share(self) -> tuple[pa.Array, int]:
        """How many of the features that a precompute table should give come from one, and of how many."""
        wanted = np.array([feature.source in PRECOMPUTE for feature in FEATURES])
        return pa.array(((self.found_at == 0) & wanted).sum(axis=1), pa.int64()), int(wanted.sum())

    def _by_feature(self, amounts_of: Callable[[Feature], Sequence[int]]) -> npt.NDArray[np.int64]:
        """(n, 33) amounts, of those that a feature has by how far down it was found."""
        columns = [
            np.array(amounts_of(feature), dtype=np.int64)[self.found_at[:, number]]
            for number, feature in enumerate(FEATURES)
        ]
        return np.stack(columns, axis=1)


def vectors(candidates: Mapping[str, Sequence[Column]], row_count: int) -> Vectors:
    """The first candidate of each feature that is known, else the feature's default.

    :param candidates: per feature, decimal(18, 4) columns in the order of its labels, default left out.
    :raises ValueError: the candidates are not those that FEATURES names.
    """
    if list(candidates) != [feature.name for feature in FEATURES]:
        raise ValueError("candidates must be those of FEATURES, in that order")
    values = np.empty((row_count, len(FEATURES)), dtype=np.int64)
    found_at = np.empty((row_count, len(FEATURES)), dtype=np.int8)
    for number, feature in enumerate(FEATURES):
        columns = [_whole(column) for column in candidates[feature.name]]
        if len(columns) != len(feature.labels) - 1:
            raise ValueError(f"{feature.name} needs {len(feature.labels) - 1} candidates, not {len(columns)}")
        values[:, number] = round(float(feature.default) * 10**SCALE)
        found_at[:, number] = len(columns)
        for place in reversed(range(len(columns))):
            known = columns[place].is_valid().to_numpy(zero_copy_only=False)
            values[known, number] = decimal_units(columns[place])[known]
            found_at[known, number] = place
    return Vectors(values, found_at)


def _whole(column: Column) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _lists(flat: pa.Array, row_count: int) -> pa.Array:
    offsets = np.arange(0, (row_count + 1) * len(FEATURES), len(FEATURES), dtype=np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), flat)
