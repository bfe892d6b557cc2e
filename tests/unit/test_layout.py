"""The rooms of the package: no imports in a circle, and one place that knows which engine it is on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from python_processors.contract import PROJECT_ROOT

PACKAGE = "python_processors"
ORCHESTRATION = f"{PACKAGE}.orchestration"

Graph = Mapping[str, set[str]]


def modules() -> dict[str, ast.Module]:
    """Every module of the package, by its dotted name."""
    paths = sorted((PROJECT_ROOT / PACKAGE).rglob("*.py"))
    return {
        ".".join(path.relative_to(PROJECT_ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(
            path.read_text(encoding="utf-8")
        )
        for path in paths
    }


def at_module_level(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported, and what only a type checker reads; not the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_module_level(child)


def imported(nodes: Iterator[ast.AST], known: Mapping[str, ast.Module]) -> set[str]:
    """Modules of the package that these statements name. Of `from a import b` that is a.b, where it is a module."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            found |= {
                whole if (whole := f"{node.module}.{alias.name}") in known else f"{node.module}" for alias in node.names
            }
    return found & known.keys()


@pytest.fixture(scope="module")
def imports() -> Graph:
    known = modules()
    return {name: imported(at_module_level(tree), known) for name, tree in known.items()}


def circle_in(graph: Graph) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def by_room(imports: Graph, folder: str) -> Graph:
    """Imports between the sub-packages and modules of a folder, each taken as a whole."""
    depth = folder.count(".") + 2

    def room(name: str) -> str:
        return ".".join(name.split(".")[:depth])

    inside = {name: of for name, of in imports.items() if name.startswith(f"{folder}.")}
    rooms: dict[str, set[str]] = {room(name): set() for name in inside}
    for name, of in inside.items():
        rooms[room(name)] |= {room(other) for other in of if other in inside} - {room(name)}
    return rooms


def test_no_modules_import_each_other_in_a_circle(imports: Graph) -> None:
    assert circle_in(imports) == []


@pytest.mark.parametrize("folder", [PACKAGE, ORCHESTRATION])
def test_no_rooms_import_each_other_in_a_circle(imports: Graph, folder: str) -> None:
    rooms = by_room(imports, folder)
    assert len(rooms) > 5
    assert any(rooms.values())
    assert circle_in(rooms) == []


def test_a_circle_is_found_also_where_only_a_type_checker_goes_round() -> None:
    a = "from __future__ import annotations\nif TYPE_CHECKING:\n    from p.b import B\n"
    b = "try:\n    from p import a\nexcept ImportError:\n    pass\ndef f():\n    from p import c\n"
    known = {name: ast.parse(text) for name, text in {"p.a": a, "p.b": b, "p.c": "import p.b"}.items()}
    graph = {name: imported(at_module_level(tree), known) for name, tree in known.items()}
    assert graph == {"p.a": {"p.b"}, "p.b": {"p.a"}, "p.c": {"p.b"}}
    assert set(circle_in(graph)) == {"p.a", "p.b"}
    assert circle_in({**graph, "p.b": set()}) == []


def test_the_engines_know_nothing_of_who_uses_them() -> None:
    """Not in functions either: a lazy import hides a circle and does not cut it."""
    known = modules()
    may_use = (
        f"{PACKAGE}.engines",
        f"{PACKAGE}.contract",
        f"{PACKAGE}.errors",
        f"{PACKAGE}.decimals",
        f"{PACKAGE}.places",
        f"{PACKAGE}.redaction",
    )
    used = {
        (name, of)
        for name, tree in known.items()
        if name.startswith(f"{PACKAGE}.engines")
        for of in imported(ast.walk(tree), known)
    }
    assert used
    assert {(name, of) for name, of in used if not of.startswith(may_use)} == set()


def engine_tests(tree: ast.Module) -> list[str]:
    """isinstance() of a session or a warehouse, and comparisons of an engine's name."""
    classes = re.compile(r"\b((DuckDB|BigQuery)\w*|Session|Warehouse|Engine)\b")
    found = []
    for node in ast.walk(tree):
        said = ast.unparse(node) if isinstance(node, ast.Call | ast.Compare | ast.MatchValue) else ""
        if isinstance(node, ast.Call) and said.startswith(("isinstance(", "issubclass(", "hasattr(session")):
            found += [said] if classes.search(said) else []
        elif (isinstance(node, ast.Compare) and any(word in said for word in ("session.kind", "warehouse.kind"))) or (
            isinstance(node, ast.MatchValue) and said in ("'duckdb'", "'bigquery'")
        ):
            found.append(said)
    return found


def test_nobody_but_the_engines_asks_which_engine_it_is() -> None:
    """A difference is a method or an attribute of the session or the warehouse: engines/base.py."""
    asked = {name: engine_tests(tree) for name, tree in modules().items() if not name.startswith(f"{PACKAGE}.engines")}
    assert {name: tests for name, tests in asked.items() if tests} == {}
    for text in ("isinstance(warehouse, DuckDBWarehouse)", "session.kind == 'duckdb'", "'duckdb' != warehouse.kind"):
        assert engine_tests(ast.parse(text)) == [text]


def test_modules_are_small() -> None:
    long = {
        f"{path.relative_to(PROJECT_ROOT)}": count
        for path in Path(PROJECT_ROOT / PACKAGE).rglob("*.py")
        if path.is_relative_to(PROJECT_ROOT / PACKAGE / "engines")
        or path.is_relative_to(PROJECT_ROOT / PACKAGE / "cli")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) >= 350
    }
    assert long == {}
