"""Fingerprints of what is stored, per day: of hashed tables by their rows' hashes, of all other models by content.

One query for all relations, so that looking at a range costs one job on BigQuery.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import pyarrow as pa

from python_processors.contract import load_contract
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.macros import rendered
from python_processors.orchestration.state.memory import WHOLE
from python_processors.orchestration.warehouse import Session

_STORED = pa.schema([("table_name", pa.string()), ("day", pa.date32()), ("fingerprint", pa.string())])
_MADE = pa.schema([("relation", pa.string()), ("day", pa.date32()), ("fingerprint", pa.string())])


def stored_fingerprints(session: Session, tables: Iterable[str], start: date, end: date) -> pa.Table:
    """(table_name, day, fingerprint) of hashed tables' rows as they are stored: what the ledger says must equal it."""
    sql = query_of_stored(session, tables, start, end)
    return _STORED.empty_table() if sql is None else session.read(sql)


def query_of_stored(session: Session, tables: Iterable[str], start: date, end: date) -> str | None:
    """The query of stored_fingerprints(); None while none of the tables is there."""
    queries = [
        _stored_query(session, table, load_contract(table).relation, start, end)
        for table in tables
        if session.columns(load_contract(table).relation)
    ]
    return " union all ".join(queries) or None


def fingerprints_of(session: Session, table: str, relation: str, start: date, end: date) -> dict[date, str]:
    """The same by day, of rows of a table's form that lie in another relation."""
    if not session.columns(relation):
        return {}
    rows = session.read(_stored_query(session, table, relation, start, end))
    return dict(zip(rows["day"].to_pylist(), rows["fingerprint"].to_pylist(), strict=True))


def made_fingerprints(session: Session, project: Project, models: Iterable[str], start: date, end: date) -> pa.Table:
    """(relation, day, fingerprint) of models that are no hashed tables, over all their columns.

    Of models that are built whole every day is looked at. One without a date has a fingerprint on the day WHOLE.
    """
    sql = query_of_made(session, project, models, start, end)
    return _MADE.empty_table() if sql is None else session.read(sql)


def query_of_made(session: Session, project: Project, models: Iterable[str], start: date, end: date) -> str | None:
    """The query of made_fingerprints(); None while none of the models is there."""
    queries = []
    for model in models:
        columns = [name for name, _, _ in session.columns(project.relation(model))]
        if columns:
            queries.append(_made_query(session, project, model, columns, start, end))
    return " union all ".join(queries) or None


def _stored_query(session: Session, table: str, relation: str, start: date, end: date) -> str:
    day = load_contract(table).partition_by
    fingerprint = rendered("partition_fingerprint", "coalesce(data_hash, '')")  # a row without a hash is a row too
    return (
        f"select '{table}' as table_name, {day} as day, {fingerprint} as fingerprint"
        f" from {session.named(relation)} where {day} between date '{start}' and date '{end}' group by {day}"
    )


def _made_query(
    session: Session, project: Project, model: str, columns: Sequence[str], start: date, end: date
) -> str:  # fmt: skip
    dated = project.window_column(model) or ("game_date" if "game_date" in columns else None)
    day = dated or f"date '{WHOLE:%Y-%m-%d}'"
    high, low = session.row_hash(columns)
    sums = [f"cast({total} as string)" for total in ("count(*)", f"sum({high})", f"sum({low})")]
    where = f" where {dated} between date '{start}' and date '{end}'" if project.window_column(model) else ""
    return (
        f"select '{model}' as relation, {day} as day, concat({sums[0]}, ':', {sums[1]}, ':', {sums[2]}) as fingerprint"
        f" from {session.named(project.relation(model))} as rows_made{where} group by 2"
    )
