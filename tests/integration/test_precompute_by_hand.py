"""Precompute rows of the real archive, reckoned again from its raw files by plain Python.

The oracle below shares nothing with the models: it reads the Parquet files, tells players apart by the NBA's own ids
and not by their names, walks over games in loops, and reckons in exact fractions. It follows the column descriptions
of the contracts in models/precompute and models/predictions and the formulas of models/analytics.

Two values come from stored rows of upcoming_player_game_context, because reckoning them anew would mean writing a
subsystem anew that other tests hold to raw: fourth_quarter_minutes_last_7 (line-ups of every play) and
star_teammates_out (injury reports against rosters).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from python_processors.contract import load_contract
from tests.warehouse import Warehouse

pytestmark = pytest.mark.real_data

Row = dict[str, Any]
SCOPE = ("002", "004", "005")  # regular season, playoffs, play-in
EASTERN = ZoneInfo("America/New_York")
ZONES = ("paint", "mid_range", "three_pt")


# --- arithmetic -------------------------------------------------------------------------------------------------------


def rounded(value: Fraction | int | None, places: int) -> Fraction | None:
    """Half away from zero, as a column of that scale stores it."""
    if value is None:
        return None
    scaled = abs(Fraction(value)) * 10**places
    whole = (scaled * 2 + 1) // 2
    return Fraction(whole if value >= 0 else -whole, 10**places)


def mean(values: Iterable[Fraction | int | None]) -> Fraction | None:
    """Of those that are known."""
    known = [Fraction(value) for value in values if value is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def ratio(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole else None


def clamp(value: Fraction, limit: int) -> Fraction:
    return max(Fraction(-limit), min(Fraction(limit), value))


def sample_deviation(values: Sequence[int], places: int) -> Fraction | None:
    """With n - 1; the root is taken of decimals of forty digits, far finer than any stored scale."""
    if len(values) < 2:
        return None
    middle = Fraction(sum(values), len(values))
    variance = sum(((value - middle) ** 2 for value in values), Fraction(0)) / (len(values) - 1)
    root = (Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt()
    return rounded(Fraction(root), places)


# --- the raw archive --------------------------------------------------------------------------------------------------


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


# --- the five tables --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A player's night: his context as the analytics table would have it, from raw but for the two stored values."""

    player: int
    lookup: str
    day: date
    team: str
    game: Game
    days_rest: int | None
    back_to_back: bool
    games_7: int
    games_14: int
    minutes_7: int
    minutes_14: int
    minutes_per_game_7: Fraction | None
    back_to_backs_14: int
    age: int | None
    projected_usage: Fraction | None
    usage_last_7: Fraction | None
    pace_differential: Fraction | None
    stars_out: int | None
    fourth_quarter_minutes: int | None

    @property
    def identity(self) -> Row:
        return {"player_lookup": self.lookup, "universal_player_id": f"nba_{self.player}"}


def known(archive: Archive, player: int, day: date, stored: Row) -> Known:
    played = archive.played(player, day)
    team, game = archive.tonight(player, day)
    ages = [(day - line.game.day).days for line in played]
    usages = [archive.usage(line) for line in played]

    def within(days: int) -> tuple[int, int]:
        lines = [line for line, age in zip(played, ages, strict=True) if age <= days]
        minutes = rounded(Fraction(sum(line.seconds for line in lines), 60), 0)
        assert minutes is not None
        return len(lines), int(minutes)

    def pace_of(side: str) -> Fraction | None:
        return mean(archive.pace(other) for other in archive.team_played(side, day)[:10])

    games_7, minutes_7 = within(7)
    games_14, minutes_14 = within(14)
    seconds_7 = sum(line.seconds for line, age in zip(played, ages, strict=True) if age <= 7)
    own, other = pace_of(team), pace_of(game.other(team))
    birth = archive.births[player]
    return Known(
        player=player,
        lookup=archive.lookups[player],
        day=day,
        team=team,
        game=game,
        days_rest=ages[0] - 1 if ages else None,
        back_to_back=1 in ages,
        games_7=games_7,
        games_14=games_14,
        minutes_7=minutes_7,
        minutes_14=minutes_14,
        minutes_per_game_7=rounded(ratio(Fraction(seconds_7, 60), games_7), 1),
        back_to_backs_14=sum(1 for age in ages if age <= 13 and age + 1 in ages),
        age=None if birth is None else day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)),
        projected_usage=rounded(mean(usages), 2),
        usage_last_7=rounded(mean(usages[:7]), 2),
        pace_differential=None if own is None or other is None else rounded(own - other, 1),
        stars_out=stored["star_teammates_out"],
        fourth_quarter_minutes=stored["fourth_quarter_minutes_last_7"],
    )


