"""The report's figures from literal states, what runs saved, what monitors say, and that no text becomes markup."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.proof.answers import gaps_of
from python_processors.orchestration.proof.held_back import HeldBack
from python_processors.orchestration.state.states import OUTCOMES, State
from python_processors.report.facts import Confirmed, Decision, Facts, Failing
from python_processors.report.html import render
from python_processors.report.monitors import expected_of
from python_processors.report.page import CELL, headline, matrix, page_data, share
from python_processors.report.runs import Decided, Step, left_alone, runs_of, seconds_per_date
from tests.unit.contracts import contract_of

TABLE, OTHER = "player_daily_cache", "team_offense_game_summary"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HOSTILE = "</script><img src=x onerror=alert(1)><!--' \" & <b>"


@pytest.fixture(autouse=True)
def quick_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundling Vega takes seconds, and none of these tests draws a chart."""
    monkeypatch.setattr("python_processors.report.html.chart_library", lambda: "var vega = '</script>';")


def day(number: int) -> date:
    return date(2021, 11, number)


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 21, hour, minute, tzinfo=UTC)


def state(number: int, outcome: str, reason: str = "", table: str = TABLE, **facts: Any) -> State:
    return State(table, day(number), outcome, reason, **facts)


def facts_of(*states: State, **more: Any) -> Facts:
    return Facts(
        day(1), day(30), NOW, "duckdb", (OTHER, TABLE), states, seasons={day(n): 2021 for n in range(1, 31)}, **more
    )


def test_trusted_is_complete_of_all_that_are_to_have_rows() -> None:
    states = [state(n, outcome) for n, outcome in enumerate(OUTCOMES, start=1)]
    found = headline(facts_of(*states, state(20, "complete"), rows=200, hashed_rows=199))
    assert (found["complete"], found["expected"], found["trusted_pct"]) == (3, 9, 33.3)
    assert found["excused"] == 1
    assert found["needs_attention"] == 6  # all but no games, nothing expected, excused and complete
    assert found["hash_coverage_pct"] == 99.5


def test_the_layer_of_raw_models_is_shown_and_not_counted() -> None:
    facts = facts_of(state(1, "complete"), layer=[state(1, "stale", table=LAYER)])
    assert headline(facts)["trusted_pct"] == 100.0
    assert matrix(facts)["cells"][LAYER]["2021-11-01"][0] == OUTCOMES.index("stale")


@pytest.mark.parametrize(("part", "whole", "said"), [(9_999, 10_000, 99.9), (5, 5, 100.0), (0, 3, 0.0), (0, 0, None)])
def test_a_share_is_rounded_down_so_that_100_means_all(part: int, whole: int, said: float | None) -> None:
    assert share(part, whole) == said


def test_gaps_are_those_of_the_command_one_line_per_reason() -> None:
    states = [
        state(1, "missing", "it was never built by a run", table=OTHER), state(3, "missing", "it was never built by a run"),
        state(4, "expected_empty", "the first 14 days of the season"), state(5, "complete"), state(6, "partial", "lost: 3"),
    ]  # fmt: skip
    lines = page_data(facts_of(*states))["gaps"]
    assert [(line["kind"], line["reason"], line["dates"]) for line in lines] == [
        ("missing", "it was never built by a run", 2), ("partial", "lost", 1),
        ("not expected", "the first 14 days of the season", 1),
    ]  # fmt: skip
    assert sum(len(line["ranges"]) for line in lines) == len(gaps_of(states))


