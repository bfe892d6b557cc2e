"""Several queries as one: each gets its own rows, columns and types back."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from python_processors.engines.bigquery.united import divided, united

QUERIES = {
    "days": "select date '2021-10-19' as day, 2 as games union all select date '2021-10-20', null",
    "nobody": "select 'x' as name, cast(1 as decimal(5, 1)) as share where false",
    "unknown": "select cast(null as varchar) as name",
    "lists": "select [1.5, 2] as features",
}


def read(queries: dict[str, str]) -> dict[str, pa.Table]:
    """DuckDB takes an alias of rows for a struct of them, as BigQuery does."""
    return divided(duckdb.sql(united(queries)).to_arrow_table(), queries)


def test_each_query_has_its_own_rows() -> None:
    found = read(QUERIES)
    assert sorted(found["days"].to_pylist(), key=str) == [
        {"day": date(2021, 10, 19), "games": 2},
        {"day": date(2021, 10, 20), "games": None},
    ]
    assert found["lists"].to_pylist() == [{"features": [1.5, 2.0]}]


def test_a_query_without_rows_keeps_its_columns_and_types() -> None:
    alone = duckdb.sql(QUERIES["nobody"]).to_arrow_table()
    assert (read(QUERIES)["nobody"].num_rows, read(QUERIES)["nobody"].schema) == (0, alone.schema)


def test_a_row_of_nulls_is_a_row() -> None:
    assert read(QUERIES)["unknown"].to_pylist() == [{"name": None}]


def test_one_query_alone_is_the_same() -> None:
    assert read({"lists": QUERIES["lists"]})["lists"].to_pylist() == [{"features": [1.5, 2.0]}]
