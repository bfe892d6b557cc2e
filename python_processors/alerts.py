"""One digest per run to whoever is needed, over the channels in FULLCOURT_ALERTS (docs/alerts.md).

Nothing is sent when nobody is needed. A channel that does not answer is a warning, never a failed run, and
no channel's URL is printed or sent: it holds its password.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from python_processors.errors import FullcourtError, RefusedError

if TYPE_CHECKING:
    from python_processors.orchestration.proof.row_checks import Verification
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.run.journal import RunResult
    from python_processors.orchestration.warehouse import Warehouse

CHANNELS = "FULLCOURT_ALERTS"
SECONDS = 15.0  # for all channels together: a run that is done must not wait for a mail server
TABLES, DATES, CHARACTERS = 5, 3, 300  # named per event; the rest is counted

_BETWEEN_URLS = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")  # a mail's URL holds commas of its own
_SECRETS = re.compile(
    r"(?<=://)[^\s/@]+@|ya29\.[\w.-]+|Bearer\s+[\w.~+/=-]+|-----BEGIN[^-]+-----.*?-----END[^-]+-----", re.DOTALL
)


@dataclass(frozen=True)
class Digest:
    """What a run says to a person: a line, what happened, and what to do next."""

    title: str
    lines: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n".join(self.lines)


def alerting(command: Callable[..., int]) -> Callable[..., int]:
    """A command that tells of the error it ends with, and raises it all the same."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> int:
        try:
            return command(*args, **options)
        except Exception as error:
            if os.environ.get(CHANNELS):
                _never_failing(partial(digest_of_error, command.__name__, error))
            raise

    return run


def tell_of_run(
    warehouse: Warehouse, request: Request, result: RunResult, verification: Verification | None = None
) -> None:
    """Send the digest of a run that ended, if it needs somebody."""
    if os.environ.get(CHANNELS):
        _never_failing(
            lambda: digest_of_run(request, result, verification, opened_breakers(warehouse, request, result))
        )


def digest_of_run(
    request: Request, result: RunResult, verification: Verification | None, breakers: Mapping[str, Sequence[date]]
) -> Digest | None:
    """None when the run needs nobody."""
    happened: list[str] = []
    lines: list[str] = []

    def event(name: str, found: Mapping[str, Sequence[date]], unit: str = "dates", one: str = "") -> None:
        count = sum(len(days) for days in found.values())
        if count:
            happened.append(f"{count:,} {one if one and count == 1 else name}")
            lines.extend(["", f"{name.capitalize()}: {count:,} {unit}, {_plural(len(found), 'table')}"])
            lines.extend(_some([f"  {table}: {_named(days)}" for table, days in found.items()], "tables"))

    event("failed", result.failed)
    if result.failures:
        what, said = next(iter(result.failures.items()))
        if not result.failed:
            happened.append("a step failed")
            lines.extend(["", f"Failed: {_plural(len(result.failures), 'step')}"])
        lines.append(f"  first message: {what}: {said}")
    event("blocked", result.blocked)
    wrong = _by_table(result.wrong_skips)
    event("wrong skips", wrong, "dates that were skipped and differ when they are made anew (built now)", "wrong skip")
    gaps = _not_as_expected(result, verification)
    if gaps:
        count = sum(len(reasons) for reasons in gaps.values())
        happened.append(f"{count:,} missing, partial or otherwise not as expected")
        lines.extend(["", f"Not as expected after the run: {count:,} findings, {_plural(len(gaps), 'table')}"])
        lines.extend(_some([
            f"  {table}: {reasons[0]}" + (f" (and {len(reasons) - 1:,} more)" if len(reasons) > 1 else "")
            for table, reasons in gaps.items()
        ], "tables"))  # fmt: skip
    event("circuit breakers open", breakers, "players, teams or days that failed three times", "circuit breaker open")
    if result.warnings:
        happened.append(_plural(len(result.warnings), "warning"))
        lines.extend(["", f"Warnings of tests: {len(result.warnings):,}"])
        lines.extend(_some([f"  {of.test}: {of.said}" for of in result.warnings], "warnings"))
    if happened and verification and verification.held_back:
        lines.extend(["", "Held back (nba_ops.quarantine):"])
        lines.extend(_some([f"  {one.sentence}" for one in verification.held_back], "reasons"))
    if result.was_stopped:
        happened.append("stopped")
        lines.extend(["", "The run was stopped before its end."])
    if not happened:
        return None
    span = f"{request.start} to {request.end}"
    first = f"Run {result.run_id} of {span}, {result.seconds:,.0f} s, {result.rows_written:,} rows written."
    return Digest(
        f"fullcourt {span}: {', '.join(happened)}", (first, *lines, "", *_next(request, result, gaps, breakers))
    )


