"""The platform's ten tables at production's names: built beside them, compared, adopted, taken back, adopted again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from python_processors import cli
from python_processors.compare.known import PLATFORM, known_file, read_known
from python_processors.contract import hashed_tables, load_contract
from python_processors.engines.duckdb.keeping import DuckDBKeeper
from python_processors.engines.duckdb.session import DuckDBSession
from python_processors.schema.drift import PUBLISH_LEDGER
from python_processors.schema.tables import create_tables
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.on_platform.outputs import FOREIGN, FOUR_COPIES, OTHER_DATE, fill_outputs
from tests.on_platform.tables import make_outputs, make_platform, output_tables
from tests.warehouse import environment

WINDOW = ("--start", f"{START}", "--end", f"{END}")
PLAYERS, CACHE = "nba_analytics.player_game_summary", "nba_precompute.player_daily_cache"


def fullcourt(database: Path, *arguments: str, code: int = 0) -> str:
    """What a command prints, on both of its streams."""
    settings = {
        "FULLCOURT_DUCKDB": str(database), "DBT_TARGET_PATH": str(database.parent / "target"),
        "DBT_LOG_PATH": str(database.parent / "logs"),
    }  # fmt: skip
    with environment(**settings), pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAW_DIR", raising=False)
        result = CliRunner().invoke(cli.app, arguments)
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the platform's raw tables and its ten tables, and an environment built beside them."""
    folder = tmp_path_factory.mktemp("adopt")
    database = folder / "fullcourt.duckdb"
    simulate_four_teams(folder / "raw")
    make_platform(database, folder / "raw")
    fullcourt(database, "env", "create", "beside", "--empty")
    make_outputs(database)  # they stand there before anything is built
    with duckdb.connect(str(database)) as connection:
        create_tables(DuckDBSession(connection), PUBLISH_LEDGER)  # as `fullcourt prepare` makes it in production
    fullcourt(database, "prepare", "--env", "beside")
    assert "\nPASS\n" in fullcourt(database, "backfill", "--env", "beside", *WINDOW, "--yes", "--no-report")
    fill_outputs(database, "beside")
    return database


@pytest.fixture
def database(beside: Path, tmp_path: Path) -> Path:
    path = tmp_path / beside.name
    shutil.copy(beside, path)
    shutil.copytree(beside.parent / "target", tmp_path / "target")
    return path


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.sql(sql).fetchall()


def tables(database: Path) -> dict[str, tuple[Any, ...]]:
    """Of each table outside of the environment and the kept tables what it holds, and its comments."""
    found = {}
    names = rows(
        database,
        "select schema_name || '.' || table_name, comment from duckdb_tables()"
        " where schema_name not like '%\\_\\_%' escape '\\' and schema_name <> 'nba_replaced'",
    )
    for name, comment in names:
        hashed = f"(select sum(hash(t)), count(*) from {name} as t)"
        columns = (
            "select list((column_name, data_type, is_nullable, comment) order by column_index) from duckdb_columns()"
        )
        of = f"{columns} where schema_name || '.' || table_name = '{name}'"
        found[name] = (comment, *rows(database, hashed)[0], rows(database, of)[0][0])
    return found


def old_reader(database: Path) -> None:
    """Every column that consumers know can be read of every table."""
    for relation, table in output_tables().items():
        rows(database, f"select {', '.join(table.columns)} from {relation}")


