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
    """In the order of the raw contract; of a table that is absent none of its columns."""
    names = [name for table in raw_tables().values() for name in _absent_of(project, session, table)]
    return [AbsentInput(name, optional_inputs()[name]) for name in names]


def _absent_of(project: Project, session: Session, table: RawTable) -> list[str]:
    relation = project.relation(table.name)
    there = {column for column, _, _ in session.columns(relation)}
    optional = [column.name for column in table.columns if column.optional]
    if not there:
        return [table.name] if table.without is not None else []
    if not optional and table.without is None:
        return []
    asked = [column for column in optional if column in there]
    counts = ", ".join(["count(*) as rows_there", *(f"count({column}) as {column}" for column in asked)])
    where = f" where {table.partition_by} >= date '0001-01-01'" if table.partition_by else ""
    row = session.read(f"select {counts} from {session.named(relation)} as raw_rows{where}").to_pylist()[0]
    if not row["rows_there"]:
        return [table.name] if table.without is not None else []
    return [f"{table.name}.{column}" for column in optional if not row.get(column)]


def lines_of(absent: list[AbsentInput]) -> list[str]:
    """What a person reads; nothing where all is there."""
    return ["", "Optional inputs that are absent:", *(f"  {one}" for one in absent)] if absent else []
