"""Every compiled model and test is valid GoogleSQL, its types fit the contracts, and the hash's SQL
twin computes the Python hasher's hashes: by Google's reference implementation of the language."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from sqlfluff.core import FluffConfig, Linter
from zetasql import types

from python_processors.contract import PROJECT_ROOT, ContractType, hashed_tables, load_contract
from python_processors.engines.bigquery.united import united
from python_processors.hashing import data_hashes
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT, Compiled, in_dag_order
from tests.integration.test_hash_twin import TYPES, awkward_rows
from tests.unit.contracts import as_node, contract_of
from tests.unit.test_hashing import HELD, VECTORS
from tests.warehouse import Warehouse, environment

ROWS = 20_000


@pytest.fixture(scope="session")
def catalog() -> googlesql.Catalog:
    return googlesql.warehouse_catalog(PROJECT)


@pytest.fixture(scope="session")
def analysed(catalog: googlesql.Catalog, compiled: dict[str, Compiled]) -> dict[str, dict[str, str]]:
    """Columns and types of every node's query; a model's become a table for those that read it."""
    problems, found, hashed = [], {}, hashed_tables()
    for node in in_dag_order(compiled):
        try:
            columns = catalog.analyse(node.sql)
        except Exception as error:
            problems.append(f"{node.name}: {error}")
            continue
        found[node.name] = {name: googlesql.type_name(kind) for name, kind in columns.items()}
        if node.kind == "model" and node.name not in hashed:
            catalog.add(node.relation, columns)
    assert not problems, "\n".join(problems)
    return found


def test_every_model_and_test_is_valid_googlesql(
    analysed: dict[str, dict[str, str]], compiled: dict[str, Compiled]
) -> None:
    assert set(analysed) == {node.name for node in compiled.values()}


@pytest.mark.parametrize("table", hashed_tables())
def test_what_a_processor_selects_fits_its_contract(analysed: dict[str, dict[str, str]], table: str) -> None:
    """A contract's column that the query names has its type; whole numbers may go into NUMERIC, both into
    FLOAT64, and a column that is null for good has any type."""
    widened = {("INT64", "NUMERIC"), ("INT64", "FLOAT64"), ("NUMERIC", "FLOAT64")}
    columns = analysed[table]
    wrong = {}
    for column in load_contract(table).processor_columns:
        found = columns.get(column.name)
        kind = column.type.name.partition("(")[0]
        if found not in (None, kind) and (found, kind) not in widened:
            wrong[column.name] = (found, kind)
    assert wrong == {}


def test_the_catalog_refuses_what_the_service_refuses(catalog: googlesql.Catalog) -> None:
    """The check can fail: a date compared with a timestamp, a column that is not there, DuckDB's casts."""
    table = f"`{PROJECT}`.`nba_raw`.`nbac_schedule`"
    for sql in (
        f"select 1 from {table} where game_date = processed_at",
        f"select no_such_column from {table}",
        "select 1::int64",
        f"select game_id, count(*) from {table}",
    ):
        with pytest.raises(Exception, match=r"."):
            catalog.analyse(sql)


def compiled_inline(inline: str, key_file: Path, tmp_path: Path, **variables: object) -> str:
    """What Jinja compiles to on BigQuery, without a connection."""
    with environment(
        FULLCOURT_TARGET="bigquery", FULLCOURT_BIGQUERY_PROJECT=PROJECT, FULLCOURT_BIGQUERY_KEYFILE=str(key_file)
    ):
        warehouse = Warehouse(tmp_path / "unused.duckdb", tmp_path)
        arguments = ("--no-populate-cache", "--no-introspect", "--inline", inline)
        outcome = warehouse.dbt("compile", *arguments, **variables)
    assert outcome.success, outcome.failures or outcome.error
    (path,) = (tmp_path / "target" / "compiled").rglob("inline_query*")
    return path.read_text(encoding="utf-8")


def twin_sql(columns: dict[str, dict[str, object]], key_file: Path, tmp_path: Path, macro: str = "") -> str:
    """What data_hash() compiles to on BigQuery for these columns, or what `macro` does."""
    inline = macro or "data_hash(" + json.dumps({"columns": columns}).replace("null", "none") + ")"
    return compiled_inline("{{ " + inline + " }}", key_file, tmp_path)