@pytest.mark.slow
def test_the_platforms_tables_are_adopted_taken_back_and_adopted_again(database: Path) -> None:
    before = tables(database)
    # The way is named, by who looks and by who is refused, ledgers without a row or not.
    assert "build beside it, and `fullcourt adopt` puts that in its place" in fullcourt(database, "doctor", code=1)
    refused = fullcourt(database, "backfill", *WINDOW, "--yes", code=2)
    assert "These tables are not fullcourt's" in refused
    assert "drop" not in refused

    # What is known of the platform explains what differs but for the row of another date, and for nothing else.
    compared = json.loads(fullcourt(database, "compare", "prod", "beside", "--known", PLATFORM, "--json", code=1))
    left = {
        (of["table"], finding["column"], finding["kind"])
        for of in compared["tables"] for finding in of["findings"] if not finding["explained"]
    }  # fmt: skip
    assert left == {
        *((name, "rows", "only_in_one") for name in hashed_tables() if name != "team_defense_zone_analysis"),
        ("player_daily_cache", "rows", "without_key_in_one"), ("player_game_summary", FOREIGN, "column_only_in_one"),
    }  # fmt: skip
    of_players = next(of for of in compared["tables"] if of["table"] == "player_game_summary")
    assert of_players["matched"] == of_players["rows_in_two"]

    plan = json.loads(fullcourt(database, "adopt", "beside", "--dry-run", "--json").splitlines()[-1])
    of_tables = {of["table"]: of for of in plan["tables"]}
    for name in hashed_tables():
        relation = load_contract(name).relation
        of, copies = of_tables[relation], 4 if name in FOUR_COPIES else 1
        assert of["dates_left"] == 1, of
        assert of["rows_without_match"] == 1, of
        assert of["rows_before"] == copies * of["rows_after"] + (2 if relation == CACHE else 1)
        assert of["duplicate_rows"] == (copies - 1) * of["rows_after"]
    assert of_tables[CACHE]["rows_without_key"] == 1
    assert of_tables[PLAYERS]["foreign_columns"] == [FOREIGN]
    assert tables(database) == before

    # A yes does not cover dates that only the kept tables will have: their number has to be said.
    said = fullcourt(database, "adopt", "beside", "--yes", code=2)
    assert "say `--leave-dates 1`. Nothing was changed." in said
    assert "--yes" in fullcourt(database, "adopt", "beside", "--leave-dates", "1", code=2)
    assert "beyond its contract" in fullcourt(database, "adopt", "beside", "--carry", "points", code=2)
    assert tables(database) == before

    # One table first: production's runs stay refused, by the names of those that are left.
    leave = ("--leave-dates", "1", "--yes")
    fullcourt(database, "adopt", "beside", "--tables", "player_game_summary", "--carry", FOREIGN, *leave)
    said = fullcourt(database, "plan", *WINDOW, code=2)
    assert "still to adopt: nba_analytics.team_defense_game_summary" in said
    assert PLAYERS not in said
    old_reader(database)
    assert rows(database, f"select count(*), count({FOREIGN}) from {PLAYERS}")[0] == (
        of_tables[PLAYERS]["rows_after"],
        of_tables[PLAYERS]["rows_after"],
    )

    fullcourt(database, "adopt", "beside", *leave)
    placed = tables(database)
    assert "Nothing to do" in fullcourt(database, "plan", *WINDOW)
    assert "\nPASS\n" in fullcourt(database, "verify", *WINDOW)
    assert "Every table is as its contract has it." in fullcourt(database, "migrate", "--dry-run")
    old_reader(database)
    for relation in output_tables():
        assert placed[relation][0] == before[relation][0]
        kept = f"nba_replaced.{relation.replace('.', '__')}__"
        name = rows(
            database,
            f"select schema_name || '.' || table_name from duckdb_tables() where schema_name || '.' || table_name like '{kept}%'",
        )[0][0]
        assert rows(database, f"select sum(hash(t)), count(*) from {name} as t")[0] == before[relation][1:3]
        day = load_contract(relation.partition(".")[2]).partition_by
        assert rows(database, f"select count(*) from {name} where {day} = '{OTHER_DATE}'") == [(1,)]
    comments = "select comment from duckdb_columns() where schema_name = 'nba_analytics' and column_name = 'points'"
    assert ("Points that he scored.",) in rows(database, comments)
    assert "All ten tables are adopted." in fullcourt(database, "adopt", "beside", *leave)

    # A run publishes to the table with the carried column, and leaves it alone.
    fullcourt(database, "backfill", "--force", "--start", f"{END}", "--end", f"{END}", "--yes", "--no-report")
    assert rows(database, f"select count(*) from {PLAYERS} where {FOREIGN} is null") == [(0,)]

    fullcourt(database, "adopt", "--undo", "--yes")
    again = tables(database)
    assert {name: again[name] for name in before} == before
    # A run in production has made these: they are of a place, and no environment has its own from another.
    assert set(again) - set(before) <= {"nba_ops.environment", "nba_ops.run_locks", "nba_ops.alert_ledger"}
    assert "These tables are not fullcourt's" in fullcourt(database, "plan", *WINDOW, code=2)
    assert "None of these tables is adopted" in fullcourt(database, "adopt", "--undo", "--yes", code=2)

    fullcourt(database, "adopt", "beside", "--carry", FOREIGN, *leave)
    assert "Nothing to do" in fullcourt(database, "plan", *WINDOW)
    steps = json.loads(fullcourt(database, "adopt", "--json"))["steps"]
    assert [of["step"] for of in steps if of["unit"] == PLAYERS] == [
        "begun", "adopted", "undo_begun", "undone", "begun", "adopted",
    ]  # fmt: skip
    assert len(rows(database, "select 1 from duckdb_tables() where table_name like '%player_game_summary%ours%'")) == 1


