"""Each check of each hashed table finds its fault, and is told by its own name: one run of all tests over spoiled rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.contract.files import PROOF, contract_file
from python_processors.orchestration import project as projects
from python_processors.orchestration.dbt_calls import ask_dbt, outcome_of
from python_processors.orchestration.found import Found, found_by
from python_processors.orchestration.project import Project
from python_processors.yaml_files import read_yaml
from tests.integration.conftest import FIRST_MONTH, at_work, copied
from tests.warehouse import Warehouse

OF_EVERY_TABLE = (
    "unique_key", "data_hash_covers_partitions", "data_hash_is_hex", "data_hash_matches", "data_hashes_are_distinct",
)  # fmt: skip
COMPLETE = "complete_against_schedule"
FEW_DATES = ("player_shot_zone_analysis", "team_defense_zone_analysis")  # that a month has: others stand for more
NULLED = {  # of each table a hashed column that is known in most rows
    "player_game_summary": "assists", "team_offense_game_summary": "assists", "ml_feature_store_v2": "opponent_team_abbr",
    "team_defense_game_summary": "defensive_rating", "upcoming_player_game_context": "days_rest",
    "upcoming_team_game_context": "home_game", "player_shot_zone_analysis": "primary_scoring_zone",
    "team_defense_zone_analysis": "opponent_pace", "player_composite_factors": "fatigue_score",
    "player_daily_cache": "points_avg_season",
}  # fmt: skip


def listed_tests(table: str) -> list[Any]:
    listed: list[Any] = read_yaml(contract_file(table))["models"][0]["data_tests"]
    return listed


def checks_of(table: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The checks that a contract lists, with their arguments."""
    (proof,) = (test[PROOF] for test in listed_tests(table) if PROOF in test)
    return [
        pair
        for entry in proof.get("arguments", {}).get("checks", [])
        for pair in ({entry: {}} if isinstance(entry, str) else entry).items()
    ]


def faults_of(table: str) -> Iterator[tuple[str, list[str]]]:
    """Each check of a table, as it is told, and what sets a row against it."""
    contract = load_contract(table)
    date, names = contract.partition_by, [column.name for column in contract.columns]
    for name in OF_EVERY_TABLE:
        yield name, []  # see spoil()
    yield f"hashed_columns_vary of {NULLED[table]}", [f"{NULLED[table]} = null"]
    if "completeness_percentage" in names:
        yield "completeness_within_bounds", ["completeness_percentage = 340"]
    if any(COMPLETE in test for test in listed_tests(table)):
        yield COMPLETE, ["game_id = 'no such game'"]
    for name, given in checks_of(table):
        match name:
            case "hashed_columns_vary":
                pass
            case "dates_were_counted":
                yield name, []  # see spoil()
            case "points_add_up":
                yield name, [f"{given['points']} = {given['points']} + 1"]
            case "zone_attempts_add_up":
                zones = given["zone_attempts"]
                yield name, [f"{zone} = 9" for zone in zones] + [f"{given['fg_attempts']} = 2", "quality_issues = []"]
            case "rates_add_up":
                yield f"{name} of {' + '.join(given['rates'])}", [f"{rate} = 90" for rate in given["rates"]]
            case "within_ranges":
                for column, (_, most) in given["ranges"].items():
                    limit = contract.window(most) if isinstance(most, str) else most
                    yield f"{name} of {column}", [f"{column} = {limit + 1}"]
            case "readiness_is_consistent":
                yield name, [f"{given['all_ready']} = not ({' and '.join(given['upstreams'])})"]
            case "feature_vectors_are_whole":
                yield name, ["features = features[:10]"]
            case "exists_upstream":
                column = next(of for of in given["columns"] if of != date)
                yield f"{name} of {given['upstream']}", [f"{column} = 'nobody'"]
            case "window_ends_before_its_date":
                yield f"{name} of {given['upstream']}", [f"{given['fingerprint']} = '1:1:1'"]
            case _:
                pytest.fail(f"{name} of {table} is not shown to find anything: spoil a row for it here")


def spoil(warehouse: Warehouse, table: str) -> None:
    """One row for each check, beside rows of the month that stay as they are."""
    contract = load_contract(table)
    relation, date = contract.relation, contract.partition_by
    for column in contract.columns:
        if column.required:
            warehouse.execute(f"alter table {relation} alter column {column.name} drop not null")
    if table in FEW_DATES:
        warehouse.execute(
            f"insert into {relation} select here.* replace (here.{date} - n::integer as {date}) from {relation} as here,"
            f" range(1, 31) as days (n) where here.{date} = '{FIRST_MONTH[1]}'"
        )
    every = {"hashed_columns_vary", "data_hashes_are_distinct"}
    number = 0
    for fault, sets in faults_of(table):
        if not sets:
            continue
        one = "" if fault.split()[0] in every else f"where rowid = (select min(rowid) + {number} from {relation})"
        number += 1
        warehouse.execute(f"update {relation} set {', '.join(sets)} {one}")
    for statement in (
        f"delete from nba_ops.precompute_entities where game_date = '{FIRST_MONTH[1]}'",
        f"update {relation} set data_hash = (select min(data_hash) from {relation}) where rowid % 2 = 0",
        f"update {relation} set data_hash = null where rowid = (select max(rowid) from {relation})",
        f"insert into {relation} select * from {relation} where rowid = (select min(rowid) from {relation})",
    ):
        warehouse.execute(statement)


