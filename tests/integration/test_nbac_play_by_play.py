"""nba.com's own play-by-play, where BigDataBall lacks a game: what it tells is what BigDataBall tells of the same game."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from python_processors.simulation import simulate
from tests.integration.conftest import copied, rewrite_file
from tests.warehouse import Warehouse

FEED, BIGDATABALL = "nbac_play_by_play", "bigdataball_play_by_play"
WINDOW = ("2021-10-19", "2021-10-21")
DAY = "2021-10-20"  # of which BigDataBall has nothing in one of the two warehouses
ZONES = ("paint_attempts", "paint_makes", "mid_range_attempts", "mid_range_makes")
BLOCKS = ("paint_blocks", "mid_range_blocks")
NO_ZONES = ("three_pt_blocks", "assisted_fg_makes", "unassisted_fg_makes", "and1_count")
PLAYERS, OFFENCE = "nba_analytics.player_game_summary", "nba_analytics.team_offense_game_summary"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Three days of which both feeds have every game. BigDataBall has no court zones: the distance tells, as in the other."""
    folder = tmp_path_factory.mktemp("both") / "league"
    simulate(folder / "raw", until=date(2021, 10, 21), nbac_play_by_play=True)
    rewrite_file(folder / "raw", BIGDATABALL, "select * replace (null::varchar as shot_zone_basic) from raw")
    warehouse = Warehouse(folder / "fullcourt.duckdb", folder / "raw")
    warehouse.build(WINDOW)
    return warehouse


def game_of_the_day(both: Warehouse) -> str:
    ((game,),) = both.query(
        f"select min(game_id) from nba_intermediate.dim_games where game_date = '{DAY}' and is_final and is_in_scope"
    )
    return str(game)


