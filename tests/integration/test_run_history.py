"""Run history is written as a run goes: what a killed run did is in it, and blocked and failed are no success."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from datetime import date
from typing import Any

import pytest

from benchmarks.kill_backfill import PROCESSES, Task, _run
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import Project
from python_processors.orchestration.run.steps import NOTHING_CHANGED
from tests.integration.conftest import at_work, request
from tests.warehouse import Warehouse

PROCESSES.set_forkserver_preload(["benchmarks.parsed"])
TEAMS, PLAYERS = "team_offense_game_summary", "player_game_summary"
START, END = "2021-11-08", "2021-11-12"
RUNS = ("analytics_processor_runs", "precompute_processor_runs")


def of_old(warehouse: Warehouse, where: str) -> None:
    """Dates that are due again, though nothing that they read changed."""
    warehouse.execute(f"update nba_ops.input_ledger set logic_version = 'of old' where {where}")


def history(warehouse: Warehouse) -> list[dict[str, Any]]:
    columns = "processor_name, run_id, success, skip_reason, errors_json, dates_processed"
    rows = warehouse.query(" union all ".join(f"select {columns} from nba_ops.{name}" for name in RUNS))
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]


def runs(warehouse: Warehouse) -> list[dict[str, Any]]:
    columns = "run_id, state, plan_json, code_version, libraries, partitions_built, partitions_failed, partitions_blocked, errors_json, ended_at"  # fmt: skip
    rows = warehouse.query(f"select {columns} from nba_ops.runs order by started_at")
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]


def killed_once_the_second_has_published(task: Task) -> None:
    """A run that dies between what its second invocation published and any word of that."""
    build, calls = Project.build, []

    def striking(project: Project, *given: Any) -> DbtOutcome:
        outcome = build(project, *given)
        calls.append(outcome)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    Project.build = striking  # type: ignore[method-assign]
    _run(task)


@pytest.mark.slow
def test_a_killed_run_leaves_its_rows_and_the_next_closes_it(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, days = copy_of_confirmed_month, (date.fromisoformat(START), date.fromisoformat(END))
    of_old(warehouse, f"table_name = '{TEAMS}' and game_date between '{START}' and '{END}'")
    before, earlier = {row["run_id"] for row in history(warehouse)}, {row["run_id"] for row in runs(warehouse)}
    published = set(warehouse.query("select run_id from nba_ops.publish_ledger"))
    task = Task(warehouse.path.parent, warehouse.raw_dir, *days, 2)
    with task.opened():
        process = PROCESSES.Process(target=killed_once_the_second_has_published, args=(task,))
        process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    left = [row for row in history(warehouse) if row["run_id"] not in before]
    assert [(row["processor_name"], row["success"], row["dates_processed"]) for row in left] == [(TEAMS, True, 2)]
    (killed,) = (run for run in runs(warehouse) if run["run_id"] not in earlier)
    assert killed["state"] == "running"
    assert json.loads(killed["plan_json"])["will_run"] == {TEAMS: 5}
    assert killed["code_version"]
    assert "numpy=" in killed["libraries"]

    with at_work(warehouse) as (project, opened):
        resumed = backfill(project, opened, request(START, END, dates_in_a_chunk=2), audited_share=0)
    (first, second) = (run for run in runs(warehouse) if run["run_id"] not in earlier)
    assert (first["run_id"], first["state"], first["partitions_built"]) == (killed["run_id"], "killed", 2)
    assert first["plan_json"] == killed["plan_json"]
    assert first["ended_at"] is not None
    assert "ended without a word" in first["errors_json"]
    assert (second["run_id"], second["state"], second["partitions_built"]) == (resumed.run_id, "done", 3)
    new = [row for row in history(warehouse) if row["run_id"] not in before]
    invocations = {
        run_id for (run_id,) in set(warehouse.query("select run_id from nba_ops.publish_ledger")) - published
    }
    assert invocations <= {row["run_id"] for row in new}
    assert max(Counter((row["processor_name"], row["run_id"]) for row in new).values()) == 1
    (lost,) = (row for row in new if row["errors_json"])
    assert (lost["processor_name"], lost["success"], lost["dates_processed"]) == (TEAMS, False, 2)
    assert killed["run_id"] in lost["errors_json"]


@pytest.mark.slow
def test_blocked_failed_and_skipped_are_told_apart(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table of a date fails with a long word, later dates of others wait for it, and the rest is left alone."""
    warehouse, build, word = copy_of_confirmed_month, Project.build, "a shoe is untied, " * 30
    of_old(warehouse, f"table_name in ('{PLAYERS}', 'upcoming_player_game_context') and game_date = '{END}'")
    before = {row["run_id"] for row in history(warehouse)}

    def broken(project: Project, models: list[str], *rest: Any) -> DbtOutcome:
        if PLAYERS in models:
            return DbtOutcome("1", failures={PLAYERS: word, "upcoming_player_game_context": "skipped"}, nodes=2)
        return build(project, models, *rest)

    monkeypatch.setattr(Project, "build", broken)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request("2021-11-10", "2021-11-13"), audited_share=0)
    assert result.blocked
    rows = [row for row in history(warehouse) if row["run_id"] not in before]
    (failed,) = (row for row in rows if row["processor_name"] == PLAYERS)
    assert (failed["success"], failed["skip_reason"], json.loads(failed["errors_json"])) == (False, None, [word])
    blocked = {row["processor_name"]: row for row in rows if (row["skip_reason"] or "").startswith("blocked: ")}
    assert set(blocked) == set(result.blocked)
    for row in blocked.values():
        assert (row["success"], row["errors_json"], row["dates_processed"]) == (False, None, 0)
        assert f"{PLAYERS}" in row["skip_reason"]
        assert "which failed in this run" in row["skip_reason"]
    skipped = [row for row in rows if row["success"]]
    assert {row["skip_reason"] for row in skipped if row["processor_name"] == TEAMS} == {NOTHING_CHANGED}
    assert all((row["skip_reason"] is None) == (row["dates_processed"] > 0) for row in skipped)
    run = runs(warehouse)[-1]
    assert (run["state"], run["partitions_failed"]) == ("partial", 1)
    assert run["partitions_blocked"] == sum(map(len, result.blocked.values()))
    assert word in json.loads(run["errors_json"])[0]


def test_a_run_that_an_error_ends_has_a_row_that_says_so(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_old(copy_of_confirmed_month, f"table_name = '{TEAMS}' and game_date = '{END}'")

    def broken(*given: Any) -> DbtOutcome:
        raise OSError("no space left on device")

    monkeypatch.setattr(Project, "build", broken)
    with at_work(copy_of_confirmed_month) as (project, opened), pytest.raises(OSError, match="no space"):
        backfill(project, opened, request(START, END), audited_share=0)
    run = runs(copy_of_confirmed_month)[-1]
    assert (run["state"], json.loads(run["errors_json"])) == ("failed", ["no space left on device"])
