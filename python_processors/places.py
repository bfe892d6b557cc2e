"""Where the project's files are read, and where what it makes goes.

In a checkout both are the checkout. Installed from a wheel, the dbt project lies in the package, which is only read:
what is made goes where the command was started.
"""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
IS_INSTALLED = not (PACKAGE.parent / "dbt_project.yml").is_file()

PROJECT_ROOT = PACKAGE / "dbt_project" if IS_INSTALLED else PACKAGE.parent
"""The dbt project: dbt_project.yml, models, macros, seeds, tests/dbt, profiles."""

WORK_FOLDER = Path.cwd() if IS_INSTALLED else PROJECT_ROOT
"""What paths are relative to: data, target, logs."""

DATABASE = "FULLCOURT_DUCKDB"
_OTHER_PLACES = ("RAW_DIR", "DBT_TARGET_PATH", "DBT_LOG_PATH", "FULLCOURT_BIGQUERY_KEYFILE")
RAW = WORK_FOLDER / "data" / "raw"
SIMULATED = WORK_FOLDER / "data" / "simulated"
# Beside a checkout an archive may lie that several of them share.
RAW_FOLDERS = (RAW,) if IS_INSTALLED else (RAW, PROJECT_ROOT.parent / "shared" / "raw")


def database_file() -> Path:
    """The DuckDB file that FULLCOURT_DUCKDB names, else the default one; it need not be there."""
    return WORK_FOLDER / os.environ.get(DATABASE, "data/fullcourt.duckdb")


def name_places() -> None:
    """Give dbt every place by its whole path: another it takes from its project's folder, which is the package here."""
    if not IS_INSTALLED:
        return
    os.environ[DATABASE] = str(database_file())
    for name in _OTHER_PLACES:
        if named := os.environ.get(name):
            os.environ[name] = str(WORK_FOLDER / named)