def test_a_cell_has_the_chain_of_fingerprints_with_what_changed() -> None:
    changed = state(
        2, "stale", "its input changed: teams", expected_rows=9, actual_rows=9, input_fingerprint="beef",
        output_fingerprint="9:1:2",
    )  # fmt: skip
    confirmed = Confirmed(
        "run 1", at(5), "logic 1", "cafe", "9:1:2", {"games": "3:1:1", "teams": "30:1:1"},
        {"games": "3:1:1", "teams": "30:7:7"},
    )  # fmt: skip
    decision = Decision("run 1", "built", "it was never built by a run", at(5))
    found = matrix(
        facts_of(changed, confirmed={(TABLE, day(2)): confirmed}, decisions={(TABLE, day(2)): decision})
    )  # fmt: skip
    cell = dict(zip(CELL, found["cells"][TABLE]["2021-11-02"], strict=True))
    texts = found["texts"]
    names = next(table["reads"] for table in found["tables"] if table["name"] == TABLE)
    reads = {names[name]: [texts[place] for place in places] for name, *places in cell["reads"]}
    assert reads == {"games": ["3:1:1"], "teams": ["30:1:1", "30:7:7"]}
    assert (cell["expected"], cell["actual"]) == (9, 9)
    said = ("reason", "input", "input_now", "output", "confirmed_output", "run", "recorded", "logic", "decision")
    assert [texts[cell[name]] for name in said] == [
        "its input changed: teams", "cafe", "beef", "9:1:2", "9:1:2", "run 1", "2026-11-21 05:00:00 UTC", "logic 1",
        "2026-11-21 05:00 UTC, run run 1: built, since it was never built by a run.",
    ]  # fmt: skip


def test_a_date_without_games_belongs_to_the_season_that_is_nearest() -> None:
    seasons = {date(2022, 6, 16): 2021, date(2022, 10, 18): 2022}
    raw = [State(LAYER, date(2022, 6, 18), "complete"), State(LAYER, date(2022, 10, 2), "complete")]
    games = [State(TABLE, one, "complete") for one in seasons]
    facts = Facts(date(2022, 6, 1), date(2022, 12, 1), NOW, "duckdb", (TABLE,), games, raw, seasons)
    assert [(one["season"], one["first"], one["last"]) for one in matrix(facts)["seasons"]] == [
        ("2021-22", "2022-06-16", "2022-06-18"), ("2022-23", "2022-10-02", "2022-10-18"),
    ]  # fmt: skip


def step(run_id: str, at_: datetime, table: str = TABLE, *, seconds: float = 0.0, dates: int = 0, **facts: Any) -> Step:
    values: dict[str, Any] = {
        "ended_at": at_ + timedelta(seconds=seconds), "is_success": True, "rows_written": 0, "error": "",
        "is_skip": False, "first": day(1), "last": day(10), **facts,
    }  # fmt: skip
    return Step(table=table, run_id=run_id, started_at=at_, seconds=seconds, dates=dates, **values)


FIRST, SECOND = "20261121T050000-aaaaaa", "20261121T070000-bbbbbb"
CONFIRMED = {TABLE: [(day(n), at(5, 30)) for n in range(1, 11)]}


def test_time_saved_is_dates_spared_times_what_a_date_took() -> None:
    steps = [
        step("invocation 1", at(5, 1), seconds=20.0, dates=10),
        step("invocation 2", at(7, 1), seconds=4.0, dates=2),
        step("invocation 3", at(7, 2), seconds=99.0, dates=1, is_success=False, error="it broke"),
    ]
    decided = [
        Decided(FIRST, TABLE, "built", 10, day(1), day(10), at(5, 2), at(5, 2)),
        Decided(SECOND, TABLE, "built", 2, day(3), day(4), at(7, 2), at(7, 3)),
        Decided(SECOND, TABLE, "cut_off", 3, day(5), day(7), at(7, 2), at(7, 3)),
    ]
    assert seconds_per_date(steps) == {TABLE: 2.0}  # 24 s over 12 dates; a failed step tells nothing of a date
    first, second = runs_of(steps, decided, {"invocation 1": FIRST, "invocation 2": SECOND}, CONFIRMED)
    assert (first.run_id, first.built, first.left_alone, first.saved, first.verdict) == (FIRST, 10, 0, 0.0, "built")
    # Ten dates were confirmed before it, and it decided on five: five it left alone, three came out the same.
    assert (second.built, second.left_alone, second.cut_off, second.saved) == (2, 5, 3, 16.0)
    assert (second.verdict, second.errors) == ("failed", ("it broke",))  # by time: nothing else says whose it is
    assert first.seconds == 20.0


def test_a_run_with_nothing_to_do_left_all_of_its_range_alone() -> None:
    skip = step(SECOND, at(7), is_skip=True, first=day(4), last=day(30))
    built = step("invocation 1", at(5, 1), seconds=20.0, dates=10)
    (run,) = [one for one in runs_of([built, skip], [], {"invocation 1": FIRST}, CONFIRMED) if one.run_id == SECOND]
    assert (run.left_alone, run.saved, run.verdict, run.built) == (7, 14.0, "nothing to do", 0)


