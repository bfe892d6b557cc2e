"""Texts of errors as a message holds them: the error's own sentence, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable

from python_processors import redaction

CHARACTERS = 300  # of one line; where whatever is longer is read in full says the command to type

_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'File "[^"]*", line \d+(?:, in \S+)?')
_RAISED = re.compile(r"(?:^|\s)((?:[A-Za-z_]\w*\.)*[A-Z]\w*): ")  # of an exception: where its own words begin
_OF_DBT = re.compile(r"^(?:test \w+: )?(?:Runtime|Database|Compilation) Error in [\w ]+? \S+ \([^)]*\)\s+")
_PLACE = re.compile(r"\s+(?:LINE \d+: |compiled code at |> in macro )")  # what follows quotes the query
# What differs each time the same thing is said: ids of runs and objects, instants, durations.
_PASSING = re.compile(
    r"\b\d{8}T\d{6}-[0-9a-f]{6}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b0x[0-9a-f]+\b"
    r"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|\b\d+(?:\.\d+)? ?m?s\b|\bprocess \d+\b"
    r"|/tmp/\S+"
)
# What an error quotes of one of many rows: whichever a query came upon first, and another one in the next run.
_QUOTED = re.compile(r"""\w+=\S+|"[^"]*"|'[^']*'|[-+]?\d[\d.,:-]*""")
_SEVERAL = re.compile(r"~(?:[\s;,.]*~)+")


def own_sentence(message: str) -> str:
    """What an error says itself: without where dbt met it, the calls that led to it, and the query that it quotes."""
    text = " ".join(message.split())
    if _TRACEBACK in text:
        text = _raised_last(text.rpartition(_TRACEBACK)[2])
    stripped = _PLACE.split(_OF_DBT.sub("", text), maxsplit=1)[0].strip()
    return stripped or text


def _raised_last(traceback: str) -> str:
    """The exception at the end of a traceback, whose lines may have been joined to one: after the last frame comes its
    line of code, and then the exception. Errors of this project say all in words, and are left without their name."""
    frames = list(_FRAME.finditer(traceback))
    after = traceback[frames[-1].end() :] if frames else traceback
    raised = next((found for found in _RAISED.finditer(after) if _is_exception(found[1])), None)
    if raised is None:
        return after.strip()
    module, _, name = raised[1].rpartition(".")
    words = after[raised.end() :]
    return words if module.startswith("python_processors") else f"{name}: {words}"


def _is_exception(name: str) -> bool:
    return "." in name or name.endswith(("Error", "Exception", "Warning", "Exit", "Interrupt", "Iteration"))


def without_passing(text: str) -> str:
    """A sentence without what changes each time that it is said: the same finding has the same one from run to run."""
    return _PASSING.sub("~", text)


def without_rows(text: str) -> str:
    """What an error says without the rows and figures that it quotes: a date that fails as it did is no news."""
    return _SEVERAL.sub("~", _QUOTED.sub("~", without_passing(text).partition(" Row: ")[0])).rstrip(" .~")


def without_secrets(text: str, urls: Iterable[str] = ()) -> str:
    """A text without channels' URLs, and without the secrets that a message may quote; long lines are cut."""
    for url in urls:
        text = text.replace(url, "[channel]")
    return "\n".join(_cut(redaction.without_secrets(text)))


def one_line(text: str) -> str:
    """A text on one line and without secrets, fit to be stored."""
    return " ".join(without_secrets(text).split())


def _cut(text: str) -> list[str]:
    return [line if len(line) <= CHARACTERS else f"{line[:CHARACTERS]} ..." for line in text.splitlines()]
