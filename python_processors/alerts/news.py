"""What a channel was not told yet: new, changed, resolved; and when it is to be reminded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from python_processors.alerts.findings import LAYER, Finding, Key


@dataclass(frozen=True)
class Told:
    """A finding as a channel was told of it last; `told_at` is None of an event that it did not take."""

    finding: Finding
    fingerprint: str
    first_told_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True)
class Look:
    """What a run and its verification looked at; a finding outside of it is neither open nor resolved by it.

    `tables` is None of all of them; `has_built` says that dbt ran at all.
    """

    start: date
    end: date
    tables: frozenset[str] | None = None
    has_built: bool = True
    excused: frozenset[tuple[str, date]] = frozenset()

    def sees(self, finding: Finding) -> bool:
        kind = finding.key.kind
        if finding.scope and not (self.start <= finding.scope[0] and finding.scope[1] <= self.end):
            return False
        if kind == "failed step" and not self.has_built:
            return False
        return self.tables is None or finding.key.table in self.tables or kind in ("breaker", "error")


@dataclass(frozen=True)
class News:
    """What there is to tell a channel. `closed` findings are no longer open, and that is no news: they are excused, or
    are open as something else."""

    new: tuple[Finding, ...] = ()
    resolved: tuple[Told, ...] = ()
    still_open: tuple[Told, ...] = ()
    closed: tuple[Told, ...] = ()
    is_reminder_due: bool = False

    def __bool__(self) -> bool:
        return bool(self.new or self.resolved or self.is_reminder_due)


def news_of(
    found: Iterable[Finding], told: Mapping[Key, Told], look: Look | None, now: datetime, after: timedelta
) -> News:
    """
    :param look: None where nothing was verified, so that nothing is known to be resolved.
    :param after: from when on what was told is told again, while it is open.
    """
    by_key = {finding.key: finding for finding in found}
    waiting = [of.finding for key, of in told.items() if of.told_at is None and key not in by_key]
    new = [finding for finding in by_key.values() if _is_news(finding, told.get(finding.key), now, after)]
    is_open = {key: of for key, of in told.items() if of.told_at is not None and not of.finding.is_event}
    gone = [of for key, of in is_open.items() if key not in by_key and look is not None and look.sees(of.finding)]
    places = {_place(finding.key) for finding in by_key.values() if not finding.is_event and finding.key.day}
    quiet = [
        of for of in gone
        if _place(of.finding.key) in places
        or (look is not None and (of.finding.key.table, of.finding.key.day) in look.excused)
    ]  # fmt: skip
    ended = {of.finding.key for of in gone} | {finding.key for finding in new}
    still = [of for key, of in is_open.items() if key not in ended]
    return News(
        (*new, *waiting), tuple(of for of in gone if of not in quiet), tuple(still), tuple(quiet),
        any(of.told_at is not None and now - of.told_at >= after for of in still),
    )  # fmt: skip


def look_of(
    start: date, end: date, tables: Iterable[str] | None, has_built: bool, excused: frozenset[tuple[str, date]]
) -> Look:
    """What a run looked at: the staging layer is verified whatever tables were asked for."""
    return Look(start, end, None if tables is None else frozenset((*tables, LAYER)), has_built, excused)


def _is_news(finding: Finding, told: Told | None, now: datetime, after: timedelta) -> bool:
    if told is None or told.told_at is None or told.fingerprint != finding.fingerprint:
        return True
    return finding.is_event and now - told.told_at >= after


def _place(key: Key) -> tuple[str, date | None, str]:
    return key.table, key.day, key.entity
