"""One chunk of a run: the dates of each table are decided anew once everything before it is built."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.plan.changes import deletes_allowed
from python_processors.orchestration.plan.planner import Plan, Step, Waiting, due_steps
from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.run.invocation import Invoker
from python_processors.orchestration.run.progress import Progress, spelled
from python_processors.orchestration.run.record import RunRecord
from python_processors.orchestration.state.ledger import LedgerRow
from python_processors.orchestration.state.made import models_made
from python_processors.orchestration.state.snapshot import Snapshot, fingerprint_of, made_of
from python_processors.orchestration.state.whole import origins_made, read_origins, unchanged
from python_processors.orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class Work:
    """What the stages of a run share."""

    project: Project
    warehouse: Warehouse
    plan: Plan
    tables: tuple[str, ...]
    invoker: Invoker
    record: RunRecord
    progress: Progress
    is_stopping: Callable[[], bool]
    forced: bool = False
    allow_deletes: bool = False

    @property
    def planned(self) -> set[tuple[str, date]]:
        return {(step.table, step.day) for step in self.plan.steps}


class Chunk:
    """The tables of one chunk, in order: those that wait to go to dbt together, and what is known so far."""

    def __init__(self, work: Work, days: Sequence[date], snapshot: Snapshot | None = None) -> None:
        """:param snapshot: what the plan was made of: nothing is read again where it is of these dates alone."""
        self._work, self._project, self.days = work, work.project, set(days)
        self._group: list[str] = []
        self._group_days: list[date] = []
        self._whys: dict[tuple[str, date], str] = {}
        self._steps_of: dict[str, dict[date, Step]] = {}
        self._fresh: dict[str, set[date]] = {}  # by model, days that it was built for; nothing that it reads was since
        self.snapshot = snapshot if snapshot is not None and snapshot.is_of(work.tables, self.days) else self._look()
        self._origins: dict[str, str] = {}  # of seeds and of models that are built whole, once they may be built
        self._looked_at: set[str] = set()
        self._unchanged: set[str] = set()  # of those, what holds already what building it would give
        self._waiting = Waiting(self.snapshot)

    def _look(self) -> Snapshot:
        first, last, tables = min(self.days), max(self.days), self._work.tables
        with self._work.warehouse.reading() as session:
            return Snapshot(self._project, session, first, last, tables=tables, only=self.days)

    def build(self) -> None:
        """Build what is due, and count it; ends early when somebody stops the run."""
        for table in (LAYER, *self._work.tables):
            if self._work.is_stopping():
                break
            self._add(table)
        while self._group and not self._work.is_stopping():
            self._flush()
        if not self._work.is_stopping():
            uncounted = [day for day in self.snapshot.uncounted_days() if day in self.days]
            count_rows(self._work, self.snapshot, uncounted, self._fresh, self._unchanged)
        self._work.record.write_decisions()

    def _add(self, table: str) -> None:
        """Decide a table's dates; it joins the group where the group's outcome cannot change them."""
        before = steps = self._steps(table)
        while self._group and steps and (any(not s.is_certain for s in steps) or _certain(steps) != self._group_days):
            self._flush()
            if self._work.is_stopping():
                return
            steps = self._steps(table)
        self._tell_cut_off(table, before, steps)
        if not steps:
            return
        self._whys.update({(table, step.day): step.why for step in steps})
        self._steps_of[table] = {step.day: step for step in steps}
        self._group.append(table)
        self._group_days = _certain(steps)
        self._waiting.add(table, steps)

    def _flush(self) -> None:
        """Let dbt build the group, and confirm what came of it. Tables that waited for one that failed on some
        date are decided anew: the other dates are theirs to build."""
        tables, days = self._group, self._group_days
        self._group, self._group_days = [], []
        if not tables:
            return
        waited = self._build(tables, days)
        self.snapshot.memory.forget("pending")
        self._work.record.write_decisions()
        for table in waited:
            for day in days:
                self._whys.pop((table, day), None)
            self._add(table)

    def _steps(self, table: str) -> list[Step]:
        """What is due of a table in this chunk and was not dealt with yet."""
        work = self._work
        states = {
            day: state
            for day, state in self.snapshot.states(table, forced=work.forced).items()
            if day in self.days and (table, day) not in self._whys
            and (not work.forced or (table, day) in work.planned)
        }  # fmt: skip
        steps, unbuilt = due_steps(self.snapshot, table, states, self._waiting)
        blocked = {block.day: block.reason for block in unbuilt}
        blocked |= self._behind_failures(table, [step.day for step in steps if step.is_certain])
        work.record.blocked(table, blocked)
        self._whys |= {(table, day): reason for day, reason in blocked.items()}
        return [step for step in steps if step.day not in blocked]

    def _behind_failures(self, table: str, days: Sequence[date]) -> dict[date, str]:
        touched = self.snapshot.days_touched(table, days, "failed_now")
        return {day: f"it reads {read.described}, which failed in this run" for day, read in touched.items()}

    def _build(self, tables: list[str], days: list[date]) -> list[str]:
        """One invocation. Returns the tables that dbt did not reach, since one before them failed."""
        work = self._work
        self._look_at({*self._project.seeds, *(self._project.whole_models if LAYER in tables else ())})
        models = self._models(tables, days)
        outcome = work.invoker.build(tables, models, days, self._given(tables, days), self._unchanged)
        self._project.check_seeds()
        self._note_fresh(tables, days, outcome)
        failed = [table for table in tables if self._has_failed(table, outcome)]
        if LAYER in failed:
            failed = tables
        done = [table for table in tables if table not in failed]
        waited = [table for table in failed if outcome.nodes and self._waits_for(table, failed)]
        with work.warehouse.kept_open():
            with work.warehouse.reading() as session:
                self.snapshot.refresh(session, outcome.built.union(models), days)
            work.record.made |= {(name, day) for name in (*outcome.built, *done) for day in days}
            self._confirm(done, days, outcome)
            rows_written = work.record.ended(failed, waited)
            work.record.write_decisions()
        reached = [table for table in tables if table not in waited]
        failures = {name: message for name, message in outcome.failures.items() if name not in waited}
        work.progress.end(reached, list(days), rows_written, failures)
        work.record.result.is_hopeless |= bool(self._project.failed_of_every_date(outcome))
        for table in (table for table in failed if table not in waited):
            # One bad date must not hold back the rest of them. Where no node ran, or what every date reads failed, no
            # date is to blame.
            if len(days) > 1 and outcome.nodes and not work.is_stopping():
                self._build([table], days[: len(days) // 2])
                self._build([table], days[len(days) // 2 :])
            else:
                self._fail(table, days, outcome)
        return waited

    def _given(self, tables: Sequence[str], days: Collection[date]) -> dict[str, Any]:
        """Vars that tell publishing what it may delete, and which dates' rows it replaces whatever their hashes say."""
        work, deleted = self._work, self._work.record.result.rows
        steps = {table: [s for day, s in self._steps_of.get(table, {}).items() if day in days] for table in tables}
        replaced = {
            table: sorted(str(step.day) for step in of_table if step.replaces)
            for table, of_table in steps.items() if table != LAYER
        }  # fmt: skip
        return {
            "replaced": {table: of_table for table, of_table in replaced.items() if of_table},
            "deletes_allowed": {
                table: max(0, deletes_allowed(changes.stored) - deleted.get(table, {}).get("deleted", 0))
                for table, changes in work.plan.changes.items() if table in tables
            },
            "allow_deletes": work.allow_deletes,
        }  # fmt: skip

    def _note_fresh(self, tables: Sequence[str], days: Sequence[date], outcome: DbtOutcome) -> None:
        stale = {
            name for name in self._fresh if self._project.hashed_ancestors(self._project.node_id(name)) & set(tables)
        }
        self._fresh = {} if LAYER in tables else {name: of for name, of in self._fresh.items() if name not in stale}
        others = {*self._project.tables, *self._project.layer_models, LAYER, *outcome.failures}
        for name in outcome.built - others:
            self._fresh.setdefault(name, set()).update(days)

    def _models(self, tables: Sequence[str], days: Collection[date]) -> list[str]:
        """What is built of tables and with them: not what lies between them and was built for the days before."""
        models = {table for table in tables if table != LAYER}
        for table in list(models):
            between, tested = self._project.models_between(table), self._project.tested_with(table)
            models |= {name for name in between if not self._is_fresh(name, tables, days)}
            models |= tested  # dbt runs no test of a table beside a model that is not selected with it
        if LAYER in tables:
            models |= self._layer_models
        return sorted(models)

    @property
    def _layer_models(self) -> set[str]:
        """What the staging layer is built of: without models that hold already what building them would give."""
        return set(self._project.layer_models) - self._unchanged

    def _look_at(self, names: Collection[str]) -> None:
        """Find out which of these models and seeds, that are built whole, need not be built."""
        asked = set(names) - self._looked_at
        if not asked:
            return
        self._looked_at |= asked
        with self._work.warehouse.reading() as session:
            origins = read_origins(self._project, session, asked)
            self._origins |= origins
            if not self._work.forced:
                self._unchanged |= unchanged(self._project, session, self.snapshot.memory, origins)

    def _is_fresh(self, name: str, tables: Sequence[str], days: Collection[date]) -> bool:
        """Whether a model holds what building it with the tables would make of the days."""
        if LAYER in tables or not self._fresh.get(name, set()).issuperset(days):
            return False
        return self._project.hashed_ancestors(self._project.node_id(name)).isdisjoint(tables)

    def _has_failed(self, table: str, outcome: DbtOutcome) -> bool:
        if outcome.error and not outcome.nodes:
            return True
        if table == LAYER:
            made_of = {*self._project.layer_models, *self._project.seeds}
            return not made_of.isdisjoint(outcome.failures) or not outcome.built.issuperset(self._layer_models)
        made_of = {table} | self._project.models_between(table) | self._project.tested_with(table)
        return table not in outcome.succeeded or not made_of.isdisjoint(outcome.failures)

    def _waits_for(self, table: str, failed: Sequence[str]) -> bool:
        """Whether a table was skipped since another of the group failed before it."""
        if table == LAYER:
            return False
        ancestors = self._project.hashed_ancestors(self._project.node_id(table))
        return LAYER in failed or any(other in ancestors for other in failed)

    def _confirm(self, tables: Sequence[str], days: Sequence[date], outcome: DbtOutcome) -> None:
        work, memory = self._work, self.snapshot.memory
        made = models_made(self._project, memory, outcome.built, days)
        confirmed: list[LedgerRow] = []
        if tables:
            self.snapshot.compute_inputs(*tables)
        for table in tables:
            confirmed += [
                LedgerRow(table, day, inputs, fingerprint, rows, self.snapshot.logic[table])
                for day, inputs, fingerprint, rows in memory.built(table, days)
            ]
            work.record.built(table, {day: self._whys.get((table, day), "") for day in days})
        whole = self._origins.keys() & (outcome.built - outcome.failures.keys())
        if confirmed or made or whole:
            with work.warehouse.writing() as session:
                made += origins_made(self._project, session, memory, self._origins, whole)
                work.record.confirm(session, outcome.invocation_id, confirmed, made)
                self._unchanged |= whole
                self.snapshot.read_ledgers(session)

    def _fail(self, table: str, days: Sequence[date], outcome: DbtOutcome) -> None:
        of_every_date = self._project.failed_of_every_date(outcome)
        said = of_every_date or outcome.failures.get(table) or outcome.error
        message = said or next(iter(outcome.failures.values()), "dbt failed")
        self._work.record.result.failures[f"{table} {spelled(list(days))}"] = message
        relations = [table]
        if table == LAYER:
            relations = [name for name in self.snapshot.fingerprints.slots if name in self._project.layer_models]
        self.snapshot.memory.note("failed_now", relations, days)
        self._whys.update({(table, day): message for day in days})
        self.snapshot.compute_inputs(table)
        if outcome.nodes and not of_every_date:  # else no date is to blame, and none counts an attempt
            self._work.record.failed_with |= {
                (table, day): (message, self.snapshot.made_of(table, day)) for day in days
            }
        self._work.record.failed(table, days, message)

    def _tell_cut_off(self, table: str, before: Sequence[Step], after: Sequence[Step]) -> None:
        still = {step.day for step in after} | {day for of, day in self._whys if of == table}
        spared = {step.day: step.why for step in before if step.day not in still}
        held_up = self._behind_failures(table, list(spared))
        self._work.record.blocked(table, held_up)
        spared = {day: why for day, why in spared.items() if day not in held_up}
        if spared:
            self._work.record.cut_off(table, spared)
            self._work.progress.status.steps_planned -= len(spared)


