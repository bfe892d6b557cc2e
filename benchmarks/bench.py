"""Measure what the project promises: `make bench`. Prints ratios, since machines differ.

1. The shared hasher against a json.dumps per row, 34 fields of about 930 bytes, CPU time per core.
2. A build of everything simulated, against the bare SELECTs of the same models, and peak memory.
   With a raw archive, the same for its first season, and for both seasons in one window.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from python_processors.casting import cast_to_contract
from python_processors.contract import PROJECT_ROOT, Contract
from python_processors.hashing import data_hashes
from python_processors.raw_loader import SIMULATED_UNTIL, find_raw_dir
from tests.unit.contracts import contract_of
from tests.unit.reference_hash import reference_hash

ROWS = 1_000_000
REFERENCE_ROWS = 50_000


def wide_table(rows: int) -> tuple[pa.Table, Contract]:
    """34 hash fields: counts, rates, names, flags and dates, as the analytics tables hold them."""
    rng = np.random.default_rng(5)
    columns: dict[str, pa.Array] = {"id": pa.array(np.arange(rows)), "game_date": pa.repeat(date(2021, 10, 19), rows)}
    types: dict[str, str] = {}
    for n in range(17):
        types[f"count_of_something_{n:02d}"] = "INT64"
        columns[f"count_of_something_{n:02d}"] = pa.array(rng.integers(0, 60, rows))
    for n in range(8):
        types[f"rate_of_something_{n:02d}"] = "NUMERIC(6,2)"
        columns[f"rate_of_something_{n:02d}"] = pa.array(rng.integers(0, 12_000, rows) / 100)
    for n in range(5):
        names = pa.array([f"a name of some length, number {k:04d}" for k in range(600)])
        types[f"name_of_something_{n:02d}"] = "STRING"
        columns[f"name_of_something_{n:02d}"] = names.take(pa.array(rng.integers(0, 600, rows)))
    for n in range(2):
        types[f"is_something_{n:02d}"] = "BOOL"
        columns[f"is_something_{n:02d}"] = pa.array(rng.random(rows) < 0.5)
    contract = contract_of(types)
    return cast_to_contract(pa.table(columns), contract), contract


def bench_hasher() -> None:
    table, contract = wide_table(ROWS)
    fields = list(contract.hash_fields)
    began = time.process_time()
    hashes = data_hashes(table, contract)
    vectorised = ROWS / (time.process_time() - began)
    rows = table.slice(0, REFERENCE_ROWS).select(fields).to_pylist()
    began = time.process_time()
    reference = [reference_hash(row) for row in rows]
    plain = REFERENCE_ROWS / (time.process_time() - began)
    assert reference == hashes.slice(0, REFERENCE_ROWS).to_pylist()
    size = len(json.dumps({k: str(v) for k, v in rows[0].items()}))
    print(f"hasher: {len(fields)} fields, {size} bytes, {ROWS:,} rows: {vectorised / plain:.1f}x the rows per second")
    print(f"        of a json.dumps per row on one core ({vectorised:,.0f} against {plain:,.0f} rows/s here)")


def bench_build(raw_dir: Path, window: tuple[str, str], label: str) -> float:
    """Times one dbt build of all models and seeds (no tests), then the compiled SELECTs alone on the same database.

    :returns: seconds of the build, from the first model's start to the last one's end.
    """
    folder = Path(tempfile.mkdtemp())
    variables = json.dumps({"start_date": window[0], "end_date": window[1]})
    environment = os.environ | {"FULLCOURT_DUCKDB": str(folder / "bench.duckdb"), "RAW_DIR": str(raw_dir)}
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--exclude-resource-type", "test"]
    command += ["--vars", variables, "--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    try:
        subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, capture_output=True)  # loads raw
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        whole = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
        results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
        # From the first model's start to the last one's end: models run side by side, so their times
        # added up would count the same second twice.
        spans = [t for r in results if r["unique_id"].startswith("model.") for t in r["timing"]]
        instants = [datetime.fromisoformat(t[end]) for t in spans for end in ("started_at", "completed_at")]
        executed = (max(instants) - min(instants)).total_seconds()
        compiled = {r["unique_id"]: r["compiled_code"] for r in results if r.get("compiled_code")}
        with duckdb.connect(str(folder / "bench.duckdb")) as connection:
            connection.execute("set TimeZone = 'UTC'")
            wall, cpu = time.monotonic(), time.process_time()
            for unique_id, code in compiled.items():
                if unique_id.startswith("model."):
                    connection.execute(f"create or replace temp table bare as {code}")
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        print(f"build of {label}: {executed / wall:.1f}x the time of the bare SELECTs over all nodes,")
        print(f"        {whole / cpu:.1f}x their CPU with dbt's own start and parse;", end=" ")
        print(f"peak memory {after.ru_maxrss / 1024:,.0f} MB")
        return executed
    finally:
        shutil.rmtree(folder)


def main() -> None:
    bench_hasher()
    folder = find_raw_dir()
    if folder.is_simulated:
        from python_processors.simulation import simulate

        with tempfile.TemporaryDirectory() as raw:
            simulate(Path(raw), until=SIMULATED_UNTIL)
            bench_build(Path(raw), ("2021-10-19", "2021-11-19"), "a simulated month")
    else:
        one = bench_build(folder.path, ("2021-10-19", "2022-06-16"), "the season 2021-22")
        both = bench_build(folder.path, ("2021-10-19", "2023-06-12"), "both seasons")
        print(f"both seasons in one window: {both / one:.2f}x the time of the first")


if __name__ == "__main__":
    main()
