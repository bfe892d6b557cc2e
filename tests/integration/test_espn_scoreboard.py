"""ESPN's scoreboard: evidence that a game was played, and of its score, of which no row is made."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.raw_contract import raw_tables
from tests.integration.conftest import copied, rewrite_file
from tests.warehouse import Warehouse

FEED = "espn_scoreboard"
DAY = "2021-10-21"
FIRST, LAST = date(2021, 10, 19), date(2021, 10, 26)
BOXES = ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore", "bigdataball_play_by_play")
READ_AT = datetime(2021, 10, 30, 9, tzinfo=UTC)
Row = dict[str, Any]


def games_of(built: Warehouse) -> list[tuple[str, date, str, str, int, int]]:
    """Id, date, away and home team, and their points, of each final game of the week."""
    return built.query(
        "select game_id, game_date, away_team_abbr, home_team_abbr, away_points, home_points"
        f" from nba_intermediate.dim_games where is_final and is_in_scope and game_date between '{FIRST}' and '{LAST}'"
        " order by game_id"
    )


def shown(game: tuple[str, date, str, str, int, int], **others: Any) -> Row:
    """A row of a final game."""
    game_id, day, away, home, away_points, home_points = game
    return {
        "game_id": game_id, "game_date": day, "away_team_abbr": away, "home_team_abbr": home, "game_status": "final",
        "is_completed": True, "away_team_score": away_points, "home_team_score": home_points,
        "scrape_timestamp": READ_AT, "source_file_path": "simulated", "processed_at": READ_AT,
    } | others  # fmt: skip


def write(raw: Path, rows: list[Row]) -> None:
    """A file of the same league, by its mark."""
    marks = pa_parquet.read_schema(next(raw.rglob("nbac_schedule.parquet"))).metadata
    schema = raw_tables()[FEED].schema().with_metadata(marks)
    pa_parquet.write_table(pa.Table.from_pylist(rows, schema=schema), raw / f"{FEED}.parquet")


class Scoreboard:
    """The week as it was played, with a few games that are told otherwise."""

    def __init__(self, built: Warehouse) -> None:
        games = games_of(built)
        self.wrong, self.swapped, self.twice, self.old, self.status, self.nothing = games[:6]
        rows = {game[0]: shown(game) for game in games}
        rows[self.wrong[0]]["home_team_score"] += 2
        away, home = self.swapped[2:4]
        rows[self.swapped[0]] |= {
            "home_team_abbr": away, "away_team_abbr": home, "home_team_score": self.swapped[4],
            "away_team_score": self.swapped[5], "game_id": f"{self.swapped[1]:%Y%m%d}_{home}_{away}",
        }  # fmt: skip
        rows[self.status[0]] |= {"game_status": "postponed", "is_completed": False, "home_team_score": 0}
        rows[self.nothing[0]] |= {"home_team_score": 0, "away_team_score": 0}
        # Read while it was on, and loaded later than what was read at the end.
        live = {"game_status": "in progress", "is_completed": False, "home_team_score": 4}
        read_before = {"scrape_timestamp": READ_AT - timedelta(days=1), "processed_at": READ_AT + timedelta(days=1)}
        stranger = {"game_id": f"{LAST:%Y%m%d}_EAS_WES", "away_team_abbr": "EAS", "home_team_abbr": "WES"}
        put_off = {"game_id": f"{LAST:%Y%m%d}_LAL_LAC", "away_team_abbr": "LAL", "home_team_abbr": "LAC"}
        self.rows = [
            *rows.values(), shown(self.old, **live, **read_before),
            shown(self.twice), shown(self.twice, home_team_score=self.twice[5] + 1),
            shown(games[-1], **stranger), shown(games[-1], **put_off, game_status="postponed", is_completed=False),
            shown(games[-1], game_date=None),
        ]  # fmt: skip


@pytest.fixture(scope="module")
def scoreboard(built: Warehouse) -> Scoreboard:
    return Scoreboard(built)


@pytest.fixture(scope="module")
def with_scoreboard(built: Warehouse, scoreboard: Scoreboard, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The built week once more, with the feed, and every test of the build."""
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("scoreboard") / "week")
    write(warehouse.raw_dir, scoreboard.rows)
    warehouse.build()
    return warehouse


def test_no_row_of_a_table_comes_of_it(built: Warehouse, with_scoreboard: Warehouse) -> None:
    for table in ("nba_analytics.player_game_summary", "nba_analytics.upcoming_team_game_context"):
        hashes = f"select game_id, data_hash from {table} order by all"
        assert with_scoreboard.query(hashes) == built.query(hashes)


