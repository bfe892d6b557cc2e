"""Var `dates`, as a run gives it to dbt."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors.orchestration.dbt_calls import dates_var


@pytest.mark.parametrize(
    ("dates", "var"),
    [
        ([], []),
        (["2021-10-19"], ["2021-10-19"]),
        (["2021-10-20", "2021-10-19"], ["2021-10-19..2021-10-20"]),
        (["2021-10-31", "2021-11-01", "2021-11-03"], ["2021-10-31..2021-11-01", "2021-11-03"]),
    ],
)
def test_dates_that_follow_one_another_are_one_entry(dates: list[str], var: list[str]) -> None:
    assert dates_var(dates) == var


@given(st.sets(st.dates(date(2020, 2, 20), date(2020, 3, 20))))
def test_the_entries_hold_exactly_the_dates(days: set[date]) -> None:
    held: list[date] = []
    for entry in dates_var([str(day) for day in days]):
        first, last = (date.fromisoformat(end) for end in (entry.split("..")[0], entry.split("..")[-1]))
        held += [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert held == sorted(days)
