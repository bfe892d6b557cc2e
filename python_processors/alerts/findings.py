"""What needs attention after a run, each thing with a key that is the same from run to run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from python_processors.alerts.sentences import one_line, own_sentence, without_passing, without_rows
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.orchestration.proof.open_findings import OpenFinding
    from python_processors.orchestration.proof.row_checks import Verification
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.run.journal import RunResult
    from python_processors.orchestration.warehouse import Session

LAYER = "staging_layer"
EVENTS = ("wrong skip", "warning")  # told when they happen: nothing is open afterwards, and nothing is resolved
ROW_FAULTS = ("unhashed", "malformed", "altered", "doubled", "unfit")
_LAST_WORD = "test every_date_is_accounted_for "  # of dbt: what a verification finds, as one count of a window
_OF_DATES = re.compile(r" (?:\d+ dates from )?\d{4}-\d\d-\d\d(?: to \d{4}-\d\d-\d\d)?$")  # progress.spelled()
_NUMBERS = re.compile(r"\b[\d,]+ ")


class Key(NamedTuple):
    """What makes a finding the same in another run. `entity` is a player, a team or a day that has it alone."""

    table: str
    day: date | None
    kind: str
    entity: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that needs attention.

    `scope` are the first and last date that a run must look at to see whether it is still open; None where each run
    sees it. `same_as` is set where the sentence differs from run to run, and its subject does not.
    """

    key: Key
    said: str
    scope: tuple[date, date] | None = None
    same_as: str = ""

    @property
    def is_event(self) -> bool:
        return self.key.kind in EVENTS

    @property
    def fingerprint(self) -> str:
        """Another one, and the finding is told again."""
        text = self.same_as or without_passing(self.said)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def findings_of_run(
    request: Request, result: RunResult, verification: Verification | None, breakers: Iterable[Finding] = ()
) -> list[Finding]:
    """All that a run and its verification found, each once."""
    found: dict[Key, Finding] = {}
    for finding in (
        *_verified(verification), *_failed(result), *_blocked(result), *_steps(request, result, verification),
        *_events(result), *breakers,
    ):  # fmt: skip
        found.setdefault(finding.key, finding)
    return list(found.values())


def open_breakers(session: Session, request: Request) -> list[Finding]:
    """Circuit breakers that are open in a range, and that a repair can close."""
    from python_processors.orchestration.state.breakers import open_breakers as breakers_of

    return [
        Finding(
            Key(of.table, of.day, "breaker", of.entity),
            one_line(f"{of.entity} after {count_of(of.attempts, 'attempt')}, {of.held}: {own_sentence(of.reason)}"),
            (of.day, of.day), of.category,
        )
        for of in breakers_of(session, request.start, request.end)
    ]  # fmt: skip


def excused_dates(verification: Verification) -> frozenset[tuple[str, date]]:
    """Partitions that somebody has looked at, and excused."""
    return frozenset(
        (table.checks.table, day) for table in verification.tables for one in table.excused for day in _days(one)
    )


def _failed(result: RunResult) -> Iterator[Finding]:
    for table, days in result.failed.items():
        for day in days:
            message = result.failures.get(f"{table} {day}") or next(
                (said for what, said in result.failures.items() if _OF_DATES.sub("", what) == table), ""
            )
            said = one_line(own_sentence(message))
            yield Finding(Key(table, day, "failed"), said, (day, day), without_rows(said))


def _blocked(result: RunResult) -> Iterator[Finding]:
    for table, days in result.blocked.items():
        for day in days:
            yield Finding(Key(table, day, "blocked"), "it waits for what it reads", (day, day), "blocked")


def _verified(verification: Verification | None) -> Iterator[Finding]:
    if verification is None:
        return
    of_tables = [(table.checks.table, one) for table in verification.tables for one in table.findings]
    for table, one in [(LAYER, one) for one in verification.layer_findings] + of_tables:
        said = one_line(own_sentence(one.why or one.said))
        if one.first is None or one.last is None:
            # Of no date: what it is of stands before the files in brackets, and the count may change.
            yield Finding(Key(table, None, one.kind, _NUMBERS.sub("", said.partition("(")[0]).strip()), said)
        elif one.kind in ROW_FAULTS:
            yield Finding(Key(table, one.first, one.kind), said, (one.first, one.last))
        else:
            # What a blocked date waits for is told by itself, and an old schedule's end is that of all dates.
            same_as = one.kind if one.kind in ("blocked", "unknown") else ""
            same_as = without_rows(said) if one.kind == "failed" else same_as
            for day in _days(one):
                yield Finding(Key(table, day, one.kind), said, (day, day), same_as)


def _steps(request: Request, result: RunResult, verification: Verification | None) -> Iterator[Finding]:
    """Failures of what is no table, such as a model that counts rows."""
    is_said = any(of.key.day for of in _verified(verification))
    for what, message in result.failures.items():
        name = _OF_DATES.sub("", what)
        if is_said and message.startswith(_LAST_WORD):
            continue  # date by date, with why: as a step it would be resolved by the next morning's dates
        if name not in result.failed:
            scope = (request.start, request.end)
            said = one_line(own_sentence(message))
            yield Finding(Key(name, None, "failed step"), said, scope, without_rows(said))


def _events(result: RunResult) -> Iterator[Finding]:
    for table, day in result.wrong_skips:
        said = "it was skipped, and differs when it is built anew; it is built now"
        yield Finding(Key(table, day, "wrong skip"), said, (day, day), result.run_id)
    for of in result.warnings:
        yield Finding(Key(of.test, of.end, "warning"), one_line(of.said), (of.start, of.end))


def _days(of: OpenFinding) -> list[date]:
    if of.first is None or of.last is None:
        return []
    return [of.first + timedelta(days=offset) for offset in range((of.last - of.first).days + 1)]
