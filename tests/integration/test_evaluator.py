"""dbt-project-evaluator finds nothing in this project, with the vars of dbt_project.yml and the exceptions of deploy/evaluator.

The package comes from dbt's hub; where that cannot be reached the test is skipped, with dbt's words. A folder with the package, and
with what it needs in a packages.yml of its own, can be named instead: FULLCOURT_TEST_EVALUATOR=/path/to/dbt_project_evaluator.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from python_processors.contract import PROJECT_ROOT, hashed_tables
from python_processors.yaml_files import read_yaml
from tests.warehouse import WEEK, Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

ADDED = "deploy/evaluator"
DOCS = PROJECT_ROOT / "docs" / "dbt.md"
PACKAGE = "dbt_project_evaluator"
NOT_REACHED = "External connection exception occurred"  # dbt's, of a hub or of a package's archive (1.11)
OF_DBT = ("macros", "models", "profiles", "seeds", "tests/dbt")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project with the package installed as docs/dbt.md says."""
    folder = tmp_path / "project"
    for part in (*OF_DBT, ADDED):
        shutil.copytree(PROJECT_ROOT / part, folder / part)
    packages, added = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL))
    (folder / "packages.yml").write_text(yaml.safe_dump(packages))
    settings = with_added(read_yaml(PROJECT_ROOT / "dbt_project.yml"), added)
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings, sort_keys=False))
    if local := os.environ.get("FULLCOURT_TEST_EVALUATOR"):
        (folder / ADDED / "packages.yml").write_text(yaml.safe_dump({"packages": [{"local": local}]}))
    installed = dbt(folder, "deps")
    said = installed.stdout + installed.stderr
    if installed.returncode and NOT_REACHED in said:
        pytest.skip(f"{PACKAGE} cannot be installed here: {said.strip().splitlines()[-1]}")
    assert installed.returncode == 0, said
    return folder


def with_added(settings: Mapping[str, Any], added: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others added at any depth."""
    merged = dict(settings)
    for name, value in added.items():
        merged[name] = with_added(merged.get(name, {}), value) if isinstance(value, Mapping) else value
    return merged


def dbt(project: Path, command: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", command, *arguments],
        cwd=project, env={**os.environ, "DBT_PROFILES_DIR": str(project / "profiles"), **variables},
        capture_output=True, text=True,
    )  # fmt: skip


def findings(project: Path, warehouse: Warehouse) -> dict[str, int]:
    """How many rows each of its rules found, of those that found any: by the table that holds them."""
    window = json.dumps({"start_date": WEEK[0], "end_date": WEEK[1]})
    run = dbt(
        project, "build", "--select", f"package:{PACKAGE}", "package:fullcourt_evaluator", "--vars", window,
        FULLCOURT_DUCKDB=str(warehouse.path), RAW_DIR=str(warehouse.raw_dir),
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    results = json.loads((project / "target" / "run_results.json").read_text())["results"]
    tests = [of for of in results if of["unique_id"].startswith(f"test.{PACKAGE}.")]
    assert len(tests) >= 28  # its rules in 1.2.4
    assert {of["status"] for of in tests} <= {"pass", "warn"}
    return {of["unique_id"].split(".")[2]: of["failures"] for of in tests if of["failures"]}


def test_the_evaluator_finds_nothing_and_what_is_wrong(project: Path, copy_of_built: Warehouse) -> None:
    assert findings(project, copy_of_built) == {}

    settings = (project / "dbt_project.yml").read_text()
    assert settings.count("fullcourt.test_is_proven") == 1
    (project / "dbt_project.yml").write_text(settings.replace("fullcourt.test_is_proven", "fullcourt.test_of_nothing"))
    (project / "models" / "intermediate" / "wrong_layer.sql").write_text(
        "select * from {{ source('nba_raw', 'nbac_schedule') }}"
    )
    assert findings(project, copy_of_built) == {
        "is_empty_fct_missing_primary_key_tests_": len(hashed_tables()),
        "is_empty_fct_marts_or_intermediate_dependent_on_source_": 1,
        "is_empty_fct_model_naming_conventions_": 1,
        "is_empty_fct_undocumented_models_": 1,
        "valid_documentation_coverage": 1,
    }
