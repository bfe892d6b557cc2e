"""BettingPros' lines: second to the odds feed, the newest active one of each book before tip-off, their median."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors.raw_contract import raw_tables
from tests.integration.conftest import copied
from tests.warehouse import Warehouse

FEED = "bettingpros_player_points_props"
LINES = "select player_lookup, points_line, opening_line, was_seen_twice from nba_intermediate.int_points_props"


class Game:
    """The week's first game: its players without a line of the odds feed, and one with."""

    def __init__(self, built: Warehouse) -> None:
        ((self.game_id, self.day, self.tipoff),) = built.query(
            "select game_id, game_date, tipoff_at from nba_intermediate.dim_games where is_final order by 1 limit 1"
        )
        ((self.idle,),) = built.query(
            "select min(team_abbr) from nba_intermediate.dim_team_games where team_abbr not in"
            f" (select team_abbr from nba_intermediate.dim_team_games where game_date = '{self.day}')"
        )
        self.rows: list[dict[str, Any]] = []
        self.players = self._players(built, "is null")
        (self.with_odds, *_) = self._players(built, "is not null")
        self.offers = itertools.count()

    def _players(self, built: Warehouse, line: str) -> list[tuple[str, str, str]]:
        return built.query(
            "select player_lookup, any_value(player_name), any_value(contexts.team_abbr)"
            " from nba_analytics.upcoming_player_game_context as contexts"
            " inner join nba_intermediate.dim_players using (player_lookup)"
            f" where game_id = '{self.game_id}' and current_points_line {line} group by 1 order by 1"
        )

    def offer(
        self, player: tuple[str, str, str], line: float | None, hours: float = 3, sides: Iterable[str] = ("over", "under"),
        **others: Any,
    ) -> None:  # fmt: skip
        """A line that stood so many hours before tip-off, a row for each side."""
        key, name, team = player
        updated: datetime = self.tipoff - timedelta(hours=hours)
        self.rows += [
            {
                "game_date": self.day, "market_type": "points", "offer_id": f"{next(self.offers)}", "bet_side": side,
                "player_name": name, "player_lookup": key, "player_team": team, "validated_team": team,
                "bookmaker": "one", "points_line": line, "odds_american": -110, "is_active": True,
                "bookmaker_last_update": updated, "source_file_path": "simulated", "processed_at": updated,
            } | others
            for side in sides
        ]  # fmt: skip

    def write(self, raw: Path) -> None:
        """A file of the same league, by its mark."""
        marks = pa_parquet.read_schema(next(raw.rglob("nbac_schedule.parquet"))).metadata
        schema = raw_tables()[FEED].schema().with_metadata(marks)
        pa_parquet.write_table(pa.Table.from_pylist(self.rows, schema=schema), raw / f"{FEED}.parquet")


@pytest.fixture(scope="module")
def game(built: Warehouse) -> Game:
    """Offers of each kind, by the player whom they are on: see what is asserted of him."""
    game = Game(built)
    several, even, sided, moved, late, idle, lost, zero, odd = game.players[:9]
    game.offer(several, 20.5, 5)
    game.offer(several, 21.5, 1)
    game.offer(several, 30.5, -1)  # the game is on
    game.offer(several, 22.5, 2, bookmaker="two", opening_line=19.5)
    game.offer(several, 25.5, 3, bookmaker="three")
    game.offer(several, 40.5, 1, bookmaker="three", is_active=False)
    game.offer(even, 10.5)
    game.offer(even, 11.0, bookmaker="two")
    game.offer(sided, 15.5, sides=["over"], odds_american=None)
    game.offer(sided, 16.5, sides=["under"])
    game.offer(moved, 12.5, player_team=game.idle)  # the site shows his team of today
    game.offer(late, 14.5, 0)
    game.offer(idle, 9.5, sides=["over"], player_team=game.idle, validated_team=None)
    game.offer(lost, float("nan"), sides=["over"])
    game.offer(zero, 0, sides=["over"])
    game.offer(odd, 9.5, sides=["yes"])
    game.offer(odd, 4.5, sides=["over"], market_type="rebounds")
    game.offer(("nobodyknown", "Nobody Known", several[2]), 9.5, sides=["over"])
    game.offer(game.with_odds, 99.5)
    game.offer(game.with_odds, 99.5)  # another offer, and the same line: a repeat
    return game


