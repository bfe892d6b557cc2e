"""Run history: one row per run and step in nba_ops, appended under the tables' contract.

A step is one hashed table of one dbt invocation; dates of a table that are blocked; or a table's skip. Tables under
models/analytics have analytics_processor_runs, all others precompute_processor_runs; models/ops/_sources.yml says what
each column means, and when it is null.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from python_processors.contract import load_contract
from python_processors.errors import FullcourtError
from python_processors.logic_version import project_vars
from python_processors.orchestration.warehouse import Session
from python_processors.schema.drift import find_drift
from python_processors.schema.tables import create_tables, stored_tables

ANALYTICS_RUNS = "nba_ops.analytics_processor_runs"
PRECOMPUTE_RUNS = "nba_ops.precompute_processor_runs"
LEDGER = "nba_ops.publish_ledger"


class RunHistoryError(FullcourtError):
    """The history of a run was not written."""

    def __init__(self, relation: str, problem: str, to_do: str) -> None:
        self.relation = relation
        super().__init__(f"Run history {relation} {problem}. {to_do} What was published stays published.")


@dataclass(frozen=True, kw_only=True)
class ProcessorRun:
    """One row of run history: every column of both tables, null only where its description says so.

    Hours and seconds are fractions, `data_completeness_pct` is 0 to 100. `date_range_end` is also the
    `analysis_date` of precompute tables.
    """

    processor_name: str
    run_id: str
    run_date: datetime
    success: bool
    date_range_start: date
    date_range_end: date
    config_hash: str
    dependency_check_passed: bool | None = None
    duration_seconds: float = 0.0
    dates_processed: int = 0
    records_processed: int = 0
    records_inserted: int = 0
    records_updated: int = 0
    records_skipped: int = 0
    data_completeness_pct: float | None = None
    upstream_data_age_hours: float | None = None
    errors: tuple[str, ...] = ()
    warning_count: int = 0
    bytes_processed: int = 0
    slot_ms: int = 0
    source_files_count: int | None = None
    source_data_freshness_hours: float | None = None
    processor_version: str | None = None
    skip_reason: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def relation(self) -> str:
        """The table that the row belongs to."""
        return ANALYTICS_RUNS if load_contract(self.processor_name).dataset == "nba_analytics" else PRECOMPUTE_RUNS

    @property
    def analysis_date(self) -> date:
        return self.date_range_end

    @property
    def errors_json(self) -> str | None:
        return json.dumps(self.errors, ensure_ascii=False) if self.errors else None

    def row(self) -> dict[str, Any]:
        """The columns of its table, in the contract's order."""
        return {column.name: getattr(self, column.name) for column in stored_tables()[self.relation].columns}


@dataclass(frozen=True)
class Published:
    """What one dbt invocation did to one table, summed over its dates. `logic_version` as in the ledger."""

    processed: int
    inserted: int
    updated: int
    unchanged: int
    logic_version: str


def published_by(session: Session, run_id: str, first: date, last: date) -> dict[str, Published]:
    """Per hashed table what an invocation published in these dates, from the ledger; one query."""
    if not session.columns(LEDGER):
        return {}
    rows = session.read(
        "select table_name, cast(sum(row_count) as int64) as processed, cast(sum(inserted) as int64) as inserted,"
        " cast(sum(updated) as int64) as updated, cast(sum(unchanged) as int64) as unchanged,"
        f" max(logic_version) as logic_version from {session.named(LEDGER)}"
        f" where game_date between '{first}' and '{last}' and run_id = '{run_id}' group by table_name"
    ).to_pylist()
    return {row.pop("table_name"): Published(**row) for row in rows}


def config_hash() -> str:
    """12 hex characters over the project's vars; the window is no configuration."""
    return hashlib.sha256(json.dumps(project_vars(), sort_keys=True).encode()).hexdigest()[:12]


