"""`fullcourt doctor` on DuckDB: what keeps a run from working is named, the exit code says so, and nothing is changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from python_processors import cli
from python_processors.doctor.examination import CHECKS
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.schema.tables import stored_tables
from tests.mixed_changes.league import simulate_four_teams
from tests.on_platform.tables import make_outputs, make_platform

SAME_AS_INSTANT = "timezone('America/New_York', cast(game_date_est as timestamp))"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the platform's raw tables, and the files that they were filled from beside it."""
    folder = tmp_path_factory.mktemp("platform")
    simulate_four_teams(folder / "raw")
    make_platform(folder / "fullcourt.duckdb", folder / "raw")
    return folder


@pytest.fixture
def database(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, that commands look at. Nobody names a raw folder, and one is found, as on a machine of ours."""
    path = tmp_path / "fullcourt.duckdb"
    shutil.copy(platform / path.name, path)
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(path))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))
    monkeypatch.delenv("RAW_DIR", raising=False)
    return path


def changed(database: Path, *statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("; ".join(["set TimeZone = 'UTC'", *statements]))


def doctor(code: int) -> list[dict[str, Any]]:
    """The lines that `--json` prints; the exit code, the words and the levels agree."""
    result = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert result.exit_code == code, result.output
    found = json.loads(result.stdout)
    lines: list[dict[str, Any]] = found["lines"]
    assert {line["check"] for line in lines} <= set(CHECKS)
    assert {line["level"] for line in lines} <= {"ok", "note", "problem"}
    assert found["would_work"] == (code == 0) == all(line["level"] != "problem" for line in lines)
    return lines


def problems(code: int = 1) -> list[str]:
    return [f"{line['check']}: {line['said']}" for line in doctor(code) if line["level"] == "problem"]


def said(lines: list[dict[str, Any]], check: str, level: str) -> str:
    return "\n".join(line["said"] for line in lines if (line["check"], line["level"]) == (check, level))


def test_the_platforms_raw_tables_are_enough_for_a_run(database: Path) -> None:
    before = database.read_bytes()
    lines = doctor(0)
    assert "nba_raw.nbac_schedule: 40 rows, 2021-10-19 to 2021-11-09." in said(lines, "raw_tables", "ok")
    assert "nba_players_registry.birth_date is not there, and may be missing: a birth date is ESPN's" in said(
        lines, "raw_tables", "note"
    )
    assert "40 games of 1 season tip off when games do, on the clock eastern." in said(lines, "tipoff_hours", "ok")
    assert "22 of 22 are not there: a run makes them." in said(lines, "target_tables", "ok")
    assert "The schedule ends on 2021-11-" in said(lines, "schedule", "note")
    assert database.read_bytes() == before
    assert {path.name for path in database.parent.iterdir()} == {database.name}


def test_a_screen_has_a_line_a_finding_and_ends_with_what_follows(database: Path) -> None:
    out = CliRunner().invoke(cli.app, ["doctor"]).stdout.splitlines()
    assert out[-1] == "A run would work."
    assert len(out) < 40
    assert any(line.startswith("ok       lock ") and line.endswith("No run holds the warehouse.") for line in out)


def test_an_empty_database_without_files_lacks_what_a_run_needs(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.unlink()
    (tmp_path / "raw").mkdir()
    monkeypatch.setenv("RAW_DIR", str(tmp_path / "raw"))
    found = problems()
    assert any("nba_raw.nbac_schedule has no rows" in one for one in found), found
    assert any("nba_reference.nba_players_registry has no rows" in one for one in found)
    assert not database.exists()


def test_an_empty_database_with_files_works_and_stays_empty(
    platform: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.unlink()
    monkeypatch.setenv("RAW_DIR", str(platform / "raw"))
    lines = doctor(0)
    assert "nba_raw.nbac_schedule: 41 rows once the files are loaded." in said(lines, "raw_tables", "ok")
    assert not database.exists()


def test_files_that_do_not_fit_are_a_problem(
    platform: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.unlink()
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "nbac_schedule.csv").write_text("game_id\n0022100001\n")
    monkeypatch.setenv("RAW_DIR", str(raw))
    (found,) = problems()
    assert found.startswith(f"raw_files: Raw folder {raw} does not fit the raw contract")
    monkeypatch.setenv("RAW_DIR", str(tmp_path / "nowhere"))
    assert "there is no such folder" in problems()[0]


def test_a_missing_raw_table_is_named(database: Path) -> None:
    changed(database, "drop table nba_reference.player_aliases", "drop table nba_raw.nbac_injury_report")
    lines = doctor(1)
    assert said(lines, "raw_tables", "problem") == "nba_reference.player_aliases is not there, and a run needs it."
    assert "nba_raw.nbac_injury_report is not there, and may be missing: who is out says the roster alone." in said(
        lines, "raw_tables", "note"
    )


def test_a_raw_table_without_rows_is_named(database: Path) -> None:
    changed(database, "delete from nba_raw.nbac_schedule", "delete from nba_raw.bdl_player_boxscores")
    lines = doctor(1)
    assert said(lines, "raw_tables", "problem") == "nba_raw.nbac_schedule has no rows, and a run needs it."
    changed(database, "delete from nba_reference.player_aliases")
    assert "player_aliases has no rows: no other spelling" in said(doctor(1), "raw_tables", "note")
    assert "nba_raw.bdl_player_boxscores has no rows, and may be missing" in said(lines, "raw_tables", "note")


def test_a_column_of_another_type_and_one_that_is_missing_are_named(database: Path) -> None:
    alter = "alter table nba_raw.bdl_player_boxscores"
    changed(
        database,
        f"{alter} alter points type varchar",
        f"{alter} drop column minutes",
        "alter table nba_raw.nbac_team_boxscore alter game_date type varchar",
    )
    assert problems() == [
        "raw_tables: nba_raw.bdl_player_boxscores: the column minutes (STRING) is not there; points is STRING where the"
        " contract says INT64.",
        "raw_tables: nba_raw.nbac_team_boxscore: game_date is STRING where the contract says DATE.",
    ]


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
def test_a_shifted_clock_is_named_as_a_build_would(database: Path, kind: str) -> None:
    alter = "alter table nba_raw.nbac_schedule alter game_date_est type"
    changed(database, f"{alter} {kind}")
    doctor(0)
    changed(database, f"{alter} timestamptz using {SAME_AS_INSTANT}", f"{alter} {kind}")
    (found,) = problems()
    assert found.startswith(
        "tipoff_hours: Tip-offs are read in the wrong zone: of 40 games of the season that starts in 2021, "
    )


def test_a_schedule_of_few_games_is_no_proof_of_its_clock(database: Path) -> None:
    changed(database, "delete from nba_raw.nbac_schedule where game_date > date '2021-10-26'")
    assert "too few to tell" in said(doctor(0), "tipoff_hours", "note")


def test_the_platforms_own_output_tables_are_refused_by_name(database: Path) -> None:
    tables = make_outputs(database)
    lines = [line for line in doctor(1) if line["check"] == "target_tables"]
    refused = [line for line in lines if line["level"] == "problem"]
    assert [line["said"].partition(":")[0] for line in refused] == [
        relation for relation in stored_tables() if relation in tables
    ]
    assert len(refused) == len(tables) == 10
    (features,) = [line for line in refused if line["said"].startswith("nba_predictions.ml_feature_store_v2")]
    assert "a run refuses to start" in features["said"]
    assert "feature_sources is missing" in features["said"]
    assert len(features["details"]) > 3
    assert not any(" not FLOAT64" in detail or " not JSON" in detail for line in refused for detail in line["details"])
    assert features["to_do"].startswith("It is not fullcourt's: build beside it, and `fullcourt adopt` puts")
    assert said(lines, "target_tables", "ok") == "12 of 22 are not there: a run makes them."


@contextmanager
def held_by_another_process(database: Path, *, read_only: bool) -> Iterator[int]:
    script = (
        f"import duckdb, sys\nheld = duckdb.connect({str(database)!r}, read_only={read_only})\n"
        "print('held', flush=True)\nsys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.communicate(b"")


def test_a_database_that_another_process_writes_is_named_with_that_process(database: Path) -> None:
    with held_by_another_process(database, read_only=False) as pid:
        lines = doctor(1)
    assert f"is in use by process {pid}" in said(lines, "database", "problem")
    assert "Not looked at: the warehouse cannot be opened." in said(lines, "raw_tables", "note")
    doctor(0)


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel says who reads a file")
def test_a_database_that_another_process_reads_is_a_note(database: Path) -> None:
    with held_by_another_process(database, read_only=True) as pid:
        assert f"Process {pid} has the file open" in said(doctor(0), "database", "note")


def test_a_run_at_work_is_named(database: Path) -> None:
    with run_lock(DuckDBWarehouse(), "the-first", "2021-10-19 to 2021-11-19"):
        (found,) = problems()
    assert found.startswith("lock: Run the-first (2021-10-19 to 2021-11-19) is running since")


def test_what_is_no_database_and_names_that_cannot_be_are_problems(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_text("no database")
    assert any("cannot be opened" in one for one in problems())
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path / "nba_ops.duckdb"))
    assert any("file cannot be called 'nba_ops'" in one for one in problems())
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path))
    assert any("is no regular file" in one for one in problems())
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(database))
    monkeypatch.setenv("FULLCOURT_DATASET_PREFIX", "a b")
    assert any("is no valid name" in one for one in problems())


def test_a_disk_without_room_is_a_problem(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(database.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=12_000_000))
    (found,) = problems()
    assert found == "database: 12 MB are free on its disk, and a run may need 1,000."
