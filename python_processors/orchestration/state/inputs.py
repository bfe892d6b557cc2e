"""Input fingerprints: of each table and date, what its reads see, as one text and its hash.

The text is `read=rows:high:low` for each read by name, so that two of them say which read changed. All of
it is set-based SQL over the units that Fingerprints gathered, the same for every target.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from python_processors.orchestration.state.fingerprints import Fingerprints
from python_processors.orchestration.state.memory import WHOLE
from python_processors.orchestration.state.reads import Read
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables

_SEPARATOR = ";"
_LOOKING = pa.schema([
    ("read", pa.int64()), ("relation", pa.string()), ("slot", pa.int64()), ("window", pa.string()),
    ("size", pa.int64()),
])  # fmt: skip
_NAMES = pa.schema([("table_name", pa.string()), ("read", pa.int64()), ("name", pa.string())])


class Inputs:
    """Computes input fingerprints in the memory of `fingerprints`, from `dates`, `all_days`, `units` and `targets`."""

    def __init__(self, fingerprints: Fingerprints) -> None:
        self._fingerprints = fingerprints
        self.memory = fingerprints.memory
        self._known: dict[Read, int] = {}
        self._numbers = itertools.count()

    def are_seen(self) -> None:
        """The memory holds what all reads see: it was kept after a compute()."""
        self._known = {read: next(self._numbers) for read in self._in_order()}

    def compute(self, days: str) -> None:
        """Fill `inputs` (table_name, day, inputs, input_fingerprint) for the tables and days that a query names.

        :param days: SQL with columns `table_name` and `day`.
        """
        self.memory.forget("asked")
        self.memory.execute(f"insert into asked select distinct table_name, day from ({days})")
        self._look()
        self.memory.execute(
            "delete from inputs using asked where inputs.table_name = asked.table_name and inputs.day = asked.day"
        )
        self.memory.execute(
            f"""
            insert into inputs
            with listed as (
                select asked.table_name, asked.day, string_agg(concat(
                    names.name, '=', coalesce(seen.n, 0), ':', coalesce(seen.hi, 0), ':', coalesce(seen.lo, 0)
                ), '{_SEPARATOR}' order by names.name) as inputs
                from asked inner join read_names as names on asked.table_name = names.table_name
                left join seen on names.read = seen.read and asked.day = seen.day
                group by asked.table_name, asked.day
            )
            select table_name, day, inputs, left(sha256(inputs), 16) from listed
            """
        )

    def _ask(self, days: str) -> None:
        self.memory.forget("due")
        self.memory.execute(f"insert into due select distinct day from ({days})")

    def forget(self, relations: Iterable[str]) -> None:
        """What was seen of these relations, or of whom they look up, is to be looked at again."""
        gone = set(relations)
        for read in [read for read in self._known if {read.upstream, read.of} & gone]:
            self.memory.execute("delete from seen where read = ?", [self._known.pop(read)])

    def _look(self) -> None:
        """Fill `seen` (read, day, n, hi, lo) for every day, for all reads that are not known: tables share them,
        and reads of one kind are looked at in one statement."""
        of_tables = self._fingerprints.reads
        wanted = [read for read in self._in_order() if read not in self._known]
        if not wanted:
            return
        looking: list[list[Any]] = []
        for read in wanted:
            self._known[read] = next(self._numbers)
            row = [self._known[read], read.upstream, self._fingerprints.slot_of(read), read.window, read.size]
            if not read.by:
                looking.append(row)
            else:
                units = f"(select * from units where relation = '{read.upstream}' and slot = {row[2]})"
                self.memory.execute(f"insert into seen select {row[0]}, * from ({self._seen_by_entity(read, units)})")
        rows = [dict(zip(_LOOKING.names, row, strict=True)) for row in looking]
        self.memory.put("looking", pa.Table.from_pylist(rows, schema=_LOOKING))
        named = [(table, self._known[read], read.name) for table, reads in of_tables.items() for read in reads]
        names = [dict(zip(_NAMES.names, row, strict=True)) for row in named]
        self.memory.put("read_names", pa.Table.from_pylist(names, schema=_NAMES))
        self.memory.execute(
            f"""
            insert into seen
            with by_day as materialized (
                select looking.read, looking."window", looking.size, units.day,
                    sum(units.n) as n, sum(units.hi) as hi, sum(units.lo) as lo
                from looking inner join units on looking.relation = units.relation and looking.slot = units.slot
                group by all
            )
            select read, day, n, hi, lo from by_day where "window" = 'same_date'
            union all
            select by_day.read, all_days.day, by_day.n, by_day.hi, by_day.lo
            from by_day cross join all_days where by_day."window" = 'whole' and by_day.day = date '{WHOLE}'
            union all
            select by_day.read, all_days.day, sum(by_day.n), sum(by_day.hi), sum(by_day.lo)
            from by_day inner join all_days
                on by_day.day >= all_days.day - cast(by_day.size as integer) and by_day.day < all_days.day
            where by_day."window" = 'days' group by 1, 2
            union all
            select by_day.read, all_days.day, sum(by_day.n), sum(by_day.hi), sum(by_day.lo)
            from by_day inner join all_days
                on by_day.day between all_days.day - cast(by_day.size as integer)
                and all_days.day + cast(by_day.size as integer)
            where by_day."window" = 'around' group by 1, 2
            union all
            select by_day.read, all_days.day, sum(by_day.n), sum(by_day.hi), sum(by_day.lo)
            from by_day inner join all_days
                on by_day.day between all_days.day - cast(by_day.size as integer) and all_days.day
            where by_day."window" = 'up_to' group by 1, 2
            union all
            select by_day.read, here.day, sum(by_day.n), sum(by_day.hi), sum(by_day.lo)
            from by_day
            inner join season_days as there on by_day.day = there.day
            inner join dates as here on there.season_year = here.season_year and there.day < here.day
            where by_day."window" = 'season_before' group by 1, 2
            """
        )

    def _in_order(self) -> list[Read]:
        """Every read once, in the order of their numbers."""
        reads = {read for reads in self._fingerprints.reads.values() for read in reads}
        return sorted(reads, key=lambda read: (read.upstream, read.name, str(read.of), str(read)))

    def _seen_by_entity(self, read: Read, units: str) -> str:
        """(day, n, hi, lo) of a read by player or team: running sums per entity, looked up once per date and
        entity, so that no pair of a date and a row is made."""
        targets = f"(select day, entity from targets where relation = '{read.of}')"
        if read.window == "days":
            return f"""
                with running as (
                    select entity, day, sum(n) over so_far as n, sum(hi) over so_far as hi, sum(lo) over so_far as lo
                    from {units} window so_far as (partition by entity order by day)
                )
                select looked_up.day, sum(upto.n - coalesce(before.n, 0)) as n,
                    sum(upto.hi - coalesce(before.hi, 0)) as hi, sum(upto.lo - coalesce(before.lo, 0)) as lo
                from {targets} as looked_up
                asof join running as upto on looked_up.entity = upto.entity and looked_up.day > upto.day
                asof left join running as before
                    on looked_up.entity = before.entity and looked_up.day - {read.size} > before.day
                group by 1
            """
        frame = f"rows between {read.size - 1} preceding and current row" if read.window == "games" else ""
        return f"""
            with running as (
                select units.entity, there.season_year, units.day,
                    sum(units.n) over so_far as n, sum(units.hi) over so_far as hi, sum(units.lo) over so_far as lo
                from {units} as units inner join season_days as there on units.day = there.day
                window so_far as (partition by units.entity, there.season_year order by units.day {frame})
            )
            select looked_up.day, sum(running.n) as n, sum(running.hi) as hi, sum(running.lo) as lo
            from {targets} as looked_up
            inner join dates on looked_up.day = dates.day
            asof join running
                on looked_up.entity = running.entity and dates.season_year = running.season_year
                and looked_up.day > running.day
            group by 1
        """

    def affected(self, read: Read, moved: str) -> str:
        """SQL of the days in `due` on which a read may see a change of `moved` (relation, day).

        Where the rows of such a day are known, a read by player or team is touched only through those
        who have one; a day without rows yet may bring anybody.
        """
        pending = f"(select day from {moved} where relation = '{read.upstream}')"
        if read.window == "whole":
            return f"select day from due where exists (select 1 from {pending} as pending)"
        if read.window == "same_date":
            return f"select day from {pending} as pending"
        if read.window == "days":
            reaches = f"due.day > pending.day and due.day <= pending.day + {read.size}"
        else:
            reaches = "due.day > pending.day and here.season_year = there.season_year"
        joined = f"due inner join dates as here on due.day = here.day inner join {pending} as pending on true"
        seasons = "inner join season_days as there on pending.day = there.day" if read.window != "days" else ""
        whoever = f"select distinct due.day from {joined} {seasons} where {reaches}"
        if not read.by:
            return whoever
        units = (
            f"(select distinct entity, day from units where relation = '{read.upstream}'"
            f" and slot = {self._fingerprints.slot_of(read)})"
        )
        last_day = {
            "days": f"units.day + {read.size}",
            "games": f"lead(units.day, {read.size}) over (partition by units.entity, season_year order by units.day)",
            "season_before": "null",
        }[read.window]
        return f"""
            with spans as (
                select units.entity, there.season_year, units.day, {last_day} as last_day
                from {units} as units left join season_days as there on units.day = there.day
            ),
            looked_up as (
                select targets.day, targets.entity, dates.season_year
                from targets inner join dates on targets.day = dates.day
                where targets.relation = '{read.of}' and targets.day in (select day from due)
            )
            select distinct looked_up.day
            from spans
            inner join {pending} as pending on spans.day = pending.day
            inner join looked_up
                on spans.entity = looked_up.entity and looked_up.day > spans.day
                and looked_up.day <= coalesce(spans.last_day, date '9999-12-31')
                {"and looked_up.season_year = spans.season_year" if read.window != "days" else ""}
            union
            {whoever} and pending.day not in (select day from {units} as units)
        """

    def days_touched(self, table: str, days: str, moved: str) -> dict[date, Read]:
        """Of the days that a query names, those that a change may touch, and through which read.

        :param moved: what changes or is built first: a table (relation, day) in `memory`.
        """
        touched: dict[date, Read] = {}
        earliest = dict(self.memory.execute(f"select relation, min(day) from {moved} group by 1").fetchall())
        self._ask(days)
        left = {day for (day,) in self.memory.execute("select day from due").fetchall()}
        # Reads of everybody first: they are quick, and often leave nothing to look up player by player.
        for read in sorted(self._fingerprints.reads[table], key=lambda read: read.by is not None):
            if read.upstream in raw_tables() or read.upstream not in earliest:
                continue  # raw rows are compared, not waited for
            if not left or (read.window not in ("same_date", "whole") and max(left) <= earliest[read.upstream]):
                continue  # windows end before their date
            found = self.memory.execute(
                f"delete from due where day in (select day from ({self.affected(read, moved)})) returning day"
            ).fetchall()
            touched |= {day: read for (day,) in found}
            left -= set(touched)
        return touched

    def query_of_targets(self, session: Session, start: date, end: date) -> str | None:
        """SQL of `targets`: whom the reads by player or team look up on the days from `start` to `end`; None while
        nothing names them."""
        project = self._fingerprints.project
        queries = []
        for relation, column in sorted(self._fingerprints.looked_up):
            name, day = project.relation(relation), project.date_column(relation)
            if session.columns(name):
                queries.append(
                    f"select distinct '{relation}' as relation, {day} as day, {column} as entity"
                    f" from {session.named(name)} where {day} between date '{start}' and date '{end}'"
                )
        return " union all ".join(queries) or None


def changed_reads(before: str, after: str) -> list[str]:
    """Names of the reads that differ between two input texts, in order.

    A read that only one of them has differs, too.
    """
    old, new = reads_seen(before), reads_seen(after)
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def reads_seen(text: str) -> dict[str, str]:
    """What each read saw, rows:high:low by its name. A part that is none, as in a damaged row, is left out."""
    return dict(part.rsplit("=", 1) for part in text.split(_SEPARATOR) if "=" in part)