def digest_of_error(command: str, error: Exception) -> Digest | None:
    """None for what its asker is told at once: a request that cannot be, a person's no, another run at work."""
    import click

    from python_processors.schema.drift import DriftError

    if isinstance(error, (RefusedError, click.ClickException, click.Abort, click.exceptions.Exit)):
        return None
    if isinstance(error, DriftError):
        shown = _some([f"  {drift}" for drift in error.drifts], "differences")
        return Digest(
            f"fullcourt {command} did not run: schema drift, {_plural(len(error.drifts), 'difference')}",
            (
                "Live tables differ from their contracts; nothing was built.",
                *shown,
                "",
                "Next: fullcourt migrate --dry-run",
            ),
        )
    kind = "" if isinstance(error, FullcourtError) else f"{type(error).__name__}: "
    return Digest(
        f"fullcourt {command} failed",
        (f"{kind}{error}", "", "Next: fullcourt status, then the same command again: what was published stays."),
    )


def opened_breakers(warehouse: Warehouse, request: Request, result: RunResult) -> dict[str, list[date]]:
    """Circuit breakers that the run opened and that a person can close, by table: once a day, not once a run."""
    if not result.nodes_run:
        return {}
    found: dict[str, list[date]] = {}
    with warehouse.reading() as session:
        for ledger in ("nba_ops.analytics_failures", "nba_ops.precompute_failures"):
            if not session.columns(ledger):
                continue
            rows = session.read(
                f"select processor_name, analysis_date, last_attempt_at from {session.named(ledger)}"
                f" where analysis_date between date '{request.start}' and date '{request.end}'"
                " and circuit_breaker_tripped and is_correctable and resolution_status = 'UNRESOLVED'"
                " order by processor_name, analysis_date, entity_id"
            )
            for row in rows.to_pylist():
                if _is_since(row["last_attempt_at"], result.started_at):
                    found.setdefault(row["processor_name"], []).append(row["analysis_date"])
    return found


def send(digest: Digest, urls: str, *, seconds: float = SECONDS) -> list[str]:
    """Send to every channel at once; what went wrong, a sentence per channel, without its URL.

    Apprise waits 4 s for a connection and 4 s for an answer unless a URL says otherwise; `seconds` is the end.
    """
    from apprise import Apprise, NotifyFormat, NotifyType

    logging.getLogger("apprise").addHandler(logging.NullHandler())
    logging.getLogger("apprise").propagate = False  # its messages name hosts and paths
    listed = [url for url in _BETWEEN_URLS.split(urls.strip(" \t\r\n,")) if url]
    title, body = (without_secrets(text, listed) for text in (digest.title, digest.body))
    outcomes: dict[int, bool] = {}

    def notify(number: int, channel: Any) -> None:
        outcomes[number] = bool(
            channel.notify(title=title, body=body, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT)
        )

    problems, at_work = [], []
    for number, url in enumerate(listed, 1):
        channel = Apprise.instantiate(url)
        if channel is None:
            problems.append(f"{CHANNELS}: channel {number} is no URL that Apprise knows (docs/alerts.md).")
            continue
        # A daemon: it ends with the process, however long its server thinks.
        thread = threading.Thread(target=_quietly(notify), args=(number, channel), daemon=True)
        thread.start()
        at_work.append((number, _scheme(url), thread))
    end = time.monotonic() + seconds
    for number, scheme, thread in at_work:
        thread.join(max(0.0, end - time.monotonic()))
        if not outcomes.get(number):
            why = f"did not answer within {seconds:,.0f} s" if thread.is_alive() else "did not take the message"
            problems.append(f"{CHANNELS}: channel {number} ({scheme}) {why}; the run is not affected.")
    return problems


