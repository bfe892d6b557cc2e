"""Options that commands share, each as the type that the library takes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any

import click


class Day(click.ParamType[date]):
    """A date as people and files write it."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(value, "%Y-%m-%d").date()
        except ValueError:
            self.fail(f"`{value}` is no date of the form YYYY-MM-DD.", param, ctx)


class Hours(click.ParamType[timedelta]):
    """A time that may pass: 90m, 26h or 3d."""

    name = "26h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", value.strip())
        if found is None:
            self.fail(f"`{value}` is no time of the form 90m, 26h or 3d.", param, ctx)
        count, unit = int(found[1]), {"m": "minutes", "h": "hours", "d": "days"}[found[2]]
        return timedelta(**{unit: count})


class Names(click.ParamType[tuple[str, ...]]):
    """A list with commas between."""

    name = "name,name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())


@dataclass(frozen=True)
class Asked:
    """Dates and tables as they were asked for; None of what was not said."""

    start: date | None
    end: date | None
    season: str | None
    tables: tuple[str, ...] | None

    @property
    def names_no_dates(self) -> bool:
        return not (self.start or self.end or self.season)


@dataclass(frozen=True)
class Ways:
    """How a run is to go about it."""

    forced: bool = False
    chunk_dates: int | None = None
    allow_deletes: bool = False
    accept_libraries: bool = False


def _collected(into: type, name: str, *options: Callable[..., Any]) -> Callable[..., Any]:
    """Options that a command takes as one object, the argument `name`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def run(**given: Any) -> Any:
            values = {field.name: given.pop(field.name) for field in dataclasses.fields(into)}
            return function(**given, **{name: into(**values)})

        decorated: Callable[..., Any] = run
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
range_options = _collected(
    Asked,
    "asked",
    click.option(
        "--start", type=Day(),
        help="First date. `plan` and `backfill` need a range; others look at all dates without one.",
    ),
    click.option("--end", type=Day(), help="Last date."),
    click.option("--season", help="A whole season instead, such as 2021-22."),
    click.option("--tables", type=Names(), help="Only these tables, separated by commas."),
)  # fmt: skip
way_options = _collected(
    Ways,
    "ways",
    click.option("--force", "forced", is_flag=True, help="Build every date that is to have rows, changed or not."),
    click.option("--chunk-dates", type=click.IntRange(1), help="Build at most so many dates at a time."),
    click.option("--allow-deletes", is_flag=True, help="Let the run delete many stored rows, or empty a date."),
    click.option(
        "--accept-libraries", is_flag=True,
        help="Confirm dates built with other library versions without building, after an audit of a sample.",
    ),
)  # fmt: skip
