"""What a person asks for: dates, or a season, of all tables or of some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from python_processors.errors import RefusedError, meant
from python_processors.orchestration.plan.planner import DATES_IN_A_CHUNK
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.snapshot import NotPreparedError, is_prepared, read_schedule
from python_processors.orchestration.warehouse import Warehouse


class UnknownTableError(RefusedError):
    """A table that has no contract."""

    def __init__(self, unknown: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            f"No hashed table is called {', '.join(unknown)}.{meant(unknown[0], known)} There are {', '.join(known)}."
        )


class NoTableError(RefusedError):
    """A list of tables without a table."""

    def __init__(self, known: Sequence[str]) -> None:
        super().__init__(f"The list names no table. Leave it out for all of them: {', '.join(known)}.")


class RangeError(RefusedError):
    """Dates that cannot be planned."""


@dataclass(frozen=True)
class Request:
    """What a person asks for.

    `forced` replaces the rows of every date; `allow_deletes` lets a run delete many rows, or empty a date;
    `accept_libraries` confirms dates that other versions of libraries built, after an audit of a sample.
    """

    start: date
    end: date
    tables: tuple[str, ...] | None = None
    forced: bool = False
    dates_in_a_chunk: int = DATES_IN_A_CHUNK
    allow_deletes: bool = False
    accept_libraries: bool = False


def check_request(project: Project, request: Request, today: date) -> None:
    """:raises FullcourtError: an unknown table, or dates that cannot be planned."""
    if request.tables == ():
        raise NoTableError(project.tables)
    unknown = sorted(set(request.tables or ()) - set(project.tables))
    if unknown:
        raise UnknownTableError(unknown, project.tables)
    if request.start > request.end:
        raise RangeError(f"The range ends ({request.end}) before it starts ({request.start}). Swap the two.")
    if request.start > today:
        raise RangeError(
            f"{request.start} lies in the future (today is {today}): nothing is known of its games yet."
            " The newest date that can be built is today's."
        )
    if request.end > today:
        raise RangeError(f"{request.end} lies in the future. End the range today, {today}, or before.")


def season_range(project: Project, warehouse: Warehouse, season: str) -> tuple[date, date]:
    """First and last date with games of a season such as 2021-22.

    :raises RangeError: it is spelled wrong, or the schedule does not have it.
    """
    from python_processors.orchestration.plan.preparation import load_plan_of, schedule_to_come

    start_year, _, _ = season.partition("-")
    near = _spelled(int(start_year)) if start_year.isdecimal() and len(start_year) == 4 else ""
    if season != near:
        raise RangeError(f"`{season}` is no season; write it as 2021-22." + (f" Did you mean {near}?" if near else ""))
    with warehouse.reading() as session:
        is_to_come = not is_prepared(session, project) and load_plan_of(session) is not None
        schedule = schedule_to_come(project) if is_to_come else read_schedule(session, project)
    seasons = list(zip(schedule.days["day"].to_pylist(), schedule.days["season_year"].to_pylist(), strict=True))
    rows = [day for day, season_year in seasons if season_year == int(start_year)]
    if not rows:
        years = sorted({year for _, year in seasons})
        known = ", ".join(map(_spelled, years)) or "no season"
        raise RangeError(f"The schedule has no games of {season}: it has {known}. Load its schedule first.")
    return min(rows), min(max(rows), date.today())


def _spelled(year: int) -> str:
    """A season by the year in which it starts."""
    return f"{year}-{(year + 1) % 100:02d}"


def scheduled_range(project: Project, warehouse: Warehouse) -> tuple[date, date]:
    """First date with games that the schedule knows, and the last one up to today.

    :raises NotPreparedError: there is no schedule yet.
    """
    with warehouse.reading() as session:
        schedule = read_schedule(session, project)
    days = [day for day in schedule.days["day"].to_pylist() if day <= date.today()]
    if not days:
        raise NotPreparedError
    return min(days), max(days)
