"""The skip audit: a run recomputes a random sample of what it skipped, and compares.

Rows go to `<table>__audit` and nowhere else. A difference is an alarm: the ledger's row of the date is
marked, so that the next plan builds it, and the share of wrong skips stands in the status.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa

from python_processors.contract import load_contract
from python_processors.errors import FullcourtError
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.fingerprints import stored_rows
from python_processors.orchestration.state.snapshot import NO_ROWS, NOT_EXPECTED, Snapshot
from python_processors.orchestration.warehouse import Session, Warehouse


@dataclass(frozen=True)
class Audit:
    """One skipped table and date, recomputed."""

    table: str
    day: date
    stored: str
    recomputed: str

    @property
    def is_same(self) -> bool:
        return self.stored == self.recomputed


class AuditError(FullcourtError):
    """A skipped date could not be recomputed."""

    def __init__(self, table: str, message: str) -> None:
        super().__init__(f"The skip audit could not recompute `{table}`: {message} Its rows were not touched.")


def audit_skips(
    project: Project, warehouse: Warehouse, run_id: str, tables: Sequence[str], start: date, end: date, *,
    share: float, rng: random.Random, built: Collection[tuple[str, date]] = (),
) -> list[Audit]:  # fmt: skip
    """Recompute a share of the dates that are up to date, at least one, and record what came of it.

    :param built: tables and dates that the run built itself, so that they are no skips.

    :raises AuditError: dbt could not recompute them.
    """
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, start, end, tables=tables)
        idle = [
            (table, state.day)
            for table in snapshot.tables
            for state in snapshot.states(table).values()
            if not state.is_due and state.outcome not in NOT_EXPECTED and (table, state.day) not in built
        ]
    if not idle:
        return []
    chosen = rng.sample(idle, max(1, math.ceil(share * len(idle))))
    audits = []
    for table in sorted({table for table, _ in chosen}):
        audits += recompute(project, warehouse, table, sorted(day for of, day in chosen if of == table))
    with warehouse.writing() as session:
        record(session, run_id, audits)
    return audits


def recompute(project: Project, warehouse: Warehouse, table: str, days: Sequence[date]) -> list[Audit]:
    """Compare a table's stored rows of some days with what its code makes of their input now.

    :raises AuditError: dbt could not recompute them.
    """
    models = [*project.models_between(table), *project.layer_models]
    outcome = warehouse.when_free(
        lambda: project.recompute(table, models, [day.isoformat() for day in days]), lambda made: made.said
    )
    if outcome.error or outcome.failures:
        raise AuditError(table, outcome.error or "; ".join(outcome.failures.values()))
    contract = load_contract(table)
    with warehouse.writing() as session:
        stored = _fingerprints(stored_rows(session, table, min(days), max(days)))
        again = _fingerprints(stored_rows(session, table, min(days), max(days), relation=f"{contract.relation}__audit"))
        session.execute(f"drop table if exists {session.named(f'{contract.relation}__audit')}")
    return [Audit(table, day, stored.get(day, NO_ROWS), again.get(day, NO_ROWS)) for day in days]


def record(session: Session, run_id: str, audits: Sequence[Audit]) -> None:
    """Write what the audit found; a wrong skip also takes the date's confirmation back."""
    now = pa.array([datetime.now(UTC)] * len(audits), pa.timestamp("us", "UTC"))
    session.append("nba_ops.skip_audits", pa.table({
        "run_id": [run_id] * len(audits), "table_name": [audit.table for audit in audits],
        "game_date": pa.array([audit.day for audit in audits], pa.date32()),
        "is_same": [audit.is_same for audit in audits], "stored_fingerprint": [audit.stored for audit in audits],
        "recomputed_fingerprint": [audit.recomputed for audit in audits], "audited_at": now,
    }))  # fmt: skip
    for audit in audits:
        if not audit.is_same:
            session.execute(
                f"delete from {session.named('nba_ops.input_ledger')}"
                f" where table_name = '{audit.table}' and game_date = date '{audit.day}'"
            )


def wrong_skip_rate(audited: int, wrong: int) -> tuple[float, float]:
    """Share of wrong skips, and what it is at most with 95 % confidence.

    Clopper and Pearson's upper bound (Biometrika 26, 1934), one-sided, found by bisection: with none wrong of n
    it is about 3/n.
    """
    if wrong == audited:
        return (1.0 if audited else 0.0), 1.0

    def at_most_so_many(rate: float) -> float:
        # By logarithms: the coefficients outgrow a float from a few hundred wrong of many thousands.
        every = math.lgamma(audited + 1)
        return sum(
            math.exp(
                every - math.lgamma(k + 1) - math.lgamma(audited - k + 1)
                + k * math.log(rate) + (audited - k) * math.log1p(-rate)
            )
            for k in range(wrong + 1)
        )  # fmt: skip

    low, high = wrong / audited, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most_so_many(middle) > 0.05 else (low, middle)
    return wrong / audited, high


def _fingerprints(rows: pa.Table) -> dict[date, str]:
    return dict(zip(rows["day"].to_pylist(), rows["fingerprint"].to_pylist(), strict=True))