@dataclass(frozen=True)
class Told:
    """What was said of each table: by a run, and by check."""

    failures: Mapping[str, str]
    found: Mapping[str, Mapping[str, Found]]


def told_of(warehouse: Warehouse) -> Told:
    """What the tests of all hashed tables say, as a run tells it."""
    with at_work(warehouse) as (project, _):
        attached = {project.node_id(table): table for table in hashed_tables()}
        names = [test.name for test in project.known.tests if test.attached_to in attached]
        result = ask_dbt("test", [], project._window(list(FIRST_MONTH)) | {"dates": [f"{FIRST_MONTH[0]}..{FIRST_MONTH[1]}"]},
                         project.manifest, select=names)  # fmt: skip
        found: dict[str, dict[str, Found]] = {table: {} for table in hashed_tables()}
        for run in result.result.results:
            found.setdefault(project._judged_by(run.node), {}).update({of.check: of for of in found_by(run)})
        return Told(outcome_of(result, project._judged_by).failures, found)


@pytest.fixture(scope="module")
def told(month: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Told:
    warehouse = copied(month.path.parent, tmp_path_factory.mktemp("spoiled") / "month")
    assert told_of(warehouse).failures == {}
    for table in hashed_tables():
        spoil(warehouse, table)
    return told_of(warehouse)


@pytest.mark.parametrize(
    ("table", "check"), [(table, check) for table in hashed_tables() for check, _ in faults_of(table)]
)
def test_a_check_finds_its_fault_and_is_told_by_its_own_name(told: Told, table: str, check: str) -> None:
    assert f"test {check}: " in told.failures[table]
    found = told.found[table][check]
    assert found.failures >= 1
    assert f"test {check}: {found.failures} found" in told.failures[table]
    assert found.said.startswith(f"{found.failures} found, the first: ")
    named = ("row_count=",) if check.startswith(("hashed_columns", "data_hashes")) else (
        f"{load_contract(table).partition_by}=2021-", "game_date=2021-",
    )  # fmt: skip
    assert any(name in found.said for name in named)
    assert found.said.partition("the first: ")[2] in told.failures[table]


def test_one_fault_is_counted_and_told_with_its_row(month: Warehouse, tmp_path: Path) -> None:
    warehouse = copied(month.path.parent, tmp_path / "month")
    ((game, player),) = warehouse.query(
        "select game_id, player_lookup from nba_analytics.player_game_summary where points > 0 order by all limit 1"
    )
    warehouse.execute(
        f"update nba_analytics.player_game_summary set points = 200 where game_id = '{game}' and player_lookup = '{player}'"
    )
    told = told_of(warehouse)
    others = {name for table, found in told.found.items() if table != "player_game_summary" for name in found}
    assert others <= {"window_ends_before_its_date of player_game_summary"}, "what was made of his points"
    said = told.failures["player_game_summary"]
    assert said.startswith("test data_hash_matches: 1 found; test points_add_up: 1 found; the first of each: ")
    assert "; points_add_up: game_date=2021-1" in said
    assert f"game_id={game}, player_lookup={player}: points=200, points_of_makes=" in said


def test_whatever_reads_a_table_waits_for_all_of_its_checks(month: Warehouse) -> None:
    """dbt lets a model wait for a test of its table alone, which looks by name at what the table comes of: at those that
    a check is given (test_kept_graph), and at these."""
    with at_work(month) as (project, _):
        nodes = project.known.nodes

        def ancestors(node: str) -> set[str]:
            parents = [parent for parent in nodes[node].parents if parent in nodes]
            return set(parents).union(*(ancestors(parent) for parent in parents))

        for table in hashed_tables():
            proof = [test for test in project.known.tests if test.name in project.tests_of(table, PROOF)]
            assert len(proof) == 1
            node = project.node_id(table)
            assert set(proof[0].parents) == {node}
            reads_dates = any(name == "window_ends_before_its_date" for name, _ in checks_of(table))
            named = ("dim_games", "dim_game_dates") if reads_dates else ("dim_games",)
            assert {project.node_id(name) for name in named} <= ancestors(node)


def test_a_table_whose_checks_dbt_left_out_has_failed(month: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_tests(*_: Any, **__: Any) -> SimpleNamespace:
        node = SimpleNamespace(name="player_game_summary", resource_type="model")
        run = SimpleNamespace(node=node, status="success", adapter_response={}, execution_time=0.1, message="OK")
        return SimpleNamespace(exception=None, result=SimpleNamespace(results=[run]))

    with at_work(month) as (project, _):
        assert isinstance(project, Project)
        monkeypatch.setattr(projects, "ask_dbt", without_tests)
        outcome = project.build(["player_game_summary"], list(FIRST_MONTH))
    assert outcome.built == {"player_game_summary"}
    assert outcome.succeeded == set()
    assert outcome.failures == {"player_game_summary": f"its checks did not run: dbt left out the test {PROOF}"}