def defense_zones(archive: Archive, team: str, day: date) -> Row | None:
    """team_defense_zone_analysis."""
    games = archive.team_played(team, day)[:15]
    if len(games) < 15:
        return None
    sums = allowed(archive, team, games)
    league = league_rates(archive, day)
    with_zones = [game for game in games if game.nba_game_id in archive.games_with_shots]
    row: Row = {"team_abbr": team, "analysis_date": day, "games_in_sample": 15, "data_quality_tier": "high"}
    for zone in ZONES:
        attempts, makes = sums[zone]
        counted = len(games) if zone == "three_pt" else len(with_zones)
        share = ratio(makes, attempts)
        blocks = sum(archive.team_shots[game.nba_game_id, game.other(team)].blocked[zone] for game in with_zones)
        row[f"{zone}_pct_allowed_last_15"] = rounded(share, 3)
        row[f"{zone}_attempts_allowed_per_game"] = rounded(ratio(attempts, counted), 1)
        row[f"{zone}_blocks_per_game"] = rounded(ratio(blocks, len(with_zones)), 1)
        average = league[zone]
        surplus = None if share is None or average is None else (share - average) * 100
        row[f"{zone}_defense_vs_league_avg"] = rounded(surplus, 2)
    row["paint_points_allowed_per_game"] = rounded(ratio(2 * sums["paint"][1], len(with_zones)), 1)
    row["defensive_rating_last_15"] = rounded(
        mean(archive.offensive_rating(game, game.other(team)) for game in games), 2
    )
    row["opponent_points_per_game"] = rounded(
        mean(archive.boxes[game.nba_game_id, game.other(team)].points for game in games), 1
    )
    row["opponent_pace"] = rounded(mean(archive.pace(game) for game in games), 1)
    against = [row[f"{zone}_defense_vs_league_avg"] for zone in ZONES]
    names = ("paint", "mid_range", "perimeter")
    unknown = None in against
    row["strongest_zone"] = None if unknown else names[against.index(min(against))]
    row["weakest_zone"] = None if unknown else names[against.index(max(against))]
    row["calculation_notes"] = None if len(with_zones) == 15 else f"zones of {len(with_zones)} of 15 games"
    return row


def allowed(archive: Archive, team: str, games: Sequence[Game]) -> dict[str, tuple[int, int]]:
    """Attempts and makes of the team's opponents by zone; threes by the box score, which every game has."""
    shots = [
        archive.team_shots[game.nba_game_id, game.other(team)]
        for game in games
        if game.nba_game_id in archive.games_with_shots
    ]
    boxes = [archive.boxes[game.nba_game_id, game.other(team)] for game in games]
    return {
        "paint": (sum(shot.attempts["paint"] for shot in shots), sum(shot.makes["paint"] for shot in shots)),
        "mid_range": (
            sum(shot.attempts["mid_range"] for shot in shots),
            sum(shot.makes["mid_range"] for shot in shots),
        ),
        "three_pt": (sum(box.three_attempted for box in boxes), sum(box.three_made for box in boxes)),
    }


def league_rates(archive: Archive, day: date) -> dict[str, Fraction | None]:
    """Unweighted mean over the teams with ten games in the 30 days before; null when they are fewer than ten."""
    rates: dict[str, list[Fraction]] = {zone: [] for zone in ZONES}
    teams = 0
    for team, season in list(archive.team_games):
        if season != archive.season_of(day):
            continue
        games = [game for game in archive.team_played(team, day) if (day - game.day).days <= 30]
        if len(games) < 10:
            continue
        teams += 1
        for zone, (attempts, makes) in allowed(archive, team, games).items():
            rates[zone].append(Fraction(makes, attempts))
    return {zone: mean(found) if teams >= 10 else None for zone, found in rates.items()}


def shot_zones(archive: Archive, player: int, day: date) -> Row | None:
    """player_shot_zone_analysis."""
    played = archive.played(player, day)[:20]
    if len(played) < 10:
        return None
    ten, twenty = zone_sums(archive, player, played[:10]), zone_sums(archive, player, played)
    total = sum(ten.attempts.values())
    enough = len(played) >= 15
    rates = {zone: rounded(ratio(100 * ten.attempts[zone], total), 2) for zone in ZONES}
    row: Row = {
        "player_lookup": archive.lookups[player],
        "universal_player_id": f"nba_{player}",
        "analysis_date": day,
        "total_shots_last_10": total or None,
        "games_in_sample_10": 10,
        "sample_quality_10": "excellent",
        "games_in_sample_20": len(played),
        "sample_quality_20": sample_quality(len(played), 20),
        "player_position": archive.positions[player],
        "data_quality_tier": "high",
    }
    with_zones = [line for line in played if line.game.nba_game_id in archive.games_with_shots]
    in_ten = sum(1 for line in played[:10] if line in with_zones)
    for zone in ZONES:
        row[f"{zone}_rate_last_10"] = rates[zone]
        row[f"{zone}_pct_last_10"] = rounded(ratio(ten.makes[zone], ten.attempts[zone]), 3)
        row[f"{zone}_attempts_per_game"] = rounded(ratio(ten.attempts[zone], in_ten), 1)
    share = ratio(100 * twenty.attempts["paint"], sum(twenty.attempts.values()))
    row["paint_rate_last_20"] = rounded(share, 2) if enough else None
    share = ratio(twenty.makes["paint"], twenty.attempts["paint"])
    row["paint_pct_last_20"] = rounded(share, 3) if enough else None
    makes = sum(ten.makes.values())
    row["assisted_rate_last_10"] = rounded(ratio(100 * ten.assisted, makes), 2)
    row["unassisted_rate_last_10"] = rounded(ratio(100 * (makes - ten.assisted), makes), 2)
    row["primary_scoring_zone"] = primary_zone(rates)
    missing = len(with_zones) < len(played)
    row["calculation_notes"] = f"zones of {len(with_zones)} of {len(played)} games" if missing else None
    return row


