"""How long ago the newest run ended: what tells that nobody starts one any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from python_processors.orchestration.run.refused import EVER, OF_DATES, RUNS, aware
from python_processors.orchestration.warehouse import Session


@dataclass(frozen=True)
class RunAge:
    """When the newest run ended, or the one at work began (`since`; None of none), and how long ago that may be."""

    since: datetime | None
    limit: timedelta

    @property
    def is_too_old(self) -> bool:
        return self.since is None or datetime.now(UTC) - self.since > self.limit

    @property
    def lines(self) -> list[str]:
        """What a person is told, where it is too long ago."""
        if not self.is_too_old:
            return []
        when = "ever" if self.since is None else f"since {self.since:%Y-%m-%d %H:%M} UTC"
        allowed = f"{self.limit.total_seconds() / 3600:g} hours"
        return ["", f"No run ended {when}; {allowed} are allowed: see that `fullcourt today` is started."]

    def to_dict(self) -> dict[str, Any]:
        return {
            "since": self.since and self.since.isoformat(), "is_too_old": self.is_too_old,
            "max_age_seconds": int(self.limit.total_seconds()),
        }  # fmt: skip


def last_ended(session: Session) -> datetime | None:
    """When the newest run of dates came to its end by itself; None where none did. One that was killed, stopped or
    ended in an error is none: it said nothing of its dates."""
    if not session.columns(RUNS):
        return None
    (row,) = session.read(
        f"select max(ended_at) as ended_at from {session.named(RUNS)}"
        f" where {EVER} and state in ('done', 'partial') and {OF_DATES}"
    ).to_pylist()
    ended: datetime | None = row["ended_at"]
    return None if ended is None else aware(ended)
