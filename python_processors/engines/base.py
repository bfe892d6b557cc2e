"""What the engines have in common, and each thing that one of them can and another cannot, with its reason.

Nobody outside of this package asks which engine it is: a difference is a method or an attribute here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import pyarrow as pa

from python_processors.contract import Contract
from python_processors.engines.keeping import Keeper
from python_processors.engines.live import Columns, Layout, LiveTable
from python_processors.engines.look import Line, Written
from python_processors.engines.without_pandas import spare_pandas
from python_processors.errors import FullcourtError, RefusedError

if TYPE_CHECKING:
    import duckdb

spare_pandas()

Result = TypeVar("Result")

# Raw tables and what the loader keeps of them: all environments read production's.
SHARED_DATASETS = ("nba_raw", "nba_reference")
SHARED_TABLES = ("nba_ops.raw_files", "nba_replaced.adoptions")
ENVIRONMENT_NAME = r"[a-z](?:_?[a-z0-9]){0,19}"
ENVIRONMENT_MARK = "__"
PRODUCTION = ("prod", "production")


class RunLockedError(RefusedError):
    """Another run holds the warehouse."""

    def __init__(self, holder: Mapping[str, Any]) -> None:
        self.holder = holder
        super().__init__(
            f"Run {holder.get('run_id', '?')} ({holder.get('what', 'a run')}) is running since"
            f" {holder.get('since', '?')}, process {holder.get('pid', '?')} on {holder.get('host', '?')}."
            " Wait for it (`--wait`), watch it (`fullcourt status --follow`), or stop it. Nothing was started."
        )


class InvalidNameError(RefusedError):
    """A variable of the environment that is to be a name in SQL, and is none."""

    def __init__(self, variable: str, value: str) -> None:
        super().__init__(
            f"{variable} is {value!r}, which is no valid name: letters, digits and underscores are allowed. Set it"
            " right, or unset it. Nothing was changed."
        )


class ProductionNamedError(RefusedError):
    """An environment that is called as production is."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` is production, which is no environment: unset FULLCOURT_ENV, or leave `--env` out, to work in"
            " it. Nothing was changed."
        )


class WaitEndedError(FullcourtError):
    """A run was stopped while it waited for somebody who holds the database file."""

    def __init__(self) -> None:
        super().__init__(
            "The run was stopped while it waited for the database file. What it published is kept. The same command"
            " goes on where it ended."
        )


