"""The schedule, the injury report, and who is who."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from python_processors.player_keys import player_key
from python_processors.simulation.calendar import EASTERN, Games, day_of
from python_processors.simulation.columns import LOADED_AT, dates, instants, raw_table, words
from python_processors.simulation.injuries import REASONS, STATUSES
from python_processors.simulation.players import ROSTER, ascii_only, injury_key, printed_short, stream
from python_processors.simulation.season import Season
from python_processors.simulation.teams import ABBREVIATIONS, ARENAS

POSITIONS = ("Guard", "Guard-Forward", "Forward", "Forward-Center", "Center")
SCHEDULED, FINAL = 1, 3
REPORT_HOUR = 17
ROSTER_HOUR, NOON, CUT_OFF = 7, 12, 4  # pages of rosters: hours, and how many players one that is cut off has


def schedule(season: Season) -> pa.Table:
    """Every game of the season that is known, of every kind. The feed's older row of the postponed game stays."""
    calendar, games, year = season.calendar, season.games, season.year
    random = stream(season.league.seed, year, "preseason")
    exhibition = np.stack([random.integers(88, 110, len(calendar.preseason)) for _ in range(2)], axis=1)
    exhibition[:, 1] += random.choice((-7, -3, 2, 5, 9), len(calendar.preseason))
    exhibition[exhibition[:, 0] == exhibition[:, 1], 1] += 1
    parts = [
        _schedule_rows(season, calendar.preseason, exhibition, calendar.preseason.day <= season.until),
        _schedule_rows(season, games, season.played.score, np.ones(len(games), dtype=bool)),
        _schedule_rows(
            season, season.to_come, np.zeros((len(season.to_come), 2), dtype=np.int64),
            np.zeros(len(season.to_come), dtype=bool),
        ),
        _all_star_row(season),
    ]  # fmt: skip
    if calendar.postponed_from <= season.until:
        which = np.array([calendar.postponed])
        game = calendar.regular.take(which)
        moved = game.tipoff + (calendar.postponed_from - game.day) * 1440
        before = Games(np.array([calendar.postponed_from]), moved, game.away, game.home, game.official, game.venue)
        older = _schedule_rows(season, before, np.zeros((1, 2), dtype=np.int64), np.zeros(1, dtype=bool))
        at = older.schema.get_field_index("processed_at")
        parts.append(older.set_column(at, older.schema.field(at), pa.array([LOADED_AT - timedelta(days=1)])))
    return pa.concat_tables(parts).combine_chunks()


def _schedule_rows(season: Season, games: Games, score: Any, is_final: Any) -> pa.Table:
    arenas = [ARENAS[str(venue)] for venue in games.venue]
    eastern = _eastern(games)
    score = np.asarray(score)
    columns: dict[str, Any] = {
        "game_id": list(games.official),
        "season_year": np.full(len(games), season.year),
        "game_date": dates(games.day),
        "game_datetime_utc": instants(games.tipoff),
        "game_date_est": eastern,
        "game_status": np.where(is_final, FINAL, SCHEDULED),
        "home_team_tricode": words(games.home, ABBREVIATIONS),
        "away_team_tricode": words(games.away, ABBREVIATIONS),
        "arena_name": [arena.name for arena in arenas],
        "arena_city": [arena.city for arena in arenas],
        "arena_state": [arena.state for arena in arenas],
        "arena_timezone": [arena.timezone for arena in arenas],
        "neutral_site_flag": games.is_neutral,
        "home_team_score": pa.array(score[:, 1], mask=~np.asarray(is_final)),
        "away_team_score": pa.array(score[:, 0], mask=~np.asarray(is_final)),
    }
    return raw_table("nbac_schedule", columns)


def _eastern(games: Games) -> pa.Array:
    """Tip-off on the Eastern wall clock."""
    wall = [
        datetime.fromtimestamp(60 * minutes, UTC).astimezone(EASTERN).replace(tzinfo=None)
        for minutes in games.tipoff.tolist()
    ]
    return pa.array(wall, pa.timestamp("us"))


def _all_star_row(season: Season) -> pa.Table:
    day = season.calendar.all_star_day
    tipoff = datetime.combine(day_of(day), time(20, 0), EASTERN)
    is_final = day <= season.until
    columns: dict[str, Any] = {
        "game_id": [f"003{season.year % 100:02d}00001"],
        "season_year": [season.year],
        "game_date": [day_of(day)],
        "game_datetime_utc": [tipoff.astimezone(UTC)],
        "game_date_est": [tipoff.replace(tzinfo=None)],
        "game_status": [FINAL if is_final else SCHEDULED],
        "home_team_tricode": ["LBN"],
        "away_team_tricode": ["DRT"],
        "arena_name": [ARENAS["CLE"].name],
        "arena_city": [ARENAS["CLE"].city],
        "arena_timezone": [ARENAS["CLE"].timezone],
        "home_team_score": [163 if is_final else None],
        "away_team_score": [160 if is_final else None],
    }
    return raw_table("nbac_schedule", columns)


