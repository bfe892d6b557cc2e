"""A week of mornings with ordinary accidents on four teams: rows, outcomes, history, digest and exit code of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from python_processors.cli.command import NOBODY, SOMEBODY
from python_processors.contract import hashed_tables
from python_processors.orchestration.run.steps import NOTHING_CHANGED
from tests.mixed_changes.strike import Moment
from tests.mixed_changes.week import BOX_SCORES, KILLED, Fault, Morning, Week, lost_box_score, wrong_figure
from tests.raw_changes import FEEDS_OF_PLAYERS, shots_in_a_second
from tests.unit.test_alerts import Channel

PLAYERS, OFFENSE, DEFENSE = "player_game_summary", "team_offense_game_summary", "team_defense_game_summary"
SUMMARIES = (PLAYERS, OFFENSE, DEFENSE)
ZONES, TEAM_ZONES = "player_shot_zone_analysis", "team_defense_zone_analysis"
OF_TONIGHT = ("player_composite_factors", "player_daily_cache", "ml_feature_store_v2")
PRECOMPUTE = (ZONES, TEAM_ZONES, *OF_TONIGHT)
ANALYTICS = tuple(set(hashed_tables()) - set(PRECOMPUTE))
GAME = "20211102_DEN_LAL"  # the one whose box score of LAL is lost
DEAD = "json://127.0.0.1:9/hook"


def of(day: str, *tables: str) -> set[tuple[str, str]]:
    return {(day, table) for table in tables}


def title(morning: Morning) -> str:
    (digest,) = morning.digests
    return digest["title"].partition(": ")[2]


def message(morning: Morning) -> str:
    (digest,) = morning.digests
    return digest["message"]


def built(tables: tuple[str, ...], dates: int) -> set[tuple[str, bool, None, None, int]]:
    """Rows of history of tables that were built without a fault."""
    return {(table, True, None, None, dates) for table in tables}


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    channel = Channel()
    made = Week(tmp_path, channel)
    yield made
    made.close()
    channel.server.shutdown()
    channel.server.server_close()


def before_anything_goes_wrong(week: Week) -> None:
    """Thirteen days at once, the season's first: precompute tables have no rows yet."""
    week.files_come("2021-11-01")
    morning = week.morning()
    assert (morning.code, morning.digests, week.outcomes()) == (NOBODY, [], {})
    assert week.rows("2021-11-01") == {
        PLAYERS: 39, OFFENSE: 4, DEFENSE: 4, "upcoming_player_game_context": 53, "upcoming_team_game_context": 4,
    }  # fmt: skip
    assert set(week.new_history()) == built(ANALYTICS, 12)
    assert week.runs() == [("today", "done")]


def a_box_score_is_lost(week: Week) -> None:
    week.faults += lost_box_score("LAL", "2021-11-02")
    week.files_come("2021-11-02")
    morning = week.morning()
    assert morning.code == SOMEBODY
    assert week.outcomes() == {"partial": of("11-02", *SUMMARIES)}
    # What looks back does not look at its own date: everybody has a row of it.
    assert week.rows("2021-11-02") == {
        PLAYERS: 28, OFFENSE: 2, DEFENSE: 2, "upcoming_player_game_context": 53, "upcoming_team_game_context": 4,
        ZONES: 34, "player_composite_factors": 53, "player_daily_cache": 42, "ml_feature_store_v2": 53,
    }  # fmt: skip
    assert title(morning) == "3 partial"
    assert f"{PLAYERS} 2021-11-02: 28 of 29 rows: 1 row without a source, the first: LAL players of {GAME}" in message(
        morning
    )
    assert "Next: fullcourt gaps --start 2021-11-02 --end 2021-11-02" in message(morning)
    assert set(week.new_history()) == built(ANALYTICS, 2) | built(PRECOMPUTE, 1)
    assert week.query("select count(*) from nba_ops.build_failures") == [(0,)], "it is partial, and was built"
    assert week.runs()[1:] == [("today", "partial")]


def nothing_changed_and_the_hole_is_open(week: Week) -> None:
    before = week.rows("2021-11-02")
    morning = week.morning()
    assert (morning.code, morning.digests) == (SOMEBODY, [])
    assert (week.rows("2021-11-02"), week.outcomes()) == (before, {"partial": of("11-02", *SUMMARIES)})
    assert {(row[1], row[2], row[4]) for row in week.new_history()} == {(True, NOTHING_CHANGED, 0)}
    assert week.runs()[2:] == [("today", "done")]


