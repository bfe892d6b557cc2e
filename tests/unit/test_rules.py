"""The state of a date, by rules over what is known of it: the first that applies wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from python_processors.orchestration.state.rules import (
    LAYER_RULES,
    TABLE_RULES,
    Confirmation,
    Known,
    Now,
    decide,
)
from python_processors.orchestration.state.states import State

DAY = date(2021, 11, 5)
LIBRARIES = "duckdb=2.0.1;numpy=2.4.6"
CONFIRMED = Confirmation("boxes=5:1:2", "abc", "3:4:5", "v1", LIBRARIES, is_whole=True)
NOW = Now("v1", LIBRARIES)
# A date that is up to date: each test spoils one thing of it.
KNOWN = Known(
    "a_table", DAY, season=2021, is_analysis_date=True, rows="3:4:5", inputs="boxes=5:1:2", input_fingerprint="abc",
    confirmation=CONFIRMED, counted_outcome="complete", expected_rows=3, is_counted=True,
)  # fmt: skip


def of(known: Known, now: Now = NOW) -> State:
    return decide(TABLE_RULES, known, now)


def of_layer(known: Known, now: Now = NOW) -> State:
    return decide(LAYER_RULES, replace(known, table="staging_layer"), now)


def test_a_date_that_is_as_it_was_made_is_left_alone() -> None:
    state = of(KNOWN)
    assert (state.outcome, state.rule, state.is_due, state.actual_rows) == ("complete", "as_counted", False, 3)
    assert (of_layer(KNOWN).outcome, of_layer(KNOWN).is_due) == ("complete", False)


@pytest.mark.parametrize(
    ("spoiled", "now", "rule", "outcome", "why"),
    [
        ({"season": None, "rows": "0:0:0"}, {}, "off_day", "no_games", ""),
        ({"season": None, "rows": "0:0:0", "unknown_since": "the schedule ends"}, {}, "unknown", "unknown", ""),
        ({"season": None, "rows": "0:0:0", "counted_outcome": "blocked"}, {}, "unscheduled", "blocked", ""),
        ({"season": None, "rows": "0:0:0", "counted_outcome": "missing"}, {}, "unscheduled", "missing", ""),
        ({"is_analysis_date": False, "rows": "0:0:0"}, {"starts_later": True, "bootstrap_days": 14}, "bootstrap", "expected_empty", ""),
        ({"word": "blocked", "word_reason": "b failed"}, {}, "waited", "blocked", "it waited for what failed"),
        ({"word": "failed", "word_reason": "no disk"}, {}, "failed", "failed", "it failed"),
        ({"word": "taken_back", "word_reason": "a row is not its hash's"}, {}, "taken_back", "stale", "a row is not its hash's"),
        ({"confirmation": None}, {}, "never_built", "stale", "no run has confirmed its rows"),
        ({"confirmation": None, "rows": "0:0:0"}, {}, "never_built", "missing", "it was never built by a run"),
        ({"confirmation": replace(CONFIRMED, is_whole=False)}, {}, "damaged", "stale", "its ledger row is damaged"),
        ({"confirmation": replace(CONFIRMED, rows="")}, {}, "damaged", "stale", "its ledger row is damaged"),
        ({"rows": "2:4:4"}, {}, "altered", "partial", "its rows changed behind the ledger: 3 were published, 2 are there"),
        ({"rows": "4:4:4"}, {}, "altered", "stale", "its rows changed behind the ledger: 3 were published, 4 are there"),
        ({"rows": "0:0:0"}, {}, "altered", "missing", "its rows changed behind the ledger: 3 were published, 0 are there"),
        ({}, {"logic": "v2"}, "other_code", "stale", "its code changed"),
        ({"inputs": "boxes=6:1:2", "input_fingerprint": "abd"}, {}, "other_inputs", "stale", "its input changed: boxes, which it read"),
        ({"drift": {"int_form": "9 rows were made and 8 are there"}}, {}, "other_models", "stale",
         "a model that is built with it changed behind the ledger: int_form (9 rows were made and 8 are there)"),
        ({}, {"libraries": "duckdb=2.1.0;numpy=2.4.6"}, "other_libraries", "stale", "its libraries changed: duckdb 2.1.0, was 2.0.1"),
        ({}, {"forced": True}, "asked_for", "complete", "it was asked for by force"),
        ({"is_counted": False}, {}, "uncounted", "stale", ""),
        ({"counted_outcome": None}, {}, "uncounted", "stale", ""),
        ({"counted_outcome": "partial"}, {}, "as_counted", "partial", ""),
        ({"counted_outcome": "excused", "excused_rows": 3}, {}, "as_counted", "excused", ""),
    ],
)  # fmt: skip
def test_each_rule_has_its_sentence(
    spoiled: dict[str, object], now: dict[str, object], rule: str, outcome: str, why: str
) -> None:
    state = of(replace(KNOWN, **spoiled), replace(NOW, **now))  # type: ignore[arg-type]
    assert (state.rule, state.outcome, state.why) == (rule, outcome, why)


@pytest.mark.parametrize(
    "field", ["season", "rows", "inputs", "confirmation", "word", "drift", "is_counted", "libraries"]
)
def test_a_forced_date_is_due_whatever_else_is_wrong_with_it(field: str) -> None:
    spoiled = {
        "season": {"season": None}, "rows": {"rows": "2:0:0"}, "inputs": {"input_fingerprint": "other"},
        "confirmation": {"confirmation": None}, "word": {"word": "failed"}, "drift": {"drift": {"a": "b"}},
        "is_counted": {"is_counted": False}, "libraries": {},
    }[field]  # fmt: skip
    assert of(replace(KNOWN, **spoiled), replace(NOW, forced=True)).is_due  # type: ignore[arg-type]


@pytest.mark.parametrize("spoiled", [{"rows": "2:0:0"}, {"word": "taken_back", "word_reason": "it is wrong"}])
def test_rows_that_cannot_be_trusted_are_replaced_whatever_their_hashes_say(spoiled: dict[str, object]) -> None:
    assert of(replace(KNOWN, **spoiled)).replaces  # type: ignore[arg-type]
    assert of(KNOWN, replace(NOW, forced=True)).replaces
    assert not of(KNOWN, replace(NOW, logic="v2")).replaces


@pytest.mark.parametrize(
    "spoiled",
    [
        {"word": "failed"}, {"word": "blocked"}, {"confirmation": None}, {"confirmation": replace(CONFIRMED, is_whole=False)},
        {"confirmation": replace(CONFIRMED, logic="v0")}, {"input_fingerprint": "other"}, {"drift": {"a": "b"}},
        {"confirmation": replace(CONFIRMED, libraries=None)},
    ],
)  # fmt: skip
def test_force_and_a_word_taken_back_replace_rows_whatever_else_makes_the_date_due(spoiled: dict[str, object]) -> None:
    """A run that failed, or waited, since a verification found a wrong row does not make that row right."""
    known = replace(KNOWN, **spoiled)  # type: ignore[arg-type]
    assert not of(known).replaces
    assert of(known, replace(NOW, forced=True)).replaces
    assert of(replace(known, is_taken_back=True)).replaces


def test_a_patch_of_a_library_is_no_change_and_a_minor_version_is() -> None:
    assert not of(KNOWN, replace(NOW, libraries="duckdb=2.0.9;numpy=2.4.7")).is_due
    assert of(KNOWN, replace(NOW, libraries="duckdb=2.0.1;numpy=2.5.0")).rule == "other_libraries"
    assert of(replace(KNOWN, confirmation=replace(CONFIRMED, libraries=None))).rule == "other_libraries"


def test_the_staging_layer_is_due_for_raw_rows_and_for_its_own() -> None:
    raw = of_layer(replace(KNOWN, inputs="boxes=6:1:2"))
    assert (raw.rule, raw.why, raw.changed) == ("raw_changed", "raw rows changed: boxes", ("boxes",))
    own = of_layer(replace(KNOWN, drift={"int_shots": "9 rows were made and 8 are there"}))
    assert (own.rule, own.changed) == ("altered", ("int_shots",))
    assert own.why == "its rows changed behind the ledger: int_shots (9 rows were made and 8 are there)"
    assert of_layer(replace(KNOWN, rows="0:0:0", confirmation=None)).outcome == "missing"


def test_raw_rows_that_changed_hide_no_schedule_that_was_edited() -> None:
    """Or dates are planned by the edited one, and those that it left out are due once it is built again."""
    both = of_layer(
        replace(KNOWN, inputs="boxes=6:1:2", drift={"dim_game_dates": "17 rows were made and 17 are there"})
    )
    assert both.changed == ("boxes", "dim_game_dates")
    assert both.why == (
        "raw rows changed: boxes; and its rows changed behind the ledger:"
        " dim_game_dates (17 rows were made and 17 are there)"
    )
