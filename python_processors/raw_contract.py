"""The raw contract, under the name by which whoever loads or reads raw tables knows it."""

from python_processors.contract.raw import (
    SOURCES_FILE,
    RawColumn,
    RawTable,
    optional_inputs,
    parse_raw_tables,
    played_feeds,
    raw_tables,
)

__all__ = [
    "SOURCES_FILE", "RawColumn", "RawTable", "optional_inputs", "parse_raw_tables", "played_feeds", "raw_tables",
]  # fmt: skip
