"""Google's reference implementation of GoogleSQL, on a catalog of the project's own tables.

It refuses what the service refuses and computes what the service computes, as far as the language
goes; it knows nothing of partitions, jobs or permissions.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import os
import re
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import wasmtime
import yaml
from google.protobuf.timestamp_pb2 import Timestamp
from zetasql import types
from zetasql.core import ZetaSqlLocalService
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

from python_processors.contract import PROJECT_ROOT, ContractType, hashed_tables, load_contract
from python_processors.raw_contract import raw_tables

RUN_TIMES = ("created_at", "processed_at", "quality_calculated_at")  # written at publish, not staged

KINDS = {
    "INT64": "TYPE_INT64",
    "FLOAT64": "TYPE_DOUBLE",
    "BOOL": "TYPE_BOOL",
    "STRING": "TYPE_STRING",
    "DATE": "TYPE_DATE",
    "DATETIME": "TYPE_DATETIME",
    "TIMESTAMP": "TYPE_TIMESTAMP",
    "NUMERIC": "TYPE_NUMERIC",
    "JSON": "TYPE_JSON",
}


@functools.cache
def service() -> ZetaSqlLocalService:
    """The compiled module, kept between test runs: compiling takes half a minute."""
    version = importlib.metadata.version("zetasql")
    runtime = importlib.metadata.version("wasmtime")
    cache = Path(tempfile.gettempdir()) / f"googlesql-{version}-{runtime}-{os.getuid()}.cwasm"
    compile_file = wasmtime.Module.from_file

    def from_cache(engine: wasmtime.Engine, path: str) -> wasmtime.Module:
        if cache.exists():
            try:
                return wasmtime.Module.deserialize_file(engine, str(cache))
            except wasmtime.WasmtimeError:  # of another machine's processor, or cut short
                cache.unlink()
        module = compile_file(engine, path)
        partial = cache.with_suffix(f".{os.getpid()}")
        partial.write_bytes(module.serialize())
        partial.replace(cache)
        return module

    wasmtime.Module.from_file = from_cache
    try:
        made = ZetaSqlLocalService.get_instance()  # the one that the library itself asks for options
    finally:
        wasmtime.Module.from_file = compile_file
    # The client copies each byte in a loop of Python.
    client = made.wasm_client

    def address(start: int) -> int:
        return ctypes.addressof(client.memory.data_ptr().contents) + start

    client.write_bytes = lambda start, data: ctypes.memmove(address(start), data, len(data))
    client.read_bytes = lambda start, size: ctypes.string_at(address(start), size)
    return made


def language_options() -> types.LanguageOptions:
    """BigQuery's language: all features, and QUALIFY as the reserved word that it is there."""
    service()
    language = types.LanguageOptions.maximum_features()
    language.reserved_keywords = ["QUALIFY"]
    return language


def sql_type(name: str) -> types.Type:
    """A contract type or raw type; precision and scale are no part of GoogleSQL's own types."""
    if name.startswith("ARRAY<"):
        element = sql_type(name[len("ARRAY<") : -1])
        return types.Type(type_kind=types.TypeKind.TYPE_ARRAY, array_type=types.ArrayType(element_type=element))
    return types.Type(type_kind=getattr(types.TypeKind, KINDS[name.partition("(")[0]]))


def type_name(kind: types.Type) -> str:
    """The name of a resolved type, as contracts spell it."""
    if kind.type_kind == types.TypeKind.TYPE_ARRAY:
        return f"ARRAY<{type_name(kind.array_type.element_type)}>"
    return next(name for name, constant in KINDS.items() if getattr(types.TypeKind, constant) == kind.type_kind)


class Catalog:
    """Tables by their full name, `project.dataset.table`, and queries analysed against them."""

    def __init__(self) -> None:
        language = language_options()
        self._options = types.AnalyzerOptions(language_options=language)
        self._builtin = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
        self._tables: dict[str, types.SimpleTable] = {}

    def add(self, name: str, columns: Mapping[str, types.Type]) -> None:
        described = [types.SimpleColumn(name=column, type=kind) for column, kind in columns.items()]
        self._tables[name] = types.SimpleTable(name=name, column=described)

    def analyse(self, sql: str) -> dict[str, types.Type]:
        """Columns and types of a query, {} for a statement without any.

        :raises Exception: the query is no valid GoogleSQL over these tables.
        """
        catalog = types.SimpleCatalog(
            name="warehouse", builtin_function_options=self._builtin, table=list(self._used(sql))
        )
        request = types.AnalyzeRequest(
            sql_statement=one_name_per_table(sql), options=self._options, simple_catalog=catalog
        )
        # Of the whole resolved statement only the columns are made objects of the library's.
        answer = service().wasm_client.call_grpc_func(
            "ZetaSqlLocalService_Analyze", request.to_proto(), local_service_pb2.AnalyzeResponse
        )
        query = answer.resolved_statement.resolved_query_stmt_node
        return {output.name: types.Type.from_proto(output.column.type) for output in query.output_column_list}

    def _used(self, sql: str) -> list[types.SimpleTable]:
        text = one_name_per_table(sql)
        return [table for name, table in self._tables.items() if f"`{name}`" in text]


