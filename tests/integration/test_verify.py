"""A warehouse as it was built passes verification, and whatever is done to it behind its back is named."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration.proof.row_checks import DateState, Verification, check_rows, verify
from python_processors.orchestration.warehouse import DuckDBWarehouse
from tests.integration.conftest import FIRST_MONTH
from tests.warehouse import WEEK, Warehouse


def verified(warehouse: Warehouse, window: tuple[str, str] = WEEK) -> Verification:
    """All tables over a window, with the outcomes of nba_ops.coverage as the states of its dates."""
    start, end = map(date.fromisoformat, window)
    states = [
        DateState(*row)
        for row in warehouse.query(
            "select table_name, game_date, outcome, coalesce(reason, ''), expected_rows, actual_rows"
            f" from nba_ops.coverage where game_date between '{start}' and '{end}'"
        )
    ]
    with DuckDBWarehouse(warehouse.path).reading() as session:
        return verify([check_rows(session, table, start, end) for table in hashed_tables()], states)


def failures(result: Verification) -> dict[str, tuple[str, ...]]:
    return {table.checks.table: table.reasons for table in result.tables if not table.passed}


def test_a_week_as_it_was_built_passes(built: Warehouse) -> None:
    result = verified(built)
    assert failures(result) == {}
    assert result.passed
    rows = {table.checks.table: table.checks.rows for table in result.tables}
    for table in hashed_tables():
        assert built.query(f"select count(*) from {load_contract(table).relation}") == [(rows[table],)]
    assert rows["player_game_summary"] > 100


def first_row(warehouse: Warehouse, table: str) -> tuple[str, str]:
    """The table's first row by key: as a condition of SQL, and as a person calls it."""
    contract = load_contract(table)
    key = ", ".join(contract.key)
    (values,) = warehouse.query(f"select {key} from {contract.relation} order by {key} limit 1")
    named = list(zip(contract.key, values, strict=True))
    condition = " and ".join(f"{name} = '{value}'" for name, value in named)
    return condition, ", ".join(f"{name}={value}" for name, value in named)


def test_what_is_done_to_rows_behind_their_back_is_named(copy_of_built: Warehouse) -> None:
    """A value changed without its hash, a hash taken away though the table forbids it, and a row stored twice."""
    players, teams, tonight = "player_game_summary", "team_offense_game_summary", "upcoming_player_game_context"
    changed, changed_name = first_row(copy_of_built, players)
    taken, taken_name = first_row(copy_of_built, teams)
    twice, twice_name = first_row(copy_of_built, tonight)
    copy_of_built.execute(
        f"update nba_analytics.{players} set points = points + 1 where {changed};"
        f"alter table nba_analytics.{teams} alter data_hash drop not null;"
        f"update nba_analytics.{teams} set data_hash = null where {taken};"
        f"insert into nba_analytics.{tonight} select * from nba_analytics.{tonight} where {twice}"
    )
    found = failures(verified(copy_of_built))
    assert set(found) == {players, teams, tonight}
    assert found[players] == (f"1 row is not what its data_hash was made of: {changed_name}",)
    assert found[teams] == (f"1 row has no data_hash: {taken_name}",)
    assert found[tonight][0] == f"1 key has more than one row: {twice_name}"
    assert "are stored" in found[tonight][1]  # the state of its date is from before


def test_a_row_that_is_gone_leaves_its_date_short(copy_of_built: Warehouse) -> None:
    copy_of_built.execute("delete from nba_analytics.team_defense_game_summary where game_date = '2021-10-20'")
    ((there,),) = copy_of_built.query(
        "select actual_rows from nba_ops.coverage"
        " where table_name = 'team_defense_game_summary' and game_date = '2021-10-20'"
    )
    assert failures(verified(copy_of_built)) == {
        "team_defense_game_summary": (f"2021-10-20 is complete with {there} rows, and 0 are stored",)
    }


@pytest.mark.slow
@pytest.mark.real_data
def test_the_first_real_month_passes_with_its_rows(seasons: Warehouse) -> None:
    result = verified(seasons, FIRST_MONTH)
    assert failures(result) == {}
    rows = {table.checks.table: table.checks.rows for table in result.tables}
    assert rows["player_game_summary"] == 5182
    assert rows["team_offense_game_summary"] == rows["team_defense_game_summary"] == 476
    assert rows["upcoming_team_game_context"] == 476
    assert rows["upcoming_player_game_context"] == 6328
