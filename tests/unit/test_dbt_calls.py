"""What a call of dbt leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunnerResult
from dbt_common.exceptions import DbtRuntimeError

from python_processors import duckdb_plugin
from python_processors.errors import FullcourtError
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


def test_a_refused_load_leaves_the_file_to_whoever_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in one process that asks dbt, is refused, and reads."""
    database = str(tmp_path / "warehouse.duckdb")
    held = duckdb.connect(database)

    def refuse(*_: Any, **__: Any) -> None:
        raise FullcourtError("It would delete rows.")

    monkeypatch.setattr(duckdb_plugin, "load_raw", refuse)
    monkeypatch.setattr(duckdb_plugin, "get_flags", lambda: SimpleNamespace(WHICH="run"))
    with pytest.raises(DbtRuntimeError, match="delete rows") as found:
        duckdb_plugin.Plugin("raw", {}).configure_connection(held)
    duckdb.connect(database, read_only=True).close()
    assert found.value is not None  # it still holds its frames


def test_a_warning_keeps_its_name_its_failures_and_its_message() -> None:
    def of(name: str, status: str, **more: Any) -> SimpleNamespace:
        node = SimpleNamespace(name=name, resource_type="test")
        return SimpleNamespace(node=node, status=status, adapter_response={}, execution_time=0.1, **more)

    warned = of("days_are_known", "warn", failures=2, message="Got 2 results,\n configured to warn if != 0")
    result = dbtRunnerResult(True, result=SimpleNamespace(results=[warned, of("other", "pass")]))  # type: ignore[arg-type]
    outcome = dbt_calls.outcome_of(result, lambda node: "a_table")
    assert outcome.warnings == [
        dbt_calls.Warned("days_are_known", 2, "Got 2 results, configured to warn if != 0")
    ]  # fmt: skip
    assert outcome.failures == {}


def test_each_check_of_a_test_is_told_by_its_own_name_and_so_is_another_test() -> None:
    checks = [
        {"check": "unique_key", "failures": 1, "said": "1 found, the first: id=1: row_count=2"},
        {"check": "within_ranges of points", "failures": 3, "said": "3 found, the first: id=2: points=-1"},
    ]
    response = {"code": "FINDINGS", "_message": json.dumps({"said": "test unique_key: 1 found; ...", "checks": checks})}

    def of(name: str, status: str, response: dict[str, Any]) -> SimpleNamespace:
        node = SimpleNamespace(name=name, resource_type="test")
        return SimpleNamespace(
            node=node, status=status, adapter_response=response, execution_time=0.1, failures=4, message="Got 4 results"
        )

    def outcome(*runs: SimpleNamespace) -> dbt_calls.DbtOutcome:
        result = dbtRunnerResult(True, result=SimpleNamespace(results=runs))  # type: ignore[arg-type]
        return dbt_calls.outcome_of(result, lambda node: "a_table")

    both = outcome(of("other", "fail", {}), of("a_table_is_proven", "fail", response), of("late", "skipped", {}))
    assert both.failures == {"a_table": "test other: Got 4 results; test unique_key: 1 found; ..."}
    assert both.tests == {"other", "a_table_is_proven"}
    assert outcome(of("a_table_is_proven", "warn", response)).warnings == [
        dbt_calls.Warned("unique_key in a_table", 1, "1 found, the first: id=1: row_count=2"),
        dbt_calls.Warned("within_ranges of points in a_table", 3, "3 found, the first: id=2: points=-1"),
    ]


def test_nodes_have_the_tag_by_which_they_are_selected_for_one_call_alone() -> None:
    shared = ["nightly"]
    nodes = {name: SimpleNamespace(name=name, tags=shared) for name in ("dim_games", "dim_game_ids", "coverage")}
    manifest: Any = SimpleNamespace(nodes=nodes)
    with dbt_calls._tagged(manifest, "now", ["dim_games", "coverage"]):
        assert {name for name, node in nodes.items() if "now" in node.tags} == {"dim_games", "coverage"}
    assert all(node.tags == ["nightly"] for node in nodes.values())
    with pytest.raises(KeyError, match="dim_gmaes"), dbt_calls._tagged(manifest, "now", ["dim_gmaes"]):
        pass


def test_what_failed_itself_is_told_apart_from_what_was_skipped_and_from_what_a_test_of_several_found() -> None:
    def of(name: str, kind: str, status: str, attached: str | None = None) -> SimpleNamespace:
        node = SimpleNamespace(name=name, resource_type=kind, attached_node=attached)
        return SimpleNamespace(node=node, status=status, adapter_response={}, execution_time=0.1, message="no")

    runs = [
        of("a_seed", "seed", "error"), of("a_model", "model", "skipped"), of("a_table", "model", "success"),
        of("unique", "test", "fail", "model.p.another"), of("a_test_of_its_own", "test", "fail"),
    ]  # fmt: skip
    result = dbtRunnerResult(True, result=SimpleNamespace(results=runs))  # type: ignore[arg-type]
    outcome = dbt_calls.outcome_of(result, lambda node: "another" if node.name == "unique" else str(node.name))
    assert outcome.broken == {"a_seed", "another"}
    assert set(outcome.failures) == {"a_seed", "a_model", "another", "a_test_of_its_own"}
