"""The schedule is evidence: a row of it that cannot be used is named, and empties neither a date nor a season."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.orchestration.proof.verification import verify_range
from tests.integration.conftest import Rewrite, at_work
from tests.warehouse import Warehouse

DAY = "2021-10-21"
JUDGES = {"coverage_accounts_for_every_date"}
TEAMS = "nba_analytics.upcoming_team_game_context"


def rows_of_day(warehouse: Warehouse, table: str = "nba_analytics.player_game_summary") -> int:
    ((count,),) = warehouse.query(f"select count(*) from {table} where game_date = '{DAY}'")
    return int(count)


def build_day(warehouse: Warehouse) -> set[str]:
    """Tests that failed; nothing else may."""
    outcome = warehouse.dbt("build", window=(DAY, DAY), allow_deletes=True)
    assert not outcome.error
    assert set(outcome.failures) <= JUDGES, outcome.failures
    return set(outcome.failures)


def reasons(warehouse: Warehouse) -> dict[str, int]:
    return dict(warehouse.query(
        "select reason, count(*) from nba_ops.quarantine where table_name = 'nbac_schedule' group by 1"
    ))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("cast(cast(game_id as bigint) as varchar) as game_id", "game id without its leading zeros"),
        ("season_year + 1 as season_year", "season is not the one that the id names"),
    ],
)
def test_a_whole_day_written_in_another_way_is_built_as_before_and_named(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, change: str, reason: str
) -> None:
    expression, _, column = change.rpartition(" as ")
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"select * replace (case when game_date = '{DAY}' then {expression} else {column} end as {column}) from raw",
    )  # fmt: skip
    assert build_day(copy_of_built) == JUDGES
    assert rows_of_day(copy_of_built) == rows_of_day(built)
    assert set(reasons(copy_of_built)) == {reason}
    ids = "select distinct nba_game_id, season_year from nba_analytics.team_offense_game_summary"
    assert copy_of_built.query(f"{ids} where game_date = '{DAY}' order by 1") == built.query(
        f"{ids} where game_date = '{DAY}' order by 1"
    )


@pytest.mark.parametrize("placeholder", ["null", "''", "'TBD'"])
def test_games_whose_teams_are_not_known_yet_wait_by_name_and_the_others_are_built(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, placeholder: str
) -> None:
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * replace (
                '0022109999' as game_id, {placeholder} as home_team_tricode, {placeholder} as away_team_tricode,
                1 as game_status, null as home_team_score, null as away_team_score
            ) from raw where game_date = '{DAY}' limit 1
        )""",
    )  # fmt: skip
    assert build_day(copy_of_built) == set()
    assert rows_of_day(copy_of_built, TEAMS) == rows_of_day(built, TEAMS)
    assert copy_of_built.query(
        "select row_key, reason from nba_ops.quarantine where table_name = 'nbac_schedule'"
    ) == [("0022109999", "teams are not known yet")]  # fmt: skip


def game_of(warehouse: Warehouse, day: str) -> str:
    """The official id of the first game of a day."""
    ((game,),) = warehouse.query(
        f"select min(nba_game_id) from nba_intermediate.dim_games where game_date = '{day}' and is_in_scope"
    )
    return str(game)


POSTPONED = (
    "date '2021-10-24' as game_date, game_date_est - interval 2 day as game_date_est,"
    " game_datetime_utc - interval 2 day as game_datetime_utc"
)


