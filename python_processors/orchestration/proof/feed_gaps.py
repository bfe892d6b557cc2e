"""Dates with games on which a feed has no row, though it has rows of others: it ended, began late, or has a hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.raw_contract import played_feeds, raw_tables


@dataclass(frozen=True)
class FeedGap:
    """One feed: of how many dates with games it has no row, the first and the last of them, and what that does."""

    name: str
    dates: int
    of: int
    first: date
    last: date
    without: str | None

    def __str__(self) -> str:
        from_to = f"{self.first}" if self.dates == 1 else f"from {self.first} to {self.last}"
        return f"{self.name}: {self.dates:,} of {self.of:,}, {from_to}{f': {self.without}' if self.without else ''}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name, "dates": self.dates, "of": self.of, "first": self.first.isoformat(),
            "last": self.last.isoformat(), "without": self.without,
        }  # fmt: skip


def feed_gaps(snapshot: Snapshot) -> list[FeedGap]:
    """Of feeds with rows by game date, up to the last date of which a feed says that games were played.

    A feed that has no row of the range is one, too, unless it has none at all: absent_inputs tells that. No query.
    """
    read = {read.upstream for read in snapshot.fingerprints.reads[LAYER]}
    of_games = [
        name for name, table in raw_tables().items()
        if name in read and table.partition_by and "game_date" in {column.name for column in table.columns}
    ]  # fmt: skip
    rows = snapshot.memory.rows(
        """
        with played as (
            select day from dates
            where
                games > 0 and day between $start and $end
                and day <= (select max(day) from units where list_contains($played, relation))
        ),
        feeds as (select distinct relation from units where list_contains($feeds, relation))
        select feeds.relation, count(*) as lacking, min(played.day) as first_day, max(played.day) as last_day,
            (select count(*) from played) as of_dates
        from played cross join feeds
        anti join units on feeds.relation = units.relation and played.day = units.day
        group by feeds.relation
        """,
        {"start": snapshot.start, "end": snapshot.end, "played": list(played_feeds()), "feeds": of_games},
    )
    found = {row["relation"]: row for row in rows}
    return [
        FeedGap(name, row["lacking"], row["of_dates"], row["first_day"], row["last_day"], raw_tables()[name].without)
        for name in of_games
        if (row := found.get(name)) is not None
    ]


def lines_of(gaps: Sequence[FeedGap]) -> list[str]:
    """What a person reads; nothing where no feed has a gap."""
    return ["", "Dates with games on which a feed has no row:", *(f"  {gap}" for gap in gaps)] if gaps else []
