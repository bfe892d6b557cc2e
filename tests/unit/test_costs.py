"""A plan's time has a part that every run takes, and a part for each row that it looks at."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from python_processors.orchestration.plan.costs import RunCost, _seconds, cost_of, jobs_of, price, tables_named
from python_processors.orchestration.plan.planner import Plan, Step
from python_processors.orchestration.project import LAYER
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.tables import create_tables

DAY, MONTH, SEASON = 678, 26_053, 240_000  # rows of real runs (2021-22)


def test_two_runs_tell_both_parts() -> None:
    cost = cost_of([(DAY, 47.0), (SEASON, 146.0)])
    assert cost is not None
    assert cost.of(DAY) == pytest.approx(47)
    assert cost.of(SEASON) == pytest.approx(146)
    assert cost.fixed == pytest.approx(46.7, abs=0.1)


def test_a_day_after_a_season_is_no_thousandth_of_it_and_a_season_after_days_no_thousand_of_them() -> None:
    of_a_season, of_days = cost_of([(SEASON, 146.0)]), cost_of([(DAY, 47.0), (DAY + 20, 45.0)])
    assert of_a_season is not None
    assert of_days is not None
    assert of_a_season.of(DAY) == pytest.approx(73, abs=1)
    assert of_a_season.of(SEASON) == pytest.approx(146)
    assert of_days.of(DAY) == pytest.approx(46, abs=1)


def test_a_short_run_counts_as_much_as_a_long_one() -> None:
    cost = cost_of([(DAY, 45.0), (DAY, 49.0), (SEASON, 400.0), (SEASON, 350.0)])
    assert cost is not None
    assert cost.of(DAY) == pytest.approx(47, abs=1)
    assert cost.of(SEASON) == pytest.approx(375, abs=10)


@pytest.mark.parametrize(
    ("runs", "cost"),
    [
        ([], None),
        ([(0, 0.0)], None),
        ([(0, 12.0)], RunCost(12.0, 0.0)),
        ([(100, 20.0), (10_000, 10.0)], RunCost(pytest.approx(12.0), 0.0)),  # more rows took less time
        ([(100, 1.0), (1000, 20.0)], RunCost(0.0, pytest.approx(0.012))),  # nothing is left for a fixed part
    ],
)
def test_no_part_is_below_zero(runs: list[tuple[int, float]], cost: RunCost | None) -> None:
    assert cost_of(runs) == cost


@pytest.fixture
def session() -> DuckDBSession:
    return DuckDBSession(duckdb.connect())


def ran(session: DuckDBSession, started: datetime, seconds: float | None, rows: int, state: str = "done") -> None:
    """A run that built one table, as its row and its step are recorded."""
    ended = started + timedelta(seconds=seconds or 0)
    session.execute(
        "insert into nba_ops.runs by name select"
        f" 'run at {started}' as run_id, 'backfill' as command, '{state}' as state,"
        f" timestamptz '{started}' as started_at, timestamptz '{ended}' as ended_at, date '2021-10-19' as range_start,"
        f" date '2021-10-19' as range_end, {'null' if seconds is None else seconds} as duration_seconds,"
        f" {1 if rows else 0} as partitions_built"
    )
    session.execute(
        "insert into nba_ops.analytics_processor_runs by name select 'player_game_summary' as processor_name,"
        f" 'an invocation' as run_id, timestamptz '{started}' + interval 1 second as run_date, true as success,"
        f" {rows} as records_processed"
    )


def plan_of(rows: int) -> Plan:
    return cast(Plan, SimpleNamespace(is_empty=False, rows=rows))


def seconds(session: DuckDBSession, rows: int) -> Any:
    return _seconds(plan_of(rows), session)


def test_a_plan_asks_the_runs_of_its_warehouse(session: DuckDBSession) -> None:
    assert seconds(DuckDBSession(session.connection), DAY) is None  # a session looks once which tables there are
    create_tables(session, "nba_ops.runs", "nba_ops.analytics_processor_runs", "nba_ops.precompute_processor_runs")
    assert seconds(session, DAY) is None
    start = datetime(2026, 11, 29, 9, tzinfo=UTC)
    ran(session, start, 47.0, DAY)
    ran(session, start + timedelta(hours=1), 146.0, SEASON)
    ran(session, start + timedelta(hours=2), 4.0, 0)  # had nothing to do
    ran(session, start + timedelta(hours=3), 9.0, 500_000, "failed")
    ran(session, start + timedelta(hours=4), None, 500_000, "killed")
    assert seconds(session, SEASON) == pytest.approx(146)
    assert seconds(session, DAY) == pytest.approx(47)
    assert _seconds(cast(Plan, SimpleNamespace(is_empty=True)), session) == 0.0


def test_the_newest_runs_alone_count(session: DuckDBSession) -> None:
    create_tables(session, "nba_ops.runs", "nba_ops.analytics_processor_runs", "nba_ops.precompute_processor_runs")
    start = datetime(2026, 11, 1, tzinfo=UTC)
    ran(session, start, 5000.0, DAY)
    for number in range(1, 31):
        ran(session, start + timedelta(hours=number), 47.0, DAY)
    assert seconds(session, DAY) == pytest.approx(47)


def test_billed_is_ten_megabytes_at_least_of_each_table_that_a_query_names() -> None:
    """A made-up chain: raw -> staged -> (ephemeral) part -> summary, with a test that reads two tables."""

    def node(*parents: str, materialized: str = "incremental") -> SimpleNamespace:
        return SimpleNamespace(parents=parents, materialized=materialized)

    project = SimpleNamespace(
        ops_models=("counted",), layer_models=("staged",), node_id=lambda name: f"model.{name}",
        models_between=lambda table: set(),
        known=SimpleNamespace(
            nodes={
                "model.staged": node("source.raw"), "model.part": node("model.staged", materialized="ephemeral"),
                "model.summary": node("model.part", "seed.names"), "model.counted": node("model.summary"),
            },
            tests=[SimpleNamespace(attached_to="model.summary", parents=("model.summary", "model.counted"))],
        ),
    )  # fmt: skip
    steps = [Step("summary", date(2021, 10, 19), ""), Step(LAYER, date(2021, 10, 19), "")]
    plan = Plan(date(2021, 10, 19), date(2021, 10, 19), steps=steps, chunks=[[date(2021, 10, 19)]])
    # staged 1, summary 2, counted 1, its test 2, its publish 3, what its proof looks at 2
    assert tables_named(plan, cast(Any, project)) == 11
    assert jobs_of(plan, cast(Any, project)) == 6  # staged, counted, the test, and three of the summary
    plan.chunks.append([date(2021, 10, 20)])
    assert tables_named(plan, cast(Any, project)) == 22
    assert jobs_of(plan, cast(Any, project)) == 12
    of_the_layer = Plan(plan.start, plan.end, steps=[steps[1]], chunks=[plan.dates])
    assert tables_named(of_the_layer, cast(Any, project)) == 2
    plan.bytes_billed = 10 * 2**30
    assert price(plan) == pytest.approx(10 / 1024 * 6.25)
