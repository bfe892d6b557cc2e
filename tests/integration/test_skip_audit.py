"""The skip audit on a simulated month, and what a run writes down of its dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from python_processors.casting import cast_to_contract
from python_processors.contract import load_contract
from python_processors.hashing import data_hashes
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.proof import audit
from python_processors.orchestration.proof.row_checks import hashed_part
from python_processors.orchestration.state.stored import stored_fingerprints
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.schema.drift import DriftError
from tests.integration.conftest import FIRST_MONTH, at_work, request
from tests.integration.test_command_line import DAY, MONTH, TEAMS, as_json, contents, fullcourt
from tests.warehouse import Warehouse

LATE = ("2021-11-09", "2021-11-11")
RANGE = ("--start", LATE[0], "--end", LATE[1])


def lose_rows(warehouse: Warehouse) -> None:
    warehouse.execute(f"delete from nba_analytics.{TEAMS} where game_date = '{DAY}' and home_game")


def alter_a_row_and_its_ledger(warehouse: Warehouse, day: str) -> None:
    """One row another value with the hash of that, and a ledger that agrees: only a recompute can tell."""
    contract = hashed_part(load_contract(TEAMS))
    names = ", ".join(column.name for column in contract.columns if column.name != "data_hash")
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        where = f"game_date = '{day}' and game_id = (select min(game_id) from nba_analytics.{TEAMS} where game_date = '{day}') and home_game"
        connection.execute(f"update nba_analytics.{TEAMS} set assists = assists + 1 where {where}")
        row = connection.sql(f"select {names} from nba_analytics.{TEAMS} where {where}").to_arrow_table()
        (made,) = data_hashes(cast_to_contract(row, contract), contract).to_pylist()
        connection.execute(f"update nba_analytics.{TEAMS} set data_hash = '{made}' where {where}")
    with DuckDBWarehouse(warehouse.path).writing() as session:
        at = date.fromisoformat(day)
        (fingerprint,) = stored_fingerprints(session, [TEAMS], at, at)["fingerprint"].to_pylist()
        session.execute(
            f"update nba_ops.input_ledger set output_fingerprint = '{fingerprint}'"
            f" where table_name = '{TEAMS}' and game_date = '{day}'"
        )
        session.execute(
            f"update nba_ops.input_ledger set inputs = regexp_replace(inputs, '{TEAMS}=[^;]*', '{TEAMS}={fingerprint}')"
            f" where table_name = 'coverage' and game_date = '{day}'"
        )


@pytest.mark.slow
@pytest.mark.nightly
def test_every_skip_of_a_run_recomputes_to_the_same(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    ready = warehouse.query(
        "select table_name, count(*) from nba_ops.coverage"
        f" where outcome = 'complete' and game_date between '{LATE[0]}' and '{LATE[1]}' group by 1"
    )
    lose_rows(warehouse)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request(*LATE), audited_share=1.0)
    assert result.wrong_skips == []
    assert result.audited == sum(count for _, count in ready) - result.built[TEAMS]
    assert result.is_whole
    assert warehouse.query("select count(*), count(*) filter (is_same) from nba_ops.skip_audits") == [
        (result.audited, result.audited)
    ]
    assert warehouse.query("select table_name from duckdb_tables() where suffix(table_name, '__audit')") == []
    assert warehouse.hashes() == whole
    status = as_json(warehouse, "status", *RANGE)
    assert (status["audit"]["audited"], status["audit"]["wrong"]) == (result.audited, 0)


def test_a_date_that_was_spared_and_audited_is_not_due(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models that were made anew with it hold when rows were processed that came out as they were."""
    warehouse, form = copy_of_confirmed_month, ("upcoming_player_game_context", date(2021, 11, 14))
    monkeypatch.setattr(audit, "one_batch", lambda *_: [form])
    made = "select cast(max(offense_updated_at) as varchar) from nba_intermediate.int_team_form where game_date = '2021-11-14'"
    lose_rows(warehouse)
    before = warehouse.query(made)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request(*FIRST_MONTH))
    assert (result.audited, result.wrong_skips, result.is_whole) == (1, [], True)
    assert result.cut_off
    assert warehouse.query(made) != before
    assert as_json(warehouse, "plan", *MONTH)["steps"] == []


