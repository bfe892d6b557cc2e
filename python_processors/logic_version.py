"""Version of the logic that made a row: query, macros, vars, processor, contract. Formatting does not count."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from python_processors import casting, hashing
from python_processors.contract import Contract
from python_processors.contract.declared import declared_rows
from python_processors.places import PACKAGE, PROJECT_ROOT
from python_processors.project_code import remembered
from python_processors.yaml_files import read_yaml

# What every row goes through after its processor; the rest is what the processor imports.
SHARED_MODULES: tuple[ModuleType, ...] = (casting, hashing)
# What decides no row: the wording of errors, and how files are read. What a contract says counts by itself.
NOT_LOGIC = (
    "python_processors.errors",
    "python_processors.project_code",
    "python_processors.yaml_files",
    "python_processors.contract.files",
    "python_processors.contract.keys",
    "python_processors.contract.shapes",
)
# Quoted text comes first, so that what looks like a comment inside it is not taken for one.
_SQL_TOKEN = re.compile(r"('[^']*'|\"[^\"]*\")|\{#.*?#\}|/\*.*?\*/|--[^\n]*|\s+", re.DOTALL)

# Ten tables share most of their code, and each publish asks for its table's version anew.
_by_text = functools.lru_cache(maxsize=4096)

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+).*?endmacro\s*-?%\}", re.DOTALL)
_NAME = re.compile(r"\w+")


def logic_version(
    sql: Mapping[str, str],
    processor: Callable[..., Any],
    contract: Contract,
    given_vars: Mapping[str, str] | None = None,
) -> str:
    """12 hex characters over what decides the rows.

    :param sql: code of the model and of the models between it and the next hashed tables, by name.
    :param given_vars: dbt vars that override the project's.
    """
    module = inspect.getmodule(processor)
    assert module is not None
    macros = called_macros(sql.values(), project_macros())
    modules = {part.__name__: normalised_python(part) for part in imported_modules(module, *SHARED_MODULES)}
    every_var = project_vars() | dict(given_vars or {})
    parts = {
        "sql": {name: normalised_sql(code) for name, code in sql.items()},
        "macros": macros,
        "declared": declared_for(contract, [*sql.values(), *macros.values()]),
        "vars": read_vars([*sql.values(), *macros.values(), *modules.values()], every_var),
        "python": modules,
        "contract": [[c.name, c.type.whole_name, c.required, c.not_hashed is None] for c in contract.columns],
        "key": [*contract.key, contract.partition_by],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def declared_for(contract: Contract, codes: Iterable[str]) -> dict[str, Any]:
    """What decides a table's rows of what contracts declare: its own, and that of each table it names or waits for.

    A model that goes over all tables makes rows of each by its name, so those of a table that nobody names are
    read by nobody: another table's declaration, or a new table, changes nothing here.
    """
    words = _words_of(codes) | set(contract.declared.waits_for)
    named = {table: of_table.as_plain() for table, of_table in declared_rows().items() if table in words}
    return {**named, contract.table: contract.declared.as_plain()}


def declared_of_played_games() -> dict[str, str]:
    """The tables of played games, and of whom: the staging layer names the rows that they must hold."""
    return {
        table: of_table.rows.of
        for table, of_table in declared_rows().items()
        if of_table.rows is not None and of_table.rows.population.is_played
    }


def logic_sources(graph: Mapping[str, Mapping[str, Any]], unique_id: str) -> dict[str, str]:
    """Code of a hashed table's model and of the models between it and the next hashed tables or sources.

    :param graph: `code`, `parents` and `is_hashed` of the project's models and seeds, by dbt's unique id.
    """
    found: dict[str, str] = {}
    waiting = [unique_id]
    while waiting:
        node = waiting.pop()
        if node in found or node not in graph:
            continue
        found[node] = graph[node]["code"]
        waiting += [parent for parent in graph[node]["parents"] if parent in graph and not graph[parent]["is_hashed"]]
    return found


def imported_modules(*modules: ModuleType) -> list[ModuleType]:
    """These modules and those of the project that they import, and so on, by name."""
    package = PACKAGE
    found: dict[str, ModuleType] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module.__name__ in found or module.__name__ in NOT_LOGIC:
            continue
        found[module.__name__] = module
        for value in vars(module).values():
            owner = value if isinstance(value, ModuleType) else inspect.getmodule(value)
            path = getattr(owner, "__file__", None)
            # A package holds its modules whoever imported them; it does not import them itself.
            is_member = owner is not None and owner.__name__.startswith(module.__name__ + ".")
            if owner is not None and path and Path(path).is_relative_to(package) and not is_member:
                waiting.append(owner)
    return [found[name] for name in sorted(found)]


@remembered
def project_macros() -> Mapping[str, str]:
    """Normalised code of each macro of the project, by name."""
    macros = {}
    for path in sorted((PROJECT_ROOT / "macros").rglob("*.sql")):
        for block in _MACRO.finditer(path.read_text(encoding="utf-8")):
            macros[block[1]] = normalised_sql(block[0])
    return macros


def called_macros(codes: Iterable[str], macros: Mapping[str, str]) -> dict[str, str]:
    """The macros that code calls, and those that they call, and so on.

    A name that is only mentioned counts as called, and so does every engine's version of a
    dispatched macro: too many cost a rebuild, too few would hide a change.
    """
    called_as: dict[str, list[str]] = {}
    for name in macros:
        for word in {name, name.partition("__")[2]}:
            called_as.setdefault(word, []).append(name)

    named: dict[str, str] = {}
    waiting = list(codes)
    while waiting:
        for word in called_as.keys() & _words(waiting.pop()):
            for name in called_as[word]:
                if name not in named:
                    named[name] = macros[name]
                    waiting.append(macros[name])
    return named


def read_vars(codes: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Of these vars those that code names: another value of any other decides nothing of its rows.

    A name that is only mentioned counts as read, as a macro's does.
    """
    words = _words_of(codes)
    return {name: value for name, value in given.items() if name in words}


def _words_of(codes: Iterable[str]) -> frozenset[str]:
    return frozenset[str]().union(*map(_words, codes))


@_by_text
def _words(code: str) -> frozenset[str]:
    return frozenset(_NAME.findall(code))


@remembered
def project_vars() -> dict[str, str]:
    """The vars that dbt_project.yml sets, as text."""
    project = read_yaml(PROJECT_ROOT / "dbt_project.yml")
    return {name: str(value) for name, value in (project.get("vars") or {}).items()}


@_by_text
def normalised_sql(code: str) -> str:
    """SQL without comments and with single spaces; quoted text stays as it is."""
    spaced = _SQL_TOKEN.sub(lambda token: token[1] or "\0", code)
    return re.sub("\0+", " ", spaced).strip()


# Python 3.11 counts the depth of a syntax tree per interpreter, not per thread: two threads of dbt
# that parse at once end in "AST constructor recursion depth mismatch" (fixed in 3.12).
_PARSING = threading.Lock()


def normalised_python(module: ModuleType) -> str:
    """A module's syntax tree without docstrings; comments and layout are not in it anyway."""
    with _PARSING:
        return _syntax_tree(module)


@functools.cache
def _syntax_tree(module: ModuleType) -> str:
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
