"""What the random test of mixed changes stands on: how it draws, and what it takes for a difference."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.mixed_changes.machine import Change, compare, read_again
from tests.mixed_changes.site import KINDS
from tests.mixed_changes.tour import disturbances, of_content

TABLES = {"facts": {"relation": "main.facts", "day": "day", "key": ["day", "who"], "hashed": ["points"]}}
ROWS = [("2021-10-19", "a", 1, "x"), ("2021-10-19", "b", 2, "y"), ("2021-10-20", "a", 3, "z")]
Row = tuple[str, str, int, str]


def database(path: Path, rows: list[Row]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table facts (day date, who varchar, points bigint, data_hash varchar)")
        for row in rows:
            connection.execute("insert into facts values (?, ?, ?, ?)", row)
    return path


@pytest.mark.parametrize(
    ("rows", "differing", "lost"),
    [
        (ROWS, set(), {}),
        (ROWS[::-1], set(), {}),
        ([("2021-10-19", "a", 9, "x"), *ROWS[1:]], {("facts", "2021-10-19")}, {}),
        ([("2021-10-19", "a", 1, "other"), *ROWS[1:]], {("facts", "2021-10-19")}, {}),
        ([*ROWS, ROWS[2]], {("facts", "2021-10-20")}, {}),
        (ROWS[1:], {("facts", "2021-10-19")}, {("facts", "2021-10-19"): 1}),
        ([*ROWS, ("2021-10-21", "a", 1, "x")], {("facts", "2021-10-21")}, {}),
    ],
    ids=["equal", "another order", "a value", "a hash", "a row twice", "a row lost", "a row more"],
)
def test_rows_differ_by_value_hash_and_number(tmp_path: Path, rows: list[Row], differing: Any, lost: Any) -> None:
    fresh = database(tmp_path / "fresh.duckdb", ROWS)
    assert compare(database(tmp_path / "here.duckdb", rows), fresh, TABLES) == (differing, lost)


def test_a_table_that_is_not_there_has_lost_all_its_rows(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "here.duckdb")).close()
    differing, lost = compare(tmp_path / "here.duckdb", database(tmp_path / "fresh.duckdb", ROWS), TABLES)
    assert differing == {("facts", "2021-10-19"), ("facts", "2021-10-20")}
    assert lost.total() == 3


def test_a_seed_draws_the_same_changes_each_time_and_a_thousand_draw_every_kind() -> None:
    assert of_content(random.Random(7)) == of_content(random.Random(7))
    rng = random.Random(7)
    assert {
        change.kind for _ in range(1000) for change in [*of_content(rng), *disturbances(rng, is_needed=False)]
    } == set(KINDS)


def test_a_change_is_read_from_what_is_printed_of_it() -> None:
    assert Change.parse(str(Change("row_edited", 5))) == Change("row_edited", 5)


def test_rows_between_tables_are_changed_together_with_something_that_makes_tables_read_them() -> None:
    poisoned = Change("intermediate_row_deleted", 5)
    assert [change.kind for change in read_again([poisoned])] == [poisoned.kind, "players_of_a_game_removed"]
    assert read_again([poisoned, Change("row_edited", 1)]) == (poisoned, Change("row_edited", 1))
