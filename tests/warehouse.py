"""Runs real dbt on a DuckDB warehouse of a test's own, in this process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.constants import PARTIAL_PARSE_FILE_NAME
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder

from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract
from python_processors.orchestration.found import found_by, said_of
from python_processors.project_code import DECLARED_ROWS

WEEK = ("2021-10-19", "2021-10-26")
PARSED_PROJECTS = "FULLCOURT_TEST_PARSED_PROJECTS"  # a folder for them: set for the time of a test session
# Settings of a connection, which no parsed project holds.
CONNECTION = ("DUCKDB", "THREADS", "KEYFILE", "ENDPOINT", "RETRIES", "SECONDS", "DELETES", PARSED_PROJECTS)

# Vars that no model's config or dependencies come of.
OF_A_RUN = (
    "run_id",
    "start_date",
    "end_date",
    "dates",
    "replaced",
    "deletes_allowed",
    "allow_deletes",
    "max_deleted_pct",
)


@dataclass
class DbtOutcome:
    """Whether dbt succeeded, what it said of each node that did not, and how many unit tests passed."""

    success: bool
    failures: dict[str, str] = field(default_factory=dict)
    error: str = ""
    unit_tests_passed: int = 0


@dataclass
class Warehouse:
    """A database file and the raw folder it is built from."""

    path: Path
    raw_dir: Path

    def dbt(self, command: str, *arguments: str, window: tuple[str, str] | None = WEEK, **variables: Any) -> DbtOutcome:
        """Run a dbt command; the window goes into --vars unless it is None."""
        options = ["--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles")]
        options += ["--target-path", str(self.path.parent / "target"), "--log-path", str(self.path.parent / "logs")]
        options += ["--quiet", "--no-use-colors"]
        options += ["--log-level-file", "warn"]  # a tenth of a run's time goes into its debug log
        options += ["--no-write-json"]  # a second goes into the manifest
        if window is not None:
            variables |= {"start_date": window[0], "end_date": window[1]}
        # What a run is to do is no part of the project as it is parsed: a run of fullcourt parses it without, too.
        parsed_with = {name: value for name, value in variables.items() if name not in OF_A_RUN}
        to_parse = [*options, "--vars", json.dumps(parsed_with, sort_keys=True)]
        options += ["--vars", json.dumps(variables, sort_keys=True)]
        with environment(FULLCOURT_DUCKDB=str(self.path), RAW_DIR=str(self.raw_dir)):
            folder = os.environ.get(PARSED_PROJECTS)
            if folder is None or command == "parse":
                return outcome_of(invoke([command, *options, *arguments]))
            parsed = self._parsed_file(Path(folder), to_parse[-1])
            if not parsed.exists():
                result = invoke(["parse", *to_parse])
                if not result.success:
                    return outcome_of(result)
                partial = parsed.with_suffix(f".{os.getpid()}")
                shutil.copy(self.path.parent / "target" / PARTIAL_PARSE_FILE_NAME, partial)
                partial.replace(parsed)
            manifest = Manifest.from_msgpack(parsed.read_bytes(), decoder=extended_mashumuro_decoder)
            manifest.build_flat_graph()
            return outcome_of(invoke([command, *options, *arguments], manifest))

    def _parsed_file(self, folder: Path, variables: str) -> Path:
        """Where the project is kept as parsed for this database name, these variables and settings:
        parsing takes longer than most of what is then run."""
        settings = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(("FULLCOURT_", "DBT_")) and not name.endswith((*CONNECTION, DECLARED_ROWS))
        }
        named = json.dumps([self.path.stem, variables, settings], sort_keys=True)
        return folder / hashlib.sha256(named.encode()).hexdigest()

    def run(self) -> None:
        """dbt run of the week, which must succeed: the models without the tests on them."""
        outcome = self.dbt("run")
        assert outcome.success, outcome.failures or outcome.error

    def build(self, window: tuple[str, str] = WEEK, *arguments: str, **variables: Any) -> None:
        """dbt build that must succeed."""
        outcome = self.dbt("build", *arguments, window=window, **variables)
        assert outcome.success, outcome.failures or outcome.error

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.sql(sql).fetchall()

    def execute(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def hashes(self) -> dict[str, set[tuple[Any, ...]]]:
        """(key, data_hash) of every row, per hashed table."""
        return {
            table: set(
                self.query(
                    f"select {', '.join(load_contract(table).key)}, data_hash from {load_contract(table).relation}"
                )
            )
            for table in hashed_tables()
        }

    def actions(self) -> dict[str, tuple[int, int, int]]:
        """(inserted, updated, deleted) of the newest run, per hashed table."""
        rows = self.query(
            "select table_name, sum(inserted)::int, sum(updated)::int, sum(deleted)::int from nba_ops.publish_ledger"
            " where run_id = (select max_by(run_id, published_at) from nba_ops.publish_ledger) group by 1"
        )
        return {table: (inserted, updated, deleted) for table, inserted, updated, deleted in rows}


def invoke(command: list[str], manifest: Manifest | None = None) -> dbtRunnerResult:
    """dbt in this process, which leaves no connection behind."""
    try:
        return dbtRunner(manifest).invoke(command)
    finally:
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()


def outcome_of(result: dbtRunnerResult) -> DbtOutcome:
    failures = {}
    passed = 0
    for node in getattr(result.result, "results", None) or []:
        passed += node.node.resource_type == "unit_test" and node.status == "pass"
        # An exposure is who reads the tables: dbt builds nothing for it.
        if node.status not in ("success", "pass") and node.node.resource_type != "exposure":
            failures[node.node.name] = said_of(node) if found_by(node) else str(node.message)
    return DbtOutcome(result.success, failures, str(result.exception or ""), passed)


@contextmanager
def environment(**values: str) -> Iterator[None]:
    before: Mapping[str, str | None] = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
