"""Zones, caches and JSON of the precompute tables, against values worked out by hand."""

from __future__ import annotations

import json
import statistics
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors.basketball import formulas
from python_processors.json_columns import json_objects
from python_processors.processors.player_shot_zone_analysis import primary_zone, sample_quality
from python_processors.processors.precompute import tier, zone_note
from python_processors.processors.team_defense_zone_analysis import extreme_zones, versus_league


def rates(paint: str | None, mid_range: str | None, three_pt: str | None) -> dict[str, pa.Array]:
    return {
        zone: pa.array([None if rate is None else Decimal(rate)], pa.decimal128(18, 2))
        for zone, rate in (("paint", paint), ("mid_range", mid_range), ("three_pt", three_pt))
    }


@pytest.mark.parametrize(
    ("paint", "mid_range", "three_pt", "zone"),
    [
        ("40.00", "10.00", "50.00", "paint"),
        ("39.99", "20.01", "40.00", "perimeter"),
        ("30.00", "35.00", "35.00", "mid_range"),
        ("39.00", "34.99", "26.01", "balanced"),
        (None, None, None, None),
    ],
)
def test_the_primary_zone_goes_by_paint_then_perimeter_then_mid_range(
    paint: str | None, mid_range: str | None, three_pt: str | None, zone: str | None
) -> None:
    assert primary_zone(rates(paint, mid_range, three_pt)).to_pylist() == [zone]


def test_sample_quality_goes_by_share_of_the_games_wanted() -> None:
    games = pa.array([20, 19, 14, 13, 10, 9])
    assert sample_quality(games, 20).to_pylist() == ["excellent", "good", "good", "limited", "limited", "insufficient"]


def test_tiers_start_on_their_limits() -> None:
    assert tier(pa.array([15, 14, 10, 9]), 15, 10).to_pylist() == ["high", "medium", "medium", "low"]


def test_a_note_says_how_many_games_have_zones() -> None:
    assert zone_note(pa.array([14, 15]), pa.array([15, 15])).to_pylist() == ["zones of 14 of 15 games", None]


def league(teams: int) -> pa.Table:
    """300 of 500 made; the league makes 0.55 on average."""
    return pa.table(
        {
            "paint_makes": [300], "paint_attempts": [500], "league_paint_billionths": [550_000_000 * teams],
            "league_paint_teams": [teams],
        }
    )  # fmt: skip


def test_a_defence_is_compared_with_ten_teams_or_with_nobody() -> None:
    assert versus_league(league(10), "paint").to_pylist() == [Decimal("5.00")]
    assert versus_league(league(9), "paint").to_pylist() == [None]


def test_the_strongest_zone_allows_least_and_the_nearer_of_equal_ones_counts() -> None:
    assert extreme_zones(rates("-1.00", "2.00", "3.00")) == {
        "strongest_zone": pa.array(["paint"]), "weakest_zone": pa.array(["perimeter"])
    }  # fmt: skip
    same = extreme_zones(rates("1.00", "1.00", "1.00"))
    assert same["strongest_zone"].to_pylist() == same["weakest_zone"].to_pylist() == ["paint"]
    unknown = extreme_zones(rates("1.00", None, "1.00"))
    assert unknown["strongest_zone"].to_pylist() == unknown["weakest_zone"].to_pylist() == [None]


@given(st.lists(st.integers(0, 100), min_size=2, max_size=10))
def test_the_deviation_is_that_of_a_sample(points: list[int]) -> None:
    found = formulas.sample_deviation(
        pa.array([sum(points)]), pa.array([sum(point * point for point in points)]), pa.array([len(points)]), 2
    )[0].as_py()
    assert float(found) == pytest.approx(statistics.stdev(points), abs=0.005001)


def test_one_game_deviates_from_nothing() -> None:
    one = formulas.sample_deviation(pa.array([7]), pa.array([49]), pa.array([1]), 2)
    assert one.to_pylist() == [None]


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    st.none() | st.integers(-9, 9),
    st.booleans(),
)
def test_json_columns_are_read_back_as_they_were(text: str, number: int | None, flag: bool) -> None:
    inner = json_objects({"number": pa.array([number], pa.int64())})
    made = json_objects(
        {"text": pa.array([text]), "flag": pa.array([flag]), "amount": pa.array([Decimal("-1.50")])}, {"inner": inner}
    )
    assert json.loads(made[0].as_py()) == {"text": text, "flag": flag, "amount": -1.5, "inner": {"number": number}}
