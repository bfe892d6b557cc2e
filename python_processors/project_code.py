"""The project's code as a run reads it: once, after it holds the warehouse, and the libraries that it runs with.

Whoever reads a file of the project remembers what it holds by `remembered`, so that one call forgets all of it
and the next reads are of the files as they are then. Python modules cannot be read anew in a process: that they
are still the files on disk is checked instead.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from python_processors.places import PACKAGE, PROJECT_ROOT

ROOT = PROJECT_ROOT

# Where dbt looks for files of a project that says nothing else: its own defaults, which a test holds these against.
_FOLDERS = {
    "model-paths": ["models"], "macro-paths": ["macros"], "seed-paths": ["seeds"], "test-paths": ["tests"],
    "analysis-paths": ["analyses"], "snapshot-paths": ["snapshots"], "function-paths": ["functions"],
    "docs-paths": [], "asset-paths": [], "packages-install-path": "dbt_packages",
}  # fmt: skip
_PROFILES = "profiles"  # of every call of dbt (dbt_calls.py)
_OF_THE_ROOT = re.compile(r"[^.].*\.ya?ml|\.dbtignore")
_UNREAD = (".", "#", "~")  # how names begin that dbt leaves alone: what editors keep beside a file

# What contracts declare, for macros: no setting, as dbt_fullcourt.py sets it at each start of dbt, whatever it was.
DECLARED_ROWS = "DBT_FULLCOURT_ROWS"
# Settings of the project and of dbt, whether or not a file names them.
_SETTINGS = ("FULLCOURT_", "DBT_")
_READ_SETTING = re.compile(rb"""\benv_var\b(?:\s*\(\s*['"](\w+)['"])?""")

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


def parsed_files() -> list[Path]:
    """Every file that dbt and the planner read: SQL, macros, contracts, seeds, docs, vars, profiles, packages."""
    found = [path for path in ROOT.iterdir() if _OF_THE_ROOT.fullmatch(path.name) and not path.is_dir()]
    for folder in {_PROFILES, *_folders()}:
        # As dbt does, also through links.
        for at, inner, names in os.walk(ROOT / folder, followlinks=True):
            inner[:] = [name for name in inner if name != "__pycache__"]
            found += [Path(at, name) for name in names if not name.startswith(_UNREAD)]
    return sorted(set(found))


def digest_of_parsed() -> str:
    """Of all of them, by content."""
    return _digest(parsed_files())


def sources_of_parse() -> str:
    """A name for all that a parse of the project, and its logic versions, come of: files, modules as this process
    started with them, libraries, and settings by their values. Another value of any of them is another name."""
    files = parsed_files()
    parts = [
        str(ROOT), sys.version, _digest(files), sorted(_AT_START.items()), sorted(_installed()),
        sorted(_settings(files, os.environ).items()),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()


def touched_code() -> str:
    """When the system last touched each file that a parse reads, and each module: no time that anybody sets."""
    digest = hashlib.sha256()
    for path in sorted({*parsed_files(), *PACKAGE.rglob("*.py")}):
        with suppress(OSError):
            found = path.stat()
            touched = f"{path} {found.st_dev} {found.st_ino} {found.st_ctime_ns}\n"
            digest.update(touched.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _folders() -> set[str]:
    """Folders of dbt_project.yml, or dbt's own; what is wrong in that file is for others to say."""
    try:
        project = yaml.load(
            (ROOT / "dbt_project.yml").read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        )
    except (OSError, ValueError, yaml.YAMLError):
        project = None
    said = project if isinstance(project, dict) else {}
    named = {key: value for key, value in said.items() if key in _FOLDERS or str(key).endswith("-paths")}
    lists = [value if isinstance(value, list) else [value] for value in {**_FOLDERS, **named}.values()]
    return {str(folder) for folders in lists for folder in folders if folder}


def _settings(files: Iterable[Path], environment: Mapping[str, str]) -> Mapping[str, str]:
    """Environment variables that decide a parse: ours, dbt's, and each that a file names. One that is named by
    something else than a literal could be any of them."""
    given = {name: value for name, value in environment.items() if name != DECLARED_ROWS}
    named: set[str] = set()
    for path in files:
        for match in _READ_SETTING.finditer(_content(path)):
            if match[1] is None:
                return given
            named.add(match[1].decode())
    return {name: value for name, value in given.items() if name in named or name.startswith(_SETTINGS)}


def _installed() -> Iterator[str]:
    """Name and version of every library, and what dbt may import as a plugin: a file of its own by content."""
    for folder in dict.fromkeys(os.path.abspath(entry or ".") for entry in sys.path):
        try:
            names = os.listdir(folder)
        except OSError:
            continue  # an archive, or nothing
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                yield name
            elif name.startswith("dbt_"):
                yield f"{name} {hashlib.sha256(_content(Path(folder, name))).hexdigest()}"


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


@functools.cache  # a look at a range asks for each date
def changed_libraries(before: str | None, after: str) -> tuple[str, ...]:
    """Sentences of the libraries whose major or minor version differs: `duckdb 2.0.1, was 1.4.2`."""
    old, new = _versions(before), _versions(after)
    return tuple(
        f"{name} {new.get(name, 'none')}, was {old.get(name, 'unknown')}"
        for name in sorted(old.keys() | new.keys())
        if _minor(old.get(name)) != _minor(new.get(name))
    )


def _versions(text: str | None) -> dict[str, str]:
    return dict(part.split("=", 1) for part in (text or "").split(";") if "=" in part)


def _minor(text: str | None) -> list[str] | None:
    return None if text is None else text.split(".")[:2]


def _modules() -> dict[str, str]:
    return {
        path.relative_to(PACKAGE.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in PACKAGE.rglob("*.py")
    }


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(ROOT).as_posix().encode("utf-8", "surrogateescape") + b"\0")
        digest.update(hashlib.sha256(_content(path)).digest())
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """Nothing of a file that cannot be read: who needs it says so."""
    try:
        return path.read_bytes()
    except OSError:
        return b"\0unreadable"


_AT_START = _modules()
