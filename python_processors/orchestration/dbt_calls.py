"""dbt in this process: one call, and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_processors.dbt_logs import scrub_logs
from python_processors.orchestration.found import found_by, on_one_line, said_of
from python_processors.orchestration.kept_files import target_folder
from python_processors.places import PROJECT_ROOT, WORK_FOLDER
from python_processors.redaction import without_secrets

if TYPE_CHECKING:  # dbt is imported by who calls it: it takes longer than most of what only reads
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Warned:
    """A test, or a check of one, that dbt warns of: how many rows it found, and what is said of that."""

    name: str
    failures: int
    message: str


@dataclass
class DbtOutcome:
    """What one dbt invocation did. `failures` holds a message per hashed table or other node that failed."""

    invocation_id: str = ""
    succeeded: set[str] = field(default_factory=set)
    built: set[str] = field(default_factory=set)  # models and seeds made, whatever their tests say
    failures: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)  # what failed itself, or by a test of its own
    error: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    bytes_processed: dict[str, int] = field(default_factory=dict)
    slot_ms: dict[str, int] = field(default_factory=dict)
    warnings: list[Warned] = field(default_factory=list)
    tests: set[str] = field(default_factory=set)  # that ran, whatever they found
    nodes: int = 0

    @property
    def said(self) -> str:
        """All that dbt said of what went wrong."""
        return " ".join([self.error, *self.failures.values()])


def ask_dbt(
    command: str, options: Sequence[str], variables: Mapping[str, Any], manifest: Manifest | None = None, *,
    select: Collection[str] | None = None, exclude: Collection[str] = (),
) -> dbtRunnerResult:  # fmt: skip
    """One call of dbt, which leaves no connection behind; what it prints goes to its log alone.

    :param manifest: the project as it was parsed; without it dbt parses.
    :param select: names of nodes of the manifest, which alone are selected; `options` say it without.
    :param exclude: names of nodes of the manifest to leave out.
    :raises KeyError: the manifest has no node of a name.
    """
    from dbt.cli.main import dbtRunner

    scrub_logs()  # before dbt writes what it was called with
    target = os.environ.get("FULLCOURT_TARGET", "duckdb")
    arguments = [
        command, "--project-dir", str(PROJECT_ROOT), "--profiles-dir", str(PROJECT_ROOT / "profiles"),
        "--target", target, "--vars", json.dumps(variables, sort_keys=True),
        "--quiet", "--log-level", "none", "--no-use-colors", "--log-level-file", "info",
        "--no-send-anonymous-usage-stats",  # nobody is told of a run; dbt would keep an id beside its profiles, too
        "--no-write-json",  # nobody reads the manifest, and writing it takes a second
        "--target-path", str(target_folder()),
        "--log-path", os.environ.get("DBT_LOG_PATH") or str(WORK_FOLDER / "logs"),
        *options,
    ]  # fmt: skip
    if manifest is not None:
        _forget_compiled(manifest)
        if not manifest.flat_graph:  # what macros see of the project: parsing made it, and no call changes it
            manifest.build_flat_graph()
    try:
        with (
            _tagged(manifest, "fullcourt_selected", select or ()),
            _tagged(manifest, "fullcourt_left_out", exclude),
            Path(os.devnull).open("w") as nowhere,
            redirect_stdout(nowhere),
        ):
            arguments += [] if select is None else ["--select", "tag:fullcourt_selected"]
            arguments += ["--exclude", "tag:fullcourt_left_out"] if exclude else []
            return dbtRunner(manifest).invoke(arguments)
    finally:
        _close_connections()


def dates_var(dates: Collection[str]) -> list[str]:
    """Var `dates` for some dates (macro chosen_dates): days that follow one another are one entry, first..last, since
    every model's SQL names what it lists."""
    days = sorted({date.fromisoformat(text) for text in dates})
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1][1:] = [day]
        else:
            runs.append([day])
    return ["..".join(str(day) for day in run) for run in runs]


def outcome_of(result: dbtRunnerResult, judged_by: Callable[[Any], str]) -> DbtOutcome:
    """What a call did.

    :param judged_by: the name that a node's outcome is said of.
    :raises KeyboardInterrupt: that ended dbt, which keeps it to itself.
    """
    from dbt_common.invocation import get_invocation_id

    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception
    # Some exceptions have no words, and nothing is without an error that only lacks them.
    error = (
        "" if result.exception is None else without_secrets(str(result.exception)) or type(result.exception).__name__
    )
    outcome = DbtOutcome(get_invocation_id(), error=error)
    failed: set[str] = set()  # not only skipped
    for run in getattr(result.result, "results", None) or []:
        outcome.nodes += 1
        name = judged_by(run.node)
        response = run.adapter_response or {}
        outcome.seconds[name] = outcome.seconds.get(name, 0.0) + run.execution_time
        outcome.bytes_processed[name] = outcome.bytes_processed.get(name, 0) + int(response.get("bytes_processed") or 0)
        outcome.slot_ms[name] = outcome.slot_ms.get(name, 0) + int(response.get("slot_ms") or 0)
        if run.status == "success" and run.node.resource_type in ("model", "seed"):
            outcome.built.add(name)
        if run.node.resource_type == "test" and run.status != "skipped":
            outcome.tests.add(run.node.name)
        if run.status in ("error", "fail", "runtime error"):
            before = f"{outcome.failures[name]}; " if name in failed else ""
            outcome.failures[name] = before + said_of(run)
            failed.add(name)
            if run.node.resource_type != "test" or getattr(run.node, "attached_node", None):
                outcome.broken.add(name)
        elif run.status == "skipped":
            outcome.failures.setdefault(name, "skipped, since something that it reads failed")
        elif run.status == "warn":
            outcome.warnings += _warned(run, name)
        else:
            outcome.succeeded.add(name)
    outcome.succeeded -= set(outcome.failures)
    return outcome


def _warned(run: Any, name: str) -> list[Warned]:
    """What a test warns of, each check by its own name and its table's."""
    found = [Warned(f"{of.check} in {name}", of.failures, of.said) for of in found_by(run)]
    return found or [Warned(run.node.name, run.failures or 0, on_one_line(run.message))]


@contextmanager
def _tagged(manifest: Manifest | None, tag: str, names: Collection[str]) -> Iterator[None]:
    """Nodes of these names have a tag for one call.

    dbt goes through its whole graph for each thing that `--select` or `--exclude` names: a fifth of a backfill's time.
    """
    nodes = [] if manifest is None else [node for node in manifest.nodes.values() if node.name in names]
    if unknown := sorted(set(names) - {node.name for node in nodes}):
        raise KeyError(f"no node is named {', '.join(unknown)}")
    before = [node.tags for node in nodes]
    for node in nodes:
        node.tags = [*node.tags, tag]
    try:
        yield
    finally:
        for node, tags in zip(nodes, before, strict=True):
            node.tags = tags


def _forget_compiled(manifest: Manifest) -> None:
    """dbt 1.11 puts ephemeral models into a node once per manifest, with the window that they were compiled for."""
    for node in manifest.nodes.values():
        if getattr(node, "extra_ctes_injected", False) or getattr(node, "compiled", False):
            node.compiled, node.extra_ctes_injected = False, False
            node.compiled_code, node.extra_ctes = None, []


def _close_connections() -> None:
    """DuckDB lets nobody else open the file while dbt-duckdb keeps its connection, which it does for ever."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import reset_adapters

    # Of what it forgets without closing, an exception that dbt gives back may still hold the connection.
    environment = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()
    reset_adapters()
