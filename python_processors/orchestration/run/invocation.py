"""One call of dbt in a run: asked again where it failed of something that passes, and told to whoever watches."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import tenacity

from python_processors.errors import FullcourtError, is_of_the_disk
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import Project
from python_processors.orchestration.run.journal import RunnerStep
from python_processors.orchestration.run.progress import Progress
from python_processors.orchestration.run.record import RunRecord
from python_processors.orchestration.warehouse import Warehouse

RETRIES = 4

# What passes by itself: the service is busy, a connection broke. For a file that is held the warehouse waits.
# A number alone says nothing: a table's message may hold 503 rows.
_TRANSIENT = re.compile(
    "ratelimitexceeded|backenderror|internalerror|quotaexceeded|connection reset|timed out"
    r"|\btimeout\b|deadline exceeded|temporarily unavailable|service unavailable|bad gateway|too many requests"
    r"|\b(429|502|503) (get|post|put|patch|delete) http"
)


class NoRoomError(FullcourtError):
    """The disk is full, so that no date can be built."""

    def __init__(self, said: str) -> None:
        super().__init__(
            f"The disk is full ({said.rstrip('.')}). Nothing that was published is lost: make room, and run the same"
            " again."
        )


class Invoker:
    """Calls dbt for a run, and records each call.

    :param judged: hashed tables that tests judge.
    :param check_lock: asked before each call; raises when the run no longer holds the warehouse.
    """

    def __init__(
        self, project: Project, warehouse: Warehouse, record: RunRecord, progress: Progress, judged: Sequence[str], *,
        check_lock: Callable[[], None] = lambda: None, retry_seconds: float = 2.0,
    ) -> None:  # fmt: skip
        self._project, self._warehouse, self._record = project, warehouse, record
        self._progress, self._judged = progress, tuple(judged)
        self._check_lock, self._retry_seconds = check_lock, retry_seconds

    def build(
        self, tables: Sequence[str], models: Sequence[str], days: Sequence[date],
        given: Mapping[str, Any] | None = None, kept_seeds: Collection[str] = (),
    ) -> DbtOutcome:  # fmt: skip
        """dbt build of some models for some days.

        :param tables: for whom: what those who watch are told.
        :param given: vars of this call alone.
        :param kept_seeds: seeds that need not be loaded.
        :raises NoRoomError: the disk is full; no other date would fare better.
        """

        def build() -> DbtOutcome:
            self._check_lock()
            dates = [day.isoformat() for day in days]
            return self._project.build(list(models), dates, self._judged, given, kept_seeds)

        self._progress.begin(list(tables), list(days))
        started = datetime.now(UTC)
        attempt = tenacity.Retrying(
            retry=tenacity.retry_if_result(_is_transient),
            stop=tenacity.stop_after_attempt(RETRIES),
            wait=tenacity.wait_exponential(self._retry_seconds, max=60),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
            before_sleep=lambda state: self._progress.say("dbt failed of something that passes; it is asked again"),
        )
        outcome: DbtOutcome = attempt(self._warehouse.when_free, build, lambda built: built.said)
        self._record.result.nodes_run += outcome.nodes
        self._record.steps.append(RunnerStep(tuple(tables), tuple(days), outcome, started, datetime.now(UTC)))
        self._record.warned(outcome.warnings, days)
        said = next((m for m in (outcome.error, *outcome.failures.values()) if is_of_the_disk(m)), None)
        if said:
            raise NoRoomError(said)
        return outcome


def _is_transient(outcome: DbtOutcome) -> bool:
    return _TRANSIENT.search(outcome.said.lower()) is not None
