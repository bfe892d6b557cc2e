"""What the report is made from: read once, through the session, on either target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from python_processors.engines.base import environment_name
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.proof.answers import audit_summary, status_of
from python_processors.orchestration.proof.held_back import HeldBack, held_back
from python_processors.orchestration.proof.verification import states_of
from python_processors.orchestration.run.progress import RunStatus, read_status
from python_processors.orchestration.run.requested import with_not_requested
from python_processors.orchestration.state.breakers import Breaker, open_breakers
from python_processors.orchestration.state.inputs import reads_seen
from python_processors.orchestration.state.kept_look import Kept
from python_processors.orchestration.state.memory import NO_ROWS
from python_processors.orchestration.state.shared_look import SharedLook
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.state.states import State
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.raw_loader import find_raw_dir
from python_processors.report.change import BesideProduction, beside_production
from python_processors.report.monitors import ColumnCheck, check_columns
from python_processors.report.runs import Decided, Step

_EVERY_DATE = "game_date > date '1900-01-01'"  # BigQuery reads these tables only with a condition on the partition
_SIMULATED = "simulated"  # source_file_path of every row of a simulated league
_LONGEST_REASON = 600


@dataclass(frozen=True)
class Confirmed:
    """The newest ledger row of a table and date, beside what its reads see now."""

    run_id: str
    recorded_at: datetime
    logic_version: str
    input_fingerprint: str
    output_fingerprint: str
    inputs: Mapping[str, str]
    inputs_now: Mapping[str, str]


@dataclass(frozen=True)
class Decision:
    """The newest word of a run on a table and date."""

    run_id: str
    decision: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Failing:
    """Dates of a table that runs could not build, for one reason."""

    table: str
    decision: str
    reason: str
    days: tuple[date, ...]
    times: int
    newest: datetime


@dataclass(frozen=True)
class Facts:
    """All of it. `states` are those of status, gaps and verify; `layer` those of the raw feeds' models."""

    start: date
    end: date
    as_of: datetime
    target: str
    tables: tuple[str, ...]
    states: Sequence[State]
    layer: Sequence[State] = ()
    seasons: Mapping[date, int] = field(default_factory=dict)
    logic: Mapping[str, str] = field(default_factory=dict)
    is_simulated: bool | None = None
    last_run: RunStatus | None = None
    rows: int = 0
    hashed_rows: int = 0
    confirmed: Mapping[tuple[str, date], Confirmed] = field(default_factory=dict)
    decisions: Mapping[tuple[str, date], Decision] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    decided: Sequence[Decided] = ()
    run_of: Mapping[str, str] = field(default_factory=dict)
    first_confirmed: Mapping[str, Sequence[tuple[date, datetime]]] = field(default_factory=dict)
    audit: Mapping[str, float] = field(default_factory=lambda: {"audited": 0, "wrong": 0, "rate": 0.0, "at_most": 1.0})
    columns: Sequence[ColumnCheck] = ()
    failing: Sequence[Failing] = ()
    quarantined: Sequence[HeldBack] = ()
    breakers: Sequence[Breaker] = ()
    change: BesideProduction | None = None  # in an environment


