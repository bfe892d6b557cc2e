"""What a load would do, decided before anything is written. A plan of dates and the load itself both go by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby

import duckdb

from python_processors.engines.base import environment_name
from python_processors.errors import RawDirError
from python_processors.raw_contract import raw_tables
from python_processors.raw_loader.folder import RawFolder
from python_processors.raw_loader.leagues import League, check_leagues
from python_processors.raw_loader.ledger import NOT_CONTENT, Stored, StoredFile, read_stored
from python_processors.raw_loader.listing import FoundFile, IgnoredFile, Listing, list_files
from python_processors.raw_loader.overlaps import Bounds, Lost, is_stored, lie_apart, lost_rows
from python_processors.raw_loader.read_files import ReadFiles
from python_processors.raw_loader.reading import UnreadableFileError


@dataclass(frozen=True)
class Incoming:
    """A file to be loaded, in place of what is stored under its name. `lost` rows are a newer file's."""

    file: FoundFile
    row_count: int
    league: League
    lost: Lost | None = None

    @property
    def rows_to_store(self) -> int:
        return self.row_count - (self.lost.rows if self.lost else 0)


@dataclass(frozen=True)
class Kept:
    """A file that is stored as it is, maybe under the name that it had before. `lost` rows go to a newer file."""

    file: FoundFile
    stored: StoredFile
    lost: Lost | None = None

    @property
    def is_moved(self) -> bool:
        return self.file.name != self.stored.name


@dataclass(frozen=True)
class TableChange:
    """What a load does to a raw table: files, and rows by file. A changed file's rows are removed and added."""

    table: str
    rows_before: int
    rows_to_add: int
    rows_to_remove: int
    files_loaded: int
    files_moved: int
    files_gone: int

    @property
    def rows_after(self) -> int:
        return self.rows_before + self.rows_to_add - self.rows_to_remove


@dataclass(frozen=True)
class LoadPlan:
    """What a load would do to which files. `loads` come newest first, so that none loses rows to one that is to come.

    `replaced` and `gone` are stored files whose rows go: with the file of the same name, or for good.
    `ignored` look like data and are not read; `anew` are tables that are made again, as the contract says now; `read`
    is what was read of files so far.
    """

    folder: RawFolder
    stored: Stored
    loads: tuple[Incoming, ...] = ()
    kept: tuple[Kept, ...] = ()
    replaced: tuple[StoredFile, ...] = ()
    gone: tuple[StoredFile, ...] = ()
    ignored: tuple[IgnoredFile, ...] = ()
    changes: Mapping[str, TableChange] = field(default_factory=dict)
    read: ReadFiles = field(default_factory=ReadFiles, repr=False, compare=False)

    @property
    def moved(self) -> tuple[Kept, ...]:
        return tuple(file for file in self.kept if file.is_moved)

    @property
    def losers(self) -> tuple[Kept, ...]:
        """Files that keep their place and lose rows to a newer file."""
        return tuple(file for file in self.kept if file.lost)

    @property
    def rows_superseded(self) -> int:
        """Rows that some file holds and that are not stored from now on, as a newer file gives them, too."""
        lost = [load.lost for load in self.loads] + [kept.lost for kept in self.kept]
        return sum(of_file.rows for of_file in lost if of_file)

    @property
    def is_empty(self) -> bool:
        """Whether all is loaded as it is."""
        is_as_stored = all(kept.file.modified == kept.stored.modified for kept in self.kept)
        return is_as_stored and not (
            self.loads or self.moved or self.replaced or self.gone or self.stored.anew or not self.stored.has_ledger
        )


