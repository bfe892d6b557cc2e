"""`fullcourt env create`, `list`, `promote` and `drop`."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, Day, json_option
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.compare.differences import Comparison
    from python_processors.engines.base import Warehouse
    from python_processors.orchestration.project import Project


@click.group()
def env() -> None:
    """Make, list, publish and drop places to try a change in."""


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
    said = "is empty" if is_empty else f"holds copies of {count_of(made, 'table')} of {source or PRODUCTION[1]}"
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


@env.command(cls=Command)
@click.argument("name")
@click.option("--start", type=Day(), help="First date; without a range all that runs there built.")
@click.option("--end", type=Day(), help="Last date.")
@click.option("--season", help="A whole season instead, such as 2021-22.")
@click.option("--compared", metavar="ID", help="The comparison that was looked at: refused where a side has changed.")
@click.option("--dry-run", is_flag=True, help="Compare, and change nothing.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write the comparison as a page.")
@click.option("--yes", is_flag=True, help="Do not ask; needs --compared.")
@click.option("--wait", is_flag=True, help="Wait for a run that is at work.")
@json_option
@guarded
def promote(
    name: str, start: date | None, end: date | None, season: str | None, compared: str | None, dry_run: bool,
    page: Path | None, yes: bool, wait: bool, as_json: bool,
) -> int:  # fmt: skip
    """Publish what an environment built to production: the rows that were compared, without building."""
    from python_processors.errors import RefusedError
    from python_processors.orchestration.environments import checked, within
    from python_processors.orchestration.locks import check_unlocked
    from python_processors.orchestration.project import Project
    from python_processors.orchestration.promotion.change import change_of, check_compared
    from python_processors.orchestration.promotion.publishing import promote as publish
    from python_processors.orchestration.proof.verification import verify_range

    checked(name)
    if yes and not (compared or dry_run):
        raise RefusedError(
            f"`--yes` publishes what somebody looked at: `fullcourt env promote {name} --dry-run` shows it, and names"
            " the comparison for `--compared`. Nothing was changed."
        )
    with within(name):
        opening.check_place()
        own = Project(is_kept=True)
        _ = own.known
    with within(""):
        project, warehouse = opening.opened()
        check_unlocked(warehouse, wait=wait)
        warehouse = opening.patient(warehouse, is_alone=wait)
        first, last = _range(project, warehouse, name, Asked(start, end, season, None))
        change = change_of(project, own, warehouse, name, first, last)
        if compared:
            check_compared(change, compared)
        if dry_run or page or not (yes and as_json):
            comparison = _comparison(warehouse, name, first, last)
            lines = [*change.lines(), "", *comparison.lines()]
            if page:
                from python_processors.compare.page import write_page

                click.echo(f"Page: {write_page(comparison, page, change.lines())}", err=True)
            if dry_run:
                publishes = f"fullcourt env promote {name} --start {first} --end {last} --compared {change.compared}"
                opening.printed(
                    {**change.to_dict(), "comparison": comparison.to_dict()},
                    [*lines, "", f"`{publishes}` publishes exactly this."], as_json,
                )  # fmt: skip
                return NOBODY
            click.echo("\n".join(lines), err=True)
        if not yes and not (
            sys.stdin.isatty() and click.confirm("Publish these rows to production?", default=False, err=True)
        ):
            raise RefusedError(f"`{name}` was not published: say `--compared {change.compared} --yes`.")
        made = publish(project, own, warehouse, name, first, last, change.compared, wait=wait)
        verification = verify_range(project, warehouse, first, last)
        opening.printed(
            {**made.to_dict(), "verification": verification.to_dict()},
            [*made.lines, "", *verification.lines()],
            as_json,
        )
    return NOBODY if verification.passed else SOMEBODY


def _range(project: Project, warehouse: Warehouse, name: str, asked: Asked) -> tuple[date, date]:
    """The dates asked for; without any all that runs in the environment confirmed since it was made."""
    from python_processors.orchestration.promotion.change import built_dates

    if not asked.names_no_dates:
        request = opening.request_of(project, warehouse, asked)
        return request.start, request.end
    with warehouse.reading() as session:
        return built_dates(session, name)


def _comparison(warehouse: Warehouse, name: str, first: date, last: date) -> Comparison:
    """Production against an environment, table by table."""
    from python_processors.compare.asked import Place, Span, pairs_of
    from python_processors.compare.comparison import compare_tables
    from python_processors.compare.differences import Comparison
    from python_processors.engines.base import PRODUCTION

    places, span = (Place.parse(PRODUCTION[0]), Place.parse(name)), Span.of(first, last)
    with warehouse.side_by_side(*(place.location for place in places)) as sides:
        found = tuple(compare_tables(sides, pairs_of(*places, None), places, span, 0.0))
    return Comparison(places[0].text, places[1].text, str(span), 0.0, found)
