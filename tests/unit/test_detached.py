"""Following a run that was started in a session of its own."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from python_processors.orchestration.run import detached
from python_processors.orchestration.run.progress import Progress, RunStatus
from python_processors.orchestration.warehouse import DuckDBWarehouse


def test_a_run_is_followed_to_its_last_word_and_not_only_to_its_last_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its status says done, and it still reads the warehouse for its verification and its report."""
    report, command = tmp_path / "report", tmp_path / "command"
    os.mkfifo(report)
    command.write_text(f"#!/bin/sh\ncat {report}\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(command))
    warehouse = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    Progress(warehouse, RunStatus("a-run", "a range")).close("done")

    run = detached.start(warehouse, ["backfill"], "a-run")
    following = threading.Thread(target=detached.follow, args=(warehouse, lambda _: None), daemon=True)
    following.start()
    following.join(timeout=1)
    assert run.exit_code is None
    assert following.is_alive()
    report.write_text("the last word\n", encoding="utf-8")
    following.join(timeout=30)
    assert not following.is_alive()
    assert run.log.read_text(encoding="utf-8") == "the last word\n"
