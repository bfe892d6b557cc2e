"""How many jobs a command sends to BigQuery, counted at a local server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from python_processors.contract import PROJECT_ROOT
from tests.bigquery.raw import server_on_platform

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

WINDOW = ("2021-10-19", "2021-10-21")
RANGE = ("--start", WINDOW[0], "--end", WINDOW[1])


@pytest.fixture(scope="module")
def jobs_of(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., int]]:
    """Types a command over three days that are built, and returns how many jobs it took."""
    folder = tmp_path_factory.mktemp("jobs")
    paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    with server_on_platform(league, WINDOW) as (_, client, settings):

        def typed(*command: str) -> int:
            before = {job.job_id for job in client.list_jobs()}
            done = subprocess.run(
                [sys.executable, "-m", "python_processors.cli", *command], cwd=PROJECT_ROOT,
                env=os.environ | settings | paths, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            return sum(job.job_id not in before and job.parent_job_id is None for job in client.list_jobs())

        typed("prepare")
        typed("backfill", *RANGE, "--yes", "--no-report")
        yield typed


@pytest.mark.parametrize(
    ("command", "most"),
    [
        (("status", *RANGE), 10),
        (("gaps", *RANGE), 8),
        (("explain", "player_game_summary", WINDOW[0]), 8),
        (("plan", *RANGE), 6),
        (("backfill", *RANGE, "--yes", "--no-report"), 20),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_that_finds_nothing_to_do_takes_few_jobs(
    jobs_of: Callable[..., int], command: tuple[str, ...], most: int
) -> None:
    assert jobs_of(*command) <= most
