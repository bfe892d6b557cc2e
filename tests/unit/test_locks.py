"""One run at a time: the second is told who holds the warehouse, and a lock dies with its holder."""

from __future__ import annotations

import fcntl
import itertools
import json
import multiprocessing
import os
import queue
import re
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from python_processors.engines.base import WaitEndedError
from python_processors.engines.bigquery import lease as leases
from python_processors.engines.bigquery.lease import LEASE_SECONDS
from python_processors.orchestration.locks import (
    LeaseLostError,
    RunLockedError,
    check_unlocked,
    run_at_work,
    run_lock,
)
from python_processors.orchestration.run.progress import Progress, RunStatus, noting_waits, read_status
from python_processors.orchestration.run.waiting import Waiting
from python_processors.orchestration.warehouse import DuckDBWarehouse, WarehouseLockedError, WarehouseUnreadableError

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
    there.close()
    try:
        assert here.poll(30)
        assert here.recv()
        yield process
    finally:
        process.kill()
        process.join()


def lock_file(warehouse: DuckDBWarehouse) -> Path:
    """Where older versions and scripts look for the lock."""
    return warehouse.path.with_name("fullcourt.duckdb.lock")


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


def a_symlink(warehouse: DuckDBWarehouse, folder: Path) -> DuckDBWarehouse:
    (folder / "symlink.duckdb").symlink_to(warehouse.path)
    return DuckDBWarehouse(folder / "symlink.duckdb")


def through_a_linked_folder(warehouse: DuckDBWarehouse, folder: Path) -> DuckDBWarehouse:
    (folder / "linked").symlink_to(warehouse.path.parent)
    return DuckDBWarehouse(folder / "linked" / warehouse.path.name)


def a_hard_link(warehouse: DuckDBWarehouse, folder: Path) -> DuckDBWarehouse:
    (folder / "hard_link.duckdb").hardlink_to(warehouse.path)
    return DuckDBWarehouse(folder / "hard_link.duckdb")


def without_its_lock_file(warehouse: DuckDBWarehouse, folder: Path) -> DuckDBWarehouse:
    lock_file(warehouse).unlink()
    return warehouse


def a_hard_link_without_the_lock_file(warehouse: DuckDBWarehouse, folder: Path) -> DuckDBWarehouse:
    return a_hard_link(without_its_lock_file(warehouse, folder), folder)


OTHER_NAMES = [
    a_symlink, through_a_linked_folder, a_hard_link, without_its_lock_file, a_hard_link_without_the_lock_file
]  # fmt: skip


@pytest.mark.parametrize("named", OTHER_NAMES)
def test_a_second_run_is_refused_whatever_name_it_knows_the_database_by(
    warehouse: DuckDBWarehouse, tmp_path_factory: pytest.TempPathFactory, named: Callable[..., DuckDBWarehouse]
) -> None:
    with other_process(_hold, warehouse.path) as first:
        other = named(warehouse, tmp_path_factory.mktemp("elsewhere"))
        for refused in (lambda: run_lock(other, "second", "2022").__enter__(), lambda: check_unlocked(other)):
            with pytest.raises(RunLockedError, match=f"{RUN}.*process {first.pid} "):
                refused()
        assert (run_at_work(other) or {})["run_id"] == RUN
        status = read_status(other)
        assert status is not None
        assert (status.run_id, status.state, status.pid) == (RUN, "running", first.pid)
        with other.writing():  # a look takes nothing from DuckDB, whose file nobody has open now
            assert (run_at_work(other) or {})["run_id"] == RUN
    assert run_at_work(other) is None
    with run_lock(other, "second", "2022"):
        assert (run_at_work(warehouse) or {})["run_id"] == "second"


def test_whoever_else_locks_the_database_is_known_by_its_process(warehouse: DuckDBWarehouse) -> None:
    """A script that has no words for it: `flock fullcourt.duckdb sleep 60`."""
    with warehouse.writing():
        pass
    with warehouse.path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RunLockedError, match=f"process {os.getpid()} "), run_lock(warehouse, RUN, "2021"):
            pass


