"""What the service says under load and beside other runs, at a local server behind a proxy that says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from python_processors.engines.bigquery.errors import BigQueryError
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from tests.bigquery.proxy import Fault, FaultyProxy, api_error, fail_after_accepting, faulty_proxy, starts_job, times
from tests.bigquery.raw import local_server, settings_of
from tests.emulator import server
from tests.warehouse import Warehouse, environment

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

TABLE = "nba_ops.published"
SCRIPT = f"begin transaction; insert into {TABLE} (points) values (7); commit transaction;"
LOST = [
    (400, "invalidQuery", f"Transaction is aborted due to concurrent update against table local.{TABLE}. Transaction ID: 5"),
    (400, "invalidQuery", f"Could not serialize access to table local:{TABLE} due to concurrent update"),
]  # fmt: skip
FINAL = {
    "memory": (
        (400, "resourcesExceeded", "Resources exceeded during query execution: The query could not be executed in the allotted memory."),
        "needs more memory than the service gives it", "Build fewer dates at a time (`--chunk-dates`, or a shorter window of dbt)",
    ),
    "text": (
        (400, "invalidQuery", "The query is too large. The maximum standard SQL query length is 1024.00K characters, including comments"),
        "the query's text is too long", "Build fewer dates at a time",
    ),
    "location": (
        (404, "notFound", f"Not found: Table local:{TABLE} was not found in location EU"),
        "the dataset nba_ops is in us-west2, and was looked for in EU", "Set FULLCOURT_BIGQUERY_LOCATION=us-west2.",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def emulator() -> Iterator[server.Emulator]:
    with local_server() as started, environment(**settings_of(started)):
        yield started


@contextmanager
def behind(emulator: server.Emulator, fault: Fault) -> Iterator[FaultyProxy]:
    with faulty_proxy(emulator.port) as proxy, environment(FULLCOURT_BIGQUERY_ENDPOINT=proxy.endpoint):
        proxy.fault = fault
        yield proxy


@contextmanager
def session() -> Iterator[BigQuerySession]:
    warehouse = warehouse_of_target()
    assert isinstance(warehouse, BigQueryWarehouse)
    with warehouse.writing() as opened:
        yield opened


@pytest.fixture
def empty(emulator: server.Emulator) -> None:
    with session() as opened:
        if not opened.has_dataset("nba_ops"):
            opened._client.create_dataset("nba_ops")
        opened.execute(f"create or replace table {TABLE} (points int64)")


def points() -> list[int]:
    with session() as opened:
        found: list[int] = opened.read(f"select points from {opened.named(TABLE)}")["points"].to_pylist()
    return found


@pytest.mark.parametrize("said", LOST, ids=lambda said: said[2][:24])
@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_script_that_lost_to_another_transaction_is_sent_again_and_writes_once(
    empty: None, emulator: server.Emulator, said: tuple[int, str, str], is_accepted: bool
) -> None:
    """Whether it is refused at once, or accepted as a job that fails: then under another id."""
    lost = api_error(*said)
    refused = times(2, lambda request: lost if starts_job(request) else None)
    with behind(emulator, fail_after_accepting(said, jobs=2) if is_accepted else refused), session() as opened:
        opened.execute(SCRIPT)
    assert points() == [7]


@pytest.mark.parametrize("said", FINAL)
def test_what_no_repetition_helps_is_said_at_once_with_what_to_do(
    empty: None, emulator: server.Emulator, said: str
) -> None:
    answer, what, to_do = FINAL[said]
    refused = api_error(*answer)
    with (
        behind(emulator, lambda request: refused if starts_job(request) else None) as proxy,
        session() as opened,
        pytest.raises(BigQueryError) as caught,
    ):
        opened.execute(SCRIPT)
    assert proxy.faults_made == 1
    assert what in str(caught.value)
    assert to_do in str(caught.value)
    assert points() == []


@pytest.mark.parametrize(("said", "survives"), [(LOST[0], True), (FINAL["memory"][0], False)], ids=["lost", "memory"])
def test_dbts_own_statements_are_sent_again_only_where_they_lost(
    emulator: server.Emulator, tmp_path: Path, said: tuple[int, str, str], survives: bool
) -> None:
    """The ledgers, which any dbt command makes at its start."""
    answer = api_error(*said)
    fault = times(2, lambda request: answer if starts_job(request) and b"create table" in request.body else None)
    with behind(emulator, fault) as proxy, environment(FULLCOURT_DATASET_PREFIX="lost_" if survives else "memory_"):
        outcome = Warehouse(tmp_path / "unused.duckdb", tmp_path).dbt("seed", "--select", "completeness_exceptions")
    assert outcome.success == survives, outcome
    assert proxy.faults_made == (2 if survives else 1)
    if not survives:
        assert FINAL["memory"][2] in (outcome.error or str(outcome.failures))
