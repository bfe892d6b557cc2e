"""The warehouse outside of dbt, on a local BigQuery server: what the planner reads and writes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from google.api_core.exceptions import ServiceUnavailable

from python_processors.contract import Contract, load_contract
from python_processors.engines.bigquery.errors import BigQueryError
from python_processors.engines.bigquery.keeping import BigQueryKeeper
from python_processors.engines.bigquery.profile import ProfileError, credentials_of
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration import migration
from python_processors.orchestration.proof.row_checks import check_rows
from python_processors.orchestration.run.history import LEDGER, ProcessorRun, Published, published_by, record_runs
from python_processors.schema.drift import Drift, find_drift
from python_processors.schema.tables import create_statement, create_tables, stored_tables
from tests.emulator import server
from tests.stored_rows import DAYS, former_type, nominal_rows
from tests.warehouse import Warehouse, environment

TABLE = "nba_ops.appended"
DDL = """
    create schema if not exists nba_ops;
    create or replace table nba_ops.appended (
        run_id string not null, run_date timestamp not null, row_count int64, is_final bool, share float64,
        points numeric(5,1), game_date date, names array<string>
    )
    partition by date(run_date)
    options (require_partition_filter = true)
"""
ROWS = pa.table({
    "row_count": pa.array([7, None], pa.int64()),
    "run_id": ["one", "two"],
    "run_date": pa.array([datetime(2021, 10, 19, 23, 30, tzinfo=UTC)] * 2, pa.timestamp("us", tz="UTC")),
    "share": [0.25, None],
    "names": [["a", "b"], []],
    "game_date": [date(2021, 10, 19)] * 2,
})  # fmt: skip


@pytest.fixture
def session(session: BigQuerySession) -> BigQuerySession:
    session.execute(DDL)
    return session


def test_appended_rows_are_read_back_by_name_and_absent_columns_are_null(session: BigQuerySession) -> None:
    session.append(TABLE, ROWS)
    read = session.read(f"select * from {session.named(TABLE)} where run_date > '2021-01-01' order by run_id")
    assert read.to_pylist() == [
        {
            "run_id": "one", "run_date": datetime(2021, 10, 19, 23, 30, tzinfo=UTC), "row_count": 7, "is_final": None,
            "share": 0.25, "points": None, "game_date": date(2021, 10, 19), "names": ["a", "b"],
        },
        {
            "run_id": "two", "run_date": datetime(2021, 10, 19, 23, 30, tzinfo=UTC), "row_count": None, "is_final": None,
            "share": None, "points": None, "game_date": date(2021, 10, 19), "names": [],
        },
    ]  # fmt: skip


def test_no_rows_are_appended_without_a_job_whatever_type_their_columns_have(
    session: BigQuerySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_client", None)
    session.append(TABLE, pa.table({"run_id": [], "row_count": []}))


def test_columns_are_spelled_as_contracts_spell_them_and_appending_relaxes_none(session: BigQuerySession) -> None:
    session.append(TABLE, ROWS)
    assert session.columns(TABLE) == [
        ("run_id", "STRING", False), ("run_date", "TIMESTAMP", False), ("row_count", "INT64", True),
        ("is_final", "BOOL", True), ("share", "FLOAT64", True), ("points", "NUMERIC(5,1)", True),
        ("game_date", "DATE", True), ("names", "ARRAY<STRING>", True),
    ]  # fmt: skip


def test_a_table_that_is_not_there_has_no_columns_and_takes_no_rows(session: BigQuerySession) -> None:
    assert session.columns("nba_ops.nothing") == []
    assert session.columns("no_dataset.nothing") == []
    with pytest.raises(BigQueryError, match="missing"):
        session.append("nba_ops.nothing", ROWS)
    assert session.columns("nba_ops.nothing") == []


def test_a_required_column_takes_no_null(session: BigQuerySession) -> None:
    rows = ROWS.set_column(1, "run_id", pa.array([None, "two"], pa.string()))
    with pytest.raises((BigQueryError, ValueError)):
        session.append(TABLE, rows)
    count = session.read(f"select count(*) as n from {session.named(TABLE)} where run_date > '2021-01-01'")
    assert count["n"].to_pylist() == [0]


def test_rows_are_appended_once_when_the_answer_to_the_load_is_lost(
    session: BigQuerySession, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, lost = session._client, []
    load = client.load_table_from_file

    def load_and_lose_the_answer(*arguments: object, **options: object) -> object:
        job = load(*arguments, **options)
        if not lost:
            lost.append(job.job_id)
            job.result()
            raise ServiceUnavailable("the answer was lost")
        return job

    monkeypatch.setattr(client, "load_table_from_file", load_and_lose_the_answer)
    session.append(TABLE, ROWS)
    assert lost
    count = session.read(f"select count(*) as n from {session.named(TABLE)} where run_date > '2021-01-01'")
    assert count["n"].to_pylist() == [2]


def test_the_hash_of_a_row_is_two_integers_of_32_bits_that_follow_its_values(session: BigQuerySession) -> None:
    high, low = session.row_hash(["a", "b", "c"])
    read = session.read(
        f"select {high} as high, {low} as low from (select 1 as a, 'x' as b, ['p'] as c"
        " union all select 1, 'x', ['p'] union all select 2, 'x', ['p']) as given order by a"
    )
    pairs = [(row["high"], row["low"]) for row in read.to_pylist()]
    assert pairs[0] == pairs[1] != pairs[2]
    assert all(0 <= part < 2**32 for pair in pairs for part in pair)


def test_a_dry_run_tells_the_bytes_of_a_query(session: BigQuerySession) -> None:
    assert session.bytes_read_by("select 1 as one") == 0


def test_a_target_that_is_not_there_is_named() -> None:
    with pytest.raises(ProfileError, match="does not have a target named 'nowhere'"):
        credentials_of("nowhere")


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FULLCOURT_BIGQUERY_PROJECT", raising=False)
    with pytest.raises(ProfileError, match="FULLCOURT_BIGQUERY_PROJECT"):
        credentials_of("bigquery")


# `; select 1`: the local server describes no table that a job's only statement dropped, and says so as an error.
RUNS = "nba_ops.analytics_processor_runs"
RUN = (
    f"insert into {RUNS} (processor_name, run_id, run_date, success) values ('t', 'r', '2021-10-19 12:00:00+00', {{}})"
)


@pytest.fixture
def with_runs(session: BigQuerySession) -> BigQuerySession:
    if session.columns(RUNS):
        session.execute(f"drop table {RUNS}; select 1")
    create_tables(session, RUNS)
    return session


def test_runs_are_recorded_and_their_table_keeps_its_modes(with_runs: BigQuerySession) -> None:
    run = ProcessorRun(
        processor_name="team_offense_game_summary", run_id="run-1", run_date=datetime(2021, 10, 27, 9, tzinfo=UTC),
        success=True, date_range_start=date(2021, 10, 19), date_range_end=date(2021, 10, 26), config_hash="c0ffee",
        dependency_check_passed=True, duration_seconds=1.5, bytes_processed=10, slot_ms=20,
    )  # fmt: skip
    record_runs(with_runs, [run])
    record_runs(with_runs, [run])
    read = with_runs.read(f"select * from {RUNS} where run_date > '2021-01-01'")
    assert read.to_pylist() == [run.row()] * 2
    assert find_drift(with_runs) == []


def test_counts_come_from_the_ledger_of_the_run(session: BigQuerySession) -> None:
    create_tables(session, LEDGER)
    session.execute(
        f"insert into {LEDGER} (table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged, logic_version)"
        " values ('t', '2021-10-19', 'run-1', 5, 3, 1, 0, 1, 'abc'), ('t', '2021-10-20', 'run-1', 4, 0, 0, 2, 4, 'abc')"
    )
    found = published_by(session, "run-1", date(2021, 10, 19), date(2021, 10, 20))
    assert found == {"t": Published(9, 3, 1, 5, "abc")}


def test_not_null_is_restored_with_rows_partition_and_clusters_kept(with_runs: BigQuerySession) -> None:
    with_runs.execute(f"alter table {RUNS} alter column success drop not null")
    with_runs.execute(f"alter table {RUNS} alter column run_id drop not null")
    with_runs.execute(f"alter table {RUNS} drop column skip_reason")
    with_runs.execute(RUN.format("true"))
    drifts = find_drift(with_runs)
    assert {(drift.table, drift.column) for drift in drifts} == {
        (RUNS, "success"),
        (RUNS, "run_id"),
        (RUNS, "skip_reason"),
    }
    assert {(of.way, of.repair) for of in drifts if of.column != "skip_reason"} == {("beside", ())}
    assert migrated(with_runs, RUNS) == drifts
    assert find_drift(with_runs) == []
    rows = with_runs.read(f"select run_id, skip_reason from {RUNS} where run_date > '2021-01-01'")
    assert rows.to_pylist() == [{"run_id": "r", "skip_reason": None}]
    table = with_runs._table(f"local.{RUNS}")
    assert table.time_partitioning.field == "run_date"
    assert table.require_partition_filter
    assert table.clustering_fields == ["processor_name", "success", "run_date"]
    assert with_runs.columns(f"{RUNS}__migrated") == []


def test_a_migration_that_was_cut_off_before_it_had_the_name_is_ended_by_the_next(with_runs: BigQuerySession) -> None:
    with_runs.execute(RUN.format("true"))
    with_runs.execute(f"create table {RUNS}__migrated copy {RUNS}; drop table {RUNS}")
    (drift,) = find_drift(with_runs, [RUNS])
    assert f"{RUNS}__migrated has its rows" in drift.problem
    assert migrated(with_runs, RUNS) == [drift]
    assert with_runs.columns(f"{RUNS}__migrated") == []
    assert find_drift(with_runs, [RUNS]) == []
    assert with_runs.read(f"select count(*) as n from {RUNS} where run_date > '2021-01-01'")["n"].to_pylist() == [1]


def test_nulls_stop_a_migration_before_it_changes_anything(with_runs: BigQuerySession) -> None:
    with_runs.execute(f"alter table {RUNS} alter column success drop not null")
    with_runs.execute(RUN.format("null"))
    (conversion,) = migration.plan_migration(with_runs, BigQueryKeeper(with_runs), [RUNS]).conversions
    assert "success is null in some rows, and may not be." in conversion.refused
    assert migrated(with_runs, RUNS) == []


def test_a_table_with_a_surplus_column_is_not_made_anew(with_runs: BigQuerySession) -> None:
    with_runs.execute(f"alter table {RUNS} alter column success drop not null")
    with_runs.execute(f"alter table {RUNS} add column mood string")
    drifts = find_drift(with_runs)
    assert [(drift.column, drift.repair) for drift in drifts] == [("success", None), ("mood", None)]
    assert "cannot mend that alone" in drifts[0].problem


def test_the_ddl_of_python_and_of_dbt_is_the_same(
    session: BigQuerySession, emulator: server.Emulator, tmp_path: Path
) -> None:
    """Any dbt command that writes makes the tables of models/ops first."""
    relations = [name for name, table in stored_tables().items() if not table.is_hashed]
    with environment(FULLCOURT_DATASET_PREFIX="dbt_"):
        outcome = Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt("seed", "--select", "completeness_exceptions")
        assert outcome.success, outcome.failures or outcome.error
    with environment(FULLCOURT_DATASET_PREFIX="python_"):
        create_tables(session, *relations)
    for relation in relations:
        by_dbt, by_python = (session._table(f"local.{prefix}{relation}") for prefix in ("dbt_", "python_"))
        assert by_python.schema == by_dbt.schema
        assert by_python.time_partitioning == by_dbt.time_partitioning
        assert by_python.require_partition_filter == by_dbt.require_partition_filter
        assert by_python.clustering_fields == by_dbt.clustering_fields


def test_an_environment_has_copies_in_datasets_of_its_own(session: BigQuerySession) -> None:
    session.append(TABLE, ROWS)
    session.execute(f"create schema {session.named('nba_ops', 'dev')}")
    session.clone(TABLE, "dev")
    with environment(FULLCOURT_ENV="dev"):
        assert session.columns(TABLE)
        assert session.read(f"select * from {session.named(TABLE)} where run_date > '1900-01-01'").num_rows == 2
        session.execute(f"delete from {session.named(TABLE)} where run_date > '1900-01-01'")
    assert session.read(f"select * from {session.named(TABLE)} where run_date > '1900-01-01'").num_rows == 2
    assert {"nba_ops", "dev__nba_ops"} <= {*session.datasets()}
    session.drop_dataset("dev__nba_ops")
    assert "dev__nba_ops" not in session.datasets()


@pytest.mark.parametrize("name", ["ml_feature_store_v2", "upcoming_team_game_context"])
def test_a_hashed_table_of_the_former_types_is_converted(session: BigQuerySession, name: str) -> None:
    """Numbers become FLOAT64, an array of them, too, and a text JSON; values, hashes, partition and clusters stay."""
    contract = load_contract(name)
    table, rows = stored_tables()[contract.relation], nominal_rows(contract)
    session.execute(f"create schema if not exists {contract.dataset}")
    kinds = {column.name: former_type(column.type) for column in contract.columns}
    former = replace(table, columns=tuple(replace(column, type=kinds[column.name]) for column in table.columns))
    session.execute(create_statement(session, former))
    session.append(contract.relation, rows)

    (conversion,) = migration.plan_migration(session, BigQueryKeeper(session), [contract.relation]).conversions
    assert {of.name: of.live_type for of in conversion.changes} == {
        column.name: kinds[column.name] for column in table.columns if kinds[column.name] != column.type
    }
    assert (conversion.lost, conversion.dropped, conversion.rehashed, conversion.refused) == ({}, (), (), "")
    assert conversion.is_beside
    migrated(session, contract.relation)
    assert find_drift(session, [contract.relation]) == []
    assert stored(session, contract) == with_objects(rows, contract)
    live = session._table(f"local.{contract.relation}")
    assert live.time_partitioning.field == contract.partition_by
    assert live.require_partition_filter
    assert live.clustering_fields == [*contract.cluster_by]
    check = check_rows(session, name, *DAYS)
    assert (check.rows, check.problems) == (2, [])


def test_a_number_is_widened_in_place(session: BigQuerySession) -> None:
    """Nothing is copied, so that the table keeps all that it has."""
    contract = load_contract("team_offense_game_summary")
    table = stored_tables()[contract.relation]
    session.execute(f"drop table if exists {contract.relation}; create schema if not exists {contract.dataset}")
    narrow = [replace(of, type="NUMERIC(4,1)") if of.name == "pace" else of for of in table.columns]
    session.execute(create_statement(session, replace(table, columns=tuple(narrow))))
    session.append(contract.relation, nominal_rows(contract))
    (drift,) = find_drift(session, [contract.relation])
    assert (drift.change, drift.way) == ("type widened", "in_place")
    assert migrated(session, contract.relation) == [drift]
    assert find_drift(session, [contract.relation]) == []
    assert stored(session, contract) == with_objects(nominal_rows(contract), contract)


def migrated(session: BigQuerySession, relation: str) -> list[Drift]:
    keeper = BigQueryKeeper(session)
    return migration.carry_out(session, keeper, migration.plan_migration(session, keeper, [relation]), "run")


def stored(session: BigQuerySession, contract: Contract) -> list[dict[str, Any]]:
    day, names = contract.partition_by, ", ".join(column.name for column in contract.columns)
    rows = session.read(
        f"select {names} from {session.named(contract.relation)} where {day} > '1900-01-01' order by {day}"
    )
    return with_objects(rows, contract)


def with_objects(rows: pa.Table, contract: Contract) -> list[dict[str, Any]]:
    """Rows with what a JSON says in place of its text, which is the engine's."""
    objects = {column.name for column in contract.columns if column.type.kind == "JSON"}
    return [
        {name: json.loads(value) if name in objects else value for name, value in row.items()}
        for row in rows.to_pylist()
    ]
