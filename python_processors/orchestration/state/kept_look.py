"""What a command saw in a warehouse, kept in dbt's target folder for the next one that asks the same of it: the memory
of a snapshot, or a few texts.

A file is named for all that a look comes of: the database file by its mark, the code by content, and what is asked.
Anything else, and any damage, is no file. Commands that only look take what is kept; nothing is built, skipped,
verified or published by it, and it is made again wherever it is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from python_processors.orchestration.kept_graph import newest_stay, target_folder
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.memory import Memory

_FORM = 1  # another one where this module, or the memory, writes another kind of file
_FILES = 4  # of each kind: of other ranges and warehouses
_MEMORY, _TEXTS = ".duckdb", ".json"
_MOST_ROWS = 2_000_000  # some five seasons, and 60 MB: beyond it the file takes as long as the look


class KeptLook:
    """The place of one look."""

    def __init__(self, project: Project, mark: Callable[[], str], asked: object) -> None:
        """
        :param mark: what differs once anything was written, of an open warehouse (Warehouse.mark).
        :param asked: what decides the look beside the warehouse and the code.
        """
        self._project, self._mark = project, mark
        self._sources, self._seen = project.kept_as, mark()
        self._name = ""
        if self._sources and self._seen:
            parts = [_FORM, self._sources, self._seen, asked]
            self._name = hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()

    def found(self) -> Memory | None:
        """The memory as it was kept; None where that is not known for certain."""
        if not self._name:
            return None
        try:
            file = self._file(_MEMORY)
            return Memory(file) if file.is_file() else None
        except (duckdb.Error, OSError):  # whatever somebody put there: it is written anew
            return None

    def keep(self, memory: Memory) -> None:
        """Keep a memory that is not too large."""
        if self._name and memory.units <= _MOST_ROWS:
            self._keep(self._file(_MEMORY), memory.write)

    def found_texts(self) -> dict[str, str] | None:
        """The texts as they were kept; None where that is not known for certain."""
        if not self._name:
            return None
        try:
            checksum, body = self._file(_TEXTS).read_text(encoding="utf-8").split("\n", 1)
            texts: dict[str, str] = json.loads(body)
        except (OSError, ValueError):
            return None
        return texts if checksum == _checksum(body) else None

    def keep_texts(self, texts: Mapping[str, str]) -> None:
        if self._name:
            body = json.dumps(dict(texts))
            self._keep(self._file(_TEXTS), lambda to: to.write_text(f"{_checksum(body)}\n{body}", encoding="utf-8"))

    def _keep(self, file: Path, write: Callable[[Path], Any]) -> None:
        """Keep a look whole or not at all: two commands may do so at once.

        It is not kept where rows or code are no longer those that it is named for.
        """
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write(partial)
            if self._mark() == self._seen and self._project.is_still(self._sources):
                partial.replace(file)
                newest_stay(file.parent, f"*{file.suffix}", _FILES)
        except (duckdb.Error, OSError):
            pass  # nobody is told: the next command looks anew
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _file(self, suffix: str) -> Path:
        return target_folder() / "looks" / f"{self._name[:32]}{suffix}"


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
