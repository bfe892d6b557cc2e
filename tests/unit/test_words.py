"""A count and what is counted agree, in whatever is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from python_processors.contract import PROJECT_ROOT
from python_processors.words import count_of

# A count in an f-string before a plural; aligned columns of tables are left alone, and so are texts of SQL.
PLURAL = re.compile(
    r"""\{(?:len\([\w.]+\)|[\w.]+):,\} (?:more )?(?:row|date|partition|table|file|key|finding|difference)s\b"""
)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 partitions were lost"), (1, "1 partition was lost"), (2000, "2,000 partitions were lost")],
)
def test_a_count_has_its_noun_and_verb(count: int, words: str) -> None:
    assert f"{count_of(count, 'partition was', 'partitions were')} lost" == words
    assert count_of(count, "row") == f"{count:,} row{'' if count == 1 else 's'}"


def found() -> list[str]:
    folder = PROJECT_ROOT / "python_processors"
    return [
        f"{path.relative_to(folder)}: {line.strip()}"
        for path in sorted(Path(folder).rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if PLURAL.search(line)
    ]


def test_no_text_puts_a_plural_behind_a_count_by_itself() -> None:
    assert found() == [], "use words.count_of"
