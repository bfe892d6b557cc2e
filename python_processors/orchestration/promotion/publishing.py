"""Carrying out a promotion: rows and their row in publish_ledger, then views, then the ledgers that confirm them.

Until the last step production's dates are due, since their code, their inputs or their rows are not those that its
ledgers know. So a kill leaves nothing that claims to be up to date, and the same command finishes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from python_processors.orchestration.environments import within
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.promotion.change import COMMAND, Change, change_of, check_compared, check_copied
from python_processors.orchestration.promotion.copies import (
    PUBLISH_LEDGER,
    Copy,
    DayCount,
    days_statements,
    ledger_statement,
    rows_statements,
)
from python_processors.orchestration.request import Request
from python_processors.orchestration.run.own_row import own_row
from python_processors.orchestration.run.runner import new_run_id
from python_processors.orchestration.state.attempts import count_failed_builds
from python_processors.orchestration.state.ledger import LEDGER, Decision, LedgerRow, LedgerWriter, newest
from python_processors.orchestration.state.made import read_models_made
from python_processors.orchestration.state.whole import memory_of, origins_made
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.words import count_of


@dataclass(frozen=True)
class Promotion:
    """What came of one: rows written by verb, and dates of tables that were confirmed."""

    run_id: str
    change: Change
    confirmed: int

    @property
    def lines(self) -> list[str]:
        of = self.change
        written = {
            verb: sum(getattr(table, verb) for table in of.tables) for verb in ("inserted", "updated", "deleted")
        }
        return [
            f"Run {self.run_id}: {count_of(written['inserted'], 'row')} inserted, {written['updated']:,} updated,"
            f" {written['deleted']:,} deleted in production, as compared in {of.compared};"
            f" {count_of(self.confirmed, 'date')} of tables confirmed without building."
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"run_id": self.run_id, **self.change.to_dict(), "confirmed": self.confirmed}


def promote(
    project: Project, own: Project, warehouse: Warehouse, name: str, start: date, end: date, compared: str, *,
    wait: bool = False,
) -> Promotion:  # fmt: skip
    """Publish dates of an environment to production, as they were compared.

    :param project: parsed for production; `own` for the environment.
    :param compared: the comparison that somebody looked at.
    :raises RunLockedError: a run is at work in production.
    :raises ComparisonError: one of the two sides has changed since.
    :raises PromotionError: the environment is not to be trusted, or does not fit to production.
    """
    run_id = new_run_id()
    with within(""), run_lock(warehouse, run_id, f"{name} is published, {start} to {end}", wait=wait) as check_lock:
        project.read_anew()
        with within(name):
            own.read_anew()
        change = change_of(project, own, warehouse, name, start, end)
        check_compared(change, compared)
        _ = project.manifest  # that it parses is known before anything is written
        with own_row(project, warehouse, Request(start, end), run_id, COMMAND) as row:
            row.note({"environment": name, "compared": compared, "production": dict(change.production)})
            _copy(warehouse, change, run_id, check_lock)
            check_lock()
            warehouse.when_free(lambda: project.remake_views([str(start), str(end)]))
            check_lock()
            confirmed = _confirm(project, warehouse, change, run_id)
            row.row |= {
                "partitions_built": 0,
                "rows_written": sum(of.inserted + of.updated + of.deleted for of in change.tables),
            }
    return Promotion(run_id, change, confirmed)


def _copy(warehouse: Warehouse, change: Change, run_id: str, check_lock: Callable[[], None]) -> None:
    """A transaction a relation; on DuckDB all of them are one."""
    differing = {of.model: of.days for of in change.models} | {of.table: of.days for of in change.tables}
    now = datetime.now(UTC)
    with warehouse.writing() as session:
        versions = _versions(session, change)
        published = _published(session, change)
        with session.transaction():
            for of in change.copies:
                check_lock()
                counts = _to_record(of, change, versions, published)
                statements = [ledger_statement(session, counts, versions[of.name], run_id, now)] if counts else []
                if of.name in differing:
                    statements += _statements(session, of, change, differing[of.name])
                if statements:
                    session.together(statements)
            check_copied(session, change)


def _statements(session: Session, of: Copy, change: Change, days: Sequence[date]) -> list[str]:
    columns = change.columns[of.name]
    if of.key:
        return rows_statements(session, of, change.environment, columns, has_more=of.name in change.carried)
    if columns == change.own_columns[of.name]:
        return days_statements(session, of, change.environment, columns, days)
    with within(change.environment):
        session.replace(of.relation, "")
    return []


def _versions(session: Session, change: Change) -> dict[str, dict[date, tuple[str, str]]]:
    """By table and date the fingerprint of the environment's rows, and the logic that made them."""
    found: dict[str, dict[date, tuple[str, str]]] = {}
    for row in _ledger_rows(session, change):
        of_table = found.setdefault(row["table_name"], {})
        of_table[row["game_date"]] = (row["output_fingerprint"], row["logic_version"])
    return found