def one_name_per_table(sql: str) -> str:
    """`p`.`d`.`t` as the one identifier `p.d.t`: the catalog is flat."""
    return re.sub(r"`([\w-]+)`\.`(\w+)`\.`(\w+)`", r"`\1.\2.\3`", sql)


def execute(sql: str, rows: pa.Table | None = None, kinds: Mapping[str, ContractType] | None = None) -> list[list[Any]]:
    """Rows of a query; cells are whatever field of the value is set.

    :param rows: what the query's table `given` holds, if it has one, in the columns of `kinds`.
    """
    kinds = kinds or {}
    language = language_options()
    builtin = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
    columns = [types.SimpleColumn(name=name, type=sql_type(kind.name)) for name, kind in kinds.items()]
    tables = [types.SimpleTable(name="given", column=columns)] if kinds else []
    catalog = types.SimpleCatalog(name="given", builtin_function_options=builtin, table=tables)
    options = types.AnalyzerOptions(language_options=language)
    request = types.EvaluateQueryRequest(sql=sql, options=options, simple_catalog=catalog).to_proto()
    if rows is not None:
        content = request.table_content["given"].table_data
        for values in zip(*(rows[name].to_pylist() for name in kinds), strict=True):
            content.row.add(cell=map(stored, values, kinds.values()))
    answer = service().wasm_client.call_grpc_func(
        "ZetaSqlLocalService_EvaluateQuery", request, local_service_pb2.EvaluateQueryResponse
    )
    return [[_cell(value) for value in row.cell] for row in answer.content.table_data.row]


def _cell(value: ValueProto) -> Any:
    field = value.WhichOneof("value")
    return None if field is None else getattr(value, field)


def stored(value: Any, kind: ContractType) -> ValueProto:
    """A stored value as GoogleSQL holds it."""
    if value is None:
        return ValueProto()
    if kind.element is not None:
        elements = [stored(element, kind.element) for element in value]
        return ValueProto(array_value=ValueProto.Array(element=elements))
    if isinstance(value, bool):
        return ValueProto(bool_value=value)
    if isinstance(value, Decimal):  # billionths, the lowest byte first
        return ValueProto(numeric_value=int(value.scaleb(9)).to_bytes(16, "little", signed=True))
    if isinstance(value, datetime):
        moment = Timestamp()
        moment.FromDatetime(value)
        return ValueProto(timestamp_value=moment)
    if isinstance(value, date):
        return ValueProto(date_value=(value - date(1970, 1, 1)).days)
    if isinstance(value, str):
        return ValueProto(string_value=value)
    if isinstance(value, float):
        return ValueProto(double_value=value)
    return ValueProto(int64_value=value)


def warehouse_catalog(project: str) -> Catalog:
    """Raw tables, hashed tables and their staging, the ledger and the seeds, as contracts declare them."""
    made = Catalog()
    for raw in raw_tables().values():
        made.add(f"{project}.{raw.source}.{raw.name}", {c.name: sql_type(c.type) for c in raw.columns})
    for name in hashed_tables():
        contract = load_contract(name)
        columns = {column.name: sql_type(column.type.name) for column in contract.columns}
        made.add(f"{project}.{contract.relation}", columns)
        text = sql_type("STRING")  # of a JSON: Parquet has none
        kinds = {
            column.name: text if column.type.kind == "JSON" else columns[column.name] for column in contract.columns
        }
        staged = {column: kind for column, kind in kinds.items() if column not in RUN_TIMES}
        made.add(f"{project}.{contract.relation}__stage", staged)
    ops = yaml.safe_load((PROJECT_ROOT / "models" / "ops" / "_sources.yml").read_text())
    for table in ops["sources"][0]["tables"]:
        columns = {column["name"]: sql_type(column["data_type"]) for column in table["columns"]}
        made.add(f"{project}.nba_ops.{table['name']}", columns)
    for name in ("analytics_failures", "precompute_failures"):
        (ledger,) = yaml.safe_load((PROJECT_ROOT / "models" / "ops" / f"{name}.yml").read_text())["models"]
        made.add(f"{project}.nba_ops.{name}", {c["name"]: sql_type(c["data_type"]) for c in ledger["columns"]})
    arenas = {
        **dict.fromkeys(("venue", "team_abbr", "arena_name", "city", "region", "country", "timezone"), "STRING"),
        **dict.fromkeys(("latitude", "longitude"), "FLOAT64"),
    }
    made.add(f"{project}.nba_ops.arenas", {n: sql_type(t) for n, t in arenas.items()})
    spellings = ("spelling", "team_abbr", "used_by")
    made.add(f"{project}.nba_ops.team_spellings", {name: sql_type("STRING") for name in spellings})
    exceptions = {
        **dict.fromkeys(("table_name", "entity", "quarantine_reason", "reason", "reviewed_by"), "STRING"),
        **dict.fromkeys(("first_date", "last_date"), "DATE"),
        "row_count": "INT64",
    }
    made.add(f"{project}.nba_ops.completeness_exceptions", {n: sql_type(t) for n, t in exceptions.items()})
    return made
