"""Sessions of one opening: they see each other's rows, and no other process writes between them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from python_processors.engines.duckdb.warehouse import DuckDBWarehouse

OPEN = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table of_others (n int)')"


class Patient:
    def waits(self, for_whom: str) -> None:
        raise AssertionError(for_whom)

    def goes_on(self) -> None:
        pass


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "fullcourt.duckdb")


def others_can_write(warehouse: DuckDBWarehouse) -> bool:
    return subprocess.run([sys.executable, "-c", OPEN, warehouse.path], capture_output=True).returncode == 0


def lose_and_stop(warehouse: DuckDBWarehouse) -> None:
    with warehouse.writing() as session:
        session.execute("begin transaction")
        session.execute("delete from numbers")
        raise KeyboardInterrupt


def test_sessions_within_see_each_other_and_keep_others_out(warehouse: DuckDBWarehouse) -> None:
    with warehouse.kept_open():
        with warehouse.writing() as session:
            session.execute("create table numbers as select 1 as n")
        assert not others_can_write(warehouse)
        with warehouse.patient(Patient()).reading() as session:
            assert session.columns("main.numbers")
            assert session.read("select n from numbers").to_pylist() == [{"n": 1}]
    assert others_can_write(warehouse)
    with warehouse.reading() as session:
        assert set(session.live_columns(["main.numbers", "main.of_others"])) == {"main.numbers", "main.of_others"}


def test_an_error_within_ends_it(warehouse: DuckDBWarehouse) -> None:
    with pytest.raises(ValueError, match="a step"), warehouse.kept_open():
        raise ValueError("a step")
    assert others_can_write(warehouse)


def test_what_a_session_within_began_and_did_not_end_is_undone(warehouse: DuckDBWarehouse) -> None:
    with warehouse.kept_open():
        with warehouse.writing() as session:
            session.execute("create table numbers as select 1 as n")
        with pytest.raises(KeyboardInterrupt):
            lose_and_stop(warehouse)
        with pytest.raises(ValueError, match="outside"), warehouse.reading():
            raise ValueError("outside of any")
        with warehouse.writing() as session:
            session.execute("insert into numbers values (2)")
    with warehouse.reading() as session:
        assert session.read("select n from numbers order by 1")["n"].to_pylist() == [1, 2]


def test_its_mark_is_told_within(warehouse: DuckDBWarehouse) -> None:
    with warehouse.writing() as session:
        session.execute("create table numbers as select 1 as n")
    before = warehouse.mark()
    with warehouse.kept_open():
        assert warehouse.mark() == before
        with warehouse.writing() as session:
            session.execute("update numbers set n = 2")
        assert warehouse.mark() != before