@pytest.mark.slow
@pytest.mark.parametrize("is_played", [True, False])
def test_a_postponed_game_that_is_kept_twice_is_of_its_new_date_alone(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, is_played: bool
) -> None:
    game = game_of(built, "2021-10-26")
    new = "raw" if is_played else f"(select * replace ({UNPLAYED}) from raw where game_id = '{game}')"
    others = "" if is_played else f"from raw where game_id <> '{game}' union all by name "
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""{others} from {new} union all by name (
            select * replace ({POSTPONED}, {UNPLAYED}) from raw where game_id = '{game}'
        )""",
    )  # fmt: skip
    built_now = copy_of_built.dbt("build", window=("2021-10-24", "2021-10-26"), allow_deletes=True)
    assert not built_now.error
    assert reasons(copy_of_built) == {}
    dates = "select game_date from nba_intermediate.dim_games where nba_game_id"
    assert copy_of_built.query(f"{dates} = '{game}'") == [(date(2021, 10, 26),)]
    if is_played:
        assert not built_now.failures
        assert copy_of_built.hashes() == built.hashes()


@pytest.mark.slow
def test_the_second_game_of_a_team_on_a_date_is_held_back_by_name(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """Another team visits: no pair of teams is there twice."""
    game = game_of(built, DAY)
    ((visitor,),) = built.query(
        f"select min(team_abbr) from nba_intermediate.dim_team_games where game_date <> '{DAY}' and team_abbr not in"
        f" (select team_abbr from nba_intermediate.dim_team_games where game_date = '{DAY}')"
    )
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * replace ('0022109999' as game_id, '{visitor}' as away_team_tricode, {UNPLAYED}) from raw
            where game_id = '{game}'
        )""",
    )  # fmt: skip
    assert build_day(copy_of_built) == JUDGES
    assert reasons(copy_of_built) == {"another game of one of its teams on the date": 1}
    assert rows_of_day(copy_of_built, TEAMS) == rows_of_day(built, TEAMS)
    assert "another game of one of its teams on the date: 0022109999" in upcoming(copy_of_built)[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("'0022109999' as game_id", "another game of the same teams on the date"),
        ("'22-1' as game_id", "unreadable game id"),
        ("'0092109999' as game_id", "unknown kind of game"),
        ("'0021509999' as game_id", "date is not of the season that the id names"),
        ("'0022109999' as game_id, 'XYZ' as home_team_tricode", "unknown team"),
        ("'0022109999' as game_id, '' as home_team_tricode, 3 as game_status", "no teams"),
        ("'0022109999' as game_id, home_team_tricode as away_team_tricode", "a team against itself"),
    ],
)
def test_a_row_more_that_names_no_game_is_held_back_and_the_rest_of_the_date_is_built(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, change: str, reason: str
) -> None:
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"from raw union all by name (select * replace ({change}) from raw where game_date = '{DAY}' limit 1)",
    )  # fmt: skip
    assert build_day(copy_of_built) == JUDGES
    assert reasons(copy_of_built) == {reason: 1}
    assert rows_of_day(copy_of_built) == rows_of_day(built)
    assert rows_of_day(copy_of_built, TEAMS) == rows_of_day(built, TEAMS)
    ((outcome, said),) = copy_of_built.query(
        "select outcome, reason from nba_ops.coverage"
        f" where table_name = 'upcoming_team_game_context' and game_date = '{DAY}'"
    )
    assert outcome == "partial"
    assert f"nbac_schedule: {reason}" in said


def test_a_final_game_without_a_score_is_not_final_and_blocks_its_date_alone(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    ((game,),) = built.query(
        f"select min(nba_game_id) from nba_intermediate.dim_games where game_date = '{DAY}' and is_in_scope"
    )
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"select * replace (case when game_id = '{game}' then null else home_team_score end as home_team_score) from raw",
    )  # fmt: skip
    assert build_day(copy_of_built) == JUDGES
    assert reasons(copy_of_built) == {"final without a score": 1}
    others = f"select count(*) from nba_analytics.team_offense_game_summary where game_date = '{DAY}'"
    assert copy_of_built.query(others) == [(built.query(others)[0][0] - 2,)]
    ((outcome, said),) = copy_of_built.query(
        f"select outcome, reason from nba_ops.coverage where table_name = 'player_game_summary' and game_date = '{DAY}'"
    )
    assert outcome == "blocked"
    assert "has an unknown status of 1 game played by" in said


