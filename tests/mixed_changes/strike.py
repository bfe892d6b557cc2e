"""SIGKILL at a named moment of a run: before or after the nth dbt build, ledger write or statement, or in the midst."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any
from unittest.mock import patch

from python_processors.orchestration.project import Project
from python_processors.orchestration.warehouse import DuckDBSession

# What is counted: dbt invocations, rows that runs append, statements of our own on the database.
CALLS = ("build", "append", "statement")


@dataclass(frozen=True)
class Moment:
    """When a run is killed.

    :param what: the beginning of what the call is about: a relation, a statement, models. Only such calls count.
    :param seconds: for `when="during"`, after the call began.
    :param since: counts only once a call has begun so.
    """

    call: str
    when: str
    nth: int
    what: str = ""
    seconds: float = 0.0
    since: str = ""

    def __str__(self) -> str:
        return f"{self.when} {self.call} {self.nth}{f' of {self.what}' if self.what else ''}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def comes_in(self, calls: Iterable[tuple[str, str]]) -> bool:
        """Whether a run that makes these calls would be killed."""
        count = _Count(self)
        return any(count.reaches(*call) for call in calls)


class _Count:
    """Counts the calls that a moment is about."""

    def __init__(self, moment: Moment) -> None:
        self.moment, self.seen, self.has_begun = moment, 0, False

    def reaches(self, call: str, what: str) -> bool:
        """Whether the next call is the moment's."""
        moment = self.moment
        self.has_begun = self.has_begun or bool(re.match(moment.since, what))
        if not self.has_begun or moment.call != call or not re.match(moment.what, what):
            return False
        self.seen += 1
        return self.seen == moment.nth


class _Watch:
    """Remembers calls, and kills this process when the moment comes."""

    def __init__(self, moment: Moment | None) -> None:
        self.count = _Count(moment) if moment else None
        self.calls: list[tuple[str, str]] = []

    @contextmanager
    def around(self, call: str, what: str) -> Iterator[None]:
        self.calls.append((call, what[:80]))
        moment = self.count.moment if self.count is not None and self.count.reaches(call, what) else None
        if moment is not None and moment.when == "before":
            _strike()
        if moment is not None and moment.when == "during":
            threading.Timer(moment.seconds, _strike).start()
        yield
        if moment is not None and moment.when == "after":
            _strike()


def _strike() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class _Connection:
    """A connection whose statements are counted."""

    def __init__(self, connection: Any, watch: _Watch) -> None:
        self._connection, self._watch = connection, watch

    def execute(self, sql: str, *arguments: Any, **options: Any) -> Any:
        with self._watch.around("statement", " ".join(str(sql).split())):
            return self._connection.execute(sql, *arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@contextmanager
def striking(moment: dict[str, Any] | None) -> Iterator[list[tuple[str, str]]]:
    """Kill this process at a moment; gives the calls so far, in order."""
    watch = _Watch(Moment(**moment) if moment else None)
    build, append, opened = Project.build, DuckDBSession.append, DuckDBSession.__init__

    def watched_build(self: Project, models: Any, *arguments: Any, **options: Any) -> Any:
        with watch.around("build", ",".join(sorted(models))):
            return build(self, models, *arguments, **options)

    def watched_append(self: DuckDBSession, relation: str, rows: Any) -> None:
        with watch.around("append", relation):
            append(self, relation, rows)

    def watched_opened(self: DuckDBSession, connection: Any, *arguments: Any, **options: Any) -> None:
        # The session is given the watched connection: whatever it keeps of it, its statements are counted.
        opened(self, _Connection(connection, watch), *arguments, **options)  # type: ignore[arg-type]

    with (
        patch.object(Project, "build", watched_build), patch.object(DuckDBSession, "append", watched_append),
        patch.object(DuckDBSession, "__init__", watched_opened),
    ):  # fmt: skip
        yield watch.calls
