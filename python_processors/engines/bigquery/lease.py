"""One run at a time on BigQuery: a row with a lease in nba_ops.run_locks, which its holder renews.

A lease that ran out is a dead run's.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from python_processors.engines.base import RunLockedError, Session
from python_processors.errors import FullcourtError

LEASE_SECONDS = 120
RUN_LOCKS = "nba_ops.run_locks"
_RENEW_SECONDS = 30
_ATTEMPTS = 3  # at the lease, before a run is refused
_LEASE_END = f"timestamp_add(current_timestamp(), interval {LEASE_SECONDS} second)"
_RECENT = "taken_at > timestamp_sub(current_timestamp(), interval 30 day)"  # its partitions; no run lasts so long

Opened = Callable[[], AbstractContextManager[Session]]


@contextmanager
def lease(
    opened: Opened, holder: Mapping[str, Any], *, wait: bool, create: Callable[[Session], None]
) -> Iterator[Callable[[], None]]:
    """Insert a lease, then look for another one, and step back from any.

    Of two that insert at once at least one sees the other, whichever insert was committed first. Both may step
    back: each looks again some times, at moments of its own.
    """
    run_id = holder["run_id"]
    own = _Lease(run_id)
    with opened() as session:
        create(session)
        table = session.named(RUN_LOCKS)
        for attempt in itertools.count(1):
            own.taken()
            session.execute(
                f"insert into {table} (run_id, holder, taken_at, expires_at) values ('{run_id}',"
                f" {json.dumps(json.dumps(holder))}, current_timestamp(), {_LEASE_END})"
            )
            others = session.read(_others(table, run_id)).to_pylist()
            if not others:
                break
            session.execute(f"delete from {table} where {_RECENT} and run_id = '{run_id}'")
            if attempt >= _ATTEMPTS and not wait:
                raise RunLockedError(_read(others[0]["holder"]))
            time.sleep(random.uniform(0.5, 2) if attempt < _ATTEMPTS else _RENEW_SECONDS)
        ended = threading.Event()
        renewal = threading.Thread(target=_renew, args=(opened, table, own, ended), daemon=True)
        renewal.start()
        try:
            yield own.check
        finally:
            ended.set()
            session.execute(f"delete from {table} where {_RECENT} and run_id = '{run_id}'")


def holder_of(session: Session) -> dict[str, Any] | None:
    """The run whose lease has not run out, by one query; None where there is none, or no table of leases yet."""
    if not session.columns(RUN_LOCKS):
        return None
    holders = session.read(_others(session.named(RUN_LOCKS), "")).to_pylist()
    return _read(holders[0]["holder"]) if holders else None


def until_free(opened: Opened, *, wait: bool) -> None:
    """Return once no lease runs.

    :param wait: wait for a run to end instead of refusing.
    :raises RunLockedError: a run holds one.
    """
    while True:
        with opened() as session:
            holder = holder_of(session)
        if holder is None:
            return
        if not wait:
            raise RunLockedError(holder)
        time.sleep(_RENEW_SECONDS)


def _others(table: str, run_id: str) -> str:
    return (
        f"select holder from {table} where {_RECENT} and expires_at > current_timestamp()"
        f" and run_id <> '{run_id}' order by taken_at, run_id limit 1"
    )


class LeaseLostError(FullcourtError):
    """A run's lease ran out before it was renewed: the machine slept, or BigQuery could not be reached."""

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"Run {run_id} could not renew its lease for {LEASE_SECONDS} seconds, so that another run may be at work"
            " by now, and it stops. What it published is kept. The same command goes on where it ended."
        )


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


def _renew(opened: Opened, table: str, lease: _Lease, ended: threading.Event) -> None:
    of_run = f"{_RECENT} and run_id = '{lease.run_id}'"
    while not ended.wait(_RENEW_SECONDS) and not lease.is_lost:
        asked_at = time.time()
        try:
            with opened() as session:
                session.execute(f"update {table} set expires_at = {_LEASE_END} where {of_run}")
            lease.taken(asked_at)
        except Exception as error:  # a renewal that fails is tried again while the lease lasts, whatever it was
            print(f"The lease of run {lease.run_id} was not renewed, and is tried again: {error}", file=sys.stderr)


def _read(text: str) -> dict[str, Any]:
    try:
        words = json.loads(text)
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}
