"""What Python asks of the parsed dbt project: a plain copy of a small part of dbt's manifest.

It can be kept in a file (`kept_graph`), so that who only reads needs no dbt, and it says whether two parses agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from python_processors.contract.files import PROOF
from python_processors.errors import FullcourtError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_ASKED = ("window_column", "window_days_before", "spans_season")  # of a model's `meta`


class ReadsError(FullcourtError):
    """A model or a check reads what nothing would watch, or what is not there yet."""


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
    """That part of a manifest, without the models of installed packages: no run builds or watches them.

    :raises ReadsError: a model reads one of those, or a check what its table does not come of.
    """
    package = str(manifest.metadata.project_name)
    nodes = [manifest.nodes[name] for name in sorted(manifest.nodes) if manifest.nodes[name].package_name == package]
    graph = ProjectGraph(
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
    _check_packages(graph)
    for node in nodes:
        if getattr(node, "attached_node", None) is not None and node.test_metadata.name == PROOF:
            _check_proof(graph, node.attached_node, node.test_metadata.kwargs.get("checks") or [])
    return graph


def _check_packages(graph: ProjectGraph) -> None:
    for node in graph.nodes.values():
        for parent in node.parents:
            kind, package, *_ = parent.split(".")
            if kind in ("model", "seed", "snapshot") and package != graph.package:
                raise ReadsError(
                    f"{node.file} reads {parent} of the package {package}: no run builds that, and nothing tells when"
                    " its rows change, so that dates made of them would count as up to date. Make it a model of this"
                    " project, or load its rows as a raw table."
                )


def _check_proof(graph: ProjectGraph, table: str, checks: list[Any]) -> None:
    """A check looks by name, so that dbt does not know what it waits for: only for what its table comes of."""
    names = {name.rpartition(".")[2] for name in _ancestors(graph, table)}
    for entry in checks:
        for check, given in (entry if isinstance(entry, dict) else {}).items():
            upstream = (given or {}).get("upstream")
            if upstream is not None and upstream not in names:
                raise ReadsError(
                    f"{table.rpartition('.')[2]}: its check {check} looks at {upstream}, which the table is not made"
                    " of: that may be built later, or not be there. Name a model or seed that it is made of, or make"
                    " the check a test of its own."
                )


def _ancestors(graph: ProjectGraph, node: str) -> set[str]:
    found: set[str] = set()

    def parents(of: str) -> Iterator[str]:
        return (parent for parent in graph.nodes[of].parents if parent in graph.nodes and parent not in found)

    left = [*parents(node)]
    while left:
        found.add(one := left.pop())
        left += parents(one)
    return found
