"""Runs of dates that ended before they began: refused, or by an error. Each leaves a row, or nobody misses its dates.

The row is written to nba_ops.runs, as `refused`. Where the warehouse cannot be written, as while another run holds a
DuckDB file, it waits in a file beside it, and the next run that holds the warehouse takes it over. A refusal is
open until runs came to their end that, together, were asked for its dates and tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter, ValidationError

from python_processors.contract import hashed_tables
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.tables import stored_tables

RUNS = "nba_ops.runs"
KEEPS_UP = "today"
OF_DATES = "command in ('backfill', 'retry', 'today')"  # the commands that build dates, verify them and tell
EVER = "started_at > timestamp '2000-01-01 00:00:00'"  # BigQuery reads a partitioned table only with a filter on it
_SUFFIX = ".refused."
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Refusal:
    """A run that was asked for dates and did not begin; of all tables where it names none."""

    run_id: str
    command: str
    start: date
    end: date
    tables: tuple[str, ...] | None
    refused_at: datetime
    reason: str

    @property
    def sentence(self) -> str:
        of = f" of {', '.join(self.tables)}" if self.tables else ""
        reason = " ".join(self.reason.split())
        return f"REFUSED {self.command} {self.start} to {self.end}{of}, {self.refused_at:%Y-%m-%d %H:%M} UTC: {reason}"

    def is_like(self, other: Refusal) -> bool:
        """Whether both say the same of the same dates: the first of them is enough."""
        what, others = ({**asdict(of), "run_id": None, "refused_at": None} for of in (self, other))
        return what == others

    def row(self) -> dict[str, Any]:
        return {
            **dict.fromkeys(column.name for column in stored_tables()[RUNS].columns),
            "run_id": self.run_id, "command": self.command, "state": "refused", "started_at": self.refused_at,
            "ended_at": self.refused_at, "range_start": self.start, "range_end": self.end,
            "tables": ", ".join(self.tables or ()) or None,
            "errors_json": json.dumps([self.reason], ensure_ascii=False),
        }  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        return json.loads(_REFUSAL.dump_json(self))  # type: ignore[no-any-return]


_REFUSAL = TypeAdapter(Refusal)


def note_refusal(warehouse: Warehouse, refusal: Refusal) -> None:
    """Keep that a run was refused. Where no run has a row of its own yet, all dates count as asked for anyway."""
    try:
        with warehouse.reading() as session:
            if not session.columns(RUNS) or any(refusal.is_like(of) for of in open_refusals(session, warehouse)):
                return
        with warehouse.writing() as session:
            session.append(RUNS, _rows([refusal]))
    except Exception:  # another run holds the file, or the table is not as its contract says
        file = warehouse.side_file(f"{_SUFFIX}{_digest(refusal)}.json")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_REFUSAL.dump_json(refusal))


def take_over(session: Session, warehouse: Warehouse) -> None:
    """Rows of the refusals that could not be written when they happened. The caller holds the warehouse."""
    files = _files(warehouse)
    if not files:
        return
    known = session.read(f"select run_id from {session.named(RUNS)} where {EVER}")["run_id"].to_pylist()
    if new := [of for of in files.values() if of.run_id not in known]:
        session.append(RUNS, _rows(new))
    for file in files:
        file.unlink(missing_ok=True)


def noted_beside(warehouse: Warehouse) -> list[Refusal]:
    """Refusals that are not yet in the warehouse."""
    return list(_files(warehouse).values())


def open_refusals(session: Session, warehouse: Warehouse) -> list[Refusal]:
    """Refusals whose dates no run was asked for since that came to its end, oldest first."""
    refused, ended = noted_beside(warehouse), []
    if session.columns(RUNS):
        rows = session.read(
            "select run_id, command, state, range_start, range_end, tables, started_at, ended_at, errors_json"
            f" from {session.named(RUNS)} where {EVER} and {OF_DATES} and state in ('refused', 'done', 'partial')"
        ).to_pylist()
        refused += [_refusal(row) for row in rows if row["state"] == "refused"]
        ended = [row for row in rows if row["state"] != "refused" and row["ended_at"]]
    once = {of.run_id: of for of in refused}
    return sorted((of for of in once.values() if not _is_settled(of, ended)), key=lambda of: (of.refused_at, of.run_id))


def of_range(refusals: Iterable[Refusal], start: date, end: date) -> list[Refusal]:
    """Those that were asked for a date of a range."""
    return [of for of in refusals if of.start <= end and start <= of.end]


def lines_of(refusals: Sequence[Refusal]) -> list[str]:
    if not refusals:
        return []
    return [
        *(of.sentence for of in refusals),
        "These runs built nothing. Repair the cause, then run their dates again.",
    ]


def aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _is_settled(refusal: Refusal, ended: Sequence[dict[str, Any]]) -> bool:
    later = [row for row in ended if aware(row["ended_at"]) > refusal.refused_at]
    if refusal.command == KEEPS_UP:
        # Between seasons no range reaches the day: then one that reaches as far as any does. No replay of an old day.
        newest = min([refusal.end, *sorted(row["range_end"] for row in ended)[-1:]])
        if any(row["command"] == KEEPS_UP and row["range_end"] >= newest for row in later):
            return True
    later.sort(key=lambda row: row["range_start"])
    return all(
        _covers([row for row in later if _has(row, table)], refusal) for table in refusal.tables or hashed_tables()
    )


def _covers(rows: Sequence[dict[str, Any]], refusal: Refusal) -> bool:
    """Whether runs, by the first date of each, were asked for every date of a refusal."""
    day = refusal.start
    for row in rows:
        if row["range_start"] <= day <= row["range_end"]:
            day = row["range_end"] + _DAY
    return day > refusal.end


def _has(row: dict[str, Any], table: str) -> bool:
    return not row["tables"] or table in row["tables"].split(", ")


def _refusal(row: dict[str, Any]) -> Refusal:
    tables = tuple(row["tables"].split(", ")) if row["tables"] else None
    reason = "; ".join(json.loads(row["errors_json"] or "[]"))
    return Refusal(
        row["run_id"], row["command"], row["range_start"], row["range_end"], tables, aware(row["started_at"]), reason
    )


def _files(warehouse: Warehouse) -> dict[Path, Refusal]:
    pattern, found = warehouse.side_file(_SUFFIX), {}
    for file in sorted(pattern.parent.glob(f"{pattern.name}*.json")):
        with suppress(OSError, ValidationError):  # it is none of ours, or was taken over just now
            found[file] = _REFUSAL.validate_json(file.read_bytes())
    return found


def _digest(refusal: Refusal) -> str:
    """One file for a command and its dates, however often that is refused meanwhile."""
    what = (refusal.command, refusal.start, refusal.end, refusal.tables)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def _rows(refusals: Iterable[Refusal]) -> pa.Table:
    return pa.Table.from_pylist([of.row() for of in refusals], schema=stored_tables()[RUNS].schema())
