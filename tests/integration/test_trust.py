"""Nothing is trusted but content: layers, libraries, code, seeds and clocks, on a month that a run confirmed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from python_processors import project_code
from python_processors.orchestration.project import LAYER, CodeChangedError
from python_processors.orchestration.state import ledger
from tests.integration.conftest import at_work
from tests.integration.test_command_line import DAY, MONTH, TEAMS, as_json, contents, fullcourt
from tests.integration.test_skip_audit import alter_a_row_and_its_ledger
from tests.warehouse import Warehouse

ONE_DAY = ("--start", DAY, "--end", DAY)
OLD = "2021-10-25"
READERS = {"upcoming_player_game_context", "player_daily_cache", "ml_feature_store_v2"}


def lose_quarters(warehouse: Warehouse) -> None:
    warehouse.execute(f"delete from nba_intermediate.int_player_quarters where game_date = '{OLD}'")


def test_a_layer_that_lost_rows_is_due_and_its_readers_are_stale(copy_of_confirmed_month: Warehouse) -> None:
    lose_quarters(copy_of_confirmed_month)
    plan = as_json(copy_of_confirmed_month, "plan", *MONTH)
    (layer,) = [step for step in plan["steps"] if step["table"] == LAYER]
    assert (layer["date"], layer["certain"]) == (OLD, True)
    assert "changed behind the ledger: int_player_quarters (" in layer["why"]
    assert "are there)" in layer["why"]
    said = fullcourt(copy_of_confirmed_month, "verify", *MONTH, code=1).stdout
    assert f"staging_layer:\n  {OLD} is stale: its rows changed behind the ledger: int_player_quarters" in said
    explained = fullcourt(copy_of_confirmed_month, "explain", LAYER, OLD, code=1).stdout
    assert "A run would build it, since its rows changed behind the ledger: int_player_quarters" in explained


def test_a_model_whose_rows_and_ledger_rows_are_gone_is_missed(copy_of_confirmed_month: Warehouse) -> None:
    lose_quarters(copy_of_confirmed_month)
    copy_of_confirmed_month.execute(
        f"delete from nba_ops.model_ledger where relation = 'int_player_quarters' and game_date = '{OLD}'"
    )
    (layer,) = [step for step in as_json(copy_of_confirmed_month, "plan", *MONTH)["steps"] if step["table"] == LAYER]
    assert layer["date"] == OLD
    assert "int_player_quarters (its row in nba_ops.model_ledger is gone, and 0 rows are there)" in layer["why"]
    ahead = as_json(copy_of_confirmed_month, "plan", *ONE_DAY, "--force")
    assert {block["table"] for block in ahead["blocked"]} >= READERS


@pytest.mark.slow
def test_readers_wait_for_a_layer_that_their_range_does_not_build(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    lose_quarters(warehouse)
    plan = as_json(warehouse, "plan", *ONE_DAY)
    assert {block["table"] for block in plan["blocked"]} == READERS
    assert plan["steps"] == []
    assert all(f"int_player_quarters of {OLD}" in block["reason"] for block in plan["blocked"])
    assert all(f"build from {OLD} on" in block["reason"] for block in plan["blocked"])
    status = as_json(warehouse, "status", *ONE_DAY, code=1)
    assert {line["table"] for line in status["tables"] if "blocked" in line["outcomes"]} == READERS
    assert set(as_json(warehouse, "backfill", *ONE_DAY, "--no-report", code=1)["blocked"]) == READERS
    assert warehouse.hashes() == whole
    built = as_json(warehouse, "backfill", "--start", OLD, "--end", DAY, "--yes", "--no-report")
    assert built["rows_written"] == 0
    assert warehouse.hashes() == whole
    assert as_json(warehouse, "verify", *MONTH)["passed"]


@pytest.mark.parametrize(
    "edit",
    [
        f"update nba_ops.coverage set expected_rows = expected_rows + 1 where game_date = '{DAY}' and table_name = '{TEAMS}'",
        f"update nba_ops.input_ledger set logic_version = 'of old' where game_date = '{DAY}' and table_name = 'coverage'",
    ],
    ids=["the counts", "what counted"],
)
def test_a_date_is_counted_again_when_its_counts_or_what_counts_is_another(
    copy_of_confirmed_month: Warehouse, edit: str
) -> None:
    """Nobody can write `complete` into the counts, and another way to count is not taken for the old one."""
    copy_of_confirmed_month.execute(edit)
    assert as_json(copy_of_confirmed_month, "plan", *MONTH)["uncounted_dates"] == 1
    assert not as_json(copy_of_confirmed_month, "verify", *ONE_DAY, code=1)["passed"]
    as_json(copy_of_confirmed_month, "backfill", *ONE_DAY, "--no-report")
    assert as_json(copy_of_confirmed_month, "verify", *MONTH)["passed"]


@pytest.mark.slow
def test_rows_of_the_layer_on_a_day_without_games_hold_up_their_readers(copy_of_confirmed_month: Warehouse) -> None:
    """No run ever builds that day, and histories go back over it."""
    off = "2021-10-18"
    copy_of_confirmed_month.execute(
        "insert into nba_intermediate.int_player_quarters"
        f" select * replace (date '{off}' as game_date) from nba_intermediate.int_player_quarters where game_date = '{OLD}'"
    )
    blocked = as_json(copy_of_confirmed_month, "plan", *ONE_DAY, "--force")["blocked"]
    assert {block["table"] for block in blocked} == READERS
    built = as_json(copy_of_confirmed_month, "backfill", "--start", off, "--end", DAY, "--yes", "--no-report")
    assert (built["built"][LAYER], built["rows_written"]) == (1, 0)
    assert copy_of_confirmed_month.query(
        f"select count(*) from nba_intermediate.int_player_quarters where game_date = '{off}'"
    ) == [(0,)]
    assert as_json(copy_of_confirmed_month, "verify", "--start", off, "--end", MONTH[3])["passed"]


def test_building_one_day_stands_for_no_other_day_of_its_models(copy_of_confirmed_month: Warehouse) -> None:
    """The same model, built for another day, does not make what is wrong on the first one right."""
    lose_quarters(copy_of_confirmed_month)
    as_json(copy_of_confirmed_month, "backfill", *ONE_DAY, "--tables", TEAMS, "--force", "--no-report")
    plan = as_json(copy_of_confirmed_month, "plan", *MONTH)
    assert [step["date"] for step in plan["steps"] if step["table"] == LAYER] == [OLD]


@pytest.mark.slow
def test_other_libraries_are_a_reason_of_their_own_and_accepted_after_an_audit(
    copy_of_confirmed_month: Warehouse,
) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    warehouse.execute(
        "update nba_ops.input_ledger set libraries = regexp_replace(libraries, 'numpy=[^;]*', 'numpy=1.26.4')"
        f" where game_date = '{DAY}'"
    )
    plan = as_json(warehouse, "plan", *ONE_DAY)
    assert {step["table"] for step in plan["steps"]} >= {LAYER, TEAMS}
    assert all("its libraries changed: numpy " in step["why"] for step in plan["steps"])
    assert all(", was 1.26.4" in step["why"] for step in plan["steps"])
    accepted = as_json(warehouse, "backfill", *ONE_DAY, "--accept-libraries", "--no-report")
    assert accepted["built"] == {}
    assert accepted["verification"]["passed"]
    assert as_json(warehouse, "plan", *ONE_DAY)["steps"] == []
    assert warehouse.hashes() == whole


@pytest.mark.slow
def test_other_libraries_of_the_layer_alone_are_not_accepted_unseen(copy_of_confirmed_month: Warehouse) -> None:
    """Only tables can be recomputed: where none is, nothing speaks for the layer, and it is built."""
    copy_of_confirmed_month.execute(
        f"update nba_ops.input_ledger set libraries = 'duckdb=1.4.2' where game_date = '{DAY}' and table_name = '{LAYER}'"
    )
    accepted = as_json(copy_of_confirmed_month, "backfill", *ONE_DAY, "--accept-libraries", "--no-report")
    assert accepted["built"] == {LAYER: 1}


def test_libraries_that_make_other_rows_are_not_accepted(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    alter_a_row_and_its_ledger(warehouse, DAY)
    warehouse.execute(
        "update nba_ops.input_ledger set libraries = 'duckdb=1.4.2'"
        f" where game_date = '{DAY}' and table_name = '{TEAMS}'"
    )
    said = fullcourt(
        warehouse, "backfill", *ONE_DAY, "--tables", TEAMS, "--accept-libraries", "--no-report", code=2
    ).output
    assert f"1 of 1 recomputed partitions have other rows: {TEAMS} {DAY}" in said
    assert as_json(warehouse, "plan", *ONE_DAY, "--tables", TEAMS)["steps"] != []


def test_a_process_whose_modules_changed_builds_nothing(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_quarters(copy_of_confirmed_month)
    before = contents(copy_of_confirmed_month)
    monkeypatch.setitem(project_code._AT_START, "python_processors/hashing.py", "another digest")
    said = fullcourt(copy_of_confirmed_month, "backfill", *MONTH, "--yes", code=2).output
    assert "The code changed while this command waited or read it (python_processors/hashing.py)" in said
    assert contents(copy_of_confirmed_month) == before


def test_a_seed_that_changed_since_it_was_read_confirms_nothing(copy_of_confirmed_month: Warehouse) -> None:
    with at_work(copy_of_confirmed_month) as (project, _):
        project.read_anew()
        project.check_seeds()
        digests = dict(project._seed_digests)
        project._seed_digests["arenas"] = "another digest"
        with pytest.raises(CodeChangedError, match=r"seeds/arenas\.csv"):
            project.check_seeds()
        project._seed_digests = digests


@pytest.mark.slow
def test_a_clock_that_was_set_back_does_not_make_old_rows_the_newest(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run converges: what it confirms counts, though its ledger rows are dated before those of the run before."""

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2020, 1, 1, tzinfo=UTC)

    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    warehouse.execute(f"delete from nba_analytics.{TEAMS} where game_date = '{DAY}' and home_game")
    monkeypatch.setattr(ledger, "datetime", Earlier)
    as_json(warehouse, "backfill", *MONTH, "--no-report", "--yes")
    assert warehouse.query(f"select count(*) from nba_ops.input_ledger where recorded_at < '{date(2021, 1, 1)}'") != [
        (0,)
    ]
    assert warehouse.hashes() == whole
    assert as_json(warehouse, "plan", *MONTH)["steps"] == []
    assert as_json(warehouse, "verify", *MONTH)["passed"]
