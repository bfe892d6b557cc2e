"""An alias means whom its newest load says, and nobody is picked where one load says two."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Rewrite
from tests.warehouse import Warehouse

ALIAS = "anotherspelling"


def meanings(warehouse: Warehouse, rewrite: Rewrite, *lines: tuple[str, bool, bool]) -> list[tuple[str | None, bool]]:
    """Whom the alias means in every team and season, and whether that is ambiguous.

    :param lines: more rows of the raw table: the player's key, whether an older load has it, whether it is active.
    """
    added = "".join(
        f" union all select * replace ('{ALIAS}' as alias_lookup, '{player}' as nba_canonical_lookup,"
        f" {is_active} as is_active, {'null' if is_old else 'processed_at'} as processed_at) from (from raw limit 1)"
        for player, is_old, is_active in lines
    )
    rewrite(warehouse.raw_dir, "player_aliases", f"from raw{added}")
    assert warehouse.dbt("run", "-s", "stg_nba__player_aliases", "dim_player_lookups").success
    return warehouse.query(
        "select player_lookup, is_ambiguous from nba_intermediate.dim_player_lookups"
        f" where source_player_lookup = '{ALIAS}' and team_abbr is null"
    )


@pytest.fixture(scope="module")
def players(built: Warehouse) -> list[str]:
    rows = built.query("select distinct player_lookup from nba_intermediate.dim_players order by 1 limit 3")
    return [player for (player,) in rows]


def test_of_two_loads_the_newest_says_whom_an_alias_means(
    copy_of_built: Warehouse, rewrite: Rewrite, players: list[str]
) -> None:
    one, other, _ = players
    assert meanings(copy_of_built, rewrite, (one, True, True)) == [(one, False)]
    assert meanings(copy_of_built, rewrite, (other, False, True)) == [(other, False)]


def test_an_alias_of_two_players_in_one_load_means_nobody(
    copy_of_built: Warehouse, rewrite: Rewrite, players: list[str]
) -> None:
    one, other, third = players
    lines = ((one, False, False), (other, False, True))
    assert meanings(copy_of_built, rewrite, *lines) == [(other, False)]  # withdrawn, the first does not count
    assert meanings(copy_of_built, rewrite, (third, False, True)) == [(None, True)]
