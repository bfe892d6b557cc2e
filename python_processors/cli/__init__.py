"""The command line `fullcourt`: a thin layer over python_processors.orchestration.

Exit codes: 0 nobody is needed; 1 somebody is (a date failed, is partial, missing, stale or blocked; a check
did not pass); 2 the request was refused or cannot be understood; 3 another run holds the warehouse.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from python_processors import __version__
from python_processors.alerts import alerting, tell_of_run
from python_processors.cli.command import (
    NOBODY,
    SOMEBODY,
    Command,
    Group,
    guarded,
    json_option,
    parse_date,
    range_options,
)


@click.group(cls=Group)
@click.version_option(__version__, prog_name="fullcourt")
def app() -> None:
    """An NBA analytics warehouse that proves every date."""


@app.command()
@json_option
@guarded
def prepare(as_json: bool) -> int:
    """Load new raw files (DuckDB) and build the schedule's tables."""
    from python_processors.orchestration.plan.preparation import prepare as make_ready
    from python_processors.orchestration.run.locks import run_lock
    from python_processors.orchestration.run.runner import new_run_id

    project, warehouse = _opened()
    run_id = new_run_id()
    with run_lock(warehouse, run_id, "a preparation"):
        project.read_anew()
        make_ready(project, warehouse, run_id=run_id)
    _print({"prepared": True}, ["The raw files are loaded, and the schedule's tables are built."], as_json)
    return NOBODY


@app.command()
@range_options
@click.option("--force", "forced", is_flag=True, help="Build every date that is to have rows, changed or not.")
@click.option("--full", is_flag=True, help="Every table and date, not only the ranges.")
@click.option("--chunk-dates", default=None, type=click.IntRange(1), help="Build at most so many dates at a time.")
@guarded
def plan(full: bool, as_json: bool, **options: Any) -> int:
    """Say which dates of which tables a run would build, why, in which order, and at what cost. Writes nothing."""
    from python_processors.cli.text import plan_lines
    from python_processors.orchestration.backfill import plan_of

    project, warehouse = _opened()
    made = plan_of(project, warehouse, _request(project, warehouse, options))
    _print(made.to_dict(), plan_lines(made, full=full), as_json)
    return NOBODY


@app.command()
@range_options
@click.option("--force", "forced", is_flag=True, help="Build every date that is to have rows, changed or not.")
@click.option("--yes", is_flag=True, help="Do not ask; build what the plan says.")
@click.option("--skip-first-month", is_flag=True, help="Build a long range although its first month is not verified.")
@click.option("--wait", is_flag=True, help="Wait for a run that is at work.")
@click.option("--detach", is_flag=True, help="Run in the background, whatever becomes of this terminal.")
@click.option("--chunk-dates", default=None, type=click.IntRange(1), help="Build at most so many dates at a time.")
@click.option("--no-report", is_flag=True, help="Do not write the report, target/report.html.")
@click.option("--run-id", hidden=True)
@guarded
@alerting
def backfill(
    yes: bool,
    skip_first_month: bool,
    wait: bool,
    detach: bool,
    no_report: bool,
    run_id: str | None,
    as_json: bool,
    **options: Any,
) -> int:
    """Plan, guard, run and verify a range of dates: what is up to date is left alone."""
    from python_processors.cli.text import plan_lines, result_lines, warnings
    from python_processors.orchestration.backfill import NotConfirmedError, guard, plan_of
    from python_processors.orchestration.backfill import backfill as run_backfill
    from python_processors.orchestration.proof.verification import verify_range
    from python_processors.orchestration.run.locks import check_unlocked

    project, warehouse = _opened()
    check_unlocked(warehouse, wait=wait)  # nobody can look at the warehouse, nor plan, while another run writes
    request = _request(project, warehouse, options)
    made = plan_of(project, warehouse, request)
    if not as_json and run_id is None:
        click.echo("\n".join(plan_lines(made, full=False)), err=True)
    try:
        guard(project, warehouse, request, made, confirmed=yes, skip_first_month=skip_first_month)
    except NotConfirmedError:
        if as_json or not sys.stdin.isatty() or not click.confirm(f"Build these {len(made.dates)} dates?", err=True):
            raise
    if detach:
        return _detached(warehouse, as_json)
    result = run_backfill(project, warehouse, request, plan=made, wait=wait, run_id=run_id)
    verification = verify_range(project, warehouse, request.start, request.end, request.tables)
    _print(
        {**result.to_dict(), "verification": verification.to_dict()},
        [*result_lines(result), "", *verification.lines(), *warnings(warehouse)], as_json,
    )  # fmt: skip
    tell_of_run(warehouse, request, result, verification)
    if not no_report:
        _report_of(project, warehouse, request, is_idle=not result.nodes_run)
    return NOBODY if result.is_whole and verification.passed else SOMEBODY


