"""Names of a database file that cannot be: DuckDB calls its catalog so, and could not tell it from a schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_processors.cli import opening
from python_processors.errors import FullcourtError
from tests.warehouse import Warehouse


@pytest.mark.parametrize("name", ["main", "TEMP", "nba_raw", "Nba_Ops"])
def test_a_file_called_as_a_schema_is_refused_in_plain_words(name: str, league: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / f"{name}.duckdb", league)
    outcome = warehouse.dbt("parse")
    assert not outcome.success
    assert f"The warehouse's file cannot be called '{name}'" in outcome.error
    assert "Rename the file, and give its new name in FULLCOURT_DUCKDB." in outcome.error
    assert not warehouse.path.exists()


def test_fullcourt_says_the_same_before_it_opens_anything(
    league: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path / "main.duckdb"))
    monkeypatch.setenv("RAW_DIR", str(league))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    with pytest.raises(FullcourtError, match="file cannot be called 'main'"):
        opening.opened()
    assert not (tmp_path / "main.duckdb").exists()
