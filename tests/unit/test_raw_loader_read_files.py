"""A load takes what its plan read of files, and never what is in them no longer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from python_processors.raw_loader import RawFolder, ReadFiles, load_raw, plan_load, read_files, rows_to_come
from python_processors.raw_loader.listing import FoundFile, list_files
from python_processors.raw_loader.reading import Content, read_file
from tests.unit.raw_files import write

DAYS = tuple(date(2021, 10, day) for day in (18, 19, 20, 21))
ASKED = (DAYS[0], DAYS[3])
SCHEDULE = "select game_id, game_date from nba_raw.nbac_schedule order by 1"

pytestmark = pytest.mark.usefixtures("teams_are_raw")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read."""
    names: list[str] = []

    def read(file: FoundFile) -> Content:
        names.append(file.name)
        return read_file(file)

    monkeypatch.setattr(read_files, "read_file", read)
    return names


def seen_ahead(connection: duckdb.DuckDBPyConnection, raw: Path, read: ReadFiles) -> dict[str, list[object]]:
    """First column of the rows to come, by table; the load may take what was read."""
    plan = plan_load(connection, RawFolder(raw), read=read)
    rows = {table.name: rows.column(0).to_pylist() for table, _, rows in rows_to_come(connection, plan, ASKED)}
    read.keep_whole()
    return rows


def test_a_file_of_the_range_is_read_once_and_one_that_reaches_beyond_it_once_more(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, opened: list[str]
) -> None:
    write(tmp_path, "2021-22/nbac_schedule", game_id=["a", "b"], game_date=DAYS[:2])
    write(tmp_path, "half/nbac_schedule", game_id=["c", "d"], game_date=[DAYS[3], date(2021, 10, 22)])
    write(tmp_path, "2022-23/nbac_schedule", game_id=["e"], game_date=[date(2022, 10, 18)])
    write(tmp_path, "reference/teams", team_abbr=["BOS", "MIA"])
    read = ReadFiles(ASKED)
    ahead = seen_ahead(connection, tmp_path, read)
    assert {table: sorted(map(str, rows)) for table, rows in ahead.items()} == {
        "nbac_schedule": ["a", "b", "c"], "teams": ["BOS", "MIA"],
    }  # fmt: skip
    every = ["2021-22/nbac_schedule", "2022-23/nbac_schedule", "half/nbac_schedule", "reference/teams"]
    assert sorted(opened) == [f"{name}.parquet" for name in every]
    opened.clear()
    load_raw(connection, RawFolder(tmp_path), read=read)
    assert sorted(opened) == ["2022-23/nbac_schedule.parquet", "half/nbac_schedule.parquet"]
    assert [game for game, _ in connection.sql(SCHEDULE).fetchall()] == ["a", "b", "c", "d", "e"]


def test_a_file_that_is_written_between_plan_and_load_is_read_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, opened: list[str]
) -> None:
    write(tmp_path, "east/nbac_schedule", game_id=["a"], game_date=[DAYS[1]])
    write(tmp_path, "west/nbac_schedule", game_id=["b"], game_date=[DAYS[2]])
    read = ReadFiles(ASKED)
    assert sorted(map(str, seen_ahead(connection, tmp_path, read)["nbac_schedule"])) == ["a", "b"]
    opened.clear()
    write(tmp_path, "west/nbac_schedule", game_id=["b"], game_date=[DAYS[3]])
    outcome = load_raw(connection, RawFolder(tmp_path), read=read)
    assert {*opened} == {"west/nbac_schedule.parquet"}
    assert outcome.rows_by_file == {"east/nbac_schedule.parquet": 1, "west/nbac_schedule.parquet": 1}
    assert connection.sql(SCHEDULE).fetchall() == [("a", DAYS[1]), ("b", DAYS[3])]


def test_what_newer_files_give_is_left_out_of_rows_that_a_plan_read(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "old/nbac_schedule", game_id=["a", "b"], game_date=DAYS[:2], at=1)
    write(tmp_path, "new/nbac_schedule", game_id=["b"], game_date=[DAYS[3]], at=2)
    read = ReadFiles(ASKED)
    assert sorted(map(str, seen_ahead(connection, tmp_path, read)["nbac_schedule"])) == ["a", "b"]
    load_raw(connection, RawFolder(tmp_path), read=read)
    assert connection.sql(SCHEDULE).fetchall() == [("a", DAYS[0]), ("b", DAYS[3])]


def test_no_more_is_kept_for_the_load_than_may_be(tmp_path: Path, opened: list[str]) -> None:
    write(tmp_path, "a/nbac_schedule", game_id=["a"] * 1000, game_date=[DAYS[1]] * 1000)
    write(tmp_path, "b/nbac_schedule", game_id=["b"], game_date=[DAYS[1]])
    read = ReadFiles(ASKED)
    large, small = sorted(list_files(RawFolder(tmp_path)).files, key=lambda file: file.name)
    sizes = {file.name: read.read(file)[1].nbytes for file in (large, small)}
    read.keep_whole(most=sizes[small.name])
    opened.clear()
    assert [read.take(file).num_rows for file in (large, small)] == [1000, 1]
    assert opened == ["a/nbac_schedule.parquet"]
    assert [read.take(small).num_rows, opened[1:]] == [1, ["b/nbac_schedule.parquet"]], "it is given away once"
