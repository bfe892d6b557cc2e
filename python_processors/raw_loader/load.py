"""A plan's files brought into the database, a transaction each, and what came of it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import duckdb

from python_processors.errors import RawDirError
from python_processors.raw_contract import raw_tables
from python_processors.raw_loader.deletions import check_deletions
from python_processors.raw_loader.folder import RawFolder
from python_processors.raw_loader.ledger import (
    FILE_COLUMN,
    NOT_CONTENT,
    StoredFile,
    create_ledger,
    create_missing,
    make_table,
    named,
    registered,
    transaction,
)
from python_processors.raw_loader.listing import IgnoredFile
from python_processors.raw_loader.overlaps import matches
from python_processors.raw_loader.plan import Incoming, Kept, LoadPlan, loads_files, plan_load
from python_processors.raw_loader.read_files import ReadFiles
from python_processors.raw_loader.reading import UnreadableFileError
from python_processors.words import count_of

_PAGES_KEPT = "64MB"  # of DuckDB's between two files: the load of twenty seasons needs no more memory than that of one
_ON_ITS_WAY = "moving:"  # before the name of a file whose new name is still another's


@dataclass(frozen=True)
class LoadOutcome:
    """What a load did. `superseded` are rows that a newer file gives, too: they are not stored. One that `leaves_alone`
    what is there looked at no file.
    """

    folder: RawFolder
    rows_by_file: Mapping[str, int]
    unchanged_files: int
    moved: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    superseded: int = 0
    ignored: tuple[IgnoredFile, ...] = ()
    is_simulated: bool = False
    leaves_alone: bool = False

    @property
    def changed_anything(self) -> bool:
        return bool(self.rows_by_file or self.moved or self.removed or self.superseded)

    def __str__(self) -> str:
        rows = sum(self.rows_by_file.values())
        what = "simulated league" if self.is_simulated else "raw archive"
        text = (
            f"{what} in {self.folder.path}: {count_of(len(self.rows_by_file), 'file')} loaded"
            f" ({count_of(rows, 'row')}),"
            f" {self.unchanged_files} unchanged"
        )
        if self.moved:
            text += f", {len(self.moved)} moved"
        if self.removed:
            text += f", {len(self.removed)} gone ({count_of(sum(self.removed.values()), 'row')} deleted)"
        if self.superseded:
            text += f"; {count_of(self.superseded, 'row is', 'rows are')} those of newer files"
        return text


def load_raw(
    connection: duckdb.DuckDBPyConnection, folder: RawFolder, *, prefix: str = "", allow_deletes: bool = False,
    read: ReadFiles | None = None,
) -> LoadOutcome:  # fmt: skip
    """Make the raw tables, and bring them to what `folder` holds.

    :param prefix: before each dataset's name.
    :param allow_deletes: rows may go, however many.
    :param read: what a plan read of files.
    :raises RawDirError: a file cannot be read or differs from the raw contract; names all of them.
    :raises LeaguesMeetError: simulated games would meet others.
    :raises DeletionsRefusedError: rows would go that nobody said may go.
    """
    if not loads_files(connection, folder, prefix=prefix):
        return LoadOutcome(folder, {}, 0, leaves_alone=True)
    create_missing(connection, prefix)
    plan = plan_load(connection, folder, prefix=prefix, allow_deletes=allow_deletes, read=read)
    if not allow_deletes:
        check_deletions(connection, plan, prefix=prefix)
    if not plan.is_empty:
        _carry_out(connection, plan, prefix)
    leagues = [load.league for load in plan.loads] + [kept.stored.league for kept in plan.kept]
    return LoadOutcome(
        folder,
        rows_by_file={load.file.name: load.rows_to_store for load in plan.loads},
        unchanged_files=len(plan.kept) - len(plan.moved),
        moved={kept.stored.name: kept.file.name for kept in plan.moved},
        removed={file.name: file.stored_count for file in plan.gone},
        superseded=plan.rows_superseded, ignored=plan.ignored,
        is_simulated=any(league.is_simulated for league in leagues),
    )  # fmt: skip


def tell(outcome: LoadOutcome) -> None:
    """Say on stderr what a load did, and once per process which files it left alone."""
    if outcome.leaves_alone:
        return
    is_empty = not (outcome.rows_by_file or outcome.unchanged_files or outcome.moved)
    if outcome.changed_anything or is_empty:
        print(outcome, file=sys.stderr)
    if is_empty:
        print("  It has no file <table>.parquet or <table>.csv: see docs/raw-archive.md.", file=sys.stderr)
    meant = any(file.name.rpartition("/")[2].split(".")[0].lower() in raw_tables() for file in outcome.ignored)
    if outcome.changed_anything or is_empty or meant:
        _tell_ignored(outcome.ignored)


@functools.cache
def _tell_ignored(ignored: tuple[IgnoredFile, ...]) -> None:
    for file in ignored:
        print(f"  not read: {file}", file=sys.stderr)


def _carry_out(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, prefix: str) -> None:
    """Whatever it is cut off after, the ledger says what is left: what is not done has no content there."""
    with transaction(connection):
        _make_tables(connection, plan, prefix)
        for table, name in [(file.table, file.name) for file in plan.replaced] + [
            (kept.stored.table, kept.stored.name) for kept in plan.losers
        ]:
            _set(connection, prefix, table, name, checksum=NOT_CONTENT)
    for gone in plan.gone:
        with transaction(connection):
            _forget(connection, gone, prefix)
    _move(connection, plan.moved, prefix)
    for loser in plan.losers:
        with transaction(connection):
            _take_lost_rows(connection, loser, prefix)
    for load in plan.loads:
        try:
            rows = plan.read.take(load.file)
        except UnreadableFileError as error:
            raise RawDirError(str(plan.folder.path), error.problems) from error
        with transaction(connection):
            _replace_rows(connection, load, rows, prefix)
        del rows  # before the next ones are read
        _give_back_pages(connection)
    with transaction(connection):
        for kept in plan.kept:
            if kept.lost:
                _set(connection, prefix, kept.stored.table, kept.file.name, checksum=kept.file.checksum)
            if kept.lost or kept.file.modified != kept.stored.modified:
                _set(connection, prefix, kept.stored.table, kept.file.name, modified_ns=kept.file.modified)


def _make_tables(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, prefix: str) -> None:
    create_ledger(connection, prefix, plan.stored)
    for name in sorted(plan.stored.anew):
        make_table(connection, raw_tables()[name], prefix)


def _forget(connection: duckdb.DuckDBPyConnection, file: StoredFile, prefix: str) -> None:
    table = raw_tables().get(file.table)
    if table:  # else the contract has lost it
        connection.execute(f"delete from {named(table, prefix)} where coalesce({FILE_COLUMN}, '') = ?", [file.name])
    connection.execute(
        f"delete from {prefix}nba_ops.raw_files where table_name = ? and file_name = ?", [file.table, file.name]
    )


def _move(connection: duckdb.DuckDBPyConnection, moved: tuple[Kept, ...], prefix: str) -> None:
    """Give files their new names: one at a time, and where the new name is another's by way of a third."""
    taken = {(kept.stored.table, kept.stored.name) for kept in moved}
    by_way = [kept for kept in moved if (kept.file.table.name, kept.file.name) in taken]
    direct = [kept for kept in moved if (kept.file.table.name, kept.file.name) not in taken]
    steps = [(kept.file.table, kept.stored.name, _ON_ITS_WAY + kept.file.name) for kept in by_way]
    steps += [(kept.file.table, kept.stored.name, kept.file.name) for kept in direct]
    steps += [(kept.file.table, _ON_ITS_WAY + kept.file.name, kept.file.name) for kept in by_way]
    for table, old, new in steps:
        with transaction(connection):
            connection.execute(
                f"update {named(table, prefix)} set {FILE_COLUMN} = ? where {FILE_COLUMN} = ?", [new, old]
            )
            _set(connection, prefix, table.name, old, file_name=new)
        _give_back_pages(connection)


