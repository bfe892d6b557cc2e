"""What is wrong with dates or rows of a table: a sentence for people, and what makes it the same from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class OpenFinding:
    """One thing that needs attention.

    `kind` is the outcome of dates, or the fault of rows. `first` and `last` are its dates; None where it has none, as
    rows without a date have. `why` is the sentence without date and kind, where it has them.
    """

    said: str
    kind: str
    first: date | None = None
    last: date | None = None
    why: str = ""
