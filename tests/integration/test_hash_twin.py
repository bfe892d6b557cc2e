"""The SQL twin of the hash equals the Python hasher, on vectors, on awkward values and in bulk."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.casting import cast_to_contract
from python_processors.contract import Contract
from python_processors.hashing import data_hashes
from tests.unit.contracts import as_node, contract_of
from tests.unit.test_hashing import HELD, VECTORS
from tests.unit.test_hashing import TYPES as HASHED_TYPES
from tests.warehouse import Warehouse

ALPHABET = "aZ09 _'\"\\/\b\t\n\r\f\x00\x1f\x7f~éč\u0301ß\u2028中🏀\U0010ffff"
TYPES = {**HASHED_TYPES, "share": "NUMERIC(5,1)", "wide": "FLOAT64(4)"}


def twin_sql(contract: Contract, tmp_path: Path) -> str:
    """The compiled SQL expression of data_hash() for a contract."""
    columns = as_node(contract)
    warehouse = Warehouse(tmp_path / "compile.duckdb", tmp_path)
    inline = "select {{ data_hash(" + json.dumps({"columns": columns}).replace("null", "none") + ") }} as data_hash"
    assert warehouse.dbt("compile", "--inline", inline, "--no-populate-cache").success
    (compiled,) = (tmp_path / "target" / "compiled").rglob("inline_query*")
    return compiled.read_text(encoding="utf-8")


def recomputed(sql: str, rows: pa.Table) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("rows_to_hash", rows)
        return [h for (h,) in connection.execute(f"{sql} from rows_to_hash order by id").fetchall()]


@pytest.mark.parametrize("kind", sorted({kind for _, kind in HELD.values()}))
def test_the_twin_gives_every_vectors_hash(kind: str, tmp_path: Path) -> None:
    names = sorted(name for name, (_, held) in HELD.items() if held == kind)
    contract = contract_of({"x": kind})  # of which x alone is hashed
    alone = tuple(c if c.name == "x" else replace(c, not_hashed="a test") for c in contract.columns)
    contract = replace(contract, columns=alone)
    arrow = next(c.type.arrow for c in contract.columns if c.name == "x")
    rows = pa.table({"id": range(len(names)), "x": pa.array([HELD[name][0] for name in names], arrow)})
    assert recomputed(twin_sql(contract, tmp_path), rows) == [VECTORS[name]["v1"] for name in names]


def awkward_rows(rng: random.Random, count: int, contract: Contract) -> pa.Table:
    """Rows of TYPES full of what engines print differently, a tenth of the scalars null."""

    def maybe(value: Any) -> Any:
        return None if rng.random() < 0.1 else value

    def words() -> str:
        return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(8)))

    def rate() -> Decimal:
        return Decimal(rng.randrange(-9_999_999, 9_999_999)).scaleb(-3)

    columns: dict[str, list[Any]] = {name: [] for name in TYPES}
    for _ in range(count):
        columns["number"].append(maybe(rng.choice([0, 5, -1, 2**53 + 1, -(2**63), 2**63 - 1, rng.randrange(10**6)])))
        columns["rate"].append(maybe(rate()))
        columns["share"].append(maybe(Decimal(rng.randrange(-9999, 9999)).scaleb(-1)))
        columns["name"].append(maybe(words()))
        columns["flag"].append(maybe(rng.random() < 0.5))
        columns["day"].append(maybe(date(1, 1, 1) + timedelta(days=rng.randrange(3_652_058))))
        instant = datetime(1900, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(10**10))
        columns["moment"].append(maybe(instant.replace(microsecond=rng.choice([0, 1, 500_000, 999_999]))))
        columns["notes"].append([words() for _ in range(rng.randrange(4))])
        columns["rates"].append([rate() for _ in range(rng.randrange(4))])
        columns["double"].append(maybe(float(rate())))
        columns["doubles"].append([float(rate()) for _ in range(rng.randrange(4))])
        columns["wide"].append(maybe(rng.choice([0.0, 0.0001, -(10**15 - 1) / 10**4, rng.randrange(10**15) / 10**4])))
    types = {c.name: c.type.arrow for c in contract.columns}
    return pa.table(
        {"id": range(count), "game_date": [date(2024, 1, 1)] * count}
        | {name: pa.array(values, types[name]) for name, values in columns.items()}
    )


def test_a_double_that_was_changed_behind_its_hash_has_another(tmp_path: Path) -> None:
    """Also one that rounds to what was hashed; verify() finds the same rows."""
    contract = contract_of({"x": "FLOAT64(2)", "y": "ARRAY<FLOAT64(2)>"})
    changed = [0.125, 0.13 + 2**-52, float("nan"), float("inf"), -float("inf"), 1e300, 5e-324]
    made = cast_to_contract(
        pa.table({"id": [0], "game_date": [date(2024, 1, 1)], "x": [0.13], "y": [[0.13, 0.0]]}), contract
    )
    (of_made,) = data_hashes(made, contract).to_pylist()
    rows = pa.table({
        "id": [0] * (2 * len(changed) + 2), "game_date": [date(2024, 1, 1)] * (2 * len(changed) + 2),
        "x": [0.13, 0.13, *changed, *([0.13] * len(changed))],
        "y": [[0.13, 0.0], [0.13, -0.0], *([[0.13, 0.0]] * len(changed)), *([value, 0.0] for value in changed)],
    })  # fmt: skip
    found = recomputed(twin_sql(contract, tmp_path), rows)
    assert [text == of_made for text in found] == [True, True] + [False] * (2 * len(changed))


def test_the_twin_agrees_on_twenty_thousand_rows(tmp_path: Path) -> None:
    contract = contract_of(TYPES)
    rows = awkward_rows(random.Random(20211019), 20_000, contract)
    assert recomputed(twin_sql(contract, tmp_path), rows) == data_hashes(rows, contract).to_pylist()
