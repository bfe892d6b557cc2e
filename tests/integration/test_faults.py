"""What the warehouse says of each fault of raw files: quarantine, a run, its dates, verification, dbt's tests."""

from __future__ import annotations

import html
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from python_processors.contract import hashed_tables
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.run.journal import RunResult
from python_processors.simulation.faults import FAULTS, Done, apply
from python_processors.simulation.write import simulate
from tests.integration.conftest import at_work, made_once, request
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import WEEK, Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

RANGE = ("--start", WEEK[0], "--end", WEEK[1])
SUMMARIES = {"player_game_summary", "team_offense_game_summary", "team_defense_game_summary"}
CONTEXTS = {"upcoming_player_game_context", "upcoming_team_game_context"}
JUDGE = {"coverage_accounts_for_every_date"}
DAY = date(2021, 10, 22)


@pytest.fixture(scope="session")
def confirmed_week(tmp_path_factory: pytest.TempPathFactory, league: Path) -> Path:
    """The simulated week as a run of fullcourt leaves it: `raw` and the database."""

    def build(folder: Path) -> None:
        shutil.copytree(league, folder / "raw")
        with at_work(Warehouse(folder / "fullcourt.duckdb", folder / "raw")) as (project, warehouse):
            result = backfill(project, warehouse, request(*WEEK), audited_share=0)
        assert result.is_whole, result.to_dict()

    return made_once(tmp_path_factory, "confirmed_week", build)


@dataclass(frozen=True)
class Found:
    """What became of a week after a fault: how it was spoiled, what a run did, and what is said of it."""

    done: Done
    warehouse: Warehouse
    result: RunResult
    quarantine: dict[tuple[str, str], int]
    changed: set[str]  # tables with rows other than before

    def kinds(self) -> dict[str, set[str]]:
        """Tables by what `fullcourt gaps` says of the fault's day; the first days of a season aside."""
        code = 1 if not self.result.is_whole else 0
        gaps = as_json(self.warehouse, "gaps", *RANGE, code=code)["gaps"]
        kinds: dict[str, set[str]] = {}
        for gap in gaps:
            if gap["kind"] != "not expected":
                assert (gap["start"], gap["end"]) == (f"{self.done.day}",) * 2
                kinds.setdefault(gap["kind"], set()).add(gap["table"])
        return kinds

    def outcomes(self) -> dict[tuple[str, str, str], set[str]]:
        """Tables by outcome and its first and last date, where it is neither complete nor without games."""
        rows = self.warehouse.query(
            "select outcome, min(game_date)::varchar, max(game_date)::varchar, table_name from nba_ops.coverage"
            " where outcome not in ('complete', 'no_games', 'expected_empty') group by outcome, table_name"
        )
        found: dict[tuple[str, str, str], set[str]] = {}
        for outcome, first, last, table in rows:
            found.setdefault((outcome, first, last), set()).add(table)
        return found

    def reason(self, table: str = "player_game_summary", day: date | None = None) -> str:
        """Why a table's date of the fault, or another, is what it is."""
        ((said,),) = self.warehouse.query(
            "select coalesce(reason, '') from nba_ops.coverage"
            f" where table_name = '{table}' and game_date = '{day or self.done.day}'"
        )
        return str(said)

    def disagreeing(self) -> set[tuple[str, str]]:
        """Feeds, and what they say of a team of the fault's day that is not what the final score says."""
        verdicts = self.warehouse.query(
            "select feed, unnest([home_verdict, away_verdict]) as verdict from nba_ops.game_evidence"
            f" where game_date = '{self.done.day}'"
        )
        return {(feed, said) for feed, said in verdicts if said not in ("agrees", "final")}

    def says_everywhere(self, sentence: str) -> bool:
        """Whether `gaps`, `status` and `verify` have the sentence, and the report the reason and what repairs it."""
        page = self.warehouse.path.parent / "report.html"
        fullcourt(self.warehouse, "report", "--out", str(page), code=None)
        shown = html.unescape(page.read_text(encoding="utf-8"))
        code = 0 if self.result.is_whole else 1
        said = [
            fullcourt(self.warehouse, command, *RANGE, code=code).output for command in ("gaps", "status", "verify")
        ]
        lines = as_json(self.warehouse, "verify", *RANGE, code=code)["held_back"]
        return all(sentence in text for text in said) and all(
            line["reason"] in shown and line["to_do"] in shown for line in lines
        )

    def verified(self) -> bool:
        passed: bool = as_json(self.warehouse, "verify", *RANGE, code=0 if self.result.is_whole else 1)["passed"]
        return passed

    def failing_tests(self) -> set[str]:
        return set(self.warehouse.dbt("test").failures)


