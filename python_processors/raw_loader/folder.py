"""Which folder holds the raw files; where there is none, a simulated league."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from python_processors.errors import NoRawFilesError, RawDirMissingError
from python_processors.places import IS_INSTALLED, RAW_FOLDERS, SIMULATED, WORK_FOLDER
from python_processors.simulation import has_marked_files, simulate

SIMULATED_UNTIL = date(2021, 11, 19)  # a month: enough for every table, and made in seconds


@dataclass(frozen=True)
class RawFolder:
    """A folder to load. `is_found`: nobody named it. `is_simulated`: the league that is made where no archive is."""

    path: Path
    is_simulated: bool = False
    is_found: bool = False


def find_raw_dir(environment: Mapping[str, str] = os.environ) -> RawFolder:
    """RAW_DIR if it is set, else the first default folder that exists, else the simulated league.

    :raises RawDirMissingError: RAW_DIR is set and is no folder.
    """
    named = environment.get("RAW_DIR")
    if named:
        if not Path(named).is_dir():
            raise RawDirMissingError(named)
        return RawFolder(Path(named))
    found = next((folder for folder in RAW_FOLDERS if folder.is_dir()), None)
    if found:
        return RawFolder(found, is_found=True)
    return RawFolder(SIMULATED, is_simulated=True, is_found=True)


def make_if_simulated(folder: RawFolder) -> None:
    """Write the simulated league where it is not there yet, or is there from before its files had a mark.

    :raises NoRawFilesError: fullcourt was installed: a wrong folder would get an invented league.
    """
    if folder.is_simulated and not has_marked_files(folder.path):
        if IS_INSTALLED:
            raise NoRawFilesError(str(WORK_FOLDER))
        simulate(folder.path, until=SIMULATED_UNTIL)
