"""Faults of the schedule: it is old, lacks a day, or has rows that no game can have. And a game that odds mistake."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from python_processors.simulation.spoiling import (
    BALLDONTLIE,
    GAMEBOOK,
    LINES,
    PLAYS,
    SCHEDULE,
    TEAM_BOX,
    Done,
    NothingToSpoilError,
    ask,
    edit,
    middle_day,
)

SUSPENDED = 4  # a status that the league's feed has besides 1, 2 and 3
_UNPLAYED = "1 as game_status, cast(null as bigint) as home_team_score, cast(null as bigint) as away_team_score"


def stale_schedule(folder: Path, day: date | None = None) -> Done:
    """The season's schedule is as it was on the morning of a day; the other feeds go on."""
    day = day or middle_day(folder)
    sql = f"""
        with known as (
            select
                *, row_number() over () as place,
                -- A game that was moved stood under its first date until then.
                first_value(game_date) over (
                    partition by game_id order by processed_at, game_date
                ) as first_date,
                row_number() over (partition by game_id order by processed_at, game_date) as version,
                -- Who meets whom after the regular season is known once a series has begun.
                min(game_date) over (partition by left(game_id, 9)) as series_date
            from raw
        ),
        then_known as (
            select * from known
            where
                season_year <> $season or game_date < $day
                or (
                    (version = 1 or first_date < $day)
                    and (left(game_id, 3) not in ('004', '005') or series_date < $day)
                )
        ),
        still as (
            select * from then_known where season_year <> $season or game_date < $day
            union all
            select * replace ({_UNPLAYED}) from then_known where season_year = $season and game_date >= $day
        )
        select * exclude (place, first_date, version, series_date) from still order by place
    """
    return Done("stale_schedule", day, {SCHEDULE: edit(folder, SCHEDULE, sql, day=day, season=_season(folder, day))})


def schedule_without_day(folder: Path, day: date | None = None) -> Done:
    """The schedule has no row of a day that all other feeds have."""
    day = day or middle_day(folder)
    sql = "select * from raw where game_date is distinct from $day"
    return Done("schedule_without_day", day, {SCHEDULE: edit(folder, SCHEDULE, sql, day=day)})


def rematch_next_day(folder: Path, day: date | None = None) -> Done:
    """Two teams meet again at the same place a day later, and the day's lines stand under the UTC date."""
    day, game, official = _late_game(folder, day or middle_day(folder))
    given = {
        "game": game, "official": official, "rematch": _free_ids(folder, official, 1)[0],
        "rematch_game": f"{day + timedelta(days=1):%Y%m%d}{game[8:]}",
    }  # fmt: skip
    last = ask(folder, [TEAM_BOX], f"select max(game_date) from {TEAM_BOX}")[0][0]
    is_played = last > day
    moved = ", ".join(f"{name} + interval 1 day as {name}" for name in ("game_date_est", "game_datetime_utc"))
    unplayed = "" if is_played else f", {_UNPLAYED}"
    rows = {SCHEDULE: edit(folder, SCHEDULE, f"""
        select * from raw
        union all
        select * replace ($rematch as game_id, game_date + 1 as game_date, {moved}{unplayed}) from raw
        where game_id = $official and game_date = $day
    """, day=day, official=given["official"], rematch=given["rematch"])}  # fmt: skip
    if is_played:
        for table in (GAMEBOOK, BALLDONTLIE, TEAM_BOX, PLAYS):
            renamed = ["$rematch_game as game_id", "game_date + 1 as game_date"]
            names = {"game": game, "rematch_game": given["rematch_game"]}
            if table == TEAM_BOX:
                renamed.append("$rematch as nba_game_id")
                names["rematch"] = given["rematch"]
            if table == PLAYS:
                renamed.append("replace(event_id, $game, $rematch_game) as event_id")
                renamed.append("cast($rematch as bigint) as bdb_game_id")
                names["rematch"] = given["rematch"]
            rows[table] = edit(folder, table, f"""
                select * from raw union all select * replace ({", ".join(renamed)}) from raw where game_id = $game
            """, **names)  # fmt: skip
    rows[LINES] = edit(folder, LINES, """
        select * replace (case when game_date = $day then cast(commence_time as date) else game_date end as game_date)
        from raw
    """, day=day)  # fmt: skip
    return Done("rematch_next_day", day, rows)


