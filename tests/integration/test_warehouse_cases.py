"""What once ended in PASS and exit code 0: each on a small finished warehouse, with what is right."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from python_processors import raw_contract
from python_processors.errors import FullcourtError
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_loader import RawFolder, load_raw
from tests.mixed_changes.kills import OPTIONS
from tests.mixed_changes.league import END, simulate_four_teams
from tests.mixed_changes.machine import RANGE, Machine, compare
from tests.mixed_changes.raw_kinds import write_change
from tests.mixed_changes.site import DATABASE, Site
from tests.raw_changes import Change

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

BACKFILL = {"do": "backfill", **RANGE}
CLAIMS = {"do": "claims", **RANGE}
OFFENSE = "nba_analytics.team_offense_game_summary"
DAY = "2021-10-31"
TEAM = f"game_date = '{DAY}' and team_abbr = 'BOS'"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    machine = Machine(tmp_path_factory.mktemp("warehouse_cases"))
    yield machine
    machine.close()


@pytest.fixture
def site(machine: Machine) -> Site:
    """The finished warehouse, its files and its code as they were."""
    machine.site.reset()
    return machine.site


def typed(machine: Machine, *arguments: str) -> dict[str, Any]:
    (answer,) = machine.run([{"do": "command", "arguments": list(arguments)}])
    assert not answer["crashed"], answer
    return answer


def is_as_the_base(machine: Machine) -> bool:
    return compare(machine.site.database, machine.site.base / DATABASE, machine.tables)[0] == set()


def differing_from_a_build_anew(machine: Machine) -> set[tuple[str, str]]:
    """Tables and dates whose rows are not those of a build from nothing of the same files and code."""
    database = machine.site.folder / "anew" / DATABASE
    shutil.rmtree(database.parent, ignore_errors=True)
    built, tables = machine.run([{"do": "build", "database": str(database), **RANGE}, {"do": "tables"}])
    assert built["success"], built
    return compare(machine.site.database, database, tables["tables"])[0]


def edit_by_hand(machine: Machine, edit: str) -> None:
    with machine.site.opened() as connection:
        connection.execute(HAND_EDITS[edit])
    assert not is_as_the_base(machine) or edit == "compared value"  # no hash and no comparison of ours has that


HAND_EDITS = {
    "value": f"update {OFFENSE} set points_scored = 999 where {TEAM}",
    "row twice": f"insert into {OFFENSE} select * from {OFFENSE} where {TEAM}",
    "no hash": f"update {OFFENSE} set data_hash = '' where {TEAM}",
    "compared value": f"update {OFFENSE} set quality_issues = ['x'] where {TEAM}",
}


@pytest.mark.parametrize("edit", HAND_EDITS)
def test_force_replaces_what_was_edited_by_hand(machine: Machine, site: Site, edit: str) -> None:
    edit_by_hand(machine, edit)
    typed(machine, "backfill", *OPTIONS, "--tables", "team_offense_game_summary", "--force", "--no-report")
    assert is_as_the_base(machine)
    sql = f"select quality_issues from {OFFENSE} where {TEAM}"
    assert query(site.database, sql) == query(site.base / DATABASE, sql)


@pytest.mark.parametrize("edit", ["value", "row twice"])
def test_verify_takes_the_confirmation_of_an_edited_row_back_and_the_next_run_repairs_it(
    machine: Machine, site: Site, edit: str
) -> None:
    edit_by_hand(machine, edit)
    assert typed(machine, "verify", *OPTIONS)["exit_code"] == 1
    (claimed,) = machine.run([CLAIMS])
    assert ["team_offense_game_summary", DAY] not in claimed["complete"]
    typed(machine, "backfill", *OPTIONS, "--no-report")
    assert is_as_the_base(machine)
    assert typed(machine, "verify", *OPTIONS)["exit_code"] == 0


def test_a_macro_edited_while_a_run_waits_never_ends_in_rows_confirmed_under_code_that_did_not_build_them(
    machine: Machine, site: Site
) -> None:
    macro = site.code() / "macros" / "travel.sql"
    with run_lock(DuckDBWarehouse(site.database), "the-first", "a range"):
        run = subprocess.Popen(
            [sys.executable, "-m", "python_processors.cli", "backfill", *OPTIONS, "--wait", "--yes", "--no-report"],
            cwd=site.edited, env={**os.environ, **machine.environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        until_idle(run.pid)
        macro.write_text(macro.read_text().replace("3958.8", "39588"))
    said, _ = run.communicate(timeout=300)
    assert run.returncode == 0, said
    (claimed,) = machine.run([CLAIMS])
    differing = differing_from_a_build_anew(machine)
    assert not differing & {(table, day) for table, day in claimed["complete"]}
    machine.run([BACKFILL])
    assert differing_from_a_build_anew(machine) == set()


def until_idle(pid: int) -> None:
    """Until a process has done its imports and uses no processor any more: it waits."""
    used, since, given_up = 0.0, time.monotonic(), time.monotonic() + 240
    while time.monotonic() - since < 4 or used < 200:
        assert time.monotonic() < given_up
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        now = float(fields[11]) + float(fields[12])  # in hundredths of a second
        if now - used > 3:
            used, since = now, time.monotonic()
        time.sleep(0.5)


def rewrite(path: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    table = pa_parquet.read_table(path)
    pa_parquet.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)


@pytest.mark.parametrize("lost", ["a day", "all"])
def test_a_schedule_that_lost_games_which_other_feeds_have_is_refused(machine: Machine, site: Site, lost: str) -> None:
    (path,) = site.raw_files("nbac_schedule")
    before = pa_parquet.read_metadata(path).num_rows
    rewrite(path, lambda rows: [row for row in rows if lost == "a day" and str(row["game_date"]) != DAY])
    assert pa_parquet.read_metadata(path).num_rows < before
    answer = typed(machine, "backfill", *OPTIONS, "--yes", "--no-report")
    assert answer["exit_code"] != 0
    assert is_as_the_base(machine)  # nothing is deleted


def test_an_archive_whose_folders_are_renamed_holds_each_row_once_and_its_corrections(
    machine: Machine, site: Site
) -> None:
    for folder in [folder for folder in site.raw.iterdir() if folder.is_dir()]:
        folder.rename(folder.with_name(f"season_{folder.name}"))
    (path,) = site.raw_files("nbac_gamebook_player_stats")

    def corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        row = next(row for row in rows if str(row["game_date"]) == DAY and (row["points"] or 0) > 10)
        row.update(points=row["points"] + 1, free_throws_made=row["free_throws_made"] + 1)
        row.update(free_throws_attempted=row["free_throws_attempted"] + 1)
        return rows

    rewrite(path, corrected)
    (answer,) = machine.run([BACKFILL])
    assert answer["is_whole"], answer
    with site.opened() as connection:
        stored = connection.execute("select count(*) from nba_raw.nbac_gamebook_player_stats").fetchall()
    assert stored == [(pa_parquet.read_metadata(path).num_rows,)]
    assert differing_from_a_build_anew(machine) == set()


def without_signs_of_simulation(rows: pa.Table) -> pa.Table:
    """As an archive's file: no mark in its metadata, and rows that were loaded from elsewhere at another time."""
    for name, value in (("source_file_path", "archive/games.json"), ("processed_at", datetime(2024, 1, 2))):
        if name in rows.column_names:
            field = rows.schema.field(name)
            values = pa.array([value] * rows.num_rows).cast(field.type)
            rows = rows.set_column(rows.column_names.index(name), field, values)
    return rows.replace_schema_metadata(None)


