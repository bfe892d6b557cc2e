"""Raw tables that somebody else fills, as the platform does, and files of archives that are no raw tables any more."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from python_processors.errors import RawDirError
from python_processors.raw_loader import RawFolder, load_raw, loads_files
from tests.unit.raw_files import DAY, write

SCHEDULE = "nba_raw.nbac_schedule"


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A database in which a schedule of somebody else lies, with a column that the raw contract does not have."""
    connection = duckdb.connect()
    connection.execute(
        f"create schema nba_raw; create table {SCHEDULE} (game_id varchar, game_date date, more integer)"
    )
    connection.execute(f"insert into {SCHEDULE} values ('0022100001', date '2021-10-19', 7)")
    return connection


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.sql("select table_name from duckdb_tables() order by 1").fetchall()]


def test_a_folder_that_nobody_named_is_not_loaded_beside_them(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Least of all a simulated league, which would be made where no archive is found."""
    write(tmp_path, "bdl_player_boxscores", game_id=["20211019_BKN_MIL"], game_date=[DAY])
    for folder in (RawFolder(tmp_path, is_found=True), RawFolder(tmp_path / "no", is_simulated=True, is_found=True)):
        assert not loads_files(connection, folder)
        assert not load_raw(connection, folder).changed_anything
    assert (tables(connection), (tmp_path / "no").exists()) == (["nbac_schedule"], False)
    assert connection.sql(f"select more from {SCHEDULE}").fetchall() == [(7,)]


def test_a_file_of_such_a_table_is_refused_by_name(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "a/nbac_schedule", game_id=["0022100002"], game_date=[DAY])
    with pytest.raises(RawDirError, match=r"a/nbac_schedule\.parquet: the table nbac_schedule is there already"):
        load_raw(connection, RawFolder(tmp_path))
    assert connection.sql(f"select game_id from {SCHEDULE}").fetchall() == [("0022100001",)]


def test_files_of_other_tables_are_loaded_from_a_folder_that_is_named(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "bdl_player_boxscores", game_id=["20211019_BKN_MIL"], game_date=[DAY])
    assert load_raw(connection, RawFolder(tmp_path)).rows_by_file == {"bdl_player_boxscores.parquet": 1}
    assert connection.sql(f"select more from {SCHEDULE}").fetchall() == [(7,)]


def test_a_table_of_ours_that_lost_a_column_is_no_other(tmp_path: Path) -> None:
    connection = duckdb.connect()
    write(tmp_path, "nbac_schedule", game_id=["0022100002"], game_date=[DAY])
    load_raw(connection, RawFolder(tmp_path))
    connection.execute(f"alter table {SCHEDULE} drop column _loaded_from")
    assert loads_files(connection, RawFolder(tmp_path, is_found=True))
    load_raw(connection, RawFolder(tmp_path), allow_deletes=True)
    assert connection.sql(f"select _loaded_from from {SCHEDULE}").fetchall() == [("nbac_schedule.parquet",)]


@pytest.mark.parametrize(("name", "why"), [("teams", "seeds/arenas.csv"), ("sources", "is not read")])
def test_a_file_of_what_is_no_raw_table_any_more_is_named(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / f"{name}.parquet").write_bytes(b"whatever")
    write(tmp_path, "nbac_schedule", game_id=["0022100002"], game_date=[DAY])
    (ignored,) = load_raw(duckdb.connect(), RawFolder(tmp_path)).ignored
    assert ignored.name == f"{name}.parquet"
    assert why in ignored.reason


def test_a_table_that_the_contract_has_lost_is_no_obstacle(tmp_path: Path) -> None:
    """A warehouse from before holds teams, and a ledger that names their file."""
    connection = duckdb.connect()
    write(tmp_path, "nbac_schedule", game_id=["0022100002"], game_date=[DAY])
    load_raw(connection, RawFolder(tmp_path))
    connection.execute(
        "insert into nba_ops.raw_files by name select * replace ('teams.parquet' as file_name, 'teams' as table_name)"
        " from nba_ops.raw_files"
    )
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select table_name from nba_ops.raw_files").fetchall() == [("nbac_schedule",)]
