"""JSON texts as columns: one object per row, made column by column and not row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = "pa.Array | pa.ChunkedArray"


def json_objects(values: Mapping[str, Column], objects: Mapping[str, Column] | None = None) -> Column:
    """`{"name": value, ...}` per row, in the order given; null values are `null`.

    :param values: whole numbers, decimals, booleans or strings.
    :param objects: texts that are JSON already, such as another call's result.
    """
    texts = {name: _value_text(column) for name, column in values.items()} | dict(objects or {})
    pieces: list[Column | str] = []
    for number, (name, text) in enumerate(texts.items()):
        pieces += [f'{", " if number else "{"}"{name}": ', pc.fill_null(text, "null")]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _value_text(column: Column) -> Column:
    if not pa.types.is_string(column.type):
        return pc.cast(column, pa.string())
    escaped = pc.replace_substring(pc.replace_substring(column, "\\", "\\\\"), '"', '\\"')
    return pc.binary_join_element_wise('"', escaped, '"', "")
