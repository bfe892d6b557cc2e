"""What a smoke run looks at, one function a check (tests/bigquery/smoke.py)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from python_processors.contract import hashed_tables, load_contract
from python_processors.doctor import examine
from python_processors.engines import warehouse_of_target
from python_processors.engines.bigquery.errors import BigQueryError
from python_processors.engines.look import OK as FOUND_OK
from python_processors.engines.look import PROBLEM
from python_processors.raw_contract import raw_tables
from tests.bigquery.raw import load_platform
from tests.on_platform.tables import platform_tables
from tests.warehouse import DbtOutcome, Warehouse, environment

OK, NOTE, FAILED, NOT_CHECKED = "ok", "note", "FAILED", "NOT CHECKED"
ALL_DATES = ">= '0001-01-01'"  # a filter that every row of a table that requires one meets


@dataclass(frozen=True)
class Finding:
    """What a check says of one thing. A note is no fault, and shows nothing either."""

    check: str
    level: str
    said: str


@dataclass(frozen=True)
class Smoke:
    """A run: the project, its scratch datasets, and the same rows on DuckDB."""

    client: bigquery.Client
    prefix: str
    window: tuple[str, str]
    raw: Path
    datasets: tuple[str, ...]
    on_duckdb: Warehouse
    on_bigquery: Warehouse  # carries the project's folders alone
    started: datetime

    def named(self, relation: str) -> str:
        return f"`{self.client.project}.{self.prefix}{relation}`"

    def rows(self, sql: str) -> list[Any]:
        return list(self.client.query(sql).result())


def _of(level: str, said: str) -> Finding:
    return Finding("", level, said)  # whoever makes the check knows its name


def raw_tables_are_filled(run: Smoke) -> Iterator[Finding]:
    """Tables of the platform's own form, not of our contract's, with the same rows on both sides."""
    rows = load_platform(run.client, run.on_duckdb.path, run.raw, run.window, prefix=run.prefix, datasets=run.datasets)
    yield _of(OK, f"{len(rows)} tables of the platform's form, {sum(rows.values()):,} rows")


def datasets_are_where_the_setting_says(run: Smoke) -> Iterator[Finding]:
    for name in run.datasets:
        at = run.client.get_dataset(f"{run.client.project}.{run.prefix}{name}").location
        is_there = str(at).lower() == str(run.client.location).lower()
        yield _of(OK if is_there else FAILED, f"{run.prefix}{name} is in {at}, the setting is {run.client.location}")


def month_is_built_twice(run: Smoke) -> Iterator[Finding]:
    """On BigQuery with all tests. DuckDB's rows are what it is compared with."""
    for attempt in ("first", "second"):
        outcome = run.on_bigquery.dbt("build", window=run.window)
        said = "succeeded" if outcome.success else f"failed: {_words(outcome)}"
        yield _of(OK if outcome.success else FAILED, f"the {attempt} build of {' to '.join(run.window)} {said}")
        if not outcome.success:
            return  # what comes later finds nothing to check, and says so
    with environment(FULLCOURT_TARGET="duckdb", FULLCOURT_DATASET_PREFIX=""):
        outcome = run.on_duckdb.dbt("build", "--exclude-resource-type", "test", window=run.window)
    if not outcome.success:
        yield _of(NOT_CHECKED, f"the build on DuckDB failed: {_words(outcome)}")


def _words(outcome: DbtOutcome) -> str:
    """Of what failed itself, and was not skipped for it."""
    failed = [f"{node}: {' '.join(said.split())}" for node, said in outcome.failures.items() if said != "None"]
    more = f"; and {len(failed) - 3} more" if len(failed) > 3 else ""
    return "; ".join(failed[:3]) + more or outcome.error


def second_build_wrote_nothing(run: Smoke) -> Iterator[Finding]:
    """By the ledger, in which a build leaves a row for each table and date, also where it wrote nothing."""
    found = run.rows(
        "select run_id, max(run_started_at) as started, string_agg(distinct table_name) as tables,"
        f" sum(inserted + updated + deleted) as written from {run.named('nba_ops.publish_ledger')}"
        f" where game_date {ALL_DATES} group by run_id order by started"
    )
    if len(found) < 2:
        yield _of(NOT_CHECKED, f"the ledger has {len(found)} of 2 builds")
        return
    if lacking := set(hashed_tables()) - set(found[-1].tables.split(",")):
        yield _of(NOT_CHECKED, f"the second build's ledger lacks {', '.join(sorted(lacking))}")
        return
    first, second = found[0].written, found[-1].written
    yield _of(
        OK if first and not second else FAILED, f"rows written: {first:,} by the first build, {second:,} by the second"
    )


