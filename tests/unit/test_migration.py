"""What converting a column would do is known before, and a table is converted whole or stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.duckdb.keeping import DuckDBKeeper
from python_processors.orchestration import made_anew
from python_processors.orchestration.made_anew import OldTable
from python_processors.orchestration.migration import Conversion, Migration, carry_out, drop_verified, plan_migration
from python_processors.orchestration.proof.row_checks import check_rows
from python_processors.orchestration.state.ledger import DECISIONS, LedgerRow, LedgerWriter
from python_processors.orchestration.state.ledger import LEDGER as INPUTS
from python_processors.orchestration.state.stored import stored_fingerprints
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema import drift as drift_module
from python_processors.schema.conversion import move_statements
from python_processors.schema.drift import find_drift, is_widened
from python_processors.schema.tables import StoredColumn, create_tables, stored_tables
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
    (conversion,) = plan_migration(session, DuckDBKeeper(session)).conversions
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
    plan = plan_migration(session, DuckDBKeeper(session))
    done = carry_out(session, DuckDBKeeper(session), plan, "run")
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
    carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
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
    done = carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
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
    assert carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run") == []


def test_what_breaks_in_the_midst_leaves_the_old_table(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(ROW.format("'7'"))

    def breaks(*given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(made_anew, "_end_swap", breaks)
    with pytest.raises(KeyboardInterrupt):
        carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
    assert values(session) == ["7"]
    monkeypatch.undo()
    carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
    assert (values(session), find_drift(session)) == ([7], [])


def test_a_copy_that_a_kill_left_is_made_again_unless_it_has_more_rows(session: DuckDBSession) -> None:
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(ROW.format("'7'"))
    session.execute(f"create table {LEDGER}__migrated as from {LEDGER} limit 0")
    carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
    assert values(session) == [7]
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(f"create table {LEDGER}__migrated as from {LEDGER} union all from {LEDGER}")
    with pytest.raises(made_anew.ConversionError, match="with 2 rows, and it has 1"):
        carry_out(session, DuckDBKeeper(session), plan_migration(session, DuckDBKeeper(session)), "run")
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
    plan = plan_migration(session, DuckDBKeeper(session))
    (conversion,) = plan.conversions
    assert {of.name: of.live_type for of in conversion.changes} == former
    assert (conversion.lost, conversion.dropped, conversion.rehashed, conversion.refused) == ({}, (), (), "")
    carry_out(session, DuckDBKeeper(session), plan, "run")
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
    plan = plan_migration(session, DuckDBKeeper(session))
    (conversion,) = plan.conversions
    assert (dict(conversion.lost), conversion.dropped) == ({"quality_metadata": 1}, DAYS[:1])
    carry_out(session, DuckDBKeeper(session), plan, "run")
    assert session.read(f"select game_date from {contract.relation}")["game_date"].to_pylist() == [DAYS[1]]


TEAMS = load_contract("team_offense_game_summary")
SPOILED = (
    f"alter table {TEAMS.relation} alter column quality_metadata type varchar;"
    f"update {TEAMS.relation} set quality_metadata = '{{' where game_date = '{DAYS[0]}'"
)


def migrated(session: DuckDBSession) -> Migration:
    keeper = DuckDBKeeper(session)
    plan = plan_migration(session, keeper)
    carry_out(session, keeper, plan, "run")
    return plan


def kept(session: DuckDBSession) -> list[str]:
    return DuckDBKeeper(session).names("nba_replaced")


def confirm(session: DuckDBSession, day: date) -> None:
    """As the rows are now."""
    stored = stored_fingerprints(session, [TEAMS.table], day, day)["fingerprint"].to_pylist()
    row = LedgerRow(TEAMS.table, day, "", "", stored[0], "v")
    LedgerWriter(session, "run", "").confirm(session, "invocation", [row])


def dropped(session: DuckDBSession) -> list[OldTable]:
    """By a session of its own, as the command has it."""
    assert session.connection is not None
    again = DuckDBSession(session.connection)
    return drop_verified(again, DuckDBKeeper(again))


@pytest.mark.parametrize(
    ("live", "wanted", "is_wider"),
    [
        ("INTEGER", "INT64", True), ("INT64", "FLOAT64", True), ("NUMERIC(9,2)", "FLOAT64", True),
        ("NUMERIC(5,1)", "NUMERIC(7,2)", True), ("NUMERIC(5,1)", "NUMERIC(5,2)", False),
        ("NUMERIC(5,1)", "NUMERIC(7,0)", False), ("INT64", "NUMERIC(20,1)", True), ("INT64", "NUMERIC(9,1)", False),
        ("NUMERIC(5,0)", "INT64", False), ("FLOAT64", "INT64", False), ("STRING", "FLOAT64", False),
        ("INT64", "STRING", False), ("DATE", "TIMESTAMP", False), ("ARRAY<INT64>", "ARRAY<FLOAT64>", False),
    ],
)  # fmt: skip
def test_which_types_are_widened_in_place(live: str, wanted: str, is_wider: bool) -> None:
    table = stored_tables()[LEDGER]
    assert is_widened(table, StoredColumn("row_count", wanted, False), live) == is_wider
    assert not is_widened(table, StoredColumn(table.partition_by, wanted, False), live)


def test_a_plan_says_of_each_change_what_it_is_and_how_it_is_done(session: DuckDBSession) -> None:
    session.execute(
        f"alter table {TEAMS.relation} alter column pace type decimal(4, 1);"
        f"alter table {LEDGER} alter column row_count type varchar; alter table {LEDGER} drop column fingerprint;"
        f"alter table {RUNS} alter column success drop not null; alter table {RUNS} add column mood varchar"
    )
    plan = plan_migration(session, DuckDBKeeper(session))
    assert {(of.table, of.column, of.change, of.way) for of in plan.drifts} == {
        (TEAMS.relation, "pace", "type widened", "in_place"), (LEDGER, "row_count", "type changed", "beside"),
        (LEDGER, "fingerprint", "column added", "in_place"), (RUNS, "success", "NOT NULL again", "in_place"),
        (RUNS, "mood", "column of no contract", ""),
    }  # fmt: skip
    assert {of.table.relation: of.is_beside for of in plan.conversions} == {TEAMS.relation: False, LEDGER: True}
    said = " ".join(line for of in plan.conversions for line in of.lines)
    assert "pace from NUMERIC(4,1) to NUMERIC(5,1) (type widened)" in said
    assert "row_count from STRING to INT64 (type changed), adds fingerprint as null" in said


def test_a_wider_type_is_given_in_place_also_beside_a_column_of_no_contract(session: DuckDBSession) -> None:
    """Nothing is made anew, so that nothing can be lost."""
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    session.execute(f"alter table {TEAMS.relation} alter column pace type decimal(4, 1)")
    session.execute(f"alter table {TEAMS.relation} add column mood varchar default 'fine'")
    migrated(session)
    assert [drift.column for drift in find_drift(session)] == ["mood"]
    assert session.read(f"select mood from {TEAMS.relation}")["mood"].to_pylist() == ["fine"] * 2
    assert check_rows(DuckDBSession(session._connection), TEAMS.table, *DAYS).problems == []
    assert kept(session) == []


def test_the_old_table_goes_once_the_new_one_verifies_at_once(session: DuckDBSession) -> None:
    session.execute(f"comment on table {LEDGER} is 'Looked after by Ann.'")
    session.execute(f"alter table {LEDGER} alter column row_count type varchar")
    session.execute(ROW.format("'7'"))
    migrated(session)
    (name,) = kept(session)
    assert name == f"nba_ops__publish_ledger__before_{datetime.now(UTC):%Y%m%d}"
    assert session.read(f"select row_count from nba_replaced.{name}")["row_count"].to_pylist() == ["7"]
    assert [of.is_done for of in dropped(session)] == [True]
    assert (kept(session), dropped(session), values(session)) == ([], [], [7])
    comments = session.read("select comment from duckdb_tables() where table_name = 'publish_ledger'")
    assert comments["comment"].to_pylist() == ["Looked after by Ann."]


def test_the_old_table_stays_until_each_of_its_dates_is_there_or_built_anew(session: DuckDBSession) -> None:
    rows = nominal_rows(TEAMS)
    session.append(TEAMS.relation, rows)
    for day in DAYS:
        confirm(session, day)
    session.execute(SPOILED)
    assert f"rows of {DAYS[0]} are dropped" in " ".join(migrated(session).conversions[0].lines)
    (old,) = dropped(session)
    assert (old.unproven, old.is_done, len(kept(session))) == (DAYS[:1], False, 1)
    assert f"Run `fullcourt backfill --start {DAYS[0]} --end {DAYS[0]}`, then `fullcourt migrate`" in old.line
    session.append(TEAMS.relation, rows.slice(0, 1))
    assert dropped(session)[0].unproven == DAYS[:1]  # nobody has confirmed it
    confirm(session, DAYS[0])
    session.execute(f"update {TEAMS.relation} set pace = pace + 1 where game_date = '{DAYS[1]}'")
    assert dropped(session)[0].unproven == DAYS[1:]  # no row there is what its hash says
    session.execute(f"update {TEAMS.relation} set pace = pace - 1 where game_date = '{DAYS[1]}'")
    assert (dropped(session)[0].is_done, kept(session)) == (True, [])


def test_a_date_that_was_confirmed_once_and_has_lost_its_rows_since_keeps_the_old_table(session: DuckDBSession) -> None:
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    for day in DAYS:
        confirm(session, day)
    session.execute(f"alter table {TEAMS.relation} alter column quality_metadata type varchar")
    migrated(session)
    session.execute(f"delete from {TEAMS.relation} where game_date = '{DAYS[1]}'")
    (old,) = dropped(session)
    assert (old.unproven, len(kept(session))) == (DAYS[1:], 1)


def test_a_swap_that_was_cut_off_never_ends_with_fewer_rows(session: DuckDBSession) -> None:
    """The name was free, and somebody made an empty table of it, or one with other rows."""
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    new, before = f"{TEAMS.relation}__migrated", session.read(f"from {TEAMS.relation}").to_pylist()
    session.execute(f"create schema nba_replaced; create table {new} as from {TEAMS.relation}")
    session.execute(
        f"create table nba_replaced.{TEAMS.relation.replace('.', '__')}__before_20261130 as from {TEAMS.relation}"
    )
    session.execute(f"delete from {TEAMS.relation} where game_date = '{DAYS[1]}'")
    again = DuckDBSession(session._connection)
    with pytest.raises(made_anew.ConversionError, match=f"{DAYS[1]} has other rows in {new}"):
        migrated(again)
    session.execute(f"delete from {TEAMS.relation}")
    again = DuckDBSession(session._connection)
    migrated(again)
    assert again.read(f"from {TEAMS.relation}").to_pylist() == before


def test_values_that_do_not_fit_build_no_table_without_a_column_that_was_carried_over(session: DuckDBSession) -> None:
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    session.execute(f"alter table {TEAMS.relation} add column scout_note varchar default 'fine'")
    session.execute(
        f"alter table {TEAMS.relation} alter column quality_score type bigint;"
        f"update {TEAMS.relation} set quality_score = 9007199254740993"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift_module, "carried_columns", lambda *of: ("scout_note",))
        (conversion,) = migrated(session).conversions
    assert "would lack scout_note" in conversion.refused
    assert session.read(f"select scout_note from {TEAMS.relation}")["scout_note"].to_pylist() == ["fine"] * 2


def test_a_column_that_was_carried_over_goes_along(session: DuckDBSession) -> None:
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    session.execute(f"alter table {TEAMS.relation} alter column quality_metadata type varchar")
    session.execute(f"alter table {TEAMS.relation} add column Scout_note varchar default 'fine'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift_module, "carried_columns", lambda *of: ("scout_note",))
        (conversion,) = migrated(session).conversions
        assert conversion.is_beside
        again = DuckDBSession(session._connection)
        assert find_drift(again) == []
    assert again.read(f"select scout_note from {TEAMS.relation}")["Scout_note"].to_pylist() == ["fine"] * 2


def test_an_old_table_stays_where_the_new_one_has_lost_rows(session: DuckDBSession) -> None:
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    session.execute(f"alter table {TEAMS.relation} alter column quality_metadata type varchar")
    session.execute(f"alter table {LEDGER} alter column row_count type varchar; {ROW.format(7)}")
    migrated(session)
    session.execute(f"delete from {TEAMS.relation} where game_date = '{DAYS[1]}'; delete from {LEDGER}")
    assert {of.relation: (of.unproven, of.is_done) for of in dropped(session)} == {
        TEAMS.relation: (DAYS[1:], False), LEDGER: ((), False),
    }  # fmt: skip
    assert len(kept(session)) == 2


def test_a_copy_that_has_other_rows_takes_no_name(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the copy came to be so, and in a value as in a row."""
    session.append(TEAMS.relation, nominal_rows(TEAMS))
    session.execute(f"alter table {TEAMS.relation} alter column quality_metadata type varchar")
    before = session.read(f"from {TEAMS.relation}").to_pylist()
    for wrong in (
        "delete from {} where game_date = '2021-11-06'",
        "update {} set pace = pace + 1",
        "insert into {0} from {0}",
    ):

        def spoiled(*given: Any, wrong: str = wrong) -> tuple[str, ...]:
            return *move_statements(*given), wrong.format(f"{TEAMS.relation}__migrated")

        monkeypatch.setattr(made_anew, "move_statements", spoiled)
        with pytest.raises(made_anew.ConversionError, match="has other rows of 2021-11-0"):
            migrated(session)
        assert (session.read(f"from {TEAMS.relation}").to_pylist(), kept(session)) == (before, [])


