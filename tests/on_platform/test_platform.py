"""fullcourt on raw tables of the platform's own form: it builds to PASS, and what differs is named with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from python_processors import cli
from python_processors.cli import opening
from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_contract import optional_inputs, raw_tables
from python_processors.report.monitors import test_queries as monitor_queries
from tests.integration.conftest import at_work
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.on_platform.tables import make_platform, platform_tables
from tests.warehouse import Warehouse

WINDOW = ("--start", f"{START}", "--end", f"{END}")
LACKING = {  # columns that the archive has and the platform has not
    "nbac_schedule.game_datetime_utc", "nbac_gamebook_player_stats.start_position",
    "bigdataball_play_by_play.shot_zone_basic", "nba_players_registry.height", "nba_players_registry.birth_date",
}  # fmt: skip
ZONES = "the distance tells paint from mid-range, where the archive has the court zone"
AGE = "no birth date is known"
STARTERS = "no gamebook names starters"
# Why a hashed column of these tables differs, by what its name matches. The rest is as from the archive.
REASONS = {
    r"(team_|opp_)?(paint|mid_range)_(attempts|makes|blocks).*": ZONES,
    r"(paint|mid_range)_(pct|rate|points)_.*": ZONES,
    r"points_in_paint_.*|blocks_(paint|mid_range)|mid_range_points_allowed|primary_scoring_zone": ZONES,
    r"shot_zone_mismatch_score|total_composite_adjustment": ZONES,
    r"(paint|mid_range)_defense_vs_league_avg|strongest_zone|weakest_zone|shot_zone_.*": ZONES,
    r"starters_inactive": STARTERS,
    r"player_age|fatigue_score|quality_(score|issues|metadata|tier)|data_quality_tier|processed_with_issues": AGE,
    r"features": f"{ZONES}; {AGE}",
}
OPTIONAL = tuple(name for name, table in raw_tables().items() if table.without and name != "bdl_player_boxscores")


@pytest.fixture(scope="module")
def league(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("four_teams")
    simulate_four_teams(folder, bettingpros=True)
    return folder


@pytest.fixture(scope="module")
def archive(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The league built from files of the archive's form."""
    warehouse = Warehouse(tmp_path_factory.mktemp("archive") / "fullcourt.duckdb", league)
    warehouse.build((f"{START}", f"{END}"))
    return warehouse


@pytest.fixture(scope="module")
def platform(league: Path, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same league in raw tables of the platform's form."""
    return built(tmp_path_factory.mktemp("platform"), league)


def built(folder: Path, league: Path, without: Collection[str] = ()) -> Warehouse:
    """A database with the platform's raw tables, built by the commands of docs/platform.md."""
    warehouse = Warehouse(folder / "fullcourt.duckdb", folder / "no_files")
    make_platform(warehouse.path, league, without=without)
    fullcourt(warehouse, "prepare")
    said = fullcourt(warehouse, "backfill", *WINDOW, "--yes")
    assert "\nPASS\n" in said, said
    return warehouse


def fullcourt(warehouse: Warehouse, *arguments: str) -> str:
    """What a command prints, without RAW_DIR: nobody names a folder. It must succeed."""
    with at_work(warehouse) as (project, _), pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "opened", lambda: (project, DuckDBWarehouse()))
        patch.delenv("RAW_DIR", raising=False)
        result = CliRunner().invoke(cli.app, arguments)
    assert result.exit_code == 0, f"{result.output}{result.exception}"
    return result.stdout


def test_the_contract_asks_of_the_platform_only_what_it_has() -> None:
    """But for what is optional, and the type of game_date_est, which is read in either."""
    lacking, others = set(), set()
    for table in raw_tables().values():
        theirs = platform_tables()[table.name]
        assert (theirs.dataset, theirs.partition_by) == (table.source, table.partition_by)
        for column in table.columns:
            if column.name not in theirs.types:
                assert column.optional, f"{table.name}.{column.name}"
                lacking.add(f"{table.name}.{column.name}")
            elif theirs.types[column.name] != column.type:
                others.add(f"{table.name}.{column.name}")
    assert lacking == LACKING
    assert others == {"nbac_schedule.game_date_est"}


@pytest.mark.slow
def test_rows_differ_from_the_archives_only_where_it_is_named(archive: Warehouse, platform: Warehouse) -> None:
    unnamed = {}
    for table in hashed_tables():
        contract = load_contract(table)
        ours, theirs = (rows(warehouse, table) for warehouse in (archive, platform))
        assert ours.keys() == theirs.keys(), table
        names = contract.hash_fields
        differing = {
            name for key in ours for name, one, other in zip(names, ours[key], theirs[key], strict=True) if one != other
        }
        unnamed[table] = {name for name in differing if not any(re.fullmatch(like, name) for like in REASONS)}
    assert {table: names for table, names in unnamed.items() if names} == {}


