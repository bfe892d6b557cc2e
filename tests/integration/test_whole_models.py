"""Seeds and models that are built whole are left alone while they hold what building them would give, and no longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.ledger import MADE_OF
from tests.integration.conftest import Rewrite
from tests.integration.test_command_line import DAY, MONTH, as_json, fullcourt
from tests.warehouse import Warehouse

RUN = ("backfill", *MONTH, "--yes", "--no-report")
OF_SCHEDULE = {"base_nbac__schedule", "dim_game_dates", "dim_games", "known_dates", "stg_nbac__schedule"}


@contextmanager
def built() -> Iterator[list[set[str]]]:
    """Seeds, and models that are built whole, by call of dbt."""
    calls: list[set[str]] = []
    build = Project.build

    def noted(project: Project, *arguments: Any, **more: Any) -> DbtOutcome:
        outcome = build(project, *arguments, **more)
        calls.append(outcome.built.intersection({*project.whole_models, *project.seeds}))
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Project, "build", noted)
        yield calls


def add_a_minute(warehouse: Warehouse, rewrite: Rewrite) -> None:
    """The staging layer of a date is due."""
    rewrite(
        warehouse.raw_dir, "bdl_player_boxscores",
        f"select * replace (case when cast(game_date as date) = '{DAY}' and minutes = '20' then '21' else minutes end"
        " as minutes) from raw",
    )  # fmt: skip


def test_a_date_that_is_due_makes_no_model_of_reference_data_or_schedule_anew(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    add_a_minute(copy_of_confirmed_month, rewrite)
    with built() as calls:
        fullcourt(copy_of_confirmed_month, *RUN)
        fullcourt(copy_of_confirmed_month, "prepare")
    assert calls
    assert set.union(*calls) == set()
    assert as_json(copy_of_confirmed_month, "verify", *MONTH)["passed"]


def test_a_model_that_was_touched_or_dropped_or_of_which_nothing_is_known_is_made_again(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    warehouse = copy_of_confirmed_month
    (players,) = warehouse.query("select count(*) from nba_intermediate.dim_players")
    add_a_minute(warehouse, rewrite)
    warehouse.execute("delete from nba_intermediate.dim_players where player_name like 'A%'")
    (arena,) = warehouse.query("select latitude from nba_ops.arenas where venue = 'BOS'")
    warehouse.execute("update nba_ops.arenas set latitude = 0 where venue = 'BOS'")
    warehouse.execute("drop table nba_staging.stg_espn__team_rosters")  # that has no row, as there is no such feed
    warehouse.execute(f"delete from nba_ops.model_ledger where relation = '{MADE_OF}travel_distances'")
    warehouse.execute(f"update nba_ops.model_ledger set fingerprint = 'x' where relation = '{MADE_OF}known_dates'")
    with built() as calls:
        fullcourt(warehouse, *RUN)
    # What the schedule's dates come of is made together, with the spellings that it reads.
    touched = {"arenas", "dim_players", "stg_espn__team_rosters", "travel_distances"}
    assert set.union(*calls) == {*touched, *OF_SCHEDULE, "team_spellings"}
    assert warehouse.query("select count(*) from nba_intermediate.dim_players") == [players]
    assert warehouse.query("select latitude from nba_ops.arenas where venue = 'BOS'") == [arena]
    assert as_json(warehouse, "verify", *MONTH)["passed"]
    with built() as calls:
        fullcourt(warehouse, "prepare")
    assert calls == []


def test_raw_rows_that_change_make_what_comes_of_them_anew(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    """A row of the registry that no date needs: the players are other ones, and the schedule is as it was."""
    rewrite(
        copy_of_confirmed_month.raw_dir, "nba_players_registry",
        "from raw union all by name select * replace ('nobodyatall' as player_lookup, 'Nobody Atall' as player_name)"
        " from (from raw limit 1)",
    )  # fmt: skip
    with built() as calls:
        fullcourt(copy_of_confirmed_month, *RUN, code=None)
    anew = set.union(*calls)
    assert "dim_players" in anew
    assert anew.isdisjoint(OF_SCHEDULE)


@pytest.mark.slow
def test_a_run_by_force_builds_every_model(copy_of_confirmed_month: Warehouse) -> None:
    with built() as calls:
        fullcourt(copy_of_confirmed_month, "backfill", "--start", DAY, "--end", DAY, "--force", "--no-report")
    assert {"dim_players", "arenas", *OF_SCHEDULE} <= set.union(*calls)