@pytest.fixture
def found(request: pytest.FixtureRequest, confirmed_week: Path, tmp_path: Path) -> Found:
    """The week after the test's fault, run again."""
    return spoiled(confirmed_week, tmp_path, request.param)


def spoiled(week: Path, at: Path, *faults: str) -> Found:
    shutil.copytree(week, at / "week")
    copy = Warehouse(at / "week" / "fullcourt.duckdb", at / "week" / "raw")
    before = copy.hashes()
    (*_, done) = apply(copy.raw_dir, list(faults), DAY)
    with at_work(copy) as (project, warehouse):
        result = backfill(project, warehouse, request(*WEEK, allow_deletes=True), audited_share=0)
    after = copy.hashes()
    rows = copy.query("select table_name, reason, count(*) from nba_ops.quarantine group by all")
    return Found(
        done, copy, result, {(table, reason): count for table, reason, count in rows},
        {table for table in hashed_tables() if before[table] != after[table]},
    )  # fmt: skip


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("found", [name], indirect=True)


def test_each_fault_has_a_test() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert {name for name in FAULTS if f'@of("{name}")' not in here} == set()


@of("duplicated_loads")
def test_rows_loaded_twice_are_counted_once(found: Found) -> None:
    assert found.result.is_whole
    assert found.quarantine == {}
    assert found.changed == set()
    repeated = dict(
        found.warehouse.query("select table_name, sum(repeated_rows)::int from nba_ops.raw_row_accounting group by 1")
    )
    assert {table: count for table, count in repeated.items() if count} == found.done.rows
    assert found.kinds() == {}
    assert found.verified()
    assert found.failing_tests() == set()


@of("swapped_home_and_away")
def test_home_and_away_come_from_the_schedule_whatever_the_feed_says(found: Found) -> None:
    assert found.result.is_whole
    assert (found.quarantine, found.changed) == ({}, set())
    assert found.kinds() == {}
    assert found.verified()
    assert found.failing_tests() == set()


@of("missing_day")
def test_a_day_that_no_feed_has_is_missing_and_named(found: Found) -> None:
    """The schedule says that it was played: an empty day is no success. Contexts come from rosters of before."""
    assert any("every_date_is_accounted_for" in said for said in found.result.failures.values())
    ((games,),) = found.warehouse.query(f"select count(*) from nba_intermediate.dim_games where game_date = '{DAY}'")
    assert found.quarantine == {("bigdataball_play_by_play", "no play-by-play of the game"): games}
    assert found.kinds() == {"missing": SUMMARIES}
    for table in SUMMARIES:
        assert found.warehouse.query(f"select count(*) from nba_analytics.{table} where game_date = '{DAY}'") == [(0,)]
    contexts = "select count(*) from nba_analytics.upcoming_player_game_context"
    assert found.warehouse.query(f"{contexts} where game_date = '{DAY}'") != [(0,)]
    assert not found.verified()
    assert found.failing_tests() == {"coverage_accounts_for_every_date"}


