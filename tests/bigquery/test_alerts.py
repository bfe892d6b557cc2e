"""What alerts ask of BigQuery is valid GoogleSQL over the tables' contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from python_processors.alerts.findings import open_breakers
from python_processors.alerts.memory import LEDGER, Memory, recall
from python_processors.engines.bigquery.united import united
from python_processors.orchestration.request import Request
from python_processors.schema.tables import stored_tables
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT


class Analysing:
    """A session that has each query analysed and answers with no rows."""

    def __init__(self) -> None:
        self.catalog = googlesql.warehouse_catalog(PROJECT)
        self.queries: list[str] = []

    def named(self, relation: str) -> str:
        return f"`{PROJECT}.{relation}`"

    def columns(self, relation: str) -> list[str]:
        return [relation]

    def read(self, sql: str) -> pa.Table:
        self.queries.append(sql)
        return pa.table({name: pa.array([], pa.int64()) for name in self.catalog.analyse(sql)})

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        self.catalog.analyse(united(queries))
        return {name: self.read(sql) for name, sql in queries.items()}


def test_what_was_told_and_what_is_open_can_be_asked() -> None:
    session = Analysing()
    now = datetime(2021, 11, 27, 6, tzinfo=UTC)
    assert recall(session, now, timedelta(hours=23)) == Memory()  # type: ignore[arg-type]
    assert stored_tables()[LEDGER].partition_by == "game_date"
    assert "game_date >=" in session.queries[0], "BigQuery reads the table only with a filter on its partition"
    assert open_breakers(session, Request(date(2021, 10, 19), date(2021, 11, 19))) == []  # type: ignore[arg-type]
    assert len(session.queries) == 4