def test_what_cannot_be_used_is_named_with_its_reason(with_scoreboard: Warehouse, scoreboard: Scoreboard) -> None:
    """The side of a team comes from the schedule, and what was read last counts: neither is named."""
    said = with_scoreboard.query(
        f"select game_id, reason from nba_ops.quarantine where table_name = '{FEED}' order by 2"
    )
    stranger, put_off = (f"{LAST:%Y%m%d}_{teams}" for teams in ("EAS_WES", "LAL_LAC"))
    assert said == [
        (scoreboard.rows[-1]["game_id"], "no game_date"),
        (scoreboard.nothing[0], "no score that a final game has"),
        (scoreboard.status[0], "not final, and final by the schedule"),
        (put_off, "not final, and no scheduled game"),
        (scoreboard.wrong[0], "score is not that of the schedule"),
        (scoreboard.twice[0], "two different scores of the game"),
        (stranger, "unknown team"),
    ]
    ((rows, kept, held, repeated),) = with_scoreboard.query(
        "select sum(raw_rows), sum(staged_rows), sum(quarantined_rows), sum(repeated_rows)"
        f" from nba_ops.raw_row_accounting where table_name = '{FEED}'"
    )
    assert (rows, held, repeated) == (len(scoreboard.rows), 7, 3)
    assert rows == kept + held + repeated


def test_a_score_that_is_not_the_schedules_is_told_beside_the_other_evidence(
    with_scoreboard: Warehouse, scoreboard: Scoreboard
) -> None:
    verdicts = with_scoreboard.query(
        f"select game_id, home_verdict, away_verdict from nba_ops.game_evidence where feed = '{FEED}' order by 1"
    )
    no_evidence = {scoreboard.twice[0], scoreboard.status[0], scoreboard.nothing[0]}
    points = scoreboard.wrong[5]
    expected = {game[0]: ("agrees", "agrees") for game in games_of(with_scoreboard) if game[0] not in no_evidence}
    expected[scoreboard.wrong[0]] = (f"{points + 2} of {points} points", "agrees")
    assert {game: (home, away) for game, home, away in verdicts} == expected


@pytest.fixture(scope="module")
def with_old_schedule(built: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A day of which the schedule lacks one game and calls another scheduled. No feed but the scoreboard has either."""
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("old_schedule") / "week")
    lost, scheduled = games_of_day(built)
    write(warehouse.raw_dir, [shown(game) for game in games_of(built)])
    for feed in BOXES:
        rewrite_file(warehouse.raw_dir, feed, f"select * from raw where game_id not in ('{lost}', '{scheduled}')")
    of_game = "strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode"
    rewrite_file(
        warehouse.raw_dir, "nbac_schedule",
        f"""select * replace (case when {of_game} = '{scheduled}' then 1 else game_status end as game_status)
        from raw where {of_game} <> '{lost}' or home_team_tricode in ('LBN', 'DRT')""",
    )  # fmt: skip
    outcome = warehouse.dbt("build", window=(DAY, DAY), allow_deletes=True)
    assert set(outcome.failures) == {"coverage_accounts_for_every_date"}, outcome
    return warehouse


def games_of_day(built: Warehouse) -> list[str]:
    return [game[0] for game in games_of(built) if f"{game[1]}" == DAY][:2]


def test_a_final_game_that_the_schedule_lacks_or_calls_scheduled_blocks_its_date_by_name(
    built: Warehouse, with_old_schedule: Warehouse
) -> None:
    lost, scheduled = games_of_day(built)
    conflicts = (
        f"select game_id, feed, schedule_says from nba_ops.schedule_conflicts where game_date = '{DAY}' order by 1"
    )
    assert with_old_schedule.query(conflicts) == sorted([(lost, FEED, "nothing"), (scheduled, FEED, "scheduled")])
    ((outcome, reason),) = with_old_schedule.query(
        f"select outcome, reason from nba_ops.coverage where table_name = 'player_game_summary' and game_date = '{DAY}'"
    )
    assert outcome == "blocked"
    assert f"has no row of 1 game played by {FEED}, the first {lost}" in reason
    assert f"calls scheduled 1 game played by {FEED}, the first {scheduled}" in reason
    assert with_old_schedule.query(
        f"select count(*) from nba_analytics.player_game_summary where game_id in ('{lost}', '{scheduled}')"
    ) == [(0,)]
