"""`fullcourt gaps`."""

from __future__ import annotations

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options


@click.command(cls=Command)
@range_options
@click.option("--all", "everything", is_flag=True, help="List days without games, too.")
@json_option
@guarded
def gaps(asked: Asked, everything: bool, as_json: bool) -> int:
    """Ranges of dates that are not complete, by reason."""
    from python_processors.orchestration.proof.answers import gaps_of
    from python_processors.orchestration.proof.held_back import asks, held_back, lines_of
    from python_processors.orchestration.proof.verification import states_of
    from python_processors.orchestration.run.requested import with_not_requested
    from python_processors.orchestration.state import breakers

    with opening.looked_at(asked) as (snapshot, session):
        states = states_of(snapshot, session)
        if asked.names_no_dates:
            states = with_not_requested(states, session, opening.warehouse())
        found = gaps_of(states, everything=everything)
        unused = held_back(session, snapshot.start, snapshot.end, states)
        held = breakers.open_breakers(session, snapshot.start, snapshot.end, snapshot.tables)
    text = [
        f"{g.table:<30} {g.start} to {g.end} {g.dates:>4} dates  {g.kind}{': ' + g.reason if g.reason else ''}"
        for g in found
    ]
    out = {
        "gaps": [gap.to_dict() for gap in found], "breakers": [of.to_dict() for of in held],
        "held_back": [one.to_dict() for one in unused],
    }  # fmt: skip
    opening.printed(out, [*(text or ["No gaps."]), *breakers.lines_of(held), *lines_of(unused)], as_json)
    return SOMEBODY if any(gap.needs_attention for gap in found) or asks(unused) else NOBODY
