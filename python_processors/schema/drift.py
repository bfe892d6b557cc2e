"""Whether the live tables are as their contracts say, and bringing them there where no person is needed.

Nothing here drops a column or invents a value. Types are converted by orchestration/migration.py, which looks at the
values first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from python_processors.engines.base import Session, environment_name
from python_processors.engines.live import Layout, LiveTable
from python_processors.errors import FullcourtError
from python_processors.schema.adopted import carried_columns, check_adoption
from python_processors.schema.tables import StoredColumn, StoredTable, as_it_lies, every_row, stored_tables
from python_processors.words import count_of

PUBLISH_LEDGER = "nba_ops.publish_ledger"
MISSING, LOST_NOT_NULL, OTHER_TYPE, SURPLUS, CUT_OFF = "missing", "lost_not_null", "type", "surplus", "cut_off"
OTHER_LAYOUT = "layout"
IN_PLACE, BESIDE = "in_place", "beside"  # how a table is brought to its contract, see Drift.way
_SMALLER_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER")  # of DuckDB alone
_BUILDS_BESIDE = "builds a table beside it and swaps the two"
TAKES_ROWS = (
    LOST_NOT_NULL,
    SURPLUS,
    OTHER_LAYOUT,
)  # a table with such a difference takes rows of its contract all the same


class MigrationError(FullcourtError):
    """A repair would fail on the rows that are there; nothing was changed."""

    def __init__(self, table: StoredTable, column: str, null_rows: int, named: str) -> None:
        self.table, self.column, self.null_rows = table.relation, column, null_rows
        count = count_of(null_rows, "row")
        rows = f"from {named} where {every_row(table)} and {column} is null"
        super().__init__(
            f"{table.relation}.{column} is null in {count}, so it cannot be made NOT NULL. Look at them"
            f" (`select * {rows}`), give them a value or delete them (`delete {rows}`), then run `fullcourt migrate`"
            f" again; if null is right, take `required` out of {table.contract_file}."
            " Nothing was changed."
        )


class DriftError(FullcourtError):
    """Live tables differ from their contracts, and a run would trip over that."""

    def __init__(self, drifts: Sequence[Drift]) -> None:
        self.drifts = tuple(drifts)
        listed = "\n".join(f"  - {drift}" for drift in drifts)
        of = f" with `--env {name}`" if (name := environment_name()) else ""
        to_do = f"Run `fullcourt migrate`{of}" if any(drift.repair is not None for drift in drifts) else "Do as it says"
        super().__init__(
            f"The warehouse has drifted from its contracts:\n{listed}\n{to_do}, then the same again. Nothing was built."
        )


class ForeignTablesError(DriftError):
    """Tables of somebody else stand at the names of ours: no run of ours has ever published to them."""

    def __init__(self, drifts: Sequence[Drift]) -> None:
        self.drifts = tuple(drifts)
        names = dict.fromkeys(drift.table for drift in drifts)
        listed = "\n".join(
            f"  - {name}: {_counted([drift for drift in drifts if drift.table == name])}" for name in names
        )
        super(DriftError, self).__init__(
            f"These tables are not fullcourt's, which has never published here:\n{listed}\nBuild beside them, compare,"
            " and let `fullcourt adopt` put the new ones in their place; the old ones are kept (docs/adopt.md). Nothing"
            " was built."
        )


@dataclass(frozen=True)
class Drift:
    """One difference between a live table and its contract.

    `table` is `dataset.table` without the target's prefix, `problem` one sentence, `change` what the table needs in two
    words. `way` is IN_PLACE, or BESIDE where a table is built beside it and takes its name; empty when a person has to
    decide: `to_do` says then what there is to decide. `repair` holds the SQL statements of what is done in place, None
    when a person has to decide. Of another type and of what is built beside it is empty: the statements depend on the
    rows (orchestration/migration.py).
    """

    table: str
    column: str
    kind: str
    problem: str
    repair: tuple[str, ...] | None
    to_do: str = ""
    change: str = ""
    way: str = ""

    def __str__(self) -> str:
        return f"{self.problem} {self.to_do}".rstrip()

    def to_dict(self) -> dict[str, str]:
        return {"table": self.table, "column": self.column, "change": self.change, "way": self.way or "by_hand"}


def find_drift(session: Session, relations: Iterable[str] | None = None) -> list[Drift]:
    """Differences of the live tables, all or these, from their contracts, in the contracts' order.

    A table that does not exist yet is none, as a run makes it, unless a migration was cut off in its stead.
    """
    tables = [stored_tables()[relation] for relation in (stored_tables() if relations is None else relations)]
    live = session.live_tables([table.relation for table in tables])
    return [drift for table in tables for drift in drift_of(session, table, live[table.relation])]


def drift_of(session: Session, table: StoredTable, live: LiveTable) -> list[Drift]:
    """The same of one table, as it is; none where it is not there."""
    return _compare(session, table, live) if live.columns else _cut_off(session, table)


def check_drift(session: Session) -> None:
    """
    :raises DriftError: a table that runs write is not as its contract says.
    :raises AdoptionOpenError: tables of an environment are taking production's names.
    """
    check_adoption(session, [relation for relation, table in stored_tables().items() if table.is_hashed])
    drifts = find_drift(session)
    if drifts:
        foreign = foreign_tables(session)
        raise ForeignTablesError(drifts) if any(drift.table in foreign for drift in drifts) else DriftError(drifts)


def foreign_tables(session: Session) -> list[str]:
    """Hashed tables that are there, and that no run of fullcourt has published to."""
    hashed = [relation for relation, table in stored_tables().items() if table.is_hashed]
    live = session.live_tables([PUBLISH_LEDGER, *hashed])
    return [] if has_published(session, live[PUBLISH_LEDGER]) else [of for of in hashed if live[of].columns]


def has_published(session: Session, ledger: LiveTable) -> bool:
    """Whether a run of fullcourt has ever published a date: `fullcourt prepare` makes the ledger, and no row of it.

    :param ledger: PUBLISH_LEDGER, as it is.
    """
    if not any(name == "game_date" for name, _, _ in ledger.columns):
        return False
    where = every_row(as_it_lies(stored_tables()[PUBLISH_LEDGER], ledger.layout))
    sql = f"select count(*) as n from {session.named(PUBLISH_LEDGER)} where {where}"
    return bool(session.read(sql)["n"].to_pylist()[0])


def _counted(drifts: Sequence[Drift]) -> str:
    more = f", and {count_of(len(drifts) - 1, 'more difference')}" if len(drifts) > 1 else ""
    first = drifts[0].problem.partition(", and `")[0]
    return f"{first.removeprefix(drifts[0].table).lstrip(' .')}{more}"


def migrate(session: Session, drifts: Sequence[Drift]) -> list[Drift]:
    """Apply the repairs of those that are made in place whatever the rows hold, and return these; the others are left
    as they are, types among them.

    All is checked before anything is changed. Run again after an interruption, it does what is left.

    :raises MigrationError: a column that may not be null is null in some rows.
    """
    repairable = [drift for drift in drifts if drift.repair]
    check_for_nulls(session, [drift for drift in repairable if drift.kind == LOST_NOT_NULL], stored_tables())
    for drift in sorted(repairable, key=lambda d: d.kind == LOST_NOT_NULL):
        session.execute(";\n".join(drift.repair or ()))
    return repairable


def _compare(session: Session, table: StoredTable, live: LiveTable) -> list[Drift]:
    there = {name.lower(): (kind, nullable) for name, kind, nullable in live.columns}
    found = []
    for column in table.columns:
        if column.name not in there:
            found.append(_missing(session, table, column))
            continue
        kind, nullable = there[column.name]
        if kind != column.type:
            found.append(_other_type(table, column, kind))
        elif nullable and column.required:
            found.append(_lost_not_null(session, table, column))
    names = {column.name for column in table.columns}
    unknown = [name for name in there if name not in names]
    # A column that was carried over is left as it is by a run, and taken along by a rewrite.
    carried = carried_columns(session, table.relation) if unknown else ()
    surplus = [_surplus(session, table, name) for name in unknown if name not in carried]
    return _without_rewrites([*found, *_other_layout(session, table, live.layout), *surplus])


def _missing(session: Session, table: StoredTable, column: StoredColumn) -> Drift:
    lacks = f"{table.relation} lacks the column {column.name} ({column.type}) that {table.contract_file} has"
    named = session.named(table.relation)
    if column.required:
        return Drift(
            table.relation, column.name, MISSING,
            f"{lacks}, and `fullcourt migrate` cannot add it, as it may not be null.", None,
            f"Add {column.name} by hand with a value for each row; or build the table beside it and let `fullcourt"
            " adopt` put that in its place, which keeps this one (docs/adopt.md).", change="column added",
        )  # fmt: skip
    return Drift(
        table.relation, column.name, MISSING,
        f"{lacks}, and `fullcourt migrate` adds it in place, as null in the rows that are there.",
        (f"alter table {named} add column {column.name} {session.engine_type(column.type)}",),
        change="column added", way=IN_PLACE,
    )  # fmt: skip


def _other_type(table: StoredTable, column: StoredColumn, live_type: str) -> Drift:
    is_wider = is_widened(table, column, live_type)
    done = "widens it in place" if is_wider else f"{_BUILDS_BESIDE}, with its values converted"
    return Drift(
        table.relation, column.name, OTHER_TYPE,
        f"{table.relation}.{column.name} is {live_type} where {table.contract_file} says {column.type}, and `fullcourt"
        f" migrate` {done}, once it has said what becomes of the values.", (),
        change="type widened" if is_wider else "type changed", way=IN_PLACE if is_wider else BESIDE,
    )  # fmt: skip


def _lost_not_null(session: Session, table: StoredTable, column: StoredColumn) -> Drift:
    tighten = f"alter table {session.named(table.relation)} alter column {column.name} set not null"
    done = "makes it NOT NULL again, in place" if session.can_require else f"{_BUILDS_BESIDE}, NOT NULL again"
    return Drift(
        table.relation, column.name, LOST_NOT_NULL,
        f"{_may_be_null(table, column.name)}, and `fullcourt migrate` {done}.",
        (tighten,) if session.can_require else (),
        change="NOT NULL again", way=IN_PLACE if session.can_require else BESIDE,
    )  # fmt: skip


def _may_be_null(table: StoredTable, column: str) -> str:
    return f"{table.relation}.{column} may be null where {table.contract_file} requires a value"


def _surplus(session: Session, table: StoredTable, name: str) -> Drift:
    return Drift(
        table.relation, name, SURPLUS,
        f"{table.relation} has a column {name} that {table.contract_file} lacks, and `fullcourt migrate` drops none.",
        None,
        f"Add {name} to the contract, or `alter table {session.named(table.relation)} drop column {name}`.",
        change="column of no contract",
    )  # fmt: skip


def _other_layout(session: Session, table: StoredTable, live: Layout | None) -> list[Drift]:
    wanted = session.laid_out(table.partition_by, table.cluster_by)
    if live is None or wanted is None or live == wanted:
        return []
    parts = {"partitions": replace(live, cluster_by=()) != replace(wanted, cluster_by=()),
             "clusters": live.cluster_by != wanted.cluster_by}  # fmt: skip
    problem = f"{table.relation} is {live} where {table.contract_file} says {wanted}"
    change = f"other {' and '.join(name for name, is_other in parts.items() if is_other)}"
    if live.unit and live.partition_by not in {column.name for column in table.columns}:
        return [Drift(
            table.relation, "", OTHER_LAYOUT,
            f"{problem}, and `fullcourt migrate` reads no table by partitions that no column of the contract makes.",
            None, "Build the table beside it and let `fullcourt adopt` put that in its place (docs/adopt.md).",
            change=change,
        )]  # fmt: skip
    return [Drift(
        table.relation, "", OTHER_LAYOUT, f"{problem}, and `fullcourt migrate` {_BUILDS_BESIDE}, with the same rows.",
        (), change=change, way=BESIDE,
    )]  # fmt: skip


def _cut_off(session: Session, table: StoredTable) -> list[Drift]:
    """Of a table that is not there: its rows, in a new table that has not got its name yet."""
    if session.can_require or not session.columns(new_relation(table)):
        return []
    return [Drift(
        table.relation, "", CUT_OFF,
        f"{table.relation} is not there and {new_relation(table)} has its rows, as a migration was cut off,"
        " and `fullcourt migrate` gives them the name.", (), change="cut off", way=BESIDE,
    )]  # fmt: skip


def new_relation(table: StoredTable) -> str:
    return f"{table.relation}__migrated"


def _without_rewrites(drifts: list[Drift]) -> list[Drift]:
    """A table with a drift that needs a person is not made anew: the rewrite would lose a
    surplus column, and fail on another type."""
    if all(drift.repair is not None for drift in drifts):
        return drifts
    return [
        replace(
            drift,
            problem=f"{drift.problem.partition(', and `')[0]}, and `fullcourt migrate` cannot mend that alone.",
            repair=None,
            to_do="Settle what else is wrong with the table, then run it.",
            way="",
        )
        if drift.way == BESIDE
        else drift
        for drift in drifts
    ]


def is_widened(table: StoredTable, column: StoredColumn, live_type: str) -> bool:
    """Whether both engines give a column its type in place: BigQuery does where the type coerces, and neither the
    partitions nor the clusters are made of it. Whether each value is kept is asked of the rows all the same."""
    if column.name in (table.partition_by, *table.cluster_by):
        return False
    wanted = column.type
    if live_type in _SMALLER_INTEGERS:
        live_type = "INT64"
        if wanted == live_type:
            return True
    if wanted == "FLOAT64":
        return live_type in ("INT64", "FLOAT") or live_type.startswith("NUMERIC")
    whole, scale = _digits(wanted) if wanted.startswith("NUMERIC(") else (0, 0)
    live_whole, live_scale = _digits(live_type)
    return live_whole + live_scale > 0 and live_whole <= whole and live_scale <= scale


def _digits(kind: str) -> tuple[int, int]:
    """Digits before and after the point that a number of a type may have; none of what has no such bounds."""
    if kind == "INT64":
        return 19, 0
    if not kind.startswith("NUMERIC("):
        return 0, 0
    precision, scale = map(int, kind[8:-1].split(","))
    return precision - scale, scale


def check_for_nulls(session: Session, drifts: Sequence[Drift], tables: Mapping[str, StoredTable]) -> None:
    """One query per table.

    :param tables: as they lie.
    :raises MigrationError: naming the first column with nulls.
    """
    columns: dict[str, list[str]] = defaultdict(list)
    for drift in drifts:
        columns[drift.table].append(drift.column)
    for relation, names in columns.items():
        table = tables[relation]
        counts = ", ".join(f"count(*) - count({name}) as {name}" for name in names)
        query = f"select {counts} from {session.named(relation)} where {every_row(table)}"
        (nulls,) = session.read(query).to_pylist()
        for name in names:
            if nulls[name]:
                raise MigrationError(table, name, nulls[name], session.named(relation))
