"""Which missing dates nobody asked for, and that no others are called so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.run.requested import with_not_requested
from python_processors.orchestration.state.states import FINE, NOT_EXPECTED, State
from python_processors.orchestration.warehouse import DuckDBWarehouse

BOXES, CONTEXTS = "player_game_summary", "upcoming_player_game_context"
ASKED, LATER = date(2021, 11, 19), date(2022, 3, 1)
MISSING = State(
    BOXES, LATER, "missing", "it was never built by a run", why="it was never built by a run", rule="never_built"
)
WAREHOUSE = DuckDBWarehouse(Path("none.duckdb"))  # there are no files beside it


class Session:
    """A warehouse with these runs: range, tables, command, start."""

    def __init__(self, *runs: tuple[date, date, str | None, str, datetime]) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute(
            "create table runs (range_start date, range_end date, tables varchar, command varchar, started_at timestamptz)"
        )
        for row in runs:
            self.connection.execute("insert into runs values (?, ?, ?, ?, ?)", list(row))

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        return [("run_id", "STRING", False)]

    def named(self, relation: str) -> str:
        return relation.rpartition(".")[2]

    def read(self, sql: str) -> pa.Table:
        return self.connection.sql(sql).to_arrow_table()


def run(
    end: date = ASKED, *, tables: str | None = None, at: date = date(2026, 11, 30), command: str = "backfill"
) -> Any:  # fmt: skip
    return date(2021, 10, 19), end, tables, command, datetime(at.year, at.month, at.day, 7, tzinfo=UTC)


def outcomes(states: list[State], *runs: Any) -> list[str]:
    session = Session(*runs)
    return [state.outcome for state in with_not_requested(states, session, WAREHOUSE)]  # type: ignore[arg-type]


def test_a_date_that_no_run_was_asked_for_is_no_fault() -> None:
    (state,) = with_not_requested([MISSING], Session(run()), WAREHOUSE)  # type: ignore[arg-type]
    assert (state.outcome, state.reason) == ("not_requested", "no run was asked for it")
    assert state.is_due
    assert state.outcome in FINE
    assert state.outcome in NOT_EXPECTED


def test_a_date_that_a_run_was_asked_for_is_missed() -> None:
    assert outcomes([replace(MISSING, day=ASKED)], run()) == ["missing"]
    assert outcomes([MISSING], run(), run(LATER)) == ["missing"]


@pytest.mark.parametrize(
    "state",
    [
        replace(MISSING, rule="altered"),
        replace(MISSING, outcome="stale"),
        replace(MISSING, outcome="failed", rule="failed"),
        replace(MISSING, outcome="blocked", rule="blocked"),
    ],
    ids=lambda state: f"{state.outcome} by {state.rule}",
)
def test_whatever_somebody_built_or_tried_counts(state: State) -> None:
    assert outcomes([state], run()) == [state.outcome]


def test_a_run_of_some_tables_asks_for_no_other_and_for_the_layer_of_all() -> None:
    states = [replace(MISSING, day=ASKED, table=table) for table in (LAYER, BOXES, CONTEXTS)]
    assert outcomes(states, run(tables=f"{BOXES}, player_daily_cache")) == ["missing", "missing", "not_requested"]


@pytest.mark.parametrize("end", [date(2022, 2, 27), date(2022, 2, 28)], ids=["yesterday", "today"])
def test_after_a_run_up_to_its_own_day_every_later_day_is_missed(end: date) -> None:
    """Or a scheduler that died would go unnoticed."""
    assert outcomes([MISSING], run(end, at=date(2022, 2, 28))) == ["missing"]
    assert outcomes([MISSING], run(end, at=date(2022, 3, 28))) == ["not_requested"]


def test_the_same_asked_for_again_later_does_not_take_that_back() -> None:
    once, again = (run(date(2022, 2, 28), at=at) for at in (date(2022, 2, 28), date(2022, 3, 28)))
    assert outcomes([MISSING], again, once) == ["missing"]
    assert outcomes([MISSING], again, (*once[:3], "retry", once[4])) == ["missing"]


def test_today_asks_for_every_later_day_whatever_day_it_takes_for_today() -> None:
    assert outcomes([MISSING], run(command="today")) == ["missing"]
    assert outcomes([MISSING], run(command="prepare")) == ["missing"]  # nothing was asked for


def test_where_no_run_was_asked_for_anything_all_is_missed() -> None:
    assert outcomes([MISSING]) == ["missing"]