def malformed_ids(folder: Path, day: date | None = None) -> Done:
    """Of a day's games one has lost its id's zeros, one a known status, one its season; two are none."""
    day = day or middle_day(folder)
    games = [
        game for (game,) in ask(
            folder, [SCHEDULE], f"select distinct game_id from {SCHEDULE} where game_date = $day order by 1", day=day
        )
    ]  # fmt: skip
    if not games:
        raise NothingToSpoilError(folder, day, "no games in the schedule")
    without_zeros, without_status, with_end_year = (games[n] if n < len(games) else None for n in range(3))
    without_teams, twin = _free_ids(folder, games[-1], 2)
    sql = f"""
        select * replace (
            case when game_id = $without_zeros then ltrim(game_id, '0') else game_id end as game_id,
            case when game_id = $without_status then {SUSPENDED} else game_status end as game_status,
            case when game_id = $with_end_year then season_year + 1 else season_year end as season_year
        )
        from raw
        union all
        select * replace (
            $without_teams as game_id, cast(null as string) as home_team_tricode,
            cast(null as string) as away_team_tricode, {_UNPLAYED}
        )
        from raw where game_id = $last and game_date = $day
        union all
        select * replace ($twin as game_id, {_UNPLAYED}) from raw where game_id = $last and game_date = $day
    """
    rows = edit(
        folder, SCHEDULE, sql, day=day, last=games[-1], without_zeros=without_zeros, without_status=without_status,
        with_end_year=with_end_year, without_teams=without_teams, twin=twin,
    )  # fmt: skip
    return Done("malformed_ids", day, {SCHEDULE: rows})


def ids_without_zeros(folder: Path, day: date | None = None) -> Done:
    """Official ids of schedule and team boxes have lost their zeros, as in a spreadsheet."""
    return Done("ids_without_zeros", None, {
        table: edit(folder, table, f"select * replace (ltrim({column}, '0') as {column}) from raw")
        for table, column in ((SCHEDULE, "game_id"), (TEAM_BOX, "nba_game_id"))
    })  # fmt: skip


def season_by_end_year(folder: Path, day: date | None = None) -> Done:
    """The schedule names seasons by the year in which they end; the ids say the year before."""
    sql = "select * replace (season_year + 1 as season_year) from raw"
    return Done("season_by_end_year", None, {SCHEDULE: edit(folder, SCHEDULE, sql)})


def _season(folder: Path, day: date) -> int | None:
    sql = f"select mode(season_year) from {SCHEDULE} where game_date between $day - 7 and $day"
    ((season,),) = ask(folder, [SCHEDULE], sql, day=day)
    return None if season is None else int(season)


def _late_game(folder: Path, day: date) -> tuple[date, str, str]:
    """From a day on, the first game that starts after midnight UTC and whose teams are free the day after.

    Its day, its id in the date form, and its official id.

    :raises NothingToSpoilError: there is no such game.
    """
    found = ask(folder, [TEAM_BOX, LINES], f"""
        with games as (
            select game_date, game_id, any_value(nba_game_id) as official, list(distinct team_abbr) as teams
            from {TEAM_BOX} where game_date >= $day group by all
        )
        select games.game_date, games.game_id, games.official
        from games
        where
            exists (
                select 1 from {LINES} as lines
                where
                    lines.game_date = games.game_date and list_contains(games.teams, lines.home_team_abbr)
                    and cast(lines.commence_time as date) = games.game_date + 1
            )
            and not exists (
                select 1 from {TEAM_BOX} as later
                where later.game_date = games.game_date + 1 and list_contains(games.teams, later.team_abbr)
            )
        order by 1, 2 limit 1
    """, day=day)  # fmt: skip
    if not found:
        raise NothingToSpoilError(folder, day, "no late games whose teams are free the day after")
    return found[0][0], found[0][1], found[0][2]


def _free_ids(folder: Path, like: str, count: int) -> list[str]:
    """Official ids of the kind and season of another that no game has."""
    start = like.rjust(10, "0")[:5]
    sql = f"select max(lpad(game_id, 10, '0')) from {SCHEDULE} where left(lpad(game_id, 10, '0'), 5) = $start"
    ((last,),) = ask(folder, [SCHEDULE], sql, start=start)
    return [f"{int(last) + n:010d}" for n in range(1, count + 1)]
