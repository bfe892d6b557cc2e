"""Which code an environment's rows are of, and production's are not: by logic versions, as the ledgers have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from python_processors.orchestration.environments import within
from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.state.ledger import LEDGER, newest
from python_processors.orchestration.warehouse import Session

_WORDS = {LAYER: "the staging layer", COVERAGE: "the models that count rows"}


@dataclass(frozen=True)
class ChangedCode:
    """A table whose query, processor or contract is another one than production's rows were built by. `dates` are
    those that production confirmed with other code; None where production has none of the range."""

    table: str
    version: str
    dates: int | None

    @property
    def line(self) -> str:
        name = _WORDS.get(self.table, self.table)
        if self.dates is None:
            return f"{name}: version {self.version}; production has no confirmed date of it in the range"
        noun = "date" if self.dates == 1 else "dates"
        return f"{name}: version {self.version}; {self.dates:,} {noun} in production are of other code"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def changed_code(project: Project, session: Session, start: date, end: date) -> list[ChangedCode]:
    """Tables, the staging layer and the count whose code is not what production's dates of a range were built by."""
    with within(""):
        is_there = bool(session.live_columns([LEDGER])[LEDGER])
    production = session.named(LEDGER, "")
    where = f"game_date between date '{start}' and date '{end}'"
    rows = (
        session.read(
            "select table_name, logic_version, cast(count(*) as int64) as dates from ("
            f"{newest('table_name, game_date, logic_version', where).format(production)}) as confirmed group by 1, 2"
        ).to_pylist()
        if is_there
        else []
    )
    found = []
    for table in (LAYER, *project.tables, COVERAGE):
        version = project.logic_version(table)
        of_table = [row for row in rows if row["table_name"] == table]
        other = sum(row["dates"] for row in of_table if row["logic_version"] != version)
        if other or not of_table:
            found.append(ChangedCode(table, version, other if of_table else None))
    return found


def code_lines(changed: Sequence[ChangedCode]) -> list[str]:
    """What a plan says of an environment's code."""
    if not changed:
        return ["Code: every query, processor and contract is the one that production's dates were built by."]
    return ["Code that differs from production's:", *(f"  {of.line}" for of in changed)]
