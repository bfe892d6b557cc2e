"""Which dates a daily run looks at: the season up to a day, by the newest schedule that there is."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from python_processors.orchestration.plan.planner import SCHEDULE
from python_processors.orchestration.plan.preparation import load_plan_of, overlay_of, schedule_to_come
from python_processors.orchestration.project import Project
from python_processors.orchestration.request import RangeError
from python_processors.orchestration.state.snapshot import Schedule, is_prepared, read_schedule
from python_processors.orchestration.warehouse import Warehouse

_LEAGUE = ZoneInfo("America/New_York")


def today_in_the_league() -> date:
    """Today's game date: the schedule's dates are those of New York. West of it the machine's own date, which is the
    newest that can be asked for."""
    return min(datetime.now(_LEAGUE).date(), date.today())


def season_to_date(project: Project, warehouse: Warehouse, day: date) -> tuple[date, date]:
    """First date of the season that a day is of, and the last one up to the day.

    :raises NotPreparedError: there is no schedule.
    :raises RangeError: the schedule has no game up to the day.
    """
    return dates_up_to(newest_schedule(project, warehouse, day), day)


def newest_schedule(project: Project, warehouse: Warehouse, day: date) -> Schedule:
    """The schedule as it is stored, where that knows the day; else as new raw files will have it, if there are some.

    :raises NotPreparedError: there is neither.
    """
    with warehouse.reading() as session:
        stored = read_schedule(session, project) if is_prepared(session, project) else None
        if stored is not None and knows(stored, day):
            return stored
        load = load_plan_of(session)
        is_to_come = load is not None and (stored is None or SCHEDULE in overlay_of(session, day, day, load).rows)
        if not is_to_come:
            return stored or read_schedule(session, project)
    return schedule_to_come(project)


def dates_up_to(schedule: Schedule, day: date) -> tuple[date, date]:
    """The range of season_to_date() by a schedule.

    In a summer (known_dates) it ends with the season's last game. A day that the schedule does not know is in the
    range, and nothing passes there: the schedule is old, or cut off.

    :raises RangeError: the schedule has no game up to the day.
    """
    seasons: dict[int, list[date]] = {}
    for of, season_year in zip(schedule.days["day"].to_pylist(), schedule.days["season_year"].to_pylist(), strict=True):
        seasons.setdefault(season_year, []).append(of)
    spans = {season_year: (min(days), max(days)) for season_year, days in seasons.items()}
    begun = [(first, last) for first, last in spans.values() if first <= day]
    if not begun:
        known = f"Its first one is on {min(first for first, _ in spans.values())}" if spans else "It has none"
        raise RangeError(f"The schedule has no game up to {day}. {known}: load the schedule of the season.")
    first, last = max(begun)
    if knows(schedule, day):
        return first, min(day, last)
    return first, day


def knows(schedule: Schedule, day: date) -> bool:
    """Whether the schedule says if games are played on a day."""
    spans = zip(schedule.known["first_date"].to_pylist(), schedule.known["last_date"].to_pylist(), strict=True)
    return any(first <= day <= last for first, last in spans)
