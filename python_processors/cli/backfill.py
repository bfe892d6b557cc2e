"""`fullcourt backfill`: plan, guard, run, verify, report."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

import click

from python_processors.alerts import alerting, tell_of_run
from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, Ways, json_option, range_options, way_options
from python_processors.cli.refused import has_run, noting_refusals

if TYPE_CHECKING:
    from python_processors.engines.base import Warehouse
    from python_processors.orchestration.plan.planner import Plan
    from python_processors.orchestration.project import Project
    from python_processors.orchestration.request import Request


@click.command(cls=Command)
@range_options
@way_options
@click.option("--yes", is_flag=True, help="Do not ask; build what the plan says.")
@click.option("--skip-first-month", is_flag=True, help="Build a long range although its first month is not verified.")
@click.option("--wait", is_flag=True, help="Wait for the run that holds the warehouse.")
@click.option("--detach", is_flag=True, help="Run in the background, whatever becomes of this terminal.")
@click.option("--no-report", is_flag=True, help="Do not write the report, target/report.html.")
@click.option("--run-id", hidden=True)
@json_option
@guarded
@alerting
@noting_refusals
def backfill(
    asked: Asked, ways: Ways, yes: bool, skip_first_month: bool, wait: bool, detach: bool, no_report: bool,
    run_id: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Plan, run and verify dates; what is up to date is left alone."""
    from python_processors.cli.text import plan_lines
    from python_processors.orchestration.backfill import plan_of
    from python_processors.orchestration.locks import check_unlocked

    project, warehouse = opening.opened()
    check_unlocked(warehouse, wait=wait)  # nobody can look at the warehouse, nor plan, while another run writes
    project.read_anew()  # it may have waited for long
    warehouse = opening.patient(warehouse, is_alone=wait)
    request = opening.request_of(project, warehouse, asked, ways)
    made = plan_of(project, warehouse, request)
    if not as_json and run_id is None:
        code = opening.code_beside_production(project, warehouse, made)
        click.echo("\n".join([*plan_lines(made, full=False), *opening.code_said(code)]), err=True)
    opening.confirm(
        project, warehouse, request, made, yes=yes, skip_first_month=skip_first_month, is_asked=not as_json
    )  # fmt: skip
    if detach:
        return _detached(warehouse, as_json)
    return carried_out(
        project, warehouse, request, made, wait=wait, run_id=run_id, reports=None if no_report else built_range,
        as_json=as_json,
    )  # fmt: skip


def carried_out(
    project: Project, warehouse: Warehouse, request: Request, made: Plan, *,
    reports: Callable[[Warehouse, Request], tuple[date, date]] | None, as_json: bool, wait: bool = False,
    run_id: str | None = None, command: str = "backfill",
) -> int:  # fmt: skip
    """Run a plan that was confirmed, verify its range, tell whoever is to hear of it, and write the report.

    :param reports: the dates that the report is to show; without it none is written.
    :param command: what was typed, for the run's own row.
    """
    from python_processors.cli.text import result_lines, warnings
    from python_processors.orchestration.backfill import backfill as run_backfill
    from python_processors.orchestration.proof.verification import verify_range

    result = run_backfill(project, warehouse, request, plan=made, wait=wait, run_id=run_id, command=command)
    has_run()
    report = _ReportToCome(project, warehouse, request, reports, is_idle=not result.nodes_run)
    verification = result.verification or verify_range(
        project, warehouse, request.start, request.end, request.tables, look=report.look
    )
    opening.printed(
        {**result.to_dict(), "verification": verification.to_dict()},
        [*result_lines(result), "", *verification.lines(), *warnings(warehouse)], as_json,
    )  # fmt: skip
    tell_of_run(warehouse, request, result, verification)
    report.write()
    return NOBODY if result.is_whole and verification.passed else SOMEBODY


def _detached(warehouse: Warehouse, as_json: bool) -> int:
    """Start the same command again in a session of its own; its words go to a file."""
    from python_processors.orchestration.run import detached
    from python_processors.orchestration.run.runner import new_run_id

    arguments = [argument for argument in sys.argv[1:] if argument != "--detach"]
    if "--yes" not in arguments:
        arguments.append("--yes")
    run = detached.start(warehouse, arguments, new_run_id())
    what = "is running" if run.exit_code is None else "has ended"
    opening.printed(
        asdict(run),
        [
            f"Run {run.run_id} {what} as process {run.pid}; it writes to {run.log}.",
            "`fullcourt status --follow` watches it.",
        ],
        as_json,
    )
    return run.exit_code or NOBODY


def built_range(warehouse: Warehouse, request: Request) -> tuple[date, date]:
    """All that was ever built, and what a run was asked for."""
    from python_processors import report

    return report.built_range(warehouse, request.start, request.end)


class _ReportToCome:
    """The page after a run. Whatever becomes of it, the run is as it is.

    :param reports: the dates that it is to show; without it none is written.
    :param is_idle: nothing was built, so that a page that is there is left as it is.
    """

    def __init__(
        self, project: Project, warehouse: Warehouse, request: Request,
        reports: Callable[[Warehouse, Request], tuple[date, date]] | None, *, is_idle: bool,
    ) -> None:  # fmt: skip
        from python_processors.orchestration.state.shared_look import SharedLook
        from python_processors.report import default_file

        self._project, self._warehouse = project, warehouse
        self._file, self._is_asked = default_file().absolute(), reports is not None
        self._is_idle = is_idle and self._file.is_file()
        self._error: Exception | None = None
        self.look: SharedLook | None = None  # what the verification before it shares
        if reports is None or self._is_idle:
            return
        try:
            self._dates = reports(warehouse, request)
            is_wider = self._dates[0] <= request.start and request.end <= self._dates[1]
            if request.tables is None and is_wider and warehouse.mark():
                self.look = SharedLook(project, warehouse, *self._dates)
        except Exception as error:
            self._error = error

    def write(self) -> None:
        from python_processors.report import write_report

        if not self._is_asked:
            return
        if self._is_idle:
            click.echo(f"Report: {self._file} (of an earlier run: nothing was built since)", err=True)
            return
        try:
            if self._error is not None:
                raise self._error
            written = write_report(self._project, self._warehouse, *self._dates, is_of_all_dates=True, look=self.look)
        except Exception as error:
            logging.getLogger(__name__).warning("The report was not written, the run is not touched by that: %s", error)
        else:
            click.echo(f"Report: {written.file} ({written.summary})", err=True)
