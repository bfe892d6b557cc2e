"""A raw folder of some tables alone."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from python_processors.raw_loader.folder import RawFolder
from python_processors.raw_loader.listing import paths_of


def link_files(folder: RawFolder, tables: Collection[str], into: Path) -> None:
    """Make a raw folder that holds the files of some tables alone."""
    into.mkdir()
    for name, path in list(paths_of(folder, set(tables))):  # `into` may lie in the folder
        link = into / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.resolve())
