"""The project's graph and logic versions, kept in dbt's target folder between commands.

A file is named for all that a parse comes of (`project_code.Sources`), by content, and holds a checksum of its own:
another name or a damaged file is no file, and the project is parsed anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from python_processors.orchestration.graph import ProjectGraph
from python_processors.orchestration.kept_files import target_folder, write_kept

_FORM = 1  # another one where this module writes another kind of file
_FILES = 8  # of other targets, databases and settings: each has its own


@dataclass(frozen=True)
class Kept:
    """A project as it was parsed once."""

    graph: ProjectGraph
    versions: Mapping[str, str]


def read_kept(sources: str) -> Kept | None:
    """What was kept of these sources; None where that is not known for certain."""
    try:
        wrapped = json.loads(_file(sources).read_bytes())
        body = wrapped["body"]
        if wrapped["checksum"] != _checksum(sources, body):
            return None
        return _kept(body)
    except Exception:  # whatever somebody put there: it is written anew
        return None


def keep(sources: str, kept: Kept) -> None:
    """Keep a project for the next command."""

    def write(file: Path) -> None:
        body = json.dumps({"graph": kept.graph.to_plain(), "versions": dict(kept.versions)})
        if _kept(body) != kept:
            raise ValueError("a value that JSON has another form of")
        file.write_text(json.dumps({"checksum": _checksum(sources, body), "body": body}), encoding="utf-8")

    write_kept(_file(sources), write, newest=_FILES)


def forget_kept(sources: str) -> None:
    """Remove what is not what a parse gives."""
    with suppress(OSError):
        _file(sources).unlink(missing_ok=True)


def _kept(body: str) -> Kept:
    plain = json.loads(body)
    return Kept(ProjectGraph.from_plain(plain["graph"]), dict(plain["versions"]))


def _file(sources: str) -> Path:
    return target_folder() / "graphs" / f"{sources[:32]}.json"


def _checksum(sources: str, body: str) -> str:
    return hashlib.sha256(f"{_FORM}\0{sources}\0{body}".encode()).hexdigest()
