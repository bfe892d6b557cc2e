"""The moments at which commands are killed: what counts as one, and when the blow falls."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest

from python_processors.engines.duckdb.session import DuckDBSession
from tests.mixed_changes import strike
from tests.mixed_changes.kills import FIRST_FILE
from tests.mixed_changes.strike import Moment, striking

FACTS = "create table facts (points bigint)"
RUN = [
    ("statement", "commit"), ("build", "stg_games"), ("statement", "insert into nba_raw.games"),
    ("statement", "commit"), ("append", "nba_ops.decisions"), ("append", "nba_ops.input_ledger"),
]  # fmt: skip


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_whatever_a_session_writes_is_a_moment(connection: duckdb.DuckDBPyConnection) -> None:
    with striking(None) as calls:
        session = DuckDBSession(connection)
        session.execute(FACTS)
        session.append("facts", pa.table({"points": [7]}))
        assert session.connection is not None
        session.connection.execute("delete from facts")
    writes = [(call, what) for call, what in calls if not what.startswith("set ")]
    assert writes[:2] == [("statement", FACTS), ("append", "facts")]
    assert writes[2][1].startswith("insert into facts")
    assert writes[3:] == [("statement", "delete from facts")]


@pytest.mark.parametrize(("when", "columns"), [("before", 1), ("after", 2)])
def test_the_blow_falls_right_before_or_after_what_is_named(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, when: str, columns: int
) -> None:
    found: list[int] = []
    monkeypatch.setattr(strike, "_strike", lambda: found.append(len(connection.execute("from facts").description)))
    with striking(Moment("statement", when, 1, what="alter table").to_dict()):
        session = DuckDBSession(connection)
        session.execute(FACTS)
        session.execute("alter table facts add column minutes bigint")
        session.execute("alter table facts add column fouls bigint")
    assert found == [columns]


@pytest.mark.parametrize(
    ("moment", "comes"),
    [
        (Moment("build", "during", 1, seconds=1.0), True),
        (Moment("build", "before", 2), False),
        (Moment("append", "before", 1, what="nba_ops.input_ledger"), True),
        (Moment("append", "before", 2, what="nba_ops.input_ledger"), False),
        (Moment("statement", "after", 1, what="alter table"), False),
        (FIRST_FILE, True),
        (Moment("statement", "after", 2, what="commit", since=FIRST_FILE.since), False),
    ],
    ids=str,
)
def test_a_moment_comes_where_a_run_makes_its_call(moment: Moment, comes: bool) -> None:
    assert moment.comes_in(RUN) is comes
