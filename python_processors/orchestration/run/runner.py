"""Runs a plan: dbt builds what is due, table after table, and every date done is confirmed in the ledger.

Within a chunk a table's dates are decided anew once everything before it is built, so that what came out
as it was stops there. Tables that are due for the same dates, whatever comes out, go to dbt together.
A kill at any moment loses at most the invocation in flight: what was published and not confirmed is
built again, and then writes nothing.
"""

from __future__ import annotations

import hashlib
import random
import re
import signal
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import FrameType

import pyarrow as pa
import tenacity

from python_processors.engines.base import WaitEndedError
from python_processors.errors import FullcourtError, is_of_the_disk
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import LAYER, DbtOutcome, Project
from python_processors.orchestration.proof.audit import AuditError, audit_skips
from python_processors.orchestration.run.chunk import Chunk
from python_processors.orchestration.run.journal import RunnerStep, RunResult, record_run
from python_processors.orchestration.run.progress import Progress, RunStatus, spelled
from python_processors.orchestration.run.waiting import Waiting
from python_processors.orchestration.state.ledger import append_ledger, rows_of_invocation
from python_processors.orchestration.state.snapshot import COVERAGE, Snapshot
from python_processors.orchestration.warehouse import Warehouse

AUDITED_SHARE = 0.01
RETRIES = 4

# What passes by itself: the service is busy, a connection broke.
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


