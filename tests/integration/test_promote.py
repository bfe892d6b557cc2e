"""What an environment built goes to production as it was compared, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.orchestration.project import Project
from python_processors.schema.adopted import ADOPTED, PRODUCTION_UNIT, Step, note
from tests.integration.conftest import copied, made_once
from tests.integration.test_environments import DAY, MONTH, PLAYERS, as_json, fullcourt, production
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

PROMOTE = ("env", "promote", "dev", *MONTH)
TABLE, IN_DEV = f"nba_analytics.{PLAYERS}", f"dev__nba_analytics.{PLAYERS}"


@pytest.fixture(scope="session")
def built_in_dev(confirmed_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The confirmed month, and an environment that was built anew after a raw row moved. Production has also lost a row,
    has one of a player that nobody produces, and one of them twice."""

    def build(folder: Path) -> None:
        warehouse = copied(confirmed_month, folder / "of")
        fullcourt(warehouse, "env", "create", "dev")
        warehouse.execute(
            "update nba_raw.nbac_gamebook_player_stats set assists = assists + 1 where player_lookup ="
            f" (select min(player_lookup) from {TABLE} where game_date = '{DAY}') and game_date = '{DAY}'"
        )
        run = fullcourt(warehouse, "backfill", "--env", "dev", *MONTH, "--yes", "--no-report")
        assert "\nPASS\n" in run.stdout, run.output
        of_day = f"from {TABLE} where game_date = '{DAY}' and player_lookup = (select {{}}(player_lookup) {{}})"
        whole_day = f"from {TABLE} where game_date = '{DAY}'"
        warehouse.execute(
            f"delete {of_day.format('max', whole_day)};"
            f" insert into {TABLE} select * replace ('nobody' as player_lookup) {of_day.format('max', whole_day)};"
            f" insert into {TABLE} select * {of_day.format('min', whole_day)}"
        )

    return made_once(tmp_path_factory, "built_in_dev", build) / "of"


@pytest.fixture
def site(built_in_dev: Path, tmp_path: Path) -> Warehouse:
    return copied(built_in_dev, tmp_path / "site")


def compared(warehouse: Warehouse) -> str:
    of: dict[str, Any] = as_json(warehouse, *PROMOTE, "--dry-run")
    return str(of["compared"])


def differing(warehouse: Warehouse) -> list[str]:
    """Hashed tables whose rows, all columns of them, are not those of the environment."""
    found = []
    for table in hashed_tables():
        relation = load_contract(table).relation
        each = f"(select * from {relation} except all select * from dev__{relation})"
        other = f"(select * from dev__{relation} except all select * from {relation})"
        if warehouse.query(f"select 1 from (from {each} union all from {other})"):
            found.append(table)
    return found


def test_production_gets_the_rows_that_were_compared_and_nothing_is_due(site: Warehouse, tmp_path: Path) -> None:
    before, page = production(site), tmp_path / "change.html"
    shown = as_json(site, *PROMOTE, "--dry-run", "--html", str(page))
    assert production(site) == before
    (players,) = [of for of in shown["tables"] if of["table"] == PLAYERS]
    assert players == {"table": PLAYERS, "dates": [DAY], "to_insert": 1, "to_update": 1, "to_delete": 1}
    (compared_players,) = [of for of in shown["comparison"]["tables"] if of["table"] == PLAYERS]
    assert {"assists", "rows"} <= {of["column"] for of in compared_players["findings"]}
    assert shown["compared"] in page.read_text()
    assert "to update" in page.read_text()
    assert "Nothing to do" not in fullcourt(site, "plan", *MONTH).stdout

    assert "--compared" in fullcourt(site, *PROMOTE, "--yes", code=2).stderr
    made = as_json(site, *PROMOTE, "--yes", "--compared", shown["compared"])
    assert made["verification"]["passed"]
    assert differing(site) == []
    assert "Nothing to do" in fullcourt(site, "plan", *MONTH).stdout
    assert fullcourt(site, "compare", "prod", "dev").stdout.splitlines()[-1] == "EQUAL"
    ((command, state),) = site.query("select command, state from nba_ops.runs order by started_at desc limit 1")
    assert (command, state) == ("promote", "done")
    published = f"from nba_ops.publish_ledger where run_id = '{made['run_id']}' and table_name = '{PLAYERS}'"
    assert site.query(f"select inserted, updated, deleted, rows_removed {published}") == [(1, 1, 1, 2)]
    run = fullcourt(site, "backfill", *MONTH, "--yes", "--no-report")
    assert " 0 rows written" in run.stdout
    again = as_json(site, *PROMOTE, "--dry-run")
    assert (again["tables"], again["models"]) == ([], [])