def injury_report(season: Season) -> pa.Table:
    """One report a day, at five in the afternoon, of the teams that play."""
    games, players = season.games, season.league.players
    status = season.outcome.status.reshape(-1)
    at = np.flatnonzero(status > 0)
    game, side = at // (2 * ROSTER), at // ROSTER % 2
    who = season.lineups.players.reshape(-1)[at]
    reason = season.outcome.reason.reshape(-1)[at]
    columns: dict[str, Any] = {
        "report_date": dates(games.day[game]),
        "report_hour": np.full(len(at), REPORT_HOUR),
        "game_date": dates(games.day[game]),
        "game_id": words(game, games.ids.tolist()),
        "team": words(np.stack([games.away, games.home], axis=1)[game, side], ABBREVIATIONS),
        "player_full_name": words(who, players.names),
        "player_lookup": words(who, [injury_key(name) for name in players.names]),
        "injury_status": words(status[at], STATUSES),
        "reason": words(reason, [text for text, _ in REASONS]),
        "reason_category": words(reason, [category for _, category in REASONS]),
        "confidence_score": np.full(len(at), 0.95),
    }
    return raw_table("nbac_injury_report", columns)


def registry(season: Season) -> pa.Table:
    """A row for each team that a player has been on this season."""
    players = season.league.players
    rows = sorted(
        {(team, int(who)) for era in season.eras for team, roster in enumerate(era) for who in roster},
    )
    team, who = (np.array(column) for column in zip(*rows, strict=True))
    columns: dict[str, Any] = {
        "universal_player_id": [f"nba_{900000 + player}" for player in who],
        "player_name": words(who, players.names),
        "player_lookup": words(who, [player_key(name) for name in players.names]),
        "team_abbr": words(team, ABBREVIATIONS),
        "season": [season.name] * len(rows),
        "position": words(players.position[who], POSITIONS),
        "height": [f"{inches // 12}-{inches % 12}" for inches in players.inches[who]],
        "birth_date": dates(players.born[who]),
    }
    return raw_table("nba_players_registry", columns)


def team_rosters(season: Season) -> pa.Table:
    """ESPN's page of a team, on the mornings before the season and of its games, and the day after the last one played.

    On the first day of games one team's page was read again at noon, and came cut off.
    """
    games, players = season.games, season.league.players
    day = np.concatenate([games.day, games.day])
    team = np.concatenate([games.away, games.home])
    before = np.stack([np.full(len(ABBREVIATIONS), games.day.min() - 3), np.arange(len(ABBREVIATIONS))])
    after = np.stack([np.full(len(ABBREVIATIONS), games.day.max() + 1), np.arange(len(ABBREVIATIONS))])
    page_day, page_team = np.unique(np.concatenate([before, np.stack([day, team]), after], axis=1), axis=1)
    era = np.minimum(np.searchsorted(season.trade_days, page_day, side="right"), len(season.eras) - 1)
    who = season.eras[era, page_team]
    page, place = (axis.reshape(-1) for axis in np.indices(who.shape))
    again = np.flatnonzero((page == np.flatnonzero(page_day == games.day.min())[0]) & (place < CUT_OFF))
    page, place = np.concatenate([page, page[again]]), np.concatenate([place, place[again]])
    hour = np.full(len(page), ROSTER_HOUR)
    hour[len(page) - len(again) :] = NOON
    player = who[page, place]
    columns: dict[str, Any] = {
        "roster_date": dates(page_day[page]),
        "scrape_hour": hour,
        "season_year": np.full(len(page), season.year + 1),
        "team_abbr": words(page_team[page], ABBREVIATIONS),
        "espn_player_id": 3_000_000 + player,
        "player_full_name": words(player, players.names),
        "player_lookup": words(player, [player_key(name) for name in players.names]),
        "birth_date": dates(players.born[player]),
    }
    return raw_table("espn_team_rosters", columns)


def scoreboard(season: Season) -> pa.Table:
    """ESPN's scoreboard: every game played, preseason included, and the postponed one as it was put off.

    The first game of the season was read twice, at first while it was on.
    """
    calendar, games, score = season.calendar, season.games, season.played.score
    preseason = calendar.preseason.take(np.flatnonzero(calendar.preseason.day <= season.until))
    is_put_off = calendar.postponed_from <= season.until
    put_off = calendar.regular.take(np.array([calendar.postponed] if is_put_off else [], dtype=np.int64))
    put_off = replace(put_off, day=np.full(len(put_off), calendar.postponed_from))
    shown = Games.together([games.take(np.array([0])), games, preseason, put_off])
    exhibition, none = np.tile([98, 99], (len(preseason), 1)), np.zeros((len(put_off), 2), dtype=np.int64)
    points = np.concatenate([score[:1] // 2, score, exhibition, none])
    status = np.array(["in progress", *["final"] * (len(games) + len(preseason)), *["postponed"] * len(put_off)])
    minutes = shown.tipoff + np.where(status == "in progress", 60, 240)
    columns: dict[str, Any] = {
        "game_id": shown.ids.tolist(),
        "game_date": dates(shown.day),
        "home_team_abbr": words(shown.home, ABBREVIATIONS),
        "away_team_abbr": words(shown.away, ABBREVIATIONS),
        "game_status": status.tolist(),
        "is_completed": status == "final",
        "home_team_score": points[:, 1],
        "away_team_score": points[:, 0],
        "scrape_timestamp": instants(minutes),
    }
    return raw_table("espn_scoreboard", columns)


def aliases(names: list[str]) -> pa.Table:
    """Keys of players whom two feeds print with a short first name."""
    keys = {
        key: player_key(name)
        for name in names
        if (short := printed_short(name)) != name
        for key in (player_key(short), ascii_only(short))
    }
    columns: dict[str, Any] = {
        "alias_lookup": list(keys),
        "nba_canonical_lookup": list(keys.values()),
        "alias_type": ["nickname"] * len(keys),
        "is_active": [True] * len(keys),
    }
    return raw_table("player_aliases", columns)
