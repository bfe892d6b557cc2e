"""A season's calendar: who plays whom, where and when.

Each team plays 82 games, 41 of them at home: four against each team of its division, four or three against
the rest of its conference, two against the other one. The games are split into 82 rounds in which every
team plays once (an edge colouring), and each round takes two days. So nobody ever plays three days
running, and a back-to-back is a round's second day before the next round's first: as many as are wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from python_processors.simulation.teams import ABBREVIATIONS, ARENAS, DIVISION, TEAMS

Integers = npt.NDArray[np.int64]
EASTERN = ZoneInfo("America/New_York")
ROUNDS, GAMES_A_ROUND = 82, TEAMS // 2
BACK_TO_BACKS = 13.2  # a team and season; 401 to 423 of all teams in 2021-23
# Games of a usual Monday to Sunday, of which each round takes its days' shares.
WEEKDAYS = (8.0, 6.5, 10.0, 4.0, 10.0, 8.0, 7.0)
PRESEASON_DAYS = 12
NEUTRAL = (("mexico_city", 12, 8, 21), ("paris", 1, 18, 14))  # city, month and day from which on, Eastern hour


@dataclass(frozen=True)
class Games:
    """One entry per game, in order of date: day (since 1970), teams (indices), official id, venue, tip-off."""

    day: Integers
    tipoff: Integers  # minutes since 1970, UTC
    away: Integers
    home: Integers
    official: npt.NDArray[np.object_]
    venue: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, which: npt.NDArray[np.generic]) -> Games:
        return Games(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """The date form: YYYYMMDD_AWAY_HOME."""
        return np.array(
            [
                f"{day_of(day):%Y%m%d}_{ABBREVIATIONS[away]}_{ABBREVIATIONS[home]}"
                for day, away, home in zip(self.day, self.away, self.home, strict=True)
            ],
            dtype=object,
        )

    @property
    def is_neutral(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.venue != np.array(ABBREVIATIONS, dtype=object)[self.home], dtype=bool)

    @staticmethod
    def together(parts: list[Games]) -> Games:
        return Games(*(np.concatenate([getattr(p, name) for p in parts]) for name in Games.__dataclass_fields__))


@dataclass(frozen=True)
class Calendar:
    """A season before it is played. The postponed game stands in `regular` with the day on which it is played."""

    year: int
    preseason: Games
    regular: Games
    postponed: int  # its place in `regular`
    postponed_from: int  # the day on which it should have been
    all_star_day: int


def number_of(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def day_of(number: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(number))


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def opening_day(year: int) -> date:
    """The third Tuesday of October: 2021-10-19, 2022-10-18."""
    return nth_weekday(year, 10, 1, 3)


def regular_days(year: int) -> list[date]:
    """The 164 days with games."""
    all_star = nth_weekday(year + 1, 2, 6, 3)
    off = {
        nth_weekday(year, 11, 0, 1) + timedelta(days=1),  # election day
        nth_weekday(year, 11, 3, 4),  # Thanksgiving
        date(year, 12, 24),
        nth_weekday(year + 1, 4, 0, 1),  # the college final
        *(all_star + timedelta(days=n) for n in range(-2, 4)),
    }
    days: list[date] = []
    day = opening_day(year)
    while len(days) < 2 * ROUNDS:
        if day not in off:
            days.append(day)
        day += timedelta(days=1)
    return days


def make_calendar(random: np.random.Generator, year: int) -> Calendar:
    away, home = _pairings(random)
    rounds = _rounds(random, away, home)
    days = np.array([number_of(day) for day in regular_days(year)])
    second = _second_days(random, away, home, rounds, days)
    day = days[2 * rounds + second]
    order = np.lexsort((random.random(len(day)), day))
    day, away, home = day[order], away[order], home[order]
    games = Games(
        day, tipoffs(day, home), away, home,
        np.array([f"002{year % 100:02d}{n + 1:05d}" for n in range(len(day))], dtype=object),
        np.array(ABBREVIATIONS, dtype=object)[home],
    )  # fmt: skip
    for city, month, from_day, hour in NEUTRAL:
        games = _moved_abroad(games, city, number_of(date(year + (month < 7), month, from_day)), hour)
    games, postponed, listed = _postponed(random, games, year)
    return Calendar(year, _preseason(random, year), games, postponed, listed, number_of(nth_weekday(year + 1, 2, 6, 3)))


def _pairings(random: np.random.Generator) -> tuple[Integers, Integers]:
    """Away and home team of the 1,230 games."""
    divisions = [random.permutation(np.flatnonzero(d == DIVISION)) for d in range(6)]
    conference = DIVISION // 3
    hosts = np.where(conference[:, None] == conference[None, :], 2, 1)  # [home, away]
    for a in range(6):
        for b in range(a + 1, 3 * (a // 3 + 1)):  # ten pairs of teams meet three times instead of four
            hosts[divisions[a], divisions[b]] -= 1
            hosts[np.roll(divisions[b], 1), divisions[a]] -= 1
    np.fill_diagonal(hosts, 0)
    home, away = np.nonzero(hosts)
    times = hosts[home, away]
    return np.repeat(away, times), np.repeat(home, times)


def _rounds(random: np.random.Generator, away: Integers, home: Integers) -> Integers:
    """Each game's round: an edge colouring by Kempe chains, with as many colours as games a team."""
    ends = list(zip(away.tolist(), home.tolist(), strict=True))
    colour = [-1] * len(ends)
    at = [[-1] * ROUNDS for _ in range(TEAMS)]  # the game of a team in a round
    todo = random.permutation(len(ends)).tolist()
    while todo:
        game = todo.pop()
        u, v = ends[game]
        free_u = [c for c in range(ROUNDS) if at[u][c] < 0]
        free_v = [c for c in range(ROUNDS) if at[v][c] < 0]
        both = [c for c in free_u if at[v][c] < 0]
        if both:
            chosen = both[len(todo) % len(both)]
        else:
            draws = iter(random.integers(0, 1 << 30, 5).tolist())
            chosen = free_u[next(draws) % len(free_u)]
            other = free_v[next(draws) % len(free_v)]
            chain, team, want = [], v, chosen
            while at[team][want] >= 0:
                link = at[team][want]
                chain.append(link)
                team = ends[link][0] + ends[link][1] - team
                want = other if want == chosen else chosen
            if team == u:  # the chain comes back: any round is taken away from others instead
                chosen = next(draws) % ROUNDS
                for taken in {at[u][chosen], at[v][chosen]} - {-1}:
                    _set(at, ends, taken, colour, -1)
                    todo.insert(next(draws) % (len(todo) + 1), taken)
            else:
                swapped = [(link, other if colour[link] == chosen else chosen) for link in chain]
                for link, _ in swapped:
                    _set(at, ends, link, colour, -1)
                for link, to in swapped:
                    _set(at, ends, link, colour, to)
        _set(at, ends, game, colour, chosen)
    return np.asarray(random.permutation(ROUNDS)[np.array(colour)])


