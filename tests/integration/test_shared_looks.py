"""Steps of one command that share a look: each finds what it would find alone, and none what is no longer there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from python_processors.orchestration import backfill as backfill_module
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.plan.preparation import load_raw_files
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.state.shared_look import SharedLook
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import DuckDBWarehouse
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.warehouse import Warehouse

DAY, EVE = date(2021, 11, 10), date(2021, 11, 9)
SPOILED = f"update nba_analytics.player_game_summary set points = points + 1 where game_date = '{DAY}'"
UNREAD = f"update nba_predictions.ml_feature_store_v2 set feature_quality_score = 1 where game_date = '{DAY}'"
LOST = f"delete from nba_analytics.team_offense_game_summary where game_date = '{DAY}' and home_game"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[date, date]]:
    """The range of each snapshot that is read."""
    made: list[tuple[date, date]] = []
    init = Snapshot.__init__

    def noted(self: Snapshot, project: Project, session: Any, start: date, end: date, **more: Any) -> None:
        made.append((start, end))
        init(self, project, session, start, end, **more)

    monkeypatch.setattr(Snapshot, "__init__", noted)
    return made


def test_a_run_of_nothing_is_verified_by_what_its_plan_saw(
    copy_of_confirmed_month: Warehouse, looks: list[tuple[date, date]]
) -> None:
    asked = request(*FIRST_MONTH)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        plan = plan_of(project, warehouse, asked)
        result = backfill(project, warehouse, asked, plan=plan)
        assert len(looks) == 1
        alone = verify_range(project, warehouse, asked.start, asked.end)
    assert result.verification is not None
    assert result.verification.passed
    assert result.verification.to_dict() == alone.to_dict()


@pytest.mark.parametrize("spoil", [SPOILED, LOST, "create table of_nobody (n int)"])
def test_what_was_written_after_the_plan_is_verified_by_another_look(
    copy_of_confirmed_month: Warehouse, spoil: str
) -> None:
    asked = request(*FIRST_MONTH)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        plan = plan_of(project, warehouse, asked)
        copy_of_confirmed_month.execute(spoil)
        result = backfill(project, warehouse, asked, plan=plan)
        assert result.verification is None
        assert verify_range(project, warehouse, asked.start, asked.end).passed == (spoil not in (SPOILED, LOST))


def test_a_file_that_changes_after_the_plan_leaves_no_verification_by_it(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody keeps writers of raw files out: what the load finds decides."""
    month, asked, load = copy_of_confirmed_month, request(*FIRST_MONTH), backfill_module.load_raw_files

    def late(*of: Any, **how: Any) -> bool:
        more = f"case when game_date = '{DAY}' then turnovers + 1 else turnovers end as turnovers"
        rewrite(month.raw_dir, "nbac_team_boxscore", f"select * replace ({more}) from raw")
        return load(*of, **how)

    with at_work(month) as (project, warehouse):
        plan = plan_of(project, warehouse, asked)
        monkeypatch.setattr(backfill_module, "load_raw_files", late)
        result = backfill(project, warehouse, asked, plan=plan)
        assert (result.nodes_run, result.verification) == (0, None)
        assert not verify_range(project, warehouse, asked.start, asked.end).passed


def test_a_hash_that_is_not_its_rows_passes_no_run_of_nothing(copy_of_confirmed_month: Warehouse) -> None:
    """No fingerprint tells: only the rows do. The confirmation is taken back by who verifies after the run."""
    asked = request(*FIRST_MONTH)
    copy_of_confirmed_month.execute(UNREAD)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        result = backfill(project, warehouse, asked, plan=plan_of(project, warehouse, asked))
        assert (result.nodes_run, result.verification) == (0, None)
        found = verify_range(project, warehouse, asked.start, asked.end)
    assert not found.passed
    assert "taken back" in found.notes[0]


