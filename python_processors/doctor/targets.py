"""The tables that runs write: what a run would do to each, who holds the warehouse, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from python_processors.doctor.seen import Seen, of_unknown
from python_processors.engines.base import RunLockedError, Warehouse
from python_processors.engines.look import NOTE, OK, PROBLEM, Line, Written
from python_processors.orchestration.kept_graph import read_kept
from python_processors.orchestration.plan.costs import LEAST_BYTES, jobs_of, price, tables_named
from python_processors.orchestration.plan.planner import Plan, Step
from python_processors.orchestration.project import LAYER, Project
from python_processors.project_code import sources_of_parse
from python_processors.schema.drift import (
    LOST_NOT_NULL,
    OTHER_LAYOUT,
    OTHER_TYPE,
    PUBLISH_LEDGER,
    SURPLUS,
    Drift,
    drift_of,
    has_published,
)
from python_processors.schema.tables import output_datasets, stored_tables

_NAMED = 3


def written_datasets(seen: Seen) -> list[Written]:
    """Datasets that runs write."""
    found = []
    for dataset in output_datasets():
        of_dataset = [relation for relation in stored_tables() if relation.startswith(f"{dataset}.")]
        there = [relation for relation in of_dataset if relation in seen.tables and seen.tables[relation].columns]
        found.append(Written(dataset, there[0] if there else None))
    return found


def of_tables(seen: Seen) -> Iterator[Line]:
    """What a run would do to each: make it, keep it, or refuse to start."""
    made: list[str] = []
    kept: list[str] = []
    is_foreign: bool | None = None  # asked once, where a table differs
    yield from of_unknown("target_tables", seen, stored_tables())
    for relation, table in stored_tables().items():
        if relation in seen.unknown:
            continue
        live = seen.tables[relation]
        drifts = drift_of(seen.session, table, live)
        if drifts:
            if is_foreign is None:
                is_foreign = PUBLISH_LEDGER not in seen.unknown and not has_published(
                    seen.session, seen.tables[PUBLISH_LEDGER]
                )
            differing = sorted(drifts, key=lambda drift: drift.kind != OTHER_TYPE)  # what no rewrite keeps comes first
            words = [_words(drift, {name.lower(): kind for name, kind, _ in live.columns}) for drift in differing]
            more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
            said = f"{relation}: a run refuses to start, as it differs: {', '.join(words[:_NAMED])}{more}."
            to_do = (
                "It is not fullcourt's: build beside it, and `fullcourt adopt` puts that in its place (docs/adopt.md)."
                if is_foreign and table.is_hashed
                else "`fullcourt migrate --dry-run` says what would become of it; or move the table away."
            )
            yield Line("target_tables", PROBLEM, said, to_do, tuple(str(drift) for drift in differing))
        else:
            (kept if live.columns else made).append(relation)
    if made:
        yield Line("target_tables", OK, f"{len(made)} of {len(stored_tables())} are not there: a run makes them.", "",
                   tuple(made))  # fmt: skip
    if kept:
        said = (
            f"{len(kept)} of {len(stored_tables())} are as their contracts have them: a run keeps them, and their rows."
        )
        yield Line("target_tables", OK, said, "", tuple(kept))


def _words(drift: Drift, live: Mapping[str, str]) -> str:
    """One difference in a few words; the drift itself has the whole sentence."""
    if drift.kind == OTHER_TYPE:
        wanted = stored_tables()[drift.table].column(drift.column).type
        return f"{drift.column} is {live[drift.column]}, not {wanted}"
    if drift.kind == SURPLUS:
        return f"{drift.column} is in no contract"
    if drift.kind == LOST_NOT_NULL:
        return f"{drift.column} may be null"
    if drift.kind == OTHER_LAYOUT:
        return drift.change
    return f"{drift.column} is missing" if drift.column else drift.problem.partition(", and `")[0]


def lock(warehouse: Warehouse, seen: Seen | None) -> Iterator[Line]:
    """Whether another run is at work."""
    holder = warehouse.holder()
    if holder is None and seen is not None:
        holder = warehouse.holder_in(seen.session)
    if holder is not None:
        said = str(RunLockedError(holder)).partition(" Wait for it")[0]
        yield Line("lock", PROBLEM, said, "Wait for it (`--wait`), or watch it (`fullcourt status --follow`).")
    elif seen is None and not warehouse.loads_files:
        yield Line("lock", NOTE, "Not looked at: the leases cannot be read.")
    else:
        yield Line("lock", OK, "No run holds the warehouse.")


def cost(seen: Seen, today: date) -> Iterator[Line]:
    """What a day's run costs at least; what a plan says of it, for a day that builds all."""
    if seen.session.bytes_read_by("select 1") is None:
        yield Line("cost", OK, "Nothing is billed.")
        return
    if read_kept(sources_of_parse()) is None:
        said = "Not known before the project was parsed once."
        yield Line("cost", NOTE, said, "`fullcourt plan` says what a range reads and costs.")
        return
    project = Project(is_kept=True)
    plan = Plan(today, today, [Step(table, today, "") for table in (LAYER, *project.tables)], chunks=[[today]])
    plan.bytes_billed = LEAST_BYTES * tables_named(plan, project)
    said = (
        f"A day takes about {jobs_of(plan, project)} jobs, and bills {plan.bytes_billed / 1e9:,.1f} GB at least"
        f" (${price(plan) or 0:,.2f}); `fullcourt plan` says what a range does."
    )
    yield Line("cost", OK, said)