def read_facts(
    project: Project, warehouse: Warehouse, start: date, end: date, tables: Sequence[str] | None = None, *,
    is_of_all_dates: bool = False, is_kept: bool = False, look: SharedLook | None = None,
) -> Facts:  # fmt: skip
    """Everything that the page says of a range of dates.

    :param is_of_all_dates: nobody chose them.
    :param is_kept: what was seen is kept for the next command that only looks, and taken from the one before.
    :param look: of these dates and all tables, that another step has asked before.
    :raises FullcourtError: there is no schedule yet, or the warehouse cannot be read.
    """
    last_run = read_status(warehouse)
    kept = Kept(project, warehouse) if is_kept else None
    with warehouse.reading() as session:
        snapshot = look.snapshot(session) if look else Snapshot(project, session, start, end, tables=tables, kept=kept)
        every = states_of(snapshot, session)
        if is_of_all_dates:
            every = with_not_requested(every, session, warehouse)
        states = [state for state in every if state.table != LAYER]
        layer = [state for state in every if state.table == LAYER]
        lines = status_of(every, session, snapshot)
        seasons = snapshot.memory.seasons
        facts = Facts(
            start=start, end=end, as_of=datetime.now(UTC), target=warehouse.kind, tables=snapshot.tables,
            states=states, layer=layer, seasons=seasons, logic=snapshot.logic, last_run=last_run,
            is_simulated=_is_simulated(project, warehouse, session),
            rows=sum(line.rows for line in lines), hashed_rows=sum(line.hashed_rows for line in lines),
            confirmed=_confirmed(snapshot), decisions=_decisions(session, start, end),
            steps=_steps(session), decided=_decided(session), run_of=_run_of(session),
            first_confirmed=_first_confirmed(session), audit=audit_summary(session),
            failing=_failing(session, start, end), quarantined=held_back(session, start, end, every),
            breakers=open_breakers(session, start, end, snapshot.tables),
            change=beside_production(project, session, name, start, end) if (name := environment_name()) else None,
        )  # fmt: skip
    return replace(facts, columns=check_columns(project, warehouse, facts.tables, start, end, is_kept=is_kept))


def _is_simulated(project: Project, warehouse: Warehouse, session: Session) -> bool | None:
    """What the loaded schedule says of itself; None where it has no rows."""
    relation = project.relation("nbac_schedule")
    if not any(column == "source_file_path" for column, _, _ in session.columns(relation)):
        return find_raw_dir().is_simulated if warehouse.loads_files else None
    row = session.read(
        f"select count(*) as n, sum(case when source_file_path = '{_SIMULATED}' then 1 else 0 end) as simulated"
        f" from {session.named(relation)} where {_EVERY_DATE}"
    ).to_pylist()[0]
    return bool(row["simulated"]) if row["n"] else None


def _confirmed(snapshot: Snapshot) -> dict[tuple[str, date], Confirmed]:
    found = {}
    for row in snapshot.memory.confirmations((LAYER, *snapshot.tables), snapshot.start, snapshot.end):
        before, now = row["inputs"] or "", row["inputs_now"] or ""
        inputs = reads_seen(before)
        found[row["table_name"], row["day"]] = Confirmed(
            row["run_id"], row["recorded_at"], row["logic_version"] or "", row["input_fingerprint"] or "",
            row["output_fingerprint"] or NO_ROWS, inputs, inputs if now == before else reads_seen(now),
        )  # fmt: skip
    return found


def _decisions(session: Session, start: date, end: date) -> dict[tuple[str, date], Decision]:
    if not session.columns("nba_ops.decisions"):
        return {}
    rows = session.read(
        "select table_name, game_date, run_id, decision, reason, decided_at"
        f" from {session.named('nba_ops.decisions')} where {_within(start, end)}"
        " qualify row_number() over (partition by table_name, game_date"
        " order by coalesce(sequence, 0) desc, decided_at desc) = 1"
    ).to_pylist()
    return {
        (row["table_name"], row["game_date"]): Decision(
            row["run_id"], row["decision"] or "", _shortened(row["reason"]), row["decided_at"]
        )
        for row in rows
    }