def zone_sums(archive: Archive, player: int, lines: Sequence[Box]) -> Shots:
    """His shots over these games, as far as they have play-by-play."""
    sums = Shots()
    for line in lines:
        shots = archive.player_shots.get((line.game.nba_game_id, player))
        if shots is None:
            continue
        for zone in ZONES:
            sums.attempts[zone] += shots.attempts[zone]
            sums.makes[zone] += shots.makes[zone]
        sums.assisted += shots.assisted
    return sums


def sample_quality(games: int, wanted: int) -> str:
    for share, name in ((1.0, "excellent"), (0.7, "good"), (0.5, "limited")):
        if games >= share * wanted:
            return name
    return "insufficient"


def primary_zone(rates: dict[str, Fraction | None]) -> str | None:
    """By the rates as stored."""
    for zone, floor, name in (("paint", 40, "paint"), ("three_pt", 40, "perimeter"), ("mid_range", 35, "mid_range")):
        rate = rates[zone]
        if rate is None:
            return None
        if rate >= floor:
            return name
    return "balanced"


def factors(night: Known, zones: Row | None, defense: Row | None) -> Row:
    """player_composite_factors."""
    fatigue, mismatch = fatigue_of(night), mismatch_of(zones, defense)
    pace = None if night.pace_differential is None else clamp(night.pace_differential / 2, 3)
    usage = usage_spike_of(night)
    parts = (None if fatigue is None else Fraction(fatigue - 100, 20), mismatch, pace, usage)
    summands = [part for part in parts if part is not None]
    total = sum(summands, Fraction(0)) if len(summands) == len(parts) else None
    found = {
        "days_rest": night.days_rest is not None,
        "pace_differential": night.pace_differential is not None,
        "player_shot_zone_analysis": zones is not None,
        "projected_usage_rate": night.projected_usage is not None,
        "team_defense_zone_analysis": defense is not None,
    }
    missing = [name for name, there in found.items() if not there]
    warnings = [
        name
        for name, value, limit in (("EXTREME_ADJUSTMENT", total, 12), ("EXTREME_MATCHUP", mismatch, 8))
        if value is not None and abs(value) > limit
    ]
    if fatigue is not None and fatigue < 50:
        warnings = sorted([*warnings, "EXTREME_FATIGUE"])
    return {
        **night.identity,
        "game_date": night.day,
        "game_id": night.game.game_id,
        "analysis_date": night.day,
        "fatigue_score": fatigue,
        "shot_zone_mismatch_score": rounded(mismatch, 1),
        "pace_score": rounded(pace, 1),
        "usage_spike_score": rounded(usage, 1),
        "referee_favorability_score": 0,
        "look_ahead_pressure_score": 0,
        "travel_impact_score": 0,
        "opponent_strength_score": 0,
        "total_composite_adjustment": rounded(total, 2),
        "calculation_version": "v1_4factors",
        "data_completeness_pct": 100 - 20 * len(missing),
        "missing_data_fields": ",".join(missing) or None,
        "has_warnings": bool(warnings),
        "warning_details": ",".join(warnings) or None,
        "early_season_flag": False,
        "insufficient_data_reason": None,
    }


def fatigue_of(night: Known) -> int | None:
    if night.days_rest is None or night.age is None:
        return None
    score = 100
    if night.back_to_back:
        score -= 15
    elif night.days_rest >= 3:
        score += 5
    score -= 10 if night.games_7 >= 4 else 0
    score -= 10 if night.minutes_7 > 240 else 0
    score -= 8 if night.minutes_per_game_7 is not None and night.minutes_per_game_7 > 35 else 0
    score -= {0: 0, 1: 5}.get(night.back_to_backs_14, 12)
    score -= 10 if night.age >= 35 else 5 if night.age >= 30 else 0
    return max(0, min(100, score))


def mismatch_of(zones: Row | None, defense: Row | None) -> Fraction | None:
    if zones is None or defense is None:
        return None
    zone = {"perimeter": "three_pt", "mid_range": "mid_range"}.get(zones["primary_scoring_zone"], "paint")
    base, rate = defense[f"{zone}_defense_vs_league_avg"], zones[f"{zone}_rate_last_10"]
    if base is None or rate is None:
        return None
    weighted: Fraction = base * min(rate / 50, Fraction(1))
    return clamp(weighted * Fraction(12, 10) if abs(weighted) > 5 else weighted, 10)


def usage_spike_of(night: Known) -> Fraction | None:
    if night.projected_usage is None or night.usage_last_7 is None:
        return None
    spike = (night.projected_usage - night.usage_last_7) * Fraction(3, 10)
    if spike > 0:
        if night.stars_out is None:
            return None
        spike *= (Fraction(1), Fraction(115, 100), Fraction(130, 100))[min(night.stars_out, 2)]
    return clamp(spike, 3)