@of("late_corrections")
def test_a_correction_that_comes_late_changes_its_rows_and_nobody_is_needed(found: Found) -> None:
    assert found.result.is_whole
    assert found.quarantine == {}
    (corrected,) = found.done.rows.values()
    assert "player_game_summary" in found.changed
    assert found.warehouse.query(
        "select sum(updated)::int, sum(inserted)::int, sum(deleted)::int from nba_ops.publish_ledger"
        f" where table_name = 'player_game_summary' and game_date = '{DAY}' and run_id in"
        f" (select invocation_id from nba_ops.input_ledger where run_id = '{found.result.run_id}')"
    ) == [(corrected, 0, 0)]
    assert found.kinds() == {}
    assert found.verified()
    assert found.failing_tests() == set()


@of("thin_day")
def test_a_day_with_one_of_its_games_is_partial(found: Found) -> None:
    assert not found.result.is_whole
    assert found.quarantine == {}
    assert found.kinds() == {"partial": SUMMARIES}
    assert not found.verified()
    assert found.warehouse.query(
        f"select count(distinct game_id) from nba_analytics.team_offense_game_summary where game_date = '{DAY}'"
    ) == [(1,)]
    assert found.failing_tests() == {"coverage_accounts_for_every_date"}


@of("broken_names")
def test_names_that_nobody_knows_are_rows_that_lack_and_their_teams_stay_whole(found: Found) -> None:
    (broken,) = found.done.rows.values()
    assert not found.result.is_whole
    assert found.quarantine == {("nbac_gamebook_player_stats", "unknown player"): broken}
    assert "player_game_summary" in found.changed
    assert not {"team_offense_game_summary", "team_defense_game_summary"} & found.changed
    assert found.warehouse.query(
        "select count(distinct entity_id), bool_or(can_retry) from nba_ops.analytics_failures"
        " where failure_category = 'REGISTRY_LOOKUP_FAILED'"
    ) == [(broken, False)]
    assert found.disagreeing() == set()
    assert found.kinds() == {"partial": {"player_game_summary", "upcoming_player_game_context"}}
    assert f"{broken} rows held back, the first: unknown player: " in found.reason()
    assert found.says_everywhere(f"nbac_gamebook_player_stats: {broken} rows of {DAY}: unknown player")
    assert found.failing_tests() == JUDGE


@of("nan")
def test_what_is_not_a_number_is_quarantined_where_it_is_the_fact_and_unknown_elsewhere(found: Found) -> None:
    assert found.result.is_whole
    assert found.quarantine == {
        ("odds_api_game_lines", "no number"): found.done.rows["odds_api_game_lines"],
        ("odds_api_player_points_props", "no number"): found.done.rows["odds_api_player_points_props"],
    }
    assert found.kinds() == {}
    assert found.verified()
    assert found.failing_tests() == set()


@of("gamebook_without_players")
def test_a_gamebook_without_the_best_players_gives_way_to_the_feed_that_agrees(found: Found) -> None:
    """Another feed has the team whole, and its rows say where they are from; but nothing else names who may play."""
    assert not found.result.is_whole
    assert found.quarantine == {}
    ((feed, verdict),) = found.disagreeing()
    assert feed == "nbac_gamebook_player_stats"
    assert verdict.endswith(" points")
    assert found.warehouse.query(
        "select count(distinct team_abbr) from nba_analytics.player_game_summary"
        f" where game_date = '{DAY}' and primary_source_used = 'bdl_boxscores'"
    ) == [(1,)]
    assert found.kinds() == {"partial": {"upcoming_player_game_context"}}
    assert " who played, the first " in found.reason("upcoming_player_game_context")
    assert not found.verified()
    assert found.failing_tests() == JUDGE


