"""dbt plugin: hands the tables' contracts to macros, and lets dbt-bigquery run Python in dbt's own process.

dbt-core imports every top-level module named dbt_* and starts the plugins it lists, before it parses
anything. dbt-duckdb runs Python in its process by itself; dbt-bigquery sends it to a
cluster, unless an adapter offers a submission method of another name.
"""

from __future__ import annotations

from dbt.plugins.manager import dbtPlugin

from python_processors.contract.declared import declared_as_json
from python_processors.dbt_compiling import place_ctes_by_first_tokens
from python_processors.dbt_logs import scrub_logs, skip_unheard_events
from python_processors.dbt_parsing import read_yaml_by_content, set_variable
from python_processors.engines.bigquery.submission import register
from python_processors.engines.duckdb.placing import place_database
from python_processors.project_code import DECLARED_ROWS


class FullcourtPlugin(dbtPlugin):
    """Registers the submission method `in_process` with dbt-bigquery, tells macros what contracts declare, has files
    read by their content and CTEs placed without a parse, finds the database from any folder, and takes secrets out of
    dbt's logs."""

    def initialize(self) -> None:
        scrub_logs()
        register()
        if self.project_name != "fullcourt":
            return  # another project of the same environment
        place_database()
        read_yaml_by_content()
        place_ctes_by_first_tokens()
        skip_unheard_events()
        set_variable(DECLARED_ROWS, declared_as_json())


plugins = [FullcourtPlugin]
