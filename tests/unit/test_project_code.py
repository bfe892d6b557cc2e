"""Code is read once, and read anew when it is asked for; libraries count by their minor version."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_processors import project_code
from python_processors.project_code import changed_libraries, changed_modules, digest_of_parsed, libraries, remembered


def test_what_is_remembered_is_read_anew_after_it_is_forgotten() -> None:
    answers = iter(["old", "new"])

    @remembered
    def answer() -> str:
        return next(answers)

    assert (answer(), answer()) == ("old", "old")
    project_code.forget_code()
    assert answer() == "new"


def test_no_module_has_changed_since_the_process_started() -> None:
    assert changed_modules() == []


def test_a_module_that_changed_came_or_went_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    start = dict(project_code._AT_START)
    start["python_processors/hashing.py"] = "another digest"
    del start["python_processors/casting.py"]
    start["python_processors/gone.py"] = "a digest"
    monkeypatch.setattr(project_code, "_AT_START", start)
    assert changed_modules() == [
        "python_processors/casting.py", "python_processors/gone.py", "python_processors/hashing.py",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["models/a.sql", "models/a.yml", "macros/a.sql", "seeds/a.csv", "tests/dbt/a.sql", "profiles/a.yml", "dbt_project.yml"]
)  # fmt: skip
def test_every_kind_of_file_that_is_parsed_counts(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_code, "ROOT", tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: x")
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    before = digest_of_parsed()
    path.write_text("select 1")
    after = digest_of_parsed()
    path.write_text("select 2")
    assert len({before, after, digest_of_parsed()}) == 3


def test_an_engine_that_is_a_service_has_no_library() -> None:
    assert "duckdb=" in libraries("dbt-duckdb", "duckdb")
    assert "duckdb=" not in libraries("dbt-bigquery", None)


def test_a_library_that_came_or_went_is_a_change() -> None:
    assert changed_libraries("duckdb=2.0.1", "duckdb=2.0.2") == ()
    assert changed_libraries("duckdb=2.0.1", "duckdb=2.0.1;numpy=2.4.0") == ("numpy 2.4.0, was unknown",)
    assert changed_libraries("duckdb=1.9.9;numpy=2.4.0", "numpy=2.4.0") == ("duckdb none, was 1.9.9",)
