"""Counts in words: `1 partition`, `2,000 partitions`."""

from __future__ import annotations


def count_of(count: int, one: str, many: str = "") -> str:
    """A count and what is counted.

    :param many: what more than one, or none, are called, where that is not `one` with an s; with a verb, too.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
