"""The raw contract: which columns of the raw tables fullcourt uses, read from the sources' YAML."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from python_processors.contract import PROJECT_ROOT
from python_processors.project_code import remembered
from python_processors.yaml_files import read_yaml

SOURCES_FILE = PROJECT_ROOT / "models" / "staging" / "_sources.yml"

_ARROW: dict[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "DATETIME": pa.timestamp("us"),
}


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw table; an `optional` one may be missing from a file."""

    name: str
    type: str
    optional: bool

    @property
    def arrow(self) -> pa.DataType:
        return _ARROW[self.type]


@dataclass(frozen=True)
class RawTable:
    """One raw table: its source (`nba_raw`, `nba_reference`), partition column (if any), columns."""

    source: str
    name: str
    partition_by: str | None
    columns: tuple[RawColumn, ...]

    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(column.name, column.arrow) for column in self.columns])


@remembered
def raw_tables() -> dict[str, RawTable]:
    """All raw tables by name."""
    properties = read_yaml(SOURCES_FILE)
    tables = {}
    for source in properties["sources"]:
        for table in source["tables"]:
            columns = tuple(
                RawColumn(
                    name=column["name"],
                    type=column["data_type"],
                    optional=column.get("config", {}).get("meta", {}).get("optional", False),
                )
                for column in table["columns"]
            )
            partition = table.get("config", {}).get("meta", {}).get("partition_by")
            tables[table["name"]] = RawTable(source["name"], table["name"], partition, columns)
    return tables
