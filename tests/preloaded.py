"""What every run imports and reads before it does anything: for processes forked from one that has it."""

import dbt.adapters.duckdb  # noqa: F401
import pandas  # noqa: F401  duckdb imports it with the first Arrow table

import python_processors.duckdb_plugin
import python_processors.jobs  # noqa: F401
from python_processors.contract import hashed_tables, load_contract
from python_processors.raw_contract import raw_tables

raw_tables()
for table in hashed_tables():
    load_contract(table)
