"""Play-in and playoffs: who meets whom, drawn round by round from the results before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from python_processors.simulation.calendar import Calendar, Games, tipoffs
from python_processors.simulation.teams import ABBREVIATIONS, CONFERENCE, TEAMS

Integers = npt.NDArray[np.int64]
SEEDS = ((1, 8), (4, 5), (3, 6), (2, 7))  # series of a conference's first round; neighbours meet in the second
AT_HOME = np.array([1, 1, 0, 0, 1, 0, 1])  # of the better seed, in a series of seven
DAYS = np.array([0, 2, 5, 7, 9, 11, 13])  # of a series; every second one starts a day later
ROUND_STARTS = (7, 23, 39, 55)  # days after the regular season's last: a day of rest after play-in and seventh games
WINS = 4


class Bracket:
    """The way from the final standings to the champion. Ask for games, play them, settle them."""

    def __init__(self, random: np.random.Generator, calendar: Calendar, score: Integers) -> None:
        games = calendar.regular
        self.year, self.last = calendar.year, int(games.day.max())
        home_won = score[:, 1] > score[:, 0]
        wins = np.bincount(games.home[home_won], minlength=TEAMS) + np.bincount(games.away[~home_won], minlength=TEAMS)
        self.wins = wins + random.random(TEAMS)  # ties are drawn
        order = np.argsort(-self.wins)
        self.seeds = [order[CONFERENCE[order] == conference][:10].tolist() for conference in (0, 1)]
        self.stage = 0
        self.pairs: list[tuple[int, int]] = []  # series of the round: better team first
        self.series = np.zeros(0, dtype=np.int64)  # of each game asked for
        self.certain = np.zeros(0, dtype=bool)

    def next_games(self) -> Games | None:
        """Games of the next stage: both days of the play-in, then seven games of each series; None at the end."""
        if self.stage == 0:
            self.pairs = [pair for seeds in self.seeds for pair in ((seeds[6], seeds[7]), (seeds[8], seeds[9]))]
            return self._games(self.pairs, [2, 3, 3, 2], "005", [101, 102, 103, 104])
        if self.stage == 1:
            self.pairs = [(self.losers[2 * c], self.winners[2 * c + 1]) for c in (0, 1)]
            return self._games(self.pairs, [5, 5], "005", [201, 202])
        if self.stage == 2:
            for conference, seeds in enumerate(self.seeds):
                seeds[6] = self.sevenths[conference]
                seeds[7] = self.winners[conference]
            self.pairs = [(s[better - 1], s[worse - 1]) for s in self.seeds for better, worse in SEEDS]
        elif len(self.winners) == 1:
            return None
        else:
            both = zip(self.winners[::2], self.winners[1::2], strict=True)
            self.pairs = [(a, b) if self.wins[a] > self.wins[b] else (b, a) for a, b in both]
        number = self.stage - 1
        series = np.repeat(np.arange(len(self.pairs)), len(DAYS))
        game = np.tile(np.arange(len(DAYS)), len(self.pairs))
        day = self.last + ROUND_STARTS[number - 1] + DAYS[game] + series % 2
        better, worse = np.array(self.pairs).T
        home = np.where(AT_HOME[game] == 1, better[series], worse[series])
        away = better[series] + worse[series] - home
        ids = [f"004{self.year % 100:02d}00{number}{s}{g + 1}" for s, g in zip(series, game, strict=True)]
        order = np.argsort(day, kind="stable")
        self.series, self.certain = series[order], (game < WINS)[order]
        return _games(day, away, home, ids).take(order)

    def _games(self, pairs: list[tuple[int, int]], days: list[int], kind: str, numbers: list[int]) -> Games:
        home, away = np.array(pairs).T
        self.series, self.certain = np.arange(len(pairs)), np.ones(len(pairs), dtype=bool)
        ids = [f"{kind}{self.year % 100:02d}00{number}" for number in numbers]
        return _games(self.last + np.array(days), away, home, ids)

    def settle(self, score: Integers) -> npt.NDArray[np.bool_]:
        """Take in the results of the games asked for last; which of them were needed."""
        home_won = score[:, 1] > score[:, 0]
        if self.stage < 2:
            self.winners = [pair[0] if won else pair[1] for pair, won in zip(self.pairs, home_won, strict=True)]
            self.losers = [pair[1] if won else pair[0] for pair, won in zip(self.pairs, home_won, strict=True)]
            if self.stage == 0:
                self.sevenths = self.winners[::2]
            self.stage += 1
            return np.ones(len(score), dtype=bool)
        needed = np.ones(len(score), dtype=bool)
        self.winners = []
        for number, pair in enumerate(self.pairs):
            games = np.flatnonzero(self.series == number)
            better_won = home_won[games] == (AT_HOME == 1)
            won = np.stack([np.cumsum(better_won), np.cumsum(~better_won)])
            end = int(np.argmax(won.max(axis=0) == WINS))
            needed[games[end + 1 :]] = False
            self.winners.append(pair[0] if won[0, end] == WINS else pair[1])
        self.stage += 1
        return needed


def _games(day: Integers, away: Integers, home: Integers, ids: list[str]) -> Games:
    abbreviations = np.array(ABBREVIATIONS, dtype=object)
    return Games(day, tipoffs(day, home), away, home, np.array(ids, dtype=object), abbreviations[home])
