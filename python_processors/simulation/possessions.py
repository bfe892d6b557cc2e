"""Games played possession by possession, all of them at once: a period's possessions are one array.

Each possession is up to four tries: a turnover, a trip to the line, or a shot and its rebound. Accuracy
follows the ten on court; a side that is ahead of what was to be expected eases off, as real ones do (a
closing spread is missed by 12 to 13 points, and free possessions would miss it by 16). Everything that
happens is an event, and box scores are sums of the events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from python_processors.simulation.lineups import HOME_POINTS, Lineups, Traits
from python_processors.simulation.players import ROSTER, Players

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

PERIOD_SECONDS, OVERTIME_SECONDS = 720, 300
SEGMENTS, OVERTIME_SEGMENTS, MOST_PERIODS = 4, 2, 9  # substitutions by period
TRIES = 4
TURNOVERS, TRIPS, LONG_TRIPS, PERSONALS = 0.1195, 0.083, 0.0045, 0.055
ACCURACY = np.array([0.658, 0.437, 0.418, 0.348, 0.387, 0.387])  # by zone, 2021-23
ASSISTED = np.array([0.56, 0.46, 0.42, 0.80, 0.94, 0.95])
BLOCKED = np.array([0.24, 0.21, 0.06, 0.012, 0.01, 0.01])
AND_ONES = np.array([0.105, 0.07, 0.02, 0.006, 0.004, 0.004])
STOLEN, OFFENSIVE_FOULS, OUT_OF_BOUNDS = 0.575, 0.12, 0.105
OFFENSIVE_REBOUNDS, AFTER_FREE_THROWS = 0.243, 0.12
POINTS_OF_ACCURACY = 2.0  # by which a possession is worth more, per shot that goes in for certain
EASING = 0.23  # of a lead beyond what was expected, given back in a period
LAST_SHOTS = 0.46  # of leads of two or three, with the ball to lose, that the last shot levels
FOULS_ALLOWED = 6

(
    START, END, SHOT, FREE_THROW, REBOUND_OFFENSIVE, REBOUND_DEFENSIVE, TEAM_REBOUND, TURNOVER, FOUL_SHOOTING,
    FOUL_PERSONAL, FOUL_OFFENSIVE, OFFENSIVE_FOUL,
) = range(12)  # fmt: skip
NO_ROLE, ASSIST, BLOCK, STEAL = range(4)
COUNTS = (
    "points", "fg_makes", "fg_attempts", "three_makes", "three_attempts", "ft_makes", "ft_attempts",
    "offensive_rebounds", "defensive_rebounds", "assists", "steals", "blocks", "turnovers", "fouls", "seconds",
    "plus_minus",
)  # fmt: skip


@dataclass(frozen=True)
class Events:
    """One entry per event, in order of game and time. Nobody's place is -1."""

    game: Integers
    period: Integers
    clock: Integers
    kind: Integers
    side: Integers  # of the actor: 0 away, 1 home
    place: Integers
    other: Integers  # the second player's place; on the actor's side if he assists, else on the other one
    role: Integers
    made: Integers  # of shots and free throws; else -1
    zone: Integers  # of shots; else -1
    throw: Integers  # a free throw's number times ten, plus how many
    court: Integers  # [event, side, five] places


@dataclass(frozen=True)
class Played:
    """What was played: events, counts by game, side and place, the score, and the number of periods."""

    events: Events
    boxes: dict[str, Integers]
    score: Integers
    periods: Integers

    @staticmethod
    def together(parts: list[Played]) -> Played:
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(len(part.score) for part in parts)])
        columns = {
            name: np.concatenate([getattr(part.events, name) for part in parts])
            for name in Events.__dataclass_fields__
            if name != "game"
        }
        game = np.concatenate([part.events.game + start for part, start in zip(parts, starts, strict=False)])
        return Played(
            Events(game=game, **columns),
            {name: np.concatenate([part.boxes[name] for part in parts]) for name in COUNTS},
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.periods for part in parts]),
        )

    def take(self, which: Integers) -> Played:
        """Some of the games, in their order."""
        place = np.full(len(self.score), -1)
        place[which] = np.arange(len(which))
        kept = place[self.events.game] >= 0
        columns = {name: getattr(self.events, name)[kept] for name in Events.__dataclass_fields__ if name != "game"}
        return Played(
            Events(game=place[self.events.game[kept]], **columns),
            {name: counts[which] for name, counts in self.boxes.items()},
            self.score[which], self.periods[which],
        )  # fmt: skip


