"""The same DAG through the real client and adapter, against a local BigQuery server: the rows and
hashes are DuckDB's. Passing here is passing on an emulator, not on BigQuery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from google.cloud import bigquery

from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.bigquery.errors import Place
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.raw_loader import SIMULATED_UNTIL
from python_processors.simulation import simulate
from tests.bigquery import googlesql
from tests.bigquery.proxy import (
    CUT,
    HANG,
    Fault,
    api_error,
    fail_after_accepting,
    faulty_proxy,
    publishes,
    starts_job,
    times,
    uploads,
)
from tests.bigquery.raw import LOCATION, server_on_platform
from tests.conftest import archive
from tests.emulator import server
from tests.integration.test_freshness import FEEDS, stale
from tests.warehouse import DbtOutcome, Warehouse, environment

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

FIRST_MONTH = ("2021-10-19", "2021-11-19")


@dataclass
class BigQueryWarehouse:
    """dbt on the emulator; `warehouse` only carries the project's folders."""

    emulator: server.Emulator
    client: bigquery.Client
    settings: dict[str, str]
    warehouse: Warehouse

    def dbt(
        self,
        *arguments: str,
        window: tuple[str, str] = FIRST_MONTH,
        endpoint: str | None = None,
        claims: bool = False,
        **extra: str,
    ) -> DbtOutcome:
        address = {"FULLCOURT_BIGQUERY_ENDPOINT": endpoint or self.emulator.endpoint}
        with environment(**self.settings | address, **extra):
            return self.warehouse.dbt(*arguments, window=window, **({"claims": True} if claims else {}))

    def hashes(self, window: tuple[str, str], *tables: str) -> dict[str, set[tuple[Any, ...]]]:
        return {
            table: {tuple(row.values()) for row in self.query(
                f"select {', '.join(load_contract(table).key)}, data_hash from {load_contract(table).relation}"
                f" where {load_contract(table).partition_by} between '{window[0]}' and '{window[1]}'"
            )}
            for table in tables or hashed_tables()
        }  # fmt: skip

    def query(self, sql: str) -> list[Any]:
        return list(self.client.query(sql).result())

    def actions(self) -> dict[str, tuple[int, int, int]]:
        rows = self.query(
            "select table_name, sum(inserted) as i, sum(updated) as u, sum(deleted) as d from nba_ops.publish_ledger"
            " where game_date > '1900-01-01' and run_started_at ="
            " (select max(run_started_at) from nba_ops.publish_ledger where game_date > '1900-01-01') group by 1"
        )
        return {row.table_name: (row.i, row.u, row.d) for row in rows}


