"""The composite factors, against values worked out by hand."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from python_processors.basketball import factors
from python_processors.basketball.factors import POINT

FRESH = {
    "days_rest": 1, "back_to_back": False, "games_in_last_7": 3, "minutes_in_last_7": 100,
    "average_minutes_tenths": 333, "back_to_backs_in_14": 0, "age": 25,
}  # fmt: skip


def column(value: Any) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([value], pa.bool_() if isinstance(value, bool) else pa.int64())])


def fatigue(**changed: Any) -> Any:
    terms = factors.fatigue_terms(*(column(value) for value in (FRESH | changed).values()))
    return factors.fatigue_score(terms)[0].as_py()


@pytest.mark.parametrize(
    ("changed", "score"),
    [
        ({}, 100),
        ({"days_rest": 0, "back_to_back": True}, 85),
        ({"days_rest": 3}, 100),  # 105, and nobody is fresher than fresh
        ({"days_rest": 3, "age": 30}, 100),  # +5 - 5
        ({"days_rest": 2, "age": 29}, 100),
        ({"age": 30}, 95),
        ({"age": 34}, 95),
        ({"age": 35}, 90),
        ({"games_in_last_7": 4}, 90),
        ({"minutes_in_last_7": 240}, 100),
        ({"minutes_in_last_7": 241}, 90),
        ({"average_minutes_tenths": 350}, 100),
        ({"average_minutes_tenths": 351}, 92),
        ({"back_to_backs_in_14": 1}, 95),
        ({"back_to_backs_in_14": 2}, 88),
        ({"back_to_backs_in_14": 3}, 88),
    ],
)
def test_each_load_takes_its_points(changed: dict[str, Any], score: int) -> None:
    assert fatigue(**changed) == score


def test_all_loads_together_take_seventy_five_less_ten() -> None:
    worst = fatigue(
        days_rest=0, back_to_back=True, games_in_last_7=4, minutes_in_last_7=250, average_minutes_tenths=400,
        back_to_backs_in_14=2, age=40,
    )  # fmt: skip
    assert worst == 100 - 15 - 10 - 10 - 8 - 12 - 10


@pytest.mark.parametrize("unknown", ["days_rest", "minutes_in_last_7", "average_minutes_tenths", "back_to_backs_in_14"])
def test_an_unknown_input_makes_the_score_unknown(unknown: str) -> None:
    assert fatigue(**{unknown: None}) is None


def test_an_unknown_age_leaves_its_term_out() -> None:
    assert fatigue(age=None, back_to_back=True, days_rest=0) == fatigue(age=20, back_to_back=True, days_rest=0) == 85
    assert fatigue(age=36, back_to_back=True, days_rest=0) == 75


def test_a_week_without_games_has_no_average_to_weigh() -> None:
    assert fatigue(days_rest=9, games_in_last_7=0, minutes_in_last_7=0, average_minutes_tenths=None) == 100


def test_fatigue_takes_up_to_five_points() -> None:
    adjusted = factors.fatigue_adjustment(pa.array([100, 82, 0, None], pa.int64()))
    assert [None if value is None else value / POINT for value in adjusted.to_pylist()] == [0, -0.9, -5, None]


@pytest.mark.parametrize(
    ("defense", "rate", "points"),
    [
        (300, 2500, 1.5),  # 3.00 points allowed over the league, a quarter of the shots: half of it counts
        (300, 5000, 3.0),
        (300, 8000, 3.0),  # from half of the shots on it counts in full
        (500, 5000, 5.0),  # not beyond five
        (501, 5000, 6.012),
        (-600, 5000, -7.2),
        (900, 9000, 10.0),  # 10.8
        (-2000, 100, -0.4),
        (0, 5000, 0.0),
        (None, 5000, None),
        (300, None, None),
    ],
)
def test_a_mismatch_is_weighted_by_how_much_he_shoots_there(
    defense: int | None, rate: int | None, points: float | None
) -> None:
    found = factors.shot_zone_mismatch(column(defense), column(rate))[0].as_py()
    assert (None if found is None else found / POINT) == points


@pytest.mark.parametrize(("tenths", "points"), [(0, 0), (41, 2.05), (-7, -0.35), (61, 3), (-99, -3), (None, None)])
def test_pace_is_half_the_difference(tenths: int | None, points: float | None) -> None:
    found = factors.pace(column(tenths))[0].as_py()
    assert (None if found is None else found / POINT) == points


@pytest.mark.parametrize(
    ("projected", "recent", "stars", "points"),
    [
        (2500, 2500, 0, 0),
        (2600, 2500, 0, 0.3),
        (2600, 2500, 1, 0.345),
        (2600, 2500, 2, 0.39),
        (2600, 2500, 3, 0.39),
        (2400, 2500, 2, -0.3),  # a fall is the same with everybody
        (2400, 2500, None, -0.3),
        (2600, 2500, None, None),
        (4000, 2500, 0, 3),
        (1000, 2500, 0, -3),
        (None, 2500, 0, None),
        (2500, None, 0, None),
    ],
)
def test_usage_counts_more_without_stars(
    projected: int | None, recent: int | None, stars: int | None, points: float | None
) -> None:
    found = factors.usage_spike(column(projected), column(recent), column(stars))[0].as_py()
    assert (None if found is None else found / POINT) == points


def test_a_total_of_unrounded_factors_is_unknown_when_one_is() -> None:
    assert factors.total(column(5), column(-7), column(1))[0].as_py() == -1
    assert factors.total(column(5), column(None), column(1))[0].as_py() is None
