"""`fullcourt status`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, Hours, json_option, range_options


@click.command(cls=Command)
@range_options
@click.option("--by-season", is_flag=True, help="A line per table and season.")
@click.option("--by-date", is_flag=True, help="A line per table and date.")
@click.option("--follow", is_flag=True, help="Watch the run until it ends.")
@click.option("--max-age", type=Hours(), help="Exit with 1 if no run ended within this time, such as 26h.")
@json_option
@guarded
def status(
    asked: Asked, by_season: bool, by_date: bool, follow: bool, max_age: timedelta | None, as_json: bool
) -> int:  # fmt: skip
    """Say how the dates of each table stand, and how the newest run.

    Dates by outcome, rows, hash coverage; failures, the audit of skips, optional raw inputs that are absent, and dates
    that a feed lacks.
    """
    from python_processors.cli.text import run_lines, status_lines
    from python_processors.orchestration.proof import absent_inputs, feed_gaps
    from python_processors.orchestration.proof.answers import audit_summary, status_of
    from python_processors.orchestration.proof.held_back import asks, held_back, lines_of
    from python_processors.orchestration.proof.verification import states_of
    from python_processors.orchestration.run import detached, refused
    from python_processors.orchestration.run.age import RunAge, last_ended
    from python_processors.orchestration.run.progress import read_status, to_dict
    from python_processors.orchestration.run.requested import with_not_requested
    from python_processors.orchestration.state import breakers

    warehouse = opening.warehouse()
    if follow:
        running = detached.follow(warehouse, lambda now: None if as_json else click.echo(run_lines(now)[0]))
    else:
        running = read_status(warehouse)
    if running is not None and running.state == "running":
        # DuckDB lets nobody read while a run writes; its own word is all there is.
        # But that it is at work for longer than runs may be apart says that none ends.
        age = None if max_age is None else RunAge(datetime.fromtimestamp(running.started_at, UTC), max_age)
        opening.printed(
            {"run": to_dict(running), **({"newest_run": age.to_dict()} if age else {})},
            [*run_lines(running), *(age.lines if age else [])], as_json,
        )  # fmt: skip
        return SOMEBODY if age and age.is_too_old else NOBODY
    with opening.looked_at(asked) as (snapshot, session):
        states = states_of(snapshot, session)
        if asked.names_no_dates:
            states = with_not_requested(states, session, warehouse)
        lines = status_of(states, session, snapshot, by_season=by_season)
        audit = audit_summary(session)
        unused = held_back(session, snapshot.start, snapshot.end, states)
        held = breakers.open_breakers(session, snapshot.start, snapshot.end, snapshot.tables)
        absent = absent_inputs.absent_inputs(snapshot.project, session)
        lacking = feed_gaps.feed_gaps(snapshot)
        refusals = refused.open_refusals(session, warehouse)
        if not asked.names_no_dates:
            refusals = refused.of_range(refusals, snapshot.start, snapshot.end)
        age = None if max_age is None else RunAge(last_ended(session), max_age)
    out = {
        "run": to_dict(running) if running else None, "start": snapshot.start.isoformat(),
        "end": snapshot.end.isoformat(), "tables": [line.to_dict() for line in lines], "audit": audit,
        "breakers": [of.to_dict() for of in held], "held_back": [one.to_dict() for one in unused],
        "absent_inputs": [one.to_dict() for one in absent], "feed_gaps": [gap.to_dict() for gap in lacking],
        "refused": [of.to_dict() for of in refusals],
        "failures": [state.to_dict() for state in states if state.outcome == "failed"],
        **({"newest_run": age.to_dict()} if age else {}),
        **({"dates": [state.to_dict() for state in states]} if by_date else {}),
    }  # fmt: skip
    text = [*(run_lines(running) if running else []), *status_lines(lines, audit)]
    if by_date:
        text += [f"{s.table:<30} {s.day} {s.outcome:<14} {s.actual_rows:>6,}  {s.reason}" for s in states]
    text += [f"FAILED {s.table} {s.day}: {s.reason}" for s in states if s.outcome == "failed"]
    text += refused.lines_of(refusals)
    text += age.lines if age else []
    text += [*breakers.lines_of(held), *lines_of(unused), *absent_inputs.lines_of(absent), *feed_gaps.lines_of(lacking)]
    opening.printed(out, text, as_json)
    is_fine = all(line.is_fine for line in lines) and not asks(unused)
    is_fine = is_fine and not (refusals and asked.names_no_dates)  # of dates that are named the outcomes tell
    return NOBODY if is_fine and not (age and age.is_too_old) else SOMEBODY
