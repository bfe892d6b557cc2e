"""Seeds as their YAML files type them: a value that its type refuses is told by file and line, before anything runs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from python_processors.errors import ContractError
from python_processors.places import PROJECT_ROOT
from python_processors.words import count_of
from python_processors.yaml_files import named, read_yaml

SEEDS = PROJECT_ROOT / "seeds"


def _day(text: str) -> date:
    if len(text) != 10 or text[7] != "-":  # 20211019 and 2021-W42-2 are ISO dates, too
        raise ValueError(text)
    return date.fromisoformat(text)


# Types of column_types, those that an engine spells in its own way as they are spelled first.
_READ: dict[str, tuple[Callable[[str], Any], str]] = {
    "date": (_day, "a date, as 2021-10-19"),
    "int64": (int, "a whole number"),
    "float64": (float, "a number"),
}


def check_seeds(folder: Path = SEEDS) -> None:
    """:raises ContractError: a seed has a value that its type refuses, or a line with fields too many or too few."""
    for path in sorted(folder.glob("*.yml")):
        for seed in read_yaml(path).get("seeds") or []:
            file = folder / f"{seed['name']}.csv"
            if file.exists():
                _check(file, (seed.get("config") or {}).get("column_types") or {})


def _check(file: Path, types: dict[str, str]) -> None:
    read = {name: of for name, spelled in types.items() for kind, of in _READ.items() if kind in spelled}
    try:
        for line, values in _lines(file):
            for name, (convert, what) in read.items():
                if value := values.get(name, ""):
                    try:
                        convert(value)
                    except ValueError:
                        raise _error(file, line, f"{name} is `{value}`, and is to be {what}") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise _error(file, 1, f"it cannot be read as CSV ({error})") from error


def _lines(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row, with the line on which it ends."""
    with file.open(encoding="utf-8", newline="") as opened:
        rows = csv.reader(opened, strict=True)
        header = next(rows, [])
        for row in rows:
            if row and len(row) != len(header):
                raise _error(
                    file, rows.line_num, f"it has {count_of(len(row), 'field')}, and the header has {len(header)}"
                )
            yield rows.line_num, dict(zip(header, row, strict=False))


def _error(file: Path, line: int, problem: str) -> ContractError:
    return ContractError("", f"{problem}. Correct the line, and run the same again.", file=named(file), line=line)
