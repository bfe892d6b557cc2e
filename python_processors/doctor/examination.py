"""All checks, in order. What cannot be checked says why, and is never `ok`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from python_processors.doctor import raw, setting, targets
from python_processors.doctor.seen import Seen, see
from python_processors.engines.base import Warehouse
from python_processors.engines.look import NOTE, PROBLEM, Line
from python_processors.errors import FullcourtError
from python_processors.raw_contract import raw_tables
from python_processors.words import count_of

CHECKS = (
    "versions", "contracts", "folders", "database", "datasets", "rights", "raw_files", "raw_tables", "tipoff_hours",
    "schedule", "target_tables", "lock", "channels", "cost",
)  # fmt: skip
_INSIDE = ("raw_tables", "tipoff_hours", "schedule", "target_tables")  # cannot be looked at from outside


@dataclass(frozen=True)
class Examination:
    """What was found, in the order of CHECKS."""

    lines: tuple[Line, ...]

    @property
    def would_work(self) -> bool:
        return not any(line.level == PROBLEM for line in self.lines)

    def to_dict(self) -> dict[str, Any]:
        return {"would_work": self.would_work, "lines": [line.to_dict() for line in self.lines]}

    def text(self) -> list[str]:
        """What a person reads."""
        width = max(len(check) for check in CHECKS)
        said = [
            f"{line.level:<8} {line.check:<{width}}  {line.said}{f' {line.to_do}' if line.to_do else ''}"
            for line in self.lines
        ]
        count = sum(line.level == PROBLEM for line in self.lines)
        spelled = count_of(count, "problem")
        return [*said, "", "A run would work." if self.would_work else f"A run would not work: {spelled}."]


def examine(warehouse: Warehouse, today: date) -> Examination:
    """Look at everything that a run needs. Nothing is changed, and nothing raises."""
    lines = _checked("versions", lambda: setting.versions(warehouse))
    lines += _checked("folders", lambda: setting.folders(warehouse))
    lines += _checked("channels", setting.channels)
    of_project = _checked("contracts", setting.contracts)
    if not any(line.level == PROBLEM for line in of_project):
        of_project += _checked("contracts", setting.parse) + _checked("database", lambda: setting.names(warehouse))
    outside, is_whole = _tried("database", warehouse.look)
    lines += of_project + outside
    if any(line.level == PROBLEM for line in of_project):
        lines += _not_looked_at(warehouse, "the contracts or names are wrong")
    elif not is_whole:
        lines += _not_looked_at(warehouse, "the warehouse cannot be opened")
    else:
        lines += _inside(warehouse, today)
    order = {check: place for place, check in enumerate(CHECKS)}
    return Examination(tuple(sorted(lines, key=lambda line: order[line.check])))


def _checked(check: str, look: Callable[[], Iterable[Line]]) -> list[Line]:
    """The lines of a check; one that fails, whatever way, is a problem that says why."""
    return _tried(check, look)[0]


def _tried(check: str, look: Callable[[], Iterable[Line]]) -> tuple[list[Line], bool]:
    """The same, and whether it came to its end."""
    found: list[Line] = []
    try:
        for line in look():
            found.append(line)
    except Exception as error:  # also a library's, or a fault of ours: never an ok
        return [*found, Line(check, PROBLEM, _words(error))], False
    return found, True


def _words(error: Exception) -> str:
    if isinstance(error, FullcourtError):
        return str(error)
    return str(FullcourtError(f"It could not be checked: {type(error).__name__}: {' '.join(str(error).split())}"))


def _not_looked_at(warehouse: Warehouse, why: str) -> list[Line]:
    """Of what is inside of a warehouse that is not opened; its lock shows from outside on some engines."""
    lines = [Line(check, NOTE, f"Not looked at: {why}.") for check in _INSIDE]
    return lines + _checked("lock", lambda: targets.lock(warehouse, None))


def _inside(warehouse: Warehouse, today: date) -> list[Line]:
    opened: list[Line] = []

    def look() -> Iterable[Line]:
        with warehouse.reading() as session:
            opened.extend(_of_session(warehouse, see(session), today))
        return ()

    failed, is_whole = _tried("database", look)
    return opened if is_whole else [*failed, *_not_looked_at(warehouse, "the warehouse cannot be opened")]


def _of_session(warehouse: Warehouse, seen: Seen, today: date) -> list[Line]:
    read = list(dict.fromkeys(table.source for table in raw_tables().values()))
    lines = _checked("rights", lambda: warehouse.look_inside(seen.session, read, targets.written_datasets(seen)))
    try:
        files = raw.files_of(warehouse, seen)
    except Exception as error:
        lines.append(Line("raw_files", PROBLEM, _words(error)))
        lines += [Line(of, NOTE, "Not looked at: see raw_files.") for of in ("raw_tables", "tipoff_hours", "schedule")]
    else:
        held, failed = raw.held_rows(seen)
        lines += _checked("raw_files", lambda: raw.of_files(files))
        lines += _checked("raw_tables", lambda: raw.of_tables(seen, files, held, failed))
        lines += _checked("tipoff_hours", lambda: raw.tipoff_hours(seen, files))
        lines += _checked("schedule", lambda: raw.schedule(files, held, today))
    lines += _checked("target_tables", lambda: targets.of_tables(seen))
    lines += _checked("lock", lambda: targets.lock(warehouse, seen))
    lines += _checked("cost", lambda: targets.cost(seen, today))
    return lines
