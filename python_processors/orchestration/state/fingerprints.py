"""Fingerprints by content: of what each read sees of each date, and of each table's stored rows.

All relations are fingerprinted in one query: row count and sums of row hashes, per date and, where a read goes
by player or team, per entity. Sums do not depend on order and add up over windows; a doubled row counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.contract import hashed_tables
from python_processors.logic_version import project_vars
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.state.macros import rendered
from python_processors.orchestration.state.memory import WHOLE, Built, Memory
from python_processors.orchestration.state.reads import Read, reads_of
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables

_READINESS = ("is_production_ready", "completeness_percentage")

_UNITS = pa.schema([
    ("relation", pa.string()), ("slot", pa.int64()), ("day", pa.date32()), ("entity", pa.string()), ("n", pa.int64()),
    ("hi", pa.int64()), ("lo", pa.int64()),
])  # fmt: skip
_REPORTED_BEFORE = timedelta(days=1)  # reports name games of the next day, too: macro injury_report_window


@dataclass(frozen=True)
class Slot:
    """Columns of a relation that some read takes together."""

    columns: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass
class Overlay:
    """Raw rows that a run would load first, by table: they stand for the stored rows of the same files.

    Tables `anew` are made again, as the contract changed: nothing of what is stored stays.
    """

    rows: Mapping[str, pa.Table] = field(default_factory=dict)
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    anew: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether a run would load nothing."""
        return not (self.rows or self.files or self.anew)


