"""BigQuery without BigQuery: models compiled offline, and a key of no account to compile them with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from python_processors.contract import PROJECT_ROOT
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from tests.bigquery.raw import local_server, settings_of
from tests.emulator import server
from tests.warehouse import WEEK, Warehouse, environment

PROJECT = "offline-project"


@pytest.fixture(scope="session")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service account's key file that opens nothing: made here, used offline."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = tmp_path_factory.mktemp("key") / "key.json"
    path.write_text(json.dumps({
        "type": "service_account", "project_id": PROJECT, "private_key_id": "none", "private_key": pem,
        "client_email": f"nobody@{PROJECT}.iam.gserviceaccount.com", "client_id": "1",
        "token_uri": "http://127.0.0.1:1/token",
    }))  # fmt: skip
    return path


@pytest.fixture(scope="module")
def emulator() -> Iterator[server.Emulator]:
    """A local server, for the tests of a file."""
    with local_server() as started:
        yield started


@pytest.fixture
def session(emulator: server.Emulator) -> Iterator[BigQuerySession]:
    """A session at it, by the settings of the target."""
    with environment(**settings_of(emulator)):
        warehouse = warehouse_of_target()
        assert isinstance(warehouse, BigQueryWarehouse)
        with warehouse.writing() as opened:
            yield opened


@dataclass(frozen=True)
class Compiled:
    """A node of the compiled project, with its SQL for BigQuery."""

    name: str
    kind: str
    relation: str
    sql: str
    depends_on: tuple[str, ...]


@pytest.fixture(scope="session")
def compiled(key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    """Every model and test, compiled for the bigquery target without a connection, in DAG order."""
    folder = tmp_path_factory.mktemp("compiled")
    warehouse = Warehouse(folder / "unused.duckdb", folder)
    with environment(
        FULLCOURT_TARGET="bigquery", FULLCOURT_BIGQUERY_PROJECT=PROJECT, FULLCOURT_BIGQUERY_KEYFILE=str(key_file)
    ):
        outcome = warehouse.dbt(
            "compile", "--no-populate-cache", "--no-introspect", "--write-json", window=WEEK, claims=True
        )
    assert outcome.success, outcome.failures or outcome.error
    manifest: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    found = {}
    for identifier, node in manifest["nodes"].items():
        if node["resource_type"] in ("model", "test"):
            assert node.get("compiled_code"), f"{identifier} was not compiled"
            found[identifier] = Compiled(
                node["name"], node["resource_type"], (node.get("relation_name") or "").replace("`", ""),
                node["compiled_code"], tuple(node["depends_on"]["nodes"]),
            )  # fmt: skip
    return found


def in_dag_order(nodes: dict[str, Compiled]) -> list[Compiled]:
    """Parents before children."""
    ordered: dict[str, Compiled] = {}

    def visit(identifier: str) -> None:
        if identifier in nodes and identifier not in ordered:
            for parent in nodes[identifier].depends_on:
                visit(parent)
            ordered[identifier] = nodes[identifier]

    for identifier in sorted(nodes):
        visit(identifier)
    return list(ordered.values())


def project_file(*parts: str) -> Path:
    return PROJECT_ROOT.joinpath(*parts)
