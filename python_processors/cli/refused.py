"""What commands that build dates do when they end before they began: the dates were asked for all the same."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from typing import Any

import click

from python_processors.alerts.telling import ASKED, REFUSED
from python_processors.cli import opening
from python_processors.errors import FullcourtError, RefusedError
from python_processors.redaction import without_secrets

RAN = "fullcourt.ran"


def has_run() -> None:
    """A run came to its end: its own row says how, and an error after it is no refusal."""
    if context := click.get_current_context(silent=True):
        context.meta[RAN] = True


def noting_refusals(command: Callable[..., int]) -> Callable[..., int]:
    """A command that keeps the error it ends with, unless a run has it in its own row, and raises it all the same."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> int:
        try:
            return command(*args, **options)
        except Exception as error:
            if not isinstance(error, (click.ClickException, click.Abort, click.exceptions.Exit)):
                try:
                    _note(command.__name__, error, options)
                except Exception as problem:
                    kind = type(problem).__name__
                    click.echo(f"WARNING: the refusal is not kept ({kind}): `status` does not show it.", err=True)
            raise

    return run


def _note(command: str, error: Exception, options: dict[str, Any]) -> None:
    from python_processors.orchestration.request import NoTableError, RangeError, UnknownTableError
    from python_processors.orchestration.run.refused import Refusal, note_refusal
    from python_processors.orchestration.run.runner import new_run_id

    if isinstance(error, (NoTableError, RangeError, UnknownTableError)):
        return  # no dates were asked for that could be built
    if isinstance(error, RefusedError) and sys.stdin.isatty():
        return  # a person sits there, and was told
    context = click.get_current_context(silent=True)
    asked = _asked(command, options)
    if context is not None:
        context.meta[REFUSED] = asked[:2] if asked else ()  # an alert tells of it, also of one in the midst of a run
    has_row = getattr(error, "is_in_a_run", False) or (context is not None and RAN in context.meta)
    if asked is None or has_row:
        return
    said = str(error) if isinstance(error, FullcourtError) else f"{type(error).__name__}: {error}"
    start, end, tables = asked
    refusal = Refusal(new_run_id(), command, start, end, tables, datetime.now(UTC), without_secrets(said))
    note_refusal(opening.warehouse(), refusal)


def _asked(command: str, options: dict[str, Any]) -> tuple[date, date, tuple[str, ...] | None] | None:
    """Dates and tables of the command, also where it ended before it knew them from the warehouse."""
    context = click.get_current_context(silent=True)
    if request := context.meta.get(ASKED) if context else None:
        return request.start, request.end, request.tables
    if command == "today":
        from python_processors.orchestration.season import today_in_the_league

        day = options.get("as_of") or today_in_the_league()
        return day, day, None
    asked = options["asked"]
    return (asked.start, asked.end, asked.tables) if asked.start and asked.end else None
