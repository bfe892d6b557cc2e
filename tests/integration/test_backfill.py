"""Runs of fullcourt on a simulated month: nothing twice, nothing lost, nothing complete that is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.plan.preparation import overlay_of, prepare
from python_processors.orchestration.project import COVERAGE, LAYER
from python_processors.orchestration.run.progress import read_status
from python_processors.orchestration.state.fingerprints import Fingerprints
from python_processors.raw_contract import raw_tables
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.warehouse import Warehouse

DATED = [name for name, raw in raw_tables().items() if raw.partition_by]


def test_a_second_run_runs_no_node_and_writes_no_row(copy_of_confirmed_month: Warehouse) -> None:
    before = copy_of_confirmed_month.hashes()
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        plan = plan_of(project, warehouse, request(*FIRST_MONTH))
        result = backfill(project, warehouse, request(*FIRST_MONTH))
    assert plan.is_empty
    assert plan.blocked == []
    assert (result.nodes_run, result.rows_written, result.is_whole) == (0, 0, True)
    assert copy_of_confirmed_month.hashes() == before


def test_rows_say_the_logic_that_their_dates_were_confirmed_with(confirmed: Warehouse) -> None:
    """Whichever run wrote them."""
    stored = {
        (table, version)
        for table in hashed_tables()
        for (version,) in confirmed.query(f"select distinct logic_version from {load_contract(table).relation}")
    }
    assert stored
    assert stored == set(
        confirmed.query(
            "select distinct table_name, logic_version from nba_ops.input_ledger"
            f" where table_name not in ('{LAYER}', '{COVERAGE}')"
        )
    )


def test_raw_files_are_planned_by_as_they_will_be_once_loaded(tmp_path: Path, raw_copy: Path, rewrite: Rewrite) -> None:
    """Days of the middle, of files with more days; injuries are reported on the eve of their game."""
    rewrite(raw_copy, "nbac_injury_report", "select * replace (report_date - 1 as report_date) from raw")
    asked = request("2021-10-21", "2021-10-23")
    with at_work(Warehouse(tmp_path / "fullcourt.duckdb", raw_copy)) as (project, warehouse):

        def seen() -> tuple[set[tuple[object, ...]], object]:
            raw = Fingerprints(project, (LAYER, *project.tables))
            with warehouse.reading() as session:
                overlay = overlay_of(session, asked.start, asked.end)
                raw.gather(session, raw_tables(), asked.start, asked.end, overlay)
            plan = plan_of(project, warehouse, asked)
            return set(raw.memory.execute("select * from units").fetchall()), plan.to_dict()["steps"]

        to_come = seen()
        prepare(project, warehouse, run_id="a test")
        loaded = seen()
    assert {relation for relation, *_ in loaded[0]} == {file.stem for file in raw_copy.rglob("*.parquet")}
    assert to_come == loaded


def test_rows_lost_behind_the_ledger_come_back_and_nothing_else_is_built(copy_of_confirmed_month: Warehouse) -> None:
    """What reads them sees them as they were, once they are back: its dates may run, and do not."""
    before = copy_of_confirmed_month.hashes()
    copy_of_confirmed_month.execute(
        "delete from nba_analytics.team_offense_game_summary where game_date = '2021-11-11' and home_game"
    )
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        plan = plan_of(project, warehouse, request(*FIRST_MONTH))
        result = backfill(project, warehouse, request(*FIRST_MONTH), audited_share=0)
    certain = {(step.table, f"{step.day}") for step in plan.steps if step.is_certain}
    assert certain == {("team_offense_game_summary", "2021-11-11")}
    assert result.built == {"team_offense_game_summary": 1}
    assert result.cut_off
    assert copy_of_confirmed_month.hashes() == before


@pytest.mark.slow
def test_the_first_days_of_a_season_are_counted_though_no_precompute_table_has_rows(
    tmp_path: Path, league: Path
) -> None:
    built = Warehouse(tmp_path / "fullcourt.duckdb", league)
    with at_work(built) as (project, warehouse):
        result = backfill(project, warehouse, request("2021-10-19", "2021-10-20"), audited_share=0)
        status = read_status(warehouse)
    assert result.failures == {}
    assert status is not None
    assert (status.state, status.now) == ("done", "")
    assert built.query("select distinct game_date::varchar, outcome from nba_ops.coverage order by 1, 2") == [
        ("2021-10-19", "complete"), ("2021-10-19", "expected_empty"),
        ("2021-10-20", "complete"), ("2021-10-20", "expected_empty"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_season_that_comes_later_is_planned_and_built_in_one_run(
    tmp_path: Path, league: Path, rewrite: Rewrite
) -> None:
    """The schedule was built from the first days alone: a run over later days builds it anew before it plans."""
    raw = tmp_path / "raw"
    shutil.copytree(league, raw)
    for table in [path.stem for path in raw.rglob("*.parquet") if path.stem in DATED]:
        rewrite(raw, table, "select * from raw where game_date <= '2021-10-21'")
    built = Warehouse(tmp_path / "fullcourt.duckdb", raw)
    later = request("2021-10-22", "2021-10-23", tables=("team_offense_game_summary",))
    with at_work(built) as (project, warehouse):
        first = backfill(project, warehouse, request("2021-10-19", "2021-10-21", tables=later.tables), audited_share=0)
    assert first.failures == {}, "a run of one table is judged by that table, though the others are missing"
    shutil.rmtree(raw)
    shutil.copytree(league, raw)
    with at_work(built) as (project, warehouse):
        result = backfill(project, warehouse, later, audited_share=0)
    assert result.failures == {}
    assert result.built["team_offense_game_summary"] == 2
    assert built.query(
        "select count(*) > 0 from nba_analytics.team_offense_game_summary where game_date > '2021-10-21'"
    ) == [(True,)]


def test_no_date_is_built_that_the_confirmed_plan_does_not_name(copy_of_confirmed_month: Warehouse) -> None:
    """Rows that are lost after somebody said yes wait for the next plan."""
    lose = "delete from nba_analytics.team_offense_game_summary where game_date = '2021-11-{}' and home_game"
    copy_of_confirmed_month.execute(lose.format("11"))
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        confirmed = plan_of(project, warehouse, request(*FIRST_MONTH, tables=("team_offense_game_summary",)))
        copy_of_confirmed_month.execute(lose.format("10"))
        result = backfill(
            project,
            warehouse,
            request(*FIRST_MONTH, tables=("team_offense_game_summary",)),
            plan=confirmed,
            audited_share=0,
        )
    assert result.built == {"team_offense_game_summary": 1}
