"""What all commands of `fullcourt` have in common: options, and errors as exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

import click
import duckdb

from python_processors.errors import FullcourtError, is_of_the_disk

NOBODY, SOMEBODY, REFUSED, LOCKED = 0, 1, 2, 3


def parse_date(context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        raise click.BadParameter(f"`{value}` is no date of the form YYYY-MM-DD.") from None


def _with(*options: Callable[..., Any]) -> Callable[..., Any]:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
range_options = _with(
    click.option(
        "--start",
        callback=parse_date,
        help="First date, YYYY-MM-DD. `plan` and `backfill` need a range; others look at all dates without one.",
    ),
    click.option("--end", callback=parse_date, help="Last date, YYYY-MM-DD."),
    click.option("--season", help="A whole season instead, such as 2021-22."),
    click.option("--tables", help="Only these tables, separated by commas."),
    json_option,
)


def guarded(command: Callable[..., int | None]) -> Callable[..., None]:
    """Errors that a user can act on are printed, not raised; the command's number is the exit code."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        # Imported here: dbt takes seconds, and --help should not.
        from python_processors.orchestration.run.locks import RunLockedError
        from python_processors.orchestration.warehouse import WarehouseLockedError

        try:
            sys.exit(command(*args, **options) or NOBODY)
        except (RunLockedError, WarehouseLockedError) as error:
            _fail(str(error), LOCKED, options)
        except FullcourtError as error:
            _fail(str(error), REFUSED, options)
        except (duckdb.Error, OSError) as error:
            _fail(_of_the_engine(error), REFUSED, options)

    return run


def _of_the_engine(error: Exception) -> str:
    """What the database or the operating system said, and what to do about it."""
    said, cause = _first_line(error), error.__context__
    while cause is not None and not is_of_the_disk(said):  # a failed rollback hides what it was for
        said, cause = (_first_line(cause) if is_of_the_disk(str(cause)) else said), cause.__context__
    if is_of_the_disk(said):
        return f"The disk is full ({said}). Nothing that was published is lost: make room, and run the same again."
    hint = "repair that, and run the same again"
    if isinstance(error, duckdb.CatalogException | duckdb.BinderException):
        hint = "`fullcourt migrate --dry-run` says whether the tables are as their contracts have them"
    return f"{said}. Nothing that was published is lost: {hint}."


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _fail(message: str, code: int, options: dict[str, Any]) -> None:
    if options.get("as_json"):
        click.echo(json.dumps({"error": message}))
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


class Group(click.Group):
    command_class = Command