@app.command()
@range_options
@click.option("--by-season", is_flag=True, help="A line per table and season.")
@click.option("--by-date", is_flag=True, help="A line per table and date.")
@click.option("--follow", is_flag=True, help="Watch the run that is at work until it ends.")
@guarded
def status(by_season: bool, by_date: bool, follow: bool, as_json: bool, **options: Any) -> int:
    """Per table: dates by outcome, rows, hash coverage; the newest run, failures, and the audit of skips."""
    from python_processors.cli.text import run_lines, status_lines
    from python_processors.orchestration.proof.answers import audit_summary, status_of
    from python_processors.orchestration.proof.verification import states_of
    from python_processors.orchestration.run import detached
    from python_processors.orchestration.run.progress import read_status, to_dict

    warehouse = _warehouse()
    if follow:
        running = detached.follow(warehouse, lambda now: None if as_json else click.echo(run_lines(now)[0]))
    else:
        running = read_status(warehouse)
    if running is not None and running.state == "running":
        # DuckDB lets nobody read while a run writes; its own word is all there is.
        _print({"run": to_dict(running)}, run_lines(running), as_json)
        return NOBODY
    with _looked_at(options) as (snapshot, session):
        states = states_of(snapshot, session)
        lines = status_of(states, session, snapshot, by_season=by_season)
        audit = audit_summary(session)
    out = {
        "run": to_dict(running) if running else None, "start": snapshot.start.isoformat(),
        "end": snapshot.end.isoformat(), "tables": [line.to_dict() for line in lines], "audit": audit,
        "failures": [state.to_dict() for state in states if state.outcome == "failed"],
        **({"dates": [state.to_dict() for state in states]} if by_date else {}),
    }  # fmt: skip
    text = [*(run_lines(running) if running else []), *status_lines(lines, audit)]
    if by_date:
        text += [f"{s.table:<30} {s.day} {s.outcome:<14} {s.actual_rows:>6,}  {s.reason}" for s in states]
    text += [f"FAILED {s.table} {s.day}: {s.reason}" for s in states if s.outcome == "failed"]
    _print(out, text, as_json)
    return NOBODY if all(line.is_fine for line in lines) else SOMEBODY


@app.command()
@range_options
@click.option("--all", "everything", is_flag=True, help="List days without games, too.")
@guarded
def gaps(everything: bool, as_json: bool, **options: Any) -> int:
    """Ranges of dates that are not complete, by reason."""
    from python_processors.orchestration.proof.answers import gaps_of
    from python_processors.orchestration.proof.verification import states_of

    with _looked_at(options) as (snapshot, session):
        found = gaps_of(states_of(snapshot, session), everything=everything)
    text = [
        f"{g.table:<30} {g.start} to {g.end} {g.dates:>4} dates  {g.kind}{': ' + g.reason if g.reason else ''}"
        for g in found
    ]
    _print({"gaps": [gap.to_dict() for gap in found]}, text or ["No gaps."], as_json)
    return SOMEBODY if any(gap.needs_somebody for gap in found) else NOBODY


@app.command()
@range_options
@guarded
def verify(as_json: bool, **options: Any) -> int:
    """Check every stored row and every date of a range: PASS or FAIL."""
    from python_processors.orchestration.proof.verification import verify_range

    project, warehouse = _opened()
    asked = _request(project, warehouse, options, everything=True)
    verification = verify_range(project, warehouse, asked.start, asked.end, asked.tables)
    _print(verification.to_dict(), verification.lines(), as_json)
    return NOBODY if verification.passed else SOMEBODY


@app.command()
@range_options
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to, else target/report.html.")
@guarded
def report(out: Path | None, as_json: bool, **options: Any) -> int:
    """Write one HTML page: each table and date, why it is as it is, gaps, runs, monitors and failures."""
    from python_processors.report import report_file, write_report

    report_file(out)  # refused before anything is read
    project, warehouse = _opened()
    asked = _request(project, warehouse, options, everything=True)
    written = write_report(project, warehouse, asked.start, asked.end, asked.tables, out)
    _print(written.to_dict(), [f"{written.file}: {written.summary}."], as_json)
    return NOBODY if written.is_fine else SOMEBODY


