"""Lines and late games of the upcoming contexts, on rows small enough to check by eye."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from python_processors.processors.upcoming_contexts import line_columns
from python_processors.processors.upcoming_player_game_context import late_game_columns


def lines(*, seen_twice_on_the_road: bool = True, **changes: list[int | None]) -> pa.Table:
    columns: dict[str, list[int | None]] = {
        "side": [1, -1],
        "home_spread_200ths": [-700, -700],  # home gives 3.5
        "opening_home_spread_200ths": [-900, -900],
        "total_200ths": [45_300, 45_300],
        "opening_total_200ths": [46_100, 46_100],
    }
    seen_twice = pa.array([True, seen_twice_on_the_road])
    whole = {name: pa.array(values, pa.int64()) for name, values in (columns | changes).items()}
    return pa.table({**whole, "spread_was_seen_twice": seen_twice, "total_was_seen_twice": seen_twice})


def test_a_spread_is_told_from_the_side_of_the_rows_team_and_a_total_is_not() -> None:
    found = line_columns(lines(), spread_scale=1)
    assert found["game_spread"].to_pylist() == [Decimal("-3.5"), Decimal("3.5")]
    assert found["opening_spread"].to_pylist() == [Decimal("-4.5"), Decimal("4.5")]
    assert found["spread_movement"].to_pylist() == [Decimal("1.0"), Decimal("-1.0")]
    assert found["game_total"].to_pylist() == [Decimal("226.5")] * 2
    assert found["total_movement"].to_pylist() == [Decimal("-4.0")] * 2


def test_a_line_half_way_between_two_books_is_rounded_at_the_tables_scale() -> None:
    """A median of -3.5 and -4.0 is -3.75."""
    rows = lines(home_spread_200ths=[-750, None])
    assert line_columns(rows, spread_scale=2)["game_spread"].to_pylist() == [Decimal("-3.75"), None]
    assert line_columns(rows, spread_scale=1)["game_spread"].to_pylist() == [Decimal("-3.8"), None]
    assert line_columns(rows, spread_scale=1)["spread_movement"].to_pylist() == [Decimal("0.8"), None]


def test_one_snapshot_alone_says_nothing_of_a_movement() -> None:
    found = line_columns(lines(seen_twice_on_the_road=False), spread_scale=1)
    assert found["spread_movement"].to_pylist() == [Decimal("1.0"), None]
    assert found["total_movement"].to_pylist() == [Decimal("-4.0"), None]
    assert found["opening_spread"].to_pylist() == [Decimal("-4.5"), Decimal("4.5")]


def late_games(**changes: int | None) -> dict[str, list[Decimal | int | None]]:
    columns: dict[str, int | None] = {
        "games_of_last_7": 3, "games_of_last_5": 3, "clutch_seconds_7": 150, "clutch_seconds_7_games": 3,
        "fourth_quarter_points_7": 20, "fourth_quarter_points_7_games": 3,
        "early_fg_attempts_5": 30, "early_fg_attempts_5_games": 3, "early_fg_makes_5": 15,
        "late_fg_attempts_5": 8, "late_fg_makes_5": 2,
    }  # fmt: skip
    row = pa.table({name: pa.array([value], pa.int64()) for name, value in (columns | changes).items()})
    return {name: values.to_pylist() for name, values in late_game_columns(row, pa.array([1770])).items()}


def test_shooting_that_falls_off_late_is_a_positive_decline() -> None:
    """15 of 30 before the fourth quarter, 2 of 8 after: .500 less .250."""
    found = late_games()
    assert found["shooting_pct_decline_last_5"] == [Decimal("0.250")]
    assert found["fourth_quarter_production_last_7"] == [Decimal("6.7")]
    assert found["fourth_quarter_minutes_last_7"] == [30]  # 29:30
    assert found["clutch_minutes_last_7_games"] == [3]  # 2:30


def test_a_game_without_play_by_play_leaves_sums_over_games_unknown() -> None:
    found = late_games(clutch_seconds_7_games=2, early_fg_attempts_5_games=2)
    assert found["clutch_minutes_last_7_games"] == [None]
    assert found["shooting_pct_decline_last_5"] == [None]


def test_without_a_late_attempt_there_is_no_decline() -> None:
    assert late_games(late_fg_attempts_5=0, late_fg_makes_5=0)["shooting_pct_decline_last_5"] == [None]