@of("players_under_both_teams")
def test_players_under_both_teams_are_rows_that_lack_and_are_counted_for_neither(found: Found) -> None:
    (doubled,) = found.done.rows.values()
    assert not found.result.is_whole
    assert found.quarantine == {("nbac_gamebook_player_stats", "player is under both teams"): 2 * doubled}
    ((feed, verdict),) = found.disagreeing()
    assert feed == "nbac_gamebook_player_stats"
    assert verdict.endswith(" points")
    assert found.kinds() == {"partial": {"player_game_summary", "upcoming_player_game_context"}}
    assert found.says_everywhere(f"{2 * doubled} rows of {DAY}: player is under both teams")
    assert found.failing_tests() == JUDGE


@of("malformed_ids")
def test_malformed_rows_of_the_schedule_are_each_named_and_empty_no_date(found: Found) -> None:
    """One of them is of a game whose status nobody knows: it was played, and holds up whatever looks back over it."""
    assert not found.result.is_whole
    assert {reason for table, reason in found.quarantine if table == "nbac_schedule"} == {
        "season is not the one that the id names", "teams are not known yet", "unknown game status",
        "another game of the same teams on the date", "game id without its leading zeros",
    }  # fmt: skip
    played = found.warehouse.query(
        f"select count(distinct game_id) from nba_analytics.team_offense_game_summary where game_date = '{DAY}'"
    )
    assert played == [(10,)]
    assert "has an unknown status of 1 game played by" in found.reason()
    assert "has an unknown status of 1 game of 2021-10-22 played by" in found.reason(
        "upcoming_team_game_context", date(2021, 10, 26)
    )
    assert found.says_everywhere(f"nbac_schedule: 1 row of {DAY}: unknown game status")
    assert found.failing_tests() == JUDGE


@of("ids_without_zeros")
def test_ids_without_their_zeros_are_read_and_named_on_every_date(found: Found) -> None:
    assert not found.result.is_whole
    assert found.changed == set()
    assert set(found.quarantine) == {("nbac_schedule", "game id without its leading zeros")}
    assert found.outcomes() == {("partial", *WEEK): SUMMARIES | CONTEXTS}
    assert found.says_everywhere("rows of 2021-10-19 to 2021-10-26: game id without its leading zeros")
    assert found.failing_tests() == JUDGE


@of("season_by_end_year")
def test_seasons_by_their_last_year_are_read_by_the_ids_and_named_on_every_date(found: Found) -> None:
    assert not found.result.is_whole
    assert found.changed == set()
    assert set(found.quarantine) == {("nbac_schedule", "season is not the one that the id names")}
    assert found.outcomes() == {("partial", *WEEK): SUMMARIES | CONTEXTS}
    assert found.says_everywhere("rows of 2021-10-19 to 2021-10-26: season is not the one that the id names")
    assert found.failing_tests() == JUDGE


@of("rematch_next_day")
def test_odds_are_on_the_game_of_their_hour_where_the_same_teams_meet_again_the_next_day(
    found: Found, confirmed_week: Path
) -> None:
    assert found.result.is_whole
    assert found.quarantine == {}
    assert found.disagreeing() == set()
    ((game,),) = found.warehouse.query(
        "select one.game_id from nba_intermediate.dim_games as one inner join nba_intermediate.dim_games as two"
        " on one.home_team_abbr = two.home_team_abbr and one.away_team_abbr = two.away_team_abbr"
        f" and two.game_date = one.game_date + 1 where one.game_date = '{DAY}'"
    )
    lines = (
        "select team_abbr, game_spread, game_total from nba_analytics.upcoming_team_game_context where game_id = '{}'"
    )
    before = Warehouse(confirmed_week / "fullcourt.duckdb", confirmed_week / "raw")
    assert sorted(found.warehouse.query(lines.format(game))) == sorted(before.query(lines.format(game)))
    rematch = found.warehouse.query(lines.format(f"20211023{game[8:]}"))
    assert [line[1:] for line in rematch] == [(None, None)] * 2
    assert found.kinds() == {}
    assert found.verified()
    assert found.failing_tests() == set()


