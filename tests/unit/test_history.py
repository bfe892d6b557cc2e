"""Run history: what a row holds, where it goes, and that nothing is written to a table that drifted."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime

import duckdb
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.logic_version import project_vars
from python_processors.orchestration.run import history
from python_processors.orchestration.run.history import (
    ANALYTICS_RUNS,
    LEDGER,
    PRECOMPUTE_RUNS,
    ProcessorRun,
    Published,
    RunHistoryError,
    config_hash,
    published_by,
    record_runs,
)
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.drift import find_drift
from python_processors.schema.tables import create_tables, stored_tables

BUILT = ProcessorRun(
    processor_name="team_offense_game_summary", run_id="run-1", run_date=datetime(2021, 10, 27, 9, tzinfo=UTC),
    success=True, date_range_start=date(2021, 10, 19), date_range_end=date(2021, 10, 26), config_hash="c0ffee",
    dependency_check_passed=True, duration_seconds=1.5, records_processed=20, records_inserted=12, records_updated=3,
    records_skipped=5, source_files_count=9, source_data_freshness_hours=7.25, processor_version="abc",
    created_at=datetime(2021, 10, 27, 10, tzinfo=UTC),
)  # fmt: skip
SKIPPED = dataclasses.replace(
    BUILT, processor_name="player_daily_cache", dependency_check_passed=False, data_completeness_pct=62.5,
    upstream_data_age_hours=3.0, processor_version=None, skip_reason="player_game_summary lacks a game",
    duration_seconds=0.0, records_processed=0, records_inserted=0, records_updated=0, records_skipped=0,
)  # fmt: skip


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        yield DuckDBSession(connection)


def test_a_run_has_every_column_of_both_tables() -> None:
    for run in (BUILT, SKIPPED):
        assert list(run.row()) == [column.name for column in stored_tables()[run.relation].columns]


def test_only_tables_of_models_analytics_have_analytics_runs() -> None:
    for table in hashed_tables():
        relation = dataclasses.replace(BUILT, processor_name=table).relation
        assert (relation == ANALYTICS_RUNS) == (load_contract(table).dataset == "nba_analytics")
        assert relation in (ANALYTICS_RUNS, PRECOMPUTE_RUNS)


def test_rows_are_appended_to_tables_that_are_made_at_need(session: DuckDBSession) -> None:
    record_runs(session, [BUILT, SKIPPED])
    assert session.read(f"select * from {ANALYTICS_RUNS}").to_pylist() == [BUILT.row()]
    assert session.read(f"select * from {PRECOMPUTE_RUNS}").to_pylist() == [SKIPPED.row()]
    assert find_drift(session) == []


def test_a_step_over_many_dates_has_the_last_as_its_analysis_date() -> None:
    assert SKIPPED.row()["analysis_date"] == date(2021, 10, 26)


def test_errors_are_a_json_array_or_null() -> None:
    assert BUILT.row()["errors_json"] is None
    failed = dataclasses.replace(BUILT, success=False, errors=("no `Pōlo`", "two"))
    assert failed.row()["errors_json"] == '["no `Pōlo`", "two"]'


def test_all_rows_of_a_table_are_one_statement(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    appended = []
    append = session.append
    monkeypatch.setattr(
        session, "append", lambda relation, rows: appended.append((relation, rows.num_rows)) or append(relation, rows)
    )
    record_runs(session, [BUILT, SKIPPED, dataclasses.replace(BUILT, run_id="run-2")])
    assert appended == [(ANALYTICS_RUNS, 2), (PRECOMPUTE_RUNS, 1)]


def test_nothing_is_written_to_either_table_when_one_has_drifted(session: DuckDBSession) -> None:
    create_tables(session, ANALYTICS_RUNS, PRECOMPUTE_RUNS)
    session.execute(f"alter table {PRECOMPUTE_RUNS} alter column success drop not null")
    with pytest.raises(RunHistoryError, match=r"success may be null.*`fullcourt migrate` makes it NOT NULL again"):
        record_runs(session, [BUILT, SKIPPED])
    assert session.read(f"select count(*) as n from {ANALYTICS_RUNS}")["n"].to_pylist() == [0]


@pytest.mark.parametrize("required", ["processor_name", "run_id", "run_date", "success"])
def test_a_null_that_the_contract_forbids_is_an_error(session: DuckDBSession, required: str) -> None:
    create_tables(session, ANALYTICS_RUNS)
    with pytest.raises(duckdb.ConstraintException):
        session.execute(f"insert into {ANALYTICS_RUNS} by name select {values_without(required)}")
    if required != "processor_name":
        with pytest.raises(RunHistoryError, match="lacks 1 of the rows of run "):
            record_runs(session, [dataclasses.replace(BUILT, **{required: None})])


def values_without(column: str) -> str:
    values = {"processor_name": "'t'", "run_id": "'r'", "run_date": "now()", "success": "true"}
    return ", ".join(f"{value} as {name}" for name, value in values.items() if name != column)


def test_a_write_that_fails_is_an_error_that_says_what_to_do(
    session: DuckDBSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(relation: str, rows: object) -> None:
        raise duckdb.IOException("no space left on device")

    monkeypatch.setattr(session, "append", full_disk)
    with pytest.raises(RunHistoryError, match=r"no space left on device.*run the same dates again"):
        record_runs(session, [BUILT])


def test_counts_come_from_the_ledger_of_the_run_alone(session: DuckDBSession) -> None:
    create_tables(session, LEDGER)
    for run, day, counts in (
        ("run-1", 19, "5, 3, 1, 0, 1"),
        ("run-1", 20, "4, 0, 0, 2, 4"),
        ("run-0", 19, "9, 9, 0, 0, 0"),
    ):
        session.execute(
            f"insert into {LEDGER} (table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged, logic_version)"
            f" values ('team_offense_game_summary', '2021-10-{day}', '{run}', {counts}, 'abc')"
        )
    assert published_by(session, "run-1", date(2021, 10, 19), date(2021, 10, 20)) == {
        "team_offense_game_summary": Published(9, 3, 1, 5, "abc")
    }


def test_the_hash_of_the_configuration_follows_the_vars(monkeypatch: pytest.MonkeyPatch) -> None:
    before = config_hash()
    assert config_hash() == before
    monkeypatch.setattr(history, "project_vars", lambda: {**project_vars(), "breaker_hours": "25"})
    assert config_hash() != before
