"""A plan: which dates of which tables a run would build, why, in which order and chunks, and at what cost.

A plan says two things of a date. It *will* run where something that it reads differs from what its ledger
row says. It *may* run where a table that it reads is to be built first: the run then looks whether what was
built differs, and leaves the date alone if not (early cut-off). Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from python_processors.orchestration.project import LAYER, precompute_reads
from python_processors.orchestration.state.reads import upstream_in
from python_processors.orchestration.state.snapshot import NOT_EXPECTED, Snapshot, State

DATES_IN_A_CHUNK = 400  # a season and its playoffs; peak memory of one is in docs/benchmarks.md
SCHEDULE = "nbac_schedule"  # the raw table that the dates with games come from


@dataclass(frozen=True)
class Step:
    """One table and date of a plan. `is_certain` says that it will run; else it may."""

    table: str
    day: date
    why: str
    is_certain: bool = True
    failed_before: bool = False
    changed: tuple[str, ...] = ()  # reads that differ from the ledger's; none where that is not why

    @property
    def may_move_schedule(self) -> bool:
        """Whether building it may change which dates have games: raw games changed, or nobody knows what did."""
        return self.table == LAYER and (not self.changed or any(upstream_in(name) == SCHEDULE for name in self.changed))


@dataclass(frozen=True)
class Blocked:
    """A table and date that will not run, and what is in its way."""

    table: str
    day: date
    reason: str


@dataclass
class Plan:
    """What a run would do. `skipped` counts dates left alone since nothing that they read changed."""

    start: date
    end: date
    steps: list[Step] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    not_expected: dict[str, int] = field(default_factory=dict)
    chunks: list[list[date]] = field(default_factory=list)
    rows: int | None = None
    seconds: float | None = None
    bytes_read: int | None = None
    uncounted: int = 0

    @property
    def dates(self) -> list[date]:
        return sorted({step.day for step in self.steps})

    @property
    def is_empty(self) -> bool:
        return not self.steps and not self.uncounted

    def days_of(self, table: str) -> list[date]:
        return sorted(step.day for step in self.steps if step.table == table)

    def to_dict(self) -> dict[str, Any]:
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "dates": [day.isoformat() for day in self.dates],
            "steps": [
                {"table": s.table, "date": s.day.isoformat(), "why": s.why, "certain": s.is_certain} for s in self.steps
            ],
            "blocked": [{"table": b.table, "date": b.day.isoformat(), "reason": b.reason} for b in self.blocked],
            "skipped": self.skipped,
            "not_expected": self.not_expected,
            "chunks": [[day.isoformat() for day in chunk] for chunk in self.chunks],
            "uncounted_dates": self.uncounted,
            "rows": self.rows,
            "seconds": self.seconds,
            "bytes": self.bytes_read,
        }


def make_plan(
    snapshot: Snapshot,
    *,
    forced: bool = False,
    only: Iterable[date] | None = None,
    dates_in_a_chunk: int = DATES_IN_A_CHUNK,
) -> Plan:
    """The plan of a snapshot's tables and dates.

    :param forced: build every date that is to have rows, changed or not.
    :param only: build no other dates than these; what is due of others is left, and is no skip.
    """
    plan = Plan(snapshot.start, snapshot.end)
    allowed = None if only is None else set(only)
    waiting = Waiting(snapshot)
    for table in (LAYER, *snapshot.tables):
        states = snapshot.states(table, forced=forced)
        due, in_the_way = due_steps(snapshot, table, states, waiting)
        steps = [step for step in due if allowed is None or step.day in allowed]
        plan.steps += steps
        plan.blocked += [block for block in in_the_way if allowed is None or block.day in allowed]
        planned = {step.day for step in due} | {block.day for block in in_the_way}
        left = [state for day, state in states.items() if day not in planned]
        plan.not_expected[table] = sum(state.outcome in NOT_EXPECTED for state in left)
        plan.skipped[table] = len(left) - plan.not_expected[table]
        waiting.add(table, steps)
    plan.chunks = chunks_of(plan.steps, snapshot, dates_in_a_chunk)
    plan.uncounted = len(snapshot.uncounted_days())
    return plan


class Waiting:
    """Dates of relations that a run has yet to build, as `pending` in the snapshot's memory."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        snapshot.memory.execute("create or replace table pending (relation varchar, day date)")

    def will_mend(self, state: State) -> bool:
        """Whether all that a date was found to differ in is to be built first: it may come back as it was."""
        upstreams = {upstream_in(name) for name in state.changed}
        rows = self._snapshot.memory.execute("select distinct relation from pending").fetchall()
        return bool(upstreams) and upstreams <= {relation for (relation,) in rows}

    def add(self, table: str, steps: Sequence[Step]) -> None:
        memory = self._snapshot.memory
        days = [step.day for step in steps]
        if table != LAYER:
            memory.execute("insert into pending select ?, unnest(?::date[])", [table, days])
            return
        # Raw rows and seeds are there already, and a hashed table waits for its own steps.
        for relation in self._snapshot.fingerprints.slots.keys() & self._snapshot.project.layer_models:
            if self._snapshot.project.spans_season(relation):
                moved = [step.day for step in steps if step.may_move_schedule]
                memory.execute(
                    "insert into pending select distinct ?, dates.day from dates inner join dates as moved"
                    " on dates.season_year = moved.season_year where moved.day in (select unnest(?::date[]))",
                    [relation, moved],
                )
            else:
                memory.execute("insert into pending select ?, unnest(?::date[])", [relation, days])


