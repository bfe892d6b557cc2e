"""How far a run is, for whoever watches: a line per step on stderr, and a file that `status --follow` reads."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TextIO

from pydantic import Field, TypeAdapter, ValidationError

from python_processors.orchestration.locks import run_at_work
from python_processors.orchestration.warehouse import Warehouse
from python_processors.words import count_of

_SUFFIX = ".run.json"
_MINUTES = 10  # from so many on, time is said in minutes
_A_PACE = 0.1  # of the steps: those done tell how long the others take

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
    seconds_planned: Annotated[float, Field(ge=0)] | None = None
    rows_written: Annotated[int, Field(ge=0, lt=2**53)] = 0
    now: str = ""
    failures: list[str] = field(default_factory=list)

    @property
    def share_done(self) -> float:
        return min(1.0, self.steps_done / self.steps_planned) if self.steps_planned else 0.0

    @property
    def seconds_left(self) -> float | None:
        """What is not done, of the time that the plan said or that it took so far, whichever is more.

        Without a plan's word by the pace, from a tenth on: a run's start is none. None while nothing tells.
        """
        done = self.share_done
        if self.ended_at:
            return None
        elapsed = max(0.0, time.time() - self.started_at)
        if self.seconds_planned is not None:
            return (1 - done) * max(self.seconds_planned, elapsed)
        return (1 - done) / done * elapsed if done >= _A_PACE else None


_STATUS = TypeAdapter(RunStatus)


def status_file(warehouse: Warehouse) -> Path:
    """Beside the database; for BigQuery in the project's data folder."""
    return warehouse.side_file(_SUFFIX)


def status_file_at_work(warehouse: Warehouse) -> Path:
    """Where the run at work tells its status: it may know the database by another name."""
    told_in = (run_at_work(warehouse) or {}).get("told_in")
    return Path(f"{told_in}{_SUFFIX}") if told_in else status_file(warehouse)


def read_status(warehouse: Warehouse) -> RunStatus | None:
    """The newest run's, or None when there was none; a run that is gone without a word is `killed`."""
    status = _read(status_file_at_work(warehouse))
    if status is None:
        return None
    status.steps_planned = max(status.steps_planned, status.steps_done)  # as an older version may have left it
    if status.state == "running" and not warehouse.is_running(status.run_id, status.pid):
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
        from tqdm import tqdm  # who reads a run's status shows no bar

        self.status = status
        self._file = status_file(warehouse)
        self._stream = stream or sys.stderr
        self._step = ""  # what is said of the step while the run waits
        self._bar = tqdm(
            total=status.steps_planned, file=self._stream, disable=not self._stream.isatty(), leave=False,
            bar_format=self._words(), dynamic_ncols=True,
        )  # fmt: skip
        self._save()

    def begin(self, tables: list[str], days: list[date]) -> None:
        """A step starts: these tables for these days."""
        self.status.now = f"{', '.join(tables)} for {spelled(days)}"
        self._show()
        self._save()

    def end(self, tables: list[str], days: list[date], rows: int, failures: dict[str, str]) -> None:
        """A step ended. `rows` were inserted, updated or deleted."""
        status = self.status
        status.steps_done += len(tables) * len(days)
        status.steps_planned = max(status.steps_planned, status.steps_done)
        status.rows_written += rows
        status.failures += [f"{name}: {message}" for name, message in failures.items()]
        status.now = ""
        self._show()
        if self._bar.disable:
            self.say(
                f"{status.steps_done:,} of {count_of(status.steps_planned, 'partition')},"
                f" {count_of(status.rows_written, 'row')} written{left_of(status)}: {', '.join(tables)} for"
                f" {spelled(days)}"
            )
        for name, message in failures.items():
            self.say(f"FAILED {name}: {message}")
        self._save()

    def _words(self) -> str:
        """Count and time come first: a narrow terminal cuts the names off."""
        now = self.status.now.replace("{", "{{").replace("}", "}}")
        return f"{{n_fmt}} of {{total_fmt}} partitions{left_of(self.status)} {{bar:10}} {now}"

    def _show(self) -> None:
        if self._bar.disable:
            return
        status = self.status
        self._bar.bar_format = self._words()
        self._bar.total, self._bar.n = max(status.steps_planned, status.steps_done), status.steps_done
        self._bar.refresh()

    def say(self, line: str) -> None:
        self._bar.write(line, file=self._stream)

    def note_wait(self, words: str) -> None:
        """What the run waits for; no words when it goes on."""
        self.status.now, self._step = (words, self._step or self.status.now) if words else (self._step, "")
        self._save()

    def close(self, state: str) -> None:
        self.status.state, self.status.ended_at, self.status.now = state, time.time(), ""
        self._bar.close()
        self._save()

    def _save(self) -> None:
        # A step that failed is tried again in parts, which no plan counted.
        self.status.steps_planned = max(self.status.steps_planned, self.status.steps_done)
        problem = _write(self._file, json.dumps(asdict(self.status)))
        if problem:  # nobody can follow the run, which is whole without
            self.say(f"The run's progress is not kept: {problem}. Remove what is there.")


def noting_waits(warehouse: Warehouse, run_id: str, what: str) -> Callable[[str], None]:
    """For a run that has no plan yet: notes in its status what it waits for. No words: the file is as it was."""
    file, status = status_file(warehouse), RunStatus(run_id, what)
    before = file.read_bytes().decode("utf-8", "replace") if file.is_file() else None

    def note(words: str) -> None:
        status.now = words
        if words:
            _write(file, json.dumps(asdict(status)))
        elif before is None:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        else:
            _write(file, before)

    return note


def spelled(days: list[date]) -> str:
    """Days as a person says them."""
    if len(days) == 1:
        return f"{days[0]}"
    return f"{len(days)} dates from {min(days)} to {max(days)}"


def left_of(status: RunStatus) -> str:
    """The time left, after a comma; no words while nothing tells."""
    left = status.seconds_left
    if left is None:
        return ""
    return f", about {left:,.0f} s left" if left < _MINUTES * 60 else f", about {left / 60:,.0f} min left"


def to_dict(status: RunStatus) -> dict[str, Any]:
    return {**asdict(status), "seconds_left": status.seconds_left}


def _write(file: Path, text: str) -> str:
    """Whole or not at all: somebody may be reading. What is in the way, in words; nothing where it was written."""
    partial = file.with_name(file.name + f".{os.getpid()}")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)
    except (IsADirectoryError, PermissionError) as error:
        partial.unlink(missing_ok=True)
        return f"{file}: {error.strerror}"
    return ""
