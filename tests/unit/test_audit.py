"""The share of wrong skips, and how large it may be for all that the audit has seen."""

from __future__ import annotations

import pytest

from python_processors.orchestration.proof.audit import wrong_skip_rate


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
