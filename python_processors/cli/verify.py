"""`fullcourt verify`."""

from __future__ import annotations

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options


@click.command(cls=Command)
@range_options
@json_option
@guarded
def verify(asked: Asked, as_json: bool) -> int:
    """Check every stored row and every date of a range: PASS or FAIL."""
    from python_processors.orchestration.proof.verification import verify_range

    project, warehouse = opening.opened()
    request = opening.request_of(project, warehouse, asked, everything=True)
    verification = verify_range(project, warehouse, request.start, request.end, request.tables)
    opening.printed(verification.to_dict(), verification.lines(), as_json)
    return NOBODY if verification.passed else SOMEBODY
