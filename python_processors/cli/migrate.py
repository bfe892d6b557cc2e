"""`fullcourt migrate`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import json_option
from python_processors.errors import RefusedError

if TYPE_CHECKING:
    from python_processors.engines.base import Warehouse
    from python_processors.orchestration.made_anew import OldTable
    from python_processors.orchestration.migration import Migration
    from python_processors.orchestration.project import Project
    from python_processors.schema.drift import Drift


class NotConfirmedError(RefusedError):
    """Stored values would be converted, and nobody has confirmed that."""

    def __init__(self, lines: list[str]) -> None:
        listed = "\n".join(lines)
        super().__init__(
            f"Stored values would be converted:\n{listed}\nLook at it, then run the same command with --yes."
            " Nothing was changed."
        )


class NoRowError(RefusedError):
    """The migration's own row could not be kept, and a run without one is in no history."""

    def __init__(self, lines: list[str]) -> None:
        listed = "\n".join(lines)
        super().__init__(
            f"A migration has a row of its own in nba_ops.runs, which has to be repaired by hand first:\n{listed}\n"
            "Then run `fullcourt migrate` again. No other table was changed."
        )


@click.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Only say what differs, and what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask; convert what the plan says.")
@json_option
@guarded
def migrate(dry_run: bool, yes: bool, as_json: bool) -> int:
    """Bring tables to their contracts: columns, types and NOT NULLs.

    It says first what each table needs, what of that is done in place and what by building a table beside it, and what
    becomes of stored rows; values are converted once that is confirmed. No column is dropped, and a table that another
    takes the place of is kept until that one verifies.
    """
    from python_processors.orchestration.migration import plan_migration

    warehouse = opening.warehouse()
    # Whoever looks at the database delays a migration; only a look of one's own is refused at once.
    with (warehouse if dry_run else opening.patient(warehouse, is_alone=False)).reading() as session:
        planned = plan_migration(session, warehouse.keeper(session))
    done: list[Drift] = []
    old = list(planned.old)
    if not dry_run:
        _confirm(planned, yes=yes, is_asked=not as_json)
        done, old = _carried_out(*opening.opened(), planned)
    left = [drift for drift in planned.drifts if drift not in done]
    text = [f"repaired: {drift.problem}" for drift in done] + [str(drift) for drift in left]
    text += [line for of in planned.conversions for line in of.lines]
    dropped = [of for of in old if of.is_done and not dry_run]
    kept = [of for of in old if of not in dropped]
    text += [of.line for of in kept]
    text += [f"The new {of.relation} verifies: {', '.join(of.copies)} was dropped, the old one." for of in dropped]
    opening.printed(
        {
            "repaired": [str(drift) for drift in done], "left": [str(drift) for drift in left],
            "changes": [drift.to_dict() for drift in planned.drifts],
            "conversions": [of.to_dict() for of in planned.conversions],
            "kept": [of.to_dict() for of in kept],
        },
        text or ["Every table is as its contract has it."], as_json,
    )  # fmt: skip
    # Dates that are dropped, or lost their hash, wait for the next backfill.
    is_due = any(of.dropped or of.rehashed for of in planned.conversions)
    return SOMEBODY if left or kept or is_due else NOBODY


def _confirm(planned: Migration, *, yes: bool, is_asked: bool) -> None:
    """:raises NotConfirmedError: stored values would be converted, and nobody said yes."""
    if yes or not planned.needs_yes:
        return
    lines = [line for of in planned.conversions for line in of.lines]
    if not is_asked or not sys.stdin.isatty():
        raise NotConfirmedError(lines)
    click.echo("\n".join(lines), err=True)
    if not click.confirm("Convert them?", err=True):
        raise NotConfirmedError(lines)


def _check_as_confirmed(part: Migration, confirmed: Migration) -> None:
    """:raises NotConfirmedError: more would be lost of a table than was said."""
    said = {of.table.relation: (of.lost, of.dropped, of.refused) for of in confirmed.conversions}
    more = [of for of in part.conversions if (of.lost, of.dropped, of.refused) != said.get(of.table.relation)]
    if lines := [line for of in more if of.lost or of.dropped for line in of.lines]:
        raise NotConfirmedError(lines)


def _carried_out(
    project: Project, warehouse: Warehouse, planned: Migration
) -> tuple[list[Drift], list[OldTable]]:  # fmt: skip
    """What was repaired, and what was kept of tables that were replaced, under the run's lock. The table of runs comes
    first, since this run has a row in it.

    :raises NoRowError: a person has to repair that one.
    """
    from python_processors.orchestration.locks import run_lock
    from python_processors.orchestration.migration import carry_out, drop_verified, plan_migration
    from python_processors.orchestration.run.own_row import of_today, own_row
    from python_processors.orchestration.run.refused import RUNS
    from python_processors.orchestration.run.runner import new_run_id
    from python_processors.schema.drift import TAKES_ROWS
    from python_processors.schema.tables import stored_tables

    run_id = new_run_id()
    with run_lock(warehouse, run_id, "a migration"):
        warehouse = opening.patient(warehouse, is_alone=True)
        with warehouse.writing() as session:
            keeper = warehouse.keeper(session)
            now = plan_migration(session, keeper)
            if now.needs_yes and [of.to_dict() for of in now.conversions] != [
                of.to_dict() for of in planned.conversions
            ]:
                raise NotConfirmedError([line for of in now.conversions for line in of.lines])
            of_runs = plan_migration(session, keeper, [RUNS])
            if any(of_runs.is_left(drift) and drift.kind not in TAKES_ROWS for drift in of_runs.drifts):
                refused = [f"  {of.refused}" for of in of_runs.conversions if of.refused]
                raise NoRowError([*(str(drift) for drift in of_runs.drifts), *refused])
            done = carry_out(session, keeper, of_runs, run_id)
        with own_row(project, warehouse, of_today(), run_id, "migrate") as own:
            # A session each: what the first adds, the second is to see.
            for is_hashed in (False, True):
                tables = [name for name, table in stored_tables().items() if table.is_hashed == is_hashed]
                with warehouse.writing() as session:
                    keeper = warehouse.keeper(session)
                    part = plan_migration(session, keeper, tables)
                    _check_as_confirmed(part, now)
                    repaired = carry_out(session, keeper, part, run_id)
                done += repaired
                own.left += [str(drift) for drift in part.drifts if drift not in repaired]
            with warehouse.writing() as session:
                old = drop_verified(session, warehouse.keeper(session))
            own.left += [of.line for of in old if not of.is_done]
    return done, old
