"""A finding leads with the error's own sentence, whatever dbt and Python put around it."""

from __future__ import annotations

import traceback

import pytest

from python_processors.alerts.sentences import own_sentence, without_passing, without_rows
from python_processors.errors import CastError

SENTENCE = "player_game_summary.usage_rate: 9000000 does not fit NUMERIC(6,2). Row: game_id=0022100131."
OF_DBT = "Runtime Error in model player_game_summary (models/analytics/player_game_summary.py) "


def traced(error: Exception) -> str:
    """What dbt-duckdb says of a Python model that raised, on one line as a run keeps it."""
    try:
        try:
            int("a list of: things")
        except ValueError as cause:
            raise error from cause
    except Exception as raised:
        said = "".join(traceback.format_exception(raised))
    return OF_DBT + " ".join(f"Python model failed:\n{said}".split())


def test_of_a_traceback_the_error_is_left_and_not_the_calls() -> None:
    error = CastError("player_game_summary", "usage_rate", "9000000 does not fit NUMERIC(6,2).", "game_id=0022100131")
    assert own_sentence(traced(error)) == str(error)


def test_an_error_that_quotes_another_is_whole() -> None:
    error = RuntimeError("the feed ended early: ValueError: no rows of 0022100131: load it again")
    assert own_sentence(traced(error)) == f"RuntimeError: {error}"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (f"{OF_DBT}{SENTENCE}", SENTENCE),
        (
            "Runtime Error in model int_boxes (models/intermediate/int_boxes.sql) Conversion Error: Could not convert"
            ' string "x" to INT32 LINE 12: select cast(points as integer) ^',
            'Conversion Error: Could not convert string "x" to INT32',
        ),
        (
            "test unique_grain: Database Error in test unique_grain (tests/x.sql) Binder Error: no column"
            " compiled code at target/run/x.sql",
            "Binder Error: no column",
        ),
        ("skipped, since something that it reads failed", "skipped, since something that it reads failed"),
        ("", ""),
    ],
)
def test_where_dbt_met_it_is_left_out(message: str, sentence: str) -> None:
    assert own_sentence(message) == sentence


def test_a_sentence_without_what_passes_is_the_same_in_the_next_run() -> None:
    first = "run 20211127T060000-abcdef of 2021-11-05 ended 2021-11-27 06:00:01.5+00:00 after 3.2 s at 0x7f00aa: 3 of 4 rows"
    second = (
        "run 20211128T060100-fedcba of 2021-11-05 ended 2021-11-28 06:01:07+00:00 after 14 s at 0x7f1234: 3 of 4 rows"
    )
    assert without_passing(first) == without_passing(second)
    assert "2021-11-05" in without_passing(first)
    assert without_passing("3 of 4 rows") != without_passing("2 of 4 rows")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "t.usage_rate: 24380558.44 is outside NUMERIC(6,2) Row: game_id=20211119_OKC_DEN, player_lookup=zachbagley.",
            "t.usage_rate: 9000000 is outside NUMERIC(6,2) Row: game_id=20211119_MIA_BOS, player_lookup=jimmybutler.",
        ),
        (
            "`t` would hold 3 duplicated keys (id): player_lookup=a; player_lookup=b. Nothing was published.",
            "`t` would hold 2 duplicated keys (id): player_lookup=c. Nothing was published.",
        ),
        ('Conversion Error: Could not convert string "x" to INT32', 'Conversion Error: Could not convert string "y" to INT32'),
    ],
)  # fmt: skip
def test_the_same_error_is_the_same_whichever_row_it_names(first: str, second: str) -> None:
    assert without_rows(first) == without_rows(second)


def test_another_error_or_column_is_another_one() -> None:
    texts = [
        "t.usage_rate: 9 is outside NUMERIC(6,2) Row: id=1.", "t.points: 9 is outside NUMERIC(6,2) Row: id=1.",
        "t.points is null, and its contract requires a value. Row: id=1.", "skipped, since something failed",
    ]  # fmt: skip
    assert len({without_rows(text) for text in texts}) == len(texts)
