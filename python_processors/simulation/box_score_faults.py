"""Faults of one feed's box scores, while the other feeds are as they were. All are of the first game of a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from python_processors.simulation.spoiling import GAMEBOOK, Done, ask, edit, middle_day

UNDER_BOTH, LACKED = 5, 4  # players
STRANGE = "X"  # no list of teams, of today or of before, has one that starts so

# The home team's players who scored most. Ties go by name, so that the same files are spoiled alike.
_BEST = """
    select player_lookup from raw
    where game_id = $game and team_abbr = $home and player_status = 'active'
    group by player_lookup order by max(points) desc, player_lookup limit $count
"""


def players_under_both_teams(folder: Path, day: date | None = None) -> Done:
    """Five players of a gamebook stand under both teams, with the same line."""
    day, game, away, home = _first_game(folder, day)
    sql = f"""
        select * from raw
        union all
        select * replace ($away as team_abbr) from raw
        where game_id = $game and team_abbr = $home and player_lookup in ({_BEST})
    """
    rows = edit(folder, GAMEBOOK, sql, game=game, home=home, away=away, count=UNDER_BOTH)
    return Done("players_under_both_teams", day, {GAMEBOOK: rows})


def wrong_abbreviation(folder: Path, day: date | None = None) -> Done:
    """A team of a gamebook has an abbreviation that nobody knows."""
    day, game, away, _ = _first_game(folder, day)
    sql = """
        select * replace (case when game_id = $game and team_abbr = $away then $wrong else team_abbr end as team_abbr)
        from raw
    """
    rows = edit(folder, GAMEBOOK, sql, game=game, away=away, wrong=STRANGE + away[:2])
    return Done("wrong_abbreviation", day, {GAMEBOOK: rows})


def gamebook_without_players(folder: Path, day: date | None = None) -> Done:
    """A gamebook lacks the four players of a team who scored most."""
    day, game, _, home = _first_game(folder, day)
    sql = f"select * from raw where not (game_id = $game and team_abbr = $home and player_lookup in ({_BEST}))"
    rows = edit(folder, GAMEBOOK, sql, game=game, home=home, count=LACKED)
    return Done("gamebook_without_players", day, {GAMEBOOK: rows})


def _first_game(folder: Path, day: date | None) -> tuple[date, str, str, str]:
    """The day, and the id and the teams, away and home, of its first game in the gamebook."""
    day = day or middle_day(folder)
    ((game,),) = ask(folder, [GAMEBOOK], f"select min(game_id) from {GAMEBOOK} where game_date = $day", day=day)
    _, away, home = str(game).split("_")
    return day, game, away, home
