"""The share of wrong skips, and how large it may be for all that the audit has seen."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_processors.orchestration.proof.audit import Budget, one_batch, wrong_skip_rate

DAYS = [date(2021, 11, 1) + timedelta(days=n) for n in range(6)]
SKIPS = st.sets(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(DAYS)), min_size=1)


@pytest.mark.parametrize(
    ("audited", "wrong", "at_most"),
    [
        (1, 0, 0.95),
        (59, 0, 0.04951),  # the least number that rules out one in twenty
        (100, 0, 0.02951),
        (100, 1, 0.04656),
        (20, 5, 0.45558),
        (300, 0, 0.00994),
    ],
)
def test_the_bound_is_one_sided_as_in_tables_of_clopper_and_pearson(audited: int, wrong: int, at_most: float) -> None:
    rate, bound = wrong_skip_rate(audited, wrong)
    assert rate == wrong / audited
    assert bound == pytest.approx(at_most, abs=5e-6)


def test_nothing_audited_says_nothing() -> None:
    assert wrong_skip_rate(0, 0) == (0.0, 1.0)


def test_all_wrong_leaves_no_hope() -> None:
    assert wrong_skip_rate(7, 7) == (1.0, 1.0)


def test_many_audits_do_not_outgrow_a_float() -> None:
    rate, bound = wrong_skip_rate(100_000, 500)
    assert rate == 0.005
    assert 0.0053 < bound < 0.0055


@given(SKIPS, st.integers(1, 20), st.integers(1, 4), st.integers(0, 99))
def test_a_batch_is_of_skips_alone_and_every_table_of_it_has_the_same_dates(
    idle: set[tuple[str, date]], wanted: int, most_tables: int, seed: int
) -> None:
    batch = one_batch(idle, wanted, most_tables, random.Random(seed))
    assert set(batch) <= idle
    assert len(set(batch)) == len(batch) >= 1
    days_of = {table: {day for of, day in batch if of == table} for table, _ in batch}
    assert len({frozenset(days) for days in days_of.values()}) == 1
    assert len(days_of) <= min(most_tables, wanted)


def test_batches_come_to_every_skip_in_the_end() -> None:
    idle = {(table, day) for table in "abc" for day in DAYS} - {("b", DAYS[0])}
    batches: list[list[tuple[str, date]]] = []
    rng = random.Random(1)
    while left := idle - {skip for batch in batches for skip in batch}:
        batches.append(one_batch(left, len(left), 9, rng))
    assert sorted(skip for batch in batches for skip in batch) == sorted(idle)


@pytest.mark.parametrize(
    ("seconds", "of_a_table", "tables"), [(3.0, 1.0, 3), (0.5, 1.0, 1), (0.0, 1.0, 1), (9.0, 0.0, float("inf"))]
)
def test_a_budget_allows_one_table_at_least(seconds: float, of_a_table: float, tables: float) -> None:
    assert Budget(seconds, of_a_table).most_tables == tables
