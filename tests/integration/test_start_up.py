"""Commands that only look, and a backfill with nothing to do, need neither dbt nor pandas once the project is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import PROJECT_ROOT
from tests.integration.conftest import FIRST_MONTH, copied
from tests.warehouse import Warehouse

HEAVY = ("dbt", "pandas", "agate", "mashumaro", "google.cloud.bigquery")
MONTH = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])
LOOKS = (
    ("status", *MONTH),
    ("gaps", *MONTH, "--json"),
    ("explain", "player_game_summary", "2021-11-05"),
    ("plan", *MONTH, "--full", "--json"),
    ("verify", *MONTH),
    ("report", *MONTH),
)
# Runs commands in this process, each with a project of its own, and prints what each said and what is imported by then.
SCRIPT = f"""
import json, sys
from click.testing import CliRunner
from python_processors.cli import app
from python_processors.orchestration import project
if sys.argv[1] == "parsed":
    project.read_kept = lambda sources: None
said = []
for arguments in json.loads(sys.argv[2]):
    result = CliRunner().invoke(app, arguments)
    said.append([result.exit_code, result.stdout, result.stderr, repr(result.exception)])
print(json.dumps([said, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def said_by(
    warehouse: Warehouse, way: str, *commands: tuple[str, ...], project: Path = PROJECT_ROOT
) -> tuple[list[list[Any]], list[str]]:
    """What commands say in a process of its own, and which of HEAVY it imported."""
    folder = warehouse.path.parent
    environment = {
        **os.environ, "FULLCOURT_DUCKDB": str(warehouse.path), "RAW_DIR": str(warehouse.raw_dir),
        "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"),
        "PYTHONPATH": str(project),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, way, json.dumps(commands)], env=environment, cwd=project,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said, heavy = json.loads(done.stdout.splitlines()[-1])
    return said, heavy


@pytest.fixture(scope="module")
def parsed(confirmed: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, list[list[Any]]]:
    """A month of this module's own, and what LOOKS say of it, each after a parse: the last of them is kept."""
    warehouse = copied(confirmed.path.parent, tmp_path_factory.mktemp("start_up") / "month")
    said, heavy = said_by(warehouse, "parsed", *LOOKS)
    assert "dbt" in heavy
    assert [code for code, *_ in said] == [0] * len(LOOKS), said
    return warehouse, said


def test_who_only_looks_imports_neither_dbt_nor_pandas_and_says_the_same(
    parsed: tuple[Warehouse, list[list[Any]]],
) -> None:
    warehouse, said = parsed
    assert said_by(warehouse, "kept", *LOOKS) == (said, [])


def test_a_backfill_with_nothing_to_do_imports_neither_and_one_with_work_parses(
    parsed: tuple[Warehouse, list[list[Any]]],
) -> None:
    warehouse, _ = parsed
    ((code, out, err, _),), heavy = said_by(warehouse, "kept", ("backfill", *MONTH, "--no-report"))
    assert (code, heavy) == (0, []), out + err
    assert "0 partitions built" in out
    day = ("--start", "2021-11-05", "--end", "2021-11-05", "--tables", "team_offense_game_summary", "--force")
    ((code, out, err, _),), heavy = said_by(warehouse, "kept", ("backfill", *day, "--no-report", "--yes"))
    assert (code, "dbt" in heavy) == (0, True), out + err
    assert "2 partitions built" in out


def test_the_doctor_imports_neither(parsed: tuple[Warehouse, list[list[Any]]]) -> None:
    warehouse, _ = parsed
    ((code, out, err, _),), heavy = said_by(warehouse, "kept", ("doctor",))
    assert (code, heavy) == (0, []), out + err
    assert "dbt has parsed the project as it is." in out
    assert "22 of 22 are as their contracts have them" in out


def copied_project(folder: Path) -> Path:
    """What dbt needs of the project, in a folder of its own; its files keep their times."""
    copy = folder / "project"
    for name in ("dbt_project.yml", "dbt_fullcourt.py"):
        copy.mkdir(exist_ok=True)
        shutil.copy2(PROJECT_ROOT / name, copy / name)
    for part in ("models", "macros", "seeds", "profiles", "python_processors", "tests/dbt"):
        shutil.copytree(PROJECT_ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.mark.slow
def test_dbt_reads_what_changed_by_content_and_nothing_else(tmp_path: Path) -> None:
    """A contract that is put back with its old time is read again, and nothing is read where nothing changed."""
    project, target = copied_project(tmp_path), tmp_path / "target"
    environment = {
        **os.environ, "FULLCOURT_DUCKDB": str(tmp_path / "none.duckdb"), "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(tmp_path / "logs"), "PYTHONPATH": str(project), "FULLCOURT_TARGET": "duckdb",
    }  # fmt: skip

    def parsed() -> tuple[dict[str, Any], int]:
        """What dbt knows of a column after one more `dbt parse`, and how many files it read for it."""
        command = [Path(sys.executable).with_name("dbt"), "parse", "--profiles-dir", "profiles"]
        subprocess.run(command, cwd=project, env=environment, capture_output=True, check=True)
        manifest = json.loads((target / "manifest.json").read_text())
        column = manifest["nodes"]["model.fullcourt.team_defense_game_summary"]["columns"]["opponent_ts_pct"]
        return column["meta"], json.loads((target / "perf_info.json").read_text())["parsed_path_count"]

    contract = project / "models" / "analytics" / "team_defense_game_summary.yml"
    text, times = contract.read_text(), contract.stat()
    first, every_file = parsed()
    assert (first, parsed()) == ({}, ({}, 0))
    name = "      - name: opponent_ts_pct\n"
    contract.write_text(text.replace(name, name + '        config: {meta: {not_hashed: "Tried out."}}\n'))
    changed, few_files = parsed()
    assert changed == {"not_hashed": "Tried out."}
    assert 0 < few_files < every_file / 4
    contract.write_text(text)
    os.utime(contract, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert parsed()[0] == {}


@pytest.mark.slow
@pytest.mark.nightly
def test_a_changed_file_is_planned_for_though_a_graph_is_kept(
    copy_of_confirmed_month: Warehouse, tmp_path: Path
) -> None:
    """In a copy of the project, and back: the third plan finds what the first one kept."""
    warehouse, copy = copy_of_confirmed_month, copied_project(tmp_path)
    plan = ("plan", *MONTH, "--json")
    ((_, before, *_),), _ = said_by(warehouse, "kept", plan, project=copy)
    assert json.loads(before)["steps"] == []
    model = copy / "models" / "precompute" / "player_daily_cache.sql"
    code = model.read_text()
    model.write_text(code + "\nlimit 1000000\n")
    changed, heavy = said_by(warehouse, "kept", plan, project=copy)
    assert "dbt" in heavy
    assert {step["table"] for step in json.loads(changed[0][1])["steps"]} == {
        "player_daily_cache",
        "ml_feature_store_v2",
    }
    assert said_by(warehouse, "kept", plan, project=copy) == (changed, [])
    assert said_by(warehouse, "parsed", plan, project=copy)[0] == changed
    model.write_text(code)
    ((_, after, *_),), heavy = said_by(warehouse, "kept", plan, project=copy)
    assert (after, heavy) == (before, [])
