"""Commands that write are runs: one at a time, and their end is an exit code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from python_processors.cli import app, opening
from python_processors.cli.command import LOCKED, REFUSED, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, Ways, json_option
from python_processors.engines.base import RunLockedError, WaitEndedError
from python_processors.errors import RefusedError
from python_processors.orchestration import request as requests
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.request import Request
from python_processors.orchestration.warehouse import DuckDBWarehouse, WarehouseLockedError

RANGE = ("--start", "2021-10-19", "--end", "2021-10-19")


@pytest.mark.parametrize("arguments", [("prepare",), ("migrate",), ("backfill", *RANGE)], ids=lambda of: of[0])
def test_a_command_that_writes_is_refused_while_a_run_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    monkeypatch.setattr(opening, "opened", lambda: (None, warehouse))
    monkeypatch.setattr(opening, "warehouse", lambda: warehouse)
    with run_lock(warehouse, "the-first", "2021"):
        refused = CliRunner().invoke(app, [*arguments, "--json"])
    assert refused.exit_code == LOCKED, refused.output
    assert "Run the-first (2021) is running" in json.loads(refused.stdout)["error"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WaitEndedError(), SOMEBODY),
        (RunLockedError({"run_id": "a"}), LOCKED),
        (WarehouseLockedError(Path("x.duckdb"), "held in python (PID 7)"), LOCKED),
        (RefusedError("no"), REFUSED),
        (PermissionError("not yours"), REFUSED),
    ],
    ids=lambda of: type(of).__name__,
)
def test_an_error_is_printed_and_ends_with_its_code(error: Exception, code: int) -> None:
    @click.command(cls=Command)
    @json_option
    @guarded
    def command(as_json: bool) -> int:
        raise error

    for arguments in ([], ["--json"]):
        ended = CliRunner().invoke(command, arguments)
        assert ended.exit_code == code
        said = json.loads(ended.stdout)["error"] if arguments else ended.stderr
        assert str(error) in said


def test_an_error_that_nobody_foresaw_is_raised() -> None:
    @click.command(cls=Command)
    @guarded
    def command() -> int:
        raise LookupError("a fault of ours")

    assert isinstance(CliRunner().invoke(command).exception, LookupError)


def test_ways_reach_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "check_request", lambda *_: None)
    day = date(2021, 10, 19)
    asked = Asked(day, day, None, ("a",))
    made = opening.request_of(None, None, asked, Ways(True, 3, True, True))  # type: ignore[arg-type]
    assert made == Request(day, day, ("a",), True, 3, allow_deletes=True, accept_libraries=True)
    assert opening.request_of(None, None, asked) == Request(day, day, ("a",))  # type: ignore[arg-type]
