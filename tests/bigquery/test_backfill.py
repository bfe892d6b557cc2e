"""A run of fullcourt on a local BigQuery server: planned, built, confirmed, left alone, repaired, leased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from python_processors.contract import hashed_tables
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.locks import RunLockedError, run_lock
from python_processors.orchestration.plan.preparation import prepare
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.request import Request
from python_processors.orchestration.state.snapshot import NotPreparedError
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from python_processors.report import built_range, write_report
from python_processors.report.facts import read_facts
from tests.bigquery.raw import server_on_platform
from tests.warehouse import environment

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

WINDOW = ("2021-10-19", "2021-10-21")
REQUEST = Request(
    *(date.fromisoformat(day) for day in WINDOW), tables=("team_offense_game_summary", "player_game_summary")
)


@pytest.fixture(scope="module")
def at_work(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, BigQueryWarehouse]]:
    """The project on a server that holds the raw rows of three days, and nothing else."""
    folder = tmp_path_factory.mktemp("bigquery_backfill")
    paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    with server_on_platform(league, WINDOW) as (_, _, settings), environment(**settings, **paths):
        warehouse = warehouse_of_target()
        assert isinstance(warehouse, BigQueryWarehouse)
        yield Project(), warehouse


def test_a_run_builds_confirms_and_then_leaves_alone(at_work: tuple[Project, BigQueryWarehouse]) -> None:
    project, warehouse = at_work
    with pytest.raises(NotPreparedError, match="fullcourt prepare"):
        plan_of(project, warehouse, REQUEST)
    prepare(project, warehouse, run_id="a test")
    plan = plan_of(project, warehouse, REQUEST)
    assert plan.bytes_read is not None
    assert plan.days_of("player_game_summary") == plan.days_of("team_offense_game_summary") == plan.dates
    first = backfill(project, warehouse, REQUEST, audited_share=0)
    assert first.failures == {}
    assert first.built["player_game_summary"] == len(plan.dates)
    assert verify_range(project, warehouse, REQUEST.start, REQUEST.end, REQUEST.tables).passed
    assert plan_of(project, warehouse, REQUEST).is_empty
    again = backfill(project, warehouse, REQUEST)
    assert (again.nodes_run, again.rows_written) == (0, 0)


def test_lost_rows_come_back(at_work: tuple[Project, BigQueryWarehouse]) -> None:
    project, warehouse = at_work
    with warehouse.writing() as session:
        session.execute(
            f"delete from {session.named('nba_analytics.player_game_summary')} where game_date = '2021-10-20' and points > 9"
        )
    assert not verify_range(project, warehouse, REQUEST.start, REQUEST.end, REQUEST.tables).passed
    result = backfill(project, warehouse, REQUEST, audited_share=0)
    assert result.built == {"player_game_summary": 1}
    assert result.rows["player_game_summary"]["inserted"] > 0
    assert verify_range(project, warehouse, REQUEST.start, REQUEST.end, REQUEST.tables).passed


def test_a_second_run_is_refused_while_a_lease_lasts(at_work: tuple[Project, BigQueryWarehouse]) -> None:
    _, warehouse = at_work
    with (
        run_lock(warehouse, "run-1", "a week"),
        pytest.raises(RunLockedError, match="run-1"),
        run_lock(warehouse, "run-2", "a day"),
    ):
        pass
    with run_lock(warehouse, "run-3", "a day"):
        pass


def test_the_report_is_read_from_the_server(at_work: tuple[Project, BigQueryWarehouse], tmp_path: Path) -> None:
    project, warehouse = at_work
    assert built_range(warehouse, REQUEST.start, REQUEST.start) == (REQUEST.start, REQUEST.end)
    file = tmp_path / "report.html"
    written = write_report(project, warehouse, REQUEST.start, REQUEST.end, REQUEST.tables, file)
    assert written.is_fine
    assert written.summary == "100.0 % trusted, 6 of 6 expected partitions"
    facts = read_facts(project, warehouse, REQUEST.start, REQUEST.end)
    assert {check.table for check in facts.columns} == set(hashed_tables())
    runs = {confirmed.run_id for confirmed in facts.confirmed.values()}
    page = file.read_text(encoding="utf-8")
    assert runs
    assert {run_id for run_id in runs if run_id not in page} == set()
