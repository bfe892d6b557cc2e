"""What dbt's tests warn of is said by the run, and can be read afterwards."""

from __future__ import annotations

from datetime import date

import pytest

from python_processors.report import write_report
from python_processors.simulation.faults import apply
from tests.integration.conftest import at_work
from tests.integration.test_command_line import as_json, fullcourt
from tests.warehouse import Warehouse

DAY = "2021-11-10"
RANGE = ("--start", DAY, "--end", DAY)
TEST = "schedule_days_have_every_played_day"


@pytest.mark.slow
@pytest.mark.usefixtures("rows_may_go")
def test_a_day_that_the_schedule_lost_is_a_warning_of_the_run(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    apply(warehouse.raw_dir, ["schedule_without_day"], date.fromisoformat(DAY))
    said = fullcourt(warehouse, "backfill", *RANGE, "--yes", "--no-report", "--allow-deletes", code=None).stdout
    assert f"WARNING {TEST}: 1 failure, {DAY} to {DAY}: Got 1 result, configured to warn if != 0" in said
    again = as_json(warehouse, "backfill", *RANGE, "--yes", "--no-report", "--allow-deletes", "--force", code=None)
    if again["dbt_nodes_run"]:
        assert [(of["test"], of["failures"]) for of in again["warnings"]] == [(TEST, 1)]
    with at_work(warehouse) as (project, opened):
        written = write_report(
            project, opened, date(2021, 11, 1), date(2021, 11, 19), out=warehouse.path.with_name("report.html")
        )
    page = written.file.read_text(encoding="utf-8")
    assert f"warning: {TEST}: 1 failure, {DAY} to {DAY}" in page
