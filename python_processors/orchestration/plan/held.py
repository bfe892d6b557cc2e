"""What a retry leaves alone: builds that failed in three runs with the inputs that they have now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from python_processors.orchestration.plan.planner import Plan, Step
from python_processors.orchestration.state.breakers import Breaker


def dates_to_try(plan: Plan, breakers: Sequence[Breaker]) -> list[date] | None:
    """The dates of a plan on which something may come out otherwise; None where that is all of them.

    A date is left alone only as a whole: where anything else is due on it, everything on it is tried. Dates from the
    first that is tried on are, too, since what they read may come out otherwise; and so are those that wait for
    something before all that is left alone.
    """
    failed_with = {(of.table, of.day): of.inputs for of in breakers if of.is_of_a_build}

    def is_held(step: Step) -> bool:
        inputs = failed_with.get((step.table, step.day))
        return inputs is not None and step.failed_before and inputs in ("", step.made_of)

    own = {step.day for step in plan.steps if step.is_certain and not step.waits and not is_held(step)}
    if not any(is_held(step) for step in plan.steps):
        return None
    first, first_held = min(own, default=date.max), min(step.day for step in plan.steps if is_held(step))
    others = {step.day for step in plan.steps} - own
    return sorted(own | {day for day in others if day >= first or day < first_held})
