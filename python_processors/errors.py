"""Errors a user can act on. Each message says what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from python_processors.redaction import without_secrets


def meant(typed: str, known: Collection[str]) -> str:
    """The question that follows a name which is none, where another one is near; else no words."""
    near = difflib.get_close_matches(typed, known, 1)
    return f" Did you mean {near[0]}?" if near else ""


class FullcourtError(Exception):
    """A mistake or a fault in the data that a person can repair: shown without a traceback, and without secrets."""

    def __str__(self) -> str:
        return without_secrets(super().__str__())


class RefusedError(FullcourtError):
    """A request that cannot be, or not now: whoever asked is told, and nobody else is needed."""


def is_of_the_disk(message: str) -> bool:
    """Whether an error says that there is no room: a full disk, or a file beyond the process's limit."""
    said = message.lower()
    return "no space left" in said or "disk is full" in said or "file too large" in said


class ContractError(FullcourtError):
    """A contract file cannot be used as it stands.

    :param table: whose contract it is; empty of a file that is no single table's.
    """

    def __init__(self, table: str, problem: str, *, file: str = "", line: int | None = None) -> None:
        self.table, self.problem, self.file, self.line = table, problem, file, line
        where = [f"Contract of `{table}`"] if table else []
        where += [f"{file}, line {line}" if line else file] if file else []
        super().__init__(f"{', '.join(where)}: {problem}")


class CastError(FullcourtError):
    """A value does not fit the type its contract declares."""

    def __init__(self, table: str, field: str, problem: str, key: str | None = None) -> None:
        self.table, self.field, self.key = table, field, key
        where = f" Row: {key}." if key else ""
        super().__init__(f"{table}.{field}: {problem}{where}")


class ColumnMismatchError(FullcourtError):
    """A processor's columns are not the ones its contract names."""

    def __init__(self, table: str, missing: list[str], unknown: list[str]) -> None:
        self.table, self.missing, self.unknown = table, missing, unknown
        parts = []
        if missing:
            parts.append(f"missing {', '.join(missing)}")
        if unknown:
            parts.append(f"not in the contract: {', '.join(unknown)}")
        super().__init__(
            f"Columns of `{table}` differ from its contract: {'; '.join(parts)}."
            f" Change the processor, or the columns in the model's YAML file."
        )


class DuplicateKeyError(FullcourtError):
    """Rows share the key that their contract declares unique."""

    def __init__(self, table: str, key: tuple[str, ...], examples: list[str], count: int) -> None:
        self.table, self.key, self.examples, self.count = table, key, examples, count
        super().__init__(
            f"`{table}` would hold {count} duplicated keys ({', '.join(key)}): {'; '.join(examples)}."
            " Nothing was published. Look for a join in the model that multiplies rows."
        )


class NullKeyError(FullcourtError):
    """A required column is null."""

    def __init__(self, table: str, field: str, key: str) -> None:
        self.table, self.field, self.key = table, field, key
        super().__init__(
            f"{table}.{field} is null, and its contract requires a value. Row: {key}. Nothing was published."
        )


class OutsideWindowError(FullcourtError):
    """A processor returned rows of dates that it was not asked to build."""

    def __init__(self, table: str, dates: list[str], start_date: str, end_date: str) -> None:
        self.table, self.dates = table, dates
        super().__init__(
            f"`{table}` returned rows outside {start_date} to {end_date}: {', '.join(dates)}."
            " Nothing was published. Filter the model's query with in_window()."
        )


class RawDirError(FullcourtError):
    """The raw folder cannot be loaded as a whole; nothing of it was written."""

    def __init__(self, folder: str, problems: list[str]) -> None:
        self.folder, self.problems = folder, problems
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f"Raw folder {folder} does not fit the raw contract; nothing was loaded:\n{listed}\n"
            "Repair the files, or the contract in models/staging/_sources.yml."
        )


class NoRawFilesError(FullcourtError):
    """Fullcourt was installed, and its folder holds no raw files: it may be the wrong one."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"There are no raw files: RAW_DIR is not set, and {folder} has neither data/raw nor data/simulated."
            " Set RAW_DIR, go to the folder that has them, or let `fullcourt simulate` write an invented league."
        )


class RawDirMissingError(FullcourtError):
    """RAW_DIR names a folder that is not there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"RAW_DIR is {folder}, and there is no such folder. Point it at a raw archive, or unset it.")
