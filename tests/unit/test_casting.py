"""Rows are stored as their contract declares, or refused by name."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors.casting import cast_to_contract
from python_processors.errors import CastError, ColumnMismatchError, NullKeyError
from tests.unit.contracts import contract_of


def stored(values: Any, kind: str, **meta: Any) -> list[Any]:
    meta = {"x": {"not_hashed": "a test"}, **meta} if kind == "JSON" else meta
    contract = contract_of({"x": kind}, **meta)
    array = values if isinstance(values, pa.Array) else pa.array(values)
    table = pa.table({"id": range(len(array)), "game_date": [date(2024, 1, 1)] * len(array), "x": array})
    return cast_to_contract(table, contract)["x"].to_pylist()


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (0.285, "NUMERIC(5,2)", Decimal("0.29")),
        (2.675, "NUMERIC(5,2)", Decimal("2.68")),
        (-0.5, "NUMERIC(5,1)", Decimal("-0.5")),
        (0.05, "NUMERIC(5,1)", Decimal("0.1")),
        (-0.05, "NUMERIC(5,1)", Decimal("-0.1")),
        (1e-9, "NUMERIC(5,1)", Decimal("0.0")),
        (12, "NUMERIC(5,1)", Decimal("12.0")),
        (Decimal("0.125"), "NUMERIC(5,2)", Decimal("0.13")),
        (0.285, "FLOAT64(2)", 0.29),
        (-0.125, "FLOAT64(2)", -0.13),
        (Decimal("0.35"), "FLOAT64(4)", 0.35),
        (7, "FLOAT64(1)", 7.0),
        ([0.00005, -0.35], "ARRAY<FLOAT64(4)>", [0.0001, -0.35]),
    ],
)
def test_numerics_are_rounded_half_away_from_zero_as_they_print(value: Any, kind: str, expected: Decimal) -> None:
    assert stored([value], kind) == [expected]


@given(st.floats(-9e3, 9e3, allow_nan=False))
def test_any_float_is_rounded_as_its_shortest_text(value: float) -> None:
    expected = Decimal(repr(value)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    assert stored([value], "NUMERIC(8,3)") == [expected]


def test_minus_zero_is_zero() -> None:
    for kind in ("NUMERIC(5,1)", "FLOAT64(1)"):
        assert [str(float(value)) for value in stored([-0.0, -0.04], kind)] == ["0.0", "0.0"]


def test_nan_is_null_in_number_columns() -> None:
    assert stored([1.5, float("nan")], "NUMERIC(5,1)") == [Decimal("1.5"), None]
    assert stored([1.5, float("nan")], "FLOAT64(1)") == [1.5, None]
    assert stored([2.0, float("nan")], "INT64") == [2, None]


def test_strings_are_composed_so_one_name_has_one_spelling() -> None:
    assert stored(["Donc\u030cic\u0301"], "STRING") == ["Don\u010di\u0107"]


def test_a_json_is_kept_as_its_text() -> None:
    texts = ['{"b": 1,  "a": [2.50, null]}', None, "7"]
    assert stored(texts, "JSON") == texts


def test_times_of_another_zone_are_stored_in_utc() -> None:
    eastern = pa.array([datetime(2024, 1, 1, 15)], pa.timestamp("ns", tz="UTC")).cast(
        pa.timestamp("ns", tz="America/New_York")
    )
    (value,) = stored(eastern, "TIMESTAMP")
    assert str(value) == "2024-01-01 15:00:00+00:00"


@pytest.mark.parametrize(
    ("values", "kind", "problem"),
    [
        (["5"], "INT64", "INT64 is declared, the values are string"),
        (["5.0"], "NUMERIC(5,1)", "NUMERIC\\(5,1\\) is declared, the values are string"),
        ([1.5], "INT64", "the value is 1.5"),
        ([2.0**60], "INT64", "the value is 1.15"),
        ([True], "INT64", "the values are bool"),
        ([1], "BOOL", "the values are int64"),
        ([1], "STRING", "the values are int64"),
        ([float("inf")], "NUMERIC(5,1)", "infinity cannot be stored"),
        ([float("-inf")], "FLOAT64(1)", "infinity cannot be stored"),
        ([1e14], "FLOAT64(1)", "outside FLOAT64"),
        (["5.0"], "FLOAT64(1)", "FLOAT64 is declared, the values are string"),
        ([[0.5, float("nan")]], "ARRAY<FLOAT64(1)>", "no null inside an array"),
        (["{}", '{"a": 1'], "JSON", "JSON is declared, the value is '{\"a\": 1'"),
        (['{"a": NaN}'], "JSON", "NaN is no JSON"),
        (['{"a": 18446744073709551616}'], "JSON", "more than 64 bits"),
        (['{"a": 0.1234567890123456789}'], "JSON", "more digits than a double"),
        (['{"a": 1e999}'], "JSON", "more digits than a double"),
        ([1], "JSON", "JSON is declared, the values are int64"),
        ([99999.95], "NUMERIC(5,1)", "outside NUMERIC"),
        ([9999.95], "NUMERIC(5,1)", "outside NUMERIC"),
        ([datetime(2024, 1, 1)], "TIMESTAMP", "no time zone"),
        ([datetime(2024, 1, 1)], "DATE", "DATE is declared"),
        (["2024-01-01"], "DATE", "the values are string"),
        ([["a", None]], "ARRAY<STRING>", "no null inside an array"),
        ([["a"]], "ARRAY<INT64>", "element: INT64 is declared"),
    ],
)
def test_a_value_of_another_kind_is_refused_with_field_and_key(values: Any, kind: str, problem: str) -> None:
    with pytest.raises(CastError, match=problem) as caught:
        stored(values, kind)
    assert str(caught.value).startswith("made_up.x: ")


def test_a_refused_value_names_its_row() -> None:
    with pytest.raises(CastError, match="Row: id=1"):
        stored([1.0, float("inf")], "NUMERIC(5,1)")


def test_missing_and_unknown_columns_are_named_together() -> None:
    table = pa.table({"id": [1], "game_date": [date(2024, 1, 1)], "y": [1]})
    with pytest.raises(ColumnMismatchError, match="missing x; not in the contract: y"):
        cast_to_contract(table, contract_of({"x": "INT64"}))


def test_a_null_in_a_required_column_is_refused_with_its_key() -> None:
    with pytest.raises(NullKeyError, match=r"made_up\.x is null.*id=1"):
        stored([1, None], "INT64", x={"required": True})


def test_an_all_null_column_is_null_of_its_type() -> None:
    assert stored(pa.nulls(2), "NUMERIC(5,1)") == [None, None]


def test_an_empty_table_keeps_its_types() -> None:
    contract = contract_of({"x": "NUMERIC(5,1)", "y": "ARRAY<STRING>"})
    table = pa.table(
        {
            "id": pa.array([], pa.int64()),
            "game_date": pa.array([], pa.date32()),
            "x": pa.array([], pa.float64()),
            "y": pa.array([], pa.list_(pa.string())),
        }
    )
    assert cast_to_contract(table, contract).schema == contract.schema()


def test_sliced_columns_are_read_at_their_offset() -> None:
    values = pa.array(np.arange(10) / 10)[4:7]
    assert stored(values, "NUMERIC(5,1)") == [Decimal("0.4"), Decimal("0.5"), Decimal("0.6")]
