"""What the registry says of a player is held against what can be: a wrong row holds back that player, and no date."""

from __future__ import annotations

from tests.integration.conftest import Rewrite
from tests.integration.test_evidence import DAY, build_day, covered
from tests.warehouse import Warehouse

REGISTRY = "nba_players_registry"


def told(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query(
        f"select distinct split_part(row_key, ' ', 1), reason from nba_ops.quarantine where table_name = '{REGISTRY}'"
    ))  # fmt: skip


def test_two_players_with_one_identity_are_held_back_by_name_and_the_rest_is_built(
    copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    players = copy_of_built.query(
        "select max_by(player_lookup, points), max_by(universal_player_id, points) from"
        f" nba_analytics.player_game_summary where game_date = '{DAY}' group by game_id, team_abbr order by all limit 2"
    )
    (one, identity), (other, _) = players
    before = copy_of_built.query(
        "select player_lookup, data_hash from nba_analytics.player_game_summary"
        f" where game_date = '{DAY}' and player_lookup not in ('{one}', '{other}') order by 1"
    )
    rewrite(
        copy_of_built.raw_dir, REGISTRY,
        f"select * replace (case when player_lookup = '{other}' then '{identity}' else universal_player_id end"
        " as universal_player_id) from raw",
    )  # fmt: skip
    build_day(copy_of_built)
    assert told(copy_of_built) == dict.fromkeys((one, other), "universal_player_id of several players")
    after = copy_of_built.query(
        f"select player_lookup, data_hash from nba_analytics.player_game_summary where game_date = '{DAY}' order by 1"
    )
    assert after == before
    assert copy_of_built.query(
        "select distinct entity, quarantine_reason from nba_ops.expected_rows where table_name = 'player_game_summary'"
        f" and game_date = '{DAY}' and quarantine_reason is not null order by 1"
    ) == [(player, "ambiguous player") for player in sorted((one, other))]
    assert covered(copy_of_built)[0] == "partial"
    assert covered(copy_of_built, "team_offense_game_summary")[0] == "complete"


def test_an_impossible_birth_date_is_an_unknown_age_and_told_by_name(
    copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    contexts = f"from nba_analytics.upcoming_player_game_context where game_date = '{DAY}'"
    (child, ghost, youngest, oldest) = (
        player for (player,) in copy_of_built.query(f"select player_lookup {contexts} order by 1 limit 4")
    )
    rewrite(
        copy_of_built.raw_dir, REGISTRY,
        f"""select * replace (case player_lookup when '{child}' then date '2018-02-01' when '{ghost}' then date '1088-02-01'
            when '{youngest}' then date '2004-12-31' when '{oldest}' then date '1971-01-01' else birth_date end as birth_date)
        from raw""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert told(copy_of_built) == dict.fromkeys((child, ghost), "impossible birth date")
    assert dict(copy_of_built.query(
        f"select player_lookup, player_age {contexts} and player_lookup in ('{child}', '{ghost}', '{youngest}', '{oldest}')"
    )) == {child: None, ghost: None, youngest: 16, oldest: 50}  # fmt: skip
    assert covered(copy_of_built, "upcoming_player_game_context")[0] == "complete"
