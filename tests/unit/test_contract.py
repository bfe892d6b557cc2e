"""A contract says what it needs to say, or is refused with the reason."""

from __future__ import annotations

import pytest

from python_processors.contract import Contract, ContractType, hashed_tables, load_contract
from python_processors.errors import ContractError

# Counts of the platform's hash fields, less what docs/decisions/0001 takes out. They pin the lists:
# a field that joins or leaves a hash changes every hash of its table.
HASH_FIELDS = {
    "player_game_summary": 48,
    "team_offense_game_summary": 34,
    "team_defense_game_summary": 40,
    "upcoming_player_game_context": 88 - 20,  # less completeness, breaker and decision columns
    "upcoming_team_game_context": 27 - 1,  # less betting_lines_updated_at
    "team_defense_zone_analysis": 23,
    "player_shot_zone_analysis": 25,
    "player_composite_factors": 21,
    "player_daily_cache": 28,
    "ml_feature_store_v2": 15,
}
PARTITIONS = {
    "team_defense_zone_analysis": "analysis_date",
    "player_shot_zone_analysis": "analysis_date",
    "player_daily_cache": "cache_date",
}


@pytest.mark.parametrize("table", sorted(HASH_FIELDS))
def test_each_table_hashes_the_platforms_fields(table: str) -> None:
    contract = load_contract(table)
    assert len(contract.hash_fields) == HASH_FIELDS[table]
    assert set(contract.key) <= set(contract.hash_fields)
    assert contract.partition_by == PARTITIONS.get(table, "game_date")


def test_every_hashed_table_is_known() -> None:
    assert set(hashed_tables()) == set(HASH_FIELDS)


@pytest.mark.parametrize("table", sorted(HASH_FIELDS))
def test_every_column_is_described_and_every_exception_has_a_reason(table: str) -> None:
    for column in load_contract(table).columns:
        assert len(column.description) > 4, column.name
        assert column.not_hashed is None or len(column.not_hashed) > 8, column.name


@pytest.mark.parametrize(
    "name", ["FLOAT64", "NUMERIC", "NUMERIC(5,0)", "NUMERIC(5,5)", "NUMERIC(16,2)", "ARRAY<ARRAY<INT64>>", "int64"]
)
def test_a_type_that_cannot_be_hashed_alike_everywhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.split("<")[0].split("(")[0]):
        ContractType.parse(name)


@pytest.mark.parametrize("name", ["FLOAT64", "ARRAY<FLOAT64>"])
def test_a_float_has_a_scale_beside_its_name(name: str) -> None:
    kind = ContractType.parse(name, 2)
    assert (kind.name, ContractType.parse_whole(kind.whole_name)) == (name, kind)
    assert (kind.element or kind).scale == 2
    for scale in (0, 5, -1):
        with pytest.raises(ValueError, match="cannot be hashed alike"):
            ContractType.parse(name, scale)
    with pytest.raises(ValueError, match="is of FLOAT64"):
        ContractType.parse("NUMERIC(5,1)", 1)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ({"columns": [{"name": "a", "data_type": "TEXT"}]}, "column `a`: `TEXT` is no contract type"),
        ({"columns": [{"name": "a", "data_type": "INT64"}]}, "needs `key` and `partition_by`"),
        (
            {
                "columns": [{"name": "a", "data_type": "INT64"}] * 2,
                "config": {"meta": {"key": ["a"], "partition_by": "a"}},
            },
            "named twice: a",
        ),
        (
            {"columns": [{"name": "a", "data_type": "INT64"}], "config": {"meta": {"key": ["b"], "partition_by": "a"}}},
            "names no column: b",
        ),
        (
            {"columns": [{"name": "a", "data_type": "INT64"}], "config": {"meta": {"key": ["a"], "partition_by": "a"}}},
            "columns of the publish step missing: data_hash",
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(model: dict, problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        Contract.from_properties({"name": "made_up", **model})


@pytest.mark.parametrize(
    "model", [None, 3, "text", [], {}, {"name": ["a"]}, {"name": "a", "columns": {"b": 1}}, {5: 1}, {None: []}]
)
def test_what_is_no_model_is_refused(model: object) -> None:
    with pytest.raises(ContractError):
        Contract.from_properties(model)


def test_a_table_without_a_file_is_an_error_that_names_it() -> None:
    with pytest.raises(ContractError, match="no_such_table"):
        load_contract("no_such_table")
