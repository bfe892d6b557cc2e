"""The platform's ten tables with rows as it left them, made of what an environment has built.

Four copies of each team row, games under their old ids, hashes of unrounded rows, a null in a key, another date.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from python_processors.contract import hashed_tables, load_contract
from tests.on_platform.tables import _DUCKDB, _NOMINAL, output_tables

FOUR_COPIES = ("team_offense_game_summary", "team_defense_game_summary")
OLD_IDS = ("player_game_summary", "team_offense_game_summary", "team_defense_game_summary")
OTHER_DATE = "2021-10-17"
FOREIGN = "written_by"  # a column of player_game_summary that no contract has


def fill_outputs(database: Path, environment: str) -> None:
    """Fill the tables that make_outputs() made, with comments as somebody wrote them."""
    with duckdb.connect(str(database)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name in hashed_tables():
            contract = load_contract(name)
            relation, columns = contract.relation, output_tables()[contract.relation].columns
            own = {column.name for column in contract.columns}
            values = ", ".join(_value(name, column, text.split(), own) for column, text in columns.items())
            copies = 4 if name in FOUR_COPIES else 1
            rows = f"select {values} from {environment}__{relation}, range({copies})"
            connection.execute(f"insert into {relation} {rows}")
            day = contract.partition_by
            first = f"select * from {relation} where {day} = (select min({day}) from {relation}) limit 1"
            connection.execute(f"insert into {relation} select * replace (date '{OTHER_DATE}' as {day}) from ({first})")
            connection.execute(f"comment on table {relation} is 'The platform''s {name}.'")
        players = "nba_analytics.player_game_summary"
        connection.execute(f"alter table {players} add column {FOREIGN} varchar")
        connection.execute(f"update {players} set {FOREIGN} = 'job ' || player_lookup")
        connection.execute(f"comment on column {players}.points is 'Points that he scored.'")
        connection.execute("alter table nba_precompute.player_daily_cache alter column player_lookup drop not null")
        one = "select * replace (null as player_lookup) from nba_precompute.player_daily_cache limit 1"
        connection.execute(f"insert into nba_precompute.player_daily_cache {one}")


def _value(table: str, column: str, parts: list[str], own: set[str]) -> str:
    type_ = _DUCKDB.get(parts[0], parts[0].lower())
    if column == "game_id" and table in OLD_IDS:
        return "'old-' || game_id"
    if column == "data_hash":
        return "'0' || data_hash"
    if column not in own:
        return f"cast(null as {type_})"
    value = f'cast("{column}" as {type_})'
    return f"coalesce({value}, {_NOMINAL[parts[0]]})" if parts[1:] == ["REQUIRED"] else value
