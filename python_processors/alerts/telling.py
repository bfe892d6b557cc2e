"""What commands call: tell of a run that ended, and of the error that one ended with. No run fails for an alert."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from python_processors.alerts.beside import forget_beside, note_beside, told_beside
from python_processors.alerts.channels import CHANNELS, Channel, Message, channels_of, send
from python_processors.alerts.findings import Finding, Key, excused_dates, findings_of_run, open_breakers
from python_processors.alerts.news import Look, News, Told, look_of, news_of

if TYPE_CHECKING:
    from python_processors.alerts.memory import Memory
    from python_processors.engines.base import RunLockedError
    from python_processors.orchestration.proof.row_checks import Verification
    from python_processors.orchestration.request import Request
    from python_processors.orchestration.run.journal import RunResult
    from python_processors.orchestration.warehouse import Warehouse

REMINDER = "alert_reminder_hours"
HELD = "alert_held_hours"
ASKED = "fullcourt.request"  # in click's context: the request that a command made of its options
REFUSED = (
    "fullcourt.refused"  # the same: first and last date of a run that was refused with nobody there; () of unknown ones
)


def alerting(command: Callable[..., int]) -> Callable[..., int]:
    """A command that tells of the error it ends with, and raises it all the same."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> int:
        try:
            return command(*args, **options)
        except Exception as error:
            if os.environ.get(CHANNELS):
                with _never_failing():
                    _tell_of_error(command.__name__, error)
            raise

    return run


def tell_of_run(
    warehouse: Warehouse, request: Request, result: RunResult, verification: Verification | None = None
) -> None:
    """Tell each channel what it was not told yet of what a run and its verification found.

    :param verification: without one nothing is known to be resolved.
    """
    if os.environ.get(CHANNELS):
        with _never_failing():
            _tell_of_run(warehouse, request, result, verification)


@dataclass
class _Telling:
    """One round over all channels."""

    warehouse: Warehouse | None
    run_id: str
    channels: Sequence[Channel]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    breakers: list[Finding] = field(default_factory=list)
    _memory: Memory | None = None
    _notes: dict[str, dict[Key, Told]] = field(default_factory=dict)
    _is_ours: bool = True

    def recall(self, request: Request | None) -> None:
        """What channels know, and the breakers of a range. Where that cannot be read, everything is new to them."""
        from python_processors.alerts.memory import Memory, recall

        if self.warehouse is None:
            return
        self._notes = told_beside(self.warehouse)
        self._memory = Memory().with_notes(self._notes)
        try:
            with self.warehouse.reading() as session:
                self._is_ours = bool(session.columns("nba_ops.publish_ledger"))
                self._memory = recall(session, self.now, self.after).with_notes(self._notes)
                if request is not None:
                    self.breakers = open_breakers(session, request)
        except Exception as error:
            if self.run_id:  # of a command that did not begin it may be known beside the ledger
                _warn(f"what was told before cannot be read ({type(error).__name__}); open findings are told again.")

    @property
    def after(self) -> timedelta:
        return _hours(REMINDER)

    def news(self, found: Sequence[Finding], look: Look | None) -> list[tuple[Channel, News]]:
        return [
            (channel, news_of(found, self._memory.of(channel) if self._memory else {}, look, self.now, self.after))
            for channel in self.channels
        ]

    def tell(self, told: Sequence[tuple[Channel, News]], words: Callable[[News], Message]) -> None:
        """Send the digests that there are, then note them."""
        deliveries = {of.channel: of for of in send([(channel, words(news)) for channel, news in told if news])}
        for delivery in deliveries.values():
            if not delivery.is_taken:
                _warn(f"{delivery.sentence}; the run is not affected.")
        outcomes = [
            (channel, news, channel not in deliveries or deliveries[channel].is_taken) for channel, news in told
        ]
        self._remember([of for of in outcomes if of[1] or of[1].closed])

    def _remember(self, outcomes: Sequence[tuple[Channel, News, bool]]) -> None:
        if not outcomes or self.warehouse is None:
            return
        if not self._is_ours:
            self._is_noted_beside(outcomes)  # there is no warehouse yet: an alert does not make one
            return
        from python_processors.alerts.memory import Memory, remember

        try:
            with self.warehouse.writing() as session:
                remember(session, self._memory or Memory(), outcomes, self.run_id, self.now, self._notes)
            forget_beside(self.warehouse)
        except Exception as error:
            if not self._is_noted_beside(outcomes):
                _warn(f"what was told cannot be noted ({type(error).__name__}); the next run tells it again.")

    def _is_noted_beside(self, outcomes: Sequence[tuple[Channel, News, bool]]) -> bool:
        """Of commands that did not begin; what a run found, the next one finds and tells again."""
        from python_processors.alerts.memory import spelled

        if self.run_id or self.warehouse is None:
            return False
        notes = {name: dict(of) for name, of in self._notes.items()}
        for channel, news, is_taken in outcomes:
            again = [of.finding for of in news.still_open] if news.is_reminder_due else []
            for finding in (*news.new, *again) if is_taken else ():
                before = self._memory.of(channel).get(finding.key) if self._memory else None
                first = (before and before.first_told_at) or self.now
                fingerprint = before.fingerprint if before and finding in again else finding.fingerprint
                notes.setdefault(spelled(channel), {})[finding.key] = Told(finding, fingerprint, first, self.now)
        try:
            note_beside(self.warehouse, notes)
        except OSError:
            return False
        return True


