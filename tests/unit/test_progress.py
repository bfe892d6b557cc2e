"""What a run tells of how far it is."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import time
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from python_processors.orchestration.run.progress import Progress, RunStatus, left_of, read_status, status_file
from python_processors.orchestration.warehouse import DuckDBWarehouse

DAYS = [date(2021, 10, 19), date(2021, 10, 20)]


def test_a_step_that_is_tried_again_in_parts_is_never_more_than_all_there_is(tmp_path: Path) -> None:
    said = StringIO()
    status = RunStatus("a-run", "a range", steps_planned=2)
    progress = Progress(DuckDBWarehouse(tmp_path / "fullcourt.duckdb"), status, said)
    for days in (DAYS, DAYS[:1], DAYS[1:]):
        progress.end(["team_offense_game_summary"], days, 0, {})
    assert "2 of 2 partitions, 0 rows written, about 0 s left" in said.getvalue()
    assert "4 of 4 partitions, 0 rows written, about 0 s left" in said.getvalue()
    status.steps_planned -= 1  # a date that is spared after all
    assert status.seconds_left == 0


NOW = 1_000_000.0


def at(
    monkeypatch: pytest.MonkeyPatch, elapsed: float, done: int, planned: int, seconds: float | None = None
) -> RunStatus:
    """The status of a run so many seconds after its start."""
    monkeypatch.setattr(time, "time", lambda: NOW)
    return RunStatus(
        "a-run", "a range", started_at=NOW - elapsed, steps_done=done, steps_planned=planned, seconds_planned=seconds
    )


@pytest.mark.parametrize(
    ("elapsed", "done", "planned", "seconds", "left"),
    [
        # 160 s to the first 6 of 1,080 steps: by that pace 28,640 s, of a run of ten minutes.
        (160, 6, 1080, None, None),
        (160, 6, 1080, 600, 596.7),
        (120, 0, 1080, 600, 600),
        (300, 540, 1080, 600, 300),
        (300, 540, 1080, None, 300),
        (590, 1080, 1080, 600, 0),
        # A step in parts, or dates that were spared after all.
        (590, 1090, 1080, 600, 0),
        (590, 1090, 1080, None, 0),
        (10, 0, 0, None, None),
        # A clock that was set back.
        (-50, 540, 1080, None, 0),
        (-50, 540, 1080, 600, 300),
    ],
)
def test_the_time_left_is_the_plans_word_and_then_the_pace(
    elapsed: float, done: int, planned: int, seconds: float | None, left: float | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    status = at(monkeypatch, elapsed, done, planned, seconds)
    assert status.seconds_left == (None if left is None else pytest.approx(left, abs=0.1))
    assert "-" not in left_of(status)


@pytest.mark.parametrize("seconds", [None, 0.0, 20.0, 600.0])
def test_the_time_left_is_never_below_zero_and_ends_at_zero(
    seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for done in range(101):
        left = at(monkeypatch, 6.0 * done, done, 100, seconds).seconds_left
        assert left is None or 0 <= left <= 600
    assert left == 0


@pytest.mark.parametrize("columns", [44, 120])
def test_a_narrow_terminal_shows_count_and_time_and_cuts_the_names(columns: int, tmp_path: Path) -> None:
    ours, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
    status = RunStatus("a-run", "a range", steps_planned=4, seconds_planned=80)
    with os.fdopen(terminal, "w") as stream:
        progress = Progress(DuckDBWarehouse(tmp_path / "fullcourt.duckdb"), status, stream)
        progress.begin(["team_offense_game_summary", "a_{table}"], DAYS)
        progress.end(["team_offense_game_summary"], DAYS, 0, {})
        progress.begin(["player_game_summary"], DAYS)
        stream.flush()
        said = ""
        while select.select([ours], [], [], 0.2)[0]:  # a terminal gives what was written in pieces
            said += os.read(ours, 100_000).decode()
    os.close(ours)
    lines = [line.strip() for line in said.replace("\n", "\r").split("\r") if line.strip()]
    assert all(len(line) <= columns for line in lines), lines
    assert lines[0].startswith("0 of 4 partitions, about 80 s left")
    assert lines[-1].startswith("2 of 4 partitions, about 40 s left")
    assert ("player_game_summary for 2 dates" in lines[-1]) == (columns == 120)


def test_done_is_never_more_than_all_in_what_is_followed(tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    progress = Progress(warehouse, RunStatus("a-run", "a range", steps_planned=2), StringIO())
    progress.end(["team_offense_game_summary"], DAYS, 0, {})
    progress.status.steps_planned -= 1  # spared while a part was tried again
    progress.close("done")
    status = read_status(warehouse)
    assert status is not None
    assert (status.steps_done, status.steps_planned) == (2, 2)
    status_file(warehouse).write_text(
        status_file(warehouse).read_text().replace('"steps_planned": 2', '"steps_planned": 1')
    )
    status = read_status(warehouse)
    assert status is not None
    assert (status.steps_done, status.steps_planned) == (2, 2)