def plan_load(
    connection: duckdb.DuckDBPyConnection, folder: RawFolder, *, prefix: str = "", allow_deletes: bool = False,
    read: ReadFiles | None = None,
) -> LoadPlan:  # fmt: skip
    """Look at a folder and at what is stored. Writes nothing but the files of the simulated league.

    :param prefix: before each dataset's name.
    :param allow_deletes: a new file without a row is fine. One that had rows is announced: see refusals_of().
    :param read: what was read of files before, and what is to be kept of them.
    :raises RawDirError: files cannot be read, differ from the raw contract, or contradict each other; names all.
    :raises LeaguesMeetError: games of two leagues would meet.
    """
    read = read or ReadFiles()
    stored = read_stored(connection, prefix)
    listing = Listing() if leaves_alone(stored, folder) else list_files(folder)
    problems = [*listing.problems, *_of_others(listing, stored)]
    matched, copies = _matched(folder, _without_copies(listing.files, stored), stored)
    bounds: dict[str, Bounds] = {}
    overlapping: set[str] = set()
    names_of: dict[str, set[str]] = defaultdict(set)
    kept_of: dict[str, set[str]] = defaultdict(set)
    for file in stored.files:
        names_of[file.table].add(file.name)
    for kept in matched.kept:
        kept_of[kept.stored.table].add(kept.stored.name)
    had_rows = {file.name for file in matched.replaced if file.row_count}
    loads = []
    for load in matched.loads:  # memory does not hold the rows of all
        table = load.file.table
        seen, rows = read.seen(load.file), None
        if seen is None or kept_of[table.name]:
            try:
                seen, rows = read.read(load.file)
            except UnreadableFileError as error:
                problems += error.problems
                continue
        if not (seen.row_count or load.file.name in had_rows or allow_deletes):
            problems.append(f"{load.file.name}: it holds no row; fill it, or move it out of the folder")
        loads.append(replace(load, row_count=seen.row_count, league=seen.league))
        bounds[load.file.name] = seen.bounds
        leaving = names_of[table.name] - kept_of[table.name]
        if kept_of[table.name] and rows is not None and is_stored(connection, table, rows, sorted(leaving), prefix):
            overlapping.add(load.file.name)
        del rows  # before the next one is read
    _check(folder, problems)
    check_leagues(
        folder, stored.database, {file.name: file.league for file in stored.files},
        {load.file.name: load.league for load in loads} | {kept.file.name: kept.stored.league for kept in matched.kept},
    )  # fmt: skip
    plan = replace(matched, loads=tuple(loads), ignored=(*listing.ignored, *copies), read=read)
    overlapping |= _sharing(loads, bounds)
    try:
        plan, problems = _settled(connection, plan, overlapping, prefix)
    except UnreadableFileError as error:
        problems = error.problems
    _check(folder, problems)
    return replace(plan, changes=_changes(plan))


def leaves_alone(stored: Stored, folder: RawFolder) -> bool:
    """Whether nothing is loaded and no raw table is made: somebody else fills them, as the platform does on BigQuery.
    A folder that nobody named is of no use there, and least of all invented games.
    """
    return bool(stored.others and folder.is_found and not stored.files)


def loads_files(connection: duckdb.DuckDBPyConnection, folder: RawFolder, *, prefix: str = "") -> bool:
    """Whether a load into this database would look at the folder: an environment reads what production loaded."""
    return not environment_name() and not leaves_alone(read_stored(connection, prefix), folder)


def _of_others(listing: Listing, stored: Stored) -> list[str]:
    return [
        f"{file.name}: the table {file.table.name} is there already, and no file was ever loaded into it; move the file"
        " out of the folder, or the table out of the database"
        for file in listing.files
        if file.table.name in stored.others
    ]


def _check(folder: RawFolder, problems: list[str]) -> None:
    if problems:
        raise RawDirError(str(folder.path), problems)


def _without_copies(files: Iterable[FoundFile], stored: Stored) -> tuple[list[FoundFile], list[IgnoredFile]]:
    """A file of each content: by the name that it is stored under, else the first, and as new as the newest copy."""
    names = {file.name for file in stored.files}
    of_content: dict[tuple[str, str], list[FoundFile]] = {}
    for file in files:
        of_content.setdefault((file.table.name, file.checksum), []).append(file)
    chosen, copies = [], []
    for same in of_content.values():
        first, *others = sorted(same, key=lambda file: (file.name not in names, file.name))
        chosen.append(replace(first, modified=max(file.modified for file in same)))
        copies += [IgnoredFile(file.name, f"it holds what {first.name} holds; remove it") for file in others]
    return chosen, copies


