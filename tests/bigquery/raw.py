"""Raw tables on BigQuery as the platform has them, filled from files: for tests and the smoke run."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from python_processors.engines.bigquery.fields import list_inference, parquet_of
from python_processors.raw_contract import RawTable, raw_tables
from tests.emulator import server
from tests.on_platform.tables import PlatformTable, make_platform, platform_tables

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
    folder: Path, window: tuple[str, str], *, without: Collection[str] = ()
) -> Iterator[tuple[server.Emulator, bigquery.Client, dict[str, str]]]:
    """A local server with the platform's own raw tables, filled from the files of a folder; its client and settings.

    :param without: tables that are not there.
    """
    with local_server() as emulator, tempfile.TemporaryDirectory() as scratch:
        client = client_of(emulator)
        for name in {table.dataset for table in platform_tables().values()}:
            client.create_dataset(name)
        load_platform(client, Path(scratch) / "platform.duckdb", folder, window, without=without)
        yield emulator, client, settings_of(emulator)


@contextmanager
def server_with_raw_rows(
    folder: Path, window: tuple[str, str]
) -> Iterator[tuple[server.Emulator, bigquery.Client, dict[str, str]]]:
    """A local server with the raw tables of an archive, whatever the platform lacks of them; its client and settings."""
    with local_server() as emulator:
        client = client_of(emulator)
        for table in raw_tables().values():
            load_raw_table(client, folder, table, window)
        yield emulator, client, settings_of(emulator)


def load_raw_table(client: bigquery.Client, folder: Path, table: RawTable, window: tuple[str, str]) -> None:
    """A raw table of our contract, with its optional columns, partitioned and requiring a filter."""
    dataset = bigquery.Dataset(f"{client.project}.{table.source}")
    dataset.location = client.location
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
        if table.name != "nbac_schedule":  # read whole: contexts look ahead in it
            rows = rows.filter(
                pc.and_(pc.greater_equal(dates, first), pc.less_equal(dates, date.fromisoformat(window[1])))
            )
        config.time_partitioning = bigquery.TimePartitioning(field=table.partition_by, require_partition_filter=True)
    file = io.BytesIO()
    pa_parquet.write_table(rows, file)
    file.seek(0)
    client.load_table_from_file(file, f"{client.project}.{table.source}.{table.name}", job_config=config).result()


def load_platform(
    client: bigquery.Client, database: Path, folder: Path, window: tuple[str, str], *, prefix: str = "",
    datasets: Collection[str] = (), without: Collection[str] = (),
) -> dict[str, int]:  # fmt: skip
    """The platform's tables on a project, in datasets that are there, and in a DuckDB file; rows of each.

    :param datasets: only tables of these, on the project; without any of all.
    :param without: tables that are on neither side.
    """
    first = date.fromisoformat(window[0]) - timedelta(days=DAYS_BEFORE)
    make_platform(database, folder, without=without)
    loaded = {}
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in platform_tables().values():
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
