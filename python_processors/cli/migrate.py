"""`fullcourt migrate`."""

from __future__ import annotations

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import json_option


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Only say what differs.")
@json_option
@guarded
def migrate(dry_run: bool, as_json: bool) -> int:
    """Add columns that tables lack, and restore lost NOT NULLs.

    The contracts say which. No column is dropped, and no type converted.
    """
    from python_processors.orchestration.locks import run_lock
    from python_processors.orchestration.run.runner import new_run_id
    from python_processors.schema.drift import find_drift
    from python_processors.schema.drift import migrate as repair

    warehouse = opening.warehouse()
    if dry_run:
        with warehouse.reading() as session:
            drifts, done = find_drift(session), []
    else:
        with (
            run_lock(warehouse, new_run_id(), "a migration"),
            opening.patient(warehouse, is_alone=True).writing() as session,
        ):
            drifts = find_drift(session)
            done = repair(session, drifts)
    left = [drift for drift in drifts if drift not in done]
    text = [f"repaired: {drift.problem}" for drift in done] + [str(drift) for drift in left]
    opening.printed(
        {"repaired": [str(drift) for drift in done], "left": [str(drift) for drift in left]},
        text or ["Every table is as its contract has it."], as_json,
    )  # fmt: skip
    return SOMEBODY if left else NOBODY