def due_steps(
    snapshot: Snapshot, table: str, states: Mapping[date, State], waiting: Waiting
) -> tuple[list[Step], list[Blocked]]:
    """What of a table will run, may run, and cannot, given what is `pending`."""
    steps = [
        Step(table, s.day, s.why, not waiting.will_mend(s), s.failed_before, s.changed)
        for s in states.values()
        if s.is_due
    ]
    idle = [s.day for s in states.values() if not s.is_due and not s.is_ruled_out]
    if table != LAYER and idle:
        days = "select unnest([" + ", ".join(f"date '{day}'" for day in idle) + "]) as day"
        touched = snapshot.inputs.days_touched(table, days, "pending")
        steps += [Step(table, day, f"it reads {read}, which is built first", False) for day, read in touched.items()]
    in_the_way = obstacles(snapshot, table, [step.day for step in steps])
    blocked = [Blocked(table, day, in_the_way[day]) for day in sorted(in_the_way)]
    return sorted((s for s in steps if s.day not in in_the_way), key=lambda step: step.day), blocked


def obstacles(snapshot: Snapshot, table: str, days: Sequence[date]) -> dict[date, str]:
    """Days that cannot be built: a game day of the season before them was never built and is not planned.

    Only for tables that wait for a whole season (`waits_for` of its contract). Rows that a built day lacks are found
    by the build itself, which knows whom they hold up (nba_ops.blocked_dates).
    """
    upstreams = [name for name, window in precompute_reads().get(table, {}).items() if window == "season_before"]
    found: dict[date, str] = {}
    for upstream in upstreams:
        rows = snapshot.memory.execute(
            """
            with unbuilt as (
                select dates.season_year, min(dates.day) as first_day, count(*) as days
                from dates
                where dates.day < ? and not exists (
                    select 1 from published where published.table_name = ? and published.day = dates.day
                )
                group by dates.season_year
            )
            select due.day, unbuilt.first_day
            from (select unnest(?::date[]) as day) as due
            inner join dates on due.day = dates.day
            inner join unbuilt on dates.season_year = unbuilt.season_year and unbuilt.first_day < due.day
            """,
            [snapshot.start, upstream, list(days)],
        ).fetchall()
        for day, first in rows:
            found.setdefault(day, f"{upstream} was never built on {first}, and this range does not reach it")
    return found


def chunks_of(steps: Sequence[Step], snapshot: Snapshot, most: int) -> list[list[date]]:
    """Dates in the order in which they are built: earlier failures that wait for nothing, then seasons.

    A chunk never holds dates of two seasons, nor more than `most`.
    """
    known = dict(snapshot.memory.execute("select day, season_year from dates").fetchall())
    days = sorted({step.day for step in steps})
    failed = sorted({step.day for step in steps if step.failed_before})
    seasons: dict[date, int] = {}
    for day in days:  # a day off belongs to the games before it
        seasons[day] = known.get(day) or max((s for d, s in known.items() if d < day), default=0)
    # A failed date goes first only where no earlier date of its season is due: it would be built twice.
    others = [day for day in days if day not in failed]
    first = [day for day in failed if not any(d < day and seasons[d] == seasons[day] for d in others)]
    chunks = []
    for group in (first, [day for day in days if day not in first]):
        for _, of_season in groupby(group, key=seasons.__getitem__):
            dated = list(of_season)
            chunks += [dated[i : i + most] for i in range(0, len(dated), most)]
    return chunks
