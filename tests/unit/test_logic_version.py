"""The logic version moves with what decides rows, and with nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from python_processors import logic_version as logic_version_module
from python_processors.logic_version import (
    called_macros,
    imported_modules,
    logic_version,
    normalised_sql,
    project_macros,
)
from python_processors.processors import ml_feature_store_v2, player_game_summary, team_offense_game_summary
from tests.unit.contracts import contract_of

SQL = {"model": "select a, b\nfrom t -- why\nwhere a > 1"}
PROCESSOR = player_game_summary.summarise


def test_comments_and_white_space_do_not_count() -> None:
    reformatted = {"model": "{# grain #}\nselect a,   b\n\nfrom t /* here */\n    where a > 1"}
    contract = contract_of({"x": "INT64"})
    assert logic_version(SQL, PROCESSOR, contract) == logic_version(reformatted, PROCESSOR, contract)


def test_sql_processor_and_contract_each_count() -> None:
    contract = contract_of({"x": "INT64"})
    versions = {
        logic_version(SQL, PROCESSOR, contract),
        logic_version({"model": "select a, b from t where a > 2"}, PROCESSOR, contract),
        logic_version(SQL, team_offense_game_summary.summarise, contract),
        logic_version(SQL, PROCESSOR, contract_of({"x": "NUMERIC(5,1)"})),
        logic_version(SQL, PROCESSOR, contract_of({"x": "INT64"}, x={"not_hashed": "a reason"})),
    }
    assert len(versions) == 5


def test_what_a_processor_imports_counts_and_nothing_else() -> None:
    names = {module.__name__.removeprefix("python_processors.") for module in imported_modules(ml_feature_store_v2)}
    assert {
        "basketball.factors",
        "basketball.features",
        "basketball.formulas",
        "decimals",
        "processors.precompute",
    } <= names
    assert not {"processors.upcoming_contexts", "jobs", "simulation"} & names


def test_quoted_text_is_neither_comment_nor_formatting() -> None:
    assert normalised_sql("select '--' as a, 1 as b") != normalised_sql("select '--' as a, 2 as b")
    assert normalised_sql("select 'a b'") != normalised_sql("select 'a  b'")
    assert normalised_sql("select 1 -- it's\n, 2") == normalised_sql("select 1\n, 2")


def test_macros_count_with_the_macros_they_call_and_every_engines_version() -> None:
    macros = {"zone": "{{ feet(x) }}", "feet": "1", "duckdb__feet": "2", "default__feet": "3", "other": "4"}
    assert set(called_macros(["select {{ zone(x) }}"], macros)) == {"zone", "feet", "duckdb__feet", "default__feet"}


def test_the_projects_macros_are_found_by_name() -> None:
    assert {"shot_zone", "in_window", "duckdb__fold_diacritics"} <= set(project_macros())


def test_threads_of_dbt_may_ask_at_the_same_time() -> None:
    """Seen once in a build with two threads on Python 3.11 (2026-11): a SystemError of the parser."""
    contract = contract_of({"x": "INT64"})
    with ThreadPoolExecutor(8) as threads:
        for _ in range(40):
            logic_version_module._syntax_tree.cache_clear()
            asked = [threads.submit(logic_version, SQL, PROCESSOR, contract) for _ in range(8)]
            assert len({version.result() for version in asked}) == 1


def test_given_vars_count() -> None:
    contract = contract_of({"x": "INT64"})
    assert logic_version(SQL, PROCESSOR, contract) != logic_version(
        SQL, PROCESSOR, contract, {"regular_starter_days": "20"}
    )
