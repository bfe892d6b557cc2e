"""Columns and rows as BigQuery's API gives and takes them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pa_parquet
from google.cloud import bigquery

from python_processors.contract import Contract, ContractType
from python_processors.engines.live import Layout, LiveTable

MOST_CLUSTERS = 4  # columns that a table can be clustered by
# The API's own names of types, where they are not GoogleSQL's.
_SPELLED = {"INTEGER": "INT64", "BOOLEAN": "BOOL", "FLOAT": "FLOAT64"}


def type_of(field: bigquery.SchemaField) -> str:
    """A live column's type as contracts spell it: INT64, NUMERIC(5,1), ARRAY<STRING>."""
    name = _SPELLED.get(field.field_type, field.field_type)
    if field.precision:
        name = f"{name}({field.precision},{field.scale or 0})"
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else name


def live_table(table: bigquery.Table | None) -> LiveTable:
    """A table as the API has it; without columns where it has none."""
    if table is None:
        return LiveTable()
    columns = [(field.name, type_of(field), field.mode != "REQUIRED") for field in table.schema]
    return LiveTable(columns, _layout_of(table) if table.table_type == "TABLE" else None)


def _layout_of(table: bigquery.Table) -> Layout:
    time, numbers = table.time_partitioning, table.range_partitioning
    by = (time or numbers).field if time or numbers else None
    unit = time.type_.lower() if time else "range" if numbers else ""
    return Layout((by or "").lower(), unit, tuple(name.lower() for name in table.clustering_fields or ()))


def field_of(name: str, contract: Contract) -> bigquery.SchemaField:
    """A column of a contract as a load job takes it: Parquet has no JSON, so its text, which publishing parses."""
    column = next(column for column in contract.columns if column.name == name)
    kind: ContractType = column.type
    element = kind.element or kind
    is_decimal = element.kind == "NUMERIC"
    return bigquery.SchemaField(
        name,
        "STRING" if element.kind == "JSON" else element.kind,
        mode="REPEATED" if kind.element else "NULLABLE",
        precision=element.precision if is_decimal else None,
        scale=element.scale if is_decimal else None,
    )


def parquet_of(rows: pa.Table) -> io.BytesIO:
    """A file of rows, for a load job."""
    file = io.BytesIO()
    pa_parquet.write_table(rows, file, compression="zstd", use_compliant_nested_type=True)
    return file


def list_inference() -> bigquery.format_options.ParquetOptions:
    """Lists of the file are arrays, and no records of a list."""
    options = bigquery.format_options.ParquetOptions()
    options.enable_list_inference = True
    return options
