"""What a job needs of the engine: read a query as Arrow, and write rows to a staging relation."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import duckdb
import pyarrow as pa

from python_processors.contract import Contract

OUTCOME_VARIABLE = "fullcourt_job_outcome"


@runtime_checkable
class Engine(Protocol):
    """Reads and stages whole Arrow tables; never row by row."""

    def read(self, query: str) -> pa.Table: ...

    def stage(self, relation: str, rows: pa.Table, contract: Contract) -> None:
        """Replace the staging relation by these rows, in their contract's types."""

    def keep_forever(self, relation: str) -> str | None:
        """Take a partition expiration off a table; what was done, or None when there was none."""

    def leave_outcome(self, text: str) -> None:
        """Leave a job's outcome for the macro job_outcome()."""


class DuckDBEngine:
    """The connection that dbt holds: Arrow in and out of the process's own database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def read(self, query: str) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def stage(self, relation: str, rows: pa.Table, contract: Contract) -> None:
        self.connection.register("staged_rows", rows)
        self.connection.execute(f"create or replace table {relation} as select * from staged_rows")
        self.connection.unregister("staged_rows")

    def keep_forever(self, relation: str) -> str | None:
        return None  # DuckDB has no partitions that could expire

    def leave_outcome(self, text: str) -> None:
        quoted = text.replace("'", "''")
        self.connection.execute(f"set variable {OUTCOME_VARIABLE} = '{quoted}'")
