"""The rows of run history that a run leaves, each written when it is known.

A row per table and invocation once the invocation has ended; a row per table whose dates are blocked, once that is
decided; at the end a row per table that was left alone. So a run that is killed leaves the rows of what it did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from python_processors.contract import load_contract
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.run.history import (
    ProcessorRun,
    config_hash,
    judge_dependencies,
    published_by,
    record_runs,
)
from python_processors.orchestration.run.journal import RunnerStep, RunResult
from python_processors.orchestration.run.progress import spelled
from python_processors.orchestration.run.sources import Sources
from python_processors.orchestration.warehouse import Session

NOTHING_CHANGED = "nothing that it reads has changed"
CAME_OUT_THE_SAME = "what it reads was built, and came out as it was"
BLOCKED = "blocked: "  # how the reason of dates begins that could not be built


class History:
    """Run history of one run."""

    def __init__(self, project: Project, result: RunResult, plan: Plan) -> None:
        self._project, self._result, self._plan = project, result, plan
        self._sources = Sources(project, plan)
        self._built: dict[str, set[date]] = defaultdict(set)
        self._told: set[str] = set()  # tables with a row
        self._invocations: list[str] = []

    def ended(self, session: Session, step: RunnerStep, failed: Collection[str]) -> None:
        """Append a row per table of an invocation that has ended.

        :raises RunHistoryError: a write failed.
        """
        tables = [table for table in step.tables if table in self._project.tables]
        if not tables:
            return
        outcome, (first, last) = step.outcome, (min(step.days), max(step.days))
        published = published_by(session, outcome.invocation_id, first, last)
        facts = self._facts(session, tables, first, last)
        runs = []
        for table in tables:
            counts = published.get(table)
            if table not in failed:
                self._built[table].update(step.days)
            runs.append(ProcessorRun(
                processor_name=table, run_id=outcome.invocation_id, run_date=step.started_at,
                success=table not in failed, date_range_start=first, date_range_end=last,
                dates_processed=len(step.days), duration_seconds=outcome.seconds.get(table, 0.0),
                records_processed=counts.processed if counts else 0,
                records_inserted=counts.inserted if counts else 0,
                records_updated=counts.updated if counts else 0,
                records_skipped=counts.unchanged if counts else 0,
                processor_version=counts.logic_version if counts else None,
                errors=self._errors(table, outcome) if table in failed else (),
                warning_count=len(outcome.warnings), bytes_processed=outcome.bytes_processed.get(table, 0),
                slot_ms=outcome.slot_ms.get(table, 0), config_hash=config_hash(), **facts[table],
            ))  # fmt: skip
        record_runs(session, runs)
        self._told |= set(tables)
        self._invocations.append(outcome.invocation_id)

    def blocked(self, session: Session, reasons: Mapping[str, Mapping[date, str]]) -> None:
        """Append a row per table for dates that could not be built, with what is in the way of each.

        :raises RunHistoryError: a write failed.
        """
        of_tables = {table: of for table, of in reasons.items() if table in self._project.tables and of}
        self._append(session, {
            table: (
                min(of), max(of),
                {"success": False, "skip_reason": _blocked_by(of), "dependency_check_passed": False},
            )
            for table, of in of_tables.items()
        })  # fmt: skip

    def close(self, session: Session, *, is_counted: bool) -> None:
        """At the end: tables that were left alone, and dates that were built of upstreams that lack something.

        :param is_counted: whether the dates that were built are counted, which alone tells the latter.
        :raises RunHistoryError: a write failed.
        """
        if is_counted:
            self.blocked(session, judge_dependencies(session, self._built, self._invocations))
        result, whole = self._result, (self._plan.start, self._plan.end)
        why = {
            **dict.fromkeys(result.skipped, NOTHING_CHANGED), **dict.fromkeys(result.cut_off, CAME_OUT_THE_SAME)
        }  # fmt: skip
        self._append(session, {
            table: (*whole, {"success": True, "skip_reason": why[table], "dependency_check_passed": True})
            for table in self._project.tables if table in why and table not in self._told
        })  # fmt: skip

    def _append(self, session: Session, rows: Mapping[str, tuple[date, date, dict[str, Any]]]) -> None:
        if not rows:
            return
        facts = self._facts(session, list(rows), self._plan.start, self._plan.end)
        now = datetime.now(UTC)
        record_runs(session, [
            ProcessorRun(
                processor_name=table, run_id=self._result.run_id, run_date=now, date_range_start=first,
                date_range_end=last, config_hash=config_hash(), **{**facts[table], **more},
            )
            for table, (first, last, more) in rows.items()
        ])  # fmt: skip
        self._told |= set(rows)

    def _facts(self, session: Session, tables: list[str], first: date, last: date) -> dict[str, dict[str, Any]]:
        analytics = [table for table in tables if load_contract(table).dataset == "nba_analytics"]
        others = [table for table in tables if table not in analytics]
        found = {table: self._sources.of_feeds(session, table) for table in analytics}
        return found | (self._sources.of_tables(session, others, first, last) if others else {})

    def _errors(self, table: str, outcome: DbtOutcome) -> tuple[str, ...]:
        """All that was said of a table's failure: its own words first, then those of what is built with it."""
        with_it = self._project.models_between(table) | self._project.tested_with(table)
        said = [outcome.failures[table]] if table in outcome.failures else []
        said += [f"{name}: {message}" for name, message in outcome.failures.items() if name in with_it]
        said += [outcome.error] if outcome.error else []
        return tuple(said or [f"{name}: {of}" for name, of in outcome.failures.items()] or ["dbt did not reach it"])


def _blocked_by(reasons: Mapping[date, str]) -> str:
    days: dict[str, list[date]] = defaultdict(list)
    for day, reason in reasons.items():
        days[reason].append(day)
    return BLOCKED + "; ".join(f"{spelled(sorted(of))}: {reason}" for reason, of in days.items())
