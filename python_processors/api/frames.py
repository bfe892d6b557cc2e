"""Arrow rows in the form that a caller asks for, and the feature vector as columns."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.api.reading import RequestError
from python_processors.basketball.features import FEATURES

Form: TypeAlias = Literal["arrow", "pandas", "polars"]
Frame: TypeAlias = Any  # a pyarrow.Table, or a DataFrame of pandas or Polars
FEATURE_NAMES = tuple(feature.name for feature in FEATURES)


def with_features(rows: pa.Table) -> pa.Table:
    """Rows of the feature store with a float64 column for each of the 33 features, in the place of `features`.

    :raises RequestError: a row's vector has other features than this version of fullcourt.
    """
    names = pc.unique(pc.binary_join(rows["feature_names"], ","))
    if len(rows) and names.to_pylist() != [",".join(FEATURE_NAMES)]:
        raise RequestError("The rows hold other features than this version of fullcourt knows: build the dates again.")
    vectors = rows["features"].combine_chunks()
    values = _floats(pc.list_flatten(vectors)).to_numpy(zero_copy_only=False)
    matrix = np.asarray(values, dtype=np.float64).reshape(len(rows), len(FEATURE_NAMES))
    made: dict[str, Any] = {}
    for name in rows.column_names:
        if name == "features":
            made |= {feature: pa.array(matrix[:, place]) for place, feature in enumerate(FEATURE_NAMES)}
        elif name != "feature_names":
            made[name] = rows[name]
    return with_floats(pa.table(made))


def with_floats(rows: pa.Table) -> pa.Table:
    """Decimals as float64, which models take."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_decimal(field.type):
            rows = rows.set_column(place, field.name, _floats(rows[field.name]))
    return rows


def _floats(numbers: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The float64 next to each decimal. Arrow's own cast gives 0.35000000000000003 for 0.35. Doubles stay as they are:
    the features are, but in a warehouse that was not migrated yet."""
    if pa.types.is_floating(numbers.type):
        return numbers
    return numbers.cast(pa.string()).cast(pa.float64())


def in_form(rows: pa.Table, form: Form) -> Frame:
    """
    :raises RequestError: there is no such form, or its library is not installed.
    """
    if form == "arrow":
        return rows
    if form == "pandas":
        return rows.to_pandas()
    if form == "polars":
        try:
            import polars
        except ModuleNotFoundError:
            raise RequestError("Polars is not installed: `pip install polars`, or ask for arrow or pandas.") from None
        return polars.from_arrow(rows)
    raise RequestError(f"`{form}` is no form of a data frame: ask for arrow, pandas or polars.")
