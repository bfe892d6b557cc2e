"""Basketball formulas over columns of whole numbers, each written once.

Sources: Dean Oliver, "Basketball on Paper" (2004) for possessions, ratings and pace; the glossary
of basketball-reference.com for true shooting, effective field goals and usage. The free-throw
weight 0.44 makes everything a whole number of hundredths, so nothing is rounded before the end.
"""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.decimals import ratio

Column: TypeAlias = "pa.Array | pa.ChunkedArray"


def _times(column: Column, factor: int) -> Column:
    return pc.multiply_checked(pc.cast(column, pa.int64()), factor)


def _sum(*columns: Column) -> Column:
    total = columns[0]
    for column in columns[1:]:
        total = pc.add_checked(total, column)
    return total


def possession_hundredths(
    fg_attempts: Column, ft_attempts: Column, offensive_rebounds: Column, turnovers: Column
) -> Column:
    """100 x possessions, FGA + 0.44 FTA - OREB + TOV; null when a term is."""
    plays = play_hundredths(fg_attempts, ft_attempts, turnovers)
    return pc.subtract_checked(plays, _times(offensive_rebounds, 100))


def play_hundredths(fg_attempts: Column, ft_attempts: Column, turnovers: Column) -> Column:
    """100 x plays used, FGA + 0.44 FTA + TOV: the numerator of usage."""
    return _sum(_times(fg_attempts, 100), _times(ft_attempts, 44), _times(turnovers, 100))


def team_seconds(overtime_periods: Column) -> Column:
    """Playing time of five players together, in seconds: 240 minutes and 25 more per overtime."""
    return _sum(_times(overtime_periods, 25 * 60), pa.scalar(240 * 60, pa.int64()))


def possessions(hundredths: Column) -> pa.Array:
    """Possessions to one decimal."""
    return ratio(hundredths, _constant(100, hundredths), 1)


def rating(points: Column, hundredths: Column) -> pa.Array:
    """Points per 100 possessions, two decimals: offensive for own points, defensive for the opponent's."""
    return ratio(_times(points, 100 * 100), hundredths, 2)


def pace(own_hundredths: Column, opponent_hundredths: Column, overtime_periods: Column) -> pa.Array:
    """Average possessions of both teams per 48 minutes, one decimal."""
    both = _sum(own_hundredths, opponent_hundredths)
    # (both / 2 / 100) x 48 min x 60 s / (team seconds / 5)
    return ratio(_times(both, 48 * 60 * 5), _times(team_seconds(overtime_periods), 200), 1)


def true_shooting(points: Column, fg_attempts: Column, ft_attempts: Column) -> pa.Array:
    """PTS / (2 (FGA + 0.44 FTA)), three decimals; defined with free throws alone, null without attempts."""
    attempts = _sum(_times(fg_attempts, 200), _times(ft_attempts, 88))
    return ratio(_times(points, 100), attempts, 3)


def effective_field_goals(fg_makes: Column, three_pt_makes: Column, fg_attempts: Column) -> pa.Array:
    """(FGM + 0.5 3PM) / FGA, three decimals; null without attempts."""
    return ratio(_sum(_times(fg_makes, 2), three_pt_makes), _times(fg_attempts, 2), 3)


def usage_rate(plays: Column, seconds_played: Column, team_plays: Column, overtime_periods: Column) -> pa.Array:
    """Percent of the team's plays that a player used while on court, two decimals.

    100 x plays x (team minutes / 5) / (minutes x team plays), with the team's real minutes; `plays`
    and `team_plays` in hundredths. Null without time on court.
    """
    numerator = pc.multiply_checked(_times(plays, 100), team_seconds(overtime_periods))
    denominator = _times(pc.multiply_checked(pc.cast(seconds_played, pa.int64()), team_plays), 5)
    return ratio(numerator, denominator, 2)


def mean(total: Column, count: Column, scale: int, *, units: int = 1) -> pa.Array:
    """`total / count`, where the total is in `1/units`; null without a count."""
    return ratio(total, _times(count, units), scale)


def sample_deviation(total: Column, total_of_squares: Column, count: Column, scale: int) -> pa.Array:
    """Sample standard deviation (n - 1) of whole numbers; null with fewer than two.

    The root of a ratio of whole numbers, rounded from a double: up to thirty numbers it is never so
    near to a tie of `scale` <= 2 decimals that the double's last bit could decide.
    """
    numbers, sums, squares = (_times(column, 1) for column in (count, total, total_of_squares))
    spread = pc.subtract_checked(pc.multiply_checked(numbers, squares), pc.multiply_checked(sums, sums))
    pairs = pc.multiply_checked(numbers, pc.subtract_checked(numbers, 1))
    known = pc.if_else(pc.greater(pairs, 0), pairs, pa.scalar(None, pa.int64()))
    root = pc.sqrt(pc.divide(pc.cast(spread, pa.float64()), pc.cast(known, pa.float64())))
    units = pc.floor(pc.add(pc.multiply(root, float(10**scale)), 0.5))
    return ratio(pc.cast(units, pa.int64()), _constant(10**scale, units), scale)


def rounded_minutes(seconds: Column) -> pa.Array:
    """Whole minutes, half away from zero."""
    counted = _times(seconds, 1)
    return pc.if_else(
        pc.greater_equal(counted, 0), pc.divide(pc.add_checked(counted, 30), 60), pa.scalar(None, pa.int64())
    )


def difference_of_means(
    first: Column, first_count: Column, second: Column, second_count: Column, scale: int, *, units: int = 1
) -> pa.Array:
    """Mean of the first less mean of the second, rounded once; null when either has no count."""
    numerator = pc.subtract_checked(
        pc.multiply_checked(_times(first, 1), _times(second_count, 1)),
        pc.multiply_checked(_times(second, 1), _times(first_count, 1)),
    )
    return ratio(numerator, pc.multiply_checked(_times(first_count, units), _times(second_count, 1)), scale)


def unless_incomplete(total: Column, counted: Column, expected: Column) -> Column:
    """The total over some games, null when a game lacks its figure, zero when there are no games."""
    games = pc.fill_null(_times(expected, 1), 0)
    known = pc.equal(pc.fill_null(_times(counted, 1), 0), games)
    return pc.if_else(known, pc.fill_null(_times(total, 1), 0), pa.scalar(None, pa.int64()))


def movement(newest: Column, oldest: Column, was_seen_twice: Column) -> Column:
    """Newest less oldest; null when both are one snapshot, which says nothing of a movement."""
    return pc.if_else(was_seen_twice, pc.subtract(newest, oldest), pa.scalar(None, pa.int64()))


def percent_found(found: Column, expected: Column) -> pa.Array:
    """100 x found / expected, two decimals; 0 when nothing was found, and more than 100 of a source with too much."""
    return ratio(_times(pc.fill_null(pc.cast(found, pa.int64()), 0), 100), expected, 2)


def _constant(value: int, like: Column) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.int64()), len(like))