def play(random: np.random.Generator, players: Players, lineups: Lineups) -> Played:
    """Play every game to its end, overtimes included."""
    return _Match(random, players, lineups).played()


class _Match:
    """All games while they are played."""

    def __init__(self, random: np.random.Generator, players: Players, lineups: Lineups) -> None:
        self.random, self.lineups = random, lineups
        self.games = len(lineups.players)
        self.fives = _fives(random, lineups)
        traits = Traits.of(players, lineups.players)
        self.traits = traits

        def of_fives(values: Floats) -> Floats:
            game, side = np.ogrid[: self.games, :2]
            return values[game[..., None, None], side[..., None, None], self.fives]

        self.weights = {
            name: of_fives(getattr(traits, name))
            for name in ("shoots", "offensive", "defensive", "passes", "steals", "blocks", "fouls", "loses")
        }
        self.attack = of_fives(lineups.offense).sum(axis=-1) / 100
        self.guard = of_fives(lineups.defense).sum(axis=-1) / 100
        self.score = np.zeros((self.games, 2), dtype=np.int64)
        self.periods = np.full(self.games, 4, dtype=np.int64)
        self.first_ball = random.integers(0, 2, self.games)
        self.rows: list[dict[str, Integers]] = []  # possessions of each period
        self.count = 0
        self.parts: list[dict[str, Integers]] = []  # events

    def played(self) -> Played:
        everyone = np.arange(self.games)
        for period in range(1, 5):
            self._period(everyone, period)
        for period in range(5, MOST_PERIODS + 1):
            level = np.flatnonzero(self.score[:, 0] == self.score[:, 1])
            if not len(level):
                break
            self.periods[level] = period
            self._period(level, period)
        level = np.flatnonzero(self.score[:, 0] == self.score[:, 1])
        assert not len(level), "a game is level after five overtimes"
        return self._summed()

    def _period(self, games: Integers, period: int) -> None:
        """Draw a period's possessions of some games, then what comes of each."""
        random = self.random
        length = PERIOD_SECONDS if period <= 4 else OVERTIME_SECONDS
        mean = self.lineups.pace[games] * 2 * length / 2880
        number = np.maximum(np.rint(random.normal(mean, 1.3)), 8).astype(np.int64)
        row_game = np.repeat(games, number)
        starts = np.concatenate([[0], np.cumsum(number)[:-1]])
        index = np.arange(len(row_game)) - np.repeat(starts, number)
        ball = (self.first_ball[games] + (period in (2, 3))) % 2 if period <= 4 else random.integers(0, 2, len(games))
        offense = (np.repeat(ball, number) + index) % 2
        took = random.gamma(3.2, 1.0, len(row_game)) + 0.35
        gone = np.cumsum(took)
        gone -= np.repeat(gone[starts] - took[starts], number)
        total = gone[starts + number - 1]
        ends = np.rint(gone / np.repeat(total, number) * length).astype(np.int64)
        begins = np.where(index == 0, 0, np.concatenate([[0], ends[:-1]]))
        rows = {
            "game": row_game, "period": np.full(len(row_game), period), "offense": offense,
            "begin": length - begins, "end": length - ends,
        }  # fmt: skip
        segments = SEGMENTS if period <= 4 else OVERTIME_SEGMENTS
        first = SEGMENTS * (period - 1) if period <= 4 else 4 * SEGMENTS + OVERTIME_SEGMENTS * (period - 5)
        marks = np.arange(1, segments) * length / segments
        marks = marks + random.normal(0, 25, (self.games, 2, segments - 1))
        for side in (0, 1):
            rows[f"segment{side}"] = first + (begins[:, None] >= marks[row_game, side]).sum(axis=1)
        expected = self.lineups.expected_margin[games] * min(12 * (period - 1), 48) / 48
        surplus = np.zeros(self.games)
        surplus[games] = (self.score[games, 1] - self.score[games, 0]) - expected
        eased = EASING * surplus[row_game] / np.repeat(np.maximum(number, 1), number) * length / PERIOD_SECONDS
        home = HOME_POINTS / 2 / self.lineups.pace[row_game]
        at = np.arange(len(row_game))
        attack = self._of(self.attack, rows, offense, at) - self._of(self.guard, rows, 1 - offense, at)
        rows["edge"] = attack + np.where(offense == 1, home - eased, eased - home)
        points = self._tries(rows)
        np.add.at(self.score, (row_game, offense), points)
        if period == 4:
            last = starts + number - 1
            self._last_shots(rows, games, last, points)
        self.rows.append({**rows, "points": points})
        self._marks(rows, starts, number, length)
        self.count += len(row_game)

    def _of(self, values: Floats, rows: dict[str, Integers], side: Integers, at: Integers) -> Floats:
        """What is known of a side's five, for some rows."""
        segment = np.where(side == 1, rows["segment1"][at], rows["segment0"][at])
        return values[rows["game"][at], side, segment]

    def _pick(
        self, name: str, rows: dict[str, Integers], side: Integers, at: Integers, but: Integers | None = None
    ) -> Integers:
        """The place of one of a side's five, by what he is good at."""
        weights = self._of(self.weights[name], rows, side, at)
        fives = self._of(self.fives, rows, side, at)  # type: ignore[arg-type]
        if but is not None:
            weights = np.where(fives == but[:, None], 0.0, weights)
        sums = np.cumsum(weights, axis=1)
        chosen = (sums < (self.random.random(len(at)) * sums[:, -1])[:, None]).sum(axis=1)
        return np.asarray(fives[np.arange(len(at)), np.minimum(chosen, 4)])

    def _event(self, at: Integers, order: int, kind: int, side: Integers, place: Integers, **more: object) -> None:
        part = {
            "row": at + self.count, "order": np.full(len(at), order), "kind": np.full(len(at), kind), "side": side,
            "place": place,
        }  # fmt: skip
        for name, nothing in (("other", -1), ("role", NO_ROLE), ("made", -1), ("zone", -1), ("throw", 0)):
            part[name] = np.broadcast_to(np.asarray(more.get(name, nothing)), len(at))
        self.parts.append({name: values.astype(np.int32) for name, values in part.items()})

    def _tries(self, rows: dict[str, Integers]) -> Integers:
        """What comes of each possession of a period: events, and points."""
        random = self.random
        points = np.zeros(len(rows["game"]), dtype=np.int64)
        at = np.arange(len(points))
        for number in range(TRIES):
            if not len(at):
                break
            order = 12 * number
            offense, last_try = rows["offense"][at], number == TRIES - 1
            defense = 1 - offense
            personal = random.random(len(at)) < PERSONALS
            self._fouls(rows, at[personal], order, FOUL_PERSONAL, defense[personal])
            draw = random.random(len(at))
            lost = draw < TURNOVERS
            trip = (draw >= TURNOVERS) & (draw < TURNOVERS + TRIPS + LONG_TRIPS)
            self._turnovers(rows, at[lost], order + 1)
            shoot = ~lost & ~trip
            again = self._shots(rows, at[shoot], order + 1, points, last_try)
            throws = np.where(draw[trip] < TURNOVERS + TRIPS, 2, 3)
            actor = self._pick("shoots", rows, offense[trip], at[trip])
            self._fouls(rows, at[trip], order + 2, FOUL_SHOOTING, defense[trip])
            missed = self._throws(rows, at[trip], order + 3, actor, throws, points)
            ball = self._rebounds(rows, at[trip][missed], order + 7, AFTER_FREE_THROWS * (not last_try))
            at = np.sort(np.concatenate([again, ball]))
        return points

    def _turnovers(self, rows: dict[str, Integers], at: Integers, order: int) -> None:
        offense = rows["offense"][at]
        actor = self._pick("loses", rows, offense, at)
        draw = self.random.random(len(at))
        thief = np.where(draw < STOLEN, self._pick("steals", rows, 1 - offense, at), -1)
        foul = (draw >= STOLEN) & (draw < STOLEN + OFFENSIVE_FOULS)
        self._event(at[foul], order - 1, FOUL_OFFENSIVE, offense[foul], actor[foul])
        self._event(at[foul], order, OFFENSIVE_FOUL, offense[foul], actor[foul])
        rest = ~foul
        role = np.where(thief[rest] >= 0, STEAL, NO_ROLE)
        self._event(at[rest], order, TURNOVER, offense[rest], actor[rest], other=thief[rest], role=role)

    def _fouls(self, rows: dict[str, Integers], at: Integers, order: int, kind: int, side: Integers) -> None:
        self._event(at, order, kind, side, self._pick("fouls", rows, side, at))

    def _throws(
        self, rows: dict[str, Integers], at: Integers, order: int, actor: Integers, throws: Integers, points: Integers
    ) -> Booleans:
        """Free throws; whether the last one misses."""
        offense = rows["offense"][at]
        touch = self.traits.touch[rows["game"][at], offense, actor]
        good = np.zeros(len(at), dtype=bool)
        for number in (1, 2, 3):
            now = throws >= number
            good = np.where(now, self.random.random(len(at)) < touch, good)
            points[at[now]] += good[now]
            self._event(
                at[now], order + number - 1, FREE_THROW, offense[now], actor[now], made=good[now],
                throw=10 * number + throws[now],
            )  # fmt: skip
        return ~good

    def _shots(self, rows: dict[str, Integers], at: Integers, order: int, points: Integers, last_try: bool) -> Integers:
        """Shots with their assists, blocks, fouls and rebounds; the rows in which the offense keeps the ball."""
        random = self.random
        offense, game = rows["offense"][at], rows["game"][at]
        actor = self._pick("shoots", rows, offense, at)
        zone = (self.traits.zones[game, offense, actor] < random.random(len(at))[:, None]).sum(axis=1)
        zone = np.minimum(zone, len(ACCURACY) - 1)
        chance = ACCURACY[zone] + rows["edge"][at] / POINTS_OF_ACCURACY
        chance += np.where(zone >= 2, self.traits.accuracy[game, offense, actor], 0.0)
        made = random.random(len(at)) < chance
        points[at] += made * np.where(zone >= 3, 3, 2)
        assisted = made & (random.random(len(at)) < ASSISTED[zone])
        blocked = ~made & (random.random(len(at)) < BLOCKED[zone])
        other = np.full(len(at), -1)
        other[assisted] = self._pick("passes", rows, offense[assisted], at[assisted], but=actor[assisted])
        other[blocked] = self._pick("blocks", rows, 1 - offense[blocked], at[blocked])
        role = np.where(assisted, ASSIST, np.where(blocked, BLOCK, NO_ROLE))
        self._event(at, order, SHOT, offense, actor, other=other, role=role, made=made, zone=zone)
        fouled = made & (random.random(len(at)) < AND_ONES[zone])
        self._fouls(rows, at[fouled], order + 1, FOUL_SHOOTING, 1 - offense[fouled])
        ones = np.ones(int(fouled.sum()), dtype=np.int64)
        missed = self._throws(rows, at[fouled], order + 2, actor[fouled], ones, points)
        kept = self._rebounds(rows, at[~made], order + 6, OFFENSIVE_REBOUNDS * (not last_try))
        again = self._rebounds(rows, at[fouled][missed], order + 6, AFTER_FREE_THROWS * (not last_try))
        return np.concatenate([kept, again])

    def _rebounds(self, rows: dict[str, Integers], at: Integers, order: int, share: float) -> Integers:
        """Who gets a missed shot; the rows in which the offense does."""
        draw = self.random.random(len(at))
        keeps = self.random.random(len(at)) < share
        offense = rows["offense"][at]
        side = np.where(keeps, offense, 1 - offense)
        team = draw < OUT_OF_BOUNDS
        self._event(at[team], order, TEAM_REBOUND, side[team], np.full(int(team.sum()), -1))
        for kind, name, mask in (
            (REBOUND_OFFENSIVE, "offensive", ~team & keeps), (REBOUND_DEFENSIVE, "defensive", ~team & ~keeps),
        ):  # fmt: skip
            self._event(at[mask], order, kind, side[mask], self._pick(name, rows, side[mask], at[mask]))
        return at[keeps]

    def _last_shots(self, rows: dict[str, Integers], games: Integers, last: Integers, points: Integers) -> None:
        """Some games are levelled at the buzzer by who trails by two or three and has the ball last: as often as
        real ones go to overtime, since teams play for it."""
        lead = self.score[games, 1] - self.score[games, 0]
        trailing = (lead < 0).astype(np.int64)  # the side that is behind
        chosen = np.isin(np.abs(lead), (2, 3)) & (rows["offense"][last] != trailing)
        chosen &= self.random.random(len(games)) < LAST_SHOTS
        at, side = last[chosen], trailing[chosen]
        zone = np.where(np.abs(lead[chosen]) == 3, 3, 0)
        actor = self._pick("shoots", rows, side, at)
        self._event(at, 60, SHOT, side, actor, made=np.ones(len(at), dtype=np.int64), zone=zone)
        self.score[games[chosen], side] += np.abs(lead[chosen])
        points[at] -= np.abs(lead[chosen])  # of the offense: for plus/minus

    def _marks(self, rows: dict[str, Integers], starts: Integers, number: Integers, length: int) -> None:
        nobody = np.full(len(starts), -1)
        side = np.ones(len(starts), dtype=np.int64)
        self._event(starts, -1, START, side, nobody)
        self._event(starts + number - 1, 63, END, side, nobody)

    def _summed(self) -> Played:
        rows = {name: np.concatenate([part[name] for part in self.rows]) for name in self.rows[0]}
        columns = {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}
        self.parts.clear()
        # Rows of a game's periods lie apart: their place in the game comes first.
        position = np.empty(len(rows["game"]), dtype=np.int64)
        position[np.lexsort((np.arange(len(position)), rows["period"], rows["game"]))] = np.arange(len(position))
        order = np.argsort(position[columns["row"]] * 128 + columns["order"] + 1, kind="stable")
        columns = {name: values[order].astype(np.int64) for name, values in columns.items()}
        row = columns["row"]
        court = np.stack(
            [self.fives[rows["game"], side, rows[f"segment{side}"]] for side in (0, 1)], axis=1
        )  # [row, side, five]
        self._spread_fouls(columns, rows["game"], court)
        tries = columns["order"] // 12
        most = np.zeros(len(position), dtype=np.int64)
        usual = columns["order"] < 60
        np.maximum.at(most, row[usual], tries[usual])
        later = np.clip(most[row] - tries, 0, None)
        clock = np.minimum(rows["end"][row] + 3 * later, rows["begin"][row])
        clock = np.where(columns["kind"] == START, rows["begin"][row], clock)
        clock = np.where(columns["kind"] == END, 0, clock)
        events = Events(
            game=rows["game"][row], period=rows["period"][row], clock=clock, court=court[row],
            **{name: columns[name] for name in ("kind", "side", "place", "other", "role", "made", "zone", "throw")},
        )  # fmt: skip
        return Played(events, self._boxes(events, rows, court), self.score, self.periods)

    def _spread_fouls(self, columns: dict[str, Integers], game: Integers, court: Integers) -> None:
        """Nobody has more than six fouls: a seventh is a teammate's. Fouls in attack are their turnovers' own."""
        kinds = (FOUL_OFFENSIVE, FOUL_SHOOTING, FOUL_PERSONAL)
        at = np.flatnonzero(np.isin(columns["kind"], kinds))
        own = columns["kind"][at] == FOUL_OFFENSIVE
        side = columns["side"][at]
        fives = court[columns["row"][at], side]
        for attempt in range(12):
            key = (game[columns["row"][at]] * 2 + side) * ROSTER + columns["place"][at]
            order = np.lexsort((np.arange(len(at)), ~own, key))
            starts = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) > 0]))
            counted = np.arange(len(at)) - np.repeat(starts, np.diff(np.append(starts, len(at))))
            over = order[(counted >= FOULS_ALLOWED) & ~own[order]]
            if not len(over):
                return
            columns["place"][at[over]] = fives[over, (self.random.integers(0, 5, len(over)) + attempt) % 5]

    def _boxes(self, events: Events, rows: dict[str, Integers], court: Integers) -> dict[str, Integers]:
        size = (self.games, 2, ROSTER)

        def count(mask: Booleans, place: Integers, side: Integers, weights: Integers | None = None) -> Integers:
            key = (events.game[mask] * 2 + side[mask]) * ROSTER + place[mask]
            weight = None if weights is None else weights[mask]
            return np.bincount(key, weight, minlength=int(np.prod(size))).astype(np.int64).reshape(size)

        kind, place, side = events.kind, events.place, events.side
        shot, throw, three = kind == SHOT, kind == FREE_THROW, events.zone >= 3
        good = events.made == 1
        other_side = 1 - side
        boxes = {
            "fg_makes": count(shot & good, place, side),
            "fg_attempts": count(shot, place, side),
            "three_makes": count(shot & good & three, place, side),
            "three_attempts": count(shot & three, place, side),
            "ft_makes": count(throw & good, place, side),
            "ft_attempts": count(throw, place, side),
            "offensive_rebounds": count(kind == REBOUND_OFFENSIVE, place, side),
            "defensive_rebounds": count(kind == REBOUND_DEFENSIVE, place, side),
            "assists": count(events.role == ASSIST, events.other, side),
            "steals": count(events.role == STEAL, events.other, other_side),
            "blocks": count(events.role == BLOCK, events.other, other_side),
            "turnovers": count((kind == TURNOVER) | (kind == OFFENSIVE_FOUL), place, side),
            "fouls": count(np.isin(kind, (FOUL_OFFENSIVE, FOUL_SHOOTING, FOUL_PERSONAL)), place, side),
        }
        boxes["points"] = 2 * boxes["fg_makes"] + boxes["three_makes"] + boxes["ft_makes"]
        seconds = np.zeros(int(np.prod(size)))
        plus = np.zeros(int(np.prod(size)))
        home_points = np.where(rows["offense"] == 1, rows["points"], -rows["points"])
        for on in (0, 1):
            for five in range(5):
                key = (rows["game"] * 2 + on) * ROSTER + court[:, on, five]
                seconds += np.bincount(key, rows["begin"] - rows["end"], minlength=len(seconds))
                plus += np.bincount(key, home_points * (1 if on else -1), minlength=len(plus))
        boxes["seconds"] = np.rint(seconds).astype(np.int64).reshape(size)
        boxes["plus_minus"] = np.rint(plus).astype(np.int64).reshape(size)
        return boxes


