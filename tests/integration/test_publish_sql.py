"""The statements that publish, as dbt renders them, on a few rows of one table without its constraints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from python_processors.hashing import fingerprint
from python_processors.orchestration.warehouse import DuckDBSession
from python_processors.schema.tables import stored_tables
from tests.warehouse import Warehouse

TABLE = "team_offense_game_summary"
TARGET, LEDGER = f"nba_analytics.{TABLE}", "nba_ops.publish_ledger"
STAGE = f"{TARGET}__stage"
STATEMENTS = {
    "ledger": "ledger_sql(node, '{target}', '{stage}', '{ledger}', {{'logic_version': 'v'}})",
    "doubled": "delete_doubled_sql(node, '{target}')",
    "delete": "delete_sql(node, '{target}', '{stage}')",
    "merge": "merge_sql(node, '{target}', '{stage}')",
    "deletions": "deletions_sql(node, '{target}', '{stage}', '{ledger}')",
}
Row = tuple[str, str | None, int, str | None]  # date, team, points, hash; every row is of one game


def rendered(folder: Path, **variables: Any) -> dict[str, str]:
    """What dbt makes of the statements on DuckDB, in one parse."""
    names = {"target": TARGET, "stage": STAGE, "ledger": LEDGER}
    macros = "\n--next\n".join("{{ " + macro.format(**names) + " }}" for macro in STATEMENTS.values())
    inline = (
        "{% set node = node_named('" + TABLE + "') if execute else none %}{% if execute %}" + macros + "{% endif %}"
    )
    outcome = Warehouse(folder / "unused.duckdb", folder).dbt(
        "compile", "--no-populate-cache", "--no-introspect", "--inline", inline, **variables
    )
    assert outcome.success, outcome.failures or outcome.error
    (path,) = (folder / "target" / "compiled").rglob("inline_query*")
    return dict(zip(STATEMENTS, path.read_text(encoding="utf-8").split("--next"), strict=True))


@pytest.fixture(scope="module")
def by_hash(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return rendered(tmp_path_factory.mktemp("by_hash"))


@pytest.fixture(scope="module")
def replacing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return rendered(tmp_path_factory.mktemp("replacing"), replaced={TABLE: ["2021-10-20"]})


class Tables:
    """The table, its staging relation and the ledger, with nothing but the columns that matter filled."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'; create schema nba_analytics; create schema nba_ops")
        stored, session = stored_tables(), DuckDBSession(self.connection)
        for name, relation in ((TARGET, TARGET), (STAGE, TARGET), (LEDGER, LEDGER)):
            columns = ", ".join(f"{c.name} {session.engine_type(c.type)}" for c in stored[relation].columns)
            self.connection.execute(f"create table {name} ({columns})")

    def put(self, relation: str, *rows: Row) -> None:
        for day, team, points, data_hash in rows:
            self.connection.execute(
                f"insert into {relation} (game_id, game_date, team_abbr, points_scored, data_hash, created_at)"
                " values ('g', ?, ?, ?, ?, '2020-01-01 00:00:00+00')",
                [day, team, points, data_hash],
            )

    def publish(self, statements: dict[str, str]) -> None:
        self.connection.execute("begin")
        for name in ("ledger", "doubled", "delete", "merge"):
            self.connection.execute(statements[name])
        self.connection.execute("commit")

    def rows(self) -> list[tuple[Any, ...]]:
        sql = f"select cast(game_date as varchar), team_abbr, points_scored, data_hash from {TARGET} order by all"
        return self.connection.sql(sql).fetchall()

    def old(self) -> list[str]:
        """Teams of rows that were there before."""
        sql = f"select team_abbr from {TARGET} where created_at < '2021-01-01' order by 1"
        return [team for (team,) in self.connection.sql(sql).fetchall()]

    def counts(self, day: str) -> dict[str, int]:
        columns = "row_count, inserted, updated, deleted, unchanged, rows_before, rows_removed"
        (row,) = self.connection.sql(f"select {columns} from {LEDGER} where game_date = '{day}'").fetchall()
        counts = dict(zip(columns.split(", "), row, strict=True))
        assert counts["row_count"] == counts["rows_before"] - counts["rows_removed"] + counts["inserted"]
        assert counts["row_count"] == counts["inserted"] + counts["updated"] + counts["unchanged"]
        return {name: count for name, count in counts.items() if count}


def h(letter: str) -> str:
    return letter * 16


@pytest.fixture
def tables() -> Tables:
    return Tables()


def test_a_null_hash_counts_as_another_one(tables: Tables, by_hash: dict[str, str]) -> None:
    tables.put(TARGET, ("2021-10-20", "ATL", 1, None), ("2021-10-20", "BOS", 2, h("b")))
    tables.put(STAGE, ("2021-10-20", "ATL", 100, h("a")), ("2021-10-20", "BOS", 2, h("b")))
    tables.publish(by_hash)
    assert tables.rows() == [("2021-10-20", "ATL", 100, h("a")), ("2021-10-20", "BOS", 2, h("b"))]
    assert tables.old() == ["ATL", "BOS"]
    assert tables.counts("2021-10-20") == {"row_count": 2, "updated": 1, "unchanged": 1, "rows_before": 2}


def test_a_key_that_is_there_three_times_is_there_once_afterwards(tables: Tables, by_hash: dict[str, str]) -> None:
    tables.put(TARGET, *[("2021-10-20", "ATL", 1, h("a"))] * 2, ("2021-10-20", "ATL", 7, h("f")))
    tables.put(TARGET, ("2021-10-20", "BOS", 2, h("b")))
    tables.put(STAGE, ("2021-10-20", "ATL", 1, h("a")), ("2021-10-20", "BOS", 2, h("b")))
    tables.publish(by_hash)
    assert tables.rows() == [("2021-10-20", "ATL", 1, h("a")), ("2021-10-20", "BOS", 2, h("b"))]
    assert tables.old() == ["BOS"]
    assert tables.counts("2021-10-20") == {
        "row_count": 2, "updated": 1, "unchanged": 1, "rows_before": 4, "rows_removed": 2,
    }  # fmt: skip


