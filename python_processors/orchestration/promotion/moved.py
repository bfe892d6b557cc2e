"""Which rows an environment holds otherwise than production, by table and model: whole dates by their content, then
keys. Three queries, however many relations there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.promotion.copies import (
    Contents,
    Copy,
    DayCount,
    contents,
    count_days,
    differing_days,
    rows_in,
)
from python_processors.orchestration.warehouse import Session
from python_processors.words import count_of

ColumnsOf = Mapping[str, Mapping[str, str]]
"""By relation's name its columns and their types."""


@dataclass(frozen=True)
class TableChange:
    """Keys of a hashed table that publishing inserts, updates and deletes, and the dates on which it does."""

    table: str
    days: tuple[date, ...]
    inserted: int
    updated: int
    deleted: int

    @property
    def line(self) -> str:
        return (
            f"  {self.table:<30} {count_of(len(self.days), 'date')}: {count_of(self.inserted, 'row')} to insert,"
            f" {self.updated:,} to update, {self.deleted:,} to delete"
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.table, "dates": [str(day) for day in self.days], "to_insert": self.inserted,
            "to_update": self.updated, "to_delete": self.deleted,
        }  # fmt: skip


@dataclass(frozen=True)
class ModelChange:
    """A model that is no hashed table, whose rows of some days are replaced; of all days where it has none."""

    model: str
    days: tuple[date, ...]
    rows_before: int
    rows_after: int
    is_whole: bool = False

    @property
    def line(self) -> str:
        what = "whole" if self.is_whole else count_of(len(self.days), "date")
        return f"  {self.model:<30} {what}: {count_of(self.rows_before, 'row')} before, {self.rows_after:,} after"

    def to_dict(self) -> dict[str, Any]:
        days = [] if self.is_whole else [str(day) for day in self.days]
        return {
            "model": self.model, "dates": days, "is_whole": self.is_whole, "rows_before": self.rows_before,
            "rows_after": self.rows_after,
        }  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """What both sides hold by day, the days that differ, and what publishing these does to production."""

    brought: Contents
    there: Contents
    differing: Mapping[str, Sequence[date]]
    counts: tuple[DayCount, ...]
    tables: tuple[TableChange, ...]
    models: tuple[ModelChange, ...]


def moved(session: Session, copies: Sequence[Copy], name: str, theirs: ColumnsOf, ours: ColumnsOf) -> Moved:
    """
    :param name: the environment.
    :param theirs: columns to look at there, of each of the copies; `ours` in production.
    """
    brought, there = contents(session, copies, name, theirs), contents(session, copies, "", ours)
    differing = {of.name: differing_days(there[of.name], brought[of.name]) for of in copies}
    hashed = [of for of in copies if of.key and differing[of.name]]
    counts = count_days(session, hashed, name, theirs)
    return Moved(
        brought, there, differing, tuple(counts), tuple(_of_table(of.name, counts) for of in hashed),
        tuple(
            ModelChange(of.name, tuple(differing[of.name]), rows_in(there[of.name]), rows_in(brought[of.name]),
                        is_whole=of.day is None)
            for of in copies if not of.key and (differing[of.name] or theirs[of.name] != ours[of.name])
        ),
    )  # fmt: skip


def _of_table(table: str, counts: Sequence[DayCount]) -> TableChange:
    of_table = [of for of in counts if of.table == table]
    sums = {verb: sum(getattr(of, verb) for of in of_table) for verb in ("inserted", "updated", "deleted")}
    return TableChange(table, tuple(of.day for of in of_table if of.is_change), **sums)
