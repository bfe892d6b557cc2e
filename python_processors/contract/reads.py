"""The rules of what a table declares to read (`config.meta.reads`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from python_processors.contract.keys import ReadKeys
from python_processors.contract.relations import columns_of, relations
from python_processors.contract.shapes import Path, Wrong, of_mapping, shaped

# What counts of a row although it is no column: the macro of that name makes it of the relation's rows.
COMPUTED = {"player_game_summary": ("took_part",)}


def check_read(table: str, read: Mapping[str, Any]) -> None:
    """Whether one read can be understood, whatever relations there are.

    :raises ContractError: it cannot.
    """
    of_mapping(table, lambda: check_window(shaped(ReadKeys, read)))


def check_window(read: ReadKeys, path: Path = ()) -> None:
    """:raises Wrong: the keys of the read contradict each other."""
    about = f"read of `{read.upstream}`"
    if (read.window in ("days", "games")) != bool(read.size) or (read.window == "games" and not read.by):
        raise Wrong(
            (*path, "window"),
            f"{about}: `days` and `games` need a size, and `games` a `by`; other windows have no size.",
        )
    if (read.of or read.of_column) and not read.by:
        why = f"{about}: `of` and `of_column` say where a `by` is looked up, and it has none."
        raise Wrong((*path, "of" if read.of else "of_column"), why)
    if read.columns and read.left_out:
        raise Wrong((*path, "except"), f"{about}: `columns` names what counts, `except` what does not: give one.")


def check_reads(reads: Sequence[ReadKeys], table: str, own: Sequence[str], path: Path) -> None:
    """Compare reads with the relations of the project, and with each other.

    :param own: the table's own columns.
    :raises Wrong: a read cannot be, or is there twice.
    """
    if not reads:
        raise Wrong(path, "`config.meta.reads` names what decides its rows, each once; it names nothing.")
    seen: set[tuple[Any, ...]] = set()
    for position, read in enumerate(reads):
        here = (*path, position)
        check_window(read, here)
        _check_relation(read.upstream, (*here, "from"))
        if read.upstream == table and read.window == "same_date":
            raise Wrong((*here, "from"), f"`{table}` cannot read its own rows of the same date.")
        _check_columns(read, table, own, here)
        identity = (read.upstream, read.window, read.size, read.by, tuple(read.columns))
        if identity in seen:
            why = f"read of `{read.upstream}` is there twice: name its columns once, in one read."
            raise Wrong((*here, "from"), why)
        seen.add(identity)


def _check_columns(read: ReadKeys, table: str, own: Sequence[str], path: Path) -> None:
    upstream = own if read.upstream == table else columns_of(read.upstream)
    countable = None if upstream is None else (*upstream, *COMPUTED.get(read.upstream, ()))
    for part, names in (("columns", read.columns), ("except", read.left_out)):
        if len(set(names)) < len(names):
            raise Wrong((*path, part), f"`{part}` of the read of `{read.upstream}` names a column twice.")
        for position, name in enumerate(names):
            _check_column(name, countable, read.upstream, (*path, part, position))
    if read.by:
        _check_column(read.by, upstream, read.upstream, (*path, "by"))
        asked = read.of or table
        if asked != table:
            _check_relation(asked, (*path, "of"))
        known = own if asked == table else columns_of(asked)
        _check_column(read.of_column or read.by, known, asked, (*path, "of_column" if read.of_column else "by"))


def _check_relation(name: str, path: Path) -> None:
    if name not in relations():
        raise Wrong(path, f"no relation is called {name}; a read names a model, a seed or a raw table of the project.")


def _check_column(name: str, known: Sequence[str] | None, relation: str, path: Path) -> None:
    if known is not None and name not in known:
        raise Wrong(path, f"`{relation}` has no column {name}; it has {', '.join(known)}.")
