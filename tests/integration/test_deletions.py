"""A publish that would take many rows away is refused, and nothing of its table is touched."""

from __future__ import annotations

from tests.warehouse import Warehouse

TEAMS, OFFENSE = "team_offense_game_summary", "nba_analytics.team_offense_game_summary"
DAY = "2021-10-21"
ONE_GAME = "game_id = (select min(game_id) from nba_intermediate.int_team_boxes where game_date = '2021-10-22')"


def lose(warehouse: Warehouse, condition: str) -> None:
    """What a table is made from lacks rows, whoever lost them."""
    warehouse.execute(f"delete from nba_intermediate.int_team_boxes where {condition}")


def state(warehouse: Warehouse) -> list[tuple[object, ...]]:
    ledger = f"select count(*) from nba_ops.publish_ledger where table_name = '{TEAMS}'"
    return [*warehouse.query(f"select * from {OFFENSE} order by all"), *warehouse.query(ledger)]


def test_losing_a_twentieth_of_the_rows_is_refused_until_it_is_allowed(copy_of_built: Warehouse) -> None:
    before = state(copy_of_built)
    lose(copy_of_built, f"game_date = '{DAY}'")
    ((rows,),) = copy_of_built.query(f"select count(*) from {OFFENSE}")
    ((lost,),) = copy_of_built.query(f"select count(*) from {OFFENSE} where game_date = '{DAY}'")
    outcome = copy_of_built.dbt("run", "--select", TEAMS)
    said = outcome.failures[TEAMS]
    assert f"`{TEAMS}` was not published" in said
    assert f"{lost} keys of {rows} rows would be deleted, and {rows // 20} may go at once" in said
    assert f"{DAY} ({lost} keys deleted: {lost} rows before, 0 after)" in said
    assert f"{lost} raw rows in nbac_team_boxscore" in said
    assert "--allow-deletes" in said
    assert '{"allow_deletes": true}' in said
    assert "Traceback" not in said
    assert state(copy_of_built) == before
    assert copy_of_built.query("select * from duckdb_tables() where table_name like '%stage'") == []

    outcome = copy_of_built.dbt("run", "--select", TEAMS, deletes_allowed={TEAMS: lost})
    said = outcome.failures[TEAMS]
    assert "would be deleted" not in said
    assert f"Dates would lose all rows, and feeds still have their games: {DAY} ({lost} rows; " in said
    assert state(copy_of_built) == before

    outcome = copy_of_built.dbt("run", "--select", TEAMS, allow_deletes=True)
    assert outcome.success, outcome.failures
    assert copy_of_built.actions() == {TEAMS: (0, 0, lost)}


def test_a_game_of_a_single_date_is_too_much_and_of_the_week_is_not(copy_of_built: Warehouse) -> None:
    lose(copy_of_built, ONE_GAME)
    alone = copy_of_built.dbt("run", "--select", TEAMS, window=("2021-10-22", "2021-10-22"))
    assert "2 keys of 22 rows would be deleted, and 1 may go at once" in alone.failures[TEAMS]
    none = copy_of_built.dbt("run", "--select", TEAMS, deletes_allowed={TEAMS: 1})
    assert "and 1 may go at once (as this run was given)" in none.failures[TEAMS]
    outcome = copy_of_built.dbt("run", "--select", TEAMS)
    assert outcome.success, outcome.failures
    assert copy_of_built.actions() == {TEAMS: (0, 0, 2)}


def test_replacing_a_date_does_not_allow_its_rows_to_go(copy_of_built: Warehouse) -> None:
    before = state(copy_of_built)
    lose(copy_of_built, f"game_date = '2021-10-22' and not ({ONE_GAME})")
    outcome = copy_of_built.dbt("run", "--select", TEAMS, replaced={TEAMS: ["2021-10-22"]})
    assert "20 keys of 120 rows would be deleted" in outcome.failures[TEAMS]
    assert state(copy_of_built) == before


def test_an_audit_publishes_nothing_and_is_not_held_up(copy_of_built: Warehouse) -> None:
    before = state(copy_of_built)
    lose(copy_of_built, f"game_date = '{DAY}'")
    outcome = copy_of_built.dbt("run", "--select", TEAMS, audited=TEAMS)
    assert outcome.success, outcome.failures
    assert state(copy_of_built) == before