def _published(session: Session, change: Change) -> set[tuple[str, date]]:
    """Tables and dates that production has published."""
    rows = session.read(
        f"select distinct table_name, game_date from {session.named(PUBLISH_LEDGER, '')}"
        f" where game_date between date '{change.start}' and date '{change.end}'"
    )
    return set(zip(rows["table_name"].to_pylist(), rows["game_date"].to_pylist(), strict=True))


def _to_record(
    of: Copy, change: Change, versions: dict[str, dict[date, tuple[str, str]]], published: set[tuple[str, date]]
) -> list[DayCount]:  # fmt: skip
    """Dates of a hashed table of which publish_ledger gets a row: what moves, and what it has never heard of."""
    if not of.key:
        return []
    known = versions.get(of.name, {})
    moved = {count.day: count for count in change.counts if count.table == of.name and count.is_change}
    for day, (fingerprint, _) in known.items():
        if (of.name, day) not in published and day not in moved:
            rows = int(fingerprint.partition(":")[0])
            moved[day] = DayCount(of.name, day, rows, 0, 0, 0, rows, rows, 0)
    return [moved[day] for day in sorted(moved) if day in known]


def _ledger_rows(session: Session, change: Change) -> list[dict[str, Any]]:
    """What the environment's ledger says last of each table and date of the range."""
    where = f"game_date between date '{change.start}' and date '{change.end}'"
    columns = "table_name, game_date, inputs, input_fingerprint, output_fingerprint, logic_version, libraries"
    rows: list[dict[str, Any]] = session.read(
        newest(columns, where).format(session.named(LEDGER, change.environment))
    ).to_pylist()
    return sorted(rows, key=lambda row: (row["table_name"], row["game_date"]))


def _confirm(project: Project, warehouse: Warehouse, change: Change, run_id: str) -> int:
    """Production's ledgers say of the dates what the environment's say: made of the same, by the same code. How many
    dates of tables that are. What they say is held against the rows by whoever reads them, as after any run."""
    days = [change.start + timedelta(days=n) for n in range((change.end - change.start).days + 1)]
    with warehouse.writing() as session:
        rows = [row for row in _ledger_rows(session, change) if row["table_name"] in {LAYER, COVERAGE, *project.tables}]
        made = read_models_made(project, session, project.fingerprinted_models, days)
        memory = memory_of(project, session, project.whole_models)
        # As they were when the comparison was made: raw rows that came since are in none of these models.
        made += origins_made(project, session, memory, change.origins, change.origins.keys())
        with session.transaction():
            by_libraries: dict[str, list[dict[str, Any]]] = {}
            for row in rows:
                by_libraries.setdefault(row["libraries"] or "", []).append(row)
            for libraries, of_them in by_libraries.items():
                LedgerWriter(session, run_id, libraries).confirm(session, run_id, [
                    LedgerRow(
                        row["table_name"], row["game_date"], row["inputs"], row["input_fingerprint"],
                        row["output_fingerprint"], row["logic_version"],
                    )
                    for row in of_them
                ], made)  # fmt: skip
                made = []
            writer = LedgerWriter(session, run_id, "")
            reason = f"copied from the environment {change.environment}, comparison {change.compared}"
            writer.decide(session, [
                Decision(of.table, day, "promoted", reason) for of in change.tables for day in of.days
            ])  # fmt: skip
            count_failed_builds(session, run_id, {}, {(row["table_name"], row["game_date"]) for row in rows})
    return sum(row["table_name"] in project.tables for row in rows)
