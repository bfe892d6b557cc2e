"""One season, from its calendar to its champion: games, who played them, and how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from python_processors.simulation.calendar import Calendar, Games, day_of, make_calendar, number_of, opening_day
from python_processors.simulation.injuries import PROBABLE, Health, fit_to_play, make_health
from python_processors.simulation.lineups import Lineups, make_lineups
from python_processors.simulation.players import League, stream
from python_processors.simulation.playoffs import Bracket
from python_processors.simulation.possessions import Played, play

Integers = npt.NDArray[np.int64]
SEASON_DAYS = 260
TRADE_DATES = ((12, 20), (2, 10))


@dataclass(frozen=True)
class Outcome:
    """What became of some games; the last three are [game, side, place]."""

    lineups: Lineups
    played: Played
    out: npt.NDArray[np.bool_]  # does not dress
    status: npt.NDArray[np.int8]  # of the injury report; 0 where he is not on it
    reason: npt.NDArray[np.int8]

    def take(self, which: Integers) -> Outcome:
        return Outcome(
            self.lineups.take(which), self.played.take(which), self.out[which], self.status[which], self.reason[which]
        )

    @staticmethod
    def together(parts: list[Outcome]) -> Outcome:
        return Outcome(
            Lineups.together([part.lineups for part in parts]), Played.together([part.played for part in parts]),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("out", "status", "reason")),
        )  # fmt: skip


@dataclass(frozen=True)
class Season:
    """A season as far as it was played."""

    year: int
    league: League
    calendar: Calendar
    games: Games
    to_come: Games  # scheduled, and not played
    outcome: Outcome  # of each game played
    eras: Integers  # rosters seen so far: [era, team, place]
    trade_days: tuple[int, ...]  # on which an era ends and the next begins
    until: int

    @property
    def lineups(self) -> Lineups:
        return self.outcome.lineups

    @property
    def played(self) -> Played:
        return self.outcome.played

    @property
    def name(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    def days(self) -> tuple[date, date]:
        """First and last day with a game."""
        days = np.concatenate([self.games.day, self.to_come.day])
        return day_of(days.min()), day_of(days.max())


class _Stage:
    """What every game of a season needs: rosters and health by date."""

    def __init__(self, league: League) -> None:
        year, seed = league.season, league.seed
        self.league, self.first = league, number_of(opening_day(year))
        self.eras = league.eras(stream(seed, year, "trades"))
        self.trade_days = [number_of(date(year + (month < 7), month, day)) for month, day in TRADE_DATES]
        self.known = np.unique(self.eras)  # players of the season
        self.health: Health = make_health(stream(seed, year, "health"), len(self.known), SEASON_DAYS)
        self.random = stream(seed, year, "games")

    def play(self, games: Games) -> Outcome:
        era = np.searchsorted(self.trade_days, games.day, side="right")
        teams = np.stack([games.away, games.home], axis=1)
        rosters = self.eras[era[:, None], teams]
        who = np.searchsorted(self.known, rosters)
        day = np.minimum(games.day - self.first, SEASON_DAYS - 1)[:, None, None]
        missing = self.health.out[who, day]
        able = fit_to_play(missing)
        status = np.where(missing & able, PROBABLE, self.health.status[who, day])
        lineups = make_lineups(self.random, self.league.players, rosters, able)
        played = play(self.random, self.league.players, lineups)
        return Outcome(lineups, played, ~able, status.astype(np.int8), self.health.reason[who, day])


def play_season(league: League, until: date | None) -> Season:
    """Play a league's next season; games after `until` are scheduled and not played."""
    year = league.season
    last = number_of(until) if until else number_of(date(year + 1, 9, 1))
    calendar = make_calendar(stream(league.seed, year, "calendar"), year)
    stage = _Stage(league)
    is_played = calendar.regular.day <= last
    games, to_come = [calendar.regular.take(is_played)], [calendar.regular.take(~is_played)]
    outcomes = [stage.play(games[0])]
    if is_played.all():
        bracket = Bracket(stage.random, calendar, outcomes[0].played.score)
        while (draw := bracket.next_games()) is not None:
            outcome = stage.play(draw)
            needed = bracket.settle(outcome.played.score)  # a series ends with the fourth win
            on_time = needed & (draw.day <= last)
            games.append(draw.take(on_time))
            outcomes.append(outcome.take(np.flatnonzero(on_time)))
            if on_time.sum() != needed.sum():
                to_come.append(draw.take(bracket.certain & (draw.day > last)))
                break
    eras = int(np.searchsorted(stage.trade_days, min(last, stage.first + SEASON_DAYS), side="right")) + 1
    return Season(
        year, league, calendar, Games.together(games), Games.together(to_come), Outcome.together(outcomes),
        stage.eras[:eras], tuple(stage.trade_days), last,
    )  # fmt: skip