def without_secrets(text: str, urls: Iterable[str] = ()) -> str:
    """A text without channels' URLs, and without passwords in URLs, tokens and keys that a message may quote."""
    for url in urls:
        text = text.replace(url, "[channel]")
    return "\n".join(_cut(_SECRETS.sub("[secret]", text)))


def _never_failing(make: Callable[[], Digest | None]) -> None:
    """Whatever goes wrong with an alert is a line on stderr."""
    try:
        digest = make()
        problems = send(digest, os.environ[CHANNELS]) if digest else []
    except Exception as error:
        problems = [f"{CHANNELS}: no alert was sent ({type(error).__name__}); the run is not affected."]
    for problem in problems:
        print(f"WARNING {problem}", file=sys.stderr)


def _quietly(function: Callable[[int, Any], None]) -> Callable[[int, Any], None]:
    """A thread's traceback would print what the channel is."""

    def run(number: int, channel: Any) -> None:
        try:
            function(number, channel)
        except Exception:
            return

    return run


def _not_as_expected(result: RunResult, verification: Verification | None) -> dict[str, list[str]]:
    """Findings of the verification by table, without the dates that the run itself calls failed or blocked."""
    found: dict[str, list[str]] = {}
    for table in verification.tables if verification else ():
        name = table.checks.table
        known = tuple(f"{day} " for days in (result.failed, result.blocked) for day in days.get(name, ()))
        reasons = [reason for reason in table.reasons if not reason.startswith(known)]
        if reasons:
            found[name] = reasons
    return found


def _next(request: Request, result: RunResult, gaps: Mapping[str, object], breakers: Mapping[str, object]) -> list[str]:
    span = f"--start {request.start} --end {request.end}"
    if result.failed or result.failures or result.blocked:
        return [f"Next: fullcourt gaps {span}, repair what it names, then fullcourt retry {span}"]
    if result.was_stopped:
        return [f"Next: fullcourt backfill {span} goes on where it ended"]
    if gaps:
        return [f"Next: fullcourt gaps {span}, then fullcourt backfill {span}"]
    if result.wrong_skips:
        table, day = result.wrong_skips[0]
        return [f"Next: fullcourt explain {table} {day}; a read is missing from the table's contract (docs/checks.md)"]
    if result.warnings and not breakers:
        return ["Next: docs/checks.md says what each check lists, and what to do about it"]
    return [
        "Next: the rows of nba_ops.analytics_failures and precompute_failures say what repairs them (docs/checks.md)"
    ]


def _by_table(pairs: Iterable[tuple[str, date]]) -> dict[str, list[date]]:
    found: dict[str, list[date]] = {}
    for table, day in pairs:
        found.setdefault(table, []).append(day)
    return found


def _named(days: Sequence[date]) -> str:
    distinct = sorted(set(days))
    more = len(distinct) - DATES
    return ", ".join(f"{day}" for day in distinct[:DATES]) + (f" and {more:,} more" if more > 0 else "")


def _some(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - TABLES
    return [*lines[:TABLES], *([f"  and {more:,} more {what}"] if more > 0 else [])]


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _cut(text: str) -> list[str]:
    return [line if len(line) <= CHARACTERS else f"{line[:CHARACTERS]} ..." for line in text.splitlines()]


def _scheme(url: str) -> str:
    return url.partition("://")[0]


def _is_since(instant: datetime | None, start: datetime) -> bool:
    if instant is None:
        return False
    return (instant if instant.tzinfo else instant.replace(tzinfo=start.tzinfo)) >= start
