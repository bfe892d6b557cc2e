"""What a plan stands on: it is another once anything was written, and the same while all only look."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from python_processors.engines.duckdb.warehouse import DuckDBWarehouse
from python_processors.raw_loader import RawFolder, mark_of_files


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    made = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    with made.writing() as session:
        session.execute("create table numbers as select 1 as n")
    return made


def test_a_look_leaves_the_mark(warehouse: DuckDBWarehouse) -> None:
    before = warehouse.mark()
    with warehouse.reading() as session:
        session.read("select * from numbers")
        assert warehouse.mark() == before
    assert warehouse.mark() == before


def test_an_update_of_one_value_changes_it_whatever_the_clock_says(warehouse: DuckDBWarehouse) -> None:
    before, times = warehouse.mark(), warehouse.path.stat()
    with warehouse.writing() as session:
        session.execute("update numbers set n = 2")
    os.utime(warehouse.path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert warehouse.path.stat().st_size == times.st_size
    assert warehouse.mark() != before


def test_two_copies_with_as_many_checkpoints_since_differ_at_the_same_place_and_time(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(warehouse.path.read_bytes())
    marks, heads = [], []
    for source, value in ((warehouse.path, 2), (copy, 3)):
        with duckdb.connect(str(source)) as connection:
            connection.execute(f"update numbers set n = {value}")
        content = source.read_bytes()
        warehouse.path.write_bytes(content)  # as tar and cp do: the place stays
        os.utime(warehouse.path, ns=(10**18, 10**18))
        marks.append(warehouse.mark())
        heads.append(content[: 3 * 4096])
    assert heads[0] == heads[1]
    assert marks[0] != marks[1]


def test_what_is_committed_and_lies_in_the_log_alone_changes_it(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("set checkpoint_threshold = '1 GB'")
        marks = {warehouse.mark()}
        for number in (3, 4):
            connection.execute(f"insert into numbers values ({number})")
            marks.add(warehouse.mark())
    assert len(marks) == 3


def test_a_warehouse_that_is_made_is_another_than_none(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "new.duckdb")
    before = warehouse.mark()
    with warehouse.writing():
        pass
    assert warehouse.mark() != before


def test_files_that_come_grow_or_are_replaced_change_the_mark_of_a_folder(tmp_path: Path) -> None:
    folder, file = RawFolder(tmp_path), tmp_path / "2021-22" / "nbac_schedule.csv"
    marks = [mark_of_files(folder)]
    file.parent.mkdir()
    file.write_text("game_id\n1\n")
    marks.append(mark_of_files(folder))
    assert mark_of_files(folder) == marks[-1]
    new = tmp_path / "new"
    new.write_text("game_id\n2\n")
    times = file.stat()
    os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
    new.replace(file)  # as long, and as old
    marks.append(mark_of_files(folder))
    assert len(set(marks)) == len(marks)
    file.unlink()
    assert mark_of_files(folder) == marks[0]


def test_a_file_behind_a_link_counts_and_a_link_to_nothing_is_no_error(tmp_path: Path) -> None:
    elsewhere, raw = tmp_path / "elsewhere", tmp_path / "raw"
    elsewhere.mkdir()
    raw.mkdir()
    (raw / "2021-22").symlink_to(elsewhere)
    (raw / "notes.txt").symlink_to(tmp_path / "nowhere")
    before = mark_of_files(RawFolder(raw))
    (elsewhere / "nbac_schedule.csv").write_text("game_id\n1\n")
    assert mark_of_files(RawFolder(raw)) != before


def test_what_is_no_file_has_no_mark_and_who_opens_it_says_what_is_wrong(tmp_path: Path) -> None:
    assert DuckDBWarehouse(tmp_path).mark() == ""
    (tmp_path / "file").write_text("x")
    DuckDBWarehouse(tmp_path / "file" / "under.duckdb").mark()