def _take_lost_rows(connection: duckdb.DuckDBPyConnection, kept: Kept, prefix: str) -> None:
    assert kept.lost is not None
    table = kept.file.table
    with registered(connection, lost_keys=kept.lost.keys):
        connection.execute(
            f"delete from {named(table, prefix)} as s where s.{FILE_COLUMN} = ?"
            f" and exists (select 1 from lost_keys as k where {matches(table, 's', 'k')})",
            [kept.file.name],
        )
    left = kept.stored.stored_count - kept.lost.rows
    _set(connection, prefix, table.name, kept.file.name, stored_count=left)


def _replace_rows(connection: duckdb.DuckDBPyConnection, load: Incoming, rows: object, prefix: str) -> None:
    table, name = load.file.table, load.file.name
    connection.execute(f"delete from {named(table, prefix)} where {FILE_COLUMN} = ?", [name])
    lost = load.lost.keys if load.lost else None
    without = f" where not exists (select 1 from lost_keys as k where {matches(table, 'r', 'k')})"
    relations = {"new_rows": rows} | ({"lost_keys": lost} if lost is not None else {})
    with registered(connection, **relations):
        connection.execute(
            f"insert into {named(table, prefix)} by name"
            f" select r.*, ? as {FILE_COLUMN} from new_rows as r{without if lost is not None else ''}",
            [name],
        )
    ledger = f"{prefix}nba_ops.raw_files"
    connection.execute(f"delete from {ledger} where table_name = ? and file_name = ?", [table.name, name])
    connection.execute(
        f"insert into {ledger} by name select ? as file_name, ? as table_name, ? as checksum, ? as row_count,"
        " ? as stored_count, ? as modified_ns, ? as league, now() as loaded_at",
        [
            name, table.name, load.file.checksum, load.row_count, load.rows_to_store, load.file.modified,
            str(load.league),
        ],
    )  # fmt: skip


def _set(connection: duckdb.DuckDBPyConnection, prefix: str, table: str, name: str, **values: object) -> None:
    (column, value), *_ = values.items()
    connection.execute(
        f"update {prefix}nba_ops.raw_files set {column} = ? where table_name = ? and file_name = ?",
        [value, table, name],
    )


def _give_back_pages(connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB keeps the pages that it wrote as long as memory lasts, and gives them back where its limit sinks."""
    ((limit,),) = connection.execute("select current_setting('memory_limit')").fetchall()
    number, unit = limit.split()  # one decimal, the rest cut off
    with suppress(duckdb.OutOfMemoryException):  # what is in use stays, and with it the limit
        connection.execute(f"set memory_limit = '{_PAGES_KEPT}'")
    connection.execute(f"set memory_limit = '{float(number) + 0.05:.2f} {unit}'")
