"""Airflow's own parser takes the DAG file, and its operators the exit codes of `fullcourt`. No task is scheduled."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from python_processors.contract import PROJECT_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

AIRFLOW = "apache-airflow==3.1.8"  # pins of its own: it is not installed beside fullcourt


def python_with_airflow(folder: Path) -> str:
    if importlib.util.find_spec("airflow"):
        return sys.executable
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    installed = subprocess.run([python, "-m", "pip", "install", "--quiet", AIRFLOW], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"{AIRFLOW} cannot be installed here: {installed.stderr.strip().splitlines()[-1]}")
    return python


def test_airflow_parses_the_file_and_maps_each_exit_code(tmp_path: Path) -> None:
    python = python_with_airflow(tmp_path / "venv")
    parsed = subprocess.run(
        [python, str(PROJECT_ROOT / "tests" / "airflow_parse.py"), str(PROJECT_ROOT / "deploy" / "airflow")],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path / "home"), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert parsed.returncode == 0, parsed.stderr
    found = json.loads(parsed.stdout.splitlines()[-1])
    assert found["errors"] == {}
    tasks = found["dags"].pop("fullcourt_today")
    assert found["dags"] == {}
    assert {name: (task["after"], task["rule"], task["ends"]) for name, task in tasks.items()} == {
        "today": ([], "all_success", ["success", "failed", "failed", "failed"]),
        "status": (["today"], "all_success", ["success", "failed", "failed", "failed"]),
    }
    assert all(task["cwd"] == "/srv/fullcourt" and task["retries"] for task in tasks.values())
