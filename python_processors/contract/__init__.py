"""The contract of a hashed table, read from the YAML file beside its dbt model.

That file is the only place where a table's columns, types, key, partition and hash fields are
written. dbt reads it as model properties; this module gives Python the same view.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from python_processors.contract.rows import Declared, plain_reads, read_declared
from python_processors.errors import ContractError
from python_processors.yaml_files import read_yaml

PROJECT_ROOT = Path(__file__).resolve().parents[2]

# Written when rows are published, never by a processor; every hashed table has the first four.
PUBLISH_COLUMNS = ("data_hash", "logic_version", "created_at", "processed_at", "quality_calculated_at", "updated_at")

# A NUMERIC's text must be a plain float text (no exponent, no lost digit), or SQL and Python
# would print it differently: 15 digits survive a double, and repr() turns to exponents below 1e-4.
MAX_PRECISION = 15
MAX_SCALE = 4

_SCALARS: dict[str, pa.DataType] = {
    "INT64": pa.int64(),
    "BOOL": pa.bool_(),
    "STRING": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}
_NUMERIC = re.compile(r"NUMERIC\((\d+),\s*(\d+)\)")
_ARRAY = re.compile(r"ARRAY<(.+)>")


@dataclass(frozen=True)
class ContractType:
    """One contract type, as BigQuery spells it: `INT64`, `NUMERIC(5,1)`, `ARRAY<STRING>`.

    `element` is set for arrays, `precision` and `scale` for NUMERIC.
    """

    name: str
    kind: str
    precision: int = 0
    scale: int = 0
    element: ContractType | None = None

    @classmethod
    def parse(cls, name: str) -> ContractType:
        """:raises ValueError: the name is not a contract type; the message says which there are."""
        if name in _SCALARS:
            return cls(name, name)
        if match := _NUMERIC.fullmatch(name):
            precision, scale = int(match[1]), int(match[2])
            if not 0 < scale <= min(MAX_SCALE, precision) or precision > MAX_PRECISION:
                raise ValueError(
                    f"`{name}` cannot be hashed alike on every engine: use a scale of 1 to {MAX_SCALE}"
                    f" and a precision of at most {MAX_PRECISION} (INT64 when there are no decimals)"
                )
            return cls(name, "NUMERIC", precision, scale)
        if match := _ARRAY.fullmatch(name):
            element = cls.parse(match[1])
            if element.kind == "ARRAY":
                raise ValueError(f"`{name}`: BigQuery has no arrays of arrays")
            return cls(name, "ARRAY", element=element)
        known = ", ".join([*_SCALARS, "NUMERIC(p,s)", "ARRAY<...>"])
        raise ValueError(f"`{name}` is no contract type; there are {known}")

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that holds a stored value exactly."""
        if self.kind == "NUMERIC":
            return pa.decimal128(self.precision, self.scale)
        if self.element is not None:
            return pa.list_(self.element.arrow)
        return _SCALARS[self.kind]


@dataclass(frozen=True)
class Column:
    """One column of a contract. `not_hashed` holds the reason, or None when it is a hash field."""

    name: str
    type: ContractType
    description: str
    required: bool
    not_hashed: str | None
    meta: Mapping[str, Any]


@dataclass(frozen=True)
class Contract:
    """What one hashed table stores: grain (`key`), partition and columns, in the stored order."""

    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: str
    cluster_by: tuple[str, ...]
    dataset: str = ""
    reads: tuple[Mapping[str, Any], ...] = ()
    declared: Declared = field(default_factory=Declared)

    @property
    def relation(self) -> str:
        """`dataset.table`, as SQL names it; a prefix of the target's datasets comes before it."""
        return f"{self.dataset}.{self.table}"

    @property
    def entity_column(self) -> str:
        """What tells its rows of a date, or of a game, apart: a player or a team."""
        return next(name for name in self.key if name not in ("game_id", self.partition_by))

    def window(self, name: str) -> int:
        """Length of a window, in games or days, by the name that the contract gives it.

        :raises ContractError: it names none so.
        """
        if name not in self.declared.windows:
            raise ContractError(self.table, f"no window is called {name}; {', '.join(self.declared.windows)} are.")
        return self.declared.windows[name]

    @property
    def hash_fields(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.not_hashed is None)

    @property
    def processor_columns(self) -> tuple[Column, ...]:
        """The columns that a processor returns: all but those the publish step writes."""
        return tuple(column for column in self.columns if column.name not in PUBLISH_COLUMNS)

    def schema(self) -> pa.Schema:
        """Arrow schema of what a processor returns, after casting."""
        return pa.schema([pa.field(c.name, c.type.arrow) for c in self.processor_columns])

    @classmethod
    def from_properties(cls, model: Mapping[str, Any]) -> Contract:
        """Read one entry of `models:` in a dbt property file.

        :raises ContractError: something is missing or contradicts itself.
        """
        table = model["name"]
        meta = model.get("config", {}).get("meta", {})
        columns = tuple(_read_column(table, column) for column in model.get("columns", []))
        declared = read_declared(table, meta, _project_vars())
        contract = cls(
            table=table,
            columns=columns,
            key=tuple(meta.get("key", ())),
            partition_by=meta.get("partition_by", ""),
            cluster_by=tuple(meta.get("cluster_by", ())),
            reads=plain_reads(table, tuple(meta.get("reads", ())), declared.windows, _project_vars()),
            declared=declared,
        )
        _check(contract)
        return contract


