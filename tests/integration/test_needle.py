"""One raw row changes in a built month: the plan names what it may reach, and a run builds no more than that."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pa_parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_processors import logic_version
from python_processors.contract import hashed_tables, load_contract
from python_processors.orchestration import project as project_module
from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.plan.planner import Plan, make_plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.fingerprints import Overlay
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import DuckDBSession
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.needle import LAYER, Haystack, Step
from tests.raw_changes import COLUMNS, KINDS, Change
from tests.warehouse import Warehouse

START, END = map(date.fromisoformat, FIRST_MONTH)
DAYS = [START + timedelta(days=n) for n in range((END - START).days + 1)]  # two of them without games

changes = st.builds(
    Change, st.sampled_from(sorted(COLUMNS)), st.sampled_from(KINDS), st.sampled_from(DAYS), st.integers(0, 99_999)
)


class Month:
    """The confirmed month as a planner sees it, with one raw table's rows replaced at a time."""

    def __init__(self, project: Project, session: DuckDBSession) -> None:
        self.project, self.session = project, session
        self.haystack = Haystack.of(lambda sql: session.connection.sql(sql).fetchall())
        self.snapshot = Snapshot(project, session, START, END)
        self.snapshot.memory.execute("set threads = 1")  # a month is small: most of a query is its threads' start
        self.rows = {
            name: session.read(f"select * exclude (_loaded_from) from {session.named(project.relation(name))}")
            for name in COLUMNS
        }
        self._changed: str | None = None
        self._files = session.read("select table_name, file_name from nba_ops.raw_files").to_pylist()

    def overlay(self, change: Change) -> Overlay:
        files = tuple(file["file_name"] for file in self._files if file["table_name"] == change.table)
        return Overlay({change.table: change.applied(self.rows[change.table])}, {change.table: files})

    def plan_after(self, change: Change) -> Plan:
        """As of a snapshot taken after the change, of which only the changed table is looked at anew."""
        if self._changed not in (None, change.table):
            self._look(self._changed, None)
        self._changed = change.table
        self._look(change.table, self.overlay(change))
        return make_plan(self.snapshot)

    def plan_from_scratch(self, change: Change) -> Plan:
        return make_plan(Snapshot(self.project, self.session, START, END, overlay=self.overlay(change)))

    def _look(self, table: str, overlay: Overlay | None) -> None:
        self.snapshot._overlay = overlay
        self.snapshot.refresh(self.session, [table])


