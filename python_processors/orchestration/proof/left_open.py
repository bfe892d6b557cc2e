"""What still needs attention after a retry, and why trying again cannot help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.proof.answers import class_of, ranges_of
from python_processors.orchestration.state.breakers import Breaker
from python_processors.orchestration.state.states import FINE, State
from python_processors.words import count_of

_SCHEDULE = "no run can build it before the schedule has the date: load a schedule that does"
_WHY = {
    "unknown": _SCHEDULE,
    "unscheduled": _SCHEDULE,
    "blocked": "what is in its way lies before the range that was tried: give --start the date that the reason names",
    "waited": "it reads what failed: repair that, then it is built with it",
    "failed": "it was tried and failed: repair what the message says",
}
_SAME_INPUTS = "nothing that it reads has changed since it was built"


@dataclass(frozen=True)
class Open:
    """Partitions of a table, one after the other, that need attention for one reason. `reason` is that of the first."""

    table: str
    start: date
    end: date
    dates: int
    outcome: str
    reason: str
    why_not: str

    @property
    def sentence(self) -> str:
        days = f"{self.start}" if self.start == self.end else f"{self.dates} dates from {self.start} to {self.end}"
        reason = f": {self.reason.rstrip('.')}" if self.reason else ""
        return f"{self.table} {days}, {self.outcome}{reason}. Trying again cannot help: {self.why_not}."

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "start": self.start.isoformat(), "end": self.end.isoformat()}


def left_open(states: Sequence[State], breakers: Sequence[Breaker] = ()) -> list[Open]:
    """Partitions that are not as they should be, by table and reason; `states` are those of after the retry.

    :param breakers: those that are open: what failed with one is not tried before it closes.
    """
    held = {(of.table, of.day): of for of in breakers if of.is_of_a_build}
    found = []
    for alike in ranges_of(states, lambda s: (s.outcome, s.rule, class_of(s), (s.table, s.day) in held)):
        first = alike[0]
        if first.outcome not in FINE:
            found.append(Open(
                first.table, first.day, alike[-1].day, len(alike), first.outcome, first.reason,
                _why_not(first, held.get((first.table, first.day))),
            ))  # fmt: skip
    return found


def _why_not(state: State, breaker: Breaker | None) -> str:
    if breaker is not None and state.rule == "failed":
        return (
            f"its circuit breaker is open {breaker.held} after {count_of(breaker.attempts, 'attempt')} with the"
            " same inputs:"
            " repair what the message says, or try it all the same with `fullcourt backfill`"
        )
    if state.rule in _WHY:
        return _WHY[state.rule]
    if state.is_due or state.rule == "uncounted":
        return "the run did not come to it, or it changed since: run `fullcourt retry` once more"
    if "held back" in state.reason:
        return f"{_SAME_INPUTS}; repair what nba_ops.quarantine holds, or excuse it in completeness_exceptions"
    if state.outcome in ("missing", "partial"):
        return f"{_SAME_INPUTS}; it waits for a raw file with what lacks"
    return f"{_SAME_INPUTS}; it waits for what the reason names"
