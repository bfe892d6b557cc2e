"""Dates that no run was ever asked for: nobody waits for them, and nothing is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.run.refused import EVER, KEEPS_UP, OF_DATES, RUNS, Refusal, noted_beside
from python_processors.orchestration.state.states import State
from python_processors.orchestration.warehouse import Session, Warehouse

NOBODY_ASKED = "no run was asked for it"
_KEEPS_UP = timedelta(days=2)  # a run of yesterday's games may start after midnight, in UTC


@dataclass(frozen=True)
class Requested:
    """Dates that a run was asked for; of all tables where it names none. `fullcourt today`, and a run up to its own
    day, ask for every later day, too: where none is started any more, what is missing since is missed."""

    start: date
    end: date
    tables: tuple[str, ...] | None

    def holds(self, table: str, day: date) -> bool:
        named = self.tables is None or table in self.tables or table == LAYER
        return named and self.start <= day <= self.end


def requested(session: Session, beside: Sequence[Refusal] = ()) -> list[Requested]:
    """What runs were asked for, refused ones among them, each range once; nothing where no run has a row of its own.

    :param beside: refusals that are not yet in the warehouse.
    """
    if not session.columns(RUNS):
        return []
    rows = session.read(
        f"select range_start, range_end, tables, command, min(started_at) as started_at from {session.named(RUNS)}"
        f" where {EVER} and {OF_DATES} group by 1, 2, 3, 4"
    ).to_pylist()
    of_refused = [Requested(of.start, _end(of.command, of.end, of.refused_at), of.tables) for of in beside]
    return of_refused + [
        Requested(
            row["range_start"], _end(row["command"], row["range_end"], row["started_at"]),
            tuple(row["tables"].split(", ")) if row["tables"] else None,
        )
        for row in rows
    ]  # fmt: skip


def with_not_requested(states: Sequence[State], session: Session, warehouse: Warehouse) -> list[State]:
    """The states, where a date that is missing since nobody ever asked for it is `not_requested`.

    Where no run was asked for anything, as after plain dbt, all of it counts as asked for.
    """
    ranges = requested(session, noted_beside(warehouse))
    return [replace(s, outcome="not_requested", reason=NOBODY_ASKED) if _is_unasked(s, ranges) else s for s in states]


def _is_unasked(state: State, ranges: Sequence[Requested]) -> bool:
    never_built = state.outcome == "missing" and state.rule == "never_built"
    return never_built and bool(ranges) and not any(of.holds(state.table, state.day) for of in ranges)


def _end(command: str, end: date, started_at: datetime) -> date:
    """The same range asked for again, later, stays what it was when it was asked for first."""
    return date.max if command == KEEPS_UP or end >= started_at.date() - _KEEPS_UP else end
