"""The composite factors: by how many points tonight differs from a player's average, and why.

Each factor is one function over columns. Points are whole ten-millionths, in which every factor of
these formulas is exact, so a sum of factors is rounded once. A factor whose inputs are unknown is
null: nothing stands in for what nobody knows. Formulas: docs/decisions/0006-precompute-tables.md.
"""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array | pa.ChunkedArray"

POINT = 10_000_000
_UNKNOWN = pa.scalar(None, pa.int64())


def fatigue_terms(
    days_rest: Column,
    back_to_back: Column,
    games_in_last_7: Column,
    minutes_in_last_7: Column,
    average_minutes_tenths: Column,
    back_to_backs_in_14: Column,
    age: Column,
) -> dict[str, pa.ChunkedArray]:
    """What each input takes from a fresh player's 100, or adds; null where the input is unknown.

    Whoever has not played for seven days has no average of minutes, and none weighs on him.
    """
    games = pc.cast(games_in_last_7, pa.int64())
    return {
        "rest": _where(
            pc.is_valid(days_rest),
            pc.if_else(back_to_back, -15, pc.if_else(pc.greater_equal(days_rest, 3), 5, 0)),
        ),
        "games_in_last_7": _step(games, (4, -10)),
        "minutes_in_last_7": _step(minutes_in_last_7, (241, -10)),
        "average_minutes": pc.if_else(pc.equal(games, 0), 0, _step(average_minutes_tenths, (351, -8))),
        "back_to_backs_in_14": _step(back_to_backs_in_14, (2, -12), (1, -5)),
        "age": _step(age, (35, -10), (30, -5)),
    }


def fatigue_score(terms: dict[str, pa.ChunkedArray]) -> pa.ChunkedArray:
    """100 is fresh, 0 exhausted; null when a term is, but that of an unknown age, which is left out."""
    score: Column = pa.scalar(100, pa.int64())
    for name, term in terms.items():
        score = pc.add_checked(score, pc.fill_null(term, 0) if name == "age" else term)
    return clamp(score, 0, 100)


def fatigue_adjustment(score: Column) -> Column:
    """(score - 100) / 20: up to five points less."""
    return pc.multiply_checked(pc.subtract_checked(score, 100), POINT // 20)


def shot_zone_mismatch(zone_defense_hundredths: Column, zone_rate_hundredths: Column) -> Column:
    """What the opponent allows in the player's zone, weighted by how much he shoots there; -10 to 10.

    :param zone_defense_hundredths: percentage points that the opponent's defence of the zone allows
        over the league's average, in hundredths; negative is a strong defence.
    :param zone_rate_hundredths: percent of the player's attempts from the zone, in hundredths; from
        50 % on it counts in full. Above five points, either way, a mismatch counts 1.2 times.
    """
    weight = pc.min_element_wise(
        pc.cast(zone_rate_hundredths, pa.int64()), pa.scalar(5000, pa.int64()), skip_nulls=False
    )
    weighted = pc.multiply_checked(pc.cast(zone_defense_hundredths, pa.int64()), weight)  # in 1/500,000
    points = pc.multiply_checked(weighted, POINT // 500_000)
    extreme = pc.greater(pc.abs(points), 5 * POINT)
    return clamp(pc.if_else(extreme, pc.divide(pc.multiply_checked(points, 6), 5), points), -10 * POINT, 10 * POINT)


def pace(pace_differential_tenths: Column) -> Column:
    """Half the difference of the teams' paces; -3 to 3."""
    return clamp(pc.multiply_checked(pc.cast(pace_differential_tenths, pa.int64()), POINT // 20), -3 * POINT, 3 * POINT)


def usage_spike(projected_hundredths: Column, recent_hundredths: Column, stars_out: Column) -> Column:
    """0.3 points per percent of usage above his last seven games'; -3 to 3.

    A rise counts 1.15 times with one star teammate out, 1.3 times with two or more; it is null when
    nobody knows who is out. A fall is the same with everybody.
    """
    change = pc.subtract_checked(pc.cast(projected_hundredths, pa.int64()), pc.cast(recent_hundredths, pa.int64()))
    stars = pc.cast(stars_out, pa.int64())
    share = pc.if_else(pc.greater_equal(stars, 2), 130, pc.if_else(pc.equal(stars, 1), 115, 100))
    factor = pc.if_else(pc.greater(change, 0), share, 100)
    # change / 100 x 0.3 x factor / 100
    return clamp(pc.multiply_checked(pc.multiply_checked(change, factor), POINT * 3 // 100_000), -3 * POINT, 3 * POINT)


def total(*factors: Column) -> Column:
    """The sum of the unrounded factors; null when one is unknown."""
    summed = factors[0]
    for factor in factors[1:]:
        summed = pc.add_checked(summed, factor)
    return summed


def clamp(values: Column, least: int, most: int) -> Column:
    floored = pc.max_element_wise(values, pa.scalar(least, pa.int64()), skip_nulls=False)
    return pc.min_element_wise(floored, pa.scalar(most, pa.int64()), skip_nulls=False)


def _step(values: Column, *steps: tuple[int, int]) -> pa.ChunkedArray:
    """The amount of the first step that a value reaches, else 0; null where the value is."""
    numbers = pc.cast(values, pa.int64())
    amounts: Column = pa.scalar(0, pa.int64())
    for least, amount in reversed(steps):
        amounts = pc.if_else(pc.greater_equal(numbers, least), amount, amounts)
    return amounts


def _where(condition: Column, values: Column) -> pa.ChunkedArray:
    return pc.if_else(condition, pc.cast(values, pa.int64()), _UNKNOWN)
