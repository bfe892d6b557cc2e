"""What was found of each table, in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from python_processors.words import count_of

ROWS = "rows"  # of a whole row, where a finding is of no single column
KINDS_OF_VALUES = ("null", "number", "text", "type")
KINDS_OF_KEYS = ("only_in_one", "only_in_two")


@dataclass(frozen=True)
class Example:
    """The first rows of a finding: the key, and what each side has."""

    row_key: str
    one: str | None
    two: str | None


@dataclass(frozen=True)
class Finding:
    """One way in which two tables differ.

    `column` is ROWS where it is of whole rows. `kind`: only_in_one, only_in_two, surplus_in_one, surplus_in_two,
    without_key_in_one, without_key_in_two (rows); null, number, text, type (values of a column); column_type,
    column_only_in_one, column_only_in_two (no rows); behind_hash (rows of equal data_hash and unlike values).
    `explained` is the reason that a file of known differences gives.
    """

    table: str
    column: str
    kind: str
    count: int
    of: int
    words: str
    days: Mapping[date, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    explained: str | None = None

    def explain(self, reason: str) -> Finding:
        return replace(self, explained=reason)

    def to_dict(self) -> dict[str, Any]:
        days = {str(day): count for day, count in sorted(self.days.items())}
        return {**asdict(self), "days": days, "share": self.count / self.of if self.of else None}

    def line(self) -> str:
        what = "" if self.column == ROWS else f"{self.column}: "
        dates = f", {_dates(self.days)}" if self.days else ""
        example = f"; {_shown(self)}" if self.examples else ""
        explained = f" [explained: {self.explained}]" if self.explained else ""
        return f"  {what}{self.words}{dates}{example}{explained}"


@dataclass(frozen=True)
class TableComparison:
    """One table: its rows on both sides, keys that both have, and what differs. `said` is set where nothing could be
    compared."""

    table: str
    rows_in_one: int = 0
    rows_in_two: int = 0
    matched: int = 0
    differing: int = 0
    columns: int = 0
    findings: tuple[Finding, ...] = ()
    said: str = ""

    @property
    def is_equal(self) -> bool:
        return not self.said and not self.findings

    @property
    def has_rows(self) -> bool:
        return bool(self.rows_in_one or self.rows_in_two)

    @property
    def is_fine(self) -> bool:
        return not self.said and all(finding.explained for finding in self.findings)

    @property
    def verdict(self) -> str:
        if self.said:
            return "NOT COMPARED"
        return "equal" if self.is_equal else "explained" if self.is_fine else "DIFFERENT"

    def to_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in ("table", "rows_in_one", "rows_in_two", "matched", "differing")},
            "columns_compared": self.columns, "verdict": self.verdict, "said": self.said,
            "findings": [finding.to_dict() for finding in self.findings],
        }  # fmt: skip

    def lines(self) -> list[str]:
        if self.said:
            return [f"{self.table}: NOT COMPARED: {self.said}"]
        rows = f"{count_of(self.rows_in_one, 'row')} and {self.rows_in_two:,}"
        alike = f"of {count_of(self.matched, 'key')} of both {self.differing:,} differ, {self.columns} columns compared"
        return [f"{self.table}: {self.verdict}: {rows}; {alike}", *(finding.line() for finding in self.findings)]


@dataclass(frozen=True)
class Comparison:
    """All tables of two places."""

    one: str
    two: str
    span: str
    tolerance: float
    tables: tuple[TableComparison, ...]
    unused: tuple[str, ...] = ()  # lines of the file of known differences that explain nothing

    @property
    def is_proven(self) -> bool:
        """Whether anything was compared: of two empty places nothing is known."""
        return any(table.has_rows for table in self.tables)

    @property
    def is_fine(self) -> bool:
        return self.is_proven and all(table.is_fine for table in self.tables)

    @property
    def verdict(self) -> str:
        if not self.is_proven:
            return "NOTHING WAS COMPARED: neither side has a row of these tables and dates"
        if not self.is_fine:
            return "DIFFERENT"
        explained = sum(len(table.findings) for table in self.tables)
        return (
            f"EQUAL but for {count_of(explained, 'difference that is', 'differences that are')} explained"
            if explained
            else "EQUAL"
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "one": self.one, "two": self.two, "span": self.span, "tolerance": self.tolerance, "verdict": self.verdict,
            "is_fine": self.is_fine, "tables": [table.to_dict() for table in self.tables], "unused": list(self.unused),
        }  # fmt: skip

    def lines(self) -> list[str]:
        within = f", numbers within {self.tolerance:g}" if self.tolerance else ""
        out = [f"{self.one} (one) against {self.two} (two), {self.span}{within}:"]
        for table in self.tables:
            out += table.lines()
        out += [f"Known differences that explain nothing: {line}" for line in self.unused]
        return [*out, "", self.verdict]


def _dates(days: Mapping[date, int]) -> str:
    first, last = min(days), max(days)
    return f"on {first}" if first == last else f"on {len(days)} dates from {first} to {last}"


def _shown(finding: Finding) -> str:
    first = finding.examples[0]
    if finding.column == ROWS:
        return f"the first: {first.row_key}"
    return f"the first: {first.row_key}: {_value(first.one)} -> {_value(first.two)}"


def _value(text: str | None) -> str:
    return "null" if text is None else text if len(text) <= 60 else f"{text[:57]}..."


def share(count: int, of: int) -> str:
    """`3 of 4,992 (0.06 %)`."""
    return f"{count:,} of {of:,} ({100 * count / of:.2f} %)" if of else f"{count:,}"


def rows_said(count: int) -> str:
    return count_of(count, "row")
