"""A changed formula goes to production by an environment, from plan to verification, at a local BigQuery server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bigquery.raw import server_on_platform
from tests.mixed_changes.league import simulate_four_teams
from tests.mixed_changes.site import ROOT, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

WINDOW = ("2021-10-19", "2021-10-20")
DATES = ("--start", WINDOW[0], "--end", WINDOW[1])
TEAMS = "team_offense_game_summary"
FORMULA = ("ft_attempts, 44)", "ft_attempts, 45)")  # free throws that end a possession


def test_a_changed_formula_goes_to_production_as_it_was_compared(tmp_path: Path) -> None:
    base, changed = (tmp_path / name for name in ("base", "changed"))
    for folder in (base, changed):
        copy_project(ROOT, folder)
    file = changed / "python_processors" / "basketball" / "formulas.py"
    assert FORMULA[0] in file.read_text()
    file.write_text(file.read_text().replace(*FORMULA))
    simulate_four_teams(tmp_path / "raw")
    with server_on_platform(tmp_path / "raw", WINDOW) as (_, _, settings):

        def fullcourt(folder: Path, *arguments: str) -> dict[str, Any]:
            """As typed in a checkout."""
            paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
            done = subprocess.run(
                [sys.executable, "-m", "python_processors.cli", *arguments, "--json"], capture_output=True, text=True,
                cwd=folder, env={**os.environ, **settings, **paths, "PYTHONPATH": str(folder)},
            )  # fmt: skip
            assert done.returncode == 0, f"{arguments}: {done.stderr[-3000:]}{done.stdout[-3000:]}"
            found: dict[str, Any] = json.loads(done.stdout)
            return found

        fullcourt(base, "prepare")
        assert fullcourt(base, "backfill", *DATES, "--yes", "--no-report")["verification"]["passed"]
        fullcourt(base, "env", "create", "dev")
        assert fullcourt(base, "plan", "--env", "dev", *DATES)["steps"] == []

        planned = fullcourt(changed, "plan", "--env", "dev", *DATES)
        assert TEAMS in {of["table"] for of in planned["code"]} & {of["table"] for of in planned["steps"]}
        ran = fullcourt(changed, "backfill", "--env", "dev", *DATES, "--yes", "--no-report")
        assert ran["verification"]["passed"]
        told = fullcourt(changed, "report", "--env", "dev", *DATES, "--out", str(tmp_path / "report.html"))["change"]
        shown = fullcourt(changed, "env", "promote", "dev", *DATES, "--dry-run")
        assert [told[name] for name in ("code", "tables", "models")] == [
            shown[name] for name in ("code", "tables", "models")
        ]
        (teams,) = [of for of in shown["tables"] if of["table"] == TEAMS]
        assert (teams["dates"], teams["to_insert"], teams["to_delete"]) == ([*WINDOW], 0, 0)
        assert teams["to_update"] > 0
        (columns,) = [of["findings"] for of in told["comparison"]["tables"] if of["table"] == TEAMS]
        assert {"possessions", "data_hash"} <= {of["column"] for of in columns}

        made = fullcourt(changed, "env", "promote", "dev", *DATES, "--yes", "--compared", shown["compared"])
        assert made["verification"]["passed"]
        assert fullcourt(changed, "plan", *DATES)["steps"] == []
        assert fullcourt(changed, "compare", "prod", "dev")["is_fine"]
        again = fullcourt(changed, "env", "promote", "dev", *DATES, "--dry-run")
        assert [of for of in again["code"] if of["dates"] is not None] == []  # of the others no date is confirmed
        assert (again["tables"], again["models"]) == ([], [])
