"""What can be said of a database file without opening it: whether a run may write it, and who has it open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from python_processors.engines.look import NOTE, OK, PROBLEM, Line

LEAST_FREE_BYTES = 1_000_000_000  # a season is 99 MB (docs/benchmarks.md), and a migration holds a table twice
_CHECK = "database"


def look_at(database: Path) -> Iterator[Line]:
    """Reads only: nothing is made, opened or locked."""
    path = Path(os.path.realpath(database))
    folder = next(parent for parent in path.parents if parent.exists())
    if path.exists() and not path.is_file():
        yield Line(_CHECK, PROBLEM, f"{database} is no regular file.", "Name a file in FULLCOURT_DUCKDB.")
        return
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.exists() else 0
    is_there = f"is there, {size / 1e6:,.0f} MB" if path.exists() else "is not there yet: a run makes it"
    yield Line(_CHECK, OK, f"DuckDB file {database} {is_there}.")
    closed = [str(of) for of in _written(path) if of.exists() and not os.access(of, os.W_OK)]
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        closed.append(f"the folder {folder}")
    if closed:
        to_do = "Give this account the right to write, or name another file in FULLCOURT_DUCKDB."
        yield Line(_CHECK, PROBLEM, f"{', '.join(closed)} cannot be written.", to_do)
    if free < LEAST_FREE_BYTES:
        room = f"{free / 1e6:,.0f} MB are free on its disk, and a run may need {LEAST_FREE_BYTES / 1e6:,.0f}."
        yield Line(_CHECK, PROBLEM, room, "Make room, or name a file on another disk in FULLCOURT_DUCKDB.")
    if not closed and free >= LEAST_FREE_BYTES:
        yield Line(_CHECK, OK, f"The file and its folder can be written; {free / 1e9:,.0f} GB are free.")
    if others := processes_with(path):
        spelled = ", ".join(map(str, others))
        said = f"Process {spelled} has the file open: a run waits until it is closed."
        yield Line(_CHECK, NOTE, said, "Close it there if a run is to start now.")


def _written(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + ".lock"), path.with_name(path.name + ".wal")]


def processes_with(database: Path) -> list[int]:
    """Other processes that hold DuckDB's lock on a file, readers too, as far as the kernel tells: Linux alone does."""
    found: set[int] = set()
    with suppress(OSError, ValueError, IndexError):
        at = os.stat(database)
        place = f"{os.major(at.st_dev):02x}:{os.minor(at.st_dev):02x}:{at.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines():
            fields = line.split()  # 1: POSIX ADVISORY READ 4711 fe:00:2146819 0 EOF
            if fields[1] == "POSIX" and fields[5] == place and int(fields[4]) > 0:
                found.add(int(fields[4]))
    return sorted(found - {os.getpid()})