def _read_column(table: str, column: Mapping[str, Any]) -> Column:
    name = column["name"]
    meta = column.get("config", {}).get("meta", {})
    try:
        kind = ContractType.parse(column.get("data_type", ""))
    except ValueError as error:
        raise ContractError(table, f"column `{name}`: {error}.") from error
    return Column(
        name=name,
        type=kind,
        description=" ".join(column.get("description", "").split()),
        required=meta.get("required", False),
        not_hashed=meta.get("not_hashed"),
        meta=meta,
    )


def _check(contract: Contract) -> None:
    names = [column.name for column in contract.columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    absent = [name for name in (*contract.key, contract.partition_by) if name not in names]
    unpublished = [name for name in PUBLISH_COLUMNS[:4] if name not in names]
    if doubled:
        raise ContractError(contract.table, f"columns named twice: {', '.join(doubled)}.")
    if not contract.key or not contract.partition_by:
        raise ContractError(contract.table, "`config.meta` needs `key` and `partition_by`.")
    if absent:
        raise ContractError(contract.table, f"key or partition names no column: {', '.join(absent)}.")
    if unpublished:
        raise ContractError(contract.table, f"columns of the publish step missing: {', '.join(unpublished)}.")
    rows = contract.declared.rows
    if (
        rows is not None
        and not rows.after_bootstrap
        and (contract.partition_by != "game_date" or "game_id" not in names)
    ):
        raise ContractError(contract.table, f"rows of {rows.of} are of games: they need `game_id`, by `game_date`.")
    for name in PUBLISH_COLUMNS:
        if name in contract.hash_fields:
            raise ContractError(contract.table, f"`{name}` is written at publish and cannot be hashed.")


def _project_vars() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_yaml(PROJECT_ROOT / "dbt_project.yml").get("vars") or {}
    return found


def _dataset_of(path: Path) -> str:
    """The dataset that dbt_project.yml gives to the folder of a model."""
    project = read_yaml(PROJECT_ROOT / "dbt_project.yml")
    folder = path.relative_to(PROJECT_ROOT / "models").parts[0]
    return str(project["models"][project["name"]][folder]["+schema"])


@functools.cache
def load_contract(table: str) -> Contract:
    """The contract of a table, from `<table>.yml` anywhere under `models/`.

    :raises ContractError: there is no such file, or it does not describe the table.
    """
    paths = sorted((PROJECT_ROOT / "models").rglob(f"{table}.yml"))
    if len(paths) != 1:
        raise ContractError(table, f"expected one models/**/{table}.yml, found {len(paths)}.")
    properties = read_yaml(paths[0])
    for model in properties.get("models", []):
        if model["name"] == table:
            return replace(Contract.from_properties(model), dataset=_dataset_of(paths[0]))
    raise ContractError(table, f"{paths[0].name} describes no model of that name.")


@functools.cache
def hashed_tables() -> tuple[str, ...]:
    """Every table with a contract: the models whose `config.meta` names a processor."""
    tables = []
    for path in sorted((PROJECT_ROOT / "models").rglob("*.yml")):
        properties = read_yaml(path)
        for model in properties.get("models", []):
            if "processor" in model.get("config", {}).get("meta", {}):
                tables.append(model["name"])
    return tuple(tables)
