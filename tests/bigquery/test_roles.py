"""docs/bigquery.md, typed from an empty terminal on at a local server with the platform's own raw tables.

With exactly the roles that it names, and that its commands grant, everything runs: all else is answered 403.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from google.cloud import bigquery

from python_processors import cli
from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract
from tests.bigquery import googlesql, stand_in
from tests.bigquery.proxy import Answer, FaultyProxy, Request, faulty_proxy
from tests.bigquery.raw import server_on_platform
from tests.bigquery.rights import BUILDS, MAKES_ENVIRONMENTS, Account, roles_of_page
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.on_platform.tables import make_platform
from tests.on_platform.test_platform import OPTIONAL
from tests.warehouse import Warehouse, environment

FIRST, DAY = "2021-10-19", "2021-10-20"
TABLE = "team_offense_game_summary"
COPY = f"nba_analytics.{TABLE}_of_somebody"
RANGE = ("--start", DAY, "--end", DAY, "--tables", TABLE)
WINDOW = (f"{START}", f"{END}")
TYPED, NOT_TYPED = (
    "no-test: tests/bigquery/test_roles.py types this at a local server",
    "no-test: needs a project of your own",
)
SUBSTITUTED = {  # of what the page types
    "FULLCOURT_TARGET=bigquery": "FULLCOURT_TARGET=emulator",
    "PROJECT=my-project": "PROJECT=local",
    "--end 2021-11-19": f"--end {WINDOW[1]}",  # the small league's last day
}
# Commands of blocks that are not typed, and which no local server could answer: the daily run in a container.
NOT_AT_A_LOCAL_SERVER = (
    "make image", "docker push", "gcloud iam service-accounts create", "export SERVICE_ACCOUNT=", "printf '%s'",
    "gcloud secrets", "gcloud run jobs", "gcloud scheduler", "envsubst < deploy/cloud_run_job.yaml",
    "fullcourt doctor",  # typed in another block
)  # fmt: skip


def blocks_of_page(info: str) -> list[str]:
    """The page's shell blocks with this info string, in order."""
    page = (PROJECT_ROOT / "docs" / "bigquery.md").read_text(encoding="utf-8")
    return re.findall(rf"^```bash {re.escape(info)}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


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
    assert roles_of_page(MAKES_ENVIRONMENTS) == {"user": frozenset()}
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


def test_who_may_make_datasets_owns_those_that_he_made_until_they_are_gone() -> None:
    account = Account(roles_of_page(BUILDS, MAKES_ENVIRONMENTS))
    made, filled = query("create schema `local.dev__nba_ops`"), query("create table `local.dev__nba_ops.t` (a int64)")
    dropped, other_dropped = (query(f"drop schema `local.{name}` cascade") for name in ("dev__nba_ops", "nba_ops"))
    assert account.lacks(filled) is not None
    assert account.lacks(query("create schema `local.dev__nba_ops`", dryRun=True)) is None
    assert account.lacks(filled) is not None
    assert (account.lacks(made), account.lacks(filled), account.lacks(dropped)) == (None, None, None)
    assert account.lacks(filled) is not None
    assert account.lacks(other_dropped) is not None
    assert account.lacks(query("drop schema `local.nba_raw`")) is not None


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


@dataclass
class AtWork:
    """A project with the platform's raw tables, and the account that asks."""

    proxy: FaultyProxy
    client: bigquery.Client
    warehouse: Warehouse
    settings: Mapping[str, str]
    account: Account = field(default_factory=Account)

    def become(self, account: Account) -> Account:
        self.account = self.proxy.fault = account
        return account

    def fullcourt(self, *arguments: str, code: int = 0) -> Result:
        """Its roles allow everything that is asked for, unless the code is that of a refusal."""
        typed = [word.format(folder=self.warehouse.path.parent) for word in arguments]
        with environment(**self.settings):
            result = CliRunner().invoke(cli.app, typed)
        said = f"{arguments}: {result.output}{result.exception}{self.account.refused}"
        assert (result.exit_code, bool(self.account.refused)) == (code, code != 0), said
        return result

    def dbt(self, *arguments: str, window: tuple[str, str] = (DAY, DAY)) -> None:
        with environment(**self.settings):
            outcome = self.warehouse.dbt(*arguments, window=window)
        assert (self.account.refused, outcome.success) == ([], True), outcome
        assert self.account.allowed > 0

    def datasets(self) -> set[str]:
        return {of.dataset_id for of in self.client.list_datasets()}

    def hashes(self) -> dict[str, set[tuple[Any, ...]]]:
        """(key, data_hash) of every row, per hashed table."""
        found = {}
        for name in hashed_tables():
            contract = load_contract(name)
            sql = f"select {', '.join(contract.key)}, data_hash from {contract.relation}"
            rows = [
                tuple(row.values())
                for row in self.client.query(f"{sql} where {contract.partition_by} > '1900-01-01'").result()
            ]
            found[name] = set(rows)
            assert len(found[name]) == len(rows), name
        return found


@contextmanager
def working(league: Path, folder: Path, without: Collection[str] = ()) -> Iterator[AtWork]:
    """The platform's raw tables at a local server, and nothing else; whoever asks has the roles of the page."""
    paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
    with (
        server_on_platform(league, WINDOW, without=without) as (emulator, client, settings),
        faulty_proxy(emulator.port) as proxy,
    ):
        settings |= paths | {"FULLCOURT_BIGQUERY_ENDPOINT": proxy.endpoint}
        made = AtWork(proxy, client, Warehouse(folder / "unused.duckdb", folder), settings)
        made.become(made.account)
        yield made


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("four_teams")
    simulate_four_teams(folder, bettingpros=True)
    return folder


def on_duckdb(folder: Path, league: Path, without: Collection[str] = ()) -> dict[str, set[tuple[Any, ...]]]:
    """Keys and hashes of every hashed table, built on DuckDB of the same raw tables. tests/on_platform tests the build."""
    warehouse = Warehouse(folder / "fullcourt.duckdb", folder / "no_files")
    warehouse.raw_dir.mkdir()
    make_platform(warehouse.path, league, without=without)
    with environment(FULLCOURT_TARGET="duckdb"):
        outcome = warehouse.dbt("build", "--exclude-resource-type", "test", window=WINDOW)
    assert outcome.success, outcome
    return warehouse.hashes()


@pytest.fixture(scope="module")
def at_work(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    with working(league, tmp_path_factory.mktemp("roles")) as made:
        yield made


@dataclass(frozen=True)
class Typed:
    """What came of the page's commands: what they printed, and the roles that they granted, as the page lists them."""

    printed: str
    granted: Mapping[str, frozenset[str]]
    statements: list[str]


@pytest.fixture(scope="module")
def typed(at_work: AtWork, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """The page's blocks in one shell, from an account without a role on: it holds what the commands have granted."""
    folder = tmp_path_factory.mktemp("page")
    grants, programs = folder / "grants", folder / "programs"
    grants.touch()
    programs.mkdir()
    for name in {pattern.split()[0] for pattern in stand_in.KNOWN}:
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" "{stand_in.__file__}" {name} "$@"\n')
        (programs / name).chmod(0o755)
    account = at_work.become(Account({"dataViewer": frozenset(), "dataEditor": frozenset()}))

    def answered(request: Request) -> Answer:
        account.roles = granted_in(grants)
        return account(request)

    at_work.proxy.fault = answered
    script = "\n".join(blocks_of_page(TYPED))
    for words, others in SUBSTITUTED.items():
        assert words in script, words
        script = script.replace(words, others)
    # Nothing else is on the path: a program that no stand-in plays is not found, and ends the shell.
    path = f"{programs}:{Path(sys.executable).parent}"
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", script], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
        env=os.environ | at_work.settings | {
            "PATH": path, "PYTHONPATH": str(PROJECT_ROOT), stand_in.GRANTS: str(grants),
            stand_in.ENDPOINT: str(at_work.client._connection.API_BASE_URL),
        },
    )  # fmt: skip
    assert (done.returncode, account.refused) == (0, []), f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
    at_work.become(Account())
    noted = [json.loads(line) for line in grants.read_text().splitlines()]
    assert {of["member"] for of in noted} == {"user:you@example.com"}
    return Typed(done.stdout, granted_in(grants), [of["statement"] for of in noted if "statement" in of])


def granted_in(file: Path) -> dict[str, frozenset[str]]:
    """Datasets by role, as `roles_of_page` has them; a role that was not granted yet is on none."""
    found: dict[str, frozenset[str]] = {"dataViewer": frozenset(), "dataEditor": frozenset()}
    for line in file.read_text().splitlines():
        of = json.loads(line)
        role = of["role"].removeprefix("bigquery.")
        found[role] = found.get(role, frozenset()) | ({of["dataset"]} if "dataset" in of else frozenset())
    return found


def test_every_block_of_the_page_is_typed_or_known_not_to_be() -> None:
    assert len(blocks_of_page(TYPED)) == 3
    for block in blocks_of_page(NOT_TYPED):
        for line in block.splitlines():
            assert any(line.startswith(known) for known in NOT_AT_A_LOCAL_SERVER), line
    page = (PROJECT_ROOT / "docs" / "bigquery.md").read_text(encoding="utf-8")
    assert page.count("```bash") == len(blocks_of_page(TYPED)) + len(blocks_of_page(NOT_TYPED))


def test_a_command_that_no_stand_in_knows_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="64"):
        stand_in.main("gcloud projects delete my-project")
    assert "No stand-in knows `gcloud projects delete my-project`." in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.nightly
def test_the_page_leads_from_an_empty_terminal_to_the_first_pass(typed: Typed) -> None:
    assert "\nPASS\n" in typed.printed, typed.printed
    assert typed.granted == roles_of_page()
    assert len(typed.statements) == 8
    for statement in typed.statements:
        googlesql.warehouse_catalog("local").analyse(statement)


@pytest.mark.slow
@pytest.mark.nightly
def test_rows_on_the_platform_are_those_of_duckdb(typed: Typed, at_work: AtWork, league: Path, tmp_path: Path) -> None:
    expected = on_duckdb(tmp_path, league)
    assert all(expected.values())
    assert at_work.hashes() == expected


# Beside those that the page types.
COMMANDS = (
    ["plan", *RANGE],
    ["verify", *RANGE],
    ["gaps", *RANGE],
    ["explain", TABLE, DAY, "--team", "BOS"],
    ["retry", *RANGE],
    ["report", *RANGE],
    ["export", "{folder}/export", *RANGE],
    ["verify", "--export", "{folder}/export"],
    ["compare", f"nba_analytics.{TABLE}", COPY],
    ["today", "--as-of", FIRST, "--yes", "--no-report"],
    ["doctor"],
    ["migrate", "--yes"],
    ["env", "list"],
    ["adopt"],
)
OF_NO_WAREHOUSE = {"alerts", "simulate"}


def test_every_command_is_tried() -> None:
    typed = re.findall(r"^fullcourt (\w+)", "\n".join(blocks_of_page(TYPED)), re.MULTILINE)
    tried = {*typed, *(words[0] for words in COMMANDS)}
    assert tried == set(cli.app.list_commands(click.Context(cli.app))) - OF_NO_WAREHOUSE


@pytest.mark.slow
@pytest.mark.nightly
def test_with_the_roles_of_the_page_everything_runs(typed: Typed, at_work: AtWork) -> None:
    """No command asks for what the roles do not hold."""
    copied = at_work.client.get_table(f"nba_analytics.{TABLE}")  # a query's result has no digits of a NUMERIC
    at_work.client.create_table(bigquery.Table(f"local.{COPY}", schema=copied.schema))
    at_work.client.query(
        f"insert into {COPY} select * from nba_analytics.{TABLE} where game_date > '1900-01-01'"
    ).result()
    account = at_work.become(Account())
    for arguments in COMMANDS:
        at_work.fullcourt(*arguments)
    at_work.dbt("build", "--select", TABLE)
    assert account.allowed > 100


@pytest.mark.slow
@pytest.mark.nightly
def test_an_environment_is_refused_without_the_right_to_make_datasets(typed: Typed, at_work: AtWork) -> None:
    before, account = at_work.datasets(), at_work.become(Account())
    said = at_work.fullcourt("env", "create", "dev", code=2).stderr
    assert "this account may not make any: grant it `roles/bigquery.user` on the project" in said
    assert "Nothing was changed. BigQuery said: " in said
    assert ["create schema" in of for of in account.refused] == [True]
    assert at_work.datasets() == before


@pytest.mark.slow
@pytest.mark.nightly
def test_who_holds_the_role_of_the_page_makes_an_environment_and_only_who_made_it_drops_it(
    typed: Typed, at_work: AtWork
) -> None:
    """Whoever else works in it may edit its datasets, and not drop them. It stays whole."""
    before = at_work.datasets()
    maker = at_work.become(Account(roles_of_page(BUILDS, MAKES_ENVIRONMENTS)))
    at_work.fullcourt("env", "create", "dev")
    assert maker.owned == at_work.datasets() - before
    assert len(maker.owned) == 6

    roles = roles_of_page()
    other = at_work.become(Account(roles | {"dataEditor": roles["dataEditor"] | maker.owned}))
    said = at_work.fullcourt("env", "drop", "dev", "--yes", code=2).stderr
    assert "may not drop the datasets of the environment `dev`: who made it may" in said
    assert "Nothing was changed. BigQuery said: " in said
    assert ["drop schema" in of for of in other.refused] == [True]

    at_work.become(maker)
    assert "dev: made from production" in at_work.fullcourt("env", "list").stdout
    at_work.fullcourt("env", "drop", "dev", "--yes")
    assert at_work.datasets() == before


@pytest.fixture(scope="module")
def without_feeds(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    """None of the feeds that may be missing is a table, and the datasets were made beforehand."""
    with working(league, tmp_path_factory.mktemp("without"), OPTIONAL) as made:
        for name in made.account.roles["dataEditor"]:
            made.client.create_dataset(name)
        yield made


@pytest.mark.slow
@pytest.mark.nightly
def test_dbt_makes_its_ledgers_in_datasets_that_are_there(without_feeds: AtWork) -> None:
    without_feeds.become(Account())
    without_feeds.dbt("seed", "--select", "completeness_exceptions")


@pytest.mark.slow
@pytest.mark.nightly
def test_without_any_optional_feed_the_rest_is_built_with_the_rows_of_duckdb(
    without_feeds: AtWork, league: Path, tmp_path: Path
) -> None:
    """By dbt, with all tests of the build."""
    without_feeds.become(Account())
    without_feeds.dbt("build", window=WINDOW)
    expected = on_duckdb(tmp_path, league, OPTIONAL)
    assert expected["player_game_summary"]
    assert without_feeds.hashes() == expected
