"""What Python asks of the parsed dbt project: a plain copy of a small part of dbt's manifest.

It can be kept in a file (`kept_graph`), so that who only reads needs no dbt, and it says whether two parses agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_ASKED = ("window_column", "window_days_before", "spans_season")  # of a model's `meta`


@dataclass(frozen=True)
class Node:
    """A model or a seed. `file` lies in the project, `checksum` is dbt's of what the file holds."""

    code: str
    parents: tuple[str, ...]
    macros: tuple[str, ...]
    materialized: str
    schema: str
    alias: str
    file: str
    checksum: str
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class AttachedTest:
    """A test of the node `attached_to`; `kind` is the generic test's name."""

    name: str
    kind: str
    attached_to: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class ProjectGraph:
    """Models and seeds by dbt's unique id, and their tests, by name: dbt's order differs between two parses."""

    package: str
    nodes: Mapping[str, Node]
    tests: tuple[AttachedTest, ...]

    def to_plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ProjectGraph:
        """:raises Exception: of whatever kind: that is no graph."""
        nodes = {
            name: Node(**{**of, "parents": tuple(of["parents"]), "macros": tuple(of["macros"])})
            for name, of in plain["nodes"].items()
        }
        tests = tuple(AttachedTest(**{**of, "parents": tuple(of["parents"])}) for of in plain["tests"])
        return cls(plain["package"], nodes, tests)


def graph_of(manifest: Manifest) -> ProjectGraph:
    """That part of a manifest. Models of an installed package are none of the project's: no run builds them."""
    package = str(manifest.metadata.project_name)
    nodes = [manifest.nodes[name] for name in sorted(manifest.nodes) if manifest.nodes[name].package_name == package]
    return ProjectGraph(
        package=package,
        nodes={
            node.unique_id: Node(
                code=getattr(node, "raw_code", ""),
                parents=tuple(getattr(node.depends_on, "nodes", ())),
                macros=tuple(node.depends_on.macros),
                materialized=node.config.materialized,
                schema=node.schema,
                alias=node.alias,
                file=node.original_file_path,
                checksum=node.checksum.checksum,
                meta={name: node.config.meta[name] for name in _ASKED if name in node.config.meta},
            )
            for node in nodes
            if node.resource_type in ("model", "seed")
        },
        tests=tuple(
            AttachedTest(
                name=node.name,
                kind=node.test_metadata.name,
                attached_to=node.attached_node,
                parents=tuple(node.depends_on.nodes),
            )
            for node in nodes
            if getattr(node, "attached_node", None) is not None
        ),
    )
