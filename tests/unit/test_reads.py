"""What holds a table up, what it declares to read, and what is counted of it are about the same tables."""

from __future__ import annotations

import pytest

from python_processors.contract import hashed_tables
from python_processors.contract.declared import declared_rows
from python_processors.errors import ContractError
from python_processors.orchestration.project import precompute_reads
from python_processors.orchestration.state.reads import Read, reads_of

# Windows of a contract's reads that lie in a window that it waits for.
WITHIN = {"season_before": {"season_before", "games", "days"}, "same_date": {"same_date"}}


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


@pytest.mark.parametrize("table", [name for name, declared in declared_rows().items() if declared.history])
def test_a_history_that_must_be_whole_holds_the_games_that_the_table_looks_back_on(table: str) -> None:
    declared = declared_rows()[table]
    assert declared.history is not None
    own = {read.size for read in reads_of(table) if read.window == "games" and read.of == table}
    whole = {int(name[1:]) for name in declared.history.windows if name[1:].isdigit()}
    assert own <= whole


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
