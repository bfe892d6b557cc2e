"""Drift of a type is repaired by one command, which says first what it will do; one backfill then makes tables whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest

from python_processors.contract import PROJECT_ROOT
from tests.integration.conftest import FIRST_MONTH, at_work
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

TABLE, DAY = "team_offense_game_summary", "2021-11-05"
RELATION = f"nba_analytics.{TABLE}"
NOTHING: dict[str, Any] = {"repaired": [], "left": [], "changes": [], "conversions": [], "kept": []}
MONTH = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])


def types(warehouse: Warehouse) -> set[tuple[Any, ...]]:
    return set(warehouse.query(
        "select schema_name, table_name, column_name, data_type, is_nullable from duckdb_columns()"
        " where schema_name in ('nba_analytics', 'nba_ops')"
    ))  # fmt: skip


def runs(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.query("select command, state from nba_ops.runs where command <> 'backfill' order by started_at")


def kept(warehouse: Warehouse) -> list[str]:
    found = warehouse.query("select table_name from duckdb_tables() where schema_name = 'nba_replaced'")
    return [name for (name,) in found]


def hold_whole(warehouse: Warehouse, whole: Any, due: list[str]) -> None:
    """Only some dates are due, and one backfill makes all of it what it was."""
    before = as_json(warehouse, "verify", *MONTH, code=1 if due else 0)
    assert before["passed"] == (not due)
    plan = as_json(warehouse, "plan", *MONTH)
    assert sorted({step["date"] for step in plan["steps"] if step["table"] == TABLE}) == due
    if due:
        state = as_json(warehouse, "explain", TABLE, due[0], code=1)["state"]
        assert "by `fullcourt migrate`" in state["reason"]
    assert as_json(warehouse, "backfill", *MONTH, "--yes")["verification"]["passed"]
    assert warehouse.hashes() == whole


@pytest.mark.slow
def test_values_that_are_kept_are_converted_and_no_date_is_due(copy_of_confirmed_month: Warehouse) -> None:
    """A hashed number as text, a time that is not hashed as text, and a ledger's count as text."""
    warehouse, whole, of_contract = copy_of_confirmed_month, copy_of_confirmed_month.hashes(), None
    of_contract = types(warehouse)
    warehouse.execute(
        f"alter table {RELATION} alter column pace type varchar;"
        f"alter table {RELATION} alter column processed_at type varchar;"
        "alter table nba_ops.publish_ledger alter column row_count type varchar;"
        "alter table nba_ops.runs alter column rows_written type varchar"
    )
    drifted = types(warehouse)
    refused = fullcourt(warehouse, "plan", *MONTH, code=2).stderr
    assert "Run `fullcourt migrate`, then the same again." in refused
    assert refused.count("builds a table beside it and swaps the two, with its values converted") == 4
    said = fullcourt(warehouse, "migrate", "--dry-run", code=1).stdout
    assert "pace from STRING to NUMERIC(6,1)" in said or "pace from STRING to NUMERIC" in said
    assert "Every value is kept." in said
    refused = fullcourt(warehouse, "migrate", code=2).stderr
    assert "pace from STRING to NUMERIC" in refused
    assert "run the same command with --yes. Nothing was changed." in refused
    assert (types(warehouse), runs(warehouse)) == (drifted, [])

    done = as_json(warehouse, "migrate", "--yes")
    assert ([one["lossless"] for one in done["conversions"]], done["left"]) == ([True] * 3, [])
    assert types(warehouse) == of_contract
    assert (done["kept"], kept(warehouse)) == ([], [])
    assert {(of["change"], of["way"]) for of in done["changes"]} == {("type changed", "beside")}
    assert runs(warehouse) == [("migrate", "done")]
    assert as_json(warehouse, "migrate") == NOTHING
    hold_whole(warehouse, whole, [])


