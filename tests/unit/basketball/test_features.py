"""The feature vector: its order, where each value comes from, and what it is worth."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from python_processors.basketball import features
from python_processors.basketball.features import FEATURES, vectors
from python_processors.processors.ml_feature_store_v2 import (
    data_source,
    injury_risk,
    minutes_change,
    recent_trend,
    rest_advantage,
)  # fmt: skip

# The list of phase4_tables.md, in its order.
NAMES = (
    "points_avg_last_5 points_avg_last_10 points_avg_season points_std_last_10 games_in_last_7_days fatigue_score"
    " shot_zone_mismatch_score pace_score usage_spike_score rest_advantage injury_risk recent_trend minutes_change"
    " opponent_def_rating opponent_pace home_away back_to_back playoff_game pct_paint pct_mid_range pct_three"
    " pct_free_throw team_pace team_off_rating team_win_pct vegas_points_line vegas_opening_line vegas_line_move"
    " has_vegas_line avg_points_vs_opponent games_vs_opponent minutes_avg_last_10 ppm_avg_last_10"
).split()
DEFAULTS = [
    10, 10, 10, 5, 3, 50, 0, 0, 0, 0, 0, 0, 0, 112, 100, 0, 0, 0, 0.30, 0.20, 0.35, 0.15, 100, 112, 0.5, 15, 15, 0, 0, 10,
    0, 28, 0.4,
]  # fmt: skip


def candidates(*values: float | None) -> dict[str, list[pa.Array]]:
    """The same values, by how far down they are found, for every feature."""
    return {
        feature.name: [
            pa.array([None if value is None else Decimal(str(value))], pa.decimal128(18, 4))
            for value in values[: len(feature.labels) - 1]
        ]
        for feature in FEATURES
    }


def test_the_features_are_those_of_the_version_in_its_order() -> None:
    assert [feature.name for feature in FEATURES] == NAMES


def test_a_row_of_first_sources_is_worth_a_hundred() -> None:
    made = vectors(candidates(7.25, 1), 1)
    assert made.features().to_pylist() == [[Decimal("7.2500")] * 33]
    assert made.total_weight().to_pylist() == [3300]
    assert made.sources().to_pylist() == [[feature.source for feature in FEATURES]]
    assert made.precompute_share() == (pa.array([16]), 16)


def test_a_fallback_comes_next_and_says_so() -> None:
    made = vectors(candidates(None, 1), 1)
    with_fallback = [feature.fallback is not None for feature in FEATURES]
    assert sum(with_fallback) == 9
    assert made.total_weight().to_pylist() == [9 * 87 + 24 * 40]
    for source, has_fallback in zip(made.sources().to_pylist()[0], with_fallback, strict=True):
        assert source.startswith("fallback:") == has_fallback
        assert (source == "default") == (not has_fallback)


def test_a_row_of_which_nothing_is_known_holds_the_defaults() -> None:
    made = vectors(candidates(None, None), 1)
    assert [float(value) for value in made.features().to_pylist()[0]] == DEFAULTS
    assert set(made.sources().to_pylist()[0]) == {"default"}
    assert made.total_weight().to_pylist() == [33 * 40]


def test_no_rows_make_no_vectors() -> None:
    made = vectors({name: [column.slice(0, 0) for column in columns] for name, columns in candidates(1, 1).items()}, 0)
    assert made.features().to_pylist() == made.names().to_pylist() == []


def test_candidates_in_another_order_are_refused() -> None:
    with pytest.raises(ValueError, match="in that order"):
        vectors(dict(reversed(candidates(1, 1).items())), 1)


@pytest.mark.parametrize(
    ("newest_first", "trend"),
    [
        ([20, 20, 20, 10, 10], 2),
        ([15, 15, 15, 10, 10], 2),
        ([13, 13, 13, 11, 11], 1),
        ([12, 12, 12, 11, 11], 0),
        ([10, 10, 10, 12, 12], -1),
        ([10, 10, 10, 15, 15], -2),
        ([10, 10, 10, 10], None),
    ],
)
def test_improving_is_positive(newest_first: list[int], trend: int | None) -> None:
    sums = [pa.array([sum(newest_first[:count])]) for count in (3, 5)]
    assert recent_trend(*sums, pa.array([len(newest_first)])).to_pylist() == [trend]


@pytest.mark.parametrize(
    ("recent", "usual", "change"),
    [(36, 30, 2), (33, 30, 1), (32, 30, 0), (27, 30, -1), (24, 30, -2), (25, 30, -1), (0, 0, None)],
)
def test_minutes_change_against_the_season(recent: int, usual: int, change: int | None) -> None:
    ten, forty = pa.array([10]), pa.array([40])
    found = minutes_change(pa.array([600 * recent]), ten, pa.array([2400 * usual]), forty)
    assert found.to_pylist() == [change]


@pytest.mark.parametrize(
    ("status", "is_inactive", "is_known", "risk"),
    [
        (None, False, True, 0), ("available", False, True, 0), ("probable", False, True, 1),
        ("questionable", False, True, 2), ("doubtful", False, True, 3), ("out", False, True, 3),
        (None, True, True, 3), ("probable", True, True, 3), (None, False, False, None),
    ],
)  # fmt: skip
def test_who_is_neither_listed_nor_inactive_is_available(
    status: str | None, is_inactive: bool, is_known: bool, risk: int | None
) -> None:
    found = injury_risk(pa.array([status], pa.string()), pa.array([is_inactive]), pa.array([is_known]))
    assert found.to_pylist() == [risk]


@pytest.mark.parametrize(("own", "other", "advantage"), [(3, 0, 2), (1, 1, 0), (0, 1, -1), (0, 9, -2), (None, 1, None)])
def test_rest_is_measured_against_the_opponents(own: int | None, other: int, advantage: int | None) -> None:
    assert rest_advantage(pa.array([own], pa.int64()), pa.array([other])).to_pylist() == [advantage]


@pytest.mark.parametrize(
    ("found", "source"), [(16, "phase4"), (15, "phase4"), (14, "phase4_partial"), (8, "phase4_partial"), (7, "mixed")]
)
def test_a_row_is_phase4_by_what_precompute_tables_should_give(found: int, source: str) -> None:
    assert data_source(pa.array([found]), 16).to_pylist() == [source]


def test_the_version_is_the_contracts() -> None:
    assert features.VERSION == "v2_33features"
