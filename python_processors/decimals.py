"""Decimals as whole numbers of their smallest unit: exact arithmetic without a Python object a value.

A ratio of integers is rounded once, half away from zero, so it cannot differ by engine, by order of
summation or by a binary near-tie.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Integers = npt.NDArray[np.int64]
_LIMIT = 2**62


def decimal_units(values: pa.Array) -> Integers:
    """Units (10^-scale) of a decimal128 array of at most 18 digits; what a null holds is undefined."""
    # decimal128 is a 128-bit integer of units; at 18 digits the low 64 bits are all of it.
    words = np.frombuffer(values.buffers()[1], dtype=np.int64)
    return words[2 * values.offset : 2 * (values.offset + len(values)) : 2]


def decimals(units: Integers, is_null: npt.NDArray[np.bool_], scale: int) -> pa.Array:
    """decimal128(18, scale) from units."""
    words = np.empty((len(units), 2), dtype=np.int64)
    words[:, 0] = units
    words[:, 1] = units >> 63  # the sign, extended over the high half
    validity = pa.py_buffer(np.packbits(~is_null, bitorder="little"))
    return pa.Array.from_buffers(pa.decimal128(18, scale), len(units), [validity, pa.py_buffer(words)])


def integers(values: pa.Array | pa.ChunkedArray) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Whole numbers and where they are null (0 stands in)."""
    array = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if isinstance(array, pa.ChunkedArray):
        array = pa.array([], pa.int64())
    is_null = array.is_null().to_numpy(zero_copy_only=False)
    return array.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), is_null


def from_parts(values: pa.Array | pa.ChunkedArray, parts: int, scale: int) -> pa.Array:
    """Whole parts, so many to one, as decimals: tenths of a point as points."""
    return ratio(values, pa.repeat(pa.scalar(parts, pa.int64()), len(values)), scale)


def ratio(numerator: pa.Array, denominator: pa.Array, scale: int) -> pa.Array:
    """`numerator / denominator` to `scale` decimals, half away from zero.

    Null where either is null or the denominator is not positive.

    :raises OverflowError: the numerator is too large for exact 64-bit arithmetic.
    """
    top, top_null = integers(numerator)
    bottom, bottom_null = integers(denominator)
    is_null = top_null | bottom_null | (bottom <= 0)
    if len(top) and max(int(np.abs(top).max()) * 2 * 10**scale, int(np.abs(bottom).max()) * 2) >= _LIMIT:
        raise OverflowError(f"a numerator of {int(np.abs(top).max())} leaves no room for {scale} decimals")
    divisor = np.where(is_null, 1, bottom)
    magnitude = (2 * np.abs(top) * 10**scale + divisor) // (2 * divisor)
    return decimals(np.sign(top) * magnitude, is_null, scale)
