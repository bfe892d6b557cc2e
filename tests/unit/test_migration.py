"""What converting a column would do is known before, and a table is converted whole or stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration import migration
from python_processors.orchestration.migration import Conversion, carry_out, plan_migration
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.drift import find_drift
from python_processors.schema.tables import create_tables, stored_tables
from tests.stored_rows import DAYS, former_type, nominal_rows

LEDGER, RUNS = "nba_ops.publish_ledger", "nba_ops.analytics_processor_runs"
ROW = f"insert into {LEDGER} (table_name, game_date, row_count) values ('t', '2021-10-19', {{}})"


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        opened = DuckDBSession(connection)
        create_tables(opened, *stored_tables())
        yield opened


def values(session: DuckDBSession) -> list[Any]:
    return session.read(f"select row_count from {LEDGER} order by table_name, row_count")["row_count"].to_pylist()


def planned(session: DuckDBSession) -> Conversion:
    (conversion,) = plan_migration(session).conversions
    return conversion


@pytest.mark.parametrize(
    ("live", "stored", "becomes"),
    [
        ("varchar", "'7'", 7), ("varchar", "'7.0'", 7), ("varchar", "'7.5'", None), ("varchar", "'many'", None),
        ("varchar", "null", "null"), ("double", "7.0", 7), ("double", "7.5", None), ("double", "'nan'", None),
        ("integer", "7", 7), ("hugeint", "7", 7), ("hugeint", "99999999999999999999", None),
        ("decimal(9, 3)", "7.000", 7), ("decimal(9, 3)", "7.001", None), ("boolean", "true", 1),
        ("integer[]", "[7]", None), ("struct(a integer)", "{'a': 7}", None), ("date", "date '2021-10-19'", None),
    ],
)  # fmt: skip
def test_a_value_is_kept_or_the_table_is_left_to_a_person(
    session: DuckDBSession, live: str, stored: str, becomes: Any
) -> None:
    session.execute(f"alter table {LEDGER} drop column row_count; alter table {LEDGER} add column row_count {live}")
    session.execute(ROW.format(stored))
    before = values(session)
    conversion = planned(session)
    plan = plan_migration(session)
    done = carry_out(session, plan, "run")
    if becomes is None:
        assert dict(conversion.lost) == {"row_count": 1}
        assert "nothing builds this table anew" in conversion.refused
        assert (done, [drift.column for drift in find_drift(session)]) == ([], ["row_count"])
        assert str(values(session)) == str(before)
    else:
        assert (conversion.lost, conversion.refused) == ({}, "")
        assert ([drift.column for drift in done], find_drift(session)) == (["row_count"], [])
        assert values(session) == [None if becomes == "null" else becomes]


@pytest.mark.parametrize(
    ("column", "live", "stored", "is_kept"),
    [
        ("success", "varchar", "'TRUE'", True), ("success", "varchar", "'yes, I think'", False),
        ("success", "integer", "1", True), ("success", "integer", "2", False),
        ("run_id", "bigint", "7", True), ("run_date", "varchar", "'2021-10-19 12:00:00+00'", True),
        ("run_date", "timestamp", "'2021-10-19 12:00:00'", True), ("run_date", "varchar", "'soon'", False),
        ("date_range_start", "timestamp", "'2021-10-19 00:00:00'", True),
        ("date_range_start", "timestamp", "'2021-10-19 12:00:00'", False),
        ("date_range_start", "varchar", "'2021-10-19'", True), ("duration_seconds", "varchar", "'1.25'", True),
        ("duration_seconds", "integer", "1", True),
    ],
)  # fmt: skip
def test_other_types_keep_their_values_or_are_left(
    session: DuckDBSession, column: str, live: str, stored: str, is_kept: bool
) -> None:
    of_row = {"processor_name": "'t'", "run_id": "'r'", "run_date": "'2021-10-19 00:00:00+00'", "success": "true"}
    session.execute(f"alter table {RUNS} alter column {column} drop not null") if column in of_row else None
    session.execute(f"alter table {RUNS} drop column {column}; alter table {RUNS} add column {column} {live}")
    of_row[column] = stored
    session.execute(f"insert into {RUNS} ({', '.join(of_row)}) values ({', '.join(of_row.values())})")
    conversion = planned(session)
    carry_out(session, plan_migration(session), "run")
    assert (conversion.refused == "") == is_kept
    assert (find_drift(session) == []) == is_kept
    assert session.read(f"select count(*) as n from {RUNS}")["n"].to_pylist() == [1]


def test_a_type_and_a_missing_column_and_a_lost_not_null_are_repaired_together(session: DuckDBSession) -> None:
    session.execute(f"alter table {RUNS} alter column duration_seconds type varchar")
    session.execute(f"alter table {RUNS} drop column slot_ms; alter table {RUNS} alter column success drop not null")
    session.execute(
        f"insert into {RUNS} (processor_name, run_id, run_date, success, duration_seconds)"
        " values ('t', 'r', now(), true, '1.5')"
    )
    done = carry_out(session, plan_migration(session), "run")
    assert {drift.column for drift in done} == {"duration_seconds", "slot_ms", "success"}
    assert find_drift(session) == []
    assert session.read(f"select duration_seconds, slot_ms from {RUNS}").to_pylist() == [
        {"duration_seconds": 1.5, "slot_ms": None}
    ]


def test_a_null_where_a_value_is_required_leaves_the_table_as_it_was(session: DuckDBSession) -> None:
    session.execute(
        f"alter table {RUNS} alter column success drop not null; alter table {RUNS} alter column success type varchar"
    )
    session.execute(f"insert into {RUNS} (processor_name, run_id, run_date) values ('t', 'r', now())")
    assert "success is null in some rows" in planned(session).refused
    assert carry_out(session, plan_migration(session), "run") == []


def test_what_breaks_in_the_midst_leaves_the_old_table(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(ROW.format("'7'"))

    def breaks(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(migration, "swap_statements", breaks)
    with pytest.raises(KeyboardInterrupt):
        carry_out(session, plan_migration(session), "run")
    assert values(session) == ["7"]
    monkeypatch.undo()
    carry_out(session, plan_migration(session), "run")
    assert (values(session), find_drift(session)) == ([7], [])


def test_a_copy_that_a_kill_left_is_made_again_unless_it_has_more_rows(session: DuckDBSession) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(ROW.format("'7'"))
    session.execute(f"create table {LEDGER}__migrated as from {LEDGER} limit 0")
    carry_out(session, plan_migration(session), "run")
    assert values(session) == [7]
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(f"create table {LEDGER}__migrated as from {LEDGER} union all from {LEDGER}")
    with pytest.raises(migration.ConversionError, match="with 2 rows, and it has 1"):
        carry_out(session, plan_migration(session), "run")
    assert values(session) == ["7"]


@pytest.mark.parametrize("name", hashed_tables())
def test_a_hashed_table_of_the_former_types_keeps_values_hashes_and_dates(session: DuckDBSession, name: str) -> None:
    """NUMERIC becomes FLOAT64, an array of them, too, and a text JSON. No date is due again."""
    contract = load_contract(name)
    rows, relation = nominal_rows(contract), contract.relation
    session.append(relation, rows)
    former = {c.name: former_type(c.type) for c in contract.columns if former_type(c.type) != c.type.name}
    for column, kind in former.items():
        session.execute(f"alter table {relation} alter column {column} type {session.engine_type(kind)}")
    plan = plan_migration(session)
    (conversion,) = plan.conversions
    assert {of.name: of.live_type for of in conversion.changes} == former
    assert (conversion.lost, conversion.dropped, conversion.rehashed, conversion.refused) == ({}, (), (), "")
    carry_out(session, plan, "run")
    assert find_drift(session) == []
    stored = session.read(f"select * from {relation} order by {contract.partition_by}")
    assert stored.to_pylist() == rows.to_pylist()


def test_a_text_that_is_no_json_is_named_and_its_date_is_built_anew(session: DuckDBSession) -> None:
    contract = load_contract("team_offense_game_summary")
    session.append(contract.relation, nominal_rows(contract))
    session.execute(
        f"alter table {contract.relation} alter column quality_metadata type varchar;"
        f"update {contract.relation} set quality_metadata = '{{' where game_date = '{DAYS[0]}'"
    )
    plan = plan_migration(session)
    (conversion,) = plan.conversions
    assert (dict(conversion.lost), conversion.dropped) == ({"quality_metadata": 1}, DAYS[:1])
    carry_out(session, plan, "run")
    assert session.read(f"select game_date from {contract.relation}")["game_date"].to_pylist() == [DAYS[1]]
