"""Null and constant monitors: every hashed column over the range, with what the check hashed_columns_vary says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from python_processors.contract import Column, Contract, load_contract
from python_processors.contract.files import PROOF
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.kept_look import Kept
from python_processors.orchestration.warehouse import Session, Warehouse

CHECK = "hashed_columns_vary"


@dataclass(frozen=True)
class ColumnCheck:
    """One hashed column over the range.

    `value` is the one that a constant column holds. `finding` is the check's; without one, `expected` says why nulls
    or a constant are none.
    """

    table: str
    column: str
    rows: int
    nulls: int
    is_constant: bool
    value: str | None
    finding: str
    expected: str

    @property
    def null_rate(self) -> float:
        return self.nulls / self.rows if self.rows else 0.0


def check_columns(
    project: Project, warehouse: Warehouse, tables: Sequence[str], start: date, end: date, *, is_kept: bool = False
) -> list[ColumnCheck]:
    """Every hash field of the tables that are there, in their order; two queries a table.

    :param is_kept: the SQL of the check is kept for the next report of the same warehouse and range (Kept): it
        needs dbt, and goes by which optional inputs the warehouse lacks.
    """
    place = Kept(project, warehouse).look((CHECK, list(tables), start, end)) if is_kept else None
    compiled = place.texts() if place else None
    if compiled is None:
        # dbt opens the warehouse to compile: before the session does.
        compiled = warehouse.when_free(lambda: test_queries(project, tables, start, end))
        if place:
            place.keep_texts(compiled)
    queries = {table: [compiled[name] for name in project.tests_of(table, PROOF)] for table in tables}
    with warehouse.reading() as session:
        return [
            check for contract in map(load_contract, tables) if _is_whole(session, contract)
            for check in count_columns(session, contract, start, end, _findings(session, queries[contract.table]))
        ]  # fmt: skip


def test_queries(project: Project, tables: Sequence[str], start: date, end: date) -> dict[str, str]:
    """The check's own SQL over the range, by the name of each table's test."""
    named = [name for table in tables for name in project.tests_of(table, PROOF)]
    days = [(start + timedelta(days=offset)).isoformat() for offset in range((end - start).days + 1)]
    return project.compiled(named, days, [CHECK])


def _findings(session: Session, queries: Sequence[str]) -> Mapping[str, str]:
    return {row["subject"]: row["finding"] for sql in queries for row in session.read(sql).to_pylist()}


def count_columns(
    session: Session, contract: Contract, start: date, end: date, findings: Mapping[str, str]
) -> list[ColumnCheck]:
    """Rows, nulls and the only value of each hash field, in one query."""
    columns = [column for column in contract.columns if column.not_hashed is None]
    sums = ["count(*) as row_count"]
    for number, column in enumerate(columns):
        value = _comparable(session, column)
        sums += [
            f"count({column.name}) as known_{number}",
            f"cast(min({value}) as string) as low_{number}",
            f"min({value}) = max({value}) as is_constant_{number}",
        ]
    row = session.read(
        f"select {', '.join(sums)} from {session.named(contract.relation)}"
        f" where {contract.partition_by} between date '{start}' and date '{end}'"
    ).to_pylist()[0]
    rows = int(row["row_count"])
    checks = []
    for number, column in enumerate(columns):
        nulls, is_constant = rows - int(row[f"known_{number}"]), bool(row[f"is_constant_{number}"])
        finding = findings.get(column.name, "")
        expected = "" if finding else expected_of(column, nulls, is_constant or (rows > 0 and nulls == rows))
        only = row[f"low_{number}"] if is_constant else None
        checks.append(ColumnCheck(contract.table, column.name, rows, nulls, is_constant, only, finding, expected))
    return checks


def expected_of(column: Column, nulls: int, is_constant: bool) -> str:
    """Why nulls, or one value only, are no finding: the contract's own words; empty where there are neither."""
    meta = column.meta
    if meta.get("null_by_contract"):
        return "null by contract: no source fills it"
    why = meta.get("constant")
    if is_constant and why:
        return f"one value by contract{'' if why is True else f': {why}'}"
    if is_constant and meta.get("constant_in_window"):
        return "one value is all right in a range shorter than most of a season"
    if nulls and "max_null_rate" in meta:
        allowed = 100 * float(meta["max_null_rate"])
        return "may be null by contract" if allowed == 100 else f"up to {allowed:g} % null by contract"
    return "too few rows or dates of the regular season to tell" if is_constant else ""


def _is_whole(session: Session, contract: Contract) -> bool:
    """A table that was never built has nothing to count, and one that has drifted cannot be asked."""
    return set(contract.hash_fields) <= {name for name, _, _ in session.columns(contract.relation)}


def _comparable(session: Session, column: Column) -> str:
    """As in the macro comparable()."""
    return session.comparable(column.name, is_array=column.type.element is not None)
