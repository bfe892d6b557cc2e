"""Rows of an environment copied to production on a local BigQuery server: a transaction a table, or none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration.environments import ENVIRONMENT, within
from python_processors.orchestration.promotion import publishing
from python_processors.orchestration.promotion.change import (
    Change,
    ChangedMeanwhileError,
    _unfinished,
    built_dates,
)
from python_processors.orchestration.promotion.code import changed_code
from python_processors.orchestration.promotion.copies import Copy, columns_of
from python_processors.orchestration.promotion.moved import moved
from python_processors.orchestration.run.own_row import RUNS
from python_processors.orchestration.state.ledger import LEDGER
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from python_processors.schema.tables import create_tables
from tests.bigquery.raw import local_server, settings_of
from tests.warehouse import environment

pytestmark = pytest.mark.slow

START, END = date(2021, 10, 19), date(2021, 10, 20)
TABLE, MODEL, WHOLE = "player_game_summary", "int_player_boxes", "dim_players"
COPIES = (
    Copy(WHOLE, f"nba_intermediate.{WHOLE}", START, END),
    Copy(MODEL, f"nba_intermediate.{MODEL}", START, END, "game_date"),
    Copy(TABLE, f"nba_analytics.{TABLE}", START, END, "game_date", ("game_id", "player_lookup", "game_date")),
)
ROWS = {
    "": "('1', 'kept', date '2021-10-19', 7.5, [1, 2]), ('1', 'moved', date '2021-10-19', 3.5, [3]),"
    " ('1', 'gone', date '2021-10-19', 1, null), ('2', 'twice', date '2021-10-20', 2, [4]),"
    " ('2', 'twice', date '2021-10-20', 2, [4]), ('3', 'later', date '2021-10-21', 5, [5])",
    "dev": "('1', 'kept', date '2021-10-19', 7.5, [1, 2]), ('1', 'moved', date '2021-10-19', 4.5, [3]),"
    " ('1', 'new', date '2021-10-19', 9, [6]), ('2', 'twice', date '2021-10-20', 2, [4]),"
    " ('3', 'later', date '2021-10-21', 6, [5])",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQueryWarehouse]:
    folder: Path = tmp_path_factory.mktemp("bigquery_promote")
    paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"), "FULLCOURT_ENV": ""}
    with local_server() as emulator, environment(**settings_of(emulator), **paths):
        warehouse = warehouse_of_target()
        assert isinstance(warehouse, BigQueryWarehouse)
        yield warehouse


@pytest.fixture
def warehouse(server: BigQueryWarehouse) -> BigQueryWarehouse:
    """Three relations on both sides, that differ in rows of each kind, and the ledgers."""
    with server.writing() as session:
        for name, rows in ROWS.items():
            with within(name):
                create_tables(session, LEDGER, "nba_ops.publish_ledger")
                for of in COPIES:
                    session.execute(f"create schema if not exists {session.named(of.relation.partition('.')[0])}")
                    layout = session.layout("game_date", [], is_instant=False) if of.day else ""
                    session.execute(
                        f"create or replace table {session.named(of.relation)} (game_id string not null, player_lookup"
                        f" string, game_date date, points numeric(9, 2), shots array<int64>){layout}"
                    )
                    session.execute(f"insert into {session.named(of.relation)} values {rows}")
                for ledger in (LEDGER, "nba_ops.publish_ledger"):
                    session.execute(f"delete from {session.named(ledger)} where game_date > date '0001-01-01'")
        session.execute(
            f"insert into {session.named(LEDGER, 'dev')} (table_name, game_date, run_id, recorded_at,"
            f" output_fingerprint, logic_version, sequence) select '{TABLE}', day, 'r', current_timestamp(), '3:1:1',"
            f" 'v', 1 from unnest([date '{START}', date '{END}']) as day"
        )
    return server


def change(warehouse: BigQueryWarehouse) -> Change:
    with warehouse.reading() as session:
        theirs, ours = (columns_of(session, COPIES, name) for name in ("dev", ""))
        held = moved(session, COPIES, "dev", theirs, ours)
    return Change(
        "dev", START, END, "an-id", (), held.tables, held.models, COPIES, theirs, ours, {}, held.counts, held.brought, {},
        frozenset(),
    )  # fmt: skip


def copy(warehouse: BigQueryWarehouse, of: Change) -> None:
    publishing._copy(warehouse, of, "a-run", lambda: None)


def rows(warehouse: BigQueryWarehouse, relation: str, name: str = "") -> list[tuple[str, str, float]]:
    with warehouse.reading() as session:
        found = session.read(
            f"select player_lookup, cast(game_date as string) as day, cast(points as float64) as points from"
            f" {session.named(relation, name)} where game_date > date '1900-01-01' order by 2, 1"
        ).to_pylist()
    return [(row["player_lookup"], row["day"], row["points"]) for row in found]


def test_each_relation_is_as_in_the_environment_and_the_ledger_says_what_moved(warehouse: BigQueryWarehouse) -> None:
    seen = change(warehouse)
    (players,) = seen.tables
    assert (players.inserted, players.updated, players.deleted) == (1, 2, 1)
    copy(warehouse, seen)
    assert rows(warehouse, COPIES[0].relation) == rows(warehouse, COPIES[0].relation, "dev")
    for of in COPIES[1:]:
        assert rows(warehouse, of.relation)[:-1] == rows(warehouse, of.relation, "dev")[:-1]
        assert rows(warehouse, of.relation)[-1] == ("later", "2021-10-21", 5.0)  # of no date of the range
    with warehouse.reading() as session:
        ledger = session.read(
            "select inserted, updated, deleted, unchanged, rows_before, rows_removed, row_count from"
            f" {session.named('nba_ops.publish_ledger')} where game_date > date '1900-01-01' order by game_date"
        ).to_pylist()
    assert [tuple(row.values()) for row in ledger] == [(1, 1, 1, 1, 3, 1, 3), (0, 1, 0, 0, 2, 1, 1)]
    again = change(warehouse)
    assert (again.tables, again.models) == ((), ())


def test_a_kill_between_tables_leaves_each_as_before_or_after(
    warehouse: BigQueryWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, together = change(warehouse), BigQuerySession.together
    before = rows(warehouse, COPIES[2].relation)

    def killed(session: BigQuerySession, statements: Sequence[str]) -> None:
        if any(TABLE in statement for statement in statements):
            raise KeyboardInterrupt
        together(session, statements)

    with monkeypatch.context() as patched:
        patched.setattr(BigQuerySession, "together", killed)
        with pytest.raises(KeyboardInterrupt):
            copy(warehouse, seen)
    assert rows(warehouse, COPIES[0].relation) == rows(warehouse, COPIES[0].relation, "dev")
    assert rows(warehouse, COPIES[2].relation) == before
    copy(warehouse, change(warehouse))
    assert change(warehouse).tables == ()


def test_a_statement_that_fails_leaves_the_whole_table_as_it_was(warehouse: BigQueryWarehouse) -> None:
    before = rows(warehouse, COPIES[2].relation)
    with warehouse.writing() as session, pytest.raises(Exception, match="no_such"):
        session.together([
            f"delete from {session.named(COPIES[2].relation)} where game_date > date '1900-01-01'",
            f"insert into {session.named(COPIES[2].relation)} (no_such) values (1)",
        ])  # fmt: skip
    assert rows(warehouse, COPIES[2].relation) == before


def test_rows_that_move_while_they_are_copied_are_not_confirmed(
    warehouse: BigQueryWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, together = change(warehouse), BigQuerySession.together

    def written_to(session: BigQuerySession, statements: Sequence[str]) -> None:
        together(session, statements)
        dev = session.named(COPIES[1].relation, "dev")
        session.execute(f"update {dev} set points = points + 1 where game_date = date '2021-10-19'")

    monkeypatch.setattr(BigQuerySession, "together", written_to)
    with pytest.raises(ChangedMeanwhileError, match="No date was confirmed"):
        copy(warehouse, seen)


def test_what_runs_built_and_which_code_differs_is_asked_of_both_sides(warehouse: BigQueryWarehouse) -> None:
    project = SimpleNamespace(tables=(TABLE,), logic_version=lambda table: "v")
    with warehouse.writing() as session:
        for name in ("", "dev"):
            with within(name):
                create_tables(session, ENVIRONMENT, RUNS)
        made = f"insert into {session.named(ENVIRONMENT, 'dev')} (environment_name, made_at) values"
        session.execute(f"{made} ('dev', timestamp '2021-10-18 00:00:00')")
        assert built_dates(session, "dev") == (START, END)
        session.execute(
            f"insert into {session.named(LEDGER, '')} (table_name, game_date, run_id, recorded_at, logic_version, sequence)"
            f" values ('{TABLE}', date '{START}', 'r', current_timestamp(), 'v', 1),"
            f" ('{TABLE}', date '{END}', 'r', current_timestamp(), 'v', 1),"
            f" ('{TABLE}', date '{END}', 'r', current_timestamp(), 'other', 2)"
        )
        found = {of.table: of.dates for of in changed_code(project, session, START, END)}  # type: ignore[arg-type]
        assert found == {"staging_layer": None, TABLE: 1, "coverage": None}
        session.execute(
            f"insert into {session.named(RUNS, '')} (run_id, command, state, started_at, range_start, range_end, plan_json)"
            f" values ('r', 'promote', 'killed', timestamp '2021-10-21 00:00:00', date '{START}', date '{END}',"
            """ '{"environment": "dev", "production": {"a": "b"}}')"""
        )
        assert _unfinished(session, "dev", START, END) == {"a": "b"}
        assert _unfinished(session, "dev", START, START) == {}