def _tell_of_run(warehouse: Warehouse, request: Request, result: RunResult, verification: Verification | None) -> None:
    from python_processors.alerts.digest import digest_of_run, digest_of_stop

    channels = channels_of(os.environ[CHANNELS])
    if result.was_stopped:
        stop = digest_of_stop(request, result)
        _send_once(channels, stop)
        return
    telling = _Telling(warehouse, result.run_id, channels)
    telling.recall(request)
    look, excused = None, frozenset() if verification is None else excused_dates(verification)
    breakers = [of for of in telling.breakers if (of.key.table, of.key.day) not in excused]
    found = findings_of_run(request, result, verification, breakers)
    if verification is not None:
        look = look_of(request.start, request.end, request.tables, bool(result.nodes_run), excused)
    held_back = verification.held_back if verification else ()
    telling.tell(telling.news(found, look), lambda news: digest_of_run(request, result, news, held_back))


def _tell_of_error(command: str, error: Exception) -> None:
    """Nothing of what its asker is told at once, and of another run at work that tells of itself."""
    from python_processors.alerts.digest import digest_of_error, digest_of_wait
    from python_processors.alerts.sentences import one_line, own_sentence
    from python_processors.engines.base import RunLockedError, WaitEndedError
    from python_processors.errors import FullcourtError

    if _is_for_its_asker(command, error):
        return
    channels = channels_of(os.environ[CHANNELS])
    if isinstance(error, WaitEndedError):
        _send_once(channels, digest_of_wait(command, error))
        return
    kind = "" if isinstance(error, FullcourtError) else f"{type(error).__name__}: "
    said = kind + (str(error) if isinstance(error, FullcourtError) else own_sentence(str(error)))
    finding = Finding(
        Key(f"fullcourt {command}", None, "error"), one_line(said), _asked(command),
        same_as=f"held by {error.holder.get('run_id')}" if isinstance(error, RunLockedError) else "",
    )  # fmt: skip
    telling = _Telling(_warehouse(), "", channels)
    telling.recall(None)
    telling.tell(
        [
            (channel, _of_error(news, finding, telling.now, telling.after))
            for channel, news in telling.news([finding], None)
        ],
        lambda news: digest_of_error(command, error, said, is_reminder=not news.new),
    )


def _of_error(news: News, finding: Finding, now: datetime, after: timedelta) -> News:
    """What a run that ended in an error tells: of that alone, as it looked at nothing else."""
    new = tuple(of for of in news.new if of.key == finding.key)
    of_it = tuple(of for of in news.still_open if of.finding.key == finding.key)
    is_due = any(of.told_at is not None and now - of.told_at >= after for of in of_it)
    return News(new, (), of_it, (), is_due)


def _is_for_its_asker(command: str, error: Exception) -> bool:
    """Whether whoever typed the command is the only one to hear of its error.

    So it is with a request that cannot be, and with one that a person at a terminal was told about. `today` comes again
    and does then what the run at work keeps it from; one that holds the warehouse for hours hangs, or nobody knows it.
    """
    import click

    from python_processors.engines.base import RunLockedError
    from python_processors.errors import RefusedError
    from python_processors.orchestration.run.refused import KEEPS_UP

    if not isinstance(error, RefusedError):
        return isinstance(error, (click.ClickException, click.Abort, click.exceptions.Exit))
    if _in_context(REFUSED) is None:
        return True
    return isinstance(error, RunLockedError) and command == KEEPS_UP and not _is_held_for_long(error)


def _is_held_for_long(error: RunLockedError) -> bool:
    """Also where nobody knows since when; not where a run is about to write its name, or has just ended."""
    if not error.holder:
        return False
    try:
        since = datetime.strptime(str(error.holder.get("since")), "%Y-%m-%d %H:%M:%S UTC").replace(tzinfo=UTC)
    except ValueError:
        return True
    return datetime.now(UTC) - since >= _hours(HELD)


def _hours(name: str) -> timedelta:
    from python_processors.logic_version import project_vars

    return timedelta(hours=float(project_vars()[name]))


def _asked(command: str) -> tuple[date, date] | None:
    """The range of the command at work, where it came so far as to know it: `today` asks the warehouse for its own."""
    from python_processors.orchestration.run.refused import KEEPS_UP

    if request := _in_context(ASKED):
        return request.start, request.end
    return None if command == KEEPS_UP else _in_context(REFUSED) or None


def _in_context(key: str) -> Any:
    import click

    context = click.get_current_context(silent=True)
    return context.meta.get(key) if context else None


def _warehouse() -> Warehouse | None:
    """The warehouse of the environment; None where it is what went wrong."""
    try:
        from python_processors.orchestration.warehouse import warehouse_of_target

        return warehouse_of_target()
    except Exception:
        return None


def _send_once(channels: Sequence[Channel], message: Message) -> None:
    for delivery in send([(channel, message) for channel in channels]):
        if not delivery.is_taken:
            _warn(f"{delivery.sentence}; the run is not affected.")


@contextmanager
def _never_failing() -> Iterator[None]:
    """Whatever goes wrong with an alert is a line on stderr."""
    try:
        yield
    except Exception as error:
        _warn(f"no alert was sent ({type(error).__name__}); the run is not affected.")


def _warn(problem: str) -> None:
    print(f"WARNING {CHANNELS}: {problem}", file=sys.stderr)
