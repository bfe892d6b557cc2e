"""Rows go only with a yes, and a refusal writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from python_processors.errors import RawDirError
from python_processors.raw_contract import played_feeds
from python_processors.raw_loader import (
    DeletionsRefusedError,
    RawFolder,
    deletes_allowed,
    deletions,
    load_raw,
    max_deleted_pct,
    plan_load,
    refusals_of,
)
from tests.unit.raw_files import files, teams, write

pytestmark = pytest.mark.usefixtures("teams_are_raw")

DAYS = [date(2021, 10, day) for day in range(1, 31)]
ABBREVIATIONS: list[object] = [f"T{number:02}" for number in range(100)]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def refusal(connection: duckdb.DuckDBPyConnection, folder: Path) -> str:
    """What is said; nothing is changed, and the same load goes through with a yes."""
    before = files(connection), connection.sql("select count(*) from nba_ops.raw_files").fetchall()
    with pytest.raises(DeletionsRefusedError) as caught:
        load_raw(connection, RawFolder(folder))
    assert (files(connection), connection.sql("select count(*) from nba_ops.raw_files").fetchall()) == before
    assert "--allow-deletes" in str(caught.value)
    assert "FULLCOURT_ALLOW_DELETES=1" in str(caught.value)
    load_raw(connection, RawFolder(folder), allow_deletes=True)
    load_raw(connection, RawFolder(folder))
    return str(caught.value)


def test_up_to_five_per_cent_of_a_table_may_go(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "teams", team_abbr=ABBREVIATIONS)
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "teams", team_abbr=ABBREVIATIONS[:95])
    load_raw(connection, RawFolder(tmp_path))
    assert len(teams(connection)) == 95


def test_a_row_more_is_refused_with_table_file_and_rows(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "a/teams", team_abbr=ABBREVIATIONS)
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "a/teams", team_abbr=ABBREVIATIONS[:94])
    said = refusal(connection, tmp_path)
    assert "teams has 100 rows and would have 94, 6.0 % fewer (max_deleted_pct is 5): a/teams.parquet 100 → 94" in said
    assert len(teams(connection)) == 94


def test_rows_are_counted_over_all_files_of_a_table(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "a/teams", team_abbr=ABBREVIATIONS[:50])
    write(tmp_path, "b/teams", team_abbr=ABBREVIATIONS[50:])
    load_raw(connection, RawFolder(tmp_path))
    (tmp_path / "b" / "teams.parquet").unlink()
    write(tmp_path, "c/teams", team_abbr=[*ABBREVIATIONS[50:99], "more"])
    plan = plan_load(connection, RawFolder(tmp_path))
    change = plan.changes["teams"]
    assert (change.rows_before, change.rows_to_add, change.rows_to_remove, change.rows_after) == (100, 50, 50, 100)
    assert (change.files_loaded, change.files_gone, refusals_of(connection, plan)) == (1, 1, ())
    load_raw(connection, RawFolder(tmp_path))
    assert len(teams(connection)) == 100


def test_another_archive_does_not_take_the_place_of_this_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "one", "2021-22/nbac_schedule", game_id=["a"], game_date=[DAYS[0]])
    write(tmp_path / "two", "2022-23/nbac_team_boxscore", game_id=["b"], game_date=[DAYS[1]])
    load_raw(connection, RawFolder(tmp_path / "one"))
    said = refusal(connection, tmp_path / "two")
    assert "2021-22/nbac_schedule.parquet 1 → 0 rows (2021-10-01 to 2021-10-01)" in said
    assert "FULLCOURT_DUCKDB" in said


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_empty_file_over_a_good_one_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, suffix: str
) -> None:
    header = "team_abbr,full_name,arena,arena_city,latitude,longitude,timezone\n"
    write(tmp_path, "all/teams", team_abbr=ABBREVIATIONS)
    path = write(tmp_path, "more/teams", team_abbr=["X"]).with_suffix(f".{suffix}")
    if suffix == "csv":
        (tmp_path / "more" / "teams.parquet").unlink()
        path.write_text(f"{header}X,,,,1,1,\n")
    load_raw(connection, RawFolder(tmp_path))
    if suffix == "csv":
        path.write_text(header)
    else:
        write(tmp_path, "more/teams", team_abbr=[])
    said = refusal(connection, tmp_path)  # 1 % of the table
    assert f"more/teams.{suffix} holds no row of teams any more, and had 1" in said


def test_an_empty_file_is_refused_on_its_first_load(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "teams", team_abbr=[])
    with pytest.raises(RawDirError, match=r"teams\.parquet: it holds no row; fill it, or move it out"):
        load_raw(connection, RawFolder(tmp_path))


@pytest.mark.parametrize("feed", played_feeds())
def test_the_schedule_does_not_lose_a_date_that_another_feed_still_has(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, feed: str
) -> None:
    ids: list[object] = [f"g{number}" for number in range(30)]
    write(tmp_path, "nbac_schedule", game_id=ids, game_date=list(DAYS))
    write(tmp_path, feed, game_id=["x", "y"], game_date=[DAYS[3], DAYS[3]])
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "nbac_schedule", game_id=[*ids[:3], *ids[4:]], game_date=[*DAYS[:3], *DAYS[4:]])
    said = refusal(connection, tmp_path)  # 3.3 % of the schedule
    assert f"nbac_schedule would have no game of 2021-10-04 any more (now 1), of which {feed} has 2 rows" in said


def test_a_date_may_leave_the_schedule_together_with_its_rows_or_when_a_file_not_yet_loaded_has_none(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    ids: list[object] = [f"g{number}" for number in range(30)]
    write(tmp_path, "nbac_schedule", game_id=ids, game_date=list(DAYS))
    write(tmp_path, "nbac_team_boxscore", nba_game_id=ids, team_abbr=["A"] * 30, game_date=list(DAYS))
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "nbac_schedule", game_id=ids[1:], game_date=list(DAYS[1:]))
    write(tmp_path, "nbac_team_boxscore", nba_game_id=ids[1:], team_abbr=["A"] * 29, game_date=list(DAYS[1:]))
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select count(*) from nba_raw.nbac_schedule").fetchall() == [(29,)]


def test_what_a_column_of_another_type_loses_is_announced_too(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """The table is made anew, and one of its files is gone."""
    write(tmp_path, "a/teams", team_abbr=["A"])
    gone = write(tmp_path, "b/teams", team_abbr=["B"])
    load_raw(connection, RawFolder(tmp_path))
    connection.execute("alter table nba_reference.teams alter latitude type integer")
    gone.unlink()
    assert "b/teams.parquet 1 → 0 rows" in refusal(connection, tmp_path)
    assert teams(connection) == ["A"]


def test_the_environment_says_yes_to_plain_dbt() -> None:
    assert deletes_allowed({"FULLCOURT_ALLOW_DELETES": "1"})
    assert not deletes_allowed({"FULLCOURT_ALLOW_DELETES": "0"})
    assert not deletes_allowed({})


@pytest.mark.parametrize("value", ["", "much", "-1", "101", "nan"])
def test_the_share_is_a_number_from_0_to_100(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert max_deleted_pct() == 5
    monkeypatch.setattr(deletions, "project_vars", lambda: {"max_deleted_pct": value})
    with pytest.raises(deletions.MaxDeletedError, match="number from 0 to 100"):
        max_deleted_pct()
