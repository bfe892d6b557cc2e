"""What models other than hashed tables hold once they were built, to be confirmed: plans compare them with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from python_processors.orchestration.project import Project
from python_processors.orchestration.state.ledger import ModelRow, confirmed_models
from python_processors.orchestration.state.memory import Memory
from python_processors.orchestration.state.stored import made_fingerprints
from python_processors.orchestration.warehouse import Session


def models_made_anew(
    project: Project, session: Session, built: Collection[str], days: Sequence[date]
) -> list[ModelRow]:
    """What models that were just built for some days hold, where that is not what a run confirmed last.

    :param days: the days that were built, of models with a window; other models are built for every day at once.
    """
    whole = [name for name in project.whole_models if name in built]
    windowed = [name for name in project.fingerprinted_models if name in built and name not in whole] if days else []
    rebuilt = {name: project.days_rebuilt(name, days) for name in windowed}
    memory = Memory()
    if whole:
        memory.add("made", made_fingerprints(session, project, whole, date.min, date.max))
    if windowed:
        first = min(day for of_model in rebuilt.values() for day in of_model)
        memory.add("made", made_fingerprints(session, project, windowed, first, max(days)))
    memory.add("model_ledger", confirmed_models(session, [*whole, *windowed]))
    return [ModelRow(*row) for row in memory.made_anew(rebuilt, whole)]
