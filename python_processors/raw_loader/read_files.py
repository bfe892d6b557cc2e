"""What a plan read of raw files, for the load that follows it.

All of it goes by the digest of a file's content: one that was written meanwhile has another, and is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.raw_contract import RawTable
from python_processors.raw_loader.leagues import League
from python_processors.raw_loader.listing import FoundFile
from python_processors.raw_loader.overlaps import Bounds, bounds_of
from python_processors.raw_loader.reading import read_file

MOST_KEPT = 512 * 2**20  # bytes of rows from a plan to its load: play-by-play of a season takes 263 MB (2026-11)
_Content = tuple[RawTable, str, str]  # table as the contract has it, digest, and the suffix that says how it is read


@dataclass(frozen=True)
class Seen:
    """What a load is decided by, of a file that fits the raw contract."""

    row_count: int
    league: League
    bounds: Bounds


class ReadFiles:
    """Files that were read, what was seen of each, and rows of some.

    :param dates: rows of these partitions are kept; without them none.
    """

    def __init__(self, dates: tuple[date, date] | None = None) -> None:
        self._dates = dates
        self._seen: dict[_Content, Seen] = {}
        self._parts: dict[_Content, pa.Table] = {}  # of the dates; maybe all that a file has

    def seen(self, file: FoundFile) -> Seen | None:
        """What was seen of a file of this content; None where none was read."""
        return self._seen.get(_content(file))

    def read(self, file: FoundFile) -> tuple[Seen, pa.Table]:
        """All rows of a file, and what is to be seen of them.

        :raises UnreadableFileError: as read_file().
        """
        content, seen = _content(file), self.seen(file)
        part = self._parts.get(content)
        if seen and part is not None and part.num_rows == seen.row_count:
            return seen, part
        found = read_file(file)
        self._seen[content] = seen = Seen(found.rows.num_rows, found.league, bounds_of(found.rows, file.table))
        if self._dates:
            self._parts[content] = between(found.rows, file.table, self._dates)
        return seen, found.rows

    def rows(self, file: FoundFile, dates: tuple[date, date] | None = None) -> pa.Table:
        """Rows of a file, of some dates as between() has them.

        :raises UnreadableFileError: as read_file().
        """
        part = self._parts.get(_content(file)) if dates == self._dates else None
        return between(self.read(file)[1], file.table, dates) if part is None else part

    def take(self, file: FoundFile) -> pa.Table:
        """All rows of a file, which nobody asks for again.

        :raises UnreadableFileError: as read_file().
        """
        _, rows = self.read(file)
        self._parts.pop(_content(file), None)
        return rows

    def keep_whole(self, most: int = MOST_KEPT) -> None:
        """Keep what a load can use: rows of files that are there whole, while they are few."""
        kept: dict[_Content, pa.Table] = {}
        for content, part in self._parts.items():
            if part.num_rows == self._seen[content].row_count and part.nbytes <= most:
                kept[content] = part
                most -= part.nbytes
        self._parts = kept
        self._dates = None


def between(rows: pa.Table, table: RawTable, dates: tuple[date, date] | None) -> pa.Table:
    """Rows of the partitions from the first to the last; all of a table without partitions, and of one whose rows are
    of no game: what they say of a player counts on any date."""
    column = table.partition_by
    if column is None or dates is None or table.counts_for_days:
        return rows
    ends = pc.min_max(rows[column]).as_py()
    if ends["min"] is not None and not rows[column].null_count and dates[0] <= ends["min"] and ends["max"] <= dates[1]:
        return rows  # a filter would copy them
    return rows.filter((pc.field(column) >= dates[0]) & (pc.field(column) <= dates[1]))


def _content(file: FoundFile) -> _Content:
    return file.table, file.checksum, file.path.suffix.lower()
