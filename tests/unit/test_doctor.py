"""`fullcourt doctor` beside the warehouse: what a line becomes, what follows of all, and rules that macros hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from python_processors import cli, doctor
from python_processors.alerts import CHANNELS
from python_processors.doctor import examination, setting, targets
from python_processors.doctor.examination import CHECKS, Examination, examine
from python_processors.doctor.macros import MacroRefusedError, Macros
from python_processors.engines.base import Warehouse
from python_processors.engines.look import NOTE, OK, PROBLEM, Line
from python_processors.errors import RefusedError
from python_processors.orchestration.warehouse import DuckDBWarehouse

TODAY = date(2021, 11, 19)
FINE = Line("versions", OK, "fullcourt 0.1.0.")
HINT = Line("channels", NOTE, "Nobody hears of a run.", "See docs/alerts.md.")
WRONG = Line("raw_tables", PROBLEM, "nba_raw.x is not there.", "Load it.", ("nba_raw.x",))


def said(lines: tuple[Line, ...], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr(doctor, "examine", lambda warehouse, today: Examination(lines))
    return CliRunner().invoke(cli.app, ["doctor", *arguments])


def test_notes_keep_no_run_from_working(monkeypatch: pytest.MonkeyPatch) -> None:
    result = said((FINE, HINT), monkeypatch)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ok       versions       fullcourt 0.1.0.",
        "note     channels       Nobody hears of a run. See docs/alerts.md.",
        "",
        "A run would work.",
    ]


def test_one_problem_is_exit_1_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    result = said((FINE, WRONG), monkeypatch)
    assert result.exit_code == 1
    assert "problem  raw_tables     nba_raw.x is not there. Load it." in result.stdout
    assert result.stdout.endswith("A run would not work: 1 problem.\n")


def test_json_has_stable_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    result = said((FINE, WRONG), monkeypatch, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "schema_version": 1,
        "would_work": False,
        "lines": [
            {"check": "versions", "level": "ok", "said": "fullcourt 0.1.0.", "to_do": "", "details": []},
            {
                "check": "raw_tables", "level": "problem", "said": "nba_raw.x is not there.", "to_do": "Load it.",
                "details": ["nba_raw.x"],
            },
        ],
    }  # fmt: skip


def test_the_page_on_bigquery_explains_every_check() -> None:
    page = (examination.__file__ and Path(setting.PROJECT_ROOT / "docs" / "bigquery.md").read_text()) or ""
    cells = {cell for line in page.splitlines() if line.startswith("| `") for cell in line.split("|")[1].split(", ")}
    assert {f"`{check}`" for check in CHECKS} <= {cell.strip() for cell in cells}


@pytest.mark.parametrize(
    ("error", "words"),
    [(RefusedError("No, since."), "No, since."), (LookupError("a\nb"), "It could not be checked: LookupError: a b")],
    ids=["ours", "anybody's"],
)
def test_a_check_that_fails_is_a_problem_after_what_it_had_found(error: Exception, words: str) -> None:
    def look() -> Iterator[Line]:
        yield FINE
        raise error

    assert examination._checked("lock", look) == [FINE, Line("lock", PROBLEM, words)]


def test_whatever_check_fails_nothing_raises_and_no_run_would_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("of nobody knows where")

    monkeypatch.setenv("RAW_DIR", str(tmp_path))
    for module, name in (
        (setting, "versions"), (setting, "contracts"), (setting, "folders"), (setting, "names"), (setting, "channels"), (setting, "parse"),
        (examination, "see"), (examination.raw, "files_of"), (examination.raw, "of_tables"),
        (examination.raw, "tipoff_hours"), (examination.raw, "schedule"), (examination.raw, "held_rows"),
        (targets, "written_datasets"), (targets, "of_tables"), (targets, "lock"), (targets, "cost"),
        (shutil, "disk_usage"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fail)
            found = examine(DuckDBWarehouse(tmp_path / "fullcourt.duckdb"), TODAY)
        assert not found.would_work, name
        assert any("RuntimeError: of nobody knows where" in line.said for line in found.lines), name


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> Iterator[Line]:
        raise ValueError("password=hunter2")

    assert "hunter2" not in examination._checked("lock", look)[0].said
    monkeypatch.setenv(CHANNELS, "json://somebody:hunter2@127.0.0.1/ nonsense://hunter2")
    (line,) = setting.channels()
    assert (line.level, "hunter2" in line.said) == (NOTE, False)
    assert "channel 2 (nonsense)" in line.said
    monkeypatch.setenv(CHANNELS, "json://somebody:hunter2@127.0.0.1/")
    (line,) = setting.channels()
    assert (line.level, "hunter2" in line.said) == (OK, False)


@pytest.mark.parametrize(
    ("found", "bounds", "fits"),
    [
        ("1.11.16", (">=1.11.0", "<1.12.0"), True),
        ("1.12.0", (">=1.11.0", "<1.12.0"), False),
        ("1.9.9", (">=1.11.0",), False),
        ("2.0.0b1", (">=1.11.0", "<1.12.0"), False),
    ],
)
def test_dbts_version_is_held_against_the_projects_bounds(found: str, bounds: tuple[str, ...], fits: bool) -> None:
    assert all(setting.is_within(found, bound) for bound in bounds) is fits


def test_what_is_not_installed_is_a_problem() -> None:
    warehouse = SimpleNamespace(packages=("dbt-nowhere",))
    (line,) = setting.versions(cast(Warehouse, warehouse))
    assert (line.level, line.said) == (PROBLEM, "dbt-nowhere is not installed.")


def test_macros_dispatch_return_and_refuse_as_in_dbt() -> None:
    assert Macros("duckdb").call("engine_type", "ARRAY<FLOAT64>") == "double[]"
    assert Macros("bigquery").call("engine_type", "ARRAY<FLOAT64>") == "ARRAY<FLOAT64>"
    assert Macros("bigquery").call("tipoff_instant", "x") == "timestamp(cast(x as datetime), 'America/New_York')"
    with pytest.raises(MacroRefusedError, match="file cannot be called 'main'"):
        Macros("duckdb", database="main").call("generate_database_name")


def test_cost_is_not_known_before_the_project_was_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    seen = cast(Any, SimpleNamespace(session=SimpleNamespace(bytes_read_by=lambda sql: 0)))
    assert [line.level for line in setting.parse()] == [NOTE]
    (line,) = targets.cost(seen, TODAY)
    assert (line.level, line.to_do) == (NOTE, "`fullcourt plan` says what a range reads and costs.")
