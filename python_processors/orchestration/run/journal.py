"""What a run did: its result, and the rows of run history that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.run.history import ProcessorRun, config_hash, published_by, record_runs
from python_processors.orchestration.state.reads import reads_of
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.raw_contract import raw_tables


@dataclass(frozen=True)
class RunWarning:
    """What a test found that does not fail a build, in the dates that were built together."""

    test: str
    failures: int
    message: str
    start: date
    end: date

    @property
    def said(self) -> str:
        found = f"{self.failures:,} failure" + ("" if self.failures == 1 else "s")
        return f"{found}, {self.start} to {self.end}: {self.message}"


@dataclass
class RunResult:
    """What a run did. `failed` and `blocked` name dates that need somebody; `wrong_skips` an alarm."""

    run_id: str
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    built: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)
    failed: dict[str, list[date]] = field(default_factory=dict)
    blocked: dict[str, list[date]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    warnings: list[RunWarning] = field(default_factory=list)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    nodes_run: int = 0
    audited: int = 0
    wrong_skips: list[tuple[str, date]] = field(default_factory=list)
    was_stopped: bool = False
    seconds: float = 0.0

    @property
    def rows_written(self) -> int:
        return sum(counts[verb] for counts in self.rows.values() for verb in ("inserted", "updated", "deleted"))

    @property
    def is_whole(self) -> bool:
        return not (self.failed or self.blocked or self.failures or self.wrong_skips or self.was_stopped)

    def to_dict(self) -> dict[str, Any]:
        days = {
            name: {t: [d.isoformat() for d in ds] for t, ds in getattr(self, name).items()}
            for name in ("failed", "blocked")
        }
        return {
            "run_id": self.run_id, "built": self.built, "skipped": self.skipped, "cut_off": self.cut_off, **days,
            "failures": self.failures,
            "warnings": [
                {**asdict(of), "start": of.start.isoformat(), "end": of.end.isoformat()} for of in self.warnings
            ],
            "rows": self.rows, "rows_written": self.rows_written,
            "dbt_nodes_run": self.nodes_run, "audited": self.audited,
            "wrong_skips": [[table, day.isoformat()] for table, day in self.wrong_skips],
            "stopped": self.was_stopped, "seconds": round(self.seconds, 1),
        }  # fmt: skip


@dataclass(frozen=True)
class RunnerStep:
    """One dbt invocation of a run."""

    tables: tuple[str, ...]
    days: tuple[date, ...]
    outcome: DbtOutcome
    started_at: datetime
    ended_at: datetime


def record_run(
    project: Project, warehouse: Warehouse, result: RunResult, steps: Sequence[RunnerStep], plan: Plan
) -> None:
    """Append a row of history per table and invocation, and per table that was left alone.

    :raises RunHistoryError: a write failed; nothing is left out in silence.
    """
    now = datetime.now(UTC)
    with warehouse.writing() as session:
        facts = _Facts(session, project, plan, now)
        runs = []
        for step in steps:
            invocation = step.outcome.invocation_id
            published = published_by(session, invocation, min(step.days), max(step.days))
            for table in (table for table in step.tables if table in project.tables):
                counts = published.get(table)
                failure = step.outcome.failures.get(table)
                if failure is None and (table not in step.outcome.succeeded):
                    failure = step.outcome.error or next(iter(step.outcome.failures.values()), "it was not reached")
                runs.append(ProcessorRun(
                    processor_name=table, run_id=invocation, run_date=step.started_at, success=failure is None,
                    date_range_start=min(step.days), date_range_end=max(step.days), dates_processed=len(step.days),
                    duration_seconds=step.outcome.seconds.get(table, 0.0),
                    records_processed=counts.processed if counts else 0,
                    records_inserted=counts.inserted if counts else 0,
                    records_updated=counts.updated if counts else 0,
                    records_skipped=counts.unchanged if counts else 0,
                    processor_version=counts.logic_version if counts else None,
                    errors=(failure,) if failure else (),
                    warning_count=len(step.outcome.warnings),
                    bytes_processed=step.outcome.bytes_processed.get(table, 0),
                    slot_ms=step.outcome.slot_ms.get(table, 0),
                    config_hash=config_hash(),
                    **facts.of(table),
                ))  # fmt: skip
        built = {table for step in steps for table in step.tables}
        for table in project.tables:
            if table not in built and table not in result.blocked and table in {**result.skipped, **result.cut_off}:
                runs.append(ProcessorRun(
                    processor_name=table, run_id=result.run_id, run_date=now, success=True,
                    date_range_start=plan.start, date_range_end=plan.end,
                    config_hash=config_hash(),
                    skip_reason="nothing that it reads has changed", **facts.of(table),
                ))  # fmt: skip
        record_runs(session, runs)


class _Facts:
    """What the warehouse says of the sources of each table in the plan's range: one query per relation."""

    def __init__(self, session: Session, project: Project, plan: Plan, now: datetime) -> None:
        self._now = now
        self._in_range = f"game_date between date '{plan.start}' and date '{plan.end}'"
        self._newest_load = self._loads(session, project)
        self._files = self._files_loaded(session)
        self._published = self._rows(
            session,
            "nba_ops.publish_ledger",
            "select table_name, max(published_at) as value from {} where {} group by 1",
        )
        self._completeness = self._rows(
            session, "nba_ops.completeness",
            "select table_name, 100.0 * sum(season_actual) / nullif(sum(season_expected), 0) as value"
            " from {} where {} group by 1",
        )  # fmt: skip
        self._blocked = self._rows(
            session, "nba_ops.blocked_dates", "select table_name, count(*) as value from {} where {} group by 1"
        )

    def of(self, table: str) -> dict[str, Any]:
        """Keyword arguments of ProcessorRun for one table."""
        upstreams = {read.upstream for read in reads_of(table)}
        loads = [self._newest_load[name] for name in upstreams if self._newest_load.get(name)]
        published = [self._published[name] for name in upstreams if self._published.get(name)]
        files = [self._files[name] for name in upstreams if name in self._files]
        return {
            "source_data_freshness_hours": self._hours_since(max(loads)) if loads else None,
            "source_files_count": sum(files) if files else None,
            "upstream_data_age_hours": self._hours_since(max(published)) if published else None,
            "data_completeness_pct": self._completeness.get(table),
            "dependency_check_passed": not self._blocked.get(table),
        }

    def _loads(self, session: Session, project: Project) -> dict[str, datetime]:
        loads = {}
        for name, raw in raw_tables().items():
            has_load_time = any(column.name == "processed_at" for column in raw.columns)
            if raw.partition_by and has_load_time and session.columns(project.relation(name)):
                where = self._in_range.replace("game_date", raw.partition_by)
                sql = f"select max(processed_at) as value from {session.named(project.relation(name))} where {where}"
                loads[name] = session.read(sql)["value"].to_pylist()[0]
        return loads

    def _files_loaded(self, session: Session) -> dict[str, int]:
        """On BigQuery the platform loads the feeds, and there is no such table."""
        if not session.columns("nba_ops.raw_files"):
            return {}
        sql = f"select table_name, count(*) as value from {session.named('nba_ops.raw_files')} group by 1"
        return {row["table_name"]: row["value"] for row in session.read(sql).to_pylist()}

    def _rows(self, session: Session, relation: str, sql: str) -> dict[str, Any]:
        if not session.columns(relation):
            return {}
        rows = session.read(sql.format(session.named(relation), self._in_range)).to_pylist()
        return {row["table_name"]: None if row["value"] is None else _plain(row["value"]) for row in rows}

    def _hours_since(self, instant: datetime) -> float:
        aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return round((self._now - aware).total_seconds() / 3600, 2)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (int, datetime)) else float(value)
