"""A command from its locks to its last step: adopting, taking back, and what was done so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime

from python_processors.orchestration.adoption.moves import Moves
from python_processors.orchestration.adoption.plan import (
    AdoptionPlan,
    NotAdoptedError,
    all_tables,
    chosen_tables,
    make_plan,
)
from python_processors.orchestration.environments import built_relations, within
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.run.runner import new_run_id
from python_processors.orchestration.warehouse import Session, Warehouse, placed
from python_processors.schema.adopted import (
    ADOPTED,
    BEGUN,
    PRODUCTION_UNIT,
    UNDONE,
    Step,
    history,
    kept_dataset,
    kept_name,
    newest,
)
from python_processors.schema.kept import free_stamp
from python_processors.schema.tables import output_datasets

Confirm = Callable[[AdoptionPlan], None]
_OURS = "ours_{}"


def look(warehouse: Warehouse) -> list[Step]:
    """Every step so far, oldest first."""
    with within(""), warehouse.beside_a_run() as session:
        return history(session)


def adopt(
    project: Project, warehouse: Warehouse, environment: str, tables: Sequence[str] | None = None, *,
    carry: Sequence[str] = (), confirm: Confirm, is_look: bool = False,
) -> AdoptionPlan:  # fmt: skip
    """Put an environment's tables at production's names, and keep what was there. The plan that was carried out.

    :param project: as it is parsed in the environment.
    :param confirm: is asked once all is known and nothing is done, and raises what keeps it from being done.
    :param is_look: only make the plan.
    :raises NotAdoptedError: the environment is not verified, or production is not to be touched as it is.
    :raises RunLockedError: a run is at work in production, or in the environment.
    """
    chosen = chosen_tables(tables)
    with ExitStack() as stack:
        if not is_look:
            stack.enter_context(_locked(warehouse, ["", environment], f"tables of `{environment}` are adopted"))
        with within(environment):
            built = _verified(project, warehouse, environment)
            others = [of for of in built_relations(project) if of not in all_tables()]
        with within(""):
            plan = make_plan(warehouse, environment, built, chosen, carry)
            _check_rights(warehouse, plan, others)
            confirm(plan)
            if not is_look:
                carry_out(warehouse, plan, others)
    return plan


def undo(
    warehouse: Warehouse, tables: Sequence[str] | None = None, *, confirm: Callable[[list[Step]], None]
) -> list[Step]:
    """Put back what stood at production's names before, and keep what is there now. What was taken back.

    Production's ledgers go first: they are of all tables.

    :raises NotAdoptedError: none of the tables was adopted.
    """
    chosen = chosen_tables(tables)
    with _locked(warehouse, [""], "adopted tables are taken back"), within(""):
        with warehouse.writing() as session:
            steps = newest(session)
            Moves(session, warehouse.keeper(session)).end(steps.values())
        units = [steps[of] for of in (PRODUCTION_UNIT, *chosen) if of in steps and steps[of].is_in_place]
        if not any(step.unit != PRODUCTION_UNIT for step in units):
            raise NotAdoptedError("None of these tables is adopted.", "`fullcourt adopt` says what is.")
        _check_kept(warehouse, units)
        confirm(units)
        with warehouse.writing() as session, session.transaction():
            moves, taken = Moves(session, warehouse.keeper(session)), _taken(warehouse, session)
            done = []
            for step in units:
                stamp = free_stamp(_today(), step.tables, taken, _OURS)
                done.append(moves.take_back(step, stamp))
    return done


def carry_out(warehouse: Warehouse, plan: AdoptionPlan, others: Sequence[str]) -> None:
    environment = plan.environment
    with warehouse.writing() as session, session.transaction():
        moves, taken = Moves(session, warehouse.keeper(session)), _taken(warehouse, session)
        moves.end(newest(session).values())
        for begun in plan.resumed:
            moves.put_in_place(begun, is_dressed_as_before=True)
        for table in plan.tables:
            kept: tuple[str, ...] = (table.relation,) if table.is_there else ()
            stamp = free_stamp(_today(), [table.relation], taken)
            begun = moves.note(
                Step(table.relation, BEGUN, environment, stamp, (table.relation,), kept, table.carried, table.counts)
            )
            moves.put_in_place(begun, is_dressed_as_before=True)
        if plan.ends:
            step = newest(session).get(PRODUCTION_UNIT)
            if step is None or step.step == UNDONE:
                live = session.live_columns(others)
                with within(environment):
                    built = session.live_columns(others)
                put = tuple(of for of in others if built[of])
                there = tuple(of for of in put if live[of])
                stamp = free_stamp(_today(), put, taken)
                step = moves.note(Step(PRODUCTION_UNIT, BEGUN, environment, stamp, put, there))
            for dataset in sorted({of.partition(".")[0] for of in others}):
                if not session.has_dataset(dataset):
                    session.execute(f"create schema if not exists {session.named(dataset)}")
            moves.put_in_place(step, is_dressed_as_before=False)


def _verified(project: Project, warehouse: Warehouse, environment: str) -> tuple[date, date]:
    """First and last date that the environment has built, all of which are verified now.

    :raises NotAdoptedError: nothing is built, or not all of it is as it is to be.
    """
    with warehouse.reading() as session:
        ledger = "nba_ops.input_ledger"
        found = []
        if session.columns(ledger):
            names = ", ".join(f"'{of.partition('.')[2]}'" for of in all_tables())
            found = session.read(
                f"select min(game_date) as first, max(game_date) as last from {session.named(ledger)}"
                f" where game_date >= '0001-01-01' and table_name in ({names})"
            ).to_pylist()
    if not found or found[0]["first"] is None:
        raise NotAdoptedError(
            f"Nothing is built in the environment `{environment}`.",
            f"Build it: `fullcourt backfill --env {environment} --season 2021-22`.",
        )
    first, last = found[0]["first"], found[0]["last"]
    verification = verify_range(project, warehouse, first, last)
    if not verification.passed:
        notes = "".join(f" {note}" for note in verification.notes)
        raise NotAdoptedError(
            f"`{environment}` is not verified from {first} to {last}: {verification.first_problem}.{notes}",
            f"`fullcourt verify --env {environment} --start {first} --end {last}` says all; repair it, and run the same"
            " again.",
        )
    return first, last


def _check_kept(warehouse: Warehouse, units: Sequence[Step]) -> None:
    """:raises NotAdoptedError: a table that is to be put back is not kept any more."""
    with warehouse.reading() as session:
        keeper = warehouse.keeper(session)
        kept = [kept_name(of, step.stamp) for step in units if step.step == ADOPTED for of in step.there_before]
        if gone := [of for of in kept if keeper.options(session.named(of)) is None]:
            raise NotAdoptedError(
                f"{', '.join(gone)} cannot be put back: it is not there any more.",
                "Restore it, or leave its table out of --tables.",
            )


def _check_rights(warehouse: Warehouse, plan: AdoptionPlan, others: Sequence[str]) -> None:
    """:raises NotAdoptedError: the account lacks a right, which is asked before anything is done."""
    with warehouse.reading() as session:
        replaced = {
            session.named(table.relation): session.named(table.relation, plan.environment)
            for table in plan.tables if table.is_there
        }  # fmt: skip
        keeper = warehouse.keeper(session)
        lacking = keeper.check_rights([kept_dataset(), *(placed(of) for of in output_datasets())], replaced)
        if lacking:
            raise NotAdoptedError(f"This account lacks rights: {'; '.join(lacking)}.", "Grant them (docs/adopt.md).")
        for named in (*replaced, *(session.named(of) for of in others if plan.ends)):
            keeper.options(named)  # refuses what no copy keeps


def _taken(warehouse: Warehouse, session: Session) -> list[str]:
    return warehouse.keeper(session).names(kept_dataset())


@contextmanager
def _locked(warehouse: Warehouse, environments: Sequence[str], what: str) -> Iterator[None]:
    """Hold production, and the environment: no run begins in either meanwhile."""
    run_id = new_run_id()
    with ExitStack() as stack:
        for environment in environments[:1] if warehouse.locks_all else environments:
            with within(environment):
                stack.enter_context(run_lock(warehouse, run_id, what))
        yield


def _today() -> date:
    return datetime.now(UTC).date()
