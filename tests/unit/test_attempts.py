"""What fails again with the inputs that it failed with counts once a run, and the third attempt opens the breaker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import duckdb
import pytest

from python_processors.orchestration.state.attempts import (
    BUILD_FAILURES,
    BuildFailure,
    build_failures,
    count_failed_builds,
    count_met,
)
from python_processors.orchestration.state.macros import rendered
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.tables import create_tables

DAY = date(2021, 11, 5)
NOON = datetime(2021, 11, 6, 12, tzinfo=UTC)
TABLE = "player_game_summary"
KEY = (TABLE, DAY)
LEDGER = "nba_ops.analytics_failures"


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        session = DuckDBSession(connection)
        create_tables(session, BUILD_FAILURES)
        yield session


def failed(session: DuckDBSession, run: str, hours: float = 0, inputs: str | None = "logic inputs") -> tuple[Any, ...]:
    """The row after a run in which the table could not be built: attempts, whether the breaker is open, status."""
    now = NOON + timedelta(hours=hours)
    count_failed_builds(session, run, {KEY: ("a shoe is untied", inputs)}, set(), now)
    (row,) = build_failures(session)
    return row.attempt_count, row.circuit_breaker_until, row.resolution_status


def test_the_third_run_that_fails_opens_the_breaker_for_a_day(session: DuckDBSession) -> None:
    assert failed(session, "1") == (1, None, "UNRESOLVED")
    assert failed(session, "1", 1) == (1, None, "UNRESOLVED")  # another chunk of the same run
    assert failed(session, "2", 2) == (2, None, "UNRESOLVED")
    opened = NOON + timedelta(hours=27)
    assert failed(session, "3", 3) == (3, opened, "UNRESOLVED")
    assert failed(session, "4", 4) == (3, opened, "UNRESOLVED")  # not counted while it is open
    assert failed(session, "5", 28) == (4, NOON + timedelta(hours=52), "UNRESOLVED")


def test_other_inputs_close_the_breaker_and_count_from_one(session: DuckDBSession) -> None:
    for run in "123":
        failed(session, run)
    assert failed(session, "4", inputs="logic other") == (1, None, "UNRESOLVED")


def test_inputs_that_nobody_knows_are_taken_for_the_same(session: DuckDBSession) -> None:
    """A build by dbt alone leaves none."""
    failed(session, "1", inputs=None)
    assert failed(session, "2")[0] == 2
    assert failed(session, "3", inputs=None)[0] == 3
    assert [row.inputs for row in build_failures(session)] == ["logic inputs"]


def test_what_is_built_is_resolved_and_fails_anew_from_one(session: DuckDBSession) -> None:
    for run in "123":
        failed(session, run)
    count_failed_builds(session, "4", {}, {KEY, ("another", DAY)}, NOON)
    (row,) = build_failures(session)
    assert (row.resolution_status, row.circuit_breaker_until, row.run_id) == ("RESOLVED", None, "4")
    assert failed(session, "5") == (1, None, "UNRESOLVED")


def test_the_first_failure_makes_the_table_and_a_run_without_one_does_not() -> None:
    with duckdb.connect() as connection:
        count_failed_builds(DuckDBSession(connection), "1", {}, {KEY}, NOON)
        assert DuckDBSession(connection).columns(BUILD_FAILURES) == []
        count_failed_builds(DuckDBSession(connection), "1", {KEY: ("no", None)}, set(), NOON)
        assert len(build_failures(DuckDBSession(connection))) == 1


@pytest.mark.parametrize(
    ("was_open", "has_same_inputs", "is_held", "is_counted"), list(product([True, False], repeat=4))
)
def test_a_build_counts_by_the_rule_of_the_ledgers(
    was_open: bool, has_same_inputs: bool, is_held: bool, is_counted: bool
) -> None:
    """BuildFailure.again against macros/attempts.sql, which the ledgers in SQL are counted by."""
    until = NOON + timedelta(hours=1 if is_held else -1)
    before = BuildFailure(
        TABLE,
        DAY,
        "it broke",
        "logic inputs",
        5,
        NOON,
        NOON,
        until,
        "UNRESOLVED" if was_open else "RESOLVED",
        None,
        "1",
    )
    after = before.again(
        "it broke", "logic inputs" if has_same_inputs else "logic other", "1" if is_counted else "2", NOON
    )
    values = [str(value).lower() for value in (was_open and has_same_inputs, is_held, is_counted)]
    with duckdb.connect() as connection:
        sql = f"select {rendered('attempts_with', *values, '5')}, {rendered('is_attempt', *values)}"
        ((attempts, is_attempt),) = connection.execute(sql).fetchall()
    assert after.attempt_count == attempts
    assert (after.attempt_count != 5 or after.run_id == "2") == is_attempt


@pytest.fixture
def ledger(session: DuckDBSession) -> DuckDBSession:
    session.execute(
        f"create table {LEDGER} (processor_name varchar, analysis_date date, entity_id varchar, missing_game_ids varchar,"
        " is_correctable boolean, inputs varchar, attempt_count bigint, first_attempt_at timestamptz,"
        " last_attempt_at timestamptz, circuit_breaker_tripped boolean, circuit_breaker_until timestamptz,"
        " resolution_status varchar, run_id varchar);"
        "create table nba_ops.game_evidence (game_id varchar, game_date date, feed varchar, game_status varchar,"
        " home_rows int, away_rows int, home_points int, away_points int, home_seconds int, away_seconds int,"
        " last_period int, players_under_both_teams int, quarantined_rows int, quarantine_reasons varchar);"
        "insert into nba_ops.game_evidence (game_id, game_date, feed, home_points) values ('g1', '2021-11-04', 'bdl', 98);"
        f"insert into {LEDGER} values ('t', '2021-11-05', 'jimmy', 'g0,g1', true, 'bdl     98     ', 1, '2021-11-05', '2021-11-05', false,"
        " null, 'UNRESOLVED', '0')"
    )
    return session


def met(session: DuckDBSession, run: str, hours: float = 0, tables: tuple[str, ...] = ("t",)) -> tuple[Any, ...]:
    count_met(session, run, DAY, DAY, tables, NOON + timedelta(hours=hours))
    rows = session.read(
        f"select attempt_count, circuit_breaker_tripped, circuit_breaker_until from {LEDGER}"
    ).to_pylist()
    return tuple(rows[0].values())


def test_a_player_whom_a_run_meets_and_does_not_build_counts_once(ledger: DuckDBSession) -> None:
    assert met(ledger, "1")[:2] == (2, False)
    assert met(ledger, "1")[:2] == (2, False)
    opened = NOON + timedelta(hours=24)
    assert met(ledger, "2") == (3, True, opened)
    assert met(ledger, "3", 1) == (3, True, opened)
    assert met(ledger, "4", 25)[0] == 4


def test_other_evidence_of_his_game_closes_his_breaker(ledger: DuckDBSession) -> None:
    for run in ("1", "2", "3"):
        met(ledger, run)
    ledger.execute("update nba_ops.game_evidence set home_points = 99")
    assert met(ledger, "4", 1) == (1, False, None)


@pytest.mark.parametrize(
    "change",
    [
        "is_correctable = false",
        "resolution_status = 'RESOLVED'",
        "analysis_date = '2021-11-06'",
        "processor_name = 'other'",
    ],
)
def test_who_is_not_met_is_not_counted(ledger: DuckDBSession, change: str) -> None:
    ledger.execute(f"update {LEDGER} set {change}")
    assert met(ledger, "1")[0] == 1
