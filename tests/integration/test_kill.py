"""SIGKILL at any moment leaves the old tables or the new ones, with a ledger that says which."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa

from python_processors.contract import PROJECT_ROOT, hashed_tables
from python_processors.hashing import fingerprint
from tests.integration.conftest import Rewrite
from tests.warehouse import WEEK, Warehouse

KILLS = 20


def start_build(warehouse: Warehouse) -> subprocess.Popen[bytes]:
    variables = json.dumps({"start_date": WEEK[0], "end_date": WEEK[1]})
    command = [sys.executable, "-m", "dbt.cli.main", "run", "--vars", variables, "--quiet"]
    command += ["--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles")]
    command += [
        "--target-path",
        str(warehouse.path.parent / "target"),
        "--log-path",
        str(warehouse.path.parent / "logs"),
    ]
    environment = os.environ | {"FULLCOURT_DUCKDB": str(warehouse.path), "RAW_DIR": str(warehouse.raw_dir)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def claims_that_do_not_hold(warehouse: Warehouse) -> list[tuple[str, str]]:
    """(table, date) whose newest ledger row differs from the table, or rows that no ledger row has."""
    wrong = []
    tables = {
        name
        for (name,) in warehouse.query("select table_name from duckdb_tables() where schema_name = 'nba_analytics'")
    }
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
                f"select cast(game_date as varchar), data_hash from nba_analytics.{table}"
            ):
                held.setdefault(date, []).append(data_hash)
        for date in {*newest, *held}:
            actual = fingerprint(pa.array(held.get(date, []), pa.string()))
            if newest.get(date) != actual:
                wrong.append((table, date))
    return wrong


def test_killed_twenty_times_one_more_run_ends_where_an_undisturbed_run_does(
    built: Warehouse, tmp_path: Path, rewrite: Rewrite
) -> None:
    """Each kill comes at a random moment of a run that has something to publish: every other run
    takes a corrected raw folder, so rows go back and forth between two states."""
    rng = random.Random(86)
    corrected = tmp_path / "corrected"
    shutil.copytree(built.raw_dir, corrected)
    rewrite(corrected, "nbac_gamebook_player_stats", "select * replace (assists + 1 as assists) from raw")
    path = tmp_path / "fullcourt.duckdb"
    shutil.copy(built.path, path)
    for raw_dir in (corrected, built.raw_dir):  # the first run also parses; the second is like those to be killed
        started = time.monotonic()
        assert start_build(Warehouse(path, raw_dir)).wait() == 0
        whole_run = time.monotonic() - started
    kills = 0
    while kills < KILLS:
        warehouse = Warehouse(path, corrected if kills % 2 == 0 else built.raw_dir)
        process, began = start_build(warehouse), time.monotonic()
        try:
            # dbt needs a third of a run to start; what matters comes after.
            process.wait(timeout=rng.uniform(0.3, 1.0) * whole_run)
            # It ended before it was killed: the machine is less busy than when the run was timed.
            whole_run = min(whole_run, time.monotonic() - began)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        kills += process.returncode == -signal.SIGKILL
        assert claims_that_do_not_hold(warehouse) == []
    process = start_build(Warehouse(path, built.raw_dir))
    assert process.wait() == 0
    assert Warehouse(path, built.raw_dir).hashes() == built.hashes()
