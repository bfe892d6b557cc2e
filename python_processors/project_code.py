"""The project's code as a run reads it: once, after it holds the warehouse, and the libraries that it runs with.

Whoever reads a file of the project remembers what it holds by `remembered`, so that one call forgets all of it
and the next reads are of the files as they are then. Python modules cannot be read anew in a process: that they
are still the files on disk is checked instead.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(__file__).resolve().parent

# What dbt parses, and what Python reads beside it.
_PARSED = ("models", "macros", "seeds", "tests/dbt", "profiles")
_PARSED_SUFFIXES = (".sql", ".yml", ".yaml", ".csv")

# Libraries that can change a value or a fingerprint. An adapter counts on its own engine alone.
_EVERYWHERE = ("dbt-core", "numpy", "pyarrow")

_Function = TypeVar("_Function", bound=Callable[..., Any])
_remembering: list[Callable[[], None]] = []


def remembered(function: _Function) -> _Function:
    """functools.cache, until forget_code()."""
    cached = functools.cache(function)
    _remembering.append(cached.cache_clear)
    return cast(_Function, cached)


def forget_code() -> None:
    """Let the project's files be read anew."""
    for forget in _remembering:
        forget()


def digest_of_parsed() -> str:
    """Of every file that dbt and the planner read: SQL, macros, contracts, seeds, vars."""
    files = [ROOT / "dbt_project.yml"]
    for folder in _PARSED:
        files += [path for path in (ROOT / folder).rglob("*") if path.suffix in _PARSED_SUFFIXES]
    return _digest(files)


def changed_modules() -> list[str]:
    """Python modules of the package whose file is no longer the one that this process started with."""
    now = _modules()
    return sorted(name for name in now.keys() | _AT_START.keys() if now.get(name) != _AT_START.get(name))


def libraries(adapter: str, engine: str | None) -> str:
    """Versions of the libraries that can change what is stored: `duckdb=2.0.1;numpy=2.4.0;...`.

    :param adapter: dbt's adapter of the target, such as dbt-duckdb.
    :param engine: the library that is the engine itself, or None where the engine is a service.
    """
    names = sorted({*_EVERYWHERE, adapter, *([engine] if engine else [])})
    return ";".join(f"{name}={version(name)}" for name in names)


def changed_libraries(before: str | None, after: str) -> list[str]:
    """Sentences of the libraries whose major or minor version differs: `duckdb 2.0.1, was 1.4.2`."""
    old, new = _versions(before), _versions(after)
    return [
        f"{name} {new.get(name, 'none')}, was {old.get(name, 'unknown')}"
        for name in sorted(old.keys() | new.keys())
        if _minor(old.get(name)) != _minor(new.get(name))
    ]


def _versions(text: str | None) -> dict[str, str]:
    return dict(part.split("=", 1) for part in (text or "").split(";") if "=" in part)


def _minor(text: str | None) -> list[str] | None:
    return None if text is None else text.split(".")[:2]


def _modules() -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in PACKAGE.rglob("*.py")
    }


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


_AT_START = _modules()
