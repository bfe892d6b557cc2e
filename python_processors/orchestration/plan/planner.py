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

from python_processors.orchestration.plan.changes import Changes, changes_of
from python_processors.orchestration.project import LAYER
from python_processors.orchestration.state.reads import upstream_in
from python_processors.orchestration.state.snapshot import Snapshot, made_of
from python_processors.orchestration.state.states import NOT_EXPECTED, State
from python_processors.raw_loader import ReadFiles

DATES_IN_A_CHUNK = 400  # a season and its playoffs; peak memory of one is in docs/benchmarks.md
SCHEDULE = "nbac_schedule"  # the raw table that the dates with games come from


@dataclass(frozen=True)
class Step:
    """One table and date of a plan. `is_certain` says that it will run, else it may; `replaces` that its rows are
    replaced whatever their hashes say. `waits` says that it waited for what failed; `made_of` is what decides it."""

    table: str
    day: date
    why: str
    is_certain: bool = True
    failed_before: bool = False
    changed: tuple[str, ...] = ()  # reads that differ from the ledger's; none where that is not why
    may_move_schedule: bool = False  # whether building it may change which dates have games
    replaces: bool = False
    waits: bool = False
    made_of: str = ""


@dataclass(frozen=True)
class Blocked:
    """A table and date that will not run, and what is in its way."""

    table: str
    day: date
    reason: str


@dataclass
class Plan:
    """What a run would do. `skipped` counts dates left alone since nothing that they read changed; `out_of_reach` are
    those that no run can build, since the schedule does not know them, with the reason."""

    start: date
    end: date
    steps: list[Step] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    not_expected: dict[str, int] = field(default_factory=dict)
    out_of_reach: dict[date, str] = field(default_factory=dict)
    chunks: list[list[date]] = field(default_factory=list)
    changes: dict[str, Changes] = field(default_factory=dict)
    raw_changes: dict[str, dict[str, int]] = field(default_factory=dict)  # what loading raw files would do, by table
    seconds: float | None = None
    bytes_read: int | None = None
    bytes_billed: int | None = None  # at least, as the engine bills
    uncounted: int = 0
    stands_on: str = ""  # rows, files and code; empty where nothing tells whether they still are as they were
    snapshot: Snapshot | None = field(default=None, repr=False)  # what it was made of
    loads_nothing: bool = False  # all that it stands on is stored
    idle: set[tuple[str, date]] = field(default_factory=set, repr=False)  # up to date, whatever the run builds
    read: ReadFiles | None = field(default=None, repr=False, compare=False)  # raw files, for the load before the run
    counts_others: bool = False  # whether some may be of dates that no chunk builds, and so counts

    @property
    def dates(self) -> list[date]:
        return sorted({step.day for step in self.steps})

    @property
    def is_empty(self) -> bool:
        return not self.steps and not self.uncounted

    @property
    def is_of_nothing(self) -> bool:
        """Whether a run of it neither loads, builds nor counts anything, nor has anything to say of a date."""
        return self.is_empty and not self.blocked and not self.raw_changes

    @property
    def may_move_schedule(self) -> bool:
        """Whether building it may change which dates have games."""
        return any(step.may_move_schedule for step in self.steps)

    @property
    def rows(self) -> int:
        """Rows that are looked at: to insert, as far as that can be guessed, to change at most, and to delete."""
        return sum((of.to_insert or 0) + of.may_change + of.to_delete for of in self.changes.values())

    def figures(self) -> dict[str, dict[str, Any]]:
        """Rows to insert, that may change, and to delete, and which of them are a guess."""
        every = self.changes.values()
        return {
            "to_insert": {
                "rows": sum(of.to_insert or 0 for of in every), "is_guess": True,
                "dates_without_guess": sum(of.dates_without_guess for of in every),
            },
            "may_change": {"rows": sum(of.may_change for of in every), "is_guess": False},
            "to_delete": {"rows": sum(of.to_delete for of in every), "is_guess": False},
        }  # fmt: skip

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
            "out_of_reach": {day.isoformat(): reason for day, reason in sorted(self.out_of_reach.items())},
            "chunks": [[day.isoformat() for day in chunk] for chunk in self.chunks],
            "uncounted_dates": self.uncounted,
            "rows": self.rows,
            "figures": self.figures(),
            "changes": {table: changes.to_dict() for table, changes in self.changes.items()},
            "raw_changes": self.raw_changes,
            "seconds": self.seconds,
            "bytes": self.bytes_read,
            "bytes_billed": self.bytes_billed,
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
    snapshot.look_at_all()
    for table in (LAYER, *snapshot.tables):
        states = snapshot.states(table, forced=forced)
        due, in_the_way = due_steps(snapshot, table, states, waiting)
        steps = [step for step in due if allowed is None or step.day in allowed]
        plan.steps += steps
        plan.blocked += [block for block in in_the_way if allowed is None or block.day in allowed]
        planned = {step.day for step in due} | {block.day for block in in_the_way}
        left = [state for day, state in states.items() if day not in planned]
        plan.not_expected[table] = sum(state.outcome in NOT_EXPECTED for state in left)
        plan.out_of_reach.update({s.day: s.reason for s in left if s.rule in ("unknown", "unscheduled")})
        plan.skipped[table] = sum(s.outcome not in NOT_EXPECTED and s.day not in plan.out_of_reach for s in left)
        if table != LAYER:
            fine = (s for s in left if not s.is_due and s.outcome not in (*NOT_EXPECTED, "blocked"))
            plan.idle |= {(table, state.day) for state in fine}
        waiting.add(table, steps)
    plan.changes = {table: changes_of(snapshot, table, plan.days_of(table)) for table in snapshot.tables}
    plan.chunks = chunks_of(plan.steps, snapshot, dates_in_a_chunk)
    uncounted = snapshot.uncounted_days()
    plan.uncounted = len(uncounted)
    is_all_built = len(plan.chunks) == 1 and snapshot.is_of(snapshot.tables, plan.chunks[0])
    plan.counts_others = bool(uncounted) and not is_all_built
    return plan


