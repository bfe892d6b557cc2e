"""`fullcourt explain`."""

from __future__ import annotations

from datetime import date

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Day, json_option


@click.command(cls=Command)
@click.argument("table")
@click.argument("day", type=Day(), metavar="DATE")
@json_option
@guarded
def explain(table: str, day: date, as_json: bool) -> int:
    """Say why a date of a table is as it is, and what a run would do."""
    from python_processors.orchestration.project import LAYER
    from python_processors.orchestration.proof.answers import explain as explained
    from python_processors.orchestration.proof.held_back import held_back, lines_of
    from python_processors.orchestration.request import Request, check_request
    from python_processors.orchestration.state import breakers
    from python_processors.orchestration.state.snapshot import Snapshot

    project, warehouse = opening.opened()
    check_request(project, Request(day, day, None if table == LAYER else (table,)), date.today())
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, day, day)
        text = explained(snapshot, session, project, table, day)
        state = snapshot.states(table).get(day)
        unused = held_back(session, day, day)
        held = [of for of in breakers.open_breakers(session, day, day) if of.table == table]
    out = {
        "state": state.to_dict() if state else None, "text": text, "breakers": [of.to_dict() for of in held],
        "held_back": [one.to_dict() for one in unused],
    }  # fmt: skip
    opening.printed(out, [*text.splitlines(), *breakers.lines_of(held), *lines_of(unused)], as_json)
    return SOMEBODY if state is not None and state.outcome == "unknown" else NOBODY
