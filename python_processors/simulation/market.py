"""What books offer before a game: spreads and totals that move, and players' points.

A line is what the league's own strengths say of the game, seen less clearly in the morning than at the close.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.player_keys import player_key
from python_processors.simulation.columns import dates, instants, raw_table, where, words
from python_processors.simulation.lineups import Traits
from python_processors.simulation.players import stream
from python_processors.simulation.season import Season
from python_processors.simulation.teams import ABBREVIATIONS, NAMES

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
HOURS = (9.0, 4.0, 0.1)  # before tip-off: open, in between, close
ERRORS = (2.2, 1.4, 0.8)  # of the spread, in points; a total's is twice that
SEEN = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 2))  # book and snapshot
BOOKS = ("draftkings", "fanduel", "betmgm")
PROP_HOURS, PROP_ERRORS = (6.0, 1.0), (1.6, 1.1)
PROPS = ((0, 0, 5), (0, 1, 5), (1, 1, 2))  # book, snapshot, and of how many players a team
# Of BettingPros: book, hours before tip-off (a game that is on has none left), whether it is still offered, whether the
# opening line is told. The third book's offer is old, and was taken down.
OFFERS = (
    (0, 8.0, True, True), (0, 2.0, True, True), (0, -0.5, True, True), (1, 5.0, True, True), (2, 30.0, True, False),
    (2, 1.0, False, False),
)  # fmt: skip
OFFERED = slice(3, 8)  # places by expected points: the odds feed has lines of the first five
PRICES = (-120, -115, -110, -110, -105, 100)


def _half(points: Floats) -> Floats:
    return np.asarray(np.rint(points * 2) / 2)


def _event_ids(season: Season) -> list[str]:
    return [hashlib.md5(f"odds {game}".encode(), usedforsecurity=False).hexdigest() for game in season.games.ids]


def game_lines(season: Season) -> pa.Table:
    """Four rows per game, book and snapshot. The postponed game's open lines keep the day on which it was to be."""
    games, lineups = season.games, season.lineups
    random = stream(season.league.seed, season.year, "lines")
    count, seen = len(games), len(SEEN)
    # The market's error shrinks towards the close, and is the same one underway.
    error = np.cumsum(
        random.normal(0, 1, (2, count, 3))[:, :, ::-1]
        * np.sqrt(np.diff(np.square([0, ERRORS[2], ERRORS[1], ERRORS[0]]))),
        axis=2,
    )[:, :, ::-1]
    of_book = np.rint(random.normal(0, 0.4, (2, count, len(BOOKS)))) / 2
    book, snapshot = np.array(SEEN).T
    spread = _half(-(lineups.expected_margin[:, None] + error[0][:, snapshot]) + of_book[0][:, book])
    total = _half(lineups.expected_total[:, None] + 2 * error[1][:, snapshot] + of_book[1][:, book])
    price = 1.91 + 0.01 * random.integers(-4, 5, (count, seen, 2))
    lines = _Lines(
        game=np.repeat(np.arange(count), seen * 4),
        book=np.tile(np.repeat(book, 4), count),
        snapshot=np.tile(np.repeat(snapshot, 4), count),
        outcome=np.tile(np.arange(4), count * seen),
        point=np.stack([spread, -spread, total, total], axis=2).reshape(-1),
        price=np.stack([price[..., 0], 3.82 - price[..., 0], price[..., 1], 3.82 - price[..., 1]], axis=2).reshape(-1),
    )
    table = lines.table(season, games.day)
    postponed = games.official == season.calendar.regular.official[season.calendar.postponed]
    stale = lines.take(postponed[lines.game] & (lines.snapshot == 0) & (lines.book == 0))
    old_days = np.where(postponed, season.calendar.postponed_from, games.day)
    return pa.concat_tables([table, stale.table(season, old_days)]).combine_chunks()


