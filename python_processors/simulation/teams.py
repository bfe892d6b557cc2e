"""The thirty teams, their divisions and their arenas: the only part of a simulated league that exists."""

from __future__ import annotations

import csv
from dataclasses import dataclass

import numpy as np

from python_processors.contract import PROJECT_ROOT

# Five teams a division, three divisions a conference: East first.
DIVISIONS = (
    ("BOS", "BKN", "NYK", "PHI", "TOR"), ("CHI", "CLE", "DET", "IND", "MIL"), ("ATL", "CHA", "MIA", "ORL", "WAS"),
    ("DEN", "MIN", "OKC", "POR", "UTA"), ("GSW", "LAC", "LAL", "PHX", "SAC"), ("DAL", "HOU", "MEM", "NOP", "SAS"),
)  # fmt: skip
NAMES = {
    "ATL": "Atlanta Hawks", "BKN": "Brooklyn Nets", "BOS": "Boston Celtics", "CHA": "Charlotte Hornets",
    "CHI": "Chicago Bulls", "CLE": "Cleveland Cavaliers", "DAL": "Dallas Mavericks", "DEN": "Denver Nuggets",
    "DET": "Detroit Pistons", "GSW": "Golden State Warriors", "HOU": "Houston Rockets", "IND": "Indiana Pacers",
    "LAC": "LA Clippers", "LAL": "Los Angeles Lakers", "MEM": "Memphis Grizzlies", "MIA": "Miami Heat",
    "MIL": "Milwaukee Bucks", "MIN": "Minnesota Timberwolves", "NOP": "New Orleans Pelicans", "NYK": "New York Knicks",
    "OKC": "Oklahoma City Thunder", "ORL": "Orlando Magic", "PHI": "Philadelphia 76ers", "PHX": "Phoenix Suns",
    "POR": "Portland Trail Blazers", "SAC": "Sacramento Kings", "SAS": "San Antonio Spurs", "TOR": "Toronto Raptors",
    "UTA": "Utah Jazz", "WAS": "Washington Wizards",
}  # fmt: skip
ABBREVIATIONS = tuple(NAMES)
TEAMS = len(ABBREVIATIONS)
DIVISION = np.array([next(d for d, of in enumerate(DIVISIONS) if team in of) for team in ABBREVIATIONS])
CONFERENCE = DIVISION // 3  # 0 East, 1 West


@dataclass(frozen=True)
class Arena:
    """Where a game is played."""

    name: str
    city: str
    state: str
    latitude: float
    longitude: float
    timezone: str


def _arenas() -> dict[str, Arena]:
    with (PROJECT_ROOT / "seeds" / "arenas.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["venue"]: Arena(
                row["arena_name"], row["city"], row["region"], float(row["latitude"]), float(row["longitude"]),
                row["timezone"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


ARENAS = _arenas()  # by tricode, and by city where it is nobody's home
