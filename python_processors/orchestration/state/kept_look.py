"""What a command saw in a warehouse, kept in dbt's target folder for the next one that asks the same of it: the memory
of a snapshot, or a few texts.

A file is named for all that a look comes of: the database file by its mark, the code by content, and what is asked.
Anything else, and any damage, is no file. Commands that only look take what is kept; nothing is built, skipped,
verified or published by it, and it is made again wherever it is missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from python_processors.errors import FullcourtError
from python_processors.orchestration.kept_files import note_use, target_folder, write_kept
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.memory import Memory
from python_processors.orchestration.warehouse import Warehouse

_FORM = 1  # another one where this module, or the memory, writes another kind of file
_FILES = 4  # of each kind: of other ranges and warehouses
_MOST_UNITS = 2_000_000  # some five seasons, and 60 MB: beyond it the file takes as long as the look
_MEMORY, _TEXTS = ".duckdb", ".json"


class Kept:
    """Where looks at a warehouse are kept, as it is before it is opened: a file that takes its place meanwhile would be
    looked at under the other's name."""

    def __init__(self, project: Project, warehouse: Warehouse) -> None:
        self._project, self._warehouse = project, warehouse
        self._code, self._seen = project.kept_as, warehouse.mark()

    def look(self, asked: object) -> KeptLook | None:
        """The place of one look; None where nothing tells what it would be of.

        :param asked: what decides it beside the warehouse and the code.
        """
        if not (self._code and self._seen):
            return None
        parts = [_FORM, self._code, self._seen, asked]
        return KeptLook(self, hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest())

    def check(self) -> None:
        """:raises ChangedError: rows or code are no longer those that looks are named for."""
        if self._warehouse.mark() != self._seen or not self._project.is_still(self._code):
            raise ChangedError


class ChangedError(FullcourtError):
    """What was looked at changed meanwhile: it is not kept, and nobody is told."""

    def __init__(self) -> None:
        super().__init__("The warehouse or the code changed while it was looked at.")


class KeptLook:
    """The place of one look."""

    def __init__(self, kept: Kept, name: str) -> None:
        self._kept, self._name = kept, name

    def memory(self) -> Memory | None:
        """The memory as it was kept; None where that is not known for certain."""
        file = self._file(_MEMORY)
        try:
            memory = Memory(file, self._name) if file.is_file() else None
        except Exception:  # whatever somebody put there: it is written anew
            return None
        note_use(file)
        return memory

    def keep(self, memory: Memory) -> None:
        """Keep a memory that is not too large, and of a warehouse and code that are still the same."""

        def write(file: Path) -> None:
            memory.write(file, self._name)
            self._kept.check()

        if memory.unit_count <= _MOST_UNITS:
            write_kept(self._file(_MEMORY), write, newest=_FILES)

    def texts(self) -> dict[str, str] | None:
        """The texts as they were kept; None where that is not known for certain."""
        file = self._file(_TEXTS)
        try:
            checksum, body = file.read_text(encoding="utf-8").split("\n", 1)
            texts: dict[str, str] = json.loads(body)
        except (OSError, ValueError):
            return None
        note_use(file)
        return texts if checksum == self._checksum(body) else None

    def keep_texts(self, texts: Mapping[str, str]) -> None:
        """Keep texts, of a warehouse and code that are still the same."""
        body = json.dumps(dict(texts))

        def write(file: Path) -> None:
            file.write_text(f"{self._checksum(body)}\n{body}", encoding="utf-8")
            self._kept.check()

        write_kept(self._file(_TEXTS), write, newest=_FILES)

    def _file(self, suffix: str) -> Path:
        return target_folder() / "looks" / f"{self._name[:32]}{suffix}"

    def _checksum(self, body: str) -> str:
        return hashlib.sha256(f"{self._name}\0{body}".encode()).hexdigest()