@pytest.mark.parametrize("kind", sorted({kind for _, kind in HELD.values()}))
def test_the_twin_gives_every_vectors_hash(kind: str, key_file: Path, tmp_path: Path) -> None:
    names = sorted(name for name, (_, held) in HELD.items() if held == kind)
    parsed = ContractType.parse(kind)
    twin = twin_sql({"x": {"name": "x", "data_type": kind, "config": {"meta": {}}}}, key_file, tmp_path)
    kinds = {"id": ContractType.parse("INT64"), "x": parsed}
    rows = pa.table({"id": range(len(names)), "x": pa.array([HELD[name][0] for name in names], parsed.arrow)})
    found = googlesql.execute(f"select {twin} from given order by id", rows, kinds)
    assert [h for (h,) in found] == [VECTORS[name]["v1"] for name in names]


def test_the_twin_agrees_with_the_hasher_on_twenty_thousand_rows(key_file: Path, tmp_path: Path) -> None:
    contract = contract_of(TYPES)
    rows = awkward_rows(random.Random(20211019), ROWS, contract)
    twin = twin_sql(as_node(contract), key_file, tmp_path)
    kinds = {c.name: c.type for c in contract.columns if c.name in rows.column_names}
    found = [h for (h,) in googlesql.execute(f"select {twin} from given order by id", rows, kinds)]
    assert found == data_hashes(rows, contract).to_pylist()


def test_a_double_in_googlesql_is_printed_as_the_decimal_of_its_scale_and_no_other(
    key_file: Path, tmp_path: Path
) -> None:
    """Also at 15 digits, which GoogleSQL prints with 17; one that is of no such scale is none of these texts."""
    rng = random.Random(20211019)
    units = [0, 1, -1, 10**15 - 1, 1 - 10**15, *(rng.randrange(-(10**15), 10**15) for _ in range(2_000))]
    units += [rng.randrange(-(10**6), 10**6) for _ in range(2_000)]
    changed = [0.00005, 0.12345, 1e300, -1e300, 5e-324, float("nan"), float("inf"), 0.1 + 2**-56]
    contract = contract_of({"x": "FLOAT64(4)"})
    values = [unit / 10**4 for unit in units] + changed
    expected = [repr(unit / 10**4) for unit in units]
    text = twin_sql({}, key_file, tmp_path, macro="json_text('x', 'FLOAT64(4)')")
    rows = pa.table({"id": range(len(values)), "x": values})
    kinds = {c.name: c.type for c in contract.columns if c.name in ("id", "x")}
    found = [of for (of,) in googlesql.execute(f"select {text} from given order by id", rows, kinds)]
    assert found[: len(units)] == expected
    assert not {float(of) for of in found[len(units) :]} & {float(of) for of in expected}


PUBLISHES = """
{%- if execute -%}
{%- for name in TABLES -%}
{%- set node = node_named(name) -%}
{%- set target = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias) -%}
{%- set stage, ledger = stage_relation(target, '__stage'), source('nba_ops', 'publish_ledger') -%}
{{ publish_script(node, target, stage, ledger, {'logic_version': 'v'}) }};
{{ deletions_sql(node, target, stage, ledger) }};
{{ played_feed_rows_sql() }};
{{ lost_rows_select(name, target, node.config.meta.partition_by, 'not ' ~ in_window(node.config.meta.partition_by)) }};
{% endfor -%}
{%- endif -%}
"""


@pytest.mark.parametrize("replaced", [{}, {table: ["2021-10-20", "2021-10-21"] for table in hashed_tables()}])
def test_what_publishes_is_valid_googlesql(
    catalog: googlesql.Catalog, key_file: Path, tmp_path: Path, replaced: dict[str, list[str]]
) -> None:
    """Every statement of every table, with and without dates that are replaced."""
    inline = PUBLISHES.replace("TABLES", str(list(hashed_tables())))
    script = compiled_inline(inline, key_file, tmp_path, replaced=replaced)
    statements = [part.strip() for part in script.split(";") if part.strip()]
    control = [part for part in statements if part in ("begin transaction", "commit transaction")]
    sql = [part for part in statements if part not in control]
    assert [part.split()[0] for part in sql] == ["insert", "delete", "merge", "with", "select", "select"] * len(
        hashed_tables()
    )
    assert len(control) == 2 * len(hashed_tables())
    problems = []
    for part in sql:
        try:
            catalog.analyse(part)
        except Exception as error:
            problems.append(f"{error}: {part[:200]}")
    assert not problems, "\n".join(problems)