@pytest.fixture(scope="module")
def with_offers(built: Warehouse, game: Game, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The built week once more, with these offers beside the league, and every test of the build."""
    warehouse = copied(built.path.parent, tmp_path_factory.mktemp("offers") / "week")
    game.write(warehouse.raw_dir)
    warehouse.build()
    return warehouse


def test_the_median_of_the_newest_active_lines_before_tip_off_is_the_line(with_offers: Warehouse, game: Game) -> None:
    """Three books: 21.5, 22.5 and 25.5; they opened with 20.5, the oldest seen, with 19.5, as told, and with 25.5.
    Two books: half-way between 10.5 and 11.0, rounded half up to a tenth. Of two sides the one with a price."""
    several, even, sided, moved, *_ = (key for key, *_ in game.players)
    found = {row[0]: row[1:] for row in with_offers.query(f"{LINES} where points_line_source = 'bettingpros'")}
    assert found == {
        several: (22.5, 20.5, True),
        even: (10.8, 10.8, False),
        sided: (16.5, 16.5, False),
        moved: (12.5, 12.5, False),
    }


def test_a_line_of_the_odds_feed_goes_first_and_stays_as_it_was(
    built: Warehouse, with_offers: Warehouse, game: Game
) -> None:
    """No row but those of players who have BettingPros' line is another one."""
    second = {key for (key,) in with_offers.query(
        "select player_lookup from nba_intermediate.int_points_props where points_line_source = 'bettingpros'"
    )}  # fmt: skip
    assert game.with_odds[0] not in second
    before, after = built.hashes(), with_offers.hashes()
    for table in after:
        assert {value for row in before[table] ^ after[table] for value in row} & second or before[table] == after[
            table
        ]
        assert all(second & set(row) for row in before[table] ^ after[table]), table
    assert before["upcoming_player_game_context"] != after["upcoming_player_game_context"]


def test_contexts_name_the_feed_of_a_line(with_offers: Warehouse, game: Game) -> None:
    found = with_offers.query(
        "select has_prop_line, current_points_line, opening_points_line, line_movement, current_points_line_source,"
        " opening_points_line_source, array_to_string(list_filter(data_sources, lambda of: of like '%props'), ',')"
        f" from nba_analytics.upcoming_player_game_context where game_id = '{game.game_id}'"
        f" and player_lookup in ('{game.players[0][0]}', '{game.players[1][0]}', '{game.players[4][0]}')"
        " order by current_points_line desc nulls last"
    )
    assert [tuple(None if value is None else str(value) for value in row) for row in found] == [
        ("True", "22.5", "20.5", "2.0", "bettingpros", "bettingpros", FEED),
        ("True", "10.8", "10.8", None, "bettingpros", "bettingpros", FEED),
        ("False", None, None, None, None, None, ""),
    ]


def test_an_offer_that_cannot_be_used_is_quarantined_with_its_reason(with_offers: Warehouse, game: Game) -> None:
    _, _, _, _, _, idle, lost, zero, odd = (key for key, *_ in game.players[:9])
    found = with_offers.query(
        f"select split_part(row_key, ' ', 1), reason from nba_ops.quarantine where table_name = '{FEED}'"
    )
    assert sorted(found) == sorted([
        (idle, "no scheduled game"), (lost, "no number"), (zero, "impossible line"), (odd, "unknown outcome"),
        ("nobodyknown", "unknown player"),
    ])  # fmt: skip


def test_every_offer_is_accounted_for(with_offers: Warehouse, game: Game) -> None:
    found = with_offers.query(
        "select raw_rows, staged_rows, quarantined_rows, out_of_scope_rows, repeated_rows"
        f" from nba_ops.raw_row_accounting where table_name = '{FEED}'"
    )
    rows = len(game.rows)
    assert found == [(rows, rows - 5 - 1 - 2, 5, 1, 2)]


REAL = ("2021-10-19", "2021-11-03")
LATE = "2021-10-30"  # its real lines are dated as of a minute after tip-off
SPELLINGS = {"russellwestbrookiii", "bobbyportisjr", "brucebrownjr", "rjhamptonjr", "terencedavisii"}


@pytest.fixture(scope="module")
def real_lines(raw_archive: Path) -> Path:
    lines = raw_archive.parent / "platform" / "raw"
    if not lines.is_dir():
        pytest.skip(f"no lines of BettingPros beside the raw archive, in {lines}")
    return lines


@pytest.fixture(scope="module")
def real_week(raw_archive: Path, real_lines: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The season's first sixteen days with real lines: `unknown` has who was in no list of names before five were added."""
    raw = tmp_path_factory.mktemp("real_lines") / "raw"
    raw.mkdir()
    for folder in ("2021-22", "reference"):
        (raw / folder).symlink_to(raw_archive / folder)
    warehouse = Warehouse(raw.parent / "fullcourt.duckdb", raw)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"copy (select * replace (bookmaker_last_update + case when game_date = '{LATE}' then interval 61 minute"
            " else interval 0 minute end as bookmaker_last_update)"
            f" from read_parquet('{real_lines}/2021-22/{FEED}.parquet')) to '{raw}/{FEED}.parquet'"
        )
    assert warehouse.dbt("seed").success
    season = ("2021-10-19", "2022-06-16")
    assert warehouse.dbt("run", "--select", "+stg_bettingpros__player_points_props", window=season).success
    warehouse.execute(
        "create table unknown as select player_lookup, quarantine_reason from"
        " nba_staging.stg_bettingpros__player_points_props where quarantine_reason is not null"
    )
    (raw / "extra").symlink_to(real_lines / "extra")
    assert warehouse.dbt("run", "--select", "+stg_bettingpros__player_points_props", window=season).success
    warehouse.build(REAL)
    return warehouse


@pytest.mark.real_data
@pytest.mark.slow
def test_every_real_line_of_a_season_resolves_or_has_its_reason(real_week: Warehouse) -> None:
    assert set(real_week.query("select * from unknown")) == {(player, "unknown player") for player in SPELLINGS}
    assert real_week.query(
        "select count(*), count(quarantine_reason), sum(raw_copies)::int from nba_staging.stg_bettingpros__player_points_props"
    ) == [(29_364, 0, 29_364)]
    # The files name the game, which the platform's do not.
    assert real_week.query(
        "select count(*) from nba_staging.stg_bettingpros__player_points_props as staged"
        " inner join nba_intermediate.dim_games as games on staged.game_id = games.game_id"
        f" semi join '{real_week.raw_dir}/{FEED}.parquet' as raw on raw.nba_game_id = games.nba_game_id"
        " and raw.points_line = staged.points_line and raw.bet_side = staged.bet_side"
        " and coalesce(raw.validated_team, raw.player_team) = staged.team_abbr"
    ) == [(29_364,)]


@pytest.mark.real_data
@pytest.mark.slow
def test_real_lines_stand_in_contexts_and_features(real_week: Warehouse) -> None:
    """Features 25 and 28 are the line and that there is one; with one update of one book nothing tells of a move."""
    found = real_week.query(
        "select features[26] = current_points_line, features[29], feature_sources[26], feature_sources[29], count(*) > 100"
        " from nba_predictions.ml_feature_store_v2 inner join nba_analytics.upcoming_player_game_context as context"
        " using (game_date, player_lookup) where context.has_prop_line group by all"
    )
    assert [(*row[:1], int(row[1]), *row[2:]) for row in found] == [
        (True, 1, "upcoming_player_game_context", "upcoming_player_game_context", True)
    ]


@pytest.mark.real_data
@pytest.mark.slow
def test_no_real_line_of_after_tip_off_is_used(real_week: Warehouse) -> None:
    found = real_week.query(
        "select staged.game_date, count(distinct staged.player_lookup) > 10, count(distinct props.player_lookup)"
        " = count(distinct staged.player_lookup), count(distinct props.player_lookup) > 0"
        " from nba_staging.stg_bettingpros__player_points_props as staged left join nba_intermediate.int_points_props as props"
        f" using (game_id, player_lookup) where staged.game_date between '{REAL[0]}' and '{REAL[1]}' group by 1 order by 1"
    )
    assert {f"{day}" for day, *told in found if told == [True, False, False]} == {LATE}
    assert [told for day, *told in found if f"{day}" != LATE] == [[True, True, True]] * 15
    assert real_week.query(
        f"select distinct has_prop_line, current_points_line from nba_analytics.upcoming_player_game_context where game_date = '{LATE}'"
    ) == [(None, None)]
