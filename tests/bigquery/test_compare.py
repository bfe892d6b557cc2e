"""The queries of a comparison are GoogleSQL, by Google's reference implementation of the language."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.compare.asked import Place as ComparedPlace
from python_processors.compare.asked import Span, pairs_of
from python_processors.compare.comparison import queries_of
from python_processors.compare.differences import KINDS_OF_KEYS
from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.base import Location, Sides
from python_processors.engines.bigquery.errors import Place
from python_processors.engines.bigquery.session import BigQuerySession
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
