"""`fullcourt retry`."""

from __future__ import annotations

from dataclasses import replace

import click

from python_processors.alerts import alerting, tell_of_run
from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options


@click.command(cls=Command)
@range_options
@json_option
@guarded
@alerting
def retry(asked: Asked, as_json: bool) -> int:
    """Build the dates that failed, and what waited for them."""
    from python_processors.cli.text import result_lines
    from python_processors.orchestration.backfill import backfill as run_backfill
    from python_processors.orchestration.backfill import failed_dates

    project, warehouse = opening.opened()
    warehouse = opening.patient(warehouse, is_alone=False)
    every = opening.request_of(project, warehouse, asked, everything=True)
    days = failed_dates(project, warehouse, every.start, every.end, every.tables)
    if not days:
        opening.printed({"retried": []}, ["No date has failed."], as_json)
        return NOBODY
    request = replace(every, start=min(days), end=max(days))
    result = run_backfill(project, warehouse, request, only=days)
    opening.printed(result.to_dict(), result_lines(result), as_json)
    tell_of_run(warehouse, request, result)
    return NOBODY if result.is_whole else SOMEBODY