def _set(at: list[list[int]], ends: list[tuple[int, int]], game: int, colour: list[int], to: int) -> None:
    for team in ends[game]:
        if to < 0:
            at[team][colour[game]] = -1
        else:
            at[team][to] = game
    colour[game] = to


def _second_days(
    random: np.random.Generator, away: Integers, home: Integers, rounds: Integers, days: Integers
) -> Integers:
    """1 where a game is on its round's second day."""
    second = np.zeros(len(away), dtype=np.int64)
    was_second = np.zeros(TEAMS, dtype=bool)
    so_far = np.zeros(TEAMS)
    for number in range(ROUNDS):
        games = np.flatnonzero(rounds == number)
        first_day, last_day = days[2 * number], days[2 * number + 1]
        shares = [WEEKDAYS[day_of(day).weekday()] for day in (first_day, last_day)]
        on_first = round(GAMES_A_ROUND * shares[0] / sum(shares)) + int(random.integers(-1, 2))
        on_first = 2 if number in (0, ROUNDS - 1) else min(max(on_first, 2), GAMES_A_ROUND - 2)
        adjoins = number > 0 and first_day - days[2 * number - 1] == 1
        due = BACK_TO_BACKS * number / ROUNDS
        tired = was_second & adjoins
        cost = np.where(tired, so_far - due + 0.5, 0.0)
        order = np.argsort(cost[away[games]] + cost[home[games]] + random.normal(0, 1.0, len(games)))
        later = games[order[on_first:]]
        second[later] = 1
        early = games[order[:on_first]]
        playing = np.concatenate([away[early], home[early]])
        so_far[playing] += tired[playing]
        was_second[:] = False
        was_second[np.concatenate([away[later], home[later]])] = True
    return second


