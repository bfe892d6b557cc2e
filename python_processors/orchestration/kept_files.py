"""Files in dbt's target folder that one command keeps for the next: nothing depends on them but the time it takes.

A file is whole or not there, whoever writes at once and whatever ends a command; where it cannot be written, nobody is
told.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from python_processors.places import WORK_FOLDER

_PARTIAL = ".partial_"
_LEFT_SECONDS = 3600  # what is older was left by a command that was killed


def target_folder() -> Path:
    """Of the runs' own dbt: a build by hand has other vars, and dbt would parse everything anew."""
    return Path(os.environ.get("DBT_TARGET_PATH") or WORK_FOLDER / "target" / "orchestration")


def write_kept(file: Path, write: Callable[[Path], object], *, newest: int) -> None:
    """Write a file beside its place, put it there, and remove all but the newest of its kind.

    :param write: writes the file that it is given, or raises: then nothing is kept.
    """
    with suppress(Exception):  # of the disk, of the library that writes, of a path that it cannot spell
        file.parent.mkdir(parents=True, exist_ok=True)
        _remove_what_kills_left(file.parent)
        with tempfile.TemporaryDirectory(prefix=_PARTIAL, dir=file.parent, ignore_cleanup_errors=True) as folder:
            partial = Path(folder, file.name)
            write(partial)
            partial.replace(file)
        for old in sorted(file.parent.glob(f"*{file.suffix}"), key=_age)[newest:]:
            with suppress(OSError):
                old.unlink()


def note_use(file: Path) -> None:
    """A file that was taken is a new one: the oldest are removed."""
    with suppress(OSError):
        os.utime(file)


def _age(path: Path) -> float:
    with suppress(OSError):
        return -path.stat().st_mtime
    return 0.0


def _remove_what_kills_left(folder: Path) -> None:
    for left in folder.glob(f"{_PARTIAL}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
