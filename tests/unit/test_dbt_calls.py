"""What a call of dbt leaves behind."""

from __future__ import annotations

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from python_processors.orchestration import dbt_calls


def test_connections_are_closed_whoever_still_holds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that dbt gives back holds its frames, and these the connection: DuckDB would let nobody else in."""

    class Environment:
        is_closed = False

        def close(self) -> None:
            self.is_closed = True

    held = Environment()
    monkeypatch.setattr(DuckDBConnectionManager, "_ENV", held)
    dbt_calls._close_connections()
    assert held.is_closed
    assert DuckDBConnectionManager._ENV is None
