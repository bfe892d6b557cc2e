"""A run waits for whoever looks at the database file: it says who that is, and does not end."""

from __future__ import annotations

import time
from collections.abc import Callable

WORD_SECONDS = 30.0


class Waiting:
    """The patience of a run (see engines.base.Patience): a word at once, and another every 30 seconds."""

    def __init__(
        self, say: Callable[[str], None], *, note: Callable[[str], None] = lambda words: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """
        :param say: is told who holds the file.
        :param note: keeps the same words for whoever asks; is told nothing when the run goes on.
        :param check: asked at each look at the file; what it raises ends the wait.
        """
        self._say, self._note, self._check = say, note, check
        self._whom, self._said_at, self._since = "", 0.0, 0.0

    def waits(self, for_whom: str) -> None:
        self._check()
        now = time.monotonic()
        if not self._since:
            self._since = now
        elif for_whom == self._whom and now - self._said_at < WORD_SECONDS:
            return
        words = f"waits for the database file, which {for_whom} holds, for {now - self._since:.0f} s so far"
        self._whom, self._said_at = for_whom, now
        self._say(f"The run {words}: it goes on once the file is closed there. Ctrl-C stops it.")
        self._note(words)

    def goes_on(self) -> None:
        if self._since:
            self._since = 0.0
            self._note("")
