"""The files of a raw folder: what is read, what is named as ignored, what is wrong with a name or a place."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_processors.raw_contract import RawTable, raw_tables
from python_processors.raw_loader.folder import RawFolder, make_if_simulated

SUFFIXES = (".parquet", ".pq", ".csv.gz", ".csv")
_DATA = frozenset(
    "json jsonl ndjson geojson xlsx xls xlsm xlsb ods feather arrow arrows ipc tsv tab psv dat orc avro zip gz bz2 xz"
    " zst lz4 7z tar tgz rar db sqlite sqlite3 duckdb pkl pickle h5 hdf hdf5 sav dta rds rda rdata parq parquet csv"
    " html xml".split()
)
# Of archives from before these were no raw tables.
_NOT_RAW = {
    "teams": "the teams are the project's own, seeds/arenas.csv",
    "sources": "where rows came from is not read",
}
_AS_WHAT = "write its rows to <table>.parquet or <table>.csv, or move it out of the folder"


@dataclass(frozen=True)
class FoundFile:
    """A file with the rows of one table. `name` is its path in the folder: what rows are remembered by."""

    name: str
    path: Path
    table: RawTable
    checksum: str
    modified: int  # ns since 1970: of two files that give the same row, the newer one wins


@dataclass(frozen=True)
class IgnoredFile:
    """A file that looks like data and is not read, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True)
class Listing:
    """What there is in a folder."""

    files: tuple[FoundFile, ...] = ()
    ignored: tuple[IgnoredFile, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    name: str
    path: Path
    problem: str | None = None


def list_files(folder: RawFolder) -> Listing:
    """Everything below a folder, links followed; the simulated league is made where it is not there yet.

    Hidden files and folders are left alone.
    """
    make_if_simulated(folder)
    files: list[FoundFile] = []
    ignored: list[IgnoredFile] = []
    problems: list[str] = []
    for entry in _entries(folder.path):
        found = entry.problem or _looked_at(entry)
        if isinstance(found, FoundFile):
            files.append(found)
        elif isinstance(found, IgnoredFile):
            ignored.append(found)
        elif found is not None:
            problems.append(f"{_printable(entry.name)}: {found}")
    return Listing(tuple(files), tuple(ignored), tuple(problems))


def paths_of(folder: RawFolder, tables: frozenset[str] | set[str]) -> Iterator[tuple[str, Path]]:
    """Name and path of the files of some tables."""
    make_if_simulated(folder)
    for entry in _entries(folder.path):
        suffix = _read_suffix(entry.name)
        if not entry.problem and suffix and entry.path.name[: -len(suffix)].lower() in tables:
            yield entry.name, entry.path


def mark_of_files(folder: RawFolder) -> str:
    """What differs once a file came, went or was written: by names, sizes and times of all that a load looks at."""
    found: list[tuple[object, ...]] = []
    for entry in _entries(folder.path):
        try:
            status = entry.path.stat()
            found.append((entry.name, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns))
        except OSError:  # it went meanwhile, or leads nowhere
            found.append((entry.name,))
    return hashlib.sha256(repr(found).encode()).hexdigest()


def _entries(folder: Path) -> Iterator[_Entry]:
    """Files below a folder in the order of their names, each real folder once: a link may lead back."""
    seen: set[tuple[int, int]] = set()
    to_do = [folder]
    while to_do:
        here = to_do.pop(0)
        try:
            identity = here.stat()
            if (identity.st_dev, identity.st_ino) in seen:
                continue
            seen.add((identity.st_dev, identity.st_ino))
            inside = sorted(os.scandir(here), key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError as error:
            yield _Entry(_named(here, folder), here, f"the folder cannot be read ({error.strerror or error})")
            continue
        for entry in inside:
            path = Path(entry.path)
            name = _named(path, folder)
            if entry.name.startswith("."):
                continue
            if not _is_folder(path):
                yield _Entry(name, path)
            elif _read_suffix(entry.name):
                yield _Entry(name, path, "it is a folder; write the rows of its files to one file of this name")
            else:
                to_do.append(path)


def _named(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a link in a circle
        return False


def _read_suffix(name: str) -> str | None:
    return next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), None)


def _looked_at(entry: _Entry) -> FoundFile | IgnoredFile | str | None:
    """The file, or why it is ignored, or what is wrong with it; None where it does not look like data."""
    known = raw_tables()
    suffix = _read_suffix(entry.path.name)
    if suffix is None:
        first, *rest = entry.path.name.lower().split(".")
        looks_like_data = (rest and rest[-1] in _DATA) or first in known
        return IgnoredFile(_printable(entry.name), _AS_WHAT) if looks_like_data else None
    if _printable(entry.name) != entry.name:
        return "its name is not UTF-8; rename it"
    table = entry.path.name[: -len(suffix)].lower()
    if table not in known:
        if table in _NOT_RAW:
            return IgnoredFile(entry.name, _NOT_RAW[table])
        return f"unknown table `{table}`; known are {', '.join(sorted(known))}"
    try:
        status = entry.path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "it is neither a file nor a link to one; move it out of the folder"
        with entry.path.open("rb") as stream:
            checksum = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        broken = entry.path.is_symlink() and not os.path.exists(entry.path)
        return "it is a link to a file that is not there" if broken else f"cannot be read ({error.strerror or error})"
    return FoundFile(entry.name, entry.path, known[table], checksum, status.st_mtime_ns)


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
