"""What holds a table up, what it declares to read, and what is counted of it are about the same tables."""

from __future__ import annotations

import pytest
import yaml

from python_processors.contract import PROJECT_ROOT, hashed_tables
from python_processors.coverage import COLUMNS
from python_processors.errors import ContractError
from python_processors.orchestration.state.reads import Read, reads_of

# Windows of a contract's reads that lie in a window of var precompute_reads.
WITHIN = {"season_before": {"season_before", "games", "days"}, "same_date": {"same_date"}}


def precompute_reads() -> dict[str, dict[str, str]]:
    project = yaml.safe_load((PROJECT_ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    reads: dict[str, dict[str, str]] = project["vars"]["precompute_reads"]
    return reads


@pytest.mark.parametrize("table", sorted(precompute_reads()))
def test_what_holds_a_table_up_is_what_it_declares_to_read(table: str) -> None:
    for upstream, window in precompute_reads()[table].items():
        windows = {read.window for read in reads_of(table) if read.upstream == upstream}
        assert windows & WITHIN[window], f"{upstream} holds up {table} over {window}, and is declared over {windows}"


@pytest.mark.parametrize("table", sorted(precompute_reads()))
def test_another_table_of_the_same_date_holds_up_whoever_reads_it(table: str) -> None:
    same_date = {read.upstream for read in reads_of(table) if read.window == "same_date"}
    assert same_date & set(hashed_tables()) == {
        upstream for upstream, window in precompute_reads()[table].items() if window == "same_date"
    }


def test_coverage_counts_every_hashed_table() -> None:
    sql = (PROJECT_ROOT / "models" / "ops" / "coverage.sql").read_text(encoding="utf-8")
    analytics = {table for table in hashed_tables() if f"'{table}'" in sql}
    assert analytics | set(precompute_reads()) == set(hashed_tables()) == set(COLUMNS)
    assert analytics & set(precompute_reads()) == set()


@pytest.mark.parametrize(
    ("read", "problem"),
    [
        ({"window": "whole"}, "no `from`"),
        ({"from": "a", "windows": "whole"}, "has windows"),
        ({"from": "a", "window": "yesterday"}, "no window is called yesterday"),
        ({"from": "a", "window": "days"}, "need a size"),
        ({"from": "a", "window": "games", "size": 5}, "`games` a `by`"),
    ],
)
def test_a_read_that_cannot_be_understood_is_refused(read: dict[str, object], problem: str) -> None:
    with pytest.raises(ContractError, match=problem):
        Read.parse("made_up", read)
