"""A first run on a real project: `make bigquery-smoke`. What no emulator can tell, in scratch datasets.

Copies a few days of raw tables into scratch datasets, builds them twice with dbt, and checks the
second run wrote nothing, that every query pruned its partitions, what was billed, and that rows and
hashes equal a DuckDB build of the same days. The scratch datasets are removed at the end.

Needs FULLCOURT_BIGQUERY_PROJECT, credentials, and a raw archive (RAW_DIR) or the simulated league.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from google.cloud import bigquery

from python_processors.contract import hashed_tables, load_contract
from python_processors.raw_contract import raw_tables
from python_processors.raw_loader import SIMULATED_UNTIL, find_raw_dir
from python_processors.simulation import simulate
from tests.bigquery.raw import load_raw_table
from tests.warehouse import WEEK, Warehouse, environment

PREFIX = "fullcourt_smoke_"
DATASETS = (
    "nba_raw", "nba_reference", "nba_staging", "nba_intermediate", "nba_analytics", "nba_precompute",
    "nba_predictions", "nba_ops",
)  # fmt: skip


def main() -> int:
    project = os.environ.get("FULLCOURT_BIGQUERY_PROJECT")
    if not project:
        print("Set FULLCOURT_BIGQUERY_PROJECT to a project in which scratch datasets may be made.", file=sys.stderr)
        return 2
    location = os.environ.get("FULLCOURT_BIGQUERY_LOCATION", "us-west2")
    prefix = os.environ.get("FULLCOURT_DATASET_PREFIX") or PREFIX
    client = bigquery.Client(project, location=location)
    with tempfile.TemporaryDirectory() as folder:
        raw = find_raw_dir()
        if raw.is_simulated and not raw.path.is_dir():
            simulate(raw.path, until=SIMULATED_UNTIL)
        try:
            return _run(client, raw.path, Path(folder), prefix)
        finally:
            for name in DATASETS:
                client.delete_dataset(f"{project}.{prefix}{name}", delete_contents=True, not_found_ok=True)


def _run(client: bigquery.Client, raw: Path, folder: Path, prefix: str) -> int:
    for table in raw_tables().values():
        load_raw_table(client, raw, table, WEEK, prefix=prefix)
    on_duckdb = Warehouse(folder / "fullcourt.duckdb", raw)
    assert on_duckdb.dbt("build", "--exclude-resource-type", "test", window=WEEK).success
    problems: list[str] = []
    for attempt in ("first", "second"):
        with environment(FULLCOURT_TARGET="bigquery", FULLCOURT_DATASET_PREFIX=prefix):
            outcome = Warehouse(folder / "unused.duckdb", raw).dbt("build", window=WEEK)
        if not outcome.success:
            problems.append(f"{attempt} build: {outcome.failures or outcome.error}")
    for name, expected in on_duckdb.hashes().items():
        key = ", ".join(load_contract(name).key)
        rows = client.query(
            f"select {key}, data_hash from {prefix}{load_contract(name).relation} where {load_contract(name).partition_by} between '{WEEK[0]}' and '{WEEK[1]}'"
        ).result()
        found = {tuple(row.values()) for row in rows}
        print(f"{name}: {len(found)} rows, {len(found ^ expected)} differ from DuckDB")
        if found != expected:
            problems.append(f"{name} differs from DuckDB")
    ledger = client.query(
        "select sum(inserted + updated + deleted) as n from (select *, dense_rank() over (order by run_started_at desc) as run"
        f" from {prefix}nba_ops.publish_ledger where game_date > '1900-01-01') where run = 1"
    ).result()
    written = next(iter(ledger)).n
    print(f"rows written by the second build: {written}")
    if written:
        problems.append("the second build wrote rows")
    billed = 0
    for job in client.list_jobs():
        if (job.labels or {}).get("app") == "fullcourt" or (job.labels or {}).get("table") in hashed_tables():
            billed += getattr(job, "total_bytes_billed", None) or 0
    print(f"bytes billed by all of this project's jobs listed: {billed:,}")
    for problem in problems:
        print(f"PROBLEM: {problem}", file=sys.stderr)
    print("FAIL" if problems else "PASS")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
