"""A snapshot that several steps of a command ask, each in a session of its own, as long as nobody wrote in between."""

from __future__ import annotations

from datetime import date

from python_processors.orchestration.project import Project
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Session, Warehouse


class SharedLook:
    """A look at all tables of a range. Where nothing but queries tells whether anything was written, each step looks by
    itself."""

    def __init__(self, project: Project, warehouse: Warehouse, start: date, end: date) -> None:
        self._project, self._warehouse, self._range = project, warehouse, (start, end)
        self._seen: tuple[str, Snapshot] | None = None

    def snapshot(self, session: Session) -> Snapshot:
        """What is stored now. The session keeps writers out, so that what it reads beside is of the same moment."""
        mark = self._warehouse.mark()
        if self._seen is None or not mark or self._seen[0] != mark:
            self._seen = mark, Snapshot(self._project, session, *self._range)
        return self._seen[1]
