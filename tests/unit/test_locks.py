"""One run at a time: the second is told who holds the warehouse, and a lock dies with its holder."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import queue
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from python_processors.orchestration.run import locks
from python_processors.orchestration.run.locks import (
    LEASE_SECONDS,
    LeaseLostError,
    RunLockedError,
    lock_file,
    run_at_work,
    run_lock,
)
from python_processors.orchestration.run.progress import Progress, RunStatus, read_status
from python_processors.orchestration.warehouse import DuckDBWarehouse, WarehouseLockedError

PROCESSES = multiprocessing.get_context("spawn")
RUN = "20211019T000000-abcdef"


def _hold(path: Path, ready: Connection, seconds: float) -> None:
    warehouse = DuckDBWarehouse(path)
    with run_lock(warehouse, RUN, "2021-10-19 to 2021-11-19"):
        Progress(warehouse, RunStatus(RUN, "2021-10-19 to 2021-11-19", steps_planned=9)).begin(
            ["a_table"], [date(2021, 10, 19)]
        )
        ready.send(True)
        time.sleep(seconds)


def _hold_database(path: Path, ready: Connection, seconds: float) -> None:
    with duckdb.connect(str(path)):
        ready.send(True)
        time.sleep(seconds)


@contextmanager
def other_process(
    holds: Callable[[Path, Connection, float], None], path: Path, seconds: float = 60
) -> Iterator[BaseProcess]:
    """A process that holds what it is asked to hold, from now on and for so long."""
    here, there = PROCESSES.Pipe()
    process = PROCESSES.Process(target=holds, args=(path, there, seconds))
    process.start()
    try:
        assert here.poll(30)
        yield process
    finally:
        process.kill()
        process.join()


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    return DuckDBWarehouse(tmp_path / "fullcourt.duckdb")


def test_the_second_run_is_refused_and_told_of_the_first(warehouse: DuckDBWarehouse) -> None:
    with other_process(_hold, warehouse.path) as first:
        with pytest.raises(RunLockedError) as refused, run_lock(warehouse, "second", "2022"):
            pass
        assert refused.value.holder["run_id"] == RUN
        for named in (RUN, "2021-10-19 to 2021-11-19", f"process {first.pid} ", "--wait", "status --follow"):
            assert named in str(refused.value)


def test_a_run_that_waits_begins_when_the_first_has_ended(warehouse: DuckDBWarehouse) -> None:
    with other_process(_hold, warehouse.path, seconds=0.5), run_lock(warehouse, "second", "2022", wait=True):
        assert run_at_work(warehouse) == json.loads(lock_file(warehouse).read_text())
        assert json.loads(lock_file(warehouse).read_text())["run_id"] == "second"
    assert run_at_work(warehouse) is None


def test_the_lock_of_a_killed_run_is_not_in_the_way(warehouse: DuckDBWarehouse) -> None:
    """Its name is still in the file, and nobody takes it for a holder."""
    with other_process(_hold, warehouse.path) as first:
        assert read_status(warehouse).state == "running"  # type: ignore[union-attr]
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        first.join()
        assert RUN in lock_file(warehouse).read_text()
        assert run_at_work(warehouse) is None
        assert read_status(warehouse).state == "killed"  # type: ignore[union-attr]
        with run_lock(warehouse, "second", "2022"):
            assert json.loads(lock_file(warehouse).read_text())["run_id"] == "second"
            # Another run is at work by now, which has said nothing yet.
            assert read_status(warehouse).state == "killed"  # type: ignore[union-attr]


def test_a_run_whose_number_another_process_has_by_now_is_killed_all_the_same(warehouse: DuckDBWarehouse) -> None:
    Progress(warehouse, RunStatus(RUN, "2021", pid=os.getpid()))
    assert read_status(warehouse).state == "killed"  # type: ignore[union-attr]


def test_a_run_is_reported_while_nobody_may_open_the_database(warehouse: DuckDBWarehouse) -> None:
    with other_process(_hold, warehouse.path), other_process(_hold_database, warehouse.path):
        with pytest.raises(WarehouseLockedError), warehouse.reading():
            pass
        status = read_status(warehouse)
        assert status is not None
        assert (status.run_id, status.state, status.steps_planned) == (RUN, "running", 9)


def test_a_run_waits_for_whoever_looks_at_the_database_for_a_moment(warehouse: DuckDBWarehouse) -> None:
    patient = DuckDBWarehouse(warehouse.path, patience_seconds=30)
    with other_process(_hold_database, warehouse.path, seconds=1), patient.writing() as session:
        assert session.read("select 1 as one")["one"].to_pylist() == [1]


def test_a_file_that_a_kill_left_empty_is_an_empty_warehouse(warehouse: DuckDBWarehouse) -> None:
    warehouse.path.touch()
    with warehouse.reading() as session:
        assert session.columns("nba_ops.input_ledger") == []
    with warehouse.writing() as session:
        session.execute("create table a (b int)")
    with warehouse.reading() as session:
        assert session.columns("main.a") == [("b", "INTEGER", True)]


class LateCommits:
    """The lease table of a server where what an insert wrote is seen only once it returns."""

    def __init__(self) -> None:
        self.leases: list[tuple[int, str]] = []
        self.clock = itertools.count()
        self.before_commit: Callable[[], None] = lambda: None
        self.renewed_at: queue.SimpleQueue[float] = queue.SimpleQueue()

    @contextmanager
    def writing(self) -> Iterator[LateCommits]:
        yield self

    def named(self, relation: str) -> str:
        return relation

    def execute(self, sql: str) -> None:
        (run,) = re.findall(r"'(run-\d)'", sql)
        if sql.startswith("insert"):
            taken_at, pause = next(self.clock), self.before_commit
            self.before_commit = lambda: None
            pause()
            self.leases.append((taken_at, run))
        elif sql.startswith("delete"):
            self.leases = [lease for lease in self.leases if lease[1] != run]
        else:
            self.renewed_at.put(time.time())

    def read(self, sql: str) -> pa.Table:
        own = re.findall(r"run_id <> '(run-\d)'", sql)
        runs = [run for _, run in sorted(self.leases) if run not in own]
        return pa.table({"run_id": runs, "holder": [json.dumps({"run_id": run}) for run in runs]})


def test_of_two_leases_taken_at_once_one_is_held_whichever_is_committed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    monkeypatch.setattr(locks, "create_tables", lambda *_: None)
    monkeypatch.setattr(locks.time, "sleep", lambda _: None)
    with ExitStack() as held:
        server.before_commit = lambda: held.enter_context(locks._lease(server, {"run_id": "run-2"}, wait=False))
        with pytest.raises(RunLockedError, match="run-2"), locks._lease(server, {"run_id": "run-1"}, wait=False):
            pass
    with locks._lease(server, {"run_id": "run-3"}, wait=False):
        assert [run for _, run in server.leases] == ["run-3"]


def test_a_run_whose_lease_ran_out_while_its_machine_slept_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    monkeypatch.setattr(locks, "create_tables", lambda *_: None)
    now = time.time()
    monkeypatch.setattr(locks.time, "time", lambda: now)
    with locks._lease(server, {"run_id": "run-1"}, wait=False) as check:
        now += LEASE_SECONDS - 1
        check()
        now += 2
        with pytest.raises(LeaseLostError, match=r"run-1.*another run may be at work"):
            check()


def test_a_lease_that_is_renewed_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    monkeypatch.setattr(locks, "create_tables", lambda *_: None)
    monkeypatch.setattr(locks, "_RENEW_SECONDS", 0.001)
    now = time.time()
    monkeypatch.setattr(locks.time, "time", lambda: now)
    with locks._lease(server, {"run_id": "run-1"}, wait=False) as check:
        for _ in range(3):
            now += LEASE_SECONDS - 1
            # The first may have begun before the clock was moved, and the third begins once the second is noted.
            for _ in range(3):
                while server.renewed_at.get(timeout=10) < now:
                    pass
            check()
