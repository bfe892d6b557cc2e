"""Faults on demand: each is in the raw files as it says, and everything else is as it was."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.simulation import LEAGUE_MARK, simulate
from python_processors.simulation.faults import Done, apply
from python_processors.simulation.spoiling import NothingToSpoilError

DAY = date(2021, 10, 22)
GAMEBOOK, SCHEDULE, LINES = "nbac_gamebook_player_stats", "nbac_schedule", "odds_api_game_lines"


class Spoiled:
    """A league before and after a fault: `gone` and `new` rows of a table, by SQL over `rows`."""

    def __init__(self, before: Path, after: Path, done: Done) -> None:
        self.before, self.after, self.done = before, after, done

    def _files(self, folder: Path, table: str) -> str:
        return f"read_parquet({[str(file) for file in sorted(folder.rglob(f'{table}.parquet'))]})"

    def _ask(self, select: str, rows: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.sql(f"with rows as ({rows}) {select}").fetchall()

    def was(self, table: str, select: str) -> list[tuple[Any, ...]]:
        return self._ask(select, f"select * from {self._files(self.before, table)}")

    def now(self, table: str, select: str) -> list[tuple[Any, ...]]:
        return self._ask(select, f"select * from {self._files(self.after, table)}")

    def gone(self, table: str, select: str = "select count(*) from rows") -> list[tuple[Any, ...]]:
        before, after = (f"select * from {self._files(folder, table)}" for folder in (self.before, self.after))
        return self._ask(select, f"{before} except all {after}")

    def new(self, table: str, select: str = "select count(*) from rows") -> list[tuple[Any, ...]]:
        before, after = (f"select * from {self._files(folder, table)}" for folder in (self.before, self.after))
        return self._ask(select, f"{after} except all {before}")

    def changed(self) -> set[str]:
        """Tables with other rows than before."""
        tables = {file.stem for file in self.before.rglob("*.parquet")}
        assert tables == {file.stem for file in self.after.rglob("*.parquet")}
        return {table for table in tables if self.gone(table) != [(0,)] or self.new(table) != [(0,)]}


@pytest.fixture
def spoiled(league: Path, tmp_path: Path) -> Callable[..., Spoiled]:
    def spoil(name: str, day: date | None = DAY) -> Spoiled:
        shutil.copytree(league, tmp_path / "raw")
        (done,) = apply(tmp_path / "raw", [name], day)
        assert done.fault == name
        found = Spoiled(league, tmp_path / "raw", done)
        assert found.changed() == set(done.rows)
        return found

    return spoil


def test_players_under_both_teams_have_one_line_twice(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("players_under_both_teams")
    assert found.done.rows == {GAMEBOOK: 5}
    assert found.gone(GAMEBOOK) == [(0,)]
    ((game, teams, players),) = found.new(
        GAMEBOOK, "select min(game_id), list(distinct team_abbr), list(player_lookup) from rows group by game_id"
    )
    assert teams == [game.split("_")[1]]
    assert found.was(
        GAMEBOOK, f"select min(game_id), min(game_date) from rows where game_date = '{DAY}'"
    ) == [(game, DAY)]  # fmt: skip
    sql = f"select count(*), count(distinct (points, minutes)) from rows where game_id = '{game}' and player_lookup ="
    for player in players:
        assert found.was(GAMEBOOK, f"{sql} '{player}'") == [(1, 1)]
        assert found.now(GAMEBOOK, f"{sql} '{player}'") == [(2, 1)]


def test_a_wrong_abbreviation_is_of_one_team_and_feed(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("wrong_abbreviation")
    assert set(found.done.rows) == {GAMEBOOK}
    assert found.new(GAMEBOOK) == found.gone(GAMEBOOK) == [(found.done.rows[GAMEBOOK],)]
    ((wrong, game),) = found.new(GAMEBOOK, "select distinct team_abbr, game_id from rows")
    assert found.gone(GAMEBOOK, "select distinct team_abbr from rows") == [(game.split("_")[1],)]
    assert wrong not in {team for (team,) in found.was(GAMEBOOK, "select distinct team_abbr from rows")}


def test_a_gamebook_lacks_those_who_scored_most(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("gamebook_without_players")
    assert found.done.rows == {GAMEBOOK: 4}
    ((game, team, least),) = found.gone(
        GAMEBOOK, "select game_id, team_abbr, min(points) from rows group by game_id, team_abbr"
    )
    assert found.now(
        GAMEBOOK, f"select max(points) <= {least} from rows where game_id = '{game}' and team_abbr = '{team}'"
    ) == [(True,)]  # fmt: skip


def test_a_stale_schedule_knows_no_score_from_its_day_on(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("stale_schedule")
    sql = (
        "select game_status, count(*), count(home_team_score), min(game_date), max(game_date) from rows"
        " where game_date between '2021-10-19' and '2021-10-26' group by 1 order by 1"
    )
    ((status, count, scores, *_),) = found.was(SCHEDULE, sql)
    assert (status, count == scores) == (3, True)
    scheduled, final = found.now(SCHEDULE, sql)
    assert (scheduled[0], scheduled[2:]) == (1, (0, DAY, date(2021, 10, 26)))
    assert (final[0], final[2:]) == (3, (final[1], date(2021, 10, 19), DAY - timedelta(days=1)))
    assert final[1] + scheduled[1] == count
    assert found.done.rows == {SCHEDULE: scheduled[1]}


def test_a_stale_schedule_has_neither_later_series_nor_later_dates_of_moved_games(tmp_path: Path) -> None:
    simulate(tmp_path / "before", seed=11)
    of = "from rows where left(game_id, 3) = '004' or game_id in (select game_id from rows group by 1 having count(*) > 1)"
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    ((moved, first_date, new_date),) = Spoiled(tmp_path / "before", tmp_path / "before", Done("", None)).was(
        SCHEDULE, "select game_id, min(game_date), max(game_date) from rows group by 1 having count(*) > 1"
    )
    for day, dates, playoffs in (
        (date(2022, 4, 25), [first_date, new_date], True),
        (new_date, [first_date, new_date], False),
        (first_date, [first_date], False),
    ):
        (done,) = apply(tmp_path / "after", ["stale_schedule"], day)
        found = Spoiled(tmp_path / "before", tmp_path / "after", done)
        rows = found.now(SCHEDULE, f"select game_id, game_date, game_status {of} order by 1, 2")
        assert found.now(
            SCHEDULE, f"select list(game_date order by game_date) from rows where game_id = '{moved}'"
        ) == [(dates,)]
        series = {game[:9] for game, *_ in rows if game.startswith("004")}
        begun = {game for (game,) in found.was(
            SCHEDULE, "select left(game_id, 9) from rows where left(game_id, 3) = '004' group by 1"
            f" having min(game_date) < '{day}'"
        )}  # fmt: skip
        assert series == begun
        assert bool(begun) == playoffs
        assert found.now(SCHEDULE, f"select count(home_team_score) from rows where game_date >= '{day}'") == [(0,)]


def test_a_schedule_may_lack_one_day_alone(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("schedule_without_day")
    assert found.gone(SCHEDULE, "select distinct game_date, count(*) from rows group by 1") == [
        (DAY, found.done.rows[SCHEDULE])
    ]
    assert found.now(SCHEDULE, f"select count(*) from rows where game_date = '{DAY}'") == [(0,)]
    assert found.new(SCHEDULE) == [(0,)]


def test_a_rematch_is_whole_in_every_feed_and_lines_stand_under_the_utc_date(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("rematch_next_day")
    day = found.done.day
    assert day is not None
    assert day >= DAY
    ((official, on, away, home),) = found.new(
        SCHEDULE, "select game_id, game_date, away_team_tricode, home_team_tricode from rows"
    )
    assert on == day + timedelta(days=1)
    game = f"{day:%Y%m%d}_{away}_{home}"
    assert found.new("nbac_team_boxscore", "select distinct game_id, nba_game_id, game_date from rows") == [
        (f"{on:%Y%m%d}_{away}_{home}", official, on)
    ]
    for table in (GAMEBOOK, "bdl_player_boxscores", "nbac_team_boxscore", "bigdataball_play_by_play"):
        assert found.gone(table) == [(0,)]
        assert found.new(table) == found.was(table, f"select count(*) from rows where game_id = '{game}'")
        assert found.new(table) != [(0,)]
    teams = f"select count(*) from rows where '{{}}' in (home_team_tricode, away_team_tricode) and game_date = '{on}'"
    assert [found.now(SCHEDULE, teams.format(team)) for team in (away, home)] == [[(1,)], [(1,)]]
    pair = f"home_team_abbr = '{home}' and away_team_abbr = '{away}'"
    assert found.now(LINES, f"select distinct game_date, cast(commence_time as date) from rows where {pair}") == [
        (on, on)
    ]
    assert found.gone(LINES, "select distinct game_date from rows") == [(day,)]
    assert found.new(LINES, "select count(*) from rows where game_date <> cast(commence_time as date)") == [(0,)]


def test_a_rematch_after_the_last_day_is_yet_to_be_played(league: Path, tmp_path: Path) -> None:
    shutil.copytree(league, tmp_path / "raw")
    (done,) = apply(tmp_path / "raw", ["rematch_next_day"], date(2021, 10, 26))
    assert set(done.rows) == {SCHEDULE, LINES}
    found = Spoiled(league, tmp_path / "raw", done)
    assert found.new(SCHEDULE, "select game_status, home_team_score from rows") == [(1, None)]


def test_malformed_rows_are_of_one_day_and_one_of_each_kind(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("malformed_ids")
    assert found.done.rows == {SCHEDULE: 5}
    assert found.new(SCHEDULE, "select count(*), count(*) filter (game_date = '2021-10-22') from rows") == [(5, 5)]
    assert found.gone(SCHEDULE) == [(3,)]
    of = "from rows where game_date = '2021-10-22'"
    assert found.now(SCHEDULE, f"select count(*) {of} and not starts_with(game_id, '00')") == [(1,)]
    assert found.now(SCHEDULE, f"select count(*) {of} and game_status not in (1, 2, 3)") == [(1,)]
    assert found.now(SCHEDULE, f"select count(*) {of} and home_team_tricode is null and away_team_tricode is null") == [
        (1,)
    ]
    assert found.now(SCHEDULE, f"select count(*) {of} and season_year <> 2021") == [(1,)]
    ((statuses, ids),) = found.now(
        SCHEDULE, f"select list(game_status order by game_status), count(distinct game_id) {of}"
        " and home_team_tricode is not null group by home_team_tricode, away_team_tricode having count(*) > 1"
    )  # fmt: skip
    assert (statuses, ids) == ([1, 3], 2)


def test_ids_lose_their_zeros_in_two_feeds(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("ids_without_zeros")
    assert set(found.done.rows) == {SCHEDULE, "nbac_team_boxscore"}
    for table, column in ((SCHEDULE, "game_id"), ("nbac_team_boxscore", "nba_game_id")):
        assert found.now(table, f"select count(*) from rows where starts_with({column}, '0')") == [(0,)]
        ids = f"select list(cast({column} as bigint) order by {column}) from rows"
        assert found.now(table, ids) == found.was(table, ids)


def test_seasons_by_their_end_year_contradict_the_ids(spoiled: Callable[..., Spoiled]) -> None:
    found = spoiled("season_by_end_year", None)
    assert found.now(SCHEDULE, "select distinct season_year, substr(game_id, 4, 2) from rows") == [(2022, "21")]


def test_a_spoiled_file_keeps_its_mark_and_types_and_is_spoiled_alike_again(league: Path, tmp_path: Path) -> None:
    names = ["players_under_both_teams", "wrong_abbreviation", "rematch_next_day", "malformed_ids", "stale_schedule"]
    for folder in ("one", "two"):
        shutil.copytree(league, tmp_path / folder)
        apply(tmp_path / folder, names, DAY)
    for file in (tmp_path / "one").rglob("*.parquet"):
        again = tmp_path / "two" / file.relative_to(tmp_path / "one")
        assert file.read_bytes() == again.read_bytes(), file.name
        schema = pa_parquet.read_schema(file)
        assert schema.equals(pa_parquet.read_schema(league / file.relative_to(tmp_path / "one")), check_metadata=True)
        assert LEAGUE_MARK in schema.metadata


def test_a_day_without_what_a_fault_needs_is_refused(league: Path, tmp_path: Path) -> None:
    shutil.copytree(league, tmp_path / "raw")
    apply(tmp_path / "raw", ["schedule_without_day"], DAY)
    with pytest.raises(NothingToSpoilError, match="no games in the schedule of 2021-10-22"):
        apply(tmp_path / "raw", ["malformed_ids"], DAY)
