"""What stands before the hashed tables fails or is cut off: no date that reads it is confirmed, and the run says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from dbt.cli.main import dbtRunnerResult

from python_processors.orchestration import project as project_module
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.dbt_calls import DbtOutcome, ask_dbt, outcome_of
from python_processors.orchestration.project import LAYER
from python_processors.orchestration.run.journal import RunResult
from python_processors.orchestration.state.counted import EXCUSES
from tests.integration.conftest import at_work, request
from tests.integration.test_command_line import DAY, TEAMS
from tests.warehouse import Warehouse

LATER = "2021-11-13"


def build_again(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, **patches: Any) -> RunResult:
    """Force one table of one date, with some of the calls of dbt replaced."""
    with at_work(warehouse) as (project, opened):
        for name, made in patches.items():
            monkeypatch.setattr(project_module, name, made)
        return backfill(project, opened, request(DAY, DAY, tables=(TEAMS,), forced=True), audited_share=0)


def ends_with(error: BaseException) -> Any:
    """dbt that ends so whenever it is to build tables for a run."""

    def ask(command: str, *rest: Any, select: Collection[str] | None = None, **more: Any) -> dbtRunnerResult:
        return (
            dbtRunnerResult(False, error) if TEAMS in (select or ()) else ask_dbt(command, *rest, select=select, **more)
        )

    return ask


def confirmed_by_now(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query("select table_name, game_date, recorded_at from nba_ops.input_ledger order by all")


def test_a_run_stopped_at_once_confirms_nothing(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt keeps a KeyboardInterrupt to itself and returns a result without a message."""
    before = confirmed_by_now(copy_of_confirmed_month)
    with pytest.raises(KeyboardInterrupt):
        build_again(copy_of_confirmed_month, monkeypatch, ask_dbt=ends_with(KeyboardInterrupt()))
    assert confirmed_by_now(copy_of_confirmed_month) == before


def test_an_error_without_words_is_still_an_error(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = confirmed_by_now(copy_of_confirmed_month)
    result = build_again(copy_of_confirmed_month, monkeypatch, ask_dbt=ends_with(MemoryError()))
    assert not result.is_whole
    assert "MemoryError" in " ".join(result.failures.values())
    assert confirmed_by_now(copy_of_confirmed_month) == before


def test_a_raw_row_that_vanishes_fails_the_run_and_whatever_reads_the_staging_layer(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test stands alone: it is attached to no model, and the model that it reads was built."""
    before = confirmed_by_now(copy_of_confirmed_month)
    with at_work(copy_of_confirmed_month) as (project, _):
        (check,) = (node for node in project.manifest.nodes.values() if node.name == "assert_no_raw_row_vanishes")
        monkeypatch.setattr(check, "raw_code", "select 1 as vanished")
    result = build_again(copy_of_confirmed_month, monkeypatch)
    assert not result.is_whole
    assert "test assert_no_raw_row_vanishes: Got 1 result" in result.failures[f"{LAYER} {DAY}"]
    assert set(result.blocked) == {TEAMS}
    assert confirmed_by_now(copy_of_confirmed_month) == before
    with at_work(copy_of_confirmed_month) as (project, opened):
        ahead = plan_of(project, opened, request(LATER, LATER, forced=True))
    assert {block.table for block in ahead.blocked} >= {"upcoming_player_game_context", "player_daily_cache"}
    assert any(f"of {DAY} is not as a run confirmed it (it failed)" in block.reason for block in ahead.blocked)


def test_a_seed_that_cannot_be_loaded_fails_the_run_and_is_not_confirmed(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = confirmed_by_now(copy_of_confirmed_month)

    def damaged(result: dbtRunnerResult, judged_by: Any) -> DbtOutcome:
        outcome = outcome_of(result, judged_by)
        if "completeness_exceptions" in outcome.succeeded:
            outcome.succeeded.discard("completeness_exceptions")
            outcome.failures["completeness_exceptions"] = "2021-11-31 is no date"
        return outcome

    result = build_again(copy_of_confirmed_month, monkeypatch, outcome_of=damaged)
    assert not result.is_whole
    assert "2021-11-31 is no date" in result.failures[f"{LAYER} {DAY}"]
    assert confirmed_by_now(copy_of_confirmed_month) == before


def test_a_seed_that_every_date_reads_ends_the_run_at_once(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half of the dates, and no later chunk, would fare better: each would fail in the same words."""
    before = confirmed_by_now(copy_of_confirmed_month)
    calls: list[str] = []

    def damaged(result: dbtRunnerResult, judged_by: Any) -> DbtOutcome:
        outcome = outcome_of(result, judged_by)
        calls.extend(outcome.tests & {"assert_no_raw_row_vanishes"})  # of each build of the staging layer
        if EXCUSES in outcome.succeeded:
            outcome.succeeded.discard(EXCUSES)
            outcome.broken.add(EXCUSES)
            outcome.failures[EXCUSES] = "line 4 is no row"
        return outcome

    with at_work(copy_of_confirmed_month) as (project, opened):
        monkeypatch.setattr(project_module, "outcome_of", damaged)
        asked = replace(request(DAY, LATER, tables=(TEAMS,), forced=True), dates_in_a_chunk=2)
        result = backfill(project, opened, asked, audited_share=0)
    assert len(calls) == 1
    assert not result.is_whole
    assert result.state == "partial"
    ((what, said),) = result.failures.items()
    assert what.startswith(LAYER)
    assert said == (
        "seeds/completeness_exceptions.csv cannot be used, and every date reads it: line 4 is no row. Correct it, and run"
        " the same again."
    )
    assert confirmed_by_now(copy_of_confirmed_month) == before
    assert copy_of_confirmed_month.query("select count(*) from nba_ops.build_failures") == [(0,)]  # no date is to blame