def test_a_run_that_waits_by_another_name_begins_when_the_first_has_ended(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    with other_process(_hold, warehouse.path, seconds=1):
        other = a_hard_link_without_the_lock_file(warehouse, tmp_path)
        with run_lock(other, "second", "2022", wait=True):
            assert (run_at_work(warehouse) or {})["run_id"] == "second"


def test_of_two_first_runs_one_makes_the_database_and_the_other_is_refused(
    warehouse: DuckDBWarehouse, tmp_path: Path
) -> None:
    (tmp_path / "dangling.duckdb").symlink_to(warehouse.path)
    other = DuckDBWarehouse(tmp_path / "dangling.duckdb")
    check_unlocked(other)
    assert not warehouse.path.exists()  # a look makes nothing
    with other_process(_hold, warehouse.path):
        assert warehouse.path.exists()
        lock_file(warehouse).unlink()
        with pytest.raises(RunLockedError, match=RUN), run_lock(other, "second", "2022"):
            pass


def test_older_versions_and_scripts_are_kept_out_by_the_lock_file(warehouse: DuckDBWarehouse) -> None:
    with run_lock(warehouse, RUN, "2021"), lock_file(warehouse).open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with lock_file(warehouse).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(RunLockedError), run_lock(warehouse, RUN, "2021"):
            pass


@pytest.mark.parametrize("named", [a_symlink, a_hard_link, without_its_lock_file])
def test_a_look_at_the_lock_leaves_this_process_its_connection(
    warehouse: DuckDBWarehouse, tmp_path: Path, named: Callable[..., DuckDBWarehouse]
) -> None:
    """Closing any file of the database's would drop DuckDB's locks on it: another process could write at the same time."""
    with other_process(_hold, warehouse.path):
        other = named(warehouse, tmp_path)
        with other.writing():
            assert run_at_work(other) is not None
            with pytest.raises(RunLockedError), run_lock(other, "second", "2022"):
                pass
            with pytest.raises(EOFError), other_process(_hold_database, warehouse.path):  # it could not open it
                pass


def test_a_name_that_is_no_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.duckdb")
    (tmp_path / "folder.duckdb").mkdir()
    for path in (Path(os.devnull), tmp_path / "pipe.duckdb", tmp_path / "folder.duckdb"):
        for opened in (DuckDBWarehouse(path).reading, DuckDBWarehouse(path).writing):
            with pytest.raises(WarehouseUnreadableError, match="no regular file"), opened():
                pass
        assert path.exists()


def _read_database(path: Path, ready: Connection, seconds: float) -> None:
    with duckdb.connect(str(path), read_only=True):
        ready.send(True)
        time.sleep(seconds)


@pytest.mark.parametrize("holds", [_hold_database, _read_database])
def test_a_run_waits_for_whoever_has_the_database_open_and_says_who(
    warehouse: DuckDBWarehouse, holds: Callable[[Path, Connection, float], None]
) -> None:
    with warehouse.writing():
        pass
    words: list[str] = []
    patient = warehouse.patient(Waiting(words.append, note=noting_waits(warehouse, RUN, "2021")))
    with other_process(holds, warehouse.path, seconds=1.5) as onlooker, run_lock(warehouse, RUN, "2021"):
        with ThreadPoolExecutor() as looking:
            status = looking.submit(lambda: [time.sleep(0.7), read_status(warehouse)][1])
            with patient.writing() as session:
                assert session.read("select 1 as one")["one"].to_pylist() == [1]
        assert [f"process {onlooker.pid} holds" in said for said in words] == [True]
        told = status.result()
        assert told is not None
        assert (told.run_id, told.state) == (RUN, "running")
        assert f"process {onlooker.pid} holds" in told.now
    assert read_status(warehouse) is None  # as it was


def test_who_holds_the_database_is_said_again_every_30_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    words, notes, clock = list[str](), list[str](), iter([100.0, 101.0, 129.0, 131.0, 150.0, 151.0])
    monkeypatch.setattr("python_processors.orchestration.run.waiting.time.monotonic", lambda: next(clock))
    waiting = Waiting(words.append, note=notes.append)
    for _ in range(5):
        waiting.waits("process 7")
    assert [re.findall(r"(\d+) s so far", said) for said in words] == [["0"], ["31"]]
    waiting.waits("process 8")
    assert "process 8" in words[-1]
    waiting.goes_on()
    waiting.goes_on()
    assert [bool(note) for note in notes] == [True, True, True, False]


def test_a_wait_ends_when_the_run_is_asked_to_stop(warehouse: DuckDBWarehouse) -> None:
    def stopped() -> None:
        raise WaitEndedError

    patient = warehouse.patient(Waiting(lambda words: None, check=stopped))
    with other_process(_hold_database, warehouse.path), pytest.raises(WaitEndedError), patient.reading():
        pass


def test_what_opens_the_database_by_itself_is_asked_once_it_is_free_and_again_when_somebody_was_faster(
    warehouse: DuckDBWarehouse,
) -> None:
    said = ["IO Error: Could not set lock on file: Conflicting lock is held in duckdb (PID 7)", "done"]
    words: list[str] = []
    patient = warehouse.patient(Waiting(words.append))
    with warehouse.writing():
        pass
    with other_process(_hold_database, warehouse.path, seconds=0.7) as onlooker:
        assert patient.when_free(lambda: said.pop(0)) == "done"
    assert said == []
    assert [f"process {onlooker.pid} " in words[0], "process 7 " in words[-1]] == [True, True]


def test_who_only_looks_is_told_at_once_who_holds_the_database(warehouse: DuckDBWarehouse) -> None:
    with other_process(_hold_database, warehouse.path) as onlooker:
        for opened in (warehouse.reading, warehouse.writing):
            with pytest.raises(WarehouseLockedError, match=f"process {onlooker.pid},"), opened():
                pass


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

    def columns(self, relation: str) -> list[str]:
        return [relation]

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


def lease(server: LateCommits, holder: dict[str, str]) -> AbstractContextManager[Callable[[], None]]:
    return leases.lease(server.writing, holder, wait=False, create=lambda session: None)  # type: ignore[arg-type]


def test_of_two_leases_taken_at_once_one_is_held_whichever_is_committed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    monkeypatch.setattr(leases.time, "sleep", lambda _: None)
    with ExitStack() as held:
        server.before_commit = lambda: held.enter_context(lease(server, {"run_id": "run-2"}))
        with pytest.raises(RunLockedError, match="run-2"), lease(server, {"run_id": "run-1"}):
            pass
    with lease(server, {"run_id": "run-3"}):
        assert [run for _, run in server.leases] == ["run-3"]


def test_a_look_at_the_lease_sends_one_query_and_refuses_or_waits_while_a_run_holds_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, waited = LateCommits(), list[float]()
    look = partial(leases.until_free, server.writing)  # type: ignore[arg-type]
    look(wait=False)
    with ExitStack() as held:
        held.enter_context(lease(server, {"run_id": "run-1"}))
        with pytest.raises(RunLockedError, match="run-1"):
            look(wait=False)
        assert [run for _, run in server.leases] == ["run-1"]
        monkeypatch.setattr(leases.time, "sleep", lambda seconds: (waited.append(seconds), held.close()))
        look(wait=True)
    assert waited == [leases._RENEW_SECONDS]


def test_a_run_whose_lease_ran_out_while_its_machine_slept_goes_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    now = time.time()
    monkeypatch.setattr(leases.time, "time", lambda: now)
    with lease(server, {"run_id": "run-1"}) as check:
        now += LEASE_SECONDS - 1
        check()
        now += 2
        with pytest.raises(LeaseLostError, match=r"run-1.*another run may be at work"):
            check()


def test_a_lease_that_is_renewed_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    server = LateCommits()
    monkeypatch.setattr(leases, "_RENEW_SECONDS", 0.001)
    now = time.time()
    monkeypatch.setattr(leases.time, "time", lambda: now)
    with lease(server, {"run_id": "run-1"}) as check:
        for _ in range(3):
            now += LEASE_SECONDS - 1
            # The first may have begun before the clock was moved, and the third begins once the second is noted.
            for _ in range(3):
                while server.renewed_at.get(timeout=10) < now:
                    pass
            check()
