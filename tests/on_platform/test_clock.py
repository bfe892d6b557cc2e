"""On which clock game_date_est is: whichever it is, tip-offs are the same, and the wrong one is an error that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from python_processors import cli
from python_processors.cli import opening
from python_processors.doctor.macros import Macros
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_loader import RawFolder
from tests.integration.conftest import at_work
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.on_platform.tables import make_platform
from tests.warehouse import DbtOutcome, Warehouse

pytestmark = pytest.mark.slow

TIPOFFS = "select nba_game_id, tipoff_at from nba_staging.base_nbac__schedule order by 1"
WRONG = "Tip-offs are read in the wrong zone: of 40 games of the season that starts in 2021, "
SAME_AS_INSTANT = "timezone('America/New_York', cast(game_date_est as timestamp))"


def schedule_of(warehouse: Warehouse, clock: str = "eastern") -> DbtOutcome:
    window = (f"{START}", f"{END}")
    options = ("--select", "+base_nbac__schedule", "--indirect-selection", "buildable")
    return warehouse.dbt("build", *options, window=window, tipoff_clock=clock)


def test_tip_offs_are_those_of_either_clock_and_the_wrong_one_is_refused(tmp_path: Path) -> None:
    simulate_four_teams(tmp_path / "league")
    warehouse = Warehouse(tmp_path / "fullcourt.duckdb", tmp_path)
    make_platform(warehouse.path, tmp_path / "league")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("python_processors.duckdb_plugin.find_raw_dir", lambda: RawFolder(tmp_path / "no", is_found=True))
        assert schedule_of(warehouse).success
        tipoffs = warehouse.query(TIPOFFS)
        assert tipoffs
        # As `fullcourt doctor` reads them, before a model is there.
        columns = [name for name, *_ in warehouse.query("describe nba_raw.nbac_schedule")]
        raw = Macros("duckdb").call("tipoffs_of_raw_schedule", "nba_raw.nbac_schedule", columns)
        assert warehouse.query(f"select nba_game_id, tipoff_at from ({raw}) as raw_schedule order by 1") == tipoffs
        failed = schedule_of(warehouse, "utc").failures["base_nbac__schedule"]
        assert f"{WRONG}40 tip off between 12:00 and 24:00 in New York, and " in failed
        # A column without a zone, and one of instants.
        raw = "alter table nba_raw.nbac_schedule alter game_date_est type"
        warehouse.execute(f"set TimeZone = 'UTC'; {raw} timestamp")
        assert schedule_of(warehouse).success
        assert warehouse.query(TIPOFFS) == tipoffs
        warehouse.execute(f"set TimeZone = 'UTC'; {raw} timestamptz using {SAME_AS_INSTANT}")
        assert schedule_of(warehouse, "utc").success
        assert warehouse.query(TIPOFFS) == tipoffs
    # Before anything is built, in the words of the command.
    with at_work(warehouse) as (project, _), pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "opened", lambda: (project, DuckDBWarehouse()))
        patch.delenv("RAW_DIR")
        result = CliRunner().invoke(cli.app, ["prepare"])
    assert result.exit_code == 2
    assert WRONG in result.output
    assert "set it in dbt_project.yml: eastern for new york, utc for utc" in result.output.lower()
