"""What a run may be asked to do. Imported in the forked process alone: the project is that of the trial's copy."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from click.testing import CliRunner

from python_processors.contract import load_contract
from python_processors.errors import FullcourtError
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.dbt_calls import ask_dbt, outcome_of
from python_processors.orchestration.request import Request
from python_processors.orchestration.warehouse import DuckDBWarehouse
from tests.mixed_changes.strike import striking

Answer = dict[str, Any]


@contextmanager
def _at(step: dict[str, Any]) -> Iterator[DuckDBWarehouse]:
    """The warehouse that a step is about, else the trial's."""
    before = os.environ["FULLCOURT_DUCKDB"]
    os.environ["FULLCOURT_DUCKDB"] = step.get("database", before)
    try:
        yield DuckDBWarehouse()
    finally:
        os.environ["FULLCOURT_DUCKDB"] = before


def _request(step: dict[str, Any]) -> Request:
    options: dict[str, Any] = {}
    if any(field.name == "allow_deletes" for field in dataclasses.fields(Request)):
        options["allow_deletes"] = True
    if "chunk_dates" in step:
        options["dates_in_a_chunk"] = step["chunk_dates"]
    return Request(date.fromisoformat(step["start"]), date.fromisoformat(step["end"]), **options)


def run_backfill(project: Any, step: dict[str, Any]) -> Answer:
    """Backfill a range; a refusal is an answer, too."""
    with _at(step) as warehouse:
        try:
            result = backfill(project, warehouse, _request(step), audited_share=0)
        except FullcourtError as error:
            return {"refused": f"{type(error).__name__}: {error}", "is_whole": False, "failures": {}}
    failures = {str(table): why for table, why in result.failures.items()}
    return {"refused": None, "is_whole": result.is_whole, "failures": failures}


def run_nothing(project: Any, step: dict[str, Any]) -> Answer:
    """In place of a backfill."""
    return {"refused": None, "is_whole": False, "failures": {}}


def run_command(project: Any, step: dict[str, Any]) -> Answer:
    """A `fullcourt` command as it is typed, on the project as it was parsed: dbt's parser hangs in a forked process."""
    from python_processors.cli import app

    with _at(step), patch("python_processors.orchestration.project.Project", lambda **_: project):
        outcome = CliRunner().invoke(app, list(step["arguments"]))
    crashed = repr(outcome.exception) if outcome.exception and not isinstance(outcome.exception, SystemExit) else ""
    return {"exit_code": outcome.exit_code, "said": outcome.output[-4000:], "out": outcome.stdout, "crashed": crashed}


def run_verify(project: Any, step: dict[str, Any]) -> Answer:
    """`fullcourt verify` as it is typed."""
    return run_command(project, {**step, "arguments": ["verify", "--start", step["start"], "--end", step["end"]]})


def run_build(project: Any, step: dict[str, Any]) -> Answer:
    """Models and seeds of a range from nothing, in one plain invocation of dbt without tests."""
    with _at(step) as warehouse:
        warehouse.path.parent.mkdir(parents=True, exist_ok=True)
        with warehouse.writing():
            pass
        window = {"start_date": step["start"], "end_date": step["end"]}
        return _dbt(project, ["build", "--resource-type", "model", "--resource-type", "seed"], window)


def run_dbt(project: Any, step: dict[str, Any]) -> Answer:
    """Plain dbt with vars of its own, as somebody may type it on the warehouse of a trial."""
    with _at(step):
        return _dbt(project, list(step["arguments"]), step["vars"])


def _dbt(project: Any, arguments: list[str], variables: dict[str, Any]) -> Answer:
    command, *options = arguments
    result = ask_dbt(command, options, variables, project.manifest)
    outcome = outcome_of(result, lambda node: str(node.name))
    return {"success": result.success, "failures": outcome.failures, "error": outcome.error}


def claims(project: Any, step: dict[str, Any]) -> Answer:
    """Tables and dates that `fullcourt status` would call complete, and those that it would call due."""
    from benchmarks.kill_backfill import Task, complete_and_due

    folder = Path(step.get("database", os.environ["FULLCOURT_DUCKDB"])).parent
    start, end = date.fromisoformat(step["start"]), date.fromisoformat(step["end"])
    task = Task(folder, Path(os.environ["RAW_DIR"]), start, end, 400)
    complete, due = complete_and_due(task, project)
    return {"complete": complete, "due": due}


def tables(project: Any, step: dict[str, Any]) -> Answer:
    """How the ten tables are compared, by their contracts as this copy has them."""
    found = {}
    for table in project.tables:
        contract = load_contract(table)
        found[table] = {
            "relation": contract.relation, "day": contract.partition_by, "key": list(contract.key),
            "hashed": [column.name for column in contract.columns if column.not_hashed is None],
        }  # fmt: skip
    return {"tables": found}


STEPS: dict[str, Callable[[Any, dict[str, Any]], Answer]] = {
    "backfill": run_backfill, "verify": run_verify, "build": run_build, "dbt": run_dbt, "claims": claims,
    "tables": tables, "command": run_command, "nothing": run_nothing,
}  # fmt: skip


def do(project: Any, step: dict[str, Any]) -> Answer:
    """One step, killed at its moment if it names one; with the calls that a kill may strike at."""
    with striking(step.get("strike")) as calls:
        return {**STEPS[step["do"]](project, step), "calls": calls}
