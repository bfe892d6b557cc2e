"""What a command saw in a warehouse, kept in dbt's target folder for the next one that asks the same of it.

A file is named for all that a look comes of: the database file by its mark, the code by content, and what is asked.
Anything else, and any damage, is no file. Commands that only look take what is kept; nothing is built, skipped,
verified or published by it, and it is made again wherever it is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb

from python_processors.orchestration.kept_graph import newest_stay, target_folder
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.memory import Memory

_FORM = 1  # another one where this module, or the memory, writes another kind of file
_FILES = 4  # of other ranges and warehouses
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
            return Memory(self._file) if self._file.is_file() else None
        except (duckdb.Error, OSError):  # whatever somebody put there: it is written anew
            return None

    def keep(self, memory: Memory) -> None:
        """Keep a look whole or not at all: two commands may do so at once.

        It is not kept where rows or code are no longer those that it is named for, or where it is large.
        """
        if not self._name or memory.units > _MOST_ROWS:
            return
        partial = self._file.with_name(f".{self._name}.{os.getpid()}")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            memory.write(partial)
            if self._mark() == self._seen and self._project.is_still(self._sources):
                partial.replace(self._file)
                newest_stay(self._file.parent, "*.duckdb", _FILES)
        except (duckdb.Error, OSError):
            pass  # nobody is told: the next command looks anew
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    @property
    def _file(self) -> Path:
        return target_folder() / "looks" / f"{self._name[:32]}.duckdb"
