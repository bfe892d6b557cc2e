"""The built package in an environment of its own: fullcourt without a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from python_processors.places import PROJECT_ROOT
from tests.integration.test_command_line import as_json
from tests.warehouse import Warehouse

UV = str(Path(sys.executable).parent / "uv")
WEEK = ("--start", "2021-10-19", "--end", "2021-10-25")


def run(*command: str | Path, at: Path, **settings: str) -> str:
    """What a command prints, in an environment without any setting of fullcourt or dbt."""
    ours = ("FULLCOURT_", "DBT_", "PYTHON", "RAW_DIR", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [str(part) for part in command], cwd=at, env=kept | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_wheel_builds_a_league_in_an_empty_folder_and_writes_nothing_beside_itself(tmp_path: Path) -> None:
    built, environment, folder = tmp_path / "dist", tmp_path / "environment", tmp_path / "folder"
    folder.mkdir()
    run(
        UV,
        "build",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        built,
        ".",
        at=PROJECT_ROOT,
    )
    (wheel,) = built.glob("*.whl")
    run(UV, "venv", "--python", sys.executable, environment, at=tmp_path)
    # What the package itself says that it needs, and no more; versions are those of the lock.
    lock = PROJECT_ROOT / "requirements.lock"
    run(UV, "pip", "install", "--python", environment / "bin" / "python", wheel, "--constraint", lock, at=tmp_path)

    bytecode = {"PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    fullcourt = environment / "bin" / "fullcourt"
    installed = sorted(environment.rglob("*"))
    run(fullcourt, "simulate", "--until", "2021-10-26", at=folder, **bytecode)
    said = run(fullcourt, "backfill", *WEEK, "--yes", at=folder, **bytecode)
    assert "\nPASS\n" in said
    assert sorted(environment.rglob("*")) == installed
    assert {path.name for path in folder.iterdir()} == {"data", "logs", "target"}

    # A relative path is one of the folder, for dbt too.
    run(
        fullcourt,
        "prepare",
        at=folder,
        FULLCOURT_DUCKDB="other.duckdb",
        DBT_TARGET_PATH="made",
        RAW_DIR="data/simulated",
        **bytecode,
    )
    assert (folder / "other.duckdb").is_file()
    assert (folder / "made").is_dir()
    assert sorted(environment.rglob("*")) == installed

    features = "import fullcourt; print(fullcourt.open().table('player_game_summary', '2021-10-20').num_rows)"
    assert int(run(environment / "bin" / "python", "-c", features, at=folder, **bytecode)) > 0

    # A checkout says the same of it: nothing is due.
    plan = as_json(Warehouse(folder / "data" / "fullcourt.duckdb", folder / "data" / "simulated"), "plan", *WEEK)
    assert plan["steps"] == []
    assert plan["uncounted_dates"] == 0
