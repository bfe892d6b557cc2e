"""What a change of one raw row may touch, restated by hand: an oracle that knows nothing of the planner's code.

READS repeats, in plain words, what each hashed table's contract says that it reads. It is kept by hand: a read
that is added to a contract, or taken back, has to be understood here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

LAYER = "staging_layer"
BOOTSTRAP_DAYS = 14  # of a season, without rows of the tables that look back

GAMEBOOK, BDL, TEAM_BOX = "nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"
PLAYS, OTHER_PLAYS, INJURIES = "bigdataball_play_by_play", "nbac_play_by_play", "nbac_injury_report"
PROPS, LINES = "odds_api_player_points_props", "odds_api_game_lines"
SECOND_PROPS, SCOREBOARD = "bettingpros_player_points_props", "espn_scoreboard"
BOXES = (GAMEBOOK, BDL, TEAM_BOX, PLAYS, OTHER_PLAYS, SCOREBOARD, PROPS)

Step = tuple[str, date]
Entities = Mapping[str, Mapping[date, set[str]]]


@dataclass(frozen=True)
class On:
    """Rows of the date itself."""

    upstream: str


@dataclass(frozen=True)
class Days:
    """Rows of the `size` days before the date; of those alone whom `of` looks up, if it is given."""

    upstream: str
    size: int
    of: str | None = None


@dataclass(frozen=True)
class Season:
    """Rows of the season strictly before the date; of those alone whom `of` looks up, if it is given."""

    upstream: str
    of: str | None = None


@dataclass(frozen=True)
class Games:
    """The last `size` rows of the season of each one whom `of` looks up."""

    upstream: str
    size: int
    of: str


FORM = (
    Season("player_game_summary", of="int_player_form"),
    Season("int_player_boxes", of="int_player_form"),
    Season("int_player_quarters", of="int_player_form"),
)
OPPONENTS = (
    Games("team_offense_game_summary", 10, of="int_team_form"),
    Games("team_defense_game_summary", 10, of="int_team_form"),
)
PLAYED = (Season("player_game_summary"), Season("expected_boxes"))
LINE_UPS = Days("player_game_summary", 30)

# Reads of reference data and of the schedule are left out: no change here is one of theirs.
READS: dict[str, tuple[On | Days | Season | Games, ...]] = {
    "team_offense_game_summary": (*map(On, (*BOXES, INJURIES)), Days("stg_nbac__gamebook_player_stats", 30)),
    "player_game_summary": (*map(On, (*BOXES, SECOND_PROPS)), On("team_offense_game_summary")),
    "team_defense_game_summary": (*map(On, (*BOXES, INJURIES)), Days("stg_nbac__gamebook_player_stats", 30)),
    "upcoming_player_game_context": (
        *map(On, (GAMEBOOK, LINES, PROPS, SECOND_PROPS, INJURIES, "int_team_rosters")),
        *FORM, *OPPONENTS, LINE_UPS, *PLAYED,
    ),
    "upcoming_team_game_context": (
        *map(On, (GAMEBOOK, LINES, INJURIES)), LINE_UPS, *PLAYED,
        Season("team_offense_game_summary"), Season("team_defense_game_summary"),
    ),
    "player_shot_zone_analysis": (Games("player_game_summary", 20, of="player_shot_zone_analysis"), *PLAYED),
    "team_defense_zone_analysis": (
        Games("team_defense_game_summary", 15, of="team_defense_zone_analysis"),
        Days("team_defense_game_summary", 30),
        Season("team_offense_game_summary"), Season("team_defense_game_summary"), Season("expected_boxes"),
    ),
    "player_composite_factors": (
        On("upcoming_player_game_context"), On("upcoming_team_game_context"),
        On("player_shot_zone_analysis"), On("team_defense_zone_analysis"), *PLAYED,
    ),
    "player_daily_cache": (
        On("upcoming_player_game_context"), On("player_shot_zone_analysis"),
        *FORM, *OPPONENTS, *PLAYED, Season("team_offense_game_summary"),
    ),
    "ml_feature_store_v2": (
        On(GAMEBOOK), On(INJURIES), On("int_team_rosters"),
        On("upcoming_player_game_context"), On("player_shot_zone_analysis"),
        On("team_defense_zone_analysis"), On("player_composite_factors"), On("player_daily_cache"),
        *FORM, LINE_UPS, *PLAYED, Days("player_game_summary", 1095, of="ml_feature_store_v2"),
        Days("player_game_summary", 1095),
    ),
}  # fmt: skip
# What the staging layer makes of a raw row, as far as a hashed table reads it over a window or by its content.
MADE_OF_RAW_ROWS = (
    "stg_nbac__gamebook_player_stats", "int_player_boxes", "int_player_quarters", "expected_boxes", "int_team_rosters",
)  # fmt: skip
LOOK_BACK = (
    "player_shot_zone_analysis", "team_defense_zone_analysis", "player_composite_factors", "player_daily_cache",
    "ml_feature_store_v2",
)  # fmt: skip

# Who has a row of what is read by player or team, and who looks it up: relation and column.
ROWS = {
    "player_game_summary": ("nba_analytics.player_game_summary", "game_date", "player_lookup"),
    "int_player_boxes": ("nba_intermediate.int_player_boxes", "game_date", "player_lookup"),
    "int_player_quarters": ("nba_intermediate.int_player_quarters", "game_date", "player_lookup"),
    "team_offense_game_summary": ("nba_analytics.team_offense_game_summary", "game_date", "team_abbr"),
    "team_defense_game_summary": ("nba_analytics.team_defense_game_summary", "game_date", "defending_team_abbr"),
}
LOOKED_UP = {
    "int_player_form": ("nba_intermediate.int_player_form", "game_date", "player_lookup"),
    "int_team_form": ("nba_intermediate.int_team_form", "game_date", "team_abbr"),
    "player_shot_zone_analysis": ("nba_precompute.player_shot_zone_analysis", "analysis_date", "player_lookup"),
    "team_defense_zone_analysis": ("nba_precompute.team_defense_zone_analysis", "analysis_date", "team_abbr"),
    "ml_feature_store_v2": ("nba_predictions.ml_feature_store_v2", "game_date", "player_lookup"),
}


@dataclass(frozen=True)
class Haystack:
    """One season as it is built: its dates with games, who has rows on each of them, and who is looked up."""

    dates: tuple[date, ...]
    rows: Entities
    looked_up: Entities

    @classmethod
    def of(cls, query: Callable[[str], list[tuple[Any, ...]]]) -> Haystack:
        """Of a warehouse of one season, through a function that runs a query on it."""
        days = query(
            "select distinct game_date from nba_raw.nbac_schedule"
            " where game_id like '002%' and game_status = 3 order by 1"
        )
        return cls(
            tuple(day for (day,) in days),
            {name: _by_day(query(_pairs(*where))) for name, where in ROWS.items()},
            {name: _by_day(query(_pairs(*where))) for name, where in LOOKED_UP.items()},
        )

    def may_have_rows(self, table: str) -> list[date]:
        first = self.dates[0] + timedelta(days=BOOTSTRAP_DAYS)
        return [day for day in self.dates if table not in LOOK_BACK or day >= first]

    def days_beside(self, raw_table: str, day: date) -> set[date]:
        """Feeds date odds by UTC: a row may be of a game of the day before, or after."""
        return {on for on in self.dates if abs((on - day).days) == 1} if raw_table in (LINES, PROPS) else set()

    def sees(self, read: On | Days | Season | Games, changed: Iterable[date]) -> set[date]:
        """Dates on which a read may see that its upstream changed on other dates, days without games among them."""
        return {day for day in self.dates for other in changed if self._sees(read, day, other)}

    def _sees(self, read: On | Days | Season | Games, day: date, other: date) -> bool:
        if isinstance(read, On):
            return other == day
        if other >= day:
            return False
        if isinstance(read, Days) and (day - other).days > read.size:
            return False
        if read.of is None:
            return True
        entities = self.rows[read.upstream].get(other)
        if not entities:
            return True  # its rows are still to come, and anybody may be among them
        shared = entities & self.looked_up[read.of].get(day, set())
        size = read.size if isinstance(read, Games) else len(self.dates)
        return any(self._games_between(read.upstream, entity, other, day) < size for entity in shared)

    def _games_between(self, upstream: str, entity: str, first: date, last: date) -> int:
        return sum(first < day < last and entity in entities for day, entities in self.rows[upstream].items())

    def touched_by(self, raw_table: str, day: date) -> tuple[set[Step], set[Step]]:
        """What a change of a raw table's rows of a day touches for certain, and what it may."""
        days = {day} | self.days_beside(raw_table, day)
        certain: set[Step] = {(LAYER, on) for on in days}
        may: set[Step] = set()
        changed: dict[str, set[date]] = dict.fromkeys(MADE_OF_RAW_ROWS, days)
        for table, reads in READS.items():
            allowed = set(self.may_have_rows(table))
            sure = days & allowed if On(raw_table) in reads else set()
            seen = set().union(*(self.sees(read, changed.get(read.upstream, ())) for read in reads))
            changed[table] = sure | (seen & allowed)
            certain |= {(table, on) for on in sure}
            may |= {(table, on) for on in changed[table] - sure}
        return certain, may


def _pairs(relation: str, day: str, column: str) -> str:
    return f"select distinct {day}, {column} from {relation}"


def _by_day(pairs: Iterable[tuple[date, str]]) -> dict[date, set[str]]:
    found: dict[date, set[str]] = {}
    for day, entity in pairs:
        found.setdefault(day, set()).add(entity)
    return found
