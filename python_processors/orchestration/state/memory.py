"""The in-memory database of a snapshot: every table of it, and what other modules ask of them.

Windows over them are worked out in `inputs`; nobody outside this package writes SQL for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

NO_ROWS = "0:0:0"
WHOLE = date(1, 1, 1)  # the day of relations without dates

_NAME = "name_of_look"
_SCHEMA = """
    -- The schedule: days with games, of every season.
    create table dates (day date, season_year bigint, games bigint, is_analysis_date boolean);
    -- Spans of days of which the schedule knows whether games are played.
    create table known_dates (first_date date, last_date date, reason_of_others varchar);
    -- Days of the range that anything is known of.
    create table all_days (day date);

    -- What relations hold now: per slot of columns, day and entity (fingerprints of what is read) ...
    create table units (relation varchar, slot bigint, day date, entity varchar, n bigint, hi bigint, lo bigint);
    -- ... whom they look up, ...
    create table targets (relation varchar, day date, entity varchar);
    -- ... and per day: rows of hashed tables, by their hashes, and of all other models, by their content.
    create table stored (table_name varchar, day date, fingerprint varchar);
    create table made (relation varchar, day date, fingerprint varchar);

    -- The newest words of the ledgers on a table, or model, and day.
    create table ledger (
        table_name varchar, day date, inputs varchar, input_fingerprint varchar, output_fingerprint varchar,
        logic_version varchar, libraries varchar, run_id varchar, recorded_at timestamptz, sequence bigint,
        copies bigint
    );
    create table model_ledger (relation varchar, day date, fingerprint varchar);
    -- Beside the newest word: when a date was last taken back, and when last taken back or failed, and why.
    create table said (
        table_name varchar, day date, decision varchar, reason varchar, sequence bigint,
        taken_back_at bigint, distrusted_at bigint, distrust varchar
    );
    create table published (table_name varchar, day date);
    create table coverage (
        table_name varchar, day date, outcome varchar, reason varchar, expected_rows bigint, actual_rows bigint,
        excused_rows bigint
    );

    -- Season by day, of days off as well: rows that lie there are in reach of the games before and after them.
    create view season_days as
    with off as (
        select distinct day from units where day <> date '0001-01-01' and day not in (select day from dates)
    )
    select day, season_year from dates
    union
    select off.day, dates.season_year from off asof join dates on off.day >= dates.day
    union
    select off.day, dates.season_year from off asof join dates on off.day <= dates.day;

    -- What reads see: `looking` lists those that are looked at together, `seen` what came of it, `read_names` which
    -- table has which read, and `asked` for which tables and days that is put together.
    create table looking (read bigint, relation varchar, slot bigint, "window" varchar, size bigint);
    create table read_names (table_name varchar, read bigint, name varchar);
    create table asked (table_name varchar, day date);
    create table seen (read bigint, day date, n bigint, hi hugeint, lo hugeint);
    create table inputs (table_name varchar, day date, inputs varchar, input_fingerprint varchar);
    create table due (day date);
    -- Who stands in which feed's box scores: for guesses alone.
    create table appearances (feed varchar, day date, team varchar, player varchar, is_played boolean);
    -- Days of the range that a run would build.
    create table to_build (day date);

    -- Relations and days that a run has yet to build, that failed in it, or that no run stands for.
    create table pending (relation varchar, day date);
    create table failed_now (relation varchar, day date);
    create table unproven (relation varchar, day date, reason varchar);
