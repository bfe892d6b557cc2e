"""Tables are put in place and taken back at a local BigQuery server: labels, description and access are the old ones, and
a kill after each step loses nothing and lets the same command end it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from unittest.mock import Mock

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud import bigquery

from python_processors.contract import load_contract
from python_processors.engines.bigquery.errors import Place, explain
from python_processors.engines.bigquery.keeping import BigQueryKeeper
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.engines.keeping import MARK_LABEL, NotKeptError, TableOptions
from python_processors.orchestration.adoption import adopting, moves, plan
from python_processors.orchestration.warehouse import BigQueryWarehouse, warehouse_of_target
from python_processors.schema.adopted import AdoptionOpenError, check_adoption, newest
from python_processors.schema.drift import LOST_NOT_NULL, OTHER_TYPE, find_drift
from python_processors.schema.tables import create_statement, create_tables, every_row, stored_tables
from tests.bigquery import googlesql
from tests.on_platform.tables import output_tables
from tests.stored_rows import DAYS, nominal_rows
from tests.warehouse import environment

CONTRACT = load_contract("upcoming_team_game_context")
TABLE, RUNS, LEDGER = CONTRACT.relation, "nba_ops.runs", "nba_ops.publish_ledger"
BUILT = (min(DAYS), max(DAYS))
BINDING = {"role": "roles/bigquery.dataViewer", "members": ["user:reader@example.com"]}


class Killed(KeyboardInterrupt):
    """A kill after a step."""


@pytest.fixture
def session(session: BigQuerySession, monkeypatch: pytest.MonkeyPatch) -> BigQuerySession:
    """The platform's table with four copies of each row and a column of its own, a table of its own where a ledger of
    ours goes, and ours beside them."""
    for module in (plan, adopting):
        monkeypatch.setattr(module, "all_tables", lambda: [TABLE])
    for name in session.datasets():
        session.drop_dataset(name)
    rows = nominal_rows(CONTRACT)
    for dataset in ("nba_analytics", "nba_ops"):
        for place in ("", "beside"):
            session.execute(f"create schema {session.named(dataset, place)}")
    with environment(FULLCOURT_ENV="beside"):
        session.execute(create_statement(session, stored_tables()[TABLE]))
        session.append(TABLE, rows)
        create_tables(session, RUNS, LEDGER)
    columns = [f"{name} {text.replace(' REQUIRED', ' not null')}" for name, text in
               output_tables()[TABLE].columns.items()]  # fmt: skip
    session.execute(
        f"create table {session.named(TABLE)} ({', '.join([*columns, 'written_by string'])}) partition by game_date"
        " options(require_partition_filter = true, description = 'Of the platform.',"
        " labels = [('owner', 'platform'), ('cost', 'low')])"
    )
    common = [name for name in output_tables()[TABLE].columns if name in rows.column_names]
    session.execute(
        f"insert into {session.named(TABLE)} ({', '.join(common)}, written_by)"
        f" select {', '.join(common)}, 'job' from {session.named(TABLE, 'beside')},"
        f" unnest([1, 2, 3, 4]) where game_date > '1900-01-01'"
    )
    session.execute(f"create table {session.named(RUNS)} (mine string)")
    session.execute(f"insert into {session.named(RUNS)} (mine) values ('kept')")
    client, named = session._client, session.named(TABLE).replace("`", "")
    policy = client.get_iam_policy(named)
    policy.bindings = [BINDING]
    client.set_iam_policy(named, policy)
    return session


def looks(session: BigQuerySession, relation: str = TABLE) -> tuple[Any, ...]:
    """What readers see of a table, and how many rows it has."""
    table = session._table(session.named(relation))
    policy = session._client.get_iam_policy(session.named(relation).replace("`", ""))
    where = every_row(stored_tables()[TABLE])
    count = session.read(f"select count(*) as n from {session.named(relation)} where {where}")["n"].to_pylist()[0]
    access = [(of["role"], sorted(of["members"])) for of in policy.bindings]
    return count, len(table.schema), table.description, table.labels, access


def adopt(warehouse: BigQueryWarehouse) -> None:
    made = plan.make_plan(warehouse, "beside", BUILT, [TABLE], ["written_by"])
    adopting.carry_out(warehouse, made, [RUNS, LEDGER])


def undo(warehouse: BigQueryWarehouse) -> None:
    adopting.undo(warehouse, [TABLE], confirm=lambda steps: None)


def killed_after(number: int, patch: pytest.MonkeyPatch) -> None:
    """The process is killed once this many steps that change something are done."""
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
    patch.setattr(moves, "note", ends(moves.note))


@pytest.mark.slow
@pytest.mark.nightly
def test_a_table_is_adopted_taken_back_and_adopted_again_whatever_step_is_the_last_before_a_kill(
    session: BigQuerySession,
) -> None:
    warehouse = warehouse_of_target()
    assert isinstance(warehouse, BigQueryWarehouse)
    old, rows = looks(session), nominal_rows(CONTRACT).num_rows
    assert old[0] == 4 * rows
    (table,) = plan.make_plan(warehouse, "beside", BUILT, [TABLE], []).tables
    assert (table.rows, table.duplicates, table.without_match, table.foreign) == (
        4 * rows,
        3 * rows,
        0,
        ("written_by",),
    )
    kills = 0
    for number in itertools.count(1):
        is_killed = [
            _killed(session, command, number, old, rows, is_placed=is_placed)
            for command, is_placed in ((adopt, True), (undo, False))
        ]
        kills += sum(is_killed)
        if not any(is_killed):
            break
    adopt(warehouse)
    _check(session, old, rows, is_placed=True)
    assert kills > 20


def _killed(
    session: BigQuerySession, command: Callable[[BigQueryWarehouse], None], number: int, old: tuple[Any, ...], rows: int, *,
    is_placed: bool,
) -> bool:  # fmt: skip
    """Run a command that is killed after a step, and again; whether it was killed at all."""
    warehouse, is_killed = warehouse_of_target(), False
    assert isinstance(warehouse, BigQueryWarehouse)
    with pytest.MonkeyPatch.context() as patch:
        killed_after(number, patch)
        try:
            command(warehouse)
        except Killed:
            is_killed = True
    # Where the two are clustered otherwise the old one is dropped first, and is kept by then.
    now = looks(session) if session.columns(TABLE) else (0,)
    assert now[0] in (rows, 4 * rows, 0)
    # The old rows are under their name, or kept, and so are those of the other table that was there.
    kept = [f"nba_replaced.{name}" for name in BigQueryKeeper(session).names("nba_replaced")]
    of_table = [of for of in kept if "upcoming_team" in of and "ours" not in of and not of.endswith("next")]
    assert now[0] == 4 * rows or any(looks(session, of)[0] == 4 * rows for of in of_table)
    assert any(("mine", "STRING", True) in session.columns(of) for of in (RUNS, *(of for of in kept if "runs" in of)))
    if is_killed:
        if command is adopt and newest(session)[TABLE].step != "undone" and not _is_whole(session):
            with pytest.raises(AdoptionOpenError):
                check_adoption(session, [TABLE])
        is_undone = command is undo and not any(step.is_in_place for step in newest(session).values())
        with pytest.raises(plan.NotAdoptedError, match="None of these") if is_undone else nullcontext():
            command(warehouse)  # the same again ends it
    _check(session, old, rows, is_placed=is_placed)
    return is_killed


def _is_whole(session: BigQuerySession) -> bool:
    steps = newest(session)
    return "production" in steps and steps["production"].step == "adopted"


def _check(session: BigQuerySession, old: tuple[Any, ...], rows: int, *, is_placed: bool) -> None:
    """Either state whole, as readers see it."""
    now = looks(session)
    assert now[2:] == old[2:]
    assert MARK_LABEL not in now[3]
    if is_placed:
        assert now[0] == rows
        read = session.read(
            f"select count(*) as n, countif(written_by = 'job') as carried from {session.named(TABLE)}"
            f" where {every_row(stored_tables()[TABLE])}"
        ).to_pylist()
        assert read == [{"n": rows, "carried": rows}]
        # A clone of this server is a `create table as`: it loses modes and scales, which the service's keeps.
        assert {drift.kind for drift in find_drift(session, [TABLE, RUNS])} <= {LOST_NOT_NULL, OTHER_TYPE}
        check_adoption(session, [TABLE])
        assert session.columns(LEDGER)
    else:
        assert now == old
        assert session.columns(RUNS) == [("mine", "STRING", True)]
        assert not session.columns(LEDGER)


@pytest.mark.slow
@pytest.mark.nightly
def test_what_no_copy_would_keep_is_refused(session: BigQuerySession) -> None:
    keeper = BigQueryKeeper(session)
    session.execute(f"create view {session.named('nba_analytics.seen')} as select 1 as a")
    with pytest.raises(NotKeptError, match="is a VIEW: only tables are kept"):
        keeper.options(session.named("nba_analytics.seen"))
    assert keeper.options(session.named("nba_analytics.nothing")) is None


def test_a_table_that_somebody_writes_meanwhile_is_not_replaced() -> None:
    """The local server moves no time of change with a statement, so that the times are given here."""
    for states, is_refused in ((["1", "1"], False), (["1", "2"], True)):
        keeper = Mock(**{"state.side_effect": states})
        guarded = moves.Moves(None, keeper)._unchanged("t")  # type: ignore[arg-type]
        with pytest.raises(plan.NotAdoptedError, match="Somebody wrote to t") if is_refused else nullcontext(), guarded:
            pass


class Statements:
    """A session that keeps what is sent, and refuses dry runs of what it is told to."""

    project = "p"
    _request_seconds = 1.0

    def __init__(self, denied: str = "", lacking: tuple[str, ...] = ()) -> None:
        self.sent: list[str] = []
        self._denied, self._lacking, self._client = denied, lacking, self
        self.tables: dict[str, bigquery.Table] = {}

    def execute(self, sql: str) -> None:
        self.sent.append(sql)

    def datasets(self) -> list[str]:
        return ["nba_analytics"]

    def bytes_read_by(self, sql: str) -> int:
        if self._denied and self._denied in sql:
            raise explain(Forbidden("Access Denied: Permission bigquery.tables.create denied"), Place("p", "o", "us"))
        return 0

    def test_iam_permissions(self, named: str, rights: tuple[str, ...], **_: Any) -> dict[str, Any]:
        assert "`" not in named
        return {"permissions": [right for right in rights if right not in self._lacking]}

    def _ask(self, request: Callable[[], Any]) -> Any:
        return request()

    def _found(self, request: Callable[[], Any]) -> Any:
        return request()

    def _table(self, named: str) -> Any:
        return self.tables.get(named)


OPTIONS = TableOptions('Of "us".', labels={"owner": "platform"})
OLD, NEW = "`p.nba_analytics.t`", "`p.beside__nba_analytics.t`"


def test_a_copy_is_one_statement_of_googlesql_that_has_labels_and_mark() -> None:
    session = Statements()
    BigQueryKeeper(session).copy(NEW, OLD, OPTIONS, "20261130")  # type: ignore[arg-type]
    (sql,) = session.sent
    assert sql == (
        f'create or replace table {OLD} copy {NEW} options(description = "Of \\"us\\".",'
        ' labels = [("owner", "platform"), ("fullcourt_step", "20261130")])'
    )
    # The reference implementation reads it, and looks for the table; another order it does not read.
    for statement, said in (
        (sql, "Table not found: `p.beside__nba_analytics.t`"),
        (f"{sql} copy {NEW}", "Syntax error"),
    ):
        with pytest.raises(Exception, match=said):
            googlesql.warehouse_catalog("p").analyse(statement)


def test_a_table_that_is_clustered_otherwise_is_dropped_before_another_takes_its_name() -> None:
    session = Statements()
    session.tables = {name: bigquery.Table("p.d.t") for name in (OLD, NEW)}
    keeper = BigQueryKeeper(session)  # type: ignore[arg-type]
    keeper.copy(NEW, OLD, TableOptions())
    session.tables[OLD].clustering_fields = ["game_id"]
    keeper.copy(NEW, OLD, TableOptions())
    assert session.sent == [
        f"create or replace table {OLD} copy {NEW}",
        f"drop table if exists {OLD}", f"create or replace table {OLD} copy {NEW}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("denied", "lacking", "said"),
    [
        ("", (), []),
        ("create schema", (), ["`create schema `p.nba_replaced``: roles/bigquery.user on the project"]),
        ("fullcourt_probe", (), ["roles/bigquery.dataOwner on p.nba_analytics"]),
        (f"create or replace table {OLD}", (), [f"roles/bigquery.dataOwner on the dataset of {OLD}"]),
        ("", ("bigquery.tables.setIamPolicy",), [f"bigquery.tables.setIamPolicy on {OLD}: roles/bigquery.dataOwner"]),
    ],
)  # fmt: skip
def test_rights_are_asked_by_dry_runs(denied: str, lacking: tuple[str, ...], said: list[str]) -> None:
    session = Statements(denied, lacking)
    found = BigQueryKeeper(session).check_rights(["nba_replaced", "nba_analytics"], {OLD: NEW})  # type: ignore[arg-type]
    assert len(found) == len(said), found
    assert all(words in of for words, of in zip(said, found, strict=True)), found
    assert session.sent == []
