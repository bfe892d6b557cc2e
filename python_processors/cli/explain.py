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
@click.option("--player", help="Say why he has a row or none: his name, or player_lookup.")
@click.option("--team", help="The same of a team, by its code.")
@json_option
@guarded
def explain(table: str, day: date, player: str | None, team: str | None, as_json: bool) -> int:
    """Say why a date of a table, or somebody's row of it, is as it is."""
    from python_processors.orchestration.project import LAYER
    from python_processors.orchestration.proof.answers import explain as explained
    from python_processors.orchestration.proof.entities import WhoError, explain_entity
    from python_processors.orchestration.proof.held_back import asks, held_back, lines_of
    from python_processors.orchestration.request import Request, UnknownTableError, check_request
    from python_processors.orchestration.state import breakers
    from python_processors.orchestration.state.kept_look import Kept
    from python_processors.orchestration.state.snapshot import Snapshot
    from python_processors.orchestration.state.states import FINE

    asks_for_one = player is not None or team is not None
    if asks_for_one and (table == LAYER or (player is not None and team is not None)):
        raise WhoError("Give either --player or --team, of a hashed table." if table != LAYER else
                       f"{LAYER} has no rows of players or teams: name a hashed table.")  # fmt: skip
    project, warehouse = opening.opened()
    if table not in (known := (*project.tables, LAYER)):
        raise UnknownTableError([table], known)
    check_request(project, Request(day, day, None if table == LAYER else (table,)), date.today())
    kept = Kept(project, warehouse)
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, day, day, kept=kept)
        text = explained(snapshot, session, project, table, day)
        state = snapshot.states(table).get(day)
        of_one = explain_entity(session, project, table, day, player=player, team=team) if asks_for_one else None
        unused = held_back(session, day, day, [state] if state else []) if of_one is None else []
        held = [
            of for of in breakers.open_breakers(session, day, day)
            if of.table == table and (of_one is None or of.entity in (of_one.entity, breakers.DATE_LEVEL))
        ]  # fmt: skip
    if of_one is not None:  # the date in one line, and then whoever was asked for
        text = "\n".join([text.splitlines()[0], *of_one.sentences])
    out = {
        "state": state.to_dict() if state else None, "text": text, "breakers": [of.to_dict() for of in held],
        "held_back": [one.to_dict() for one in unused],
    }  # fmt: skip
    if of_one is not None:
        out["entity"] = of_one.to_dict()
    opening.printed(out, [*text.splitlines(), *breakers.lines_of(held), *lines_of(unused)], as_json)
    return SOMEBODY if (state is not None and state.outcome not in FINE) or asks(unused) else NOBODY