def test_rounding_to_whole_tenths_agrees_where_rounding_doubles_does_not(key_file: Path, tmp_path: Path) -> None:
    """round(x, 1) of a double near a tie differs between engines; tenths as integers do not."""
    import duckdb

    ties = [n / 20 for n in range(-2001, 2002, 2)] + [n / 10 + 0.05 for n in range(400)]
    text = ", ".join(repr(tie) for tie in ties)
    expression = "cast(round(10 * x) as int64)"
    found = [n for (n,) in googlesql.execute(
        f"select {expression} from unnest([{text}]) as x with offset as position order by position"
    )]  # fmt: skip
    with duckdb.connect() as connection:
        ours = connection.sql(
            f"select {expression} from (select unnest([{text}]::double[]) as x, generate_subscripts([{text}], 1) as n)"
            " order by n"
        ).fetchall()
    assert found == [n for (n,) in ours]


def test_playing_time_is_read_in_googlesql_as_in_duckdb(key_file: Path, tmp_path: Path) -> None:
    """The claim that DuckDB is held to, with its list of texts."""
    claim = PROJECT_ROOT / "tests" / "dbt" / "claims" / "playing_time_is_read_in_every_form_of_the_feeds.sql"
    differences = compiled_inline(claim.read_text(encoding="utf-8"), key_file, tmp_path)
    assert "PT34M12.00S" in differences
    assert googlesql.execute(differences) == []
    assert len(googlesql.execute(differences.replace("{1,2}", "{2}"))) > 0


def test_a_fingerprint_in_googlesql_is_the_hashers(key_file: Path, tmp_path: Path) -> None:
    from python_processors.hashing import fingerprint

    hashes = [f"{random.Random(n).randrange(2**64):016x}" for n in range(500)]
    expression = twin_sql({}, key_file, tmp_path, macro="partition_fingerprint('data_hash')")

    def of(texts: list[str]) -> str:
        listed = ", ".join(f"'{text}'" for text in texts)
        return str(googlesql.execute(f"select {expression} from unnest([{listed}]) as data_hash")[0][0])

    count, sums = fingerprint(pa.array(hashes)).split(":", 1)
    assert of(hashes) == f"{count}:{sums}"
    no_hashes = ["", "00000001", "000000000000000g", "00000001FFFFFFFF"]
    assert of(hashes + no_hashes) == f"{int(count) + len(no_hashes)}:{sums}"


@pytest.mark.parametrize(
    "layer", ["staging", "dimensions", "intermediate", "analytics", "precompute", "predictions", "ops"]
)
def test_compiled_models_parse_in_sqlfluffs_bigquery_dialect(compiled: dict[str, Compiled], layer: str) -> None:
    linter = Linter(config=FluffConfig(overrides={"dialect": "bigquery", "templater": "raw"}))
    names = {path.stem for path in (PROJECT_ROOT / "models" / layer).glob("*.sql")}
    nodes = [node for node in compiled.values() if node.kind == "model" and node.name in names]
    assert {node.name for node in nodes} == names
    problems = {node.name: [str(v) for v in linter.parse_string(node.sql).violations] for node in nodes}
    assert {name: found for name, found in problems.items() if found} == {}


def test_several_queries_are_one_in_googlesql() -> None:
    parts = {"days": "select date '2021-10-19' as day", "nobody": "select 'x' as name, numeric '1' as n limit 0"}
    columns = googlesql.Catalog().analyse(united(parts))
    assert {name: kind.type_kind for name, kind in columns.items()} == dict.fromkeys(parts, types.TypeKind.TYPE_STRUCT)