@pytest.mark.parametrize("first", ["real", "simulated"])
def test_a_warehouse_holds_one_league(tmp_path: Path, first: str) -> None:
    simulate_four_teams(tmp_path / "simulated", seed=8)
    simulate_four_teams(tmp_path / "source")
    for path in (tmp_path / "source").rglob("*.parquet"):
        to = tmp_path / "real" / path.relative_to(tmp_path / "source")
        to.parent.mkdir(parents=True, exist_ok=True)
        pa_parquet.write_table(without_signs_of_simulation(pa_parquet.read_table(path)), to)
    second = "real" if first == "simulated" else "simulated"
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        load_raw(connection, RawFolder(tmp_path / first))
        before = connection.execute("select * from nba_raw.nbac_gamebook_player_stats order by all").fetchall()
        with pytest.raises(FullcourtError):
            load_raw(connection, RawFolder(tmp_path / second))
        assert connection.execute("select * from nba_raw.nbac_gamebook_player_stats order by all").fetchall() == before


def test_a_raw_column_of_another_type_is_loaded_anew_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "nbac_gamebook_player_stats"
    simulate_four_teams(tmp_path / "league")
    (source,) = (tmp_path / "league").rglob(f"{name}.parquet")
    rows, path = pa_parquet.read_table(source).slice(0, 5), tmp_path / "raw" / f"{name}.parquet"
    path.parent.mkdir()
    pa_parquet.write_table(rows, path)
    with duckdb.connect(str(tmp_path / "x.duckdb")) as connection:
        load_raw(connection, RawFolder(path.parent))
        known = raw_contract.raw_tables()[name]
        columns = tuple(
            dataclasses.replace(column, type="FLOAT64") if column.name == "points" else column
            for column in known.columns
        )
        monkeypatch.setitem(raw_contract.raw_tables(), name, dataclasses.replace(known, columns=columns))
        points = [0.5, 1.4, 2.5, 3.6, 4.49]
        at = rows.column_names.index("points")
        pa_parquet.write_table(rows.set_column(at, "points", pa.array(points)), path)
        try:
            load_raw(connection, RawFolder(path.parent))
        except FullcourtError:
            points = [float(point) for point in rows["points"].to_pylist()]  # refused: nothing has changed
        stored = connection.execute(f"select points from nba_raw.{name}").fetchall()
        assert sorted(stored) == sorted((point,) for point in points)


