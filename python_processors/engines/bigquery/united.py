"""Several queries as one job: BigQuery starts each job by itself, which takes a second whatever it reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa


def united(queries: Mapping[str, str]) -> str:
    """One query: each row is one of one of them, in a column of that name; all other columns are null."""

    def columns(name: str) -> str:
        return ", ".join(f"{'rows_of' if other == name else 'null'} as {other}" for other in queries)

    return " union all ".join(f"select {columns(name)} from ({sql}) as rows_of" for name, sql in queries.items())


def divided(rows: pa.Table, names: Collection[str]) -> dict[str, pa.Table]:
    """The rows of each of the queries again."""
    found = {}
    for name in names:
        column = rows[name].combine_chunks()
        of_query = column.filter(column.is_valid())
        found[name] = pa.Table.from_arrays(of_query.flatten(), names=[field.name for field in of_query.type])
    return found