@app.command()
@range_options
@guarded
@alerting
def retry(as_json: bool, **options: Any) -> int:
    """Build the dates that failed, and what waited for them."""
    from python_processors.cli.text import result_lines
    from python_processors.orchestration.backfill import backfill as run_backfill
    from python_processors.orchestration.backfill import failed_dates

    project, warehouse = _opened()
    asked = _request(project, warehouse, options, everything=True)
    days = failed_dates(project, warehouse, asked.start, asked.end, asked.tables)
    if not days:
        _print({"retried": []}, ["No date has failed."], as_json)
        return NOBODY
    request = replace(asked, start=min(days), end=max(days))
    result = run_backfill(project, warehouse, request, only=days)
    _print(result.to_dict(), result_lines(result), as_json)
    tell_of_run(warehouse, request, result)
    return NOBODY if result.is_whole else SOMEBODY


@app.command()
@click.argument("table")
@click.argument("day", callback=parse_date, metavar="DATE")
@json_option
@guarded
def explain(table: str, day: date, as_json: bool) -> int:
    """Say why a date of a table is as it is, and what a run would do with it."""
    from python_processors.orchestration.proof.answers import explain as explained
    from python_processors.orchestration.request import Request, check_request
    from python_processors.orchestration.state.snapshot import Snapshot

    project, warehouse = _opened()
    check_request(project, Request(day, day, (table,)), date.today())
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, day, day, tables=[table])
        text = explained(snapshot, session, project, table, day)
        state = snapshot.states(table).get(day)
    _print({"state": state.to_dict() if state else None, "text": text}, text.splitlines(), as_json)
    return NOBODY


@app.command()
@click.option("--dry-run", is_flag=True, help="Only say what differs.")
@json_option
@guarded
def migrate(dry_run: bool, as_json: bool) -> int:
    """Add columns that contracts have and tables lack, and restore lost NOT NULLs."""
    from python_processors.orchestration.run.locks import run_lock
    from python_processors.orchestration.run.runner import new_run_id
    from python_processors.orchestration.schema.drift import find_drift
    from python_processors.orchestration.schema.drift import migrate as repair

    warehouse = _warehouse()
    lock = nullcontext() if dry_run else run_lock(warehouse, new_run_id(), "a migration")
    with lock, warehouse.reading() if dry_run else warehouse.writing() as session:
        drifts = find_drift(session)
        done = [] if dry_run else repair(session, drifts)
    left = [drift for drift in drifts if drift not in done]
    text = [f"repaired: {drift.problem}" for drift in done] + [str(drift) for drift in left]
    _print(
        {"repaired": [str(drift) for drift in done], "left": [str(drift) for drift in left]},
        text or ["Every table is as its contract has it."], as_json,
    )  # fmt: skip
    return SOMEBODY if left else NOBODY


