"""Bad input is named: in quarantine with its reason, or in an error that says what to do next."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from python_processors.contract import PROJECT_ROOT
from python_processors.orchestration.proof.verification import verify_range
from python_processors.raw_contract import raw_tables
from tests.integration.conftest import Rewrite, at_work
from tests.warehouse import WEEK, Warehouse


@pytest.mark.parametrize(
    ("window", "variables", "message"),
    [
        (None, {}, "start_date is not set"),
        (None, {"start_date": "2021-10-19"}, "end_date is not set"),
        (("2021-10-26", "2021-10-19"), {}, "start_date 2021-10-26 is after end_date 2021-10-19"),
        (("yesterday", "2021-10-19"), {}, "start_date is 'yesterday', not a date"),
        (("2021-10-19", "2021-13-01"), {}, "end_date is '2021-13-01', not a date"),
        (("2021-02-29", "2021-10-19"), {}, "that month has no such day"),
        (WEEK, {"dates": ["2021-10-20..2021-10-32"]}, "dates is '2021-10-32', not a date"),
        (
            WEEK,
            {"dates": ["2021-10-20", "2021-10-22..2021-10-21"]},
            "2021-10-22..2021-10-21, which ends before it starts",
        ),
        (WEEK, {"dates": ["2021-10-20..2021-11-01"]}, "which is outside 2021-10-19 to 2021-10-26"),
        (WEEK, {"dates": ["2021-10-20..2021-10-21..2021-10-22"]}, "dates is '2021-10-21..2021-10-22', not a date"),
    ],
)
def test_a_window_that_is_none_is_a_clear_error(
    built: Warehouse, tmp_path: Path, window: tuple[str, str] | None, variables: dict[str, Any], message: str
) -> None:
    warehouse = Warehouse(tmp_path / "fullcourt.duckdb", built.raw_dir)
    outcome = warehouse.dbt("build", window=window, **variables)
    said = outcome.error + " ".join(outcome.failures.values())
    assert not outcome.success
    assert message in said
    assert "dbt build --vars" in said


def test_raw_rows_that_cannot_be_used_are_quarantined_with_their_reason(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    ((game,),) = built.query("select min(game_id) from nba_intermediate.dim_games where is_final")
    ((other,),) = built.query("select max(game_id) from nba_intermediate.dim_games where is_final")
    ((player,),) = built.query(
        f"select min(player_lookup) from nba_analytics.player_game_summary where game_id = '{game}'"
    )
    rewrite(
        raw,
        "nbac_gamebook_player_stats",
        f"""
        from raw union all by name (
        select * replace ('Nobody Known' as player_name, 'nobodyknown' as player_lookup)
        from raw where game_id = '{game}' and player_lookup = '{player}'
        union all select * replace ('20211019_XXX_YYY' as game_id) from raw where game_id = '{game}' and player_lookup = '{player}'
        )""",
    )
    rewrite(
        raw,
        "bdl_player_boxscores",
        f"""
        select * replace (
            case when game_id = '{other}' and rank = 1 then field_goals_made - 1 else field_goals_attempted end as field_goals_attempted,
            case when game_id = '{other}' and rank = 2 then points + 1 else points end as points,
            case when game_id = '{other}' and rank = 3 then 'soon' else minutes end as minutes
        ) from (select *, row_number() over (partition by game_id order by points desc, player_lookup) as rank from raw)
    """.replace("select * replace (", "select * exclude (rank) replace ("),
    )
    rewrite(raw, "nbac_team_boxscore", f"select * from raw where not (game_id = '{game}' and is_home)")
    rewrite(
        raw,
        "odds_api_game_lines",
        """
        select * replace (
            case when number = 1 then 10.5 when number = 2 then null else outcome_point end as outcome_point
        ) from (select *, case
            when market_key = 'totals' and row_number() over (order by market_key desc, game_id, snapshot_timestamp, outcome_name) = 1 then 1
            when market_key = 'spreads' and row_number() over (order by market_key, game_id, snapshot_timestamp, outcome_name) = 1 then 2
        end as number from raw)
    """.replace("select * replace (", "select * exclude (number) replace ("),
    )
    rewrite(
        raw,
        "odds_api_player_points_props",
        "select * replace (case when rowid = 0 then 'nan'::double else points_line end as points_line) from (select *, row_number() over () - 1 as rowid from raw)".replace(
            "select * replace", "select * exclude (rowid) replace"
        ),
    )
    assert set(copy_of_built.dbt("build").failures) == {"coverage_accounts_for_every_date"}
    assert copy_of_built.query("select count(*) from nba_ops.build_failures") == [(0,)], "it is partial, and was built"
    found = set(copy_of_built.query("select table_name, reason from nba_ops.quarantine"))
    assert found == {
        ("nbac_gamebook_player_stats", "unknown player"),
        ("nbac_gamebook_player_stats", "no scheduled game"),
        ("bdl_player_boxscores", "more makes than attempts"),
        ("bdl_player_boxscores", "points do not add up"),
        ("bdl_player_boxscores", "unreadable minutes"),
        ("nbac_team_boxscore", "no usable row of the opponent"),
        ("odds_api_game_lines", "impossible total"),
        ("odds_api_game_lines", "no number"),
        ("odds_api_player_points_props", "no number"),
    }
    # The gamebook has a player too many, and the team box lacks a team: balldontlie agrees, so all is as it was.
    hashes = (
        f"select team_abbr, data_hash from nba_analytics.team_offense_game_summary where game_id = '{game}' order by 1"
    )
    assert copy_of_built.query(hashes) == built.query(hashes)
    assert copy_of_built.query(
        f"select distinct feed from nba_intermediate.int_box_choices where game_id = '{game}' and feed like 'bdl%'"
    ) == [("bdl_player_boxscores",)]


def test_rows_loaded_twice_and_swapped_ids_come_out_as_once(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    rewrite(
        raw,
        "nbac_team_boxscore",
        """
        from raw union all
        select * replace (
            split_part(game_id, '_', 1) || '_' || split_part(game_id, '_', 3) || '_' || split_part(game_id, '_', 2) as game_id,
            not is_home as is_home, null as nba_game_id
        ) from raw""",
    )
    for table in ("bigdataball_play_by_play", "nbac_gamebook_player_stats", "odds_api_player_points_props"):
        rewrite(raw, table, "from raw union all from raw")
    copy_of_built.build()
    assert copy_of_built.hashes() == built.hashes()
    repeated = dict(
        copy_of_built.query("select table_name, sum(repeated_rows)::int from nba_ops.raw_row_accounting group by 1")
    )
    raw_rows = dict(built.query("select table_name, sum(raw_rows)::int from nba_ops.raw_row_accounting group by 1"))
    assert repeated["nbac_team_boxscore"] == raw_rows["nbac_team_boxscore"]
    assert repeated["bigdataball_play_by_play"] == raw_rows["bigdataball_play_by_play"]


def test_teams_under_known_spellings_come_out_as_under_their_own_codes(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """In every feed, in ids that feeds build of them, in the schedule and in the registry."""
    raw = copy_of_built.raw_dir
    for name, table in raw_tables().items():
        teams = [column.name for column in table.columns if column.is_team]
        if not teams or not list(raw.rglob(f"{name}.parquet")):
            continue
        spelled = [(column, _spelled(column, whole=True)) for column in teams]
        if name not in ("nbac_schedule", "odds_api_game_lines", "nba_players_registry"):
            spelled.append(("game_id", _spelled("game_id", whole=False)))
        rewrite(raw, name, f"select * replace ({', '.join(f'{sql} as {column}' for column, sql in spelled)}) from raw")
    copy_of_built.build()
    assert copy_of_built.hashes() == built.hashes()
    reasons = "select table_name, reason, count(*) from nba_ops.quarantine group by all order by all"
    assert copy_of_built.query(reasons) == built.query(reasons)


def _spelled(column: str, *, whole: bool) -> str:
    """SQL of a column with the first other spelling of each team."""
    with (PROJECT_ROOT / "seeds" / "team_spellings.csv").open(encoding="utf-8", newline="") as file:
        spellings = {row["team_abbr"]: row["spelling"] for row in reversed(list(csv.DictReader(file)))}
    sql = column
    for team, spelling in spellings.items():
        pattern = f"^{team}$" if whole else f"_{team}(_|$)"
        sql = f"regexp_replace({sql}, '{pattern}', '{spelling if whole else f'_{spelling}' + chr(92) + '1'}')"
    return sql


def test_odds_under_the_date_of_the_next_day_stay_on_their_game_when_its_teams_meet_again(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    ((game, official, day),) = built.query(
        "select game_id, nba_game_id, game_date::varchar from nba_intermediate.dim_games"
        " where game_id in (select game_id from nba_intermediate.int_game_lines) and game_date < '2021-10-25'"
        " order by game_id limit 1"
    )
    _, away, home = game.split("_")
    rewrite(
        raw,
        "nbac_schedule",
        f"""
        from raw union all by name
        select * replace (
            '0022101231' as game_id, game_date + 1 as game_date, 1 as game_status,
            game_date_est + interval 1 day as game_date_est, game_datetime_utc + interval 1 day as game_datetime_utc,
            null as home_team_score, null as away_team_score
        ) from raw where game_id = '{official}'""",
    )
    rewrite(
        raw,
        "odds_api_game_lines",
        f"""
        select * replace (case
            when game_date = '{day}' and away_team_abbr = '{away}' and home_team_abbr = '{home}'
            then game_date + 1 else game_date
        end as game_date) from raw""",
    )
    copy_of_built.build(WEEK, "--select", "+quarantine", "+raw_row_accounting", "+int_game_lines")
    lines = f"select * from nba_intermediate.int_game_lines where game_id like '%{away}_{home}' order by all"
    assert copy_of_built.query(lines) == built.query(lines)
    moved = copy_of_built.query(
        "select game_date::varchar, rows_of_other_dates > 0, rows_from_other_dates > 0,"
        " raw_rows - rows_of_other_dates + rows_from_other_dates"
        " = out_of_scope_rows + staged_rows + quarantined_rows + repeated_rows"
        " from nba_ops.raw_row_accounting"
        " where table_name = 'odds_api_game_lines' and rows_of_other_dates + rows_from_other_dates > 0 order by 1"
    )
    next_day = date.fromisoformat(day) + timedelta(days=1)
    assert moved == [(day, False, True, True), (str(next_day), True, False, True)]


def test_rows_without_a_date_are_quarantined_once_and_fail_the_verification_by_name(
    copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    raw = copy_of_built.raw_dir
    blank = "select * replace (case when number <= {} then null else {} end as {}) from (select *, row_number() over () as number from raw)"
    for table, rows, column in (
        ("nbac_gamebook_player_stats", 3, "game_date"),
        ("nbac_injury_report", 2, "report_date"),
        ("odds_api_game_lines", 1, "game_date"),
    ):
        sql = blank.format(rows, column, column).replace("* replace", "* exclude (number) replace")
        rewrite(raw, table, sql)
    for _ in range(2):
        copy_of_built.build(WEEK, "--select", "+quarantine", "+raw_row_accounting")
    undated = "from nba_ops.{} where game_date is null group by all order by all"
    assert copy_of_built.query("select table_name, reason, count(*) " + undated.format("quarantine")) == [
        ("nbac_gamebook_player_stats", "no game_date", 3),
        ("nbac_injury_report", "no report_date", 2),
        ("odds_api_game_lines", "no game_date", 1),
    ]
    accounted = "select table_name, raw_rows, quarantined_rows " + undated.format("raw_row_accounting")
    assert copy_of_built.query(accounted) == [
        ("nbac_gamebook_player_stats", 3, 3),
        ("nbac_injury_report", 2, 2),
        ("odds_api_game_lines", 1, 1),
    ]
    with at_work(copy_of_built) as (project, warehouse):
        verification = verify_range(project, warehouse, date(2021, 10, 19), date(2021, 10, 26))
    assert not verification.passed
    said = [line for line in verification.layer if "load again" in line]
    assert [line.split(" (file")[0] for line in said] == [
        "3 rows of nbac_gamebook_player_stats have no game_date",
        "2 rows of nbac_injury_report have no report_date",
        "1 row of odds_api_game_lines has no game_date",
    ]
    assert "nbac_gamebook_player_stats.parquet): fill it in and load again" in said[0]


@pytest.mark.slow
def test_two_players_of_one_name_are_told_apart_by_team_or_called_ambiguous(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """The second takes the first one's name and key everywhere: in the registry and in every feed."""
    raw = copy_of_built.raw_dir
    (first, second) = built.query(
        """
        select max_by(player_lookup, points), team_abbr from nba_analytics.player_game_summary
        where game_id = (select min(game_id) from nba_analytics.player_game_summary) group by 2 order by 2
        """
    )
    ((name,),) = built.query(f"select player_name from nba_intermediate.dim_players where player_lookup = '{first[0]}'")
    ((other,),) = built.query(
        f"select player_name from nba_intermediate.dim_players where player_lookup = '{second[0]}'"
    )
    for table in raw_tables().values():
        texts = [
            c.name
            for c in table.columns
            if c.name.endswith(("_lookup", "player_name", "full_name", "_1_name", "_2_name"))
        ]
        if table.name == "player_aliases" or not texts or not list(raw.rglob(f"{table.name}.parquet")):
            continue
        columns = ", ".join(
            f"case {c} when '{second[0]}' then '{first[0]}' when '{other}' then '{name}' else {c} end as {c}"
            for c in texts
        )
        rewrite(raw, table.name, f"select * replace ({columns}) from raw")
    figures = "select universal_player_id, game_id, points, minutes_played, fg_attempts from nba_analytics.player_game_summary order by all"
    copy_of_built.build()
    assert copy_of_built.query(figures) == built.query(figures)
    # A line names no team: in the game of one against the other it may be on either.
    assert copy_of_built.query(
        "select distinct table_name, reason from nba_ops.quarantine where reason like '%player%'"
    ) == [("odds_api_player_points_props", "ambiguous player")]
    keys = f"select distinct player_lookup from nba_analytics.player_game_summary where player_lookup like '{first[0]}%' order by 1"
    assert copy_of_built.query(keys) == [(first[0],), (f"{first[0]}2",)]

    rewrite(
        raw,
        "nba_players_registry",
        f"from raw union all select * replace ('{second[1]}' as team_abbr) from raw"
        f" where player_lookup = '{first[0]}' and team_abbr = '{first[1]}'",
    )
    copy_of_built.dbt("run", "--select", "+quarantine")
    found = copy_of_built.query(
        "select distinct table_name from nba_ops.quarantine where reason like 'ambiguous%' order by 1"
    )
    assert {("bdl_player_boxscores",), ("nbac_gamebook_player_stats",), ("bigdataball_play_by_play",)} <= set(found)
    assert copy_of_built.query("select count(*) from nba_ops.quarantine where reason like 'unknown%'") == [(0,)]


