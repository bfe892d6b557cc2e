"""`import fullcourt`: features, training sets and tables as data frames, of what is stored and proven."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import fullcourt
from tests.integration.conftest import FIRST_MONTH, at_work
from tests.warehouse import Warehouse, environment

DAY, NEXT = "2021-11-05", "2021-11-06"
KEY = ["game_date", "game_id", "player_lookup"]


@pytest.fixture
def warehouse(copy_of_confirmed_month: Warehouse) -> Iterator[fullcourt.Warehouse]:
    with at_work(copy_of_confirmed_month):
        yield fullcourt.open(copy_of_confirmed_month.path)


def stored(of: Warehouse, sql: str) -> list[dict[str, Any]]:
    import duckdb

    with duckdb.connect(str(of.path), read_only=True) as connection:
        return connection.sql(sql).to_arrow_table().to_pylist()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has the database open for writing, with rows committed that lie in its log."""
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute('create table nba_ops.of_a_run as select 1 as n');"
        " print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield
    finally:
        process.communicate("")


def test_features_are_the_stored_vectors_by_name(
    warehouse: fullcourt.Warehouse, copy_of_confirmed_month: Warehouse
) -> None:
    rows = stored(
        copy_of_confirmed_month,
        "select * from nba_predictions.ml_feature_store_v2"
        f" where game_date between '{DAY}' and '{NEXT}' order by game_date, player_lookup",
    )
    found = warehouse.features(DAY, NEXT)
    assert len(rows) == found.num_rows > 0
    assert found.select(KEY).to_pylist() == [{name: row[name] for name in KEY} for row in rows]
    names = rows[0]["feature_names"]
    assert len(names) == 33
    assert [list(of.values()) for of in found.select(names).to_pylist()] == [
        [float(value) for value in row["features"]] for row in rows
    ]
    assert found["feature_sources"].to_pylist() == [row["feature_sources"] for row in rows]
    assert warehouse.features(DAY).num_rows < found.num_rows
    assert warehouse.features("2021-10-19").num_rows == 0, "the season's first days have none"


def test_a_training_set_is_one_join_of_the_tables(
    warehouse: fullcourt.Warehouse, copy_of_confirmed_month: Warehouse
) -> None:
    joined = stored(
        copy_of_confirmed_month,
        """
        select game_date, game_id, player_lookup, f.features, r.points, c.current_points_line
        from nba_predictions.ml_feature_store_v2 as f
        inner join nba_analytics.player_game_summary as r using (game_date, game_id, player_lookup)
        inner join nba_analytics.upcoming_player_game_context as c using (game_date, game_id, player_lookup)
        where r.minutes_played > 0
        order by all
        """,
    )
    made = warehouse.training_set(*FIRST_MONTH, lines=True)
    known, result = made.known.to_pylist(), made.result.to_pylist()
    assert len(joined) == len(known) == len(result) > 100
    assert made.left_out == {}
    assert len(made.feature_names) == 33
    for row, before, after in zip(joined, known, result, strict=True):
        assert [before[name] for name in KEY] == [row[name] for name in KEY]
        assert [before[name] for name in made.feature_names] == [float(value) for value in row["features"]]
        line = row["current_points_line"]
        assert before["current_points_line"] == (None if line is None else float(line))
        assert after == {"points": row["points"]}
    assert any(row["current_points_line"] is not None for row in known)
    assert "points" not in made.known.column_names, "nothing of the result is among what was known"