def daily_cache(archive: Archive, night: Known, zones: Row | None) -> Row | None:
    """player_daily_cache."""
    played = archive.played(night.player, night.day)
    if len(played) < 5:
        return None
    ten = played[:10]
    team = archive.team_played(night.team, night.day)[:10]
    from_zones = "primary_scoring_zone paint_rate_last_10 three_pt_rate_last_10 assisted_rate_last_10".split()
    return {
        **night.identity,
        "cache_date": night.day,
        "points_avg_last_5": rounded(mean(line.points for line in ten[:5]), 1),
        "points_avg_last_10": rounded(mean(line.points for line in ten), 1),
        "points_avg_season": rounded(mean(line.points for line in played), 1),
        "points_std_last_10": sample_deviation([line.points for line in ten], 2),
        "minutes_avg_last_10": rounded(mean(line.exact_minutes for line in ten), 1),
        "usage_rate_last_10": rounded(mean(archive.usage(line) for line in ten), 2),
        "ts_pct_last_10": rounded(mean(line.true_shooting for line in ten), 3),
        "games_played_season": len(played),
        "team_pace_last_10": rounded(mean(archive.pace(game) for game in team), 1),
        "team_off_rating_last_10": rounded(mean(archive.offensive_rating(game, night.team) for game in team), 2),
        "player_usage_rate_season": rounded(mean(archive.usage(line) for line in played), 2),
        "games_in_last_7_days": night.games_7,
        "games_in_last_14_days": night.games_14,
        "minutes_in_last_7_days": night.minutes_7,
        "minutes_in_last_14_days": night.minutes_14,
        "back_to_backs_last_14_days": night.back_to_backs_14,
        "avg_minutes_per_game_last_7": night.minutes_per_game_7,
        "fourth_quarter_minutes_last_7": night.fourth_quarter_minutes,
        **{name: None if zones is None else zones[name] for name in from_zones},
        "player_age": night.age,
        # Penalties of python_processors/quality.py: fewer than ten games 10, zones unavailable 15.
        "cache_quality_score": 100 - (10 if len(played) < 10 else 0) - (15 if zones is None else 0),
        "cache_version": "v1",
    }


FIRST, FALLBACK, DEFAULT = 100, 87, 40
Feature = tuple[str, Fraction | int, int]  # name, value, weight of its source


def feature(name: str, *choices: tuple[Fraction | int | None, int]) -> Feature:
    """The first choice that is known; the last is the default."""
    value, weight = next((value, weight) for value, weight in choices if value is not None)
    return name, value, weight


def features(
    archive: Archive, night: Known, zones: Row | None, defense: Row | None, cache: Row | None
) -> list[Feature]:
    """The 33 of v2_33features."""
    played = archive.played(night.player, night.day)
    five, ten = played[:5], played[:10]
    points = [box.points for box in played]
    composite = factors(night, zones, defense)
    opponent = night.game.other(night.team)
    before = [
        line
        for line in archive.lines[night.player]
        if line.took_part
        and line.game.day < night.day
        and line.game.day >= night.day.replace(year=night.day.year - 3)  # no case falls on a leap day
        and line.game.other(line.team) == opponent
    ]
    season_average = mean(points)
    opponent_rest = archive.days_off(opponent, night.game)
    rest = None
    if night.days_rest is not None and opponent_rest is not None:
        rest = clamp(Fraction(night.days_rest - opponent_rest), 2)
    injury = {"available": 0, "probable": 1, "questionable": 2, "doubtful": 3, "out": 3}
    status = archive.injury(night.player, night.game)
    trend = change = free_throws = None
    if len(five) == 5:
        trend = step(Fraction(sum(points[:3]), 3) - Fraction(sum(points[3:5]), 2), 2, 5)
    minutes = [line.exact_minutes for line in played]
    recent, usual = mean(minutes[:10]), mean(minutes)
    if recent is not None and usual:
        change = step((recent / usual - 1) * 100, 10, 20)
    if len(five) == 5 and any(points[:10]):
        free_throws = min(Fraction(sum(line.ftm for line in ten), sum(points[:10])), Fraction(1, 2))
    line = archive.line(night.player, night.game)
    results = [game.won(night.team) for game in archive.team_played(night.team, night.day)]
    record = ratio(results.count(True), len(results)) if len(results) >= 5 else None
    against = mean(line.points for line in before)
    per_minute = mean(ratio(line.points, line.exact_minutes) for line in ten)

    def cached(name: str) -> Fraction | int | None:
        found: Fraction | int | None = None if cache is None else cache[name]
        return found

    def share(zone: str) -> Fraction | None:
        rate: Fraction | None = None if zones is None else zones[f"{zone}_rate_last_10"]
        return None if rate is None else rate / 100

    def allowed_by(name: str) -> Fraction | None:
        found: Fraction | None = None if defense is None else defense[name]
        return found

    return [
        feature("points_avg_last_5", (cached("points_avg_last_5"), FIRST), (mean(points[:5]), FALLBACK), (10, DEFAULT)),
        feature(
            "points_avg_last_10", (cached("points_avg_last_10"), FIRST), (mean(points[:10]), FALLBACK), (10, DEFAULT)
        ),
        feature("points_avg_season", (cached("points_avg_season"), FIRST), (season_average, FALLBACK), (10, DEFAULT)),
        feature(
            "points_std_last_10",
            (cached("points_std_last_10"), FIRST),
            (sample_deviation(points[:10], 4), FALLBACK),
            (5, DEFAULT),
        ),
        feature("games_in_last_7_days", (cached("games_in_last_7_days"), FIRST), (night.games_7, FALLBACK)),
        feature("fatigue_score", (composite["fatigue_score"], FIRST), (50, DEFAULT)),
        feature("shot_zone_mismatch_score", (composite["shot_zone_mismatch_score"], FIRST), (0, DEFAULT)),
        feature("pace_score", (composite["pace_score"], FIRST), (0, DEFAULT)),
        feature("usage_spike_score", (composite["usage_spike_score"], FIRST), (0, DEFAULT)),
        feature("rest_advantage", (rest, FIRST), (0, DEFAULT)),
        feature("injury_risk", (None if status is None else injury[status], FIRST), (0, DEFAULT)),
        feature("recent_trend", (trend, FIRST), (0, DEFAULT)),
        feature("minutes_change", (change, FIRST), (0, DEFAULT)),
        feature("opponent_def_rating", (allowed_by("defensive_rating_last_15"), FIRST), (112, DEFAULT)),
        feature("opponent_pace", (allowed_by("opponent_pace"), FIRST), (100, DEFAULT)),
        feature("home_away", (int(night.team == night.game.home), FIRST)),
        feature("back_to_back", (int(night.back_to_back), FIRST)),
        feature("playoff_game", (int(night.game.nba_game_id.startswith("004")), FIRST)),
        feature("pct_paint", (share("paint"), FIRST), (Fraction(30, 100), DEFAULT)),
        feature("pct_mid_range", (share("mid_range"), FIRST), (Fraction(20, 100), DEFAULT)),
        feature("pct_three", (share("three_pt"), FIRST), (Fraction(35, 100), DEFAULT)),
        feature("pct_free_throw", (free_throws, FIRST), (Fraction(15, 100), DEFAULT)),
        feature("team_pace", (cached("team_pace_last_10"), FIRST), (100, DEFAULT)),
        feature("team_off_rating", (cached("team_off_rating_last_10"), FIRST), (112, DEFAULT)),
        feature("team_win_pct", (record, FIRST), (Fraction(1, 2), DEFAULT)),
        feature("vegas_points_line", (line, FIRST), (season_average, FALLBACK), (15, DEFAULT)),
        feature("vegas_opening_line", (line, FIRST), (season_average, FALLBACK), (15, DEFAULT)),
        # The archive has one snapshot of a line, which says nothing of a move.
        feature("vegas_line_move", (0, DEFAULT)),
        feature(
            "has_vegas_line", (int(line is not None) if archive.has_lines(night.game) else None, FIRST), (0, DEFAULT)
        ),
        feature("avg_points_vs_opponent", (against, FIRST), (season_average, FALLBACK), (10, DEFAULT)),
        feature("games_vs_opponent", (len(before), FIRST)),
        feature("minutes_avg_last_10", (mean(minutes[:10]), FIRST), (28, DEFAULT)),
        feature("ppm_avg_last_10", (per_minute, FIRST), (Fraction(4, 10), DEFAULT)),
    ]


