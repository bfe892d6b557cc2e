"""One chunk of a run: the dates of each table are decided anew once everything before it is built."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from python_processors.orchestration.plan.planner import Step, Waiting, due_steps
from python_processors.orchestration.project import LAYER, DbtOutcome
from python_processors.orchestration.run.progress import spelled
from python_processors.orchestration.state.ledger import LedgerRow, append_ledger
from python_processors.orchestration.state.snapshot import NO_ROWS, Snapshot
from python_processors.orchestration.warehouse import Session

if TYPE_CHECKING:
    from python_processors.orchestration.run.runner import Runner


class Chunk:
    """The tables of one chunk, in order: those that wait to go to dbt together, and what is known so far."""

    def __init__(self, runner: Runner, days: Sequence[date]) -> None:
        self.runner, self.project, self.days = runner, runner.project, set(days)
        self._group: list[str] = []
        self._group_days: list[date] = []
        self._whys: dict[tuple[str, date], str] = {}
        self._fresh: set[date] = set()  # days whose models under the counting ones no later step has changed

    def open(self, session: Session) -> None:
        self.snapshot = Snapshot(self.project, session, min(self.days), max(self.days), tables=self.runner.tables)
        self.waiting = Waiting(self.snapshot)
        self.snapshot.memory.execute("create or replace table failed_now (relation varchar, day date)")

    def add(self, table: str) -> None:
        """Decide a table's dates; it joins the group where the group's outcome cannot change them."""
        before = steps = self._steps(table)
        while self._group and steps and (any(not s.is_certain for s in steps) or _certain(steps) != self._group_days):
            self.flush()
            if self.runner.is_stopping:
                return
            steps = self._steps(table)
        self._tell_cut_off(table, before, steps)
        if not steps:
            return
        self._whys.update({(table, step.day): step.why for step in steps})
        self._group.append(table)
        self._group_days = _certain(steps)
        self.waiting.add(table, steps)

    def flush(self) -> None:
        """Let dbt build the group, and confirm what came of it. Tables that waited for one that failed on some
        date are decided anew: the other dates are theirs to build."""
        tables, days = self._group, self._group_days
        self._group, self._group_days = [], []
        if not tables:
            return
        waited = self._build(tables, days)
        self.snapshot.memory.execute("delete from pending")
        self.runner.write_decisions()
        for table in waited:
            for day in days:
                self._whys.pop((table, day), None)
            self.add(table)

    @property
    def has_group(self) -> bool:
        return bool(self._group)

    def close(self) -> None:
        self.runner.write_decisions()

    def count(self) -> None:
        """Count the chunk's dates against the schedule."""
        uncounted = {day: f for day, f in self.snapshot.uncounted_days().items() if day in self.days}
        self.runner.count(uncounted, self._fresh)

    def _steps(self, table: str) -> list[Step]:
        """What is due of a table in this chunk and was not dealt with yet."""
        runner = self.runner
        states = {
            day: state
            for day, state in self.snapshot.states(table, forced=runner.is_forced).items()
            if day in self.days and (table, day) not in self._whys
            and (not runner.is_forced or (table, day) in runner.planned)
        }  # fmt: skip
        steps, unbuilt = due_steps(self.snapshot, table, states, self.waiting)
        blocked = {block.day: block.reason for block in unbuilt}
        blocked |= self._behind_failures(table, [step.day for step in steps if step.is_certain])
        runner.block(table, blocked)
        self._whys |= {(table, day): reason for day, reason in blocked.items()}
        return [step for step in steps if step.day not in blocked]

    def _behind_failures(self, table: str, days: Sequence[date]) -> dict[date, str]:
        memory = self.snapshot.memory
        if not days or memory.execute("select count(*) from failed_now").fetchall() == [(0,)]:
            return {}
        listed = ", ".join(f"date '{day}'" for day in days)
        touched = self.snapshot.inputs.days_touched(table, f"select unnest([{listed}]) as day", "failed_now")
        return {day: f"it reads {read}, which failed in this run" for day, read in touched.items()}

    def _build(self, tables: list[str], days: list[date]) -> list[str]:
        """One invocation. Returns the tables that dbt did not reach, since one before them failed."""
        models = self._models(tables)
        outcome = self.runner.invoke(tables, models, days)
        self._note_fresh(tables, days, outcome)
        failed = [table for table in tables if self._has_failed(table, outcome)]
        if LAYER in failed:
            failed = tables
        done = [table for table in tables if table not in failed]
        waited = [table for table in failed if outcome.nodes and self._waits_for(table, failed)]
        with self.runner.warehouse.reading() as session:
            self.snapshot.refresh(session, self._rebuilt(tables), [table for table in tables if table != LAYER])
        self._confirm(done, days, outcome)
        self.runner.finished(tables, days, outcome, waited)
        for table in (table for table in failed if table not in waited):
            # One bad date must not hold back the rest of them. Where no node ran, no date is to blame.
            if len(days) > 1 and outcome.nodes and not self.runner.is_stopping:
                self._build([table], days[: len(days) // 2])
                self._build([table], days[len(days) // 2 :])
            else:
                self._fail(table, days, outcome)
        return waited

    def _note_fresh(self, tables: Sequence[str], days: Sequence[date], outcome: DbtOutcome) -> None:
        under = self.project.models_under_ops
        read = {of for name in under for of in self.project.hashed_ancestors(self.project.node_id(name))}
        if read & set(tables) or LAYER in tables:
            self._fresh.clear()
        if under <= outcome.built:
            self._fresh |= set(days)

    def _models(self, tables: Sequence[str]) -> list[str]:
        models = {table for table in tables if table != LAYER}
        for table in list(models):
            models |= self.project.models_between(table) | self.project.tested_with(table)
        if LAYER in tables:
            models |= {*self.project.layer_models, *self.project.seeds}
        return sorted(models)

    def _rebuilt(self, tables: Sequence[str]) -> set[str]:
        """Relations that an invocation rebuilt; raw tables stay as they were read before it."""
        return set(self._models(tables)) | {table for table in tables if table != LAYER}

    def _has_failed(self, table: str, outcome: DbtOutcome) -> bool:
        if outcome.error and not outcome.nodes:
            return True
        if table == LAYER:
            made_of = {*self.project.layer_models, *self.project.seeds}
            return not made_of.isdisjoint(outcome.failures) or not outcome.built.issuperset(self.project.layer_models)
        made_of = {table} | self.project.models_between(table) | self.project.tested_with(table)
        return table not in outcome.succeeded or not made_of.isdisjoint(outcome.failures)

    def _waits_for(self, table: str, failed: Sequence[str]) -> bool:
        """Whether a table was skipped since another of the group failed before it."""
        if table == LAYER:
            return False
        ancestors = self.project.hashed_ancestors(self.project.node_id(table))
        return LAYER in failed or any(other in ancestors for other in failed)

    def _confirm(self, tables: Sequence[str], days: Sequence[date], outcome: DbtOutcome) -> None:
        if not tables:
            return
        confirmed: list[LedgerRow] = []
        for table in tables:
            self.snapshot.compute_inputs(table)
            found = self.snapshot.memory.execute(
                f"select inputs.day, inputs, input_fingerprint, coalesce(stored.fingerprint, '{NO_ROWS}')"
                " from inputs left join stored on stored.table_name = inputs.table_name and stored.day = inputs.day"
                " where inputs.table_name = ? and inputs.day in (select unnest(?::date[])) order by 1",
                [table, list(days)],
            ).fetchall()
            confirmed += [(table, self.snapshot.logic[table], *row) for row in found]
            self.runner.result.built[table] = self.runner.result.built.get(table, 0) + len(days)
            self.runner.considered |= {(table, day) for day in days}
            self.runner.decide(table, {day: self._whys.get((table, day), "") for day in days}, "built")
        with self.runner.warehouse.writing() as session:
            append_ledger(session, self.runner.result.run_id, outcome.invocation_id, confirmed)
            self.snapshot.read_ledger(session)

    def _fail(self, table: str, days: Sequence[date], outcome: DbtOutcome) -> None:
        message = outcome.failures.get(table) or outcome.error or next(iter(outcome.failures.values()), "dbt failed")
        result = self.runner.result
        result.failed.setdefault(table, []).extend(days)
        result.failures[f"{table} {spelled(list(days))}"] = message
        if table == LAYER:
            relations = [name for name in self.snapshot.fingerprints.slots if name in self.project.layer_models]
        else:
            relations = [table]
        for relation in relations:
            self.snapshot.memory.execute("insert into failed_now select ?, unnest(?::date[])", [relation, list(days)])
        self.runner.considered |= {(table, day) for day in days}
        self._whys.update({(table, day): message for day in days})
        self.runner.decide(table, dict.fromkeys(days, message), "failed")

    def _tell_cut_off(self, table: str, before: Sequence[Step], after: Sequence[Step]) -> None:
        still = {step.day for step in after} | {day for of, day in self._whys if of == table}
        spared = {step.day: step.why for step in before if step.day not in still}
        held_up = self._behind_failures(table, list(spared))
        self.runner.block(table, held_up)
        spared = {day: why for day, why in spared.items() if day not in held_up}
        if spared:
            self.runner.result.cut_off[table] = self.runner.result.cut_off.get(table, 0) + len(spared)
            self.runner.spared(len(spared))
            reasons = {day: f"{why}: that came out as it was for this date" for day, why in spared.items()}
            self.runner.decide(table, reasons, "cut_off")


def _certain(steps: Sequence[Step]) -> list[date]:
    return sorted(step.day for step in steps if step.is_certain)
