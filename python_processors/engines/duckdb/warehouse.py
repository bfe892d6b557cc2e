"""The embedded warehouse: one file, one writing process."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb

from python_processors.engines.base import Location, Patience, Result, Session, Sides, environment_name
from python_processors.engines.duckdb import file_lock, look
from python_processors.engines.duckdb.copying import copy_whole
from python_processors.engines.duckdb.keeping import DuckDBKeeper
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.engines.duckdb.side_by_side import side_by_side
from python_processors.engines.look import Line, Written
from python_processors.errors import FullcourtError, RefusedError
from python_processors.places import WORK_FOLDER, database_file

if TYPE_CHECKING:
    import tenacity

_HELD = "could not set lock"
_HOLDER = re.compile(r"held in .*?\(PID (\d+)\)")
_HEADERS = 3 * 4096  # bytes: of the file, and of its two newest checkpoints
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0


class WarehouseLockedError(FullcourtError):
    """Another process holds the database file."""

    def __init__(self, path: Path, message: str) -> None:
        holder = _HOLDER.search(message)
        self.who = f"process {holder[1]}" if holder else "another process"
        super().__init__(
            f"The warehouse {path} is in use by {self.who}, and DuckDB lets one process write at a time."
            " Wait for it to end (`fullcourt status --follow` watches a backfill), or close it. Nothing was changed."
        )


class WarehouseUnreadableError(FullcourtError):
    """The database file is no DuckDB database, or a damaged one."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(
            f"The warehouse {path} cannot be opened: {message.splitlines()[0]}"
            " Restore it from a copy, or move it away and build anew. Nothing was changed."
        )