def step(value: Fraction, small: int, large: int) -> int:
    """-2 to 2: how many of the two marks a change reaches, with its sign."""
    size = 2 if abs(value) >= large else 1 if abs(value) >= small else 0
    return size if value > 0 else -size


FROM_PRECOMPUTE = (0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 18, 19, 20, 22, 23)


def feature_row(night: Known, vector: list[Feature]) -> Row:
    """ml_feature_store_v2."""
    names, values, weights = zip(*vector, strict=True)
    given = [place for place in FROM_PRECOMPUTE if weights[place] == FIRST]
    share = Fraction(len(given), len(FROM_PRECOMPUTE))
    source = "phase4" if share >= Fraction(9, 10) else "phase4_partial" if share >= Fraction(1, 2) else "mixed"
    return {
        **night.identity,
        "game_date": night.day,
        "game_id": night.game.game_id,
        "features": [rounded(value, 4) for value in values],
        "feature_names": list(names),
        "feature_count": 33,
        "feature_version": "v2_33features",
        "feature_quality_score": rounded(mean(weights), 2),
        "opponent_team_abbr": night.game.other(night.team),
        "is_home": night.team == night.game.home,
        "days_rest": night.days_rest,
        "data_source": source,
        "early_season_flag": False,
        "insufficient_data_reason": None,
    }


# --- the warehouse, held to it ----------------------------------------------------------------------------------------