def _matched(
    folder: RawFolder, found: tuple[list[FoundFile], list[IgnoredFile]], stored: Stored
) -> tuple[LoadPlan, list[IgnoredFile]]:
    """Files by content: which are stored already, which are to be read, what goes."""
    files, copies = found
    of_content = {
        (file.table, file.checksum): file
        for file in stored.files
        if file.checksum != NOT_CONTENT and file.table not in stored.anew
    }
    kept = []
    to_read = []
    for file in files:
        same = of_content.get((file.table.name, file.checksum))
        if same:
            kept.append(Kept(file, same))
        else:
            to_read.append(file)
    leaving = {(file.table, file.name) for file in stored.files} - {(k.stored.table, k.stored.name) for k in kept}
    # What an older file lost comes back where the newer one went, or is no longer the newer one: it is read again.
    disturbed = {table for table, _ in leaving}
    disturbed |= {file.stored.table for file in kept if file.file.modified != file.stored.modified}
    again = [k for k in kept if k.stored.table in disturbed and k.stored.stored_count < k.stored.row_count]
    read_again = {k.file.name for k in again}
    kept = [k for k in kept if k.file.name not in read_again]
    to_read += [k.file for k in again]
    leaving |= {(k.stored.table, k.stored.name) for k in again}
    names = {(file.table.name, file.name) for file in to_read}
    out = [file for file in stored.files if (file.table, file.name) in leaving]
    newest_first = sorted(to_read, key=lambda file: (file.table.name, -file.modified, file.name))
    plan = LoadPlan(
        folder, stored, tuple(Incoming(file, 0, League()) for file in newest_first), tuple(kept),
        replaced=tuple(file for file in out if (file.table, file.name) in names),
        gone=tuple(file for file in out if (file.table, file.name) not in names),
    )  # fmt: skip
    return plan, copies


def _sharing(loads: Sequence[Incoming], bounds: Mapping[str, Bounds]) -> set[str]:
    """Names of files that may share a key with another one that comes with them."""
    shared = set()
    for _, of_table in groupby(loads, key=lambda load: load.file.table.name):
        for one, other in combinations((load.file.name for load in of_table), 2):
            if not lie_apart(bounds[one], bounds[other]):
                shared |= {one, other}
    return shared


def _settled(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, overlapping: set[str], prefix: str
) -> tuple[LoadPlan, list[str]]:
    """The plan with what each file loses to newer ones."""
    lost: dict[str, Lost] = {}
    problems: list[str] = []
    for table in raw_tables().values():
        incoming = [load.file for load in plan.loads if load.file.table == table and load.file.name in overlapping]
        if incoming:
            kept = {file.stored.name: file.file for file in plan.kept if file.file.table == table}
            of_table, wrong = lost_rows(connection, table, incoming, kept, plan.read.rows, prefix)
            lost |= of_table
            problems += wrong
    loads = tuple(replace(load, lost=lost.get(load.file.name)) for load in plan.loads)
    kept_files = tuple(replace(kept, lost=lost.get(kept.file.name)) for kept in plan.kept)
    return replace(plan, loads=loads, kept=kept_files), problems


def _changes(plan: LoadPlan) -> dict[str, TableChange]:
    changes = {}
    for table, before in plan.stored.rows.items():
        loads = [load for load in plan.loads if load.file.table.name == table]
        moved = [kept for kept in plan.moved if kept.stored.table == table]
        gone = [file for file in plan.gone if file.table == table]
        losers = [kept.lost.rows for kept in plan.losers if kept.lost and kept.stored.table == table]
        removed = sum(file.stored_count for file in (*plan.replaced, *gone) if file.table == table) + sum(losers)
        if loads or moved or gone or losers:
            changes[table] = TableChange(
                table, before, sum(load.rows_to_store for load in loads), removed, len(loads), len(moved), len(gone)
            )
    return changes
