"""Shared fixtures: a small simulated league, the real archive if there is one, and warehouses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings

from python_processors.raw_loader import RawFolder, find_raw_dir
from python_processors.simulation import simulate
from tests.warehouse import PARSED_PROJECTS, environment

# A limit of milliseconds would measure the machine: the first example of a test pays for imports too.
settings.register_profile("fullcourt", deadline=None)
settings.load_profile("fullcourt")


def archive() -> Path | None:
    """The real archive, or None when only the simulated league is there."""
    folder: RawFolder = find_raw_dir()
    return None if folder.is_simulated else folder.path


# Minutes each, and a file runs on one core: they start first, so that no core waits for them at the end.
LONGEST = ("test_mixed_changes.py", "test_week.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)
    if archive() is None:
        skip = pytest.mark.skip(reason="no raw archive: set RAW_DIR to run the tests on real games")
        for item in items:
            if "real_data" in item.keywords:
                item.add_marker(skip)


def pytest_report_header() -> str:
    found = archive()
    return f"raw archive: {found}" if found else "raw archive: none, so the tests on real games are skipped"


@pytest.fixture(scope="session", autouse=True)
def parsed_projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One folder of parsed projects for all workers of a session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "parsed"
    folder.mkdir(exist_ok=True)
    with environment(**{PARSED_PROJECTS: str(folder)}):
        yield


@pytest.fixture(scope="session")
def raw_archive() -> Path:
    found = archive()
    assert found is not None
    return found


@pytest.fixture(scope="session")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated week: 2021-10-19 to 2021-10-26."""
    folder = tmp_path_factory.mktemp("league")
    simulate(folder, until=date(2021, 10, 26), seed=3)
    return folder
