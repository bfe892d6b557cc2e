"""The state of one table and date, and the outcomes that there are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.state.memory import NO_ROWS

OUTCOMES = (
    "no_games", "expected_empty", "not_requested", "unknown", "blocked", "missing", "partial", "stale", "failed",
    "excused", "complete",
)  # fmt: skip
NOT_EXPECTED = ("no_games", "expected_empty", "not_requested")
WHOLE = ("excused", "complete")  # every row that can come is there
FINE = (*NOT_EXPECTED, *WHOLE)  # nobody is needed


@dataclass(frozen=True)
class State:
    """One table and date.

    `excused_rows` can never come, and somebody looked at that. `rule` names what decided it. `why` is set where the
    date is due. `expected_rows` is None where nothing tells their number yet. `is_ruled_out` says that it has no rows
    whatever it reads; `expected_empty` alone may change with that. `replaces` says that its rows cannot be trusted, so
    that a run replaces them whatever their hashes say.
    """

    table: str
    day: date
    outcome: str
    reason: str = ""
    expected_rows: int | None = None
    actual_rows: int = 0
    excused_rows: int = 0
    why: str = ""
    changed: tuple[str, ...] = ()
    rule: str = ""
    is_ruled_out: bool = False
    failed_before: bool = False
    replaces: bool = False
    input_fingerprint: str = ""
    output_fingerprint: str = NO_ROWS

    @property
    def is_due(self) -> bool:
        return bool(self.why)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "day": self.day.isoformat(), "is_due": self.is_due}
