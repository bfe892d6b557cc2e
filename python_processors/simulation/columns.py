"""Arrow columns in the raw contract's form, made from codes and lists of words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from python_processors.raw_contract import raw_tables

LOADED_AT = datetime(2000, 1, 1, tzinfo=UTC)  # a constant: a second run must give the same bytes


def raw_table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Columns in the raw contract's schema; what is not given is null, provenance is filled in."""
    schema = raw_tables()[name].schema()
    count = len(next(iter(columns.values())))
    fixed = {"source_file_path": "simulated", "processed_at": LOADED_AT}
    arrays = []
    for field in schema:
        given = columns.get(field.name)
        if given is None and field.name in fixed:
            arrays.append(pa.repeat(pa.scalar(fixed[field.name], field.type), count))
        elif given is None:
            arrays.append(pa.nulls(count, field.type))
        elif isinstance(given, pa.Array):
            arrays.append(given.cast(field.type))
        else:
            arrays.append(pa.array(given, field.type))
    return pa.table(arrays, schema=schema)


def words(codes: npt.NDArray[np.integer[Any]], values: Sequence[str | None]) -> pa.Array:
    """Each code's word; null where the code is negative."""
    codes = np.asarray(codes)
    of = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(of, pa.array(list(values), pa.string())).cast(pa.string())


def where(mask: npt.NDArray[np.bool_], values: Any, type_: pa.DataType | None = None) -> pa.Array:
    """Values, null where the mask is false."""
    return pa.array(np.asarray(values), type_, mask=~np.asarray(mask))


def dates(days: npt.NDArray[np.int64]) -> pa.Array:
    """Days since 1970."""
    return pa.array(np.asarray(days).astype(np.int32), pa.int32()).cast(pa.date32())


def instants(minutes: npt.NDArray[Any]) -> pa.Array:
    """Minutes since 1970, UTC; fractions count."""
    return pa.array(np.rint(np.asarray(minutes) * 60_000_000).astype(np.int64)).cast(pa.timestamp("us", tz="UTC"))
