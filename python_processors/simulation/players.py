"""Who plays: players with lasting skills, ages and positions, the rosters of each season, and trades.

A league is made from its seed and then lives on season by season: players grow until 27 and decline after
29, a part of the old ones retires, rookies take their places, and some change teams in summer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from python_processors.simulation.calendar import number_of, opening_day
from python_processors.simulation.teams import TEAMS

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
ROSTER, POSITIONS = 15, 5  # point guard to centre, three of each
RETIREES = 45  # a summer; with those who come for them, a tenth of the league
MOVERS, TRADES = 50, (8, 14)  # pairs who change teams in summer, and at the two trade dates of a season
ZONES = (
    "Restricted Area", "In The Paint (Non-RA)", "Mid-Range", "Above the Break 3", "Left Corner 3", "Right Corner 3",
)  # fmt: skip
# Shares of a position's shots by zone, so that the league's are those of 2021-23 (raw archive, control totals).
SHARES = np.array(
    [
        [0.225, 0.200, 0.150, 0.365, 0.031, 0.029],
        [0.215, 0.165, 0.145, 0.355, 0.062, 0.058],
        [0.255, 0.155, 0.115, 0.335, 0.073, 0.067],
        [0.325, 0.180, 0.105, 0.290, 0.053, 0.047],
        [0.460, 0.235, 0.120, 0.145, 0.021, 0.019],
    ]
)
# By position: weights of who rebounds, assists, steals, blocks, fouls, beside skill.
OFFENSIVE = np.array([0.45, 0.55, 0.80, 1.40, 2.40])
DEFENSIVE = np.array([0.70, 0.75, 0.95, 1.25, 1.70])
PASSING = np.array([2.20, 1.30, 0.95, 0.75, 0.75])
STEALING = np.array([1.25, 1.15, 1.05, 0.85, 0.75])
BLOCKING = np.array([0.40, 0.45, 0.75, 1.30, 2.60])
FOULING = np.array([0.85, 0.90, 0.95, 1.10, 1.35])

FIRST_NAMES = (
    "Aaron Alonzo Andre Anthony Bogdan Brandon Bryce Caleb Cameron Cedric Chris Clint Cory Damian Dario De'Andre Deni "
    "Derrick Devin Dwayne Elijah Emmanuel Evan Félix Frank Gary Georges Goran Grant Héctor Herbert Isaiah Jabari Jalen "
    "Jamal Jaylen Jérôme Josh Juan Julius Justin Karl-Anthony Keldon Kenyon Kevin Killian Larry Luka Malik Marcus "
    "Markus Matisse Mikal Moritz Naz Nicolas Nikola Obi Omar Oshae Pau Quentin Rajon Ricky Rudy Šarūnas Shai Talen "
    "Terance Théo Tim Trey Usman Vít Wesley Xavier Yuta Zach Zoran"
).split()
LAST_NAMES = (
    "Achebe Adams Alvarado Anigbogu Bagley Bazemore Bertāns Bojanić Bouknight Brooks Butler Čančar Carter Clarkson "
    "Collins Craig Dončević Dragić Eason Embry Exum Fernando Fournier Gafford Giddens Grant Green Hachimura Harkless "
    "Hartenstein Hernangómez Hield Holiday Huerter Ibaka Ingles Jokubaitis Jović Kaminsky Kispert Kuzmić Lamb LeVert "
    "Lowe Luwawu-Cabarrot Lyles Maledón Mann McGee Mills Mykhailiuk Nance Ndour Nesmith Nowak Nwora O'Neal Okeke "
    "Okogie Olynyk Oubre Pereira Pokuševski Porziņģis Quinn Ramírez Reid Rozier Šarić Schröder Sexton Simons Smart "
    "Stewart Tavares Thybulle Trent Udoka Valančius Vezenkov Vučić Walker Westfall Wiggins Wright Yurtseven Young "
    "Žižić Zubak"
).split()
SUFFIXES = ((11, " Jr."), (67, " III"), (131, " II"))  # every eleventh, 67th and 131st player
SHORT = {"Cameron": "Cam", "Nicolas": "Nic", "Herbert": "Herb", "Moritz": "Moe"}  # as two of the feeds print them


def ascii_only(name: str) -> str:
    """The key of balldontlie and BigDataBall: other letters are dropped."""
    return "".join(c for c in name.lower() if c.isascii() and c.isalnum())


def injury_key(name: str) -> str:
    """The key of the injury report, which deletes suffixes anywhere."""
    key = name.lower()
    for part in (" ", "'", ".", "-", ",", "jr", "sr", "ii", "iii", "iv"):
        key = key.replace(part, "")
    return key


def printed_short(name: str) -> str:
    """The name as balldontlie and BigDataBall print it."""
    first, _, rest = name.partition(" ")
    return f"{SHORT.get(first, first)} {rest}"


@dataclass
class Players:
    """One entry per player who ever was: identity, body and skills. Skills are about 0 in the mean."""

    names: list[str]
    born: Integers
    position: Integers
    inches: Integers
    talent: Floats  # points per hundred possessions that he makes a team better, at his age of now
    lean: Floats  # how much of it in attack
    volume: Floats  # how much more than his talent says that he shoots
    threes: Floats  # of his shots more than his position has
    touch: Floats  # share of free throws made, and a part of his jump shots
    board: Floats
    vision: Floats
    hands: Floats

    def __len__(self) -> int:
        return len(self.names)


@dataclass
class League:
    """The league as it comes to a season. `roster` holds indices of players: [team, place], positions in turn."""

    seed: int
    players: Players
    roster: Integers
    season: int
    unused: list[str] = field(repr=False, default_factory=list)

    def next_summer(self) -> League:
        """The league of the next season."""
        random = stream(self.seed, self.season + 1, "summer")
        players = replace(self.players, talent=self.players.talent.copy())
        age = self._ages(self.season + 1)
        players.talent += np.where(age < 27, 0.28, np.where(age > 29, -0.30, 0.0)) + random.normal(0, 0.5, len(age))
        roster = self.roster.copy()
        flat = roster.reshape(-1)
        stays = players.talent[flat] - 0.45 * np.maximum(age[flat] - 30, 0) + random.normal(0, 1.0, len(flat))
        gone = np.argsort(stays, kind="stable")[:RETIREES]
        unused = list(self.unused)
        rookies = _new_players(random, unused, players.position[flat[gone]], self.season + 1, rookies=True)
        flat[gone] = len(players) + np.arange(RETIREES)
        merged = _joined(players, rookies)
        _swap(random, roster, MOVERS)
        return League(self.seed, merged, roster, self.season + 1, unused)

    def _ages(self, season: int) -> Floats:
        return np.asarray((number_of(opening_day(season)) - self.players.born) / 365.25)

    def eras(self, random: np.random.Generator) -> Integers:
        """Rosters before, between and after the two trade dates: [era, team, place]."""
        eras = [self.roster]
        for pairs in TRADES:
            after = eras[-1].copy()
            _swap(random, after, pairs // 2)
            eras.append(after)
        return np.stack(eras)


def stream(seed: int, season: int, what: str) -> np.random.Generator:
    """A generator of its own for each season and subject."""
    return np.random.default_rng(np.random.SeedSequence([seed, season, *what.encode()]))


def make_league(seed: int, season: int) -> League:
    """A new league with thirty full rosters."""
    random = stream(seed, 0, "league")
    pairs = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    unused = [pairs[i] for i in random.permutation(len(pairs))]
    position = np.tile(np.arange(ROSTER) % POSITIONS, TEAMS)
    players = _new_players(random, unused, position, season, rookies=False)
    return League(seed, players, np.arange(TEAMS * ROSTER).reshape(TEAMS, ROSTER), season, unused)


def _new_players(
    random: np.random.Generator, unused: list[str], position: Integers, season: int, *, rookies: bool
) -> Players:
    count = len(position)
    age = random.uniform(19, 23, count) if rookies else 19 + 18 * random.beta(1.6, 2.6, count)
    talent = random.normal(-0.6 if rookies else 0.0, 1.5, count) + random.exponential(1.0, count)
    return Players(
        names=[_next_name(unused) for _ in range(count)],
        born=(number_of(opening_day(season)) - age * 365.25).astype(np.int64),
        position=position.astype(np.int64),
        inches=np.rint(74 + 2.1 * position + random.normal(0, 1.2, count)).astype(np.int64),
        talent=talent,
        lean=random.normal(0.6, 0.25, count),
        volume=random.normal(0, 0.18, count),
        threes=random.normal(0, 0.25, count),
        touch=np.clip(0.815 - 0.02 * position + random.normal(0, 0.07, count), 0.45, 0.94),
        board=random.normal(0, 0.18, count),
        vision=random.normal(0, 0.35, count),
        hands=random.normal(0, 0.25, count),
    )


def _next_name(unused: list[str]) -> str:
    """The next invented name. Nobody's keys are another's: `unused` is shuffled, and no name comes twice."""
    number = len(unused)
    name = unused.pop()
    return name + next((suffix for every, suffix in SUFFIXES if number % every == 0), "")


def _joined(players: Players, others: Players) -> Players:
    return Players(
        players.names + others.names,
        *(
            np.concatenate([getattr(players, name), getattr(others, name)])
            for name in Players.__dataclass_fields__
            if name != "names"
        ),
    )


def _swap(random: np.random.Generator, roster: Integers, pairs: int) -> None:
    """Players of one position change places between two teams, `pairs` times."""
    for place in random.integers(0, ROSTER, pairs):
        one, other = random.choice(TEAMS, 2, replace=False)
        there = place % POSITIONS + POSITIONS * int(random.integers(0, ROSTER // POSITIONS))
        roster[one, place], roster[other, there] = roster[other, there], roster[one, place]
