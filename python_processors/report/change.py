"""What an environment's code and rows are otherwise than production's: the part of its report for a reviewer.

The code, the rows and the columns are told as `fullcourt env promote --dry-run` tells them. Rows of dates that runs in
the environment built are looked at, and columns of those dates alone on which rows differ: at most seven queries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from python_processors.compare.asked import Place, Span, pairs_of
from python_processors.compare.comparison import compare_together
from python_processors.compare.differences import Comparison
from python_processors.engines.base import PRODUCTION, Side, Sides
from python_processors.engines.live import Columns
from python_processors.orchestration.environments import within
from python_processors.orchestration.project import Project
from python_processors.orchestration.promotion.change import PromotionError, built_dates
from python_processors.orchestration.promotion.code import ChangedCode, changed_code, code_lines
from python_processors.orchestration.promotion.copies import columns_of, copies_of
from python_processors.orchestration.promotion.moved import ModelChange, TableChange, moved
from python_processors.orchestration.state.ledger import LEDGER
from python_processors.orchestration.warehouse import Session

_MOST_EXAMPLES = 40  # findings that are shown with rows: each is a part of one query


@dataclass(frozen=True)
class BesideProduction:
    """`code` is that of all dates of the report. From `start` to `end` runs in the environment built some of them, and
    rows are looked at; None where they built none."""

    environment: str
    start: date | None
    end: date | None
    code: tuple[ChangedCode, ...]
    tables: tuple[TableChange, ...] = ()
    models: tuple[ModelChange, ...] = ()
    comparison: Comparison | None = None

    @property
    def is_moved(self) -> bool:
        return bool(self.tables or self.models or (self.comparison and self.comparison.tables))

    @property
    def dates(self) -> str:
        return f"{self.start}" if self.start == self.end else f"{self.start} to {self.end}"

    def lines(self) -> list[str]:
        out = code_lines(self.code)
        if self.start is None:
            return [*out, f"Rows: no run has built one of these dates in {self.environment} since it was made."]
        if not self.is_moved:
            return [*out, f"Rows: those of {self.dates} are production's."]
        out.append(f"Rows of {self.dates} that differ from production's:")
        out += [*(of.line for of in self.tables), *(of.line for of in self.models)]
        return [*out, *(self.comparison.lines()[:-2] if self.comparison and self.comparison.tables else [])]

    def to_dict(self) -> dict[str, Any]:
        days = [None if day is None else str(day) for day in (self.start, self.end)]
        return {
            "environment": self.environment, "start": days[0], "end": days[1],
            "code": [of.to_dict() for of in self.code], "tables": [of.to_dict() for of in self.tables],
            "models": [of.to_dict() for of in self.models],
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
        }  # fmt: skip


def beside_production(project: Project, session: Session, name: str, start: date, end: date) -> BesideProduction:
    """What differs of a range of dates.

    :param project: parsed for the environment, in which this process works.
    """
    code = tuple(changed_code(project, session, start, end))
    built = _built(session, name, start, end)
    if built is None:
        return BesideProduction(name, None, None, code)
    first, last = built
    copies = copies_of(project, first, last)
    theirs, ours = (columns_of(session, copies, environment) for environment in (name, ""))
    # A change may add columns: rows are held against each other by those of both sides.
    common = {of: {column: kind for column, kind in columns.items() if column in ours[of]}
              for of, columns in theirs.items()}  # fmt: skip
    # Hashed tables by those; the others as promote holds them, whole where one side lacks the table or its date.
    hashed = [of for of in copies if of.key and {*of.key, of.day} <= common[of.name].keys()]
    others = [of if of.day in common[of.name] else replace(of, day=None) for of in copies if not of.key]
    named = {of.name for of in hashed}
    asked = [
        {of.name: common[of.name] if of.name in named else side[of.name] for of in copies} for side in (theirs, ours)
    ]
    held = moved(session, [*hashed, *others], name, *asked)
    unlike = {of.name for of in copies if of.key and theirs[of.name] != ours[of.name]}
    wanted = [table for table in project.tables if table in unlike or held.differing.get(table)]
    places = (Place.parse(PRODUCTION[0]), Place.parse(name))
    spans = {table: Span(first, last, tuple(held.differing.get(table, ()))) for table in wanted if table in named}
    found = compare_together(
        Sides(session, _side(session, ""), _side(session, name)), pairs_of(*places, wanted), places, spans,
        _MOST_EXAMPLES,
    ) if wanted else []  # fmt: skip
    comparison = Comparison(places[0].text, places[1].text, str(Span(first, last)), 0.0, tuple(found))
    return BesideProduction(name, first, last, code, held.tables, held.models, comparison)


def _built(session: Session, name: str, start: date, end: date) -> tuple[date, date] | None:
    """The dates of a range that runs in the environment confirmed; None where there is none."""
    if not session.columns(LEDGER):
        return None
    try:
        first, last = built_dates(session, name)
    except PromotionError:  # they confirmed none since it was made
        return None
    return (max(first, start), min(last, end)) if first <= end and start <= last else None


def _side(session: Session, environment: str) -> Side:
    def columns(relation: str) -> Columns:
        with within(environment):
            return session.columns(relation)

    return Side(lambda relation: session.named(relation, environment), columns)
