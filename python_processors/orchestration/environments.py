"""Environments: a second place for all that is built, over the same raw tables.

What an environment builds lies in datasets with its name before them (`dev__nba_analytics`), its ledgers among them, so
that a run there builds what its code makes due and nothing else. Raw and reference tables are production's, and only
read. Production is the environment without a name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from python_processors.engines.base import (
    ENVIRONMENT_MARK,
    ENVIRONMENT_NAME,
    PRODUCTION,
    SHARED_TABLES,
    ProductionNamedError,
    checked_name,
    dataset_prefix,
    environment_name,
    placed,
)
from python_processors.engines.bigquery.errors import BigQueryError
from python_processors.engines.bigquery.lease import RUN_LOCKS
from python_processors.errors import RefusedError, meant
from python_processors.orchestration.locks import check_unlocked, run_lock
from python_processors.orchestration.project import Project
from python_processors.orchestration.run.refused import EVER, RUNS
from python_processors.orchestration.run.runner import new_run_id
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.adopted import KEPT, open_adoption
from python_processors.schema.tables import create_tables, output_datasets, stored_tables

ENVIRONMENT = "nba_ops.environment"
_OPS = ENVIRONMENT.partition(".")[0]
_TOLD = "nba_ops.alert_ledger"  # what channels were told of an environment goes to no other


class NoEnvironmentError(RefusedError):
    """There is none of this name, or it was never finished."""

    def __init__(self, name: str, there: list[str]) -> None:
        known = f"There are {', '.join(there)}." if there else "There are none."
        super().__init__(
            f"There is no environment `{name}`, or it was never finished.{meant(name, there)} {known}"
            f" `fullcourt env create {name}` makes it. Nothing was changed."
        )


class EnvironmentThereError(RefusedError):
    """It was made before."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The environment `{name}` is there already. Work in it with `--env {name}`, or `fullcourt env drop {name}`"
            " it first. Nothing was changed."
        )


class DatasetRightError(RefusedError):
    """The account may not make or drop datasets, which an environment's are."""

    def __init__(self, said: str, cause: str) -> None:
        super().__init__(f"{said} (docs/environments.md). Nothing was changed. BigQuery said: {cause}")


@dataclass(frozen=True)
class Environment:
    """`made_at` is None of one that was never finished; `made_from` is None of one that began empty."""

    name: str
    made_from: str | None = None
    made_at: datetime | None = None

    @property
    def is_whole(self) -> bool:
        return self.made_at is not None

    def to_dict(self) -> dict[str, Any]:
        return {
            "environment": self.name,
            "made_from": self.made_from,
            "made_at": self.made_at,
            "is_whole": self.is_whole,
        }


def checked(name: str) -> str:
    """A name as somebody gave it.

    :raises RefusedError: it is production's, or no name of an environment.
    """
    if name in PRODUCTION:
        raise ProductionNamedError(name)
    return checked_name("The environment's name", name, ENVIRONMENT_NAME)