"""


@dataclass(frozen=True)
class Built:
    """Relations of which a build has replaced the rows of some days, and of no others."""

    relations: frozenset[str]
    first: date
    last: date


class Memory:
    """One snapshot's database. Rows come and go as Arrow."""

    def __init__(self, kept: Path | None = None, name: str = "") -> None:
        """
        :param kept: what write() left, instead of empty tables.
        :param name: the one that it was written with.
        :raises duckdb.Error: it is no such file.
        :raises ValueError: it was written with another name.
        """
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        self.connection.execute(_SCHEMA)
        if kept is not None:
            try:
                self._fill(kept, name)
            except BaseException:
                self.connection.close()
                raise

    def _fill(self, kept: Path, name: str) -> None:
        self.connection.execute(f"attach {_text(kept)} as kept (read_only)")
        if self.connection.execute(f"select * from kept.{_NAME}").fetchall() != [(name,)]:
            raise ValueError(kept)
        for table in self._tables():
            self.connection.execute(f"insert into {table} by name from kept.{table}")
        self.connection.execute("detach kept")

    def write(self, file: Path, name: str) -> None:
        """Write all tables to a new file, with a name that it is known by."""
        self.connection.execute(f"attach {_text(file)} as kept")
        try:
            for table in self._tables():
                self.connection.execute(f"create table kept.{table} as from {table}")
            self.connection.execute(f"create table kept.{_NAME} as select ? as name", [name])
        finally:
            self.connection.execute("detach kept")

    def _tables(self) -> list[str]:
        found = self.connection.execute(
            "select table_name from duckdb_tables() where database_name = 'memory' order by 1"
        )
        return [table for (table,) in found.fetchall()]

    @property
    def unit_count(self) -> int:
        ((count,),) = self.connection.execute("select count(*) from units").fetchall()
        return int(count)

    def execute(self, sql: str, parameters: Any = None) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql, parameters) if parameters is not None else self.connection.execute(sql)

    def rows(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        relation = self.connection.sql(sql, params=parameters)
        found: list[dict[str, Any]] = relation.to_arrow_table().to_pylist()
        return found

    def add(self, table: str, rows: pa.Table) -> None:
        """Append rows by column name; columns that they lack are null."""
        self.connection.register("added_rows", rows)
        self.connection.execute(f"insert into {table} by name select * from added_rows")
        self.connection.unregister("added_rows")

    def put(self, table: str, rows: pa.Table | None) -> None:
        """Replace a table's rows; None leaves it empty."""
        self.connection.execute(f"delete from {table}")
        if rows is not None:
            self.add(table, rows)

    def put_days(
        self, table: str, column: str, names: Iterable[str], rows: pa.Table | None, built: Built | None = None
    ) -> None:
        """Replace the rows of some relations; None leaves them without any.

        :param built: of these relations the rows of some days alone.
        """
        partly = list(built.relations) if built else []
        days = f"and not (list_contains(?, {column}) and not day between ? and ?)" if built else ""
        self.connection.execute(
            f"delete from {table} where list_contains(?, {column}) {days}",
            [list(names), *([partly, built.first, built.last] if built else [])],
        )
        if rows is not None:
            self.add(table, rows)

    # What a run has yet to build, and what failed in it

    def note(self, table: str, relations: Iterable[str], days: Collection[date]) -> None:
        """Add relations and days to `pending` or `failed_now`."""
        for relation in relations:
            self.connection.execute(f"insert into {table} select ?, unnest(?::date[])", [relation, list(days)])

    def note_seasons(self, relation: str, days: Collection[date]) -> None:
        """Add a relation to `pending` on every day of the seasons that hold these days."""
        self.connection.execute(
            "insert into pending select distinct ?, dates.day from dates inner join dates as moved"
            " on dates.season_year = moved.season_year where moved.day in (select unnest(?::date[]))",
            [relation, list(days)],
        )

    def forget(self, table: str) -> None:
        self.connection.execute(f"delete from {table}")

    def relations_in(self, table: str) -> set[str]:
        return {row[0] for row in self.connection.execute(f"select distinct relation from {table}").fetchall()}

    # The schedule

    @property
    def seasons(self) -> dict[date, int]:
        """Season by day with games."""
        return dict(self.connection.execute("select day, season_year from dates").fetchall())

    @property
    def reason_of_unknown_dates(self) -> str:
        """What is said of a date of which the schedule knows nothing."""
        ((reason,),) = self.connection.execute("select max(reason_of_others) from known_dates").fetchall()
        return reason or ""

    def list_days(self, start: date, end: date) -> None:
        self.connection.execute(
            f"""
            create or replace table all_days as
            select distinct day from (
                select day from dates union all select day from units
                union all select day from stored union all select day from ledger union all select day from to_build
            )
            where day between date '{start}' and date '{end}'
            """
        )

    def put_to_build(self, start: date, end: date, only: Collection[date] | None) -> None:
        """Days that a run would build: all from start to end, or of those only some."""
        self.connection.execute(
            "insert into to_build select cast(day as date) from generate_series(?::date, ?::date, interval 1 day)"
            " as days (day) where ? or list_contains(?::date[], cast(day as date))",
            [start, end, only is None, list(only or ())],
        )

    # The ledgers

    def confirmed(self, table: str, day: date) -> Mapping[str, Any] | None:
        """The newest ledger row of a table and day; `is_whole` says that it is the row that was written."""
        rows = self.rows(
            "select *, input_fingerprint is not distinct from left(sha256(inputs), 16) and copies = 1 as is_whole"
            " from ledger where table_name = ? and day = ?",
            [table, day],
        )
        return rows[0] if rows else None

    def confirmed_of(self, relation: str) -> str | None:
        """What the model ledger says of a relation without dates."""
        rows = self.connection.execute(
            "select fingerprint from model_ledger where relation = ? and day = ?", [relation, WHOLE]
        ).fetchall()
        return str(rows[0][0]) if rows else None

    def rows_made(self, models: Sequence[str]) -> dict[str, str]:
        """Of each of these models what it holds, of every day, as one text; empty where it has no rows."""
        return dict(
            self.connection.execute(
                "select models.relation,"
                " coalesce(string_agg(concat(made.day, '=', made.fingerprint), ';' order by made.day), '')"
                " from (select unnest(?::varchar[]) as relation) as models"
                " left join made on models.relation = made.relation group by 1",
                [list(models)],
            ).fetchall()
        )

    def inputs_of(self, table: str, day: date) -> str:
        """What a table's reads of a day see now, once computed."""
        rows = self.connection.execute("select inputs from inputs where table_name = ? and day = ?", [table, day])
        found = rows.fetchall()
        return str(found[0][0]) if found else ""

    def confirmations(self, tables: Sequence[str], start: date, end: date) -> list[dict[str, Any]]:
        """The newest ledger rows of tables from one day to another, with `inputs_now` where they were computed."""
        return self.rows(
            "select ledger.*, inputs.inputs as inputs_now from ledger"
            " left join inputs on ledger.table_name = inputs.table_name and ledger.day = inputs.day"
            " where list_contains(?, ledger.table_name) and ledger.day between ? and ?",
            [list(tables), start, end],
        )

    def built(self, table: str, days: Sequence[date]) -> list[tuple[date, str, str, str]]:
        """(day, inputs, their fingerprint, fingerprint of the rows) of days as they are now."""
        return self.connection.execute(
            f"select inputs.day, inputs, input_fingerprint, coalesce(stored.fingerprint, '{NO_ROWS}')"
            " from inputs left join stored on stored.table_name = inputs.table_name and stored.day = inputs.day"
            " where inputs.table_name = ? and inputs.day in (select unnest(?::date[])) order by 1",
            [table, list(days)],
        ).fetchall()

    def first_unbuilt(self, upstream: str, days: Sequence[date], start: date) -> dict[date, date]:
        """By day: the first game day of its season before `start` on which a table was never published."""
        return dict(
            self.connection.execute(
                """
                with unbuilt as (
                    select dates.season_year, min(dates.day) as first_day
                    from dates
                    where dates.day < ? and not exists (
                        select 1 from published where published.table_name = ? and published.day = dates.day
                    )
                    group by dates.season_year
                )
                select asked.day, unbuilt.first_day
                from (select unnest(?::date[]) as day) as asked
                inner join dates on asked.day = dates.day
                inner join unbuilt on dates.season_year = unbuilt.season_year and unbuilt.first_day < asked.day
                """,
                [start, upstream, list(days)],
            ).fetchall()
        )

    # Counting against the schedule

    def stored_by_day(self, table: str, days: Sequence[date]) -> list[dict[str, Any]]:
        """Of some days of a hashed table: `stored` rows, `is_game_day`, and `is_whole`: as many as were expected of it
        when it was counted last."""
        return self.rows(
            """
            with asked as (
                select asked.day, coalesce(cast(split_part(stored.fingerprint, ':', 1) as bigint), 0) as stored
                from (select unnest(?::date[]) as day) as asked
                left join stored on stored.table_name = ? and asked.day = stored.day
            )
            select
                asked.day, asked.stored, dates.day is not null as is_game_day,
                asked.stored > 0 and coalesce(coverage.expected_rows <= asked.stored, false) as is_whole
            from asked
            left join dates on asked.day = dates.day
            left join coverage on coverage.table_name = ? and asked.day = coverage.day
            order by asked.day
            """,
            [list(days), table, table],
        )

    def rows_of_feeds(self, feeds: Sequence[str], days: Sequence[date]) -> dict[date, list[str]]:
        """By day: which of these raw feeds have rows of it."""
        rows = self.connection.execute(
            "select day, list(distinct relation order by relation) from units"
            " where list_contains(?, relation) and list_contains(?, day) and slot = 0 and n > 0 group by day",
            [list(feeds), list(days)],
        ).fetchall()
        return dict(rows)

    def stored_rows(self, table: str, start: date, end: date) -> int:
        """Rows of a hashed table from one day to another, both included."""
        row = self.connection.execute(
            "select coalesce(sum(cast(split_part(fingerprint, ':', 1) as bigint)), 0) from stored"
            " where table_name = ? and day between ? and ?",
            [table, start, end],
        ).fetchall()[0]
        return int(row[0])


def _text(path: Path) -> str:
    """A path as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
