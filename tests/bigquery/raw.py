"""Raw tables on BigQuery as the platform has them, filled from files: for tests and the smoke run."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from python_processors.engines.bigquery.fields import list_inference, parquet_of
from tests.emulator import server
from tests.on_platform.tables import PlatformTable, make_platform, platform_tables, widened

LOCATION = "us-west2"
DAYS_BEFORE = 31  # regular starters look back, injury reports come a day before


@contextmanager
def local_server() -> Iterator[server.Emulator]:
    """A local BigQuery server. Skips the test that asks where none can be installed, and says why."""
    try:
        emulator = server.start()
    except server.EmulatorMissingError as error:
        pytest.skip(str(error))
    try:
        yield emulator
    finally:
        emulator.stop()


def settings_of(emulator: server.Emulator) -> dict[str, str]:
    """The environment by which dbt and fullcourt find a server."""
    return {
        "FULLCOURT_TARGET": "emulator",
        "FULLCOURT_BIGQUERY_ENDPOINT": emulator.endpoint,
        "FULLCOURT_BIGQUERY_STORAGE_ENDPOINT": f"127.0.0.1:{emulator.grpc_port}",
    }


def client_of(emulator: server.Emulator) -> bigquery.Client:
    return bigquery.Client(
        "local", AnonymousCredentials(), location=LOCATION, client_options={"api_endpoint": emulator.endpoint}
    )


@contextmanager
def server_on_platform(
    folder: Path, window: tuple[str, str], *, without: Collection[str] = (), is_widened: bool = False
) -> Iterator[tuple[server.Emulator, bigquery.Client, dict[str, str]]]:
    """A local server with the platform's own raw tables, filled from the files of a folder; its client and settings.

    :param without: tables that are not there.
    :param is_widened: with columns that the files have and the platform lacks.
    """
    tables = widened(folder) if is_widened else platform_tables()
    with local_server() as emulator, tempfile.TemporaryDirectory() as scratch:
        client = client_of(emulator)
        for name in {table.dataset for table in tables.values()}:
            client.create_dataset(name)
        load_platform(client, Path(scratch) / "platform.duckdb", folder, window, without=without, tables=tables)
        yield emulator, client, settings_of(emulator)


def load_platform(
    client: bigquery.Client, database: Path, folder: Path, window: tuple[str, str], *, prefix: str = "",
    datasets: Collection[str] = (), without: Collection[str] = (), tables: Mapping[str, PlatformTable] | None = None,
) -> dict[str, int]:  # fmt: skip
    """The platform's tables on a project, in datasets that are there, and in a DuckDB file; rows of each.

    :param datasets: only tables of these, on the project; without any of all.
    :param without: tables that are on neither side.
    :param tables: these, where they are not the platform's as they are.
    """
    tables = tables or platform_tables()
    first = date.fromisoformat(window[0]) - timedelta(days=DAYS_BEFORE)
    make_platform(database, folder, without=without, tables=tables)
    loaded = {}
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in tables.values():
            if table.name in without or (datasets and table.dataset not in datasets):
                continue
            if table.partition_by and table.name != "nbac_schedule":  # contexts look ahead in the schedule
                connection.execute(
                    f"delete from {table.dataset}.{table.name}"
                    f" where {table.partition_by} not between '{first}' and '{window[1]}'"
                )
            loaded[table.name] = load_platform_table(client, connection, table, prefix=prefix)
    return loaded


def load_platform_table(
    client: bigquery.Client, connection: duckdb.DuckDBPyConnection, table: PlatformTable, *, prefix: str
) -> int:
    """A table in the platform's own form, with the rows that it has in a DuckDB file; how many those are."""
    rows = connection.sql(f"select * from {table.dataset}.{table.name}").to_arrow_table()
    # A load of a column that may be null into one that is REQUIRED is refused.
    rows = rows.cast(pa.schema([of.with_nullable(of.name not in table.required) for of in rows.schema]))
    config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_EMPTY")
    config.parquet_options = list_inference()
    config.schema = [_field_of(name, kind, is_required=name in table.required) for name, kind in table.types.items()]
    if table.partition_by:
        config.time_partitioning = bigquery.TimePartitioning(
            field=table.partition_by, require_partition_filter=table.requires_filter
        )
    named = f"{client.project}.{prefix}{table.dataset}.{table.name}"
    client.load_table_from_file(parquet_of(rows), named, job_config=config, rewind=True).result()
    return int(rows.num_rows)


def _field_of(name: str, kind: str, *, is_required: bool) -> bigquery.SchemaField:
    if kind.startswith("ARRAY<"):
        return bigquery.SchemaField(name, kind[6:-1], "REPEATED")
    return bigquery.SchemaField(name, kind, "REQUIRED" if is_required else "NULLABLE")
