"""What is to be published to production, held against what was compared, and why it may not be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.errors import FullcourtError, RefusedError
from python_processors.orchestration.environments import ENVIRONMENT, check_environment, within
from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.promotion.code import ChangedCode, changed_code, code_lines
from python_processors.orchestration.promotion.copies import (
    Contents,
    Copy,
    DayCount,
    before,
    columns_of,
    contents,
    copies_of,
    differing_days,
    digest,
)
from python_processors.orchestration.promotion.moved import ModelChange, TableChange, moved
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.run.refused import EVER, RUNS
from python_processors.orchestration.state.fingerprints import Fingerprints, longest_season
from python_processors.orchestration.state.ledger import LEDGER
from python_processors.orchestration.state.whole import Origins, memory_of, read_origins, unchanged
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.schema.adopted import carried_columns
from python_processors.schema.drift import check_drift

COMMAND = "promote"
_NAMED_DATES = 5


class PromotionError(RefusedError):
    """An environment cannot be published as it is."""


class ComparisonError(FullcourtError):
    """One of the two sides is no longer what was compared."""

    def __init__(self, change: Change, compared: str) -> None:
        name, dates = change.environment, f"--start {change.start} --end {change.end}"
        super().__init__(
            f"Production or the environment `{name}` has changed since comparison {compared}, or that one was of other"
            f" dates than {change.start} to {change.end}. `fullcourt env promote {name} {dates} --dry-run` compares"
            " again: look at it, and publish that one. Nothing was changed."
        )


class ChangedMeanwhileError(FullcourtError):
    """Rows changed while they were copied."""

    def __init__(self, name: str, relation: str) -> None:
        super().__init__(
            f"{relation} in production is not what the environment `{name}` held when it was compared: somebody wrote"
            " to one of the two meanwhile. No date was confirmed, so the next run builds what is not up to date. See"
            f" who writes there, then `fullcourt env promote {name} --dry-run` again."
        )


@dataclass(frozen=True)
class Change:
    """All that publishing an environment's dates does to production.

    `compared` names the two sides as they are: with another name, one of them has changed. `production` says so of
    each relation of production alone, and is kept by the run, so that one that was cut off can be finished. `origins`
    say of models that are built whole, and are what building them now would make, what each is made of. `carried` are
    columns by table that production has beyond its contract, and the environment has not: they are left as they are.
    """

    environment: str
    start: date
    end: date
    compared: str
    code: tuple[ChangedCode, ...]
    tables: tuple[TableChange, ...]
    models: tuple[ModelChange, ...]
    copies: tuple[Copy, ...]
    columns: Mapping[str, Mapping[str, str]]
    own_columns: Mapping[str, Mapping[str, str]]
    carried: Mapping[str, tuple[str, ...]]
    counts: tuple[DayCount, ...]
    brought: Contents
    production: Mapping[str, str]
    origins: Origins

    @property
    def dates(self) -> list[date]:
        return sorted({day for of in self.tables for day in of.days})

    def to_dict(self) -> dict[str, Any]:
        return {
            "environment": self.environment, "start": str(self.start), "end": str(self.end),
            "compared": self.compared, "code": [of.to_dict() for of in self.code],
            "tables": [of.to_dict() for of in self.tables], "models": [of.to_dict() for of in self.models],
            "dates": [str(day) for day in self.dates],
        }  # fmt: skip

    def lines(self) -> list[str]:
        out = [f"Publish {self.environment} to production, {self.start} to {self.end}: comparison {self.compared}."]
        out += code_lines(self.code)
        out += [of.line for of in self.tables]
        out += [
            f"  {table}: {', '.join(names)} stays as it is in rows that stay, and is null in rows that are inserted."
            for table, names in self.carried.items()
        ]
        out += [of.line for of in self.models]
        if not self.tables and not self.models:
            out.append("  No row differs: dates are confirmed for the code as it is now.")
        return out


def built_dates(session: Session, name: str) -> tuple[date, date]:
    """The first and last date that runs in an environment confirmed since it was made.

    :raises PromotionError: they did not confirm any.
    """
    made = session.named(ENVIRONMENT, name)
    (row,) = session.read(
        f"select min(game_date) as first_day, max(game_date) as last_day from {session.named(LEDGER, name)}"
        f" where game_date > date '1900-01-01' and recorded_at >"
        f" (select max(made_at) from {made} where made_at > timestamp '1900-01-01')"
    ).to_pylist()
    if row["first_day"] is None:
        raise PromotionError(
            f"No run has built a date in the environment `{name}` since it was made: `fullcourt plan --env {name}` says"
            " what is due there. Nothing was changed."
        )
    return row["first_day"], row["last_day"]


def change_of(project: Project, own: Project, warehouse: Warehouse, name: str, start: date, end: date) -> Change:
    """What publishing these dates of an environment would do. Nothing is written to production.

    :param project: parsed for production; `own` for the environment.
    :raises PromotionError: the environment is not to be trusted, or does not fit to production.
    :raises DriftError: a table of production is not as its contract says.
    """
    with within(name):
        check_environment(warehouse)
        verification = verify_range(own, warehouse, start, end)
        if not verification.passed:
            raise PromotionError(
                f"The environment `{name}` does not verify from {start} to {end}: {verification.first_problem}."
                f" `fullcourt verify --env {name} --start {start} --end {end}` names all of it,"
                f" `fullcourt backfill --env {name}` builds what is due; or publish other dates. Nothing was changed."
            )
        with warehouse.reading() as session:
            origins = _current_models(own, session)
    with within(""), warehouse.reading() as session:
        check_drift(session)
        copies = copies_of(project, start, end)
        theirs, live = columns_of(session, copies, name), columns_of(session, copies, "")
        carried = _carried_beside(session, copies, theirs, live)
        ours = {of: {column: kind for column, kind in columns.items() if column not in carried.get(of, ())}
                for of, columns in live.items()}  # fmt: skip
        _check_columns(name, copies, theirs, ours)
        _check_before(project, session, name, copies, theirs)
        held = moved(session, copies, name, theirs, ours)
        now = {of.name: digest(held.brought[of.name], theirs[of.name]) for of in copies}
        production = {of.name: digest(held.there[of.name], ours[of.name]) for of in copies}
        before_it = {**production, **{of: was for of, was in _unfinished(session, name, start, end).items()
                                      if production.get(of) == now.get(of)}}  # fmt: skip
        if wrong := sorted({of for of in own.whole_models if held.differing[of]} - origins.keys()):
            raise PromotionError(
                f"{', '.join(wrong)} in `{name}` {'was' if len(wrong) == 1 else 'were'} made of other raw rows than"
                f" there are by now: `fullcourt backfill --env {name}`, up to the newest date of the raw tables, makes"
                " them anew. Nothing was changed."
            )
        code = changed_code(project, session, start, end)
    versions = [own.logic_version(table) for table in (LAYER, *own.tables, COVERAGE)]
    return Change(
        name, start, end, _named(name, start, end, versions, before_it, now), tuple(code),
        held.tables, held.models, tuple(copies), theirs, ours, carried, held.counts, held.brought, before_it, origins,
    )  # fmt: skip


def check_compared(change: Change, compared: str) -> None:
    """:raises ComparisonError: one of the two sides is not what was compared."""
    if compared != change.compared:
        raise ComparisonError(change, compared)


def check_copied(session: Session, change: Change) -> None:
    """Once rows are copied, both sides hold what the environment held when it was compared.

    :raises ChangedMeanwhileError: they do not.
    """
    for environment in ("", change.environment):
        # A whole relation may have been made anew, with the environment's columns.
        held = contents(session, change.copies, environment, change.columns)
        for of in change.copies:
            if held[of.name] != change.brought[of.name]:
                raise ChangedMeanwhileError(change.environment, of.relation)


def _named(
    name: str, start: date, end: date, versions: Sequence[str], ours: Mapping[str, str], theirs: Mapping[str, str]
) -> str:
    parts = [name, str(start), str(end), list(versions), sorted(ours.items()), sorted(theirs.items())]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _current_models(project: Project, session: Session) -> Origins:
    """Models that are built whole, and are what building them now would make: what each is made of."""
    origins = read_origins(project, session, project.whole_models)
    current = unchanged(project, session, memory_of(project, session, project.whole_models), origins)
    return {name: of for name, of in origins.items() if name in current}


def _carried_beside(
    session: Session, copies: Sequence[Copy], theirs: Mapping[str, Mapping[str, str]],
    ours: Mapping[str, Mapping[str, str]],
) -> dict[str, tuple[str, ...]]:  # fmt: skip
    """By hashed table the columns that were carried over when it was adopted, and that the environment lacks."""
    found = {}
    for of in copies:
        more = [name for name in ours[of.name] if of.key and name not in theirs[of.name]]
        carried = carried_columns(session, of.relation) if more else ()
        if names := tuple(name for name in more if name.lower() in carried):
            found[of.name] = names
    return found


def _check_columns(
    name: str, copies: Sequence[Copy], theirs: Mapping[str, Mapping[str, str]], ours: Mapping[str, Mapping[str, str]]
) -> None:  # fmt: skip
    """Of what goes by day the columns are the same; what goes whole takes its own with it.

    :raises PromotionError: they differ.
    """
    for of in copies:
        if not theirs[of.name]:
            raise PromotionError(
                f"The environment `{name}` has no table {of.relation}: `fullcourt backfill --env {name}` makes it."
                " Nothing was changed."
            )
        if of.day is not None and theirs[of.name] != ours[of.name]:
            unlike = sorted(dict(theirs[of.name].items() ^ ours[of.name].items()))
            raise PromotionError(
                f"{of.relation} has other columns in production than in `{name}` ({', '.join(unlike[:_NAMED_DATES])}),"
                " and publishing copies rows. Merge the code, let `fullcourt migrate` change the columns and the next"
                " run build the dates. Nothing was changed."
            )


def _check_before(
    project: Project, session: Session, name: str, copies: Sequence[Copy], columns: Mapping[str, Mapping[str, str]]
) -> None:  # fmt: skip
    """What dates of the range read before it is the same on both sides: else they would be due at once.

    :raises PromotionError: it is not.
    """
    fingerprints = Fingerprints(project, (LAYER, *project.tables))
    days = max(longest_season(), *(fingerprints.days_back(of) for of in fingerprints.slots))
    read = before(copies, fingerprints.slots.keys(), days)
    ours, theirs = (contents(session, read, environment, columns) for environment in ("", name))
    for of in read:
        if differing := differing_days(ours[of.name], theirs[of.name]):
            raise PromotionError(
                f"{of.name} of {differing[0]} is not the same in production and in `{name}`, and dates of the range"
                f" read it: publish from {differing[0]} on, or build it on the other side first. Nothing was changed."
            )


def _unfinished(session: Session, name: str, start: date, end: date) -> Mapping[str, str]:
    """What production held before the newest promotion, where that one did not come to its end."""
    if not session.columns(RUNS):
        return {}
    rows = session.read(
        f"select state, plan_json, range_start, range_end from {session.named(RUNS)} where {EVER}"
        f" and command = '{COMMAND}' and plan_json is not null order by started_at desc, run_id desc limit 1"
    ).to_pylist()
    if not rows or rows[0]["state"] == "done":
        return {}
    plan, span = json.loads(rows[0]["plan_json"]), (rows[0]["range_start"], rows[0]["range_end"])
    found: Mapping[str, str] = plan["production"] if (plan["environment"], *span) == (name, start, end) else {}
    return found
