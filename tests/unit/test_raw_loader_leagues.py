"""One warehouse, one league: simulated and real games never meet, in either order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.errors import RawDirError
from python_processors.raw_loader import LeaguesMeetError, RawFolder, folder, holds_simulated, load_raw
from python_processors.simulation import LEAGUE_MARK
from tests.unit.raw_files import teams, write

pytestmark = pytest.mark.usefixtures("teams_are_raw")

SEVEN, EIGHT = "simulated seed 7 from 2021", "simulated seed 8 from 2021"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "games.duckdb")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (None, SEVEN, "real games, and the raw folder .* has simulated games \\(seed 7, first season 2021\\)"),
        (SEVEN, None, "simulated games \\(seed 7, first season 2021\\), and the raw folder .* has real games"),
        (SEVEN, EIGHT, "simulated games \\(seed 7, .*has simulated games \\(seed 8"),
        (SEVEN, "simulated seed 7 from 2022", "first season 2021\\).*first season 2022\\)"),
    ],
)
def test_a_second_league_is_refused_in_either_order_whatever_may_be_deleted(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, first: str | None, second: str | None, said: str
) -> None:
    write(tmp_path / "first", "reference/teams", team_abbr=["AAA"], mark=first)
    write(tmp_path / "second", "reference/teams", team_abbr=["BBB"], mark=second)
    load_raw(connection, RawFolder(tmp_path / "first"))
    with pytest.raises(LeaguesMeetError, match=said) as caught:
        load_raw(connection, RawFolder(tmp_path / "second"), allow_deletes=True)
    assert f"export FULLCOURT_DUCKDB='{tmp_path}/games-" in str(caught.value)
    assert (f"rm '{tmp_path}/games.duckdb'" in str(caught.value)) == (first is not None)
    assert teams(connection) == ["AAA"]


def test_two_leagues_within_a_folder_are_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path / "raw", "a/teams", team_abbr=["AAA"])
    write(tmp_path / "raw", "b/teams", team_abbr=["BBB"], mark=SEVEN)
    with pytest.raises(LeaguesMeetError, match=r"a/teams\.parquet has real games, b/teams\.parquet has simulated"):
        load_raw(connection, RawFolder(tmp_path / "raw"))


def test_a_file_of_another_league_beside_those_that_are_loaded_is_refused(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "raw", "a/teams", team_abbr=["AAA"])
    load_raw(connection, RawFolder(tmp_path / "raw"))
    write(tmp_path / "raw", "b/teams", team_abbr=["BBB"], mark=SEVEN)
    with pytest.raises(LeaguesMeetError):
        load_raw(connection, RawFolder(tmp_path / "raw"), allow_deletes=True)


def test_where_the_mark_got_lost_the_rows_say_it(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    sign: list[object] = ["simulated"]
    write(tmp_path / "marked", "nbac_schedule", game_id=["x"], source_file_path=sign, mark=SEVEN)
    write(tmp_path / "lost", "nbac_schedule", game_id=["x"], source_file_path=sign)
    write(tmp_path / "real", "nbac_schedule", game_id=["x"], source_file_path=["feed"])
    load_raw(connection, RawFolder(tmp_path / "lost"))
    assert holds_simulated(connection)
    with pytest.raises(LeaguesMeetError):
        load_raw(connection, RawFolder(tmp_path / "real"))
    load_raw(connection, RawFolder(tmp_path / "marked"))


def test_a_file_with_rows_of_both_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path / "raw", "nbac_schedule", game_id=["x", "y"], source_file_path=["simulated", "feed"])
    with pytest.raises(RawDirError, match="it holds simulated rows and real ones"):
        load_raw(connection, RawFolder(tmp_path / "raw"))
    write(tmp_path / "raw", "nbac_schedule", game_id=["y"], source_file_path=["feed"], mark=SEVEN)
    with pytest.raises(RawDirError, match="it holds simulated rows and real ones"):
        load_raw(connection, RawFolder(tmp_path / "raw"))


def test_a_mark_that_names_no_league_is_refused(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path / "raw", "teams", team_abbr=["AAA"], mark="invented")
    with pytest.raises(RawDirError, match="its mark `invented` names no league"):
        load_raw(connection, RawFolder(tmp_path / "raw"))


def test_the_league_of_a_machine_without_an_archive_does_not_yield(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "simulated", "teams", team_abbr=["AAA"], mark=SEVEN)
    write(tmp_path / "real", "teams", team_abbr=["BBB"])
    fallback = RawFolder(tmp_path / "simulated", is_simulated=True)
    load_raw(connection, fallback)
    with pytest.raises(LeaguesMeetError, match=r"export FULLCOURT_DUCKDB='.*games-real\.duckdb'"):
        load_raw(connection, RawFolder(tmp_path / "real"))
    with duckdb.connect() as another:
        load_raw(another, RawFolder(tmp_path / "real"))
        with pytest.raises(LeaguesMeetError, match="export RAW_DIR="):
            load_raw(another, fallback)


def test_a_warehouse_from_before_leagues_were_recorded_is_still_known(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path / "raw", "teams", team_abbr=["AAA"])
    load_raw(connection, RawFolder(tmp_path / "raw"))
    connection.execute(
        "create or replace table nba_ops.raw_files as"
        " select 'simulated:' || file_name as file_name, table_name, checksum, row_count, loaded_at from nba_ops.raw_files"
    )
    connection.execute("update nba_reference.teams set _loaded_from = 'simulated:' || _loaded_from")
    assert holds_simulated(connection)
    with pytest.raises(LeaguesMeetError):
        load_raw(connection, RawFolder(tmp_path / "raw"))
    write(tmp_path / "raw", "teams", team_abbr=["AAA"], mark=SEVEN)  # the same league, made anew
    load_raw(connection, RawFolder(tmp_path / "raw"))
    assert teams(connection) == ["AAA"]


def test_every_file_of_a_simulated_league_carries_its_mark_and_no_file_is_empty(league: Path) -> None:
    for path in league.rglob("*.parquet"):
        assert pa_parquet.read_schema(path).metadata[LEAGUE_MARK] == b"simulated seed 3 from 2021"
        assert pa_parquet.read_metadata(path).num_rows


def test_a_fallback_league_without_marks_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr(folder, "simulate", lambda path, until: made.append(path))
    write(tmp_path / "old", "teams", team_abbr=["AAA"])
    write(tmp_path / "marked", "teams", team_abbr=["AAA"], mark=SEVEN)
    for name in ("old", "marked", "missing"):
        folder.make_if_simulated(RawFolder(tmp_path / name, is_simulated=True))
    folder.make_if_simulated(RawFolder(tmp_path / "missing"))
    assert made == [tmp_path / "old", tmp_path / "missing"]
