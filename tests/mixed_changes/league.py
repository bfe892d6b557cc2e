"""A league of four teams and twenty dates. No setting is lowered for it: fifteen games make a row of every table."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np

from python_processors.simulation import season, simulate
from python_processors.simulation.calendar import Calendar, Games, number_of, opening_day, tipoffs
from python_processors.simulation.teams import ABBREVIATIONS

START, END = date(2021, 10, 19), date(2021, 11, 6)
TEAMS = ("BOS", "NYK", "DEN", "LAL")
DAYS_OFF = (4, 11)
DAYS = 22  # of the calendar; the last three are to come
# Who plays whom: each team every day, and each pair at home and away.
ROUNDS = (
    (("BOS", "NYK"), ("DEN", "LAL")), (("DEN", "BOS"), ("LAL", "NYK")), (("BOS", "LAL"), ("NYK", "DEN")),
    (("NYK", "BOS"), ("LAL", "DEN")), (("BOS", "DEN"), ("NYK", "LAL")), (("LAL", "BOS"), ("DEN", "NYK")),
)  # fmt: skip


def simulate_four_teams(folder: Path, *, seed: int = 7, **feeds: bool) -> None:
    """Write the raw tables of the small league below a folder."""
    with patch.object(season, "make_calendar", _calendar):
        simulate(folder, seed=seed, until=END, **feeds)


def _calendar(random: np.random.Generator, year: int) -> Calendar:
    days = [number_of(opening_day(year)) + n for n in range(DAYS) if n not in DAYS_OFF]
    pairs = [(day, *pair) for number, day in enumerate(days) for pair in ROUNDS[number % len(ROUNDS)]]
    day = np.array([day for day, _, _ in pairs])
    away = np.array([ABBREVIATIONS.index(team) for _, team, _ in pairs])
    home = np.array([ABBREVIATIONS.index(team) for _, _, team in pairs])
    ids = np.array([f"002{year % 100:02d}{number + 1:05d}" for number in range(len(pairs))], dtype=object)
    games = Games(day, tipoffs(day, home), away, home, ids, np.array(ABBREVIATIONS, dtype=object)[home])
    nothing = games.take(np.zeros(len(day), dtype=bool))
    # A season has one postponed game and one All-Star day: here long after all that is played.
    return Calendar(year, nothing, games, len(day) - 1, days[-1] + 2, days[-1] + 60)
