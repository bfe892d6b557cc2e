"""The tables that runs write, and their DDL outside of dbt: hashed tables, and the sources in models/ops.

The statements are those of create_contract_table() in macros/processor/contract.sql; a test compares what
the two make.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from python_processors.contract import PROJECT_ROOT, ContractType, contract_file, hashed_tables, load_contract
from python_processors.contract.keys import OpsFile, OpsTableKeys
from python_processors.contract.shapes import Path as Part
from python_processors.contract.shapes import Wrong, check_known, check_once, of_document, shaped
from python_processors.engines.base import Session
from python_processors.engines.live import Layout
from python_processors.errors import ContractError
from python_processors.project_code import remembered
from python_processors.yaml_files import named, parse, read_bytes, read_yaml

_DATED = ("DATE", "TIMESTAMP")  # types of a column that partitions a table
OPS_FILE = PROJECT_ROOT / "models" / "ops" / "_sources.yml"


@dataclass(frozen=True)
class StoredColumn:
    """One column; `type` as contracts spell it. A FLOAT64 has a scale in hashed tables alone."""

    name: str
    type: str
    required: bool
    scale: int | None = None

    @property
    def arrow(self) -> pa.DataType:
        return pa.float64() if self.type == "FLOAT64" else ContractType.parse(self.type, self.scale).arrow


@dataclass(frozen=True)
class StoredTable:
    """A table as its contract has it. `contract_file` is where a person changes that.

    `partitioned_by` is the column that a live table is partitioned by, where that is another one: see as_it_lies().
    """

    relation: str
    columns: tuple[StoredColumn, ...]
    partition_by: str
    cluster_by: tuple[str, ...]
    contract_file: str
    partitioned_by: str = ""

    @property
    def is_hashed(self) -> bool:
        return self.contract_file != str(OPS_FILE.relative_to(PROJECT_ROOT))

    def column(self, name: str) -> StoredColumn:
        """:raises ContractError: the contract has no such column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise ContractError(self.relation, f"column {name} is needed, and is not there.", file=self.contract_file)

    def schema(self) -> pa.Schema:
        return pa.schema([pa.field(c.name, c.arrow, nullable=not c.required) for c in self.columns])


class _Stored(dict[str, StoredTable]):
    """Tables by relation; one that a run writes and the file lacks is an error that says so."""

    def __missing__(self, relation: str) -> StoredTable:
        why = f"there is no {relation}, which runs write. The tables are {', '.join(self)}."
        raise ContractError("", why, file=named(OPS_FILE), line=1)


@remembered
def stored_tables() -> Mapping[str, StoredTable]:
    """Every table that a run writes, by `dataset.table`.

    :raises ContractError: a contract is wrong.
    """
    tables = [_hashed(name) for name in hashed_tables()]
    return _Stored({table.relation: table for table in [*tables, *parse_ops_tables(read_bytes(OPS_FILE), OPS_FILE)]})


@remembered
def output_datasets() -> tuple[str, ...]:
    """Every dataset that runs and dbt write, by dbt_project.yml and the contracts."""
    folders = (read_yaml(PROJECT_ROOT / "dbt_project.yml").get("models") or {}).get("fullcourt") or {}
    of_models = [str(of["+schema"]) for of in folders.values() if isinstance(of, dict) and "+schema" in of]
    return tuple(dict.fromkeys([*of_models, *(relation.partition(".")[0] for relation in stored_tables())]))


def parse_ops_tables(data: bytes, file: Path) -> list[StoredTable]:
    """The tables of a file like models/ops/_sources.yml.

    :raises ContractError: it is wrong.
    """
    document = parse(data, file)

    def make() -> list[StoredTable]:
        made: dict[str, StoredTable] = {}
        for place, source in enumerate(shaped(OpsFile, document.value, document.line).sources):
            for position, table in enumerate(source.tables):
                path: Part = ("sources", place, "tables", position)
                stored = _of_source(source.name, table, path)
                if stored.relation in made:
                    raise Wrong((*path, "name"), f"table named twice: {stored.relation}. Keep one.")
                made[stored.relation] = stored
        return list(made.values())

    return of_document(document, "", make)


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
    """Make these tables and their datasets where they are not there yet.

    Nothing is sent for what is there: of a dataset BigQuery would want the right to make one, and a table is a job.
    """
    for dataset in sorted({relation.partition(".")[0] for relation in relations}):
        if not session.has_dataset(dataset):
            session.execute(f"create schema if not exists {session.named(dataset)}")
    for relation, columns in session.live_columns(relations).items():
        if not columns:
            session.execute(create_statement(session, stored_tables()[relation]))


def every_row(table: StoredTable) -> str:
    """A condition that all rows meet: BigQuery reads these tables only with one on the partition.

    Nulls are asked for whatever the contract says, as the live column may have lost its NOT NULL.
    """
    of_contract = f"({table.partition_by} >= '0001-01-01' or {table.partition_by} is null)"
    if not table.partitioned_by:
        return of_contract
    least = "'0001-01-01'" if table.column(table.partitioned_by).type in _DATED else str(-(2**63))
    return f"{of_contract} and ({table.partitioned_by} >= {least} or {table.partitioned_by} is null)"


def as_it_lies(table: StoredTable, layout: Layout | None) -> StoredTable:
    """The same, for queries of a live table that may be partitioned by another column: it is read only with a condition
    on that one. So is a table of the contract that has its rows."""
    by = layout.partition_by if layout else ""
    is_other = by != table.partition_by and any(column.name == by for column in table.columns)
    return replace(table, partitioned_by=by) if is_other else table


def _hashed(name: str) -> StoredTable:
    contract = load_contract(name)
    return StoredTable(
        relation=contract.relation,
        columns=tuple(
            StoredColumn(c.name, c.type.name.replace(" ", ""), c.required, c.meta.get("scale"))
            for c in contract.columns
        ),
        partition_by=contract.partition_by,
        cluster_by=contract.cluster_by,
        contract_file=str(contract_file(name).relative_to(PROJECT_ROOT)),
    )


def _of_source(source: str, table: OpsTableKeys, path: Part) -> StoredTable:
    """:raises Wrong: the table contradicts itself."""
    meta, there = table.config.meta, (*path, "config", "meta")
    names = [column.name for column in table.columns]
    check_once(names, (*path, "columns"), f"column of `{table.name}`", ("name",))
    check_known(meta.cluster_by, names, (*there, "cluster_by"), f"`cluster_by` of `{table.name}`")
    check_once(meta.cluster_by, (*there, "cluster_by"), f"column of `cluster_by` of `{table.name}`")
    columns = []
    for position, column in enumerate(table.columns):
        if column.data_type != "FLOAT64":
            try:
                ContractType.parse(column.data_type)
            except ValueError as error:
                why = f"column `{column.name}` of `{table.name}`: {error}."
                raise Wrong((*path, "columns", position, "data_type"), why) from error
        columns.append(StoredColumn(column.name, column.data_type, column.config.meta.required))
    dated = [column.name for column in columns if column.type in _DATED]
    if meta.partition_by not in dated:
        why = f"`partition_by` of `{table.name}` is {meta.partition_by}, and must be a DATE or TIMESTAMP of it: "
        raise Wrong((*there, "partition_by"), f"{why}{', '.join(dated) or 'it has none'}.")
    return StoredTable(
        relation=f"{source}.{table.name}",
        columns=tuple(columns),
        partition_by=meta.partition_by,
        cluster_by=tuple(meta.cluster_by),
        contract_file=str(OPS_FILE.relative_to(PROJECT_ROOT)),
    )