class Fingerprints:
    """Fingerprints of the relations that tables read, gathered once into `units` of `memory`."""

    def __init__(self, project: Project, tables: Iterable[str], memory: Memory | None = None) -> None:
        self.project = project
        self.memory = memory or Memory()
        self.reads = {table: all_reads(project, table) for table in tables}
        self.slots: dict[str, list[Slot]] = {}
        self.entity: dict[str, str] = {}
        for reads in self.reads.values():
            for read in reads:
                slot = Slot(read.columns, read.left_out)
                slots = self.slots.setdefault(read.upstream, [])
                if slot not in slots:
                    slots.append(slot)
        # Of all tables, asked for or not: whom a row is of is part of its hash, and the ledger knows only one.
        for table in hashed_tables():
            self.entity.update({read.upstream: read.by for read in reads_of(table) if read.by})

    @property
    def looked_up(self) -> set[tuple[str, str]]:
        """(relation, column) that hold whom the reads by player or team look up."""
        return {(str(read.of), str(read.of_column)) for reads in self.reads.values() for read in reads if read.by}

    def slot_of(self, read: Read) -> int:
        return self.slots[read.upstream].index(Slot(read.columns, read.left_out))

    def gather(
        self, session: Session, relations: Iterable[str], start: date, end: date, overlay: Overlay | None = None
    ) -> None:
        """Fingerprint relations anew, as far back as the reads of dates from `start` to `end` go."""
        named = list(relations)
        sql = self.query_of(session, named, start, end, overlay)
        self.take(named, None if sql is None else session.read(sql))

    def take(self, named: Collection[str], rows: pa.Table | None, built: Built | None = None) -> None:
        """Keep what the query of these relations found, in place of what was known; None where none is a table.

        :param built: as of query_of().
        """
        # Added at once: a statement costs more than the rows of most relations.
        gathered = [_UNITS.empty_table(), *(self._of_seed(name) for name in named if self.project.is_seed(name))]
        if rows is not None:
            for number in range(self._most_slots(named)):
                with_it = pa.array([name for name in named if len(self.slots[name]) > number], pa.string())
                of_slot = rows.filter(pc.is_in(rows["relation"], with_it))
                gathered.append(pa.table({
                    **{name: of_slot[name] for name in ("relation", "day", "entity", "n")},
                    "slot": pa.repeat(number, of_slot.num_rows),
                    "hi": of_slot[f"hi_{number}"], "lo": of_slot[f"lo_{number}"],
                }).select(_UNITS.names).cast(_UNITS))  # fmt: skip
        self.memory.put_days("units", "relation", named, pa.concat_tables(gathered), built)

    def _of_seed(self, relation: str) -> pa.Table:
        """A seed is the project's own file: its checksum says what a run would load."""
        checksum = self.project.checksum(relation)
        high, low = int(checksum[:8], 16), int(checksum[8:16], 16)
        slots = range(len(self.slots[relation]))
        return pa.Table.from_pylist(
            [{"relation": relation, "slot": slot, "day": WHOLE, "n": 1, "hi": high, "lo": low} for slot in slots],
            schema=_UNITS,
        )

    def query_of(
        self, session: Session, relations: Iterable[str], start: date, end: date, overlay: Overlay | None = None,
        built: Built | None = None,
    ) -> str | None:  # fmt: skip
        """The query that fingerprints relations, in one; None while none of them is a table.

        :param built: the only days of some relations that are asked for.
        """
        named = [name for name in relations if not self.project.is_seed(name)]
        most = self._most_slots(named)
        queries = [self._query(session, name, start, end, overlay or Overlay(), most, built) for name in named]
        return " union all ".join(sql for sql in queries if sql is not None) or None

    def _most_slots(self, relations: Iterable[str]) -> int:
        return max((len(self.slots[name]) for name in relations), default=0)

    def days_back(self, relation: str) -> int:
        """How far back, in days, some table reads a relation."""
        return _days_back(read for reads in self.reads.values() for read in reads if read.upstream == relation)

    def _query(
        self, session: Session, relation: str, start: date, end: date, overlay: Overlay, slots: int, built: Built | None
    ) -> str | None:
        project = self.project
        source, live = source_of(session, relation, project.relation(relation), overlay)
        if not live:
            return None
        dated = project.date_column(relation)
        by = self.entity.get(relation)
        sums: list[str] = []
        for number, slot in enumerate(self.slots[relation]):
            columns = self._columns(relation, slot, live)
            identity = [column for column in (dated, by) if column and column not in columns]
            high, low = session.row_hash([*identity, *columns])
            sums += [f"cast(sum({half}) as int64) as {side}_{number}" for half, side in ((high, "hi"), (low, "lo"))]
        for number in range(len(self.slots[relation]), slots):  # as wide as those that it is in a union with
            sums += [f"cast(null as int64) as {side}_{number}" for side in ("hi", "lo")]
        day = dated or f"date '{WHOLE:%Y-%m-%d}'"
        earliest = start - timedelta(days=self.days_back(relation))
        end += timedelta(days=_days_ahead(relation))
        if built is not None and relation in built.relations:
            earliest, end = max(earliest, built.first), min(end, built.last)
        where = f"where {dated} between date '{earliest}' and date '{end}'" if dated else ""
        raw = raw_tables().get(relation)
        if raw is not None and raw.partition_by not in (None, dated):
            where += f" and {raw.partition_by} between date '{earliest - _REPORTED_BEFORE}' and date '{end}'"
        of_dates = (
            f"select '{relation}' as relation, {day} as day, {by or 'cast(null as string)'} as entity,"
            f" count(*) as n, {', '.join(sums)} from {source} as rows_read {where} group by 2, 3"
        )
        return " union all ".join([of_dates, *self._of_any_date(session, relation, source, live, slots)])

    def _of_any_date(self, session: Session, relation: str, source: str, live: list[str], slots: int) -> Iterator[str]:
        """A query for each slot that is read whole of a raw table with dates: what its rows say, each thing once."""
        read = {read for reads in self.reads.values() for read in reads if read.upstream == relation}
        for number in sorted({self.slot_of(one) for one in read if _is_of_any_date(one)}):
            columns = self._columns(relation, self.slots[relation][number], live)
            sums = [
                f"cast({f'sum({half})' if other == number else 'null'} as int64)"
                for other in range(slots)
                for half in session.row_hash(columns)
            ]
            yield (
                f"select '{relation}', date '{WHOLE.isoformat()}', cast(null as string), count(*), {', '.join(sums)}"
                f" from (select distinct {', '.join(columns)} from {source} as rows_read"
                f" where {raw_tables()[relation].partition_by} >= date '{WHOLE.isoformat()}') as rows_read"
                " having count(*) > 0"
            )

    def _columns(self, relation: str, slot: Slot, live: list[str]) -> list[str]:
        if slot.columns and relation in raw_tables():
            return [column for column in slot.columns if column in live]
        if slot.columns:
            return [column if column in live else rendered(column, "rows_read") for column in slot.columns]
        if relation in raw_tables():
            return [column.name for column in raw_tables()[relation].columns if column.name in live]
        if relation in self.project.tables:
            # Readiness is no part of the hash, and tables of the same date copy it.
            return ["data_hash", *(name for name in _READINESS if name in live)]
        return [column for column in live if column not in slot.left_out]


