"""`fullcourt verify`."""

from __future__ import annotations

from pathlib import Path

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options
from python_processors.errors import RefusedError


@click.command(cls=Command)
@range_options
@click.option(
    "--export", "folder", type=click.Path(path_type=Path),
    help="Check an export in this folder instead, without a warehouse.",
)  # fmt: skip
@json_option
@guarded
def verify(asked: Asked, folder: Path | None, as_json: bool) -> int:
    """Check every stored row and every date of a range: PASS or FAIL."""
    if folder is not None:
        from python_processors.export import check_export

        if asked != Asked(None, None, None, None):
            raise RefusedError("--export checks all of an export: leave out --start, --end, --season and --tables.")
        checked = check_export(folder)
        opening.printed(checked.to_dict(), checked.lines(), as_json)
        return NOBODY if checked.passed else SOMEBODY

    from python_processors.orchestration.proof.verification import verify_range

    project, warehouse = opening.opened()
    request = opening.request_of(project, warehouse, asked, everything=True)
    verification = verify_range(project, warehouse, request.start, request.end, request.tables)
    opening.printed(verification.to_dict(), verification.lines(), as_json)
    return NOBODY if verification.passed else SOMEBODY
