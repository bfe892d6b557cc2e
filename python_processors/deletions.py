"""What a publish may take away: a table that suddenly lacks rows is more often a lost file than a correction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from python_processors.errors import FullcourtError
from python_processors.words import count_of

_EXAMPLES = 5


@dataclass(frozen=True)
class DateChange:
    """Rows of a date before and after a publish, and how many keys it would lose."""

    game_date: str
    rows_before: int
    rows_after: int
    deleted_keys: int

    def __str__(self) -> str:
        keys = count_of(self.deleted_keys, "key")
        return f"{self.game_date} ({keys} deleted: {count_of(self.rows_before, 'row')} before, {self.rows_after} after)"


@dataclass(frozen=True)
class Allowance:
    """How many keys may go at once: so many, or a share of the rows that are stored in the window."""

    max_deleted_pct: float
    deletes_allowed: int | None = None

    def keys(self, stored_rows: int) -> int:
        """Rounded down, but one key may always go unless the share is 0: a corrected name is one key."""
        if self.deletes_allowed is not None:
            return self.deletes_allowed
        return max(1, int(stored_rows * self.max_deleted_pct / 100)) if self.max_deleted_pct else 0

    def __str__(self) -> str:
        if self.deletes_allowed is not None:
            return "as this run was given"
        return f"{self.max_deleted_pct:g} % of the rows stored in the window, var max_deleted_pct"


class DeletionsError(FullcourtError):
    """A publish would take away more than a run may without being told to."""

    def __init__(self, table: str, problems: Sequence[str]) -> None:
        self.table = table
        super().__init__(
            f"`{table}` was not published, since rows would be lost. {' '.join(problems)}"
            " Nothing of it was changed. Look for a raw file that is gone, empty or cut short, of this table's feeds or"
            " of the schedule. If the rows are to go, allow it: `--allow-deletes` with fullcourt, or"
            " `--vars '{\"allow_deletes\": true}'` beside the window with dbt."
        )


def check_deletions(read: Callable[[str], pa.Table], table: str, asked: Mapping[str, Any]) -> None:
    """Compare what is staged with what is stored. The feeds are read only when a date would become empty.

    :param asked: `query` and `played_feeds_query`, as deletions_sql() and played_feed_rows_sql() make them, and the
        run's `max_deleted_pct`, `deletes_allowed` and `allow_deletes`.
    :raises DeletionsError: too many keys would go, or a date that had games would have no rows.
    """
    if asked["allow_deletes"]:
        return
    changes = [DateChange(**row) for row in read(asked["query"]).to_pylist()]
    emptied = [change.game_date for change in changes if change.rows_before and not change.rows_after]
    games: dict[str, dict[str, int]] = defaultdict(dict)
    if emptied:
        for row in read(asked["played_feeds_query"]).to_pylist():
            games[row["game_date"]][row["feed"]] = row["raw_rows"]
    problems = find_problems(changes, games, Allowance(asked["max_deleted_pct"], asked["deletes_allowed"]))
    if problems:
        raise DeletionsError(table, problems)


def find_problems(
    changes: Sequence[DateChange], games: Mapping[str, Mapping[str, int]], allowance: Allowance
) -> list[str]:
    """A sentence for each rule that a publish breaks.

    :param games: raw rows of the feeds of played games, by date and feed.
    """
    problems = []
    stored, deleted = sum(c.rows_before for c in changes), sum(c.deleted_keys for c in changes)
    if deleted > (allowed := allowance.keys(stored)):
        losing = sorted((c for c in changes if c.deleted_keys), key=lambda c: c.game_date)
        problems.append(
            f"{count_of(deleted, 'key')} of {count_of(stored, 'row')} would be deleted, and {allowed} may go at once"
            f" ({allowance}): {_listed([str(change) for change in losing])}."
        )
    emptied = [c for c in changes if c.rows_before and not c.rows_after and games.get(c.game_date)]
    if emptied:
        dates = [f"{c.game_date} ({count_of(c.rows_before, 'row')}; {_feeds(games[c.game_date])})" for c in emptied]
        problems.append(f"Dates would lose all rows, and feeds still have their games: {_listed(dates)}.")
    return problems


def _feeds(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count_of(count, 'raw row')} in {feed}" for feed, count in sorted(rows.items()))


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _EXAMPLES
    return ", ".join(texts[:_EXAMPLES]) + (f" and {count_of(more, 'more date')}" if more > 0 else "")
