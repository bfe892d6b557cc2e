"""A player's line is held against the play-by-play and the other feed, and who played is missed by name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.integration.conftest import Rewrite
from tests.integration.test_evidence import DAY, build_day, covered, game, sources
from tests.integration.test_feeds_agree import GAMEBOOK, Game, held
from tests.warehouse import Warehouse

__all__ = ["game"]  # the fixture of that module

BALLDONTLIE, PLAY_BY_PLAY = "bdl_player_boxscores", "bigdataball_play_by_play"
FIGURES = (
    "minutes", "points", "field_goals_made", "field_goals_attempted", "three_pointers_made", "three_pointers_attempted",
    "free_throws_made", "free_throws_attempted", "offensive_rebounds", "defensive_rebounds", "total_rebounds", "assists",
    "steals", "blocks", "turnovers", "personal_fouls",
)  # fmt: skip


def best_and_worst(warehouse: Warehouse, game_id: str, team: str, by: str = "points") -> tuple[str, str]:
    """Of a team's players of a game with more than ten minutes, who has most and who least of a figure."""
    rows = warehouse.query(
        "select player_lookup from nba_intermediate.int_player_boxes"
        f" where game_id = '{game_id}' and team_abbr = '{team}' and seconds_played > 600 order by {by} desc, 1"
    )
    return rows[0][0], rows[-1][0]


def exchanged(game_id: str, one: str, other: str, what: Sequence[str] = FIGURES) -> str:
    """SQL of the gamebook in which two players of a game have each other's figures."""
    figures = ", ".join(f"coalesce(other.{figure}, mine.{figure}) as {figure}" for figure in what)
    return f"""
        select mine.* replace ({figures})
        from raw as mine
        left join raw as other
            on mine.game_id = '{game_id}' and other.game_id = '{game_id}'
            and mine.player_lookup in ('{one}', '{other}') and other.player_lookup in ('{one}', '{other}')
            and mine.player_lookup <> other.player_lookup
    """


def without_game(game_id: str) -> str:
    return f"from raw where game_id <> '{game_id}'"