def tipoffs(day: Integers, home: Integers) -> Integers:
    """Half past seven on the home team's clock, some at seven or eight; Eastern time decides the date."""
    out = np.empty(len(day), dtype=np.int64)
    for game, (on, team) in enumerate(zip(day.tolist(), home.tolist(), strict=True)):
        half_hours = (on + team) % 3
        wall = datetime.combine(day_of(on), time(19, 0), ZoneInfo(ARENAS[ABBREVIATIONS[team]].timezone))
        out[game] = _minutes(wall) + 30 * half_hours
    return out


def _minutes(wall: datetime) -> int:
    return int(wall.astimezone(UTC).timestamp()) // 60


def _moved_abroad(games: Games, city: str, first: int, hour: int) -> Games:
    """Of the ten days from `first` on, the game whose teams have most days off around it."""
    window = np.flatnonzero((games.day >= first) & (games.day < first + 10))

    def days_off(game: int) -> int:
        teams = (games.away[game], games.home[game])
        theirs = np.isin(games.away, teams) | np.isin(games.home, teams)
        distance = np.abs(games.day[theirs] - games.day[game])
        return int(distance[distance > 0].min())

    chosen = max(window.tolist(), key=days_off)
    venue, tipoff = games.venue.copy(), games.tipoff.copy()
    venue[chosen] = city
    tipoff[chosen] = _minutes(datetime.combine(day_of(games.day[chosen]), time(hour, 0), EASTERN))
    return replace(games, venue=venue, tipoff=tipoff)


def _postponed(random: np.random.Generator, games: Games, year: int) -> tuple[Games, int, int]:
    """One game of January is played in March: the first for which there is a day that makes no third day running."""
    january, march = number_of(date(year + 1, 1, 3)), number_of(date(year + 1, 3, 1))
    days = np.unique(games.day[(games.day >= march) & (games.day < march + 38)]).tolist()
    best: tuple[tuple[bool, int, int], int] = ((True, 9, 0), 0)
    candidates = np.flatnonzero((games.day >= january) & (games.day < january + 14) & ~games.is_neutral)
    for game in random.permutation(candidates).tolist():
        calendars = [
            set(games.day[(games.away == team) | (games.home == team)].tolist())
            for team in (games.away[game], games.home[game])
        ]
        best = min((_crowd(day, calendars), game) for day in days if not any(day in its for its in calendars))
        if not best[0][0]:
            break
    (_, _, new), game = best
    listed = int(games.day[game])
    day, tipoff = games.day.copy(), games.tipoff.copy()
    day[game] = new
    tipoff[game] = tipoffs(day[game : game + 1], games.home[game : game + 1])[0]
    order = np.argsort(day, kind="stable")
    moved = replace(games, day=day, tipoff=tipoff).take(order)
    return moved, int(np.flatnonzero(order == game)[0]), listed


def _crowd(day: int, calendars: list[set[int]]) -> tuple[bool, int, int]:
    """Whether a game on a day would be a third day running, and how many games it would adjoin."""
    runs = [{day - 2, day - 1} <= its or {day - 1, day + 1} <= its or {day + 1, day + 2} <= its for its in calendars]
    return any(runs), sum(len({day - 1, day + 1} & its) for its in calendars), day


def _preseason(random: np.random.Generator, year: int) -> Games:
    """Four games a team, in the two weeks before."""
    first = number_of(opening_day(year)) - 3 - PRESEASON_DAYS
    pairs = np.concatenate([random.permutation(TEAMS).reshape(-1, 2) for _ in range(4)])
    day = first + np.repeat(np.arange(4), GAMES_A_ROUND) * (PRESEASON_DAYS // 4) + random.integers(0, 2, len(pairs))
    order = np.argsort(day, kind="stable")
    away, home = pairs[order].T
    ids = np.array([f"001{year % 100:02d}{n + 1:05d}" for n in range(len(pairs))], dtype=object)
    return Games(day[order], tipoffs(day[order], home), away, home, ids, np.array(ABBREVIATIONS, dtype=object)[home])
