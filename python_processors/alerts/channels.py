"""The channels in FULLCOURT_ALERTS. No URL of one is printed, sent or stored: it holds its password."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from python_processors.alerts.sentences import without_secrets

CHANNELS = "FULLCOURT_ALERTS"
SECONDS = 15.0  # for all channels together: a run that is done must not wait for a mail server

_BETWEEN_URLS = re.compile(r"[\s,]+(?=[A-Za-z][\w+.-]*://)")  # a mail's URL holds commas of its own


@dataclass(frozen=True)
class Message:
    """A line, and what follows it."""

    title: str
    lines: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Channel:
    """One of the URLs, called by its place and kind."""

    number: int
    url: str

    @property
    def kind(self) -> str:
        """The URL's scheme; empty where it has none, as then it may be anything."""
        scheme, found, _ = self.url.partition("://")
        return scheme if found else ""

    @property
    def name(self) -> str:
        return f"channel {self.number}" + (f" ({self.kind})" if self.kind else "")


@dataclass(frozen=True)
class Delivery:
    """What became of a message to a channel; `problem` is empty where it took it."""

    channel: Channel
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return not self.problem

    @property
    def sentence(self) -> str:
        return f"{self.channel.name} {self.problem or 'took the message'}"


def channels_of(urls: str) -> list[Channel]:
    """The channels of a list with spaces or commas between."""
    listed = [url for url in _BETWEEN_URLS.split(urls.strip(" \t\r\n,")) if url]
    return [Channel(number, url) for number, url in enumerate(listed, 1)]


def is_known(channel: Channel) -> bool:
    """Whether Apprise can read the URL. Nothing is sent."""
    from apprise import Apprise

    _keep_quiet()
    return Apprise.instantiate(channel.url) is not None


def _keep_quiet() -> None:
    """Apprise's own messages name hosts and paths."""
    logging.getLogger("apprise").addHandler(logging.NullHandler())
    logging.getLogger("apprise").propagate = False


def send(messages: Sequence[tuple[Channel, Message]], *, seconds: float = SECONDS) -> list[Delivery]:
    """Send each channel its message, all at once.

    Apprise waits 4 s for a connection and 4 s for an answer unless a URL says otherwise; `seconds` is the end.
    """
    from apprise import Apprise, NotifyFormat, NotifyType

    from python_processors.engines.base import environment_name

    _keep_quiet()
    urls = [channel.url for channel, _ in messages]
    outcomes: dict[int, bool] = {}

    def notify(number: int, service: Any, message: Message) -> None:
        of = f"[{environment_name()}] " if environment_name() else ""
        title, body = (without_secrets(text, urls) for text in (of + message.title, message.body))
        outcomes[number] = bool(
            service.notify(title=title, body=body, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT)
        )

    threads: dict[int, threading.Thread] = {}
    for channel, message in messages:
        service = Apprise.instantiate(channel.url)
        if service is not None:
            # A daemon: it ends with the process, however long its server thinks.
            thread = threading.Thread(target=_quietly(notify), args=(channel.number, service, message), daemon=True)
            thread.start()
            threads[channel.number] = thread
    end = time.monotonic() + seconds
    deliveries = []
    for channel, _ in messages:
        at_work = threads.get(channel.number)
        if at_work is None:
            problem = "is no URL that Apprise knows (docs/alerts.md)"
        else:
            at_work.join(max(0.0, end - time.monotonic()))
            late = f"did not answer within {seconds:,.0f} s" if at_work.is_alive() else "did not take the message"
            problem = "" if outcomes.get(channel.number) else late
        deliveries.append(Delivery(channel, problem))
    return deliveries


def _quietly(function: Callable[[int, Any, Message], None]) -> Callable[[int, Any, Message], None]:
    """A thread's traceback would print what the channel is."""

    def run(number: int, service: Any, message: Message) -> None:
        try:
            function(number, service, message)
        except Exception:
            return

    return run
