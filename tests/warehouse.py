"""Runs real dbt on a DuckDB warehouse of a test's own, in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner, dbtRunnerResult

from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract

WEEK = ("2021-10-19", "2021-10-26")


@dataclass
class DbtOutcome:
    """Whether dbt succeeded, and what it said of each node that did not."""

    success: bool
    failures: dict[str, str] = field(default_factory=dict)
    error: str = ""


@dataclass
class Warehouse:
    """A database file and the raw folder it is built from."""

    path: Path
    raw_dir: Path

    def dbt(self, *arguments: str, window: tuple[str, str] | None = WEEK, **variables: Any) -> DbtOutcome:
        """Run a dbt command; the window goes into --vars unless it is None."""
        if window is not None:
            variables |= {"start_date": window[0], "end_date": window[1]}
        command = [*arguments, "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles")]
        command += ["--target-path", str(self.path.parent / "target"), "--log-path", str(self.path.parent / "logs")]
        command += ["--vars", json.dumps(variables), "--quiet", "--no-use-colors"]
        with environment(FULLCOURT_DUCKDB=str(self.path), RAW_DIR=str(self.raw_dir)):
            try:
                return outcome_of(dbtRunner().invoke(command))
            finally:
                DuckDBConnectionManager.close_all_connections()
                reset_adapters()

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


def outcome_of(result: dbtRunnerResult) -> DbtOutcome:
    failures = {}
    for node in getattr(result.result, "results", None) or []:
        if node.status not in ("success", "pass"):
            failures[node.node.name] = str(node.message)
    return DbtOutcome(result.success, failures, str(result.exception or ""))


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
