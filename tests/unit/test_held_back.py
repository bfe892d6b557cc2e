"""Each row that is held back says what repairs it."""

from __future__ import annotations

import re

import pytest

from python_processors.contract import PROJECT_ROOT
from python_processors.orchestration.proof.held_back import TO_DO, HeldBack


def reasons_in_sql() -> set[str]:
    """What staging, and what judges whole games, may say of a row."""
    texts = [path.read_text() for folder in ("models", "macros") for path in (PROJECT_ROOT / folder).rglob("*.sql")]
    found = {said for text in texts for said in re.findall(r"(?:then|else|concat\()\s*'([a-z][^':]*)", text)}
    players = {said for said in found if said.endswith("{{ player }}")}
    return found | {said.replace("{{ player }}", who) for said in players for who in ("player", "second player")}


def to_do(reason: str) -> str:
    return HeldBack("feed", reason, 1, None, None, "row").to_do


@pytest.mark.parametrize("reason", sorted(TO_DO))
def test_what_has_a_repair_of_its_own_is_a_reason_that_sql_gives(reason: str) -> None:
    assert reason in reasons_in_sql()


def test_of_a_row_that_no_table_lacks_nothing_is_asked() -> None:
    of = HeldBack("odds_api_game_lines", "no number", 1, None, None, "row", needs_action=False)
    assert of.sentence.endswith("no number (row): left out, and no row lacks for it: no action needed")


def test_only_players_nobody_knows_need_an_alias() -> None:
    needs = {reason for reason in reasons_in_sql() if "alias" in to_do(reason)}
    assert needs == {f"{what} {who}" for what in ("unknown", "ambiguous") for who in ("player", "second player")}


def test_a_reason_with_more_words_after_a_colon_has_the_same_repair() -> None:
    assert to_do("no feed agrees with the final score: 40 of 98 points") == TO_DO["no feed agrees with the final score"]
    assert (
        to_do("unknown player status") == to_do("unreadable minutes") == "correct the row in its file, and load again"
    )
