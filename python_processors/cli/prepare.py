"""`fullcourt prepare`."""

from __future__ import annotations

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, Command, guarded
from python_processors.cli.options import json_option


@click.command(cls=Command)
@json_option
@guarded
def prepare(as_json: bool) -> int:
    """Load new raw files (DuckDB) and build the schedule's tables."""
    from python_processors.orchestration.locks import run_lock
    from python_processors.orchestration.plan.preparation import prepare as make_ready
    from python_processors.orchestration.run.own_row import of_today, own_row
    from python_processors.orchestration.run.runner import new_run_id

    project, warehouse = opening.opened()
    run_id = new_run_id()
    with run_lock(warehouse, run_id, "a preparation"):
        project.read_anew()
        warehouse = opening.patient(warehouse, is_alone=True)
        with own_row(project, warehouse, of_today(), run_id, "prepare"):
            make_ready(project, warehouse, run_id=run_id)
    opening.printed(
        {"prepared": True}, ["The raw files are loaded, and the schedule's tables are built."], as_json
    )  # fmt: skip
    return NOBODY