def rows(warehouse: Warehouse, table: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Hashed columns of each row, by its key."""
    contract = load_contract(table)
    size = len(contract.key)
    columns = ", ".join([*contract.key, *contract.hash_fields])
    return {row[:size]: row[size:] for row in warehouse.query(f"select {columns} from {contract.relation}")}


@pytest.mark.slow
def test_nothing_is_written_beside_the_platforms_raw_tables(platform: Warehouse) -> None:
    """No table of ours, no column, no row, and no simulated league in place of an archive that nobody named."""
    made = platform.query(
        "select schema_name, table_name from duckdb_tables() where schema_name in ('nba_raw', 'nba_reference')"
    )
    known = {(table.dataset, table.name) for table in platform_tables().values()}
    assert {of for of in made if of in known or of[0] == "nba_raw"} <= known
    assert platform.query("select count(*) from duckdb_columns() where column_name = '_loaded_from'") == [(0,)]
    assert not (platform.path.parent / "no_files").exists()


@pytest.mark.slow
def test_fatigue_is_a_number_without_an_age_and_says_so(archive: Warehouse, platform: Warehouse) -> None:
    known = "select count(*), count(fatigue_score) from nba_precompute.player_composite_factors"
    assert platform.query(known) == archive.query(known)
    told = platform.query(
        "select distinct json_extract_string(fatigue_context_json, '$.left_out'),"
        " list_contains(data_quality_issues, 'birth_date_unknown') from nba_precompute.player_composite_factors"
    )
    assert told == [("age: no birth date is known", True)]
    told = archive.query(
        "select distinct json_extract_string(fatigue_context_json, '$.left_out'),"
        " list_contains(data_quality_issues, 'birth_date_unknown') from nba_precompute.player_composite_factors"
    )
    assert told == [(None, False)]


@pytest.mark.slow
def test_lines_of_the_second_feed_stand_where_the_first_has_none(platform: Warehouse) -> None:
    found = platform.query(
        "select current_points_line_source = 'bettingpros', count(*) > 100, count(line_movement) > 0"
        " from nba_analytics.upcoming_player_game_context where has_prop_line group by 1 order by 1"
    )
    assert found == [(False, True, True), (True, True, True)]
    assert platform.query(
        "select count(*) from nba_ops.quarantine where table_name = 'bettingpros_player_points_props'"
    ) == [(0,)]


@pytest.mark.slow
def test_ages_come_from_rosters_where_the_registry_has_no_birth_date(archive: Warehouse, tmp_path: Path) -> None:
    """Of whom the rosters name: they are the archive's, and fatigue has its term for age."""
    simulate_four_teams(
        tmp_path / "league", bettingpros=True, espn_rosters=True, espn_scoreboard=True, nbac_play_by_play=True
    )
    platform = built(tmp_path, tmp_path / "league")
    assert platform.query(
        "select distinct home_verdict, away_verdict from nba_ops.game_evidence where feed = 'espn_scoreboard'"
    ) == [("agrees", "agrees")]
    staged = "select count(*) > 0, count(quarantine_reason) from nba_staging.stg_nbac__play_by_play"
    assert platform.query(staged) == [(True, 0)]
    ages = "select game_date, player_lookup, player_age from nba_analytics.upcoming_player_game_context order by all"
    assert platform.query(ages) == archive.query(ages)
    assert platform.query(
        "select distinct json_extract_string(fatigue_context_json, '$.left_out') from nba_precompute.player_composite_factors"
    ) == [(None,)]
    assert platform.query("select distinct reason from nba_ops.quarantine where table_name = 'espn_team_rosters'") == [
        ("roster is cut off",)
    ]
    absent = {one["name"] for one in json.loads(fullcourt(platform, "status", "--json", *WINDOW))["absent_inputs"]}
    assert not absent & {"espn_team_rosters", "espn_scoreboard", "nbac_play_by_play"}


@pytest.mark.slow
def test_status_names_optional_inputs_that_are_absent(platform: Warehouse) -> None:
    said = json.loads(fullcourt(platform, "status", "--json", *WINDOW))["absent_inputs"]
    names = {one["name"] for one in said}
    assert names >= LACKING
    assert {one["name"]: one["without"] for one in said} == {name: optional_inputs()[name] for name in names}
    assert names & raw_tables().keys() == {
        "espn_team_rosters",
        "espn_scoreboard",
        "nbac_play_by_play",
    }  # there, and without a row


@pytest.mark.slow
def test_a_monitor_knows_what_is_absent_from_what_has_stopped(platform: Warehouse, tmp_path: Path) -> None:
    """player_age is null in both: without any birth date that is expected, with a single one it is a finding."""
    assert "player_age" not in findings(platform)
    copy = Warehouse(tmp_path / platform.path.name, platform.raw_dir)
    copy.path.write_bytes(platform.path.read_bytes())
    copy.execute(
        "alter table nba_reference.nba_players_registry add column birth_date date;"
        "update nba_reference.nba_players_registry set birth_date = date '1990-01-01'"
        " where player_lookup = (select min(player_lookup) from nba_reference.nba_players_registry)"
    )
    assert findings(copy)["player_age"] == "null too often"


def findings(warehouse: Warehouse) -> dict[str, str]:
    """Of upcoming_player_game_context by hashed_columns_vary, however few rows there are."""
    table = "upcoming_player_game_context"
    with at_work(warehouse) as (project, _):
        (sql,) = monitor_queries(project, [table], START, END).values()
    few = re.sub(r"row_count >= \d+ and date_count >= \d+", "row_count >= 1", sql)
    assert few != sql
    with duckdb.connect(str(warehouse.path), read_only=True) as connection:
        return {row["subject"]: row["finding"] for row in connection.sql(few).to_arrow_table().to_pylist()}


@pytest.mark.slow
def test_without_any_optional_feed_the_rest_is_built(league: Path, tmp_path: Path) -> None:
    """One feed of box scores has to be there. None of the others is a table."""
    warehouse = built(tmp_path, league, OPTIONAL)
    said = json.loads(fullcourt(warehouse, "status", "--json", *WINDOW))["absent_inputs"]
    assert {one["name"] for one in said} >= set(OPTIONAL)


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("feed", [*OPTIONAL, "bdl_player_boxscores"])
def test_without_a_feed_the_rest_is_built(league: Path, tmp_path: Path, feed: str) -> None:
    built(tmp_path, league, [feed])
