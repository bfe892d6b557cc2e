"""What a contract declares of its table's rows: read once, refused where it contradicts itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from python_processors.contract import Contract, declared, hashed_tables, load_contract
from python_processors.contract.declared import declared_as_json, declared_rows
from python_processors.contract.rows import Declared, History, Rows, plain_reads, read_declared
from python_processors.errors import ContractError
from python_processors.logic_version import called_macros, declared_for, logic_version, project_macros
from python_processors.processors import player_shot_zone_analysis
from tests.unit.contracts import contract_of

VARS = {"regular_starter_days": 30}
META: dict[str, Any] = {
    "rows": {"of": "players_of_the_season", "after_bootstrap": True, "min_games": "few", "too_few_games": "INSUFFICIENT_DATA"},
    "history": {"windows": ["l5", "l10"], "main": "l10"},
    "waits_for": {"player_game_summary": "season_before"},
    "windows": {"few": 5},
    "reads": [{"from": "player_game_summary", "window": "games", "size": 20, "by": "player_lookup", "as": "sample"}],
}  # fmt: skip


def declared_by(**changed: Any) -> Declared:
    return read_declared("made_up", META | changed, VARS)


def test_a_contract_names_each_length_once() -> None:
    found = declared_by()
    assert found.rows == Rows("players_of_the_season", True, 5, "INSUFFICIENT_DATA")
    assert found.history == History(("l5", "l10"), "l10")
    assert found.windows == {"few": 5, "sample": 20}


def test_a_read_may_take_its_size_from_a_window_or_a_var() -> None:
    reads = ({"from": "a", "size": "sample"}, {"from": "b", "size": "regular_starter_days"}, {"from": "c", "as": "x"})
    assert plain_reads("made_up", reads, {"sample": 20}, VARS) == (
        {"from": "a", "size": 20}, {"from": "b", "size": 30}, {"from": "c"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"rows": ["players"]}, "is a mapping"),
        ({"rows": {"of": "everybody"}}, "`rows.of` is `everybody`, and may be teams_that_played"),
        ({"rows": {"of": "teams_to_play", "min_game": 5}}, "has min_game; it may have of, after_bootstrap"),
        ({"rows": META["rows"] | {"after_bootstrap": "yes"}}, "may be true or false"),
        ({"rows": META["rows"] | {"after_bootstrap": False}}, "need `after_bootstrap: true`"),
        ({"rows": META["rows"] | {"min_games": "many"}}, "one of the names few, sample"),
        ({"rows": META["rows"] | {"min_games": -1}}, "a whole number from 1 to 10,000"),
        ({"rows": META["rows"] | {"min_games": True}}, "a whole number from 1 to 10,000"),
        ({"rows": META["rows"] | {"too_few_games": "SOME"}}, "EXPECTED_INCOMPLETE, INSUFFICIENT_DATA"),
        ({"history": {"windows": ["l7"]}}, "is `l7`, and may be l5"),
        ({"history": {"windows": []}}, "is a list of l5"),
        ({"history": {"windows": ["l5"], "of_teams": "l10"}}, "`history.of_teams` is a list of l5"),
        ({"history": {"windows": ["l5"], "of_teams": ["l7"]}}, "is `l7`, and may be l5"),
        (
            {"history": META["history"] | {"of_teams": ["l10"]}},
            "is for rows of players_who_may_play, not of players_of",
        ),
        ({"history": {"windows": ["l5"], "main": "l10"}}, "`history.main` is `l10`, and may be l5"),
        ({"waits_for": {"player_game_summary": "yesterday"}}, "same_date, season_before"),
        ({"waits_for": {}}, "go together"),
        ({"windows": {"few": 5, "sample": 5}}, "has two lengths"),
        ({"windows": {"few": "five"}}, "a whole number from 1 to 10,000"),
        ({"rows": {"of": "teams_that_played"}, "waits_for": {}}, "are of games played"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        declared_by(**changed)


def test_every_hashed_table_says_who_is_to_have_a_row() -> None:
    assert set(declared_rows()) == set(hashed_tables())
    assert all(of_table.rows is not None for of_table in declared_rows().values())


def test_tables_come_after_those_that_they_read_on_a_date() -> None:
    order = list(declared_rows())
    for table in order:
        same_date = {read["from"] for read in load_contract(table).reads if "window" not in read} & set(order)
        assert all(order.index(upstream) < order.index(table) for upstream in same_date)


def test_a_hashed_table_without_rows_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "hashed_tables", lambda: ("made_up",))
    monkeypatch.setattr(declared, "load_contract", lambda table: contract_of({"x": "INT64"}))
    declared_rows.cache_clear()
    try:
        with pytest.raises(ContractError, match=r"made_up.*`config.meta.rows` is missing"):
            declared_as_json()
    finally:
        declared_rows.cache_clear()


@pytest.mark.parametrize(
    ("table", "waits_for", "problem"),
    [
        ("player_daily_cache", {"stg_nbac__schedule": "same_date"}, "which is no hashed table"),
        ("player_daily_cache", {"player_shot_zone_analysis": "season_before"}, "may be same_date"),
    ],
)
def test_a_table_waits_for_what_can_be_waited_for(
    monkeypatch: pytest.MonkeyPatch, table: str, waits_for: dict[str, str], problem: str
) -> None:
    real = {name: load_contract(name) for name in hashed_tables()}
    real[table] = replace(real[table], declared=replace(real[table].declared, waits_for=waits_for))
    monkeypatch.setattr(declared, "load_contract", real.__getitem__)
    declared_rows.cache_clear()
    try:
        with pytest.raises(ContractError, match=problem):
            declared_rows()
    finally:
        declared_rows.cache_clear()


@pytest.mark.parametrize("name", ["rows", "history", "waits_for", "windows"])
def test_what_is_declared_of_a_table_counts_in_its_logic(name: str) -> None:
    changed = {
        "rows": META["rows"] | {"min_games": 6}, "history": {"windows": ["l5"]}, "windows": {"few": 6},
        "waits_for": {"player_game_summary": "same_date"},
    }  # fmt: skip
    versions = {
        logic_version({"model": "select 1"}, player_shot_zone_analysis.summarise, _with(declared_by(**change)))
        for change in ({}, {name: changed[name]})
    }
    assert len(versions) == 2


def test_what_is_declared_of_another_table_counts_where_it_is_named() -> None:
    contract = load_contract("player_composite_factors")
    macros = called_macros(["{{ find_blocked_dates('player_composite_factors') }}"], project_macros())
    assert "declared_rows" in macros
    counted = declared_for(contract, ["{{ ref('dim_games') }}"])
    assert set(counted) == {"player_composite_factors", *contract.declared.waits_for}
    assert "player_daily_cache" in declared_for(contract, ["{{ completeness_of('player_daily_cache') }}"])


def _with(of_table: Declared) -> Contract:
    base = contract_of({"x": "INT64"})
    return Contract(base.table, base.columns, base.key, base.partition_by, base.cluster_by, declared=of_table)


def test_a_table_of_games_has_the_game() -> None:
    model: dict[str, Any] = {
        "name": "made_up",
        "columns": [{"name": "game_date", "data_type": "DATE"}],
        "config": {"meta": {"key": ["game_date"], "partition_by": "game_date", "rows": {"of": "teams_to_play"}}},
    }
    publish = {"data_hash": "STRING", "logic_version": "STRING", "created_at": "TIMESTAMP", "processed_at": "TIMESTAMP"}
    for name, kind in publish.items():
        not_hashed = {"meta": {"not_hashed": "written at publish"}}
        model["columns"].append({"name": name, "data_type": kind, "config": not_hashed})
    with pytest.raises(ContractError, match="need `game_id`, by `game_date`"):
        Contract.from_properties(model)
