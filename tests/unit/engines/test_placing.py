"""dbt opens the database that all commands look at, whatever folder it was started in."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from dbt.adapters.duckdb import environments

from python_processors.engines.duckdb.placing import place_database
from python_processors.places import PROJECT_ROOT


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("data/fullcourt.duckdb", str(PROJECT_ROOT / "data" / "fullcourt.duckdb")),
        ("/tmp/other.duckdb", "/tmp/other.duckdb"),
        (":memory:", ":memory:"),
        ("md:mine", "md:mine"),
    ],
)
def test_a_relative_path_is_of_the_project(path: str, opened: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(environments, "create", lambda credentials: seen.append(credentials.path))
    place_database()
    place_database()  # dbt starts its plugins anew for each command of a process
    environments.create(SimpleNamespace(path=path))
    assert seen == [opened]
