"""A table is built beside its old one at a local BigQuery server: description, labels and access are the old one's, and a
kill after each step loses nothing and lets the same command end it. So is one that only lies otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Callable
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
from python_processors.orchestration.state.stored import stored_fingerprints
from python_processors.schema import drift as drift_module
from python_processors.schema.drift import PUBLISH_LEDGER, DriftError, check_drift, find_drift, new_relation
from python_processors.schema.tables import create_statement, create_tables, every_row, stored_tables
from tests.stored_rows import DAYS, former_type, nominal_rows
from tests.warehouse import environment

CONTRACT = load_contract("team_offense_game_summary")
TABLE = CONTRACT.relation
BINDING = {"role": "roles/bigquery.dataViewer", "members": ["user:reader@example.com"]}


class Killed(KeyboardInterrupt):
    """A kill after a step."""


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
    (output,) = stored_fingerprints(session, [CONTRACT.table], *DAYS[:1] * 2)["fingerprint"].to_pylist()
    LedgerWriter(session, "run", "").confirm(session, "i", [LedgerRow(CONTRACT.table, DAYS[0], "", "", output, "v")])
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("partition_by", "cluster_by", "change", "column"),
    [
        # It is read only with a condition on the column that it is partitioned by, and a column was carried over.
        ("created_at", (), "other partitions and clusters", "scout_note"),
        pytest.param(CONTRACT.partition_by, ("pace", "game_id"), "other clusters", "", marks=pytest.mark.nightly),
    ],
)
def test_a_table_that_lies_otherwise_is_built_beside_with_the_same_rows(
    session: BigQuerySession, monkeypatch: pytest.MonkeyPatch, partition_by: str, cluster_by: tuple[str, ...], change: str,
    column: str,
) -> None:  # fmt: skip
    for name in session.datasets():
        session.drop_dataset(name)
    session.execute(f"create schema {session.named('nba_analytics')}")
    create_tables(session, DECISIONS, LEDGER, PUBLISH_LEDGER)
    session.execute(f"insert into {session.named(PUBLISH_LEDGER)} (table_name, game_date) values ('t', '{DAYS[0]}')")
    table = stored_tables()[TABLE]
    session.execute(create_statement(session, replace(table, partition_by=partition_by, cluster_by=cluster_by)))
    session.append(TABLE, nominal_rows(CONTRACT))
    where = f"{every_row(table)} and created_at > '1900-01-01'"
    if column:
        session.execute(f"alter table {session.named(TABLE)} add column {column} string")
        session.execute(f"update {session.named(TABLE)} set {column} = 'fine' where {where}")
        monkeypatch.setattr(drift_module, "carried_columns", lambda *of: (column,))
    sql = f"select * except (quality_metadata) from {session.named(TABLE)} where {where} order by game_date"
    before = session.read(sql).to_pylist()
    with pytest.raises(DriftError) as refused:
        check_drift(session)
    (drift,) = refused.value.drifts
    assert (drift.change, drift.way) == (change, "beside")
    assert f"{CONTRACT.cluster_by[0]}, " in drift.problem
    assert "`fullcourt migrate` builds a table beside it and swaps the two, with the same rows." in str(refused.value)

    plan, (old,) = migrated(session)
    (of_table,) = plan.conversions
    assert (of_table.is_beside, of_table.dropped, of_table.rehashed, plan.needs_yes) == (True, (), (), False)
    assert "is partitioned by game_date (day) and clustered by" in of_table.lines[0]
    assert old.is_done
    assert (find_drift(session), made_anew.kept_tables(session, BigQueryKeeper(session))) == ([], {})
    live = session._table(f"local.{TABLE}")
    assert (live.time_partitioning.field, tuple(live.clustering_fields)) == (table.partition_by, table.cluster_by[:4])
    assert session.read(sql).to_pylist() == before


@pytest.mark.slow
def test_partitions_that_no_column_of_the_contract_makes_are_left_to_a_person(session: BigQuerySession) -> None:
    for name in session.datasets():
        session.drop_dataset(name)
    session.execute(f"create schema {session.named('nba_analytics')}")
    columns = ", ".join(
        f"{of.name} {of.type}{' not null' if of.required else ''}" for of in stored_tables()[TABLE].columns
    )
    session.execute(f"create table {session.named(TABLE)} ({columns}) partition by _PARTITIONDATE")
    (drift,) = find_drift(session, [TABLE])
    assert (drift.change, drift.way, drift.repair) == ("other partitions and clusters", "", None)
    assert "partitioned by time of ingestion (day)" in drift.problem
    assert "let `fullcourt adopt` put that in its place" in drift.to_do
