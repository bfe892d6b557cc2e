"""The same DAG through the real client and adapter, against a local BigQuery server: the rows and
hashes are DuckDB's. Passing here is passing on an emulator, not on BigQuery."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from python_processors.contract import hashed_tables, load_contract
from python_processors.raw_contract import RawTable, raw_tables
from tests.conftest import archive
from tests.emulator import server
from tests.warehouse import Warehouse, environment

FIRST_MONTH = ("2021-10-19", "2021-11-19")
DAYS_BEFORE = 31  # regular starters look back, injury reports come a day before
LOCATION = "us-west2"


@dataclass
class BigQueryWarehouse:
    """dbt on the emulator; `warehouse` only carries the project's folders."""

    emulator: server.Emulator
    client: bigquery.Client
    warehouse: Warehouse

    def dbt(self, *arguments: str, window: tuple[str, str] = FIRST_MONTH, **extra: str) -> Any:
        with environment(FULLCOURT_TARGET="emulator", FULLCOURT_BIGQUERY_ENDPOINT=self.emulator.endpoint, **extra):
            return self.warehouse.dbt(*arguments, window=window)

    def hashes(self, window: tuple[str, str]) -> dict[str, set[tuple[Any, ...]]]:
        return {
            table: {tuple(row.values()) for row in self.query(
                f"select {', '.join(load_contract(table).key)}, data_hash from nba_analytics.{table}"
                f" where game_date between '{window[0]}' and '{window[1]}'"
            )}
            for table in hashed_tables()
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
def raw_month(league: Path) -> Path:
    """The archive's first month, or the simulated week where there is no archive."""
    return archive() or league


@pytest.fixture(scope="session")
def window(raw_month: Path, league: Path) -> tuple[str, str]:
    return ("2021-10-19", "2021-10-26") if raw_month == league else FIRST_MONTH


@pytest.fixture(scope="session")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory, raw_month: Path, window: tuple[str, str]) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("duckdb") / "fullcourt.duckdb", raw_month)
    assert warehouse.dbt("run", window=window).success
    return warehouse


@pytest.fixture(scope="session")
def on_bigquery(
    tmp_path_factory: pytest.TempPathFactory, raw_month: Path, window: tuple[str, str]
) -> Iterator[BigQueryWarehouse]:
    try:
        emulator = server.start()
    except server.EmulatorMissingError as error:
        pytest.skip(str(error))
    client = bigquery.Client(
        "local", AnonymousCredentials(), location=LOCATION, client_options={"api_endpoint": emulator.endpoint}
    )
    for table in raw_tables().values():
        load_raw_table(client, raw_month, table, window)
    unused = tmp_path_factory.mktemp("bigquery")
    yield BigQueryWarehouse(emulator, client, Warehouse(unused / "unused.duckdb", raw_month))
    emulator.stop()


def load_raw_table(client: bigquery.Client, folder: Path, table: RawTable, window: tuple[str, str]) -> None:
    """What the platform has already: the raw table, partitioned, requiring a filter as most of its do."""
    dataset = bigquery.Dataset(f"local.{table.source}")
    dataset.location = LOCATION
    client.create_dataset(dataset, exists_ok=True)
    found = [pa_parquet.read_table(path) for path in sorted(folder.rglob(f"{table.name}.parquet"))]
    parts = [
        pa.table(
            [rows[c.name].cast(c.arrow) if c.name in rows.column_names else pa.nulls(rows.num_rows, c.arrow)
             for c in table.columns],
            schema=table.schema(),
        )
        for rows in found
    ]  # fmt: skip
    rows = pa.concat_tables(parts) if parts else table.schema().empty_table()
    config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_TRUNCATE")
    config.schema = [bigquery.SchemaField(c.name, c.type) for c in table.columns]
    if table.partition_by:
        first = date.fromisoformat(window[0]) - timedelta(days=DAYS_BEFORE)
        dates = rows[table.partition_by]
        rows = rows.filter(pc.and_(pc.greater_equal(dates, first), pc.less_equal(dates, date.fromisoformat(window[1]))))
        config.time_partitioning = bigquery.TimePartitioning(field=table.partition_by, require_partition_filter=True)
    file = io.BytesIO()
    pa_parquet.write_table(rows, file)
    file.seek(0)
    client.load_table_from_file(file, f"local.{table.source}.{table.name}", job_config=config).result()


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
    if window == FIRST_MONTH:
        assert {table: len(rows) for table, rows in expected.items()} == {
            "player_game_summary": 5182, "team_offense_game_summary": 476, "team_defense_game_summary": 476,
        }  # fmt: skip


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
        table = built.client.get_table(f"local.nba_analytics.{name}")
        assert table.time_partitioning.field == contract.partition_by
        assert table.time_partitioning.expiration_ms is None
        assert table.require_partition_filter
        assert tuple(table.clustering_fields) == contract.cluster_by[:4]


def test_staging_tables_are_gone_after_a_run(built: BigQueryWarehouse) -> None:
    names = {table.table_id for table in built.client.list_tables("nba_analytics")}
    assert names == set(hashed_tables())