@pytest.fixture(scope="session")
def raw_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, or the simulated month where there is none: long enough for precompute rows."""
    if found := archive():
        return found
    folder = tmp_path_factory.mktemp("simulated") / "raw"
    simulate(folder, until=SIMULATED_UNTIL)
    return folder


@pytest.fixture(scope="session")
def window() -> tuple[str, str]:
    return FIRST_MONTH


@pytest.fixture(scope="session")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory, raw_month: Path, window: tuple[str, str]) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("duckdb") / "fullcourt.duckdb", raw_month)
    assert warehouse.dbt("build", "--exclude-resource-type", "test", window=window).success
    return warehouse


@pytest.fixture(scope="session")
def on_bigquery(
    tmp_path_factory: pytest.TempPathFactory, raw_month: Path, window: tuple[str, str]
) -> Iterator[BigQueryWarehouse]:
    unused = tmp_path_factory.mktemp("bigquery")
    with server_on_platform(raw_month, window, is_widened=True) as (emulator, client, settings):
        yield BigQueryWarehouse(emulator, client, settings, Warehouse(unused / "unused.duckdb", raw_month))


@pytest.fixture(scope="session")
def built(on_bigquery: BigQueryWarehouse, window: tuple[str, str]) -> BigQueryWarehouse:
    outcome = on_bigquery.dbt("build", window=window)
    assert outcome.success, outcome.failures or outcome.error
    return on_bigquery


def test_every_hashed_table_has_duckdbs_rows_and_hashes(
    built: BigQueryWarehouse, on_duckdb: Warehouse, window: tuple[str, str]
) -> None:
    expected = on_duckdb.hashes()
    assert built.hashes(window) == expected
    assert all(expected.values())
    if archive():
        assert {table: len(rows) for table, rows in expected.items()} == {
            "player_game_summary": 5182, "team_offense_game_summary": 476, "team_defense_game_summary": 476,
            "upcoming_player_game_context": 6328, "upcoming_team_game_context": 476,
            "team_defense_zone_analysis": 63, "player_shot_zone_analysis": 3034, "player_composite_factors": 3544,
            "player_daily_cache": 2930, "ml_feature_store_v2": 3544,
        }  # fmt: skip


def test_the_unit_tests_of_models_pass(built: BigQueryWarehouse, window: tuple[str, str]) -> None:
    outcome = built.dbt("test", "--select", "test_type:unit", window=window, claims=True)
    assert outcome.success, outcome.failures or outcome.error
    assert outcome.unit_tests_passed > 0


def test_freshness_goes_by_summers_and_by_feeds_that_came(
    on_bigquery: BigQueryWarehouse, window: tuple[str, str]
) -> None:
    assert on_bigquery.dbt(
        "build", "--select", "+known_dates", "--exclude-resource-type", "test", window=window
    ).success
    on_bigquery.query(
        "insert into nba_ops.known_dates (season_year, first_date, last_date, is_summer)"
        " values (1990, date '1991-06-17', date '1991-09-30', true)"
    )
    with environment(**on_bigquery.settings):
        assert stale(on_bigquery.warehouse, "1991-07-15") == set()
        assert stale(on_bigquery.warehouse, "1991-10-01") == FEEDS
    on_bigquery.query("delete from nba_ops.known_dates where season_year = 1990")


def test_ledgers_agree(built: BigQueryWarehouse, on_duckdb: Warehouse) -> None:
    sql = "select table_name, cast(game_date as string) as d, row_count, fingerprint, logic_version from nba_ops.publish_ledger"
    on_emulator = {tuple(row.values()) for row in built.query(f"{sql} where game_date > '1900-01-01'")}
    assert on_emulator >= set(on_duckdb.query(sql))


def test_a_second_run_writes_nothing_in_at_most_four_jobs_a_table(
    built: BigQueryWarehouse, window: tuple[str, str]
) -> None:
    before = {job.job_id for job in built.client.list_jobs()}
    outcome = built.dbt("run", "--select", *hashed_tables(), window=window)
    assert outcome.success, outcome.failures
    assert built.actions() == dict.fromkeys(hashed_tables(), (0, 0, 0))
    jobs = [job for job in built.client.list_jobs() if job.job_id not in before and job.parent_job_id is None]
    labelled = Counter(job.labels.get("table") for job in jobs)
    for table in hashed_tables():
        assert 3 <= labelled[table] <= 4, labelled
    assert all(job.labels.get("run_id") for job in jobs if job.labels.get("table") in hashed_tables())


def test_hashed_tables_are_partitioned_clustered_and_never_expire(built: BigQueryWarehouse) -> None:
    for name in hashed_tables():
        contract = load_contract(name)
        table = built.client.get_table(f"local.{contract.relation}")
        assert table.time_partitioning.field == contract.partition_by
        assert table.time_partitioning.expiration_ms is None
        assert table.require_partition_filter
        assert tuple(table.clustering_fields) == contract.cluster_by[:4]


def test_a_partition_expiration_is_removed(built: BigQueryWarehouse, window: tuple[str, str]) -> None:
    table = built.client.get_table("local.nba_analytics.team_offense_game_summary")
    table.time_partitioning = bigquery.TimePartitioning(field="game_date", expiration_ms=86_400_000 * 90_000)
    built.client.update_table(table, ["time_partitioning"])
    assert built.dbt("run", "--select", "team_offense_game_summary", window=window).success
    again = built.client.get_table("local.nba_analytics.team_offense_game_summary")
    assert again.time_partitioning.expiration_ms is None


@pytest.mark.parametrize("scripted", hashed_tables())
def test_the_publishing_script_is_valid_googlesql(built: BigQueryWarehouse, scripted: str) -> None:
    """The ledger's INSERT, the DELETE of doubled keys and the MERGE, as the run wrote them down."""
    (path,) = (built.warehouse.path.parent / "target" / "run").rglob(f"{scripted}.sql")
    statements = [part.strip() for part in path.read_text().split(";")]
    catalog = googlesql.warehouse_catalog("local")
    analysed = [catalog.analyse(part) for part in statements if part.startswith(("insert", "delete", "merge"))]
    assert len(analysed) == 3