def test_a_date_of_which_no_row_can_be_used_is_no_date_without_games(
    copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """Its game is to come, so that no feed tells either."""
    day = "2022-02-18"
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        select * from raw where game_date <> '{day}'
        union all by name (
            select * replace (
                '22-1' as game_id, date '{day}' as game_date, 1 as game_status, null as home_team_score, null as away_team_score
            ) from raw where game_date = '{DAY}' limit 1
        )""",
    )  # fmt: skip
    outcome = copy_of_built.dbt("build", window=(day, day), allow_deletes=True)
    assert set(outcome.failures) == JUDGES, outcome
    said = dict(copy_of_built.query(
        f"select table_name, outcome || ': ' || coalesce(reason, '') from nba_ops.coverage where game_date = '{day}'"
    ))  # fmt: skip
    assert said["upcoming_team_game_context"].startswith(
        "missing: 1 row held back, the first: nbac_schedule: unreadable game id"
    )
    assert not {table for table, outcome in said.items() if outcome.startswith("no_games")}


def test_a_row_with_an_impossible_date_does_not_stretch_what_the_schedule_knows(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    known = "select season_year, first_date, last_date from nba_ops.known_dates order by 2"
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * replace ('0022109999' as game_id, date '2022-12-01' as game_date) from raw
            where game_date = '{DAY}' limit 1
        )""",
    )  # fmt: skip
    build_day(copy_of_built)
    assert copy_of_built.query(known) == built.query(known)
    assert copy_of_built.query(
        "select quarantine_reason, is_usable from nba_staging.base_nbac__schedule where game_date = '2022-12-01'"
    ) == [("date is not of the season that the id names", False)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "change"),
    [
        (DAY, "'0032199999' as game_id, null as home_team_tricode, null as away_team_tricode"),
        (DAY, "'0012199999' as game_id, 'TBD' as home_team_tricode, 1 as game_status"),
        (DAY, "'0012100001' as game_id"),  # of two teams that play a game of the league, too, on the date
        ("2022-02-18", "'0032199999' as game_id, 'LBN' as home_team_tricode, 'LBN' as away_team_tricode"),
    ],
)
def test_of_a_game_out_of_scope_nothing_is_expected_whatever_its_row_has(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite, day: str, change: str
) -> None:
    """Preseason and all-star games do not count, and no date is incomplete for one of them, nor has games by one."""
    dates = "select * from nba_intermediate.dim_game_dates order by all"
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * replace (date '{day}' as game_date, {change}) from raw
            where game_date = '{DAY}' and game_id like '002%' limit 1
        )""",
    )  # fmt: skip
    assert build_day(copy_of_built) == set()
    assert rows_of_day(copy_of_built) == rows_of_day(built)
    assert reasons(copy_of_built) == {}
    assert copy_of_built.query(dates) == built.query(dates)


def test_a_box_score_of_a_game_out_of_scope_is_out_of_scope_by_its_id_alone(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """The schedule has no teams of it, and its row says twice what it is."""
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        from raw union all by name (
            select * exclude (id) replace (id as game_id, null as home_team_tricode, null as away_team_tricode)
            from (from raw where game_date = '{DAY}' limit 1), (values ('0032199999'), ('32199999')) as ids (id)
        )""",
    )  # fmt: skip
    rewrite(
        copy_of_built.raw_dir, "nbac_gamebook_player_stats",
        f"""
        from raw union all by name (
            select * exclude (id) replace (id as game_id)
            from (from raw where game_date = '{DAY}' limit 3), (values ('0032199999'), ('32199999')) as ids (id)
        )""",
    )  # fmt: skip
    assert build_day(copy_of_built) == set()
    assert copy_of_built.query("select count(*) from nba_ops.quarantine where reason like 'no scheduled game%'") == [
        (0,)
    ]
    assert copy_of_built.query(
        "select out_of_scope_rows from nba_ops.raw_row_accounting"
        f" where table_name = 'nbac_gamebook_player_stats' and game_date = '{DAY}'"
    ) == [(6,)]


UNPLAYED = "1 as game_status, null as home_team_score, null as away_team_score"
PLAYED = ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore", "bigdataball_play_by_play")
OTHER_SEASON = "date is not of the season that the id names"


