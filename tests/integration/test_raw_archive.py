"""What becomes of an archive whose files move, change and go, from the plan to the rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.plan.preparation import load_plan_of, load_raw_files
from python_processors.raw_loader import DeletionsRefusedError, refusals_of
from tests.integration.conftest import Rewrite, at_work, request
from tests.warehouse import Warehouse

TABLE = "player_game_summary"
ASKED = request("2021-10-19", "2021-10-20", tables=(TABLE,))
ROWS = f"select game_id, player_lookup, data_hash from nba_analytics.{TABLE} order by all"


@pytest.mark.slow
def test_an_archive_that_moved_and_was_then_corrected_ends_as_built_from_nothing(
    tmp_path: Path, league: Path, rewrite: Rewrite
) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(league, raw)
    built, fresh = Warehouse(tmp_path / "fullcourt.duckdb", raw), Warehouse(tmp_path / "new" / "fullcourt.duckdb", raw)
    with at_work(built) as (project, warehouse):
        assert backfill(project, warehouse, ASKED, audited_share=0).is_whole
        (raw / "2021-22").rename(raw / "season=2021-22")
        assert plan_of(project, warehouse, ASKED).is_empty, "a file that moved is the same file"
        rewrite(
            raw, "nbac_gamebook_player_stats",
            "select * replace (case when game_date = '2021-10-20' and player_lookup = (select min(player_lookup) from raw"
            " where game_date = '2021-10-20' and player_status = 'active') then assists + 1 else assists end as assists)"
            " from raw",
        )  # fmt: skip
        plan = plan_of(project, warehouse, ASKED)
        assert {f"{step.day}" for step in plan.steps if step.table == TABLE} == {"2021-10-20"}
        assert backfill(project, warehouse, ASKED, audited_share=0).is_whole
    with at_work(fresh) as (project, warehouse):
        assert backfill(project, warehouse, ASKED, audited_share=0).is_whole
    assert built.query(ROWS) == fresh.query(ROWS)
    count = "select count(*) from nba_raw.nbac_gamebook_player_stats"
    assert built.query(count) == fresh.query(count)


@pytest.mark.slow
def test_a_plan_sees_what_a_load_would_delete_and_the_load_is_refused(tmp_path: Path, raw_copy: Path) -> None:
    with at_work(Warehouse(tmp_path / "fullcourt.duckdb", raw_copy)) as (_, warehouse):
        load_raw_files(warehouse)
        (schedule,) = raw_copy.rglob("nbac_schedule.parquet")
        schedule.unlink()
        with warehouse.reading() as session:
            load = load_plan_of(session)
            assert load is not None
            (change,) = load.changes.values()
            assert (change.table, change.rows_after, change.files_gone) == ("nbac_schedule", 0, 1)
            assert any("nbac_schedule" in refusal for refusal in refusals_of(session.connection, load))
        with pytest.raises(DeletionsRefusedError):
            load_raw_files(warehouse)
        load_raw_files(warehouse, allow_deletes=True)
