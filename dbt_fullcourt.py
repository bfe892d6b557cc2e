"""dbt plugin: lets dbt-bigquery run a processor's Python in dbt's own process.

dbt-core imports every top-level module named dbt_* and starts the plugins it lists, before the
adapter runs anything. dbt-duckdb runs Python in its process by itself; dbt-bigquery sends it to a
cluster, unless an adapter offers a submission method of another name.
"""

from __future__ import annotations

from dbt.plugins.manager import dbtPlugin

from python_processors.engines.bigquery.submission import register


class FullcourtPlugin(dbtPlugin):
    """Registers the submission method `in_process` with dbt-bigquery."""

    def initialize(self) -> None:
        register()


plugins = [FullcourtPlugin]