def rows_are_those_of_duckdb(run: Smoke) -> Iterator[Finding]:
    """Keys and hashes of every hashed table."""
    for name, expected in run.on_duckdb.hashes().items():
        contract = load_contract(name)
        columns = ", ".join([*contract.key, "data_hash"])
        stored = run.rows(
            f"select {columns} from {run.named(contract.relation)} where {contract.partition_by} {ALL_DATES}"
        )
        found = {tuple(row.values()) for row in stored}
        said = f"{name}: {len(stored):,} rows, {len(found ^ expected):,} differ from DuckDB"
        if len(stored) != len(found) or found != expected:
            yield _of(FAILED, said)
        else:
            yield _of(OK if found else NOT_CHECKED, said)


def filters_prune_partitions(run: Smoke) -> Iterator[Finding]:
    """A dry run tells the bytes that a query would read: of one date less than of all, where there are several."""
    raw = raw_tables()
    partitioned = [(load_contract(of).relation, load_contract(of).partition_by, True) for of in hashed_tables()]
    for table in platform_tables().values():
        if table.dataset in run.datasets and table.partition_by:
            is_needed = table.name in raw and not raw[table.name].without
            partitioned.append((f"{table.dataset}.{table.name}", table.partition_by, is_needed))
    for relation, column, is_needed in partitioned:
        yield _of_pruning(run, relation, column, is_needed=is_needed)


def _of_pruning(run: Smoke, relation: str, column: str, *, is_needed: bool) -> Finding:
    """:param is_needed: that the table has too few dates to tell is no note, but a check that was not made."""
    table = run.named(relation)
    (held,) = run.rows(
        f"select count(distinct {column}) as dates, max({column}) as last from {table} where {column} {ALL_DATES}"
    )
    if held.dates < 2:
        return _of(
            NOT_CHECKED if is_needed else NOTE, f"{relation} has rows of {held.dates} dates, which tells nothing"
        )
    one, whole = (
        _bytes_of(run, f"select * from {table} where {column} {of}") for of in (f"= '{held.last}'", ALL_DATES)
    )
    said = f"{relation}: {one:,} bytes of {held.last}, {whole:,} of all {held.dates} dates"
    if not one or not whole:  # each has rows
        return _of(NOT_CHECKED, f"{said}: the server tells no bytes")
    return _of(OK if one < whole else FAILED, said)


def _bytes_of(run: Smoke, sql: str) -> int:
    config = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)
    return int(run.client.query(sql, job_config=config).total_bytes_processed or 0)


def wrong_location_is_named(run: Smoke) -> Iterator[Finding]:
    """Asked for elsewhere, a dataset that is there is not found: our error says where it is."""
    other = "EU" if str(run.client.location).upper() == "US" else "US"
    run.rows(f"select 1 from {run.named('nba_reference.nba_players_registry')} limit 1")  # it is there
    with environment(FULLCOURT_BIGQUERY_LOCATION=other), warehouse_of_target().reading() as session:
        try:
            session.read(f"select count(*) as n from {session.named('nba_reference.nba_players_registry')}")
        except BigQueryError as error:
            is_named = f"is in {run.client.location}, and was looked for in {other}".lower() in str(error).lower()
            yield _of(OK if is_named else FAILED, str(error))
        else:
            yield _of(
                NOT_CHECKED, f"the server answers in {other} what is in {run.client.location}: it knows no locations"
            )


def doctor_finds_the_roles(run: Smoke) -> Iterator[Finding]:
    """What `fullcourt doctor` says of rights, once there are tables to ask of."""
    lines = examine(warehouse_of_target(), datetime.now(UTC).date()).lines
    rights = [line for line in lines if line.check == "rights"]
    for line in rights:
        yield _of(OK if line.level == FOUND_OK else FAILED, f"{line.said} {line.to_do}".strip())
    if not rights:
        said = "; ".join(line.said for line in lines if line.level == PROBLEM)
        yield _of(NOT_CHECKED, f"doctor looked at no rights: {said or 'and found no problem'}")


def bytes_billed_are_told(run: Smoke) -> Iterator[Finding]:
    """By this account's jobs since the run began; to be compared with what docs/bigquery.md says of a build."""
    jobs = list(run.client.list_jobs(min_creation_time=run.started))
    billed = sum(getattr(job, "total_bytes_billed", None) or 0 for job in jobs)
    said = f"{billed:,} bytes billed by {len(jobs):,} jobs of this account since the run began"
    yield _of(OK if billed else NOT_CHECKED, said)