def _fives(random: np.random.Generator, lineups: Lineups) -> Integers:
    """Who is on court: [game, side, segment, five] places, each as often as his share of the game says.

    Starters begin the first and the third period. The others are drawn systematically: the shares, laid end
    to end, are five long, and whoever five marks at a distance of one fall on plays.
    """
    games = len(lineups.share)
    segments = 4 * SEGMENTS + OVERTIME_SEGMENTS * (MOST_PERIODS - 4)
    opening = np.isin(np.arange(segments), (0, 2 * SEGMENTS))
    regular = 4 * SEGMENTS
    share = np.clip((regular * lineups.share - 2 * lineups.starts) / (regular - 2), 0, 0.97)
    for _ in range(3):
        over = np.minimum(share, 0.97)
        room = np.where((over < 0.97) & (over > 0), over, 0.0)
        share = over + room / room.sum(axis=2, keepdims=True) * (5 - over.sum(axis=2, keepdims=True))
    share = np.minimum(share, 1.0)
    mixed = np.argsort(random.random(share.shape), axis=2)
    laid = np.cumsum(np.take_along_axis(share, mixed, axis=2), axis=2)
    laid[..., -1] = 5.0
    first = np.concatenate([np.zeros((games, 2, 1)), laid[..., :-1]], axis=2)
    mark = random.random((games, 2, 1)) + np.arange(segments) * 0.6180339887498949
    mark = (mark + random.normal(0, 0.05, mark.shape)) % 1.0
    falls = np.floor(laid[:, :, None, :] + mark[..., None]) > np.floor(first[:, :, None, :] + mark[..., None])
    on = np.zeros(falls.shape, dtype=bool)
    np.put_along_axis(on, np.broadcast_to(mixed[:, :, None, :], on.shape), falls, axis=3)
    on = np.where(opening[None, None, :, None], lineups.starts[:, :, None, :], on)
    assert (on.sum(axis=3) == 5).all()
    return np.argsort(~on, axis=3, kind="stable")[..., :5].astype(np.int64)
