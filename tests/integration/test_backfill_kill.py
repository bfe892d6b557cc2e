"""A backfill killed, stopped or detached: nothing lost, nothing complete that is not, and only the rest is built."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.kill_backfill import PROCESSES, Figures, Pairs, Task, kill_until_done, ledger_rows, start, stored
from python_processors import cli
from python_processors.cli import command as cli_command
from python_processors.cli import opening
from python_processors.contract import PROJECT_ROOT
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.run.progress import RunStatus, read_status
from tests.integration.conftest import at_work
from tests.warehouse import Warehouse

PROCESSES.set_forkserver_preload(["benchmarks.parsed"])
START, END = date(2021, 10, 19), date(2021, 11, 3)


@pytest.fixture
def task(confirmed_month: Path, tmp_path: Path) -> Task:
    """Sixteen dates to build from nothing, the last of them with precompute tables."""
    return Task(tmp_path / "killed", confirmed_month / "raw", START, END, dates_in_a_chunk=6)


@pytest.fixture
def undisturbed(confirmed_month: Path, task: Task) -> Pairs:
    month = Task(confirmed_month, task.raw_dir, START, END, 400)
    with at_work(Warehouse(confirmed_month / "fullcourt.duckdb", task.raw_dir)) as (project, _):
        return {(table, day): digest for (table, day), digest in stored(month, project).items() if day <= END}


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    given_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < given_up
        time.sleep(0.05)


def status_of(task: Task) -> RunStatus | None:
    with task.opened() as warehouse:
        return read_status(warehouse)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [2, pytest.param(8, marks=pytest.mark.nightly)])
def test_killed_again_and_again_it_ends_as_if_nobody_had_disturbed_it(
    task: Task, undisturbed: Pairs, kills: int
) -> None:
    figures = Figures()
    with at_work(Warehouse(task.folder / "fullcourt.duckdb", task.raw_dir)) as (project, _):
        kill_until_done(task, project, undisturbed, figures, kills=kills, longest=12, rng=random.Random(86))
    assert figures.wrong == []
    assert 0 < figures.kills <= kills  # a quick machine ends before all of them
    assert figures.confirmed_again == 0
    assert max(figures.dates_again) <= task.dates_in_a_chunk


@pytest.mark.slow
@pytest.mark.nightly
def test_after_twenty_kills_every_invocation_that_published_has_its_row_of_history(
    task: Task, undisturbed: Pairs
) -> None:
    figures, rng = Figures(), random.Random(18)
    with at_work(Warehouse(task.folder / "fullcourt.duckdb", task.raw_dir)) as (project, _):
        while figures.kills < 20:
            again = replace(task, folder=task.folder.with_name(f"round{figures.rounds}"))
            kill_until_done(again, project, undisturbed, figures, kills=20, longest=8, rng=rng)
            warehouse = Warehouse(again.folder / "fullcourt.duckdb", task.raw_dir)
            published = set(warehouse.query("select distinct run_id, table_name from nba_ops.publish_ledger"))
            recorded = warehouse.query(" union all ".join(
                f"select run_id, processor_name from nba_ops.{name}"
                for name in ("analytics_processor_runs", "precompute_processor_runs")
            ))  # fmt: skip
            assert published
            assert published - set(recorded) == set()
            assert len(recorded) == len(set(recorded)), "each has one"
            states = Counter(state for (state,) in warehouse.query("select state from nba_ops.runs"))
            assert set(states) <= {"done", "killed"}
            assert states["done"] == 1
    assert figures.wrong == []


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_finishes_its_step_and_the_next_does_the_rest(
    task: Task, undisturbed: Pairs, number: signal.Signals
) -> None:
    """dbt works in the same process, and does not swallow the signal."""
    process = start(task)
    until(lambda: (status := status_of(task)) is not None and status.state == "running" and bool(status.now))
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == 1
    status = status_of(task)
    assert status is not None
    assert (status.state, status.failures) == ("stopped", [])
    confirmed = ledger_rows(task, "input_ledger")
    assert 0 < len(confirmed) < len(undisturbed)
    assert set(ledger_rows(task, "publish_ledger")) <= set(confirmed)
    if number == signal.SIGINT:
        return
    again = start(task)
    again.join()
    assert again.exitcode == 0
    with at_work(Warehouse(task.folder / "fullcourt.duckdb", task.raw_dir)) as (project, _):
        assert stored(task, project) == undisturbed
    assert set(ledger_rows(task, "input_ledger").values()) == {1}


def test_a_second_run_is_refused_or_waits_and_finds_nothing_to_do(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["backfill", "--start", "2021-10-19", "--end", "2021-10-22", "--yes"]
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        monkeypatch.setattr(opening, "opened", lambda: (project, warehouse))
        # What a run at work does: it holds the lock, and now and then the database.
        with run_lock(warehouse, "the-first", "2021-10-19 to 2021-10-22"), warehouse.writing():
            refused = CliRunner().invoke(cli.app, command)
        assert refused.exit_code == cli_command.LOCKED
        assert "Run the-first (2021-10-19 to 2021-10-22) is running" in refused.output
        first = subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(warehouse.path)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT
        )
        assert first.stdout is not None
        assert first.stdout.readline() == b"at work\n"
        waited = CliRunner().invoke(cli.app, [*command, "--wait"])
        assert first.wait() == 0
        assert waited.exit_code == cli_command.NOBODY, waited.output
        assert "0 partitions built" in waited.output


HOLDS = """
import sys, time, pathlib
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.warehouse import DuckDBWarehouse
warehouse = DuckDBWarehouse(pathlib.Path(sys.argv[1]))
with run_lock(warehouse, 'the-first', 'a range'), warehouse.writing():
    print('at work', flush=True)
    time.sleep(2)
"""


@pytest.mark.slow
def test_a_detached_run_outlives_who_started_it_and_is_followed_to_its_end(copy_of_confirmed_month: Warehouse) -> None:
    """The terminal's session is killed as a whole; the run is not part of it."""
    before = copy_of_confirmed_month.hashes()
    copy_of_confirmed_month.execute(
        "delete from nba_analytics.team_offense_game_summary where game_date = '2021-11-11'"
    )
    fullcourt = [sys.executable, "-m", "python_processors.cli"]
    with at_work(copy_of_confirmed_month) as (_, warehouse):
        terminal = subprocess.Popen(
            [*fullcourt, "backfill", "--start", "2021-11-10", "--end", "2021-11-12", "--detach"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, cwd=PROJECT_ROOT,
        )  # fmt: skip
        said, wrong = terminal.communicate(timeout=180)
        assert terminal.returncode == 0, wrong
        assert "is running as process" in said
        follow = [*fullcourt, "status", "--follow", "--start", "2021-11-10", "--end", "2021-11-12"]
        followed = subprocess.run(follow, capture_output=True, text=True, cwd=PROJECT_ROOT, check=False)
        status = read_status(warehouse)
        assert status is not None
        assert f"Run {status.run_id} (2021-11-10 to 2021-11-12) is done" in followed.stdout
        assert followed.returncode == 0, followed.stdout + followed.stderr
    assert copy_of_confirmed_month.hashes() == before