def test_a_layer_built_by_hand_with_another_var_is_built_again(machine: Machine, site: Site) -> None:
    by_hand = {
        "do": "dbt", "arguments": ["run", "--select", "+int_game_lines"],
        "vars": {"start_date": RANGE["start"], "end_date": RANGE["end"], "max_possible_total": 350, "min_possible_total": 225},
    }  # fmt: skip
    machine.run([by_hand, BACKFILL])
    lines = "select * from nba_intermediate.int_game_lines order by all"
    assert query(site.database, lines) == query(site.base / DATABASE, lines)
    (path,) = site.raw_files("nbac_gamebook_player_stats")
    write_change(Change("nbac_gamebook_player_stats", "edited", date.fromisoformat(DAY), 2), path)
    machine.run([BACKFILL])
    assert differing_from_a_build_anew(machine) == set()


def test_a_full_refresh_of_two_dates_is_refused_or_repaired(machine: Machine, site: Site) -> None:
    refresh = {
        "do": "dbt", "arguments": ["run", "--select", "int_player_quarters", "int_player_boxes", "--full-refresh"],
        "vars": {"start_date": RANGE["start"], "end_date": "2021-10-20"},
    }  # fmt: skip
    machine.run([refresh])
    (path,) = site.raw_files("odds_api_player_points_props")
    write_change(Change("odds_api_player_points_props", "edited", END, 3), path)
    machine.run([BACKFILL])
    assert differing_from_a_build_anew(machine) == set()


def test_plan_and_status_agree_on_a_window_that_was_made_longer(machine: Machine, site: Site) -> None:
    (path,) = (site.code() / "models").rglob("player_shot_zone_analysis.yml")
    before = path.read_text()
    path.write_text(before.replace("size: 20", "size: 25", 1))
    assert path.read_text() != before
    plan = {"do": "command", "arguments": ["plan", *OPTIONS, "--json"]}
    before_it, planned, done, after = machine.run([CLAIMS, plan, BACKFILL, CLAIMS])
    assert bool(before_it["due"]) == bool(json.loads(planned["out"])["steps"])
    assert done["is_whole"]
    assert after["due"] == []
    (whole,) = machine.run([{"do": "verify", **RANGE}])
    assert whole["exit_code"] == 0, whole["said"]


def query(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql).fetchall()
