"""A BigQuery client made as dbt makes it: queries read as Arrow, one statement or load job to write."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar

import google.auth.exceptions
import pyarrow as pa
import requests.exceptions
from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, RetryError
from google.api_core.retry import Retry
from google.cloud import bigquery

from python_processors.contract import Contract
from python_processors.engines.base import Location, Result, Side, placed
from python_processors.engines.bigquery.errors import Place, explain, location_of, lost_to_another
from python_processors.engines.bigquery.fields import MOST_CLUSTERS, field_of, list_inference, live_table, parquet_of
from python_processors.engines.bigquery.united import divided, united
from python_processors.engines.live import Columns, Layout, LiveTable

if TYPE_CHECKING:
    import duckdb

# Where the profile says nothing. A load or query that the service refused for now is asked again for
# so long; a dead endpoint would otherwise hold the client for ten minutes.
RETRY_SECONDS = 120.0
REQUEST_SECONDS = 60.0
TRANSIENT_REASONS = {"rateLimitExceeded", "jobRateLimitExceeded", "backendError", "internalError", "quotaExceeded"}
TRANSIENT_CODES = {429, 500, 502, 503, 504}


def is_transient(error: BaseException) -> bool:
    """Whether the same request may succeed when it is made again."""
    if isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout, ConnectionError)):
        return True
    if isinstance(error, GoogleAPICallError):
        reasons = {detail.get("reason") for detail in error.errors or () if isinstance(detail, dict)}
        passes = error.code in TRANSIENT_CODES or bool(reasons & TRANSIENT_REASONS)
        return passes or lost_to_another(error)
    return False


class BigQuerySession:
    """Reads and writes through a client made by dbt with dbt's credentials and the profile's settings."""

    adapter: ClassVar[str] = "dbt-bigquery"
    library: ClassVar[str | None] = None
    can_require: ClassVar[bool] = False

    def __init__(
        self, client: bigquery.Client, place: Place, *, labels: dict[str, str], max_bytes_billed: int | None = None,
        storage_endpoint: str | None = None, retry_seconds: float = RETRY_SECONDS,
        request_seconds: float = REQUEST_SECONDS,
    ) -> None:  # fmt: skip
        self._client = client
        self._place = place
        self.project = place.project
        self._labels = labels
        self._max_bytes_billed = max_bytes_billed
        self._storage_endpoint = storage_endpoint
        self._request_seconds = request_seconds
        self._retry = Retry(is_transient, initial=1.0, maximum=20.0, timeout=retry_seconds)
        self.outcome = ""
        self.connection: duckdb.DuckDBPyConnection | None = None

    @classmethod
    def from_dbt(cls, credentials: Any, *, table: str) -> BigQuerySession:
        """A session with dbt's client; jobs are labelled with the run and the table."""
        from dbt.adapters.bigquery.clients import create_bigquery_client
        from dbt_common.invocation import get_invocation_id

        place = Place(credentials.execution_project, credentials.schema, credentials.location or "default")
        return cls(
            create_bigquery_client(credentials),
            place,
            labels={"run_id": label(get_invocation_id()), "table": label(table)},
            max_bytes_billed=credentials.maximum_bytes_billed,
            storage_endpoint=os.environ.get("FULLCOURT_BIGQUERY_STORAGE_ENDPOINT"),
            retry_seconds=float(credentials.job_retry_deadline_seconds or RETRY_SECONDS),
            request_seconds=float(credentials.job_creation_timeout_seconds or REQUEST_SECONDS),
        )

    def read(self, query: str) -> pa.Table:
        """The query's rows: by the Storage Read API, or by REST where that is not allowed."""
        config = self._query_config()

        def run() -> pa.Table:
            job = self._client.query(
                query, job_config=config, timeout=self._request_seconds, retry=None, job_retry=None
            )
            rows = job.result(timeout=None)
            storage = self._storage_client()
            if storage is None:
                return rows.to_arrow(create_bqstorage_client=False)
            try:
                return rows.to_arrow(bqstorage_client=storage)
            except GoogleAPICallError:  # no permission for read sessions, or no such API on this endpoint
                return job.result().to_arrow(create_bqstorage_client=False)

        return self._ask(run)

    def read_all(self, queries: Mapping[str, str]) -> dict[str, pa.Table]:
        return divided(self.read(united(queries)), queries) if queries else {}

    def stage(self, relation: str, rows: pa.Table, contract: Contract) -> None:
        """Replace the staging table by these rows: one Parquet load job."""
        target = bigquery.TableReference.from_string(relation.replace("`", ""))
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            schema=[field_of(name, contract) for name in rows.column_names],
            labels=self._labels,
        )
        config.parquet_options = list_inference()
        file = parquet_of(rows)

        def load() -> None:
            file.seek(0)
            job = self._client.load_table_from_file(
                file, target, job_config=config, timeout=self._request_seconds, num_retries=0
            )
            job.result(timeout=None)

        self._ask(load)

    def execute(self, sql: str) -> None:
        """A statement or a script, as one job."""
        config = self._query_config()
        self._run_once(
            lambda job_id: self._client.query(
                sql, job_config=config, job_id=job_id, timeout=self._request_seconds, retry=None, job_retry=None
            )
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield  # a load job and most DDL cannot be part of one

    def together(self, statements: Sequence[str]) -> None:
        self.execute(";\n".join(["begin transaction", *statements, "commit transaction;"]))

    def append(self, relation: str, rows: pa.Table) -> None:
        """Add rows to a table that is there, by column name: one Parquet load job.

        The load names each column with the live table's type and mode: with a schema of its own finding
        (autodetect) it would make REQUIRED columns NULLABLE. Columns that the rows lack are null.

        :raises BigQueryError: the table is not there, or a column of the rows is not in it.
        """
        if not rows.num_rows:
            return  # a job for nothing, and columns without a value have no type
        named = self.named(relation).replace("`", "")
        target = bigquery.TableReference.from_string(named)
        live = {field.name: field for field in self._ask(lambda: self._table(named)).schema}
        fields = [live.get(name) or bigquery.SchemaField(name, "STRING") for name in rows.column_names]
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET, create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND, schema=fields, labels=self._labels,
        )  # fmt: skip
        config.parquet_options = list_inference()
        modes = [
            pa.field(c.name, c.type, nullable=f.mode != "REQUIRED") for c, f in zip(rows.schema, fields, strict=True)
        ]
        file = parquet_of(rows.cast(pa.schema(modes)))

        def load(job_id: str) -> Any:
            file.seek(0)
            return self._client.load_table_from_file(
                file, target, job_config=config, job_id=job_id, timeout=self._request_seconds, num_retries=0
            )

        self._run_once(load)

    def columns(self, relation: str) -> Columns:
        """One request, and no job."""
        return self._live(self.named(relation)).columns

    def side(self, location: Location) -> Side:
        """The tables of a location, in the datasets of this target's prefix."""

        def named(relation: str) -> str:
            return f"`{location.database or self._place.project}.{placed(relation, location.environment)}`"

        return Side(named, lambda relation: self._live(named(relation)).columns)

    def _live(self, named: str) -> LiveTable:
        return live_table(self._found(lambda: self._table(named)))

    def live_columns(self, relations: Sequence[str]) -> dict[str, Columns]:
        return {relation: self.columns(relation) for relation in relations}

    def live_tables(self, relations: Sequence[str]) -> dict[str, LiveTable]:
        return {relation: self._live(self.named(relation)) for relation in relations}

    def has_dataset(self, dataset: str) -> bool:
        named = self.named(dataset).strip("`")
        return bool(self._found(lambda: self._client.get_dataset(named, retry=None, timeout=self._request_seconds)))

    def named(self, relation: str, environment: str | None = None) -> str:
        return f"`{self._place.project}.{placed(relation, environment)}`"

    def datasets(self) -> list[str]:
        found = self._found(lambda: list(self._client.list_datasets(retry=None, timeout=self._request_seconds)))
        return sorted(dataset.dataset_id for dataset in found or [])

    def clone(self, relation: str, environment: str) -> None:
        self.execute(f"create table {self.named(relation, environment)} clone {self.named(relation)}")

    def replace(self, relation: str, environment: str) -> None:
        self.execute(f"create or replace table {self.named(relation, environment)} copy {self.named(relation)}")

    def drop_dataset(self, dataset: str) -> None:
        self.execute(f"drop schema `{self._place.project}.{dataset}` cascade")

    def engine_type(self, contract_type: str) -> str:
        return contract_type  # contracts spell types as BigQuery does

    def try_cast(self, expression: str, contract_type: str) -> str:
        if contract_type.startswith("ARRAY<"):
            element = self.try_cast("element", contract_type[6:-1])
            in_order = f"from unnest({expression}) as element with offset as position order by position"
            return f"if({expression} is null, null, array(select {element} {in_order}))"
        if contract_type == "JSON":
            return f"safe.parse_json({expression})"
        if not contract_type.startswith("NUMERIC("):
            return f"safe_cast({expression} as {contract_type})"
        # A cast knows no precision and scale: both are a column's.
        precision, scale = map(int, contract_type[8:-1].split(","))
        number = f"round(safe_cast({expression} as numeric), {scale})"
        return f"if(abs({number}) < numeric '1e{precision - scale}', {number}, null)"

    def layout(self, partition_by: str, cluster_by: Sequence[str], *, is_instant: bool) -> str:
        by = f"date({partition_by})" if is_instant else partition_by
        clusters = f"\ncluster by {', '.join(cluster_by[:MOST_CLUSTERS])}" if cluster_by else ""
        return f"\npartition by {by}{clusters}\noptions (require_partition_filter = true)"

    def laid_out(self, partition_by: str, cluster_by: Sequence[str]) -> Layout | None:
        return Layout(partition_by, "day", tuple(cluster_by[:MOST_CLUSTERS]))

    def comparable(self, expression: str, *, is_array: bool) -> str:
        return f"to_json_string({expression})" if is_array else expression

    def row_hash(self, expressions: Sequence[str]) -> tuple[str, str]:
        # An array or a NaN in a struct is no obstacle to its JSON text.
        value = f"farm_fingerprint(to_json_string(struct({', '.join(expressions)})))"
        return f"(({value} >> 32) & 4294967295)", f"({value} & 4294967295)"

    def bytes_read_by(self, sql: str) -> int | None:
        """By a dry run, which costs nothing."""
        config = bigquery.QueryJobConfig(labels=self._labels, dry_run=True, use_query_cache=False)
        job = self._ask(
            lambda: self._client.query(
                sql, job_config=config, timeout=self._request_seconds, retry=None, job_retry=None
            )
        )
        return int(job.total_bytes_processed or 0)

    def keep_forever(self, relation: str) -> str | None:
        """Two requests at most, and no job."""

        def remove() -> str | None:
            table = self._table(relation)
            partitioning = table.time_partitioning
            if partitioning is None or partitioning.expiration_ms is None:
                return None
            days = partitioning.expiration_ms / 86_400_000
            partitioning.expiration_ms = None
            table.time_partitioning = partitioning
            self._client.update_table(table, ["time_partitioning"], retry=None, timeout=self._request_seconds)
            return f"removed the partition expiration of {days:g} days from {table.full_table_id}: no partition expires"

        return self._ask(remove)

    def leave_outcome(self, text: str) -> None:
        self.outcome = text

    def _query_config(self) -> bigquery.QueryJobConfig:
        config = bigquery.QueryJobConfig(labels=self._labels)
        if self._max_bytes_billed:
            config.maximum_bytes_billed = self._max_bytes_billed
        return config

    def _table(self, relation: str) -> bigquery.Table:
        return self._client.get_table(relation.replace("`", ""), retry=None, timeout=self._request_seconds)

    def _run_once(self, start: Callable[[str], Any]) -> None:
        """A job that writes, under an id of ours: when only the answer was lost, the retry finds the job
        and does not write twice. A job that failed wrote nothing, and the retry gets a new id."""
        job_ids = [str(uuid.uuid4())]

        def run() -> None:
            try:
                job = start(job_ids[-1])
            except Conflict:
                job = self._client.get_job(job_ids[-1], retry=None, timeout=self._request_seconds)
            try:
                job.result(timeout=None)
            finally:
                if job.error_result:
                    job_ids.append(str(uuid.uuid4()))

        self._ask(run)

    def _found(self, request: Callable[[], Result]) -> Result | None:
        """What is asked for; None where it is not there."""

        def asked() -> Result | None:
            with suppress(NotFound):
                return request()
            return None

        return self._ask(asked)

    def _ask(self, request: Callable[[], Result]) -> Result:
        """:raises BigQueryError: the request failed for good, or kept failing for too long."""
        try:
            return self._retry(request)()  # type: ignore[no-any-return]
        except RetryError as error:
            raise explain(error.cause or error, self._place, self._location_of) from error
        except (GoogleAPICallError, google.auth.exceptions.GoogleAuthError, requests.RequestException) as error:
            raise explain(error, self._place, self._location_of) from error

    def _location_of(self, dataset: str) -> str | None:
        return location_of(self._client, dataset)

    def _storage_client(self) -> Any:
        """None where rows are read by REST: an endpoint of one's own has no storage API beside it."""
        from google.cloud import bigquery_storage

        if self._storage_endpoint:
            import grpc
            from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

            channel = grpc.insecure_channel(self._storage_endpoint)
            return bigquery_storage.BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))
        if self._client._connection.API_BASE_URL != "https://bigquery.googleapis.com":
            return None
        return bigquery_storage.BigQueryReadClient(credentials=self._client._credentials)


def label(text: str) -> str:
    """A text as BigQuery allows labels: lower case, 63 characters, [a-z0-9_-]."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:63]
