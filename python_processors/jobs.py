"""Jobs that dbt runs in its own process: the Python side of `macros/processor/`.

A job gets the engine's connection and its arguments, and returns an outcome that the macro reads
back. A mistake that a person can repair becomes the outcome's `error`; anything else is raised.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.casting import cast_to_contract, describe_key
from python_processors.contract import Contract, load_contract, processor_error
from python_processors.deletions import check_deletions
from python_processors.engines import session_of_job
from python_processors.engines.base import Session
from python_processors.errors import DuplicateKeyError, FullcourtError, OutsideWindowError
from python_processors.hashing import data_hashes
from python_processors.logic_version import logic_sources, logic_version
from python_processors.schema.drift import check_drift

_EXAMPLES = 5


def run_job(target: str, handle: Any, arguments: Mapping[str, Any]) -> None:
    """Call `module:function` and leave its outcome where the macro job_outcome() finds it.

    :param handle: what dbt hands to a job on its engine.
    """
    session = session_of_job(handle)
    try:
        outcome = _load(target)(session, arguments)
    except FullcourtError as error:
        outcome = {"error": str(error)}
    session.leave_outcome(json.dumps({"error": None, **outcome}))


def check_contract(session: Session, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """:raises ContractError: the table's contract is wrong."""
    load_contract(arguments["table"])
    return {}


def check_contracts(session: Session, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What `fullcourt` checks before it builds: the live tables are as their contracts say.

    :raises DriftError: a table that runs write is not.
    """
    check_drift(session)
    return {}


def run_processor(session: Session, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Read a model's query, run its processor, and leave hashed rows in the staging relation.

    Nothing of the table itself is written here. Of a run that only audits it, nothing is compared with it either.

    :raises FullcourtError: the rows do not fit the contract, or publishing them would delete too much.
    """
    contract = load_contract(arguments["table"])
    processor = load_processor(contract.processor, contract.table)
    version = logic_version(
        logic_sources(arguments["graph"], arguments["node"]), processor, contract, arguments["vars"]
    )
    rows = hashed_rows(processor(session.read(arguments["query"])), contract)
    check_window(rows, contract, arguments["window"]["start"], arguments["window"]["end"])
    rows = rows.append_column("logic_version", pa.repeat(version, rows.num_rows))
    session.stage(arguments["stage"], rows, contract)
    if arguments["deletions"] is not None:
        check_deletions(session.read, contract.table, arguments["deletions"])
    return {"logic_version": version, "rows": rows.num_rows, "notice": session.keep_forever(arguments["target"])}


def load_processor(name: str, table: str) -> Callable[[pa.Table], pa.Table]:
    """The processor that a table's contract names, as `package.module.function`.

    :raises ContractError: it cannot be imported, or is no function.
    """
    module, _, function = name.rpartition(".")
    try:
        processor: Callable[[pa.Table], pa.Table] = _load(f"{module}:{function}")
    except Exception as error:  # whatever a module does when it is imported
        said = f"processor `{name}` cannot be imported: {type(error).__name__}: {error}. Repair {module}."
        raise processor_error(table, said) from error
    if not callable(processor):
        raise processor_error(table, f"processor `{name}` is no function.")
    return processor


def hashed_rows(output: pa.Table, contract: Contract) -> pa.Table:
    """A processor's output in contract types with its `data_hash`; keys are unique.

    :raises DuplicateKeyError: keys occur twice; names the first five.
    """
    rows = cast_to_contract(output, contract)
    check_unique(rows, contract)
    return rows.append_column("data_hash", data_hashes(rows, contract))


def check_unique(rows: pa.Table, contract: Contract) -> None:
    """:raises DuplicateKeyError: a key of the contract occurs twice."""
    key = list(contract.key)
    counts = rows.group_by(key).aggregate([([], "count_all")])
    doubled = counts.filter(pc.greater(counts["count_all"], 1))
    if doubled.num_rows:
        shown = doubled.sort_by([(name, "ascending") for name in key]).slice(0, _EXAMPLES)
        examples = [describe_key(shown, contract, row) for row in range(shown.num_rows)]
        raise DuplicateKeyError(contract.table, contract.key, examples, doubled.num_rows)


def check_window(rows: pa.Table, contract: Contract, start_date: str, end_date: str) -> None:
    """:raises OutsideWindowError: rows lie outside the dates that were asked for."""
    dates = pc.unique(rows[contract.partition_by].cast(pa.string())).to_pylist()
    outside = sorted(date for date in dates if not start_date <= date <= end_date)
    if outside:
        raise OutsideWindowError(contract.table, outside[:_EXAMPLES], start_date, end_date)


def _load(target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function
