"""Raw files come in whole, once, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.errors import RawDirError, RawDirMissingError
from python_processors.raw_contract import raw_tables
from python_processors.raw_loader import RawFolder, find_raw_dir, link_files, load, load_raw, plan_load, rows_to_come
from tests.unit.raw_files import teams, write

pytestmark = pytest.mark.usefixtures("teams_are_raw")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def test_loading_again_is_a_no_op(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "reference/teams", team_abbr=["BOS", "MIA"])
    assert load_raw(connection, RawFolder(tmp_path)).rows_by_file == {"reference/teams.parquet": 2}
    again = load_raw(connection, RawFolder(tmp_path))
    assert (again.rows_by_file, again.unchanged_files) == ({}, 1)
    assert teams(connection) == ["BOS", "MIA"]


def test_a_changed_file_replaces_its_own_rows_only(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "east/teams", team_abbr=["BOS", "MIA"])
    write(tmp_path, "west/teams", team_abbr=["LAL"])
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "east/teams", team_abbr=["BOS", "NYK"])
    assert load_raw(connection, RawFolder(tmp_path)).rows_by_file == {"east/teams.parquet": 2}
    assert teams(connection) == ["BOS", "LAL", "NYK"]


def test_a_csv_is_read_in_the_contracts_types(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    table = pa_parquet.read_table(
        write(
            tmp_path / "parquet",
            "nbac_schedule",
            game_id=["0022100001"],
            game_date=[date(2021, 10, 19)],
            home_team_score=[127],
        )
    )
    (tmp_path / "csv").mkdir()
    pa_csv.write_csv(table, tmp_path / "csv" / "nbac_schedule.csv")
    load_raw(connection, RawFolder(tmp_path / "csv"))
    assert connection.sql(
        "select game_id, game_date, home_team_score, arena_name from nba_raw.nbac_schedule"
    ).fetchall() == [("0022100001", date(2021, 10, 19), 127, None)]


def test_everything_wrong_is_named_and_nothing_is_written(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "reference/teams", team_abbr=["BOS"])
    schedule = write(tmp_path, "2021-22/nbac_schedule", game_id=["x"])
    table = pa_parquet.read_table(schedule)
    table = table.drop_columns(["game_date"]).set_column(0, "game_id", pa.array([5]))
    pa_parquet.write_table(table, schedule)
    (tmp_path / "2021-22" / "nbac_referees.parquet").write_bytes(b"PAR1")
    (tmp_path / "2021-22" / "nbac_team_boxscore.parquet").write_bytes(b"not parquet at all")
    (tmp_path / "2022-23").mkdir()
    (tmp_path / "2022-23" / "teams.csv").write_text(
        "team_abbr,full_name,arena,arena_city,latitude,longitude,timezone\nBOS,b,a,c,north,1,z\n"
    )
    (tmp_path / "2023-24").mkdir()
    (tmp_path / "2023-24" / "teams.csv").write_text(
        "team_abbr,full_name,arena,arena_city,arena,latitude,longitude,timezone\nBOS,b,a,c,d,1,1,z\n"
    )
    with pytest.raises(RawDirError) as caught:
        load_raw(connection, RawFolder(tmp_path))
    problems = caught.value.problems
    assert any("2021-22/nbac_referees.parquet: unknown table `nbac_referees`" in p for p in problems)
    assert "2021-22/nbac_schedule.parquet: column `game_date` is missing; expected DATE" in problems
    assert (
        "2021-22/nbac_schedule.parquet: column `game_id` has the wrong type; expected STRING, found int64" in problems
    )
    assert any("2021-22/nbac_team_boxscore.parquet: cannot be read" in p for p in problems)
    assert "2022-23/teams.csv: column `latitude`: expected FLOAT64; found invalid value 'north'" in problems
    assert "2023-24/teams.csv: column `arena` is there more than once" in problems
    assert teams(connection) == []
    assert connection.sql("select count(*) from nba_ops.raw_files").fetchall() == [(0,)]


def test_a_load_that_is_cut_off_goes_on_with_the_files_that_are_left(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "east/teams", team_abbr=["BOS"])
    write(tmp_path, "west/teams", team_abbr=["LAL"])
    replace_rows = load._replace_rows

    def cut_off_after_the_rows_of_the_west(connection: Any, incoming: Any, *rest: Any) -> None:
        replace_rows(connection, incoming, *rest)
        if incoming.file.name.startswith("west"):
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(load, "_replace_rows", cut_off_after_the_rows_of_the_west)
        with pytest.raises(KeyboardInterrupt):
            load_raw(connection, RawFolder(tmp_path))
    left = teams(connection)
    assert "LAL" not in left
    load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == ["BOS", "LAL"]


def test_an_optional_column_may_be_missing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = write(tmp_path, "nbac_gamebook_player_stats", game_id=["g"], player_lookup=["p"])
    pa_parquet.write_table(pa_parquet.read_table(path).drop_columns(["start_position"]), path)
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select start_position from nba_raw.nbac_gamebook_player_stats").fetchall() == [(None,)]


def test_a_column_that_is_new_in_the_contract_is_read_from_files_that_were_loaded_before(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "reference/teams", team_abbr=["BOS"], arena=["TD Garden"])
    write(tmp_path, "2021-22/nbac_schedule", game_id=["x"])
    load_raw(connection, RawFolder(tmp_path))
    connection.execute("alter table nba_reference.teams drop column arena")
    again = load_raw(connection, RawFolder(tmp_path))
    assert (again.rows_by_file, again.unchanged_files) == ({"reference/teams.parquet": 1}, 1)
    assert connection.sql("select team_abbr, arena from nba_reference.teams").fetchall() == [("BOS", "TD Garden")]


def test_all_raw_tables_are_there_even_without_files(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    load_raw(connection, RawFolder(tmp_path))
    there = {name for (name,) in connection.sql("select table_name from duckdb_tables()").fetchall()}
    assert set(raw_tables()) <= there


def test_files_to_come_show_the_rows_of_the_dates_alone_and_reference_data_whole(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    days = [date(2021, 10, day) for day in (18, 19, 20, 21)]
    write(tmp_path, "2021-22/nbac_schedule", game_id=["a", "b", "c", "d"], game_date=days)
    write(tmp_path, "2022-23/nbac_schedule", game_id=["e"], game_date=[date(2022, 10, 18)])
    write(tmp_path, "reference/teams", team_abbr=["BOS", "MIA"])
    found = rows_to_come(connection, plan_load(connection, RawFolder(tmp_path)), (days[1], days[2]))
    assert {table.name: rows.column(0).to_pylist() for table, _, rows in found} == {
        "nbac_schedule": ["b", "c"],
        "teams": ["BOS", "MIA"],
    }


def test_a_folder_of_some_tables_holds_their_files_and_no_others(tmp_path: Path) -> None:
    write(tmp_path / "raw", "2021-22/nbac_schedule", game_id=["a"], game_date=[date(2021, 10, 19)])
    write(tmp_path / "raw", "reference/teams", team_abbr=["BOS"])
    link_files(RawFolder(tmp_path / "raw"), {"nbac_schedule"}, tmp_path / "some")
    (linked,) = (path for path in (tmp_path / "some").rglob("*") if path.is_file())
    assert linked.relative_to(tmp_path / "some") == Path("2021-22/nbac_schedule.parquet")
    assert linked.read_bytes() == (tmp_path / "raw/2021-22/nbac_schedule.parquet").read_bytes()


def test_what_was_loaded_does_not_stay_in_memory_and_the_limit_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    write(raw, "reference/teams", team_abbr=[f"{number * 7919 % 1_000_003}" for number in range(400_000)])

    def kept(pages: str) -> int:
        monkeypatch.setattr(load, "_PAGES_KEPT", pages)
        with duckdb.connect(str(tmp_path / f"{pages}.duckdb"), config={"memory_limit": "2GB"}) as opened:
            before = opened.sql("select current_setting('memory_limit')").fetchall()
            load_raw(opened, RawFolder(raw))
            assert opened.sql("select current_setting('memory_limit')").fetchall() == before
            ((size,),) = opened.sql(
                "select memory_usage_bytes from duckdb_memory() where tag = 'BASE_TABLE'"
            ).fetchall()
            return int(size)

    assert kept("1MB") < kept("2GB") / 2


def test_raw_dir_must_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RawDirMissingError, match="there is no such folder"):
        find_raw_dir({"RAW_DIR": str(tmp_path / "nowhere")})
    assert find_raw_dir({"RAW_DIR": str(tmp_path)}) == RawFolder(tmp_path)


def test_a_league_is_the_same_bytes_for_the_same_seed(league: Path, tmp_path: Path) -> None:
    from python_processors.simulation import simulate

    simulate(tmp_path / "again", until=date(2021, 10, 26), seed=3)
    for path in sorted(league.rglob("*.parquet")):
        assert (tmp_path / "again" / path.relative_to(league)).read_bytes() == path.read_bytes()
    shutil.rmtree(tmp_path / "again")
