"""Contracts made up for tests."""

from __future__ import annotations

from typing import Any

from python_processors.contract import Contract


def contract_of(columns: dict[str, str], *, key: tuple[str, ...] = ("id",), **meta: dict[str, Any]) -> Contract:
    """A contract with an `id`, a `game_date` and these columns; `meta` gives a column's config.meta."""
    publish = {"data_hash": "STRING", "logic_version": "STRING", "created_at": "TIMESTAMP", "processed_at": "TIMESTAMP"}
    listed = [
        {"name": name, "data_type": kind, "config": {"meta": meta.get(name, {})}}
        for name, kind in {"id": "INT64", "game_date": "DATE", **columns}.items()
    ]
    listed += [
        {"name": name, "data_type": kind, "config": {"meta": {"not_hashed": "written at publish"}}}
        for name, kind in publish.items()
    ]
    return Contract.from_properties(
        {"name": "made_up", "columns": listed, "config": {"meta": {"key": list(key), "partition_by": "game_date"}}}
    )
