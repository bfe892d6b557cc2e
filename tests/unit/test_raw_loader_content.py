"""A file is what it holds: moved, copied, touched, gone, or overlapping with another, the newest content is loaded."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.contract import raw
from python_processors.errors import ContractError, RawDirError
from python_processors.orchestration.plan.preparation import load_raw_files, overlay_of
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_contract import RawTable, raw_tables
from python_processors.raw_loader import RawFolder, load, load_raw, plan_load, rows_to_come
from tests.unit.raw_files import DAY, arenas, files, teams, write

pytestmark = pytest.mark.usefixtures("teams_are_raw")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def loaded_times(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    return connection.sql("select loaded_at from nba_ops.raw_files order by file_name").fetchall()


def test_a_moved_file_is_renamed_and_not_read_again(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "2021-22/teams", team_abbr=["BOS", "MIA"])
    load_raw(connection, RawFolder(tmp_path))
    before = loaded_times(connection)
    (tmp_path / "2021-22").rename(tmp_path / "season=2021-22")
    outcome = load_raw(connection, RawFolder(tmp_path))
    assert (outcome.rows_by_file, outcome.removed) == ({}, {})
    assert outcome.moved == {"2021-22/teams.parquet": "season=2021-22/teams.parquet"}
    assert connection.sql("select distinct _loaded_from from nba_reference.teams").fetchall() == [
        ("season=2021-22/teams.parquet",)
    ]
    assert (files(connection), loaded_times(connection)) == (["season=2021-22/teams.parquet"], before)


def test_files_that_change_places_keep_their_rows(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    one, two = write(tmp_path, "a/teams", team_abbr=["BOS"]), write(tmp_path, "b/teams", team_abbr=["MIA", "LAL"])
    load_raw(connection, RawFolder(tmp_path))
    one.rename(tmp_path / "kept")
    two.rename(one)
    (tmp_path / "kept").rename(two)
    assert load_raw(connection, RawFolder(tmp_path)).rows_by_file == {}
    assert connection.sql("select _loaded_from, count(*) from nba_reference.teams group by 1 order by 1").fetchall() == [
        ("a/teams.parquet", 2), ("b/teams.parquet", 1),
    ]  # fmt: skip
    assert load_raw(connection, RawFolder(tmp_path)).changed_anything is False


def test_a_file_that_moved_and_was_corrected_leaves_nothing_of_what_it_was(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "old/teams", team_abbr=["BOS", "MIA"], arena=["a", "b"], at=2)
    load_raw(connection, RawFolder(tmp_path))
    shutil.rmtree(tmp_path / "old")
    write(tmp_path, "new/teams", team_abbr=["BOS", "MIA"], arena=["a", "corrected"], at=1)  # whatever its time
    outcome = load_raw(connection, RawFolder(tmp_path))
    assert (outcome.rows_by_file, outcome.removed) == ({"new/teams.parquet": 2}, {"old/teams.parquet": 2})
    assert arenas(connection) == {"BOS": "a", "MIA": "corrected"}


def test_a_file_that_is_gone_takes_its_rows_along(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "a/teams", team_abbr=["BOS"])
    gone = write(tmp_path, "b/teams", team_abbr=["MIA"])
    load_raw(connection, RawFolder(tmp_path))
    gone.unlink()
    assert load_raw(connection, RawFolder(tmp_path), allow_deletes=True).removed == {"b/teams.parquet": 1}
    assert (teams(connection), files(connection)) == (["BOS"], ["a/teams.parquet"])


@pytest.mark.parametrize("newer", ["a", "z"])
def test_of_two_files_that_give_the_same_row_the_newer_wins_whatever_its_path_and_order(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, newer: str
) -> None:
    older = {"a": "z", "z": "a"}[newer]
    write(tmp_path, f"{older}/teams", team_abbr=["BOS", "MIA"], arena=["old", "old"], at=1)
    write(tmp_path, f"{newer}/teams", team_abbr=["MIA", "LAL"], arena=["new", "new"], at=2)
    right = {"BOS": "old", "MIA": "new", "LAL": "new"}
    outcome = load_raw(connection, RawFolder(tmp_path))
    assert (arenas(connection), outcome.superseded) == (right, 1)
    with duckdb.connect() as another:  # one after the other, each way
        kept = tmp_path / older / "teams.parquet"
        kept.rename(tmp_path / "away")
        load_raw(another, RawFolder(tmp_path))
        (tmp_path / "away").rename(kept)
        load_raw(another, RawFolder(tmp_path))
        assert arenas(another) == right


def test_rows_come_back_when_the_newer_file_goes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write(tmp_path, "a/teams", team_abbr=["BOS", "MIA"], arena=["old", "old"], at=1)
    load_raw(connection, RawFolder(tmp_path))
    newer = write(tmp_path, "b/teams", team_abbr=["MIA"], arena=["new"], at=2)
    load_raw(connection, RawFolder(tmp_path))
    assert arenas(connection) == {"BOS": "old", "MIA": "new"}
    assert connection.sql("select row_count, stored_count from nba_ops.raw_files order by file_name").fetchall() == [
        (2, 1), (1, 1),
    ]  # fmt: skip
    newer.unlink()
    load_raw(connection, RawFolder(tmp_path))
    assert arenas(connection) == {"BOS": "old", "MIA": "old"}


def test_touching_the_older_file_makes_it_the_newer_one(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    older = write(tmp_path, "a/teams", team_abbr=["BOS"], arena=["old"], at=1)
    write(tmp_path, "b/teams", team_abbr=["BOS"], arena=["new"], at=2)
    load_raw(connection, RawFolder(tmp_path))
    os.utime(older, ns=(3, 3))
    load_raw(connection, RawFolder(tmp_path))
    assert arenas(connection) == {"BOS": "old"}


def test_files_of_one_time_that_give_the_same_row_are_named_with_table_and_key(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "a/teams", team_abbr=["BOS", "MIA"], at=1)
    load_raw(connection, RawFolder(tmp_path))
    write(tmp_path, "b/teams", team_abbr=["MIA"], at=1)
    with pytest.raises(RawDirError, match=r"a/teams\.parquet and b/teams\.parquet .* of teams .*`MIA`.*`touch`"):
        load_raw(connection, RawFolder(tmp_path))
    assert (teams(connection), files(connection)) == (["BOS", "MIA"], ["a/teams.parquet"])
    write(tmp_path, "c/teams", team_abbr=["MIA"], arena=["settled"], at=2)  # newer than both: there is nothing to ask
    load_raw(connection, RawFolder(tmp_path))
    assert arenas(connection)["MIA"] == "settled"


def test_rows_that_repeat_within_a_file_and_rows_without_a_whole_key_are_left_to_staging(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "a/teams", team_abbr=["BOS", "BOS", None], at=1)
    write(tmp_path, "b/teams", team_abbr=["MIA", None], at=2)
    load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == ["BOS", "BOS", "MIA", None, None]


def test_a_key_part_is_the_first_of_its_columns_that_is_not_null(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    named: dict[str, list[object]] = {"game_id": ["g", "g"], "player_name": ["Luka", "Kyrie"]}
    write(tmp_path, "a/nbac_gamebook_player_stats", **named, points=[1, 2], at=1)
    write(tmp_path, "b/nbac_gamebook_player_stats", game_id=["g"], player_name=["Luka"], points=[3], at=2)
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql(
        "select player_name, points from nba_raw.nbac_gamebook_player_stats order by 1"
    ).fetchall() == [("Kyrie", 2), ("Luka", 3)]


def test_copies_and_links_are_one_file(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    raw, elsewhere = tmp_path / "raw", tmp_path / "elsewhere"
    path = write(raw, "b/teams", team_abbr=["BOS"])
    write(elsewhere, "deep/nbac_schedule", game_id=["x"], game_date=[DAY])
    (raw / "a").mkdir()
    shutil.copy(path, raw / "a" / "teams.parquet")
    (raw / "season").symlink_to(elsewhere)
    (elsewhere / "deep" / "loop").symlink_to(raw)
    (raw / "c").mkdir()
    (raw / "c" / "teams.PARQUET").symlink_to(path)
    outcome = load_raw(connection, RawFolder(raw))
    assert (teams(connection), len(outcome.rows_by_file)) == (["BOS"], 2)
    assert connection.sql("select count(*) from nba_raw.nbac_schedule").fetchall() == [(1,)]
    assert "it holds what a/teams.parquet holds" in str(outcome.ignored[0])
    path.unlink()  # a link to it dangles now, and the copy is what is left
    (raw / "c" / "teams.PARQUET").unlink()
    assert load_raw(connection, RawFolder(raw)).changed_anything is False


def test_an_older_copy_that_is_put_back_last_is_the_newest(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = write(tmp_path, "a/teams", team_abbr=["BOS"], arena=["first"], at=1)
    write(tmp_path, "b/teams", team_abbr=["BOS"], arena=["second"], at=2)
    load_raw(connection, RawFolder(tmp_path))
    (tmp_path / "c").mkdir()
    shutil.copy(first, tmp_path / "c" / "teams.parquet")
    os.utime(tmp_path / "c" / "teams.parquet", ns=(3, 3))
    load_raw(connection, RawFolder(tmp_path))
    assert arenas(connection) == {"BOS": "first"}


def test_rows_that_were_lost_or_put_in_by_hand_are_as_in_the_files_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write(tmp_path, "teams", team_abbr=["BOS", "MIA"])
    load_raw(connection, RawFolder(tmp_path))
    connection.execute("delete from nba_reference.teams where team_abbr = 'BOS'")
    connection.execute("insert into nba_reference.teams (team_abbr) values ('XXX')")
    load_raw(connection, RawFolder(tmp_path))
    assert teams(connection) == ["BOS", "MIA"]


def changed_type(name: str, column: str, type_name: str | None) -> RawTable:
    """A raw table with another type of a column, or without it."""
    table = raw_tables()[name]
    changed = [replace(c, type=type_name) if type_name and c.name == column else c for c in table.columns]
    return replace(table, columns=tuple(c for c in changed if type_name or c.name != column))


@pytest.mark.parametrize(("before", "after", "seen"), [("INT64", "FLOAT64", 0.5), ("STRING", "FLOAT64", 0.5)])
def test_a_column_of_another_type_in_the_contract_is_loaded_anew_from_the_files(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    before: str, after: str, seen: float,
) -> None:  # fmt: skip
    (tmp_path / "teams.csv").write_text("team_abbr,full_name,arena,arena_city,latitude,longitude,timezone\nB,,,,7,1,\n")
    tables = dict(raw_tables())
    monkeypatch.setitem(raw_tables(), "teams", changed_type("teams", "latitude", before))
    load_raw(connection, RawFolder(tmp_path))
    monkeypatch.setitem(raw_tables(), "teams", tables["teams"])
    assert tables["teams"].columns[4].type == after
    (tmp_path / "teams.csv").write_text(
        "team_abbr,full_name,arena,arena_city,latitude,longitude,timezone\nB,,,,.5,1,\n"
    )
    plan = plan_load(connection, RawFolder(tmp_path))
    assert plan.stored.anew == {"teams"}
    load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select latitude from nba_reference.teams").fetchall() == [(seen,)]


def test_files_that_do_not_fit_the_new_type_are_named_and_the_table_stays(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "teams", team_abbr=["BOS"], latitude=[0.5])
    load_raw(connection, RawFolder(tmp_path))
    monkeypatch.setitem(raw_tables(), "teams", changed_type("teams", "latitude", "INT64"))
    with pytest.raises(RawDirError, match="column `latitude` has the wrong type; expected INT64, found double"):
        load_raw(connection, RawFolder(tmp_path))
    assert connection.sql("select latitude from nba_reference.teams").fetchall() == [(0.5,)]


def test_a_column_that_the_contract_dropped_goes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "teams", team_abbr=["BOS"], arena=["x"])
    load_raw(connection, RawFolder(tmp_path))
    monkeypatch.setitem(raw_tables(), "teams", changed_type("teams", "arena", None))
    load_raw(connection, RawFolder(tmp_path))
    assert "arena" not in connection.table("nba_reference.teams").columns
    assert teams(connection) == ["BOS"]


def test_every_raw_table_has_a_key_and_a_wrong_one_is_refused() -> None:
    assert [table.name for table in raw_tables().values() if not table.key] == []
    text = raw.SOURCES_FILE.read_text(encoding="utf-8")
    (declared,) = set(re.findall(r"key: (\[[^]]*\])", text.partition("name: teams")[2].partition("columns:")[0]))
    for wrong in ("[]", "team_abbr", "[[team_abbr, nothing]]", "[nothing]", "[[]]", "null"):
        spoiled = text.replace(f"key: {declared}", f"key: {wrong}")
        assert spoiled != text
        with pytest.raises(ContractError, match=r"_sources\.yml, line \d+"):
            raw.parse_raw_tables(spoiled.encode(), raw.SOURCES_FILE)


def test_a_ledger_from_before_it_knew_more_is_read_again_once(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Up to 0.1 both files' rows were there, and a file that had gone left its rows."""
    write(tmp_path, "a/teams", team_abbr=["BOS"], arena=["old"], at=1)
    write(tmp_path, "b/teams", team_abbr=["BOS"], arena=["new"], at=2)
    load_raw(connection, RawFolder(tmp_path))
    connection.execute("insert into nba_reference.teams (team_abbr, _loaded_from) values ('BOS', 'a/teams.parquet')")
    connection.execute(
        "create or replace table nba_ops.raw_files as"
        " select file_name, table_name, checksum, 1::bigint as row_count, loaded_at from nba_ops.raw_files"
    )
    load_raw(connection, RawFolder(tmp_path), allow_deletes=True)
    assert arenas(connection) == {"BOS": "new"}
    assert load_raw(connection, RawFolder(tmp_path)).changed_anything is False


