"""Optional raw inputs that are nowhere, and what becomes of rows without them: as in the macro is_absent_input."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from python_processors.orchestration.project import Project
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import RawTable, optional_inputs, raw_tables


@dataclass(frozen=True)
class AbsentInput:
    """A raw table, or a column of one as `table.column`, that is not there or has nothing on any date."""

    name: str
    without: str

    def __str__(self) -> str:
        return f"{self.name}: {self.without}"

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def absent_inputs(project: Project, session: Session) -> list[AbsentInput]:
    """In the order of the raw contract; of a table that is absent none of its columns. One query."""
    asked = [table for table in raw_tables().values() if table.without is not None or _optional(table)]
    queries = [sql for table in asked for sql in _questions(project, session, table)]
    rows = session.read(" union all ".join(queries)).to_pylist() if queries else []
    there = {row["name"] for row in rows if row["is_there"]}
    absent = []
    for table in asked:
        if table.name in there:
            absent += [f"{table.name}.{column}" for column in _optional(table) if f"{table.name}.{column}" not in there]
        elif table.without is not None:
            absent.append(table.name)
    return [AbsentInput(name, optional_inputs()[name]) for name in absent]


def _optional(table: RawTable) -> list[str]:
    return [column.name for column in table.columns if column.optional]


def _questions(project: Project, session: Session, table: RawTable) -> list[str]:
    """Whether there are rows, and values of each optional column, on any date; none where there is no such table."""
    relation = project.relation(table.name)
    live = {column for column, _, _ in session.columns(relation)}
    if not live:
        return []
    where = f" where {table.partition_by} >= date '0001-01-01'" if table.partition_by else ""
    counts = {table.name: "count(*)"} | {
        f"{table.name}.{column}": f"count({column})" for column in _optional(table) if column in live
    }
    return [
        f"select '{name}' as name, {count} > 0 as is_there from {session.named(relation)} as raw_rows{where}"
        for name, count in counts.items()
    ]


def lines_of(absent: list[AbsentInput]) -> list[str]:
    """What a person reads; nothing where all is there."""
    return ["", "Optional inputs that are absent:", *(f"  {one}" for one in absent)] if absent else []