@pytest.mark.slow
def test_seeds_are_loaded_with_what_reads_them_and_not_trusted_as_they_are_stored(
    copy_of_confirmed_month: Warehouse,
) -> None:
    """By the count of rows, and by the staging layer, which a lost row makes due."""
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    seeds = [relation for (relation,) in warehouse.query(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where table_name in ('arenas', 'completeness_exceptions') order by 1"
    )]  # fmt: skip
    as_loaded = [sorted(warehouse.query(f"from {relation}"), key=repr) for relation in seeds]
    for relation in seeds:
        warehouse.execute(f"insert into {relation} from {relation} limit 1")
    warehouse.execute(f"update {seeds[0]} set latitude = latitude + 5")
    warehouse.execute(f"update nba_ops.coverage set expected_rows = expected_rows + 1 where game_date = '{DAY}'")
    warehouse.execute(f"delete from nba_staging.stg_nbac__gamebook_player_stats where game_date = '{DAY}'")
    lose_rows(warehouse)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request(*FIRST_MONTH))
    assert (result.wrong_skips, result.is_whole) == ([], True)
    assert result.built[LAYER] == 1
    assert warehouse.hashes() == whole
    assert [sorted(warehouse.query(f"from {relation}"), key=repr) for relation in seeds] == as_loaded
    assert as_json(warehouse, "plan", *MONTH)["steps"] == []


