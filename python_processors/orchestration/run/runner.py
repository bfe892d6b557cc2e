"""Runs a plan: dbt builds what is due, table after table, and every date done is confirmed in the ledger.

Within a chunk a table's dates are decided anew once everything before it is built, so that what came out
as it was stops there. Tables that are due for the same dates, whatever comes out, go to dbt together.
A kill at any moment loses at most the invocation in flight: what was published and not confirmed is
built again, and then writes nothing.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from python_processors.engines.base import WaitEndedError
from python_processors.logic_version import project_vars
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.plan.stages import AuditSkips, BuildDates, CountRows, Stage, TellBlocked, stages_of
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.audit import AuditError, Budget, audit_skips, reasons_of
from python_processors.orchestration.run.chunk import Chunk, Work, count_rows
from python_processors.orchestration.run.invocation import Invoker
from python_processors.orchestration.run.journal import RunResult
from python_processors.orchestration.run.progress import Progress, RunStatus
from python_processors.orchestration.run.record import RunRecord
from python_processors.orchestration.run.steps import History
from python_processors.orchestration.run.stop import Stop
from python_processors.orchestration.run.waiting import Waiting
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Warehouse

AUDITED_SHARE = 0.01
NODES_OF_A_TABLE = 3  # that an audit runs: the table, and the models that are made with it


class Runner:
    """One run of a plan on a warehouse."""

    def __init__(
        self, project: Project, warehouse: Warehouse, plan: Plan, *, what: str, run_id: str | None = None,
        tables: Sequence[str] | None = None, forced: bool = False, allow_deletes: bool = False,
        audited_share: float | None = None, retry_seconds: float = 2.0,
        check_lock: Callable[[], None] = lambda: None, snapshot: Snapshot | None = None,
    ) -> None:  # fmt: skip
        """:param audited_share: of the skipped dates, recompute so many, whatever that costs; 0 audits none. Without it
            AUDITED_SHARE, as far as var skip_audit_cost_pct allows.
        :param check_lock: asked before each invocation of dbt; raises when the run no longer holds the warehouse.
        :param snapshot: what the plan was just made of, by whoever holds the warehouse."""
        self.result = RunResult(run_id or new_run_id(), skipped={t: n for t, n in plan.skipped.items() if n})
        project.run_id = self.result.run_id
        self._stop = Stop()
        status = RunStatus(self.result.run_id, what, steps_planned=len(plan.steps), seconds_planned=plan.seconds)
        self._progress = Progress(warehouse, status)
        warehouse = warehouse.patient(
            Waiting(self._progress.say, note=self._progress.note_wait, check=self._stop.end_wait)
        )
        with warehouse.reading() as session:
            libraries = project.libraries(session)
        record = RunRecord(warehouse, self.result, libraries, History(project, self.result, plan))
        asked = tuple(table for table in project.tables if tables is None or table in tables)
        self.invoker = Invoker(
            project, warehouse, record, self._progress, asked, check_lock=check_lock, retry_seconds=retry_seconds
        )
        self._work = Work(
            project, warehouse, plan, asked, self.invoker, record, self._progress,
            lambda: self._stop.is_asked or self.result.is_hopeless, forced, allow_deletes,
        )  # fmt: skip
        self._audited_share, self._snapshot = audited_share, snapshot
        self._stages = stages_of(plan, AUDITED_SHARE if audited_share is None else audited_share)

    def run(self) -> RunResult:
        """Carry out the plan's stages; what fails is in the result, not raised."""
        started = time.monotonic()
        work, state = self._work, "failed"
        try:
            with self._stop.listening(self._progress.say):
                for stage in self._stages:
                    if work.is_stopping():
                        break
                    self._carry_out(stage)
            self.result.was_stopped = self._stop.is_asked
            work.record.close(work.plan.start, work.plan.end, work.tables)
            state = self.result.state
        except WaitEndedError:
            state = "stopped"
            raise
        finally:
            self.result.seconds = time.monotonic() - started
            self._progress.close(state)
        return self.result

    def _carry_out(self, stage: Stage) -> None:
        match stage:
            case TellBlocked():
                self._tell_blocked()
            case BuildDates(days):
                Chunk(self._work, days, self._snapshot).build()
                self._snapshot = None  # a chunk that follows looks at what this one has built
            case CountRows():
                self._count_what_is_left()
            case AuditSkips(share):
                self._audit(share)

    def _tell_blocked(self) -> None:
        reasons: dict[str, dict[date, str]] = {}
        for block in self._work.plan.blocked:
            reasons.setdefault(block.table, {})[block.day] = block.reason
        for table, of_table in reasons.items():
            self._work.record.blocked(table, of_table)
        self._work.record.write_decisions()

    def _audit_budget(self) -> Budget | None:
        """A share of what the run took so far; none of a share of skips that was asked for."""
        if self._audited_share is not None:
            return None
        steps = self._work.record.steps
        spent = sum((step.ended_at - step.started_at).total_seconds() for step in steps)
        of_a_node = spent / max(1, sum(step.outcome.nodes for step in steps))
        return Budget(spent * float(project_vars()["skip_audit_cost_pct"]) / 100, NODES_OF_A_TABLE * of_a_node)

    def _count_what_is_left(self) -> None:
        plan, work = self._work.plan, self._work
        with work.warehouse.reading() as session:
            snapshot = Snapshot(work.project, session, plan.start, plan.end, tables=())
        count_rows(work, snapshot, snapshot.uncounted_days())

    def _audit(self, share: float) -> None:
        if not self.result.nodes_run:
            return  # a run with nothing to do does nothing
        work = self._work
        idle = (work.plan.idle | work.record.spared) - work.record.considered
        try:
            made = audit_skips(
                work.project, work.warehouse, self.result.run_id, idle,
                share=share, rng=random.Random(self.result.run_id), budget=self._audit_budget(),
            )  # fmt: skip
        except AuditError as error:  # what the run built is built, and is to be recorded
            self.result.failures["skip audit"] = str(error)
            self._progress.say(f"FAILED skip audit: {error}")
            return
        with work.warehouse.writing() as session:
            work.record.confirm(session, self.result.run_id, [], made.models)
        if made.error:
            self.result.failures["skip audit"] = made.error
        self.result.audited = len(made.audits)
        self.result.audited_tables = len({audit.table for audit in made.audits})
        self.result.wrong_skips = [(audit.table, audit.day) for audit in made.differing]
        for table, day in self.result.wrong_skips:
            self._progress.say(
                f"WRONG SKIP {table} {day}: recomputed rows differ from the stored ones; it is built now"
            )
        if self.result.wrong_skips:
            work.record.take_back(reasons_of(made.audits))
            Chunk(work, sorted({day for _, day in self.result.wrong_skips})).build()


def new_run_id() -> str:
    """Sorts by time, and no two are alike."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
