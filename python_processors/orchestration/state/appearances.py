"""Who stands in box scores that are loaded or to be loaded: from these a plan guesses how many rows it will insert.

Nothing that decides about a date looks here. The guess says what the contract says of who is to have a row
(contract/rows.py), with a player's name in each feed taken as it is spelled there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from python_processors.contract.rows import Rows
from python_processors.orchestration.state.fingerprints import Overlay, source_of
from python_processors.orchestration.state.memory import Memory
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables

TEAM_BOX = "nbac_team_boxscore"
# By feed of players: whether a row is of one who played.
FEEDS: Mapping[str, str] = {
    "nbac_gamebook_player_stats": "player_status = 'active'",
    "bdl_player_boxscores": "player_lookup is not null",
}


def read_appearances(session: Session, start: date, end: date, overlay: Overlay) -> list[pa.Table]:
    """(feed, day, team, player, is_played) of each feed, a row per player and day; what a load brings is in it."""
    found = []
    for feed, has_played in FEEDS.items():
        source, live = source_of(session, feed, f"{raw_tables()[feed].source}.{feed}", overlay)
        if live:
            found.append(session.read(
                f"select '{feed}' as feed, game_date as day, team_abbr as team, player_lookup as player,"
                f" max(case when {has_played} then 1 else 0 end) = 1 as is_played from {source} as rows_read"
                f" where game_date between date '{start}' and date '{end}' group by 1, 2, 3, 4"
            ))  # fmt: skip
    return found


def likely_rows(memory: Memory, rows: Rows, days: Sequence[date]) -> dict[date, int | None]:
    """How many rows a table will likely have of each day with games; None where no box score tells.

    Of the two feeds of players the fuller one counts. Who may play is the gamebook's list where there is one, else as
    many as it lists on other days for each who plays, or for each team.
    """
    population = rows.population
    found: list[dict[str, Any]] = memory.rows(
        f"""
        with asked as (
            select dates.day, dates.season_year, 2 * dates.games as teams
            from (select unnest($days::date[]) as day) as asked inner join dates on asked.day = dates.day
        ),
        counted as (
            select
                appearances.*, dates.season_year, 2 * dates.games as due_teams,
                count(*) filter (is_played) over (
                    partition by feed, season_year, player order by appearances.day, team
                    rows between unbounded preceding and 1 preceding
                ) as games_before
            from appearances inner join dates on appearances.day = dates.day
        ),
        by_day as (
            select
                feed, day, any_value(due_teams) as due_teams, count(*) as listed, count(distinct team) as teams,
                count(*) filter (is_played) as played,
                count(*) filter (games_before >= $least) / count(*) as experienced
            from counted group by feed, day
        ),
        gamebook as (select * from by_day where feed = '{next(iter(FEEDS))}'),
        other as (select * from by_day where feed <> '{next(iter(FEEDS))}'),
        usual as (
            select
                coalesce(sum(gamebook.listed) filter (other.played > 0) / sum(other.played), 1) as listed_per_player,
                sum(gamebook.listed) / sum(gamebook.teams) as listed_per_team,
                (select sum(played) / sum(teams) from other) as players_per_team
            from gamebook left join other on gamebook.day = other.day
        ),
        -- The day on which a player, or a team, had the least number of games together.
        ready as (
            select feed, season_year, day from counted
            where is_played and games_before = greatest($least, 1) - 1 and $entity = 'player'
            union all
            select feed, season_year, day from (
                select
                    feed, season_year, day,
                    row_number() over (partition by feed, season_year, team order by day) as game_number
                from (select distinct feed, season_year, day, team from counted where is_played)
            )
            where game_number = greatest($least, 1) and $entity = 'team'
        ),
        ready_by_feed as (
            select asked.day, ready.feed, count(*) as n
            from asked inner join ready on asked.season_year = ready.season_year and ready.day < asked.day
            group by asked.day, ready.feed
        ),
        ready_by_day as (select day, max(n) as n from ready_by_feed group by day),
        team_boxes as (select distinct day from units where relation = '{TEAM_BOX}' and n > 0)
        select
            asked.day,
            case $population
                when 'players_who_played' then coalesce(greatest(gamebook.played, other.played), 0)
                when 'teams_that_played' then coalesce(
                    greatest(gamebook.teams, other.teams), case when team_boxes.day is not null then asked.teams end, 0
                )
                when 'teams_to_play' then asked.teams
                when 'players_who_may_play' then coalesce(
                    asked.teams * gamebook.listed / gamebook.teams * gamebook.experienced,
                    asked.teams * other.played / other.teams * usual.listed_per_player * other.experienced,
                    asked.teams * coalesce(usual.listed_per_team, usual.players_per_team)
                )
                else case when usual.listed_per_team is null and usual.players_per_team is null then null
                    else coalesce(ready_by_day.n, 0) end
            end as likely
        from asked
        cross join usual
        left join gamebook on asked.day = gamebook.day
        left join other on asked.day = other.day
        left join ready_by_day on asked.day = ready_by_day.day
        left join team_boxes on asked.day = team_boxes.day
        order by asked.day
        """,
        {
            "days": list(days), "least": rows.min_games, "entity": population.entity, "population": rows.of,
        },
    )  # fmt: skip
    return {row["day"]: None if row["likely"] is None else round(row["likely"]) for row in found}