# Anything that happens to a folder, in any order, a load cut off now and then: the tables are as if loaded from nothing.


class CutOff(Exception):
    pass


class Archive:
    """A folder in which things happen at random."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random, self.clock = folder, random.Random(seed), 1
        folder.mkdir()

    def happen(self) -> None:
        there = sorted(path for path in self.folder.rglob("*") if path.is_file())
        kinds = [self.write] * 3 + ([self.move, self.remove, self.touch, self.copy, self.write_over] if there else [])
        self.random.choice(kinds)(there)

    def write(self, there: list[Path], path: Path | None = None) -> None:
        self.clock += 1
        days = [date(2021, 10, 19 + number) for number in range(4)]
        keys = self.random.choices("abcdefgh", k=self.random.randint(1, 5))
        values = [self.random.randint(0, 3) for _ in keys]
        name = f"{self.random.choice('uvwxyz')}/nbac_schedule"
        if path is not None:
            name = path.relative_to(self.folder).with_suffix("").as_posix()
        dates = self.random.choices(days, k=len(keys))
        write(self.folder, name, at=self.clock, game_id=list(keys), game_date=list(dates), home_team_score=list(values))

    def write_over(self, there: list[Path]) -> None:
        self.write(there, self.random.choice(there))

    def move(self, there: list[Path]) -> None:
        one, other = self.random.choice(there), self.random.choice(there)
        if one == other:
            target = self.folder / f"{self.random.choice('mnop')}/nbac_schedule.parquet"
            target.parent.mkdir(exist_ok=True)
            one.rename(target)
        else:
            kept = self.folder / "kept"
            one.rename(kept)
            other.rename(one)
            kept.rename(other)

    def remove(self, there: list[Path]) -> None:
        self.random.choice(there).unlink()

    def touch(self, there: list[Path]) -> None:
        self.clock += 1
        os.utime(self.random.choice(there), ns=(self.clock, self.clock))

    def copy(self, there: list[Path]) -> None:
        target = self.folder / f"{self.random.choice('uvwmno')}/nbac_schedule.parquet"
        target.parent.mkdir(exist_ok=True)
        path = self.random.choice(there)
        if path != target:
            shutil.copy(path, target)
            self.clock += 1
            os.utime(target, ns=(self.clock, self.clock))


ROWS = "select game_id, game_date, home_team_score from nba_raw.nbac_schedule"


def seen_ahead(connection: duckdb.DuckDBPyConnection, folder: RawFolder) -> Counter[Any]:
    """Rows as a plan of dates sees them before they are loaded."""
    plan = plan_load(connection, folder)
    rows = Counter(connection.sql(ROWS).fetchall())
    for table, names, fresh in rows_to_come(connection, plan):
        if table.name == "nbac_schedule":
            left = connection.execute(f"{ROWS} where not list_contains(?, _loaded_from)", [list(names)]).fetchall()
            columns = fresh.select(["game_id", "game_date", "home_team_score"]).to_pydict().values()
            rows = Counter(left) + Counter(zip(*columns, strict=True))
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_to_a_folder_the_tables_are_as_loaded_from_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int
) -> None:
    archive = Archive(tmp_path / "raw", seed)
    folder = RawFolder(archive.folder)
    load_raw(connection, folder)
    for _ in range(8):
        for _ in range(archive.random.randint(1, 3)):
            archive.happen()
        if archive.random.random() < 0.5:
            cut_off(connection, folder, after=archive.random.randint(1, 12))
            if archive.random.random() < 0.5:
                archive.happen()
        ahead = seen_ahead(connection, folder)
        load_raw(connection, folder, allow_deletes=True)
        with duckdb.connect() as fresh:
            load_raw(fresh, folder)
            right = Counter(fresh.sql(ROWS).fetchall())
        assert Counter(connection.sql(ROWS).fetchall()) == right
        assert ahead == right
        assert plan_load(connection, folder).is_empty


def cut_off(connection: duckdb.DuckDBPyConnection, folder: RawFolder, after: int) -> None:
    """A load that ends in the middle of its n-th transaction."""
    with pytest.MonkeyPatch.context() as patched:
        begun = 0

        def transaction(connection: duckdb.DuckDBPyConnection) -> Any:
            nonlocal begun
            begun += 1
            if begun == after:
                raise CutOff
            return load_transaction(connection)

        load_transaction = load.transaction
        patched.setattr(load, "transaction", transaction)
        with suppress(CutOff):
            load_raw(connection, folder, allow_deletes=True)


def test_an_overlay_names_the_files_as_they_are_stored_and_one_at_least(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "raw"
    write(raw, "a/teams", team_abbr=["BOS", "MIA"], at=1)
    monkeypatch.setenv("RAW_DIR", str(raw))
    warehouse = DuckDBWarehouse(tmp_path / "x.duckdb")
    load_raw_files(warehouse)
    write(raw, "b/nbac_schedule", game_id=["x"], game_date=[DAY])
    write(raw, "b/teams", team_abbr=["MIA"], at=2)
    (raw / "c").mkdir()
    (raw / "a" / "teams.parquet").rename(raw / "c" / "teams.parquet")
    with warehouse.reading() as session:
        overlay = overlay_of(session, DAY, DAY)
    assert overlay.files == {"teams": ("a/teams.parquet",), "nbac_schedule": ("",)}
    assert overlay.rows["teams"]["team_abbr"].to_pylist() == ["MIA", "BOS"]


def test_a_season_of_plays_is_compared_with_others_by_what_its_keys_span(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Two seasons share no game: the second is not read a second time to find out."""
    for season in (2021, 2022):
        path = write(
            tmp_path, f"{season}/bigdataball_play_by_play",
            game_id=[f"{season}1019_A_B"] * 2, event_id=["1", "2"], game_date=[date(season, 10, 19)] * 2,
        )  # fmt: skip
        assert pa_parquet.read_table(path)["game_id"].type == pa.string()
    assert load_raw(connection, RawFolder(tmp_path)).superseded == 0
    assert connection.sql("select count(*) from nba_raw.bigdataball_play_by_play").fetchall() == [(4,)]