def test_a_date_that_is_not_as_it_was_proven_is_left_out_and_listed(
    warehouse: fullcourt.Warehouse, copy_of_confirmed_month: Warehouse
) -> None:
    copy_of_confirmed_month.execute(
        f"update nba_analytics.player_game_summary set points = points + 1, data_hash = 'x' where game_date = '{DAY}'"
    )
    made = warehouse.training_set(DAY, NEXT)
    assert set(made.left_out) >= {date.fromisoformat(DAY)}
    assert "player_game_summary is stale" in made.left_out[date.fromisoformat(DAY)]
    assert date.fromisoformat(DAY) not in set(made.known["game_date"].to_pylist())
    with_it = warehouse.training_set(DAY, NEXT, untrusted=True)
    assert date.fromisoformat(DAY) in set(with_it.known["game_date"].to_pylist())
    assert with_it.left_out == made.left_out
    with pytest.raises(
        fullcourt.UntrustedError, match=f"can be trusted, the first: {DAY}: player_game_summary is stale"
    ):
        warehouse.training_set(DAY, DAY)


def test_what_was_stored_at_a_moment_is_given_or_refused(warehouse: fullcourt.Warehouse) -> None:
    now = datetime.now(UTC)
    assert warehouse.features(DAY, as_of=now).equals(warehouse.features(DAY))
    long_ago = datetime(2021, 11, 6, tzinfo=UTC)
    for ask in (
        lambda: warehouse.features(DAY, as_of=long_ago),
        lambda: warehouse.table("player_game_summary", DAY, as_of=long_ago),
        lambda: warehouse.training_set(DAY, DAY, as_of=long_ago),
    ):
        with pytest.raises(
            fullcourt.AsOfError, match=f"were written since 2021-11-06 00:00 UTC, the first: \\w+ of {DAY}"
        ):
            ask()


def test_it_is_read_while_a_run_holds_it(warehouse: fullcourt.Warehouse, copy_of_confirmed_month: Warehouse) -> None:
    before = warehouse.features(DAY)
    with held(copy_of_confirmed_month.path):
        assert warehouse.features(DAY).equals(before)
        assert warehouse.training_set(DAY, DAY).left_out == {}
    assert stored(copy_of_confirmed_month, "from nba_ops.of_a_run") == [{"n": 1}], "what the run committed is there"


def test_a_table_is_given_as_it_is_stored(warehouse: fullcourt.Warehouse, copy_of_confirmed_month: Warehouse) -> None:
    columns = ["player_lookup", "points", "minutes_played"]
    found = warehouse.table("player_game_summary", DAY, columns=columns)
    assert found.to_pylist() == stored(
        copy_of_confirmed_month,
        f"select {', '.join(columns)} from nba_analytics.player_game_summary where game_date = '{DAY}'"
        " order by game_date, game_id, player_lookup",
    )
    assert list(warehouse.table("player_game_summary", DAY, columns=columns, form="pandas").columns) == columns
    assert warehouse.explain("player_game_summary", DAY).startswith(f"player_game_summary of {DAY} is complete.")


def test_what_cannot_be_is_refused_with_what_can(warehouse: fullcourt.Warehouse, tmp_path: Path) -> None:
    for ask, said in (
        (lambda: fullcourt.open(tmp_path / "none.duckdb"), "There is no database"),
        (lambda: warehouse.features("2021-13-01"), "`2021-13-01` is no date"),
        (lambda: warehouse.features(NEXT, DAY), "ends (2021-11-05) before it starts (2021-11-06)"),
        (lambda: warehouse.features(DAY, form="excel"), "`excel` is no form"),
        (lambda: warehouse.table("player_game_sumary", DAY), "Did you mean player_game_summary?"),
        (lambda: warehouse.table("player_game_summary", DAY, columns=["pionts"]), "Did you mean points?"),
        (lambda: warehouse.training_set(DAY, NEXT, label="pionts"), "Did you mean points?"),
        (lambda: warehouse.training_set(DAY, NEXT, label="team_abbr"), "is no number"),
    ):
        with pytest.raises(fullcourt.RequestError) as refused:
            ask()
        assert said in str(refused.value)


def test_without_a_file_it_is_the_warehouse_of_the_environment(copy_of_confirmed_month: Warehouse) -> None:
    with environment(FULLCOURT_DUCKDB=str(copy_of_confirmed_month.path)):
        assert fullcourt.open().features(DAY).num_rows > 0