def test_doubled_keys_that_are_no_longer_produced_and_null_keys_go(tables: Tables, by_hash: dict[str, str]) -> None:
    tables.put(TARGET, *[("2021-10-20", "ATL", 1, h("a"))] * 2, *[("2021-10-20", None, 5, h("0"))] * 2)
    tables.put(STAGE, ("2021-10-20", "BOS", 2, h("b")))
    tables.publish(by_hash)
    assert tables.rows() == [("2021-10-20", "BOS", 2, h("b"))]
    assert tables.counts("2021-10-20") == {
        "row_count": 1, "inserted": 1, "deleted": 2, "rows_before": 4, "rows_removed": 4,
    }  # fmt: skip


def test_a_value_behind_an_equal_hash_stays_unless_its_date_is_replaced(
    tables: Tables, by_hash: dict[str, str], replacing: dict[str, str]
) -> None:
    for day in ("2021-10-20", "2021-10-21"):
        tables.put(TARGET, (day, "ATL", 999, h("a")))
        tables.put(STAGE, (day, "ATL", 1, h("a")))
    tables.publish(by_hash)
    assert [points for _, _, points, _ in tables.rows()] == [999, 999]
    tables.connection.execute(f"delete from {LEDGER}")
    tables.publish(replacing)
    assert tables.rows() == [("2021-10-20", "ATL", 1, h("a")), ("2021-10-21", "ATL", 999, h("a"))]
    assert tables.old() == ["ATL", "ATL"]
    assert tables.counts("2021-10-20") == {"row_count": 1, "updated": 1, "rows_before": 1}
    assert tables.counts("2021-10-21") == {"row_count": 1, "unchanged": 1, "rows_before": 1}


def test_a_replaced_date_holds_the_staged_rows_and_no_other(tables: Tables, replacing: dict[str, str]) -> None:
    tables.put(TARGET, ("2021-10-20", "ATL", 1, "garbage"), *[("2021-10-20", "BOS", 2, h("b"))] * 2)
    tables.put(TARGET, ("2021-10-20", "XXX", 3, h("c")), ("2021-10-20", None, 3, None))
    tables.put(
        STAGE, ("2021-10-20", "ATL", 1, h("a")), ("2021-10-20", "BOS", 2, h("b")), ("2021-10-20", "CHI", 4, h("d"))
    )
    tables.publish(replacing)
    assert (
        tables.rows()
        == tables.connection.sql(
            f"select cast(game_date as varchar), team_abbr, points_scored, data_hash from {STAGE} order by all"
        ).fetchall()
    )
    assert tables.old() == ["ATL"]


def test_rows_outside_the_window_are_not_touched(tables: Tables, by_hash: dict[str, str]) -> None:
    outside: list[Row] = [("2021-10-18", "ATL", 1, h("a")), ("2021-10-27", "ATL", 1, None)]
    tables.put(TARGET, *outside, *outside)
    tables.publish(by_hash)
    assert len(tables.rows()) == 4


def test_the_ledgers_fingerprint_is_that_of_the_rows_that_are_there_then(
    tables: Tables, by_hash: dict[str, str]
) -> None:
    tables.put(TARGET, *[("2021-10-20", "ATL", 1, h("a"))] * 3)
    tables.put(STAGE, ("2021-10-20", "ATL", 1, h("a")), ("2021-10-20", "BOS", 2, h("b")))
    tables.publish(by_hash)
    stored = tables.connection.sql(f"select data_hash from {TARGET}").to_arrow_table()["data_hash"]
    written = tables.connection.sql(f"select fingerprint from {LEDGER} where game_date = '2021-10-20'").fetchall()
    assert written == [(fingerprint(stored.combine_chunks()),)]


def changes(tables: Tables, statements: dict[str, str]) -> list[tuple[Any, ...]]:
    return tables.connection.sql(statements["deletions"]).fetchall()


def test_deletions_are_counted_by_key_and_date(tables: Tables, by_hash: dict[str, str]) -> None:
    tables.put(TARGET, *[("2021-10-20", "ATL", 1, h("a"))] * 2, ("2021-10-20", "BOS", 2, h("b")))
    tables.put(TARGET, ("2021-10-21", "ATL", 1, h("a")))
    tables.put(STAGE, ("2021-10-20", "BOS", 3, h("c")), ("2021-10-22", "BOS", 3, h("c")))
    assert changes(tables, by_hash) == [("2021-10-20", 3, 1, 1), ("2021-10-21", 1, 0, 1), ("2021-10-22", 0, 1, 0)]


def test_rows_that_nothing_published_are_no_loss_on_a_date_that_is_replaced(
    tables: Tables, by_hash: dict[str, str], replacing: dict[str, str]
) -> None:
    tables.put(TARGET, ("2021-10-20", "ATL", 1, h("a")))
    tables.put(STAGE, ("2021-10-20", "ATL", 1, h("a")))
    tables.publish(by_hash)
    tables.put(TARGET, ("2021-10-20", "XXX", 1, h("a")), ("2021-10-20", "YYY", 1, h("a")))
    assert changes(tables, by_hash) == [("2021-10-20", 3, 1, 2)]
    assert changes(tables, replacing) == [("2021-10-20", 3, 1, 0)]
    tables.connection.execute(f"delete from {STAGE}")
    assert changes(tables, replacing) == [("2021-10-20", 3, 0, 1)]