@pytest.mark.slow
def test_dates_with_a_value_that_does_not_fit_are_named_dropped_and_built_anew(
    copy_of_confirmed_month: Warehouse,
) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    warehouse.execute(
        f"alter table {RELATION} alter column pace type double;"
        f"update {RELATION} set pace = pace + 0.0001 where game_date = '{DAY}' and home_game"
    )
    ((rows, of_day),) = warehouse.query(f"select count(*), count(*) filter (where game_date = '{DAY}') from {RELATION}")
    refused = fullcourt(warehouse, "migrate", code=2).stderr
    assert f"The rows of {DAY} are dropped, {of_day} in all, and built anew by the next backfill." in refused
    (plan,) = as_json(warehouse, "migrate", "--dry-run", code=1)["conversions"]
    assert (plan["rows"], plan["dropped"], plan["dropped_rows"], plan["due_again"]) == (rows, [DAY], of_day, [])
    assert plan["lost"] == {"pace": of_day // 2}
    said = fullcourt(warehouse, "migrate", "--yes", code=1).stdout  # a backfill is still to come
    assert f"Run `fullcourt backfill --start {DAY} --end {DAY}`, then `fullcourt migrate`" in said
    assert warehouse.query(f"select count(*) from nba_replaced.{kept(warehouse)[0]}") == [(rows,)]
    assert warehouse.query(f"select count(*) from {RELATION}") == [(rows - of_day,)]
    hold_whole(warehouse, whole, [DAY])
    assert (
        "The new one verifies: `fullcourt migrate` drops" in fullcourt(warehouse, "migrate", "--dry-run", code=1).stdout
    )
    assert len(kept(warehouse)) == 1
    assert "verifies: nba_replaced." in fullcourt(warehouse, "migrate").stdout
    assert (kept(warehouse), as_json(warehouse, "migrate")) == ([], NOTHING)


@pytest.mark.slow
def test_a_type_and_a_missing_column_are_one_repair_and_the_dates_are_due(copy_of_confirmed_month: Warehouse) -> None:
    """The rows stay, and no longer have the hash of what they hold."""
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    days = [f"{day}" for (day,) in warehouse.query(f"select distinct game_date from {RELATION} order by 1")]
    warehouse.execute(
        f"alter table {RELATION} alter column offensive_rating type varchar; alter table {RELATION} drop column pace"
    )
    (done,) = as_json(warehouse, "migrate", "--yes", code=1)["conversions"]
    assert (done["added"], done["dropped"], done["due_again"]) == (["pace"], [], days)
    hold_whole(warehouse, whole, days)


@pytest.mark.slow
def test_a_missing_hashed_column_alone_makes_its_dates_due(copy_of_confirmed_month: Warehouse) -> None:
    """Nothing is converted, so nobody is asked; and no date passes with a null that its hash does not know."""
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    days = [f"{day}" for (day,) in warehouse.query(f"select distinct game_date from {RELATION} order by 1")]
    warehouse.execute(f"alter table {RELATION} drop column pace")
    (done,) = as_json(warehouse, "migrate", code=1)["conversions"]
    assert (done["types"], done["due_again"]) == ([], days)
    hold_whole(warehouse, whole, days)


KILLED = """
import os, signal, sys
from python_processors.cli import app
from python_processors.orchestration import made_anew, migration
{moment} = lambda *given: os.kill(os.getpid(), signal.SIGKILL)
sys.argv = ['fullcourt', 'migrate', '--yes']
app()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "is_swapped"), [("made_anew._end_swap", False), ("migration.drop_old", True)])
def test_a_kill_in_the_midst_leaves_the_old_table_and_the_next_ends_it(
    copy_of_confirmed_month: Warehouse, moment: str, is_swapped: bool
) -> None:
    warehouse, whole = copy_of_confirmed_month, copy_of_confirmed_month.hashes()
    warehouse.execute(f"alter table {RELATION} alter column pace type varchar")
    before = warehouse.query(f"select * from {RELATION} order by all")
    with at_work(warehouse):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED.format(moment=moment)], cwd=PROJECT_ROOT, capture_output=True, check=False
        )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    where = f"nba_replaced.{kept(warehouse)[0]}" if is_swapped else RELATION
    assert warehouse.query(f"select * from {where} order by all") == before
    fullcourt(warehouse, "backfill", *MONTH, code=2) if not is_swapped else None
    fullcourt(warehouse, "migrate", "--yes")
    assert kept(warehouse) == []
    assert runs(warehouse) == [("migrate", "killed"), ("migrate", "done")]
    if not is_swapped:
        hold_whole(warehouse, whole, [])
    assert warehouse.hashes() == whole


def test_what_a_person_must_decide_is_left_and_the_rest_is_repaired(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    warehouse.execute(
        "alter table nba_ops.publish_ledger alter column row_count type varchar;"
        "update nba_ops.publish_ledger set row_count = 'many' where game_date = '2021-11-05';"
        "alter table nba_ops.analytics_processor_runs drop column slot_ms"
    )
    rows = warehouse.query("select count(*) from nba_ops.publish_ledger where row_count = 'many'")
    answer = as_json(warehouse, "migrate", "--yes", code=1)
    assert (len(answer["repaired"]), len(answer["left"])) == (1, 1)
    assert "nothing builds this table anew" in answer["conversions"][0]["refused"]
    assert warehouse.query("select count(*) from nba_ops.publish_ledger where row_count = 'many'") == rows
    assert runs(warehouse) == [("migrate", "partial")]


def test_a_migration_without_a_row_of_its_own_is_none(copy_of_confirmed_month: Warehouse) -> None:
    """Where the table of runs waits for a person, nothing is changed; a column too many does not hold it up."""
    warehouse = copy_of_confirmed_month
    warehouse.execute(
        "alter table nba_ops.analytics_processor_runs drop column slot_ms; alter table nba_ops.runs add column note text;"
        "alter table nba_ops.runs alter column rows_written type varchar"
    )
    drifted = types(warehouse)
    for _ in range(2):
        said = fullcourt(warehouse, "migrate", "--yes", code=2).stderr
        assert "nba_ops.runs has a column note" in said
        assert "Settle what else is wrong with the table" in said
        assert "No other table was changed." in said
        assert (types(warehouse), runs(warehouse)) == (drifted, [])
    warehouse.execute("alter table nba_ops.runs drop column note; update nba_ops.runs set rows_written = 'many'")
    said = fullcourt(warehouse, "migrate", "--yes", code=2).stderr
    assert "repair rows_written, and run it again" in said
    assert runs(warehouse) == []
    warehouse.execute("update nba_ops.runs set rows_written = '1'; alter table nba_ops.runs add column note text")
    warehouse.execute("alter table nba_ops.runs alter column rows_written type bigint")
    answer = as_json(warehouse, "migrate", "--yes", code=1)
    assert len(answer["repaired"]) == 1
    assert ["nba_ops.runs has a column note" in left for left in answer["left"]] == [True]
    assert runs(warehouse) == [("migrate", "partial")]


def test_prepare_leaves_a_row_of_its_own(copy_of_confirmed_month: Warehouse) -> None:
    fullcourt(copy_of_confirmed_month, "prepare")
    assert runs(copy_of_confirmed_month) == [("prepare", "done")]