class Waiting:
    """Dates of relations that a run has yet to build, as `pending` in the snapshot's memory."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        snapshot.memory.forget("pending")

    def will_mend(self, state: State) -> bool:
        """Whether all that a date was found to differ in is to be built first: it may come back as it was."""
        upstreams = {upstream_in(name) for name in state.changed}
        return bool(upstreams) and upstreams <= self._snapshot.memory.relations_in("pending")

    def add(self, table: str, steps: Sequence[Step]) -> None:
        memory, project = self._snapshot.memory, self._snapshot.project
        days = [step.day for step in steps]
        if table != LAYER:
            memory.note("pending", [table], days)
            return
        # Raw rows and seeds are there already, and a hashed table waits for its own steps.
        read = self._snapshot.fingerprints.slots.keys() & project.layer_models
        spanning = {relation for relation in read if project.spans_season(relation)}
        memory.note("pending", sorted(read - spanning), days)
        moved = [step.day for step in steps if step.may_move_schedule]
        for relation in sorted(spanning):
            memory.note_seasons(relation, moved)


def due_steps(
    snapshot: Snapshot, table: str, states: Mapping[date, State], waiting: Waiting
) -> tuple[list[Step], list[Blocked]]:
    """What of a table will run, may run, and cannot, given what is `pending`."""
    steps = [
        Step(
            table, s.day, s.why, not waiting.will_mend(s), s.failed_before, s.changed,
            table == LAYER and _may_move_schedule(s, snapshot.project.whole_models), s.replaces,
            s.rule == "waited", made_of(snapshot.logic[table], s.input_fingerprint),
        )
        for s in states.values() if s.is_due
    ]  # fmt: skip
    blocked = [Blocked(table, s.day, s.reason) for s in states.values() if s.rule == "blocked"]
    idle = [s.day for s in states.values() if not s.is_due and not s.is_ruled_out and s.rule != "blocked"]
    if table == LAYER or not idle:
        return sorted(steps, key=lambda step: step.day), blocked
    touched = snapshot.days_touched(table, idle, "pending")
    in_the_way = snapshot.obstacles(table, list(touched))
    blocked += [Blocked(table, day, in_the_way[day]) for day in sorted(in_the_way)]
    steps += [
        Step(table, day, f"it reads {read.described}, which is built first", False)
        for day, read in touched.items()
        if day not in in_the_way
    ]
    return sorted(steps, key=lambda step: step.day), blocked


def _may_move_schedule(state: State, whole_models: Sequence[str]) -> bool:
    """Raw games changed, or models that are made of all of them; or nobody knows what did."""
    named = {upstream_in(name) for name in state.changed}
    return not named or SCHEDULE in named or not named.isdisjoint(whole_models)


def chunks_of(steps: Sequence[Step], snapshot: Snapshot, most: int) -> list[list[date]]:
    """Dates in the order in which they are built: earlier failures that wait for nothing, then seasons.

    A chunk never holds dates of two seasons, nor more than `most`.
    """
    known = snapshot.memory.seasons
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