class _WithFaults(Command):
    """Lists the faults below the options; they are imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from python_processors.simulation.faults import described

        with formatter.section("Faults"):
            formatter.write_dl(list(described().items()))


@app.command(cls=_WithFaults)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder to write to.")
@click.option("--seasons", default=1, type=click.IntRange(1, 40), help="How many seasons.", show_default=True)
@click.option("--first-season", default=2021, type=click.IntRange(1980, 2100), help="Year in which the first starts.")
@click.option("--seed", default=7, type=click.IntRange(0), help="Another seed, another league.", show_default=True)
@click.option("--until", callback=parse_date, help="Last day with played games, YYYY-MM-DD; later ones are scheduled.")
@click.option("--fault", "faults", multiple=True, help="Spoil the files: see below. May be repeated.")
@click.option("--fault-day", callback=parse_date, help="The day a fault is about, YYYY-MM-DD; else one in the middle.")
@json_option
@guarded
def simulate(
    out: Path, seasons: int, first_season: int, seed: int, until: date | None, faults: tuple[str, ...],
    fault_day: date | None, as_json: bool,
) -> int:  # fmt: skip
    """Write the raw files of an invented league: play-by-play, box scores, odds, injuries.

    The same arguments give the same bytes.
    """
    from python_processors.outputs import output_folder
    from python_processors.simulation import FolderNotEmptyError
    from python_processors.simulation import simulate as simulate_league
    from python_processors.simulation.faults import FAULTS, apply

    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise click.BadParameter(f"no fault is called {', '.join(unknown)}; there are {', '.join(FAULTS)}.")
    output_folder(out)
    if out.is_dir() and any(out.iterdir()):
        raise FolderNotEmptyError(out)
    written = simulate_league(out, seasons=seasons, first_season=first_season, seed=seed, until=until)
    done = apply(out, list(faults), fault_day)
    _print(
        {"folder": str(out), "seasons": [asdict(season) for season in written], "faults": [asdict(of) for of in done]},
        [
            *(
                f"{season.season}: {season.games:,} games played, {season.games_to_come:,} to come"
                f" ({season.first_date} to {season.last_date}), {sum(season.rows.values()):,} rows"
                for season in written
            ),
            *(
                f"{of.fault}{f' of {of.day}' if of.day else ''}: "
                + ", ".join(f"{count:,} rows of {table}" for table, count in of.rows.items())
                for of in done
            ),
            f"An invented league is in {out}: RAW_DIR={out} makes it the raw folder.",
        ],
        as_json,
    )  # fmt: skip
    return NOBODY


def _warehouse() -> Any:
    from python_processors.orchestration.warehouse import warehouse_of_target

    return warehouse_of_target()


def _opened() -> tuple[Any, Any]:
    from python_processors.orchestration.project import Project

    project = Project()
    _ = project.manifest  # parsed before the warehouse is opened: dbt opens it, too
    return project, _warehouse()


def _request(project: Any, warehouse: Any, options: dict[str, Any], *, everything: bool = False) -> Any:
    """What is asked for.

    :param everything: without a range it is every date that the schedule knows up to today.
    """
    from python_processors.orchestration.plan.planner import DATES_IN_A_CHUNK
    from python_processors.orchestration.request import (
        RangeError,
        Request,
        check_request,
        scheduled_range,
        season_range,
    )

    start, end = options["start"], options["end"]
    if options["season"]:
        if start or end:
            raise RangeError("--season is a whole season, and --start and --end are its dates: give one of the two.")
        start, end = season_range(project, warehouse, options["season"])
    elif everything and not (start and end):
        first, last = scheduled_range(project, warehouse)
        start, end = start or first, end or last
    if not (start and end):
        raise RangeError("Give --start and --end, or --season.")
    request = Request(
        start, end, _names(options["tables"]), options.get("forced", False),
        options.get("chunk_dates") or DATES_IN_A_CHUNK,
    )  # fmt: skip
    check_request(project, request, date.today())
    return request


@contextmanager
def _looked_at(options: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The range asked for as it is now, and the open warehouse."""
    from python_processors.orchestration.state.snapshot import Snapshot

    project, warehouse = _opened()
    asked = _request(project, warehouse, options, everything=True)
    with warehouse.reading() as session:
        yield Snapshot(project, session, asked.start, asked.end, tables=asked.tables), session


def _names(tables: str | None) -> tuple[str, ...] | None:
    return None if tables is None else tuple(name.strip() for name in tables.split(",") if name.strip())


def _detached(warehouse: Any, as_json: bool) -> int:
    """Start the same command again in a session of its own; its words go to a file."""
    from python_processors.orchestration.run import detached
    from python_processors.orchestration.run.runner import new_run_id

    arguments = [argument for argument in sys.argv[1:] if argument != "--detach"]
    if "--yes" not in arguments:
        arguments.append("--yes")
    run = detached.start(warehouse, arguments, new_run_id())
    what = "is at work" if run.exit_code is None else "has ended"
    _print(
        asdict(run),
        [
            f"Run {run.run_id} {what} as process {run.pid}; it writes to {run.log}.",
            "`fullcourt status --follow` watches it.",
        ],
        as_json,
    )
    return run.exit_code or NOBODY


def _print(out: dict[str, Any], lines: Sequence[str], as_json: bool) -> None:
    click.echo(json.dumps(out, default=str) if as_json else "\n".join(lines))


def _report_of(project: Any, warehouse: Any, request: Any, *, is_idle: bool) -> None:
    """The page of all that was ever built, after a run. Whatever becomes of it, the run is as it is."""
    from python_processors.report import built_range, default_file, write_report

    file = default_file().absolute()
    if is_idle and file.is_file():
        click.echo(f"Report: {file} (of an earlier run: nothing was built since)", err=True)
        return
    try:
        start, end = built_range(warehouse, request.start, request.end)
        written = write_report(project, warehouse, start, end)
    except Exception as error:
        logging.getLogger(__name__).warning("The report was not written, the run is not touched by that: %s", error)
    else:
        click.echo(f"Report: {written.file} ({written.summary})", err=True)


if __name__ == "__main__":
    app()
