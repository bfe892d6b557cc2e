"""Where dbt-duckdb opens the database: where every command looks for it, whatever folder dbt was started in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from python_processors.places import WORK_FOLDER


def place_database() -> None:
    """Have dbt-duckdb take a path that is not absolute from the project's folder, where dbt has loaded it.

    By itself it takes one from the current folder, so that `--project-dir` makes another database (dbt-duckdb 1.11).
    """
    if "dbt.adapters.duckdb" not in sys.modules:
        return
    from dbt.adapters.duckdb import environments

    create = environments.create
    if getattr(create, "is_placed", False):
        return

    def placed(credentials: Any) -> Any:
        is_file = ":" not in credentials.path  # `:memory:` and `md:name` are none
        if is_file and not Path(credentials.path).is_absolute():
            credentials.path = str(WORK_FOLDER / credentials.path)
        return create(credentials)

    placed.is_placed = True  # type: ignore[attr-defined]
    environments.create = placed
