"""Environments: what is built in one leaves production, and its ledgers, as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_processors import cli
from python_processors.contract import PROJECT_ROOT
from python_processors.doctor.macros import Macros
from python_processors.engines.base import placed
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.schema.tables import output_datasets
from tests.integration.conftest import FIRST_MONTH
from tests.integration.test_command_line import contents
from tests.warehouse import Warehouse, environment, invoke

PLAYERS = "player_game_summary"
DAY = "2021-10-25"
REFUSED = (
    "insert into nba_ops.runs (run_id, command, state, started_at, ended_at, range_start, range_end, errors_json) values"
    """ ('of-production', 'backfill', 'refused', now(), now(), '2021-10-19', '2021-10-20', '["too much"]')"""
)
MONTH = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])


def fullcourt(warehouse: Warehouse, *arguments: str, code: int = 0) -> Result:
    """In this process, with a project of its own: names are made for the environment when it is parsed."""
    folder = warehouse.path.parent
    with environment(
        FULLCOURT_DUCKDB=str(warehouse.path), RAW_DIR=str(warehouse.raw_dir), DBT_TARGET_PATH=str(folder / "target"),
        DBT_LOG_PATH=str(folder / "logs"),
    ):  # fmt: skip
        result = CliRunner().invoke(cli.app, arguments)
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == code, result.output
    return result


def as_json(warehouse: Warehouse, *arguments: str) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(fullcourt(warehouse, *arguments, "--json").stdout)
    return parsed


def production(warehouse: Warehouse) -> dict[str, tuple[Any, ...]]:
    return {name: of for name, of in contents(warehouse).items() if "__" not in name.partition(".")[0]}


def datasets(warehouse: Warehouse) -> set[str]:
    return {name for (name,) in warehouse.query("select schema_name from duckdb_schemas() where not internal")}


@pytest.mark.slow
def test_a_run_in_an_environment_builds_what_is_due_there_and_leaves_production_alone(
    copy_of_confirmed_month: Warehouse,
) -> None:
    warehouse = copy_of_confirmed_month
    warehouse.execute(REFUSED)
    before = production(warehouse)
    assert as_json(warehouse, "env", "create", "dev")["made_from"] == "production"
    assert production(warehouse) == before
    (made,) = as_json(warehouse, "env", "list")["environments"]
    assert (made["environment"], made["is_whole"]) == ("dev", True)
    assert "Nothing to do" in fullcourt(warehouse, "plan", "--env", "dev", *MONTH).stdout
    assert "REFUSED backfill 2021-10-19 to 2021-10-20" in fullcourt(warehouse, "status", code=1).stdout
    assert "REFUSED" not in fullcourt(warehouse, "status", "--env", "dev").stdout
    assert fullcourt(warehouse, "compare", "prod", "dev").stdout.splitlines()[-1] == "EQUAL"

    warehouse.execute(f"delete from dev__nba_analytics.{PLAYERS} where game_date = '{DAY}'")
    assert fullcourt(warehouse, "compare", "prod", "dev", code=1).stdout.splitlines()[-1] == "DIFFERENT"
    assert "Nothing to do" in fullcourt(warehouse, "plan", *MONTH).stdout
    assert "Nothing to do" not in fullcourt(warehouse, "plan", "--env", "dev", *MONTH).stdout
    run = fullcourt(warehouse, "backfill", "--env", "dev", *MONTH, "--yes", "--no-report")
    assert "\nPASS\n" in run.stdout
    assert "Environment: dev." in run.stderr
    assert fullcourt(warehouse, "compare", "prod", "dev").stdout.splitlines()[-1] == "EQUAL"
    assert production(warehouse) == before

    fullcourt(warehouse, "env", "drop", "dev", code=2)
    fullcourt(warehouse, "env", "drop", "dev", "--yes")
    assert not [name for name in datasets(warehouse) if name.startswith("dev__")]
    assert production(warehouse) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "--env", "dve"), "There is no environment `dve`"),
        (("doctor", "--env", "dve"), "There is no environment `dve`"),
        (("status", "--env", "prod"), "`prod` is production"),
        (("status", "--env", "a;b"), "no valid name"),
        (("status", "--env", "a__b"), "no valid name"),
        (("env", "create", "production"), "`production` is production"),
        (("env", "drop", "prod", "--yes"), "`prod` is production"),
        (("env", "drop", "dve", "--yes"), "There is no environment `dve`"),
        (("env", "create", "new", "--from", "dve"), "There is no environment `dve`"),
        (("compare", "prod", "dve"), "There is no environment `dve`"),
    ],
)
def test_a_name_that_is_no_environments_is_refused(confirmed: Warehouse, arguments: tuple[str, ...], said: str) -> None:
    assert said in fullcourt(confirmed, *arguments, code=2).stderr


def test_plain_dbt_builds_in_no_environment_that_nobody_made(copy_of_built: Warehouse) -> None:
    with environment(FULLCOURT_ENV="dve"):
        outcome = copy_of_built.dbt("build")
    assert "There is no environment `dve`" in (outcome.error or str(outcome.failures))
    assert not copy_of_built.query(
        "select table_name from duckdb_tables() where schema_name like 'dve~_~_%' escape '~'"
    )


def test_an_environment_that_was_not_finished_is_nowhere(
    copy_of_confirmed_month: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, clone = datasets(copy_of_confirmed_month), DuckDBSession.clone

    def killed(session: DuckDBSession, relation: str, of: str) -> None:
        if relation.endswith(PLAYERS):
            raise KeyboardInterrupt
        clone(session, relation, of)

    with monkeypatch.context() as patched:
        patched.setattr(DuckDBSession, "clone", killed)
        fullcourt(copy_of_confirmed_month, "env", "create", "dev", code=1)
    assert datasets(copy_of_confirmed_month) == before
    fullcourt(copy_of_confirmed_month, "env", "create", "dev", "--empty")
    assert "is there already" in fullcourt(copy_of_confirmed_month, "env", "create", "dev", code=2).stderr
    assert as_json(copy_of_confirmed_month, "env", "list")["environments"][0]["made_from"] is None


def test_what_is_built_has_the_environments_name_and_raw_tables_are_shared() -> None:
    with environment(FULLCOURT_DATASET_PREFIX="my_", FULLCOURT_ENV="dev"):
        assert placed("nba_raw.nbac_schedule") == "my_nba_raw.nbac_schedule"
        assert placed("nba_reference.player_aliases") == "my_nba_reference.player_aliases"
        assert placed("nba_ops.raw_files") == "my_nba_ops.raw_files"
        assert placed("nba_ops.runs") == "my_dev__nba_ops.runs"
        assert placed("nba_ops.runs", "") == "my_nba_ops.runs"
        for dataset in output_datasets():
            assert Macros("duckdb", database="warehouse").call("generate_schema_name", dataset, None) == placed(dataset)


@pytest.mark.slow
def test_plain_dbt_defers_to_production_what_an_environment_lacks(copy_of_built: Warehouse) -> None:
    """Tests among it that look at other tables than their own, and those of tables that are not built here."""
    warehouse, state = copy_of_built, copy_of_built.path.parent / "state"
    before = production(warehouse)
    fullcourt(warehouse, "env", "create", "dev", "--empty")
    with environment(FULLCOURT_DUCKDB=str(warehouse.path), RAW_DIR=str(warehouse.raw_dir)):
        parsed = invoke([
            "parse", "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles"),
            "--target-path", str(state), "--log-path", str(state), "--quiet",
        ])  # fmt: skip
    assert parsed.success
    with environment(FULLCOURT_ENV="dev"):
        outcome = warehouse.dbt(
            "build", "--select", "team_defense_game_summary", "--defer", "--state", str(state),
        )  # fmt: skip
    assert outcome.success, outcome.failures or outcome.error
    (elsewhere,) = (warehouse.path.parent / "target" / "compiled").rglob("team_defense_zone_analysis_is_proven.sql")
    assert '"nba_precompute"."team_defense_zone_analysis"' in elsewhere.read_text()
    assert production(warehouse) == before
    assert warehouse.query("select count(*) from dev__nba_analytics.team_defense_game_summary") != [(0,)]
