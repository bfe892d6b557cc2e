"""Precompute rows of the real archive against those reckoned by hand (tests/by_hand)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import load_contract
from tests.by_hand.archive import Archive, Row
from tests.by_hand.tables import (
    daily_cache,
    defense_zones,
    factors,
    feature_row,
    features,
    known,
    shot_zones,
)
from tests.warehouse import Warehouse

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

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
    """Decimals, and doubles of so many decimals, as fractions; in lists too."""
    if isinstance(value, list):
        return [exact(element) for element in value]
    return Fraction(str(value)) if isinstance(value, Decimal | float) else value


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