@contextmanager
def within(name: str) -> Iterator[None]:
    """Let what this process names be in an environment; empty is production."""
    before = os.environ.get("FULLCOURT_ENV")
    os.environ["FULLCOURT_ENV"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["FULLCOURT_ENV"]
        else:
            os.environ["FULLCOURT_ENV"] = before


def environments(session: Session) -> list[Environment]:
    """All that are there, by name."""
    of_one = re.compile(f"{re.escape(dataset_prefix())}({ENVIRONMENT_NAME}){ENVIRONMENT_MARK}{_OPS}")
    names = [found[1] for found in map(of_one.fullmatch, session.datasets()) if found]
    return [_looked_at(session, name) for name in names if name not in PRODUCTION]


def check_environment(warehouse: Warehouse) -> None:
    """:raises NoEnvironmentError: what this process works in is no environment, or not whole."""
    if name := environment_name():
        with warehouse.beside_a_run() as session:
            _check_whole(session, name)


def create_environment(
    project: Project, warehouse: Warehouse, name: str, *, is_empty: bool = False, wait: bool = False
) -> int:
    """Copy the tables of the environment that this process works in, ledgers and all, to a new one. How many it were.

    A kill leaves nothing of it on DuckDB; on BigQuery one that is not whole, which nothing runs in and the same command
    makes anew.

    :param is_empty: nothing is copied: the first run there builds all that it is asked for.
    :raises RefusedError: it is there already.
    """
    source = environment_name()
    lock = run_lock(warehouse, new_run_id(), f"environment {checked(name)} is made", wait=wait)
    with lock, warehouse.writing() as session:
        there = {of.name: of for of in environments(session)}
        if name in there and there[name].is_whole:
            raise EnvironmentThereError(name)
        copied = [] if is_empty else [of for of in built_relations(project) if session.columns(of)]
        made = {dataset: f"create schema {session.named(dataset, name)}" for dataset in output_datasets()}
        lacking = (
            f"The environment `{name}` lies in datasets of its own, and this account may not make any: grant it"
            f" `roles/bigquery.user` on the project"
        )
        left = session.datasets()  # of one that was killed: they are dropped first
        _check_rights(session, [sql for of, sql in made.items() if placed(of, name) not in left], lacking)
        with session.transaction():
            _drop_datasets(session, name)
            for statement in made.values():
                session.execute(statement)
            for relation in copied:
                session.clone(relation, name)
            if RUNS in copied:  # what production was refused is open there alone
                session.execute(f"delete from {session.named(RUNS, name)} where {EVER} and state = 'refused'")
            with within(name):
                create_tables(session, ENVIRONMENT)
                session.append(ENVIRONMENT, pa.table({
                    "environment_name": [name],
                    "made_from": pa.array([None if is_empty else source or PRODUCTION[1]], pa.string()),
                    "made_at": pa.array([datetime.now(UTC)], pa.timestamp("us", "UTC")),
                }))  # fmt: skip
    return len(copied)


def drop_environment(warehouse: Warehouse, name: str) -> None:
    """Drop an environment, whole or not, and all that was built in it.

    :raises RefusedError: there is none of this name; production is none.
    :raises RunLockedError: a run is at work in it.
    """
    checked(name)
    with within(name):
        with warehouse.reading() as session:
            if name not in (there := [of.name for of in environments(session)]):
                raise NoEnvironmentError(name, there)
        check_unlocked(warehouse)
    with within(""), warehouse.reading() as session:
        if open_adoption(session) == name:
            raise RefusedError(
                f"Production is being adopted from `{name}`: end that by `fullcourt adopt {name}`, or take it back by"
                " `fullcourt adopt --undo`. Nothing was changed."
            )
    with warehouse.writing() as session, session.transaction():
        _drop_datasets(session, name)


def _looked_at(session: Session, name: str) -> Environment:
    with within(name):
        if not session.columns(ENVIRONMENT):
            return Environment(name)
        made = session.read(
            f"select made_from, made_at from {session.named(ENVIRONMENT)} where made_at > timestamp '1900-01-01'"
        ).to_pylist()
    return Environment(name, **made[0]) if made else Environment(name)


def _check_whole(session: Session, name: str) -> None:
    there = environments(session)
    if not any(of.name == name and of.is_whole for of in there):
        raise NoEnvironmentError(name, [of.name for of in there if of.is_whole])


def built_relations(project: Project) -> list[str]:
    """What runs and dbt write, but for views, which dbt makes anew, and for what is of one environment alone."""
    of_one = {*SHARED_TABLES, RUN_LOCKS, ENVIRONMENT, _TOLD}
    return [of for of in dict.fromkeys([*project.kept_relations(), *stored_tables()]) if of not in of_one]


def _drop_datasets(session: Session, name: str) -> None:
    """What says that it is whole goes first, its ledgers last: while they are there, `env list` names it.

    :raises DatasetRightError: the account may not drop one of them; none is dropped.
    """
    there = session.datasets()
    dropped = [of for of in sorted([*output_datasets(), KEPT], key=lambda of: of == _OPS) if placed(of, name) in there]
    lacking = (
        f"This account may not drop the datasets of the environment `{name}`: who made it may, and who holds"
        f" `roles/bigquery.dataOwner` on them"
    )
    # As drop_dataset() has it: without `cascade` a dataset that holds something is refused, whoever asks.
    _check_rights(session, [f"drop schema {session.named(dataset, name)} cascade" for dataset in dropped], lacking)
    if _OPS in dropped:
        session.execute(f"drop table if exists {session.named(ENVIRONMENT, name)}")
    for dataset in dropped:
        session.drop_dataset(placed(dataset, name))


def _check_rights(session: Session, statements: list[str], lacking: str) -> None:
    """Try statements by dry runs, before the first of them is sent. On DuckDB who may write may do all.

    :raises DatasetRightError: a right is missing; `lacking` says which, and what to do.
    """
    try:
        for statement in statements:
            session.bytes_read_by(statement)
    except BigQueryError as error:
        if "permission" not in error.what:
            raise
        raise DatasetRightError(lacking, error.cause) from error
