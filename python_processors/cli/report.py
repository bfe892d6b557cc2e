"""`fullcourt report`."""

from __future__ import annotations

from pathlib import Path

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options


@click.command(cls=Command)
@range_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to, else target/report.html.")
@json_option
@guarded
def report(asked: Asked, out: Path | None, as_json: bool) -> int:
    """Write one HTML page of what can be trusted, and what cannot.

    Each table and date and why it is as it is, gaps, runs, monitors and failures.
    """
    from python_processors.report import report_file, write_report

    report_file(out)  # refused before anything is read
    project, warehouse = opening.opened()
    request = opening.request_of(project, warehouse, asked, everything=True)
    written = write_report(
        project, warehouse, request.start, request.end, request.tables, out,
        is_of_all_dates=asked.names_no_dates, is_kept=True,
    )  # fmt: skip
    opening.printed(written.to_dict(), written.lines, as_json)
    return NOBODY if written.is_fine else SOMEBODY
