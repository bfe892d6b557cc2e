"""Version of the logic that made a row: its query, its processor, its contract. Formatting does not count."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import re
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from python_processors import casting, decimals, formulas, hashing, processors, quality
from python_processors.contract import Contract

SHARED_MODULES: tuple[ModuleType, ...] = (casting, decimals, formulas, hashing, processors, quality)
# Quoted text comes first, so that what looks like a comment inside it is not taken for one.
_SQL_TOKEN = re.compile(r"('[^']*'|\"[^\"]*\")|\{#.*?#\}|/\*.*?\*/|--[^\n]*|\s+", re.DOTALL)


def logic_version(sql: Mapping[str, str], processor: Callable[..., Any], contract: Contract) -> str:
    """12 hex characters over what decides the rows.

    :param sql: code of the model and of the models between it and the next hashed tables, by name.
    """
    module = inspect.getmodule(processor)
    assert module is not None
    parts = {
        "sql": {name: normalised_sql(code) for name, code in sorted(sql.items())},
        "python": [normalised_python(part) for part in (module, *SHARED_MODULES)],
        "contract": [[c.name, c.type.name, c.required, c.not_hashed is None] for c in contract.columns],
        "key": [*contract.key, contract.partition_by],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def normalised_sql(code: str) -> str:
    """SQL without comments and with single spaces; quoted text stays as it is."""
    spaced = _SQL_TOKEN.sub(lambda token: token[1] or "\0", code)
    return re.sub("\0+", " ", spaced).strip()


def normalised_python(module: ModuleType) -> str:
    """A module's syntax tree without docstrings; comments and layout are not in it anyway."""
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
