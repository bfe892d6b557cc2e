"""dbt-duckdb plugin, named in the profile's duckdb target: raw files come in when dbt opens the database.

Only commands that build need them. BigQuery's raw tables are filled by the platform, so its target
has no such step.
"""

from __future__ import annotations

from contextlib import ExitStack

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.flags import get_flags
from dbt_common.exceptions import DbtRuntimeError

from python_processors.engines.base import dataset_prefix
from python_processors.errors import FullcourtError
from python_processors.raw_loader import deletes_allowed, find_raw_dir, load_raw, tell

BUILDING_COMMANDS = ("build", "run", "seed")


class Plugin(BasePlugin):
    """Loads the raw folder once per dbt invocation."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        if getattr(get_flags(), "WHICH", None) not in BUILDING_COMMANDS:
            return
        with ExitStack() as otherwise:
            # dbt-duckdb forgets a connection that is not configured without closing it, and the error's frames
            # hold it: this process could not open the file again.
            otherwise.callback(conn.close)
            try:
                outcome = load_raw(
                    conn, find_raw_dir(), prefix=dataset_prefix(),
                    allow_deletes=deletes_allowed(),
                )  # fmt: skip
            except FullcourtError as error:
                raise DbtRuntimeError(str(error)) from error
            otherwise.pop_all()
        tell(outcome)
