"""A disk that fills up in the middle of a backfill: said in a sentence, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from python_processors.contract import hashed_tables, load_contract
from tests.integration.conftest import FIRST_MONTH
from tests.integration.test_command_line import as_json
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

# Files may not grow beyond a limit: what a process without rights over disks can be given for a full one.
LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
from python_processors.cli import app
app(sys.argv[1:])
"""


def backfill_with_room_for(warehouse: Warehouse, limit: int) -> subprocess.CompletedProcess[str]:
    settings = {
        "FULLCOURT_DUCKDB": str(warehouse.path), "RAW_DIR": str(warehouse.raw_dir),
        "DBT_TARGET_PATH": str(warehouse.path.parent / "target"), "DBT_LOG_PATH": str(warehouse.path.parent / "logs"),
    }  # fmt: skip
    return subprocess.run(
        [
            sys.executable, "-c", LIMITED.format(limit=limit), "backfill", "--yes", "--start", FIRST_MONTH[0],
            "--end", "2021-10-24",
        ],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_full_disk_is_named_and_the_same_command_ends_as_if_there_had_been_room(
    confirmed_month: Path, tmp_path: Path
) -> None:
    raw = confirmed_month / "raw"
    full = Warehouse(tmp_path / "full" / "fullcourt.duckdb", raw)
    full.path.parent.mkdir()
    for limit in (6_000_000, 13_000_000):  # while it is planned, and while it is built
        said = backfill_with_room_for(full, limit)
        assert said.returncode == 2, said.stderr
        assert "The disk is full" in said.stderr.splitlines()[-1]
        assert "make room, and run the same again" in said.stderr.splitlines()[-1]
        assert "Traceback" not in said.stderr
    assert full.path.exists()
    roomy = Warehouse(tmp_path / "roomy" / "fullcourt.duckdb", raw)
    days = ("--start", FIRST_MONTH[0], "--end", "2021-10-24")
    as_json(roomy, "backfill", *days)
    as_json(full, "backfill", *days)
    assert hashes(full) == hashes(roomy)


def hashes(warehouse: Warehouse) -> dict[str, list[tuple[str, ...]]]:
    """Hashes of every published row; the first week of a season has none in the other datasets."""
    tables = [name for name in hashed_tables() if load_contract(name).dataset == "nba_analytics"]
    return {name: warehouse.query(f"select data_hash from nba_analytics.{name} order by 1") for name in tables}
