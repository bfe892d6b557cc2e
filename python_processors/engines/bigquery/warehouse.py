"""The production warehouse, through the target of dbt's profile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from python_processors.engines.base import Location, Patience, Result, Session, Sides, environment_name
from python_processors.engines.bigquery.lease import holder_of, lease, until_free
from python_processors.engines.look import Line, Written
from python_processors.places import WORK_FOLDER

if TYPE_CHECKING:
    from python_processors.engines.bigquery.keeping import BigQueryKeeper
    from python_processors.engines.bigquery.session import BigQuerySession


class BigQueryWarehouse:
    """What the profile's target names. Google's clients are imported when it is first opened."""

    kind: ClassVar[str] = "bigquery"
    packages: ClassVar[tuple[str, ...]] = ("dbt-bigquery", "google-cloud-bigquery")
    loads_files: ClassVar[bool] = False
    locks_all: ClassVar[bool] = False

    def __init__(self, target: str) -> None:
        self._target = target

    @property
    def database(self) -> str:
        return ""

    @contextmanager
    def reading(self) -> Iterator[BigQuerySession]:
        from python_processors.engines.bigquery.profile import credentials_of
        from python_processors.engines.bigquery.session import BigQuerySession

        yield BigQuerySession.from_dbt(credentials_of(self._target), table="planner")

    @contextmanager
    def beside_a_run(self) -> Iterator[BigQuerySession]:
        with self.reading() as session:  # BigQuery has readers beside a run
            yield session

    @contextmanager
    def writing(self) -> Iterator[BigQuerySession]:
        with self.reading() as session:
            yield session

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        yield  # who else writes is not kept out

    @contextmanager
    def side_by_side(self, one: Location, two: Location) -> Iterator[Sides]:
        """Of one location: BigQuery joins no tables across two."""
        with self.reading() as session:
            yield Sides(session, *(session.side(location) for location in (one, two)))

    def keeper(self, session: Session) -> BigQueryKeeper:
        from python_processors.engines.bigquery.keeping import BigQueryKeeper
        from python_processors.engines.bigquery.session import BigQuerySession

        assert isinstance(session, BigQuerySession)
        return BigQueryKeeper(session)

    @contextmanager
    def run_lock(
        self, holder: Mapping[str, Any], *, wait: bool, is_look: bool, create: Callable[[Session], None]
    ) -> Iterator[Callable[[], None]]:
        """A look is one query: who had taken the lease and given it back would not see, either, who begins next."""
        if is_look:
            until_free(self.reading, wait=wait)
            yield lambda: None
        else:
            with lease(self.writing, holder, wait=wait, create=create) as check:
                yield check

    def holder(self) -> dict[str, Any] | None:
        return None

    def holder_in(self, session: Session) -> dict[str, Any] | None:
        return holder_of(session)

    def look(self) -> Iterator[Line]:
        from python_processors.engines.bigquery.look import look_at
        from python_processors.engines.bigquery.profile import credentials_of

        yield from look_at(credentials_of(self._target))

    def look_inside(self, session: Session, read: Sequence[str], written: Sequence[Written]) -> Iterator[Line]:
        from python_processors.engines.bigquery.look import look_inside
        from python_processors.engines.bigquery.session import BigQuerySession

        assert isinstance(session, BigQuerySession)
        yield from look_inside(session, read, written)

    def mark(self) -> str:
        return ""

    def is_running(self, run_id: str, pid: int) -> bool:
        """By the process, if it is this machine's: the lease would cost a query."""
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def side_file(self, suffix: str) -> Path:
        name = environment_name()
        return WORK_FOLDER / "data" / (f"bigquery.{name}{suffix}" if name else f"bigquery{suffix}")

    def patient(self, patience: Patience) -> BigQueryWarehouse:
        return self

    def when_free(self, ask: Callable[[], Result], said: Callable[[Result], str] = str) -> Result:
        return ask()
