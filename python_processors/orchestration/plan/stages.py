"""The stages of a run, typed and in order: what the plan says, and the runner only carries out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from python_processors.orchestration.plan.planner import Plan


@dataclass(frozen=True)
class TellBlocked:
    """Note the dates that cannot be built, with what is in their way."""


@dataclass(frozen=True)
class BuildDates:
    """Build what is due of these dates, table after table, and count their rows against the schedule."""

    days: tuple[date, ...]


@dataclass(frozen=True)
class CountRows:
    """Count dates whose rows a run before this one changed without counting them: it was killed."""


@dataclass(frozen=True)
class AuditSkips:
    """Recompute a random sample of the dates that are left alone, and build those that differ."""

    share: float


Stage = TellBlocked | BuildDates | CountRows | AuditSkips


def stages_of(plan: Plan, audited_share: float) -> tuple[Stage, ...]:
    """What a run of the plan does, in order. Where nothing is built nothing is audited."""
    stages: list[Stage] = []
    if plan.blocked:
        stages.append(TellBlocked())
    stages += [BuildDates(tuple(days)) for days in plan.chunks]
    if plan.counts_others:
        stages.append(CountRows())
    if audited_share and any(plan.skipped.values()) and not plan.is_empty:
        stages.append(AuditSkips(audited_share))
    return tuple(stages)