class Session(Protocol):
    """An open warehouse. Relations are named as in the project, `dataset.table`, unless a parameter says otherwise."""

    connection: duckdb.DuckDBPyConnection | None
    """What raw files are loaded through; None on BigQuery, where the platform fills the raw tables."""

    adapter: ClassVar[str]
    """The package of dbt's adapter."""

    library: ClassVar[str | None]
    """The package that is the engine itself; None where that is a service."""

    can_require: ClassVar[bool]
    """Whether a column of a table with rows can be made NOT NULL. BigQuery relaxes a mode and never tightens one."""

    def read(self, sql: str) -> pa.Table:
        """The rows of a query."""

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        """The rows of several queries, by their names; one job on BigQuery, where each job is waited for by itself."""

    def execute(self, sql: str) -> None:
        """A statement or several, without rows."""

    def transaction(self) -> AbstractContextManager[None]:
        """Statements that come true together, or not at all. BigQuery promises that of one statement only: there a kill
        in between leaves what was done so far, and each caller says what then."""

    def together(self, statements: Sequence[str]) -> None:
        """Statements on tables that come true together: on BigQuery one job in a transaction of its own, on DuckDB a
        part of the caller's transaction."""

    def append(self, relation: str, rows: pa.Table) -> None:
        """Add rows to a table, by column name, in one statement."""

    def columns(self, relation: str) -> Columns:
        """(name, type, nullable) of each column in the table's order; empty when there is no such table. DuckDB looks
        once per session, for all relations: names of what a session makes itself may be missing."""

    def live_columns(self, relations: Sequence[str]) -> dict[str, Columns]:
        """The same of several tables as they are now: one query on DuckDB, one request a table on BigQuery."""

    def live_tables(self, relations: Sequence[str]) -> dict[str, LiveTable]:
        """The same with how their rows lie, at the same cost."""

    def has_dataset(self, dataset: str) -> bool:
        """Whether a dataset is there: one request and no job on BigQuery."""

    def named(self, relation: str, environment: str | None = None) -> str:
        """How the engine spells `dataset.table`, or a dataset, as placed() says."""

    def datasets(self) -> list[str]:
        """Every dataset of the database or project, as the engine names it."""

    def clone(self, relation: str, environment: str) -> None:
        """Make a copy of a table of this environment in another one, whose dataset is there and holds no such table."""

    def replace(self, relation: str, environment: str) -> None:
        """The same in place of the table that may be there: in one statement on BigQuery, in the caller's transaction
        on DuckDB."""

    def drop_dataset(self, dataset: str) -> None:
        """Drop a dataset, as the engine names it, and all that it holds."""

    def engine_type(self, contract_type: str) -> str:
        """A contract type as the engine's DDL spells it."""

    def try_cast(self, expression: str, contract_type: str) -> str:
        """An expression as a contract type, or null where it cannot be one; numbers are rounded to the type's scale."""

    def layout(self, partition_by: str, cluster_by: Sequence[str], *, is_instant: bool) -> str:
        """What follows the columns in a table's DDL; nothing on DuckDB, which has no partitions. `is_instant` where the
        partition column is a timestamp, whose date decides."""

    def laid_out(self, partition_by: str, cluster_by: Sequence[str]) -> Layout | None:
        """How a table of that DDL lies, as live_tables() has it; None on DuckDB."""

    def comparable(self, expression: str, *, is_array: bool) -> str:
        """An expression that min, max and = take: BigQuery orders no arrays, so of those it is their JSON text."""

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        """Two integers of 32 bits over the values of a row, as SQL; their sums are a set's fingerprint."""

    def bytes_read_by(self, sql: str) -> int | None:
        """What a query would read by a dry run; None where nobody pays for it."""

    def stage(self, relation: str, rows: pa.Table, contract: Contract) -> None:
        """Replace a staging relation, spelled as dbt renders it, by these rows in their contract's types."""

    def keep_forever(self, relation: str) -> str | None:
        """Take a partition expiration off a table, spelled as dbt renders it. What was done; None if nothing was."""

    def leave_outcome(self, text: str) -> None:
        """Leave a job's outcome for the macro job_outcome()."""


@dataclass(frozen=True)
class Location:
    """A database (a file on DuckDB, a project on BigQuery; None is this one), and an environment in it (placed())."""

    database: str | None = None
    environment: str | None = None


@dataclass(frozen=True)
class Side:
    """How the relations of one of two databases, `dataset.table`, are spelled and looked at from one session."""

    named: Callable[[str], str]
    columns: Callable[[str], Columns]


@dataclass(frozen=True)
class Sides:
    """A session that reads two databases."""

    session: Session
    one: Side
    two: Side


class Patience(Protocol):
    """How a run waits for an onlooker. Asked at each look at the file, until it is free."""

    def waits(self, for_whom: str) -> None:
        """The file is held; raises what ends the wait."""

    def goes_on(self) -> None:
        """The file is free again."""


