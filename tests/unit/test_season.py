"""The season to date: from its first game to a day, as far as the schedule knows it."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from python_processors.orchestration.request import RangeError
from python_processors.orchestration.season import dates_up_to
from python_processors.orchestration.state.snapshot import Schedule

FIRST, LAST = date(2021, 10, 19), date(2022, 6, 16)
SUMMER = (date(2022, 6, 17), date(2022, 9, 30))
NEXT, NEXT_LAST = date(2022, 10, 18), date(2023, 6, 12)


def schedule(*seasons: tuple[date, date], known: list[tuple[date, date]] | None = None) -> Schedule:
    """Seasons of two games each; known from the first to the last one, but where it is said otherwise."""
    days = [(day, first.year, 1, False) for first, last in seasons for day in (first, last)]
    names = ("day", "season_year", "games", "is_analysis_date")
    spans = known if known is not None else list(seasons)
    return Schedule(
        pa.table(dict(zip(names, zip(*days, strict=True), strict=True)) if days else {name: [] for name in names}),
        pa.table({
            "first_date": [first for first, _ in spans], "last_date": [last for _, last in spans],
            "reason_of_others": [""] * len(spans),
        }),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (FIRST, FIRST),
        (date(2022, 1, 1), date(2022, 1, 1)),
        (LAST, LAST),
        (date(2022, 7, 4), LAST),
        (date(2022, 9, 30), LAST),
    ],
)
def test_a_season_is_brought_up_to_the_day_and_in_summer_to_its_last_game(day: date, end: date) -> None:
    assert dates_up_to(schedule((FIRST, LAST), known=[(FIRST, LAST), SUMMER]), day) == (FIRST, end)


def test_a_day_that_an_old_schedule_does_not_know_is_asked_about_so_that_nothing_passes() -> None:
    in_april = date(2022, 4, 10)
    assert dates_up_to(schedule((FIRST, in_april)), date(2022, 4, 12)) == (FIRST, date(2022, 4, 12))
    in_june = date(2022, 6, 5)  # in the final series, which nobody has won: no summer is known
    assert dates_up_to(schedule((FIRST, in_june)), date(2022, 6, 8)) == (FIRST, date(2022, 6, 8))
    ended = schedule((FIRST, LAST), known=[(FIRST, LAST), SUMMER])
    assert dates_up_to(ended, date(2022, 10, 1)) == (FIRST, date(2022, 10, 1))


def test_the_newest_season_that_has_begun_is_meant() -> None:
    both = [(FIRST, LAST), (NEXT, NEXT_LAST)]
    known = [(FIRST, LAST), (date(2022, 6, 17), date(2022, 10, 17)), (NEXT, NEXT_LAST)]
    assert dates_up_to(schedule(*both, known=known), date(2022, 10, 17)) == (FIRST, LAST)
    assert dates_up_to(schedule(*both, known=known), NEXT) == (NEXT, NEXT)


def test_before_the_first_game_the_schedule_says_when_that_is() -> None:
    with pytest.raises(RangeError, match=r"no game up to 2021-10-18. Its first one is on 2021-10-19"):
        dates_up_to(schedule((FIRST, LAST)), date(2021, 10, 18))
    with pytest.raises(RangeError, match="It has none"):
        dates_up_to(schedule(), FIRST)