@of("schedule_without_day")
def test_a_day_that_the_schedule_lost_is_blocked_with_all_that_look_back_over_it(found: Found) -> None:
    """Feeds have its games: it is no day off, and later dates look back over games that nobody counts."""
    assert not found.result.is_whole
    assert {reason for _, reason in found.quarantine} == {"no scheduled game"}
    assert "has no row of 11 games played by" in found.reason()
    later = found.reason("upcoming_player_game_context", date(2021, 10, 26))
    assert "has no row of 11 games of 2021-10-22 played by" in later
    assert {outcome for outcome, _, _ in found.outcomes()} == {"blocked"}
    assert found.says_everywhere(f"230 rows of {DAY}: no scheduled game")
    assert found.failing_tests() >= JUDGE


@of("wrong_abbreviation")
def test_a_team_by_a_name_that_nobody_knows_is_taken_from_another_feed_and_its_rows_lack(found: Found) -> None:
    (strange,) = found.done.rows.values()
    assert not found.result.is_whole
    assert found.quarantine == {("nbac_gamebook_player_stats", "team does not play in the game"): strange}
    assert found.disagreeing() == {("nbac_gamebook_player_stats", "has no rows of the team")}
    assert found.kinds() == {"partial": {"player_game_summary"}}
    assert "rows held back, the first: team does not play in the game (" in found.reason()
    assert found.warehouse.query(
        "select count(distinct team_abbr) from nba_analytics.player_game_summary"
        f" where game_date = '{DAY}' and primary_source_used = 'bdl_boxscores'"
    ) == [(1,)]
    assert found.says_everywhere("add the spelling to seeds/team_spellings.csv")
    assert found.failing_tests() == JUDGE


@of("stale_schedule")
def test_an_old_schedule_certifies_nothing_of_the_games_that_feeds_have_and_nothing_that_looks_over_them(
    found: Found,
) -> None:
    assert not found.result.is_whole
    assert {reason for _, reason in found.quarantine} == {"game is not final"}
    assert "calls scheduled 11 games played by bdl_player_boxscores, nbac_gamebook_player_stats" in found.reason()
    assert found.reason().endswith(": refresh the schedule")
    assert found.outcomes() == {("blocked", f"{DAY}", WEEK[1]): set(hashed_tables())}
    assert found.says_everywhere(f"870 rows of {DAY} to {WEEK[1]}: game is not final")
    assert found.failing_tests() == JUDGE


def test_a_schedule_of_days_ago_certifies_nothing_and_one_backfill_makes_it_whole_once_it_is_refreshed(
    confirmed_week: Path, tmp_path: Path
) -> None:
    """The feeds go on for four days after the schedule was loaded last."""
    shutil.copytree(confirmed_week / "raw", tmp_path / "raw")
    simulate(tmp_path / "before", until=DAY, seed=3)
    (schedule,) = tmp_path.glob("raw/*/nbac_schedule.parquet")
    fresh = schedule.read_bytes()
    shutil.copy(tmp_path / "before" / schedule.relative_to(tmp_path / "raw"), schedule)
    warehouse = Warehouse(tmp_path / "fullcourt.duckdb", tmp_path / "raw")
    said = fullcourt(warehouse, "backfill", *RANGE, "--yes", "--no-report", code=1).output
    assert "calls scheduled 7 games played by bdl_player_boxscores" in said
    assert "the first 20211023_" in said
    assert "\nPASS" not in said
    trusted = warehouse.query(
        "select max(game_date)::varchar from nba_ops.coverage where outcome in ('complete', 'excused')"
    )
    assert trusted == [(f"{DAY}",)]
    fullcourt(warehouse, "verify", *RANGE, code=1)
    schedule.write_bytes(fresh)
    fullcourt(warehouse, "backfill", *RANGE, "--yes", "--no-report", "--allow-deletes")
    fullcourt(warehouse, "verify", *RANGE)
    assert warehouse.hashes() == Warehouse(confirmed_week / "fullcourt.duckdb", confirmed_week / "raw").hashes()
