"""`fullcourt retry` takes what can come out otherwise, and leaves with 1 while something is open."""

from __future__ import annotations

from typing import Any

import pytest

from python_processors.orchestration.backfill import backfill
from tests.integration.conftest import Rewrite, at_work, request
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

DAY, NEXT = "2021-11-05", "2021-11-06"
RANGE = ("--start", DAY, "--end", NEXT)
FEEDS = ("nbac_gamebook_player_stats", "nbac_team_boxscore", "bdl_player_boxscores")


def open_of(answer: dict[str, Any], table: str, day: str) -> dict[str, Any]:
    (found,) = (one for one in answer["open"] if (one["table"], one["start"]) == (table, day))
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
    for table in FEEDS:  # as if they had never come
        rewrite(warehouse.raw_dir, table, f"select * from raw where game_id <> '{game}'")

    with at_work(warehouse) as (project, opened):
        backfill(project, opened, request(DAY, NEXT, allow_deletes=True), audited_share=0)

    lost = as_json(warehouse, "retry", *RANGE, code=1)
    assert lost["retried"] == []  # the same inputs: no run
    assert "built" not in lost
    partial = open_of(lost, "player_game_summary", DAY)
    assert partial["outcome"] == "partial"
    assert "without a source" in partial["reason"]
    assert partial["why_not"] == "nothing that it reads has changed since it was built; it waits for a raw file with what lacks"  # fmt: skip
    assert {one["outcome"] for one in lost["open"]} == {"partial"}  # the next date has all others' rows
    said = fullcourt(warehouse, "retry", *RANGE, code=1).stdout
    assert f"  player_game_summary {DAY}, partial: {partial['reason']}" in said
    assert "partitions need attention" in said

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