def test_a_verification_by_a_wider_look_says_what_one_of_its_own_says(
    copy_of_confirmed_month: Warehouse, looks: list[tuple[date, date]]
) -> None:
    whole = tuple(map(date.fromisoformat, FIRST_MONTH))
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        look = SharedLook(project, warehouse, *whole)
        shared = verify_range(project, warehouse, DAY, DAY, look=look)
        assert shared.passed
        with warehouse.reading() as session:
            look.snapshot(session)
        assert looks == [whole]
        assert shared.to_dict() == verify_range(project, warehouse, DAY, DAY).to_dict()

        copy_of_confirmed_month.execute(LOST)
        found = verify_range(project, warehouse, DAY, DAY, look=look)
        assert not found.passed
        assert found.to_dict() == verify_range(project, warehouse, DAY, DAY).to_dict()


def test_dates_outside_do_not_fail_a_verification_by_a_wider_look(copy_of_confirmed_month: Warehouse) -> None:
    whole = tuple(map(date.fromisoformat, FIRST_MONTH))
    copy_of_confirmed_month.execute(LOST)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        look = SharedLook(project, warehouse, *whole)
        assert verify_range(project, warehouse, EVE, EVE, look=look).passed
        assert not verify_range(project, warehouse, *whole).passed


def all_of(snapshot: Snapshot) -> dict[str, object]:
    memory = snapshot.memory
    told = {table: snapshot.states(table) for table in ("staging_layer", *snapshot.tables)}
    tables = ("units", "stored", "made", "ledger", "model_ledger", "said", "published", "coverage", "to_build", "dates")
    return told | {of: sorted(map(repr, memory.execute(f"select * from {of}").fetchall())) for of in tables}


@pytest.mark.parametrize("only", [None, {DAY}])
def test_a_plan_s_look_after_the_load_is_a_look_at_what_was_loaded(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, only: set[date] | None
) -> None:
    month = copy_of_confirmed_month
    bumped = f"case when game_date in ('{DAY}', '{EVE}') then turnovers + 1 else turnovers end as turnovers"
    rewrite(month.raw_dir, "nbac_team_boxscore", f"select * replace ({bumped}) from raw")
    rewrite(month.raw_dir, "odds_api_game_lines", f"select * from raw where game_date <> '{EVE}'")
    asked = request(*FIRST_MONTH, allow_deletes=True)
    with at_work(month) as (project, warehouse):
        plan = plan_of(project, warehouse, asked)
        assert plan.snapshot is not None
        load_raw_files(warehouse, allow_deletes=True)
        with warehouse.reading() as session:
            plan.snapshot.after_load(session, only)
            anew = Snapshot(project, session, asked.start, asked.end, only=only)
            assert all_of(plan.snapshot) == all_of(anew)


def test_no_step_of_a_run_lets_others_write_between_the_plan_s_look_and_its_own(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each session up to the plan under the lock is of one opening."""
    opened: list[str] = []
    connect: Callable[..., Any] = DuckDBWarehouse._connect

    def noted(self: DuckDBWarehouse, read_only: bool) -> Any:
        opened.append("to read" if read_only else "to write")
        return connect(self, read_only)

    asked = request(*FIRST_MONTH)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        plan = plan_of(project, warehouse, asked)
        monkeypatch.setattr(DuckDBWarehouse, "_connect", noted)
        backfill(project, warehouse, asked, plan=plan)
    assert opened == ["to write"]


def test_a_look_after_a_build_of_some_days_is_a_look_at_all_of_them(copy_of_confirmed_month: Warehouse) -> None:
    asked = request(*FIRST_MONTH)
    with at_work(copy_of_confirmed_month) as (project, warehouse):
        with warehouse.reading() as session:
            snapshot = Snapshot(project, session, asked.start, asked.end)
        for statement in (
            f"delete from nba_intermediate.int_team_boxes where game_date = '{DAY}'",
            f"update nba_intermediate.int_player_form set player_lookup = 'nobody' where game_date = '{EVE}'",
            "delete from nba_intermediate.dim_players where player_lookup in (select min(player_lookup) from nba_intermediate.dim_players)",
            SPOILED, UNREAD, LOST,
        ):  # fmt: skip
            copy_of_confirmed_month.execute(statement)
        with warehouse.reading() as session:
            built = {
                "int_team_boxes", "int_player_form", "dim_players", "player_game_summary", "ml_feature_store_v2",
                "team_offense_game_summary",
            }  # fmt: skip
            snapshot.refresh(session, built, [EVE, DAY])
            anew = Snapshot(project, session, asked.start, asked.end)
            assert all_of(snapshot) == all_of(anew)