@pytest.mark.slow
def test_a_kill_leaves_all_as_it_was(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, copy = tables(database), DuckDBKeeper.copy
    leave = ("--leave-dates", "1", "--yes")

    def killed_at(end: str) -> None:
        def copied(keeper: DuckDBKeeper, source: str, target: str, *arguments: Any) -> None:
            copy(keeper, source, target, *arguments)
            if target.endswith(end):
                raise KeyboardInterrupt

        monkeypatch.setattr(DuckDBKeeper, "copy", copied)

    for end in ("nba_analytics.player_game_summary", "nba_predictions.ml_feature_store_v2", "nba_ops.runs"):
        killed_at(end)
        fullcourt(database, "adopt", "beside", *leave, code=1)
        assert tables(database) == before
        assert "Nothing was ever adopted." in fullcourt(database, "adopt")
    monkeypatch.setattr(DuckDBKeeper, "copy", copy)
    fullcourt(database, "adopt", "beside", *leave)
    placed = tables(database)
    killed_at("nba_analytics.player_game_summary")
    fullcourt(database, "adopt", "--undo", "--yes", code=1)
    assert tables(database) == placed


@pytest.mark.slow
def test_an_environment_that_is_not_verified_is_not_adopted(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"update beside__{PLAYERS} set points = points + 1 where game_date = '{START}'")
    before = tables(database)
    said = fullcourt(database, "adopt", "beside", "--leave-dates", "1", "--yes", code=2)
    assert f"`beside` is not verified from {START} to {END}: " in said
    assert "player_game_summary" in said
    assert tables(database) == before
    assert "There is no environment `dve`" in fullcourt(database, "adopt", "dve", code=2)
    assert "No hashed table is called nothing" in fullcourt(database, "adopt", "beside", "--tables", "nothing", code=2)
    fullcourt(database, "env", "create", "other", "--empty")
    assert "Nothing is built in the environment `other`." in fullcourt(database, "adopt", "other", code=2)


def test_known_differences_of_the_platform_are_of_columns_that_there_are() -> None:
    known = read_known(known_file(PLATFORM))
    assert known.rows_by_date
    for of in known.differences:
        tables_of = hashed_tables() if of.table == "*" else [of.table]
        columns = {"rows"} | {column.name for name in tables_of for column in load_contract(name).columns}
        assert of.column in columns, of
        assert of.table == "*" or of.table in hashed_tables()
    # Not what is counted alike on both sides, whatever else differs.
    explained = {(of.table, of.column) for of in known.differences}
    assert not explained & {("player_game_summary", "points"), ("team_offense_game_summary", "points_scored")}
    assert not any(of.column == "*" for of in known.differences)
    assert len({*explained}) > 100
