"""A file compared with the keys that it may have; what is wrong is told by its path and in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pydantic
from pydantic_core import ErrorDetails

from python_processors.contract.keys import Keys
from python_processors.errors import ContractError
from python_processors.yaml_files import Document

K = TypeVar("K", bound=Keys)
T = TypeVar("T")
Path = tuple[str | int, ...]

_KINDS = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
}


class Wrong(ValueError):
    """A part of a contract is wrong: which, and why. Whoever read the file knows its line."""

    def __init__(self, path: Iterable[str | int], said: str) -> None:
        self.path, self.said = tuple(path), said
        super().__init__(said)


def shaped(keys: type[K], value: Any, order: Callable[[Path], Any] = len) -> K:
    """The value as an object with these keys.

    :param order: which of several faults is told: the first by this, such as its line.
    :raises Wrong: it has other keys, or values of other kinds.
    """
    try:
        return keys.model_validate(value)
    except pydantic.ValidationError as error:
        found = [_wrong(detail) for detail in error.errors(include_url=False)]
        raise min(found, key=lambda wrong: order(wrong.path)) from None


def of_document(document: Document, table: str, make: Callable[[], T]) -> T:
    """What `make` returns; a part that it finds wrong is an error with the part's line.

    :raises ContractError: a part is wrong.
    """
    try:
        return make()
    except Wrong as wrong:
        raise document.error(wrong.path, wrong.said, table) from None


def of_mapping(table: str, make: Callable[[], T]) -> T:
    """The same of what was never in a file.

    :raises ContractError: a part is wrong.
    """
    try:
        return make()
    except Wrong as wrong:
        raise ContractError(table, wrong.said) from None


def check_once(names: Sequence[str], path: Path, what: str, at: Path = ()) -> None:
    """:raises Wrong: a name is there twice; its second place is told.

    :param at: from an entry to its name.
    """
    for position, name in enumerate(names):
        if name in names[:position]:
            raise Wrong((*path, position, *at), f"{what} named twice: {name}. Keep one.")


def check_known(names: Sequence[str], known: Iterable[str], path: Path, what: str) -> None:
    """:raises Wrong: a name is none of those that there are."""
    there = list(known)
    for position, name in enumerate(names):
        if name not in there:
            raise Wrong((*path, position), f"{what} names no column: {name}. The columns are {', '.join(there)}.")


def _wrong(detail: ErrorDetails) -> Wrong:
    path, kind, given = detail["loc"], detail["type"], detail["input"]
    name = next((f"`{step}`" for step in reversed(path) if isinstance(step, str)), "the file")
    subject = f"an entry of {name}" if path and isinstance(path[-1], int) else name
    context = detail.get("ctx", {})
    if kind == "unknown_key":
        return Wrong((*path, context["key"]), f"{subject} {detail['msg']}.")
    if kind == "missing":
        parent = next((f"`{step}`" for step in reversed(path[:-1]) if isinstance(step, str)), "the file")
        owner = f"an entry of {parent}" if len(path) > 1 and isinstance(path[-2], int) else parent
        return Wrong(path, f"{owner} has no {name}, which it must have.")
    if kind == "literal_error":
        return Wrong(path, f"no {name.strip('`')} is called {_shown(given)}; there are {context['expected']}.")
    if kind == "name":
        return Wrong(path, f"{subject} {_shown(given)} {detail['msg']}.")
    if kind == "string_pattern_mismatch":
        return Wrong(path, f"{subject} is empty; say what it is.")
    if kind in _KINDS:
        return Wrong(path, f"{subject} must be {_KINDS[kind]}, and is {_kind_of(given)}.")
    return Wrong(path, f"{subject} is {_shown(given)}: {detail['msg'].removeprefix('Input ')}.")


def _kind_of(value: Any) -> str:
    """A value of the wrong kind, in words."""
    if isinstance(value, dict):
        return "a mapping of keys"
    if isinstance(value, list):
        return "a list"
    return "empty" if value is None else _shown(value)


def _shown(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