def test_the_report_of_an_environment_says_what_differs_from_production(site: Warehouse, tmp_path: Path) -> None:
    """As the comparison of a promotion does, without one: code, rows, columns. Production's report has nothing of it."""
    promoted, page = as_json(site, "env", "promote", "dev", "--dry-run"), tmp_path / "report.html"
    told = as_json(site, "report", "--env", "dev", *MONTH, "--out", str(page))["change"]
    assert (told["environment"], told["start"], told["end"]) == ("dev", DAY, DAY)
    assert [(told[name], bool(told[name])) for name in ("tables", "models")] == [
        (promoted[name], True) for name in ("tables", "models")
    ]
    # Tables without a row that differs are not compared by column.
    differing = [of for of in promoted["comparison"]["tables"] if of["findings"]]
    assert (told["code"], told["comparison"]["tables"]) == ([], differing)
    shown = " ".join(page.read_text().split())
    assert "What <code>dev</code> changes, beside production" in shown
    assert "Every query, processor and contract is the one that production's dates were built by." in shown
    (assists,) = [of for of in told["comparison"]["tables"] if of["table"] == PLAYERS]
    assert "<td>assists</td>" in shown
    assert f"{PLAYERS}: {assists['verdict']}" in shown
    said = fullcourt(site, "report", "--env", "dev", *MONTH, "--out", str(page)).stdout
    assert f"Rows of {DAY} that differ from production's:" in said
    assert f"  {PLAYERS:<30} 1 date: 1 row to insert, 1 to update, 1 to delete" in said

    site.execute(f"alter table {IN_DEV} add column mood text")
    site.execute("update nba_ops.input_ledger set logic_version = 'old' where table_name = 'player_game_summary'")
    told = as_json(site, "report", "--env", "dev", *MONTH, "--out", str(page))["change"]
    assert {of["table"]: of["dates"] > 20 for of in told["code"]} == {PLAYERS: True}
    (players,) = [of for of in told["comparison"]["tables"] if of["table"] == PLAYERS]
    assert {"mood", "assists"} <= {of["column"] for of in players["findings"]}
    assert f"<li>{PLAYERS}: version " in page.read_text()
    assert "change" not in json.loads(fullcourt(site, "report", *MONTH, "--out", str(page), "--json", code=1).stdout)
    assert "beside production" not in page.read_text()


def test_columns_that_were_carried_over_keep_their_values(site: Warehouse) -> None:
    """Of an environment that was made before, or from nothing, and has none of them."""
    with duckdb.connect(str(site.path)) as connection:
        session = DuckDBSession(connection)
        for number, unit in enumerate((TABLE, PRODUCTION_UNIT)):
            note(session, Step(unit, ADOPTED, "beside", "20211101", (unit,), (unit,), ("Written_by",)), number)
    site.execute(f"alter table {TABLE} add column Written_by text; update {TABLE} set Written_by = player_lookup")
    shown = as_json(site, *PROMOTE, "--dry-run")
    (players,) = [of for of in shown["tables"] if of["table"] == PLAYERS]
    assert players == {"table": PLAYERS, "dates": [DAY], "to_insert": 1, "to_update": 1, "to_delete": 1}
    said = fullcourt(site, *PROMOTE, "--dry-run").stdout
    assert "player_game_summary: Written_by stays as it is in rows that stay, and is null in rows that are" in said
    # The key that is there twice is removed with both rows, as by a publish; this one is there once.
    (once,) = site.query(
        f"select max(player_lookup) from {TABLE} where game_date = '{DAY}' and player_lookup <> 'nobody'"
    )
    site.execute(f"update {TABLE} set assists = assists + 1 where game_date = '{DAY}' and player_lookup = '{once[0]}'")
    made = as_json(site, *PROMOTE, "--yes", "--compared", compared(site))
    assert made["verification"]["passed"]
    own = f"select * exclude (Written_by) from {TABLE}"
    assert site.query(f"(from ({own}) except all from {IN_DEV}) union all (from {IN_DEV} except all ({own}))") == []
    of_day = f"from {TABLE} where Written_by is distinct from player_lookup"
    assert len(site.query(f"select 1 {of_day}")) == 2  # the inserted one, and the one that was there twice
    assert site.query(f"select Written_by from {TABLE} where game_date = '{DAY}' and player_lookup = '{once[0]}'") == [
        once
    ]
    assert "Nothing to do" in fullcourt(site, "plan", *MONTH).stdout


def test_what_was_not_compared_is_not_published(site: Warehouse) -> None:
    seen = compared(site)
    site.execute(f"update {TABLE} set team_abbr = 'XXX' where game_date = '2021-11-01'")
    before = production(site)
    said = fullcourt(site, *PROMOTE, "--yes", "--compared", seen, code=2).stderr
    assert f"has changed since comparison {seen}" in said
    assert production(site) == before

    now = compared(site)
    site.execute(f"update {IN_DEV} set assists = assists + 1 where game_date = '{DAY}'")  # behind its hashes
    said = fullcourt(site, *PROMOTE, "--yes", "--compared", now, code=2).stderr
    assert "The environment `dev` does not verify" in said
    assert production(site) == before
    fullcourt(site, "backfill", "--env", "dev", *MONTH, "--yes", "--no-report")
    assert compared(site) != now  # the rows came out the same, and say that they were written anew
    said = fullcourt(site, *PROMOTE, "--yes", "--compared", now, code=2).stderr
    assert f"has changed since comparison {now}" in said
    assert production(site) == before


def test_a_range_that_begins_behind_what_moved_is_refused(site: Warehouse) -> None:
    later = ("env", "promote", "dev", "--start", "2021-11-10", "--end", MONTH[3], "--dry-run")
    assert f"of {DAY} is not the same in production and in `dev`" in fullcourt(site, *later, code=2).stderr


def test_a_kill_leaves_no_claim_and_the_same_command_finishes(site: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, before, together = compared(site), production(site), DuckDBSession.together
    publish = (*PROMOTE, "--yes", "--compared", seen)
    tables = {name: of for name, of in before.items() if not name.startswith("nba_ops.")}

    def killed(session: DuckDBSession, statements: Any) -> None:
        together(session, statements)
        if any(TABLE in statement for statement in statements):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(DuckDBSession, "together", killed)
        fullcourt(site, *publish, code=1)
    now = production(site)
    assert {name: now[name] for name in tables} == tables  # one transaction in all

    def cut_off(project: Project, dates: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Project, "remake_views", cut_off)
        fullcourt(site, *publish, code=1)
    assert differing(site) == []  # rows are there, and nothing stands for them
    assert "Nothing to do" not in fullcourt(site, "plan", *MONTH).stdout

    made = as_json(site, *publish)
    assert made["verification"]["passed"]
    assert "Nothing to do" in fullcourt(site, "plan", *MONTH).stdout
