"""Cast an Arrow table to its contract's types: what is stored, and therefore what is hashed.

Refused here, with table, field and key: infinity, a number outside its NUMERIC, text in a number
column, a naive time where UTC is declared, a missing or an unknown column. NaN is null.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.contract import Column, Contract, ContractType
from python_processors.decimals import decimal_units
from python_processors.errors import CastError, ColumnMismatchError, NullKeyError

# Integers beyond this are not exact in a double, so a float column cannot vouch for them.
_EXACT_IN_DOUBLE = 2**53
_WIDE = Context(prec=400)


class _Refused(Exception):
    """A value cannot be cast; `row` points at the first such value when one is known."""

    def __init__(self, problem: str, row: int | None = None) -> None:
        self.problem, self.row = problem, row
        super().__init__(problem)


def cast_to_contract(table: pa.Table, contract: Contract) -> pa.Table:
    """The same rows in the contract's column order and Arrow types.

    :raises ColumnMismatchError: columns are missing or unknown.
    :raises CastError: a value does not fit its type; names field and key.
    :raises NullKeyError: a required column holds a null.
    """
    wanted = [column.name for column in contract.processor_columns]
    missing = [name for name in wanted if name not in table.column_names]
    unknown = [name for name in table.column_names if name not in wanted]
    if missing or unknown:
        raise ColumnMismatchError(contract.table, missing, unknown)
    arrays = [_cast_column(table, column, contract) for column in contract.processor_columns]
    return pa.table(arrays, schema=contract.schema())


def describe_key(table: pa.Table, contract: Contract, row: int) -> str:
    """`game_id=20211019_BKN_MIL, team_abbr=BKN`, for messages."""
    known = [name for name in contract.key if name in table.column_names]
    return ", ".join(f"{name}={table[name][row].as_py()}" for name in known)


def _cast_column(table: pa.Table, column: Column, contract: Contract) -> pa.Array:
    values = table[column.name].combine_chunks()
    if isinstance(values, pa.ChunkedArray):  # combine_chunks keeps a chunked array when it is empty
        values = pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    try:
        cast = cast_array(values, column.type)
    except _Refused as refusal:
        key = None if refusal.row is None else describe_key(table, contract, refusal.row)
        raise CastError(contract.table, column.name, refusal.problem, key) from refusal
    if column.required and cast.null_count:
        row = pc.index(pc.is_null(cast), True).as_py()
        raise NullKeyError(contract.table, column.name, describe_key(table, contract, row))
    return cast


def cast_array(values: pa.Array, kind: ContractType) -> pa.Array:
    """One array as its contract type; :raises _Refused: a value does not fit."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_null(values.type):
        return pa.nulls(len(values), kind.arrow)
    casts = {
        "INT64": _to_int64,
        "NUMERIC": _to_numeric,
        "FLOAT64": _to_float64,
        "BOOL": _to_bool,
        "STRING": _to_string,
        "JSON": _to_json,
        "DATE": _to_date,
        "TIMESTAMP": _to_timestamp,
        "ARRAY": _to_list,
    }
    return casts[kind.kind](values, kind)


def _wrong_type(values: pa.Array, kind: ContractType) -> _Refused:
    return _Refused(f"{kind.name} is declared, the values are {values.type}")


def _first(mask: pa.Array) -> int:
    return int(pc.index(mask, True).as_py())


def _to_int64(values: pa.Array, kind: ContractType) -> pa.Array:
    if pa.types.is_integer(values.type) or pa.types.is_decimal(values.type):
        try:
            return values.cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise _Refused(f"INT64 is declared, and not every value is one ({error})") from error
    if pa.types.is_floating(values.type):
        numbers = _finite(values)
        whole = pc.fill_null(pc.equal(numbers, pc.trunc(numbers)), True)
        exact = pc.fill_null(pc.less(pc.abs(numbers), float(_EXACT_IN_DOUBLE)), True)
        bad = pc.invert(pc.and_(whole, exact))
        if pc.any(bad).as_py():
            row = _first(bad)
            raise _Refused(f"INT64 is declared, the value is {numbers[row].as_py()!r}", row)
        return numbers.cast(pa.int64())
    raise _wrong_type(values, kind)


def _finite(values: pa.Array) -> pa.Array:
    """Doubles with NaN as null; infinity is refused."""
    numbers = values.cast(pa.float64())
    infinite = pc.fill_null(pc.is_inf(numbers), False)
    if pc.any(infinite).as_py():
        raise _Refused("infinity cannot be stored", _first(infinite))
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)