@pytest.mark.slow
@pytest.mark.nightly
def test_a_wrong_skip_is_an_alarm_and_is_built(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    alter_a_row_and_its_ledger(warehouse, "2021-11-09")
    assert as_json(warehouse, "verify", *RANGE, "--tables", TEAMS)["passed"]  # nothing else can tell
    assert as_json(warehouse, "plan", *RANGE, "--tables", TEAMS)["steps"] == []
    lose_rows(warehouse)
    monkeypatch.setattr(backfill, "__kwdefaults__", {**(backfill.__kwdefaults__ or {}), "audited_share": 1.0})
    said = fullcourt(warehouse, "backfill", *RANGE, "--tables", TEAMS, code=1)
    assert f"WRONG SKIP {TEAMS} 2021-11-09" in said.stderr
    assert (
        "2 skipped dates of 1 table were recomputed, 1 of them differed: at most 97.5 % of the skips of these tables"
        in said.stdout
    )
    assert warehouse.hashes() == whole
    status = as_json(warehouse, "status", *RANGE, "--tables", TEAMS)
    assert (status["audit"]["audited"], status["audit"]["wrong"], status["audit"]["rate"]) == (2, 1, 0.5)
    assert status["audit"]["at_most"] == pytest.approx(0.97468, abs=1e-5)
    text = fullcourt(warehouse, "status", *RANGE, "--tables", TEAMS).stdout
    assert "2 skips recomputed, 1 wrong: 50.00 %, at most 97.47 % with 95 % confidence" in text


def test_an_audit_that_cannot_recompute_says_so_and_the_run_is_recorded(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_rows(copy_of_confirmed_month)
    monkeypatch.setattr(Project, "recompute", lambda *_: DbtOutcome(error="the moon is full"))
    with at_work(copy_of_confirmed_month) as (project, opened):
        result = backfill(project, opened, request(*LATE, tables=(TEAMS,)), audited_share=1.0)
    assert "the moon is full" in result.failures["skip audit"]
    assert not result.is_whole
    assert copy_of_confirmed_month.query(
        f"select count(*) from nba_ops.analytics_processor_runs where processor_name = '{TEAMS}' and dates_processed = 1"
    ) == [(1,)]


def test_each_date_that_a_run_considered_has_a_decision_with_a_sentence(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built, and spared since what was built came out as it was."""
    warehouse = copy_of_confirmed_month
    lose_rows(warehouse)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request(*LATE), audited_share=0)
    decided = warehouse.query(
        f"select table_name, decision, count(*), min(length(reason)) from nba_ops.decisions"
        f" where run_id = '{result.run_id}' group by 1, 2"
    )
    assert {(table, count) for table, decision, count, _ in decided if decision == "built"} == set(result.built.items())
    assert {(table, count) for table, decision, count, _ in decided if decision == "cut_off"} == set(
        result.cut_off.items()
    )
    assert min(length for *_, length in decided) > 10
    (spared,) = warehouse.query(
        f"select table_name, cast(game_date as varchar) from nba_ops.decisions"
        f" where run_id = '{result.run_id}' and decision = 'cut_off' order by 1, 2 limit 1"
    )
    said = fullcourt(warehouse, "explain", *spared).stdout
    assert "cut_off, since it" in said
    assert "that came out as it was for this date" in said
    assert "A run would leave it alone." in said


@pytest.mark.slow
@pytest.mark.nightly
def test_failed_and_blocked_dates_have_decisions_and_retry_mends_them(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, whole, build = copy_of_confirmed_month, copy_of_confirmed_month.hashes(), Project.build
    warehouse.execute(
        "update nba_ops.input_ledger set logic_version = 'of old'"
        f" where game_date = '{DAY}' and table_name = '{TEAMS}'"
        f" or game_date in ('2021-11-10', '{DAY}') and table_name = 'player_game_summary'"
    )

    def broken(project: Project, models: list[str], dates: list[str], *rest: Any) -> DbtOutcome:
        if TEAMS in models:
            return DbtOutcome("1", failures={TEAMS: "a shoe is untied"}, nodes=1)
        return build(project, models, dates, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Project, "build", broken)
        failed = as_json(warehouse, "backfill", *RANGE, code=1)
    assert failed["failed"] == {TEAMS: [DAY]}
    rows = warehouse.query(
        f"select table_name, decision, reason from nba_ops.decisions where run_id = '{failed['run_id']}'"
    )
    assert (TEAMS, "failed", "a shoe is untied") in rows
    assert {table for table, decision, _ in rows if decision == "blocked"} == set(failed["blocked"])
    assert failed["blocked"]
    assert all("which failed in this run" in reason for _, decision, reason in rows if decision == "blocked")
    status = as_json(warehouse, "status", *RANGE, code=1)
    assert [(state["table"], state["day"], state["reason"]) for state in status["failures"]] == [
        (TEAMS, DAY, "a shoe is untied")
    ]
    assert f"FAILED {TEAMS} {DAY}: a shoe is untied" in fullcourt(warehouse, "status", *RANGE, code=1).stdout
    assert as_json(warehouse, "retry")["built"][TEAMS] == 1
    assert warehouse.hashes() == whole
    assert as_json(warehouse, "status", *RANGE)["failures"] == []


@pytest.mark.slow
@pytest.mark.nightly
def test_dates_that_wait_for_a_season_that_is_not_there_are_blocked_by_name(
    copy_of_confirmed_month: Warehouse,
) -> None:
    warehouse = copy_of_confirmed_month
    warehouse.execute("delete from nba_ops.publish_ledger where game_date = '2021-10-25';"
                      f"update nba_ops.input_ledger set logic_version = 'of old' where game_date = '{DAY}'")  # fmt: skip
    plan = as_json(warehouse, "plan", *RANGE)
    assert plan["blocked"]
    result = as_json(warehouse, "backfill", *RANGE, code=1)
    assert {(table, day) for table, days in result["blocked"].items() for day in days} >= {
        (block["table"], block["date"]) for block in plan["blocked"]
    }
    rows = warehouse.query(
        f"select table_name, cast(game_date as varchar), reason from nba_ops.decisions"
        f" where run_id = '{result['run_id']}' and decision = 'blocked'"
    )
    assert set(rows) >= {(block["table"], block["date"], block["reason"]) for block in plan["blocked"]}
    assert any("was never built on 2021-10-25" in reason for *_, reason in rows)


def test_run_history_has_one_row_per_table_and_invocation(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    before = {relation: set(warehouse.query(f"select run_id from nba_ops.{relation}")) for relation in RUNS}
    lose_rows(warehouse)
    with at_work(warehouse) as (project, opened):
        result = backfill(project, opened, request(*LATE), audited_share=0)
    new = []
    for relation in RUNS:
        columns = [name for name, *_ in warehouse.query(f"describe nba_ops.{relation}")]
        new += [
            dict(zip(columns, row, strict=True))
            for row in warehouse.query(f"select * from nba_ops.{relation}")
            if (row[columns.index("run_id")],) not in before[relation]
        ]
    assert len({(row["processor_name"], row["run_id"]) for row in new}) == len(new)
    assert {row["processor_name"] for row in new} == {*result.built, *result.skipped, *result.cut_off} - {LAYER}
    for row in new:
        built = row["processor_name"] in result.built
        optional = {"errors_json", "source_data_freshness_hours", "data_completeness_pct", "upstream_data_age_hours"}
        optional |= {"skip_reason"} if built else {"processor_version"}
        assert {name for name, value in row.items() if value is None} <= optional
        assert row["success"]
        assert (row["dates_processed"] > 0) == (row["duration_seconds"] > 0) == built
        assert (row["skip_reason"] is None) == built
        if built:
            assert row["records_processed"] == row["records_inserted"] + row["records_updated"] + row["records_skipped"]


def test_a_run_with_nothing_to_do_is_in_the_history_and_builds_nothing(copy_of_confirmed_month: Warehouse) -> None:
    result = as_json(copy_of_confirmed_month, "backfill", *RANGE)
    assert (result["built"], result["dbt_nodes_run"]) == ({}, 0)
    assert result["skipped"][TEAMS] == 3
    rows = copy_of_confirmed_month.query(
        f"select success, skip_reason from nba_ops.analytics_processor_runs where run_id = '{result['run_id']}'"
        f" and processor_name = '{TEAMS}'"
    )
    assert rows == [(True, "nothing that it reads has changed")]


RUNS = ("analytics_processor_runs", "precompute_processor_runs")
DRIFT = {
    "a run table": "alter table nba_ops.analytics_processor_runs drop column slot_ms",
    "a ledger": "alter table nba_ops.input_ledger alter column run_id drop not null",
    "a hashed table": f"alter table nba_analytics.{TEAMS} alter column game_id drop not null",
}


@pytest.mark.slow
@pytest.mark.nightly
def test_a_warehouse_that_has_drifted_builds_nothing_until_it_is_migrated(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    lose_rows(warehouse)
    warehouse.execute(";".join(DRIFT.values()))
    before = contents(warehouse)
    said = fullcourt(warehouse, "backfill", *RANGE, code=2).stderr
    with at_work(warehouse) as (project, opened), pytest.raises(DriftError):
        backfill(project, opened, request(*LATE))
    for part in ("analytics_processor_runs lacks the column slot_ms", "input_ledger.run_id", f"{TEAMS}.game_id"):
        assert part in said
    assert "Run `fullcourt migrate`, then the same again. Nothing was built." in said
    assert len(as_json(warehouse, "migrate", "--dry-run", code=1)["left"]) == 3
    assert contents(warehouse) == before
    assert len(as_json(warehouse, "migrate")["repaired"]) == 3
    fullcourt(warehouse, "backfill", *RANGE)
    assert warehouse.hashes() == whole
