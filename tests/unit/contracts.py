"""Contracts made up for tests."""

from __future__ import annotations

import re
from typing import Any

from python_processors.contract import Contract


def contract_of(columns: dict[str, str], *, key: tuple[str, ...] = ("id",), **meta: dict[str, Any]) -> Contract:
    """A contract with an `id`, a `game_date` and these columns; `meta` gives a column's config.meta. A FLOAT64 may stand
    with its scale: `FLOAT64(2)`."""
    publish = {"data_hash": "STRING", "logic_version": "STRING", "created_at": "TIMESTAMP", "processed_at": "TIMESTAMP"}
    listed = [
        {"name": name, **typed(kind, meta.get(name, {}))}
        for name, kind in {"id": "INT64", "game_date": "DATE", **columns}.items()
    ]
    listed += [
        {"name": name, "data_type": kind, "config": {"meta": {"not_hashed": "written at publish"}}}
        for name, kind in publish.items()
    ]
    return Contract.from_properties(
        {"name": "made_up", "columns": listed, "config": {"meta": {"key": list(key), "partition_by": "game_date"}}}
    )


def typed(kind: str, meta: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a contract file says of a column of this type: a FLOAT64's scale stands in `config.meta`."""
    scaled = re.fullmatch(r"(.*FLOAT64)\((\d+)\)(.*)", kind)
    if scaled:
        kind, meta = scaled[1] + scaled[3], {**(meta or {}), "scale": int(scaled[2])}
    return {"data_type": kind, "config": {"meta": meta or {}}}


def as_node(contract: Contract) -> dict[str, dict[str, Any]]:
    """The columns of a contract as dbt gives them to a macro."""
    return {
        c.name: {"name": c.name, **typed(c.type.whole_name, {"not_hashed": c.not_hashed})} for c in contract.columns
    }
