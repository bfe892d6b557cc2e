"""Models that are no hashed tables: what a run made of them, what is there, and rows that no run stands for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.state.memory import NO_ROWS, WHOLE, Memory

FORGOTTEN = "unknown::"  # the fingerprint of rows that a run made, and no ledger knows any more


def made_anew(
    memory: Memory, built: Mapping[str, Collection[date]], whole: Collection[str]
) -> list[tuple[str, date, str]]:
    """(relation, day, fingerprint) to confirm once models were built, where that is not what was confirmed last.

    :param built: by model the days that were built of it, and no others: what is wrong on another day stays so.
    :param whole: models that are always made for every day.
    """
    relations = [relation for relation, days in built.items() for _ in days]
    return memory.connection.execute(
        f"""
        with wanted as (
            select unnest(?::varchar[]) as relation, unnest(?::date[]) as day
            union
            select relation, day from made where list_contains(?, relation)
            union
            select relation, day from model_ledger where list_contains(?, relation)
        )
        select wanted.relation, wanted.day, coalesce(made.fingerprint, '{NO_ROWS}') as fingerprint
        from wanted
        left join made on wanted.relation = made.relation and wanted.day = made.day
        left join model_ledger on wanted.relation = model_ledger.relation and wanted.day = model_ledger.day
        where model_ledger.fingerprint is distinct from coalesce(made.fingerprint, '{NO_ROWS}')
        order by 1, 2
        """,
        [relations, [day for days in built.values() for day in days], list(whole), list(whole)],
    ).fetchall()


def note_forgotten(memory: Memory, made_with: Mapping[str, Collection[str]], since: date) -> None:
    """Add to `model_ledger` what it lacks: a date of a table is confirmed with the models that it is made with.

    :param made_with: models with a window by table.
    :param since: the first day of which the model ledger was read.
    """
    tables = [table for table, models in made_with.items() for _ in models]
    memory.connection.execute(
        f"""
        insert into model_ledger
        with made_with as (select unnest(?::varchar[]) as table_name, unnest(?::varchar[]) as relation)
        select distinct made_with.relation, ledger.day, '{FORGOTTEN}'
        from ledger inner join made_with using (table_name)
        where
            ledger.day >= date '{since}'
            and (made_with.relation, ledger.day) not in (select (relation, day) from model_ledger)
        """,
        [tables, [model for models in made_with.values() for model in models]],
    )


def drift(memory: Memory, start: date, end: date) -> dict[str, dict[date, str]]:
    """By model: days on which it is not as a run confirmed it, and how, in words.

    Between start and end, and of models without dates, that goes for rows that no run ever confirmed, too.
    """
    found: dict[str, dict[date, str]] = {}
    confirmed = f"coalesce(model_ledger.fingerprint, '{NO_ROWS}')"
    for model, day, counts in memory.connection.execute(
        f"""
        select relation, day, {_counts(confirmed, "made.fingerprint")}
        from model_ledger full outer join made using (relation, day)
        where
            {confirmed} <> coalesce(made.fingerprint, '{NO_ROWS}')
            and (
                model_ledger.fingerprint is not null
                or day = date '{WHOLE:%Y-%m-%d}' or day between date '{start}' and date '{end}'
            )
        order by 1, 2
        """
    ).fetchall():
        found.setdefault(model, {})[day] = counts
    return found


def find_unproven(
    memory: Memory, tables: Collection[str], models: Collection[str], asked: Collection[str], mended: Collection[str],
    since: date, of_layer: Collection[str] = (),
) -> None:  # fmt: skip
    """Fill `unproven`: days of hashed tables and of models whose rows no run stands for.

    :param asked: tables that a run would build on the days `to_build`, so that theirs of these days do not count.
    :param mended: models that it would build.
    :param since: the first day whose ledgers were read.
    :param of_layer: models with a window that the staging layer is made of.
    """
    memory.connection.execute("delete from unproven")
    memory.connection.execute(
        f"""
        insert into unproven
        with known as (
            select
                table_name, day, ledger.output_fingerprint as confirmed, stored.fingerprint as there, said.distrust,
                coalesce(said.distrusted_at > coalesce(ledger.sequence, -1), false) as is_distrusted
            from ledger
            full outer join said using (table_name, day)
            left join stored using (table_name, day)
        )
        select
            table_name, day, case when is_distrusted then distrust else {_counts("confirmed", "there")} end
        from known
        where
            list_contains(?, table_name)
            and not (list_contains(?, table_name) and day in (select day from to_build))
            and (is_distrusted or confirmed is not null and confirmed <> coalesce(there, '{NO_ROWS}'))
        """,
        [list(tables), list(asked)],
    )
    memory.connection.execute(
        f"""
        insert into unproven
        select model_ledger.relation, model_ledger.day, {_counts("model_ledger.fingerprint", "made.fingerprint")}
        from model_ledger left join made using (relation, day)
        where
            list_contains(?, model_ledger.relation) and model_ledger.day <> date '{WHOLE:%Y-%m-%d}'
            and not (list_contains(?, model_ledger.relation) and model_ledger.day in (select day from to_build))
            and model_ledger.fingerprint <> coalesce(made.fingerprint, '{NO_ROWS}')
        """,
        [list(models), list(mended)],
    )
    # Where the staging layer failed, its rows may be those of other raw rows.
    memory.connection.execute(
        f"""
        insert into unproven
        select models.relation, said.day, said.distrust
        from said
        left join ledger using (table_name, day)
        cross join (select unnest(?::varchar[]) as relation) as models
        where
            said.table_name = '{LAYER}' and said.distrusted_at > coalesce(ledger.sequence, -1)
            and not (list_contains(?, models.relation) and said.day in (select day from to_build))
            and (models.relation, said.day) not in (select (relation, day) from unproven)
        """,
        [list(of_layer), list(mended)],
    )
    # On a day with games they may be of dbt by hand. On any other nothing makes rows.
    memory.connection.execute(
        f"""
        insert into unproven
        with foreign_rows as (
            select relation, day, fingerprint from made anti join model_ledger using (relation, day)
            where list_contains($models, relation)
            union all
            select table_name, day, fingerprint from stored anti join ledger using (table_name, day)
            where list_contains($tables, table_name)
        )
        select relation, day, {_counts(f"'{NO_ROWS}'", "fingerprint")}
        from foreign_rows
        where
            fingerprint <> '{NO_ROWS}' and day >= date '{since}' and day not in (select day from dates)
            and not (list_contains($built, relation) and day in (select day from to_build))
        """,
        {"models": list(models), "tables": list(tables), "built": [*asked, *mended]},
    )


def unproven_before(memory: Memory, relation: str, day: date) -> tuple[date, int, str]:
    """First day, number of days and reason of what is unproven of a relation up to a day."""
    row = memory.connection.execute(
        "select min(day), count(*), arg_min(reason, day) from unproven where relation = ? and day <= ?",
        [relation, day],
    ).fetchall()[0]
    return row[0], row[1], row[2]


def _counts(before: str, now: str) -> str:
    """SQL of a sentence: how many rows were made, and how many are there."""
    there = f"split_part(coalesce({now}, '{NO_ROWS}'), ':', 1)"
    return (
        f"case when {before} = '{FORGOTTEN}'"
        f" then concat('its row in nba_ops.model_ledger is gone, and ', {there}, ' rows are there')"
        f" else concat(split_part({before}, ':', 1), ' rows were made and ', {there}, ' are there') end"
    )
