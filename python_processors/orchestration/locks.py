"""One run at a time on a warehouse. A lock dies with its holder, whatever way that one ends.

How it is held is the engine's: on DuckDB by the operating system, on BigQuery by a lease in a table.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from python_processors.engines.base import RunLockedError
from python_processors.engines.bigquery.lease import RUN_LOCKS, LeaseLostError
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.tables import create_tables

__all__ = ["LeaseLostError", "RunLockedError", "check_unlocked", "run_at_work", "run_lock"]


@contextmanager
def run_lock(warehouse: Warehouse, run_id: str, what: str, *, wait: bool = False) -> Iterator[Callable[[], None]]:
    """Hold the warehouse for a run. Gives what the run is to call before each step, which raises LeaseLostError.

    :param wait: wait for the other run to end instead of refusing.
    :raises RunLockedError: another run holds it; names that run.
    """
    holder = _words(warehouse, run_id, what)
    with warehouse.run_lock(holder, wait=wait, is_look=False, create=_create) as check:
        yield check


def check_unlocked(warehouse: Warehouse, *, wait: bool = False) -> None:
    """Return once no run holds the warehouse.

    :param wait: wait for a run to end instead of refusing.
    :raises RunLockedError: a run holds it.
    """
    holder = _words(warehouse, "a plan", "is about to start")
    with warehouse.run_lock(holder, wait=wait, is_look=True, create=_create):
        pass


def run_at_work(warehouse: Warehouse) -> dict[str, Any] | None:
    """Who holds the lock; None when nobody does, whatever a file says. Of a holder about to write its name: {}."""
    return warehouse.holder()


def _words(warehouse: Warehouse, run_id: str, what: str) -> dict[str, Any]:
    return {
        "run_id": run_id, "what": what, "pid": os.getpid(), "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "told_in": str(warehouse.side_file("")),  # whoever knows the database by another name finds the status there
    }  # fmt: skip


def _create(session: Session) -> None:
    create_tables(session, RUN_LOCKS)
