"""Raw rows that are not used, and games that no feed has as the final score: what every command says of them.

A row needs attention where a table lacks something for it: it is of the schedule or of a feed of played games, and its
date is open for a table that is asked about; of odds and injuries it is one that the date misses by name (`missed` in
the macro feeds), and no row lacks for any other of them, nor for ages. A date that is complete or excused has what it
needs without the row: there the words name it, and ask nothing of anybody. Since the state of a date decides, every
command exits alike; only rows without a date ask by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from python_processors.contract import hashed_tables
from python_processors.orchestration.state.counted import EXCUSES
from python_processors.orchestration.state.states import FINE, State
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import played_feeds
from python_processors.words import count_of

_NAMED = 10
_PLAYER = "add an alias or a row of the registry"
_TEAM = "add the spelling to seeds/team_spellings.csv, or correct the row"
# What repairs a row, by its reason up to a colon, where that is more than to correct it. The reasons stand in the
# staging models.
TO_DO = {
    "unknown team": _TEAM,
    "team does not play in the game": _TEAM,
    "unknown player": _PLAYER,
    "ambiguous player": _PLAYER,
    "universal_player_id of several players": "give each of them an id of his own in the registry",
    "no universal_player_id": "give him an id of his own in the registry",
    "unknown second player": _PLAYER,
    "ambiguous second player": _PLAYER,
    "unknown game status": "load a schedule that says it",
    "unknown injury status": "load a report that says available, probable, questionable, doubtful or out",
    "no report hour": "load the report with the hour at which it came out",
    "impossible report hour": "load the report with its hour, from 0 to 23",
    "unknown outcome": "load lines whose outcomes are the game's teams, over or under",
    "teams are not known yet": "it waits for a schedule that names them",
    "game is not final": "refresh the schedule, unless the game is in progress",
    "no usable row of the opponent": "load the team box of the other team, or correct that one",
    "not the date of its game": "correct the date in its file, and load again",
    "date is not that of the tip-off": "correct the date or the tip-off in its file, and load again",
    "still scheduled, though later games are final": "refresh the schedule, or take the game out",
    "no row of the game": "load a schedule that has it, or correct the rows of that feed",
    "no tip-off": "load a schedule that has it",
    "no scheduled game": "refresh the schedule, or correct the row",
    "several games of the team on the date": "load a schedule with its one game",
    "no feed agrees with the final score": "load a box score with all figures, or a schedule with the score",
    "most of its players are unknown": "load it with the registry's keys of players",
    "nothing tells whether it went in": "load the play-by-play again, with its texts and scores",
    "score is not that of the schedule": "load the scoreboard again, or a schedule with the score",
    "two different scores of the game": "load the scoreboard again",
    "no score that a final game has": "load the scoreboard again",
    "its status contradicts that it is completed": "load the scoreboard again",
    "not final, and final by the schedule": "load the scoreboard again, or correct the schedule",
    "not final, and no scheduled game": "refresh the schedule, or leave it: nothing says that it was played",
    "last score is not the final score": "load the whole play-by-play, or a schedule with the score",
    "points of its events are not the final score": "load the whole play-by-play, or a schedule with the score",
    "its events are out of order": "load the play-by-play again, in the order of the game",
    "it lacks a period": "load the play-by-play again, with every period by its number",
    "its shots are from where none can be": "load the play-by-play again, with distances in feet",
    "its court zones are not those of its distances": "load the play-by-play again, with its own zones and distances",
    "other feeds contradict the line": "load the box score again, or from the other feed",
    "no row of a player on court": "load a box score that has him",
    "other totals than those of the players": "load the team box or the play-by-play again",
    "another game of one of its teams on the date": "load a schedule with the one that is played",
    "no play-by-play of the game": "load it; without it shot zones and starters of the game are not known",
    "two rows of the game that differ": "load a schedule with one row of it",
    "points are not the score of the schedule": "load the team's box again, or a schedule with the score",
}
REGISTRY = "nba_players_registry"  # its rows are of no date: the dates that lack who he is ask
_AGE = "impossible birth date"  # an age is optional: no row lacks for it
# A feed lacks some games of every season, as the play-in games of 2021-23: their rows are whole but for shot zones.
_NO_EVENTS = "no play-by-play of the game"
_LINE = "correct the line in seeds/completeness_exceptions.csv, or take it out"
_TO_DO_ELSE = "correct the row in its file, and load again"
_NOTHING = "left out, and no row{of} lacks for it: no action needed"
# A report and bookmakers name people who are in no registry since they never play.
_UNLESS_HE_PLAYS = f"left out, and no row{{of}} lacks for it; if he is to play, {_PLAYER}"


@dataclass(frozen=True)
class HeldBack:
    """Rows of one feed and reason: how many, on which dates (None of rows without one), and one of them by name.

    `needs_action`: a date of a table that was asked about is open, or they have no date. `of_tables` names these
    tables; it is empty where all were asked about.
    """

    feed: str
    reason: str
    rows: int
    first: date | None
    last: date | None
    example: str
    needs_action: bool = True
    of_tables: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        days = " without a date" if self.first is None else f" of {self.first}"
        if self.first != self.last:
            days += f" to {self.last}"
        what = {EXCUSES: "line"}.get(self.feed, "game" if self.reason == _NO_EVENTS else "row")
        if self.feed in (EXCUSES, REGISTRY):
            days = ""
        rows = f"1 {what}" if self.rows == 1 else f"{self.rows:,} {what}s"
        named = f"({'' if self.rows == 1 else 'the first: '}{self.example})"
        return f"{self.feed}: {rows}{days}: {self.reason} {named}: {self.to_do}"

    @property
    def to_do(self) -> str:
        """What repairs it, in a few words."""
        if self.reason == _AGE:
            return "his age is unknown, and no row lacks for it: no action needed"
        if self.reason == _NO_EVENTS and not self.needs_action:
            return "shot zones of its rows are null, as they say themselves; load it if there is one"
        if not self.needs_action:
            may_play = self.reason == "unknown player" and self.feed not in played_feeds()
            said = _UNLESS_HE_PLAYS if may_play else _NOTHING
            return said.format(of=f" of {', '.join(self.of_tables)}" if self.of_tables else "")
        if self.feed == EXCUSES:
            return _LINE
        return TO_DO.get(self.reason.split(":")[0], _TO_DO_ELSE)

    def to_dict(self) -> dict[str, Any]:
        days = {"first": self.first and self.first.isoformat(), "last": self.last and self.last.isoformat()}
        return {**asdict(self), **days, "to_do": self.to_do}


def held_back(session: Session, start: date, end: date, states: Sequence[State]) -> list[HeldBack]:
    """What nba_ops.quarantine holds of a range, and of no date, by feed and reason: what needs action goes first.

    :param states: of the tables that are asked about, over the range.
    """
    if not session.columns("nba_ops.quarantine"):
        return []
    asked = {state.table for state in states}
    of_tables = () if asked.issuperset(hashed_tables()) else tuple(sorted(asked))
    open_days = ", ".join(sorted({f"date '{state.day}'" for state in states if state.outcome not in FINE}))
    is_open = f"game_date in ({open_days})" if open_days else "game_date is null and 1 = 0"
    needed = "', '".join(("nbac_schedule", *played_feeds()))
    missed = (
        f"select distinct game_date, quarantine_reason from {session.named('nba_ops.expected_rows')} where {is_open}"
        if session.columns("nba_ops.expected_rows")
        else "select cast(null as date) as game_date, cast(null as string) as quarantine_reason"
    )
    rows = session.read(
        f"""
        select
            table_name, reason, needs_action, count(*) as row_count, min(game_date) as first_day,
            max(game_date) as last_day,
            min(concat(coalesce(cast(game_date as string), ''), ' ', coalesce(row_key, '?'))) as example
        from (
            select
                held.table_name, held.reason, held.game_date, held.row_key,
                case
                    when held.table_name = '{REGISTRY}'
                        then {"1 = 1" if open_days else "1 = 0"} and held.reason <> '{_AGE}'
                    else
                        held.game_date is null
                        or missed.game_date is not null
                        or (held.{is_open} and held.table_name in ('{needed}'))
                end as needs_action
            from {session.named("nba_ops.quarantine")} as held
            left join ({missed}) as missed
                on
                    held.game_date = missed.game_date
                    and concat(held.table_name, ': ', held.reason) = missed.quarantine_reason
            where held.game_date between date '{start}' and date '{end}' or held.game_date is null
        ) as judged
        group by table_name, reason, game_date is null, needs_action
        order by needs_action desc, row_count desc, table_name, reason
        """
    ).to_pylist()
    return [
        HeldBack(
            row["table_name"], row["reason"], int(row["row_count"]), row["first_day"], row["last_day"],
            row["example"].strip(), bool(row["needs_action"]), of_tables,
        )
        for row in rows
    ]  # fmt: skip


def asks(found: Sequence[HeldBack]) -> bool:
    """Whether somebody is asked to repair something."""
    return any(one.needs_action for one in found)


def lines_of(found: Sequence[HeldBack]) -> list[str]:
    """Up to ten of them for people, under a title; none where nothing is held back."""
    if not found:
        return []
    more = [f"  and {count_of(len(found) - _NAMED, 'more reason')}"] if len(found) > _NAMED else []
    return ["", "Held back (nba_ops.quarantine):", *(f"  {one.sentence}" for one in found[:_NAMED]), *more]
