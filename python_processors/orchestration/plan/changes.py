"""What a plan would do to stored rows, as far as that can be known before anything is built; and its guard.

A date that the schedule no longer has loses all its rows: that is counted. What else a build deletes is known once
it has run, and is guarded there once more, before anything is published (macros/processor/processor.sql).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from python_processors.deletions import Allowance
from python_processors.errors import RefusedError
from python_processors.logic_version import project_vars
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import played_feeds
from python_processors.words import count_of

_NAMED_DATES = 5


@dataclass(frozen=True)
class Changes:
    """Rows of one table: to insert, a guess; stored rows of dates that are built again, a count, each of which may
    change or stay; and rows to delete, a count.

    `to_insert` is None until somebody guesses. `dates_without_guess` are to have rows, and nothing tells how many.
    `emptied` names the dates that would have no rows any more, with the feeds that still have games of them.
    """

    to_insert: int | None = None
    dates_without_guess: int = 0
    may_change: int = 0
    to_delete: int = 0
    stored: int = 0
    emptied: Mapping[date, tuple[str, ...]] | None = None

    def to_dict(self) -> dict[str, Any]:
        emptied = {day.isoformat(): list(feeds) for day, feeds in (self.emptied or {}).items()}
        return {**asdict(self), "emptied": emptied}


class DeletesError(RefusedError):
    """A run would delete so much that somebody has to say that this is right."""

    def __init__(self, problems: Sequence[str]) -> None:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"The run would delete stored rows:\n{listed}\nLook whether the raw files lost something, above all the"
            " schedule. If the rows are to go, run the same with --allow-deletes. Nothing was started."
        )


def changes_of(snapshot: Snapshot, table: str, days: Sequence[date]) -> Changes:
    """What building some days of a table would do to its rows."""
    stored = snapshot.memory.stored_rows(table, snapshot.start, snapshot.end)
    if not days:
        return Changes(stored=stored)
    counts = snapshot.memory.stored_by_day(table, days)
    lost = [row["day"] for row in counts if row["stored"] and not row["is_game_day"]]
    feeds = snapshot.memory.rows_of_feeds(played_feeds(), lost) if lost else {}
    return Changes(
        may_change=sum(row["stored"] for row in counts if row["is_game_day"]),
        to_delete=sum(row["stored"] for row in counts if not row["is_game_day"]),
        stored=stored, emptied={day: tuple(feeds.get(day, ())) for day in lost},
    )  # fmt: skip


def with_guess(changes: Changes, snapshot: Snapshot, session: Session, table: str, days: Sequence[date]) -> Changes:
    """The changes with the rows to insert: of dates that lack some of the rows that were last expected of them."""
    lacking = {
        row["day"]: row["stored"]
        for row in snapshot.memory.stored_by_day(table, days)
        if row["is_game_day"] and not row["is_whole"]
    }
    likely = snapshot.likely_rows(session, table, list(lacking))
    known = {day: rows for day, rows in likely.items() if rows is not None}
    return replace(
        changes, to_insert=sum(max(rows - lacking[day], 0) for day, rows in known.items()),
        dates_without_guess=len(lacking) - len(known),
    )  # fmt: skip


def deletes_allowed(stored: int) -> int:
    """How many of a table's rows in its range a run may delete without being told to."""
    return Allowance(float(project_vars()["max_deleted_pct"])).keys(stored)


def check_deletes(changes: Mapping[str, Changes]) -> None:
    """:raises DeletesError: a run would delete more of a table's rows than max_deleted_pct, or empty a date of which a
    feed still has games."""
    problems = []
    for table, of in changes.items():
        with_games = {day: feeds for day, feeds in (of.emptied or {}).items() if feeds}
        if with_games:
            first, feeds = next(iter(with_games.items()))
            more = f", and {count_of(len(with_games) - 1, 'more date')}" if len(with_games) > 1 else ""
            problems.append(f"{table} of {first} would be empty, while {', '.join(feeds)} still has its games{more}")
        if of.to_delete > deletes_allowed(of.stored):
            days = sorted(of.emptied or {})
            shown = ", ".join(map(str, days[:_NAMED_DATES])) + (" ..." if len(days) > _NAMED_DATES else "")
            problems.append(
                f"{table} would lose {of.to_delete:,} of {count_of(of.stored, 'row')} of the range: {shown}"
            )
    if problems:
        raise DeletesError(problems)