# Each with what makes him worth a look: primary zones differ, minima are just reached or missed, inputs lack.
NIGHTS = (
    ("jamesharden", date(2021, 11, 17)),  # a back-to-back, fifteen games
    ("jamesharden", date(2022, 2, 25)),  # his first night for PHI: the team's form is not that of his old team
    ("jamesharden", date(2022, 2, 27)),  # an afternoon, before the day's injury report
    ("jamesharden", date(2022, 12, 9)),  # three days off, with a line
    ("rudygobert", date(2021, 11, 13)),  # an afternoon: nobody knows who is out, and his usage rises
    ("rudygobert", date(2022, 1, 19)),  # home from twelve days off and a back-to-back
    ("rudygobert", date(2022, 12, 14)),  # paint, with a line
    ("demarderozan", date(2021, 11, 10)),  # ten games, just enough for zones
    ("demarderozan", date(2022, 1, 15)),  # a back-to-back of much time on court
    ("demarderozan", date(2023, 1, 26)),  # mid-range, an extreme matchup, with a line; balldontlie's box scores
    ("duncanrobinson", date(2021, 11, 8)),  # nine games: a cache without zones
    ("duncanrobinson", date(2022, 2, 15)),  # perimeter
    ("duncanrobinson", date(2022, 11, 16)),
    ("anthonyedwards", date(2022, 4, 23)),  # playoffs; the play-in game has no play-by-play
    ("anthonyedwards", date(2022, 11, 5)),  # nine games, with a line
    ("anthonyedwards", date(2022, 11, 9)),  # opponent without fifteen games
    ("klaythompson", date(2022, 1, 9)),  # his first game in 941 days: all by default
    ("klaythompson", date(2022, 1, 11)),  # one game: means fall back, no deviation
    ("klaythompson", date(2022, 1, 23)),  # six games, listed out
    ("alexlen", date(2023, 4, 5)),  # two games of less than half a minute, which count as none
    ("trejones", date(2023, 1, 9)),  # two warnings
)
DEFENSES = (
    ("CHA", date(2021, 11, 15)),  # the first team of the season with fifteen games
    ("CHA", date(2022, 1, 15)),
    ("CHA", date(2022, 12, 14)),
    ("MIN", date(2021, 11, 24)),
    ("MIN", date(2022, 4, 19)),  # fourteen games with zones
    ("MIN", date(2022, 5, 20)),  # too few teams left for a league
    ("MIA", date(2021, 11, 18)),
    ("MIA", date(2022, 2, 15)),
    ("MIA", date(2023, 1, 26)),
)
SHORT = (("MIA", date(2021, 11, 17)), ("duncanrobinson", date(2021, 11, 8)), ("klaythompson", date(2022, 1, 18)))
NEAR_TIES = (
    ("SAS", date(2021, 12, 15), "mid_range_defense_vs_league_avg"),  # 0.58500115, stored as 0.58
    ("OKC", date(2022, 12, 1), "paint_defense_vs_league_avg"),  # -1.97500431, stored as -1.97
    ("DAL", date(2023, 2, 13), "paint_defense_vs_league_avg"),  # 2.88500171, stored as 2.88
)


@pytest.fixture(scope="module")
def archive(raw_archive: Path) -> Archive:
    return Archive(raw_archive)


@dataclass(frozen=True)
class Night:
    """A player's night as reckoned: the rows that he should have."""

    defense: Row | None
    zones: Row | None
    factors: Row
    cache: Row | None
    features: Row


def reckon(archive: Archive, tables: Tables, lookup: str, day: date) -> Night:
    player = archive.ids[lookup]
    context = tables.row("upcoming_player_game_context", lookup, day)
    assert context is not None
    night = known(archive, player, day, context)
    zones = shot_zones(archive, player, day)
    defense = defense_zones(archive, night.game.other(night.team), day)
    cache = daily_cache(archive, night, zones)
    vector = features(archive, night, zones, defense, cache)
    return Night(defense, zones, factors(night, zones, defense), cache, feature_row(night, vector))


class Tables:
    """The warehouse's rows on the dates of the cases: one query per table, since each takes 70 ms (2026-11)."""

    def __init__(self, seasons: Warehouse) -> None:
        self._seasons = seasons
        self._rows: dict[str, dict[tuple[str, date], Row]] = {}

    def row(self, table: str, entity: str, day: date) -> Row | None:
        """Hash fields of the row of that player or team and date."""
        if table not in self._rows:
            contract = load_contract(table)
            names = list(contract.hash_fields)
            (dated,) = (name for name in contract.key if name.endswith("_date"))
            (named,) = (name for name in contract.key if name in ("player_lookup", "team_abbr"))
            days = ", ".join(f"date '{day}'" for day in sorted(DAYS))
            sql = f"select {', '.join(names)} from {contract.relation} where {dated} in ({days})"
            if named == "player_lookup":
                sql += f" and player_lookup in ({', '.join(repr(player) for player in sorted(PLAYERS))})"
            found = [dict(zip(names, map(exact, values), strict=True)) for values in self._seasons.query(sql)]
            self._rows[table] = {(row[named], row[dated]): row for row in found}
            assert len(self._rows[table]) == len(found)
        return self._rows[table].get((entity, day))


@pytest.fixture(scope="module")
def tables(seasons: Warehouse) -> Tables:
    return Tables(seasons)


def exact(value: Any) -> Any:
    """Decimals as fractions, in lists too."""
    if isinstance(value, list):
        return [exact(element) for element in value]
    return Fraction(value) if isinstance(value, Decimal) else value


def differences(expected: Row | None, found: Row | None) -> dict[str, tuple[Any, Any]]:
    """Per column (or feature) expected and found, where they are not the same."""
    if expected is None or found is None:
        return {} if expected is found else {"row": (expected, found)}
    assert set(expected) == set(found), "a hash field has no expectation"
    differing = {name: (expected[name], found[name]) for name in expected if expected[name] != found[name]}
    if pairs := differing.pop("features", None):
        for name, *values in zip(expected["feature_names"], *pairs, strict=True):
            if values[0] != values[1]:
                differing[name] = (float(values[0]), float(values[1]))
    return differing


@pytest.mark.parametrize(("lookup", "day"), NIGHTS)
def test_every_hashed_value_of_a_players_night_follows_from_raw(
    archive: Archive, tables: Tables, lookup: str, day: date
) -> None:
    night = reckon(archive, tables, lookup, day)
    opponent = night.features["opponent_team_abbr"]
    found = {
        "zones": (night.zones, tables.row("player_shot_zone_analysis", lookup, day)),
        "defense": (night.defense, tables.row("team_defense_zone_analysis", opponent, day)),
        "factors": (night.factors, tables.row("player_composite_factors", lookup, day)),
        "cache": (night.cache, tables.row("player_daily_cache", lookup, day)),
        "features": (night.features, tables.row("ml_feature_store_v2", lookup, day)),
    }
    assert {table: differing for table, rows in found.items() if (differing := differences(*rows))} == {}