def _to_numeric(values: pa.Array, kind: ContractType) -> pa.Array:
    """Round half away from zero. A double is rounded as the decimal it prints as (0.285 is 0.29)."""
    if pa.types.is_floating(values.type):
        values = _finite(values)
    elif not (pa.types.is_integer(values.type) or pa.types.is_decimal(values.type)):
        raise _wrong_type(values, kind)
    encoded = values.dictionary_encode()
    step = Decimal(1).scaleb(-kind.scale)
    limit = Decimal(10) ** (kind.precision - kind.scale)
    rounded: list[Decimal | None] = []
    for position, value in enumerate(encoded.dictionary.to_pylist()):
        # repr() of a double is its shortest text; integers and Decimals are exact already.
        decimal = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        number = decimal.quantize(step, ROUND_HALF_UP, _WIDE)
        if abs(number) >= limit:
            row = pc.index(encoded.indices, pa.scalar(position, encoded.indices.type)).as_py()
            raise _Refused(f"{value} is outside {kind.whole_name}", row)
        rounded.append(number)
    return pa.array(rounded, pa.decimal128(kind.precision, kind.scale)).take(encoded.indices)


def _to_float64(values: pa.Array, kind: ContractType) -> pa.Array:
    """The doubles next to the decimals that a NUMERIC of this scale would hold; no -0.0."""
    rounded = _to_numeric(values, kind)
    if not len(rounded):
        return pa.array([], pa.float64())
    # One division of whole numbers rounds once; Arrow's cast of a decimal makes 0.35000000000000003 of 0.35.
    return pa.array(decimal_units(rounded) / 10**kind.scale, mask=rounded.is_null().to_numpy(zero_copy_only=False))


def _to_bool(values: pa.Array, kind: ContractType) -> pa.Array:
    if not pa.types.is_boolean(values.type):
        raise _wrong_type(values, kind)
    return values


def _to_string(values: pa.Array, kind: ContractType) -> pa.Array:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise _wrong_type(values, kind)
    # One spelling per name: the same letters arrive composed from one feed, decomposed from another.
    return pc.utf8_normalize(values, "NFC").cast(pa.string())


def _to_json(values: pa.Array, kind: ContractType) -> pa.Array:
    """The text of it, which an engine parses when it is published."""
    texts = _to_string(values, kind)
    encoded = texts.dictionary_encode()
    for position, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            json.loads(text, parse_constant=_no_constant, parse_int=_json_int, parse_float=_json_float)
        except (ValueError, RecursionError) as error:
            row = pc.index(encoded.indices, pa.scalar(position, encoded.indices.type)).as_py()
            raise _Refused(f"JSON is declared, the value is {text[:80]!r} ({error})", row) from error
    return texts


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _json_int(text: str) -> int:
    """BigQuery refuses a whole number beyond 64 bits, or a double that is not exactly what stands there."""
    number = int(text)
    if not -(2**63) <= number < 2**64:
        raise ValueError(f"{text} has more than 64 bits")
    return number


def _json_float(text: str) -> float:
    number = float(text)
    if not isfinite(number) or Decimal(repr(number)) != Decimal(text):
        raise ValueError(f"{text} has more digits than a double")
    return number


def _to_date(values: pa.Array, kind: ContractType) -> pa.Array:
    if not pa.types.is_date(values.type):
        raise _wrong_type(values, kind)
    return values.cast(pa.date32())


def _to_timestamp(values: pa.Array, kind: ContractType) -> pa.Array:
    if not pa.types.is_timestamp(values.type):
        raise _wrong_type(values, kind)
    if values.type.tz is None:
        raise _Refused("TIMESTAMP is declared (UTC), the values have no time zone")
    try:
        return values.cast(kind.arrow)
    except pa.ArrowInvalid as error:
        raise _Refused(f"TIMESTAMP holds microseconds: {error}") from error


def _to_list(values: pa.Array, kind: ContractType) -> pa.Array:
    if not (pa.types.is_list(values.type) or pa.types.is_large_list(values.type)):
        raise _wrong_type(values, kind)
    assert kind.element is not None
    lists = values.cast(pa.list_(values.type.value_type))
    owners = pc.list_parent_indices(lists)
    try:
        flat = cast_array(pc.list_flatten(lists), kind.element)
    except _Refused as refusal:
        row = None if refusal.row is None else owners[refusal.row].as_py()
        raise _Refused(f"element: {refusal.problem}", row) from refusal
    if flat.null_count:
        row = owners[_first(pc.is_null(flat))].as_py()
        raise _Refused("BigQuery stores no null inside an array", row)
    offsets = np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy())])
    mask = pc.is_null(lists) if lists.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat, mask=mask).cast(kind.arrow)
