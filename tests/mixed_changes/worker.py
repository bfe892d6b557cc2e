"""Runs of a copy of the project, each in a process forked from one that has it imported and parsed, dbt too:
`Worker` asks for them. Each copy has a process of its own, which reads its code as a command typed by a person would.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

Step = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]


class WorkerError(Exception):
    """A run ended without an answer."""


class RefusedError(Exception):
    """No command does anything with the project as it was changed; what it says of it."""


class KilledError(Exception):
    """A run was killed, as was asked for."""


class Worker:
    """A process to fork runs from, with the copy of the project that they run imported and parsed."""

    def __init__(self, project: Path, environment: dict[str, str], log: Path) -> None:
        self._environment, self._log = environment, log
        command = [sys.executable, "-m", "tests.mixed_changes.worker", str(project)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log.open("ab"), text=True, cwd=ROOT,
            env={**os.environ, **environment},
        )  # fmt: skip

    def run(self, steps: Sequence[Step]) -> list[dict[str, Any]]:
        """The answers to some steps, done one after another in one process.

        :raises WorkerError: it ended without an answer.
        :raises RefusedError: the project is not one that anything could be run with.
        """
        job = {"environment": self._environment, "log": str(self._log), "steps": steps}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # nobody is there to answer either
            self._process.stdin.write(json.dumps(job, default=str) + "\n")
            self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the worker is gone"}')
        if answer.get("is_killed"):
            raise KilledError
        if "refusal" in answer:
            raise RefusedError(answer["refusal"])
        if "error" in answer:
            raise WorkerError(f"{answer['error']}\nIts words are in {self._log}.")
        found: list[dict[str, Any]] = answer["answers"]
        return found

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def main() -> None:
    """Wait for jobs, a line each, and fork for each of them."""
    import dbt.adapters.duckdb
    import dbt.cli.main
    import dbt.task.build  # noqa: F401  dbt imports it with the first build
    import pandas  # noqa: F401  duckdb imports it with the first Arrow table

    try:
        project = _opened(Path(sys.argv[1]))
    except Exception as error:
        from python_processors.errors import FullcourtError  # of the copy

        if not isinstance(error, FullcourtError):
            raise
        for _ in sys.stdin:
            print(json.dumps({"refusal": f"{type(error).__name__}: {error}"}), flush=True)
        return
    for line in sys.stdin:
        job = json.loads(line)
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as answer:
            child = os.fork()
            if not child:
                _answer(job, project, Path(answer.name))
            _, status = os.waitpid(child, 0)
            nothing = {"error": "the run ended without a word", "is_killed": os.WTERMSIG(status) == signal.SIGKILL}
            print(answer.read() or json.dumps(nothing), flush=True)


def _answer(job: dict[str, Any], project: Any, file: Path) -> None:
    """In the forked process, which ends here whatever happens."""
    try:
        os.environ.update(job["environment"])
        with open(job["log"], "a", encoding="utf-8") as words, redirect_stdout(words), redirect_stderr(words):
            from tests.mixed_changes.steps import do

            answers = [do(project, step) for step in job["steps"]]
        file.write_text(json.dumps({"answers": answers}, default=str), encoding="utf-8")
    except BaseException:
        file.write_text(json.dumps({"error": traceback.format_exc()}), encoding="utf-8")
    finally:
        os._exit(0)


def _opened(folder: Path) -> Any:
    """The project of a folder, imported from there and parsed."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    from python_processors.contract import PROJECT_ROOT
    from python_processors.orchestration.project import Project

    assert folder.resolve() == PROJECT_ROOT, f"{PROJECT_ROOT} was imported instead of {folder}"
    project = Project()
    for table in project.tables:  # parses, and looks through what decides each table
        project.logic_version(table)
    import tests.mixed_changes.steps  # noqa: F401  of this copy's modules, so that no run has to

    return project


if __name__ == "__main__":
    main()
