"""A run's own row: one whatever moment a run dies at, and what it published is in the history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.orchestration.run.history import ANALYTICS_RUNS, LEDGER, PRECOMPUTE_RUNS
from python_processors.orchestration.run.own_row import close_killed
from python_processors.orchestration.run.refused import RUNS
from python_processors.orchestration.state.ledger import DECISIONS
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.tables import create_tables, stored_tables

TEAMS = "team_offense_game_summary"
PLAN = '{"dates": 2}'


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        session = DuckDBSession(connection)
        create_tables(session, RUNS, LEDGER, DECISIONS, ANALYTICS_RUNS, PRECOMPUTE_RUNS)
        yield session


def at(hour: int) -> datetime:
    return datetime(2021, 11, 6, hour, tzinfo=UTC)


def run(session: DuckDBSession, run_id: str, state: str, hour: int, **more: Any) -> None:
    row = {
        "run_id": run_id, "command": "backfill", "state": state, "started_at": at(hour),
        "range_start": date(2021, 11, 1), "range_end": date(2021, 11, 5), **more,
    }  # fmt: skip
    session.append(RUNS, pa.Table.from_pylist([row], schema=stored_tables()[RUNS].schema()))


def published(session: DuckDBSession, invocation: str, day: int, hour: int) -> None:
    session.execute(
        f"insert into {LEDGER} (table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged,"
        f" logic_version, run_started_at, published_at) values ('{TEAMS}', '2021-11-{day:02d}', '{invocation}', 4, 3, 1,"
        f" 0, 0, 'abc', '{at(hour)}', '{at(hour)}')"
    )


def rows(session: DuckDBSession, what: str, relation: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in session.read(f"select {what} from {relation} order by all").to_pylist()]


def test_a_run_that_died_is_closed_with_what_its_decisions_say(session: DuckDBSession) -> None:
    run(session, "done", "done", 1)
    run(session, "died", "running", 2, plan_json=PLAN)
    for day, decision in ((1, "built"), (2, "built"), (3, "failed")):
        session.execute(
            f"insert into {DECISIONS} (run_id, table_name, game_date, decision, decided_at)"
            f" values ('died', '{TEAMS}', '2021-11-0{day}', '{decision}', now())"
        )
    close_killed(session)
    assert rows(session, "run_id, state, plan_json, partitions_built, partitions_failed, partitions_blocked", RUNS) == [
        ("died", "killed", PLAN, 2, 1, 0), ("done", "done", None, None, None, None),
    ]  # fmt: skip
    close_killed(session)
    assert len(rows(session, "run_id", RUNS)) == 2


def test_a_run_that_died_between_two_rows_of_its_own_has_one_afterwards(session: DuckDBSession) -> None:
    run(session, "with a plan", "running", 1)
    run(session, "with a plan", "running", 1, plan_json=PLAN)
    run(session, "ended", "running", 2, plan_json=PLAN)
    run(session, "ended", "done", 2, plan_json=PLAN)
    close_killed(session)
    assert rows(session, "run_id, state, plan_json", RUNS) == [
        ("ended", "done", PLAN), ("with a plan", "killed", PLAN),
    ]  # fmt: skip


@pytest.mark.parametrize(("state", "ended"), [("running", None), ("failed", at(4))])
def test_what_such_a_run_published_and_did_not_record_is_recorded_once(
    session: DuckDBSession, state: str, ended: datetime | None
) -> None:
    published(session, "before it", 1, 1)
    run(session, "died", state, 2, ended_at=ended)
    published(session, "unrecorded", 1, 3)
    published(session, "unrecorded", 2, 3)
    for _ in range(2):
        close_killed(session)
    what = "run_id, success, dates_processed, records_processed, records_inserted, records_updated, errors_json"
    ((*counts, errors),) = rows(session, what, ANALYTICS_RUNS)
    assert counts == ["unrecorded", False, 2, 8, 6, 2]
    assert "Run died ended before" in json.loads(errors)[0]


def test_what_is_published_after_a_run_that_ended_is_not_its_own(session: DuckDBSession) -> None:
    run(session, "done", "done", 2, ended_at=at(3))
    run(session, "failed", "failed", 4, ended_at=at(5))
    published(session, "dbt by hand", 1, 6)
    close_killed(session)
    assert rows(session, "run_id", ANALYTICS_RUNS) == []
