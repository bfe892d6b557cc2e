"""Runs, what each left alone, and the time that saved.

Run history has a row per table and dbt invocation, decisions one per table and date: a run of fullcourt is what
the input ledger, or else the time, says belongs together. Dates that a run left alone are in no table; they
are counted here, and never too many (`left_alone`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

MOST_RUNS = 200  # of the newest: a page is no archive
_STARTED = re.compile(r"\d{8}T\d{6}")


@dataclass(frozen=True)
class Step:
    """A row of run history: one table of one dbt invocation, or its skip by a run."""

    table: str
    run_id: str
    started_at: datetime
    ended_at: datetime
    is_success: bool
    seconds: float
    dates: int
    rows_written: int
    error: str
    is_skip: bool
    first: date
    last: date


@dataclass(frozen=True)
class Decided:
    """How many dates of a table a run decided in one way."""

    run_id: str
    table: str
    decision: str
    dates: int
    first: date
    last: date
    began: datetime
    ended: datetime
    reason: str = ""  # of a warning alone


@dataclass(frozen=True)
class Run:
    """One run. Dates are partitions; `seconds` are those of its steps, added up; `saved` of what it spared."""

    run_id: str
    started_at: datetime
    ended_at: datetime
    first: date
    last: date
    seconds: float
    rows_written: int
    built: int
    cut_off: int
    left_alone: int
    failed: int
    blocked: int
    errors: tuple[str, ...]
    saved: float
    warnings: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        if self.failed or self.errors:
            return "failed"
        if self.blocked:
            return "blocked"
        return "built" if self.built else "nothing to do"


def seconds_per_date(steps: Sequence[Step]) -> dict[str, float]:
    """What a date of each table took, over every step that succeeded: the plan's estimate goes by the same."""
    seconds: dict[str, float] = {}
    dates: dict[str, int] = {}
    for step in steps:
        if step.is_success and step.dates:
            seconds[step.table] = seconds.get(step.table, 0.0) + step.seconds
            dates[step.table] = dates.get(step.table, 0) + step.dates
    return {table: seconds[table] / dates[table] for table in seconds}


def runs_of(
    steps: Sequence[Step], decided: Sequence[Decided], run_of: Mapping[str, str],
    first_confirmed: Mapping[str, Sequence[tuple[date, datetime]]],
) -> list[Run]:  # fmt: skip
    """The newest runs, oldest first.

    :param run_of: the run of each dbt invocation that confirmed something.
    :param first_confirmed: per table the dates with rows, and when each was first confirmed.
    """
    spans: dict[str, tuple[datetime, datetime]] = {}
    for part in decided:
        began, ended = spans.get(part.run_id, (_start_of(part.run_id) or part.began, part.ended))
        spans[part.run_id] = min(began, part.began), max(ended, part.ended)
    of_run: dict[str, list[Step]] = {run_id: [] for run_id in spans}
    for step in steps:
        run_id = run_of.get(step.run_id) or (step.run_id if step.is_skip else _by_time(step, spans))
        of_run.setdefault(run_id, []).append(step)
    rates = seconds_per_date(steps)
    runs = [
        _run(run_id, own, [part for part in decided if part.run_id == run_id], rates, first_confirmed)
        for run_id, own in of_run.items()
        if own or run_id in spans
    ]
    return sorted(runs, key=lambda run: (run.started_at, run.run_id))[-MOST_RUNS:]


def left_alone(
    table: str, first: date, last: date, before: datetime, decided: int,
    first_confirmed: Mapping[str, Sequence[tuple[date, datetime]]],
) -> int:  # fmt: skip
    """Dates of a table in a run's range that had rows confirmed before it, less those that it decided on."""
    confirmed = sum(first <= day <= last and at < before for day, at in first_confirmed.get(table, ()))
    return max(0, confirmed - decided)


def _run(
    run_id: str, steps: Sequence[Step], decided: Sequence[Decided], rates: Mapping[str, float],
    first_confirmed: Mapping[str, Sequence[tuple[date, datetime]]],
) -> Run:  # fmt: skip
    instants = [*(s.started_at for s in steps), *(part.began for part in decided)]
    started = min([*instants, *filter(None, [_start_of(run_id)])])
    first = min([*(s.first for s in steps), *(part.first for part in decided)])
    last = max([*(s.last for s in steps), *(part.last for part in decided)])
    counts = {
        verb: sum(p.dates for p in decided if p.decision == verb) for verb in ("built", "cut_off", "failed", "blocked")
    }
    alone, saved = 0, 0.0
    for table in sorted({s.table for s in steps} | {part.table for part in decided}):
        known = sum(part.dates for part in decided if part.table == table)
        spared = left_alone(table, first, last, started, known, first_confirmed)
        cut_off = sum(p.dates for p in decided if p.table == table and p.decision == "cut_off")
        alone += spared
        saved += (spared + cut_off) * rates.get(table, 0.0)
    return Run(
        run_id=run_id, started_at=started,
        ended_at=max([*(s.ended_at for s in steps), *(part.ended for part in decided)]),
        first=first, last=last, seconds=sum(s.seconds for s in steps),
        rows_written=sum(s.rows_written for s in steps), left_alone=alone,
        errors=tuple(dict.fromkeys(s.error for s in steps if s.error)), saved=saved,
        warnings=tuple(f"{part.table}: {part.reason}" for part in decided if part.decision == "warned"), **counts,
    )  # fmt: skip


def _start_of(run_id: str) -> datetime | None:
    """A run's id begins with its start."""
    if not _STARTED.match(run_id):
        return None
    return datetime.strptime(run_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _by_time(step: Step, spans: Mapping[str, tuple[datetime, datetime]]) -> str:
    """The run at work when an invocation that confirmed nothing began; a plain dbt build is a run of its own."""
    at_work = [run_id for run_id, (began, ended) in spans.items() if began <= step.started_at <= ended]
    return max(at_work, default=step.run_id)
