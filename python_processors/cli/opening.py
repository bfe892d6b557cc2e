"""From what was asked to what the library takes: the project, the warehouse, the request; and the answer, printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from python_processors.alerts.telling import ASKED
from python_processors.cli.command import JSON_VERSION
from python_processors.cli.options import Asked, Ways
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.engines.base import Session, Warehouse
    from python_processors.orchestration.plan.planner import Plan
    from python_processors.orchestration.project import Project
    from python_processors.orchestration.promotion.code import ChangedCode
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.state.snapshot import Snapshot


def opened() -> tuple[Project, Warehouse]:
    from python_processors.orchestration.project import Project

    check_place()
    project = Project(is_kept=True)
    _ = project.known  # where it has to be parsed, that is before the warehouse is opened: dbt opens it, too
    return project, warehouse()


def check_place() -> None:
    """Say on stderr in which environment a command works; nothing of production.

    :raises NoEnvironmentError: there is none of that name.
    """
    from python_processors.engines.base import environment_name

    if name := environment_name():
        from python_processors.orchestration.environments import check_environment

        click.echo(f"Environment: {name}.", err=True)
        check_environment(warehouse())


def warehouse() -> Warehouse:
    from python_processors.orchestration.warehouse import warehouse_of_target

    return warehouse_of_target()


def patient(warehouse: Warehouse, *, is_alone: bool) -> Warehouse:
    """The warehouse of a run, which waits for who looks at it, and says so on stderr.

    :param is_alone: no run can be at work, or it is to be waited for: this one holds the lock, or waits for it.
        Else a run that has the database open is an error at once.
    """
    from python_processors.orchestration.locks import RunLockedError, run_at_work
    from python_processors.orchestration.run.waiting import Waiting

    def check() -> None:
        if not is_alone and (holder := run_at_work(warehouse)) is not None:
            raise RunLockedError(holder)

    return warehouse.patient(Waiting(lambda words: click.echo(words, err=True), check=check))


def request_of(
    project: Project, warehouse: Warehouse, asked: Asked, ways: Ways | None = None, *, everything: bool = False
) -> Request:
    """What is asked for.

    :param everything: without a range it is every date that the schedule knows up to today.
    :raises FullcourtError: an unknown table, or dates that cannot be planned.
    """
    from python_processors.orchestration.request import (
        RangeError,
        Request,
        check_request,
        scheduled_range,
        season_range,
    )

    start, end, ways = asked.start, asked.end, ways or Ways()
    if asked.season:
        if start or end:
            raise RangeError("--season is a whole season, and --start and --end are its dates: give one of the two.")
        start, end = season_range(project, warehouse, asked.season)
    elif everything and not (start and end):
        first, last = scheduled_range(project, warehouse)
        start, end = start or first, end or last
    if not (start and end):
        raise RangeError("Give --start and --end, or --season.")
    request = Request(
        start, end, asked.tables, ways.forced, allow_deletes=ways.allow_deletes,
        accept_libraries=ways.accept_libraries,
        **({"dates_in_a_chunk": ways.chunk_dates} if ways.chunk_dates else {}),
    )  # fmt: skip
    check_request(project, request, date.today())
    if context := click.get_current_context(silent=True):
        context.meta[ASKED] = request  # an alert of an error says of which dates it is
    return request


def code_beside_production(project: Project, warehouse: Warehouse, made: Plan) -> list[ChangedCode] | None:
    """In an environment: which code differs from that of production's dates. None in production."""
    from python_processors.engines.base import environment_name
    from python_processors.orchestration.promotion.code import changed_code

    if not environment_name():
        return None
    with warehouse.reading() as session:
        return changed_code(project, session, made.start, made.end)


def code_said(code: list[ChangedCode] | None) -> list[str]:
    """The same for people; nothing in production."""
    from python_processors.orchestration.promotion.code import code_lines

    return [] if code is None else code_lines(code)


@contextmanager
def looked_at(asked: Asked) -> Iterator[tuple[Snapshot, Session]]:
    """The range asked for as it is now, and the open warehouse."""
    from python_processors.orchestration.state.kept_look import Kept
    from python_processors.orchestration.state.snapshot import Snapshot

    project, warehouse = opened()
    request = request_of(project, warehouse, asked, everything=True)
    kept = Kept(project, warehouse)
    with warehouse.reading() as session:
        yield Snapshot(project, session, request.start, request.end, tables=request.tables, kept=kept), session


def confirm(
    project: Project, warehouse: Warehouse, request: Request, made: Plan, *, yes: bool, skip_first_month: bool,
    is_asked: bool,
) -> None:  # fmt: skip
    """Refuse what should be looked at first; a large plan is confirmed by who sits at the terminal."""
    from python_processors.orchestration.backfill import NotConfirmedError, guard

    try:
        guard(project, warehouse, request, made, confirmed=yes, skip_first_month=skip_first_month)
    except NotConfirmedError:
        can_ask = is_asked and sys.stdin.isatty()
        if not can_ask or not click.confirm(f"Build these {count_of(len(made.dates), 'date')}?", err=True):
            raise


def printed(out: dict[str, Any], lines: Sequence[str], as_json: bool) -> None:
    click.echo(json.dumps({**JSON_VERSION, **out}, default=str) if as_json else "\n".join(lines))
