"""A simulated league in the form of the raw contract, for machines without a raw archive and for tests.

Possessions are drawn first; every box score, line-up and playing time is summed from them, so the
tables agree as the real ones do. Deterministic by seed, vectorised over all games at once. Names,
results and lines are invented; only the thirty teams and their arenas exist.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from python_processors.contract import PROJECT_ROOT
from python_processors.raw_contract import raw_tables

Integers = npt.NDArray[np.int64]
EASTERN = ZoneInfo("America/New_York")
LOADED_AT = datetime(2000, 1, 1, tzinfo=UTC)  # a constant: a second run must give the same bytes
FIRST_DATE = date(2021, 10, 19)
DAYS = 32
ROSTER, ROTATION = 13, 10
STARTERS = 5
GRADES = ("questionable", "doubtful", "probable")
PERIOD_SECONDS, OVERTIME_SECONDS = 720, 300
POSSESSIONS_A_PERIOD = 50  # of both teams; league pace was 98 to 99 a team and game in 2021-23

TEAM_NAMES = {
    "ATL": "Atlanta Hawks",
    "BKN": "Brooklyn Nets",
    "BOS": "Boston Celtics",
    "CHA": "Charlotte Hornets",
    "CHI": "Chicago Bulls",
    "CLE": "Cleveland Cavaliers",
    "DAL": "Dallas Mavericks",
    "DEN": "Denver Nuggets",
    "DET": "Detroit Pistons",
    "GSW": "Golden State Warriors",
    "HOU": "Houston Rockets",
    "IND": "Indiana Pacers",
    "LAC": "LA Clippers",
    "LAL": "Los Angeles Lakers",
    "MEM": "Memphis Grizzlies",
    "MIA": "Miami Heat",
    "MIL": "Milwaukee Bucks",
    "MIN": "Minnesota Timberwolves",
    "NOP": "New Orleans Pelicans",
    "NYK": "New York Knicks",
    "OKC": "Oklahoma City Thunder",
    "ORL": "Orlando Magic",
    "PHI": "Philadelphia 76ers",
    "PHX": "Phoenix Suns",
    "POR": "Portland Trail Blazers",
    "SAC": "Sacramento Kings",
    "SAS": "San Antonio Spurs",
    "TOR": "Toronto Raptors",
    "UTA": "Utah Jazz",
    "WAS": "Washington Wizards",
}


def _teams() -> tuple[tuple[str, str, str, float, float, str], ...]:
    """Tricode, team, arena city, latitude, longitude and IANA zone, from the seed of arenas."""
    with (PROJECT_ROOT / "seeds" / "arenas.csv").open(encoding="utf-8", newline="") as file:
        arenas = {row["team_abbr"]: row for row in csv.DictReader(file)}
    return tuple(
        (team, name, at["city"], float(at["latitude"]), float(at["longitude"]), at["timezone"])
        for team, name in TEAM_NAMES.items()
        for at in [arenas[team]]
    )


TEAMS = _teams()
FIRST_NAMES = [
    "Aaron",
    "Bogdan",
    "Caleb",
    "Dario",
    "Elijah",
    "Félix",
    "Goran",
    "Héctor",
    "Isaiah",
    "Jalen",
    "Karl-Anthony",
    "Luka",
    "Marcus",
    "Nikola",
    "Omar",
    "Pau",
    "Quentin",
    "Rudy",
    "Šarūnas",
    "Théo",
    "Usman",
    "Vít",
    "Wesley",
    "Xavier",
    "Yuta",
    "Zoran",
]
LAST_NAMES = [
    "Adams",
    "Bojanić",
    "Carter",
    "Dončević",
    "Embry",
    "Fournier",
    "Giddens",
    "Hernangómez",
    "Ingles",
    "Jović",
    "Kuzmić",
    "Lowe",
    "Maledón",
    "Nowak",
    "O'Neal",
    "Porziņģis",
    "Quinn",
    "Ramírez",
    "Šarić",
    "Tavares",
    "Udoka",
    "Valančius",
    "Westfall",
    "Young",
    "Zubak",
]
ZONES = ("Restricted Area", "In The Paint (Non-RA)", "Mid-Range", "Above the Break 3", "Left Corner 3")
ZONE_SHARE = (0.29, 0.18, 0.13, 0.33, 0.07)
ZONE_ACCURACY = (0.66, 0.43, 0.41, 0.35, 0.38)
ZONE_FEET = (2.0, 7.0, 16.0, 25.0, 23.0)


@dataclass(frozen=True)
class Games:
    """One entry per game: when, who (indices into TEAMS), and its ids."""

    dates: list[date]
    tipoffs: list[datetime]
    away: Integers
    home: Integers
    official_ids: list[str]

    def game_id(self, game: int) -> str:
        away, home = TEAMS[self.away[game]][0], TEAMS[self.home[game]][0]
        return f"{self.dates[game]:%Y%m%d}_{away}_{home}"


def simulate(out: Path, *, first_date: date = FIRST_DATE, days: int = DAYS, seed: int = 7) -> None:
    """Write the raw tables of a league of `days` days from `first_date` below `out`, as Parquet."""
    random = np.random.default_rng(seed)
    season_year = first_date.year if first_date.month >= 7 else first_date.year - 1
    names = _player_names(random)
    games = _schedule(random, first_date, days, season_year)
    events, boxes = _play(random, games, names)
    boxes = {**boxes, "season_year": season_year}
    season = f"{season_year}-{(season_year + 1) % 100:02d}"
    tables: dict[str, list[dict[str, Any]] | Mapping[str, Any]] = {
        f"{season}/nbac_schedule": _schedule_rows(games, boxes, season_year, first_date, days),
        f"{season}/nbac_gamebook_player_stats": _gamebook_rows(games, boxes, names),
        f"{season}/bdl_player_boxscores": _balldontlie_rows(games, boxes, names),
        f"{season}/nbac_team_boxscore": _team_rows(games, boxes),
        f"{season}/bigdataball_play_by_play": events,
        f"{season}/odds_api_game_lines": _line_rows(random, games),
        f"{season}/odds_api_player_points_props": _prop_rows(random, games, boxes, names),
        f"{season}/nbac_injury_report": _injury_rows(games, boxes, names),
        "reference/nba_players_registry": _registry_rows(random, names, season),
        "reference/player_aliases": [],
        "reference/teams": [
            {
                "team_abbr": t[0],
                "full_name": t[1],
                "arena": f"{t[2]} Arena",
                "arena_city": t[2],
                "latitude": t[3],
                "longitude": t[4],
                "timezone": t[5],
            }
            for t in TEAMS
        ],
    }
    for name, rows in tables.items():
        path = out / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pa_parquet.write_table(_table(path.stem, rows), path, compression="zstd")


def _table(name: str, rows: list[dict[str, Any]] | Mapping[str, Any]) -> pa.Table:
    """Rows or columns in the raw contract's schema; what is not given is null, provenance is filled in."""
    schema = raw_tables()[name].schema()
    if isinstance(rows, list):
        rows = {field.name: [row.get(field.name) for row in rows] for field in schema}
        count = len(next(iter(rows.values())))
    else:
        count = len(next(iter(rows.values())))
    fixed = {"source_file_path": "simulated", "processed_at": LOADED_AT}
    columns = [
        pa.array([fixed[field.name]] * count, field.type)
        if field.name in fixed
        else pa.array(rows[field.name], field.type, from_pandas=True)
        if field.name in rows
        else pa.nulls(count, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _player_names(random: np.random.Generator) -> list[list[str]]:
    """Names of each team's roster, all different; every eleventh carries a suffix."""
    pairs = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    chosen = random.permutation(len(pairs))[: len(TEAMS) * ROSTER]
    names = [pairs[i] + (" Jr." if n % 11 == 0 else "") for n, i in enumerate(chosen)]
    return [names[t * ROSTER : (t + 1) * ROSTER] for t in range(len(TEAMS))]


def folded(name: str) -> str:
    """The registry's key of a name."""
    letters = unicodedata.normalize("NFD", name.lower())
    return "".join(c for c in letters if c.isascii() and c.isalnum())


def ascii_only(name: str) -> str:
    """The key of balldontlie and BigDataBall: other letters are dropped."""
    return "".join(c for c in name.lower() if c.isascii() and c.isalnum())


def _schedule(random: np.random.Generator, first: date, days: int, season_year: int) -> Games:
    """Four to eleven games a day, nobody three days running, one day in fifteen without games."""
    dates: list[date] = []
    tipoffs: list[datetime] = []
    pairs: list[tuple[int, int]] = []
    played: list[set[int]] = [set(), set()]
    for day in range(days):
        on = first + timedelta(days=day)
        count = 0 if day % 15 == 9 else int(random.integers(4, 12))
        tired = played[-1] & played[-2]
        fresh = [t for t in random.permutation(len(TEAMS)) if t not in tired]
        today = [(int(fresh[2 * i]), int(fresh[2 * i + 1])) for i in range(min(count, len(fresh) // 2))]
        played.append({team for pair in today for team in pair})
        for number, pair in enumerate(today):
            dates.append(on)
            pairs.append(pair)
            wall = datetime.combine(on, time(19 + number % 4, 30 * (number % 2)), EASTERN)
            tipoffs.append(wall.astimezone(UTC))
    ids = [f"002{season_year % 100:02d}{n + 1:05d}" for n in range(len(pairs))]
    away, home = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True))
    return Games(dates, tipoffs, away, home, ids)


def _play(random: np.random.Generator, games: Games, names: list[list[str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Play every game: the play-by-play's columns, and box-score counts [game, side, player].

    Side 0 is away. Six games in a hundred go to one overtime.
    """
    n_games = len(games.dates)
    periods = 4 + (random.random(n_games) < 0.06)
    game = np.repeat(np.arange(n_games), periods * POSSESSIONS_A_PERIOD)
    start = np.concatenate([[0], np.cumsum(periods * POSSESSIONS_A_PERIOD)])[:-1]
    number = np.arange(len(game)) - start[game]
    period = number // POSSESSIONS_A_PERIOD + 1
    in_period = number % POSSESSIONS_A_PERIOD
    seconds_of_period = np.where(period <= 4, PERIOD_SECONDS, OVERTIME_SECONDS)
    begins = seconds_of_period * in_period // POSSESSIONS_A_PERIOD
    ends = seconds_of_period * (in_period + 1) // POSSESSIONS_A_PERIOD
    offense = (in_period + period + game) % 2
    # The starters play the first half of each period, the bench with one starter the second.
    second_unit = (in_period >= POSSESSIONS_A_PERIOD // 2).astype(np.int64)
    units = np.array([[0, 1, 2, 3, 4], [0, 5, 6, 7, 8]])
    on_court = units[second_unit].copy()
    on_court[:, 0] = np.where(second_unit == 1, period % 5, 0)
    tenth_man = (second_unit == 1) & (period % 2 == 0)
    on_court[tenth_man, 4] = 9

    def someone(size: int) -> Integers:
        return random.integers(0, 5, size)

    rows = len(game)
    at = np.arange(rows)
    actor = on_court[at, someone(rows)]
    helper_slot = someone(rows)
    draw = random.random(rows)
    turnover, trip = draw < 0.13, (draw >= 0.13) & (draw < 0.20)
    shot = ~(turnover | trip)
    zone = random.choice(len(ZONES), rows, p=ZONE_SHARE)
    made = shot & (random.random(rows) < np.array(ZONE_ACCURACY)[zone])
    helper = on_court[at, helper_slot]
    assisted = made & (random.random(rows) < 0.62) & (helper != actor)
    and_one = made & (random.random(rows) < 0.04)
    blocked = shot & ~made & (random.random(rows) < 0.09)
    stolen = turnover & (random.random(rows) < 0.5)
    rebound_by_offense = shot & ~made & (random.random(rows) < 0.26)
    second_shot = rebound_by_offense
    second_zone = random.choice(2, rows)
    second_made = second_shot & (random.random(rows) < 0.55)
    defender = on_court[at, someone(rows)]
    rebounder = on_court[at, someone(rows)]
    second_actor = rebounder
    free_1, free_2 = trip & (random.random(rows) < 0.77), trip & (random.random(rows) < 0.77)
    bonus_made = and_one & (random.random(rows) < 0.77)
    missed_last = (
        (shot & ~made & ~rebound_by_offense) | (second_shot & ~second_made) | (trip & ~free_2) | (and_one & ~bonus_made)
    )
    last_rebounder = on_court[at, someone(rows)]

    three = zone >= 3
    value = np.where(three, 3, 2)
    points = made * value + bonus_made + free_1 + free_2 + second_made * 2
    score = np.zeros((n_games, 2), dtype=np.int64)
    np.add.at(score, (game, offense), points)
    # No game ends level: the last possession of the home team becomes a made shot worth another score.
    level = np.flatnonzero(score[:, 0] == score[:, 1])
    last = np.array([np.flatnonzero((game == g) & (offense == 1))[-1] for g in level], dtype=np.int64)
    worth = np.where(points[last] == 2, 3, 2)
    for flags in (
        turnover,
        trip,
        and_one,
        blocked,
        stolen,
        rebound_by_offense,
        second_made,
        free_1,
        free_2,
        bonus_made,
        missed_last,
        assisted,
    ):
        flags[last] = False
    shot[last], made[last], zone[last] = True, True, np.where(worth == 3, 3, 0)
    score[level, 1] += worth - points[last]
    points[last] = worth
    three, value = zone >= 3, np.where(zone >= 3, 3, 2)

    defense = 1 - offense
    box = {
        name: np.zeros((n_games, 2, ROSTER), dtype=np.int64)
        for name in (
            "points",
            "fg_makes",
            "fg_attempts",
            "three_makes",
            "three_attempts",
            "ft_makes",
            "ft_attempts",
            "offensive_rebounds",
            "defensive_rebounds",
            "assists",
            "steals",
            "blocks",
            "turnovers",
            "fouls",
            "seconds",
            "plus_minus",
        )
    }

    def add(
        name: str, side: Integers, player: Integers, mask: npt.NDArray[np.bool_], amount: Integers | int = 1
    ) -> None:
        amounts = amount[mask] if isinstance(amount, np.ndarray) else amount
        np.add.at(box[name], (game[mask], side[mask], player[mask]), amounts)

    add("fg_attempts", offense, actor, shot)
    add("fg_makes", offense, actor, made)
    add("three_attempts", offense, actor, shot & three)
    add("three_makes", offense, actor, made & three)
    add("points", offense, actor, points - 2 * second_made > 0, points - 2 * second_made)
    add("fg_attempts", offense, second_actor, second_shot & rebound_by_offense)
    add("fg_makes", offense, second_actor, second_made)
    add("points", offense, second_actor, second_made, 2)
    add("ft_attempts", offense, actor, and_one)
    add("ft_makes", offense, actor, bonus_made)
    add("ft_attempts", offense, actor, trip, 2)
    add("ft_makes", offense, actor, free_1)
    add("ft_makes", offense, actor, free_2)
    add("assists", offense, helper, assisted)
    add("turnovers", offense, actor, turnover)
    add("steals", defense, defender, stolen)
    add("blocks", defense, defender, blocked)
    add("fouls", defense, defender, trip | and_one)
    add("offensive_rebounds", offense, rebounder, rebound_by_offense)
    add("defensive_rebounds", defense, last_rebounder, missed_last)
    everywhere = np.ones(rows, dtype=bool)
    for slot in range(5):
        for side in (offense, defense):
            add("seconds", side, on_court[:, slot], everywhere, ends - begins)
        add("plus_minus", offense, on_court[:, slot], everywhere, points)
        add("plus_minus", defense, on_court[:, slot], everywhere, -points)

    # Events: (mask, order within the possession, type, subtype, side, player and the rest).
    clock = seconds_of_period - ends
    none = np.full(rows, -1)
    shot_names = np.array(
        ["layup shot", "floating jump shot", "jump shot", "3pt jump shot", "3pt jump shot"], dtype=object
    )
    parts: list[dict[str, Any]] = []

    def event(
        mask: npt.NDArray[np.bool_],
        order: int,
        kind: str,
        subtype: Any,
        side: Integers,
        player: Integers,
        *,
        second: Integers = none,
        role: str | None = None,
        scored: Any = None,
        at_zone: Any = None,
        is_made: Any = None,
    ) -> None:
        chosen = np.flatnonzero(mask)
        size = len(chosen)
        parts.append(
            {
                "row": chosen,
                "order": np.full(size, order),
                "type": np.full(size, kind, dtype=object),
                "subtype": subtype[chosen] if isinstance(subtype, np.ndarray) else np.full(size, subtype, dtype=object),
                "side": side[chosen],
                "player": player[chosen],
                "second": second[chosen],
                "second_side": (side if role == "assist" else 1 - side)[chosen],
                "role": _null_unless(second[chosen] >= 0, np.full(size, role or "")),
                "scored": np.full(size, np.nan) if scored is None else np.asarray(scored, dtype=float)[chosen],
                "zone": np.full(size, -1) if at_zone is None else at_zone[chosen],
                "made": np.full(size, np.nan) if is_made is None else is_made[chosen].astype(float),
            }
        )

    helped = np.where(assisted, helper, -1)
    blocker = np.where(blocked, defender, -1)
    event(turnover, 1, "turnover", "bad pass", offense, actor, second=np.where(stolen, defender, -1), role="steal")
    event(
        made,
        1,
        "shot",
        shot_names[zone],
        offense,
        actor,
        second=helped,
        role="assist",
        scored=value,
        at_zone=zone,
        is_made=made,
    )
    event(
        shot & ~made,
        1,
        "shot",
        shot_names[zone],
        offense,
        actor,
        second=blocker,
        role="block",
        scored=0 * value,
        at_zone=zone,
        is_made=made,
    )
    event(trip | and_one, 2, "foul", "shooting", defense, defender)
    event(and_one, 3, "free throw", "free throw 1/1", offense, actor, scored=bonus_made)
    event(trip, 3, "free throw", "free throw 1/2", offense, actor, scored=free_1)
    event(trip, 4, "free throw", "free throw 2/2", offense, actor, scored=free_2)
    event(rebound_by_offense, 5, "rebound", "rebound offensive", offense, rebounder)
    event(
        second_shot & rebound_by_offense,
        6,
        "shot",
        shot_names[second_zone],
        offense,
        second_actor,
        scored=2 * second_made,
        at_zone=second_zone,
        is_made=second_made,
    )
    event(missed_last, 7, "rebound", "rebound defensive", defense, last_rebounder)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["order"], columns["row"]))
    columns = {name: values[order] for name, values in columns.items()}
    return (
        _event_columns(games, names, columns, game, period, clock, on_court, game.searchsorted(np.arange(n_games))),
        {**box, "score": score, "periods": periods},
    )


def _null_unless(mask: npt.NDArray[np.bool_], values: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    nullable = values.astype(object)
    nullable[~mask] = None
    return nullable


def _event_columns(
    games: Games,
    names: list[list[str]],
    columns: dict[str, Any],
    game: Integers,
    period: Integers,
    clock: Integers,
    on_court: Integers,
    first_row: Integers,
) -> dict[str, Any]:
    row = columns["row"]
    of_game = game[row]
    starts = np.searchsorted(of_game, np.arange(len(first_row)))
    sequence = np.arange(len(row)) - starts[of_game] + 1
    teams = np.stack([games.away, games.home], axis=1)
    abbr = np.array([team[0] for team in TEAMS], dtype=object)
    name_of = np.array(names, dtype=object)
    key_of = np.array([[ascii_only(name) for name in roster] for roster in names], dtype=object)
    team = teams[of_game, columns["side"]]
    second_team = teams[of_game, columns["second_side"]]
    has_second = columns["second"] >= 0
    zone = columns["zone"]
    is_shot = zone >= 0
    scored = np.nan_to_num(columns["scored"]).astype(np.int64)
    home_points = np.where(columns["side"] == 1, scored, 0)
    away_points = np.where(columns["side"] == 0, scored, 0)

    def running(values: Integers) -> Integers:
        total = np.cumsum(values)
        before = np.concatenate([[0], total])[starts]
        return np.asarray(total - before[of_game])

    ids = np.array([games.game_id(g) for g in range(len(games.dates))], dtype=object)
    result: dict[str, Any] = {
        "game_id": ids[of_game],
        "bdb_game_id": np.array([int(i) for i in games.official_ids])[of_game],
        "game_date": np.array(games.dates, dtype=object)[of_game],
        "home_team_abbr": abbr[teams[of_game, 1]],
        "away_team_abbr": abbr[teams[of_game, 0]],
        "event_id": ids[of_game] + "_" + sequence.astype(str).astype(object),
        "event_sequence": sequence,
        "period": period[row],
        "game_clock_seconds": clock[row],
        "event_type": columns["type"],
        "event_subtype": columns["subtype"],
        "score_home": running(home_points),
        "score_away": running(away_points),
        "player_1_name": name_of[team, columns["player"]],
        "player_1_lookup": key_of[team, columns["player"]],
        "player_1_team_abbr": abbr[team],
        "player_2_name": _null_unless(has_second, name_of[second_team, columns["second"]]),
        "player_2_lookup": _null_unless(has_second, key_of[second_team, columns["second"]]),
        "player_2_team_abbr": _null_unless(has_second, abbr[second_team]),
        "player_2_role": columns["role"],
        "shot_made": [None if np.isnan(made) else bool(made) for made in columns["made"]],
        "shot_type": _null_unless(is_shot, np.where(zone >= 3, "3PT", "2PT")),
        "shot_distance": np.where(is_shot, np.array(ZONE_FEET)[zone], np.nan),
        "shot_zone_basic": _null_unless(is_shot, np.array(ZONES)[zone]),
        "points_scored": _null_unless(~np.isnan(columns["scored"]), scored),
    }
    for side, label in ((0, "away"), (1, "home")):
        for slot in range(5):
            result[f"{label}_player_{slot + 1}_lookup"] = key_of[teams[of_game, side], on_court[row, slot]]
    return result


def _schedule_rows(
    games: Games, boxes: dict[str, Any], season_year: int, first: date, days: int
) -> list[dict[str, Any]]:
    rows = []
    for game, on in enumerate(games.dates):
        home, away = TEAMS[games.home[game]], TEAMS[games.away[game]]
        rows.append(
            {
                "game_id": games.official_ids[game],
                "season_year": season_year,
                "game_date": on,
                "game_datetime_utc": games.tipoffs[game],
                "game_date_est": games.tipoffs[game].astimezone(EASTERN).replace(tzinfo=None),
                "game_status": 3,
                "home_team_tricode": home[0],
                "away_team_tricode": away[0],
                "arena_name": f"{home[2]} Arena",
                "arena_city": home[2],
                "arena_timezone": home[5],
                "neutral_site_flag": False,
                "home_team_score": int(boxes["score"][game, 1]),
                "away_team_score": int(boxes["score"][game, 0]),
            }
        )
    # A preseason game before, and a game that has not been played: neither may reach a table.
    for offset, status, official in (
        (-7, 3, f"001{season_year % 100:02d}00001"),
        (days, 1, f"002{season_year % 100:02d}99999"),
    ):
        on = first + timedelta(days=offset)
        wall = datetime.combine(on, time(19, 30), EASTERN)
        rows.append(
            {
                "game_id": official,
                "season_year": season_year,
                "game_date": on,
                "game_datetime_utc": wall.astimezone(UTC),
                "game_date_est": wall.replace(tzinfo=None),
                "game_status": status,
                "home_team_tricode": "BOS",
                "away_team_tricode": "ATL",
                "arena_name": "Boston Arena",
                "arena_city": "Boston",
                "arena_timezone": "America/New_York",
                "neutral_site_flag": False,
                "home_team_score": 101 if status == 3 else None,
                "away_team_score": 99 if status == 3 else None,
            }
        )
    return rows


def _counts(boxes: dict[str, Any], game: int, side: int, player: int) -> dict[str, int]:
    def count(name: str) -> int:
        return int(boxes[name][game, side, player])

    return {
        "points": count("points"),
        "field_goals_made": count("fg_makes"),
        "field_goals_attempted": count("fg_attempts"),
        "three_pointers_made": count("three_makes"),
        "three_pointers_attempted": count("three_attempts"),
        "free_throws_made": count("ft_makes"),
        "free_throws_attempted": count("ft_attempts"),
        "offensive_rebounds": count("offensive_rebounds"),
        "defensive_rebounds": count("defensive_rebounds"),
        "assists": count("assists"),
        "steals": count("steals"),
        "blocks": count("blocks"),
        "turnovers": count("turnovers"),
        "personal_fouls": count("fouls"),
    }


def _entries(games: Games) -> list[tuple[int, int, int, int]]:
    """(game, side, team, player) of every roster place of every game."""
    return [
        (game, side, int(team), player)
        for game in range(len(games.dates))
        for side, team in ((0, games.away[game]), (1, games.home[game]))
        for player in range(ROSTER)
    ]


def _gamebook_rows(games: Games, boxes: dict[str, Any], names: list[list[str]]) -> list[dict[str, Any]]:
    rows = []
    for game, side, team, player in _entries(games):
        name = names[team][player]
        row: dict[str, Any] = {
            "game_id": games.game_id(game),
            "game_date": games.dates[game],
            "player_name": name,
            "player_lookup": folded(name),
            "team_abbr": TEAMS[team][0],
        }
        seconds = int(boxes["seconds"][game, side, player])
        if player < ROTATION and seconds:
            counts = _counts(boxes, game, side, player)
            row |= counts | {
                "player_status": "active",
                "minutes": f"{seconds // 60:02d}:{seconds % 60:02d}",
                "start_position": ("G", "G", "F", "F", "C")[player] if player < STARTERS else None,
                "total_rebounds": counts["offensive_rebounds"] + counts["defensive_rebounds"],
                "plus_minus": int(boxes["plus_minus"][game, side, player]),
            }
        elif player == ROSTER - 1 or (player == ROSTER - 2 and GRADES[game % len(GRADES)] == "doubtful"):
            row |= {"player_status": "inactive", "dnp_reason": "DND - Injury/Illness"}
        else:
            row |= {"player_status": "dnp", "dnp_reason": "DNP - Coach's Decision"}
        rows.append(row)
    return rows


def _balldontlie_rows(games: Games, boxes: dict[str, Any], names: list[list[str]]) -> list[dict[str, Any]]:
    rows = []
    for game, side, team, player in _entries(games):
        seconds = int(boxes["seconds"][game, side, player])
        if player < ROTATION and seconds:
            name = names[team][player]
            counts = _counts(boxes, game, side, player)
            rows.append(
                counts
                | {
                    "game_id": games.game_id(game),
                    "game_date": games.dates[game],
                    "player_full_name": name,
                    "player_lookup": ascii_only(name),
                    "team_abbr": TEAMS[team][0],
                    "minutes": str(round(seconds / 60)),
                    "rebounds": counts["offensive_rebounds"] + counts["defensive_rebounds"],
                }
            )
    return rows


def _team_rows(games: Games, boxes: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for game in range(len(games.dates)):
        for side, team in ((0, games.away[game]), (1, games.home[game])):
            total = {
                name: int(boxes[name][game, side].sum())
                for name in boxes
                if boxes[name].__class__ is np.ndarray and boxes[name].ndim == 3
            }
            rows.append(
                {
                    "game_id": games.game_id(game),
                    "nba_game_id": games.official_ids[game],
                    "game_date": games.dates[game],
                    "team_abbr": TEAMS[team][0],
                    "is_home": side == 1,
                    "minutes": f"{240 + 25 * (int(boxes['periods'][game]) - 4)}:00",
                    "points": total["points"],
                    "fg_made": total["fg_makes"],
                    "fg_attempted": total["fg_attempts"],
                    "three_pt_made": total["three_makes"],
                    "three_pt_attempted": total["three_attempts"],
                    "ft_made": total["ft_makes"],
                    "ft_attempted": total["ft_attempts"],
                    "offensive_rebounds": total["offensive_rebounds"],
                    "defensive_rebounds": total["defensive_rebounds"],
                    "total_rebounds": total["offensive_rebounds"] + total["defensive_rebounds"],
                    "assists": total["assists"],
                    "steals": total["steals"],
                    "blocks": total["blocks"],
                    "turnovers": total["turnovers"],
                    "personal_fouls": total["fouls"],
                    "plus_minus": int(boxes["score"][game, side] - boxes["score"][game, 1 - side]),
                }
            )
    return rows


def _line_rows(random: np.random.Generator, games: Games) -> list[dict[str, Any]]:
    rows = []
    for game, on in enumerate(games.dates):
        home, away = TEAMS[games.home[game]], TEAMS[games.away[game]]
        spread, total = round(float(random.normal(-2, 6)) * 2) / 2, round(float(random.normal(222, 7)) * 2) / 2
        for hours, moved in ((9.0, 0.0), (0.1, 0.5 * int(random.integers(-2, 3)))):
            for market, outcome, point in (
                ("spreads", home[1], spread + moved),
                ("spreads", away[1], -spread - moved),
                ("totals", "Over", total + moved),
                ("totals", "Under", total + moved),
            ):
                rows.append(
                    {
                        "snapshot_timestamp": games.tipoffs[game] - timedelta(hours=hours),
                        "game_id": f"{game:032x}",
                        "commence_time": games.tipoffs[game],
                        "game_date": on,
                        "home_team": home[1],
                        "away_team": away[1],
                        "home_team_abbr": home[0],
                        "away_team_abbr": away[0],
                        "bookmaker_key": "simbook",
                        "market_key": market,
                        "outcome_name": outcome,
                        "outcome_price": 1.91,
                        "outcome_point": point,
                    }
                )
    return rows


def _prop_rows(
    random: np.random.Generator, games: Games, boxes: dict[str, Any], names: list[list[str]]
) -> list[dict[str, Any]]:
    rows = []
    for game, side, team, player in _entries(games):
        if player >= STARTERS:
            continue
        line = max(0.5, round(float(boxes["points"][game, side, player] + random.normal(0, 5)) * 2) / 2)
        for hours, moved in ((6.0, 0.0), (1.0, 0.5 * int(random.integers(0, 3)))):
            rows.append(
                {
                    "game_id": games.game_id(game),
                    "odds_api_event_id": f"{game:032x}",
                    "game_date": games.dates[game],
                    "home_team_abbr": TEAMS[games.home[game]][0],
                    "away_team_abbr": TEAMS[games.away[game]][0],
                    "snapshot_timestamp": games.tipoffs[game] - timedelta(hours=hours),
                    "bookmaker": "simbook",
                    "player_name": names[team][player],
                    "player_lookup": folded(names[team][player]),
                    "points_line": line + moved,
                    "over_price_american": -110,
                    "under_price_american": -110,
                }
            )
    return rows


def _injury_rows(games: Games, boxes: dict[str, Any], names: list[list[str]]) -> list[dict[str, Any]]:
    return [
        {
            "report_date": games.dates[game],
            "report_hour": 17,
            "game_date": games.dates[game],
            "game_id": games.game_id(game),
            "team": TEAMS[team][0],
            "player_full_name": names[team][player],
            "player_lookup": ascii_only(names[team][player]),
            "injury_status": "out" if player == ROSTER - 1 else GRADES[game % len(GRADES)],
            "reason": "sprained ankle",
            "reason_category": "injury",
            "confidence_score": 0.9,
        }
        for game, _, team, player in _entries(games)
        if player >= ROSTER - 2
    ]


def _registry_rows(random: np.random.Generator, names: list[list[str]], season: str) -> list[dict[str, Any]]:
    rows = []
    for team, roster in enumerate(names):
        for player, name in enumerate(roster):
            born = date(1985, 1, 1) + timedelta(days=int(random.integers(0, 6500)))
            rows.append(
                {
                    "universal_player_id": f"nba_{900000 + team * ROSTER + player}",
                    "player_name": name,
                    "player_lookup": folded(name),
                    "team_abbr": TEAMS[team][0],
                    "season": season,
                    "position": ("Guard", "Forward", "Center")[player % 3],
                    "height": "6-7",
                    "birth_date": born,
                }
            )
    return rows
