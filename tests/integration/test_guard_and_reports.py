"""What a large plan is asked for, and what a person is told of dates: status, gaps, explain, verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_processors.orchestration import backfill
from python_processors.orchestration.project import LAYER
from tests.integration.conftest import FIRST_MONTH
from tests.integration.test_command_line import DAY, MONTH, TEAMS, as_json, contents, fullcourt
from tests.warehouse import Warehouse

THREE_DAYS = ("--start", "2021-11-09", "--end", "2021-11-11", "--tables", TEAMS)


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan of three dates is large, and a month has two days."""
    monkeypatch.setattr(backfill, "DATES_WITHOUT_CONFIRMATION", 2)
    monkeypatch.setattr(backfill, "FIRST_MONTH_DAYS", 2)


def lose_rows(warehouse: Warehouse, where: str) -> None:
    warehouse.execute(f"delete from nba_analytics.{TEAMS} where {where}")


@pytest.mark.usefixtures("small_limits")
@pytest.mark.slow
def test_a_large_plan_runs_only_on_a_yes(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, month = copy_of_confirmed_month, ("--skip-first-month", *THREE_DAYS)
    whole = warehouse.hashes()
    lose_rows(warehouse, "game_date between '2021-11-09' and '2021-11-11' and home_game")
    before = contents(warehouse)
    said = fullcourt(warehouse, "backfill", *month, code=2).stderr
    assert "The plan has 3 dates" in said
    assert "run the same command with --yes. Nothing was started." in said
    assert "--yes" in as_json(warehouse, "backfill", *month, code=2)["error"]
    assert "Build these 3 dates?" in fullcourt(warehouse, "backfill", *month, code=2, answer="n\n").stderr
    assert contents(warehouse) == before
    fullcourt(warehouse, "backfill", *month, answer="y\n")
    assert warehouse.hashes() == whole


@pytest.mark.slow
@pytest.mark.usefixtures("small_limits")
def test_a_long_range_waits_for_its_first_month(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    lose_rows(warehouse, "game_date between '2021-11-09' and '2021-11-11' and home_game")
    before = contents(warehouse)
    said = fullcourt(warehouse, "backfill", "--yes", *THREE_DAYS, code=2).stderr
    assert "first month of the range, 2021-11-09 to 2021-11-10, is not verified (team_offense_game_summary: " in said
    assert "--skip-first-month" in said
    assert contents(warehouse) == before
    first = ("--start", "2021-11-09", "--end", "2021-11-10", "--tables", TEAMS)
    fullcourt(warehouse, "backfill", "--yes", *first)
    assert as_json(warehouse, "backfill", "--yes", *THREE_DAYS)["built"] == {TEAMS: 1}


@pytest.mark.slow
@pytest.mark.usefixtures("small_limits")
def test_an_empty_warehouse_is_told_to_begin_with_the_first_month(tmp_path: Path, league: Path) -> None:
    empty = Warehouse(tmp_path / "fullcourt.duckdb", league)
    days = ("--start", "2021-10-19", "--end", "2021-10-21", "--tables", TEAMS)
    said = fullcourt(empty, "backfill", "--yes", *days, code=2).stderr
    assert "first month of the range, 2021-10-19 to 2021-10-20, is not verified (nothing of it is built)" in said
    assert not empty.path.exists()


def test_no_yes_lifts_the_hard_caps(copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "MOST_DATES", 2)
    before = contents(copy_of_confirmed_month)
    said = fullcourt(copy_of_confirmed_month, "backfill", "--yes", "--force", *THREE_DAYS, code=2).stderr
    assert "a run takes at most 2. Split the range." in said
    assert contents(copy_of_confirmed_month) == before


def test_a_date_that_lost_most_of_its_rows_is_partial_in_every_report(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    teams = warehouse.query(
        f"select game_id, team_abbr from nba_analytics.{TEAMS} where game_date = '{DAY}' order by 1, 2"
    )
    kept, lost_games = teams[:2], sorted({game for game, _ in teams[2:]})
    lose_rows(warehouse, f"game_date = '{DAY}' and (game_id, team_abbr) not in {tuple(kept)}")

    verification = as_json(warehouse, "verify", *MONTH, code=1)
    failing = {table["table"]: table["reasons"] for table in verification["tables"] if table["reasons"]}
    (reason,) = failing.pop(TEAMS)
    assert reason.startswith(f"{DAY} is partial (2 of {len(teams)} rows)")
    assert f"missing games: {', '.join(lost_games)}" in reason
    # Tables that were made from the rows that are gone are stale for it.
    assert all("is stale" in reason and TEAMS in reason for reasons in failing.values() for reason in reasons)
    text = fullcourt(warehouse, "verify", *MONTH, code=1).stdout
    assert text.rstrip().endswith("FAIL")
    assert all(game in text for game in lost_games)

    (gap,) = [gap for gap in as_json(warehouse, "gaps", *MONTH, code=1)["gaps"] if gap["kind"] == "partial"]
    assert (gap["table"], gap["start"], gap["end"], gap["kind"]) == (TEAMS, DAY, DAY, "partial")
    status = as_json(warehouse, "status", *MONTH, "--by-date", code=1)
    (state,) = [state for state in status["dates"] if state["outcome"] == "partial"]
    assert (state["table"], state["day"]) == (TEAMS, DAY)
    assert (state["actual_rows"], state["expected_rows"]) == (2, len(teams))
    (line,) = [line for line in status["tables"] if "partial" in line["outcomes"]]
    assert (line["table"], line["outcomes"]["partial"], line["is_fine"]) == (TEAMS, 1, False)
    said = fullcourt(warehouse, "explain", TEAMS, DAY, code=1).stdout
    assert f"{TEAMS} of {DAY} is partial: its rows changed behind the ledger: {len(teams)} were published, 2" in said


@pytest.mark.slow
def test_rows_that_nobody_counted_are_not_complete_and_a_run_counts_them_without_building(
    copy_of_confirmed_month: Warehouse,
) -> None:
    """As a run leaves a date that is killed after a table was published and before its rows were counted."""
    warehouse = copy_of_confirmed_month
    warehouse.execute(
        f"update nba_ops.input_ledger set inputs = replace(inputs, '{TEAMS}=', '{TEAMS}=9')"
        f" where table_name = 'coverage' and game_date = '{DAY}'"
    )
    (gap,) = [gap for gap in as_json(warehouse, "gaps", *MONTH, code=1)["gaps"] if gap["kind"] != "not expected"]
    assert (gap["table"], gap["start"], gap["end"], gap["kind"]) == (TEAMS, DAY, DAY, "stale")
    assert gap["reason"] == "its rows are not yet counted against the schedule"
    assert not as_json(warehouse, "verify", *MONTH, code=1)["passed"]
    plan = as_json(warehouse, "plan", *MONTH)
    assert (plan["steps"], plan["uncounted_dates"]) == ([], 1)
    assert as_json(warehouse, "backfill", *MONTH, "--yes")["built"] == {}
    assert as_json(warehouse, "verify", *MONTH)["passed"]


def test_a_month_as_it_was_made_needs_nobody(copy_of_confirmed_month: Warehouse) -> None:
    """The first days of a season are not expected, and days off are listed only with --all."""
    warehouse = copy_of_confirmed_month
    gaps = as_json(warehouse, "gaps", *MONTH)["gaps"]
    assert {gap["kind"] for gap in gaps} == {"not expected"}
    assert min(gap["start"] for gap in gaps) == "2021-10-19"
    assert "not expected: the first 14 days" in fullcourt(warehouse, "gaps", *MONTH).stdout

    status = as_json(warehouse, "status", *MONTH, "--by-season")
    text = fullcourt(warehouse, "status", *MONTH, "--by-season").stdout
    assert {line["season"] for line in status["tables"]} == {2021}
    for line in status["tables"]:
        assert line["is_fine"]
        if line["table"] == LAYER:
            continue  # its models' rows are not hashed
        assert line["rows"] == line["hashed_rows"]
        (printed,) = [row for row in text.splitlines() if row.startswith(f"{line['table']} 2021-22 ")]
        assert f"{line['rows']:,} rows, 100.0 % hashed" in printed
        assert f"{line['outcomes']['complete']} complete" in printed

    verification = as_json(warehouse, "verify", *MONTH)
    assert verification["passed"]
    assert fullcourt(warehouse, "verify", *MONTH).stdout.rstrip().endswith("PASS")
    assert as_json(warehouse, "plan", *MONTH)["steps"] == []
    retried = as_json(warehouse, "retry", *MONTH)
    assert (retried["retried"], retried["open"], retried["excused"]) == ([], [], 0)
    assert as_json(warehouse, "migrate", "--dry-run") == {
        "repaired": [], "left": [], "changes": [], "conversions": [], "kept": []
    }  # fmt: skip


def test_explain_names_the_read_that_changed(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    assert "A run would leave it alone." in fullcourt(warehouse, "explain", TEAMS, DAY).stdout
    assert f"{FIRST_MONTH[1]}" in fullcourt(warehouse, "explain", TEAMS, FIRST_MONTH[1]).stdout
    assert "2021-10-12 has no games" in fullcourt(warehouse, "explain", TEAMS, "2021-10-12").stdout
    warehouse.execute(
        f"update nba_analytics.{TEAMS} set data_hash = 'ffffffffffffffff' where game_date = '{DAY}' and home_game"
    )
    table = "player_game_summary"
    said = fullcourt(warehouse, "explain", table, DAY, code=1).stdout
    assert "is stale: its input changed: " in said
    assert TEAMS in said.partition("Changed since: ")[2]
    assert "A run would build it" in said
    state = as_json(warehouse, "explain", table, DAY, code=1)["state"]
    assert state["outcome"] == "stale"