@dataclass(frozen=True)
class _Lines:
    """One entry per line. Outcomes are home, away, over and under."""

    game: Integers
    book: Integers
    snapshot: Integers
    outcome: Integers
    point: Floats
    price: Floats

    def take(self, which: npt.NDArray[np.bool_]) -> _Lines:
        return _Lines(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def table(self, season: Season, days: Integers) -> pa.Table:
        """As the feed has them of games that are on `days`."""
        games, game = season.games, self.game
        names = [NAMES[team] for team in ABBREVIATIONS]
        tipoff = (games.tipoff + 1440 * (days - games.day))[game]
        named = np.stack([games.home[game], games.away[game], *(np.full(len(game), len(names) + n) for n in (0, 1))])
        columns: dict[str, Any] = {
            "snapshot_timestamp": instants(tipoff - 60 * np.array(HOURS)[self.snapshot]),
            "game_id": words(game, _event_ids(season)),
            "commence_time": instants(tipoff),
            "game_date": dates(days[game]),
            "home_team": words(games.home[game], names),
            "away_team": words(games.away[game], names),
            "home_team_abbr": words(games.home[game], ABBREVIATIONS),
            "away_team_abbr": words(games.away[game], ABBREVIATIONS),
            "bookmaker_key": words(self.book, BOOKS),
            "market_key": words(self.outcome // 2, ("spreads", "totals")),
            "outcome_name": words(named[self.outcome, np.arange(len(game))], [*names, "Over", "Under"]),
            "outcome_price": np.round(self.price, 2),
            "outcome_point": self.point,
        }
        return raw_table("odds_api_game_lines", columns)


def _scorers(season: Season, places: slice) -> tuple[Integers, Floats]:
    """Of each side of each game the places of the roster that are to score most, in order, and how many points."""
    lineups = season.lineups
    weight = lineups.share * Traits.of(season.league.players, lineups.players).shoots
    total = lineups.expected_total[:, None] / 2
    expected = total[..., None] * weight / weight.sum(axis=2, keepdims=True)
    most = np.argsort(-expected, axis=2, kind="stable")[..., places]
    return most, np.take_along_axis(expected, most, axis=2)


def points_props(season: Season) -> pa.Table:
    """Of the players of each team who are to score most."""
    games, lineups, players = season.games, season.lineups, season.league.players
    random = stream(season.league.seed, season.year, "props")
    most, points = _scorers(season, slice(0, 5))
    error = random.normal(0, 1, (*points.shape, 2)) * np.array(PROP_ERRORS)
    parts = []
    for of_book, of_snapshot, count in PROPS:
        game, side, place = (axis.reshape(-1) for axis in np.indices((len(games), 2, count)))
        line = np.maximum(np.floor(points[game, side, place] + error[game, side, place, of_snapshot]) + 0.5, 0.5)
        who = lineups.players[game, side, most[game, side, place]]
        price = random.integers(0, len(PRICES), len(game))
        parts.append((game, who, line, np.full(len(game), of_book), np.full(len(game), of_snapshot), price))
    game, who, line, book, snapshot, price = (np.concatenate(column) for column in zip(*parts, strict=True))
    columns: dict[str, Any] = {
        "game_id": words(game, games.ids.tolist()),
        "odds_api_event_id": words(game, _event_ids(season)),
        "game_date": dates(games.day[game]),
        "home_team_abbr": words(games.home[game], ABBREVIATIONS),
        "away_team_abbr": words(games.away[game], ABBREVIATIONS),
        "snapshot_timestamp": instants(games.tipoff[game] - 60 * np.array(PROP_HOURS)[snapshot]),
        "bookmaker": words(book, BOOKS),
        "player_name": words(who, players.names),
        "player_lookup": words(who, [player_key(name) for name in players.names]),
        "points_line": line,
        "over_price_american": np.array(PRICES)[price],
        "under_price_american": np.array(PRICES)[::-1][price],
    }
    order = np.lexsort((book, snapshot, game))
    return raw_table("odds_api_player_points_props", columns).take(order)


def bettingpros_props(season: Season) -> pa.Table:
    """Two rows, over and under, per offer and update: of players of whom the odds feed has lines, and of others."""
    games, lineups, players = season.games, season.lineups, season.league.players
    random = stream(season.league.seed, season.year, "bettingpros")
    most, points = _scorers(season, OFFERED)
    opened = np.floor(points + random.normal(0, PROP_ERRORS[0], points.shape)) + 0.5
    books, before, active, told = (np.array(of).reshape(-1, 1, 1) for of in zip(*OFFERS, strict=True))
    shape = (len(games), len(OFFERS), *points.shape[1:])
    openings = np.maximum(opened[:, None] + random.integers(0, 2, shape) * (books > 0), 0.5)
    lines = np.maximum(openings + random.integers(-1, 2, shape) * (before < OFFERS[0][1]), 0.5)
    prices = random.integers(0, len(PRICES), shape)
    game, offer, team, place, side = (axis.reshape(-1) for axis in np.indices((*shape, 2)))
    at = (game, offer, team, place)
    who, price = lineups.players[game, team, most[game, team, place]], prices[at]
    playing_for = np.where(team == 0, games.away[game], games.home[game])
    keys = [player_key(name) for name in players.names]
    columns: dict[str, Any] = {
        "game_date": dates(games.day[game]),
        "market_type": pa.repeat("points", len(game)),
        "offer_id": pc.binary_join_element_wise(words(game, games.ids.tolist()), words(who, keys), "_"),
        "bet_side": words(side, ("over", "under")),
        "player_name": words(who, players.names),
        "player_lookup": words(who, keys),
        "player_team": words(playing_for, ABBREVIATIONS),
        "validated_team": words(playing_for, ABBREVIATIONS),
        "bookmaker": words(books.reshape(-1)[offer], BOOKS),
        "points_line": lines[at],
        "odds_american": np.where(side == 0, np.array(PRICES)[price], np.array(PRICES)[::-1][price]),
        "is_active": active.reshape(-1)[offer],
        "bookmaker_last_update": instants(games.tipoff[game] - 60 * before.reshape(-1)[offer]),
        "opening_line": where(told.reshape(-1)[offer], openings[at]),
    }
    return raw_table("bettingpros_player_points_props", columns)
