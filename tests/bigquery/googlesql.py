"""Google's reference implementation of GoogleSQL, on a catalog of the project's own tables.

It refuses what the service refuses and computes what the service computes, as far as the language
goes; it knows nothing of partitions, jobs or permissions.
"""

from __future__ import annotations

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

import wasmtime
import yaml
from zetasql import types
from zetasql.core import ZetaSqlLocalService

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
        return ZetaSqlLocalService()
    finally:
        wasmtime.Module.from_file = compile_file


def language_options() -> types.LanguageOptions:
    """BigQuery's language: all features, and QUALIFY as the reserved word that it is there."""
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
        from zetasql.api import Analyzer

        catalog = types.SimpleCatalog(
            name="warehouse", builtin_function_options=self._builtin, table=list(self._used(sql))
        )
        statement = Analyzer(self._options, catalog, service()).analyze_statement(one_name_per_table(sql))
        outputs = getattr(statement, "output_column_list", None) or []
        return {output.name: output.column.type for output in outputs}

    def _used(self, sql: str) -> list[types.SimpleTable]:
        text = one_name_per_table(sql)
        return [table for name, table in self._tables.items() if f"`{name}`" in text]


def one_name_per_table(sql: str) -> str:
    """`p`.`d`.`t` as the one identifier `p.d.t`: the catalog is flat."""
    return re.sub(r"`([\w-]+)`\.`(\w+)`\.`(\w+)`", r"`\1.\2.\3`", sql)


def execute(sql: str) -> list[list[Any]]:
    """Rows of a query without tables; cells are whatever field of the value is set."""
    from zetasql.api import CatalogBuilder, PreparedQuery

    language = language_options()
    builtin = types.ZetaSQLBuiltinFunctionOptions(language_options=language)
    catalog = CatalogBuilder("empty").with_builtin_functions(builtin).build()
    options = types.AnalyzerOptions(language_options=language)
    builder = PreparedQuery.builder().set_sql(sql).set_analyzer_options(options).set_catalog(catalog)
    with builder.set_service(service()).prepare() as query:
        rows = query.execute().content.table_data.row
    return [[_cell(value) for value in row.cell] for row in rows]


def _cell(value: types.Value) -> Any:
    for name in ("int64_value", "double_value", "bool_value", "string_value"):
        found = getattr(value, name)
        if found is not None:
            return found
    return None


def literal(value: Any, kind: ContractType) -> str:
    """A stored value as a GoogleSQL literal of its contract type."""
    if kind.element is not None:
        elements = ", ".join(literal(element, kind.element) for element in value)
        return f"array<{kind.element.kind}>[{elements}]"
    if value is None:
        return f"cast(null as {kind.kind})"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"numeric '{value:f}'"
    if isinstance(value, datetime):
        return f"timestamp '{value:%Y-%m-%d %H:%M:%S.%f}+00:00'".replace(f"'{value:%Y}-", f"'{value.year:04d}-")
    if isinstance(value, date):
        return f"date '{value.year:04d}-{value.month:02d}-{value.day:02d}'"
    if isinstance(value, str):
        return (
            "'"
            + "".join(
                f"\\U{ord(letter):08x}" if not letter.isalnum() or ord(letter) > 127 else letter for letter in value
            )
            + "'"
        )
    if value == -(2**63):
        return "(-9223372036854775807 - 1)"
    return str(value)


def warehouse_catalog(project: str) -> Catalog:
    """Raw tables, hashed tables and their staging, the ledger and the seed, as contracts declare them."""
    made = Catalog()
    for raw in raw_tables().values():
        made.add(f"{project}.{raw.source}.{raw.name}", {c.name: sql_type(c.type) for c in raw.columns})
    for name in hashed_tables():
        contract = load_contract(name)
        columns = {column.name: sql_type(column.type.name) for column in contract.columns}
        made.add(f"{project}.{contract.relation}", columns)
        staged = {column: kind for column, kind in columns.items() if column not in RUN_TIMES}
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
    exceptions = {"table_name": "STRING", "first_date": "DATE", "last_date": "DATE", "reason": "STRING"}
    made.add(f"{project}.nba_ops.completeness_exceptions", {n: sql_type(t) for n, t in exceptions.items()})
    return made