class Struck(KeyboardInterrupt):
    """A kill before a statement."""


def test_a_kill_before_any_statement_loses_nothing_and_the_next_ends_it() -> None:
    """Of a table built beside its old one, with a date that is due: the old rows are under one of the two names."""
    rows, moments = nominal_rows(TEAMS), 0
    while True:
        with duckdb.connect() as connection:
            session = DuckDBSession(connection)
            create_tables(session, TEAMS.relation, LEDGER, DECISIONS, INPUTS)
            session.append(TEAMS.relation, rows)
            session.execute(SPOILED)
            old = connection.execute(f"select * from {TEAMS.relation} order by game_date").fetchall()
            try:
                with struck(session, moments):
                    migrated(session)
                    dropped(session)
            except Struck:
                places = [f"nba_replaced.{name}" for name in kept(session)] or [TEAMS.relation]
                assert any(
                    connection.execute(f"select * from {of} order by game_date").fetchall() == old for of in places
                )
                migrated(session)
            else:
                break
            finally:
                assert find_drift(session, [TEAMS.relation]) == []
                assert session.read(f"select game_date from {TEAMS.relation}")["game_date"].to_pylist() == [DAYS[1]]
                assert dropped(session)[0].unproven == DAYS[:1]
                assert connection.execute(f"select count(*) from nba_replaced.{kept(session)[-1]}").fetchall() == [(2,)]
        moments += 1
    assert moments > 8


@contextmanager
def struck(session: DuckDBSession, moment: int) -> Iterator[None]:
    """Ends at the nth statement that writes, by whichever session."""
    left, execute = [moment], DuckDBSession.execute

    def counted(self: DuckDBSession, sql: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Struck
        execute(self, sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDBSession, "execute", counted)
        yield
