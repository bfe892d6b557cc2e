"""`fullcourt today`: the season, brought up to a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from python_processors.alerts import alerting
from python_processors.cli import opening
from python_processors.cli.backfill import carried_out
from python_processors.cli.command import Command, guarded
from python_processors.cli.options import Asked, Day, json_option
from python_processors.cli.refused import noting_refusals

if TYPE_CHECKING:
    from python_processors.engines.base import Warehouse
    from python_processors.orchestration.request import Request


@click.command(cls=Command)
@click.option("--as-of", type=Day(), help="Bring it up to this day, not to today's date in New York.")
@click.option("--yes", is_flag=True, help="Build what is due, however many dates that are.")
@click.option("--no-report", is_flag=True, help="Do not write the report, target/report.html.")
@json_option
@guarded
@alerting
@noting_refusals
def today(as_of: date | None, yes: bool, no_report: bool, as_json: bool) -> int:
    """Bring the season up to today: load, build, verify, report.

    New files are loaded, dates that are due are built, the season is verified, and whoever is to hear of it is told. It
    may run every few minutes: what is up to date is left alone, and another run at work ends it with exit code 3.
    """
    from python_processors.cli.text import plan_lines
    from python_processors.orchestration.backfill import plan_of
    from python_processors.orchestration.locks import check_unlocked
    from python_processors.orchestration.season import season_to_date, today_in_the_league

    project, warehouse = opening.opened()
    check_unlocked(warehouse)
    project.read_anew()
    warehouse = opening.patient(warehouse, is_alone=False)
    start, end = season_to_date(project, warehouse, as_of or today_in_the_league())
    request = opening.request_of(project, warehouse, Asked(start, end, None, None))
    made = plan_of(project, warehouse, request)
    if not as_json:
        click.echo("\n".join([f"Season to date: {start} to {end}", *plan_lines(made, full=False)]), err=True)
    # The season's first month is held against its rows by the verification of the whole season, which follows.
    opening.confirm(project, warehouse, request, made, yes=yes, skip_first_month=True, is_asked=not as_json)
    return carried_out(
        project, warehouse, request, made, reports=None if no_report else _of_the_season, as_json=as_json,
        command="today",
    )  # fmt: skip


def _of_the_season(warehouse: Warehouse, request: Request) -> tuple[date, date]:
    return request.start, request.end
