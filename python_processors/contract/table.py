"""The contract of one hashed table, and the rules that it keeps whatever else there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from python_processors.contract.keys import ColumnKeys, ReadKeys, TableKeys
from python_processors.contract.rows import Declared, plain_reads, read_declared
from python_processors.contract.shapes import Wrong, check_known, check_once, of_mapping, shaped
from python_processors.contract.types import ContractType
from python_processors.errors import ContractError
from python_processors.places import PROJECT_ROOT
from python_processors.yaml_files import read_yaml

# Written when rows are published, never by a processor; every hashed table has the first four.
PUBLISH_COLUMNS = ("data_hash", "logic_version", "created_at", "processed_at", "quality_calculated_at", "updated_at")
_PUBLISH_TYPES = {name: "STRING" if name in PUBLISH_COLUMNS[:2] else "TIMESTAMP" for name in PUBLISH_COLUMNS}
_META = ("config", "meta")
_DECLARING = ("rows", "history", "waits_for", "windows")


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
    """What one hashed table stores: grain (`key`), partition and columns, in the stored order.

    `meta` is all that `config.meta` says, with no key that keys.py does not know.
    """

    table: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_by: str
    cluster_by: tuple[str, ...]
    dataset: str = ""
    reads: tuple[Mapping[str, Any], ...] = ()
    processor: str = ""
    meta: Mapping[str, Any] | None = None
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
        table = str(model.get("name", "")) if isinstance(model, Mapping) else ""
        return of_mapping(table, lambda: cls.from_keys(shaped(TableKeys, model)))

    @classmethod
    def from_keys(cls, model: TableKeys, dataset: str = "") -> Contract:
        """:raises Wrong: something is missing or contradicts itself; by its path in the model's entry."""
        meta = model.config.meta
        written = _as_written(meta)
        declared, reads = _declared(model.name, written)
        contract = cls(
            table=model.name,
            columns=tuple(_column(column, position) for position, column in enumerate(model.columns)),
            key=tuple(meta.key),
            partition_by=meta.partition_by or "",
            cluster_by=tuple(meta.cluster_by),
            dataset=dataset,
            reads=reads,
            processor=meta.processor or "",
            meta=written,
            declared=declared,
        )
        _check(contract)
        return contract


def _declared(table: str, meta: Mapping[str, Any]) -> tuple[Declared, tuple[Mapping[str, Any], ...]]:
    """What `config.meta` declares of rows, and its reads with each size as a number.

    :raises Wrong: it contradicts itself.
    """
    project_vars = read_yaml(PROJECT_ROOT / "dbt_project.yml").get("vars") or {}
    try:
        declared = read_declared(table, meta, project_vars)
        return declared, plain_reads(table, tuple(meta.get("reads", ())), declared.windows, project_vars)
    except ContractError as error:
        parts: list[tuple[str | int, ...]] = [
            (part,) for part in _DECLARING if f"`{part}" in error.problem or f".{part}`" in error.problem
        ]
        parts += [
            ("reads", place, "size") for place, read in enumerate(meta.get("reads", ()))
            if f"read of `{read.get('from')}`" in error.problem and isinstance(read.get("size"), str)
        ]  # fmt: skip
        raise Wrong((*_META, *(parts[0] if parts else ())), error.problem) from None


def _column(column: ColumnKeys, position: int) -> Column:
    meta = column.config.meta
    try:
        kind = ContractType.parse(column.data_type, meta.scale)
    except ValueError as error:
        wrong = ("data_type",) if meta.scale is None else ("config", "meta", "scale")
        raise Wrong(("columns", position, *wrong), f"column `{column.name}`: {error}.") from error
    return Column(
        name=column.name,
        type=kind,
        description=" ".join(column.description.split()),
        required=meta.required,
        not_hashed=meta.not_hashed,
        meta=_as_written(meta),
    )


def _as_written(keys: ReadKeys | Any) -> dict[str, Any]:
    """What the file says, without what it leaves out."""
    written: dict[str, Any] = keys.model_dump(by_alias=True, exclude_unset=True)
    return written


def _check(contract: Contract) -> None:
    """:raises Wrong: the first rule that the contract breaks."""
    names = [column.name for column in contract.columns]
    check_once(names, ("columns",), "column", ("name",))
    if not contract.key or not contract.partition_by:
        raise Wrong(_META, "`config.meta` needs `key` and `partition_by`.")
    check_known(contract.key, names, (*_META, "key"), "key")
    check_once(contract.key, (*_META, "key"), "key column")
    if contract.partition_by not in names:
        raise Wrong(
            (*_META, "partition_by"),
            f"partition names no column: {contract.partition_by}. The columns are {', '.join(names)}.",
        )
    check_known(contract.cluster_by, names, (*_META, "cluster_by"), "`cluster_by`")
    check_once(contract.cluster_by, (*_META, "cluster_by"), "column of `cluster_by`")
    rows = contract.declared.rows
    if (
        rows is not None
        and not rows.after_bootstrap
        and (contract.partition_by != "game_date" or "game_id" not in names)
    ):
        raise Wrong((*_META, "rows"), f"rows of {rows.of} are of games: they need `game_id`, by `game_date`.")
    _check_published(contract, names)
    _check_types(contract, names)


def _check_published(contract: Contract, names: list[str]) -> None:
    unpublished = [name for name in PUBLISH_COLUMNS[:4] if name not in names]
    if unpublished:
        raise Wrong(("columns",), f"columns of the publish step missing: {', '.join(unpublished)}.")
    for position, column in enumerate(contract.columns):
        if column.name not in PUBLISH_COLUMNS:
            continue
        if column.not_hashed is None:
            why = f"`{column.name}` is written at publish and cannot be hashed: give it `config.meta.not_hashed`."
            raise Wrong(("columns", position), why)
        if column.type.name != _PUBLISH_TYPES[column.name]:
            why = f"`{column.name}` is written at publish as {_PUBLISH_TYPES[column.name]}, and cannot be another type."
            raise Wrong(("columns", position, "data_type"), why)


def _check_types(contract: Contract, names: list[str]) -> None:
    def kind(name: str) -> str:
        return contract.columns[names.index(name)].type.kind

    if kind(contract.partition_by) != "DATE":
        why = f"a hashed table is partitioned by a DATE, and {contract.partition_by} is {kind(contract.partition_by)}."
        raise Wrong((*_META, "partition_by"), why)
    for position, column in enumerate(contract.columns):
        if column.type.kind == "JSON" and column.not_hashed is None:
            why = (
                f"`{column.name}` is a JSON, of which BigQuery keeps neither the order of keys nor the text, so that it"
                " cannot be hashed: give it `config.meta.not_hashed`, or make it a STRING."
            )
            raise Wrong(("columns", position, "data_type"), why)
    for part, columns in (("key", contract.key), ("cluster_by", contract.cluster_by)):
        for position, name in enumerate(columns):
            if kind(name) in ("ARRAY", "FLOAT64", "JSON"):
                raise Wrong((*_META, part, position), f"`{part}` cannot hold {name}, which is an {kind(name)}.")
    for position, name in enumerate(contract.key):
        if name not in contract.hash_fields:
            raise Wrong((*_META, "key", position), f"`key` cannot hold {name}, which is not hashed.")
    if all(name in ("game_id", contract.partition_by) for name in contract.key):
        why = "`key` needs a column besides game_id and the partition, such as a player or a team."
        raise Wrong((*_META, "key"), why)
