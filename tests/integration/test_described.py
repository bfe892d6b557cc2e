"""Every table and column that a build leaves is described, and every description is of something that is there."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import PROJECT_ROOT, hashed_tables
from python_processors.raw_loader import FILE_COLUMN
from python_processors.yaml_files import read_yaml
from tests.integration.conftest import at_work
from tests.warehouse import Warehouse

Described = Mapping[tuple[str, str], Any]


@pytest.fixture(scope="module")
def nodes(built: Warehouse) -> Described:
    """Models, seeds and sources of the parsed project, by dataset and name."""
    with at_work(built) as (project, _):
        manifest = project.manifest
    found = [*manifest.nodes.values(), *manifest.sources.values()]
    return {(node.schema, node.name): node for node in found if node.resource_type in ("model", "seed", "source")}


@pytest.fixture(scope="module")
def columns(built: Warehouse) -> dict[tuple[str, str], set[str]]:
    """Columns of every table and view of the built week."""
    rows = built.query(
        "select schema_name, table_name, list(column_name) from duckdb_columns()"
        " where database_name = current_database() and schema_name like 'nba%' group by all"
    )
    return {(schema, table): set(names) - {FILE_COLUMN} for schema, table, names in rows}


def test_every_table_is_described(nodes: Described) -> None:
    assert {name for name, node in nodes.items() if not node.description.strip()} == set()


def test_no_table_is_left_out_of_the_project(nodes: Described, columns: dict[tuple[str, str], set[str]]) -> None:
    assert set(columns) - set(nodes) == set()


def test_every_column_is_described(nodes: Described, columns: dict[tuple[str, str], set[str]]) -> None:
    """A new column needs a line in its model's property file: what it is, and what null means."""
    undescribed = {
        f"{schema}.{table}.{name}"
        for (schema, table), names in columns.items()
        for name in names
        if not (column := nodes[schema, table].columns.get(name)) or not column.description.strip()
    }
    assert undescribed == set()


def test_no_description_is_of_a_column_that_is_gone(nodes: Described, columns: dict[tuple[str, str], set[str]]) -> None:
    gone = {
        f"{schema}.{table}.{name}"
        for (schema, table), node in nodes.items()
        for name in node.columns
        if (schema, table) in columns and name not in columns[schema, table]
    }
    assert gone == set()


def test_the_lineage_ends_with_those_who_read(built: Warehouse) -> None:
    with at_work(built) as (project, _):
        exposures = {exposure.name: exposure for exposure in project.manifest.exposures.values()}
        assert set(exposures) == {"coverage_report", "props_models"}
        read = [node.rpartition(".")[2] for node in exposures["coverage_report"].depends_on.nodes]
        assert sorted(read) == sorted([*project.tables, "coverage", "blocked_dates"])
    assert all(exposure.description for exposure in exposures.values())


def test_a_column_that_is_null_somewhere_says_what_that_means(built: Warehouse, nodes: Described) -> None:
    unsaid = set()
    for (schema, table), node in nodes.items():
        if node.resource_type == "model" and node.config.materialized != "ephemeral":
            counts = ", ".join(f"count({name})" for name in node.columns)
            ((rows, *known),) = built.query(f"select count(*), {counts} from {schema}.{table}")
            for (name, column), there in zip(node.columns.items(), known, strict=True):
                if there < rows and "null" not in column.description.lower():
                    unsaid.add(f"{schema}.{table}.{name}: {column.description}")
    assert unsaid == set()


@pytest.fixture(scope="module")
def manifest(built: Warehouse) -> dict[str, Any]:
    with at_work(built) as (project, _):
        return dict(project.manifest.writable_manifest().to_dict(omit_none=False))


def rules_broken(manifest: dict[str, Any], folder: Path) -> tuple[int, set[str]]:
    """Exit code of dbt-bouncer, and the rules and nodes that it names."""
    (folder / "manifest.json").write_text(json.dumps(manifest, default=str))
    rules = (PROJECT_ROOT / "dbt-bouncer.yml").read_text()
    assert "\ndbt_artifacts_dir: target\n" in rules
    config = folder / "dbt-bouncer.yml"
    config.write_text(rules.replace("dbt_artifacts_dir: target", f"dbt_artifacts_dir: {folder}"))
    program = str(Path(sys.executable).parent / "dbt-bouncer")
    results = folder / "results.json"
    ran = subprocess.run(
        [program, "run", "--config-file", str(config), "--output-file", str(results)], capture_output=True, text=True
    )
    assert results.exists(), ran.stdout + ran.stderr
    found = json.loads(results.read_text())
    assert len(found) > 900  # 956 in 2026-11: a rule whose pattern meets nothing is kept by all
    return ran.returncode, {result["check_run_id"] for result in found if result["outcome"] != "success"}


