"""With exactly the roles of docs/bigquery.md, and datasets made beforehand, everything runs: all else is answered 403."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from python_processors import cli
from tests.bigquery.proxy import Request, faulty_proxy
from tests.bigquery.raw import server_with_raw_rows
from tests.bigquery.rights import Account, roles_of_page
from tests.warehouse import Warehouse, environment

DAY = "2021-10-20"
TABLE = "team_offense_game_summary"
RANGE = ("--start", DAY, "--end", DAY, "--tables", TABLE)


def post(path: str, **body: object) -> Request:
    return Request("POST", f"/bigquery/v2/projects/local{path}", json.dumps(body).encode())


def query(sql: str, **more: object) -> Request:
    return post("/jobs", configuration={"query": {"query": sql, **more}, "labels": {"table": "planner"}})


def load(dataset: str) -> Request:
    job = {"configuration": {"load": {"destinationTable": {"datasetId": dataset, "tableId": "t"}}}}
    body = b"--==1==\r\ncontent-type: application/json\r\n\r\n" + json.dumps(job).encode() + b"\r\n--==1==\r\n\r\nPAR1"
    return Request("POST", "/upload/bigquery/v2/projects/local/jobs?uploadType=multipart", body)


def get(path: str) -> Request:
    return Request("GET", f"/bigquery/v2/projects/local{path}", b"")


def other(method: str, path: str) -> Request:
    return Request(method, f"/bigquery/v2/projects/local{path}", b"{}")


def test_the_page_names_the_roles() -> None:
    roles = roles_of_page()
    assert roles.keys() == {"jobUser", "readSessionUser", "dataViewer", "dataEditor"}
    assert roles["dataViewer"] == {"nba_raw", "nba_reference"}
    assert len(roles["dataEditor"]) == 6


@pytest.mark.parametrize(
    "request_",
    [
        post("/datasets", datasetReference={"datasetId": "nba_ops"}),
        other("DELETE", "/datasets/nba_ops"),
        other("PATCH", "/datasets/nba_ops"),
        other("PATCH", "/datasets/nba_raw/tables/nbac_schedule"),
        other("POST", "/datasets/nba_ops/tables/runs:getIamPolicy"),
        other("POST", "/datasets/nba_ops/tables/runs:setIamPolicy"),
        Request("GET", "/bigquery/v2/projects", b""),
        get("/serviceAccount"),
        get("/jobs?allUsers=true"),
        get("/jobs"),
        get("/datasets/another"),
        query("create schema if not exists `local.nba_ops`"),
        query("create schema if not exists `local.nba_ops`", dryRun=True),
        query("select 1;\n drop schema `local.nba_ops`"),
        query("grant `roles/bigquery.dataViewer` on schema nba_ops to 'user:x'"),
        query("select * from `region-us`.information_schema.jobs"),
        query("insert into `local`.`nba_raw`.`nbac_schedule` (a) select 1"),
        query("create or replace table `local.nba_reference.t` as select 1"),
        query("select 1", destinationTable={"datasetId": "nba_raw", "tableId": "t"}),
        query("select * from `local.another.t`"),
        load("nba_raw"),
        post("/jobs", configuration={"extract": {}}),
    ],
    ids=lambda of: f"{of.method} {of.path.rpartition('local')[2]} {of.body[:70].decode()}",
)
def test_what_the_roles_do_not_hold_is_refused(request_: Request) -> None:
    assert Account().lacks(request_) is not None


@pytest.mark.parametrize(
    "request_",
    [
        get("/datasets?maxResults=10000"),
        get("/datasets/nba_raw"),
        get("/datasets/nba_ops/tables/runs?prettyPrint=false"),
        get("/jobs/1-2-3?location=us-west2"),
        other("POST", "/datasets/nba_ops/tables/runs:testIamPermissions"),
        other("DELETE", "/datasets/nba_staging/tables/t"),
        query("select 'create schema x' as a from `local`.`nba_raw`.`nbac_schedule`"),
        query("merge into `local`.`nba_analytics`.`t` as t using s on a = b when matched then update set a = 1"),
        query("create or replace table `local`.`nba_staging`.`t` as select * from `local.nba_raw.t`"),
        load("nba_analytics"),
    ],
    ids=lambda of: f"{of.method} {of.path.rpartition('local')[2]} {of.body[:70].decode()}",
)
def test_what_the_roles_hold_is_not(request_: Request) -> None:
    assert Account().lacks(request_) is None


COMMANDS = (
    ["prepare"],
    ["backfill", *RANGE, "--yes"],
    ["status", *RANGE],
    ["verify", *RANGE],
    ["gaps", *RANGE],
    ["doctor"],
    ["migrate", "--yes"],
)


@pytest.fixture(scope="module")
def at_work(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, Warehouse]]:
    """An empty project with datasets made beforehand, an account with the roles of the page, and dbt in its name."""
    folder = tmp_path_factory.mktemp("roles")
    account, paths = Account(), {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    with server_with_raw_rows(league, (DAY, DAY)) as (emulator, client, settings), faulty_proxy(emulator.port) as proxy:
        for name in account.roles["dataEditor"]:
            client.create_dataset(name)
        proxy.fault = account
        with environment(**settings | paths | {"FULLCOURT_BIGQUERY_ENDPOINT": proxy.endpoint}):
            yield account, Warehouse(folder / "unused.duckdb", folder)


@pytest.mark.slow
@pytest.mark.nightly
def test_dbt_makes_its_ledgers_in_datasets_that_are_there(at_work: tuple[Account, Warehouse]) -> None:
    account, warehouse = at_work
    outcome = warehouse.dbt("seed", "--select", "completeness_exceptions")
    assert (account.refused, outcome.success) == ([], True), outcome
    assert account.allowed > 0


@pytest.mark.slow
@pytest.mark.nightly
def test_with_the_roles_of_the_page_everything_runs(at_work: tuple[Account, Warehouse]) -> None:
    """No command asks for what the roles do not hold."""
    account, warehouse = at_work
    for arguments in COMMANDS:
        result = CliRunner().invoke(cli.app, arguments)
        assert (account.refused, result.exit_code) == ([], 0), f"{arguments}: {result.output}{result.exception}"
    outcome = warehouse.dbt("build", "--select", TABLE, window=(DAY, DAY))
    assert (account.refused, outcome.success) == ([], True), outcome
    assert account.allowed > 100
