"""The warehouse as the planner sees it: a few whole queries in Arrow, on either target, outside of dbt."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import tenacity

from python_processors.contract import PROJECT_ROOT
from python_processors.engines import DuckDBEngine, Engine
from python_processors.errors import FullcourtError

_HOLDER = re.compile(r"held in .*?\(PID (\d+)\)")


class WarehouseLockedError(FullcourtError):
    """Another process holds the database file."""

    def __init__(self, path: Path, message: str) -> None:
        holder = _HOLDER.search(message)
        who = f"process {holder[1]}" if holder else "another process"
        super().__init__(
            f"The warehouse {path} is in use by {who}, and DuckDB lets one process write at a time."
            " Wait for it to end (`fullcourt status --follow` watches a backfill), or close it. Nothing was changed."
        )


class WarehouseUnreadableError(FullcourtError):
    """The database file is no DuckDB database, or a damaged one."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(
            f"The warehouse {path} cannot be opened: {message.splitlines()[0]}"
            " Restore it from a copy, or move it away and build anew. Nothing was changed."
        )


class Session(Protocol):
    """An open warehouse. Relations are named as in the project: `dataset.table`."""

    kind: str

    def read(self, sql: str) -> pa.Table:
        """The rows of a query."""

    def execute(self, sql: str) -> None:
        """A statement without rows."""

    def append(self, relation: str, rows: pa.Table) -> None:
        """Add rows to a table, by column name, in one statement."""

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        """(name, type, nullable) of each column in the table's order; empty when there is no such table."""

    def named(self, relation: str) -> str:
        """How the engine spells `dataset.table`, with this target's prefix."""

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        """Two integers of 32 bits over the values of a row, as SQL; their sums are a set's fingerprint."""

    def bytes_read_by(self, sql: str) -> int | None:
        """What a query would read by a dry run; None where nobody pays for it."""


class Warehouse(Protocol):
    """Opens sessions. Nothing is held open between them: dbt opens the same warehouse."""

    kind: str

    @contextmanager
    def reading(self) -> Iterator[Session]: ...

    @contextmanager
    def writing(self) -> Iterator[Session]: ...


def dataset_prefix(environment: Mapping[str, str] = os.environ) -> str:
    return environment.get("FULLCOURT_DATASET_PREFIX", "")


class DuckDBSession:
    """One connection to the database file."""

    kind = "duckdb"

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute("set TimeZone = 'UTC'")

    def read(self, sql: str) -> pa.Table:
        return self.connection.sql(sql).to_arrow_table()

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def append(self, relation: str, rows: pa.Table) -> None:
        self.connection.register("appended_rows", rows)
        self.connection.execute(f"insert into {self.named(relation)} by name select * from appended_rows")
        self.connection.unregister("appended_rows")

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        return self._columns.get(self.named(relation), [])

    @functools.cached_property
    def _columns(self) -> dict[str, list[tuple[str, str, bool]]]:
        """Of every table and view when the session first asks: one look at the catalog."""
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for relation, *column in self.connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type, is_nullable from duckdb_columns()"
            " where not internal order by 1, column_index"
        ).fetchall():
            found.setdefault(relation, []).append(tuple(column))
        return found

    def named(self, relation: str) -> str:
        return dataset_prefix() + relation

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        # DuckDB's own hash: ten times the speed of a SHA-256. Another version may hash otherwise; then
        # every date looks changed once, is built, and no row is written.
        value = f"hash({', '.join(expressions)})"
        return f"cast({value} >> 32 as bigint)", f"cast({value} & 4294967295 as bigint)"

    def bytes_read_by(self, sql: str) -> int | None:
        return None