@pytest.mark.parametrize(("endpoint", "sessions"), [("server", 1), ("nothing there", 1), (None, 0)])
def test_rows_are_read_by_the_storage_api_or_by_rest(
    built: BigQueryWarehouse, window: tuple[str, str], endpoint: str | None, sessions: int
) -> None:
    """A Storage API that is not there, or not allowed, costs time and nothing else."""
    from google.cloud.bigquery_storage import BigQueryReadClient

    address = {"server": f"127.0.0.1:{built.emulator.grpc_port}", "nothing there": "127.0.0.1:1", None: None}[endpoint]
    session = BigQuerySession(built.client, Place("local", "nba_ops", LOCATION), labels={}, storage_endpoint=address)
    original = BigQueryReadClient.create_read_session
    there = f"from nba_analytics.team_offense_game_summary where game_date = '{window[0]}'"
    with mock.patch.object(BigQueryReadClient, "create_read_session", autospec=True, side_effect=original) as asked:
        rows = session.read(f"select game_id, pace {there}")
    assert rows.num_rows == len(built.query(f"select 1 {there}")) > 0
    assert asked.call_count == sessions


def test_staging_tables_are_gone_after_a_run(built: BigQueryWarehouse) -> None:
    datasets = {load_contract(table).dataset for table in hashed_tables()}
    names = {table.table_id for dataset in datasets for table in built.client.list_tables(dataset)}
    assert names == set(hashed_tables())


@dataclass(frozen=True)
class Case:
    """A fault, and whether a run gets over it by itself."""

    fault: Fault
    survives: bool
    says: str = ""


RATE_LIMIT = api_error(429, "rateLimitExceeded", "Exceeded rate limits: too many concurrent queries")
BACKEND = api_error(503, "backendError", "Error encountered during execution. Retrying may solve the problem.")
NO_LOCATION = api_error(
    404, "notFound", "Not found: Dataset local:nba_analytics was not found in location europe-west1"
)
FORBIDDEN = api_error(403, "accessDenied", "Access Denied: Table local:nba_analytics.x: User does not have permission")
STREAMING = api_error(
    400,
    "invalidQuery",
    "UPDATE or DELETE statement over table x would affect rows in the streaming buffer, which is not supported",
)
CASES = {
    "429 twice": Case(times(2, lambda r: RATE_LIMIT if starts_job(r) else None), survives=True),
    "503 twice": Case(times(2, lambda r: BACKEND if starts_job(r) else None), survives=True),
    "503 for good": Case(lambda r: BACKEND if uploads(r) else None, survives=False, says="also after retries"),
    "a cut connection in a load, once": Case(times(1, lambda r: CUT if uploads(r) else None), survives=True),
    "a cut connection in every load": Case(lambda r: CUT if uploads(r) else None, survives=False, says="could not be reached"),
    "a hanging endpoint, once": Case(times(1, lambda r: HANG if uploads(r) else None), survives=True),
    "a dataset in another location": Case(lambda r: NO_LOCATION if starts_job(r) else None, survives=False, says="was looked for in europe-west1"),
    "a missing permission at publish": Case(lambda r: FORBIDDEN if publishes(r) else None, survives=False, says="permission is missing"),
    "rows in the streaming buffer": Case(lambda r: STREAMING if publishes(r) else None, survives=False, says="streaming buffer"),
    "a job that fails after it was accepted": Case(fail_after_accepting(), survives=False, says="also after retries"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fault_leaves_the_old_state_or_the_new_one_and_a_retry_ends_well(
    built: BigQueryWarehouse, window: tuple[str, str], name: str
) -> None:
    """One row is made to look outdated, so that the run has something to publish."""
    case, table = CASES[name], "team_offense_game_summary"
    right = built.hashes(window, table)[table]
    built.query(
        f"update nba_analytics.{table} set data_hash = '0000000000000000' where game_date = '{window[0]}' and home_game"
    )
    outdated = built.hashes(window, table)[table]
    assert outdated != right
    with faulty_proxy(built.emulator.port) as proxy:
        proxy.fault = case.fault
        outcome = built.dbt(
            "run", "--select", table, window=window, endpoint=proxy.endpoint,
            FULLCOURT_BIGQUERY_JOB_RETRIES="5", FULLCOURT_BIGQUERY_REQUEST_SECONDS="4",
        )  # fmt: skip
        assert proxy.faults_made > 0
    assert outcome.success == case.survives, outcome.failures or outcome.error
    assert built.hashes(window, table)[table] in (right, outdated)
    if case.survives:
        assert built.hashes(window, table)[table] == right
    else:
        said = outcome.failures.get(table, outcome.error)
        assert case.says in said
        assert "project local" in said
        assert "location us-west2" in said
    assert built.dbt("run", "--select", table, window=window).success
    assert built.hashes(window, table)[table] == right