@pytest.mark.parametrize(("team", "day"), DEFENSES)
def test_every_hashed_value_of_a_teams_defense_follows_from_raw(
    archive: Archive, tables: Tables, team: str, day: date
) -> None:
    expected = defense_zones(archive, team, day)
    assert expected is not None
    assert differences(expected, tables.row("team_defense_zone_analysis", team, day)) == {}


def test_too_short_a_history_has_no_row(archive: Archive, tables: Tables) -> None:
    """Fourteen games of a team, nine and four of a player: by raw, and by the warehouse."""
    (team, first), (nine, second), (four, third) = SHORT
    assert len(archive.team_played(team, first)) == 14
    assert len(archive.played(archive.ids[nine], second)) == 9
    assert len(archive.played(archive.ids[four], third)) == 4
    assert tables.row("team_defense_zone_analysis", team, first) is None
    assert tables.row("player_shot_zone_analysis", nine, second) is None
    assert tables.row("player_daily_cache", four, third) is None


@pytest.mark.parametrize(
    ("team", "day", "column"),
    NEAR_TIES,
)
def test_a_defense_against_the_league_is_rounded_once(
    archive: Archive, tables: Tables, team: str, day: date, column: str
) -> None:
    """docs/decisions/0001: ratios are computed from whole numbers and rounded once."""
    expected = defense_zones(archive, team, day)
    found = tables.row("team_defense_zone_analysis", team, day)
    assert expected is not None
    assert found is not None
    assert found[column] == expected[column]


@dataclass(frozen=True)
class Worked:
    """A night worked out on paper. Rest: days off, back-to-back, games and minutes in 7 days, minutes per game,
    back-to-backs in 14 days, age. Zone: primary zone, its rate, what the opponent allows there against the league."""

    lookup: str
    day: date
    rest: tuple[int | None, bool, int, int, str | None, int, int]
    zone: tuple[str | None, str | None, str | None]
    pace: str
    usage: tuple[str | None, str | None, int | None]
    scores: tuple[int | None, str | None, str, str | None, str | None]
    completeness: int = 100
    missing: str | None = None
    warnings: str | None = None


