"""Dagster loads the tables as assets, and materializes a partition of one by a run of fullcourt."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from python_processors import dagster_definitions
from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract
from tests.warehouse import Warehouse, environment

TABLE, DAY = "team_offense_game_summary", "2021-10-21"
KEY = dg.AssetKey(["nba_analytics", TABLE])


@pytest.fixture
def of_week(copy_of_built: Warehouse) -> Iterator[Warehouse]:
    """The built week as the warehouse of the environment, which a run of its own process finds, too."""
    folder = copy_of_built.path.parent
    with environment(
        FULLCOURT_DUCKDB=str(copy_of_built.path), RAW_DIR=str(copy_of_built.raw_dir), PYTHONPATH=str(PROJECT_ROOT),
        DBT_TARGET_PATH=str(folder / "target"), DBT_LOG_PATH=str(folder / "logs"), DAGSTER_HOME=str(folder),
    ):  # fmt: skip
        yield copy_of_built


def materialized(definitions: dg.Definitions, instance: dg.DagsterInstance, day: str) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, partition_key=day, asset_selection=[KEY], raise_on_error=False)


@pytest.mark.slow
def test_a_partition_is_materialized_and_checked_by_a_run_of_fullcourt(of_week: Warehouse) -> None:
    definitions = dagster_definitions.definitions()
    graph = definitions.resolve_asset_graph()
    assert {key.path[-1] for key in graph.materializable_asset_keys} == set(hashed_tables())
    assert graph.get(KEY).child_keys >= {dg.AssetKey(["nba_analytics", "player_game_summary"])}

    partitions = graph.get(KEY).partitions_def
    assert partitions is not None
    played = {str(day) for (day,) in of_week.query("select distinct game_date from nba_intermediate.dim_games")}
    assert set(partitions.get_partition_keys()) == played

    instance = dg.DagsterInstance.ephemeral()
    of_week.execute(f"delete from {load_contract(TABLE).relation} where game_date = '{DAY}'")
    result = materialized(definitions, instance, DAY)
    assert result.success, [event.message for event in result.all_events if event.is_failure]
    (made,) = result.asset_materializations_for_node("fullcourt_backfill")
    (check,) = result.get_asset_check_evaluations()
    rows = of_week.query(f"select count(*) from {load_contract(TABLE).relation} where game_date = '{DAY}'")
    assert (made.asset_key, made.partition) == (KEY, DAY)
    assert [(made.metadata["dagster/row_count"].value,)] == rows
    assert rows[0][0] > 0
    assert check.passed


def test_a_run_that_is_refused_fails_with_what_was_said() -> None:
    with pytest.raises(dg.Failure, match=r"exit code 2: .*2021-10-32"):
        dagster_definitions.backfilled([TABLE], "2021-10-32", "2021-10-32")


def test_only_a_table_that_passed_is_materialized() -> None:
    """Of three tables one passed and one was not verified at all: the run fails, and names both others."""
    said = {
        "run_id": "a",
        "exit_code": 1,
        "rows": {TABLE: {"inserted": 4}},
        "verification": {
            "passed": False,
            "tables": [
                {"table": TABLE, "passed": True, "rows": 4},
                {"table": "player_game_summary", "passed": False, "rows": 9},
            ],
        },
    }
    outcomes = dagster_definitions.outcomes_of(said, [TABLE, "player_game_summary", "player_daily_cache"])
    made, *checks = [next(outcomes) for _ in range(3)]
    assert isinstance(made, dg.MaterializeResult)
    assert made.asset_key == KEY
    assert [(type(check), check.passed) for check in checks] == [(dg.AssetCheckResult, False)] * 2
    with pytest.raises(dg.Failure, match="player_game_summary, player_daily_cache"):
        next(outcomes)


@pytest.mark.parametrize(("passed", "exit_code"), [(False, 1), (True, 1)], ids=["verification", "wrong skip"])
def test_a_run_fails_of_what_is_no_table_of_it(passed: bool, exit_code: int) -> None:
    said = {
        "run_id": "a",
        "exit_code": exit_code,
        "rows": {},
        "verification": {"passed": passed, "tables": [{"table": TABLE, "passed": True, "rows": 4}]},
    }
    outcomes = dagster_definitions.outcomes_of(said, [TABLE])
    assert isinstance(next(outcomes), dg.MaterializeResult)
    with pytest.raises(dg.Failure, match="what the tables are made of"):
        next(outcomes)
