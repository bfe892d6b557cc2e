"""The shared hasher: `data_hash` of every row, from values that are already of their contract type.

`data_hash` is the first 16 hex characters of SHA-256 over
`json.dumps({field: value}, sort_keys=True, default=str)`. Its SQL twin is `macros/hash/data_hash.sql`.

Each column is encoded once per distinct value, neighbouring columns of few values are joined
beforehand, and only the joined pieces are put together per row: 3.7 times the rows per second of a
json.dumps per row (34 fields, one core, 2026-11). What remains is one string join and one call of
OpenSSL per row; ten times would take a SHA-256 that reads Arrow buffers without a Python object a
row (see docs/benchmarks.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.contract import Contract, ContractType
from python_processors.decimals import decimal_units

HASH_LENGTH = 16
ROWS_AT_ONCE = 50_000  # bounds memory: a chunk of messages is about 50 MB at 1 KB a row
_MAX_JOINED_TEXTS = 20_000
_MAX_DIRECT_RANGE = 1 << 16


@dataclass(frozen=True)
class _Texts:
    """Pieces of JSON text, `texts[codes[row]]` being the row's."""

    texts: npt.NDArray[np.object_]
    codes: npt.NDArray[np.int64]

    def joined(self, other: _Texts) -> _Texts:
        texts = np.add.outer(self.texts + ", ", other.texts).ravel()
        return _Texts(texts, self.codes * len(other.texts) + other.codes)


def hash_messages(messages: Iterable[bytes]) -> pa.StringArray:
    """The 16 hex characters of each message."""
    sha256 = hashlib.sha256
    digests = b"".join([sha256(message).digest()[: HASH_LENGTH // 2] for message in messages])
    text = digests.hex().encode()
    offsets = np.arange(0, len(text) + 1, HASH_LENGTH, dtype=np.int32)
    return pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text))


def data_hashes(table: pa.Table, contract: Contract) -> pa.StringArray:
    """`data_hash` of every row of a table that `cast_to_contract` returned."""
    if table.num_rows == 0:
        return pa.array([], pa.string())
    types = {column.name: column.type for column in contract.columns}
    fields = {name: (table[name], types[name]) for name in contract.hash_fields}
    chunks = [hash_messages(chunk) for chunk in row_messages(fields)]
    return pa.concat_arrays(chunks)


def row_messages(
    fields: dict[str, tuple[pa.ChunkedArray | pa.Array, ContractType]],
) -> Iterator[list[bytes]]:
    """The JSON text of each row, in chunks; `fields` maps a name to its values and their type."""
    pieces: list[_Texts] = []
    for name in sorted(fields):
        values, kind = fields[name]
        piece = _encode(_one_array(values), kind)
        piece = _Texts(json.dumps(name) + ": " + piece.texts, piece.codes)
        room = min(_MAX_JOINED_TEXTS, len(piece.codes))
        if pieces and len(pieces[-1].texts) * len(piece.texts) <= room:
            pieces[-1] = pieces[-1].joined(piece)
        else:
            pieces.append(piece)
    rows = len(pieces[0].codes)
    for start in range(0, rows, ROWS_AT_ONCE):
        window = slice(start, start + ROWS_AT_ONCE)
        columns = [piece.texts[piece.codes[window]].tolist() for piece in pieces]
        yield [("{" + text + "}").encode() for text in map(", ".join, zip(*columns, strict=True))]


def fingerprint(hashes: pa.Array | pa.ChunkedArray) -> str:
    """Fingerprint of a set of rows, `rows:high:low`: the row count and the sums of the two 32-bit
    halves of their hashes. Independent of order, additive over dates, and it notices a doubled row.
    The SQL twin is `partition_fingerprint()` in `macros/hash/fingerprint.sql`.
    """
    text = "".join(hashes.to_pylist())
    halves = np.frombuffer(bytes.fromhex(text), dtype=">u4").astype(np.int64).reshape(-1, 2)
    return f"{len(halves)}:{halves[:, 0].sum()}:{halves[:, 1].sum()}"


def _one_array(values: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)
    return values


def _encode(values: pa.Array, kind: ContractType) -> _Texts:
    if kind.kind == "ARRAY":
        return _encode_lists(values, kind)
    if kind.kind == "BOOL":
        codes = pc.fill_null(values.cast(pa.int8()), 2).to_numpy(zero_copy_only=False)
        return _Texts(np.array(["false", "true", "null"], dtype=object), codes.astype(np.int64))
    if kind.kind in ("INT64", "DATE", "NUMERIC", "FLOAT64"):
        direct = _encode_small_range(values, kind)
        if direct is not None:
            return direct
    encoded = values.dictionary_encode(null_encoding="encode")
    texts = np.array([_text(value, kind) for value in encoded.dictionary.to_pylist()], dtype=object)
    return _Texts(texts, encoded.indices.to_numpy().astype(np.int64))


def _encode_small_range(values: pa.Array, kind: ContractType) -> _Texts | None:
    """Whole numbers close together need no look-up table of values: the value is the position.

    :returns: None when they are too far apart for that.
    """
    units = _units(values, kind)
    null = values.is_null().to_numpy(zero_copy_only=False)
    known = units[~null]
    if not len(known):
        return _Texts(np.array(["null"], dtype=object), np.zeros(len(values), dtype=np.int64))
    low, high = int(known.min()), int(known.max())
    if high - low > min(_MAX_DIRECT_RANGE, 4 * len(values) + 64):
        return None
    texts = [_unit_text(unit, kind) for unit in range(low, high + 1)]
    codes = np.where(null, len(texts), units - low)
    return _Texts(np.array([*texts, "null"], dtype=object), codes)


def _units(values: pa.Array, kind: ContractType) -> npt.NDArray[np.int64]:
    """The values as whole numbers of their smallest unit: days, or 10^-scale."""
    if kind.kind == "NUMERIC":
        return decimal_units(values)
    if kind.kind == "FLOAT64":  # at most 15 digits, so that the product is nearer to its whole number than to another
        known = np.asarray(pc.fill_null(values, 0.0).to_numpy(zero_copy_only=False))
        units: npt.NDArray[np.int64] = np.rint(known * 10**kind.scale).astype(np.int64)
        return units
    if kind.kind == "DATE":
        values = values.cast(pa.int32())
    return np.asarray(pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False))


def _unit_text(unit: int, kind: ContractType) -> str:
    if kind.kind in ("NUMERIC", "FLOAT64"):
        return repr(unit / 10**kind.scale)  # both exact, so the division rounds once: float(Decimal)
    if kind.kind == "DATE":
        return f'"{np.datetime64(unit, "D")}"'
    return str(unit)


def _text(value: object, kind: ContractType) -> str:
    if value is None:
        return "null"
    if kind.kind in ("NUMERIC", "FLOAT64"):
        return repr(float(value))  # type: ignore[arg-type]
    return json.dumps(value, default=str)


def _encode_lists(values: pa.Array, kind: ContractType) -> _Texts:
    assert kind.element is not None
    flat = _encode(pc.list_flatten(values), kind.element)
    texts = pa.array(flat.texts[flat.codes].tolist(), pa.string())
    offsets = np.concatenate([[0], np.cumsum(pc.fill_null(pc.list_value_length(values), 0).to_numpy())])
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts), ", ")
    rows = np.array([f"[{text}]" for text in joined.to_pylist()], dtype=object)
    rows[values.is_null().to_numpy(zero_copy_only=False)] = "null"
    return _Texts(rows, np.arange(len(rows), dtype=np.int64))
