"""A raw contract with a table of the loader's tests: without dates, of few columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from python_processors.contract import raw
from python_processors.project_code import forget_code

TEAMS = """
      - name: teams
        config: {meta: {key: [team_abbr]}}
        columns:
          - {name: team_abbr, data_type: STRING, config: {meta: {is_team: true}}}
          - {name: full_name, data_type: STRING}
          - {name: arena, data_type: STRING}
          - {name: arena_city, data_type: STRING}
          - {name: latitude, data_type: FLOAT64}
          - {name: longitude, data_type: FLOAT64}
          - {name: timezone, data_type: STRING}
"""


@pytest.fixture
def teams_are_raw(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The raw table `teams`, which the project itself has no longer."""
    file: Path = tmp_path_factory.mktemp("contract") / "_sources.yml"
    file.write_text(raw.SOURCES_FILE.read_text().rstrip() + TEAMS)
    monkeypatch.setattr(raw, "SOURCES_FILE", file)
    forget_code()
    yield
    monkeypatch.undo()
    forget_code()
