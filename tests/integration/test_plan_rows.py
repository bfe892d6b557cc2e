"""What a plan says of rows against what the run then writes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from python_processors.errors import RefusedError
from python_processors.orchestration import backfill as backfill_module
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.plan.planner import Plan
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

DAY = "2021-11-10"


def planned(warehouse: Warehouse, start: str, end: str) -> Plan:
    with at_work(warehouse) as (project, of):
        return plan_of(project, of, request(start, end))


def test_a_plan_of_nothing_built_guesses_what_the_month_has(confirmed: Warehouse, tmp_path: Path) -> None:
    """Raw files are not loaded yet: what they will bring tells."""
    nothing = Warehouse(tmp_path / "fullcourt.duckdb", confirmed.raw_dir)
    changes = planned(nothing, *FIRST_MONTH).changes
    with duckdb.connect(str(confirmed.path), read_only=True) as connection:
        written = dict(connection.execute(
            "select table_name, sum(inserted)::int from nba_ops.publish_ledger group by 1"
        ).fetchall())  # fmt: skip
    assert changes.keys() == written.keys()
    for table, of in changes.items():
        assert (of.may_change, of.to_delete, of.dates_without_guess) == (0, 0, 0)
        assert of.to_insert == pytest.approx(written[table], rel=0.05), table
    said = fullcourt(nothing, "plan", "--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1]).stdout
    total = sum(of.to_insert or 0 for of in changes.values())
    assert f"Rows: about {total:,} to insert (a guess by schedule and box scores), 0 that may change" in said


@pytest.mark.slow
def test_a_plan_of_changed_and_of_lost_rows_counts_those_stored(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    warehouse = copy_of_confirmed_month
    ((teams,),) = warehouse.query(
        f"select count(*) from nba_analytics.team_offense_game_summary where game_date = '{DAY}'"
    )
    rewrite(
        warehouse.raw_dir, "nbac_team_boxscore",
        f"select * replace (case when game_date = '{DAY}' then turnovers + 1 else turnovers end as turnovers) from raw",
    )  # fmt: skip
    of = planned(warehouse, DAY, DAY).changes["team_offense_game_summary"]
    assert (of.to_insert, of.may_change, of.to_delete) == (0, teams, 0)
    warehouse.execute(f"delete from nba_analytics.team_offense_game_summary where game_date = '{DAY}' and home_game")
    of = planned(warehouse, DAY, DAY).changes["team_offense_game_summary"]
    assert (of.to_insert, of.may_change, of.to_delete) == (teams // 2, teams // 2, 0)
    said = as_json(warehouse, "plan", "--start", DAY, "--end", DAY)
    assert said["figures"]["to_insert"] == {"rows": teams // 2, "is_guess": True, "dates_without_guess": 0}
    assert said["figures"]["may_change"]["is_guess"] is False
    with at_work(warehouse) as (project, at):
        result = backfill(project, at, request(DAY, DAY), audited_share=0)
    assert result.rows["team_offense_game_summary"]["inserted"] == teams // 2


def test_a_plan_without_box_scores_says_that_nothing_tells(confirmed: Warehouse, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(confirmed.raw_dir, raw)
    for feed in ("nbac_gamebook_player_stats", "bdl_player_boxscores"):
        for file in raw.rglob(f"{feed}.parquet"):
            file.unlink()
    nothing = Warehouse(tmp_path / "fullcourt.duckdb", raw)
    first = FIRST_MONTH[0]  # of later dates the contexts wait for the season before them
    of = planned(nothing, first, first).changes["upcoming_player_game_context"]
    assert (of.to_insert, of.dates_without_guess) == (0, 1)
    said = fullcourt(nothing, "plan", "--start", first, "--end", first).stdout
    assert "more partition will get rows; no box score tells how many." in said


def test_what_a_plan_says_is_not_worked_out_again_until_something_is_touched(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before files are loaded a run looks at what they would delete; the plan that was confirmed has said so."""
    warehouse, asked = copy_of_confirmed_month, request(DAY, DAY)
    seen: list[object] = []

    def look(changes: object) -> None:
        seen.append(changes)
        raise RefusedError("that is enough")

    def turnovers_are(more: int) -> None:
        rewrite(
            warehouse.raw_dir, "nbac_team_boxscore",
            f"select * replace (case when game_date = '{DAY}' then turnovers + {more} else turnovers end as turnovers) from raw",
        )  # fmt: skip

    turnovers_are(1)
    with at_work(warehouse) as (project, of):
        plan = plan_of(project, of, asked)
        monkeypatch.setattr(backfill_module, "check_deletes", look)
        for touch in (
            lambda: None,
            lambda: turnovers_are(2),
            lambda: warehouse.execute("create table of_nobody (n int)"),
        ):
            touch()
            with pytest.raises(RefusedError, match="that is enough"):
                backfill(project, of, asked, plan=plan)
    assert [changes is plan.changes for changes in seen] == [True, False, False]
