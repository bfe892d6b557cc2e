"""Play-by-play as BigDataBall prints it. Substitutions, timeouts and jump balls are not simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.simulation.columns import dates, raw_table, where, words
from python_processors.simulation.players import ZONES, ascii_only, printed_short, stream
from python_processors.simulation.possessions import (
    ASSIST,
    END,
    FOUL_OFFENSIVE,
    FOUL_PERSONAL,
    FOUL_SHOOTING,
    FREE_THROW,
    NO_ROLE,
    OFFENSIVE_FOUL,
    REBOUND_DEFENSIVE,
    REBOUND_OFFENSIVE,
    SHOT,
    START,
    TEAM_REBOUND,
    TURNOVER,
)  # fmt: skip
from python_processors.simulation.season import Season
from python_processors.simulation.teams import ABBREVIATIONS

TYPES = {
    START: "start of period", END: "end of period", SHOT: "shot", FREE_THROW: "free throw",
    REBOUND_OFFENSIVE: "rebound", REBOUND_DEFENSIVE: "rebound", TEAM_REBOUND: "rebound", TURNOVER: "turnover",
    FOUL_SHOOTING: "foul", FOUL_PERSONAL: "foul", FOUL_OFFENSIVE: "foul", OFFENSIVE_FOUL: "turnover",
}  # fmt: skip
SUBTYPES = {
    START: "start of period", END: "end of period", REBOUND_OFFENSIVE: "rebound offensive",
    REBOUND_DEFENSIVE: "rebound defensive", TEAM_REBOUND: "team rebound", FOUL_SHOOTING: "shooting",
    FOUL_PERSONAL: "personal", FOUL_OFFENSIVE: "offensive", OFFENSIVE_FOUL: "offensive foul",
}  # fmt: skip
ROLES = ("", "assist", "block", "steal")
SHOTS = (
    ("layup shot", "driving layup shot", "dunk shot"), ("floating jump shot", "hook shot", "driving layup shot"),
    ("jump shot", "pullup jump shot", "turnaround jump shot"),
    ("3pt jump shot", "3pt pullup jump shot", "3pt step back jump shot"),
    ("3pt jump shot",) * 3, ("3pt jump shot",) * 3,
)  # fmt: skip
FEET = ((0, 3), (4, 13), (8, 22), (23, 29), (22, 23), (22, 23))  # nearest and farthest, by zone
STOLEN, LOST = ("bad pass", "lost ball"), ("out of bounds bad pass", "traveling")


def play_by_play(season: Season) -> pa.Table:
    """One row per event, numbered within its game."""
    games, events, players = season.games, season.played.events, season.league.players
    random = stream(season.league.seed, season.year, "events")
    game, kind, side, place = events.game, events.kind, events.side, events.place
    starts = np.searchsorted(game, np.arange(len(games)))
    sequence = np.arange(len(game)) - starts[game] + 1
    teams = np.stack([games.away, games.home], axis=1)
    rosters = season.lineups.players
    team = np.where(np.isin(kind, (START, END)), -1, teams[game, side])
    first = np.where(place >= 0, rosters[game, side, place], -1)
    other_side = np.where(events.role == ASSIST, side, 1 - side)
    has_other = events.other >= 0
    second = np.where(has_other, rosters[game, other_side, events.other], -1)
    is_shot, is_throw = kind == SHOT, kind == FREE_THROW
    value = np.where(events.zone >= 3, 3, 2)
    scored = np.where(events.made == 1, np.where(is_shot, value, 1), 0)
    variety = random.integers(0, 6, len(game))
    nearest, farthest = np.array(FEET).T
    zone = np.maximum(events.zone, 0)
    feet = nearest[zone] + np.floor(random.random(len(game)) * (farthest - nearest + 1)[zone])

    def running(points: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        total = np.cumsum(points)
        return np.asarray(total - np.concatenate([[0], total])[starts[game]])

    ids = games.ids.tolist()
    names = [printed_short(name) for name in players.names]
    keys = [ascii_only(name) for name in names]
    game_ids = words(game, ids)
    columns: dict[str, Any] = {
        "game_id": game_ids,
        "bdb_game_id": np.array([int(official) for official in games.official])[game],
        "game_date": dates(games.day[game]),
        "home_team_abbr": words(games.home[game], ABBREVIATIONS),
        "away_team_abbr": words(games.away[game], ABBREVIATIONS),
        "event_id": pc.binary_join_element_wise(game_ids, pa.array(sequence).cast(pa.string()), "_"),
        "event_sequence": sequence,
        "period": events.period,
        "game_clock_seconds": events.clock,
        "event_type": words(kind, [TYPES[number] for number in range(len(TYPES))]),
        "event_subtype": _subtypes(kind, zone, events.throw, has_other, variety),
        "score_home": running(scored * (side == 1)),
        "score_away": running(scored * (side == 0)),
        "player_1_name": words(first, names),
        "player_1_lookup": words(first, keys),
        "player_1_team_abbr": words(team, ABBREVIATIONS),
        "player_2_name": words(second, names),
        "player_2_lookup": words(second, keys),
        "player_2_team_abbr": words(np.where(has_other, teams[game, other_side], -1), ABBREVIATIONS),
        "player_2_role": words(np.where(events.role == NO_ROLE, -1, events.role), ROLES),
        "shot_made": where(is_shot, events.made == 1),
        "shot_type": words(np.where(is_shot, value - 2, -1), ("2PT", "3PT")),
        "shot_distance": where(is_shot, feet, pa.float64()),
        "shot_zone_basic": words(np.where(is_shot, zone, -1), ZONES),
        "points_scored": where(is_shot | is_throw, scored),
    }
    for number, label in ((0, "away"), (1, "home")):
        for slot in range(5):
            on_court = rosters[game, number, events.court[:, number, slot]]
            columns[f"{label}_player_{slot + 1}_lookup"] = words(np.where(team < 0, -1, on_court), keys)
    return raw_table("bigdataball_play_by_play", columns)


def _subtypes(
    kind: npt.NDArray[np.int64],
    zone: npt.NDArray[np.int64],
    throw: npt.NDArray[np.int64],
    is_stolen: npt.NDArray[np.bool_],
    variety: npt.NDArray[np.int64],
) -> pa.Array:
    """Codes into one list of words: by kind, then shots by zone, free throws by number, turnovers."""
    listed = [SUBTYPES.get(number, "") for number in range(len(TYPES))]
    shots, throws = len(listed), len(listed) + 3 * len(SHOTS)
    listed += [word for of_zone in SHOTS for word in of_zone]
    listed += [f"free throw {number // 10}/{number % 10}" for number in range(40)]
    turnovers = len(listed)
    listed += [*LOST, *STOLEN]
    code = np.where(kind == SHOT, shots + 3 * zone + variety % 3, kind)
    code = np.where(kind == FREE_THROW, throws + throw, code)
    return words(np.where(kind == TURNOVER, turnovers + 2 * is_stolen + variety % 2, code), listed)
