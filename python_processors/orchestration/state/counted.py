"""Counting against the schedule: of which days it is out of date, and what its ledger holds of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from python_processors.orchestration.project import COVERAGE
from python_processors.orchestration.state.memory import NO_ROWS, Memory

EXCUSES = "completeness_exceptions"
# Models with rows of dates on which feeds have something, and the schedule perhaps no game.
OF_FEEDS = ("schedule_conflicts", "expected_boxes")


def uncounted(
    memory: Memory, tables: Sequence[str], models: Sequence[str], logic: str, start: date, end: date
) -> set[date]:
    """Days whose rows are not counted against the schedule and the evidence as they are now. Counted are days of
    games: by the schedule, or by the feeds alone.

    :param logic: the version that counts now.
    """
    days = (
        "select day from (select day from dates union select day from made"
        f" where relation in {OF_FEEDS} and fingerprint <> '{NO_ROWS}')"
        f" where day between date '{start}' and date '{end}'"
    )
    rows = memory.connection.execute(
        f"""
        with now as ({_count_texts(days)})
        select now.day
        from now
        left join ledger on ledger.table_name = '{COVERAGE}' and now.day = ledger.day
        where
            ledger.inputs is distinct from now.fingerprints or ledger.logic_version is distinct from $logic
            or now.day not in (select day from coverage)
        """,
        {"tables": list(tables), "models": list(models), "logic": logic},
    ).fetchall()
    return {day for (day,) in rows}


def count_texts(memory: Memory, tables: Sequence[str], models: Sequence[str], days: Sequence[date]) -> dict[date, str]:
    """What the ledger of a counted day would hold of these days."""
    sql = _count_texts("select unnest($days::date[]) as day")
    counted = {"tables": list(tables), "models": list(models), "days": list(days)}
    return dict(memory.connection.execute(sql, counted).fetchall())


def _count_texts(days: str) -> str:
    return f"""
        select
            days.day,
            string_agg({counted_as("tables.table_name")}, '' order by tables.table_name) || {counted_with("days.day")}
                as fingerprints
        from ({days}) as days
        cross join (select unnest($tables::varchar[]) as table_name) as tables
        left join stored on tables.table_name = stored.table_name and days.day = stored.day
        group by days.day
    """


def counted_with(day: str) -> str:
    """SQL of what that ledger holds of what the rows of a day are counted by: models, `$models`, and the lines that
    excuse rows, as the staging layer reads them.
    """
    return f"""(
        select ';models=' || left(sha256(coalesce(
            string_agg(made.relation || '=' || made.fingerprint, ';' order by made.relation), ''
        ) || coalesce((
            select string_agg(concat(units.n, ':', units.hi, ':', units.lo), ',' order by units.day, units.hi)
            from units
            where units.relation = '{EXCUSES}' and units.slot = 0
        ), '')), 16) || ';'
        from made where made.day = {day} and list_contains($models::varchar[], made.relation)
    )"""


def counted_as(table: str) -> str:
    """SQL of what the ledger of a counted day holds of one table, where `stored` has the table's rows of the day."""
    return f"';' || {table} || '=' || coalesce(stored.fingerprint, '{NO_ROWS}') || ';'"
