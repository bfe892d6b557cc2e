"""Drift of live tables from their contracts, one kind at a time."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.drift import MigrationError, find_drift, migrate
from python_processors.schema.tables import create_tables, stored_tables
from tests.warehouse import environment

RUNS = "nba_ops.analytics_processor_runs"
LEDGER = "nba_ops.publish_ledger"
TEAMS = "nba_analytics.team_offense_game_summary"
ONE_RUN = (
    f"insert into {RUNS} (processor_name, run_id, run_date, success) values ('t', 'r', '2021-10-19 00:00:00+00', {{}})"
)


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        opened = DuckDBSession(connection)
        create_tables(opened, *stored_tables())
        yield opened


def test_tables_made_from_their_contracts_have_not_drifted(session: DuckDBSession) -> None:
    assert find_drift(session) == []


def test_a_warehouse_without_tables_has_not_drifted() -> None:
    with duckdb.connect() as connection:
        assert find_drift(DuckDBSession(connection)) == []


def test_drift_is_found_with_one_query(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    read = session.read
    monkeypatch.setattr(session, "read", lambda sql: asked.append(sql) or read(sql))
    find_drift(session)
    assert len(asked) == 1


def test_a_missing_nullable_column_is_added_as_null(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} drop column skip_reason")
    session.execute(ONE_RUN.format("true"))
    (drift,) = find_drift(session)
    assert (drift.table, drift.column) == (RUNS, "skip_reason")
    assert str(drift) == (
        f"{RUNS} lacks the column skip_reason (STRING) that models/ops/_sources.yml has, and `fullcourt migrate` adds it"
        " in place, as null in the rows that are there."
    )
    assert migrate(session, [drift]) == [drift]
    assert find_drift(session) == []
    assert session.read(f"select skip_reason from {RUNS}")["skip_reason"].to_pylist() == [None]


def test_a_missing_array_column_of_a_hashed_table_is_added(session: DuckDBSession) -> None:
    (table, column) = next(
        (table, column)
        for table in stored_tables().values()
        for column in table.columns
        if column.type == "ARRAY<STRING>"
    )
    session.execute(f"alter table {table.relation} drop column {column.name}")
    migrate(session, find_drift(session))
    assert find_drift(session) == []


def test_a_missing_required_column_is_left_to_a_person(session: DuckDBSession) -> None:
    session.execute(f"alter table {TEAMS} drop column game_id")
    (drift,) = find_drift(session)
    assert (drift.column, drift.repair) == ("game_id", None)
    assert "`fullcourt migrate` cannot add it, as it may not be null." in drift.problem
    assert "let `fullcourt adopt` put that in its place, which keeps this one" in drift.to_do
    assert "drop" not in drift.to_do
    assert migrate(session, [drift]) == []
    assert find_drift(session) == [drift]


def test_a_column_of_another_type_is_converted_once_its_values_were_looked_at(session: DuckDBSession) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    (drift,) = find_drift(session)
    assert (drift.table, drift.column, drift.repair) == (LEDGER, "row_count", ())
    assert str(drift) == (
        f"{LEDGER}.row_count is STRING where models/ops/_sources.yml says INT64, and `fullcourt migrate` builds a table"
        " beside it and swaps the two, with its values converted, once it has said what becomes of the values."
    )
    assert migrate(session, [drift]) == []


def test_a_time_without_a_zone_is_another_type(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} alter column created_at type timestamp")
    (drift,) = find_drift(session)
    assert "created_at is DATETIME where models/ops/_sources.yml says TIMESTAMP" in drift.problem


def test_a_table_with_a_surplus_column_keeps_its_types_until_a_person_has_settled_that(session: DuckDBSession) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(f"alter table {LEDGER} add column mood varchar")
    assert [(drift.column, drift.repair) for drift in find_drift(session)] == [("row_count", None), ("mood", None)]


def test_another_scale_of_a_decimal_is_another_type(session: DuckDBSession) -> None:
    session.execute(f"alter table {TEAMS} alter column pace type decimal(9, 3)")
    (drift,) = find_drift(session)
    assert f"{TEAMS}.pace is NUMERIC(9,3) where " in drift.problem


def test_a_surplus_column_is_left_to_a_person(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} add column mood varchar")
    (drift,) = find_drift(session)
    assert (drift.column, drift.repair) == ("mood", None)
    assert drift.problem == (
        f"{RUNS} has a column mood that models/ops/_sources.yml lacks, and `fullcourt migrate` drops none."
    )
    assert f"`alter table {RUNS} drop column mood`" in drift.to_do


def test_a_lost_not_null_is_restored(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} alter column success drop not null")
    session.execute(ONE_RUN.format("true"))
    (drift,) = find_drift(session)
    assert str(drift) == (
        f"{RUNS}.success may be null where models/ops/_sources.yml requires a value, and `fullcourt migrate` makes it"
        " NOT NULL again, in place."
    )
    migrate(session, [drift])
    assert find_drift(session) == []
    with pytest.raises(duckdb.ConstraintException):
        session.execute(ONE_RUN.format("null"))


def test_nulls_stop_a_migration_before_it_changes_anything(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} alter column success drop not null")
    session.execute(f"alter table {RUNS} drop column skip_reason")
    session.execute(ONE_RUN.format("null"))
    session.execute(ONE_RUN.format("null"))
    drifts = find_drift(session)
    with pytest.raises(MigrationError, match="success is null in 2 rows") as refused:
        migrate(session, drifts)
    assert f"select * from {RUNS} where" in str(refused.value)
    assert "success is null`" in str(refused.value)
    assert find_drift(session) == drifts


def test_what_needs_a_person_does_not_keep_the_rest_from_being_repaired(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} add column mood varchar")
    session.execute(f"alter table {RUNS} drop column slot_ms")
    session.execute(f"alter table {LEDGER} drop column fingerprint")
    applied = migrate(session, find_drift(session))
    assert [(drift.table, drift.column) for drift in applied] == [(LEDGER, "fingerprint"), (RUNS, "slot_ms")]
    assert [drift.column for drift in find_drift(session)] == ["mood"]


def test_only_the_tables_asked_for_are_compared(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} add column mood varchar")
    assert find_drift(session, [LEDGER]) == []


def test_tables_of_a_target_with_a_prefix_are_compared() -> None:
    with environment(FULLCOURT_DATASET_PREFIX="mine_"), duckdb.connect() as connection:
        session = DuckDBSession(connection)
        create_tables(session, RUNS)
        session.execute(f"alter table mine_{RUNS} drop column slot_ms")
        (drift,) = find_drift(session)
        assert drift.table == RUNS
        migrate(session, [drift])
        assert find_drift(session) == []


@pytest.mark.parametrize(
    "name", ["INT64", "BOOL", "STRING", "DATE", "TIMESTAMP", "FLOAT64", "NUMERIC(5,1)", "ARRAY<STRING>", "ARRAY<NUMERIC(9,4)>"]
)  # fmt: skip
def test_a_type_is_read_back_as_it_was_declared(name: str) -> None:
    with duckdb.connect() as connection:
        session = DuckDBSession(connection)
        session.execute(f"create table made (x {session.engine_type(name)})")
        assert session.live_columns(["main.made"]) == {"main.made": [("x", name, True)]}
        assert session.columns("main.made") == [("x", name, True)]
