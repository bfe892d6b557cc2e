"""The report: one HTML page that tells, from the state model, what can be trusted, what cannot, and why.

`facts` reads the warehouse, `change` what an environment has otherwise than production, `runs` and `monitors` judge
what was read, `page` makes the figures, `charts` the Vega-Lite specifications, and `html` the file. Nothing in the page
comes from a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.state.shared_look import SharedLook
from python_processors.orchestration.warehouse import Warehouse
from python_processors.outputs import output_file, write_whole
from python_processors.report.change import BesideProduction
from python_processors.report.facts import read_facts
from python_processors.report.html import default_file, render
from python_processors.report.page import page_data

__all__ = ["Report", "built_range", "default_file", "report_file", "write_report"]


@dataclass(frozen=True)
class Report:
    """A page that was written, and its figures: all but the matrix and the charts. `change` in an environment alone."""

    file: Path
    figures: dict[str, Any]
    change: BesideProduction | None = None

    @property
    def is_fine(self) -> bool:
        return not self.figures["headline"]["needs_attention"]

    @property
    def summary(self) -> str:
        """The one number, in a line."""
        headline = self.figures["headline"]
        if headline["trusted_pct"] is None:
            return "nothing is expected yet"
        counts = f"{headline['complete']:,} of {headline['expected']:,} expected partitions"
        return f"{headline['trusted_pct']} % trusted, {counts}"

    @property
    def lines(self) -> list[str]:
        """For people: of an environment with what it changed."""
        return [f"{self.file}: {self.summary}.", *(["", *self.change.lines()] if self.change else [])]

    def to_dict(self) -> dict[str, Any]:
        return {"report": str(self.file), **self.figures}


def built_range(warehouse: Warehouse, start: date, end: date) -> tuple[date, date]:
    """A range of dates, wide enough for every date that a run has confirmed."""
    with warehouse.reading() as session:
        if not session.columns("nba_ops.input_ledger"):
            return start, end
        built = session.read(
            "select min(game_date) as first_day, max(game_date) as last_day"
            f" from {session.named('nba_ops.input_ledger')}"
            f" where game_date > date '1900-01-01' and table_name not in ('{LAYER}', '{COVERAGE}')"
        ).to_pylist()[0]
    return min(start, built["first_day"] or start), max(end, built["last_day"] or end)


def report_file(out: Path | None = None) -> Path:
    """Where a report goes.

    :raises OutputError: no file can be written there.
    """
    return output_file(default_file(), own_folder=True) if out is None else output_file(out)


def write_report(
    project: Project, warehouse: Warehouse, start: date, end: date,
    tables: Sequence[str] | None = None, out: Path | None = None, *, is_of_all_dates: bool = False,
    is_kept: bool = False, look: SharedLook | None = None,
) -> Report:  # fmt: skip
    """Read the warehouse, and write the page of a range of dates.

    :param out: else `report.html` in dbt's target folder.
    :param is_of_all_dates: nobody chose the dates, so that those that no run was asked for count neither way.
    :param is_kept: as of read_facts(); `look`, too.
    :raises FullcourtError: there is no schedule yet, the warehouse cannot be read, or the page cannot be written.
    """
    file = report_file(out)  # before the work, not after it
    facts = read_facts(
        project, warehouse, start, end, tables, is_of_all_dates=is_of_all_dates, is_kept=is_kept, look=look
    )
    data = page_data(facts)
    write_whole(file, render(data, facts.change))
    figures = {name: value for name, value in data.items() if name not in ("matrix", "charts")}
    return Report(file, figures, facts.change)
