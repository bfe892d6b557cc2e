"""Image, job and workflow name files, commands, options and settings that there are. None of them is built or started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

import click
import pytest
import yaml

from python_processors.cli import app
from python_processors.contract import PROJECT_ROOT

DOCKERFILE = (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8")
PAGE = (PROJECT_ROOT / "docs" / "bigquery.md").read_text(encoding="utf-8")
JOB = "deploy/cloud_run_job.yaml"
WORKFLOW = ".github/workflows/today.yml"
DAG = "deploy/airflow/fullcourt_today.py"
CHANGE = ".github/workflows/change.yml"


def text_of(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


def container() -> dict[str, Any]:
    (only,) = yaml.safe_load(text_of(JOB))["spec"]["template"]["spec"]["template"]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def parse(arguments: Sequence[str]) -> None:
    """:raises click.UsageError: `fullcourt` has no such command or option."""
    with click.Context(app) as context:
        name, command, rest = app.resolve_command(context, list(arguments))
        while isinstance(command, click.Group):
            name, command, rest = command.resolve_command(context, rest)
        assert command is not None
        with command.make_context(name, rest, parent=context):  # closed again: `--env` holds for the process
            pass


def commands_of_change() -> list[list[str]]:
    """Of the workflow that comments on pull requests, with what its variables hold, and without what is beside them."""
    dates = yaml.safe_load(text_of(CHANGE))["jobs"]["compare"]["env"]["DATES"]
    lines = re.findall(r"\.venv/bin/fullcourt (.*?)(?: >.*)?$", text_of(CHANGE), re.MULTILINE)
    return [shlex.split(line.replace("$DATES", dates)) for line in lines]


def commands_of_dag() -> list[list[str]]:
    lines = re.findall(r"bash_command=f\"\{FULLCOURT\} (.*)\"", text_of(DAG))
    assert len(lines) == text_of(DAG).count("bash_command") == 2
    return [shlex.split(line) for line in lines]


def test_no_exit_code_is_a_success_of_the_dag_but_nobody_needed() -> None:
    """Airflow's operator skips a task by code 99, else, and a DAG run of skipped tasks succeeds."""
    assert text_of(DAG).count("skip_on_exit_code=None") == 2
    assert "trigger_rule" not in text_of(DAG)


def test_the_base_of_the_image_is_one_version_of_the_python_that_the_project_runs_on() -> None:
    (base,) = re.findall(r"^FROM (.*)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)
    assert re.search(r'requires-python = "[^"]*3\.11', text_of("pyproject.toml"))


def test_the_image_runs_as_nobody_special_and_holds_what_make_setup_needs() -> None:
    assert DOCKERFILE.index("USER fullcourt") < DOCKERFILE.index("RUN make setup")
    left_out = set(text_of(".dockerignore").split("\n"))
    assert not left_out & {"Makefile", "pyproject.toml", "requirements.lock", "models", "macros", "seeds", "README.md"}


@pytest.mark.parametrize(
    "arguments",
    [
        yaml.safe_load(re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)[0]),
        container()["args"],
        *(line.split()[1:] for line in re.findall(r"\.venv/bin/(fullcourt .*)$", text_of(WORKFLOW), re.MULTILINE)),
        *commands_of_change(),
        *commands_of_dag(),
    ],
)
def test_each_of_them_types_a_command_that_there_is(arguments: list[str]) -> None:
    parse(arguments)
    with pytest.raises(click.UsageError):
        parse([*arguments, "--no-such-option"])


def test_settings_are_those_that_the_page_explains() -> None:
    job = {of["name"] for of in container()["env"]}
    workflow = set(yaml.safe_load(text_of(WORKFLOW))["jobs"]["today"]["env"])
    assert job == workflow
    assert {name for name in job if f"`{name}`" not in PAGE} <= {"FULLCOURT_TARGET"}
    assert "FULLCOURT_TARGET=bigquery" in PAGE


def test_the_page_says_how_each_placeholder_is_set_and_each_file_is_used() -> None:
    for name in set(re.findall(r"\$\{(\w+)\}", text_of(JOB))):
        assert f"`{name}`" in PAGE, name
    assert JOB in PAGE
    assert WORKFLOW in PAGE
    assert f"jobs/{yaml.safe_load(text_of(JOB))['metadata']['name']}:run" in PAGE
