"""What a run tells of how far it is."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

from python_processors.orchestration.run.progress import Progress, RunStatus
from python_processors.orchestration.warehouse import DuckDBWarehouse

DAYS = [date(2021, 10, 19), date(2021, 10, 20)]


def test_a_step_that_is_tried_again_in_parts_is_never_more_than_all_there_is(tmp_path: Path) -> None:
    said = StringIO()
    status = RunStatus("a-run", "a range", steps_planned=2)
    progress = Progress(DuckDBWarehouse(tmp_path / "fullcourt.duckdb"), status, said)
    for days in (DAYS, DAYS[:1], DAYS[1:]):
        progress.end(["team_offense_game_summary"], days, 0, {})
    assert "2 of 2 dates of tables, 0 rows written, about 0 s left" in said.getvalue()
    assert "4 of 4 dates of tables, 0 rows written, about 0 s left" in said.getvalue()
    status.steps_planned -= 1  # a date that is spared after all
    assert status.seconds_left == 0
