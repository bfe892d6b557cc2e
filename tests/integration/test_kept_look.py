"""What a command saw is taken by the next one only while nothing that it saw has changed."""

from __future__ import annotations

import copy
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.orchestration import project as project_module
from python_processors.orchestration.backfill import plan_of
from python_processors.orchestration.project import Project
from python_processors.orchestration.state import kept_look
from python_processors.orchestration.state.kept_look import Kept
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.project_code import sources_of_parse, touched_code
from tests.integration.conftest import Rewrite, at_work, copied, request
from tests.warehouse import Warehouse, environment

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
        kept.kept_as, kept._touched = name or sources_of_parse(), touched_code()
        yield kept, warehouse


def look(month: Warehouse, *, days: tuple[date, date] = DAYS, mark: Any = None, code: str = "", **asked: Any) -> Seen:
    """The states of all tables, and the days that are to be counted."""
    with named(month, code) as (project, warehouse):
        if mark is not None:
            warehouse.mark = mark
        kept = Kept(project, warehouse)
        with warehouse.reading() as session:
            snapshot = Snapshot(project, session, *days, kept=kept, **asked)
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


def test_a_file_that_takes_the_place_of_what_is_looked_at_is_looked_at_itself(
    copy_of_confirmed_month: Warehouse, reads: list[str], tmp_path: Path
) -> None:
    """The file is moved there once the other is open."""
    month = copy_of_confirmed_month
    whole, other = look(month), copied(month.path.parent, tmp_path / "other")
    shutil.rmtree(folder_of(month))
    other.execute(BY_HAND)
    with named(month) as (project, warehouse):
        kept = Kept(project, warehouse)
        with warehouse.reading() as session:
            other.path.replace(month.path)
            Snapshot(project, session, *DAYS, kept=kept)
    assert list(folder_of(month).iterdir()) == []
    reads.clear()
    assert look(month) != whole
    assert reads


def test_code_that_was_changed_and_put_back_meanwhile_keeps_nothing(
    month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = count()
    monkeypatch.setattr(project_module, "touched_code", lambda: str(next(moments)))
    look(month)
    assert list(folder_of(month).iterdir()) == []


def test_a_warehouse_that_cannot_tell_is_always_read(month: Warehouse, reads: list[str]) -> None:
    look(month, mark=lambda: "")
    assert reads
    assert not folder_of(month).exists()


def test_a_damaged_file_is_no_look_and_is_written_anew(month: Warehouse, reads: list[str], tmp_path: Path) -> None:
    first = look(month)
    (kept,) = folder_of(month).iterdir()
    with duckdb.connect(str(foreign := tmp_path / "foreign.duckdb")) as connection:
        connection.execute("create table name_of_look as select 'another' as name")
    look(month, tables=(TABLE,))
    (another,) = set(folder_of(month).iterdir()) - {kept}
    for damaged in (b"", b"no database", kept.read_bytes()[:20_000], foreign.read_bytes(), another.read_bytes()):
        kept.write_bytes(damaged)
        reads.clear()
        assert look(month) == first
        assert reads
        reads.clear()
        assert (look(month), reads) == (first, [])


def test_large_looks_are_not_kept_and_those_that_were_used_last_are(
    month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_look, "_FILES", 2)
    look(month)
    (used,) = folder_of(month).iterdir()
    for day in range(1, 5):
        look(month, days=(date(2021, 11, day), date(2021, 11, day)))
        look(month)
    assert len(list(folder_of(month).iterdir())) == 2
    assert used.exists()
    shutil.rmtree(folder_of(month))
    monkeypatch.setattr(kept_look, "_MOST_UNITS", 10)
    look(month)
    assert not folder_of(month).exists()


def test_a_plan_with_files_to_come_or_of_a_run_keeps_nothing(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    month, days = copy_of_confirmed_month, request("2021-11-01", "2021-11-07")
    with named(month) as (project, warehouse):
        plan_of(project, warehouse, days)
        assert not folder_of(month).exists()
        before = plan_of(project, warehouse, days, is_kept=True)
        assert len(list(folder_of(month).iterdir())) == 1
        rewrite(
            month.raw_dir, "nbac_team_boxscore",
            "select * replace (case when game_date = '2021-11-05' then turnovers + 1 else turnovers end as turnovers)"
            " from raw",
        )  # fmt: skip
        after = plan_of(project, warehouse, days, is_kept=True)
        assert (list(before.dates), min(after.dates)) == ([], date(2021, 11, 5))
        assert len(list(folder_of(month).iterdir())) == 1


def test_what_dbt_compiled_for_a_report_is_kept_as_well(month: Warehouse) -> None:
    with named(month) as (project, warehouse):
        first, other = (Kept(project, warehouse).look(days) for days in (DAYS, "other days"))
        assert first is not None
        assert other is not None
        assert first.texts() is None
        first.keep_texts({"a": "select 1"})
        assert (first.texts(), other.texts()) == ({"a": "select 1"}, None)
        (kept,) = folder_of(month).iterdir()
        for damaged in (kept.read_text().replace("1", "2"), "", "no checksum"):
            kept.write_text(damaged)
            assert first.texts() is None
    assert look(month, code="another")


def test_what_a_killed_command_left_is_removed_an_hour_later(month: Warehouse) -> None:
    for name, age in ((".partial_old", 7200), (".partial_new", 60)):
        left = folder_of(month) / name
        left.mkdir(parents=True)
        (left / "look.duckdb.wal").touch()
        os.utime(left, (time.time() - age,) * 2)
    look(month)
    assert sorted(path.name for path in folder_of(month).iterdir() if path.is_dir()) == [".partial_new"]


def test_a_folder_that_cannot_be_written_or_spelled_is_no_error(month: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "a_file").touch()
    whole = look(month)
    for folder in (tmp_path / "a_file", tmp_path / os.fsdecode(b"t\xff"), tmp_path / "it's one"):
        with named(month) as (project, warehouse), environment(DBT_TARGET_PATH=str(folder)):
            project.kept_as = sources_of_parse()
            kept = Kept(project, warehouse)
            with warehouse.reading() as session:
                snapshot = Snapshot(project, session, *DAYS, kept=kept)
        states = [state.to_dict() for table in snapshot.tables for state in snapshot.states(table).values()]
        assert states == whole[:-1]
    assert len(list((tmp_path / "it's one" / "looks").iterdir())) == 1
