"""What publishes an environment is GoogleSQL, by Google's reference implementation of the language."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.bigquery.errors import Place
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration.promotion.copies import (
    Copy,
    DayCount,
    contents,
    count_days,
    days_statements,
    ledger_statement,
    rows_statements,
)
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT

DAY = date(2021, 10, 19)


class Asked(BigQuerySession):
    """Analyses what it is asked, and finds nothing."""

    def __init__(self, catalog: googlesql.Catalog) -> None:
        super().__init__(None, Place(PROJECT, "", ""), labels={})  # type: ignore[arg-type]  nothing is asked
        self.catalog, self.asked = catalog, 0

    def read(self, query: str):  # type: ignore[no-untyped-def]
        self.catalog.analyse(query)
        self.asked += 1
        return type("Nothing", (), {"to_pylist": list})()


@pytest.mark.parametrize("table", hashed_tables())
def test_what_is_looked_at_and_written_is_valid(table: str) -> None:
    """The environment is spelled as production here: the catalog knows one of each table."""
    session, contract = Asked(googlesql.warehouse_catalog(PROJECT)), load_contract(table)
    key = tuple(dict.fromkeys([*contract.key, contract.partition_by]))
    of = Copy(table, contract.relation, DAY, DAY, contract.partition_by, key)
    columns = {table: {column.name: column.type.name for column in contract.columns}}
    contents(session, [of], "", columns)
    count_days(session, [of], "", columns)
    counts = [DayCount(table, DAY, 1, 1, 0, 0, 0, 0, 0)]
    statements = [
        *rows_statements(session, of, "", columns[table], has_more=True), *days_statements(session, of, "", columns[table], [DAY]),
        ledger_statement(session, counts, {DAY: ("1:2:3", "abc")}, "a-run", datetime.now(UTC)),
    ]  # fmt: skip
    for statement in statements:
        session.catalog.analyse(statement)
    assert (session.asked, len(statements)) == (2, 7)
