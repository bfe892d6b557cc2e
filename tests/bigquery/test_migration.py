"""A table is built beside its old one at a local BigQuery server: description, labels and access are the old one's, and a
kill after each step loses nothing and lets the same command end it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from python_processors.contract import load_contract
from python_processors.engines.bigquery.keeping import BigQueryKeeper
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.orchestration import made_anew
from python_processors.orchestration.made_anew import OldTable
from python_processors.orchestration.migration import Migration, carry_out, drop_verified, plan_migration
from python_processors.orchestration.state.ledger import DECISIONS, LEDGER, LedgerRow, LedgerWriter
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from python_processors.schema.drift import find_drift, new_relation
from python_processors.schema.tables import create_statement, create_tables, every_row, stored_tables
from tests.bigquery.raw import local_server, settings_of
from tests.emulator import server
from tests.stored_rows import DAYS, former_type, nominal_rows
from tests.warehouse import environment

CONTRACT = load_contract("team_offense_game_summary")
TABLE = CONTRACT.relation
BINDING = {"role": "roles/bigquery.dataViewer", "members": ["user:reader@example.com"]}


class Killed(KeyboardInterrupt):
    """A kill after a step."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[server.Emulator]:
    with local_server() as started:
        yield started


@pytest.fixture
def session(emulator: server.Emulator) -> Iterator[BigQuerySession]:
    with environment(**settings_of(emulator)):
        warehouse = warehouse_of_target()
        assert isinstance(warehouse, BigQueryWarehouse)
        with warehouse.writing() as opened:
            yield opened


def made_ready(session: BigQuerySession, *, is_unclustered: bool = False) -> None:
    """A table of the former types with a policy of its own, and a text that is no JSON on one date."""
    for name in session.datasets():
        session.drop_dataset(name)
    session.execute(f"create schema {session.named('nba_analytics')}")
    create_tables(session, DECISIONS, LEDGER)
    columns = tuple(
        replace(column, type=former_type(of.type))
        for column, of in zip(stored_tables()[TABLE].columns, CONTRACT.columns, strict=True)
    )
    former = replace(stored_tables()[TABLE], columns=columns, cluster_by=() if is_unclustered else CONTRACT.cluster_by)
    session.execute(create_statement(session, former))
    session.append(TABLE, nominal_rows(CONTRACT))
    session.execute(f"update {session.named(TABLE)} set quality_metadata = '{{' where game_date = '{DAYS[0]}'")
    session.execute(
        f"alter table {session.named(TABLE)} set options(description = 'Of everybody.', labels = [('owner', 'ann')])"
    )
    policy = session._client.get_iam_policy(f"local.{TABLE}")
    policy.bindings = [BINDING]
    session._client.set_iam_policy(f"local.{TABLE}", policy)


def rows_of(session: BigQuerySession, relation: str) -> list[dict[str, Any]]:
    where = every_row(stored_tables()[TABLE])
    return session.read(f"select * from {session.named(relation)} where {where} order by game_date").to_pylist()


def looks(session: BigQuerySession, relation: str) -> tuple[Any, ...]:
    table = session._table(f"local.{relation}")
    assert table.require_partition_filter
    access = [
        (of["role"], sorted(of["members"])) for of in session._client.get_iam_policy(f"local.{relation}").bindings
    ]
    return table.description, table.labels, access, table.time_partitioning.field


def migrated(session: BigQuerySession) -> tuple[Migration, list[OldTable]]:
    keeper = BigQueryKeeper(session)
    plan = plan_migration(session, keeper, [TABLE])
    carry_out(session, keeper, plan, "run")
    return plan, drop_verified(session, keeper)


def killed_after(number: int, patch: pytest.MonkeyPatch) -> None:
    steps = itertools.count(1)

    def ends(step: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            result = step(*arguments, **options)
            if next(steps) == number:
                raise Killed
            return result

        return run

    for name in ("copy", "dress", "drop"):
        patch.setattr(BigQueryKeeper, name, ends(getattr(BigQueryKeeper, name)))
    for name in ("execute", "append"):
        patch.setattr(BigQuerySession, name, ends(getattr(BigQuerySession, name)))


@pytest.mark.slow
@pytest.mark.nightly
def test_a_table_is_built_beside_its_old_one_whatever_step_is_the_last_before_a_kill(session: BigQuerySession) -> None:
    made_ready(session)
    before, look = rows_of(session, TABLE), looks(session, TABLE)
    for number in itertools.count(1):
        # Of a table that is clustered otherwise: it is dropped before another takes its name.
        made_ready(session, is_unclustered=True)
        with pytest.MonkeyPatch.context() as patch:
            killed_after(number, patch)
            try:
                migrated(session)
                is_killed = False
            except Killed:
                is_killed = True
        kept = [name for names in made_anew.kept_tables(session, BigQueryKeeper(session)).values() for name in names]
        there = [of for of in [TABLE, *kept] if session.columns(of)]
        assert before in [rows_of(session, of) for of in there], f"after step {number}"
        assert look[0] == looks(session, there[-1])[0]
        plan, (old,) = migrated(session)
        assert not is_killed or plan.drifts or old, number
        assert find_drift(session, [TABLE]) == []
        assert [row["game_date"] for row in rows_of(session, TABLE)] == [DAYS[1]]
        assert (looks(session, TABLE), session.columns(new_relation(stored_tables()[TABLE]))) == (look, [])
        assert (old.unproven, rows_of(session, old.copies[-1])) == (DAYS[:1], before)
        if not is_killed:
            break
    assert number > 10
    # Once the date is built anew and confirmed, the old table goes.
    session.append(TABLE, nominal_rows(CONTRACT).slice(0, 1))
    LedgerWriter(session, "run", "").confirm(session, "i", [LedgerRow(CONTRACT.table, DAYS[0], "", "", "", "v")])
    _, (old,) = migrated(session)
    assert (old.is_done, made_anew.kept_tables(session, BigQueryKeeper(session))) == (True, {})


@pytest.mark.slow
@pytest.mark.nightly
def test_another_environment_keeps_its_old_tables_beside_its_own(session: BigQuerySession) -> None:
    made_ready(session)
    with environment(FULLCOURT_ENV="dev"):
        for dataset in ("nba_analytics", "nba_ops"):
            session.execute(f"create schema {session.named(dataset)}")
        create_tables(session, DECISIONS, LEDGER)
    session.clone(TABLE, "dev")
    before = rows_of(session, TABLE)
    with environment(FULLCOURT_ENV="dev"):
        _, (old,) = migrated(session)
        assert rows_of(session, old.copies[0]) == before
    assert "dev__nba_replaced" in session.datasets()
    assert "nba_replaced" not in session.datasets()
    assert rows_of(session, TABLE) == before
