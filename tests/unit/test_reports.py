"""Gaps: dates of one reason form one range, and what nobody needs to mend is no gap."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.orchestration.proof.answers import gaps_of
from python_processors.orchestration.state.states import State

TABLE = "player_daily_cache"


def state(day: int, outcome: str, reason: str = "", table: str = TABLE) -> State:
    return State(table, date(2021, 11, day), outcome, reason)


def test_consecutive_dates_of_one_reason_are_one_range() -> None:
    """A day off between them is no break: consecutive are dates with something to say."""
    (gap,) = gaps_of([state(day, "missing", "it was never built by a run") for day in (3, 1, 2, 5)])
    assert (gap.start, gap.end, gap.dates) == (date(2021, 11, 1), date(2021, 11, 5), 4)
    assert (gap.kind, gap.reason) == ("missing", "it was never built by a run")


def test_excused_dates_are_one_range_whoever_is_the_first_to_lack() -> None:
    said = "1 row without a source, the first: {}; 1 is excused"
    (gap,) = gaps_of([
        State(TABLE, date(2021, 11, day), "excused", said.format(who), rule="as_counted")
        for day, who in enumerate(("BOS of 20211101_NYK_BOS", "MIA of 20211102_NYK_MIA"), 1)
    ])  # fmt: skip
    assert (gap.dates, gap.reason) == (2, "1 row without a source; 1 is excused")


def test_another_outcome_reason_or_table_is_another_range() -> None:
    gaps = gaps_of(
        [
            state(1, "missing", "it was never built by a run"), state(2, "stale", "its code changed"),
            state(3, "stale", "its input changed: dim_games of the date"), state(4, "complete"),
            state(5, "stale", "its input changed: teams"), state(5, "missing", "x", table="ml_feature_store_v2"),
        ]
    )  # fmt: skip
    assert [(gap.table, gap.start.day, gap.outcome, gap.reason) for gap in gaps] == [
        (TABLE, 1, "missing", "it was never built by a run"),
        (TABLE, 2, "stale", "its code changed"),
        (TABLE, 3, "stale", "its input changed"),
        (TABLE, 5, "stale", "its input changed"),
        ("ml_feature_store_v2", 5, "missing", "x"),
    ]


@pytest.mark.parametrize("outcome", ["missing", "partial", "stale", "failed", "blocked"])
def test_what_is_not_as_it_is_to_be_needs_attention(outcome: str) -> None:
    (gap,) = gaps_of([state(1, outcome, "a reason")])
    assert gap.needs_attention
    assert gap.kind == outcome


def test_the_first_days_of_a_season_are_not_expected_and_need_nobody() -> None:
    (gap,) = gaps_of([state(day, "expected_empty", "the first 14 days of the season") for day in (1, 2)])
    assert gap.kind == "not expected"
    assert not gap.needs_attention


def test_what_is_blocked_names_what_blocks_it() -> None:
    (gap,) = gaps_of([state(day, "blocked", f"player_game_summary: lacks a game of 2021-10-{day}") for day in (1, 2)])
    assert gap.reason == "by player_game_summary"


def test_days_off_are_listed_only_when_asked_for() -> None:
    states = [state(1, "no_games"), state(2, "complete")]
    assert gaps_of(states) == []
    (gap,) = gaps_of(states, everything=True)
    assert (gap.kind, gap.needs_attention) == ("off-day", False)
