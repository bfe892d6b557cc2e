"""A run's own row in nba_ops.runs: appended when the run starts, again with its plan, and replaced when it ends.

The newest row counts, and the one before it is deleted: no engine has to spell texts as literals. Whoever holds the
warehouse is the only run there is, so a row that still says `running` is of a run that died. The next run closes it
as killed, and adds the history rows of what it published and could not record.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from python_processors.contract import hashed_tables
from python_processors.engines.base import WaitEndedError
from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.request import Request
from python_processors.orchestration.run.history import LEDGER, ProcessorRun, config_hash, history_ids, record_runs
from python_processors.orchestration.run.journal import RunResult
from python_processors.orchestration.run.refused import EVER, RUNS, aware, take_over
from python_processors.orchestration.state.ledger import DECISIONS
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.tables import create_tables, stored_tables


@dataclass
class OwnRow:
    """The row of the run at work."""

    warehouse: Warehouse
    row: dict[str, Any]
    result: RunResult | None = field(default=None)
    left: list[str] = field(default_factory=list)  # of a run without a plan: what it could not do

    def follow(self, plan: Plan, result: RunResult) -> None:
        """The plan is made: it is kept, and what comes of it is told by `result`."""
        self.row["plan_json"] = json.dumps(_planned(plan), ensure_ascii=False)
        self.result = result
        if not plan.is_empty:  # of a plan of nothing the end tells, which is next
            self._keep_plan()

    def note(self, plan: Mapping[str, Any]) -> None:
        """What a run without a plan of dates is about to do: it is kept, whatever becomes of the run."""
        self.row["plan_json"] = json.dumps(plan, ensure_ascii=False)
        self._keep_plan()

    def _keep_plan(self) -> None:
        with self.warehouse.writing() as session:
            _append(session, self.row)
            _delete(session, self.row["run_id"], "state = 'running' and plan_json is null")

    def close(self, state: str, *errors: str) -> None:
        now, result = datetime.now(UTC), self.result
        closed = {
            **self.row, "state": state, "ended_at": now,
            "duration_seconds": (now - self.row["started_at"]).total_seconds(), **_errors(errors),
        }  # fmt: skip
        if result is not None:
            closed |= {
                "partitions_built": sum(result.built.values()),
                "partitions_skipped": sum(result.skipped.values()) + sum(result.cut_off.values()),
                "partitions_failed": sum(map(len, result.failed.values())),
                "partitions_blocked": sum(map(len, result.blocked.values())),
                "rows_written": result.rows_written, "dbt_nodes": result.nodes_run,
                "warning_count": len(result.warnings),
                **_errors([*(f"{what}: {said}" for what, said in result.failures.items()), *errors]),
            }  # fmt: skip
        with self.warehouse.writing() as session:
            _append(session, closed)
            _delete(session, self.row["run_id"], "state = 'running'")
            with suppress(Exception):  # else the next run takes it over; this one has come to its end
                take_over(session, self.warehouse)  # what was refused as this run held the warehouse


@contextmanager
def own_row(project: Project, warehouse: Warehouse, request: Request, run_id: str, command: str) -> Iterator[OwnRow]:
    """Keep a run's own row, from the moment it holds the warehouse to its end, whatever that is. Runs that died are
    closed first."""
    with warehouse.reading() as session:
        libraries = project.libraries(session)
    with warehouse.writing() as session:
        if not session.columns(RUNS):
            create_tables(session, RUNS)
        close_killed(session)
        take_over(session, warehouse)
        own = OwnRow(warehouse, {
            **dict.fromkeys(column.name for column in stored_tables()[RUNS].columns),
            "run_id": run_id, "command": command, "state": "running", "started_at": datetime.now(UTC),
            "range_start": request.start, "range_end": request.end, "tables": ", ".join(request.tables or ()) or None,
            "code_version": _code_version(project), "libraries": libraries, "config_hash": config_hash(),
        })  # fmt: skip
        _append(session, own.row)
    try:
        yield own
    except BaseException as error:
        is_stop = isinstance(error, (KeyboardInterrupt, WaitEndedError))
        error.is_in_a_run = True  # type: ignore[attr-defined]  # so that it is not kept as a refusal, too
        with suppress(Exception):  # the run's own error matters; the next run closes the row
            own.close("stopped" if is_stop else "failed", str(error) or type(error).__name__)
        raise
    own.close(own.result.state if own.result else "partial" if own.left else "done", *own.left)


def of_today() -> Request:
    """What a run without a range stands for in its row: the day that it ran on."""
    today = datetime.now(UTC).date()
    return Request(today, today)


def close_killed(session: Session) -> None:
    """Close the rows of runs that died, each as it is known from the ledgers. The caller holds the warehouse."""
    runs = session.read(
        f"select * from {session.named(RUNS)} where {EVER} and state <> 'refused' order by started_at"
    ).to_pylist()
    closed = {row["run_id"] for row in runs if row["state"] != "running"}
    died = {row["run_id"]: row for row in runs if row["state"] == "running" and row["run_id"] not in closed}
    for row in sorted(runs, key=lambda row: row["plan_json"] is not None):
        if row["run_id"] in died:
            died[row["run_id"]] = row  # of two, the one with its plan
    unclear = [*died.values(), *(row for row in runs[-1:] if row["state"] == "failed")]
    for row in unclear:
        _record_unrecorded(session, row)
    for run_id, row in died.items():
        _append(session, {**row, "state": "killed", "ended_at": datetime.now(UTC), **_known_of(session, run_id)})
    if any(row["state"] == "running" for row in runs):
        session.execute(f"delete from {session.named(RUNS)} where {EVER} and state = 'running'")


def _record_unrecorded(session: Session, run: dict[str, Any]) -> None:
    """History rows of what a run published before it died, and had no time to record."""
    if not session.columns(LEDGER):
        return
    recorded = history_ids(session)
    published = session.read(
        "select run_id, table_name, min(game_date) as first_day, max(game_date) as last_day,"
        " cast(count(distinct game_date) as int64) as dates, max(published_at) as published_at,"
        " min(run_started_at) as started_at, max(logic_version) as logic_version,"
        " cast(sum(row_count) as int64) as processed, cast(sum(inserted) as int64) as inserted,"
        " cast(sum(updated) as int64) as updated, cast(sum(unchanged) as int64) as unchanged"
        f" from {session.named(LEDGER)} where game_date between date '{run['range_start']}' and"
        f" date '{run['range_end']}' group by run_id, table_name"
    ).to_pylist()
    until = run["ended_at"] or datetime.now(UTC)
    lost = [
        of for of in published
        if (of["run_id"], of["table_name"]) not in recorded and of["table_name"] in hashed_tables()
        and of["published_at"] is not None and run["started_at"] <= aware(of["published_at"]) <= aware(until)
    ]  # fmt: skip
    if lost:
        record_runs(session, [
            ProcessorRun(
                processor_name=of["table_name"], run_id=of["run_id"], run_date=of["started_at"] or of["published_at"],
                success=False, date_range_start=of["first_day"], date_range_end=of["last_day"],
                dates_processed=of["dates"], records_processed=of["processed"], records_inserted=of["inserted"],
                records_updated=of["updated"], records_skipped=of["unchanged"],
                processor_version=of["logic_version"], config_hash=run["config_hash"] or "",
                errors=(
                    f"Run {run['run_id']} ended before the outcome of this invocation was recorded. Its rows are"
                    " published; dates that were not confirmed are built again by the next run.",
                ),
            )
            for of in lost
        ])  # fmt: skip


def _known_of(session: Session, run_id: str) -> dict[str, Any]:
    """What the decisions say of a run that could not say it itself."""
    said = f"The run ended without a word, and its last sign is in {DECISIONS} and the rows of run history."
    known: dict[str, Any] = _errors([said])
    if session.columns(DECISIONS):
        rows = session.read(
            f"select decision, count(*) as dates from {session.named(DECISIONS)}"
            f" where game_date > date '1900-01-01' and run_id = '{run_id}' group by 1"
        ).to_pylist()
        counts = Counter({row["decision"]: int(row["dates"]) for row in rows})
        known |= {f"partitions_{name}": counts[name] for name in ("built", "failed", "blocked")}
    return known


def _planned(plan: Plan) -> dict[str, Any]:
    """A plan as its row keeps it: partitions by table and kind, not one by one."""
    return {
        "dates": len(plan.dates), "chunks": len(plan.chunks), "to_count": plan.uncounted,
        "will_run": Counter(step.table for step in plan.steps if step.is_certain),
        "may_run": Counter(step.table for step in plan.steps if not step.is_certain),
        "blocked": Counter(block.table for block in plan.blocked), "skipped": plan.skipped,
        "out_of_reach": len(plan.out_of_reach),
    }  # fmt: skip


def _code_version(project: Project) -> str:
    """16 hex characters over the logic versions of all hashed tables."""
    versions = {table: project.logic_version(table) for table in project.tables}
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()[:16]


def _errors(said: Any) -> dict[str, str | None]:
    return {"errors_json": json.dumps(list(said), ensure_ascii=False) if said else None}


def _append(session: Session, row: dict[str, Any]) -> None:
    session.append(RUNS, pa.Table.from_pylist([row], schema=stored_tables()[RUNS].schema()))


def _delete(session: Session, run_id: str, which: str) -> None:
    session.execute(f"delete from {session.named(RUNS)} where {EVER} and run_id = '{run_id}' and {which}")
