"""Starts local-bigquery; runs under the emulator's own Python 3.13, never under the project's.

Nine things that the service does and the emulator does not are put right here, in the test's set-up,
so that the product carries nothing for them:

- After CREATE TABLE AS SELECT the service names the new table as the job's destination; dbt reads it.
- MERGE into a table that requires a partition filter has its filter in the merge condition (BigQuery's
  documentation, "Use filters in the merge condition"); the emulator looks for it in WHERE alone.
- MERGE inside a transaction: the emulator asks DuckDB for a transaction of its own, which spoils the
  one that is open.
- A column of type ARRAY<NUMERIC(p, s)> keeps its precision and scale ("Parameterized data types").
- CREATE TABLE CLONE reads no rows, so it needs no partition filter; the emulator makes a SELECT of it.
- CREATE TABLE COPY is another word for CLONE, and both take OPTIONS after the table that they copy; the emulator knows
  CLONE, and reads OPTIONS before it alone.
- A copy has the modes, scales, partitions and clusters of its table; the emulator makes it by CREATE TABLE AS SELECT.
- A column that was given another type has that type's precision and scale; the emulator keeps the former ones.
- CAST(NUMERIC AS STRING) has no trailing zeros (BigQuery's conversion rules); the emulator's has.

And two things took a sixth of its time in a backfill of all tables (2026-11-30): the catalog was asked anew at each place
of a statement that names a table, and DuckDB looked for pandas, which is not installed, at each value that goes through a
function in Python.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import threading

import duckdb
from local_bigquery import cli
from local_bigquery.catalog import ddl, names
from local_bigquery.catalog import tables as catalog_tables
from local_bigquery.engine import database, types
from local_bigquery.jobs import merge, query, runner
from local_bigquery.sql import script
from local_bigquery.sql.dialect import DuckDBDialect
from local_bigquery.sql.rules import ddl as ddl_rules
from local_bigquery.sql.rules import tables as table_rules
from sqlglot import exp

_run_query = runner._query


_COPY = re.compile(r"^(create\s+or\s+replace\s+table\s+`[^`]+`\s+)copy(\s+`[^`]+`)", re.IGNORECASE)
_CLONE_WITH_OPTIONS = re.compile(r"(\bclone\s+`[^`]+`)\s+(options\s*\(.*\))\s*$", re.IGNORECASE | re.DOTALL)


def _query_with_destination(job, session, running):  # type: ignore[no-untyped-def]
    cloned = _COPY.sub(r"\1clone\2", job.configuration.query.query)
    job.configuration.query.query = _CLONE_WITH_OPTIONS.sub(r"\2 \1", cloned)
    result = _run_query(job, session, running)
    config, statistics = job.configuration.query, result.query
    is_table = getattr(statistics, "statementType", None) == "CREATE_TABLE_AS_SELECT"  # a view has no rows to list
    if is_table and config.destinationTable is None and getattr(statistics, "ddlTargetTable", None):
        config.destinationTable = statistics.ddlTargetTable
    return result


runner._query = _query_with_destination

_check_table, _run_merge, _run_statement = table_rules._check, merge.run, query._run
_split = ddl_rules.split
_merging = threading.local()
_in_transaction: set[int] = set()


class _InsideTransaction:
    """A cursor that answers BEGIN as DuckDB does inside a transaction, without spoiling the transaction."""

    def __init__(self, cursor):  # type: ignore[no-untyped-def]
        self._cursor = cursor

    def execute(self, sql, *arguments):  # type: ignore[no-untyped-def]
        if sql == "BEGIN":
            raise duckdb.TransactionException("already inside a transaction")
        return self._cursor.execute(sql, *arguments)

    def __getattr__(self, name):  # type: ignore[no-untyped-def]
        return getattr(self._cursor, name)


def _check_outside_merge(tree, table, is_target):  # type: ignore[no-untyped-def]
    is_free = tree.meta.get("is_clone") or getattr(_merging, "is_filtered", False)
    return _check_table(tree, table, is_target or is_free)


def _split_marking_clones(tree):  # type: ignore[no-untyped-def]
    statements = _split(tree)
    for statement in statements if tree.args.get("clone") else ():
        statement.meta["is_clone"] = True
    return statements


def _merge(cursor, tree, context):  # type: ignore[no-untyped-def]
    # The emulator runs a MERGE as several SELECTs, whose ON holds the merge condition.
    _merging.is_filtered = any(tree.args["on"].find_all(exp.Between))
    try:
        return _run_merge(_InsideTransaction(cursor) if id(cursor) in _in_transaction else cursor, tree, context)
    finally:
        _merging.is_filtered = False


def _run(cursor, tree, *arguments):  # type: ignore[no-untyped-def]
    result = _run_statement(cursor, tree, *arguments)
    if isinstance(tree, exp.Transaction):
        _in_transaction.add(id(cursor))
    elif isinstance(tree, (exp.Commit, exp.Rollback)):
        _in_transaction.discard(id(cursor))
    context, _, _, is_dry = arguments[:4]
    if tree.args.get("clone") and not is_dry:
        _as_its_table(cursor, tree, context)
    actions = tree.args.get("actions") or () if isinstance(tree, exp.Alter) and not is_dry else ()
    for action in actions:
        if isinstance(action, exp.AlterColumn) and action.args.get("dtype"):
            _with_new_type(names.reference(tree.find(exp.Table), context.project_id, context.dataset_id), action)
    return result


def _as_its_table(cursor, tree, context):  # type: ignore[no-untyped-def]
    source, copy = (
        names.reference(table, context.project_id, context.dataset_id)
        for table in (tree.args["clone"].this, tree.find(exp.Table))
    )
    table, named = catalog_tables.load(*source), catalog_tables.name(*copy)
    fields = catalog_tables.fields(table)
    if table.numRows == "0":  # DuckLake makes no column of an empty table NOT NULL
        cursor.execute(f"create or replace table {named} ({', '.join(types.column(field) for field in fields)})")
    else:
        for field in fields:
            if field.mode == "REQUIRED":
                cursor.execute(f'alter table {named} alter column "{field.name}" set not null')
    kept = table.only("timePartitioning", "rangePartitioning", "clustering", "schema")
    catalog_tables.annotate(copy, kept)


def _with_new_type(reference, action):  # type: ignore[no-untyped-def]
    table, given = catalog_tables.load(*reference), ddl._parameters(action.args["dtype"])
    fields = [
        field.without("precision", "scale").replace(**given) if field.name == action.name else field
        for field in catalog_tables.fields(table)
    ]
    kept = table.only("schema").replace(schema={"fields": [field.dump() for field in fields]})
    catalog_tables.annotate(reference, kept)


table_rules._check, merge.run, query._run = _check_outside_merge, _merge, _run
ddl_rules.split = _split_marking_clones

_parameters = ddl._parameters


def _parameters_of_elements(kind):  # type: ignore[no-untyped-def]
    return _parameters(kind.expressions[0] if kind and kind.is_type("array") and kind.expressions else kind)


ddl._parameters = _parameters_of_elements

_cast_sql = DuckDBDialect.Generator.cast_sql


def _cast_to_text(self, expression, *arguments, **options):  # type: ignore[no-untyped-def]
    text = _cast_sql(self, expression, *arguments, **options)
    if expression.to.is_type("text", "varchar") and isinstance(expression.this, (exp.Column, exp.Round)):
        value = self.sql(expression, "this")
        trimmed = f"rtrim(rtrim({text}, '0'), '.')"
        return f"(CASE WHEN typeof({value}) LIKE 'DECIMAL%' AND contains({text}, '.') THEN {trimmed} ELSE {text} END)"
    return text


DuckDBDialect.Generator.cast_sql = _cast_to_text

# While one statement is translated, nothing is written: what the catalog said once it would say again.
_translating = threading.local()
_translate = query.translate


def _translate_once(*arguments):  # type: ignore[no-untyped-def]
    before = getattr(_translating, "told", None)
    _translating.told = {} if before is None else before
    try:
        return _translate(*arguments)
    finally:
        _translating.told = before


def _told_once(ask):  # type: ignore[no-untyped-def]
    def told(*arguments):  # type: ignore[no-untyped-def]
        known = getattr(_translating, "told", None)
        if known is None:
            return ask(*arguments)
        key = (ask, repr(arguments))
        if key not in known:
            known[key] = ask(*arguments)
        return list(known[key])

    return told


query.translate = script.translate = _translate_once
database.fetch, catalog_tables.columns = _told_once(database.fetch), _told_once(catalog_tables.columns)

if importlib.util.find_spec("pandas") is None:
    sys.modules["pandas"] = None  # type: ignore[assignment]

if __name__ == "__main__":
    cli.main()
