"""`fullcourt plan`."""

from __future__ import annotations

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, Command, guarded
from python_processors.cli.options import Asked, Ways, json_option, range_options, way_options


@click.command(cls=Command)
@range_options
@way_options
@click.option("--full", is_flag=True, help="Every table and date, not only the ranges.")
@json_option
@guarded
def plan(asked: Asked, ways: Ways, full: bool, as_json: bool) -> int:
    """Say what a run would build, why, in which order, at what cost.

    By table and date. Nothing is written.
    """
    from python_processors.cli.text import plan_lines
    from python_processors.orchestration.backfill import plan_of

    project, warehouse = opening.opened()
    made = plan_of(project, warehouse, opening.request_of(project, warehouse, asked, ways), is_kept=True)
    code = opening.code_beside_production(project, warehouse, made)
    opening.printed(
        {**made.to_dict(), **({} if code is None else {"code": [of.to_dict() for of in code]})},
        [*plan_lines(made, full=full), *opening.code_said(code)], as_json,
    )  # fmt: skip
    return NOBODY
