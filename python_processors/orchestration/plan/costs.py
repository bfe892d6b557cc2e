"""What a plan would cost, from what earlier runs took; on BigQuery from dry runs."""

from __future__ import annotations

from python_processors.orchestration.plan.changes import with_guess
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Session

DOLLARS_PER_TEBIBYTE = 6.25  # on-demand list price of BigQuery, us-west2 (2026-11)


def estimate(plan: Plan, snapshot: Snapshot, session: Session) -> None:
    """Fill a plan's rows to insert, seconds and bytes; None where nothing tells."""
    plan.changes = {
        table: with_guess(changes, snapshot, session, table, plan.days_of(table))
        for table, changes in plan.changes.items()
    }
    plan.seconds = _seconds(plan, snapshot, session)
    plan.bytes_read = _bytes(plan, snapshot, session)


def price(plan: Plan) -> float | None:
    """Dollars for what a plan reads; None where nobody pays for it."""
    return None if plan.bytes_read is None else plan.bytes_read / 2**40 * DOLLARS_PER_TEBIBYTE


def _seconds(plan: Plan, snapshot: Snapshot, session: Session) -> float | None:
    """Seconds per date that earlier runs took for each table, times its dates; None without history."""
    per_date: dict[str, float] = {}
    for relation in ("analytics_processor_runs", "precompute_processor_runs"):
        if not session.columns(f"nba_ops.{relation}"):
            continue
        for row in session.read(
            "select processor_name, sum(duration_seconds) / sum(dates_processed) as seconds"
            f" from {session.named(f'nba_ops.{relation}')}"
            " where success and dates_processed > 0 and run_date > timestamp '2000-01-01 00:00:00' group by 1"
        ).to_pylist():
            per_date[row["processor_name"]] = row["seconds"]
    if not per_date:
        return None
    usual = sum(per_date.values()) / len(per_date)
    return sum(len(plan.days_of(table)) * per_date.get(table, usual) for table in snapshot.tables)


def _bytes(plan: Plan, snapshot: Snapshot, session: Session) -> int | None:
    """Of the tables' own SELECTs for the planned dates, and of the fingerprints that the run takes.

    A SELECT whose tables do not exist yet cannot be asked for, and is left out.
    """
    if session.bytes_read_by("select 1") is None:
        return None
    total = 0
    for relation in snapshot.fingerprints.slots:
        sql = None
        if not snapshot.project.is_seed(relation):
            sql = snapshot.fingerprints.query_of(session, relation, plan.start, plan.end)
        total += (session.bytes_read_by(sql) or 0) if sql else 0
    for table in snapshot.tables:
        days = [day.isoformat() for day in plan.days_of(table)]
        if days and all(session.columns(snapshot.project.relation(name)) for name in snapshot.project.parents(table)):
            for sql in snapshot.project.compiled([table], days).values():
                total += session.bytes_read_by(sql) or 0
    return total
