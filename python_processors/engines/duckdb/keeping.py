"""Whole copies of tables, within a transaction of the session: nobody else writes meanwhile, and a kill undoes all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.engines.keeping import NotKeptError, TableOptions

_OF_TABLE = "database_name = current_database() and schema_name = ? and table_name = ?"


class DuckDBKeeper:
    """Comments stand for descriptions; there are no labels, and access is the file's."""

    def __init__(self, session: DuckDBSession) -> None:
        self._session = session

    def options(self, named: str) -> TableOptions | None:
        is_view = "database_name = current_database() and schema_name = ? and view_name = ?"
        if self._rows(f"select 1 from duckdb_views() where {is_view}", named):
            raise NotKeptError(named, "is a view", "make a table of it (`create table .. as select`), or rename it.")
        found = self._rows(f"select comment from duckdb_tables() where {_OF_TABLE}", named)
        if not found:
            return None
        of_columns = f"select column_name, comment from duckdb_columns() where {_OF_TABLE} and comment is not null"
        return TableOptions(found[0][0], columns=dict(self._rows(of_columns, named)))

    def copy(self, source: str, target: str, options: TableOptions, mark: str = "") -> None:
        # `create table as` would lose what may not be null, so the statement that made the table makes the copy.
        ((made,),) = self._rows(f"select sql from duckdb_tables() where {_OF_TABLE}", source)
        self._session.execute(f"drop table if exists {target}")
        self._session.execute(f"create table {target} {made[made.index('(') :]}")
        self._session.execute(f"insert into {target} from {source}")
        own = self._rows(f"select column_name, comment from duckdb_columns() where {_OF_TABLE}", source)
        for column, comment in own:
            if comment is not None:
                self._comment(f'column {target}."{column}"', comment)
        self._comment(f"table {target}", options.description)

    def mark_of(self, named: str) -> str:
        return ""

    def dress(self, named: str, options: TableOptions, mark: str = "") -> None:
        self._comment(f"table {named}", options.description)
        own = self._rows(f"select column_name from duckdb_columns() where {_OF_TABLE} and comment is null", named)
        for (column,) in own:
            if column in options.columns:
                self._comment(f'column {named}."{column}"', options.columns[column])

    def state(self, named: str) -> str:
        return ""

    def drop(self, named: str) -> None:
        self._session.execute(f"drop table if exists {named}")

    def names(self, dataset: str) -> list[str]:
        of_dataset = "database_name = current_database() and schema_name = ?"
        assert self._session.connection is not None
        found = self._session.connection.execute(
            f"select table_name from duckdb_tables() where {of_dataset}", [dataset]
        ).fetchall()
        return sorted(name for (name,) in found)

    def check_rights(self, datasets: Sequence[str], replaced: Mapping[str, str]) -> list[str]:
        return []  # who may write the file may do all

    def _rows(self, sql: str, named: str) -> list[Any]:
        assert self._session.connection is not None
        dataset, _, table = named.partition(".")
        return self._session.connection.execute(sql, [dataset, table]).fetchall()

    def _comment(self, on: str, text: str | None) -> None:
        quoted = "null" if text is None else "'" + text.replace("'", "''") + "'"
        self._session.execute(f"comment on {on} is {quoted}")
