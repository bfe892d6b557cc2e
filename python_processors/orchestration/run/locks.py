"""One run at a time on a warehouse. A lock dies with its holder, whatever way that one ends.

On DuckDB the lock is the operating system's, on a file beside the database: it is gone with the process.
On BigQuery it is a row with a lease in nba_ops.run_locks, which the holder renews; a lease that ran out is
a dead run's.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from python_processors.errors import FullcourtError, RefusedError
from python_processors.orchestration.schema.tables import create_tables
from python_processors.orchestration.warehouse import BigQueryWarehouse, DuckDBWarehouse, Warehouse

LEASE_SECONDS = 120
_RENEW_SECONDS = 30
_ATTEMPTS = 3  # at the lease, before a run is refused
RUN_LOCKS = "nba_ops.run_locks"
_LEASE_END = f"timestamp_add(current_timestamp(), interval {LEASE_SECONDS} second)"
_RECENT = "taken_at > timestamp_sub(current_timestamp(), interval 30 day)"  # its partitions; no run lasts so long
_LOOK_SECONDS = 0.1


class RunLockedError(RefusedError):
    """Another run holds the warehouse."""

    def __init__(self, holder: dict[str, Any]) -> None:
        self.holder = holder
        super().__init__(
            f"Run {holder.get('run_id', '?')} ({holder.get('what', 'a run')}) is at work since"
            f" {holder.get('since', '?')}, process {holder.get('pid', '?')} on {holder.get('host', '?')}."
            " Wait for it (`--wait`), watch it (`fullcourt status --follow`), or stop it. Nothing was started."
        )


class LeaseLostError(FullcourtError):
    """A run's lease ran out before it was renewed: the machine slept, or BigQuery could not be reached."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"Run {run_id} could not renew its lease for {LEASE_SECONDS} seconds, so that another run may be at work"
            " by now, and it stops. What it published is kept. The same command goes on where it ended."
        )


@contextmanager
def run_lock(warehouse: Warehouse, run_id: str, what: str, *, wait: bool = False) -> Iterator[Callable[[], None]]:
    """Hold the warehouse for a run. Gives what the run is to call before each step, which raises LeaseLostError.

    :param wait: wait for the other run to end instead of refusing.
    :raises RunLockedError: another run holds it; names that run.
    """
    holder = {
        "run_id": run_id, "what": what, "pid": os.getpid(), "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }  # fmt: skip
    if isinstance(warehouse, DuckDBWarehouse):
        with _file_lock(lock_file(warehouse), holder, wait=wait):
            yield lambda: None  # the operating system takes no lock back
    else:
        assert isinstance(warehouse, BigQueryWarehouse)
        with _lease(warehouse, holder, wait=wait) as check:
            yield check


def check_unlocked(warehouse: Warehouse, *, wait: bool = False) -> None:
    """Return once no run holds the warehouse.

    :param wait: wait for a run to end instead of refusing.
    :raises RunLockedError: a run holds it.
    """
    with run_lock(warehouse, "a plan", "is about to start", wait=wait):
        pass


def run_at_work(warehouse: DuckDBWarehouse) -> dict[str, Any] | None:
    """Who holds the lock; None when nobody does, whatever the file says. Of a holder about to write its name: {}."""
    try:
        with lock_file(warehouse).open(encoding="utf-8", errors="replace") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read_holder(file.read())
            return None
    except (FileNotFoundError, IsADirectoryError):  # a run would be refused by a folder, so none is at work
        return None


def lock_file(warehouse: DuckDBWarehouse) -> Path:
    return warehouse.path.with_name(warehouse.path.name + ".lock")


@contextmanager
def _file_lock(path: Path, holder: dict[str, Any], *, wait: bool) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8", errors="replace") as file:
        if wait:
            fcntl.flock(file, fcntl.LOCK_EX)
        else:
            _take(file)
        file.truncate(0)
        json.dump(holder, file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _take(file: TextIO) -> None:
    """:raises RunLockedError: another run has it, and not only somebody who looks (run_at_work)."""
    for is_last in (False, False, True):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if is_last:
                file.seek(0)
                raise RunLockedError(_read_holder(file.read())) from None
            time.sleep(_LOOK_SECONDS)


def _read_holder(text: str) -> dict[str, Any]:
    try:
        holder = json.loads(text)
    except (ValueError, RecursionError):  # it was about to write its name
        return {}
    return holder if isinstance(holder, dict) else {}


@contextmanager
def _lease(warehouse: BigQueryWarehouse, holder: dict[str, Any], *, wait: bool) -> Iterator[Callable[[], None]]:
    """Insert a lease, then look for another one, and step back from any.

    Of two that insert at once at least one sees the other, whichever insert was committed first. Both may step
    back: each looks again some times, at moments of its own.
    """
    run_id = holder["run_id"]
    lease = _Lease(run_id)
    with warehouse.writing() as session:
        create_tables(session, RUN_LOCKS)
        table = session.named(RUN_LOCKS)
        for attempt in itertools.count(1):
            lease.taken()
            session.execute(
                f"insert into {table} (run_id, holder, taken_at, expires_at) values ('{run_id}',"
                f" {json.dumps(json.dumps(holder))}, current_timestamp(), {_LEASE_END})"
            )
            others = session.read(
                f"select holder from {table} where {_RECENT} and expires_at > current_timestamp()"
                f" and run_id <> '{run_id}' order by taken_at, run_id limit 1"
            ).to_pylist()
            if not others:
                break
            session.execute(f"delete from {table} where {_RECENT} and run_id = '{run_id}'")
            if attempt >= _ATTEMPTS and not wait:
                raise RunLockedError(_read_holder(others[0]["holder"]))
            time.sleep(random.uniform(0.5, 2) if attempt < _ATTEMPTS else _RENEW_SECONDS)
        ended = threading.Event()
        renewal = threading.Thread(target=_renew, args=(warehouse, table, lease, ended), daemon=True)
        renewal.start()
        try:
            yield lease.check
        finally:
            ended.set()
            session.execute(f"delete from {table} where {_RECENT} and run_id = '{run_id}'")


class _Lease:
    """How long a run may go on: by the clock on the wall, since the others stand still while a machine sleeps."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.taken()

    def taken(self, at: float | None = None) -> None:
        self._taken_at = time.time() if at is None else at

    @property
    def is_lost(self) -> bool:
        return time.time() - self._taken_at > LEASE_SECONDS

    def check(self) -> None:
        """:raises LeaseLostError: it ran out."""
        if self.is_lost:
            raise LeaseLostError(self.run_id)


def _renew(warehouse: BigQueryWarehouse, table: str, lease: _Lease, ended: threading.Event) -> None:
    of_run = f"{_RECENT} and run_id = '{lease.run_id}'"
    while not ended.wait(_RENEW_SECONDS) and not lease.is_lost:
        asked_at = time.time()
        try:
            with warehouse.writing() as session:
                session.execute(f"update {table} set expires_at = {_LEASE_END} where {of_run}")
            lease.taken(asked_at)
        except Exception as error:  # a renewal that fails is tried again while the lease lasts, whatever it was
            print(f"The lease of run {lease.run_id} was not renewed, and is tried again: {error}", file=sys.stderr)
