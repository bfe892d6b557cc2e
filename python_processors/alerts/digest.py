"""The words of a digest: what is new first, by kind; then what was resolved, what is open, and what to type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from python_processors.alerts.channels import Message
from python_processors.alerts.findings import LAYER, ROW_FAULTS, Finding
from python_processors.alerts.news import News
from python_processors.errors import RefusedError
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.orchestration.proof.held_back import HeldBack
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.run.journal import RunResult

GROUPS, DATES = 5, 3  # named per kind; the rest is counted
_ORDER = (
    "error", "failed", "failed step", *ROW_FAULTS, "wrong skip", "missing", "partial", "stale", "miscounted",
    "not accounted for", "undated", "exception", "unknown", "blocked", "breaker", "warning",
)  # fmt: skip
_NAMES = {
    "failed step": ("failed step", "failed steps"),
    "wrong skip": ("wrong skip", "wrong skips"),
    "breaker": ("circuit breaker open", "circuit breakers open"),
    "warning": ("warning", "warnings"),
    "undated": ("feed with rows without a date", "feeds with rows without a date"),
    "exception": (
        "fault of lines of completeness_exceptions",
        "faults of lines of completeness_exceptions",
    ),
    "error": ("run that ended in an error", "runs that ended in an error"),
    "doubled": ("table with doubled keys", "tables with doubled keys"),
    **{kind: (f"table with {kind} rows", f"tables with {kind} rows") for kind in ROW_FAULTS if kind != "doubled"},
}  # others are called by their kind: 3 failed, 2 blocked


@dataclass(frozen=True)
class _Group:
    """Findings of a table that say the same."""

    table: str
    said: str
    days: tuple[date, ...]

    @property
    def line(self) -> str:
        what = f"{self.table} {_named(self.days)}" if self.days else self.table
        return f"  {what}: {self.said}" if self.said else f"  {what}"


def digest_of_run(request: Request, result: RunResult, news: News, held_back: Sequence[HeldBack] = ()) -> Message:
    """What a run tells a channel."""
    span = f"{request.start} to {request.end}"
    open_now = [of.finding for of in news.still_open]
    parts = [
        _counted(news.new),
        f"{len(news.resolved):,} resolved" if news.resolved else "",
        f"{len(open_now):,} {'still open' if news.new or news.resolved else 'still open (a reminder)'}"
        if open_now
        else "",
    ]
    lines = [line for kind, of_kind in _by_kind(news.new) for line in _kind_lines(kind, of_kind)]
    if news.resolved:
        lines += ["", f"Resolved: {len(news.resolved):,}"]
        for _, of_kind in _by_kind(of.finding for of in news.resolved):
            lines += _group_lines(_was(finding) for finding in of_kind)
    if open_now:
        lines += ["", f"Still open: {_counted(open_now)}, the first told {_first_told(news):%Y-%m-%d %H:%M} UTC"]
        if news.is_reminder_due:
            lines += [line for kind, of in _by_kind(open_now) for line in _kind_lines(kind, of)[1:]]
    unused = _held_back_of(news.new, held_back)
    if unused:
        lines += ["", "Held back (nba_ops.quarantine):", *_some([f"  {one.sentence}" for one in unused], "reasons")]
    lines += ["", *_next([*news.new] or open_now)]
    lines.append(
        f"Run {result.run_id} of {span}, {result.seconds:,.0f} s, {count_of(result.rows_written, 'row')} written."
    )
    title = f"fullcourt {span}: {', '.join(part for part in parts if part)}"
    return Message(title, tuple(lines[1:] if not lines[0] else lines))


def digest_of_stop(request: Request, result: RunResult) -> Message:
    """One line: whoever stopped a run knows of it, and the next one tells what it finds."""
    span = f"--start {request.start} --end {request.end}"
    failed = sum(len(days) for days in result.failed.values())
    more = f" {count_of(failed, 'partition')} had failed before that." if failed else ""
    return Message(
        f"fullcourt {request.start} to {request.end}: stopped by a person after {result.seconds:,.0f} s",
        (f"`fullcourt backfill {span}` goes on where it ended.{more}",),
    )


def digest_of_wait(command: str, error: Exception) -> Message:
    """The same of a run that was stopped while it waited."""
    return Message(f"fullcourt {command}: stopped by a person", (" ".join(str(error).split()),))


def digest_of_error(command: str, error: Exception, said: str, *, is_reminder: bool) -> Message:
    """What is told of the error that a command ended with."""
    from python_processors.schema.drift import DriftError

    again = " (again: told before, and not resolved)" if is_reminder else ""
    if isinstance(error, DriftError):
        return Message(
            f"fullcourt {command} did not run: schema drift, {count_of(len(error.drifts), 'difference')}{again}",
            (
                *_some([f"  {drift}" for drift in error.drifts], "differences"),
                "Live tables differ from their contracts; nothing was built.",
                "",
                "Next: fullcourt migrate --dry-run",
            ),
        )
    if isinstance(error, RefusedError):
        return Message(
            f"fullcourt {command} was refused{again}",
            (said, "", "Next: repair the cause, then run the same command again; fullcourt status names the dates."),
        )
    return Message(
        f"fullcourt {command} failed{again}",
        (said, "", "Next: fullcourt status, then the same command again: what was published stays."),
    )


def _by_kind(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    """In the order of who must act first; a kind that has no place stands before what only waits."""
    of_kind: dict[str, list[Finding]] = {}
    for finding in findings:
        of_kind.setdefault(finding.key.kind, []).append(finding)
    places = {kind: place for place, kind in enumerate(_ORDER)}
    return sorted(of_kind.items(), key=lambda item: places.get(item[0], places["undated"]))


def _counted(findings: Iterable[Finding]) -> str:
    return ", ".join(f"{len(of):,} {_name(kind, len(of))}" for kind, of in _by_kind(findings))


def _name(kind: str, count: int) -> str:
    one, many = _NAMES.get(kind, (kind, kind))
    return one if count == 1 else many


def _kind_lines(kind: str, findings: Sequence[Finding]) -> list[str]:
    tables = {finding.key.table for finding in findings}
    dated = [finding for finding in findings if finding.key.day and kind not in ROW_FAULTS]
    what = f"{count_of(len(findings), 'partition')} of {count_of(len(tables), 'table')}"
    head = f"{_name(kind, 2).capitalize()}: {what if dated and kind not in _NAMES else f'{len(findings):,}'}"
    return ["", head, *_group_lines(findings)]


def _group_lines(findings: Iterable[Finding]) -> list[str]:
    days: dict[tuple[str, str], list[date]] = {}
    for finding in findings:
        of_group = days.setdefault((finding.key.table, finding.said), [])
        if finding.key.day:
            of_group.append(finding.key.day)
    # What concerns most dates first: the same sentence of all of them is one cause.
    groups = sorted((_Group(*key, tuple(of)) for key, of in days.items()), key=lambda group: -len(group.days))
    more = sum(max(1, len(group.days)) for group in groups[GROUPS:])
    return [*(group.line for group in groups[:GROUPS]), *([f"  and {more:,} more"] if more else [])]


def _was(finding: Finding) -> Finding:
    """A resolved finding, which is named and not explained any more."""
    kind, entity = finding.key.kind, finding.key.entity
    said = {
        "breaker": f"the circuit breaker of {entity} is closed", "error": f"no longer ends in: {finding.said}",
    }.get(kind, f"had: {finding.said}" if kind in _NAMES else f"was {kind}")  # fmt: skip
    return Finding(finding.key, said, finding.scope)


def _first_told(news: News) -> datetime:
    return min(instant for of in news.still_open if (instant := of.first_told_at or of.told_at) is not None)


def _held_back_of(new: Iterable[Finding], held_back: Sequence[HeldBack]) -> list[HeldBack]:
    """Rows that are not used of dates with something new: those of excused dates are silent."""
    days = {finding.key.day for finding in new if finding.key.day}
    asked = [one for one in held_back if one.needs_action]
    return [one for one in asked if one.first and one.last and any(one.first <= day <= one.last for day in days)]


def _next(findings: Sequence[Finding]) -> list[str]:
    """The commands to type."""
    if not findings:
        return ["No action needed."]
    kinds = Counter(finding.key.kind for finding in findings)
    scopes = [finding.scope for finding in findings if finding.scope]
    span = f" --start {min(of[0] for of in scopes)} --end {max(of[1] for of in scopes)}" if scopes else ""
    lines = []
    ordered = [finding for _, of_kind in _by_kind(findings) for finding in of_kind]
    why = next(
        (of for of in ordered if of.key.day and of.key.table != LAYER and of.key.kind not in _SEEN_ELSEWHERE), None
    )
    if why is not None:
        lines.append(f"Why: fullcourt explain {why.key.table} {why.key.day}")
    if kinds["failed"] or kinds["failed step"] or kinds["blocked"]:
        lines.append(f"Next: fullcourt gaps{span}, repair what it names, then fullcourt retry{span}")
    elif set(kinds) - {*_SEEN_ELSEWHERE, "error"}:
        lines.append(f"Next: fullcourt gaps{span}, then fullcourt backfill{span}")
    elif kinds["wrong skip"]:
        table, day = next((of.key.table, of.key.day) for of in ordered if of.key.kind == "wrong skip")
        lines.append(
            f"Next: fullcourt explain {table} {day}; a read is missing from the table's contract (docs/checks.md)"
        )
    elif kinds["breaker"]:
        lines.append(f"Next: repair what they name (docs/checks.md), then fullcourt retry{span}")
    elif kinds["error"]:
        lines.append("Next: fullcourt status, then the same command again")
    else:
        lines.append("Next: docs/checks.md says what each check lists, and what to do about it")
    return lines


_SEEN_ELSEWHERE = ("wrong skip", "breaker", "warning")


def _named(days: Iterable[date]) -> str:
    distinct = sorted(set(days))
    more = len(distinct) - DATES
    return ", ".join(f"{day}" for day in distinct[:DATES]) + (f" and {more:,} more" if more > 0 else "")


def _some(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - GROUPS
    return [*lines[:GROUPS], *([f"  and {more:,} more {what}"] if more > 0 else [])]
