"""What a retry leaves open: by table and reason, each with why trying again cannot help."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.orchestration.proof.left_open import left_open
from python_processors.orchestration.state.states import FINE, OUTCOMES, State

TABLE = "player_game_summary"


def state(day: int, outcome: str, reason: str = "", rule: str = "as_counted", why: str = "") -> State:
    return State(TABLE, date(2021, 11, day), outcome, reason, why=why, rule=rule)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_that_is_not_fine_is_open(outcome: str) -> None:
    assert bool(left_open([state(5, outcome)])) == (outcome not in FINE)


def test_dates_of_one_reason_are_one_line_and_others_their_own() -> None:
    found = left_open([
        state(5, "partial", "2 rows without a source; none is excused"), state(6, "complete"),
        state(7, "failed", "untied", rule="failed", why="it failed"), state(8, "failed", "untied", rule="failed", why="it failed"),
    ])  # fmt: skip
    assert [(one.start.day, one.end.day, one.dates, one.outcome) for one in found] == [
        (5, 5, 1, "partial"), (7, 8, 2, "failed"),
    ]  # fmt: skip
    assert found[0].sentence == (
        f"{TABLE} 2021-11-05, partial: 2 rows without a source; none is excused. Trying again cannot help: nothing that"
        " it reads has changed since it was built; it waits for a raw file with what lacks."
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (state(5, "partial", "1 row held back, the first: x; none is excused"), "nba_ops.quarantine"),
        (state(5, "missing", "no box score"), "waits for a raw file"),
        (state(5, "failed", "untied", rule="failed", why="it failed"), "it was tried and failed"),
        (state(5, "blocked", "it reads x", rule="waited", why="it waited"), "it reads what failed"),
        (state(5, "blocked", "x of 2021-11-01 is not as", rule="blocked"), "give --start"),
        (state(5, "blocked", "player_game_summary: 2 rows are missing"), "it waits for what the reason names"),
        (state(5, "unknown", "the schedule goes to", rule="unknown"), "load a schedule"),
        (state(5, "stale", "its code changed", rule="other_code", why="its code changed"), "once more"),
        (state(5, "stale", "not yet counted", rule="uncounted"), "once more"),
    ],
)
def test_each_kind_of_finding_has_its_own_why(one: State, said: str) -> None:
    (found,) = left_open([one])
    assert said in found.why_not
