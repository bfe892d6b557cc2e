"""What models other than hashed tables hold once they were built, to be confirmed: plans compare them with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from python_processors.orchestration.project import Project
from python_processors.orchestration.state.ledger import ModelRow, confirmed_models
from python_processors.orchestration.state.memory import Memory
from python_processors.orchestration.state.stored import made_fingerprints
from python_processors.orchestration.state.unproven import made_anew
from python_processors.orchestration.warehouse import Session


def models_made(project: Project, memory: Memory, built: Collection[str], days: Sequence[date]) -> list[ModelRow]:
    """What models hold that were just built, where that is not what a run confirmed last.

    :param memory: knows what the models hold, and what was confirmed of them.
    :param days: the days that were built, of models with a window; other models are built for every day at once.
    """
    whole, windowed = _kinds(project, built, days)
    return [ModelRow(*row) for row in made_anew(memory, windowed, whole)]


def read_models_made(
    project: Project, session: Session, built: Collection[str], days: Sequence[date]
) -> list[ModelRow]:  # fmt: skip
    """The same, read of the warehouse, where no plan's memory is at hand."""
    whole, windowed = _kinds(project, built, days)
    memory = Memory()
    if whole:
        memory.add("made", made_fingerprints(session, project, whole, date.min, date.max))
    if windowed:
        first = min(day for of_model in windowed.values() for day in of_model)
        memory.add("made", made_fingerprints(session, project, windowed, first, max(days)))
    memory.add("model_ledger", confirmed_models(session, [*whole, *windowed]))
    return models_made(project, memory, built, days)


def _kinds(
    project: Project, built: Collection[str], days: Sequence[date]
) -> tuple[list[str], dict[str, list[date]]]:  # fmt: skip
    """Models that are built whole, and by model with a window the days of it that were built."""
    made = [name for name in project.fingerprinted_models if name in built]
    whole = [name for name in made if name in project.whole_models]
    windowed = {name: project.days_rebuilt(name, days) for name in made if name not in whole} if days else {}
    return whole, windowed
