"""How long ago a run ended: only one that came to its end counts, of those that build dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import click
import duckdb
import pyarrow as pa
import pytest

from python_processors.cli.options import Hours
from python_processors.orchestration.run.age import RunAge, last_ended
from python_processors.orchestration.run.refused import RUNS
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.tables import create_tables, stored_tables


def at(hour: int) -> datetime:
    return datetime(2021, 11, 6, hour, tzinfo=UTC)


def test_only_a_run_of_dates_that_came_to_its_end_counts() -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        assert last_ended(DuckDBSession(connection)) is None
        session = DuckDBSession(connection)
        create_tables(session, RUNS)
        assert last_ended(session) is None
        ends = [("today", "partial", 1), ("backfill", "killed", 2), ("today", "failed", 3), ("prepare", "done", 4)]
        for command, state, hour in ends:
            row = {
                "run_id": f"run {hour}", "command": command, "state": state, "started_at": at(0), "ended_at": at(hour),
                "range_start": date(2021, 11, 1), "range_end": date(2021, 11, 5),
            }  # fmt: skip
            session.append(RUNS, pa.Table.from_pylist([row], schema=stored_tables()[RUNS].schema()))
        assert last_ended(session) == at(1)


def test_what_is_too_long_ago_says_since_when() -> None:
    hour = timedelta(hours=1)
    assert RunAge(datetime.now(UTC) - hour / 2, hour).lines == []
    assert "No run ended since 2021-11-06 01:00 UTC; 1 hours are allowed" in RunAge(at(1), hour).lines[1]
    assert "No run ended ever; 26 hours" in RunAge(None, 26 * hour).lines[1]


@pytest.mark.parametrize(
    ("said", "hours"), [("90m", 1.5), ("26h", 26), ("3d", 72), ("0h", None), ("26", None), ("h", None), ("-1h", None)]
)
def test_a_time_is_a_number_and_a_unit(said: str, hours: float | None) -> None:
    if hours is None:
        with pytest.raises(click.UsageError, match="is no time of the form 90m, 26h or 3d"):
            Hours().convert(said, None, None)
    else:
        assert Hours().convert(said, None, None) == timedelta(hours=hours)
