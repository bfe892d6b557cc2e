"""Formulas against figures worked by hand from published box scores, and against exact fractions."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors.basketball import formulas
from python_processors.decimals import ratio


def column(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int64())


def test_possessions_and_ratings_of_the_opening_game() -> None:
    """BKN@MIL 2021-10-19. BKN 84 FGA, 23 FTA, 5 OREB, 12 TOV: 84 + 10.12 - 5 + 12 = 101.12."""
    brooklyn = formulas.possession_hundredths(column(84), column(23), column(5), column(12))
    assert brooklyn.to_pylist() == [10112]
    assert formulas.possessions(brooklyn).to_pylist() == [Decimal("101.1")]
    assert formulas.rating(column(104), brooklyn).to_pylist() == [Decimal("102.85")]


def test_pace_is_the_average_of_both_teams_and_knows_overtime() -> None:
    """(101.12 + 106.92) / 2 = 104.02 in regulation; the same in one overtime is 104.02 x 240/265."""
    own, opponent = column(10112, 10112), column(10692, 10692)
    assert formulas.pace(own, opponent, column(0, 1)).to_pylist() == [Decimal("104.0"), Decimal("94.2")]


def test_true_shooting_counts_free_throws_alone_and_needs_attempts() -> None:
    """2 points of 2 free throws: 2 / (2 x 0.88); no points of one shot is zero, no attempt is unknown."""
    shooting = formulas.true_shooting(column(2, 0, 0), column(0, 1, 0), column(2, 0, 0))
    assert shooting.to_pylist() == [Decimal("1.136"), Decimal("0.000"), None]


def test_effective_field_goals_weigh_threes_half_more() -> None:
    assert formulas.effective_field_goals(column(5, 0, 0), column(2, 0, 0), column(21, 3, 0)).to_pylist() == [
        Decimal("0.286"), Decimal("0.000"), None,
    ]  # fmt: skip


def test_usage_of_stephen_curry_on_opening_night() -> None:
    """GSW@LAL 2021-10-19: 21 FGA, 9 FTA, 4 TOV in 36:11; GSW 93 FGA, 30 FTA, 17 TOV in 240 minutes.

    100 x 28.96 x 48 / (36.1833 x 123.2) = 31.18.
    """
    plays = formulas.play_hundredths(column(21), column(9), column(4))
    team = formulas.play_hundredths(column(93), column(30), column(17))
    assert formulas.usage_rate(plays, column(36 * 60 + 11), team, column(0)).to_pylist() == [Decimal("31.18")]


def test_usage_is_unknown_without_time_on_court_or_a_team() -> None:
    usage = formulas.usage_rate(column(100, 100, 100), column(0, None, 60), column(9000, 9000, None), column(0, 0, 0))
    assert usage.to_pylist() == [None, None, None]


def test_one_unknown_term_makes_possessions_unknown() -> None:
    assert formulas.possession_hundredths(column(84), column(23), column(None), column(12)).to_pylist() == [None]


def test_percent_found_of_a_source_with_too_much_is_more_than_100_and_zero_is_zero() -> None:
    found = formulas.percent_found(column(2, 3, None, 1), column(2, 2, 2, 3))
    assert found.to_pylist() == [Decimal("100.00"), Decimal("150.00"), Decimal("0.00"), Decimal("33.33")]


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**9), st.integers(0, 4))
def test_a_ratio_is_the_exact_fraction_rounded_half_away(top: int, bottom: int, scale: int) -> None:
    exact = Fraction(abs(top), bottom) * 10**scale
    units = int(exact) + (1 if exact - int(exact) >= Fraction(1, 2) else 0)
    expected = Decimal(units if top >= 0 else -units).scaleb(-scale)
    assert ratio(column(top), column(bottom), scale).to_pylist() == [expected]


def test_a_tie_goes_away_from_zero() -> None:
    with localcontext(rounding=ROUND_HALF_UP):
        assert ratio(column(1, -1, 5), column(8, 8, 1000), 2).to_pylist() == [
            Decimal("0.13"), Decimal("-0.13"), Decimal("0.01"),
        ]  # fmt: skip


def test_a_ratio_too_large_for_exact_arithmetic_is_refused() -> None:
    with pytest.raises(OverflowError, match="leaves no room"):
        ratio(column(2**60), column(3), 4)


def test_a_mean_of_tenths_is_rounded_once_and_needs_a_count() -> None:
    """97.2 + 101.3 = 198.5 over two games is 99.25, so 99.3; no game has no mean, zero points have one."""
    assert formulas.mean(column(1985, 0, None), column(2, 0, 0), 1, units=10).to_pylist() == [
        Decimal("99.3"), None, None,
    ]  # fmt: skip
    assert formulas.mean(column(0), column(4), 1).to_pylist() == [Decimal("0.0")]


@given(
    st.integers(0, 2000), st.integers(1, 20), st.integers(0, 2000), st.integers(1, 20)
)  # fmt: skip
def test_a_difference_of_means_is_the_exact_difference_rounded_once(a: int, m: int, b: int, n: int) -> None:
    found = formulas.difference_of_means(column(a), column(m), column(b), column(n), 1, units=10).to_pylist()
    exact = (Fraction(a, m) - Fraction(b, n)) / 10
    with localcontext() as context:
        context.prec = 50
        rounded = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert found == [rounded]


def test_a_difference_without_one_of_its_sides_is_unknown() -> None:
    assert formulas.difference_of_means(
        column(1, 1), column(2, 2), column(None, 3), column(0, None), 3
    ).to_pylist() == [None, None]


def test_minutes_round_half_up_and_stay_unknown() -> None:
    assert formulas.rounded_minutes(column(0, 29, 30, 89, 90, None)).to_pylist() == [0, 0, 1, 1, 2, None]


def test_a_total_is_unknown_when_a_game_lacks_its_figure_and_zero_without_games() -> None:
    totals = formulas.unless_incomplete(column(50, 50, None, None), column(3, 2, 0, None), column(3, 3, 0, None))
    assert totals.to_pylist() == [50, None, 0, 0]
