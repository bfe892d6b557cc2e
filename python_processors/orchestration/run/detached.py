"""A run in a session of its own: it outlives the terminal that started it, and is followed from any other.

The run holds a lock on its log from its first word to its last, whatever way it ends. Its status says `done`
before that: the verification and the report come after the dates, and read the warehouse.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_processors.orchestration.run.progress import RunStatus, read_status, status_file, status_file_at_work
from python_processors.orchestration.warehouse import Warehouse

START_SECONDS = 120
_LOOK_SECONDS = 0.2
_LOG = ".log"


@dataclass(frozen=True)
class DetachedRun:
    """A run that was started. `exit_code` is None while it is at work."""

    run_id: str
    pid: int
    log: Path
    exit_code: int | None


def log_file(warehouse: Warehouse) -> Path:
    """What detached runs print, beside their status."""
    return status_file(warehouse).with_suffix(_LOG)


def start(warehouse: Warehouse, arguments: Sequence[str], run_id: str) -> DetachedRun:
    """Run `fullcourt` with these arguments, and return as soon as its progress can be followed, or it has ended."""
    log = log_file(warehouse)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as words, Path(os.devnull).open("rb") as nothing:
        # The process inherits the lock with the open file. Shared, since a second run may wait for the first.
        fcntl.flock(words, fcntl.LOCK_SH)
        process = subprocess.Popen(
            [sys.executable, "-m", "python_processors.cli", *arguments, "--run-id", run_id],
            stdin=nothing, stdout=words, stderr=words, start_new_session=True, cwd=Path.cwd(),
        )  # fmt: skip
    return DetachedRun(run_id, process.pid, log, _ended_early(warehouse, process, run_id))


def follow(warehouse: Warehouse, say: Callable[[RunStatus], None]) -> RunStatus | None:
    """Return the newest run's status once no detached run has more to say; None when there was no run.

    :param say: is given the status whenever it is another than before.
    """
    said, log = None, status_file_at_work(warehouse).with_suffix(_LOG)
    while (status := read_status(warehouse)) is not None and status.state == "running":
        if status != said:
            say(status)
            said = status
        time.sleep(_LOOK_SECONDS)
    log = log_file(warehouse)
    if log.is_file():
        with log.open("ab") as words:
            fcntl.flock(words, fcntl.LOCK_EX)
    return read_status(warehouse)  # a second run may have waited for the first


def _ended_early(warehouse: Warehouse, process: subprocess.Popen[bytes], run_id: str) -> int | None:
    """Wait until the run tells its progress; its exit code if it ended before."""
    given_up = time.monotonic() + START_SECONDS  # it may wait for another run
    while time.monotonic() < given_up:
        status = read_status(warehouse)
        if status is not None and status.run_id == run_id:
            return None
        if process.poll() is not None:
            return process.returncode
        time.sleep(_LOOK_SECONDS)
    return None