class DuckDBWarehouse:
    """The embedded warehouse: one file, one writing process."""

    kind = "duckdb"

    def __init__(self, path: Path | None = None, *, patience_seconds: float = 0.0) -> None:
        """:param patience_seconds: how long to wait for somebody who looks at the file, or writes to it."""
        self.patience_seconds = patience_seconds
        self.path = path or Path(os.environ.get("FULLCOURT_DUCKDB", PROJECT_ROOT / "data" / "fullcourt.duckdb"))
        if not self.path.is_absolute():
            self.path = PROJECT_ROOT / self.path

    @contextmanager
    def reading(self) -> Iterator[DuckDBSession]:
        """Read-only; an empty warehouse in memory while there is no file yet."""
        with self._open(read_only=True) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[DuckDBSession]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()  # a run was killed as it made the file, and DuckDB 2.0 opens no empty one
        with self._open(read_only=False) as session:
            yield session

    @contextmanager
    def _open(self, *, read_only: bool) -> Iterator[DuckDBSession]:
        """:raises WarehouseLockedError: another process has it open for writing."""
        missing = read_only and not (self.path.exists() and self.path.stat().st_size)
        try:
            connection = duckdb.connect() if missing else self._connect(read_only)
        except duckdb.IOException as error:
            if "could not set lock" in str(error).lower():
                raise WarehouseLockedError(self.path, str(error)) from error
            raise WarehouseUnreadableError(self.path, str(error)) from error
        try:
            yield DuckDBSession(connection)
        finally:
            connection.close()

    def _connect(self, read_only: bool) -> duckdb.DuckDBPyConnection:
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: "set lock" in str(error)),
            stop=tenacity.stop_after_delay(self.patience_seconds),
            wait=tenacity.wait_exponential(0.1, max=2),
            reraise=True,
        )
        return attempts(duckdb.connect, str(self.path), read_only=read_only)


class BigQuerySession:
    """A BigQuery client made as dbt makes it, with the profile's settings."""

    kind = "bigquery"

    def __init__(self, engine: Any, project: str) -> None:
        self._engine = engine
        self._project = project

    def read(self, sql: str) -> pa.Table:
        table: pa.Table = self._engine.read(sql)
        return table

    def execute(self, sql: str) -> None:
        self._engine.execute(sql)

    def append(self, relation: str, rows: pa.Table) -> None:
        self._engine.append(self.named(relation).strip("`"), rows)

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        found: list[tuple[str, str, bool]] = self._engine.columns(self.named(relation).strip("`"))
        return found

    def named(self, relation: str) -> str:
        return f"`{self._project}.{dataset_prefix()}{relation}`"

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        # An array or a NaN in a struct is no obstacle to its JSON text.
        value = f"farm_fingerprint(to_json_string(struct({', '.join(expressions)})))"
        return f"(({value} >> 32) & 4294967295)", f"({value} & 4294967295)"

    def bytes_read_by(self, sql: str) -> int | None:
        found: int = self._engine.bytes_read_by(sql)
        return found


class BigQueryWarehouse:
    """The production warehouse, through the target of dbt's profile."""

    kind = "bigquery"

    def __init__(self, target: str) -> None:
        self._target = target

    @contextmanager
    def reading(self) -> Iterator[BigQuerySession]:
        from python_processors.bigquery.engine import BigQueryEngine
        from python_processors.bigquery.profile import credentials_of

        credentials = credentials_of(self._target)
        yield BigQuerySession(BigQueryEngine.from_dbt(credentials, table="planner"), credentials.execution_project)

    @contextmanager
    def writing(self) -> Iterator[BigQuerySession]:
        with self.reading() as session:
            yield session


def session_of(engine: Engine) -> Session:
    """The warehouse that a job of dbt's has open, as the planner sees it."""
    if isinstance(engine, DuckDBEngine):
        return DuckDBSession(engine.connection)
    from python_processors.bigquery.engine import BigQueryEngine

    assert isinstance(engine, BigQueryEngine)
    return BigQuerySession(engine, engine.project)


def warehouse_of_target(environment: Mapping[str, str] = os.environ) -> Warehouse:
    """The warehouse that FULLCOURT_TARGET names, as in profiles/profiles.yml."""
    target = environment.get("FULLCOURT_TARGET", "duckdb")
    return DuckDBWarehouse() if target == "duckdb" else BigQueryWarehouse(target)
