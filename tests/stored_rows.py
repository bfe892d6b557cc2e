"""Rows of a hashed table that are what their hash says, and its types of before FLOAT64 and JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from python_processors.casting import cast_to_contract
from python_processors.contract import Contract, ContractType
from python_processors.hashing import data_hashes

DAYS = (date(2021, 11, 5), date(2021, 11, 6))
_NOW = datetime(2021, 11, 7, tzinfo=UTC)


def nominal_rows(contract: Contract) -> pa.Table:
    """A row for each of DAYS in all columns of the contract. Their doubles are some that a sum of parts would miss."""
    made = {
        column.name: [_value(column.type, column.name, n) for n in range(2)] for column in contract.processor_columns
    }
    made[contract.partition_by] = list(DAYS)
    arrays = [pa.array(made[c.name], c.type.arrow) for c in contract.processor_columns]
    rows = cast_to_contract(pa.table(arrays, names=[c.name for c in contract.processor_columns]), contract)
    written = {"data_hash": data_hashes(rows, contract), "logic_version": pa.array(["v"] * 2)}
    instants = pa.array([_NOW] * 2, pa.timestamp("us", tz="UTC"))
    for column in contract.columns:
        if column.name not in rows.column_names:
            rows = rows.append_column(column.name, written.get(column.name, instants))
    return rows.select([column.name for column in contract.columns])


def former_type(kind: ContractType) -> str:
    """What stood in a contract before a column became FLOAT64 or JSON; else its type."""
    if kind.element is not None:
        return f"ARRAY<{former_type(kind.element)}>"
    return {"FLOAT64": f"NUMERIC(9,{kind.scale})", "JSON": "STRING"}.get(kind.kind, kind.name)


def _value(kind: ContractType, name: str, number: int) -> Any:
    values: dict[str, tuple[Any, Any]] = {
        "INT64": (1, 2), "NUMERIC": (0, 1), "FLOAT64": (0.35, 1234.7), "BOOL": (True, False), "DATE": DAYS,
        "STRING": (f"{name} 1", f"{name} 2"), "TIMESTAMP": (_NOW, _NOW), "JSON": ('{"b": 1,  "a": 2}', "{}"),
    }  # fmt: skip
    if kind.element is not None:
        return [_value(kind.element, name, number)] * 2
    return values[kind.kind][number]
