"""What a load would take away. More than a little of it needs a yes before anything is written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.errors import FullcourtError
from python_processors.logic_version import project_vars
from python_processors.raw_contract import RawTable, played_feeds, raw_tables
from python_processors.raw_loader.ledger import FILE_COLUMN, StoredFile, columns_of, named
from python_processors.raw_loader.overlay import table_to_come
from python_processors.raw_loader.plan import LoadPlan, TableChange
from python_processors.words import count_of

VARIABLE = "FULLCOURT_ALLOW_DELETES"
SCHEDULE = "nbac_schedule"
_LISTED = 5


class DeletionsRefusedError(FullcourtError):
    """A load would delete rows that nobody said are to go. Somebody is needed, at night, too."""

    def __init__(self, folder: str, refusals: Sequence[str]) -> None:
        self.refusals = tuple(refusals)
        listed = "\n".join(f"  - {refusal}" for refusal in refusals)
        super().__init__(
            f"Loading the raw folder {folder} would delete rows; nothing was written:\n{listed}\n"
            "Put the files right; for another archive name another warehouse (FULLCOURT_DUCKDB). If the rows are to go:"
            f" the same command with --allow-deletes, or {VARIABLE}=1 before plain dbt."
        )


class MaxDeletedError(FullcourtError):
    """The var that says how much may go is no share."""

    def __init__(self, value: str) -> None:
        super().__init__(f"max_deleted_pct in dbt_project.yml is `{value}`; it must be a number from 0 to 100.")


def deletes_allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment says that rows may go."""
    return environment.get(VARIABLE, "").strip().lower() in ("1", "true", "yes")


def max_deleted_pct() -> float:
    """How much of a raw table may go without a yes, in per cent: a var of dbt_project.yml.

    :raises MaxDeletedError: it is no number from 0 to 100.
    """
    text = project_vars().get("max_deleted_pct", "")
    try:
        share = float(text)
    except ValueError:
        raise MaxDeletedError(text) from None
    if not 0 <= share <= 100:
        raise MaxDeletedError(text)
    return share


def refusals_of(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, *, prefix: str = "") -> tuple[str, ...]:
    """Deletions of a plan that need a yes, each a sentence with table, files, rows and dates; none is fine."""
    share = max_deleted_pct()
    empty = {load.file.name for load in plan.loads if not load.row_count}
    refused = [_shrinks(connection, plan, change, share, prefix) for change in plan.changes.values()]
    refused += [_is_empty(file) for file in plan.replaced if file.row_count and file.name in empty]
    refused += _dates_without_schedule(connection, plan, prefix)
    return tuple(refusal for refusal in refused if refusal)


def check_deletions(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, *, prefix: str = "") -> None:
    """:raises DeletionsRefusedError: the plan takes away more than may go without a yes."""
    refused = refusals_of(connection, plan, prefix=prefix)
    if refused:
        raise DeletionsRefusedError(str(plan.folder.path), refused)


def _shrinks(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, change: TableChange, share: float, prefix: str
) -> str | None:
    if change.rows_after >= change.rows_before * (100 - share) / 100:
        return None
    after = {load.file.name: load.rows_to_store for load in plan.loads if load.file.table.name == change.table}
    files = [
        f"{_said(file)} {file.stored_count:,} → {count_of(after.get(file.name, 0), 'row')}"
        f"{_dates_of(connection, raw_tables()[change.table], file.name, prefix)}"
        for file in (*plan.gone, *plan.replaced)
        if file.table == change.table and after.get(file.name, 0) < file.stored_count
    ]
    deleted = 100 - 100 * change.rows_after / change.rows_before
    return (
        f"{change.table} has {count_of(change.rows_before, 'row')} and would have {change.rows_after:,},"
        f" {deleted:.1f} % fewer"
        f" (max_deleted_pct is {share:g}): {_some(files)}"
    )


def _said(file: StoredFile) -> str:
    return file.name or "rows of no file"


def _is_empty(file: StoredFile) -> str:
    return (
        f"{file.name} holds no row of {file.table} any more, and had {file.row_count:,}: fill the file, or move it away"
    )


def _dates_without_schedule(connection: duckdb.DuckDBPyConnection, plan: LoadPlan, prefix: str) -> list[str]:
    """Dates that the schedule would lose whole, although another feed has rows of them."""
    if SCHEDULE not in plan.changes:
        return []
    schedule = raw_tables()[SCHEDULE]
    before = _stored_dates(connection, schedule, (), prefix)
    if not before:
        return []
    lost = before.keys() - _dates_to_come(connection, plan, schedule, prefix).keys()
    if not lost:
        return []
    held = []
    for feed in played_feeds():
        rows = _dates_to_come(connection, plan, raw_tables()[feed], prefix)
        held += [(day, feed, rows[day]) for day in sorted(lost & rows.keys())]
    days = sorted({day for day, _, _ in held})
    return [
        f"{SCHEDULE} would have no game of {day} any more (now {before[day]}), of which "
        + ", ".join(f"{feed} has {count_of(count, 'row')}" for of, feed, count in held if of == day)
        for day in days[:_LISTED]
    ] + ([f"{SCHEDULE} would lose {len(days) - _LISTED} more such dates, to {days[-1]}"] if days[_LISTED:] else [])


def _dates_to_come(
    connection: duckdb.DuckDBPyConnection, plan: LoadPlan, table: RawTable, prefix: str
) -> dict[str, int]:
    """Rows by date once the plan is carried out."""
    files, rows = table_to_come(connection, plan, table, None, prefix)
    dates = _stored_dates(connection, table, files, prefix)
    if rows is not None:
        counted = pa.table({"day": pc.cast(rows[str(table.partition_by)], pa.string())}).group_by("day")
        for row in counted.aggregate([([], "count_all")]).to_pylist():
            if row["day"]:
                dates[row["day"]] = dates.get(row["day"], 0) + row["count_all"]
    return dates


def _stored_dates(
    connection: duckdb.DuckDBPyConnection, table: RawTable, without: Sequence[str], prefix: str
) -> dict[str, int]:
    day = str(table.partition_by)
    if not {day, FILE_COLUMN} <= columns_of(connection, table, prefix).keys():
        return {}
    return dict(
        connection.execute(
            f"select cast(try_cast({day} as date) as varchar) as day, count(*) from {named(table, prefix)}"
            f" where {day} is not null and not list_contains(?, coalesce({FILE_COLUMN}, '')) group by 1",
            [list(without)],
        ).fetchall()
    )


def _dates_of(connection: duckdb.DuckDBPyConnection, table: RawTable, name: str, prefix: str) -> str:
    day = table.partition_by
    if day is None or not {day, FILE_COLUMN} <= columns_of(connection, table, prefix).keys():
        return ""
    ends = connection.execute(
        f"select cast(min({day}) as varchar), cast(max({day}) as varchar) from {named(table, prefix)}"
        f" where coalesce({FILE_COLUMN}, '') = ?",
        [name],
    ).fetchall()[0]
    return f" ({ends[0]} to {ends[1]})" if ends[0] else ""


def _some(parts: Sequence[str]) -> str:
    more = len(parts) - _LISTED
    return "; ".join(parts[:_LISTED]) + (f"; and {count_of(more, 'more file')}" if more > 0 else "")
