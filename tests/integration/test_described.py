"""Every table and column that a build leaves is described, and every description is of something that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from python_processors.raw_loader import FILE_COLUMN
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
