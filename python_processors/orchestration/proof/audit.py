"""The skip audit: a run recomputes a random sample of what it skipped, and compares.

Its rows go to `<table>__audit` and nowhere else. Models that are built with the table are made anew in their place, and
are confirmed as they are now: they say, for instance, when rows were processed that came out the same. The staging
layer is taken as it is: each plan compares the rows of its models with what a run made of them.
A difference is an alarm: the confirmation of the date is taken back, so that it is built, and the share of wrong skips
stands in the status.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pyarrow as pa

from python_processors.contract import load_contract
from python_processors.errors import FullcourtError
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.ledger import ModelRow
from python_processors.orchestration.state.made import read_models_made
from python_processors.orchestration.state.memory import NO_ROWS
from python_processors.orchestration.state.stored import fingerprints_of
from python_processors.orchestration.warehouse import Session, Warehouse

Skip = tuple[str, date]  # a table and a date that a run leaves alone


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


@dataclass
class Recomputed:
    """Some skipped dates, and what their models are on the dates that came out the same."""

    audits: list[Audit] = field(default_factory=list)
    models: list[ModelRow] = field(default_factory=list)
    error: str = ""  # why no more of them were recomputed

    @property
    def differing(self) -> list[Audit]:
        return [audit for audit in self.audits if not audit.is_same]


class AuditError(FullcourtError):
    """A skipped date could not be recomputed."""

    def __init__(self, tables: Sequence[str], message: str) -> None:
        super().__init__(
            f"The skip audit could not recompute {', '.join(tables)}: {message} No stored row was touched."
        )


@dataclass(frozen=True)
class Budget:
    """What an audit may cost: seconds, and how many recomputing a table is likely to take."""

    seconds: float = math.inf
    seconds_of_a_table: float = 0.0

    @property
    def most_tables(self) -> float:
        """In one invocation; one at least, so that no run that builds goes without an audit."""
        return max(1.0, self.seconds // self.seconds_of_a_table) if self.seconds_of_a_table else math.inf


def audit_skips(
    project: Project, warehouse: Warehouse, run_id: str, idle: Collection[Skip], *,
    share: float, rng: random.Random, budget: Budget | None = None,
) -> Recomputed:  # fmt: skip
    """Recompute a share of the dates that the run left alone, at least one, and write down what came of it.

    :param idle: tables and dates that are up to date, and that the run did not build itself.
    :param budget: what it may cost; the first invocation is always made.

    :raises AuditError: dbt could not recompute any of them.
    """
    budget, started, made, idle = budget or Budget(), time.monotonic(), Recomputed(), set(idle)
    wanted = math.ceil(share * len(idle))
    while idle and not (made.audits and (len(made.audits) >= wanted or time.monotonic() - started > budget.seconds)):
        batch = one_batch(idle, wanted - len(made.audits), budget.most_tables, rng)
        try:
            again = recompute(project, warehouse, batch)
        except AuditError as error:
            if not made.audits:
                raise
            made.error = str(error)  # what was found before it counts
            break
        made.audits += again.audits
        made.models += again.models
        idle -= set(batch)
    with warehouse.writing() as session:
        _record(session, run_id, made.audits)
    return made


def one_batch(idle: Collection[Skip], wanted: int, most_tables: float, rng: random.Random) -> list[Skip]:
    """Tables and dates to recompute in one invocation: one at random, tables that are idle on its date, too, and more
    dates on which all of these are.

    :param wanted: how many of them; one at least.
    """
    days_of: dict[str, set[date]] = {}
    for table, day in idle:
        days_of.setdefault(table, set()).add(day)
    first, shared = rng.choice(sorted(idle))
    others = sorted(table for table, days in days_of.items() if shared in days and table != first)
    room = int(min(len(others), most_tables - 1, max(0, wanted - 1)))
    tables = sorted([first, *rng.sample(others, room)])
    common = sorted(set.intersection(*(days_of[table] for table in tables)) - {shared})
    days = [shared, *rng.sample(common, min(len(common), max(0, math.ceil(wanted / len(tables)) - 1)))]
    return [(table, day) for table in tables for day in sorted(days)]


def recompute(
    project: Project, warehouse: Warehouse, chosen: Collection[Skip], *, with_layer: bool = False
) -> Recomputed:  # fmt: skip
    """Compare stored rows of some tables and days with what their code makes of their input now: one invocation for all
    tables with the same days.

    The models that it gives back are to be confirmed: until then what is built with them is due.

    :param with_layer: the staging layer is made anew, too.
    :raises AuditError: dbt could not recompute them.
    """
    every = Recomputed()
    days_of = {
        table: tuple(sorted(day for of, day in chosen if of == table)) for table in {table for table, _ in chosen}
    }
    for days in sorted(set(days_of.values())):
        made = _recomputed(project, warehouse, sorted(t for t in days_of if days_of[t] == days), days, with_layer)
        every.audits += made.audits
        every.models += made.models
    return every


def reasons_of(audits: Sequence[Audit]) -> dict[tuple[str, date], str]:
    """Why the confirmation of dates that came out otherwise is taken back."""
    reason = "the skip audit recomputed other rows than are stored"
    return {(of.table, of.day): reason for of in audits if not of.is_same}


def _recomputed(
    project: Project, warehouse: Warehouse, tables: Sequence[str], days: Sequence[date], with_layer: bool
) -> Recomputed:  # fmt: skip
    models = {model for table in tables for model in project.models_between(table)}
    models |= set(project.layer_models) if with_layer else set()
    outcome = warehouse.when_free(
        lambda: project.recompute(tables, models, [day.isoformat() for day in days]), lambda made: made.said
    )
    if outcome.error or outcome.failures:
        raise AuditError(tables, outcome.error or "; ".join(outcome.failures.values()))
    audits: list[Audit] = []
    with warehouse.writing() as session:
        for table in tables:
            relation = load_contract(table).relation
            stored = fingerprints_of(session, table, relation, min(days), max(days))
            again = fingerprints_of(session, table, f"{relation}__audit", min(days), max(days))
            session.execute(f"drop table if exists {session.named(f'{relation}__audit')}")
            audits += [Audit(table, day, stored.get(day, NO_ROWS), again.get(day, NO_ROWS)) for day in days]
        unlike = {audit.day for audit in audits if not audit.is_same}
        alike = [day for day in days if day not in unlike]
        return Recomputed(audits, read_models_made(project, session, outcome.built, alike))


def _record(session: Session, run_id: str, audits: Sequence[Audit]) -> None:
    now = pa.array([datetime.now(UTC)] * len(audits), pa.timestamp("us", "UTC"))
    session.append("nba_ops.skip_audits", pa.table({
        "run_id": [run_id] * len(audits), "table_name": [audit.table for audit in audits],
        "game_date": pa.array([audit.day for audit in audits], pa.date32()),
        "is_same": [audit.is_same for audit in audits], "stored_fingerprint": [audit.stored for audit in audits],
        "recomputed_fingerprint": [audit.recomputed for audit in audits], "audited_at": now,
    }))  # fmt: skip


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
