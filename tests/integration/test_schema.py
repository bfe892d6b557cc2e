"""What dbt makes is what the contracts say, as Python reads both."""

from __future__ import annotations

from python_processors.orchestration.schema.drift import find_drift, live_columns, migrate
from python_processors.orchestration.schema.tables import stored_tables
from python_processors.orchestration.warehouse import DuckDBWarehouse
from tests.warehouse import Warehouse


def test_a_built_warehouse_has_every_table_and_none_has_drifted(built: Warehouse) -> None:
    with DuckDBWarehouse(built.path).reading() as session:
        assert all(live_columns(session, list(stored_tables())).values())
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
