"""What the report, and a run at its start, ask of BigQuery is valid GoogleSQL over the tables' contracts."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.engines.bigquery.warehouse import BigQueryWarehouse
from python_processors.orchestration.run import own_row
from python_processors.orchestration.run.history import history_ids
from python_processors.orchestration.state.ledger import tried_dates
from python_processors.raw_contract import raw_tables
from python_processors.report import facts
from python_processors.report.monitors import count_columns
from python_processors.schema.tables import stored_tables
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT

START, END = date(2021, 10, 19), date(2021, 11, 19)


class Analysing:
    """A session that has each query analysed and answers with no rows, or with zeros where there is always a row."""

    comparable = BigQuerySession.comparable

    def __init__(self, catalog: googlesql.Catalog) -> None:
        self.catalog = catalog
        self.queries = 0

    def named(self, relation: str) -> str:
        return f"`{PROJECT}.{relation}`"

    def columns(self, relation: str) -> list[tuple[str, str, bool]]:
        raw = raw_tables().get(relation.partition(".")[2])
        columns = raw.columns if raw else stored_tables()[relation].columns
        return [(column.name, column.type, True) for column in columns]

    def read(self, sql: str) -> pa.Table:
        self.queries += 1
        names = self.catalog.analyse(sql)
        is_total = sql.startswith("select count(*)") and "group by" not in sql
        return pa.table({name: [0] if is_total else pa.array([], pa.int64()) for name in names})


@pytest.fixture(scope="module")
def session() -> Analysing:
    return Analysing(googlesql.warehouse_catalog(PROJECT))


def test_history_ledgers_and_decisions_can_be_asked(session: Analysing) -> None:
    assert facts._steps(session) == []  # type: ignore[arg-type]
    assert facts._decided(session) == []  # type: ignore[arg-type]
    assert facts._run_of(session) == {}  # type: ignore[arg-type]
    assert facts._first_confirmed(session) == {}  # type: ignore[arg-type]
    assert facts._decisions(session, START, END) == {}  # type: ignore[arg-type]
    assert facts._failing(session, START, END) == []  # type: ignore[arg-type]
    assert session.queries >= 7


def test_what_a_run_asks_of_runs_before_it_can_be_asked(session: Analysing) -> None:
    before = session.queries
    own_row.close_killed(session)  # type: ignore[arg-type]
    own_row._record_unrecorded(session, {"range_start": START, "range_end": END, "ended_at": None})  # type: ignore[arg-type]
    assert own_row._known_of(session, "a run")["partitions_built"] == 0  # type: ignore[arg-type]
    assert history_ids(session) == set()  # type: ignore[arg-type]
    with pytest.raises(IndexError):  # an analysed query has no rows, and this one always has one
        tried_dates(session)  # type: ignore[arg-type]
    assert session.queries >= before + 8


@pytest.mark.parametrize("table", hashed_tables())
def test_every_column_can_be_monitored(session: Analysing, table: str) -> None:
    contract = load_contract(table)
    checks = count_columns(session, contract, START, END, {})  # type: ignore[arg-type]
    assert [check.column for check in checks] == list(contract.hash_fields)


def test_the_schedule_says_whether_games_are_invented(session: Analysing) -> None:
    raw = raw_tables()["nbac_schedule"]

    class Warehouse:
        def relation(self, name: str) -> str:
            return f"{raw.source}.{name}"

    assert facts._is_simulated(Warehouse(), BigQueryWarehouse("emulator"), session) is None  # type: ignore[arg-type]  # no rows yet
