"""What passes by itself is asked again, a few times and with growing pauses; what does not is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from python_processors.cli.text import result_lines
from python_processors.engines.base import WaitEndedError
from python_processors.orchestration.dbt_calls import DbtOutcome
from python_processors.orchestration.locks import LeaseLostError
from python_processors.orchestration.plan.planner import Blocked, Plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.run import invocation as invocation_module
from python_processors.orchestration.run.invocation import RETRIES
from python_processors.orchestration.run.journal import RunResult
from python_processors.orchestration.run.progress import read_status
from python_processors.orchestration.run.runner import Runner
from python_processors.orchestration.warehouse import DuckDBWarehouse

DAY = date(2021, 10, 19)
BUSY = DbtOutcome(error="read timed out")
HELD = DbtOutcome(
    nodes=1, failures={"a_table": 'IO Error: Could not set lock on file "fullcourt.duckdb": held in duckdb (PID 7)'}
)
WRONG = DbtOutcome(nodes=1, failures={"a_table": "column points is no number"})
DONE = DbtOutcome("fine", succeeded={"a_table"}, nodes=1)


class FakeProject:
    """dbt that says what it is told to say, the last of it again and again."""

    tables = ("a_table",)

    def __init__(self, *outcomes: DbtOutcome) -> None:
        self.outcomes = list(outcomes)
        self.asked = 0

    def libraries(self, session: Any) -> str:
        return "duckdb=2.0.0"

    def build(
        self, models: list[str], dates: list[str], judged: Sequence[str] | None = None,
        given: Mapping[str, Any] | None = None, kept_seeds: Collection[str] = (),
    ) -> DbtOutcome:  # fmt: skip
        self.asked += 1
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the runner would sleep, none of which it sleeps."""
    slept: list[float] = []
    monkeypatch.setattr(invocation_module.tenacity.nap.time, "sleep", slept.append)
    return slept


def invoked(project: FakeProject, folder: Path) -> DbtOutcome:
    runner = Runner(
        cast(Any, project), DuckDBWarehouse(folder / "fullcourt.duckdb"), Plan(DAY, DAY), what="a test", run_id="r"
    )
    return runner.invoker.build(["a_table"], ["a_table"], [DAY])


def test_what_passes_by_itself_is_asked_again_with_growing_pauses(tmp_path: Path, pauses: list[float]) -> None:
    project = FakeProject(BUSY, BUSY, DONE)
    assert invoked(project, tmp_path) is DONE
    assert project.asked == 3
    assert len(pauses) == 2
    assert pauses[0] < pauses[1]


@pytest.mark.parametrize(
    "said", ["503 Service Unavailable", "Exceeded rate limits: rateLimitExceeded", "read timed out"]
)
def test_a_service_that_stays_away_is_asked_a_few_times_only(tmp_path: Path, pauses: list[float], said: str) -> None:
    project = FakeProject(DbtOutcome(nodes=1, failures={"a_table": said}))
    assert said in invoked(project, tmp_path).failures["a_table"]
    assert project.asked == RETRIES
    assert pauses == sorted(pauses)


def test_dbt_is_asked_again_as_often_as_somebody_else_was_faster_to_open_the_database(
    tmp_path: Path, pauses: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    project = FakeProject(*[HELD] * (3 * RETRIES), DONE)
    assert invoked(project, tmp_path) is DONE
    assert project.asked == 3 * RETRIES + 1
    assert "process 7 holds" in capsys.readouterr().err


def test_a_run_that_is_stopped_while_it_waits_for_the_database_ends_there(tmp_path: Path, pauses: list[float]) -> None:
    project = FakeProject(HELD)
    warehouse = DuckDBWarehouse(tmp_path / "fullcourt.duckdb")
    plan = Plan(DAY, DAY, blocked=[Blocked("a_table", DAY, "a reason")])
    runner = Runner(cast(Any, project), warehouse, plan, what="a test", run_id="r")

    def stopped(stage: object) -> None:
        runner._stop.is_asked = True
        runner.invoker.build(["a_table"], ["a_table"], [DAY])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_carry_out", stopped)
        with pytest.raises(WaitEndedError, match="The same command goes on"):
            runner.run()
    assert project.asked == 1
    status = read_status(warehouse)
    assert status is not None
    assert status.state == "stopped"


@pytest.mark.parametrize("outcome", [WRONG, DbtOutcome(error="Compilation Error: no macro named `rate`"), DONE])
def test_what_does_not_pass_is_asked_once(tmp_path: Path, pauses: list[float], outcome: DbtOutcome) -> None:
    project = FakeProject(outcome)
    assert invoked(project, tmp_path) is outcome
    assert (project.asked, pauses) == (1, [])


def test_a_run_that_no_longer_holds_the_warehouse_asks_dbt_for_nothing(tmp_path: Path) -> None:
    project = FakeProject(DONE)

    def lost() -> None:
        raise LeaseLostError("r")

    runner = Runner(
        cast(Any, project), DuckDBWarehouse(tmp_path / "fullcourt.duckdb"), Plan(DAY, DAY), what="a test",
        check_lock=lost,
    )  # fmt: skip
    with pytest.raises(LeaseLostError):
        runner.invoker.build(["a_table"], ["a_table"], [DAY])
    assert project.asked == 0


@pytest.mark.parametrize(
    "message",
    [
        "DuplicateKeyError: player_game_summary has 502 rows of a key twice",
        "CastError: points of game 20211019_BKN_MIL, player 429 is 503.25",
        "Got 429 results, configured to fail if != 0",
    ],
)
def test_a_number_in_a_failure_is_no_status_of_a_service(tmp_path: Path, pauses: list[float], message: str) -> None:
    project = FakeProject(DbtOutcome(nodes=1, failures={"a_table": message}))
    invoked(project, tmp_path)
    assert project.asked == 1


def test_a_stopped_run_says_how_to_go_on_and_needs_attention() -> None:
    result = RunResult("r", was_stopped=True)
    assert result_lines(result)[-1] == "The run was stopped; the same command goes on where it ended."
    assert not result.is_whole


def test_the_fake_is_asked_as_the_project_is() -> None:
    assert set(FakeProject.build.__annotations__) == set(Project.build.__annotations__)
