"""The shared hasher gives the definition's hash, for every value that a contract can hold."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_processors.casting import cast_to_contract
from python_processors.contract import ContractType
from python_processors.errors import FullcourtError
from python_processors.hashing import data_hashes, fingerprint, hash_messages, row_messages
from python_processors.orchestration.state.macros import rendered
from tests.unit.contracts import contract_of
from tests.unit.reference_hash import reference_hash

VECTORS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "hash_vectors.json").read_text(encoding="utf-8")
)

# Vectors whose value some contract type holds as it is: the value and the type.
HELD: dict[str, tuple[Any, str]] = {
    "date": (date(2024, 2, 29), "DATE"),
    "date_max": (date(9999, 12, 31), "DATE"),
    "date_min": (date(1, 1, 1), "DATE"),
    "dt_utc": (datetime(2024, 1, 1, 15, tzinfo=UTC), "TIMESTAMP"),
    "f_0.0": (Decimal("0.0"), "NUMERIC(4,1)"),
    "f_0.1": (Decimal("0.1"), "NUMERIC(4,1)"),
    "f_1e-4": (Decimal("0.0001"), "NUMERIC(8,4)"),
    "f_5.0": (Decimal("5.0"), "NUMERIC(4,1)"),
    "false": (False, "BOOL"),
    "true": (True, "BOOL"),
    "int": (5, "INT64"),
    "int64_max": (2**63 - 1, "INT64"),
    "int_2p53p1": (2**53 + 1, "INT64"),
    "int_neg": (-1, "INT64"),
    "int_zero": (0, "INT64"),
    "null": (None, "STRING"),
    "tuple": ([1, 2], "ARRAY<INT64>"),
    **{
        name: (json.loads(vector["msg"])["x"], "STRING")
        for name, vector in VECTORS.items()
        if name.startswith(("s_", "dec_")) and name != "s_lone_surrogate"
    },
}


def hash_of(value: Any, kind: str) -> str:
    parsed = ContractType.parse_whole(kind)
    (messages,) = row_messages({"x": (pa.array([value], parsed.arrow), parsed)})
    return str(hash_messages(messages)[0])


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_every_vectors_message_has_its_hash(name: str) -> None:
    assert str(hash_messages([VECTORS[name]["msg"].encode()])[0]) == VECTORS[name]["v1"]


@pytest.mark.parametrize("name", sorted(HELD))
def test_a_value_that_a_contract_holds_has_its_vectors_hash(name: str) -> None:
    assert hash_of(*HELD[name]) == VECTORS[name]["v1"]


@pytest.mark.parametrize("name", [name for name, (_, kind) in HELD.items() if kind.startswith("NUMERIC")])
def test_a_double_of_a_scale_has_its_vectors_hash(name: str) -> None:
    value, kind = HELD[name]
    assert hash_of(float(value), f"FLOAT64({ContractType.parse(kind).scale})") == VECTORS[name]["v1"]


def test_field_order_does_not_matter() -> None:
    kind = ContractType.parse("INT64")
    fields = {"b": (pa.array([2]), kind), "a": (pa.array([1]), kind)}
    (messages,) = row_messages(fields)
    assert str(hash_messages(messages)[0]) == VECTORS["row_field_order_irrelevant"]["v1"]


def test_a_lone_surrogate_never_reaches_the_hasher() -> None:
    with pytest.raises(UnicodeEncodeError):
        pa.array(["\ud800"], pa.string())


@pytest.mark.parametrize("kind", ["NUMERIC(15,4)", "FLOAT64(4)"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), 1e23, 123456789012345680.0])
def test_a_float_that_no_numeric_holds_is_refused(value: float, kind: str) -> None:
    contract = contract_of({"x": kind})
    table = pa.table({"id": [7], "game_date": [date(2024, 1, 1)], "x": [value]})
    with pytest.raises(FullcourtError, match=r"made_up\.x: .*id=7"):
        cast_to_contract(table, contract)


text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
numeric = st.decimals(min_value=-9999, max_value=9999, places=3, allow_nan=False, allow_infinity=False)
doubles = st.floats(1 - 10.0**11, 10.0**11 - 1, allow_nan=False) | st.integers(-(10**8), 10**8).map(lambda n: n / 2000)
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "rate": st.none() | numeric,
            "name": st.none() | text,
            "flag": st.none() | st.booleans(),
            "day": st.none() | st.dates(),
            "moment": st.none() | instants,
            "notes": st.none() | st.lists(text, max_size=3),
            "rates": st.none() | st.lists(numeric, max_size=3),
            "double": st.none() | doubles,
            "doubles": st.none() | st.lists(doubles, max_size=3),
        }
    ),
    min_size=1,
    max_size=30,
)
TYPES = {
    "number": "INT64",
    "rate": "NUMERIC(7,3)",
    "name": "STRING",
    "flag": "BOOL",
    "day": "DATE",
    "moment": "TIMESTAMP",
    "notes": "ARRAY<STRING>",
    "rates": "ARRAY<NUMERIC(7,3)>",
    "double": "FLOAT64(3)",
    "doubles": "ARRAY<FLOAT64(3)>",
}


@given(ROWS)
@settings(max_examples=300)
def test_rows_have_the_hash_of_the_plain_definition(rows: list[dict[str, Any]]) -> None:
    contract = contract_of(TYPES)
    types = {name: ContractType.parse_whole(kind).arrow for name, kind in TYPES.items()}
    table = pa.table(
        {"id": range(len(rows)), "game_date": [date(2024, 1, 1)] * len(rows)}
        | {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    )
    stored = cast_to_contract(table, contract)
    expected = [reference_hash(row) for row in stored.to_pylist()]
    assert data_hashes(stored, contract).to_pylist() == expected


@given(st.lists(doubles | st.none(), min_size=1, max_size=40), st.integers(1, 4))
@settings(max_examples=300)
def test_a_double_is_stored_and_hashed_as_the_numeric_of_its_scale(values: list[float | None], scale: int) -> None:
    """The double next to what NUMERIC would hold, so that a change of the type moves no hash."""
    rows = pa.table({
        "id": range(len(values)), "game_date": [date(2024, 1, 1)] * len(values), "x": pa.array(values, pa.float64()),
        "y": pa.array([[value] * 2 if value is not None else [] for value in values], pa.list_(pa.float64())),
    })  # fmt: skip
    of_decimals, of_doubles = (
        contract_of({"x": kind, "y": f"ARRAY<{kind}>"}) for kind in (f"NUMERIC(15,{scale})", f"FLOAT64({scale})")
    )
    decimals, stored = cast_to_contract(rows, of_decimals), cast_to_contract(rows, of_doubles)
    expected = [None if value is None else float(value) for value in decimals["x"].to_pylist()]
    assert list(map(repr, stored["x"].to_pylist())) == [repr(v + 0.0 if v is not None else v) for v in expected]
    assert data_hashes(stored, of_doubles).to_pylist() == data_hashes(decimals, of_decimals).to_pylist()
    assert cast_to_contract(stored, of_doubles).equals(stored)  # what is stored is of the scale already


def test_long_columns_are_hashed_across_chunks() -> None:
    contract = contract_of({"number": "INT64"})
    numbers = [n * 7919 for n in range(120_001)]
    table = pa.table({"id": numbers, "game_date": [date(2024, 1, 1)] * len(numbers), "number": numbers})
    stored = cast_to_contract(table, contract)
    hashes = data_hashes(stored, contract)
    for row in (0, 49_999, 50_000, 120_000):
        assert hashes[row].as_py() == reference_hash(stored.slice(row, 1).to_pylist()[0])


def test_columns_that_are_not_hashed_do_not_change_the_hash() -> None:
    contract = contract_of({"x": "INT64", "note": "STRING"}, note={"not_hashed": "provenance"})
    hashes = [
        data_hashes(pa.table({"id": [1], "game_date": [date(2024, 1, 1)], "x": [5], "note": [note]}), contract)
        for note in ("a", "b")
    ]
    assert hashes[0] == hashes[1]


hex_hashes = st.lists(st.integers(0, 2**64 - 1).map(lambda n: f"{n:016x}"), max_size=20)


@given(hex_hashes, st.randoms())
def test_a_fingerprint_does_not_depend_on_order(hashes: list[str], random: Any) -> None:
    shuffled = list(hashes)
    random.shuffle(shuffled)
    assert fingerprint(pa.array(hashes, pa.string())) == fingerprint(pa.array(shuffled, pa.string()))


@given(hex_hashes, hex_hashes)
def test_fingerprints_add_up_over_dates(first: list[str], second: list[str]) -> None:
    parts = [[int(n) for n in fingerprint(pa.array(part, pa.string())).split(":")] for part in (first, second)]
    whole = [int(n) for n in fingerprint(pa.array(first + second, pa.string())).split(":")]
    assert whole == [a + b for a, b in zip(*parts, strict=True)]


def test_a_fingerprint_notices_a_doubled_row() -> None:
    once, twice = pa.array(["00000001ffffffff"]), pa.array(["00000001ffffffff"] * 2)
    assert fingerprint(once) == "1:1:4294967295"
    assert fingerprint(twice) == "2:2:8589934590"


def fingerprint_in_sql(hashes: list[str]) -> str:
    with duckdb.connect() as connection:
        connection.register("stored", pa.table({"data_hash": pa.array(hashes, pa.string())}))
        rows = connection.sql(f"select {rendered('partition_fingerprint', 'data_hash')} from stored").fetchall()
    return str(rows[0][0])


@given(hex_hashes)
def test_a_fingerprint_in_duckdb_is_the_hashers(hashes: list[str]) -> None:
    assert fingerprint_in_sql(hashes) == fingerprint(pa.array(hashes, pa.string()))


@pytest.mark.parametrize(
    "text", ["", "00000001", "000000000000000g", "0000_001ffffffff", "00000001FFFFFFFF", " 0000001fffffff "]
)
def test_a_text_that_is_no_hash_counts_as_a_row_and_adds_nothing(text: str) -> None:
    assert fingerprint_in_sql(["00000001ffffffff", text]) == "2:1:4294967295"