def change_one_game(warehouse: Warehouse, rewrite: Rewrite, change: str) -> str:
    """The official id of the first game of the day, whose row of the schedule is changed: its game is to come."""
    ((game, name),) = warehouse.query(
        "select nba_game_id, game_id from nba_intermediate.dim_games"
        f" where game_date = '{DAY}' and is_in_scope order by 1 limit 1"
    )
    columns = ", ".join(
        f"case when game_id = '{game}' then {expression} else raw.{column} end as {column}"
        for expression, _, column in (one.strip().rpartition(" as ") for one in (UNPLAYED + ", " + change).split(", "))
    )
    rewrite(warehouse.raw_dir, "nbac_schedule", f"select * replace ({columns}) from raw")
    for table in PLAYED:
        rewrite(warehouse.raw_dir, table, f"select * from raw where game_id not in ('{game}', '{name}')")
    return str(game)


def upcoming(warehouse: Warehouse, day: str = DAY) -> tuple[str, str]:
    """Outcome and reason of the upcoming teams of a date."""
    (row,) = warehouse.query(
        "select outcome, reason from nba_ops.coverage"
        f" where table_name = 'upcoming_team_game_context' and game_date = '{day}'"
    )
    return row


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mistyped", "reason"),
    [
        ("2012-10-21", OTHER_SEASON),
        ("0021-10-21", OTHER_SEASON),
        ("2021-12-21", "date is not that of the tip-off"),
    ],
)
def test_a_game_to_come_under_another_date_is_missed_on_that_of_its_tip_off(
    copy_of_built: Warehouse, rewrite: Rewrite, mistyped: str, reason: str
) -> None:
    game = change_one_game(copy_of_built, rewrite, f"date '{mistyped}' as game_date")
    copy_of_built.dbt("build", window=(DAY, DAY), allow_deletes=True)
    outcome, said = upcoming(copy_of_built)
    assert (outcome, f"nbac_schedule: {reason}: {game}" in said) == ("partial", True), said


@pytest.mark.slow
@pytest.mark.parametrize("mistyped", ["0021-10-21", "2201-10-21"])
def test_a_game_to_come_of_no_date_of_its_season_is_missed_whatever_range_is_asked_for(
    copy_of_built: Warehouse, rewrite: Rewrite, mistyped: str
) -> None:
    no_tipoff = "null as game_datetime_utc, null as game_date_est"
    game = change_one_game(copy_of_built, rewrite, f"date '{mistyped}' as game_date, {no_tipoff}")
    copy_of_built.dbt("build", window=(DAY, DAY), allow_deletes=True)
    with at_work(copy_of_built) as (project, warehouse):
        verification = verify_range(project, warehouse, date(2021, 10, 19), date(2021, 10, 19))
    assert not verification.passed
    (said,) = [line for line in verification.layer if "nbac_schedule" in line]
    assert said.startswith(f"1 row of nbac_schedule ({game} of {mistyped}): {OTHER_SEASON} (file ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("null as game_datetime_utc, null as game_date_est", "no tip-off"),
        ("timestamptz '1900-01-01 00:00:00+00' as game_datetime_utc", "no tip-off"),
        ("game_datetime_utc + interval 3 day as game_datetime_utc", "date is not that of the tip-off"),
        ("game_datetime_utc - interval 5 hour as game_datetime_utc", "tip-off is 300 minutes from the commence time of odds_api_"),
        ("away_team_tricode as home_team_tricode, home_team_tricode as away_team_tricode",
         "home and away are the other way round in odds_api_"),
    ],
)  # fmt: skip
def test_a_game_to_come_with_another_tip_off_or_other_sides_than_the_odds_have_makes_its_date_partial(
    copy_of_built: Warehouse, rewrite: Rewrite, change: str, reason: str
) -> None:
    game = change_one_game(copy_of_built, rewrite, change)
    copy_of_built.dbt("build", window=(DAY, DAY), allow_deletes=True)
    outcome, said = upcoming(copy_of_built)
    assert (outcome, f"nbac_schedule: {reason}" in said, game in said) == ("partial", True, True), said


