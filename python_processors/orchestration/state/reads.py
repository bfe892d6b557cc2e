"""What decides a table's rows of a date: the reads that its contract declares.

A read names another relation, the window of its rows that a date looks at, and the columns that count:

    - {from: nbac_schedule}                                   rows of the date itself
    - {from: x, window: days, size: 30}                       of the 30 days before the date
    - {from: x, window: season_before, columns: [a, b]}       of the season, strictly before the date
    - {from: x, window: games, size: 20, by: player_lookup}   the last 20 rows of the season of each player
    - {from: teams, window: whole}                            reference data: the whole relation

The staging layer has windows of its own: `around`, rows of the date and of so many days before and after it, and
`up_to`, rows of the date and of so many days before it. A raw table that has dates and is read `whole` counts with what
its rows say in `columns`, each thing once, whenever and however often they say it.

`by` narrows a window to the players or teams that the date looks up: those of the table itself, or of the
relation `of`, in its column `of_column` (else the same name as `by`). A raw table counts with all its columns,
another hashed table of the same date by its data_hash, anything else by `columns`, or all but `except`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from python_processors.contract import check_read, load_contract
from python_processors.errors import ContractError
from python_processors.project_code import remembered


@dataclass(frozen=True)
class Read:
    """One read. `size` counts days or games; `by` is a column of the upstream relation, `of_column` of `of`."""

    upstream: str
    window: str = "same_date"
    size: int = 0
    by: str | None = None
    of: str | None = None
    of_column: str | None = None
    columns: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What a ledger and a person call it; unique within a table."""
        window = {"same_date": "", "whole": ""}.get(
            self.window, f" {self.window}{f' {self.size}' if self.size else ''}"
        )
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        return f"{self.upstream}{window}{f' by {self.by}' if self.by else ''}{columns}"

    @property
    def described(self) -> str:
        """The read without its columns, as a sentence about a plan names it."""
        return {
            "same_date": f"{self.upstream} of the date",
            "whole": self.upstream,
            "days": f"{self.upstream} of the {self.size} days before",
            "around": f"{self.upstream} of the date and {self.size} days around it",
            "up_to": f"{self.upstream} of the date and {self.size} days before it",
            "season_before": f"{self.upstream} of the season before",
            "games": f"the last {self.size} games in {self.upstream}",
        }[self.window]

    @classmethod
    def parse(cls, table: str, read: Mapping[str, Any]) -> Read:
        """:raises ContractError: the read cannot be understood."""
        check_read(table, read)
        window, size, by = read.get("window", "same_date"), read.get("size", 0), read.get("by")
        return cls(
            upstream=read["from"],
            window=window,
            size=size,
            by=by,
            of=read.get("of", table) if by else None,
            of_column=read.get("of_column", by) if by else None,
            columns=tuple(read.get("columns", ())),
            left_out=tuple(read.get("except", ())),
        )


def upstream_in(name: str) -> str:
    """The relation that a read's name begins with."""
    return name.split(" ")[0]


@remembered
def reads_of(table: str) -> tuple[Read, ...]:
    """The reads of a table, from its contract.

    :raises ContractError: none are declared, one is wrong, or two are the same.
    """
    reads = tuple(Read.parse(table, read) for read in load_contract(table).reads)
    names = [read.name for read in reads]
    if not reads or len(set(names)) < len(names):
        raise ContractError(table, "`config.meta.reads` names what decides its rows, each once.")
    return reads
