"""SIGKILL at any moment leaves the old tables or the new ones, with a ledger that says which."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow as pa
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.hashing import fingerprint
from tests.integration.conftest import Rewrite
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

KILLS_OF_WHOLE_RUNS, KILLS_OF_PUBLISHING = 4, 16


# Forked from a process that has imported dbt already: importing it takes as long as a run.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.warehouse", "tests.preloaded"])


def _run(path: Path, raw_dir: Path, arguments: tuple[str, ...]) -> None:
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        outcome = Warehouse(path, raw_dir).dbt("run", *arguments)
    sys.exit(None if outcome.success else str(outcome.failures or outcome.error))  # which goes to stderr


def start_run(warehouse: Warehouse, *arguments: str) -> BaseProcess:
    """dbt in a process of its own, which can be killed."""
    process = PROCESSES.Process(target=_run, args=(warehouse.path, warehouse.raw_dir, arguments))
    process.start()
    return process


def finish(process: BaseProcess) -> None:
    process.join()
    assert process.exitcode == 0


def claims_that_do_not_hold(warehouse: Warehouse) -> list[tuple[str, str]]:
    """(table, date) whose newest ledger row differs from the table, or rows that no ledger row has."""
    wrong = []
    tables = {name for (name,) in warehouse.query("select table_name from duckdb_tables()")}
    has_ledger = warehouse.query("select count(*) from duckdb_tables() where table_name = 'publish_ledger'") == [(1,)]
    for table in hashed_tables():
        newest = {}
        if has_ledger:
            newest = dict(
                warehouse.query(
                    "select cast(game_date as varchar), max_by(fingerprint, published_at) from nba_ops.publish_ledger"
                    f" where table_name = '{table}' group by 1"
                )
            )
        held: dict[str, list[str]] = {}
        if table in tables:
            for date, data_hash in warehouse.query(
                f"select cast({load_contract(table).partition_by} as varchar), data_hash from {load_contract(table).relation}"
            ):
                held.setdefault(date, []).append(data_hash)
        for date in {*newest, *held}:
            actual = fingerprint(pa.array(held.get(date, []), pa.string()))
            if newest.get(date) != actual:
                wrong.append((table, date))
    return wrong


def kill_at_random(rng: random.Random, kills: int, prepare: Callable[[int], Warehouse], *arguments: str) -> Warehouse:
    """Kill so many runs, each at a random moment, and hold the claims after each.

    :param prepare: gives the warehouse of the nth run, with something to publish.
    """
    numbers, killed = itertools.count(), 0
    warehouse, started = prepare(next(numbers)), time.monotonic()
    finish(start_run(warehouse, *arguments))
    whole_run = time.monotonic() - started
    while killed < kills:
        warehouse = prepare(next(numbers))
        process, began = start_run(warehouse, *arguments), time.monotonic()
        process.join(rng.uniform(0.1, 1.0) * whole_run)
        if process.exitcode is None:
            process.kill()
            process.join()
        else:  # it ended before it was killed: the machine is less busy than when the run was timed
            whole_run = min(whole_run, time.monotonic() - began)
        killed += process.exitcode == -signal.SIGKILL
        assert claims_that_do_not_hold(warehouse) == []
    return warehouse


def test_killed_twenty_times_one_more_run_ends_where_an_undisturbed_run_does(
    built: Warehouse, tmp_path: Path, rewrite: Rewrite
) -> None:
    """Some kills hit whole runs, which take a corrected raw folder every other time; most hit runs of the
    hashed tables alone, whose input is changed beneath them. Rows go back and forth between two states."""
    rng = random.Random(86)
    corrected = tmp_path / "corrected"
    shutil.copytree(built.raw_dir, corrected)
    rewrite(corrected, "nbac_gamebook_player_stats", "select * replace (assists + 1 as assists) from raw")
    path = tmp_path / "fullcourt.duckdb"
    shutil.copy(built.path, path)

    def other_raw(number: int) -> Warehouse:
        return Warehouse(path, built.raw_dir if number % 2 else corrected)

    def other_input(number: int) -> Warehouse:
        warehouse, step = Warehouse(path, built.raw_dir), 1 if number % 2 else -1
        warehouse.execute(f"update nba_intermediate.int_player_boxes set assists = assists + {step}")
        warehouse.execute(f"update nba_intermediate.int_player_form set games_7d = games_7d + {step}")
        return warehouse

    finish(start_run(Warehouse(path, built.raw_dir), "--select", "publish_ledger"))  # starts the server that forks
    kill_at_random(rng, KILLS_OF_WHOLE_RUNS, other_raw)
    finish(start_run(other_raw(1)))
    # Tables of the analytics folder: the others are empty in a league of one week, and only take their time.
    kill_at_random(
        rng, KILLS_OF_PUBLISHING, other_input, "--select", "config.materialized:processor,path:models/analytics"
    )
    finish(start_run(Warehouse(path, built.raw_dir)))
    assert Warehouse(path, built.raw_dir).hashes() == built.hashes()
