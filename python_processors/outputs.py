"""Files and folders that a user names for output: only what can be replaced without harm is written.

A report over `/dev/null` would replace the device for every program of the machine. So an output is a regular file or
none yet, in a folder that is there; a symbolic link is followed to such a file alone.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from python_processors.errors import RefusedError

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFREG: "a file",
}


class OutputError(RefusedError):
    """Something cannot be written where it was asked for."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        super().__init__(f"Cannot write to {path}: {problem} Nothing was written.")


def output_file(path: Path, *, own_folder: bool = False) -> Path:
    """The file to write, with links followed.

    :param own_folder: the folder is fullcourt's own, and made where it is missing.
    :raises OutputError: it is no regular file, or cannot be written.
    """
    kind = _kind(path)
    if kind is not None and kind != stat.S_IFREG:
        raise OutputError(path, f"it is {_KINDS.get(kind, 'no regular file')}. Name a file, new or to be replaced.")
    if kind is None and path.is_symlink():
        raise OutputError(path, "it is a link to nothing. Remove it, or name another file.")
    file = path.resolve()
    if own_folder:
        make_folder(file.parent)
    if not file.parent.is_dir():
        raise OutputError(path, f"there is no folder {file.parent}. Make it (`mkdir -p`), or name another file.")
    if not os.access(file.parent, os.W_OK | os.X_OK) or (kind is not None and not os.access(file, os.W_OK)):
        raise OutputError(path, "you may not write there. Name another file, or change the permissions.")
    return file


def output_folder(path: Path) -> Path:
    """A folder to write files to, which is there or can be made.

    :raises OutputError: it is something else, or cannot be written.
    """
    nearest = path.absolute()
    while _kind(nearest) is None and not nearest.is_symlink() and nearest != nearest.parent:
        nearest = nearest.parent
    kind = _kind(nearest)
    if kind is None:
        raise OutputError(path, f"{nearest} is a link to nothing. Remove it, or name another folder.")
    if kind != stat.S_IFDIR:
        raise OutputError(path, f"{nearest} is {_KINDS.get(kind, 'no folder')}. Name a folder, new or empty.")
    if not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        raise OutputError(path, f"you may not write to {nearest}. Name another folder, or change the permissions.")
    return path


def make_folder(folder: Path) -> None:
    """:raises OutputError: it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            folder, f"the folder cannot be made ({error.strerror}). Remove what is in its place."
        ) from error


def write_whole(file: Path, text: str) -> None:
    """Write a file whole or not at all: somebody may be reading the one before.

    :raises OutputError: it is no regular file, or cannot be written.
    """
    partial = file.with_name(f".fullcourt-{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        with partial.open("x", encoding="utf-8") as stream:
            stream.write(text)
        output_file(file)  # again: it may be another by now
        partial.replace(file)
    except OSError as error:
        raise OutputError(
            file, f"{error.strerror or error}. Make room or repair that, and run the same again."
        ) from error
    finally:
        _forget(partial)


def _forget(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # its folder is gone or closed, and what is to be said was said


def _kind(path: Path) -> int | None:
    """What a path leads to; None of nothing, or of a link to nothing."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutputError(path, f"{error.strerror}. Name another place.") from error