def _steps(session: Session) -> list[Step]:
    steps = []
    for relation in ("nba_ops.analytics_processor_runs", "nba_ops.precompute_processor_runs"):
        columns = {name for name, _, _ in session.columns(relation)}
        if not columns:
            continue
        has_range = "date_range_end" in columns  # else its last date is all that is known
        first, last = ("date_range_start", "date_range_end") if has_range else ("analysis_date", "analysis_date")
        rows = session.read(
            "select processor_name, run_id, run_date, success, duration_seconds, dates_processed, records_inserted,"
            f" records_updated, errors_json, skip_reason, created_at, {first} as first_day, {last} as last_day"
            f" from {session.named(relation)} where run_date > timestamp '2000-01-01 00:00:00'"
        ).to_pylist()
        steps += [
            Step(
                table=row["processor_name"], run_id=row["run_id"], started_at=row["run_date"],
                ended_at=row["created_at"] or row["run_date"], is_success=bool(row["success"]),
                seconds=float(row["duration_seconds"] or 0), dates=int(row["dates_processed"] or 0),
                rows_written=int(row["records_inserted"] or 0) + int(row["records_updated"] or 0),
                error=_shortened(row["errors_json"]), is_skip=row["skip_reason"] is not None,
                first=row["first_day"], last=row["last_day"],
            )
            for row in rows
        ]  # fmt: skip
    return steps


def _decided(session: Session) -> list[Decided]:
    if not session.columns("nba_ops.decisions"):
        return []
    rows = session.read(
        "select run_id, table_name, decision, count(distinct game_date) as dates, min(game_date) as first_day,"
        " max(game_date) as last_day, min(decided_at) as began, max(decided_at) as ended,"
        " case when decision = 'warned' then reason end as reason"
        f" from {session.named('nba_ops.decisions')} where {_EVERY_DATE} group by 1, 2, 3, 9"
    ).to_pylist()
    return [
        Decided(
            row["run_id"], row["table_name"], row["decision"] or "", int(row["dates"]), row["first_day"],
            row["last_day"], row["began"], row["ended"], _shortened(row["reason"]),
        )
        for row in rows if row["table_name"] != LAYER
    ]  # fmt: skip


def _run_of(session: Session) -> dict[str, str]:
    """The run of each dbt invocation that confirmed something."""
    if not session.columns("nba_ops.input_ledger"):
        return {}
    rows = session.read(
        f"select distinct invocation_id, run_id from {session.named('nba_ops.input_ledger')} where {_EVERY_DATE}"
    ).to_pylist()
    return {row["invocation_id"]: row["run_id"] for row in rows if row["invocation_id"]}


def _first_confirmed(session: Session) -> dict[str, list[tuple[date, datetime]]]:
    """Per table its dates with rows, and when a run first confirmed each."""
    if not session.columns("nba_ops.input_ledger"):
        return {}
    found: dict[str, list[tuple[date, datetime]]] = {}
    for row in session.read(
        f"select table_name, game_date, min(recorded_at) as confirmed_at from {session.named('nba_ops.input_ledger')}"
        f" where {_EVERY_DATE} and output_fingerprint not in ('', '{NO_ROWS}') group by 1, 2"
    ).to_pylist():
        found.setdefault(row["table_name"], []).append((row["game_date"], row["confirmed_at"]))
    return found


def _failing(session: Session, start: date, end: date) -> list[Failing]:
    if not session.columns("nba_ops.decisions"):
        return []
    rows = session.read(
        "select table_name, decision, reason, game_date, count(*) as times, max(decided_at) as newest"
        f" from {session.named('nba_ops.decisions')}"
        f" where {_within(start, end)} and decision in ('failed', 'blocked') group by 1, 2, 3, 4 order by 4"
    ).to_pylist()
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["table_name"], row["decision"], _shortened(row["reason"])), []).append(row)
    return [
        Failing(
            table, decision, reason, tuple(row["game_date"] for row in group),
            sum(int(row["times"]) for row in group), max(row["newest"] for row in group),
        )
        for (table, decision, reason), group in groups.items()
    ]  # fmt: skip


def _within(start: date, end: date) -> str:
    return f"game_date between date '{start}' and date '{end}'"


def _shortened(text: str | None) -> str:
    words = " ".join((text or "").split())
    return words if len(words) <= _LONGEST_REASON else words[:_LONGEST_REASON] + " ..."
