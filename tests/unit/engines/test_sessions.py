"""What a session is of: a connection of a run's own, or what dbt hands to a job."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.engines import session_of_job
from python_processors.engines.base import InvalidNameError, dataset_prefix
from python_processors.engines.duckdb.session import OUTCOME_VARIABLE, DuckDBSession
from python_processors.schema.tables import create_tables


@pytest.mark.parametrize("prefix", ["x'; drop table t; --", "x`.`y", "a b", "ä", "x\n", "x.y", "-"])
def test_a_prefix_that_would_be_read_as_sql_is_refused_by_name(prefix: str) -> None:
    with pytest.raises(InvalidNameError, match=r"FULLCOURT_DATASET_PREFIX is .*Nothing was changed"):
        dataset_prefix({"FULLCOURT_DATASET_PREFIX": prefix})


def test_a_prefix_of_letters_digits_and_underscores_is_taken_as_it_is() -> None:
    assert (dataset_prefix({}), dataset_prefix({"FULLCOURT_DATASET_PREFIX": "dev_1__"})) == ("", "dev_1__")


class Wrapped:
    """A connection as dbt-duckdb wraps it: it is no DuckDBPyConnection, and acts as one."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.mark.parametrize("wrapped", [Wrapped, lambda connection: connection], ids=["wrapped", "bare"])
def test_a_job_on_duckdb_reads_stages_and_leaves_its_outcome(
    connection: duckdb.DuckDBPyConnection, wrapped: Any
) -> None:
    session = session_of_job(wrapped(connection))
    rows = session.read("select 1 as points")
    session.stage("staged", rows, None)  # type: ignore[arg-type]
    session.leave_outcome("it's done")
    assert connection.execute("select * from staged").fetchall() == [(1,)]
    assert connection.execute(f"select getvariable('{OUTCOME_VARIABLE}')").fetchall() == [("it's done",)]
    assert session.keep_forever("staged") is None


def test_a_session_that_a_job_was_handed_is_its_session() -> None:
    session = SimpleNamespace(leave_outcome=lambda text: None)
    assert session_of_job(session) is session


def test_columns_are_as_contracts_spell_them(connection: duckdb.DuckDBPyConnection) -> None:
    session = DuckDBSession(connection)
    session.execute("create schema a; create table a.b (x bigint not null, y decimal(5,1)[], z timestamptz)")
    there = [("x", "INT64", False), ("y", "ARRAY<NUMERIC(5,1)>", True), ("z", "TIMESTAMP", True)]
    assert session.columns("a.b") == there
    session.execute("alter table a.b drop column z")
    assert session.live_columns(["a.b", "a.c"]) == {"a.b": there[:2], "a.c": []}
    session.append("a.b", pa.table({"x": [7]}))
    assert session.read("select * from a.b").to_pylist() == [{"x": 7, "y": None}]


def test_a_table_and_its_dataset_are_made_where_they_are_not_there_and_nothing_is_sent_where_they_are(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    session = DuckDBSession(connection)
    execute = session.execute
    monkeypatch.setattr(session, "execute", lambda sql: (sent.append(sql), execute(sql)))
    for _ in range(2):
        create_tables(session, "nba_ops.runs")
    assert [sql.partition(" nba_ops")[0] for sql in sent] == [
        "create schema if not exists", "create table if not exists",
    ]  # fmt: skip
    assert session.has_dataset("nba_ops")
    assert not session.has_dataset("nba_raw")
