"""What a publish may delete: on a few dates, without a warehouse."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from python_processors.deletions import Allowance, DateChange, DeletionsError, check_deletions, find_problems

FIVE_PERCENT = Allowance(5)
ASKED = {
    "query": "changes",
    "played_feeds_query": "games",
    "max_deleted_pct": 5,
    "deletes_allowed": None,
    "allow_deletes": False,
}


@pytest.mark.parametrize(
    ("stored", "allowance", "allowed"),
    [
        (200, FIVE_PERCENT, 10),
        (199, FIVE_PERCENT, 9),
        (20, FIVE_PERCENT, 1),
        (3, FIVE_PERCENT, 1),
        (0, FIVE_PERCENT, 1),
        (200, Allowance(0), 0),
        (200, Allowance(5, deletes_allowed=0), 0),
        (200, Allowance(5, deletes_allowed=50), 50),
    ],
)
def test_a_share_is_rounded_down_and_one_key_may_always_go(stored: int, allowance: Allowance, allowed: int) -> None:
    assert allowance.keys(stored) == allowed


def test_exactly_the_share_may_go_and_one_more_may_not() -> None:
    rest = DateChange("2021-10-20", 100, 100, 0)
    assert find_problems([DateChange("2021-10-19", 100, 90, 10), rest], {}, FIVE_PERCENT) == []
    assert find_problems([DateChange("2021-10-19", 100, 89, 11), rest], {}, FIVE_PERCENT) == [
        "11 keys of 200 rows would be deleted, and 10 may go at once (5 % of the rows stored in the window, var"
        " max_deleted_pct): 2021-10-19 (11 keys deleted: 100 rows before, 89 after)."
    ]


def test_keys_that_others_replace_are_deleted_all_the_same() -> None:
    (problem,) = find_problems([DateChange("2021-10-19", 100, 100, 100)], {}, FIVE_PERCENT)
    assert "100 keys deleted: 100 rows before, 100 after" in problem


def test_a_date_may_not_become_empty_while_a_feed_has_its_games() -> None:
    emptied = [DateChange("2021-10-19", 1, 0, 1), DateChange("2021-10-20", 99, 99, 0)]
    assert find_problems(emptied, {}, FIVE_PERCENT) == []
    games = {"2021-10-19": {"nbac_team_boxscore": 2, "bdl_player_boxscores": 1}}
    assert find_problems(emptied, games, Allowance(5, deletes_allowed=1)) == [
        "Dates would lose all rows, and feeds still have their games: 2021-10-19 (1 row; 1 raw row in"
        " bdl_player_boxscores, 2 raw rows in nbac_team_boxscore)."
    ]


def test_a_date_that_had_no_rows_does_not_become_empty() -> None:
    games = {"2021-10-19": {"nbac_team_boxscore": 2}}
    assert find_problems([DateChange("2021-10-19", 0, 0, 0)], games, FIVE_PERCENT) == []


def test_of_many_dates_the_first_five_are_named() -> None:
    changes = [DateChange(f"2021-10-{day}", 10, 5, 5) for day in range(27, 19, -1)]
    (problem,) = find_problems(changes, {}, FIVE_PERCENT)
    assert "40 keys of 80 rows" in problem
    assert "2021-10-20 (5" in problem
    assert problem.endswith("2021-10-24 (5 keys deleted: 10 rows before, 5 after) and 3 more dates.")


def test_the_refusal_says_what_to_do_and_feeds_are_read_only_for_empty_dates() -> None:
    asked: list[str] = []

    def read(query: str) -> pa.Table:
        asked.append(query)
        return pa.table({"game_date": ["2021-10-19"], "rows_before": [100], "rows_after": [50], "deleted_keys": [50]})

    with pytest.raises(DeletionsError, match="`--allow-deletes` with fullcourt") as refused:
        check_deletions(read, "a_table", ASKED)
    assert "`a_table` was not published" in str(refused.value)
    assert '{"allow_deletes": true}' in str(refused.value)
    assert asked == ["changes"]


def test_a_run_that_allows_deletes_asks_nothing() -> None:
    def read(query: str) -> Any:
        raise AssertionError(query)

    check_deletions(read, "a_table", ASKED | {"allow_deletes": True})
