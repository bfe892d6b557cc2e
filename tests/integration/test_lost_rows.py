"""No option of dbt's takes rows away that the run does not build again."""

from __future__ import annotations

import pytest
from dbt.contracts.graph.manifest import Manifest

import tests.warehouse
from tests.warehouse import WEEK, DbtOutcome, Warehouse

TWO_DAYS = ("2021-10-19", "2021-10-20")
BOXES = "int_player_boxes"
ROWS = "select count(*), count(distinct game_date) from nba_intermediate.{}"


def refused(outcome: DbtOutcome) -> str:
    """What was said, in one line; no model was begun."""
    assert not outcome.success
    assert outcome.failures == {}
    return " ".join(outcome.error.split())


def test_a_full_refresh_over_some_of_the_dates_is_refused_before_any_model(copy_of_built: Warehouse) -> None:
    before = {name: copy_of_built.query(ROWS.format(name)) for name in (BOXES, "int_player_quarters")}
    outcome = copy_of_built.dbt("run", "--select", BOXES, "int_player_quarters", "--full-refresh", window=TWO_DAYS)
    said = refused(outcome)
    ((lost,),) = copy_of_built.query(f"select count(*) from nba_intermediate.{BOXES} where game_date > '2021-10-20'")
    assert f"{BOXES} would lose {lost} rows of 6 dates, 2021-10-21 to 2021-10-26" in said
    assert "int_player_quarters would lose" in said
    assert "Leave --full-refresh out" in said
    assert '--vars \'{"start_date": "2021-10-19", "end_date": "2021-10-26"}\'' in said
    assert {name: copy_of_built.query(ROWS.format(name)) for name in before} == before


def test_dates_between_those_that_are_built_are_lost_too(built: Warehouse) -> None:
    outcome = built.dbt("build", "--select", BOXES, "--full-refresh", dates=["2021-10-19", "2021-10-26"])
    said = refused(outcome)
    assert f"{BOXES} would lose" in said
    assert "of 6 dates, 2021-10-20 to 2021-10-25" in said
    assert "without the var dates" in said


def test_a_full_refresh_over_all_dates_is_none_of_a_loss(copy_of_built: Warehouse) -> None:
    before = copy_of_built.query(f"select * from nba_intermediate.{BOXES} order by all")
    outcome = copy_of_built.dbt("run", "--select", BOXES, "--full-refresh", window=("2021-10-01", "2021-10-31"))
    assert outcome.success, outcome.failures or outcome.error
    assert copy_of_built.query(f"select * from nba_intermediate.{BOXES} order by all") == before


def test_rows_without_a_date_are_in_no_window(copy_of_built: Warehouse) -> None:
    copy_of_built.execute(
        f"insert into nba_intermediate.{BOXES} by name"
        f" select * replace (null as game_date) from nba_intermediate.{BOXES} limit 1"
    )
    assert f"{BOXES} would lose 1 row " in refused(copy_of_built.dbt("run", "--select", BOXES, "--full-refresh")) + " "


def test_a_model_that_is_set_to_be_made_anew_is_refused_the_same(
    built: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Manifest.from_msgpack

    class Anew:
        @staticmethod
        def from_msgpack(*arguments: object, **named: object) -> Manifest:
            manifest = read(*arguments, **named)
            manifest.nodes[f"model.fullcourt.{BOXES}"].config.full_refresh = True
            return manifest

    monkeypatch.setattr(tests.warehouse, "Manifest", Anew)
    said = refused(built.dbt("run", "--select", BOXES, window=TWO_DAYS))
    assert f"{BOXES} would lose" in said
    assert f"`full_refresh: true` out of the config of {BOXES}" in said


def test_a_build_from_nothing_is_refused_where_there_are_rows(copy_of_built: Warehouse) -> None:
    tables = ("nba_analytics.team_offense_game_summary", "nba_intermediate.dim_games", f"nba_intermediate.{BOXES}")
    before = {name: copy_of_built.query(f"select count(*) from {name}") for name in tables}
    said = refused(copy_of_built.dbt("run", "--empty", "--select", *(name.partition(".")[2] for name in tables)))
    for name in tables:
        ((rows,),) = before[name]
        assert f"{name.partition('.')[2]} would lose {rows} rows" in said
    assert "Leave --empty out" in said
    assert {name: copy_of_built.query(f"select count(*) from {name}") for name in tables} == before


def test_an_empty_build_of_a_window_without_rows_goes_on(copy_of_built: Warehouse) -> None:
    before = copy_of_built.query(ROWS.format(BOXES))
    later = ("2021-11-01", "2021-11-02")
    outcome = copy_of_built.dbt("run", "--empty", "--select", BOXES, "team_offense_game_summary", window=later)
    assert outcome.success, outcome.failures or outcome.error
    assert copy_of_built.query(ROWS.format(BOXES)) == before


def test_a_clone_makes_and_drops_nothing(copy_of_built: Warehouse) -> None:
    before = copy_of_built.query(ROWS.format(BOXES))
    state = copy_of_built.path.parent / "state"
    assert copy_of_built.dbt("parse", "--write-json", "--target-path", str(state)).success
    outcome = copy_of_built.dbt("clone", "--full-refresh", "--select", BOXES, "--state", str(state))
    assert "`fullcourt env create NAME` copies all tables" in outcome.failures[BOXES]
    assert copy_of_built.query(ROWS.format(BOXES)) == before


def test_a_seed_may_be_made_anew_without_a_window(copy_of_built: Warehouse) -> None:
    outcome = copy_of_built.dbt("seed", "--full-refresh", window=None)
    assert outcome.success, outcome.failures or outcome.error


def test_attempts_outlive_a_full_refresh(copy_of_built: Warehouse) -> None:
    """The failure ledger counts over runs: nothing could build its rows again."""
    ledger = "nba_ops.analytics_failures"
    copy_of_built.execute(
        f"insert into {ledger} (processor_name, analysis_date, entity_id, resolution_status)"
        " values ('player_game_summary', '2021-10-20', 'gone', 'RESOLVED')"
    )
    outcome = copy_of_built.dbt("run", "--full-refresh", window=WEEK)
    assert outcome.success, outcome.failures or outcome.error
    assert copy_of_built.query(f"select count(*) from {ledger} where entity_id = 'gone'") == [(1,)]


def test_a_changed_column_says_how_to_make_a_model_anew_without_a_loss(copy_of_built: Warehouse) -> None:
    copy_of_built.execute(f"alter table nba_intermediate.{BOXES} drop column seconds_played")
    before = copy_of_built.query(ROWS.format(BOXES))
    said = copy_of_built.dbt("run", "--select", BOXES, window=TWO_DAYS).failures[BOXES]
    assert "the column seconds_played is new" in said
    assert f"dbt run --full-refresh --select {BOXES}" in said
    assert copy_of_built.query(ROWS.format(BOXES)) == before