def test_preseason_rows_are_out_of_scope_not_in_quarantine(copy_of_built: Warehouse, rewrite: Rewrite) -> None:
    ((day, game),) = copy_of_built.query(
        "select game_date::varchar, strftime(game_date, '%Y%m%d') || '_' || away_team_tricode || '_' || home_team_tricode"
        " from nba_raw.nbac_schedule where game_id like '001%' order by all desc limit 1"
    )
    rewrite(
        copy_of_built.raw_dir,
        "nbac_gamebook_player_stats",
        f"from raw union all select * replace ('{game}' as game_id, date '{day}' as game_date) from raw",
    )
    outcome = copy_of_built.dbt("run", window=(day, "2021-10-26"))
    assert outcome.success, outcome.failures
    (counts,) = copy_of_built.query(
        "select raw_rows > 0, raw_rows = out_of_scope_rows from nba_ops.raw_row_accounting"
        f" where table_name = 'nbac_gamebook_player_stats' and game_date = '{day}'"
    )
    assert counts == (True, True)


@pytest.mark.slow
def test_box_scores_of_a_game_that_is_not_final_wait_in_quarantine(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    """A half-loaded game is not a short game: its rows go, and come back when the schedule says final."""
    (raw,) = copy_of_built.raw_dir.rglob("nbac_schedule.parquet")
    as_it_was = raw.read_bytes()
    ((game, official),) = built.query(
        "select game_id, nba_game_id from nba_intermediate.dim_games where is_final order by game_id desc limit 1"
    )
    live = f"select * replace (case when game_id = '{official}' then 2 else game_status end as game_status) from raw"
    rewrite(copy_of_built.raw_dir, "nbac_schedule", live)
    copy_of_built.run()
    waiting = copy_of_built.query(
        f"select table_name, reason, count(*) > 0 from nba_ops.quarantine where game_id = '{game}' group by all order by all"
    )
    assert waiting == [
        ("bdl_player_boxscores", "game is not final", True),
        ("nbac_gamebook_player_stats", "game is not final", True),
        ("nbac_team_boxscore", "game is not final", True),
    ]
    assert copy_of_built.query(f"select count(*) from nba_analytics.player_game_summary where game_id = '{game}'") == [
        (0,)
    ]
    raw.write_bytes(as_it_was)
    copy_of_built.run()
    assert copy_of_built.hashes() == built.hashes()


def test_a_game_without_any_box_score_fails_the_build_and_is_named(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    ((game,),) = built.query("select max(game_id) from nba_intermediate.dim_games where is_final")
    for table in ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"):
        rewrite(copy_of_built.raw_dir, table, f"select * from raw where game_id <> '{game}'")
    outcome = copy_of_built.dbt("build")
    assert set(outcome.failures) == {"coverage_accounts_for_every_date"}
    ((reason,),) = copy_of_built.query(
        "select reason from nba_ops.coverage where table_name = 'team_offense_game_summary' and outcome = 'partial'"
    )
    assert f"2 rows without a source, the first: {min(game.split('_')[1:])} of {game}" in reason
    assert copy_of_built.query(
        f"select count(*) from nba_analytics.team_offense_game_summary where game_id = '{game}'"
    ) == [(0,)]


def test_a_row_changed_behind_its_hash_is_found(copy_of_built: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    copy_of_built.execute(
        "update nba_analytics.player_game_summary set assists = assists + 1 where player_lookup ="
        " (select min(player_lookup) from nba_analytics.player_game_summary)"
    )
    outcome = copy_of_built.dbt("test", "--select", "player_game_summary")
    assert list(outcome.failures) == ["player_game_summary_is_proven"]
    ((rows,),) = copy_of_built.query(
        "select count(*) from nba_analytics.player_game_summary where player_lookup ="
        " (select min(player_lookup) from nba_analytics.player_game_summary)"
    )
    said = f"data_hash_matches: {rows} found, the first: game_date=2021-10-"
    assert outcome.failures["player_game_summary_is_proven"].startswith(f"test {said}")
    assert f"player_game_summary_is_proven: {said}" in capsys.readouterr().out


def test_rows_deleted_behind_the_ledger_are_missed(copy_of_built: Warehouse) -> None:
    copy_of_built.execute(
        "delete from nba_analytics.team_offense_game_summary where game_date = '2021-10-20' and home_game"
    )
    outcome = copy_of_built.dbt("test", "--select", "team_offense_game_summary")
    (said,) = outcome.failures.values()
    assert said.startswith("test complete_against_schedule: ")
    assert ", the first: game_date=2021-10-20, game_id=" in said
    assert "first_missing=" in said


def test_a_raw_file_that_breaks_the_contract_stops_the_run_with_file_and_column(
    copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    before = copy_of_built.query("select count(*) from nba_raw.nbac_team_boxscore")
    (path,) = copy_of_built.raw_dir.rglob("nbac_team_boxscore.parquet")
    path.with_name("nbac_team_boxscore.csv").write_text("game_id,points\nx,5\n")
    outcome = copy_of_built.dbt("run")
    assert not outcome.success
    assert "2021-22/nbac_team_boxscore.csv: column `game_date` is missing; expected DATE" in outcome.error
    assert "Traceback" not in outcome.error
    assert copy_of_built.query("select count(*) from nba_raw.nbac_team_boxscore") == before


def test_minutes_are_read_or_named_and_an_empty_cell_is_neither(copy_of_built: Warehouse, rewrite: Rewrite) -> None:
    texts = {"34.5": 2070, "PT34M12.00S": 2052, "33:60": 2040, "": None, " ": None, "0:34:12": None, "240:00": None}
    listed = ", ".join(f"'{text}'" for text in texts)
    for table in ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore"):
        played = "player_status = 'active' and minutes is not null" if table.startswith("nbac_g") else "true"
        rewrite(
            copy_of_built.raw_dir,
            table,
            f"""
            select * exclude (number) replace (
                case when number <= {len(texts)} and {played} then [{listed}][number] else minutes end as minutes
            ) from (
                select *, row_number() over (partition by {played} order by game_id, team_abbr, points desc, processed_at) as number
                from raw
            )
        """,
        )
    staged = ("stg_nbac__gamebook_player_stats", "stg_bdl__player_boxscores", "stg_nbac__team_boxscores")
    outcome = copy_of_built.dbt("run", "--select", *staged)
    assert outcome.success, outcome.failures or outcome.error
    for table in staged[:2]:
        found = copy_of_built.query(f"""
            select quarantine_reason, count(*) from nba_staging.{table}
            where quarantine_reason is not null or (points is not null and seconds_played is null) group by all
        """)
        assert sorted(found, key=str) == [("unreadable minutes", 2), (None, 2)]
    ((seconds,),) = copy_of_built.query(
        "select array_agg(distinct seconds_played order by seconds_played) from nba_staging.stg_nbac__gamebook_player_stats"
        " where seconds_played in (2070, 2052, 2040)"
    )
    assert seconds == [2040, 2052, 2070]
    reasons = dict(
        copy_of_built.query("select quarantine_reason, count(*) from nba_staging.stg_nbac__team_boxscores group by 1")
    )
    assert (reasons["no minutes"], reasons["unreadable minutes"]) == (2, 1)


def test_a_city_that_no_seed_has_is_an_unknown_place_and_never_home(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    games = [
        game
        for (game,) in built.query(
            "select nba_game_id from nba_intermediate.dim_games where game_date = '2021-10-20' and is_in_scope"
            " and not is_neutral_site and home_team_abbr not in ('LAL', 'LAC') order by 1 limit 6"
        )
    ]
    cities = {
        games[0]: "'Lake Buena Vista'",
        games[1]: "null",
        games[2]: "' '",
        games[3]: "upper(arena_city) || ', USA'",
        games[4]: "'Paris'",
        games[5]: "'Los Angeles'",
    }
    cases = " ".join(f"when '{game}' then {city}" for game, city in cities.items())
    rewrite(
        copy_of_built.raw_dir,
        "nbac_schedule",
        f"select * replace (case game_id {cases} else arena_city end as arena_city) from raw",
    )
    outcome = copy_of_built.dbt(
        "run", "--select", "base_nbac__schedule", "stg_nbac__schedule", "dim_games", "dim_team_games"
    )
    assert outcome.success, outcome.failures or outcome.error
    places = "select nba_game_id, venue from nba_intermediate.dim_team_games"
    before, after = dict(built.query(places)), dict(copy_of_built.query(places))
    changed = {games[0]: None, games[4]: "paris", games[5]: "LAC"}
    assert after == before | changed
    trips = copy_of_built.query(f"""
        select count(*), count(travel_miles), count(*) filter (is_home), count(tipoff_local_time)
        from nba_intermediate.dim_team_games where nba_game_id = '{games[0]}'
    """)
    assert trips == [(2, 0, 1, 2)]
    ((next_trip,),) = copy_of_built.query(f"""
        select count(next.travel_miles) from nba_intermediate.dim_team_games as own
        inner join nba_intermediate.dim_team_games as next
            on own.team_abbr = next.team_abbr and own.game_date = next.previous_game_date and own.season_year = next.season_year
        where own.nba_game_id = '{games[0]}'
    """)
    assert next_trip == 0


def test_a_player_has_one_name_however_feeds_and_older_registries_spell_it(
    built: Warehouse, copy_of_built: Warehouse, rewrite: Rewrite
) -> None:
    rewrite(
        copy_of_built.raw_dir,
        "nbac_gamebook_player_stats",
        "select * replace (case when game_date > '2021-10-22' then upper(player_name) else player_name end as player_name) from raw",
    )
    rewrite(
        copy_of_built.raw_dir,
        "nba_players_registry",
        "from raw union all by name select * replace (upper(player_name) as player_name, '2001-02' as season) from raw",
    )
    readers = ("stg_nba__players_registry", "dim_players", "dim_player_lookups", "stg_nbac__gamebook_player_stats")
    outcome = copy_of_built.dbt("run", "--select", *readers, "int_player_boxes")
    assert outcome.success, outcome.failures or outcome.error
    names = "select distinct player_lookup, player_full_name from nba_intermediate.int_player_boxes order by all"
    assert copy_of_built.query(names) == built.query(names)
    assert copy_of_built.query("select count(*) > 0 from nba_staging.stg_nbac__gamebook_player_stats"
        " where player_full_name = upper(player_full_name)") == [(True,)]  # fmt: skip