class Warehouse(Protocol):
    """Opens sessions. Nothing is held open between them: dbt opens the same warehouse."""

    kind: ClassVar[str]
    """The engine's name, for readers."""

    packages: ClassVar[tuple[str, ...]]
    """What the engine needs installed: dbt's adapter first."""

    loads_files: ClassVar[bool]
    """Whether a run loads raw files itself. BigQuery's raw tables are filled by the platform."""

    locks_all: ClassVar[bool]
    """Whether a run's lock holds every environment: on DuckDB they lie in one file."""

    def keeper(self, session: Session) -> Keeper:
        """What copies whole tables of an open warehouse to other names, with what readers see of them."""

    @property
    def database(self) -> str:
        """In SQL its name: on DuckDB the name of its file. Empty on BigQuery, where the profile checks the project."""

    @contextmanager
    def reading(self) -> Iterator[Session]: ...

    @contextmanager
    def beside_a_run(self) -> Iterator[Session]:
        """Read-only, whoever writes meanwhile: what is committed by now.

        :raises FullcourtError: it is written to so often that no whole copy could be made.
        """

    @contextmanager
    def writing(self) -> Iterator[Session]: ...

    def kept_open(self) -> AbstractContextManager[None]:
        """Sessions within are of one connection: on DuckDB nobody else writes between two of them."""

    def mark(self) -> str:
        """What differs once anything was written; empty where nothing but queries could tell."""

    def side_by_side(self, one: Location, two: Location) -> AbstractContextManager[Sides]:
        """Two databases or environments to compare, beside a run, too.

        :raises FullcourtError: one of them is not there, or cannot be read.
        """

    def run_lock(
        self, holder: Mapping[str, Any], *, wait: bool, is_look: bool, create: Callable[[Session], None]
    ) -> AbstractContextManager[Callable[[], None]]:
        """Hold the warehouse for a run. Gives what the run asks before each step, which raises LeaseLostError.

        :param wait: wait for the other run to end instead of refusing.
        :param is_look: nothing is made that was not there: only to see whether a run is at work.
        :param create: makes the table of leases, where the engine keeps them in one.
        :raises RunLockedError: another run holds it; names that run.
        """

    def holder(self) -> dict[str, Any] | None:
        """The run that holds the warehouse, as far as that is seen without a query; {} of one that has no name yet.
        None when nobody does, and always on BigQuery, which tells nobody but who asks for the lease."""

    def holder_in(self, session: Session) -> dict[str, Any] | None:
        """The same, as far as a query tells: on BigQuery whose lease has not run out. Always None on DuckDB."""

    def look(self) -> Iterator[Line]:
        """What can be said before it is opened: where it is, and whether a run could open it. Nothing is changed.

        :raises FullcourtError: it cannot be opened, and must not be tried.
        """

    def look_inside(self, session: Session, read: Sequence[str], written: Sequence[Written]) -> Iterator[Line]:
        """Datasets, their locations, and each right that a run needs. Nothing of it on DuckDB, where whoever may write
        the file may do everything.

        :param read: datasets of raw tables.
        """

    def is_running(self, run_id: str, pid: int) -> bool:
        """Whether a run of this machine that said so is still at work."""

    def side_file(self, suffix: str) -> Path:
        """Where a run keeps what is told of it: beside the database, or in the project's data folder."""

    def patient(self, patience: Patience) -> Warehouse:
        """The same warehouse, whose sessions wait as long as it takes for who holds the file. BigQuery lets everybody
        in at any time."""

    def when_free(self, ask: Callable[[], Result], said: Callable[[Result], str] = str) -> Result:
        """What `ask` returns, which opens the warehouse by itself, as dbt does: a patient DuckDB asks once the file can
        be written, and again when somebody else was faster.

        :param said: what a result says of its failures.
        """


def placed(relation: str, environment: str | None = None) -> str:
    """`dataset.table`, or a dataset, with what stands before its name: this target's prefix, and the environment.

    Environments share what they only read. Macro dataset_of() and the schemas of sources in YAML are the same rule.

    :param environment: by default that of this process; empty of production.
    """
    name = environment_name() if environment is None else environment
    is_shared = relation.partition(".")[0] in SHARED_DATASETS or relation in SHARED_TABLES
    return dataset_prefix() + ("" if is_shared or not name else name + ENVIRONMENT_MARK) + relation


def environment_name(environment: Mapping[str, str] = os.environ) -> str:
    """The environment that commands of this process work in; empty of production.

    :raises RefusedError: it is no name of one.
    """
    name = environment.get("FULLCOURT_ENV", "")
    if name in PRODUCTION:
        raise ProductionNamedError(name)
    return checked_name("FULLCOURT_ENV", name, ENVIRONMENT_NAME) if name else name


def dataset_prefix(environment: Mapping[str, str] = os.environ) -> str:
    """What stands before every dataset's name, raw ones, too.

    :raises InvalidNameError: it could be no part of a name, and would be read as SQL.
    """
    return checked_name("FULLCOURT_DATASET_PREFIX", environment.get("FULLCOURT_DATASET_PREFIX", ""), r"[A-Za-z0-9_]*")


def checked_name(variable: str, value: str, pattern: str) -> str:
    """A value that goes into SQL as a name, or a part of one: refused, not escaped, as macro checked_name does.

    :raises InvalidNameError: it is none.
    """
    if not re.fullmatch(pattern, value):
        raise InvalidNameError(variable, value)
    return value
