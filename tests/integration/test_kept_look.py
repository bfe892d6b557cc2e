"""What a command saw is taken by the next one only while nothing that it saw has changed."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.orchestration.backfill import plan_of
from python_processors.orchestration.project import Project
from python_processors.orchestration.state import kept_look
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.project_code import sources_of_parse
from tests.integration.conftest import Rewrite, at_work, copied, request
from tests.warehouse import Warehouse

DAYS = date(2021, 11, 1), date(2021, 11, 7)
TABLE = "team_offense_game_summary"
BY_HAND = f"update nba_analytics.{TABLE} set data_hash = reverse(data_hash) where game_date = '2021-11-05'"
Seen = list[dict[str, Any]]


@pytest.fixture(scope="module")
def months(confirmed: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A confirmed month of this module's own."""
    return copied(confirmed.path.parent, tmp_path_factory.mktemp("kept_look") / "month")


@pytest.fixture
def month(months: Warehouse) -> Warehouse:
    """The same, without a kept look."""
    shutil.rmtree(folder_of(months), ignore_errors=True)
    return months


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of all that snapshots asked of a warehouse."""
    asked: list[str] = []

    def read_all(session: DuckDBSession, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        asked.extend(queries)
        return {name: session.read(sql) for name, sql in queries.items()}

    monkeypatch.setattr(DuckDBSession, "read_all", read_all)
    return asked


def folder_of(month: Warehouse) -> Path:
    return month.path.parent / "target" / "looks"


@contextmanager
def named(month: Warehouse, name: str = "") -> Iterator[tuple[Project, Any]]:
    """The project as it is kept, under the name of its code or another one."""
    with at_work(month) as (project, warehouse):
        kept = copy.copy(project)
        kept.kept_as = name or sources_of_parse()
        yield kept, warehouse


def look(month: Warehouse, *, days: tuple[date, date] = DAYS, mark: Any = None, code: str = "", **asked: Any) -> Seen:
    """The states of all tables, and the days that are to be counted."""
    with named(month, code) as (project, warehouse), warehouse.reading() as session:
        snapshot = Snapshot(project, session, *days, mark=mark or warehouse.mark, **asked)
        snapshot.look_at_all()
        states = [state.to_dict() for table in snapshot.tables for state in snapshot.states(table).values()]
        return [*states, {"uncounted": snapshot.uncounted_days()}]


def test_an_unchanged_warehouse_is_read_once(month: Warehouse, reads: list[str]) -> None:
    first = look(month)
    assert {state["outcome"] for state in first if "outcome" in state} == {"complete", "expected_empty"}
    assert reads
    reads.clear()
    assert (look(month), reads) == (first, [])
    (kept,) = folder_of(month).iterdir()
    assert kept.suffix == ".duckdb"


def test_a_row_that_somebody_changed_is_seen_at_once_and_again(month: Warehouse) -> None:
    whole = look(month)
    month.execute(BY_HAND)
    changed = look(month)
    assert next(state for state in changed if state not in whole)["table"] == TABLE
    assert look(month) == changed
    month.execute(BY_HAND)
    assert look(month) == whole


def test_each_range_choice_of_tables_and_code_has_a_look_of_its_own(month: Warehouse, reads: list[str]) -> None:
    first = look(month)
    for asked in ({"days": (DAYS[0], DAYS[0])}, {"tables": (TABLE,)}, {"only": {DAYS[0]}}, {"code": "another"}):
        reads.clear()
        look(month, **asked)  # type: ignore[arg-type]
        assert reads, asked
    reads.clear()
    assert (look(month), reads) == (first, [])


def test_what_changes_while_it_is_looked_at_is_not_kept(month: Warehouse) -> None:
    marks = count()
    look(month, mark=lambda: str(next(marks)))
    look(month, code="of files that are no longer these")
    assert list(folder_of(month).iterdir()) == []


def test_a_warehouse_that_cannot_tell_is_always_read(month: Warehouse, reads: list[str]) -> None:
    look(month, mark=lambda: "")
    assert reads
    assert not folder_of(month).exists()


def test_a_damaged_file_is_no_look_and_is_written_anew(month: Warehouse, reads: list[str]) -> None:
    first = look(month)
    (kept,) = folder_of(month).iterdir()
    for damaged in (b"", b"no database", kept.read_bytes()[:20_000]):
        kept.write_bytes(damaged)
        reads.clear()
        assert look(month) == first
        assert reads
        reads.clear()
        assert (look(month), reads) == (first, [])


def test_large_looks_are_not_kept_and_few_are(month: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_look, "_FILES", 2)
    for day in range(1, 5):
        look(month, days=(date(2021, 11, day), date(2021, 11, day)))
    assert len(list(folder_of(month).iterdir())) == 2
    shutil.rmtree(folder_of(month))
    monkeypatch.setattr(kept_look, "_MOST_ROWS", 10)
    look(month)
    assert not folder_of(month).exists()


def test_a_plan_with_files_to_come_or_of_a_run_keeps_nothing(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    month, days = copy_of_confirmed_month, request("2021-11-01", "2021-11-07")
    with named(month) as (project, warehouse):
        plan_of(project, warehouse, days)
        assert not folder_of(month).exists()
        before = plan_of(project, warehouse, days, is_looked_at=True)
        assert len(list(folder_of(month).iterdir())) == 1
        rewrite(
            month.raw_dir, "nbac_team_boxscore",
            "select * replace (case when game_date = '2021-11-05' then turnovers + 1 else turnovers end as turnovers)"
            " from raw",
        )  # fmt: skip
        after = plan_of(project, warehouse, days, is_looked_at=True)
        assert (list(before.dates), min(after.dates)) == ([], date(2021, 11, 5))
        assert len(list(folder_of(month).iterdir())) == 1