def count_rows(
    work: Work, snapshot: Snapshot, uncounted: Collection[date],
    fresh: Mapping[str, Collection[date]] | None = None, kept_seeds: Collection[str] = (),
) -> None:  # fmt: skip
    """Build the models that count rows against the schedule, and confirm the days that succeeded.

    :param fresh: by model under those, the days for which it was just built.
    :param kept_seeds: seeds that need not be loaded.
    """
    counted, under = set(work.project.ops_models), work.project.models_under_ops
    fresh_days = {name: set((fresh or {}).get(name, ())) for name in under}
    with_all = set(uncounted).intersection(*fresh_days.values())
    # Where no precompute table was built, as in a season's first days, nothing else builds what is read.
    for days in (sorted(with_all), sorted(set(uncounted) - with_all)):
        if days:
            models = sorted(counted | {n for n in under if not fresh_days[n].issuperset(days)})
            _count(work, snapshot, models, days, kept_seeds)


def _count(
    work: Work, snapshot: Snapshot, models: Sequence[str], days: Sequence[date], kept_seeds: Collection[str]
) -> None:  # fmt: skip
    outcome = work.invoker.build([COVERAGE], models, days, kept_seeds=kept_seeds)
    work.project.check_seeds()
    result = work.record.result
    for name, message in outcome.failures.items():
        result.failures[f"{name} {spelled(list(days))}"] = message
    if outcome.error:
        result.failures[COVERAGE] = outcome.error
    with work.warehouse.writing() as session:
        snapshot.refresh(session, models, days)
        fingerprints = snapshot.count_texts(days)  # of what was built with it, too
        rows: list[LedgerRow] = []
        logic = work.project.logic_version(COVERAGE)
        digests = {day: fingerprint_of(fingerprints[day]) for day in days}
        if outcome.built.issuperset(work.project.counting_models):
            rows = [LedgerRow(COVERAGE, day, fingerprints[day], digests[day], "", logic) for day in days]
        work.record.is_counted &= bool(rows)
        if rows and not outcome.error:  # what its tests find is said of the tables, by date: counting them did not fail
            work.record.made |= {(name, day) for name in (*outcome.built, COVERAGE) for day in days}
        else:
            said = outcome.error or next(iter(outcome.failures.values()), "")
            work.record.failed_with |= {(COVERAGE, day): (said, made_of(logic, digests[day])) for day in days}
        made = models_made(work.project, snapshot.memory, outcome.built, days)
        work.record.confirm(session, outcome.invocation_id, rows, made)
        snapshot.read_ledgers(session)


def _certain(steps: Sequence[Step]) -> list[date]:
    return sorted(step.day for step in steps if step.is_certain)