def test_a_date_confirmed_only_later_was_not_left_alone() -> None:
    assert left_alone(TABLE, day(1), day(10), at(5), 0, CONFIRMED) == 0
    assert left_alone(TABLE, day(1), day(10), at(6), 12, CONFIRMED) == 0
    assert left_alone(TABLE, day(2), day(3), at(6), 1, CONFIRMED) == 1


@pytest.mark.parametrize(
    ("meta", "nulls", "is_constant", "expected"),
    [
        ({}, 0, False, ""),
        ({}, 20, False, ""),
        ({}, 0, True, "too few rows or dates of the regular season to tell"),
        ({"constant": "by construction"}, 0, True, "one value by contract: by construction"),
        ({"constant": "by construction"}, 0, False, ""),
        ({"constant_in_window": True}, 0, True, "one value is all right in a range shorter than most of a season"),
        ({"max_null_rate": 0.25}, 0, False, ""),
        ({"max_null_rate": 0.25}, 250, False, "up to 25 % null by contract"),
        ({"max_null_rate": 1.0}, 1000, True, "may be null by contract"),
        ({"null_by_contract": True}, 1000, True, "null by contract: no source fills it"),
    ],
)
def test_nulls_and_constants_that_are_all_right_have_the_contracts_words(
    meta: dict[str, Any], nulls: int, is_constant: bool, expected: str
) -> None:
    (column,) = [one for one in contract_of({"x": "INT64"}, x=meta).columns if one.name == "x"]
    assert expected_of(column, nulls, is_constant) == expected


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_no_text_of_the_warehouse_becomes_markup() -> None:
    """A table, reason, run, read, feed or error named like markup stays text: in the template, and in the data."""
    facts = facts_of(
        state(2, "failed", HOSTILE), state(3, "partial", HOSTILE, table=HOSTILE),
        confirmed={(TABLE, day(2)): Confirmed(HOSTILE, at(5), HOSTILE, "a", "b", {HOSTILE: HOSTILE}, {})},
        decisions={(TABLE, day(2)): Decision(HOSTILE, HOSTILE, HOSTILE, at(5))},
        steps=[step(HOSTILE, at(5), error=HOSTILE, is_success=False)],
        failing=[Failing(HOSTILE, "failed", HOSTILE, (day(2),), 1, at(5))],
        quarantined=[HeldBack(HOSTILE, HOSTILE, 1, day(2), day(2), HOSTILE)],
    )  # fmt: skip
    data = page_data(facts)
    page = render(data)
    parsed = _Elements()
    parsed.feed(page)
    assert "img" not in parsed.tags
    assert parsed.handlers == []
    assert parsed.tags.count("script") == 3
    (embedded,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert not set("<>&") & set(embedded)
    assert json.loads(embedded)["matrix"] == json.loads(json.dumps(data["matrix"]))
    assert HOSTILE in json.loads(embedded)["matrix"]["texts"]


def test_the_page_names_nothing_to_fetch_and_allows_no_connection() -> None:
    page = render(page_data(facts_of(state(1, "complete"))))
    assert re.findall(r"<(?:script|img|link|iframe)[^>]*(?:src|href)=\"(?!data:,)", page) == []
    assert "default-src 'none'; script-src 'sha256-" in unescape(page)
    assert "unsafe-eval" not in page


def test_an_invented_league_is_called_that() -> None:
    assert "Simulated league" in render(page_data(facts_of(state(1, "complete"), is_simulated=True)))
    assert "Simulated league" not in render(page_data(facts_of(state(1, "complete"), is_simulated=False)))


def test_an_empty_warehouse_has_a_page_too() -> None:
    assert "Nothing needs attention" in render(page_data(Facts(day(1), day(2), NOW, "duckdb", (TABLE,), ())))


def test_templates_are_where_an_install_puts_them() -> None:
    import python_processors.report as package

    assert (Path(package.__file__).parent / "templates" / "report.html.j2").is_file()
