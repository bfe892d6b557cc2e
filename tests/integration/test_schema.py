"""What dbt makes is what the contracts say, as Python reads both."""

from __future__ import annotations

import pytest

from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.schema.drift import DriftError, check_drift, find_drift, migrate
from python_processors.schema.tables import stored_tables
from tests.warehouse import Warehouse


def test_a_built_warehouse_has_every_table_and_none_has_drifted(built: Warehouse) -> None:
    with DuckDBWarehouse(built.path).reading() as session:
        assert all(session.live_columns(list(stored_tables())).values())
        assert find_drift(session) == []


def test_a_migrated_warehouse_is_built_again_without_a_change(copy_of_built: Warehouse) -> None:
    copy_of_built.execute("alter table nba_ops.analytics_processor_runs drop column slot_ms")
    copy_of_built.execute("alter table nba_analytics.team_offense_game_summary alter column game_id drop not null")
    with DuckDBWarehouse(copy_of_built.path).writing() as session:
        drifts = find_drift(session)
        assert [drift.column for drift in drifts] == ["game_id", "slot_ms"]
        migrate(session, drifts)
        assert find_drift(session) == []
    outcome = copy_of_built.dbt("run", "--select", "team_offense_game_summary")
    assert outcome.success, outcome.failures
    assert copy_of_built.actions() == {"team_offense_game_summary": (0, 0, 0)}


DRIFTS = {
    "a type": "alter table nba_analytics.team_offense_game_summary alter column pace type varchar",
    "a scale": "alter table nba_analytics.team_offense_game_summary alter column pace type decimal(9, 3)",
    "a surplus column": "alter table nba_analytics.team_defense_game_summary add column mystery integer",
    "a missing column": "alter table nba_analytics.team_offense_game_summary drop column quality_metadata",
    "a lost NOT NULL": "alter table nba_analytics.team_offense_game_summary alter column data_hash drop not null",
    "a ledger's missing column": "alter table nba_ops.publish_ledger drop column rows_removed",
    "run history": "alter table nba_ops.analytics_processor_runs drop column slot_ms",
}


@pytest.mark.parametrize("what", DRIFTS)
def test_dbt_refuses_what_fullcourt_refuses_in_the_same_words(copy_of_built: Warehouse, what: str) -> None:
    """Whatever is selected: nothing is built, neither of the drifted table nor of another."""
    copy_of_built.execute(DRIFTS[what])
    with DuckDBWarehouse(copy_of_built.path).reading() as session, pytest.raises(DriftError) as refused:
        check_drift(session)
    built = "select count(*) from nba_ops.publish_ledger"
    before = copy_of_built.query(built)
    for command in (("build",), ("run", "--select", "int_shots")):
        outcome = copy_of_built.dbt(*command)
        assert not outcome.success
        assert outcome.failures == {}
        assert " ".join(str(refused.value).split()) in " ".join(outcome.error.split())
    assert copy_of_built.query(built) == before


def test_a_column_that_was_migrated_is_filled_by_the_next_build(built: Warehouse, copy_of_built: Warehouse) -> None:
    copy_of_built.execute(DRIFTS["a missing column"])
    with DuckDBWarehouse(copy_of_built.path).writing() as session:
        migrate(session, find_drift(session))
    outcome = copy_of_built.dbt("run", "--select", "team_offense_game_summary")
    assert outcome.success, outcome.failures
    assert copy_of_built.hashes() == built.hashes()
