"""A connection to the database file, a run's own or the one that dbt holds."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import ClassVar

import duckdb
import pyarrow as pa

from python_processors.contract import Contract
from python_processors.engines.base import placed
from python_processors.engines.live import Columns, Layout, LiveTable

OUTCOME_VARIABLE = "fullcourt_job_outcome"
_SPELLED = {
    "INT64": "BIGINT",
    "BOOL": "BOOLEAN",
    "STRING": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "FLOAT64": "DOUBLE",
    "DATETIME": "TIMESTAMP",  # without a zone, as BigQuery calls it: no contract has it
}
_CONTRACT = {duckdb: contract for contract, duckdb in _SPELLED.items()}


class DuckDBSession:
    """Arrow in and out of the process's own database."""

    adapter: ClassVar[str] = "dbt-duckdb"
    library: ClassVar[str | None] = "duckdb"
    can_require: ClassVar[bool] = True

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection: duckdb.DuckDBPyConnection | None = connection
        self._connection = connection
        connection.execute("set TimeZone = 'UTC'")

    def anew(self) -> DuckDBSession:
        """Another session of the same connection, which looks at the catalog by itself."""
        return DuckDBSession(self._connection)

    def undo(self) -> None:
        """Leave no transaction open."""
        with suppress(duckdb.TransactionException):  # there is none
            self._connection.rollback()

    def read(self, sql: str) -> pa.Table:
        return self._connection.sql(sql).to_arrow_table()

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        return {name: self.read(sql) for name, sql in queries.items()}

    def execute(self, sql: str) -> None:
        self._connection.execute(sql)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def together(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def append(self, relation: str, rows: pa.Table) -> None:
        self._connection.register("appended_rows", rows)
        self._connection.execute(f"insert into {self.named(relation)} by name select * from appended_rows")
        self._connection.unregister("appended_rows")

    def columns(self, relation: str) -> Columns:
        return self._columns.get(self.named(relation), [])

    def live_columns(self, relations: Sequence[str]) -> dict[str, Columns]:
        found = self._catalog()
        return {relation: found.get(self.named(relation), []) for relation in relations}

    def live_tables(self, relations: Sequence[str]) -> dict[str, LiveTable]:
        return {relation: LiveTable(columns) for relation, columns in self.live_columns(relations).items()}

    def has_dataset(self, dataset: str) -> bool:
        sql = "select 1 from duckdb_schemas() where database_name = current_database() and schema_name = ?"
        return bool(self._connection.execute(sql, [self.named(dataset)]).fetchall())

    @functools.cached_property
    def _columns(self) -> dict[str, Columns]:
        """Of every table and view when the session first asks: one look at the catalog."""
        return self._catalog()

    def columns_of_database(self, database: str) -> dict[str, Columns]:
        """Of all relations of a database that was attached under this name: one look at the catalog."""
        return self._catalog(f"'{database}'")

    def _catalog(self, database: str = "current_database()") -> dict[str, Columns]:
        found: dict[str, Columns] = {}
        rows = self.read(
            "select schema_name || '.' || table_name as relation, column_name, data_type, is_nullable"
            f" from duckdb_columns() where not internal and database_name = {database}"
            " order by relation, column_index"
        )
        for row in rows.to_pylist():
            column = (row["column_name"], contract_type(row["data_type"]), row["is_nullable"])
            found.setdefault(row["relation"], []).append(column)
        return found

    def named(self, relation: str, environment: str | None = None) -> str:
        return placed(relation, environment)

    def datasets(self) -> list[str]:
        rows = self.read("select schema_name from duckdb_schemas() where database_name = current_database()")
        return sorted(rows["schema_name"].to_pylist())

    def clone(self, relation: str, environment: str) -> None:
        # `create table as` would lose what may not be null, so the statement that made the table makes the copy.
        dataset, _, table = self.named(relation).partition(".")
        made = self._connection.execute(
            "select sql from duckdb_tables() where database_name = current_database() and schema_name = ?"
            " and table_name = ?",
            [dataset, table],
        ).fetchone()
        assert made is not None
        copy = self.named(relation, environment)
        self.execute(f"create table {copy} {made[0][made[0].index('(') :]}")
        self.execute(f"insert into {copy} from {self.named(relation)}")

    def replace(self, relation: str, environment: str) -> None:
        self.execute(f"drop table if exists {self.named(relation, environment)}")
        self.clone(relation, environment)

    def drop_dataset(self, dataset: str) -> None:
        self.execute(f'drop schema "{dataset}" cascade')

    def engine_type(self, contract_type: str) -> str:
        if contract_type.startswith("ARRAY<"):
            return f"{self.engine_type(contract_type[6:-1])}[]"
        return _SPELLED.get(contract_type, contract_type.replace("NUMERIC", "DECIMAL"))

    def try_cast(self, expression: str, contract_type: str) -> str:
        return f"try_cast({expression} as {self.engine_type(contract_type)})"

    def layout(self, partition_by: str, cluster_by: Sequence[str], *, is_instant: bool) -> str:
        return ""

    def laid_out(self, partition_by: str, cluster_by: Sequence[str]) -> Layout | None:
        return None

    def comparable(self, expression: str, *, is_array: bool) -> str:
        return expression

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        # DuckDB's own hash: ten times the speed of a SHA-256. Another version may hash otherwise; then
        # every date looks changed once, is built, and no row is written.
        value = f"hash({', '.join(expressions)})"
        return f"cast({value} >> 32 as bigint)", f"cast({value} & 4294967295 as bigint)"

    def bytes_read_by(self, sql: str) -> int | None:
        return None

    def stage(self, relation: str, rows: pa.Table, contract: Contract) -> None:
        self._connection.register("staged_rows", rows)
        self._connection.execute(f"create or replace table {relation} as select * from staged_rows")
        self._connection.unregister("staged_rows")

    def keep_forever(self, relation: str) -> str | None:
        return None  # DuckDB has no partitions that could expire

    def leave_outcome(self, text: str) -> None:
        quoted = text.replace("'", "''")
        self._connection.execute(f"set variable {OUTCOME_VARIABLE} = '{quoted}'")


def contract_type(live_type: str) -> str:
    """A live column's type as contracts spell it; one that no contract has stays as it is."""
    if live_type.endswith("[]"):
        return f"ARRAY<{contract_type(live_type[:-2])}>"
    spelled = _CONTRACT.get(live_type, live_type.replace("DECIMAL", "NUMERIC"))
    return spelled.replace(" ", "") if spelled.startswith("NUMERIC") else spelled