@pytest.fixture(scope="module")
def alone(both: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same, but of a day nba.com's feed is alone. Of one game its texts say nothing of made and missed, nor of feet."""
    warehouse = copied(both.path.parent, tmp_path_factory.mktemp("alone") / "league")
    rewrite_file(warehouse.raw_dir, BIGDATABALL, f"select * from raw where game_date <> '{DAY}'")
    rewrite_file(
        warehouse.raw_dir, FEED,
        f"""select * replace (
            case when game_id <> '{game_of_the_day(both)}' or event_type not in ('2pt', '3pt', 'freethrow') then event_description
            end as event_description) from raw""",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FULLCOURT_ALLOW_DELETES", "1")
        warehouse.build((DAY, DAY))
    return warehouse


def rows(
    warehouse: Warehouse, table: str, key: str, columns: tuple[str, ...]
) -> dict[tuple[str, str], tuple[Any, ...]]:
    found = warehouse.query(f"select game_id, {key}, {', '.join(columns)} from {table} where game_date = '{DAY}'")
    return {row[:2]: row[2:] for row in found}


def test_where_bigdataball_has_the_game_nothing_comes_of_the_other_feed(both: Warehouse) -> None:
    assert both.query(f"select distinct shot_zones_source from {OFFENCE}") == [(BIGDATABALL,)]
    assert both.query(f"select count(*) from {PLAYERS} where list_contains(data_sources, '{FEED}')") == [(0,)]
    assert both.query("select count(*) from nba_ops.quarantine") == [(0,)]


def test_what_is_known_of_players_is_what_bigdataball_tells(both: Warehouse, alone: Warehouse) -> None:
    """Zones of who took a shot without feet, or blocked one, are null, and say so; nobody else's are."""
    columns = (*ZONES, *BLOCKS, *NO_ZONES, "quality_issues")
    told, found = (rows(warehouse, PLAYERS, "player_lookup", columns) for warehouse in (both, alone))
    assert told.keys() == found.keys()
    unknown = 0
    for key, row in found.items():
        ours, theirs = (dict(zip(columns, of, strict=True)) for of in (row, told[key]))
        issues = ours["quality_issues"]
        for names in (ZONES, BLOCKS):
            values = {ours[name] for name in names}
            assert None not in values or (values == {None} and issues == ["shot_zones_unknown"]), key
            unknown += None in values
        known = [name for name in (*ZONES, *BLOCKS, *NO_ZONES) if ours[name] is not None]
        assert {name: ours[name] for name in known} == {name: theirs[name] for name in known}, key
        assert all(ours[name] is not None for name in NO_ZONES)
    assert 0 < unknown < len(found)


def test_what_is_known_of_teams_is_what_bigdataball_tells(both: Warehouse, alone: Warehouse) -> None:
    """Second chances by its rebounds; zones are null where the feet of a shot lack."""
    columns = ("second_chance_points_scored", "team_paint_attempts", "shot_zones_source", "quality_issues")
    told, found = (rows(warehouse, OFFENCE, "team_abbr", columns) for warehouse in (both, alone))
    assert {key: row[0] for key, row in found.items()} == {key: row[0] for key, row in told.items()}
    for _, paint, source, issues in found.values():
        assert source == FEED
        assert (paint is None) == (issues == ["shot_zones_unknown"])


def test_fourth_quarters_are_told_but_for_who_was_on_court(both: Warehouse, alone: Warehouse) -> None:
    table = "nba_intermediate.int_player_quarters"
    points = ("fourth_quarter_points", "early_fg_attempts", "late_fg_makes")
    told, found = (rows(warehouse, table, "player_lookup", points) for warehouse in (both, alone))
    assert told == found
    assert alone.query(f"select count(fourth_quarter_seconds) from {table} where game_date = '{DAY}'") == [(0,)]


def test_who_tells_what_is_named(alone: Warehouse) -> None:
    """In every row that came out another: one whose hash stayed is not written again, and names what it was first made of."""
    ((games, bbd, found, pct),) = alone.query(
        f"select count(distinct game_id), max(source_bbd_rows_found), min(source_nbac_pbp_rows_found),"
        f" min(source_nbac_pbp_completeness_pct) from {PLAYERS}"
        f" where game_date = '{DAY}' and list_contains(data_sources, '{FEED}')"
    )
    assert (games, bbd, pct) == (13, 0, 100)
    assert found > 300
    assert alone.query(
        f"select distinct feed, home_verdict, away_verdict from nba_ops.game_evidence where game_date = '{DAY}'"
        " and feed like '%play_by_play'"
    ) == [(FEED, "agrees", "agrees")]
    assert alone.query(f"select count(*) from nba_ops.quarantine where game_date = '{DAY}'") == [(0,)]


def test_a_play_by_play_of_another_score_or_of_strangers_is_not_used(
    alone: Warehouse, tmp_path: Path, rows_may_go: None
) -> None:
    """Strangers are keys that name nobody, or none at all. No other game lacks for it."""
    warehouse = copied(alone.path.parent, tmp_path / "league")
    first, second, third = [game for (game,) in alone.query(
        f"select game_id from nba_intermediate.dim_games where game_date = '{DAY}' and is_in_scope order by 1 limit 3"
    )]  # fmt: skip
    rewrite_file(
        warehouse.raw_dir, FEED,
        f"""select * replace (
            case game_id when '{second}' then reverse(player_1_lookup) when '{third}' then null else player_1_lookup end
                as player_1_lookup
        ) from raw where not (game_id = '{first}' and period = 4 and event_type = '3pt')""",
    )  # fmt: skip
    outcome = warehouse.dbt("build", window=(DAY, DAY))
    assert set(outcome.failures) == {"coverage_accounts_for_every_date"}, outcome
    assert warehouse.query(
        f"select game_id, reason from nba_ops.quarantine where table_name = '{FEED}' group by all order by 1"
    ) == [
        (first, "points of its events are not the final score"), (second, "most of its players are unknown"),
        (third, "most of its players are unknown"),
    ]  # fmt: skip
    assert warehouse.query(
        f"select count(paint_attempts), count(and1_count) from {PLAYERS} where game_id in ('{first}', '{second}', '{third}')"
    ) == [(0, 0)]
    ((reason,),) = warehouse.query(
        f"select reason from nba_ops.coverage where game_date = '{DAY}' and table_name = 'team_offense_game_summary'"
    )
    assert f"{FEED} has " in reason