def check_run_tables(session: Session) -> None:
    """Whether a run's history can be written: worth asking before anything is built.

    :raises RunHistoryError: a table has drifted from its contract.
    """
    drifts = find_drift(session, (ANALYTICS_RUNS, PRECOMPUTE_RUNS))
    if drifts:
        listed = " ".join(str(drift) for drift in drifts)
        raise RunHistoryError(drifts[0].table, "has drifted from its contract", f"{listed} Nothing of it was written.")


def history_ids(session: Session) -> set[tuple[str, str]]:
    """(run_id, processor_name) of every row of history."""
    found: set[tuple[str, str]] = set()
    for relation in (ANALYTICS_RUNS, PRECOMPUTE_RUNS):
        if session.columns(relation):
            rows = session.read(
                f"select distinct run_id, processor_name from {session.named(relation)}"
                " where run_date > timestamp '2000-01-01 00:00:00'"
            )
            found |= set(zip(rows["run_id"].to_pylist(), rows["processor_name"].to_pylist(), strict=True))
    return found


def judge_dependencies(
    session: Session, built: Mapping[str, Collection[date]], invocations: Sequence[str]
) -> dict[str, dict[date, str]]:
    """Once dates are counted: say of each precompute table that a run built whether all that it reads was complete, in
    one statement. Returns the dates that are blocked, and by what: where single players or teams lack something, not
    all was complete either, and yet the date is none of these.

    :param invocations: those of the run: their rows are the ones that are filled.
    """
    tables = [table for table in built if load_contract(table).dataset != "nba_analytics"]
    if not tables or not invocations or not session.columns("nba_ops.blocked_dates"):
        return {}
    first, last = (pick(day for table in tables for day in built[table]) for pick in (min, max))
    found: dict[str, dict[date, str]] = {table: {} for table in tables}
    for row in session.read(
        f"select table_name, game_date, reason from {session.named('nba_ops.blocked_dates')}"
        f" where game_date between date '{first}' and date '{last}' order by 1, 2"
    ).to_pylist():
        if row["game_date"] in built.get(row["table_name"], ()):
            found[row["table_name"]][row["game_date"]] = row["reason"]
    lacking = _lacking_tables(session, first, last, built)
    passed = " ".join(
        f"when '{table}' then {str(not found[table] and table not in lacking).lower()}" for table in tables
    )
    listed = ", ".join(f"'{invocation}'" for invocation in invocations)
    session.execute(
        f"update {session.named(PRECOMPUTE_RUNS)} set dependency_check_passed = case processor_name {passed} end"
        f" where run_date > timestamp '2000-01-01 00:00:00' and run_id in ({listed})"
    )
    return {table: of for table, of in found.items() if of}


def _lacking_tables(session: Session, first: date, last: date, built: Mapping[str, Collection[date]]) -> set[str]:
    """Tables of which somebody has no row on a date that was built, since what the row reads lacks something."""
    if not session.columns("nba_ops.precompute_entities"):
        return set()
    rows = session.read(
        f"select distinct table_name, game_date from {session.named('nba_ops.precompute_entities')}"
        f" where game_date between date '{first}' and date '{last}' and outcome = 'UPSTREAM_INCOMPLETE'"
    ).to_pylist()
    return {row["table_name"] for row in rows if row["game_date"] in built.get(row["table_name"], ())}


def record_runs(session: Session, runs: Sequence[ProcessorRun]) -> None:
    """Append a run's rows: one statement per table, after both tables were compared with their contract.

    :raises RunHistoryError: a table has drifted, or a write failed; says what was not written.
    """
    check_run_tables(session)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        rows[run.relation].append(run.row())
    for relation in sorted(rows):
        try:
            made = pa.Table.from_pylist(rows[relation], schema=stored_tables()[relation].schema())
            if not session.columns(relation):
                create_tables(session, relation)
            session.append(relation, made)
        except (FullcourtError, duckdb.Error, pa.ArrowException, OverflowError) as error:
            raise RunHistoryError(
                relation,
                f"lacks {len(rows[relation])} of the rows of run {rows[relation][0]['run_id']}, as writing them failed:"
                f" {' '.join(str(error).split()).rstrip('.')}",
                "Repair that and run the same dates again: what is up to date is skipped, and recorded as that.",
            ) from error
