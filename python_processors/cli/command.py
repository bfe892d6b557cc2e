"""What all commands of `fullcourt` have in common: how they are found, and errors as exit codes."""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from typing import Any

import click

from python_processors.errors import FullcourtError, is_of_the_disk
from python_processors.redaction import without_secrets

NOBODY, SOMEBODY, REFUSED, LOCKED = 0, 1, 2, 3
# Of what --json prints: higher where a key goes, or means something else (docs/json.md).
JSON_VERSION = {"schema_version": 1}


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Errors that a user can act on are printed, not raised; the command's number is the exit code."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            sys.exit(command(*args, **options) or NOBODY)
        except FullcourtError as error:
            _fail(str(error), _code_of(error), options)
        except Exception as error:
            if not _is_of_the_engine(error):
                raise
            _fail(_said_by_the_engine(error), REFUSED, options)

    return run


def _code_of(error: FullcourtError) -> int:
    from python_processors.engines.base import RunLockedError, WaitEndedError
    from python_processors.engines.duckdb.warehouse import WarehouseLockedError

    if isinstance(error, (RunLockedError, WarehouseLockedError)):
        return LOCKED
    return SOMEBODY if isinstance(error, WaitEndedError) else REFUSED


def _is_of_the_engine(error: Exception) -> bool:
    duckdb = sys.modules.get("duckdb")  # where nobody imported it, none of its errors is raised
    return isinstance(error, OSError) or (duckdb is not None and isinstance(error, duckdb.Error))


def _said_by_the_engine(error: Exception) -> str:
    """What the database or the operating system said, and what to do about it."""
    said, cause = _first_line(error), error.__context__
    while cause is not None and not is_of_the_disk(said):  # a failed rollback hides what it was for
        said, cause = (_first_line(cause) if is_of_the_disk(str(cause)) else said), cause.__context__
    if is_of_the_disk(said):
        return f"The disk is full ({said}). Nothing that was published is lost: make room, and run the same again."
    hint = "repair that, and run the same again"
    if type(error).__name__ in ("CatalogException", "BinderException"):
        hint = "`fullcourt migrate --dry-run` says whether the tables are as their contracts have them"
    return f"{said}. Nothing that was published is lost: {hint}."


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _fail(message: str, code: int, options: dict[str, Any]) -> None:
    message = without_secrets(message)
    if options.get("as_json"):
        click.echo(json.dumps({**JSON_VERSION, "error": message}))
    else:
        click.echo(message, err=True)
    sys.exit(code)


class Command(click.Command):
    """Refuses arguments that cannot be read as every other request is refused: as JSON where that was asked for."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> click.Context:
        as_json = "--json" in args  # parsing empties the list
        try:
            return super().make_context(info_name, args, *rest, **extra)
        except click.UsageError as error:
            if as_json:
                _fail(error.format_message(), REFUSED, {"as_json": True})
            raise


def _environment_option() -> click.Option:
    """`--env`, which every command has: what it names is read wherever a name is made (engines/base.py)."""

    def chosen(context: click.Context, option: click.Parameter, name: str | None) -> None:
        if name is not None:
            before = os.environ.get("FULLCOURT_ENV", "")
            os.environ["FULLCOURT_ENV"] = name
            context.call_on_close(lambda: os.environ.update(FULLCOURT_ENV=before))

    return click.Option(
        ["--env", "environment"], metavar="NAME", expose_value=False, is_eager=True, callback=chosen,
        help="Work in this environment instead of production; FULLCOURT_ENV says so, too.",
    )  # fmt: skip


class LazyGroup(click.Group):
    """Commands that are imported when they are asked for: `name` of the module `package.name`.

    As in click's documentation (Complex Applications, Lazily Loading Subcommands). Help names all of them, so that
    their modules import what takes long, dbt and the engines, only when they run.
    """

    def __init__(self, *args: Any, package: str, names: Sequence[str], **extra: Any) -> None:
        super().__init__(*args, **extra)
        self._package, self._names = package, tuple(names)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._names:
            return None
        command: click.Command = getattr(import_module(f"{self._package}.{cmd_name}"), cmd_name)
        if not isinstance(command, click.Group) and not any(option.name == "environment" for option in command.params):
            command.params.append(_environment_option())
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """With the command that was likely meant, where there is none of this name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], self._names, 1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean `{near[0]}`?", ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its whole first sentence: click would cut it off at the end of the line."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, of.get_short_help_str(limit=10_000)) for name, of in commands if of])
