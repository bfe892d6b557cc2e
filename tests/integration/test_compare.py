"""`fullcourt compare`: what was planted is found, and nothing else; what cannot be compared is never called equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from python_processors import cli
from tests.integration.test_python_api import held
from tests.warehouse import Warehouse, environment

PLAYERS, TEAMS = "player_game_summary", "team_offense_game_summary"
RELATION = f"nba_analytics.{PLAYERS}"


def run(here: Warehouse, *arguments: str, code: int) -> Result:
    with environment(FULLCOURT_DUCKDB=str(here.path)):
        result = CliRunner().invoke(cli.app, ["compare", *arguments])
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == code, result.output
    return result


def compare(here: Warehouse, *arguments: str, code: int) -> str:
    return run(here, *arguments, code=code).output


def found(here: Warehouse, *arguments: str, code: int = 1) -> dict[str, Any]:
    output: dict[str, Any] = json.loads(run(here, *arguments, "--json", code=code).stdout)
    return output


def findings_of(comparison: dict[str, Any], table: str) -> dict[tuple[str, str], dict[str, Any]]:
    (of,) = (one for one in comparison["tables"] if one["table"] == table)
    return {(finding["column"], finding["kind"]): finding for finding in of["findings"]}


@pytest.fixture
def keys(built: Warehouse) -> list[tuple[str, str]]:
    return built.query(f"select game_id, player_lookup from {RELATION} where minutes_played > 0 order by all")


def test_a_copy_is_equal_and_so_is_a_build_that_was_written_at_another_time(
    built: Warehouse, copy_of_built: Warehouse
) -> None:
    copy_of_built.execute(
        f"update {RELATION} set processed_at = processed_at + interval 1 day, logic_version = 'other'"
    )
    zones = "nba_precompute.player_shot_zone_analysis"
    copy_of_built.execute(
        f"update {zones} set source_player_game_last_updated = source_player_game_last_updated + interval 1 day"
    )
    output = compare(built, ".", str(copy_of_built.path), code=0)
    assert output.splitlines()[-1] == "EQUAL"
    assert len([line for line in output.splitlines() if ": equal: " in line]) == 10
    other = found(built, ".", str(copy_of_built.path), "--all-columns", "--tables", PLAYERS)
    assert findings_of(other, PLAYERS).keys() == {("processed_at", "text"), ("logic_version", "text")}


def test_each_of_eleven_planted_differences_is_found_and_nothing_else(
    built: Warehouse, copy_of_built: Warehouse, keys: list[tuple[str, str]], tmp_path: Path
) -> None:
    def row(number: int) -> str:
        game, player = keys[number]
        return f"game_id = '{game}' and player_lookup = '{player}'"

    for statement in (
        f"update {RELATION} set points = points + 2, data_hash = 'f' where {row(0)}",  # a number, and its hash
        f"update {RELATION} set usage_rate = null where {row(1)}",  # a null, behind its hash
        f"update {RELATION} set team_abbr = 'XXX', data_hash = 'e' where {row(2)}",  # a text, and its hash
        f"update {RELATION} set quality_issues = ['made_up'], data_hash = 'd' where {row(3)}",  # an array
        f"delete from {RELATION} where {row(4)}",
        f"insert into {RELATION} select * from {RELATION} where {row(5)}",
        f"insert into {RELATION} select * replace ('nobody' as player_lookup) from {RELATION} where {row(6)}",
        f"alter table {RELATION} add column made_up varchar",
        f"alter table {RELATION} drop column win_flag",
        f"alter table {RELATION} alter assists type double",
    ):
        copy_of_built.execute(statement)
    page = tmp_path / "page.html"
    comparison = found(built, ".", str(copy_of_built.path), "--html", str(page))
    of = findings_of(comparison, PLAYERS)
    assert {key: finding["count"] for key, finding in of.items() if not key[1].startswith("column_")} == {
        ("points", "number"): 1, ("usage_rate", "null"): 1, ("team_abbr", "text"): 1, ("quality_issues", "text"): 1,
        ("data_hash", "text"): 3, ("rows", "only_in_one"): 1, ("rows", "only_in_two"): 1, ("rows", "surplus_in_two"): 1,
        ("rows", "behind_hash"): 1,
    }  # fmt: skip
    assert {key for key in of if key[1].startswith("column_")} == {
        ("made_up", "column_only_in_two"), ("win_flag", "column_only_in_one"), ("assists", "column_type"),
    }  # fmt: skip
    (example,) = of["points", "number"]["examples"]
    assert (example["row_key"], int(example["two"]) - int(example["one"])) == (" ".join(keys[0]), 2)
    assert of["rows", "only_in_two"]["examples"][0]["row_key"].endswith("nobody")
    assert list(of["points", "number"]["days"].values()) == [1]
    others = [table for table in comparison["tables"] if table["table"] != PLAYERS]
    assert {table["verdict"] for table in others} == {"equal"}
    text = page.read_text(encoding="utf-8")
    assert "<h1>DIFFERENT</h1>" in text
    assert "nobody" in text


def test_a_tolerance_is_for_numbers_and_a_range_for_dates(
    built: Warehouse, copy_of_built: Warehouse, keys: list[tuple[str, str]]
) -> None:
    game, player = keys[0]
    copy_of_built.execute(
        f"update {RELATION} set points = points + 1 where game_id = '{game}' and player_lookup = '{player}'"
    )
    there = str(copy_of_built.path)
    of = findings_of(found(built, ".", there, "--tables", PLAYERS, "--tolerance", "0.5"), PLAYERS)
    assert of.keys() == {("points", "number"), ("rows", "behind_hash")}
    assert found(built, ".", there, "--tables", PLAYERS, "--tolerance", "1", code=0)["tolerance"] == 1
    day = f"{game[:4]}-{game[4:6]}-{game[6:8]}"
    found(built, ".", there, "--tables", PLAYERS, "--start", day, "--end", day)
    found(built, ".", there, "--tables", PLAYERS, "--start", "2021-10-25", code=0)


def test_what_is_explained_is_told_apart_and_a_line_that_explains_nothing_is_named(
    built: Warehouse, copy_of_built: Warehouse, tmp_path: Path
) -> None:
    copy_of_built.execute(f"insert into {RELATION} select * from {RELATION}")
    known = tmp_path / "known.yml"
    known.write_text(
        "differences:\n"
        f"  - {{table: {PLAYERS}, column: rows, kind: surplus_in_two, reason: Each row is there twice.}}\n"
        '  - {table: "*", column: points, reason: Nothing of the kind.}\n'
    )
    there = str(copy_of_built.path)
    output = compare(built, ".", there, "--known", str(known), code=0)
    assert "[explained: Each row is there twice.]" in output
    assert "Known differences that explain nothing: *, points, *: Nothing of the kind." in output
    assert output.splitlines()[-1] == "EQUAL but for 1 difference that is explained"
    copy_of_built.execute(f"update {RELATION} set points = 99")
    assert "(100.00 %) are other numbers" in compare(built, ".", there, "--tables", PLAYERS, code=1)
    assert compare(built, ".", there, "--known", str(known), "--tables", TEAMS, code=0)
    known.write_text(f"differences:\n  - {{table: {PLAYERS}, colum: rows, reason: x}}\n")
    assert "known.yml, line 2" in compare(built, ".", there, "--known", str(known), code=2)


def test_a_foreign_table_is_compared_by_the_keys_that_are_named(built: Warehouse, tmp_path: Path) -> None:
    file = tmp_path / "platform.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"attach '{built.path}' as ours (read_only)")
        connection.execute(
            "create schema old; create table old.boxes as select game_id, player_lookup, game_date,"
            f" cast(points as double) as points, minutes_played from ours.{RELATION};"
            "insert into old.boxes select * from old.boxes; insert into old.boxes values (null, 'x', '2021-10-19', 1, 1)"
        )
    two = f"{file}:old.boxes"
    assert "name them by --key" in compare(built, two, "old.others", code=2)
    by_key = found(built, RELATION, two, "--key", "game_id,player_lookup", "--date-column", "game_date")
    of = findings_of(by_key, PLAYERS)
    kinds = {kind for _, kind in of}
    assert kinds == {"column_only_in_one", "column_type", "surplus_in_two", "without_key_in_two"}
    assert of["rows", "without_key_in_two"]["count"] == 1
    assert of["points", "column_type"]["words"].endswith("FLOAT64 in two")
    assert "lacks the key column nothing" in compare(built, RELATION, two, "--key", "nothing", code=2)


def test_numbers_of_unlike_types_are_compared_as_numbers(built: Warehouse, tmp_path: Path) -> None:
    """Also in arrays: of what FLOAT64 and NUMERIC print the texts differ."""
    sides = []
    for name, kind, last in (("one", "decimal(9, 4)", "1.5"), ("two", "double", "1.6")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(
                f"create schema s; create table s.t as select id, cast(x as {kind}) as x, cast(list_value(x, 0.35) as {kind}[])"
                f" as xs, ['a'] as names from (values (1, 0.5), (2, {last})) as given (id, x)"
            )
        sides.append(f"{tmp_path / name}.duckdb:s.t")
    ((_, of),) = [
        (one["table"], {(f["column"], f["kind"]): f["count"] for f in one["findings"] if f["kind"] != "column_type"})
        for one in found(built, *sides, "--key", "id")["tables"]
    ]
    assert of == {("x", "number"): 1, ("xs", "text"): 1}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((".", "."), "would be compared with itself"),
        ((".", "nowhere.duckdb"), "There is no database"),
        ((".", "nba_analytics.player_game_summary"), "Give two databases, or two tables"),
        (
            (RELATION, "nba_analytics.no_such_table", "--key", "game_id"),
            "There is no table nba_analytics.no_such_table",
        ),
        ((".", "other.duckdb", "--tables", "player_game_sumary"), "No hashed table is called player_game_sumary"),
        ((".", "other.duckdb", "--start", "2021-11-02", "--end", "2021-11-01"), "ends before, on 2021-11-01"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(built: Warehouse, arguments: tuple[str, ...], said: str) -> None:
    assert said in compare(built, *arguments, code=2)


def test_a_database_under_two_names_is_not_compared_with_itself(built: Warehouse, tmp_path: Path) -> None:
    link = tmp_path / "link.duckdb"
    link.symlink_to(built.path)
    for there in (built.path, link):
        assert "are the same player_game_summary" in compare(built, ".", str(there), code=2)


def test_two_empty_places_are_not_equal_and_a_table_that_lacks_is_a_difference(
    built: Warehouse, copy_of_built: Warehouse, tmp_path: Path
) -> None:
    there = str(copy_of_built.path)
    output = compare(built, ".", there, "--start", "2030-01-01", code=1)
    assert output.splitlines()[-1].startswith("NOTHING WAS COMPARED")
    copy_of_built.execute(f"drop table {RELATION}")
    output = compare(built, ".", there, code=1)
    assert f"{PLAYERS}: NOT COMPARED: only . has the table" in output
    assert output.splitlines()[-1] == "DIFFERENT"


def test_a_database_that_a_run_holds_is_compared_as_it_was_committed(
    built: Warehouse, copy_of_built: Warehouse
) -> None:
    with held(copy_of_built.path):
        output = compare(built, ".", str(copy_of_built.path), code=0)
    assert output.splitlines()[-1] == "EQUAL"
