"""Where a trial takes place: a database, a raw folder and, once something in it is edited, a copy of the project."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    "python_processors", "macros", "models", "seeds", "profiles", "profiles.yml", "dbt_project.yml",
    "dbt_fullcourt.py", "tests/dbt", "requirements.lock", "pyproject.toml",
)  # fmt: skip
DATABASE = "fullcourt.duckdb"


def copy_project(source: Path, to: Path) -> None:
    """What a run needs of the project, without what it leaves behind."""
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, to / part, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        elif (source / part).exists():
            (to / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / part, to / part)


@dataclass
class Site:
    """One trial's own copy of everything that a change may touch."""

    folder: Path
    base: Path  # the finished warehouse with its raw folder
    project: Path  # as it was; never edited
    steps: list[dict[str, Any]] = field(default_factory=list)  # of plain dbt, before the backfill
    needs_verify: bool = False  # something was changed that no plan looks at

    @property
    def database(self) -> Path:
        return self.folder / "work" / DATABASE

    @property
    def raw(self) -> Path:
        return self.folder / "work" / "raw"

    @property
    def edited(self) -> Path:
        return self.folder / "edited"

    @property
    def has_edited_code(self) -> bool:
        return self.edited.exists()

    def reset(self) -> None:
        """As the base is: times of files included, since which file is the newer one may count."""
        shutil.rmtree(self.folder / "work", ignore_errors=True)
        shutil.rmtree(self.edited, ignore_errors=True)
        shutil.copytree(self.base, self.folder / "work")
        self.steps, self.needs_verify = [], False

    def take_back(self) -> None:
        """Raw files and code are as the base has them again; the database is left."""
        shutil.rmtree(self.edited, ignore_errors=True)
        shutil.rmtree(self.raw)
        shutil.copytree(self.base / "raw", self.raw)

    def code(self) -> Path:
        """The copy of the project that may be edited."""
        if not self.has_edited_code:
            copy_project(self.project, self.edited)
        return self.edited

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection

    def raw_files(self, table: str = "*") -> list[Path]:
        """The raw folder's files of a table, in order."""
        return sorted(self.raw.rglob(f"{table}.parquet"))

    def content(self) -> str:
        """Of all that a build from nothing depends on: raw files, the newer ones told apart, and code."""
        files = sorted((path for path in self.raw.rglob("*") if path.is_file()), key=lambda path: path.stat().st_mtime)
        listed = [(str(path.relative_to(self.raw)), _checksum(path)) for path in files]
        if self.has_edited_code:
            paths = (path for path in self.edited.rglob("*") if path.is_file() and path.suffix != ".pyc")
            listed += [(str(path.relative_to(self.edited)), _checksum(path)) for path in sorted(paths)]
        return hashlib.sha256(repr(listed).encode()).hexdigest()

    def everything(self) -> tuple[str, str, list[dict[str, Any]]]:
        """Of all that a change may touch."""
        paths = sorted(path for path in self.database.parent.iterdir() if path.is_file())
        stored = hashlib.sha256(repr([(path.name, _checksum(path)) for path in paths]).encode()).hexdigest()
        return self.content(), stored, list(self.steps)


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def newer(path: Path, than: Path) -> None:
    """Give a file a later time than another's: which of two is newer must not hang on the clock's grain."""
    later = than.stat().st_mtime + 60
    os.utime(path, (later, later))


Apply = Callable[[Site, random.Random], str]


@dataclass(frozen=True)
class Kind:
    """A kind of change. `apply` makes it and says what it did."""

    group: str
    name: str
    apply: Apply


KINDS: dict[str, Kind] = {}


def kind(group: str) -> Callable[[Apply], Apply]:
    """Register a function as a kind of change of a group, by the function's name."""

    def register(apply: Apply) -> Apply:
        KINDS[apply.__name__] = Kind(group, apply.__name__, apply)
        return apply

    return register


class NotPossibleError(Exception):
    """What a change needs is not there: an earlier change took it away."""
