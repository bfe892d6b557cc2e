"""What the in-memory database says of rows that runs made, on literal rows."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from python_processors.orchestration.state.memory import WHOLE, Memory
from python_processors.orchestration.state.unproven import drift, find_unproven, made_anew, note_forgotten

OLD, DAY, OFF = date(2021, 10, 20), date(2021, 10, 26), date(2021, 10, 18)
MADE, OTHER = "5:1:2", "5:9:9"


def memory(*, only: list[date] | None = None) -> Memory:
    """Games on OLD and DAY; a run of DAY alone, unless days are given."""
    made = Memory()
    made.put_to_build(min(only or [DAY]), max(only or [DAY]), only)
    made.put("dates", pa.table({"day": [OLD, DAY], "season_year": [2021, 2021]}))
    return made


def put(of: Memory, table: str, **columns: object) -> None:
    of.add(table, pa.table({name: pa.array([value]) for name, value in columns.items()}))


def unproven(of: Memory) -> dict[tuple[str, date], str]:
    find_unproven(of, ["box"], ["layer"], ["box"], ["layer"], date(2021, 10, 1), ["layer"])
    return {(name, day): why for name, day, why in of.execute("select * from unproven").fetchall()}


def test_a_build_stands_for_the_days_that_it_built_and_no_other() -> None:
    """A row that was altered on an old day is not made right by a build of a new one."""
    of = memory()
    put(of, "model_ledger", relation="layer", day=OLD, fingerprint=MADE)
    put(of, "made", relation="layer", day=OLD, fingerprint=OTHER)
    put(of, "made", relation="layer", day=DAY, fingerprint=MADE)
    assert made_anew(of, {"layer": [DAY]}, []) == [("layer", DAY, MADE)]
    assert made_anew(of, {"layer": [OLD, DAY]}, []) == [("layer", OLD, OTHER), ("layer", DAY, MADE)]


def test_a_model_that_is_made_for_every_day_is_stood_for_on_every_day() -> None:
    of = memory()
    put(of, "model_ledger", relation="whole", day=OLD, fingerprint=MADE)
    put(of, "made", relation="whole", day=WHOLE, fingerprint=OTHER)
    assert made_anew(of, {}, ["whole"]) == [("whole", WHOLE, OTHER), ("whole", OLD, "0:0:0")]


def test_rows_that_no_run_made_are_a_drift_in_the_range() -> None:
    of = memory()
    put(of, "made", relation="layer", day=OFF, fingerprint=MADE)
    assert drift(of, OFF, DAY) == {"layer": {OFF: "0 rows were made and 5 are there"}}
    assert drift(of, OLD, DAY) == {}


def test_rows_on_a_day_without_games_before_the_range_are_unproven() -> None:
    of = memory()
    put(of, "made", relation="layer", day=OFF, fingerprint=MADE)
    put(of, "made", relation="layer", day=OLD, fingerprint=MADE)  # dbt by hand made them, maybe
    put(of, "stored", table_name="box", day=OFF, fingerprint="6:1:2")
    put(of, "stored", table_name="box", day=OLD, fingerprint=MADE)
    assert unproven(of) == {
        ("layer", OFF): "0 rows were made and 5 are there", ("box", OFF): "0 rows were made and 6 are there",
    }  # fmt: skip


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.parametrize("last", ["failed", "taken_back", "blocked"])
def test_what_failed_or_was_taken_back_is_unproven_whatever_was_said_later(last: str, is_confirmed: bool) -> None:
    of = memory()
    if is_confirmed:
        put(of, "ledger", table_name="box", day=OLD, output_fingerprint=MADE, sequence=3)
    put(of, "stored", table_name="box", day=OLD, fingerprint=MADE)
    put(of, "said", table_name="box", day=OLD, decision=last, sequence=5, distrusted_at=4, distrust="it failed")
    assert unproven(of) == {("box", OLD): "it failed"}


def test_models_of_a_day_on_which_the_staging_layer_failed_are_unproven_until_it_is_built() -> None:
    of = memory()
    put(
        of,
        "said",
        table_name="staging_layer",
        day=OLD,
        decision="failed",
        sequence=5,
        distrusted_at=5,
        distrust="it failed",
    )
    put(
        of,
        "said",
        table_name="staging_layer",
        day=DAY,
        decision="failed",
        sequence=5,
        distrusted_at=5,
        distrust="it failed",
    )
    assert unproven(of) == {("layer", OLD): "it failed"}  # the other day is to be built
    put(of, "ledger", table_name="staging_layer", day=OLD, sequence=6)
    assert unproven(of) == {}


def test_a_model_that_a_confirmed_table_was_made_with_is_missed_in_the_ledger() -> None:
    of = memory()
    put(of, "ledger", table_name="box", day=OLD, sequence=6)
    put(of, "ledger", table_name="box", day=DAY, sequence=6)
    put(of, "model_ledger", relation="between", day=DAY, fingerprint=MADE)
    put(of, "made", relation="between", day=DAY, fingerprint=MADE)
    note_forgotten(of, {"box": ["between"], "other": ["layer"]}, OLD)
    assert drift(of, DAY, DAY) == {"between": {OLD: "its row in nba_ops.model_ledger is gone, and 0 rows are there"}}
    assert made_anew(of, {"between": [OLD]}, []) == [("between", OLD, "0:0:0")]


def test_a_date_that_was_confirmed_since_is_proven() -> None:
    of = memory()
    put(of, "ledger", table_name="box", day=OLD, output_fingerprint=MADE, sequence=6)
    put(of, "stored", table_name="box", day=OLD, fingerprint=MADE)
    put(of, "said", table_name="box", day=OLD, decision="failed", sequence=5, distrusted_at=5, distrust="it failed")
    assert unproven(of) == {}


def test_a_day_within_the_range_that_is_not_to_be_built_is_unproven() -> None:
    """A retry of two failed days does not mend the altered one between them."""
    between = date(2021, 10, 23)
    of = memory(only=[OLD, DAY])
    for day in (OLD, between, DAY):
        put(of, "ledger", table_name="box", day=day, output_fingerprint=MADE, sequence=3)
        put(of, "stored", table_name="box", day=day, fingerprint=OTHER)
    assert set(unproven(of)) == {("box", between)}