def source_of(session: Session, relation: str, name: str, overlay: Overlay) -> tuple[str, list[str]]:
    """What to select a relation's rows from as a run would find them, and its columns; none while it is not there."""
    live = [column for column, _, _ in session.columns(name)]
    source = session.named(name)
    fresh = overlay.rows.get(relation)
    if fresh is None:
        return source, live
    stays = live and relation not in overlay.anew
    return _overlaid(session, relation, source if stays else None, fresh, overlay.files[relation]), fresh.column_names


def all_reads(project: Project, table: str) -> tuple[Read, ...]:
    """What decides a table's rows of a date; of LAYER: all raw tables and seeds."""
    if table != LAYER:
        return tuple(_of_games(read) for read in reads_of(table))
    dated = [_of_games(Read(name)) for name, raw in raw_tables().items() if raw.partition_by]
    whole = [Read(name, window="whole") for name, raw in raw_tables().items() if not raw.partition_by]
    said_once = {read for name in hashed_tables() for read in reads_of(name) if _is_of_any_date(read)}
    return (
        *dated, *whole, *sorted(said_once, key=lambda read: read.name),
        *(Read(name, window="whole") for name in project.seeds),
    )  # fmt: skip


def _is_of_any_date(read: Read) -> bool:
    """Whether a read takes what rows of a raw table say, whatever date they are of."""
    raw = raw_tables().get(read.upstream)
    return read.window == "whole" and raw is not None and raw.partition_by is not None


def _of_games(read: Read) -> Read:
    """A read of a raw table's rows of a date: with those of other dates that may be of its games, or count for them."""
    if read.window != "same_date" or read.upstream not in raw_tables():
        return read
    raw = raw_tables()[read.upstream]
    if raw.counts_for_days:
        return replace(read, window="up_to", size=raw.counts_for_days)
    return replace(read, window="around", size=raw.days_from_game) if raw.days_from_game else read


def longest_season() -> int:
    return int(project_vars()["longest_season_days"])


def first_partition(start: date) -> date:
    """The first of raw data that dates from `start` on may read, whatever table reads it."""
    days = _days_back(read for table in hashed_tables() for read in reads_of(table))
    return start - timedelta(days=days) - _REPORTED_BEFORE


def last_partition(end: date) -> date:
    """The last of raw data that dates up to `end` may read."""
    return end + timedelta(days=max(map(_days_ahead, raw_tables())))


def _days_back(reads: Iterable[Read]) -> int:
    sizes = {"same_date": 0, "whole": 0, "games": longest_season(), "season_before": longest_season()}
    return max(read.size if read.window in ("days", "around", "up_to") else sizes[read.window] for read in reads)


def _days_ahead(relation: str) -> int:
    return raw_tables()[relation].days_from_game if relation in raw_tables() else 0


def _overlaid(session: Session, relation: str, stored: str | None, fresh: pa.Table, files: tuple[str, ...]) -> str:
    connection = session.connection
    assert connection is not None  # files that are not yet loaded are overlaid only where runs load them
    connection.register(f"fresh_{relation}", fresh)
    if stored is None:
        return f"fresh_{relation}"
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
    columns = ", ".join(fresh.column_names)
    return (
        f"(select {columns} from {stored} where _loaded_from not in ({names})"
        f" union all select {columns} from fresh_{relation})"
    )
