"""The relations that go along with a promotion: what they hold by day on both sides, and the statements that copy them.

Of hashed tables rows go by key and content, of models with a window whole days, of all others the whole relation:
production's verification reads all of them, and its ledgers say what they hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from python_processors.contract import load_contract
from python_processors.orchestration.environments import within
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.memory import WHOLE
from python_processors.orchestration.warehouse import Session

PUBLISH_LEDGER = "nba_ops.publish_ledger"
Contents = Mapping[str, Mapping[date, str]]
"""By relation's name and day: `rows:high:low` over all columns."""


@dataclass(frozen=True)
class Copy:
    """A relation and the days of it that go along; `day` is None of one that goes whole, `key` empty of a model."""

    name: str
    relation: str
    first: date
    last: date
    day: str | None = None
    key: tuple[str, ...] = ()

    def where(self, alias: str = "") -> str:
        """The days, as SQL; empty of one that goes whole."""
        if self.day is None:
            return ""
        return f" where {alias}{self.day} between date '{self.first}' and date '{self.last}'"


@dataclass(frozen=True)
class DayCount:
    """What publishing does to the keys of a hashed table and date, as publish_ledger counts them."""

    table: str
    day: date
    row_count: int
    inserted: int
    updated: int
    deleted: int
    unchanged: int
    rows_before: int
    rows_removed: int

    @property
    def is_change(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted or self.rows_removed)


def copies_of(project: Project, start: date, end: date) -> list[Copy]:
    """Every table that dbt keeps, models first: a table is never newer than what it is counted by."""
    hashed, models = [], []
    for node in sorted(project.known.nodes):
        name = node.rpartition(".")[2]
        if project.is_ephemeral(name) or project.is_view(name):
            continue
        if name in project.tables:
            contract = load_contract(name)
            key = tuple(dict.fromkeys([*contract.key, contract.partition_by]))
            hashed.append(Copy(name, contract.relation, start, end, contract.partition_by, key))
            continue
        day = None if project.is_seed(name) else project.window_column(name)
        first = min(project.days_rebuilt(name, [start])) if day else start
        models.append(Copy(name, project.relation(name), first, end, day))
    return [*models, *hashed]


def before(copies: Iterable[Copy], names: Collection[str], days: int) -> list[Copy]:
    """Of relations with days those of so many days before what goes along."""
    return [
        Copy(of.name, of.relation, of.first - timedelta(days=days), of.first - timedelta(days=1), of.day, of.key)
        for of in copies if of.day is not None and of.name in names
    ]  # fmt: skip


def columns_of(session: Session, copies: Iterable[Copy], environment: str) -> dict[str, dict[str, str]]:
    """By relation's name its columns and their types in an environment; empty where it is not there."""
    with within(environment):
        return {of.name: {name: kind for name, kind, _ in session.columns(of.relation)} for of in copies}


def contents(
    session: Session, copies: Sequence[Copy], environment: str, columns: Mapping[str, Mapping[str, str]]
) -> Contents:
    """What relations of an environment hold. One query.

    :param columns: by relation's name those that it has there.
    """
    queries = []
    for of in copies:
        if not columns[of.name]:
            continue
        high, low = session.row_hash(sorted(columns[of.name]))
        total = " || ':' || ".join(f"cast({each} as string)" for each in ("count(*)", f"sum({high})", f"sum({low})"))
        day = of.day or f"date '{WHOLE.isoformat()}'"
        queries.append(
            f"select '{of.name}' as name, {day} as day, {total} as content"
            f" from {session.named(of.relation, environment)} as rows_held{of.where()} group by 2"
        )
    found: dict[str, dict[date, str]] = {of.name: {} for of in copies}
    for row in session.read(" union all ".join(queries)).to_pylist() if queries else []:
        found[row["name"]][row["day"]] = row["content"]
    return found


def digest(days: Mapping[date, str], columns: Mapping[str, str]) -> str:
    """All that a relation holds as one text."""
    return hashlib.sha256(repr((sorted(columns.items()), sorted(days.items()))).encode()).hexdigest()[:16]


def differing_days(ours: Mapping[date, str], theirs: Mapping[date, str]) -> list[date]:
    return sorted(day for day in ours.keys() | theirs.keys() if ours.get(day) != theirs.get(day))


def rows_in(days: Mapping[date, str]) -> int:
    return sum(int(content.partition(":")[0]) for content in days.values())


