"""Processors: one function per hashed table, from the Arrow table its model selects to its rows.

A processor computes what must be exact in every engine; joins and counts stay in the model's SQL.
It has no clock, no connection and no state: the same input gives the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from python_processors.contract import load_contract


def assemble(table: str, selected: pa.Table, computed: Mapping[str, pa.Array | pa.ChunkedArray]) -> pa.Table:
    """Rows of `table`: its contract's columns, from `computed`, else as the model selected them.

    A column that neither names is left out, for the caster to report.
    """
    names = [column.name for column in load_contract(table).processor_columns]
    found = {
        name: computed[name] if name in computed else selected[name]
        for name in names
        if name in computed or name in selected.column_names
    }
    return pa.table(found)