class Stop:
    """SIGINT and SIGTERM let the publish in flight finish, then end the run; a second one ends it at once."""

    def __init__(self) -> None:
        self.is_asked = False

    def end_wait(self) -> None:
        """:raises WaitEndedError: the run was asked to stop; nothing is in flight while it waits."""
        if self.is_asked:
            raise WaitEndedError

    @contextmanager
    def listening(self, say: Callable[[str], None]) -> Iterator[Stop]:
        def ask(number: int, frame: FrameType | None) -> None:
            if self.is_asked:
                raise KeyboardInterrupt
            self.is_asked = True
            say(
                f"{signal.Signals(number).name}: the step at work is finished, then the run stops."
                " Once more stops at once."
            )

        try:
            before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not the main thread: nobody sends it signals
            before = {}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Runner:
    """One run of a plan on a warehouse."""

    def __init__(
        self, project: Project, warehouse: Warehouse, plan: Plan, *, what: str, run_id: str | None = None,
        tables: Sequence[str] | None = None, forced: bool = False, audited_share: float = AUDITED_SHARE,
        retry_seconds: float = 2.0, check_lock: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """:param check_lock: asked before each invocation of dbt; raises when the run no longer holds the warehouse."""
        self.project, self.plan = project, plan
        self.tables = tuple(table for table in project.tables if tables is None or table in tables)
        self.result = RunResult(run_id or new_run_id(), skipped={t: n for t, n in plan.skipped.items() if n})
        self.considered: set[tuple[str, date]] = set()  # built, tried in vain, or blocked
        self._decisions: list[tuple[str, date, str, str, datetime]] = []
        self.steps: list[RunnerStep] = []
        self.is_forced, self._audited_share = forced, audited_share
        self.planned = {(step.table, step.day): step for step in plan.steps}
        self._retry_seconds, self._check_lock = retry_seconds, check_lock
        self._stop = Stop()
        self._progress = Progress(warehouse, RunStatus(self.result.run_id, what, steps_planned=len(plan.steps)))
        self.warehouse = warehouse.patient(
            Waiting(self._progress.say, note=self._progress.note_wait, check=self._stop.end_wait)
        )

    def run(self) -> RunResult:
        """Build what the plan names; what fails is in the result, not raised."""
        started = time.monotonic()
        state = "failed"
        try:
            with self._stop.listening(self._progress.say):
                self._tell_blocked()
                for chunk in self.plan.chunks:
                    if self._stop.is_asked:
                        break
                    self._run_chunk(chunk)
                if not self._stop.is_asked:
                    self._count_what_is_left()
                    self._audit()
            self.result.was_stopped = self._stop.is_asked
            record_run(self.project, self.warehouse, self.result, self.steps, self.plan)
            state = "stopped" if self.result.was_stopped else "done" if self.result.is_whole else "partial"
        except WaitEndedError:
            state = "stopped"
            raise
        finally:
            self.result.seconds = time.monotonic() - started
            self._progress.close(state)
        return self.result

    def _tell_blocked(self) -> None:
        reasons: dict[str, dict[date, str]] = {}
        for block in self.plan.blocked:
            reasons.setdefault(block.table, {})[block.day] = block.reason
        for table, of_table in reasons.items():
            self.block(table, of_table)
        self.write_decisions()

    def block(self, table: str, reasons: Mapping[date, str]) -> None:
        """Dates that cannot be built, and what is in their way."""
        told = {day: reason for day, reason in reasons.items() if (table, day) not in self.considered}
        if told:
            self.result.blocked.setdefault(table, []).extend(told)
            self.considered |= {(table, day) for day in told}
            self.decide(table, told, "blocked")

    def decide(self, table: str, reasons: Mapping[date, str], decision: str) -> None:
        """Note what became of dates of a table, and the sentence that says why."""
        now = datetime.now(UTC)
        self._decisions += [(table, day, decision, reason, now) for day, reason in reasons.items()]

    def write_decisions(self) -> None:
        """All that was noted since the last time, in one statement: BigQuery counts loads per table and day."""
        if not self._decisions:
            return
        tables, days, decisions, reasons, instants = zip(*self._decisions, strict=True)
        self._decisions = []
        with self.warehouse.writing() as session:
            session.append("nba_ops.decisions", pa.table({
                "run_id": [self.result.run_id] * len(tables), "table_name": list(tables),
                "game_date": pa.array(days, pa.date32()), "decision": list(decisions), "reason": list(reasons),
                "decided_at": pa.array(instants, pa.timestamp("us", "UTC")),
            }))  # fmt: skip

    def _run_chunk(self, days: Sequence[date]) -> None:
        chunk = Chunk(self, days)
        with self.warehouse.reading() as session:
            chunk.open(session)
        for table in (LAYER, *self.tables):
            if self._stop.is_asked:
                break
            chunk.add(table)
        while chunk.has_group and not self._stop.is_asked:
            chunk.flush()
        if not self._stop.is_asked:
            chunk.count()
        chunk.close()

    def _count_what_is_left(self) -> None:
        """Count dates whose rows a run before this one changed without counting them: it was killed."""
        if not self.plan.uncounted:
            return
        with self.warehouse.reading() as session:
            snapshot = Snapshot(self.project, session, self.plan.start, self.plan.end, tables=())
        uncounted = snapshot.uncounted_days()
        self.count(uncounted)

    def count(self, uncounted: Mapping[date, str], fresh: Collection[date] = ()) -> None:
        """Build the models that count rows against the schedule, and confirm the days that succeeded.

        :param uncounted: fingerprints of each day's rows.
        :param fresh: days for which the models that those read were just built.
        """
        counted = set(self.project.ops_models)
        for models, days in (
            (counted, sorted(uncounted.keys() & set(fresh))),
            # Where no precompute table was built, as in a season's first days, nothing else builds what is read.
            (counted | self.project.models_under_ops, sorted(uncounted.keys() - set(fresh))),
        ):
            if days:
                self._count(models, days, uncounted)

    def _count(self, models: set[str], days: Sequence[date], fingerprints: Mapping[date, str]) -> None:
        outcome = self.invoke([COVERAGE], sorted(models), days)
        for name, message in outcome.failures.items():
            self.result.failures[f"{name} {spelled(list(days))}"] = message
        if outcome.error:
            self.result.failures[COVERAGE] = outcome.error
        if COVERAGE not in outcome.built:
            return
        with self.warehouse.writing() as session:
            digests = {day: hashlib.sha256(fingerprints[day].encode()).hexdigest()[:16] for day in days}
            rows = [(COVERAGE, "", day, fingerprints[day], digests[day], "") for day in days]
            append_ledger(session, self.result.run_id, outcome.invocation_id, rows)

    def invoke(self, tables: Sequence[str], models: Sequence[str], days: Sequence[date]) -> DbtOutcome:
        """One dbt invocation, asked again when it failed of something that passes."""

        def build() -> DbtOutcome:
            self._check_lock()
            return self.project.build(list(models), [day.isoformat() for day in days], judged=self.tables)

        self._progress.begin(list(tables), list(days))
        started = datetime.now(UTC)

        def is_transient(outcome: DbtOutcome) -> bool:
            return _TRANSIENT.search(outcome.said.lower()) is not None

        attempt = tenacity.Retrying(
            retry=tenacity.retry_if_result(is_transient),
            stop=tenacity.stop_after_attempt(RETRIES),
            wait=tenacity.wait_exponential(self._retry_seconds, max=60),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
            before_sleep=lambda state: self._progress.say("dbt failed of something that passes; it is asked again"),
        )
        outcome: DbtOutcome = attempt(self.warehouse.when_free, build, lambda built: built.said)
        self.result.nodes_run += outcome.nodes
        self.steps.append(RunnerStep(tuple(tables), tuple(days), outcome, started, datetime.now(UTC)))
        said = next((m for m in (outcome.error, *outcome.failures.values()) if is_of_the_disk(m)), None)
        if said:
            raise NoRoomError(said)  # no other date would fare better
        return outcome

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_asked

    def finished(
        self, tables: Sequence[str], days: Sequence[date], outcome: DbtOutcome, waited: Sequence[str] = ()
    ) -> None:
        """Tell the result and the watchers of an invocation; tables that it did not reach have not failed."""
        with self.warehouse.reading() as session:
            written = rows_of_invocation(session, outcome.invocation_id)
        for table, counts in written.items():
            so_far = self.result.rows.setdefault(table, dict.fromkeys(counts, 0))
            for verb, count in counts.items():
                so_far[verb] += count
        rows = sum(counts[verb] for counts in written.values() for verb in ("inserted", "updated", "deleted"))
        reached = [table for table in tables if table not in waited]
        failures = {name: message for name, message in outcome.failures.items() if name not in waited}
        self._progress.end(reached, list(days), rows, failures)

    def spared(self, count: int) -> None:
        """Dates that need not be built after all."""
        self._progress.status.steps_planned -= count

    def _audit(self) -> None:
        if not any(self.plan.skipped.get(table) for table in self.tables) or not self._audited_share:
            return
        if not self.result.nodes_run:
            return  # a run with nothing to do does nothing
        try:
            audits = audit_skips(
                self.project, self.warehouse, self.result.run_id, self.tables, self.plan.start, self.plan.end,
                share=self._audited_share, rng=random.Random(self.result.run_id), built=self.considered,
            )  # fmt: skip
        except AuditError as error:  # what the run built is built, and is to be recorded
            self.result.failures["skip audit"] = str(error)
            self._progress.say(f"FAILED skip audit: {error}")
            return
        self.result.audited = len(audits)
        self.result.wrong_skips = [(audit.table, audit.day) for audit in audits if not audit.is_same]
        for table, day in self.result.wrong_skips:
            self._progress.say(
                f"WRONG SKIP {table} {day}: recomputed rows differ from the stored ones; it is built now"
            )
        if self.result.wrong_skips:
            self._run_chunk(sorted({day for _, day in self.result.wrong_skips}))


def new_run_id() -> str:
    """Sorts by time, and no two are alike."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
