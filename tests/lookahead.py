"""Takes the future away from a raw folder, to prove that nothing read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from python_processors.contract import load_contract
from python_processors.contract.declared import declared_rows
from tests.warehouse import Warehouse

# Figures of a gamebook row that exist only once the game is played.
FIGURES = (
    "minutes", "points", "field_goals_made", "field_goals_attempted", "three_pointers_made", "three_pointers_attempted",
    "free_throws_made", "free_throws_attempted", "offensive_rebounds", "defensive_rebounds", "total_rebounds", "assists",
    "steals", "blocks", "turnovers", "personal_fouls", "plus_minus",
)  # fmt: skip


# The tables that say what was known before a day's games, and those of them that follow its rosters.
LOOK_BACK = tuple(
    table for table, declared in declared_rows().items() if declared.rows and not declared.rows.population.is_played
)
BY_ROSTER = tuple(
    table for table in LOOK_BACK if load_contract(table).declared.as_plain()["of"] == "players_who_may_play"
)
# Features of the day itself: what stars out add to usage, his risk of sitting out, and the points lines.
FEATURES_OF_THE_DAY = (8, 10, 25, 26, 27, 28)


def hidden_future(raw: Path, day: date, what: str, rewrite: Callable[[Path, str, str], None]) -> None:
    """Remove from every raw table what came to be on `day` or later.

    :param what: `results` keeps what was published before tip-off: the day's rosters, lines and reports.
        `everything` removes these too; only the day's own games stay in the schedule.
    """
    later = f"game_date >= date '{day}'" if what == "everything" else f"game_date > date '{day}'"
    played = f"game_date >= date '{day}'"
    tables = {path.stem for path in raw.rglob("*.parquet")}
    for table in ("bdl_player_boxscores", "nbac_team_boxscore", "bigdataball_play_by_play"):
        rewrite(raw, table, f"select * from raw where not ({played})")
    for table in (
        "odds_api_game_lines", "odds_api_player_points_props", "bettingpros_player_points_props", "nbac_injury_report",
    ):  # fmt: skip
        if table in tables:
            rewrite(raw, table, f"select * from raw where not ({later})")
    for table in ("espn_scoreboard", "nbac_play_by_play"):
        if table in tables:
            rewrite(raw, table, f"select * from raw where not ({played})")
    if "espn_team_rosters" in tables:
        rewrite(raw, "espn_team_rosters", f"select * from raw where not ({later.replace('game_date', 'roster_date')})")
    nulls = ", ".join(f"case when {played} then null else {name} end as {name}" for name in FIGURES)
    rewrite(raw, "nbac_gamebook_player_stats", f"""
        select * replace ({nulls}, case when {played} and player_status = 'active' then 'dnp' else player_status end as player_status)
        from raw where not ({later})
    """)  # fmt: skip
    # The day's games are announced and not played; what comes after is not known at all.
    rewrite(raw, "nbac_schedule", f"""
        select * replace (
            case when {played} then 1 else game_status end as game_status,
            case when {played} then 7 else home_team_score end as home_team_score,
            case when {played} then 3 else away_team_score end as away_team_score
        ) from raw where game_date <= date '{day}'
    """)  # fmt: skip


def values_known_before(
    warehouse: Warehouse, table: str, day: date, what: str
) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Per key, the day's hashed values, without those that the contract declares to read ahead.

    With `results` hidden only what the later schedule tells may change.
    """
    contract = load_contract(table)
    declared = {column.name: column.meta.get("reads_ahead", "") for column in contract.columns}
    names = [
        name for name in contract.hash_fields
        if not (declared[name] if what == "everything" else "schedule" in declared[name])
    ]  # fmt: skip
    rows = warehouse.query(
        f"select {', '.join(contract.key)}, {', '.join(names)} from {contract.relation} where {contract.partition_by} = '{day}'"
    )
    width = len(contract.key)
    known = {row[:width]: row[width:] for row in rows}
    if table == "ml_feature_store_v2" and what == "everything":
        vectors = warehouse.query(
            f"select {', '.join(contract.key)}, features from {contract.relation} where {contract.partition_by} = '{day}'"
        )
        for *key, vector in vectors:
            kept = [value for place, value in enumerate(vector) if place not in FEATURES_OF_THE_DAY]
            known[tuple(key)] += (tuple(kept),)
    return known
