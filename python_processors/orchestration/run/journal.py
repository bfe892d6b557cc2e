"""What a run did: its result, and each call of dbt."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.proof.row_checks import Verification
from python_processors.words import count_of


@dataclass(frozen=True)
class RunWarning:
    """What a test found that does not fail a build, in the dates that were built together."""

    test: str
    failures: int
    message: str
    start: date
    end: date

    @property
    def said(self) -> str:
        found = count_of(self.failures, "failure")
        return f"{found}, {self.start} to {self.end}: {self.message}"


@dataclass
class RunResult:
    """What a run did. `failed` and `blocked` name dates that need attention; `wrong_skips` an alarm."""

    run_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    built: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)
    failed: dict[str, list[date]] = field(default_factory=dict)
    blocked: dict[str, list[date]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[RunWarning] = field(default_factory=list)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    nodes_run: int = 0
    audited: int = 0
    audited_tables: int = 0
    wrong_skips: list[tuple[str, date]] = field(default_factory=list)
    was_stopped: bool = False
    is_hopeless: bool = False  # what every date reads failed: no other date would fare better
    seconds: float = 0.0
    verification: Verification | None = None  # of its range, where it was verified before others could write

    @property
    def rows_written(self) -> int:
        return sum(counts[verb] for counts in self.rows.values() for verb in ("inserted", "updated", "deleted"))

    @property
    def is_whole(self) -> bool:
        return not (self.failed or self.blocked or self.failures or self.wrong_skips or self.was_stopped)

    @property
    def state(self) -> str:
        """How it ended, as status and nba_ops.runs call it."""
        return "stopped" if self.was_stopped else "done" if self.is_whole else "partial"

    def to_dict(self) -> dict[str, Any]:
        days = {
            name: {t: [d.isoformat() for d in ds] for t, ds in getattr(self, name).items()}
            for name in ("failed", "blocked")
        }
        return {
            "run_id": self.run_id, "built": self.built, "skipped": self.skipped, "cut_off": self.cut_off, **days,
            "failures": self.failures,
            "warnings": [
                {**asdict(of), "start": of.start.isoformat(), "end": of.end.isoformat()} for of in self.warnings
            ],
            "rows": self.rows, "rows_written": self.rows_written,
            "dbt_nodes_run": self.nodes_run, "audited": self.audited, "audited_tables": self.audited_tables,
            "wrong_skips": [[table, day.isoformat()] for table, day in self.wrong_skips],
            "stopped": self.was_stopped, "seconds": round(self.seconds, 1),
        }  # fmt: skip


@dataclass(frozen=True)
class RunnerStep:
    """One dbt invocation of a run."""

    tables: tuple[str, ...]
    days: tuple[date, ...]
    outcome: DbtOutcome
    started_at: datetime
    ended_at: datetime
