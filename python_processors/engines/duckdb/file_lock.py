"""One run per database file, whatever name it is asked for by, and whatever becomes of its lock file.

A run holds the operating system's lock (flock) on two files; both are gone with its process.

- `<database>.lock` beside the file that all symlinks lead to: the run's words are in it. It is taken first, also where
  there is no database yet, so that of two first runs one makes the file. Older versions and scripts hold only this one.
- The database itself, by which a hard link in another folder is known, and a run whose lock file was removed. Linux
  alone keeps flock apart from the fcntl locks that DuckDB takes on the same file, and not on a network's file system.

Closing a file drops all fcntl locks of the process on it, DuckDB's among them: while this process has a connection to
a database open, what was opened here to look at it is left open (see `in_use`).
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from python_processors.engines.base import RunLockedError

Identity = tuple[int, int]  # device and inode

_LOOK_SECONDS = 0.1
_OVER_A_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "lustre", "glusterfs", "fuse.sshfs"}

_connections: Counter[Identity] = Counter()
_left_open: dict[Identity, list[int]] = {}


@contextmanager
def run_lock(
    database: Path, holder: Mapping[str, Any], *, wait: bool, make: Callable[[], None] | None
) -> Iterator[None]:
    """Hold a database for a run.

    :param make: makes the database where there is none; without it a database that is not there is locked by name.
    :raises RunLockedError: another run holds it; names that run as far as it can be known.
    """
    path = lock_file(database)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked_file(path, database, wait=wait) as file:
        if make is not None:
            make()
        with _locked_database(database, wait=wait) as identity:
            json.dump({**holder, "file": identity}, file)
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)


def holder_of(database: Path) -> dict[str, Any] | None:
    """Who holds the database; None when nobody does, whatever a file says. {} of a holder about to write its name."""
    words: dict[str, Any] | None = None
    with (
        suppress(FileNotFoundError, IsADirectoryError),
        lock_file(database).open(encoding="utf-8", errors="replace") as file,
    ):
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            words = _read(file.read())
    if words:
        return words
    with suppress(FileNotFoundError), _opened(database) as (descriptor, identity):
        if not _locks_itself(database):
            return words
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
        except BlockingIOError:
            return _words_by_inode(identity)
    return words


def lock_file(database: Path) -> Path:
    """Of a symlink the one beside the database that it leads to."""
    path = Path(os.path.realpath(database))
    return path.with_name(path.name + ".lock")


@contextmanager
def in_use(database: Path) -> Iterator[None]:
    """While this process has a connection to the database open."""
    try:
        identity = _identity(os.stat(database))
    except OSError:  # gone since it was opened
        yield
        return
    _connections[identity] += 1
    try:
        yield
    finally:
        _connections[identity] -= 1
        if not _connections[identity]:
            del _connections[identity]
            for descriptor in _left_open.pop(identity, []):
                os.close(descriptor)


@contextmanager
def _locked_file(path: Path, database: Path, *, wait: bool) -> Iterator[TextIO]:
    """The lock file, held and empty; made anew where somebody removed it."""
    while True:
        with path.open("a+", encoding="utf-8", errors="replace") as file:
            try:
                _take(file.fileno(), wait=wait)
            except BlockingIOError:
                file.seek(0)
                raise RunLockedError(_read(file.read()) or _words_of(database)) from None
            if _is_still(path, file.fileno()):
                file.truncate(0)
                yield file
                return


@contextmanager
def _locked_database(database: Path, *, wait: bool) -> Iterator[Identity | None]:
    """The database itself, held; its identity. None where it is not there, or cannot be held beside DuckDB's locks."""
    with ExitStack() as held:
        try:
            descriptor, identity = held.enter_context(_opened(database))
        except FileNotFoundError:
            yield None
            return
        if not _locks_itself(database):
            yield None
            return
        try:
            _take(descriptor, wait=wait)
        except BlockingIOError:
            raise RunLockedError(_words_by_inode(identity)) from None
        try:
            yield identity
        finally:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # the file may have to be left open


def _take(descriptor: int, *, wait: bool) -> None:
    """:raises BlockingIOError: another run has it, and not only somebody who looks (holder_of)."""
    if wait:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    for is_last in (False, False, True):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if is_last:
                raise
            time.sleep(_LOOK_SECONDS)


@contextmanager
def _opened(database: Path) -> Iterator[tuple[int, Identity]]:
    descriptor = os.open(database, os.O_RDONLY | os.O_NONBLOCK)  # a pipe of that name is not waited for
    identity = _identity(os.fstat(descriptor))
    try:
        yield descriptor, identity
    finally:
        if _connections[identity]:
            _left_open.setdefault(identity, []).append(descriptor)
        else:
            os.close(descriptor)


def _identity(stat: os.stat_result) -> Identity:
    return stat.st_dev, stat.st_ino


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return _identity(os.stat(path)) == _identity(os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _locks_itself(database: Path) -> bool:
    """Whether flock on the database leaves DuckDB's own locks alone."""
    if sys.platform != "linux":
        return False
    device = os.stat(database).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            fields, _, of_the_system = line.partition(" - ")
            if fields.split()[2] == number:
                return of_the_system.split()[0] not in _OVER_A_NETWORK
    return True


def _words_of(database: Path) -> dict[str, Any]:
    with suppress(OSError):
        return _words_by_inode(_identity(os.stat(database)))
    return {}


def _words_by_inode(identity: Identity) -> dict[str, Any]:
    """Of who holds the database by another of its names, or by a lock file that is gone: the kernel knows its process,
    and that one has its lock file open. Where the kernel does not tell, {}."""
    found: dict[str, Any] = {}
    with suppress(OSError):
        for line in Path("/proc/locks").read_text(encoding="utf-8").splitlines():
            fields = line.split()  # 1: FLOCK ADVISORY WRITE 4711 fe:00:2146819 0 EOF
            if fields[1] != "FLOCK" or fields[3] != "WRITE" or fields[5].rpartition(":")[2] != str(identity[1]):
                continue
            if words := _words_of_process(int(fields[4]), identity):
                return words
            # Some file systems give processes another device than the kernel's locks have.
            if fields[5] == f"{os.major(identity[0]):02x}:{os.minor(identity[0]):02x}:{identity[1]}":
                found = {"pid": int(fields[4])}
    return found


def _words_of_process(pid: int, identity: Identity) -> dict[str, Any]:
    with suppress(OSError):  # it has just ended, or is another user's
        for opened in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):  # closed since it was listed, as what lists them is
                if ".lock" in os.readlink(opened):
                    words = _read(opened.read_text(encoding="utf-8", errors="replace"))
                    if words.get("file") == list(identity):
                        return words
    return {}


def _read(text: str) -> dict[str, Any]:
    """A holder's words; {} of one that was about to write them."""
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return words if isinstance(words, dict) else {}
