"""The tables that runs write, and their DDL outside of dbt: hashed tables, and the sources in models/ops.

The statements are those of create_contract_table() in macros/processor/contract.sql; a test compares what
the two make.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from python_processors.contract import PROJECT_ROOT, ContractType, hashed_tables, load_contract
from python_processors.orchestration.warehouse import Session
from python_processors.yaml_files import read_yaml

OPS_FILE = PROJECT_ROOT / "models" / "ops" / "_sources.yml"


@dataclass(frozen=True)
class StoredColumn:
    """One column; `type` as contracts spell it, or FLOAT64 in tables that are not hashed."""

    name: str
    type: str
    required: bool

    @property
    def arrow(self) -> pa.DataType:
        return pa.float64() if self.type == "FLOAT64" else ContractType.parse(self.type).arrow


@dataclass(frozen=True)
class StoredTable:
    """A table as its contract has it. `contract_file` is where a person changes that."""

    relation: str
    columns: tuple[StoredColumn, ...]
    partition_by: str
    cluster_by: tuple[str, ...]
    contract_file: str

    @property
    def is_hashed(self) -> bool:
        return self.contract_file != str(OPS_FILE.relative_to(PROJECT_ROOT))

    def column(self, name: str) -> StoredColumn:
        return next(column for column in self.columns if column.name == name)

    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in self.columns])


@functools.cache
def stored_tables() -> Mapping[str, StoredTable]:
    """Every table that a run writes, by `dataset.table`."""
    tables = [_hashed(name) for name in hashed_tables()]
    for source in read_yaml(OPS_FILE)["sources"]:
        tables += [_of_source(source["name"], table) for table in source["tables"]]
    return {table.relation: table for table in tables}


def create_statement(session: Session, table: StoredTable, *, relation: str | None = None) -> str:
    """`create table if not exists` of a contract's table; under another name, `create table`."""
    columns = ",\n    ".join(
        f"{column.name} {session.engine_type(column.type)}{' not null' if column.required else ''}"
        for column in table.columns
    )
    made = "create table if not exists" if relation is None else "create table"
    is_instant = table.column(table.partition_by).type == "TIMESTAMP"
    layout = session.layout(table.partition_by, table.cluster_by, is_instant=is_instant)
    return f"{made} {session.named(relation or table.relation)} (\n    {columns}\n){layout}"


def create_tables(session: Session, *relations: str) -> None:
    """Make these tables and their datasets where they are not there yet."""
    for dataset in sorted({relation.partition(".")[0] for relation in relations}):
        session.execute(f"create schema if not exists {session.named(dataset)}")
    for relation in relations:
        session.execute(create_statement(session, stored_tables()[relation]))


def every_row(table: StoredTable) -> str:
    """A condition that all rows meet: BigQuery reads these tables only with one on the partition.

    Nulls are asked for whatever the contract says, as the live column may have lost its NOT NULL.
    """
    return f"({table.partition_by} >= '0001-01-01' or {table.partition_by} is null)"


def _hashed(name: str) -> StoredTable:
    contract = load_contract(name)
    (path,) = (PROJECT_ROOT / "models").rglob(f"{name}.yml")
    return StoredTable(
        relation=contract.relation,
        columns=tuple(StoredColumn(c.name, c.type.name.replace(" ", ""), c.required) for c in contract.columns),
        partition_by=contract.partition_by,
        cluster_by=contract.cluster_by,
        contract_file=str(path.relative_to(PROJECT_ROOT)),
    )


def _of_source(source: str, table: Mapping[str, Any]) -> StoredTable:
    meta = table["config"]["meta"]
    return StoredTable(
        relation=f"{source}.{table['name']}",
        columns=tuple(
            StoredColumn(
                column["name"], column["data_type"], column.get("config", {}).get("meta", {}).get("required", False)
            )
            for column in table["columns"]
        ),
        partition_by=meta["partition_by"],
        cluster_by=tuple(meta.get("cluster_by", ())),
        contract_file=str(OPS_FILE.relative_to(PROJECT_ROOT)),
    )
