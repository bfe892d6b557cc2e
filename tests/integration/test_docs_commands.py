"""The commands that README.md, CONTRIBUTING.md and docs/ give: each exists with its options, and those that only look
are run on a confirmed month.

A block that is not to be run says so where its reader sees it: ```bash no-test: the reason.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from dbt.cli.main import cli as dbt

from python_processors import __version__
from python_processors.cli import app
from python_processors.contract import PROJECT_ROOT
from python_processors.orchestration.state.states import OUTCOMES
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

PAGES = sorted([PROJECT_ROOT / "README.md", PROJECT_ROOT / "CONTRIBUTING.md", *(PROJECT_ROOT / "docs").rglob("*.md")])
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text()
# Of what a block may hold without being run, and why: its words are checked all the same.
NOT_RUN = {
    "make": "sets up an environment or builds the first month; CI runs lint and test, tests/integration the rest",
    "dbt": "builds the first month, as the fixture `month` does; test_claims.py runs the unit tests",
}
# Blocks that are checked and not run, with what their info strings say. A new one is a decision, so it stands here, too.
NO_TEST = {
    "docs/add-a-column.md": {"changes a table; the window is the one that the table holds"},
    "docs/adopt.md": {"tests/on_platform/test_adopt.py runs the same"},
    "docs/backfill.md": {"writes a table; test_publish.py runs the same on a small one"},
    "docs/backfill-a-season.md": {
        "builds a whole season",
        "fails where only the first month is built, as it is to",
    },
    "docs/bigquery.md": {"needs a project of your own", "tests/bigquery/test_roles.py types this at a local server"},
    "docs/compare.md": {"compares with a copy that somebody made before"},
    "docs/environments.md": {
        "tests/integration/test_environments.py runs the same",
        "tests/integration/test_promote.py runs the same",
        "two checkouts of the code",
    },
    "docs/migrations.md": {"tests/integration/test_migrate.py runs the same"},
    "docs/platform.md": {"needs a database of the platform; tests/on_platform runs the same on a simulated one"},
    "docs/python.md": {"writes a folder; tests/integration/test_export.py runs the same"},
    "docs/raw-archive.md": {"needs an archive"},
    "docs/repair-a-date.md": {
        "test_command_line.py and test_backfill_failures.py run these on dates that need it",
    },
}


@dataclass(frozen=True)
class Command:
    """A command of a page. `block` is the info string after `bash`; None of a command inside a line."""

    page: str
    words: tuple[str, ...]
    block: str | None

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def commands_of(page: Path) -> Iterator[Command]:
    text, name = page.read_text(), page.relative_to(PROJECT_ROOT).as_posix()
    blocks = re.compile(r"^```(\w*)[ ]?(.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    for kind, info, body in blocks.findall(text):
        if kind == "bash":
            for line in body.replace("\\\n", " ").splitlines():
                if words := shlex.split(line, comments=True):
                    yield Command(name, tuple(words), info)
    for code in re.findall(r"`((?:fullcourt|make|dbt|python -m) [^`]+)`", blocks.sub("", text)):
        yield Command(name, tuple(shlex.split(" ".join(code.split()))), None)


COMMANDS = [command for page in PAGES for command in commands_of(page)]
RUN = {command.words: command for command in COMMANDS if command.block == ""}


def unknown_words(group: click.Command, words: tuple[str, ...]) -> list[str]:
    """What a command line does not know: its subcommand, or options of it."""
    if words and words[0] == "--version":
        return []
    subcommand = isinstance(group, click.Group) and group.get_command(click.Context(group), words[0] if words else "")
    if not subcommand:
        return [*words[:1]] or ["no subcommand"]
    if isinstance(subcommand, click.Group) and words[1:] and not words[1].startswith("--"):
        return unknown_words(subcommand, words[1:])
    known = {option for parameter in subcommand.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return [word for word in words[1:] if word.startswith("--") and word.partition("=")[0] not in known]


def test_there_are_commands_to_check() -> None:
    assert len(RUN) > 8
    assert len(COMMANDS) > 40


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_every_command_exists_with_its_options(command: Command) -> None:
    program, *rest = command.words
    if program == "fullcourt":
        assert unknown_words(app, tuple(rest)) == []
    elif program == "dbt":
        assert unknown_words(dbt, tuple(rest)) == []
    elif program == "make":
        targets = [word for word in rest if "=" not in word]
        assert [word for word in targets if not re.search(rf"^{re.escape(word)}:", MAKEFILE, re.MULTILINE)] == []
        given = [word.partition("=")[0] for word in rest if "=" in word]
        assert [name for name in given if f"$({name})" not in MAKEFILE] == []
    elif program == "python":
        assert find_spec(rest[1]), rest[1]
    else:
        assert command.block, f"{program} is not checked: give the block `bash no-test: why`"


def printed_commands() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Commands that messages and the report tell people to type: what stands for a value is a word."""
    for file in sorted((PROJECT_ROOT / "python_processors").rglob("*")):
        if file.suffix in (".py", ".j2"):
            text = re.sub(r"\"\s*\n\s*f?\"", "", file.read_text(encoding="utf-8"))
            for code in re.findall(r"(?:`|<code>)(fullcourt [^`<]+)(?:`|</code>)", text):
                words = re.sub(r"\{[^{}]*\}", "value", " ".join(code.split())).replace("'", "")
                yield file.name, tuple(words.split()[1:])


