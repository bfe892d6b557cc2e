"""`fullcourt env create`, `list` and `drop`."""

from __future__ import annotations

import sys

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, Command, guarded
from python_processors.cli.options import json_option


@click.group()
def env() -> None:
    """Make, list and drop places to try a change beside production."""


@env.command(cls=Command)
@click.argument("name")
@click.option("--from", "source", metavar="NAME", help="Copy this environment instead of production.")
@click.option("--empty", "is_empty", is_flag=True, help="Copy nothing: the first run builds what it is asked for.")
@click.option("--wait", is_flag=True, help="Wait for the run that holds the warehouse.")
@json_option
@guarded
def create(name: str, source: str | None, is_empty: bool, wait: bool, as_json: bool) -> int:
    """Copy production, with its ledgers, to a new environment."""
    from python_processors.engines.base import PRODUCTION
    from python_processors.orchestration.environments import checked, create_environment, within

    checked(name)
    with within("" if source is None or source in PRODUCTION else source):
        project, warehouse = opening.opened()
        warehouse = opening.patient(warehouse, is_alone=wait)
        made = create_environment(project, warehouse, name, is_empty=is_empty, wait=wait)
    said = "is empty" if is_empty else f"holds copies of {made} tables of {source or PRODUCTION[1]}"
    opening.printed(
        {"environment": name, "made_from": None if is_empty else source or PRODUCTION[1], "tables": made},
        [f"The environment `{name}` {said}. Work in it with `--env {name}`, or FULLCOURT_ENV={name} for plain dbt."],
        as_json,
    )
    return NOBODY


@env.command("list", cls=Command)
@json_option
@guarded
def list_them(as_json: bool) -> int:
    """Environments that are there, and what each was made from."""
    from python_processors.orchestration.environments import environments, within

    with within(""), opening.warehouse().beside_a_run() as session:
        there = environments(session)
    lines = [
        f"{of.name}: made from {of.made_from or 'nothing'} at {of.made_at:%Y-%m-%d %H:%M} UTC"
        if of.made_at
        else f"{of.name}: never finished; `fullcourt env create {of.name}` makes it anew"
        for of in there
    ]
    opening.printed({"environments": [of.to_dict() for of in there]}, lines or ["There are none."], as_json)
    return NOBODY


@env.command(cls=Command)
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@guarded
def drop(name: str, yes: bool, as_json: bool) -> int:
    """Drop an environment and all that was built in it; never production."""
    from python_processors.errors import RefusedError
    from python_processors.orchestration.environments import checked, drop_environment, within

    checked(name)
    if not yes and not (sys.stdin.isatty() and click.confirm(f"Drop all that was built in `{name}`?", err=True)):
        raise RefusedError(f"`{name}` was not dropped: say `--yes`. Nothing was changed.")
    with within(""):
        drop_environment(opening.warehouse(), name)
    opening.printed({"dropped": name}, [f"The environment `{name}` is gone."], as_json)
    return NOBODY
