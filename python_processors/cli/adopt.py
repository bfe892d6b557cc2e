"""`fullcourt adopt`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, Command, guarded
from python_processors.cli.options import Names, json_option
from python_processors.errors import RefusedError

if TYPE_CHECKING:
    from python_processors.orchestration.adoption import AdoptionPlan
    from python_processors.schema.adopted import Step


class NotConfirmedError(RefusedError):
    """Tables would be replaced, and nobody has confirmed that."""

    def __init__(self, lines: list[str], to_do: str) -> None:
        super().__init__("\n".join([*lines, f"{to_do} Nothing was changed."]))


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--tables", type=Names(), help="Only these of the ten tables, separated by commas.")
@click.option("--carry", type=Names(), default=(), help="Columns of the old tables to carry over by key.")
@click.option("--undo", "is_undo", is_flag=True, help="Put the old tables back; the new ones are kept, too.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--leave-dates", type=click.IntRange(0), metavar="N",
    help="Confirm that up to N dates of old tables, which were not built, stay in kept tables only.",
)  # fmt: skip
@json_option
@guarded
def adopt(
    name: str | None, tables: tuple[str, ...] | None, carry: tuple[str, ...], is_undo: bool, dry_run: bool, yes: bool,
    leave_dates: int | None, as_json: bool,
) -> int:  # fmt: skip
    """Put tables of an environment in the place of a platform's.

    NAME is an environment that was built beside them. The old tables are kept under dated names. Without a name it
    says what was adopted so far.
    """
    if is_undo:
        _undo(name, tables, carry, dry_run=dry_run, yes=yes, as_json=as_json)
    elif name is None:
        _told(tables, carry, as_json=as_json)
    else:
        _adopt(name, tables, carry, dry_run=dry_run, yes=yes, leave_dates=leave_dates, as_json=as_json)
    return NOBODY


def _adopt(
    name: str, tables: tuple[str, ...] | None, carry: tuple[str, ...], *, dry_run: bool, yes: bool,
    leave_dates: int | None, as_json: bool,
) -> None:  # fmt: skip
    from python_processors.orchestration import adoption
    from python_processors.orchestration.environments import checked, within

    def confirm(plan: AdoptionPlan) -> None:
        if dry_run or plan.is_empty:
            return
        # A command that was cut off is given again, and fewer may be left by then.
        if plan.dates_left > (leave_dates or 0):
            raise NotConfirmedError(
                plan.lines(),
                f"Dates that would be in kept tables only: {plan.dates_left:,}. Build them in `{name}`, or say"
                f" `--leave-dates {plan.dates_left}`.",
            )
        _ask(plan.lines(), "Adopt them?", yes=yes, is_asked=not as_json)

    with within(checked(name)):
        project, warehouse = opening.opened()
    plan = adoption.adopt(
        project, opening.patient(warehouse, is_alone=False), name, tables, carry=carry, confirm=confirm, is_look=dry_run
    )
    lines = plan.lines()
    if plan.is_empty:
        lines = ["Nothing is left to adopt of these tables." if plan.left else "All ten tables are adopted."]
    elif not dry_run:
        end = "`fullcourt status` and `fullcourt verify` say how production is." if plan.ends else ""
        lines.append(f"Adopted. {end}`fullcourt adopt --undo` takes it back.".replace(".`", ". `"))
    opening.printed({**plan.to_dict(), "is_done": not dry_run}, lines, as_json)


def _undo(
    name: str | None, tables: tuple[str, ...] | None, carry: tuple[str, ...], *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    from python_processors.orchestration import adoption

    if name is not None or carry or dry_run:
        raise RefusedError("--undo takes --tables and --yes alone: the record says which environment it was.")

    def confirm(steps: list[Step]) -> None:
        lines = [f"{step.unit}: what is there now is kept aside, and what was there before put back." for step in steps]
        _ask(lines, "Take them back?", yes=yes, is_asked=not as_json)

    done = adoption.undo(opening.patient(opening.warehouse(), is_alone=False), tables, confirm=confirm)
    lines = [line for step in done for line in _lines(step)]
    opening.printed({"undone": [step.to_dict() for step in done]}, lines, as_json)


def _told(tables: tuple[str, ...] | None, carry: tuple[str, ...], *, as_json: bool) -> None:
    from python_processors.orchestration import adoption

    if tables or carry:
        raise RefusedError("Name the environment whose tables are to be adopted: `fullcourt adopt NAME --tables ...`.")
    steps = adoption.look(opening.warehouse())
    newest = {step.unit: step for step in steps}
    lines = [
        line
        for step in steps
        if step.step in ("adopted", "undone") or step is newest[step.unit]
        for line in _lines(step)
    ]
    opening.printed({"steps": [step.to_dict() for step in steps]}, lines or ["Nothing was ever adopted."], as_json)


def _lines(step: Step) -> list[str]:
    """A step in a line, and where its tables are kept."""
    told = step.to_dict()
    kept = told["ours_kept_as"] if step.step == "undone" else told["kept_as"]
    where = f"; kept as {kept[0]}" if len(kept) == 1 else f"; {len(kept)} tables are kept" if kept else ""
    when = f"{step.happened_at:%Y-%m-%d %H:%M:%S} UTC" if step.happened_at else ""
    return [f"{when}  {step.unit}: {step.step.replace('_', ' ')} ({step.environment}){where}"]


def _ask(lines: list[str], question: str, *, yes: bool, is_asked: bool) -> None:
    """:raises NotConfirmedError: nobody said yes."""
    if yes:
        return
    if is_asked and sys.stdin.isatty():
        click.echo("\n".join(lines), err=True)
        if click.confirm(question, err=True):
            return
    raise NotConfirmedError(lines, "Look at it, then run the same command with --yes.")
