"""Who cannot play when, and what the injury report says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
STATUSES = ("", "out", "doubtful", "questionable", "probable")
OUT, DOUBTFUL, QUESTIONABLE, PROBABLE = 1, 2, 3, 4
REASONS = (
    ("Injury/Illness - Right Ankle; Sprain", "injury"), ("Injury/Illness - Left Knee; Soreness", "injury"),
    ("Injury/Illness - Lower Back; Spasms", "injury"), ("Injury/Illness - Right Hamstring; Strain", "injury"),
    ("Injury/Illness - Left Wrist; Contusion", "injury"), ("Injury/Illness - N/A; Illness", "illness"),
    ("Personal Reasons", "personal"), ("Rest", "rest"),
)  # fmt: skip
STINTS = 3.0  # a player and season; with their lengths, an eleventh of all player-days
MEDIAN_DAYS = 6.0
FEWEST_ABLE = 9


@dataclass(frozen=True)
class Health:
    """[player of the season, day of the season]: whether he is out, the report's status, and its reason."""

    out: npt.NDArray[np.bool_]
    status: npt.NDArray[np.int8]
    reason: npt.NDArray[np.int8]


def make_health(random: np.random.Generator, players: int, days: int) -> Health:
    """Stints of absence over a season, with doubts before and after, and doubts that come to nothing."""
    stints = int(random.poisson(STINTS * players))
    who = random.integers(0, players, stints)
    start = random.integers(-25, days, stints)
    length = np.ceil(MEDIAN_DAYS * np.exp(random.normal(0, 0.95, stints))).astype(np.int64)
    why = random.choice(len(REASONS), stints, p=(0.22, 0.2, 0.12, 0.14, 0.1, 0.12, 0.05, 0.05))
    length = np.where(why >= 5, np.minimum(length, 4), length)
    change = np.zeros((players, days + 1), dtype=np.int64)
    np.add.at(change, (who, np.clip(start, 0, days)), 1)
    np.add.at(change, (who, np.clip(start + length, 0, days)), -1)
    out = np.cumsum(change[:, :days], axis=1) > 0

    status = np.zeros((players, days), dtype=np.int8)
    reason = np.broadcast_to(random.integers(0, 5, players)[:, None], (players, days)).astype(np.int8)
    doubt = random.random((players, days))
    status[doubt < 0.018] = QUESTIONABLE
    status[(doubt >= 0.018) & (doubt < 0.028)] = PROBABLE
    one_day = (doubt < 0.018) & (random.random((players, days)) < 0.3)
    _mark(status, who, start - 1, random.random(stints) < 0.5, QUESTIONABLE)
    _mark(status, who, start + length, random.random(stints) < 0.7, PROBABLE)
    _mark(status, who, start + length, random.random(stints) < 0.4, QUESTIONABLE)
    for stint, (first, last) in enumerate(zip(start.tolist(), (start + length).tolist(), strict=True)):
        reason[who[stint], max(first - 1, 0) : max(last + 1, 0)] = why[stint]
    out |= one_day
    status[out & ~one_day] = OUT
    is_first = np.zeros_like(out)
    _mark(is_first, who, start, random.random(stints) < 0.3, True)
    status[is_first & out] = DOUBTFUL
    return Health(out, status, reason)


def _mark(target: npt.NDArray[np.generic], who: Integers, day: Integers, mask: npt.NDArray[np.bool_], to: int) -> None:
    inside = mask & (day >= 0) & (day < target.shape[1])
    target[who[inside], day[inside]] = to


def fit_to_play(out: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Who can play, of a roster per game and side; of a team with too few, some play hurt."""
    able = ~out
    short = np.maximum(FEWEST_ABLE - able.sum(axis=-1), 0)
    return np.asarray(able | (out & (np.cumsum(out, axis=-1) <= short[..., None])))
