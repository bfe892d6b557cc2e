"""Changes of what is stored: rows of the ten tables, of models between, of ledgers; and a clock set back."""

from __future__ import annotations

import random

import duckdb

from python_processors.contract import hashed_tables, load_contract
from tests.mixed_changes.league import END, START
from tests.mixed_changes.site import NotPossibleError, Site, kind

LEDGERS = ("input_ledger", "publish_ledger", "decisions")
NOT_MODELS = (
    *LEDGERS,
    "skip_audits",
    "alert_ledger",
    "analytics_processor_runs",
    "precompute_processor_runs",
    "runs",
    "run_locks",
    "raw_files",
)
NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL", "HUGEINT")
# What somebody builds by hand with another var: model, var, value.
OTHER_VARS = (
    ("int_game_lines", "max_possible_total", 225), ("stg_odds_api__game_lines", "max_possible_spread", 5),
    ("int_team_boxes", "min_players_for_team_box", 12), ("int_team_availability", "regular_starter_days", 5),
    ("dim_game_dates", "precompute_bootstrap_days", 17),
)  # fmt: skip


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[int]:
    return [row for (row,) in connection.execute(f"select rowid from {relation} order by 1").fetchall()]


def _row(connection: duckdb.DuckDBPyConnection, rng: random.Random, relation: str) -> int:
    rows = _rows(connection, relation)
    if not rows:
        raise NotPossibleError(f"{relation} has no rows any more")
    return rng.choice(rows)


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    found = connection.execute(
        "select column_name, data_type from duckdb_columns() where schema_name || '.' || table_name = ?"
        " order by column_index", [relation],
    ).fetchall()  # fmt: skip
    return dict(found)


def _edit_value(connection: duckdb.DuckDBPyConnection, relation: str, row: int, column: str, type_name: str) -> str:
    """Give one value of a row another one of its type."""
    if type_name == "VARCHAR":
        other = f"concat(coalesce({column}, ''), 'x')"
    elif type_name == "BOOLEAN":
        other = f"not coalesce({column}, false)"
    else:
        other = f"case when {column} = 0 then 1 else 0 end"
    connection.execute(f"update {relation} set {column} = {other} where rowid = {row}")
    return f"{relation}.{column} of row {row}"


def _editable(columns: dict[str, str], *without: str) -> list[str]:
    kinds = ("VARCHAR", "BOOLEAN", *NUMBERS)
    return [name for name, of in columns.items() if of.partition("(")[0] in kinds and name not in without]


def _double(connection: duckdb.DuckDBPyConnection, relation: str, row: int) -> None:
    connection.execute(f"insert into {relation} select * from {relation} where rowid = {row}")


def _stored_table(connection: duckdb.DuckDBPyConnection, rng: random.Random) -> tuple[str, str]:
    """One of the ten tables, and its relation."""
    table = rng.choice(sorted(hashed_tables()))
    return table, load_contract(table).relation


@kind("stored")
def value_edited_behind_its_hash(site: Site, rng: random.Random) -> str:
    site.needs_verify = True
    with site.opened() as connection:
        table, relation = _stored_table(connection, rng)
        contract = load_contract(table)
        hashed = {c.name for c in contract.columns if c.not_hashed is None}
        columns = {n: t for n, t in _columns(connection, relation).items() if n in hashed}
        column = rng.choice(_editable(columns, *contract.key, contract.partition_by))
        return _edit_value(connection, relation, _row(connection, rng, relation), column, columns[column])