def held_back_of(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Whose rows the date lacks, and as what they are held back."""
    return warehouse.query(
        "select entity, quarantine_reason from nba_ops.expected_rows where table_name = 'player_game_summary'"
        f" and game_date = '{DAY}' and quarantine_reason is not null order by entity"
    )


def excuse(warehouse: Warehouse, rows: Sequence[tuple[str, str]], *, count: int = 1, by: str = "a test") -> None:
    """Have one line of completeness_exceptions for each, and no other; then count the date.

    :param rows: whose (nobody's in particular, if blank), and held back as what (not at all, if blank).
    :param by: who looked.
    """
    warehouse.execute("delete from nba_ops.completeness_exceptions")
    for entity, why in rows:
        warehouse.execute(
            "insert into nba_ops.completeness_exceptions by name select 'player_game_summary' as table_name,"
            f" date '{DAY}' as first_date, date '{DAY}' as last_date, nullif('{entity}', '') as entity,"
            f" {count} as row_count, nullif('{why}', '') as quarantine_reason, 'a test' as reason,"
            f" nullif('{by}', '') as reviewed_by"
        )
    assert warehouse.dbt("run", "-s", "expected_boxes", "expected_rows", "coverage", window=(DAY, DAY)).success


def test_a_team_whose_players_have_each_others_lines_is_taken_from_the_feed_that_the_play_by_play_confirms(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game
) -> None:
    game_id, home, away = game
    best, worst = best_and_worst(copy_of_built, game_id, home)
    before = copy_of_built.query(
        f"select player_lookup, points from nba_analytics.player_game_summary where game_id = '{game_id}' order by 1"
    )
    rewrite(copy_of_built.raw_dir, GAMEBOOK, exchanged(game_id, best, worst))
    build_day(copy_of_built)
    assert sources(copy_of_built, game_id) == {home: "bdl_boxscores", away: "nbac_gamebook"}
    assert covered(copy_of_built)[0] == "complete"
    assert before == copy_of_built.query(
        f"select player_lookup, points from nba_analytics.player_game_summary where game_id = '{game_id}' order by 1"
    )
    ((verdict,),) = copy_of_built.query(
        f"select home_verdict from nba_ops.game_evidence where game_id = '{game_id}' and feed = '{GAMEBOOK}'"
    )
    assert verdict.startswith(f"2 wrong lines, the first: {min(best, worst)}: points/rebounds/")


def test_team_rows_that_are_made_of_contradicted_lines_are_partial(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    game_id, home, _ = game
    rewrite(copy_of_built.raw_dir, GAMEBOOK, exchanged(game_id, *best_and_worst(copy_of_built, game_id, home)))
    for feed in (BALLDONTLIE, "nbac_team_boxscore"):
        rewrite(copy_of_built.raw_dir, feed, without_game(game_id))
    build_day(copy_of_built)
    for table in ("team_offense_game_summary", "team_defense_game_summary"):
        outcome, reason = covered(copy_of_built, table)
        assert (outcome, "no official team box, and nbac_gamebook_player_stats has 2 wrong lines" in reason) == (
            "partial",
            True,
        )


@pytest.mark.slow
def test_what_only_the_play_by_play_contradicts_is_named_and_excused_by_name_alone(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """The one feed that has the game gives two players each other's lines, and leaves out one of the other team, who did not
    score, and whose minutes are lost in the rounding of the others'."""
    game_id, home, away = game
    best, worst = best_and_worst(copy_of_built, game_id, home)
    ((lost,),) = copy_of_built.query(
        f"select player_1_lookup from nba_staging.stg_bigdataball__play_by_play where game_id = '{game_id}'"
        f" and player_1_team_abbr = '{away}' and event_type in ('rebound', 'foul') and event_subtype <> 'technical'"
        " group by 1 order by count(*), 1 limit 1"
    )
    points = f"(select points from raw where game_id = '{game_id}' and player_lookup = '{lost}')"
    rewrite(copy_of_built.raw_dir, GAMEBOOK, exchanged(game_id, best, worst))
    rewrite(
        copy_of_built.raw_dir, GAMEBOOK,
        f"""
        with others as (
            select *, row_number() over (order by points desc, player_lookup) = 1 as is_first from raw
            where game_id = '{game_id}' and team_abbr = '{away}' and player_lookup <> '{lost}' and points is not null
        )
        select * from raw where game_id <> '{game_id}' or team_abbr <> '{away}' or points is null
        union all by name
        select * exclude (is_first) replace (
            case when is_first then points + {points} else points end as points,
            case when is_first then free_throws_made + {points} else free_throws_made end as free_throws_made,
            case when is_first then free_throws_attempted + {points} else free_throws_attempted end as free_throws_attempted,
            '' as minutes
        ) from others""",
    )  # fmt: skip
    rewrite(copy_of_built.raw_dir, BALLDONTLIE, without_game(game_id))
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert "none is excused" in reason
    named = {
        entity for (entity,) in copy_of_built.query(
            "select entity from nba_ops.expected_rows where table_name = 'player_game_summary'"
            f" and game_date = '{DAY}' and quarantine_reason is not null"
        )
    }  # fmt: skip
    assert {f"{best} line", f"{worst} line", lost} <= named
    by_reason = held(copy_of_built, GAMEBOOK)
    assert by_reason["no row of a player on court"] == 1
    assert by_reason["other feeds contradict the line"] >= 2

    lines = held_back_of(copy_of_built)
    for whom, expected in ((lines, "excused"), ([("somebodyelse", lines[0][1]), *lines[1:]], "partial")):
        excuse(copy_of_built, whom)
        assert covered(copy_of_built)[0] == expected
    assert covered(copy_of_built)[1].count(lines[0][0]) == 1  # whom no line excuses goes first
    excuse(copy_of_built, lines, by="  ")
    assert "none is excused" in covered(copy_of_built)[1]  # nobody looked at the lines
    # A line that names nobody excuses by number: what is held back for its own reason, or whatever, if it has none.
    reasons = sorted({why for _, why in lines})
    for whom, count, expected in (
        ([("", why) for why in reasons], 999, "excused"),
        ([("", why) for why in reasons[1:]], 999, "partial"),
        ([("", "")], len(lines), "excused"),
        ([("", "")], len(lines) - 1, "partial"),
        ([("", "")], -1, "partial"),
    ):
        excuse(copy_of_built, whom, count=count)
        assert covered(copy_of_built)[0] == expected, whom


@pytest.mark.slow
def test_a_row_that_is_held_back_and_excused_hides_nobody_else_who_played(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """The one feed that has the game names a player whom nobody knows, where the play-by-play has a known one: he is missed
    by that row, and in person once it is excused."""
    game_id, home, _ = game
    best, _ = best_and_worst(copy_of_built, game_id, home)
    rewrite(
        copy_of_built.raw_dir, GAMEBOOK,
        f"""
        select * replace (
            case when game_id = '{game_id}' and player_lookup = '{best}' then 'nobodyknown' else player_lookup end
                as player_lookup,
            case when game_id = '{game_id}' and player_lookup = '{best}' then 'Nobody Known' else player_name end as player_name
        ) from raw""",
    )  # fmt: skip
    rewrite(copy_of_built.raw_dir, BALLDONTLIE, without_game(game_id))
    build_day(copy_of_built)
    unknown, himself = "nobodyknown", (best, f"{GAMEBOOK} of {home}: no row, and {PLAY_BY_PLAY} has him on court")
    listed = held_back_of(copy_of_built)
    assert [entity for entity, _ in listed] == [unknown]
    excuse(copy_of_built, listed)
    assert held_back_of(copy_of_built) == [*listed, himself] or held_back_of(copy_of_built) == [himself, *listed]
    outcome, reason = covered(copy_of_built)
    assert (outcome, f"the first: {himself[1]}" in reason) == ("partial", True)
    assert reason.endswith(f"1 is excused: {unknown}")
    excuse(copy_of_built, [*listed, himself])
    assert covered(copy_of_built)[0] == "excused"


@pytest.mark.slow
def test_a_line_by_number_frees_no_more_rows_that_are_held_back_than_it_counts(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """A player whom nobody knows in each team: a line for one of them may mean either, and so it means neither."""
    game_id, home, away = game
    best = [best_and_worst(copy_of_built, game_id, team)[0] for team in (home, away)]
    names = ", ".join(
        f"case when game_id = '{game_id}' and player_lookup in ('{best[0]}', '{best[1]}') then {new} else {column} end as {column}"
        for column, new in (
            ("player_lookup", "'nobody' || player_lookup"),
            ("player_name", "'Nobody ' || player_lookup"),
        )
    )
    rewrite(copy_of_built.raw_dir, GAMEBOOK, f"select * replace ({names}) from raw")
    rewrite(copy_of_built.raw_dir, BALLDONTLIE, without_game(game_id))
    build_day(copy_of_built)
    unknown = sorted(f"nobody{player}" for player in best)
    assert [entity for entity, _ in held_back_of(copy_of_built)] == unknown
    for count, listed in ((-1, unknown), (0, unknown), (1, unknown), (2, sorted([*best, *unknown]))):
        excuse(copy_of_built, [("", "unknown player")], count=count)
        assert [entity for entity, _ in held_back_of(copy_of_built)] == listed, count


def test_minutes_that_two_players_have_from_each_other_and_one_whom_the_other_feed_has_alone_are_named(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    """No play-by-play has the game. Of the home team two players have each other's minutes in the gamebook, which nothing
    decides: the date is partial. The away team's gamebook lacks who played least: balldontlie has him, and is used."""
    game_id, home, away = game
    most, least = best_and_worst(copy_of_built, game_id, home, by="seconds_played")
    ((lost,),) = copy_of_built.query(
        "select player_lookup from nba_intermediate.int_player_boxes"
        f" where game_id = '{game_id}' and team_abbr = '{away}' and seconds_played > 0 order by seconds_played, 1 limit 1"
    )
    rewrite(copy_of_built.raw_dir, GAMEBOOK, exchanged(game_id, most, least, ("minutes",)))
    rewrite(copy_of_built.raw_dir, GAMEBOOK, f"from raw where not (game_id = '{game_id}' and player_lookup = '{lost}')")
    rewrite(copy_of_built.raw_dir, PLAY_BY_PLAY, without_game(game_id))
    build_day(copy_of_built)
    lines = dict(copy_of_built.query(
        "select player_lookup, problem from nba_intermediate.int_line_evidence"
        f" where game_id = '{game_id}' and feed = '{GAMEBOOK}'"
    ))  # fmt: skip
    assert {most, least, lost} == set(lines)
    assert lines[lost].startswith(f"no row, and {BALLDONTLIE} has minutes of him: ")
    assert all(
        lines[one].startswith("minutes ") and f" where {BALLDONTLIE} has " in lines[one] for one in (most, least)
    )
    assert sources(copy_of_built, game_id) == {home: "nbac_gamebook", away: "bdl_boxscores"}
    assert {f"{most} line", f"{least} line"} == {entity for entity, _ in held_back_of(copy_of_built)}
    outcome, reason = covered(copy_of_built)
    assert (outcome, f"{GAMEBOOK} of {home}: minutes " in reason) == ("partial", True)


@pytest.mark.slow
def test_without_a_play_by_play_lines_that_differ_are_named_and_so_are_counts_that_no_game_had(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    game_id, home, away = game
    one, other = best_and_worst(copy_of_built, game_id, home)[0], best_and_worst(copy_of_built, game_id, away)[0]
    rewrite(copy_of_built.raw_dir, PLAY_BY_PLAY, without_game(game_id))
    rewrite(
        copy_of_built.raw_dir, GAMEBOOK,
        f"""
        select * replace (
            case when game_id = '{game_id}' and player_lookup = '{one}' then assists + 9
                when game_id = '{game_id}' and player_lookup = '{other}' then 99 else assists end as assists
        ) from raw""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert held(copy_of_built, GAMEBOOK)["other feeds contradict the line"] == 1
    assert held(copy_of_built, GAMEBOOK)["a count that no game ever had"] == 1
    outcome, reason = covered(copy_of_built)
    assert outcome == "partial"
    assert f"where {BALLDONTLIE} " in reason
    assert sources(copy_of_built, game_id)[away] == "bdl_boxscores"


def test_two_rows_of_the_schedule_that_came_together_and_differ_decide_nothing(
    copy_of_built: Warehouse, rewrite: Rewrite, game: Game, rows_may_go: None
) -> None:
    game_id, home, _ = game
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * replace (home_team_score + 1 as home_team_score) from raw
            where game_date = '{DAY}' and home_team_tricode = '{home}'
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    outcome, reason = covered(copy_of_built)
    assert outcome == "blocked"
    assert game_id in reason
    ((said,),) = copy_of_built.query("select reason from nba_ops.quarantine where table_name = 'nbac_schedule'")
    assert said.startswith(f"two rows of the game that differ: {DAY} ")
    assert said.count(f"@{home} final ") == 2