def a_wrong_figure_holds_one_player_back(week: Week) -> None:
    """More makes than attempts, in both feeds. Who met the lost game, or meets who did, has no row: with four teams all."""
    who = "(select min(player_lookup) from raw where game_date = '2021-11-03' and team_abbr = 'NYK' and points > 10)"
    where = f"game_date = '2021-11-03' and team_abbr = 'NYK' and player_lookup = {who}"
    week.faults += [
        wrong_figure(table, "field_goals_made", "field_goals_attempted + 1", where) for table in BOX_SCORES[:2]
    ]
    week.files_come("2021-11-03")
    morning = week.morning()
    assert morning.code == SOMEBODY
    assert week.outcomes() == {
        "partial": of("11-02", *SUMMARIES) | of("11-03", PLAYERS, ZONES), "blocked": of("11-03", *OF_TONIGHT),
    }  # fmt: skip
    assert week.rows("2021-11-03") == {
        PLAYERS: 40, OFFENSE: 4, DEFENSE: 4, "upcoming_player_game_context": 53, "upcoming_team_game_context": 4,
        ZONES: 18,
    }  # fmt: skip
    assert len(week.without_a_row(ZONES, "2021-11-03")) == 17
    everybody = week.players("2021-11-03", "BOS", "NYK", "DEN", "LAL")
    assert week.without_a_row("ml_feature_store_v2", "2021-11-03") == dict.fromkeys(everybody, GAME)
    assert week.query(
        "select distinct reason, row_key from nba_ops.quarantine where game_date = '2021-11-03' and reason like 'more%'"
    ) == [("more makes than attempts", "isaiahreidjr")]
    assert title(morning) == "2 partial, 3 blocked, 3 still open"
    assert (
        f"{PLAYERS} 2021-11-03: 40 of 42 rows: 2 rows held back, the first: more makes than attempts: isaiahreidjr"
        in (message(morning))
    )
    assert f"DEN lacks {DEFENSE} of {GAME} and 1 more" in message(morning)
    assert set(week.new_history()) == built(ANALYTICS, 2) | built(PRECOMPUTE, 1)
    assert week.runs()[3:] == [("today", "partial")]


def a_run_is_killed_and_done_again(week: Week) -> None:
    """Between what its second invocation published and any word of that."""
    week.files_come("2021-11-04")
    killed = week.morning(kill=Moment("append", "before", 2, what="nba_ops.input_ledger"))
    assert (killed.code, killed.digests) == (KILLED, [])
    assert week.new_history() == []
    published = "select distinct table_name from nba_ops.publish_ledger where game_date = '2021-11-04'"
    lost = {table for (table,) in week.query(published)}
    assert lost
    assert week.runs()[4:] == [("today", "running")]

    morning = week.morning()
    assert morning.code == SOMEBODY
    assert week.runs()[4:] == [("today", "killed"), ("today", "partial")]
    ((killed_id,),) = week.query("select run_id from nba_ops.runs where state = 'killed'")
    history = week.new_history()
    assert {row[0] for row in history if not row[1]} == lost
    assert all(f"Run {killed_id} ended before" in (row[3] or "") for row in history if not row[1])
    assert {row for row in history if row[1] and row[0] in PRECOMPUTE} == built(PRECOMPUTE, 1)
    assert week.outcomes() == {
        "partial": of("11-02", *SUMMARIES) | of("11-03", PLAYERS, ZONES) | of("11-04", ZONES),
        "blocked": of("11-03", *OF_TONIGHT) | of("11-04", *OF_TONIGHT),
    }
    assert week.rows("2021-11-04") == {
        PLAYERS: 44, OFFENSE: 4, DEFENSE: 4, "upcoming_player_game_context": 52, "upcoming_team_game_context": 4,
        ZONES: 20,
    }  # fmt: skip
    assert title(morning) == "1 partial, 3 blocked, 2 circuit breakers open, 8 still open"


def a_model_fails_and_nobody_can_be_told(week: Week) -> None:
    """A usage of 69 shots in a second does not go into its column. The other game of the evening met no lost one."""
    week.faults += [Fault(table, shots_in_a_second("2021-11-05")) for table in FEEDS_OF_PLAYERS]
    week.files_come("2021-11-05")
    unheard = week.morning(url=DEAD)
    assert (unheard.code, unheard.digests) == (SOMEBODY, [])
    assert "channel 1 (json) did not take the message" in unheard.words
    history = week.new_history()
    assert {row[0] for row in history if not row[1]} == {PLAYERS}
    assert all("usage_rate" in (row[3] or "") for row in history if not row[1])
    assert built(PRECOMPUTE, 1) <= set(history)
    assert {what: {pair for pair in found if pair[0] == "11-05"} for what, found in week.outcomes().items()} == {
        "partial": of("11-05", *PRECOMPUTE), "blocked": set(), "missing": of("11-05", PLAYERS),
    }  # fmt: skip
    assert week.rows("2021-11-05") == {
        OFFENSE: 4, DEFENSE: 4, "upcoming_player_game_context": 52, "upcoming_team_game_context": 4, ZONES: 21,
        TEAM_ZONES: 2, "player_composite_factors": 26, "player_daily_cache": 24, "ml_feature_store_v2": 26,
    }  # fmt: skip
    assert week.runs()[6:] == [("today", "partial")]
    assert week.query("select processor_name, analysis_date::varchar, attempt_count from nba_ops.build_failures") == [
        (PLAYERS, "2021-11-05", 1)
    ]


