"""Who plays how much in a game, and how good that makes each side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from python_processors.simulation.players import (
    BLOCKING,
    DEFENSIVE,
    FOULING,
    OFFENSIVE,
    PASSING,
    POSITIONS,
    ROSTER,
    SHARES,
    STEALING,
    Players,
)  # fmt: skip

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
# Minutes by rank: five starters, the rotation, and who plays the end of a game that is decided.
MINUTES = np.array([34.5, 33.0, 31.5, 30.0, 28.5, 22.0, 18.5, 15.5, 12.0, 8.0, 4.0, 3.0, 2.5, 2.0, 2.0])
# How many a team uses: 10.6 in the mean of 2021-23.
USED = np.array([9, 10, 11, 12, 13])
USED_SHARES = (0.17, 0.32, 0.27, 0.16, 0.08)
TALENT_SCALE = 1.5
HOME_POINTS = 2.4


@dataclass(frozen=True)
class Lineups:
    """Per game and side, and per place of the roster: who, how much of the game, whether he starts."""

    players: Integers  # [game, side, place]
    share: Floats  # [game, side, place], five in all
    starts: npt.NDArray[np.bool_]
    rank: Integers
    offense: Floats  # points per hundred possessions by which a place's player betters his side's attack
    defense: Floats
    expected_margin: Floats  # [game], of the home team
    expected_total: Floats
    pace: Floats  # possessions of each team in 48 minutes

    def take(self, which: npt.NDArray[np.generic]) -> Lineups:
        return Lineups(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    @staticmethod
    def together(parts: list[Lineups]) -> Lineups:
        return Lineups(*(np.concatenate([getattr(p, name) for p in parts]) for name in Lineups.__dataclass_fields__))


def make_lineups(
    random: np.random.Generator, players: Players, rosters: Integers, able: npt.NDArray[np.bool_]
) -> Lineups:
    """`rosters` and `able` are [game, side, place]."""
    games = len(rosters)
    talent = np.where(able, players.talent[rosters], -50.0)
    by_position = talent.reshape(games, 2, ROSTER // POSITIONS, POSITIONS)
    depth = np.argsort(np.argsort(-by_position, axis=2, kind="stable"), axis=2).reshape(games, 2, ROSTER)
    order = np.argsort(100.0 * depth - talent + 1000.0 * ~able, axis=2, kind="stable")
    rank = np.argsort(order, axis=2)
    used = np.minimum(random.choice(USED, (games, 2), p=USED_SHARES), able.sum(axis=2))
    weight = MINUTES[rank] * np.exp(random.normal(0, 0.09, rank.shape)) * (rank < used[..., None])
    share = 5 * weight / weight.sum(axis=2, keepdims=True)
    for _ in range(3):
        over = np.minimum(share, 0.93)
        room = np.where((over < 0.93) & (over > 0), over, 0.0)
        share = over + room / room.sum(axis=2, keepdims=True) * (5 - over.sum(axis=2, keepdims=True))
    better = TALENT_SCALE * (players.talent[rosters] - _level(players, rosters, share))
    offense, defense = players.lean[rosters] * better, (1 - players.lean[rosters]) * better
    attack, guard = (share * offense).sum(axis=2), (share * defense).sum(axis=2)
    pace = 99.0 + random.normal(0, 2.6, games)
    gains = (attack - guard[:, ::-1]) * pace[:, None] / 100
    return Lineups(
        rosters, share, rank < 5, rank, offense, defense,
        gains[:, 1] - gains[:, 0] + HOME_POINTS, gains.sum(axis=1) + 2 * 1.1415 * 99.0, pace,
    )  # fmt: skip


def _level(players: Players, rosters: Integers, share: Floats) -> float:
    """The talent of the league's average minute."""
    return float((share * players.talent[rosters]).sum() / share.sum())


@dataclass(frozen=True)
class Traits:
    """Weights of a roster's places at what they do: [game, side, place], and zones with a last axis more."""

    shoots: Floats
    zones: Floats
    accuracy: Floats
    touch: Floats
    offensive: Floats
    defensive: Floats
    passes: Floats
    steals: Floats
    blocks: Floats
    fouls: Floats
    loses: Floats

    @staticmethod
    def of(players: Players, rosters: Integers) -> Traits:
        at = players.position
        threes = np.exp(players.threes)[:, None]
        zones = SHARES[at] * np.where(np.arange(SHARES.shape[1]) >= 3, threes, 1.0)
        zones /= zones.sum(axis=1, keepdims=True)
        shoots = np.exp(0.16 * np.clip(players.talent, -3, 5) + players.volume)
        board, hands = np.exp(players.board), np.exp(players.hands)
        passes = PASSING[at] * np.exp(players.vision + 0.12 * players.talent)
        each = {
            "shoots": shoots,
            "zones": np.cumsum(zones, axis=1),
            "accuracy": 0.25 * (players.touch - 0.775),
            "touch": players.touch,
            "offensive": OFFENSIVE[at] * board,
            "defensive": DEFENSIVE[at] * board,
            "passes": passes,
            "steals": STEALING[at] * hands,
            "blocks": BLOCKING[at] * hands,
            "fouls": FOULING[at] * np.exp(-0.05 * players.talent),
            "loses": np.sqrt(shoots) * (0.5 + 0.5 * passes),
        }
        return Traits(**{name: values[rosters] for name, values in each.items()})
