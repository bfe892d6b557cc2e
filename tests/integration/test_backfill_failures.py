"""A date that cannot be built stops what reads it, and nothing else; mended, `retry` builds it and what waited."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.kill_backfill import Task, ledger_rows, stored
from python_processors import cli
from python_processors.cli import command as cli_command
from python_processors.cli import opening
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.proof.verification import verify_range
from tests.integration.conftest import Rewrite, at_work, request
from tests.raw_changes import FEEDS_OF_PLAYERS, shots_in_a_second
from tests.warehouse import Warehouse

START, BAD, END = "2021-10-19", "2021-10-22", "2021-10-24"
TABLE = "player_game_summary"


@pytest.mark.slow
def test_one_bad_date_stops_what_reads_it_and_retry_builds_just_that(
    confirmed_month: Path, tmp_path: Path, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(confirmed_month / "raw", raw)
    files = [next(raw.rglob(f"{feed}.parquet")) for feed in FEEDS_OF_PLAYERS]
    as_they_were = [file.read_bytes() for file in files]
    for feed in FEEDS_OF_PLAYERS:
        rewrite(raw, feed, shots_in_a_second(BAD))
    days = date.fromisoformat(START), date.fromisoformat(END)
    task = Task(tmp_path / "built", raw, *days, 400)
    month = Task(confirmed_month, raw, *days, 400)
    task.folder.mkdir()
    with at_work(Warehouse(task.folder / "fullcourt.duckdb", raw)) as (project, warehouse):
        monkeypatch.setattr(opening, "opened", lambda: (project, warehouse))

        def fullcourt(command: str, *options: str) -> Result:
            return CliRunner().invoke(cli.app, [command, "--start", START, "--end", END, *options])

        run = fullcourt("backfill", "--yes")
        assert run.exit_code == cli_command.SOMEBODY, run.output
        assert f"FAILED {TABLE} {BAD}\n" in run.output
        built = stored(task, project)
        whole = {pair: digest for pair, digest in stored(month, project).items() if pair[1] <= days[1]}
        lacking = set(whole) - set(built)
        assert (TABLE, date.fromisoformat(BAD)) in lacking
        assert {day for table, day in lacking if table == TABLE} == {date.fromisoformat(BAD)}
        # Tables that look back wait from the day after; those that do not read the table are all there.
        assert {f"{day}" for table, day in lacking if table != TABLE} == {"2021-10-23", "2021-10-24"}
        assert "upcoming_player_game_context" in {table for table, _ in lacking}
        assert {table for table, _ in lacking}.isdisjoint({"team_offense_game_summary", "team_defense_game_summary"})
        status, gaps = fullcourt("status"), fullcourt("gaps")
        assert (status.exit_code, gaps.exit_code) == (cli_command.SOMEBODY, cli_command.SOMEBODY)
        assert f"FAILED {TABLE} {BAD}: " in status.output
        assert "usage_rate" in status.output
        (gap,) = (line for line in gaps.output.splitlines() if line.startswith(TABLE))
        assert f"{BAD} to {BAD}" in gap
        assert "failed" in gap
        assert "usage_rate" in gap

        for file, content in zip(files, as_they_were, strict=True):
            file.write_bytes(content)
        confirmed = ledger_rows(task, "input_ledger")
        retried = fullcourt("retry")
        assert retried.exit_code == cli_command.NOBODY, retried.output
        assert stored(task, project) == whole
        newly = ledger_rows(task, "input_ledger") - confirmed
        assert lacking <= set(newly)
        assert fullcourt("gaps").exit_code == cli_command.NOBODY
        assert fullcourt("retry").output == f"{START} to {END}: nothing needs attention.\n"


@pytest.mark.slow
def test_a_box_score_that_comes_late_frees_the_dates_that_waited_for_it(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    """A game without any box score holds up the dates after it; balldontlie's alone is enough to go on."""
    warehouse, days = copy_of_confirmed_month, ("2021-11-05", "2021-11-06")
    dates = [date.fromisoformat(day) for day in days]
    ((game,),) = warehouse.query(f"select min(game_id) from nba_raw.bdl_player_boxscores where game_date = '{days[0]}'")
    feeds = {
        table: next(warehouse.raw_dir.rglob(f"{table}.parquet")).read_bytes()
        for table in ("nbac_gamebook_player_stats", "nbac_team_boxscore", "bdl_player_boxscores")
    }
    for table in feeds:
        rewrite(warehouse.raw_dir, table, f"select * from raw where game_id <> '{game}'")
    with at_work(warehouse) as (project, opened):
        backfill(project, opened, request(*days), audited_share=0)
        held_up = verify_range(project, opened, *dates)
        next(warehouse.raw_dir.rglob("bdl_player_boxscores.parquet")).write_bytes(feeds["bdl_player_boxscores"])
        backfill(project, opened, request(*days), audited_share=0)
        freed = verify_range(project, opened, *dates)
    waited = {table.checks.table: " ".join(table.reasons) for table in held_up.tables if table.reasons}
    assert f"{days[1]} is blocked" in waited["player_daily_cache"]
    assert freed.passed, freed


@pytest.mark.slow
@pytest.mark.nightly
def test_built_dates_that_read_what_failed_wait_for_it_and_retry_builds_them_too(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A correction that cannot be stored, mended by another correction: later dates read a value that is new."""
    warehouse = copy_of_confirmed_month
    bad, end = "2021-11-05", "2021-11-07"
    files = {feed: next(warehouse.raw_dir.rglob(f"{feed}.parquet")) for feed in FEEDS_OF_PLAYERS}
    as_they_were = {feed: file.read_bytes() for feed, file in files.items()}
    corrected = (
        f"select * replace (case when game_date = '{bad}' and player_lookup = (select min(player_lookup) from raw"
        f" where game_date = '{bad}' and points > 0) then assists + 1 else assists end as assists) from raw"
    )
    with at_work(warehouse) as (project, opened):
        monkeypatch.setattr(opening, "opened", lambda: (project, opened))

        def fullcourt(command: str, *options: str) -> Result:
            return CliRunner().invoke(cli.app, [command, "--start", bad, "--end", end, *options])

        for changed, command, code in (
            (shots_in_a_second(bad), "backfill", cli_command.SOMEBODY), (corrected, "retry", cli_command.NOBODY),
        ):  # fmt: skip
            for feed, file in files.items():
                file.write_bytes(as_they_were[feed])
                rewrite(warehouse.raw_dir, feed, changed)
            run = fullcourt(command, *(["--yes"] if command == "backfill" else []))
            assert run.exit_code == code, run.output
            gaps = fullcourt("gaps")
            assert gaps.exit_code == code, gaps.output
            if code == cli_command.SOMEBODY:
                (held_up,) = (
                    line for line in gaps.output.splitlines() if line.startswith("upcoming_player_game_context")
                )
                assert "2021-11-06 to 2021-11-07" in held_up
                assert f"it reads {TABLE} of the 30 days before, which failed in this run" in held_up