def count_days(
    session: Session, copies: Sequence[Copy], environment: str, columns: Mapping[str, Mapping[str, str]]
) -> list[DayCount]:
    """What publishing hashed tables does to each date. One query."""
    queries = []
    for of in copies:
        keys = ", ".join(of.key)
        high, low = session.row_hash(sorted(columns[of.name]))
        joined = " and ".join(f"brought.{name} = published.{name}" for name in of.key)
        is_other = "published.copies > 1 or published.high <> brought.high or published.low <> brought.low"
        both = f"brought.{of.day} is not null and published.{of.day} is not null"
        sums = {
            "row_count": f"brought.{of.day} is not null",
            "inserted": f"published.{of.day} is null",
            "updated": f"{both} and ({is_other})",
            "deleted": f"brought.{of.day} is null",
            "unchanged": f"{both} and not ({is_other})",
        }
        counted = [f"cast(sum(case when {when} then 1 else 0 end) as int64) as {name}" for name, when in sums.items()]
        queries.append(
            f"select '{of.name}' as table_name, coalesce(brought.{of.day}, published.{of.day}) as day,"
            f" {', '.join(counted)}, cast(sum(coalesce(published.copies, 0)) as int64) as rows_before,"
            f" cast(sum(case when brought.{of.day} is null then published.copies when published.copies > 1"
            f" then published.copies - 1 else 0 end) as int64) as rows_removed"
            f" from (select {keys}, {high} as high, {low} as low from {session.named(of.relation, environment)}"
            f" as rows_held{of.where()}) as brought"
            f" full outer join (select {keys}, count(*) as copies, min({high}) as high, min({low}) as low"
            f" from {session.named(of.relation, '')} as rows_held{of.where()} group by {keys}) as published"
            f" on {joined} group by 1, 2"
        )
    rows = session.read(" union all ".join(queries)).to_pylist() if queries else []
    return [DayCount(row.pop("table_name"), **row) for row in sorted(rows, key=_by_table_and_day)]


def _by_table_and_day(row: Mapping[str, Any]) -> tuple[str, date]:
    return row["table_name"], row["day"]


def rows_statements(
    session: Session, of: Copy, environment: str, columns: Collection[str], *, has_more: bool = False
) -> list[str]:  # fmt: skip
    """Make production's rows of a hashed table those of an environment; a row that is as it is there is left alone.

    A key that is there more than once goes with all its copies, as in a publish.

    :param has_more: production has columns beyond these, which rows that stay keep: they are updated, not written anew.
    """
    source, target = session.named(of.relation, environment), session.named(of.relation, "")
    high, low = session.row_hash([f"published.{name}" for name in sorted(columns)])
    own_high, own_low = session.row_hash([f"brought.{name}" for name in sorted(columns)])
    keys, listed = ", ".join(of.key), ", ".join(columns)
    days = of.where("published.").removeprefix(" where ")
    given = ", ".join(f"{name} = brought.{name}" for name in columns if name not in of.key)
    updates = [
        f"update {target} as published set {given} from {source} as brought{of.where('brought.')} and {days}"
        f" and {_same(of.key, 'brought')} and ({own_high} <> {high} or {own_low} <> {low})"
    ]
    return [
        f"delete from {target} as published where {days} and exists (select 1 from (select {keys} from {target}"
        f"{of.where()} group by {keys} having count(*) > 1) as doubled where {_same(of.key, 'doubled')})",
        *(updates if has_more else []),
        f"delete from {target} as published where {days} and not exists (select 1 from (select"
        f" {', '.join(f'brought.{name}' for name in of.key)}, {own_high} as high, {own_low} as low"
        f" from {source} as brought{of.where('brought.')}) as kept"
        f" where {_same(of.key, 'kept')} and kept.high = {high} and kept.low = {low})",
        f"insert into {target} ({listed}) select {listed} from {source} as published{of.where('published.')}"
        f" and not exists (select 1 from (select {keys} from {target}{of.where()}) as kept"
        f" where {_same(of.key, 'kept')})",
    ]


def days_statements(
    session: Session, of: Copy, environment: str, columns: Collection[str], days: Sequence[date]
) -> list[str]:
    """Make production's rows of some days of a model, or all its rows, those of an environment."""
    source, target = session.named(of.relation, environment), session.named(of.relation, "")
    listed = ", ".join(columns)
    dates = ", ".join(f"date '{day}'" for day in days)
    where = "true" if of.day is None else f"{of.day} in ({dates})"
    return [
        f"delete from {target} where {where}",
        f"insert into {target} ({listed}) select {listed} from {source} where {where}",
    ]


def ledger_statement(
    session: Session, counts: Sequence[DayCount], versions: Mapping[date, tuple[str, str]], run_id: str, now: datetime
) -> str:
    """Rows of publish_ledger for dates of a table.

    :param versions: by date the fingerprint of its rows, and the logic that made them.
    """
    ledger, at = session.named(PUBLISH_LEDGER, ""), f"timestamp '{now:%Y-%m-%d %H:%M:%S.%f}'"
    table = counts[0].table
    rows = " union all ".join(
        f"select date '{of.day}' as game_date, {of.row_count} as row_count, {of.inserted} as inserted, {of.updated} as"
        f" updated, {of.deleted} as deleted, {of.unchanged} as unchanged, {of.rows_before} as rows_before,"
        f" {of.rows_removed} as rows_removed, '{versions[of.day][0]}' as fingerprint,"
        f" '{versions[of.day][1]}' as logic_version"
        for of in counts
    )
    return (
        f"insert into {ledger} (table_name, game_date, run_id, row_count, inserted, updated, deleted, unchanged,"
        " rows_before, rows_removed, fingerprint, logic_version, run_started_at, published_at, sequence)"
        f" select '{table}', game_date, '{run_id}', row_count, inserted, updated, deleted, unchanged, rows_before,"
        f" rows_removed, fingerprint, logic_version, {at}, {at}, (select coalesce(max(earlier.sequence), 0) + 1"
        f" from {ledger} as earlier where earlier.table_name = '{table}' and earlier.game_date >= date '0001-01-01')"
        f" from ({rows}) as counted"
    )


def _same(key: Iterable[str], alias: str) -> str:
    return " and ".join(f"{alias}.{name} = published.{name}" for name in key)
