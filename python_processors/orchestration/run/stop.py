"""How a person stops a run."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from python_processors.engines.base import WaitEndedError


class Stop:
    """SIGINT and SIGTERM let the publish in flight finish, then end the run; a second one ends it at once."""

    def __init__(self) -> None:
        self.is_asked = False

    def end_wait(self) -> None:
        """:raises WaitEndedError: the run was asked to stop; nothing is in flight while it waits."""
        if self.is_asked:
            raise WaitEndedError

    @contextmanager
    def listening(self, say: Callable[[str], None]) -> Iterator[Stop]:
        def ask(number: int, frame: FrameType | None) -> None:
            if self.is_asked:
                raise KeyboardInterrupt
            self.is_asked = True
            say(
                f"{signal.Signals(number).name}: the step at work is finished, then the run stops."
                " Once more stops at once."
            )

        try:
            before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        except ValueError:  # not the main thread: nobody sends it signals
            before = {}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