class NoDatabaseError(RefusedError):
    """A side of a comparison is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"There is no database {path}. Give a file that is there, or `.` for the warehouse itself.")


class DuckDBWarehouse:
    """The database file that FULLCOURT_DUCKDB names, or another."""

    kind: ClassVar[str] = "duckdb"
    packages: ClassVar[tuple[str, ...]] = ("dbt-duckdb", "duckdb")
    loads_files: ClassVar[bool] = True
    locks_all: ClassVar[bool] = True

    def __init__(self, path: Path | None = None, *, patience: Patience | None = None) -> None:
        """:param patience: how to wait for somebody who holds the file; without it that is an error at once."""
        self._patience = patience
        self.path = WORK_FOLDER / path if path else database_file()
        self._kept: list[DuckDBSession] = []  # the one that kept_open() holds

    @property
    def database(self) -> str:
        return self.path.stem

    @contextmanager
    def reading(self) -> Iterator[DuckDBSession]:
        """Read-only; an empty warehouse in memory while there is no file yet."""
        with self._open(read_only=True) as session:
            yield session

    @contextmanager
    def beside_a_run(self) -> Iterator[DuckDBSession]:
        with ExitStack() as stack:
            try:
                session = stack.enter_context(self.reading())
            except WarehouseLockedError:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fullcourt_")))
                session = stack.enter_context(DuckDBWarehouse(self._copied(folder)).reading())
            yield session

    def readable_file(self, folder: Path) -> Path:
        """The file, or a whole copy of it in a folder where a run holds it.

        :raises FullcourtError: it is no database, or is written to so often that no whole copy could be made.
        """
        try:
            with self.reading():
                return self.path
        except WarehouseLockedError:
            return self._copied(folder)

    @contextmanager
    def side_by_side(self, one: Location, two: Location) -> Iterator[Sides]:
        files: dict[Path, Path] = {}
        with ExitStack() as stack:
            paths = [Path(os.path.realpath(side.database or self.path)) for side in (one, two)]
            for path in paths:
                if not (path.is_file() and path.stat().st_size):
                    raise NoDatabaseError(path)
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fullcourt_")))
                files[path] = files.get(path) or DuckDBWarehouse(path).readable_file(folder)
            environments = [side.environment for side in (one, two)]
            yield stack.enter_context(side_by_side(*zip((files[path] for path in paths), environments, strict=True)))

    def _copied(self, folder: Path) -> Path:
        """:raises WarehouseLockedError: somebody wrote to it at each attempt."""
        copy = copy_whole(self.path, folder)
        if copy is None:
            raise WarehouseLockedError(self.path, "")
        with DuckDBWarehouse(copy).writing():  # its log becomes a part of it
            pass
        return copy

    @contextmanager
    def writing(self) -> Iterator[DuckDBSession]:
        if not self._kept:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._remove_what_a_kill_left()
        with self._open(read_only=False) as session:
            yield session

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        with self.writing() as session:
            self._kept.append(session)
            try:
                yield
            finally:
                self._kept.remove(session)

    def mark(self) -> str:
        """By what the file begins with, which counts DuckDB's checkpoints, and by its log, which grows between two.

        Two copies of one file may have as many checkpoints since, and a time that somebody set: when the system itself
        touched a file nobody sets.
        """
        parts: list[object] = []
        real = Path(os.path.realpath(self.path))
        for path in (real, *(of.with_name(of.name + ".wal") for of in (self.path, real))):
            try:
                found = path.stat()
                if not stat.S_ISREG(found.st_mode):
                    return ""
                with path.open("rb") as file:
                    parts += [found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns, file.read(_HEADERS)]
            except OSError:  # it is not there; what else is wrong with it says who opens it
                parts.append(None)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def keeper(self, session: Session) -> DuckDBKeeper:
        assert isinstance(session, DuckDBSession)
        return DuckDBKeeper(session)

    @contextmanager
    def run_lock(
        self, holder: Mapping[str, Any], *, wait: bool, is_look: bool, create: Callable[[Session], None]
    ) -> Iterator[Callable[[], None]]:
        make = None if is_look else self._make
        with file_lock.run_lock(self.path, holder, wait=wait, make=make):
            yield lambda: None  # the operating system takes no lock back

    def holder(self) -> dict[str, Any] | None:
        return file_lock.holder_of(self.path)

    def holder_in(self, session: Session) -> dict[str, Any] | None:
        return None

    def look(self) -> Iterator[Line]:
        yield from look.look_at(self.path)

    def look_inside(self, session: Session, read: Sequence[str], written: Sequence[Written]) -> Iterator[Line]:
        yield from ()

    def is_running(self, run_id: str, pid: int) -> bool:
        """By the lock: a process number may be another's by now, or a zombie's."""
        holder = self.holder()
        return holder is not None and holder.get("run_id", run_id) == run_id

    def side_file(self, suffix: str) -> Path:
        """Beside the file that all symlinks lead to; what a run of an environment tells has its name."""
        path, name = Path(os.path.realpath(self.path)), environment_name()
        return path.with_name(path.name + (f".{name}" if name else "") + suffix)

    def patient(self, patience: Patience) -> DuckDBWarehouse:
        patient = DuckDBWarehouse(self.path, patience=patience)
        patient._kept = self._kept
        return patient

    def when_free(self, ask: Callable[[], Result], said: Callable[[Result], str] = str) -> Result:
        if self._patience is None:
            return ask()

        def asked() -> Result:
            if self.path.exists():
                with self.writing():
                    pass
            result = ask()
            words = said(result)
            if _HELD in words.lower():
                raise WarehouseLockedError(self.path, words)  # somebody was faster
            return result

        return self._until_free(asked)

    def _make(self) -> None:
        """A database that is there has an identity to be locked by."""
        if not self.path.exists() or not self.path.stat().st_size:
            with self.writing():
                pass

    def _remove_what_a_kill_left(self) -> None:
        """A run was killed as it made the file, and DuckDB 2.0 opens no empty one."""
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return
        if stat.S_ISREG(found.st_mode) and not found.st_size:
            Path(os.path.realpath(self.path)).unlink()

    @contextmanager
    def _open(self, *, read_only: bool) -> Iterator[DuckDBSession]:
        """
        :raises WarehouseLockedError: another process has it open for writing, and nobody said to wait.
        :raises WarehouseUnreadableError: it is no DuckDB database.
        """
        if self._kept:
            yield from self._of_kept(self._kept[0])
            return
        if self.path.exists() and not self.path.is_file():
            raise WarehouseUnreadableError(self.path, "it is no regular file.")
        missing = read_only and not (self.path.exists() and self.path.stat().st_size)
        connection = duckdb.connect() if missing else self._connect(read_only)
        with file_lock.in_use(self.path):
            try:
                yield DuckDBSession(connection)
            finally:
                connection.close()

    def _of_kept(self, kept: DuckDBSession) -> Iterator[DuckDBSession]:
        """A session of the opening that is kept. What it began and did not end is undone, as closing it would."""
        session = kept.anew()
        try:
            yield session
        except BaseException:
            session.undo()
            raise

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        def connect() -> duckdb.DuckDBPyConnection:
            try:
                return duckdb.connect(str(self.path), read_only=read_only)
            except duckdb.IOException as error:
                if _HELD in str(error).lower():
                    raise WarehouseLockedError(self.path, str(error)) from error
                raise WarehouseUnreadableError(self.path, str(error)) from error

        return self._until_free(connect)

    def _until_free(self, attempt: Callable[[], Result]) -> Result:
        """What an attempt gives once nobody else has the file open."""
        patience = self._patience
        if patience is None:
            return attempt()

        import tenacity

        def tell(state: tenacity.RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            patience.waits(error.who if isinstance(error, WarehouseLockedError) else "another process")

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_of_a_holder),
            stop=tenacity.stop_never,
            wait=tenacity.wait_exponential(_SHORTEST_PAUSE, max=_LONGEST_PAUSE),
            before_sleep=tell,
        )
        result: Result = retrying(attempt)
        patience.goes_on()
        return result


def _is_of_a_holder(error: BaseException) -> bool:
    """Whether the file was held: by an error of ours, or of dbt's, which opened it by itself."""
    return isinstance(error, WarehouseLockedError) or _HELD in str(error).lower()
