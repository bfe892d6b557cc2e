"""Refused runs: each is kept once, wherever it can be, and open until its dates were run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from python_processors.contract import hashed_tables
from python_processors.orchestration.run.own_row import close_killed
from python_processors.orchestration.run.refused import (
    RUNS,
    Refusal,
    lines_of,
    note_refusal,
    noted_beside,
    of_range,
    open_refusals,
    take_over,
)
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.schema.tables import create_tables, stored_tables

BOXES, CACHE = "player_game_summary", "player_daily_cache"


def day(of: int) -> date:
    return date(2021, 11, of)


def at(hour: int) -> datetime:
    return datetime(2021, 11, 20, hour, tzinfo=UTC)


REFUSAL = Refusal("r1", "backfill", day(5), day(8), None, at(3), "A table is not as its contract says.\nRepair it.")


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    with warehouse.writing() as session:
        create_tables(session, RUNS)
    return warehouse


def ran(warehouse: DuckDBWarehouse, first: int, last: int, hour: int, **more: object) -> None:
    row = {
        "run_id": f"run {hour}", "command": "backfill", "state": "done", "started_at": at(1), "ended_at": at(hour),
        "range_start": day(first), "range_end": day(last), **more,
    }  # fmt: skip
    with warehouse.writing() as session:
        session.append(RUNS, pa.Table.from_pylist([row], schema=stored_tables()[RUNS].schema()))


def is_open(warehouse: DuckDBWarehouse) -> bool:
    with warehouse.reading() as session:
        return bool(open_refusals(session, warehouse))


def test_the_same_refusal_is_kept_once_and_another_one_as_well(warehouse: DuckDBWarehouse) -> None:
    other = replace(REFUSAL, run_id="r3", reason="another", refused_at=at(5))
    for refusal in (REFUSAL, replace(REFUSAL, run_id="r2", refused_at=at(4)), other):
        note_refusal(warehouse, refusal)
    with warehouse.reading() as session:
        assert open_refusals(session, warehouse) == [REFUSAL, other]
    first, _, advice = lines_of([REFUSAL, other])
    assert (
        first
        == "REFUSED backfill 2021-11-05 to 2021-11-08, 2021-11-20 03:00 UTC: A table is not as its contract says. Repair it."
    )
    assert "run their dates again" in advice
    assert lines_of([]) == []


def test_without_a_run_of_its_own_no_warehouse_is_made_for_a_refusal(tmp_path: Path) -> None:
    note_refusal(DuckDBWarehouse(tmp_path / "none.duckdb"), REFUSAL)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_waits_beside_the_file_for_the_next_run(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path)):  # DuckDB opens no file twice with two settings
        note_refusal(warehouse, REFUSAL)
        note_refusal(warehouse, replace(REFUSAL, run_id="r2", reason="a lock"))
    assert noted_beside(warehouse) == [REFUSAL]
    assert is_open(warehouse)
    for _ in range(2):
        with warehouse.writing() as session:
            take_over(session, warehouse)
    assert noted_beside(warehouse) == []
    with warehouse.reading() as session:
        assert open_refusals(session, warehouse) == [REFUSAL]
        assert session.read(f"select count(*) as n from {RUNS}")["n"].to_pylist() == [1]


def test_what_no_run_wrote_beside_the_file_is_no_refusal(warehouse: DuckDBWarehouse) -> None:
    warehouse.side_file(".refused.1.json").write_bytes(b'{"run_id": 1}')
    assert noted_beside(warehouse) == []


def test_a_refusal_is_open_until_all_of_its_dates_were_run(warehouse: DuckDBWarehouse) -> None:
    note_refusal(warehouse, REFUSAL)
    ran(warehouse, 1, 30, 2)  # before
    ran(warehouse, 1, 30, 4, state="killed")
    ran(warehouse, 1, 30, 5, tables=BOXES)
    ran(warehouse, 7, 9, 6)
    assert is_open(warehouse)
    ran(warehouse, 4, 6, 7, state="partial")
    assert not is_open(warehouse)


def test_a_refusal_of_tables_is_settled_by_a_run_of_all_of_them(warehouse: DuckDBWarehouse) -> None:
    note_refusal(warehouse, replace(REFUSAL, tables=(BOXES, CACHE)))
    ran(warehouse, 5, 8, 4, tables=CACHE)
    assert is_open(warehouse)
    ran(warehouse, 5, 8, 5, tables=f"{CACHE}, {BOXES}")
    assert not is_open(warehouse)


def test_a_refusal_of_all_tables_is_settled_by_runs_of_each(warehouse: DuckDBWarehouse) -> None:
    note_refusal(warehouse, REFUSAL)
    first, *others = hashed_tables()
    for table in others:
        ran(warehouse, 5, 8, 4, tables=table)
    assert is_open(warehouse)
    ran(warehouse, 5, 8, 5, tables=first)
    assert not is_open(warehouse)


def test_today_as_of_an_old_day_settles_nothing_of_a_newer_one(warehouse: DuckDBWarehouse) -> None:
    ran(warehouse, 1, 19, 2, command="today")
    note_refusal(warehouse, replace(REFUSAL, command="today", start=day(20), end=day(20)))
    ran(warehouse, 1, 9, 4, command="today")
    assert is_open(warehouse)
    ran(warehouse, 1, 20, 5, command="today")
    assert not is_open(warehouse)


def test_today_settles_what_was_refused_of_another_day(warehouse: DuckDBWarehouse) -> None:
    note_refusal(warehouse, replace(REFUSAL, command="today", start=day(20), end=day(20)))
    ran(warehouse, 1, 9, 4)
    assert is_open(warehouse)
    ran(warehouse, 1, 9, 5, command="today")
    assert not is_open(warehouse)


def test_a_refusal_is_of_the_ranges_that_it_meets() -> None:
    assert of_range([REFUSAL], day(8), day(9)) == of_range([REFUSAL], day(1), day(5)) == [REFUSAL]
    assert of_range([REFUSAL], day(9), day(9)) == []


def test_a_refusal_hides_no_run_that_died(warehouse: DuckDBWarehouse) -> None:
    ran(warehouse, 1, 2, 2, state="running", ended_at=None)
    note_refusal(warehouse, REFUSAL)
    with warehouse.writing() as session:
        close_killed(session)
        assert sorted(session.read(f"select state from {RUNS}")["state"].to_pylist()) == ["killed", "refused"]
