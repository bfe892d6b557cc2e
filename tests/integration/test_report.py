"""The report as a person sees it: written by the command, opened in a real browser, with nothing fetched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from python_processors import report
from python_processors.report.monitors import check_columns
from tests.integration.conftest import FIRST_MONTH, at_work
from tests.integration.test_command_line import TEAMS, as_json, fullcourt
from tests.warehouse import Warehouse

RANGE = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])
DAY = "2021-11-10"
CONTEXT = "upcoming_player_game_context"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (.ci/chromium installs one)")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=QUIET, viewport={"width": 1400, "height": 1000}
        )
        yield browser.new_page()
        browser.close()


def lose_games(warehouse: Warehouse) -> tuple[list[str], int, int]:
    """Keep one game of a date; the games lost, rows there before, and rows left."""
    games = [
        game for (game,) in warehouse.query(
            f"select distinct game_id from nba_analytics.{TEAMS} where game_date = '{DAY}' order by 1"
        )
    ]  # fmt: skip
    warehouse.execute(f"delete from nba_analytics.{TEAMS} where game_date = '{DAY}' and game_id <> '{games[0]}'")
    return games[1:], 2 * len(games), 2


@needs_chromium
def test_a_yellow_date_says_which_games_are_missing(
    copy_of_confirmed_month: Warehouse, tmp_path: Path, page: Page
) -> None:
    lost, before, left = lose_games(copy_of_confirmed_month)
    file = tmp_path / "page.html"
    written = as_json(copy_of_confirmed_month, "report", *RANGE, "--out", str(file), code=1)
    assert written["report"] == str(file)

    fetched: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.wait_for_selector("#durations svg")

    partial = page.locator("button.cell.partial")
    assert partial.count() == 1
    assert partial.get_attribute("data-day") == DAY
    assert partial.evaluate("cell => getComputedStyle(cell).backgroundImage").count("rgb(240, 200, 0)")  # yellow
    partial.click()
    told = page.locator("#detail").inner_text()
    assert f"{TEAMS}, {DAY}" in told
    assert f"{before} were published, {left} are there" in told
    assert all(game in told for game in lost)
    assert f"{left} of {before} rows" in " ".join(told.split())
    assert "built, since it was never built by a run." in told
    assert "are now" in told  # the fingerprint of its rows

    figures = written["headline"]
    assert page.locator("#trusted").inner_text() == f"{figures['trusted_pct']}%"
    assert f"{figures['complete']:,} of {figures['expected']:,}" in page.locator(".hero").inner_text()
    assert page.locator("#simulated").is_visible() == written["is_simulated"]
    assert [url for url in fetched if not url.startswith(("file://", "data:"))] == []
    assert len([url for url in fetched if url.startswith("file://")]) == 1
    assert problems == []


def test_a_column_that_stands_still_is_told_in_the_words_of_the_dbt_test(copy_of_confirmed_month: Warehouse) -> None:
    """The report runs the test's own SQL, so that they cannot differ."""
    copy_of_confirmed_month.execute("update nba_analytics.upcoming_player_game_context set days_rest = null")
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        days = [date.fromisoformat(day) for day in FIRST_MONTH]
        found = {check.column: check.finding for check in check_columns(project, warehouse, [CONTEXT], *days)}
    assert {column: finding for column, finding in found.items() if finding} == {"days_rest": "null too often"}


@needs_chromium
def test_the_matrix_is_walked_with_the_keyboard(copy_of_confirmed_month: Warehouse, tmp_path: Path, page: Page) -> None:
    lose_games(copy_of_confirmed_month)
    file = tmp_path / "page.html"
    fullcourt(copy_of_confirmed_month, "report", *RANGE, "--tables", TEAMS, "--out", str(file), code=1)
    page.goto(file.as_uri())
    page.locator(f"button.cell[data-table={TEAMS}][tabindex='0']").focus()  # the first that needs attention
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.day") == "2021-11-17"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert f"{TEAMS}, 2021-11-16" in page.locator("#detail").inner_text()
    assert page.url.endswith(f"#{TEAMS}/2021-11-16")
    page.locator("#next").click()
    assert f"{TEAMS}, {DAY}" in page.locator("#detail").inner_text()


@needs_chromium
def test_a_text_like_markup_is_shown_as_text(copy_of_confirmed_month: Warehouse, tmp_path: Path, page: Page) -> None:
    hostile = "</script><img src=x onerror=\"document.title='taken'\">"
    copy_of_confirmed_month.execute(
        "insert into nba_ops.decisions by name select 'a run' as run_id, table_name, game_date, 'failed' as decision,"
        f" '{hostile.replace(chr(39), chr(39) * 2)}' as reason, now()::timestamptz as decided_at,"
        " (select max(sequence) + 1 from nba_ops.decisions) as sequence from nba_ops.input_ledger"
        f" where table_name = '{TEAMS}' and game_date = '{DAY}'"
    )
    file = tmp_path / "page.html"
    fullcourt(copy_of_confirmed_month, "report", *RANGE, "--out", str(file), code=1)
    page.goto(f"{file.as_uri()}#{TEAMS}/{DAY}")
    page.wait_for_selector("html[data-ready]")
    assert hostile in page.locator("#detail .reason").inner_text()
    assert hostile in page.locator("#failures ~ div").first.inner_text()
    assert page.locator("img").count() == 0
    assert page.title() != "taken"


@pytest.mark.slow
def test_a_backfill_ends_with_the_page(copy_of_confirmed_month: Warehouse) -> None:
    file = copy_of_confirmed_month.path.parent / "target" / "report.html"
    said = fullcourt(copy_of_confirmed_month, "backfill", *RANGE, "--no-report")
    assert "Report" not in said.stderr
    assert not file.exists()
    said = fullcourt(copy_of_confirmed_month, "backfill", *RANGE)
    assert f"Report: {file} (100.0 % trusted" in said.stderr.splitlines()[-1]
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert file.stat().st_size < 6_000_000
    page = file.read_bytes()
    said = fullcourt(copy_of_confirmed_month, "backfill", "--start", DAY, "--end", DAY)
    assert said.stderr.splitlines()[-1] == f"Report: {file} (of an earlier run: nothing was built since)"
    assert file.read_bytes() == page
    lose_games(copy_of_confirmed_month)
    said = fullcourt(copy_of_confirmed_month, "backfill", "--start", DAY, "--end", DAY, "--tables", TEAMS)
    assert f"Report: {file} (" in said.stderr.splitlines()[-1]
    assert FIRST_MONTH[0] in file.read_text(encoding="utf-8")  # every date that was ever built, not that one alone


def test_a_report_that_fails_is_a_warning_and_no_failed_run(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise RuntimeError("the template is gone")

    monkeypatch.setattr(report, "write_report", break_down)
    said = fullcourt(copy_of_confirmed_month, "backfill", *RANGE, "--json")
    assert json.loads(said.stdout)["verification"]["passed"]
    assert "The report was not written, the run is not touched by that: the template is gone" in caplog.text


def test_a_report_of_what_is_whole_needs_nobody(copy_of_confirmed_month: Warehouse) -> None:
    figures = as_json(copy_of_confirmed_month, "report", *RANGE)
    assert figures["headline"]["trusted_pct"] == figures["headline"]["hash_coverage_pct"] == 100.0
    assert figures["is_simulated"]
    assert sum(table["findings"] for table in figures["columns"]) == 0
    assert {run["verdict"] for run in figures["runs"]} == {"built"}
