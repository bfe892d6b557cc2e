"""Open circuit breakers: what failed in three runs with the same inputs, so that trying it again is of no use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from python_processors.contract import hashed_tables
from python_processors.orchestration.state.attempts import LEDGERS, BuildFailure, query_of_build_failures
from python_processors.orchestration.warehouse import Session
from python_processors.words import count_of

_NAMED = 10
DATE_LEVEL = "DATE_LEVEL"  # entity of a whole date


@dataclass(frozen=True)
class Breaker:
    """An open breaker. `entity` is a player, a team, or DATE_LEVEL of a date; `inputs` those that the build of a table
    failed with, None of what a build found incomplete."""

    table: str
    day: date
    entity: str
    attempts: int
    until: datetime | None
    category: str
    reason: str
    inputs: str | None = None

    @property
    def is_of_a_build(self) -> bool:
        return self.category == "PROCESSING_ERROR"

    @property
    def held(self) -> str:
        """How long it is open, whatever happens."""
        return f"until {self.until:%Y-%m-%d %H:%M} UTC" if self.until else "until its inputs change"

    def to_dict(self) -> dict[str, Any]:
        return {
            "table": self.table, "date": self.day.isoformat(), "entity": self.entity, "attempts": self.attempts,
            "until": self.until.isoformat() if self.until else None, "category": self.category, "reason": self.reason,
        }  # fmt: skip


def open_breakers(
    session: Session, start: date, end: date, tables: Collection[str] | None = None, now: datetime | None = None
) -> list[Breaker]:
    """Breakers that are open in a range, and that a repair can close; by table, date and entity.

    :param tables: those of these alone, and of what is no hashed table.
    """
    now = now or datetime.now(UTC)
    incomplete = {
        ledger.partition(".")[2]:
            "select processor_name, analysis_date, entity_id, attempt_count, circuit_breaker_until,"
            f" failure_category, failure_reason from {session.named(ledger)}"
            f" where analysis_date between date '{start}' and date '{end}'"
            " and circuit_breaker_tripped and is_correctable and resolution_status = 'UNRESOLVED'"
        for ledger in LEDGERS if session.columns(ledger)
    }  # fmt: skip
    not_built = query_of_build_failures(session, start, end)
    rows = {name: rows.to_pylist() for name, rows in session.read_all({**not_built, **incomplete}).items()}
    found = [
        Breaker(
            of.processor_name, of.analysis_date, DATE_LEVEL, of.attempt_count, of.circuit_breaker_until,
            "PROCESSING_ERROR", " ".join((of.failure_reason or "").split()), of.inputs or "",
        )
        for name in not_built for of in (BuildFailure(**row) for row in rows[name])
        if of.is_open and of.circuit_breaker_until is not None
    ]  # fmt: skip
    found += [
        Breaker(
            row["processor_name"], row["analysis_date"], row["entity_id"] or "", row["attempt_count"] or 0,
            row["circuit_breaker_until"], row["failure_category"] or "", row["failure_reason"] or "",
        )
        for name in incomplete for row in rows[name]
    ]  # fmt: skip
    return sorted(
        (of for of in found if (of.until is None or of.until > now) and (tables is None or _is_asked(of, tables))),
        key=lambda of: (of.table, of.day, of.entity, of.category),
    )


def lines_of(breakers: Sequence[Breaker]) -> list[str]:
    """One line per table, entity and reason, for people: ten, and how many more."""
    groups: dict[tuple[str, str, str], list[Breaker]] = {}
    for of in breakers:
        groups.setdefault((of.table, of.entity, of.reason), []).append(of)
    more = [f"and {len(groups) - _NAMED:,} circuit breakers more"] if len(groups) > _NAMED else []
    return [*(_line(group) for group in list(groups.values())[:_NAMED]), *more]


def _line(group: Sequence[Breaker]) -> str:
    first, most = group[0], max(of.attempts for of in group)
    who = "" if first.entity == DATE_LEVEL else f" {first.entity}"
    until = max((of for of in group), key=lambda of: (of.until is None, of.until or datetime.min.replace(tzinfo=UTC)))
    dates = sorted({of.day for of in group})
    days = f"{dates[0]}" if len(dates) == 1 else f"{len(dates)} dates from {dates[0]} to {dates[-1]}"
    return (
        f"Circuit breaker open: {first.table} {days}{who} after {count_of(most, 'attempt')}, {until.held}:"
        f" {first.reason.rstrip('.')}. It closes at once when its inputs change."
    )


def _is_asked(breaker: Breaker, tables: Collection[str]) -> bool:
    return breaker.table in tables or breaker.table not in hashed_tables()
