"""The command line: what it refuses, what it asks, what it prints, and that its exit code says who is needed."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from python_processors import cli
from python_processors.cli import opening
from python_processors.contract import hashed_tables
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.warehouse import DuckDBWarehouse
from tests.integration.conftest import FIRST_MONTH, at_work
from tests.warehouse import Warehouse

MONTH = ("--start", FIRST_MONTH[0], "--end", FIRST_MONTH[1])
TEAMS = "team_offense_game_summary"
DAY = "2021-11-11"


def fullcourt(warehouse: Warehouse, *arguments: str, code: int | None = 0, answer: str | None = None) -> Result:
    """Run a command in this process. Whatever goes wrong, no traceback reaches the user. A code of None is any."""
    with at_work(warehouse) as (project, _), pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "opened", lambda: (project, DuckDBWarehouse()))
        if answer is not None:
            patch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda stream: True)
        result = CliRunner().invoke(cli.app, arguments, input=answer)
    if not isinstance(result.exception, SystemExit | None):
        pytest.fail(result.output + "".join(traceback.format_exception(result.exception)))
    assert code is None or result.exit_code == code, result.output
    return result


def as_json(warehouse: Warehouse, *arguments: str, code: int | None = 0) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(fullcourt(warehouse, *arguments, "--json", code=code).stdout)
    assert parsed.pop("schema_version") == 1
    return parsed


def contents(warehouse: Warehouse) -> dict[str, tuple[Any, ...]]:
    """Rows and their hashes of every table: published rows, ledgers, decisions, raw rows; not that a run was refused."""
    names = [name for (name,) in warehouse.query("select schema_name || '.' || table_name from duckdb_tables()")]
    kept = {"nba_ops.runs": " where state <> 'refused'"}
    return {
        name: warehouse.query(f"select count(*), sum(hash(t)) from {name} as t{kept.get(name, '')}")[0]
        for name in names
    }


def tomorrow() -> str:
    return f"{date.today() + timedelta(days=1)}"


NONSENSE = {
    "an unknown table": (
        ("--tables", "team_ofense_game_summary", *MONTH),
        ["team_ofense_game_summary. Did you mean", TEAMS],
    ),
    "an end before the start": (("--start", DAY, "--end", "2021-11-01"), ["ends (2021-11-01) before", "Swap the two"]),
    "a start in the future": (("--start", "2999-01-01", "--end", "2999-01-02"), ["2999-01-01 lies in the future"]),
    "an end in the future": (("--start", DAY, "--end", tomorrow()), ["lies in the future", "End the range today"]),
    "a misspelled date": (("--start", "2021-13-01", "--end", DAY), ["`2021-13-01` is no date", "YYYY-MM-DD"]),
    "a misspelled season": (("--season", "2021-23"), ["`2021-23` is no season", "Did you mean 2021-22?"]),
    "a season that the schedule lacks": (
        ("--season", "1998-99"),
        ["no games of 1998-99: it has 2021-22.", "Load its schedule first"],
    ),
    "a season beside dates": (("--season", "2021-22", "--start", DAY), ["--season", "--start", "one of the two"]),
    "no table in the list": (("--tables", " , ", *MONTH), ["names no table", TEAMS]),
}


def test_a_request_that_makes_no_sense_is_refused_with_what_to_do(copy_of_confirmed_month: Warehouse) -> None:
    before = contents(copy_of_confirmed_month)
    for command in ("plan", "backfill", "verify", "gaps", "status", "retry"):
        for case, (arguments, said) in NONSENSE.items():
            result = fullcourt(copy_of_confirmed_month, command, *arguments, code=2)
            assert all(part in result.stderr for part in said), (command, case, result.stderr)
            assert result.stdout == "", (command, case)
        for case in ("a misspelled date", "no table in the list"):
            arguments, said = NONSENSE[case]
            assert said[0] in as_json(copy_of_confirmed_month, command, *arguments, code=2)["error"], (command, case)
    for command in ("plan", "backfill"):
        assert "--start and --end, or --season" in fullcourt(copy_of_confirmed_month, command, code=2).stderr
        assert "--start and --end, or --season" in as_json(copy_of_confirmed_month, command, code=2)["error"]
    assert "team_ofense" in fullcourt(copy_of_confirmed_month, "explain", "team_ofense", DAY, code=2).stderr
    assert "lies in the future" in fullcourt(copy_of_confirmed_month, "explain", TEAMS, "2999-01-01", code=2).stderr
    assert contents(copy_of_confirmed_month) == before


def test_a_range_without_games_has_nothing_to_do(copy_of_confirmed_month: Warehouse) -> None:
    ((day,),) = copy_of_confirmed_month.query(
        "select cast(min(day) as varchar) from (select cast(unnest(generate_series("
        f"date '{FIRST_MONTH[0]}', date '{FIRST_MONTH[1]}', interval 1 day)) as date) as day)"
        " where day not in (select game_date from nba_intermediate.dim_game_dates)"
    )
    day_off = ("--start", day, "--end", day)
    assert "Nothing to do" in fullcourt(copy_of_confirmed_month, "plan", *day_off).stdout
    result = fullcourt(copy_of_confirmed_month, "backfill", *day_off)
    assert "Nothing to do" in result.stderr
    assert "0 partitions built" in result.stdout


def test_dates_that_the_schedule_does_not_know_never_pass(copy_of_confirmed_month: Warehouse) -> None:
    ((last,),) = copy_of_confirmed_month.query("select max(last_date) from nba_ops.known_dates")
    after = ("--start", "2022-07-01", "--end", "2022-07-03")
    assert "out of reach: 3 dates" in fullcourt(copy_of_confirmed_month, "plan", *after).stdout
    for command in (("verify", *after), ("backfill", *after, "--no-report"), ("status", *after), ("gaps", *after)):
        said = fullcourt(copy_of_confirmed_month, *command, code=1).output
        assert f"to {last}, and says nothing of it" in said or command[0] == "status", said
        assert "unknown" in said
    said = fullcourt(copy_of_confirmed_month, "explain", TEAMS, "2022-07-01", code=1).stdout
    assert f"{TEAMS} of 2022-07-01 is unknown: the schedule goes from" in said
    (reason,) = as_json(copy_of_confirmed_month, "verify", *after, code=1)["tables"][0]["reasons"]
    assert reason.startswith("2022-07-01 to 2022-07-03 are unknown: the schedule goes from")


def test_a_plan_of_an_empty_warehouse_writes_nothing_and_does_not_speak_of_loading(
    tmp_path: Path, league: Path
) -> None:
    empty = Warehouse(tmp_path / "fullcourt.duckdb", league)
    planned = fullcourt(empty, "plan", "--start", "2021-10-19", "--end", "2021-10-20", "--tables", TEAMS)
    assert TEAMS in planned.stdout
    assert "loaded" not in planned.stderr
    assert not empty.path.exists()


def test_a_plan_of_one_table_sees_what_a_plan_of_all_sees(copy_of_confirmed_month: Warehouse) -> None:
    """Whichever tables are asked for, what they read has the fingerprints that the ledger knows."""
    for table in hashed_tables():
        assert as_json(copy_of_confirmed_month, "plan", *MONTH, "--tables", table)["steps"] == [], table


DAMAGED = (
    "update nba_ops.input_ledger set inputs = 'nothing that a run writes' where {}",
    "update nba_ops.input_ledger set input_fingerprint = null where {}",
    "update nba_ops.input_ledger set output_fingerprint = 'twelve' where {}",
    "insert into nba_ops.input_ledger select * from nba_ops.input_ledger where {}",
)


@pytest.mark.slow
def test_dates_whose_ledger_rows_are_damaged_are_built_again_and_say_why(copy_of_confirmed_month: Warehouse) -> None:
    """No text that a run writes, none at all, no fingerprint, and a second row: four dates, damaged one way each."""
    before = copy_of_confirmed_month.hashes()
    days = [f"2021-11-{number:02d}" for number in range(8, 8 + len(DAMAGED))]
    for day, damage in zip(days, DAMAGED, strict=True):
        copy_of_confirmed_month.execute(damage.format(f"table_name = '{TEAMS}' and game_date = date '{day}'"))
    those_days = ("--start", days[0], "--end", days[-1], "--tables", TEAMS)
    steps = as_json(copy_of_confirmed_month, "plan", *those_days)["steps"]
    assert [(step["date"], step["why"]) for step in steps] == [(day, "its ledger row is damaged") for day in days]
    assert "its ledger row is damaged" in fullcourt(copy_of_confirmed_month, "explain", TEAMS, days[0], code=1).stdout
    assert as_json(copy_of_confirmed_month, "backfill", *those_days)["built"] == {TEAMS: len(days)}
    assert as_json(copy_of_confirmed_month, "plan", *those_days)["steps"] == []
    assert copy_of_confirmed_month.hashes() == before


def test_a_raw_folder_that_is_not_there_or_broken_is_named(copy_of_confirmed_month: Warehouse, tmp_path: Path) -> None:
    before = contents(copy_of_confirmed_month)
    nowhere = Warehouse(copy_of_confirmed_month.path, tmp_path / "nowhere")
    broken = next(copy_of_confirmed_month.raw_dir.rglob("nbac_gamebook_player_stats.parquet"))
    broken.write_bytes(b"no parquet")
    for command in ("plan", "backfill"):
        assert f"{tmp_path / 'nowhere'}" in fullcourt(nowhere, command, *MONTH, code=2).stderr
        said = fullcourt(copy_of_confirmed_month, command, *MONTH, code=2).stderr
        assert broken.name in said
        assert "Repair the files" in said
    assert contents(copy_of_confirmed_month) == before


@contextmanager
def held_by_another_process(path: Path) -> Iterator[tuple[int, Callable[[], None]]]:
    """A process that has the database open for writing: its id, and what makes it let go."""
    forked = multiprocessing.get_context("spawn")
    is_open, may_end = forked.Event(), forked.Event()
    process = forked.Process(target=hold, args=(str(path), is_open, may_end))
    process.start()
    try:
        assert is_open.wait(60)
        yield process.pid or 0, may_end.set
    finally:
        may_end.set()
        process.join()


def hold(path: str, is_open: Any, may_end: Any) -> None:
    with duckdb.connect(path):
        is_open.set()
        may_end.wait(300)


def test_a_look_at_a_database_that_another_process_writes_is_refused_with_its_name(
    copy_of_confirmed_month: Warehouse,
) -> None:
    with held_by_another_process(copy_of_confirmed_month.path) as (holder, _):
        for command in (("plan", *MONTH), ("verify",), ("explain", TEAMS, DAY), ("migrate", "--dry-run")):
            said = fullcourt(copy_of_confirmed_month, *command, code=3).stderr
            assert f"process {holder}," in said
            assert "Wait for it to end" in said
        assert f"process {holder}," in as_json(copy_of_confirmed_month, "status", code=3)["error"]
    fullcourt(copy_of_confirmed_month, "plan", *MONTH)


RUNS = (("backfill", "--start", DAY, "--end", DAY, "--force", "--yes"), ("migrate",), ("prepare",))


@pytest.mark.parametrize("command", RUNS, ids=lambda command: command[0])
@pytest.mark.slow
def test_who_has_the_database_open_delays_a_run_and_does_not_end_it(
    copy_of_confirmed_month: Warehouse, command: tuple[str, ...]
) -> None:
    with held_by_another_process(copy_of_confirmed_month.path) as (holder, let_go):
        threading.Timer(2, let_go).start()
        said = fullcourt(copy_of_confirmed_month, *command).stderr
    assert f"which process {holder} holds" in said
    assert "Ctrl-C stops it" in said


@pytest.mark.slow
def test_onlookers_that_come_and_go_during_a_run_change_nothing(copy_of_confirmed_month: Warehouse) -> None:
    """They open the database whenever dbt or the run has closed it, and hold it for a moment."""
    before = copy_of_confirmed_month.hashes()
    forked = multiprocessing.get_context("spawn")
    may_end, opened = forked.Event(), forked.Value("i", 0)
    process = forked.Process(target=peek, args=(str(copy_of_confirmed_month.path), may_end, opened))
    process.start()
    try:
        ran = as_json(copy_of_confirmed_month, "backfill", "--start", DAY, "--end", DAY, "--force", "--yes")
    finally:
        may_end.set()
        process.join()
    assert opened.value > 3
    assert (ran["failures"], sum(ran["built"].values()) > 9) == ({}, True)
    assert copy_of_confirmed_month.hashes() == before


def peek(path: str, may_end: Any, opened: Any) -> None:
    while not may_end.is_set():
        with suppress(duckdb.IOException), duckdb.connect(path, read_only=True):
            opened.value += 1
            time.sleep(0.3)
        time.sleep(0.2)


def test_a_file_that_is_no_database_is_left_as_it_is(confirmed_month: Path, tmp_path: Path) -> None:
    path = tmp_path / "blocked" / "fullcourt.duckdb"  # `lock` in a path locks nothing
    path.parent.mkdir()
    path.write_bytes(b"a letter to my mother" * 1000)
    for command in (("plan", *MONTH), ("backfill", *MONTH), ("status",), ("prepare",), ("migrate",)):
        said = fullcourt(Warehouse(path, confirmed_month / "raw"), *command, code=2).stderr
        assert f"{path} cannot be opened" in said
        assert "Restore it from a copy" in said
    assert path.read_bytes() == b"a letter to my mother" * 1000


def test_bare_commands_exit_by_what_was_asked_for(confirmed: Warehouse) -> None:
    """The season goes on after the month that was built: nobody asked for that."""
    status = as_json(confirmed, "status")
    (boxes,) = [line for line in status["tables"] if line["table"] == TEAMS]
    assert boxes["outcomes"].keys() == {"not_requested", "complete"}
    assert boxes["is_fine"]
    kinds = {gap["kind"] for gap in as_json(confirmed, "gaps")["gaps"]}
    assert kinds == {"not expected", "not requested"}
    fullcourt(confirmed, "status", "--start", FIRST_MONTH[0], "--end", "2021-11-25", code=1)
    fullcourt(confirmed, "gaps", "--season", "2021-22", code=1)


def test_dates_that_only_a_refused_run_was_asked_for_need_attention(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, week = copy_of_confirmed_month, ("--start", "2021-11-20", "--end", "2021-11-22")
    warehouse.execute(f"alter table nba_analytics.{TEAMS} add column note text")
    said = as_json(warehouse, "backfill", *week, code=2)["error"]
    assert said == as_json(warehouse, "backfill", *week, code=2)["error"]
    warehouse.execute(f"alter table nba_analytics.{TEAMS} drop column note")
    status = as_json(warehouse, "status", code=1)
    ((refused,), (boxes,)) = status["refused"], [line for line in status["tables"] if line["table"] == TEAMS]
    assert (refused["command"], refused["start"], refused["end"], refused["reason"]) == ("backfill", *week[1::2], said)
    assert boxes["outcomes"]["missing"] == 3
    assert "missing" in {gap["outcome"] for gap in as_json(warehouse, "gaps", code=1)["gaps"]}
    assert f"REFUSED backfill {week[1]} to {week[3]}, " in fullcourt(warehouse, "status", code=1).stdout
    assert as_json(warehouse, "status", *MONTH)["refused"] == []


def test_a_run_that_another_one_kept_out_is_told_by_that_one(copy_of_confirmed_month: Warehouse) -> None:
    warehouse, day = copy_of_confirmed_month, ("--start", "2021-11-20", "--end", "2021-11-20")
    with run_lock(DuckDBWarehouse(warehouse.path), "other", "a range"), duckdb.connect(str(warehouse.path)):
        fullcourt(warehouse, "backfill", *day, code=3)
    (refused,) = as_json(warehouse, "status", code=1)["refused"]
    fullcourt(warehouse, "prepare")
    assert [refused] == as_json(warehouse, "status", code=1)["refused"]
    assert warehouse.query("select run_id from nba_ops.runs where state = 'refused'") == [(refused["run_id"],)]
    assert list(warehouse.path.parent.glob("*.refused.*")) == []


def test_the_number_of_a_bare_report_is_of_what_was_asked_for(copy_of_confirmed_month: Warehouse) -> None:
    report = as_json(copy_of_confirmed_month, "report")
    assert report["headline"]["trusted_pct"] == 100
    whole = as_json(copy_of_confirmed_month, "report", "--season", "2021-22", code=1)
    assert whole["headline"]["trusted_pct"] < 50
