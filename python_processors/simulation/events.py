"""Play-by-play as BigDataBall prints it. Substitutions, timeouts and jump balls are not simulated."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.player_keys import player_key
from python_processors.simulation.columns import dates, raw_table, where, words
from python_processors.simulation.players import ZONES, ascii_only, printed_short, stream
from python_processors.simulation.possessions import (
    ASSIST,
    BLOCK,
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
    STEAL,
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
# What nba.com calls them, of the same kinds; behind these a block, a steal and a three-pointer.
ACTIONS = (
    "period", "period", "2pt", "freethrow", "rebound", "rebound", "rebound", "turnover", "foul", "foul", "foul",
    "turnover",
)  # fmt: skip
STOLEN, LOST = ("bad pass", "lost ball"), ("out of bounds bad pass", "traveling")


def play_by_play(season: Season) -> pa.Table:
    """One row per event, numbered within its game."""
    games, events, players = season.games, season.played.events, season.league.players
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
    zone = np.maximum(events.zone, 0)
    variety, feet = _shots(season)

    def running(points: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return _running(points, starts[game])

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


def nbac_play_by_play(season: Season) -> pa.Table:
    """The same events as nba.com prints them, with what the platform's loader makes of its shots: nothing that is true.

    A block and a steal are events of their own, behind the shot or the turnover; a dunk has no distance in its text.
    """
    games, events, players = season.games, season.played.events, season.league.players
    variety, feet = _shots(season)
    is_second = np.isin(events.role, (BLOCK, STEAL)) & (events.other >= 0)
    row = np.repeat(np.arange(len(events.game)), 1 + is_second)
    is_extra = np.concatenate([[False], row[1:] == row[:-1]])
    game, kind, role = events.game[row], events.kind[row], events.role[row]
    starts = np.searchsorted(game, np.arange(len(games)))
    sequence = np.arange(len(game)) - starts[game] + 1
    teams = np.stack([games.away, games.home], axis=1)
    rosters = season.lineups.players
    side = np.where(is_extra, 1 - events.side[row], events.side[row])
    place = np.where(is_extra, events.other[row], events.place[row])
    first = np.where(place >= 0, rosters[game, side, place], -1)
    team = np.where(np.isin(kind, (START, END)), -1, teams[game, side])
    is_assisted = (role == ASSIST) & (events.other[row] >= 0)
    second = np.where(is_assisted, rosters[game, side, events.other[row]], -1)
    is_shot, is_throw = (kind == SHOT) & ~is_extra, (kind == FREE_THROW) & ~is_extra
    is_three = is_shot & (events.zone[row] >= 3)
    is_made = events.made[row] == 1
    scored = np.where(is_made & is_shot, 2 + is_three, np.where(is_made & is_throw, 1, 0))
    code = np.where(is_extra, len(ACTIONS) + (role == STEAL), np.where(is_three, len(ACTIONS) + 2, kind))
    throw = events.throw[row]
    names = [f"{name.split()[0][0]}. {name.split(maxsplit=1)[-1]}" for name in players.names]
    keys = [player_key(name) for name in players.names]
    said = [
        _text(*of)
        for of in zip(
            code.tolist(), events.zone[row].tolist(), (variety[row] % 3).tolist(), feet[row].astype(int).tolist(),
            is_made.tolist(), throw.tolist(), [names[who] if who >= 0 else "TEAM" for who in first.tolist()],
            [names[who] if who >= 0 else "" for who in second.tolist()], strict=True,
        )
    ]  # fmt: skip
    details = ["start", "end", "", "", "offensive", "defensive", "offensive", "lost ball", "personal", "personal",
               "offensive", "offensive foul"]  # fmt: skip
    throws = [f"{number // 10} of {number % 10}" for number in range(40)]
    detail = np.where(is_throw, len(details) + throw, np.where(is_extra | is_shot, 2, kind))
    columns: dict[str, Any] = {
        "game_id": words(game, games.ids.tolist()),
        "nba_game_id": words(game, games.official.tolist()),
        "game_date": dates(games.day[game]),
        "home_team_abbr": words(games.home[game], ABBREVIATIONS),
        "away_team_abbr": words(games.away[game], ABBREVIATIONS),
        "event_id": pa.array(sequence).cast(pa.string()),
        "event_sequence": sequence,
        "period": events.period[row],
        "game_clock_seconds": events.clock[row],
        "event_type": words(code, [*ACTIONS, "block", "steal", "3pt"]),
        "event_action_type": words(detail, [*details, *throws]),
        "event_description": said,
        "score_home": _running(scored * (side == 1), starts[game]),
        "score_away": _running(scored * (side == 0), starts[game]),
        "player_1_id": np.where(first >= 0, first + 1, 0),
        "player_1_lookup": words(first, keys),
        "player_1_team_abbr": words(team, ABBREVIATIONS),
        "player_2_id": np.where(second >= 0, second + 1, 0),
        "player_2_lookup": words(second, keys),
        "player_2_team_abbr": words(np.where(second >= 0, team, -1), ABBREVIATIONS),
    }
    return raw_table("nbac_play_by_play", columns)


def _text(code: int, zone: int, variety: int, feet: int, is_made: bool, throw: int, who: str, passer: str) -> str:
    """What nba.com writes of an event, without its running totals: points and assists of the game so far are ones."""
    miss, points = ("", " (1 PTS)") if is_made else ("MISS ", "")
    if code in (SHOT, len(ACTIONS) + 2):
        kind = SHOTS[zone][variety].removesuffix(" shot")
        place = "" if kind == "dunk" else f"{feet}' "
        kind = f"3PT {kind.removeprefix('3pt ')}" if kind.startswith("3pt") else kind
        return f"{miss}{who} {place}{kind}{points}{f' ({passer} 1 AST)' if passer else ''}"
    if code == FREE_THROW:
        return f"{miss}{who} Free Throw {throw // 10} of {throw % 10}{points}"
    return {
        REBOUND_OFFENSIVE: f"{who} REBOUND (Off:1 Def:0)", REBOUND_DEFENSIVE: f"{who} REBOUND (Off:0 Def:1)",
        TEAM_REBOUND: "TEAM REBOUND", TURNOVER: f"{who} lost ball TURNOVER (1 TO)",
        FOUL_SHOOTING: f"{who} shooting personal FOUL (1 PF)", FOUL_PERSONAL: f"{who} personal FOUL (1 PF)",
        FOUL_OFFENSIVE: f"{who} offensive FOUL (1 PF)", OFFENSIVE_FOUL: f"{who} offensive foul TURNOVER (1 TO)",
        len(ACTIONS): f"{who} BLOCK (1 BLK)", len(ACTIONS) + 1: f"{who} STEAL (1 STL)",
        START: "Period Start", END: "Period End",
    }[code]  # fmt: skip


def _shots(season: Season) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Of each event a number that tells its variety, and whole feet from the basket by its zone."""
    events = season.played.events
    random = stream(season.league.seed, season.year, "events")
    variety = random.integers(0, 6, len(events.game))
    nearest, farthest = np.array(FEET).T
    zone = np.maximum(events.zone, 0)
    feet = nearest[zone] + np.floor(random.random(len(events.game)) * (farthest - nearest + 1)[zone])
    return variety, feet


def _running(points: npt.NDArray[np.int64], start: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sums up to each event since the first of its game, which stands at `start`."""
    total = np.cumsum(points)
    return np.asarray(total - np.concatenate([[0], total])[start])


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
