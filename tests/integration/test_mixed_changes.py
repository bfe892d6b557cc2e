"""Mixed changes of a small warehouse: after one backfill its rows are those of a build from nothing."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest

from tests.mixed_changes.machine import Change, Figures, Machine
from tests.mixed_changes.site import KINDS
from tests.mixed_changes.tour import Tour

LEAST_TRIALS = 20
SECONDS = 300  # as many trials as these allow, and no fewer than LEAST_TRIALS
TRIALS_OF_EACH = 5
SEED = 16

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("mixed_changes"))
    yield machine
    machine.close()


def test_the_small_league_has_rows_in_all_ten_tables(machine: Machine) -> None:
    """Else the trials would show nothing of some of them."""
    rows = machine.rows()
    assert len(rows) == 10
    assert all(rows.values()), rows


def test_a_trial_finds_what_no_backfill_was_told_of(machine: Machine) -> None:
    """A row changed after the last run: the machine sees a date called complete that is not as built anew."""
    edited = machine.try_changes([Change("value_edited_behind_its_hash", 1)], is_run=False)
    assert len(edited.wrong) == 1
    lost = machine.try_changes([Change("stored_date_emptied", 1)], is_run=False)
    assert lost.stuck  # its rows are gone, and nobody calls it complete


@pytest.mark.nightly
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_change_of_each_kind_changes_something(machine: Machine, kind: str) -> None:
    site = machine.site
    site.reset()
    before = site.everything()
    said = KINDS[kind].apply(site, random.Random(16))
    assert site.everything() != before, said


def test_after_mixed_changes_no_skip_is_wrong_and_no_row_is_lost(machine: Machine) -> None:
    figures, began = Figures(), time.monotonic()
    for outcome in Tour(machine, SEED, TRIALS_OF_EACH).trials():
        figures.add(outcome)
        if figures.trials >= LEAST_TRIALS and time.monotonic() - began > SECONDS:
            break
    print(figures.markdown())
    assert not figures.failed, "\n".join(outcome.describe() for outcome in figures.failed)