def it_is_told_when_somebody_hears(week: Week) -> None:
    morning = week.morning()
    assert morning.code == SOMEBODY
    assert "1 failed" in title(morning)
    assert message(morning).startswith(
        f"Failed: 1 partition of 1 table\n  {PLAYERS} 2021-11-05: {PLAYERS}.usage_rate: "
    )
    assert "Traceback" not in message(morning)
    assert week.query("select processor_name, analysis_date::varchar, attempt_count from nba_ops.build_failures") == [
        (PLAYERS, "2021-11-05", 2)
    ]
    history = week.new_history()
    assert {row[0] for row in history if not row[1]} == {PLAYERS}
    assert {row[2] for row in history if row[1]} == {NOTHING_CHANGED}
    of_the_game = week.players("2021-11-05", "DEN", "LAL")
    assert week.without_a_row("ml_feature_store_v2", "2021-11-05") == dict.fromkeys(of_the_game, GAME)
    made = {name for (name,) in week.query(
        "select player_lookup from nba_predictions.ml_feature_store_v2 where game_date = '2021-11-05'"
    )}  # fmt: skip
    assert made == week.players("2021-11-05", "BOS", "NYK"), "who did not meet it has a row"


def all_is_corrected_and_another_box_score_is_lost(week: Week) -> None:
    week.faults[:] = lost_box_score("NYK", "2021-11-06")
    week.files_come("2021-11-06")
    morning = week.morning()
    assert morning.code == SOMEBODY
    assert week.outcomes() == {"partial": of("11-06", *SUMMARIES)}
    assert title(morning).startswith("3 partial, ")
    assert title(morning).endswith(" resolved")
    assert f"{PLAYERS} 2021-11-05: was failed" in message(morning)
    assert "still open" not in title(morning)
    history = week.new_history()
    assert {row[0] for row in history} == set(hashed_tables())
    assert {row[1:4] for row in history} == {(True, None, None)}
    assert week.rows("2021-11-06") == {
        PLAYERS: 29, OFFENSE: 2, DEFENSE: 2, "upcoming_player_game_context": 52, "upcoming_team_game_context": 4,
        ZONES: 40, TEAM_ZONES: 4, "player_composite_factors": 52, "player_daily_cache": 46, "ml_feature_store_v2": 52,
    }  # fmt: skip
    for table in (*PRECOMPUTE, *SUMMARIES):
        assert all(week.without_a_row(table, f"2021-11-0{day}") == {} for day in range(2, 7)), table
    assert week.query("select resolution_status from nba_ops.build_failures") == [("RESOLVED",)]


def the_hole_is_excused(week: Week) -> None:
    why = "No feed will have NYK of 2021-11-06.,a person"
    week.excuse(
        [f"{table},2021-11-06,2021-11-06,,{rows},,{why}" for table, rows in zip(SUMMARIES, (1, 2, 2), strict=True)]
    )
    morning = week.morning()
    assert (morning.code, morning.digests) == (NOBODY, [])
    assert week.outcomes() == {"excused": of("11-06", *SUMMARIES)}
    assert all(row[1] for row in week.new_history())


def nothing_changed_and_nobody_is_needed(week: Week) -> None:
    morning = week.morning()
    assert (morning.code, morning.digests) == (NOBODY, [])
    assert {row[1:3] for row in week.new_history()} == {(True, NOTHING_CHANGED)}
    assert week.runs()[-1] == ("today", "done")


def all_rows_are_those_of_a_build_from_nothing(week: Week) -> None:
    assert week.differing_from_a_build_from_nothing() == (set(), {})


MORNINGS = (
    before_anything_goes_wrong, a_box_score_is_lost, nothing_changed_and_the_hole_is_open,
    a_wrong_figure_holds_one_player_back, a_run_is_killed_and_done_again, a_model_fails_and_nobody_can_be_told,
    it_is_told_when_somebody_hears, all_is_corrected_and_another_box_score_is_lost, the_hole_is_excused,
    nothing_changed_and_nobody_is_needed, all_rows_are_those_of_a_build_from_nothing,
)  # fmt: skip


@pytest.mark.slow
def test_a_week_of_ordinary_accidents_keeps_its_word(week: Week) -> None:
    for morning in MORNINGS:
        morning(week)
