"""The queries of a comparison are GoogleSQL, by Google's reference implementation of the language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from python_processors.compare.asked import Place as ComparedPlace
from python_processors.compare.asked import Span, pairs_of
from python_processors.compare.comparison import compare_together, queries_of
from python_processors.compare.differences import KINDS_OF_KEYS
from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.base import Location, Side, Sides
from python_processors.engines.bigquery.errors import Place
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.engines.bigquery.united import united
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT


@pytest.fixture(scope="module")
def catalog() -> googlesql.Catalog:
    return googlesql.warehouse_catalog(PROJECT)


@pytest.mark.parametrize("table", hashed_tables())
def test_a_comparison_of_two_projects_asks_in_googlesql(catalog: googlesql.Catalog, table: str) -> None:
    session = BigQuerySession(None, Place(PROJECT, "", ""), labels={})  # type: ignore[arg-type]  nothing is asked
    side, contract = session.side(Location()), load_contract(table)
    columns = [(column.name, column.type.name, True) for column in contract.columns]
    (pair,) = pairs_of(ComparedPlace.parse("."), ComparedPlace.parse("another-project"), [table])
    queries = queries_of(Sides(session, side, side), pair, columns, columns, Span(date(2021, 10, 19), None), 0.01)
    values = [(column.name, "null") for column in queries.columns] + [("rows", kind) for kind in KINDS_OF_KEYS]
    for sql in (queries.counts(), queries.differences(), queries.examples(values)):
        catalog.analyse(sql)


class Answering(BigQuerySession):
    """Analyses each job, and answers that one row differs in every way."""

    def __init__(self, catalog: googlesql.Catalog) -> None:
        super().__init__(None, Place(PROJECT, "", ""), labels={})  # type: ignore[arg-type]  nothing is asked
        self.catalog, self.jobs = catalog, list[list[str]]()

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        assert all(" in (date '2021-10-19', date '2021-10-21')" in sql for sql in queries.values())
        self.jobs.append(sorted(queries))
        self.catalog.analyse(united(queries))
        return {name: self._answer(self.catalog.analyse(sql)) for name, sql in queries.items()}

    @staticmethod
    def _answer(names: list[str]) -> pa.Table:
        of: dict[str, Any] = {"side": "one", "day": date(2021, 10, 19), "column_name": "points", "kind": "number"}
        return pa.table({name: [of.get(name, 1)] for name in names})


def test_tables_are_compared_together_in_two_jobs(catalog: googlesql.Catalog) -> None:
    """Only dates that differ, and examples of so many findings alone."""
    session, days = Answering(catalog), (date(2021, 10, 19), date(2021, 10, 21))
    places = (ComparedPlace.parse("prod"), ComparedPlace.parse("dev"))
    columns = {load_contract(table).relation: [(of.name, of.type.name, True) for of in load_contract(table).columns]
               for table in hashed_tables()}  # fmt: skip
    sides = [Side(session.named, columns.__getitem__)] * 2  # the catalog knows one of each table
    spans = {table: Span(*days, days) for table in hashed_tables()[:-1]}
    found = compare_together(Sides(session, *sides), pairs_of(*places, None), places, spans, 40)
    assert [len(job) for job in session.jobs[:1]] == [2 * len(spans)]
    assert len(session.jobs) == 2
    assert [(of.table, bool(of.findings)) for of in found] == [(table, table in spans) for table in hashed_tables()]
    assert {of.column for of in found[0].findings if of.examples} == {"points"}
