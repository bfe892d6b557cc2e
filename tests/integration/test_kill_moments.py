"""SIGKILL at every moment that docs/kill-safety.md names: no false claim, no row lost, the same command ends it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from python_processors.orchestration.run.progress import read_status
from tests.integration.conftest import at_work
from tests.mixed_changes.kills import NAMED, OPTIONS, Kills, corrected
from tests.mixed_changes.machine import Machine
from tests.mixed_changes.site import ROOT
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

KILLS_OF_DETACHED_RUNS = 3


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("kill_moments"))
    yield machine
    machine.close()


@pytest.mark.parametrize("named", NAMED)
def test_a_command_killed_at_a_named_moment_claims_nothing_false_and_is_done_again(
    machine: Machine, named: str
) -> None:
    kills = Kills(machine)
    command, moment = NAMED[named]
    kills.kill(command, moment)
    assert kills.wrong == []
    assert kills.count == 1


def test_a_detached_run_killed_at_random_moments_claims_nothing_false(machine: Machine) -> None:
    kills, rng = Kills(machine), random.Random(16)
    machine.site.reset()
    corrected(machine.site)
    fullcourt = [sys.executable, "-m", "python_processors.cli", "backfill", *OPTIONS, "--yes", "--no-report"]
    for _ in range(KILLS_OF_DETACHED_RUNS):
        with at_work(Warehouse(machine.site.database, machine.site.raw)) as (_, warehouse):
            subprocess.run([*fullcourt, "--detach"], cwd=ROOT, check=True, capture_output=True)
            status = read_status(warehouse)
            assert status is not None
            time.sleep(rng.uniform(0, 8))
            gone = not _kill(status.pid)
            status = read_status(warehouse)
            assert status is not None
            assert status.state in (("done",) if gone else ("killed", "done"))
        kills.hold("backfill", "a detached run, killed")
        assert kills.wrong == []
    with at_work(Warehouse(machine.site.database, machine.site.raw)):
        again = subprocess.run(fullcourt, cwd=ROOT, check=False, capture_output=True, text=True)
        assert again.returncode == 0, again.stdout + again.stderr
    kills.hold_as_built_anew("backfill", "a detached run, done again")
    assert kills.wrong == []


def _kill(pid: int) -> bool:
    """Whether the process was still there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    time.sleep(0.5)  # until the operating system has let go of its locks
    return True
