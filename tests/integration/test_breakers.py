"""The breaker opens when three runs met the same failure with the same inputs, says so everywhere, and holds nobody."""

from __future__ import annotations

from typing import Any

import pytest

from python_processors.contract import hashed_tables
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import Project
from tests.integration.conftest import Rewrite, at_work, request
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

TABLE, DAY, LAST = "player_game_summary", "2021-11-18", "2021-11-19"
RANGE = ("--start", DAY, "--end", LAST)
NAMES = set(hashed_tables())
WORD = "a shoe is untied"
NOBODY = """
    from raw union all by name
    (select * replace ('{0}' as player_name, '{1}' as player_lookup)
     from raw where player_status = 'dnp' and game_date = '{2}' order by game_id limit 1)
"""


def attempts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query(
        "select processor_name, analysis_date::varchar, attempt_count, circuit_breaker_until is not null, resolution_status"
        " from nba_ops.build_failures order by all"
    )


def run(warehouse: Warehouse) -> None:
    with at_work(warehouse) as (project, opened):
        backfill(project, opened, request(DAY, LAST), audited_share=0)


@pytest.mark.slow
def test_a_model_that_fails_in_three_runs_is_left_alone_by_retry_until_its_inputs_change(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, build = copy_of_confirmed_month, Project.build
    warehouse.execute(
        f"update nba_ops.input_ledger set logic_version = 'of old' where table_name = '{TABLE}' and game_date >= '{DAY}'"
    )
    calls: list[list[str]] = []

    def broken(project: Project, models: list[str], days: list[str], *rest: Any) -> DbtOutcome:
        if TABLE not in models or DAY not in days:
            return build(project, models, days, *rest)
        calls.append(days)
        behind = {name for name in models if name in NAMES and TABLE in project.hashed_ancestors(project.node_id(name))}
        left = [name for name in models if name != TABLE and name not in behind]
        has_layer = not set(left).isdisjoint(project.layer_models)
        made = build(project, left, days, *rest) if has_layer else DbtOutcome("1", nodes=2)
        made.failures |= {TABLE: WORD, **dict.fromkeys(behind, "skipped, since something that it reads failed")}
        return made

    monkeypatch.setattr(Project, "build", broken)
    for count in (1, 2, 3):
        run(warehouse)
        assert attempts(warehouse) == [(TABLE, DAY, count, count == 3, "UNRESOLVED")]  # both halves of a chunk are one
    assert len(calls) > 3
    said = f"Circuit breaker open: {TABLE} {DAY} after 3 attempts, until "
    assert said in fullcourt(warehouse, "status", *RANGE, code=1).stdout
    assert said in fullcourt(warehouse, "gaps", *RANGE, code=1).stdout
    assert said in fullcourt(warehouse, "explain", TABLE, DAY, code=1).stdout
    (breaker,) = as_json(warehouse, "status", *RANGE, code=1)["breakers"]
    assert (breaker["table"], breaker["date"], breaker["entity"], breaker["attempts"]) == (TABLE, DAY, "DATE_LEVEL", 3)
    assert WORD in breaker["reason"]

    tried = len(calls)
    left = as_json(warehouse, "retry", *RANGE, code=1)
    assert (len(calls), left["retried"]) == (tried, [])
    (failed,) = (one for one in left["open"] if one["outcome"] == "failed")
    assert "its circuit breaker is open until " in failed["why_not"]
    run(warehouse)  # a backfill builds all the same, and counts no more
    assert len(calls) > tried
    assert attempts(warehouse) == [(TABLE, DAY, 3, True, "UNRESOLVED")]

    tried = len(calls)
    rewrite(
        warehouse.raw_dir, "nbac_gamebook_player_stats",
        f"select * replace (case when game_date = '{DAY}' then plus_minus + 1 else plus_minus end as plus_minus) from raw",
    )  # fmt: skip
    as_json(warehouse, "retry", *RANGE, code=1)
    assert len(calls) > tried
    assert attempts(warehouse) == [(TABLE, DAY, 1, False, "UNRESOLVED")]
    assert as_json(warehouse, "status", *RANGE, code=1)["breakers"] == []

    monkeypatch.setattr(Project, "build", build)
    mended = as_json(warehouse, "retry", *RANGE)
    assert (mended["open"], mended["breakers"]) == ([], [])
    assert [row[-1] for row in attempts(warehouse)] == ["RESOLVED"]


def open_entities(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query(
        "select entity_id, attempt_count, circuit_breaker_tripped, resolution_status from nba_ops.analytics_failures"
        " where processor_name = 'upcoming_player_game_context' and entity_id like 'nobody%' order by all"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("rows_may_go")
def test_a_player_whom_nobody_registers_counts_once_a_run_that_builds_nothing(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    warehouse, feed = copy_of_confirmed_month, "nbac_gamebook_player_stats"
    assert warehouse.query(
        "select count(*) from nba_ops.analytics_failures where is_correctable and resolution_status = 'UNRESOLVED'"
    ) == [(0,)]
    (file,) = warehouse.raw_dir.rglob(f"{feed}.parquet")
    whole = file.read_bytes()
    rewrite(warehouse.raw_dir, feed, NOBODY.format("Nobody Known", "nobodyknown", LAST))
    for count in (1, 2):
        run(warehouse)
        assert open_entities(warehouse) == [("nobodyknown", count, False, "UNRESOLVED")]
    as_json(warehouse, "retry", *RANGE, code=1)  # builds nothing, and meets him
    ((state, left),) = warehouse.query("select state, errors_json from nba_ops.runs where command = 'retry'")
    assert (state, left) == ("partial", f'["upcoming_player_game_context: 1 of {LAST} to {LAST} incomplete"]')
    assert open_entities(warehouse) == [("nobodyknown", 3, True, "UNRESOLVED")]
    assert f"{LAST} nobodyknown after 3 attempts, until " in fullcourt(warehouse, "gaps", *RANGE, code=1).stdout
    run(warehouse)
    assert open_entities(warehouse) == [("nobodyknown", 3, True, "UNRESOLVED")]

    file.write_bytes(whole)
    run(warehouse)
    assert open_entities(warehouse) == [("nobodyknown", 3, False, "RESOLVED")]
    assert as_json(warehouse, "gaps", *RANGE)["breakers"] == []


def test_a_build_by_dbt_alone_counts_the_models_that_fail(copy_of_built: Warehouse) -> None:
    """Of the days with games: before the 19th there are none."""
    table, window, played = "team_offense_game_summary", ("2021-10-17", "2021-10-20"), ("2021-10-19", "2021-10-20")
    copy_of_built.execute("alter table nba_intermediate.int_team_boxes rename column team_abbr to other")
    for count in (1, 2, 3):
        assert not copy_of_built.dbt("run", "--select", table, window=window).success
        assert attempts(copy_of_built) == [
            (table, day, count, count == 3, "UNRESOLVED") for day in played
        ]  # fmt: skip
    copy_of_built.execute("alter table nba_intermediate.int_team_boxes rename column other to team_abbr")
    assert copy_of_built.dbt("run", "--select", table, window=window).success
    assert [row[2:] for row in attempts(copy_of_built)] == [(3, False, "RESOLVED")] * 2