@kind("stored")
def hash_edited(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        _, relation = _stored_table(connection, rng)
        row = _row(connection, rng, relation)
        connection.execute(f"update {relation} set data_hash = md5(data_hash) where rowid = {row}")
        return f"{relation}, row {row}"


@kind("stored")
def stored_row_deleted(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        _, relation = _stored_table(connection, rng)
        row = _row(connection, rng, relation)
        connection.execute(f"delete from {relation} where rowid = {row}")
        return f"{relation}, row {row}"


@kind("stored")
def stored_row_doubled(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        _, relation = _stored_table(connection, rng)
        row = _row(connection, rng, relation)
        _double(connection, relation, row)
        return f"{relation}, row {row}"


@kind("stored")
def rows_swapped_for_doubles(site: Site, rng: random.Random) -> str:
    """As many rows as before: one is gone, another is there twice."""
    with site.opened() as connection:
        _, relation = _stored_table(connection, rng)
        row, other = _row(connection, rng, relation), _row(connection, rng, relation)
        _double(connection, relation, other)
        connection.execute(f"delete from {relation} where rowid = {row}")
        return f"{relation}: {other} in place of {row}"


@kind("stored")
def foreign_row(site: Site, rng: random.Random) -> str:
    """A row of a player or team that does not exist, with a hash of its own."""
    with site.opened() as connection:
        table, relation = _stored_table(connection, rng)
        row, key = _row(connection, rng, relation), load_contract(table).key
        named = next(name for name in reversed(key) if _columns(connection, relation)[name] == "VARCHAR")
        connection.execute(
            f"insert into {relation} select * replace (concat({named}, 'x') as {named}, md5(data_hash) as data_hash)"
            f" from {relation} where rowid = {row}"
        )
        return f"{relation}, beside row {row}"


@kind("stored")
def stored_date_emptied(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        table, relation = _stored_table(connection, rng)
        day = load_contract(table).partition_by
        connection.execute(
            f"delete from {relation} where {day} ="
            f" (select {day} from {relation} where rowid = {_row(connection, rng, relation)})"
        )
        return relation


def _model(connection: duckdb.DuckDBPyConnection, rng: random.Random) -> str:
    """A relation that dbt makes and no contract hashes: staging, dimensions, intermediates, seeds, ops."""
    found = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where schema_name in ('nba_staging', 'nba_intermediate', 'nba_ops') order by 1"
    ).fetchall()
    relations = [relation for (relation,) in found if relation.partition(".")[2] not in NOT_MODELS]
    return rng.choice([relation for relation in relations if _rows(connection, relation)])


@kind("intermediate")
def intermediate_value_edited(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _model(connection, rng)
        columns = _columns(connection, relation)
        column = rng.choice(_editable(columns, "game_date"))
        return _edit_value(connection, relation, _row(connection, rng, relation), column, columns[column])


@kind("intermediate")
def intermediate_row_deleted(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _model(connection, rng)
        row = _row(connection, rng, relation)
        connection.execute(f"delete from {relation} where rowid = {row}")
        return f"{relation}, row {row}"


@kind("intermediate")
def intermediate_row_doubled(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _model(connection, rng)
        row = _row(connection, rng, relation)
        _double(connection, relation, row)
        return f"{relation}, row {row}"


@kind("intermediate")
def intermediate_dropped(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _model(connection, rng)
        connection.execute(f"drop table {relation}")
        return relation


@kind("intermediate")
def built_by_hand_with_another_var(site: Site, rng: random.Random) -> str:
    model, name, value = rng.choice(OTHER_VARS)
    window = {"start_date": START.isoformat(), "end_date": END.isoformat()}
    site.steps.append({"do": "dbt", "arguments": ["run", "--select", model], "vars": {**window, name: value}})
    return f"dbt run --select {model}, {name} {value}"


@kind("intermediate")
def full_refresh_of_two_dates(site: Site, rng: random.Random) -> str:
    """Is to be refused; where it is not, all other dates of the model are gone."""
    model = rng.choice(["int_player_boxes", "int_player_quarters", "int_player_form", "int_game_lines"])
    window = {"start_date": START.isoformat(), "end_date": START.replace(day=START.day + 1).isoformat()}
    site.steps.append({"do": "dbt", "arguments": ["run", "--select", model, "--full-refresh"], "vars": window})
    return f"dbt run --select {model} --full-refresh"


def _ledger(rng: random.Random) -> str:
    return f"nba_ops.{rng.choice(LEDGERS)}"


@kind("ledger")
def ledger_row_deleted(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _ledger(rng)
        row = _row(connection, rng, relation)
        connection.execute(f"delete from {relation} where rowid = {row}")
        return f"{relation}, row {row}"


@kind("ledger")
def ledger_row_doubled(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _ledger(rng)
        row = _row(connection, rng, relation)
        _double(connection, relation, row)
        return f"{relation}, row {row}"


@kind("ledger")
def ledger_row_damaged(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        relation = _ledger(rng)
        columns = _columns(connection, relation)
        column = rng.choice(_editable(columns, "table_name"))
        return _edit_value(connection, relation, _row(connection, rng, relation), column, columns[column])


@kind("ledger")
def file_forgotten(site: Site, rng: random.Random) -> str:
    """The ledger of raw files lost a row: the file is loaded again."""
    with site.opened() as connection:
        row = _row(connection, rng, "nba_ops.raw_files")
        connection.execute(f"update nba_ops.raw_files set checksum = '' where rowid = {row}")
        return f"row {row}"


@kind("ledger")
def coverage_edited(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        columns = _columns(connection, "nba_ops.coverage")
        column = rng.choice(_editable(columns, "table_name"))
        row = _row(connection, rng, "nba_ops.coverage")
        return _edit_value(connection, "nba_ops.coverage", row, column, columns[column])


@kind("ledger")
def coverage_row_deleted(site: Site, rng: random.Random) -> str:
    with site.opened() as connection:
        row = _row(connection, rng, "nba_ops.coverage")
        connection.execute(f"delete from nba_ops.coverage where rowid = {row}")
        return f"row {row}"


@kind("ledger")
def side_file_damaged(site: Site, rng: random.Random) -> str:
    """What runs leave beside the database: status, memory, lock."""
    files = sorted(path for path in site.database.parent.glob(f"{site.database.name}.*") if path.is_file())
    if not files:
        raise NotPossibleError("there is no such file")
    path = rng.choice(files)
    path.write_text(rng.choice(["", "{}", "[1, 2]", "not json", '{"state": "running"}']))
    return path.name


@kind("clock")
def clock_set_back(site: Site, rng: random.Random) -> str:
    """A day between all that was recorded and now: what was recorded lies in the future."""
    with site.opened() as connection:
        found = connection.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal"
            " and schema_name <> 'nba_raw' and schema_name <> 'nba_reference' and data_type = 'TIMESTAMP WITH TIME ZONE'"
            " and (schema_name = 'nba_ops' or column_name in ('processed_at', 'created_at', 'updated_at'))"
        ).fetchall()
        for relation, column in found:
            connection.execute(f"update {relation} set {column} = {column} + interval 1 day")
    return f"{len(found)} columns"
