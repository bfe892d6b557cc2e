"""What a plan would cost, from what earlier runs took; on BigQuery from dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from python_processors.orchestration.plan.changes import with_guess
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Session

_RUNS = 30  # the newest: of this machine, and of code like that of now
# Of runs of one size nobody knows which part of their time grew with the rows. Of a season's run a third did not, of
# a month's two thirds (2026-11).
_FIXED_SHARE = 0.5

DOLLARS_PER_TEBIBYTE = 6.25  # on-demand list price of BigQuery, us-west2 (2026-11)
LEAST_BYTES = 10 * 2**20  # billed of each table that a query names, however few it reads (BigQuery's pricing page)
# What publishing a hashed table names beside its SELECT: the stage, the table and the ledger.
_NAMED_BY_A_PUBLISH = 3
# What its proof names beside the table, without a ref(): the schedule, and what a check looks at (21 of ten, 2026-11).
_NAMED_BY_A_PROOF = 2
_JOBS_OF_A_PUBLISH = 3  # of a hashed table: its SELECT, the load of its stage, the script


@dataclass(frozen=True)
class RunCost:
    """Seconds of a run: what it takes whatever it builds, and for each row that it looks at."""

    fixed: float
    per_row: float

    def of(self, rows: int) -> float:
        return self.fixed + self.per_row * rows


def cost_of(runs: Sequence[tuple[int, float]]) -> RunCost | None:
    """The line through (rows, seconds) of runs, neither part of it below zero; None without a run.

    By least squares of the shares that it is off, so that a short run counts as much as a long one.
    """
    runs = [(rows, seconds) for rows, seconds in runs if seconds > 0 and rows >= 0]
    if not runs:
        return None
    most, least = max(rows for rows, _ in runs), min(rows for rows, _ in runs)
    if most < 2 * least or most == 0:
        usual, rows = sum(of for _, of in runs) / len(runs), sum(of for of, _ in runs) / len(runs)
        return RunCost(usual * _FIXED_SHARE, usual * (1 - _FIXED_SHARE) / rows) if rows else RunCost(usual, 0.0)
    weight = sum(1 / s**2 for _, s in runs)
    x, y = sum(r / s**2 for r, s in runs), sum(1 / s for _, s in runs)
    xx, xy = sum((r / s) ** 2 for r, s in runs), sum(r / s for r, s in runs)
    per_row = (weight * xy - x * y) / (weight * xx - x * x)
    fixed = (y - per_row * x) / weight
    if per_row < 0:
        return RunCost(y / weight, 0.0)
    return RunCost(fixed, per_row) if fixed >= 0 else RunCost(0.0, xy / xx)


def estimate(plan: Plan, snapshot: Snapshot, session: Session) -> None:
    """Fill a plan's rows to insert, seconds and bytes; None where nothing tells."""
    plan.changes = {
        table: with_guess(changes, snapshot, session, table, plan.days_of(table))
        for table, changes in plan.changes.items()
    }
    plan.seconds = _seconds(plan, session)
    plan.bytes_read = _bytes(plan, snapshot, session)
    if plan.bytes_read is not None:
        plan.bytes_billed = max(plan.bytes_read, LEAST_BYTES * tables_named(plan, snapshot.project))


def price(plan: Plan) -> float | None:
    """Dollars for what a plan reads; None where nobody pays for it."""
    return None if plan.bytes_billed is None else plan.bytes_billed / 2**40 * DOLLARS_PER_TEBIBYTE


def tables_named(plan: Plan, project: Project) -> int:
    """How many tables the queries of a run name, one query after the other: of the models that it builds and of their
    tests, in each chunk."""
    tables, built = {step.table for step in plan.steps}, _built(plan, project)
    named = sum(len(_stored_parents(project, node)) for node in built)
    named += sum(len(test.parents) for test in project.known.tests if test.attached_to in built)
    named += (_NAMED_BY_A_PUBLISH + _NAMED_BY_A_PROOF) * len(tables - {LAYER})
    return named * max(1, len(plan.chunks))


def jobs_of(plan: Plan, project: Project) -> int:
    """How many jobs a run sends for the models that it builds and their tests, in each chunk."""
    built = _built(plan, project)
    hashed = len({step.table for step in plan.steps} - {LAYER})
    tests = sum(1 for test in project.known.tests if test.attached_to in built)
    return (len(built) - hashed + _JOBS_OF_A_PUBLISH * hashed + tests) * max(1, len(plan.chunks))


def _built(plan: Plan, project: Project) -> set[str]:
    """Models that a run builds, by dbt's unique id."""
    tables = {step.table for step in plan.steps}
    models = {*project.ops_models, *(tables - {LAYER}), *(project.layer_models if LAYER in tables else ())}
    models |= {name for table in tables - {LAYER} for name in project.models_between(table)}
    return {project.node_id(name) for name in models}


def _stored_parents(project: Project, node: str) -> set[str]:
    """What a node's query reads: where a parent is ephemeral, what that reads."""
    found: set[str] = set()
    for parent in project.known.nodes[node].parents:
        of_parent = project.known.nodes.get(parent)
        is_part = of_parent is not None and of_parent.materialized == "ephemeral"
        found |= _stored_parents(project, parent) if is_part else {parent}
    return found


def _seconds(plan: Plan, session: Session) -> float | None:
    """By the newest runs that built something; None without one."""
    if plan.is_empty:
        return 0.0
    steps = ("nba_ops.analytics_processor_runs", "nba_ops.precompute_processor_runs")
    if not all(session.columns(relation) for relation in ("nba_ops.runs", *steps)):
        return None
    ever = "timestamp '2000-01-01 00:00:00'"  # BigQuery reads these tables only with a filter on their partition
    rows = " union all ".join(
        f"select run_date, records_processed from {session.named(relation)} where run_date > {ever} and success"
        for relation in steps
    )
    # A step names its call of dbt, not the run: that is the only one that was at work then.
    runs = session.read(
        "select runs.started_at, max(runs.duration_seconds) as seconds,"
        " cast(sum(steps.records_processed) as int64) as looked_at"
        f" from {session.named('nba_ops.runs')} as runs inner join ({rows}) as steps"
        " on steps.run_date between runs.started_at and runs.ended_at"
        f" where runs.started_at > {ever} and runs.state in ('done', 'partial') and runs.partitions_built > 0"
        " and runs.duration_seconds is not null group by runs.run_id, runs.started_at"
        f" order by runs.started_at desc limit {_RUNS}"
    ).to_pylist()
    cost = cost_of([(run["looked_at"] or 0, run["seconds"]) for run in runs])
    return None if cost is None else cost.of(plan.rows)


def _bytes(plan: Plan, snapshot: Snapshot, session: Session) -> int | None:
    """Of the tables' own SELECTs for the planned dates, and of the fingerprints that the run takes.

    A SELECT whose tables do not exist yet cannot be asked for, and is left out.
    """
    if session.bytes_read_by("select 1") is None:
        return None
    sql = snapshot.fingerprints.query_of(session, snapshot.fingerprints.slots, plan.start, plan.end)
    total = (session.bytes_read_by(sql) or 0) if sql else 0
    for table in snapshot.tables:
        days = [day.isoformat() for day in plan.days_of(table)]
        if days and all(session.columns(snapshot.project.relation(name)) for name in snapshot.project.parents(table)):
            for sql in snapshot.project.compiled([table], days).values():
                total += session.bytes_read_by(sql) or 0
    return total