@pytest.mark.parametrize(
    ("table", "of_table"),
    [("bigdataball_play_by_play", "player_game_summary"), ("nbac_team_boxscore", "team_offense_game_summary")],
)
def test_rows_that_are_dated_a_day_after_their_game_are_missed_on_that_day(
    copy_of_built: Warehouse, rewrite: Rewrite, table: str, of_table: str
) -> None:
    ((game,),) = copy_of_built.query(
        "select min(game_id) from nba_intermediate.dim_games where game_date = '2021-10-20' and is_in_scope"
    )
    rewrite(
        copy_of_built.raw_dir, table,
        "select * replace (case when game_date = '2021-10-20' then game_date + 1 else game_date end as game_date) from raw",
    )  # fmt: skip
    copy_of_built.dbt("build", window=("2021-10-20", DAY), allow_deletes=True)
    ((outcome, said),) = copy_of_built.query(
        f"select outcome, reason from nba_ops.coverage where table_name = '{of_table}' and game_date = '{DAY}'"
    )
    assert outcome == "partial"
    assert f"{table} of {game}: not the date of its game" in said


@pytest.mark.slow
def test_a_game_that_is_still_scheduled_when_later_games_are_final_makes_its_contexts_partial(
    copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """No feed has it: it was put off, and nobody took it out of the schedule."""
    game = change_one_game(copy_of_built, rewrite, "arena_name as arena_name")
    copy_of_built.dbt("build", window=(DAY, DAY), allow_deletes=True)
    said = f"nbac_schedule: still scheduled, though later games are final: {game}"
    assert upcoming(copy_of_built) == ("partial", f"1 row held back, the first: {said}; none is excused")


@pytest.mark.slow
@pytest.mark.parametrize("feed", ["odds_api_game_lines", "nbac_injury_report"])
def test_a_game_to_come_that_the_schedule_lost_is_missed_by_name(
    copy_of_built: Warehouse, rewrite: Rewrite, feed: str, rows_may_go: None
) -> None:
    """Nothing of its date and later is played yet."""
    day = "2021-10-26"
    ((game, name, home),) = copy_of_built.query(
        "select nba_game_id, game_id, home_team_abbr from nba_intermediate.dim_games"
        f" where game_date = '{day}' and is_in_scope order by 1 limit 1"
    )
    rewrite(
        copy_of_built.raw_dir, "nbac_schedule",
        f"""
        select * replace (
            case when game_date = '{day}' then 1 else game_status end as game_status,
            case when game_date = '{day}' then null else home_team_score end as home_team_score,
            case when game_date = '{day}' then null else away_team_score end as away_team_score
        ) from raw where game_id <> '{game}'""",
    )  # fmt: skip
    for table in PLAYED:
        rewrite(copy_of_built.raw_dir, table, f"select * from raw where game_date <> '{day}'")
    if feed != "odds_api_game_lines":
        rewrite(copy_of_built.raw_dir, "odds_api_game_lines", f"select * from raw where game_date <> '{day}'")
    reports = f"select * from raw where game_id is distinct from '{name}'"
    if feed == "nbac_injury_report":
        reports += f"""
            union all by name
            select * replace (
                date '{day}' as game_date, date '{day}' as report_date, '{name}' as game_id, '{home}' as team
            ) from (from raw limit 1)"""
    rewrite(copy_of_built.raw_dir, "nbac_injury_report", reports)
    copy_of_built.dbt("build", window=(day, day), allow_deletes=True)
    said = f"nbac_schedule: no row of the game: {feed} has it: {name}"
    assert upcoming(copy_of_built, day) == ("partial", f"1 row held back, the first: {said}; none is excused")


@pytest.mark.slow
def test_without_any_row_of_the_schedule_a_date_says_what_to_load(
    copy_of_built: Warehouse, rewrite: Rewrite, rows_may_go: None
) -> None:
    rewrite(copy_of_built.raw_dir, "nbac_schedule", "select * from raw where false")
    copy_of_built.dbt("build", window=(DAY, DAY), allow_deletes=True)
    outcome, said = upcoming(copy_of_built)
    assert outcome == "blocked"
    assert said.startswith("nbac_schedule has no row of ")
    assert said.endswith(": no row of the table is usable: load the schedule of the season")
