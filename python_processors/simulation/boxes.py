"""Box scores by player and by team: sums of what was played, as each feed prints them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from python_processors.player_keys import player_key
from python_processors.simulation.columns import dates, raw_table, where, words
from python_processors.simulation.players import ROSTER, ascii_only, printed_short
from python_processors.simulation.season import Season
from python_processors.simulation.teams import ABBREVIATIONS

START_POSITIONS = ("G", "G", "F", "F", "C")  # point guard to centre
PLAYER_COUNTS = {
    "points": "points", "field_goals_made": "fg_makes", "field_goals_attempted": "fg_attempts",
    "three_pointers_made": "three_makes", "three_pointers_attempted": "three_attempts", "free_throws_made": "ft_makes",
    "free_throws_attempted": "ft_attempts", "offensive_rebounds": "offensive_rebounds",
    "defensive_rebounds": "defensive_rebounds", "assists": "assists", "steals": "steals", "blocks": "blocks",
    "turnovers": "turnovers", "personal_fouls": "fouls",
}  # fmt: skip
TEAM_COUNTS = {
    "points": "points", "fg_made": "fg_makes", "fg_attempted": "fg_attempts", "three_pt_made": "three_makes",
    "three_pt_attempted": "three_attempts", "ft_made": "ft_makes", "ft_attempted": "ft_attempts",
    "offensive_rebounds": "offensive_rebounds", "defensive_rebounds": "defensive_rebounds", "assists": "assists",
    "steals": "steals", "blocks": "blocks", "turnovers": "turnovers", "personal_fouls": "fouls",
}  # fmt: skip
DRESSED = 13
LONGEST = 5400  # seconds: more than anybody can play in five overtimes
CLOCK = [f"{second // 60:02d}:{second % 60:02d}" for second in range(LONGEST)]


def gamebook(season: Season) -> pa.Table:
    """Who is active, with his figures; who is dressed and not chosen by his coach; and some of those who are out,
    of whom the real gamebook lists few."""
    games, players = season.games, season.league.players
    boxes = {name: counts.reshape(-1) for name, counts in season.played.boxes.items()}
    is_listed = (boxes["seconds"] > 0) | (season.lineups.rank.reshape(-1) < DRESSED)
    at = np.arange(len(is_listed))
    is_listed |= season.outcome.out.reshape(-1) & ((at + at // (2 * ROSTER)) % 3 == 0)
    at = np.flatnonzero(is_listed)
    boxes = {name: counts[at] for name, counts in boxes.items()}
    who, out = season.lineups.players.reshape(-1)[at], season.outcome.out.reshape(-1)[at]
    game, side = at // (2 * ROSTER), at // ROSTER % 2
    played = boxes["seconds"] > 0
    starts = season.lineups.starts.reshape(-1)[at] & played
    columns: dict[str, Any] = {
        "game_id": words(game, games.ids.tolist()),
        "game_date": dates(games.day[game]),
        "player_name": words(who, players.names),
        "player_lookup": words(who, [player_key(name) for name in players.names]),
        "team_abbr": words(np.stack([games.away, games.home], axis=1)[game, side], ABBREVIATIONS),
        "player_status": words(np.where(played, 0, np.where(out, 2, 1)), ("active", "dnp", "inactive")),
        "dnp_reason": words(np.where(played, -1, out), ("DNP - Coach's Decision", "DND - Injury/Illness")),
        "start_position": words(np.where(starts, players.position[who], -1), START_POSITIONS),
        "minutes": words(np.where(played, boxes["seconds"], -1), CLOCK),
        **{column: where(played, boxes[of]) for column, of in PLAYER_COUNTS.items()},
        "total_rebounds": where(played, boxes["offensive_rebounds"] + boxes["defensive_rebounds"]),
        "plus_minus": where(played, boxes["plus_minus"]),
    }
    return raw_table("nbac_gamebook_player_stats", columns)


def balldontlie(season: Season) -> pa.Table:
    """Who played, with whole minutes."""
    games, players = season.games, season.league.players
    seconds = season.played.boxes["seconds"].reshape(-1)
    at = np.flatnonzero(seconds > 0)
    who = season.lineups.players.reshape(-1)[at]
    game, side = at // (2 * ROSTER), at // ROSTER % 2
    team = np.stack([games.away, games.home], axis=1)[game, side]
    names = [printed_short(name) for name in players.names]
    counts = {column: season.played.boxes[of].reshape(-1)[at] for column, of in PLAYER_COUNTS.items()}
    columns: dict[str, Any] = {
        "game_id": words(game, games.ids.tolist()),
        "game_date": dates(games.day[game]),
        "player_full_name": words(who, names),
        "player_lookup": words(who, [ascii_only(name) for name in names]),
        "team_abbr": words(team, ABBREVIATIONS),
        "minutes": words(np.rint(seconds[at] / 60).astype(np.int64), [str(n) for n in range(LONGEST // 60)]),
        **counts,
        "rebounds": counts["offensive_rebounds"] + counts["defensive_rebounds"],
    }
    return raw_table("bdl_player_boxscores", columns)


def team_boxes(season: Season) -> pa.Table:
    """Both teams of each game: away, then home."""
    games = season.games
    game = np.repeat(np.arange(len(games)), 2)
    total = {name: counts.sum(axis=2).reshape(-1) for name, counts in season.played.boxes.items()}
    score = season.played.score
    columns: dict[str, Any] = {
        "game_id": words(game, games.ids.tolist()),
        "nba_game_id": words(game, games.official.tolist()),
        "game_date": dates(games.day[game]),
        "team_abbr": words(np.stack([games.away, games.home], axis=1).reshape(-1), ABBREVIATIONS),
        "is_home": np.tile([False, True], len(games)),
        "minutes": words(season.played.periods[game], [f"{240 + 25 * (n - 4)}:00" for n in range(10)]),
        **{column: total[of] for column, of in TEAM_COUNTS.items()},
        "total_rebounds": total["offensive_rebounds"] + total["defensive_rebounds"],
        "plus_minus": np.stack([score[:, 0] - score[:, 1], score[:, 1] - score[:, 0]], axis=1).reshape(-1),
    }
    return raw_table("nbac_team_boxscore", columns)
