"""What is exported is what was hashed."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from python_processors.export.writing import _as_contract


@pytest.mark.parametrize("is_list", [False, True])
def test_a_decimal_of_a_table_that_was_not_migrated_is_refused(is_list: bool) -> None:
    """Arrow would cast 0.35 to 0.35000000000000003, which has another hash."""

    def rows(value: object, kind: pa.DataType) -> pa.Table:
        return pa.table({"x": pa.array([[value] if is_list else value], pa.list_(kind) if is_list else kind)})

    doubles = rows(0.35, pa.float64())
    assert _as_contract(doubles, doubles.schema).equals(doubles)
    with pytest.raises(pa.ArrowInvalid, match=r"x is .*decimal128"):
        _as_contract(rows(Decimal("0.3500"), pa.decimal128(9, 4)), doubles.schema)
