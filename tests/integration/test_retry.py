"""`fullcourt retry` takes what can come out otherwise, and leaves with 1 while something is open."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.conftest import Rewrite
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

DAY, NEXT = "2021-11-05", "2021-11-06"
RANGE = ("--start", DAY, "--end", NEXT)
FEEDS = ("nbac_gamebook_player_stats", "nbac_team_boxscore", "bdl_player_boxscores")


def open_of(answer: dict[str, Any], table: str) -> dict[str, Any]:
    (found,) = (one for one in answer["open"] if one["table"] == table and one["start"] == DAY)
    return found


def test_where_nothing_is_open_it_says_so_and_starts_nothing(copy_of_confirmed_month: Warehouse) -> None:
    runs = copy_of_confirmed_month.query("select count(*) from nba_ops.runs")
    result = fullcourt(copy_of_confirmed_month, "retry", *RANGE)
    assert result.stdout == f"{DAY} to {NEXT}: nothing needs attention.\n"
    answer = as_json(copy_of_confirmed_month, "retry")
    assert (answer["retried"], answer["open"]) == ([], [])
    assert answer["verification"]["passed"]
    assert copy_of_confirmed_month.query("select count(*) from nba_ops.runs") == runs


@pytest.mark.slow
@pytest.mark.usefixtures("rows_may_go")
def test_a_lost_box_score_is_open_until_its_file_comes_back(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    ((game,),) = warehouse.query(f"select min(game_id) from nba_raw.bdl_player_boxscores where game_date = '{DAY}'")
    files = {table: next(warehouse.raw_dir.rglob(f"{table}.parquet")) for table in FEEDS}
    as_they_were = {table: file.read_bytes() for table, file in files.items()}
    for table in FEEDS:
        rewrite(warehouse.raw_dir, table, f"select * from raw where game_id <> '{game}'")

    lost = as_json(warehouse, "retry", *RANGE, code=1)  # nobody ran a backfill: it knows of the new files
    assert DAY in lost["retried"]
    partial = open_of(lost, "player_game_summary")
    assert partial["outcome"] == "partial"
    assert game in partial["reason"] or "without a source" in partial["reason"]
    assert "waits for a raw file" in partial["why_not"]

    again = fullcourt(warehouse, "retry", *RANGE, code=1)
    assert "built" not in again.stdout  # the same inputs: no run
    assert f"player_game_summary {DAY}, partial: " in again.stdout
    assert "Trying again cannot help: nothing that it reads has changed since it was built" in again.stdout
    assert json.loads(fullcourt(warehouse, "retry", *RANGE, "--json", code=1).stdout)["retried"] == []

    for table, file in files.items():
        file.write_bytes(as_they_were[table])
    back = as_json(warehouse, "retry")
    assert DAY in back["retried"]
    assert back["open"] == []
    assert warehouse.hashes() == whole
    assert warehouse.query("select distinct command from nba_ops.runs where command = 'retry'") == [("retry",)]


def test_dates_that_no_run_can_build_are_named_with_what_would_help(copy_of_confirmed_month: Warehouse) -> None:
    answer = as_json(copy_of_confirmed_month, "retry", "--start", "2022-07-01", "--end", "2022-07-02", code=1)
    assert {one["outcome"] for one in answer["open"]} == {"unknown"}
    assert all("load a schedule" in one["why_not"] for one in answer["open"])
