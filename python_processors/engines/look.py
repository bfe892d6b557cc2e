"""One line of what `fullcourt doctor` found: on every engine the same record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

OK, NOTE, PROBLEM = "ok", "note", "problem"


@dataclass(frozen=True)
class Line:
    """What a check found of one thing.

    `level` is `ok`, `note`, which keeps no run from working, or `problem`, which does. `said` is a sentence or two,
    `to_do` what a person does next, empty of what is in order; `details` name all where `said` names the first.
    """

    check: str
    level: str
    said: str
    to_do: str = ""
    details: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "details": list(self.details)}


@dataclass(frozen=True)
class Written:
    """A dataset that runs write. `table` of it, as `dataset.table`, is there; None where none is."""

    dataset: str
    table: str | None
