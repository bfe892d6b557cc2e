"""`fullcourt retry`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from python_processors.alerts import alerting, tell_of_run
from python_processors.alerts.telling import ASKED
from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, Ways, json_option, range_options
from python_processors.cli.refused import has_run, noting_refusals
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.engines.base import Warehouse
    from python_processors.orchestration.proof.left_open import Open
    from python_processors.orchestration.proof.row_checks import Verification
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.state.breakers import Breaker


@click.command(cls=Command)
@range_options
@click.option("--yes", is_flag=True, help="Do not ask; build what can come out otherwise, however many dates.")
@click.option("--allow-deletes", is_flag=True, help="Let the run delete many stored rows, or empty a date.")
@json_option
@guarded
@alerting
@noting_refusals
def retry(asked: Asked, yes: bool, allow_deletes: bool, as_json: bool) -> int:
    """Build what needs attention, and say what stays open.

    It takes what can come out otherwise, raw files that are new among it, and says of the rest why it cannot. What
    failed in three runs with the same inputs is left alone while its circuit breaker is open. Without a range it looks
    at the dates that runs have tried so far.
    """
    from python_processors.cli.text import result_lines
    from python_processors.orchestration.backfill import backfill as run_backfill
    from python_processors.orchestration.backfill import meet, plan_of
    from python_processors.orchestration.locks import check_unlocked
    from python_processors.orchestration.plan.held import dates_to_try
    from python_processors.orchestration.proof.left_open import left_open
    from python_processors.orchestration.proof.verification import states_of, verify_range
    from python_processors.orchestration.run import refused
    from python_processors.orchestration.state.attempts import open_findings
    from python_processors.orchestration.state.breakers import open_breakers
    from python_processors.orchestration.state.snapshot import Snapshot

    project, warehouse = opening.opened()
    check_unlocked(warehouse)
    warehouse = opening.patient(warehouse, is_alone=False)
    ways = Ways(allow_deletes=allow_deletes)
    request = opening.request_of(project, warehouse, asked, ways, everything=True)
    if asked.season is None:
        request = _tried(warehouse, request, asked)
        click.get_current_context().meta[ASKED] = request
    plan = plan_of(project, warehouse, request)  # with raw files that are new
    with warehouse.reading() as session:
        only = dates_to_try(plan, open_breakers(session, request.start, request.end, request.tables))
        met = open_findings(session, request.start, request.end, request.tables or project.tables)
        refusals = refused.of_range(refused.open_refusals(session, warehouse), request.start, request.end)
    if only is not None:
        plan = plan_of(project, warehouse, request, only=only)
    result = None
    if plan.is_empty and (met or refusals):  # what was refused before has run then
        meet(project, warehouse, request, met, command="retry")
    if not plan.is_empty:
        opening.confirm(project, warehouse, request, plan, yes=yes, skip_first_month=True, is_asked=not as_json)
        result = run_backfill(project, warehouse, request, plan=plan, command="retry")
    has_run()
    verification = verify_range(project, warehouse, request.start, request.end, request.tables)
    with warehouse.reading() as session:
        states = states_of(Snapshot(project, session, request.start, request.end, tables=request.tables), session)
        held = open_breakers(session, request.start, request.end, request.tables)
    still_open = left_open(states, held)
    excused = sum(state.outcome == "excused" for state in states)
    opening.printed(
        {
            "retried": [day.isoformat() for day in plan.dates], "open": [one.to_dict() for one in still_open],
            "excused": excused, "breakers": [of.to_dict() for of in held],
            **(result.to_dict() if result else {}), "verification": verification.to_dict(),
        },
        [*(result_lines(result) if result else []), *_open_lines(request, still_open, held, verification, excused)],
        as_json,
    )  # fmt: skip
    if result:
        tell_of_run(warehouse, request, result, verification)
    is_fine = not still_open and not held and verification.passed and (result is None or result.is_whole)
    return NOBODY if is_fine else SOMEBODY


def _tried(warehouse: Warehouse, request: Request, asked: Asked) -> Request:
    """The request with each end that was not asked for at the first or last date that a run has tried."""
    from python_processors.orchestration.state.ledger import tried_dates

    with warehouse.reading() as session:
        first, last = tried_dates(session)
    start = request.start if asked.start or first is None else max(request.start, first)
    end = request.end if asked.end or last is None else min(request.end, last)
    return replace(request, start=start, end=end) if start <= end else request


def _open_lines(
    request: Request, found: list[Open], held: list[Breaker], verification: Verification, excused: int
) -> list[str]:
    """What is still open, for people."""
    from python_processors.orchestration.state.breakers import lines_of as breaker_lines

    span = f"{request.start} to {request.end}"
    faults = [f"{of.checks.table}: {said}" for of in verification.tables for said in of.checks.problems]
    lines = [f"  {one.sentence}" for one in found]
    lines += [f"  {said}" for said in breaker_lines([of for of in held if not of.is_of_a_build])]
    lines += [f"  {said}" for said in (*faults, *verification.layer, *verification.notes)]
    count = sum(one.dates for one in found)
    if lines or not verification.passed:
        partitions = count_of(count, "partition needs", "partitions need")
        lines.insert(0, f"{span}: {partitions} attention.")
    else:
        lines = [f"{span}: nothing needs attention."]
    if excused:
        lines.append(
            f"{count_of(excused, 'partition is', 'partitions are')} excused by completeness_exceptions: there"
            " is nothing to try."
        )
    return lines