PRINTED = sorted(set(printed_commands()))


@pytest.mark.parametrize(("file", "words"), PRINTED, ids=[f"{name}: {' '.join(words)}" for name, words in PRINTED])
def test_every_command_that_is_printed_can_be_typed(file: str, words: tuple[str, ...]) -> None:
    assert unknown_words(app, words) == []


def test_the_report_names_commands() -> None:
    assert {words[0] for name, words in PRINTED if name == "report.html.j2"} == {
        "backfill",
        "env",
        "gaps",
        "plan",
        "report",
        "verify",
    }


def test_blocks_that_are_not_run_are_those_listed_here() -> None:
    """Each has its reason where the reader sees it, and only programs whose words are checked are left unrun."""
    marked: dict[str, set[str]] = {}
    for command in COMMANDS:
        if command.block:
            assert command.block.startswith("no-test: "), command
            marked.setdefault(command.page, set()).add(command.block.removeprefix("no-test: "))
    assert marked == NO_TEST
    assert {words[0] for words in RUN} - {"fullcourt"} <= set(NOT_RUN)


@pytest.mark.parametrize("words", [words for words in RUN if words[0] == "fullcourt"], ids=" ".join)
def test_commands_run_on_a_confirmed_month(words: tuple[str, ...], copy_of_confirmed_month: Warehouse) -> None:
    assert fullcourt(copy_of_confirmed_month, *words[1:]).stdout.strip()


@pytest.mark.parametrize("name", ["doctor", "plan", "status", "gaps", "explain", "verify", "migrate"])
def test_each_command_that_only_looks_is_shown_and_run(name: str) -> None:
    assert any(words[:2] == ("fullcourt", name) for words in RUN)


JSON_KEYS = {
    command: tuple(re.findall(r"`(\w+)`", keys))
    for command, keys in re.findall(
        r"^\| `(\w+)` \| (.*) \|$", (PROJECT_ROOT / "docs" / "json.md").read_text(), re.MULTILINE
    )
}
DATED = ("--start", "2021-10-19", "--end", "2021-10-21")


@pytest.mark.parametrize("command", sorted(JSON_KEYS))
def test_json_has_the_keys_of_its_page(command: str, confirmed: Warehouse, tmp_path: Path) -> None:
    """A key that goes, or means something else, takes a higher schema_version."""
    more = {"explain": ("player_game_summary", "2021-10-20"), "report": (*DATED, "--out", str(tmp_path / "page.html"))}
    assert tuple(as_json(confirmed, command, *more.get(command, DATED))) == JSON_KEYS[command]


def test_the_version_is_the_packages() -> None:
    said = CliRunner().invoke(app, ["--version"]).output
    assert said.strip() == f"fullcourt, version {version('fullcourt')}"
    assert version("fullcourt") == __version__
    assert f"## [{__version__}]" in (PROJECT_ROOT / "CHANGELOG.md").read_text()


def test_links_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(PROJECT_ROOT)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\((?!https?://|#)([^)#\s]+)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert dead == []


def test_every_page_is_in_the_index() -> None:
    """Nobody finds a page that no other names."""
    index = PROJECT_ROOT / "docs" / "README.md"
    linked = {(index.parent / link).resolve() for link in re.findall(r"\]\(([^)#\s]+)", index.read_text())}
    assert [page.name for page in PAGES if page.is_relative_to(index.parent) and page not in {*linked, index}] == []


def test_every_check_and_every_outcome_is_explained() -> None:
    """What it means and what to do: a row of docs/checks.md."""
    page = (PROJECT_ROOT / "docs" / "checks.md").read_text()
    generic: Mapping[str, str] = {
        name: path.name
        for path in (PROJECT_ROOT / "macros" / "generic_tests").glob("*.sql")
        for name in re.findall(r"{%-?\s*(?:test |macro check_)(\w+)", path.read_text())
    }
    assert len(generic) > 15
    assert [
        name for name in (*generic, *OUTCOMES) if f"| `{name}` |" not in page.replace("` (a warning) |", "` |")
    ] == []