def test_the_project_keeps_its_rules(manifest: dict[str, Any], tmp_path: Path) -> None:
    assert rules_broken(manifest, tmp_path) == (0, set())


def test_a_broken_rule_is_named(manifest: dict[str, Any], tmp_path: Path) -> None:
    broken = copy.deepcopy(manifest)
    nodes = broken["nodes"]
    for node in nodes.values():
        if node.get("attached_node") == "model.fullcourt.player_daily_cache":
            node["test_metadata"]["name"] = "another"
    nodes["model.fullcourt.ml_feature_store_v2"]["access"] = "protected"
    nodes["model.fullcourt.stg_nbac__schedule"]["depends_on"]["nodes"].append("model.fullcourt.player_game_summary")
    nodes["model.fullcourt.dim_games"]["description"] = ""
    broken["exposures"]["exposure.fullcourt.props_models"]["owner"]["name"] = None
    code, rules = rules_broken(broken, tmp_path)
    assert code == 1
    assert {(rule.split(":")[0], rule.split(":")[-1]) for rule in rules} == {
        ("check_model_has_unique_test", "player_daily_cache"),
        ("check_model_access", "ml_feature_store_v2"),
        ("check_lineage_permitted_upstream_models", "stg_nbac__schedule"),
        ("check_model_description_populated", "dim_games"),
        ("check_exposure_has_owner", "props_models"),
    }


def test_every_model_has_a_group_with_an_owner(manifest: dict[str, Any]) -> None:
    """One that has none belongs to no folder of dbt_project.yml."""
    owned = {group["name"] for group in manifest["groups"].values() if group["owner"]["name"]}
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert {node["name"] for node in models if node["group"] not in owned} == set()


def test_the_evaluator_is_told_by_which_tests_the_keys_of_hashed_tables_are_held(manifest: dict[str, Any]) -> None:
    """Its rule: a model has all tests of one of the lists. dbt's own stay, since it asks for their columns. Of a test that names
    several models it may take the last for the tested one (its issue 552): a proof names its table alone."""
    told = read_yaml(PROJECT_ROOT / "dbt_project.yml")["vars"]["dbt_project_evaluator"]["primary_key_test_macros"]
    assert told[0] == ["dbt.test_unique", "dbt.test_not_null"]
    used: dict[str, set[str]] = defaultdict(set)
    for node in manifest["nodes"].values():
        attached = node.get("attached_node") if node["resource_type"] == "test" else None
        if attached and node["depends_on"]["nodes"] == [attached]:
            used[attached] |= set(node["depends_on"]["macros"])
    held = {name for name, macros in used.items() if any({f"macro.{of}" for of in every} <= macros for every in told)}
    assert {f"model.fullcourt.{name}" for name in hashed_tables()} <= held


def test_a_test_is_named_by_its_table_and_what_it_claims(manifest: dict[str, Any]) -> None:
    """dbt's own names are of the arguments, end in `_` without one, and in a hash where they are long."""
    nodes = manifest["nodes"].values()
    attached = [node for node in nodes if node["resource_type"] == "test" and node.get("attached_node")]
    assert len(attached) > 20  # 26 in 2026-11
    assert {node["name"] for node in attached if not is_readable(node)} == set()
    of_dbt = {"attached_node": "model.fullcourt.coverage", "column_name": None}
    for name in ("every_date_is_accounted_for_coverage_", "complete_against_schedule_coverage_expected_boxes"):
        arguments = {"expected": "expected_boxes"} if name.endswith("boxes") else {}
        metadata = {"name": name.partition("_coverage")[0], "kwargs": arguments}
        assert not is_readable({**of_dbt, "name": name, "test_metadata": metadata})


def is_readable(test: Mapping[str, Any]) -> bool:
    """Of a test of a column dbt's name is as short as one can be: `not_null_arenas_city`."""
    name, table = test["name"], test["attached_node"].rpartition(".")[2]
    of_dbt = f"{test['test_metadata']['name']}_{table}_"
    of_column = {f"{of_dbt}{test['column_name']}"} if test["column_name"] else set()
    return table in name and len(name) <= 60 and (name in of_column or not name.startswith(of_dbt))
