"""The raw archive as plain Python reads it: games, box scores, shots."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from tests.by_hand.arithmetic import ratio, rounded

Row = dict[str, Any]
SCOPE = ("002", "004", "005")  # regular season, playoffs, play-in
EASTERN = ZoneInfo("America/New_York")
ZONES = ("paint", "mid_range", "three_pt")


@dataclass(frozen=True)
class Game:
    """A game of the schedule that counts."""

    nba_game_id: str
    game_id: str
    season: int
    day: date
    tip: datetime
    home: str
    away: str
    home_points: int
    away_points: int

    def other(self, team: str) -> str:
        return self.away if team == self.home else self.home

    def won(self, team: str) -> bool:
        return (self.home_points > self.away_points) == (team == self.home)


@dataclass(frozen=True)
class Box:
    """A player's or a team's line in a game."""

    game: Game
    team: str
    seconds: int
    points: int
    fgm: int
    fga: int
    three_made: int
    three_attempted: int
    ftm: int
    fta: int
    oreb: int
    turnovers: int

    @property
    def plays(self) -> Fraction:
        """Field goals, trips to the line and turnovers: what a usage rate shares out."""
        return self.fga + Fraction(44, 100) * self.fta + self.turnovers

    @property
    def possessions(self) -> Fraction:
        return self.plays - self.oreb

    @property
    def minutes(self) -> Fraction:
        found = rounded(Fraction(self.seconds, 60), 1)
        assert found is not None
        return found

    @property
    def took_part(self) -> bool:
        """phase4_tables.md: minutes, or a shot or a point; of two seconds the stored minutes are 0.0."""
        return self.minutes > 0 or self.fga > 0 or self.points > 0

    @property
    def exact_minutes(self) -> Fraction:
        return Fraction(self.seconds, 60)

    @property
    def true_shooting(self) -> Fraction | None:
        return rounded(ratio(self.points, 2 * (self.fga + Fraction(44, 100) * self.fta)), 3)


@dataclass
class Shots:
    """Two-point shots by zone, threes, assists and blocks, of a player or of a team in a game."""

    attempts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    makes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    blocked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    assisted: int = 0


BOX_COLUMNS = (
    "points, field_goals_made, field_goals_attempted, three_pointers_made, three_pointers_attempted,"
    " free_throws_made, free_throws_attempted, offensive_rebounds, turnovers"
)
TEAM_COLUMNS = (
    "points, fg_made, fg_attempted, three_pt_made, three_pt_attempted, ft_made, ft_attempted,"
    " offensive_rebounds, turnovers"
)


class Archive:
    """The raw files, indexed by the NBA's own ids."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection = duckdb.connect()
        self._connection.execute("set TimeZone = 'UTC'")
        self._read_games()
        self._read_registry()
        self._read_players()
        self._read_teams()
        self._read_shots()

    def rows(self, table: str, sql: str) -> list[tuple[Any, ...]]:
        """A query over all files of a raw table."""
        files = sorted(str(path) for path in self._folder.rglob(f"{table}.parquet"))
        return self._connection.execute(sql.replace("raw", "read_parquet(?)", 1), [files]).fetchall()

    def _read_games(self) -> None:
        self.games: dict[str, Game] = {}
        self.team_games: dict[tuple[str, int], list[Game]] = defaultdict(list)
        self.season_starts: dict[int, date] = {}
        for official, season, day, tip, home, away, home_points, away_points in self.rows(
            "nbac_schedule",
            "select game_id, season_year, game_date, game_datetime_utc, home_team_tricode, away_team_tricode,"
            " home_team_score, away_team_score from raw where game_status = 3 order by game_datetime_utc",
        ):
            if official[:3] not in SCOPE:
                continue
            canonical = f"{day:%Y%m%d}_{away}_{home}"
            game = Game(official, canonical, season, day, tip, home, away, home_points, away_points)
            self.games[official] = game
            for team in (home, away):
                self.team_games[team, season].append(game)
            if official.startswith("002"):
                self.season_starts[season] = min(day, self.season_starts.get(season, day))

    def _read_registry(self) -> None:
        """By NBA id: birth date, and the newest season's position."""
        self.births: dict[int, date | None] = {}
        self.positions: dict[int, str | None] = {}
        self.lookups: dict[int, str] = {}
        self.ids: dict[str, int] = {}
        for player, lookup, birth, position in self.rows(
            "nba_players_registry",
            "select nba_player_id, player_lookup, birth_date, position from raw order by season, last_game_date",
        ):
            self.births[player] = birth or self.births.get(player)
            self.positions[player] = position or self.positions.get(player)
            self.lookups[player] = lookup
            self.ids[lookup] = player
        for alias, lookup in self.rows("player_aliases", "select alias_lookup, nba_canonical_lookup from raw"):
            self.ids.setdefault(alias, self.ids[lookup])

    def _read_players(self) -> None:
        """Who played: by whole games from the gamebook, else from balldontlie."""
        self.rosters: dict[str, dict[int, str]] = defaultdict(dict)
        self.lines: dict[int, list[Box]] = defaultdict(list)
        self.lines_of_game: dict[str, dict[int, Box]] = defaultdict(dict)
        for official, player, team, status, minutes, *counts in self.rows(
            "nbac_gamebook_player_stats",
            f"select nba_game_id, nba_player_id, team_abbr, player_status, minutes, {BOX_COLUMNS} from raw",
        ):
            if official in self.games:
                self.rosters[official][player] = team
                if status == "active":
                    self._add_line(official, player, team, minutes, counts)
        in_gamebook = set(self.lines_of_game)
        for official, player, team, minutes, *counts in self.rows(
            "bdl_player_boxscores",
            f"select nba_game_id, nba_player_id, team_abbr, minutes, {BOX_COLUMNS} from raw",
        ):
            if official in self.games and official not in in_gamebook:
                self._add_line(official, player, team, minutes, counts)
        for lines in self.lines.values():
            lines.sort(key=lambda line: line.game.day)

    def _add_line(self, official: str, player: int, team: str, minutes: str, counts: list[int]) -> None:
        whole, _, rest = minutes.partition(":")
        line = Box(self.games[official], team, int(whole) * 60 + int(rest or 0), *counts)
        self.lines[player].append(line)
        self.lines_of_game[official][player] = line

    def _read_teams(self) -> None:
        """Official team boxes; where there are none, the sum of the players and the time of an even game."""
        self.boxes: dict[tuple[str, str], Box] = {}
        for official, team, minutes, *counts in self.rows(
            "nbac_team_boxscore", f"select nba_game_id, team_abbr, minutes, {TEAM_COLUMNS} from raw"
        ):
            seconds = int(minutes.split(":")[0]) * 60
            self.boxes[official, team] = Box(self.games[official], team, seconds, *counts)
        for official, players in self.lines_of_game.items():
            game = self.games[official]
            if (official, game.home) in self.boxes and (official, game.away) in self.boxes:
                continue
            for team in (game.home, game.away):
                own = [line for line in players.values() if line.team == team]
                overtimes = round((sum(line.seconds for line in own) / 60 - 240) / 25)
                names = "points fgm fga three_made three_attempted ftm fta oreb turnovers".split()
                sums = [sum(getattr(line, name) for line in own) for name in names]
                self.boxes[official, team] = Box(game, team, (240 + 25 * overtimes) * 60, *sums)

    def _read_shots(self) -> None:
        """Zones: two or three by the shot's type, then the court zone, then eight feet."""
        self.player_shots: dict[tuple[str, int], Shots] = defaultdict(Shots)
        self.team_shots: dict[tuple[str, str], Shots] = defaultdict(Shots)
        self.games_with_shots: set[str] = set()
        for official, shooter, team, kind, court, feet, made, helper_role in self.rows(
            "bigdataball_play_by_play",
            "select nba_game_id, player_1_id, player_1_team_abbr, shot_type, shot_zone_basic, shot_distance,"
            " shot_made, player_2_role from (select distinct on (nba_game_id, event_num) * from raw"
            " where event_type = 'shot')",
        ):
            if official not in self.games:
                continue
            self.games_with_shots.add(official)
            if kind == "3PT":
                zone = "three_pt"
            elif court is not None:
                zone = "paint" if court in ("Restricted Area", "In The Paint (Non-RA)") else "mid_range"
            else:
                zone = "paint" if feet <= 8 else "mid_range"
            for shots in (self.player_shots[official, shooter], self.team_shots[official, team]):
                shots.attempts[zone] += 1
                shots.makes[zone] += made
                shots.assisted += made and helper_role == "assist"
                shots.blocked[zone] += helper_role == "block"

    # --- what analytics rows say, from raw

    def season_of(self, day: date) -> int:
        return max(season for season, start in self.season_starts.items() if start <= day)

    def played(self, player: int, day: date) -> list[Box]:
        """The games of the season before the day that he took part in, newest first."""
        season = self.season_of(day)
        return [
            line
            for line in reversed(self.lines[player])
            if line.game.season == season and line.game.day < day and line.took_part
        ]

    def team_played(self, team: str, day: date) -> list[Game]:
        """The team's games of the season before the day that have a box score, newest first."""
        games = self.team_games[team, self.season_of(day)]
        return [game for game in reversed(games) if game.day < day and (game.nba_game_id, team) in self.boxes]

    def pace(self, game: Game) -> Fraction | None:
        home, away = (self.boxes[game.nba_game_id, team] for team in (game.home, game.away))
        return rounded((home.possessions + away.possessions) / 2 * 48 / Fraction(home.seconds, 300), 1)

    def offensive_rating(self, game: Game, team: str) -> Fraction | None:
        box = self.boxes[game.nba_game_id, team]
        return rounded(ratio(100 * box.points, box.possessions), 2)

    def usage(self, line: Box) -> Fraction | None:
        team = self.boxes[line.game.nba_game_id, line.team]
        share = ratio(100 * line.plays * Fraction(team.seconds, 5), line.seconds * team.plays)
        return rounded(share, 2)

    def days_off(self, team: str, game: Game) -> int | None:
        """Full days off of a team before a game, by the schedule."""
        before = [other.day for other in self.team_games[team, game.season] if other.day < game.day]
        return (game.day - before[-1]).days - 1 if before else None

    def tonight(self, player: int, day: date) -> tuple[str, Game]:
        """The team and game of a player who may play: by the gamebook's roster, else by his last appearance."""
        for game in self.games.values():
            if game.day == day and player in self.rosters.get(game.nba_game_id, {}):
                return self.rosters[game.nba_game_id][player], game
        team = self.played(player, day)[0].team
        return team, next(game for game in self.team_games[team, self.season_of(day)] if game.day == day)

    def line(self, player: int, game: Game) -> Fraction | None:
        """His points line: of the archive's one book, newest before tip-off."""
        found = [
            (snapshot, line)
            for lookup, snapshot, line in self.rows(
                "odds_api_player_points_props",
                f"select player_lookup, snapshot_timestamp, points_line from raw where nba_game_id = '{game.nba_game_id}'",
            )
            if self.ids.get(lookup) == player and snapshot < game.tip
        ]
        return Fraction(str(max(found)[1])) if found else None

    def has_lines(self, game: Game) -> bool:
        """Whether anybody of the game had a points line before tip-off."""
        snapshots = self.rows(
            "odds_api_player_points_props",
            f"select snapshot_timestamp from raw where nba_game_id = '{game.nba_game_id}'",
        )
        return any(snapshot < game.tip for (snapshot,) in snapshots)

    def roster_status(self, player: int, game: Game) -> str | None:
        """What the game's official roster calls him."""
        found = self.rows(
            "nbac_gamebook_player_stats",
            f"select player_lookup, player_status from raw where game_id = '{game.game_id}'",
        )
        return next((status for lookup, status in found if self.ids.get(lookup) == player), None)

    def injury(self, player: int, game: Game) -> str | None:
        """His status on the day's report if it was out before tip-off; `available` when it leaves him out.

        The official roster is the later word: inactive is out, and whoever it names otherwise may play.
        """
        roster = self.roster_status(player, game)
        if roster == "inactive":
            return "out"
        statuses = {}
        for hour, named, status in self.rows(
            "nbac_injury_report",
            f"select report_hour, nba_player_id, injury_status from raw where report_date = date '{game.day}'",
        ):
            if datetime.combine(game.day, time(hour), EASTERN) < game.tip:
                statuses[named] = status
        return statuses.get(player, "available") if statuses or roster else None
