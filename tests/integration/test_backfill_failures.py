"""A date that cannot be built stops what reads it, and nothing else; mended, `retry` builds it and what waited."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from benchmarks.kill_backfill import Task, ledger_rows, stored
from python_processors import cli
from tests.integration.conftest import Rewrite, at_work
from tests.warehouse import Warehouse

START, BAD, END = "2021-10-19", "2021-10-22", "2021-10-24"
TABLE = "player_game_summary"


@pytest.mark.slow
def test_one_bad_date_stops_what_reads_it_and_retry_builds_just_that(
    confirmed_month: Path, tmp_path: Path, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player of 99,999 minutes does not go into the table's NUMERIC(5,1)."""
    raw = tmp_path / "raw"
    shutil.copytree(confirmed_month / "raw", raw)
    (file,) = raw.rglob("nbac_gamebook_player_stats.parquet")
    as_it_was = file.read_bytes()
    rewrite(
        raw,
        "nbac_gamebook_player_stats",
        f"select * replace (case when game_date = '{BAD}' and points > 0 then '99999:00' else minutes end as minutes) from raw",
    )
    days = date.fromisoformat(START), date.fromisoformat(END)
    task = Task(tmp_path / "built", raw, *days, 400)
    month = Task(confirmed_month, raw, *days, 400)
    task.folder.mkdir()
    with at_work(Warehouse(task.folder / "fullcourt.duckdb", raw)) as (project, warehouse):
        monkeypatch.setattr(cli, "_opened", lambda: (project, warehouse))

        def fullcourt(command: str, *options: str) -> Result:
            return CliRunner().invoke(cli.app, [command, "--start", START, "--end", END, *options])

        run = fullcourt("backfill", "--yes")
        assert run.exit_code == cli.SOMEBODY, run.output
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
        assert (status.exit_code, gaps.exit_code) == (cli.SOMEBODY, cli.SOMEBODY)
        assert f"FAILED {TABLE} {BAD}: " in status.output
        assert "minutes_played" in status.output
        (gap,) = (line for line in gaps.output.splitlines() if line.startswith(TABLE))
        assert f"{BAD} to {BAD}" in gap
        assert "failed" in gap
        assert "minutes_played" in gap

        file.write_bytes(as_it_was)
        confirmed = ledger_rows(task, "input_ledger")
        retried = fullcourt("retry")
        assert retried.exit_code == cli.NOBODY, retried.output
        assert stored(task, project) == whole
        newly = ledger_rows(task, "input_ledger") - confirmed
        assert lacking <= set(newly)
        assert fullcourt("gaps").exit_code == cli.NOBODY
        assert fullcourt("retry").output == "No date has failed.\n"