@pytest.fixture(scope="module")
def needle_month(confirmed_month: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    folder = tmp_path_factory.mktemp("needle") / "month"
    shutil.copytree(confirmed_month, folder)
    with at_work(Warehouse(folder / "fullcourt.duckdb", folder / "raw")) as (project, warehouse):
        assert project.tables
    with warehouse.reading() as session:
        yield Month(project, session)


def named(plan: Plan) -> tuple[set[Step], set[Step]]:
    """What a plan builds for certain, and what it may."""
    assert plan.blocked == []
    return (
        {(step.table, step.day) for step in plan.steps if step.is_certain},
        {(step.table, step.day) for step in plan.steps if not step.is_certain},
    )


@settings(max_examples=20)
@given(change=changes)
def test_a_plan_names_exactly_what_a_changed_row_may_reach(needle_month: Month, change: Change) -> None:
    assert named(needle_month.plan_after(change)) == needle_month.haystack.touched_by(change.table, change.day)


@pytest.mark.slow
@pytest.mark.nightly
@settings(max_examples=200)
@given(change=changes)
def test_so_do_the_plans_of_two_hundred_changes(needle_month: Month, change: Change) -> None:
    assert named(needle_month.plan_after(change)) == needle_month.haystack.touched_by(change.table, change.day)


@pytest.mark.parametrize("table", ["nbac_gamebook_player_stats", "odds_api_game_lines"])
def test_a_snapshot_taken_anew_leads_to_the_same_plan(needle_month: Month, table: str) -> None:
    change = Change(table, "edited", date(2021, 11, 5), 3)
    assert named(needle_month.plan_from_scratch(change)) == named(needle_month.plan_after(change))
    assert needle_month.plan_from_scratch(change).steps == needle_month.plan_after(change).steps


def edited(project: Project, edit: Callable[[str, str], str]) -> Project:
    """The project with other code: `edit` is given each model's name and code."""
    other_project = Project()
    other_project.__dict__["manifest"] = project.manifest
    other_project.__dict__["graph"] = {
        node: {**of, "code": edit(node.rpartition(".")[2], of["code"]) if node.startswith("model.") else of["code"]}
        for node, of in project.graph.items()
    }
    return other_project


def test_white_space_and_comments_of_models_and_macros_plan_nothing(
    needle_month: Month, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (logic_version.PROJECT_ROOT / "macros").rglob("*.sql"):
        spaced = path.read_text(encoding="utf-8").replace("%}\n", "%}\n\n    {# It's only a remark. #}\n")
        (tmp_path / "macros" / path.name).parent.mkdir(exist_ok=True)
        (tmp_path / "macros" / path.name).write_text(spaced, encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(logic_version, "PROJECT_ROOT", tmp_path)
        macros = logic_version.project_macros.__wrapped__()
    assert macros.keys() == logic_version.project_macros().keys()
    for module in (logic_version, project_module):
        monkeypatch.setattr(module, "project_macros", lambda: macros)
    project = edited(
        needle_month.project, lambda _, code: "{# Why. #}\n" + code.replace("\n", "\n\n  ") + "\n-- That's all.\n"
    )
    assert make_plan(Snapshot(project, needle_month.session, START, END)).is_empty


def test_another_condition_in_a_model_plans_every_date_of_the_tables_that_it_decides(needle_month: Month) -> None:
    def edit(name: str, code: str) -> str:
        return code.replace("days_ago <= 13", "days_ago <= 12") if name == "int_player_form" else code

    plan = make_plan(Snapshot(edited(needle_month.project, edit), needle_month.session, START, END))
    decided = ("upcoming_player_game_context", "player_daily_cache", "ml_feature_store_v2")
    every_date = {(table, day) for table in decided for day in needle_month.haystack.may_have_rows(table)}
    assert {(step.table, step.day) for step in plan.steps if step.why == "its code changed"} == every_date
    # Factors read the context of their own date, and nobody else reads what is built.
    certain, may = named(plan)
    assert certain == every_date
    assert may == {
        ("player_composite_factors", day) for day in needle_month.haystack.may_have_rows("player_composite_factors")
    }


Rows = dict[Step, set[tuple[Any, ...]]]


def stored(warehouse: Warehouse) -> Rows:
    """Keys and hashes of every row, by table and date."""
    found: Rows = {}
    for table in hashed_tables():
        contract = load_contract(table)
        key = ", ".join(contract.key)
        for day, *row in warehouse.query(f"select {contract.partition_by}, {key}, data_hash from {contract.relation}"):
            found.setdefault((table, day), set()).add(tuple(row))
    return found


def write(warehouse: Warehouse, change: Change) -> None:
    (path,) = warehouse.raw_dir.rglob(f"{change.table}.parquet")
    pa_parquet.write_table(change.applied(pa_parquet.read_table(path)), path)


def run_after(warehouse: Warehouse, *changes: Change) -> tuple[Plan, set[Step]]:
    """The plan after some changes of raw rows, and what a run of it built."""
    for change in changes:
        write(warehouse, change)
    with at_work(warehouse) as (project, planned):
        plan = plan_of(project, planned, request(*FIRST_MONTH))
        result = backfill(project, planned, request(*FIRST_MONTH), audited_share=0)
    assert result.is_whole, result.to_dict()
    built = warehouse.query(
        "select table_name, game_date from nba_ops.decisions"
        f" where run_id = '{result.run_id}' and decision = 'built' and table_name <> 'coverage'"
    )
    return plan, set(built)


def differing(before: Rows, after: Rows) -> set[Step]:
    return {step for step in before.keys() | after.keys() if before.get(step) != after.get(step)}


@pytest.mark.slow
@pytest.mark.nightly
def test_a_figure_that_nothing_else_reads_changes_two_rows(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite
) -> None:
    """A point of plus/minus goes from one player of a team to another, two weeks before the month ends, so that their sum
    is still that of the score: it goes no further than the two lines."""
    table, day = "nbac_gamebook_player_stats", date(2021, 11, 5)
    haystack, before = Haystack.of(copy_of_confirmed_month.query), stored(copy_of_confirmed_month)
    rewrite(
        copy_of_confirmed_month.raw_dir, table,
        f"""
        select * exclude (place) replace (
            case when game_date = '{day}' and place = 1 then plus_minus + 1
                when game_date = '{day}' and place = 2 then plus_minus - 1 else plus_minus end as plus_minus
        ) from (
            select *, row_number() over (
                partition by game_date order by player_status <> 'active', game_id, team_abbr, player_lookup
            ) as place from raw
        )""",
    )  # fmt: skip
    _, built = run_after(copy_of_confirmed_month)
    after = stored(copy_of_confirmed_month)
    step = ("player_game_summary", day)
    assert differing(before, after) == {step}
    assert (len(before[step] - after[step]), len(after[step] - before[step])) == (2, 2)
    assert built == haystack.touched_by(table, day)[0]


AN_EVENT_AFTER_ANOTHER = 97  # a second earlier, it is in its place among the events still
# Box scores corrected, an absence taken back, lines moved, and a row delivered twice.
CORRECTIONS = (
    Change("nbac_gamebook_player_stats", "edited", date(2021, 10, 30), 6),
    Change("bigdataball_play_by_play", "edited", date(2021, 11, 3), AN_EVENT_AFTER_ANOTHER),
    Change("odds_api_player_points_props", "edited", date(2021, 11, 8), 3),
    Change("nbac_injury_report", "deleted", date(2021, 11, 10), 2),
    Change("nbac_gamebook_player_stats", "doubled", date(2021, 11, 13), 7),
    Change("odds_api_game_lines", "edited", date(2021, 11, 16), 4),
)


@pytest.mark.slow
@pytest.mark.nightly
def test_a_run_after_corrections_leaves_what_a_full_rebuild_would(
    copy_of_confirmed_month: Warehouse, tmp_path: Path
) -> None:
    before = stored(copy_of_confirmed_month)
    plan, built = run_after(copy_of_confirmed_month, *CORRECTIONS)
    after = stored(copy_of_confirmed_month)
    rebuilt = Warehouse(tmp_path / "rebuilt" / "fullcourt.duckdb", copy_of_confirmed_month.raw_dir)
    rebuilt.path.parent.mkdir()
    rebuilt.build(FIRST_MONTH)
    assert differing(after, stored(rebuilt)) == set()
    assert differing(before, after) <= built <= {(step.table, step.day) for step in plan.steps}
    days, layer = {change.day for change in CORRECTIONS}, {day for table, day in built if table == LAYER}
    # Odds and injuries are matched to games by their time, so that those of a date belong to the next or the last, too.
    assert days <= layer <= {day + timedelta(days=n) for day in days for n in (-1, 0, 1)}
    assert len(built) < len(plan.steps)
