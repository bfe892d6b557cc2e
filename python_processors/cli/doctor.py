"""`fullcourt doctor`."""

from __future__ import annotations

from datetime import date

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import json_option


@click.command(cls=Command)
@json_option
@guarded
def doctor(as_json: bool) -> int:
    """Say whether a run would work, and what keeps it from working.

    Versions, warehouse, rights, raw tables, tables that runs write, lock, channels. Nothing is changed.
    """
    from python_processors.doctor import examine

    opening.check_place()
    found = examine(opening.warehouse(), date.today())
    opening.printed(found.to_dict(), found.text(), as_json)
    return NOBODY if found.would_work else SOMEBODY
