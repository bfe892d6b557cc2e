"""A league on disk: the raw tables season by season, so that memory does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pa_parquet

from python_processors.errors import FullcourtError
from python_processors.simulation import boxes, events, market, reference
from python_processors.simulation.calendar import opening_day
from python_processors.simulation.players import League, make_league
from python_processors.simulation.season import Season, play_season

FIRST_SEASON = 2021
SEED = 7
SIMULATED = "simulated"  # the mark of a league, and what its rows say of where they came from
LEAGUE_MARK = b"fullcourt_league"  # in the schema's metadata, so that it goes where the file goes


class FolderNotEmptyError(FullcourtError):
    """An invented league would lie beside other files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder} is not empty, and invented games never meet others. Name a new folder, or empty it."
        )


class NothingPlayedError(FullcourtError):
    """The league is to end before its first game."""

    def __init__(self, until: date, opening: date) -> None:
        super().__init__(f"Until {until} nothing is played: the first season opens on {opening}. Give a later date.")


TABLES: dict[str, Callable[[Season], pa.Table]] = {
    "nbac_schedule": reference.schedule,
    "nbac_gamebook_player_stats": boxes.gamebook,
    "bdl_player_boxscores": boxes.balldontlie,
    "nbac_team_boxscore": boxes.team_boxes,
    "bigdataball_play_by_play": events.play_by_play,
    "odds_api_game_lines": market.game_lines,
    "odds_api_player_points_props": market.points_props,
    "nbac_injury_report": reference.injury_report,
}
# Feeds that come on demand, by what asks for them.
ON_DEMAND: dict[str, tuple[str, Callable[[Season], pa.Table]]] = {
    "bettingpros": ("bettingpros_player_points_props", market.bettingpros_props),
    "espn_rosters": ("espn_team_rosters", reference.team_rosters),
    "espn_scoreboard": ("espn_scoreboard", reference.scoreboard),
    "nbac_play_by_play": ("nbac_play_by_play", events.nbac_play_by_play),
}


@dataclass(frozen=True)
class SimulatedSeason:
    """What was written of a season: games played and still to come, their days, rows per table."""

    season: str
    games: int
    games_to_come: int
    first_date: date
    last_date: date
    rows: dict[str, int]


def simulate(
    out: Path, *, seasons: int = 1, first_season: int = FIRST_SEASON, seed: int = SEED, until: date | None = None,
    bettingpros: bool = False, espn_rosters: bool = False, espn_scoreboard: bool = False,
    nbac_play_by_play: bool = False,
) -> list[SimulatedSeason]:  # fmt: skip
    """Write the raw tables of a league below `out`, as Parquet: the same bytes for the same arguments.

    :param first_season: the calendar year in which the first season starts.
    :param until: the last day with played games; later ones are scheduled, and later seasons are left out.
    :param bettingpros: a second feed of points lines, beside the same league.
    :param espn_rosters: rosters of the teams by day, beside it.
    :param espn_scoreboard: a scoreboard of its games, beside it.
    :param nbac_play_by_play: a second play-by-play of the same events, beside it.
    :raises NothingPlayedError: `until` lies before the first game.
    """
    if until and until < opening_day(first_season):
        raise NothingPlayedError(until, opening_day(first_season))
    written, registered = [], []
    mark = f"{SIMULATED} seed {seed} from {first_season}"
    asked = {
        "bettingpros": bettingpros, "espn_rosters": espn_rosters, "espn_scoreboard": espn_scoreboard,
        "nbac_play_by_play": nbac_play_by_play,
    }  # fmt: skip
    tables = TABLES | dict(ON_DEMAND[name] for name, is_asked in asked.items() if is_asked)
    league = make_league(seed, first_season)
    while True:
        done, players = _write_season(league, out, until, mark, tables)
        written.append(done)
        registered.append(players)
        if len(written) == seasons or (until and until < opening_day(league.season + 1)):
            break
        league = league.next_summer()
    _write(pa.concat_tables(registered).combine_chunks(), out / "reference" / "nba_players_registry.parquet", mark)
    _write(reference.aliases(league.players.names), out / "reference" / "player_aliases.parquet", mark)
    return written


def has_marked_files(out: Path) -> bool:
    """Whether a folder holds a league whose files say so."""
    first = next(iter(sorted(out.rglob("*.parquet"))), None)
    try:
        return first is not None and LEAGUE_MARK in (pa_parquet.read_schema(first).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def _write_season(
    league: League, out: Path, until: date | None, mark: str, tables: dict[str, Callable[[Season], pa.Table]]
) -> tuple[SimulatedSeason, pa.Table]:
    """One season's tables; its registry is kept, and all else is freed."""
    season = play_season(league, until)
    rows = {}
    for name, make in tables.items():
        table = make(season)
        _write(table, out / season.name / f"{name}.parquet", mark)
        rows[name] = table.num_rows
    done = SimulatedSeason(season.name, len(season.games), len(season.to_come), *season.days(), rows)
    return done, reference.registry(season)


def _write(table: pa.Table, path: Path, mark: str) -> None:
    """A table's file; none where it has no rows: an empty file is what a broken feed leaves."""
    if not table.num_rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), LEAGUE_MARK: mark.encode()})
    pa_parquet.write_table(table, path, compression="zstd")