WORKED = (
    # -15 (yesterday) -10 (four games) -8 (36.6 a game) -12 (two back-to-backs) -5 (thirty): 50, -2.5.
    # 0.51 x 44.26/50 = 0.451452. -2.2/2 = -1.1. 1.47 x 0.3 x 1.3 (three stars) = 0.5733. In all -2.575248.
    Worked(
        "cjmccollum", date(2022, 2, 5), (0, True, 4, 147, "36.6", 2, 30), ("perimeter", "44.26", "0.51"), "-2.2",
        ("26.68", "25.21", 3), (50, "0.5", "-1.1", "0.6", "-2.58"),
    ),
    # -8 (38.3 a game) -5 (one back-to-back) -5 (thirty-three): 82, -0.9. 7.68 is beyond five: x 1.2 = 9.216.
    # -0.4/2 = -0.2. 1.71 x 0.3 = 0.513. In all 8.629.
    Worked(
        "demarderozan", date(2023, 1, 26), (1, False, 3, 115, "38.3", 1, 33), ("mid_range", "57.29", "7.68"), "-0.4",
        ("28.76", "27.05", 0), (82, "9.2", "-0.2", "0.5", "8.63"), warnings="EXTREME_MATCHUP",
    ),
    # -10 -12: 78, -1.1. -9.09 x 1.2 = -10.908, so -10. -0.5. -3.83 x 0.3 = -1.149, stars out or not. -12.749.
    Worked(
        "trejones", date(2023, 1, 9), (1, False, 4, 111, "27.8", 2, 23), ("paint", "67.19", "-9.09"), "-1.0",
        ("20.36", "24.19", 2), (78, "-10.0", "-0.5", "-1.1", "-12.75"), warnings="EXTREME_ADJUSTMENT,EXTREME_MATCHUP",
    ),
    # +5 (four days off) -5 (one back-to-back) -10 (thirty-five): 90, -0.5. 0.15, stored 0.2. -0.6.
    # -0.54 x 0.3 = -0.162: a fall needs not know who is out. -1.112.
    Worked(
        "garretttemple", date(2022, 4, 15), (4, False, 2, 32, "16.1", 1, 35), ("perimeter", "75.76", "0.15"), "-1.2",
        ("13.59", "14.13", None), (90, "0.2", "-0.6", "-0.2", "-1.11"),
    ),
    # +5 (three days off) on 100 stays 100. -2.33 x 41.03/50 = -1.911998. 4.1/2 = 2.05.
    # 6.48 x 0.3 x 1.15 (one star) = 2.2356. 2.373602.
    Worked(
        "joshjackson", date(2021, 12, 16), (3, False, 2, 27, "13.6", 0, 24), ("perimeter", "41.03", "-2.33"), "4.1",
        ("17.49", "11.01", 1), (100, "-1.9", "2.1", "2.2", "2.37"),
    ),
    # Nothing tires him. 0.9. 0.55. 11.33 x 0.3 x 1.15 = 3.90885, so 3. 4.45.
    Worked(
        "dysondaniels", date(2022, 12, 9), (1, False, 3, 78, "26.1", 0, 19), ("paint", "68.63", "0.90"), "1.1",
        ("23.32", "11.99", 1), (100, "0.9", "0.6", "3.0", "4.45"),
    ),
    # -10 -5: 85, -0.75. -1.36 x 46.15/50 = -1.25528. 1.05. -10 x 0.3 = -3, just the limit. -3.95528.
    Worked(
        "lonniewalkeriv", date(2023, 3, 7), (1, False, 4, 82, "20.5", 1, 24), ("perimeter", "46.15", "-1.36"), "2.1",
        ("20.96", "30.96", 2), (85, "-1.3", "1.1", "-3.0", "-3.96"),
    ),
    # -10 -12: 78, -1.1. Balanced, so paint: -0.29 x 36.87/50 = -0.213846. 3.05, so 3. 0.5 x 0.3 = 0.15. 1.836154.
    Worked(
        "devinbooker", date(2021, 11, 24), (1, False, 4, 128, "31.9", 2, 25), ("balanced", "36.87", "-0.29"), "6.1",
        ("31.00", "30.50", 0), (78, "-0.2", "3.0", "0.2", "1.84"),
    ),
    # 35.0 a game is not more than 35: -5 (one back-to-back), 95, -0.25. 3.87 x 46.73/50 = 3.616902. -1.55.
    # -1.28 x 0.3 = -0.384. 1.432902.
    Worked(
        "juliusrandle", date(2023, 3, 1), (1, False, 3, 105, "35.0", 1, 28), ("perimeter", "46.73", "3.87"), "-3.1",
        ("29.30", "30.58", 0), (95, "3.6", "-1.6", "-0.4", "1.43"),
    ),
    # -15 (yesterday) -10 (thirty-seven): 75, -1.25. 3.26. 0.8. -0.18 x 0.3 = -0.054. 2.756.
    Worked(
        "lebronjames", date(2022, 11, 26), (0, True, 1, 33, "33.3", 0, 37), ("paint", "55.24", "3.26"), "1.6",
        ("32.57", "32.75", 0), (75, "3.3", "0.8", "-0.1", "2.76"),
    ),
    # No game yet: three of five inputs lack, and with them fatigue, matchup, usage and the total. 1.2/2 = 0.6.
    Worked(
        "klaythompson", date(2022, 1, 9), (None, False, 0, 0, None, 0, 31), (None, None, "-3.78"), "1.2",
        (None, None, 0), (None, None, "0.6", None, None), 40, "days_rest,player_shot_zone_analysis,projected_usage_rate",
    ),
    # -10 -12: 78. The opponent has no zones yet. 0.55. 1.03 more, and nobody knows who is out.
    Worked(
        "rudygobert", date(2021, 11, 13), (1, False, 4, 118, "29.5", 2, 29), ("paint", "100.00", None), "1.1",
        ("17.69", "16.66", None), (78, None, "0.6", None, None), 80, "team_defense_zone_analysis",
    ),
)  # fmt: skip
PLAYERS = {player for player, _ in (*NIGHTS, *SHORT)} | {case.lookup for case in WORKED}
DAYS = (
    {day for _, day in (*NIGHTS, *DEFENSES, *SHORT)} | {day for _, day, _ in NEAR_TIES} | {case.day for case in WORKED}
)


@pytest.mark.parametrize("worked", WORKED, ids=lambda worked: f"{worked.lookup}-{worked.day}")
def test_composite_factors_are_what_comes_out_on_paper(tables: Tables, worked: Worked) -> None:
    """The inputs are the stored rows' own; the scores were worked out from them by hand."""
    rest = (
        "days_rest back_to_back games_in_last_7_days minutes_in_last_7_days avg_minutes_per_game_last_7"
        " back_to_backs_last_14_days player_age"
    ).split()
    usage = "projected_usage_rate avg_usage_rate_last_7_games star_teammates_out".split()
    context = tables.row("upcoming_player_game_context", worked.lookup, worked.day)
    assert context is not None
    assert tuple(context[name] for name in rest) == numbers(worked.rest)
    assert (context["pace_differential"], *(context[name] for name in usage)) == numbers((worked.pace, *worked.usage))

    side = {None: "paint", "balanced": "paint", "perimeter": "three_pt"}.get(worked.zone[0], worked.zone[0])
    zones = tables.row("player_shot_zone_analysis", worked.lookup, worked.day) or {}
    defense = tables.row("team_defense_zone_analysis", context["opponent_team_abbr"], worked.day) or {}
    found = (zones.get(f"{side}_rate_last_10"), defense.get(f"{side}_defense_vs_league_avg"))
    assert (zones.get("primary_scoring_zone"), *found) == (worked.zone[0], *numbers(worked.zone[1:]))

    composite = tables.row("player_composite_factors", worked.lookup, worked.day)
    assert composite is not None
    scores = "fatigue_score shot_zone_mismatch_score pace_score usage_spike_score total_composite_adjustment".split()
    assert tuple(composite[name] for name in scores) == numbers(worked.scores)
    remarks = "data_completeness_pct missing_data_fields has_warnings warning_details".split()
    assert tuple(composite[name] for name in remarks) == (
        worked.completeness,
        worked.missing,
        worked.warnings is not None,
        worked.warnings,
    )


def numbers(values: Iterable[Any]) -> tuple[Any, ...]:
    """Decimals written as text, as fractions."""
    return tuple(Fraction(value) if isinstance(value, str) else value for value in values)
