"""Exact figures: fractions, rounded as a column stores them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction


def rounded(value: Fraction | int | None, places: int) -> Fraction | None:
    """Half away from zero, as a column of that scale stores it."""
    if value is None:
        return None
    scaled = abs(Fraction(value)) * 10**places
    whole = (scaled * 2 + 1) // 2
    return Fraction(whole if value >= 0 else -whole, 10**places)


def mean(values: Iterable[Fraction | int | None]) -> Fraction | None:
    """Of those that are known."""
    known = [Fraction(value) for value in values if value is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def ratio(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None


def clamp(value: Fraction, limit: int) -> Fraction:
    return max(Fraction(-limit), min(Fraction(limit), value))


def sample_deviation(values: Sequence[int], places: int) -> Fraction | None:
    """With n - 1; the root is taken of decimals of forty digits, far finer than any stored scale."""
    if len(values) < 2:
        return None
    middle = Fraction(sum(values), len(values))
    variance = sum(((value - middle) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
    root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    return rounded(Fraction(root), places)
