"""The command line before any command runs: whole help, and nothing imported that takes seconds."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from typing import Any

import click
import pytest
from click.testing import CliRunner

from python_processors.cli import COMMANDS, app
from python_processors.cli.command import Command
from python_processors.cli.options import Asked, Ways, range_options, way_options

HEAVY = ("dbt", "duckdb", "pyarrow", "numpy", "google.cloud.bigquery", "requests")


def invoked(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, terminal_width=80)
    assert result.exit_code == 0, result.output
    return result.output


def test_help_imports_neither_dbt_nor_an_engine() -> None:
    """Of every command but `simulate`, which lists the faults, each of them a function over Arrow tables."""
    asked = [("--version",), ("--help",), *((name, "--help") for name in COMMANDS if name != "simulate")]
    script = (
        "import sys\nfrom python_processors.cli import app\n"
        f"for arguments in {asked!r}:\n    app(arguments, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[-1] == "[]"


def test_every_command_has_its_whole_line_in_the_help() -> None:
    """The first sentence of what the command's own help says, on one line of 80 columns."""
    said = invoked("--help")
    lines = {line.split()[0]: line for line in said[said.index("Commands:") :].splitlines()[1:]}
    assert sorted(lines) == sorted(COMMANDS)
    for name, line in lines.items():
        sentence = " ".join(invoked(name, "--help").split("\n\n")[1].split())
        assert line.split(maxsplit=1)[1] == sentence, name
        assert len(line) <= 80


def test_every_option_says_what_it_is_for() -> None:
    context = click.Context(app)
    for name in COMMANDS:
        command = app.get_command(context, name)
        commands = command.commands.values() if isinstance(command, click.Group) else [command]
        for one in commands:
            assert isinstance(one, Command)
            for option in one.params:
                assert isinstance(option, click.Argument) or option.hidden or option.help, (name, option.name)  # type: ignore[attr-defined]


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(app, ["bakfill"])
    assert (result.exit_code, "bakfill" in result.output) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "asked", "ways"),
    [
        ([], Asked(None, None, None, None), Ways()),
        (
            ["--start", "2021-10-19", "--end", "2021-10-20", "--tables", "a, b,", "--force", "--chunk-dates", "3"],
            Asked(date(2021, 10, 19), date(2021, 10, 20), None, ("a", "b")),
            Ways(forced=True, chunk_dates=3),
        ),
        (
            ["--season", "2021-22", "--allow-deletes", "--accept-libraries"],
            Asked(None, None, "2021-22", None),
            Ways(allow_deletes=True, accept_libraries=True),
        ),
    ],
)
def test_options_reach_a_command_as_what_they_mean(arguments: list[str], asked: Asked, ways: Ways) -> None:
    given: dict[str, Any] = {}

    @click.command()
    @range_options
    @way_options
    def command(**options: Any) -> None:
        given.update(options)

    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert given == {"asked": asked, "ways": ways}


def test_a_misspelled_command_says_which_was_likely_meant() -> None:
    result = CliRunner().invoke(app, ["statsu"])
    assert result.exit_code == 2
    assert "No such command 'statsu'. Did you mean `status`?" in result.output
    assert "Did you mean" not in CliRunner().invoke(app, ["xyzzy"]).output
