"""The five precompute tables, from their contracts' words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tests.by_hand.archive import ZONES, Archive, Box, Game, Row, Shots
from tests.by_hand.arithmetic import clamp, mean, ratio, rounded, sample_deviation


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
        # Penalties of python_processors/basketball/quality.py: fewer than ten games 10, zones unavailable 15.
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
