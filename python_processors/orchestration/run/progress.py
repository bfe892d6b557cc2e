"""How far a run is, for whoever watches: a line per step on stderr, and a file that `status --follow` reads."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TextIO

from pydantic import Field, TypeAdapter, ValidationError
from tqdm import tqdm

from python_processors.contract import PROJECT_ROOT
from python_processors.orchestration.run.locks import run_at_work
from python_processors.orchestration.warehouse import DuckDBWarehouse, Warehouse

Number = Annotated[int, Field(ge=0, lt=2**31)]
Instant = Annotated[float, Field(ge=0, le=253_402_300_799)]  # up to the year 9999


@dataclass
class RunStatus:
    """What the file says of the newest run. `state`: running, done, partial, failed, stopped."""

    run_id: str
    what: str
    state: str = "running"
    pid: Annotated[int, Field(gt=0, lt=2**31)] = field(default_factory=os.getpid)
    started_at: Instant = field(default_factory=time.time)
    ended_at: Instant | None = None
    steps_planned: Number = 0
    steps_done: Number = 0
    rows_written: Annotated[int, Field(ge=0, lt=2**53)] = 0
    now: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def seconds_left(self) -> float | None:
        """Estimated from the steps done so far; None before the first."""
        if not self.steps_done or self.ended_at:
            return None
        return (time.time() - self.started_at) / self.steps_done * (self.steps_planned - self.steps_done)


_STATUS = TypeAdapter(RunStatus)


def status_file(warehouse: Warehouse) -> Path:
    """Beside the database; for BigQuery in the project's data folder."""
    if isinstance(warehouse, DuckDBWarehouse):
        return warehouse.path.with_name(warehouse.path.name + ".run.json")
    return PROJECT_ROOT / "data" / "bigquery.run.json"


def read_status(warehouse: Warehouse) -> RunStatus | None:
    """The newest run's, or None when there was none; a run that is gone without a word is `killed`."""
    status = _read(status_file(warehouse))
    if status is None:
        return None
    if status.state == "running" and not _is_at_work(status, warehouse):
        status.state = "killed"
    return status


def _read(file: Path) -> RunStatus | None:
    """What the file says; None when that is no status of a run, so that the next run writes it anew."""
    try:
        return _STATUS.validate_json(file.read_bytes(), strict=True) if file.is_file() else None
    except (OSError, ValidationError):
        return None


class Progress:
    """Writes a run's progress. A bar on a terminal, else plain lines."""

    def __init__(self, warehouse: Warehouse, status: RunStatus, stream: TextIO | None = None) -> None:
        self.status = status
        self._file = status_file(warehouse)
        self._stream = stream or sys.stderr
        self._bar = tqdm(
            total=status.steps_planned, unit="date", file=self._stream, disable=not self._stream.isatty(), leave=False
        )
        self._save()

    def begin(self, tables: list[str], days: list[date]) -> None:
        """A step starts: these tables for these days."""
        self.status.now = f"{', '.join(tables)} for {spelled(days)}"
        self._bar.set_description(self.status.now[:60])
        self._save()

    def end(self, tables: list[str], days: list[date], rows: int, failures: dict[str, str]) -> None:
        """A step ended. `rows` were inserted, updated or deleted."""
        status = self.status
        status.steps_done += len(tables) * len(days)
        status.rows_written += rows
        status.failures += [f"{name}: {message}" for name, message in failures.items()]
        status.now = ""
        self._bar.total = status.steps_planned
        self._bar.update(len(tables) * len(days))
        if self._bar.disable:
            left = status.seconds_left
            eta = "" if left is None else f", about {left:,.0f} s left"
            self.say(
                f"{status.steps_done:,} of {status.steps_planned:,} dates of tables,"
                f" {status.rows_written:,} rows written{eta}: {', '.join(tables)} for {spelled(days)}"
            )
        for name, message in failures.items():
            self.say(f"FAILED {name}: {message}")
        self._save()

    def say(self, line: str) -> None:
        tqdm.write(line, file=self._stream)

    def close(self, state: str) -> None:
        self.status.state, self.status.ended_at, self.status.now = state, time.time(), ""
        self._bar.close()
        self._save()

    def _save(self) -> None:
        partial = self._file.with_name(self._file.name + f".{os.getpid()}")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(json.dumps(asdict(self.status)), encoding="utf-8")
            partial.replace(self._file)
        except (IsADirectoryError, PermissionError) as error:  # nobody can follow the run, which is whole without
            partial.unlink(missing_ok=True)
            self.say(f"The run's progress is not kept: {self._file}: {error.strerror}. Remove what is there.")


def spelled(days: list[date]) -> str:
    """Days as a person says them."""
    if len(days) == 1:
        return f"{days[0]}"
    return f"{len(days)} dates from {min(days)} to {max(days)}"


def to_dict(status: RunStatus) -> dict[str, Any]:
    return {**asdict(status), "seconds_left": status.seconds_left}


def _is_at_work(status: RunStatus, warehouse: Warehouse) -> bool:
    """By the lock where the operating system keeps it: a process number may be another's by now, or a zombie's."""
    if isinstance(warehouse, DuckDBWarehouse):
        holder = run_at_work(warehouse)
        return holder is not None and holder.get("run_id", status.run_id) == status.run_id
    try:
        os.kill(status.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
