"""A whole copy of a database that somebody writes to: what was committed when it was made."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_ATTEMPTS = 20


def copy_whole(path: Path, into: Path) -> Path | None:
    """Copy a database and its log into a folder; None where somebody wrote to them at each attempt.

    DuckDB locks the file against others that open it, not against who reads its bytes. Neither file was written
    meanwhile if inode, size and time of change are the same before and after: DuckDB opens the two as after a crash,
    with all that was committed.
    """
    path = Path(os.path.realpath(path))
    files = (path, path.with_name(f"{path.name}.wal"))
    for _ in range(_ATTEMPTS):
        before = [_stamp(file) for file in files]
        for file in files:
            to = into / file.name
            to.unlink(missing_ok=True)
            if file.exists():
                shutil.copyfile(file, to)
        if before == [_stamp(file) for file in files]:
            return into / path.name
    return None


def _stamp(file: Path) -> tuple[int, ...] | None:
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
