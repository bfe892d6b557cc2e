"""From a request to a finished run: plan, guard, run. Daily runs and backfills alike."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial

from python_processors.errors import RefusedError
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.plan.changes import check_deletes
from python_processors.orchestration.plan.costs import estimate
from python_processors.orchestration.plan.planner import SCHEDULE, Plan, make_plan
from python_processors.orchestration.plan.preparation import (
    build_schedule,
    check_load,
    create_missing_tables,
    load_plan_of,
    load_raw_files,
    overlay_of,
    schedule_to_come,
    stand_of,
)
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.libraries import accept_libraries
from python_processors.orchestration.proof.row_checks import Verification
from python_processors.orchestration.proof.verification import look_over, verify_range
from python_processors.orchestration.request import Request, check_request
from python_processors.orchestration.run.journal import RunResult
from python_processors.orchestration.run.own_row import own_row
from python_processors.orchestration.run.progress import noting_waits
from python_processors.orchestration.run.runner import Runner, new_run_id
from python_processors.orchestration.run.waiting import Waiting
from python_processors.orchestration.state.attempts import count_met
from python_processors.orchestration.state.kept_look import Kept
from python_processors.orchestration.state.snapshot import NotPreparedError, Snapshot, is_prepared
from python_processors.orchestration.warehouse import Warehouse
from python_processors.schema.drift import check_drift
from python_processors.words import count_of

DATES_WITHOUT_CONFIRMATION = 31
FIRST_MONTH_DAYS = 32  # 2021-10-19 to 2021-11-19, the month that every change is looked at first
MOST_DATES = 2_000
MOST_BYTES = 1_000_000_000_000  # 1 TB, about six dollars at list price (2026-11)


class NotConfirmedError(RefusedError):
    """A large plan that nobody has confirmed."""

    def __init__(self, dates: int) -> None:
        super().__init__(
            f"The plan has {count_of(dates, 'date')}, and more than {DATES_WITHOUT_CONFIRMATION} need a yes:"
            " look at the plan,"
            " then run the same command with --yes. Nothing was started."
        )


class FirstMonthError(RefusedError):
    """A long range whose first month has not been proven."""

    def __init__(self, start: date, end: date, problem: str) -> None:
        super().__init__(
            f"The first month of the range, {start} to {end}, is not verified ({problem}). Build it alone, look at it,"
            f" and run `fullcourt verify --start {start} --end {end}`; or pass --skip-first-month. Nothing was started."
        )


class TooMuchError(RefusedError):
    """A plan beyond the hard caps."""


def plan_of(
    project: Project, warehouse: Warehouse, request: Request, *, only: Iterable[date] | None = None,
    is_estimated: bool = True, is_kept: bool = False,
) -> Plan:  # fmt: skip
    """The plan of a request; nothing is written.

    :param is_kept: nobody runs it: what was seen is kept for the next command that only looks, and taken from the one
        before.
    :param is_estimated: with what it would take, and how many rows it would insert.
    :raises FullcourtError: the request or the warehouse is not usable.
    """
    check_request(project, request, date.today())
    made_of = stand_of(project, warehouse, request) if only is None else ""
    kept = Kept(project, warehouse) if is_kept else None
    with warehouse.reading() as session:
        check_drift(session)
        dates = (request.start, request.end)
        load = load_plan_of(session, allow_deletes=request.allow_deletes, dates=dates)
        if not request.allow_deletes:
            check_load(session, load)
        overlay = overlay_of(session, request.start, request.end, load)
        schedule = None
        if load is not None and (SCHEDULE in overlay.rows or not is_prepared(session, project)):
            schedule = schedule_to_come(project)
        only = None if only is None else set(only)
        snapshot = Snapshot(
            project, session, request.start, request.end, tables=request.tables, overlay=overlay, schedule=schedule,
            only=only, kept=kept,
        )  # fmt: skip
        plan = make_plan(snapshot, forced=request.forced, only=only, dates_in_a_chunk=request.dates_in_a_chunk)
        if is_estimated:
            estimate(plan, snapshot, session)
        plan.raw_changes = {
            name: {"rows_before": of.rows_before, "rows_to_add": of.rows_to_add, "rows_to_remove": of.rows_to_remove}
            for name, of in (load.changes if load else {}).items()
        }
        plan.stands_on = made_of
        plan.loads_nothing = schedule is None and overlay.is_empty and (load is None or load.is_empty)
        if only is None and schedule is None:
            plan.snapshot = snapshot
        plan.read = None if load is None or is_kept else load.read
    return plan


def guard(
    project: Project, warehouse: Warehouse, request: Request, plan: Plan, *, confirmed: bool, skip_first_month: bool
) -> None:
    """Refuse what should be looked at first.

    :raises FullcourtError: the plan is too large, unconfirmed, would delete much, or its first month is not proven.
    """
    if not request.allow_deletes:
        check_deletes(plan.changes)
    if len(plan.dates) > MOST_DATES:
        raise TooMuchError(
            f"The plan has {count_of(len(plan.dates), 'date')}; a run takes at most {MOST_DATES:,}. Split the range."
        )
    if plan.bytes_read and plan.bytes_read > MOST_BYTES:
        raise TooMuchError(
            f"The plan would read {plan.bytes_read / 1e9:,.0f} GB; a run reads at most {MOST_BYTES / 1e9:,.0f}."
            " Split the range."
        )
    if len(plan.dates) <= DATES_WITHOUT_CONFIRMATION:
        return
    first_end = request.start + timedelta(days=FIRST_MONTH_DAYS - 1)
    if request.end > first_end and not skip_first_month:
        first = Request(request.start, first_end, request.tables)
        try:
            verification = verify_range(project, warehouse, first.start, first.end, first.tables)
        except NotPreparedError:
            raise FirstMonthError(first.start, first.end, "nothing of it is built") from None
        if not verification.passed:
            raise FirstMonthError(first.start, first.end, verification.first_problem)
    if not confirmed:
        raise NotConfirmedError(len(plan.dates))


def backfill(
    project: Project, warehouse: Warehouse, request: Request, *, plan: Plan | None = None, wait: bool = False,
    run_id: str | None = None, only: Iterable[date] | None = None, audited_share: float | None = None,
    command: str = "backfill",
) -> RunResult:  # fmt: skip
    """Run a request that guard() let pass.

    :param plan: the plan that was confirmed; dates that are no longer due are left out, none are added.
    :param command: what was typed, for the run's own row.
    :raises RunLockedError: another run holds the warehouse.
    :raises CodeChangedError: the code changed while the lock was waited for, in a way that this process cannot follow.
    :raises DeletesError: it would delete many rows, or empty a date, and the request does not allow that.
    :raises LeaseLostError: the run could not go on holding it.
    :raises DriftError: a table is not as its contract says, and what is built could not be recorded.
    """
    run_id = run_id or new_run_id()
    what = f"{request.start} to {request.end}"
    with run_lock(warehouse, run_id, what, wait=wait) as check_lock, ExitStack() as opened:
        # Whoever looks at the warehouse between two steps must not end the run.
        warehouse = warehouse.patient(
            Waiting(partial(print, file=sys.stderr), note=noting_waits(warehouse, run_id, what))
        )
        project.read_anew()
        opened.enter_context(warehouse.kept_open())  # nobody writes to what the plan saw before it is made once more
        is_still = plan is not None and bool(plan.stands_on) and plan.stands_on == stand_of(project, warehouse, request)
        if not request.allow_deletes:
            _check_files(project, warehouse, request, plan if is_still else None)
        if not is_still:
            with warehouse.reading() as session:
                check_drift(session)  # the lock may have been waited for
        with own_row(project, warehouse, request, run_id, command) as own:
            has_loaded = load_raw_files(
                warehouse, allow_deletes=request.allow_deletes, read=plan.read if plan else None
            )
            is_still = not create_missing_tables(warehouse) and is_still
            seconds, confirmed, snapshot = None, plan, None
            if plan is not None:
                # No date is added to what was confirmed: what became due since is built by the next run, and does not
                # verify before. So a plan of nothing is not made again.
                seconds = plan.seconds
                # With those that it said are blocked: what cannot be built is said again, and is no success.
                seen = {*plan.dates, *(block.day for block in plan.blocked)}
                only = seen if only is None else set(only) & seen
            if request.accept_libraries:
                accept_libraries(project, warehouse, run_id, request.start, request.end, request.tables)
            if plan is None or not plan.is_of_nothing or not _is_prepared(project, warehouse):
                moves_schedule = plan is not None and plan.may_move_schedule
                plan, snapshot = _current_plan(
                    project, warehouse, request, only, run_id, moves_schedule=moves_schedule,
                    seen=plan.snapshot if plan is not None and is_still and not request.accept_libraries else None,
                )  # fmt: skip
            plan.seconds = seconds
            if not request.allow_deletes:
                check_deletes(plan.changes)
            if plan is not confirmed:
                opened.close()  # dbt opens the warehouse by itself, and others may look at it between two calls
            if not plan.is_empty:
                _ = project.manifest  # that it is what the plan stands on is known before anything is built
            runner = Runner(
                project, warehouse, plan, what=what, run_id=run_id, tables=request.tables, forced=request.forced,
                allow_deletes=request.allow_deletes, audited_share=audited_share, check_lock=check_lock,
                snapshot=snapshot,
            )  # fmt: skip
            own.follow(plan, runner.result)
            result = runner.run()
            is_as_seen = is_still and not has_loaded and not request.accept_libraries
            if is_as_seen and plan is confirmed and plan.loads_nothing:
                result.verification = _verified(project, warehouse, plan)
            return result


def _verified(project: Project, warehouse: Warehouse, plan: Plan) -> Verification | None:
    """The verification of a run that had nothing to do, by what its plan saw: since then nobody has written but the
    run, and that of itself alone. None where it does not pass: who asks verifies."""
    if plan.snapshot is None:
        return None
    with warehouse.reading() as session:
        found = look_over(project, session, plan.snapshot, plan.start, plan.end)
    return found if found.passed else None


def meet(project: Project, warehouse: Warehouse, request: Request, findings: Iterable[str], *, command: str) -> None:
    """A run with nothing to build meets what is incomplete in its range: that counts as an attempt, too.

    :param findings: what it leaves as it is, for the run's own row.
    :raises RunLockedError: another run holds the warehouse.
    """
    run_id = new_run_id()
    with (
        run_lock(warehouse, run_id, f"{request.start} to {request.end}"),
        own_row(project, warehouse, request, run_id, command) as own,
        warehouse.writing() as session,
    ):
        own.left += findings
        count_met(session, run_id, request.start, request.end, request.tables or project.tables)


def _check_files(project: Project, warehouse: Warehouse, request: Request, plan: Plan | None) -> None:
    """Look at what raw files that are not yet loaded would do to stored rows, before anything of them is written.

    :param plan: of the same request, where nothing was touched since it was made: it says so.
    :raises DeletesError: rows would go that nobody said are to go.
    """
    if plan is not None:
        check_deletes(plan.changes)
        return
    with warehouse.reading() as session:
        is_new = not session.columns("nba_ops.publish_ledger")
        overlay = None if is_new else overlay_of(session, request.start, request.end)
    if overlay is not None and overlay.rows:
        check_deletes(plan_of(project, warehouse, request, is_estimated=False).changes)


def _current_plan(
    project: Project, warehouse: Warehouse, request: Request, only: Iterable[date] | None, run_id: str, *,
    moves_schedule: bool, seen: Snapshot | None,
) -> tuple[Plan, Snapshot]:  # fmt: skip
    """The plan of what is loaded by now, by a schedule that is up to date, and what it was made of.

    :param moves_schedule: the plan that was confirmed may move it, so that no other has to tell.
    :param seen: what that plan was made of, where nothing was done since but to load raw files.
    """
    if not moves_schedule and _is_prepared(project, warehouse):
        plan, snapshot = _plan_now(project, warehouse, request, only, seen)
        if not plan.may_move_schedule:
            return plan, snapshot
    if build_schedule(project, warehouse, run_id=run_id):
        seen = None
    return _plan_now(project, warehouse, request, only, seen)


def _is_prepared(project: Project, warehouse: Warehouse) -> bool:
    with warehouse.reading() as session:
        return is_prepared(session, project)


def _plan_now(
    project: Project, warehouse: Warehouse, request: Request, only: Iterable[date] | None, seen: Snapshot | None
) -> tuple[Plan, Snapshot]:  # fmt: skip
    with warehouse.reading() as session:
        only = None if only is None else set(only)
        if seen is None:
            snapshot = Snapshot(project, session, request.start, request.end, tables=request.tables, only=only)
        else:
            snapshot = seen
            snapshot.after_load(session, only)
        plan = make_plan(snapshot, forced=request.forced, only=only, dates_in_a_chunk=request.dates_in_a_chunk)
    return plan, snapshot
