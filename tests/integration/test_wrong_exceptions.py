"""A line of completeness_exceptions that excuses nothing since it is wrong is told by its table, dates and entity."""

from __future__ import annotations

from datetime import date

from python_processors.doctor.macros import Macros
from python_processors.orchestration.proof.verification import verify_range
from tests.integration.conftest import at_work
from tests.warehouse import WEEK, Warehouse

DAY, OTHER = "2021-10-20", "2021-10-21"
TABLE = "player_game_summary"


def with_lines(warehouse: Warehouse, *lines: tuple[str | None, ...]) -> None:
    """Table, first date, last date, entity, row_count, reason and who looked: these lines, and no other."""
    warehouse.execute("delete from nba_ops.completeness_exceptions")
    for line in lines:
        texts = ", ".join("null" if value is None else f"'{value}'" for value in line)
        warehouse.execute(
            "insert into nba_ops.completeness_exceptions"
            " (table_name, first_date, last_date, entity, row_count, reason, reviewed_by) values (" + texts + ")"
        )


def told(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.query(
        "select row_key, reason from nba_ops.quarantine where table_name = 'completeness_exceptions'"
    ))  # fmt: skip


def line(
    table: str = TABLE, first: str = DAY, last: str = DAY, entity: str | None = None, count: str | None = "1",
    reason: str | None = "a test", by: str | None = "a test",
) -> tuple[str | None, ...]:  # fmt: skip
    return table, first, last, entity, count, reason, by


def test_each_fault_of_a_line_is_told(copy_of_built: Warehouse) -> None:
    ((player, team),) = copy_of_built.query(
        f"select min(player_lookup), min(team_abbr) from nba_analytics.{TABLE} where game_date = '{DAY}'"
    )
    ((absent,),) = copy_of_built.query(
        "select min(team_abbr) from nba_intermediate.dim_team_games where is_in_scope and team_abbr not in"
        f" (select team_abbr from nba_intermediate.dim_team_games where game_date = '{DAY}')"
    )
    good = [
        line(entity=player), line(entity=f"{player} line"), line(entity=f"{team} players"), line(count="0"),
        line(first="2031-01-01", last="2031-01-02", entity="nobody"), line(entity=f"{team}@{absent} lines"),
        line(first=DAY, last="2021-12-30", entity="notyetknown"),
    ]  # fmt: skip
    good += [line(entity=f"{team} {word}") for word in Macros("duckdb").call("words_of_expected")]
    with_lines(copy_of_built, *good)
    assert told(copy_of_built) == {}
    wrong = [
        (line(table="player_games"), f"player_games {DAY} to {DAY} without an entity", "unknown table"),
        (line(first=OTHER), f"{TABLE} {OTHER} to {DAY} without an entity", "last_date is before first_date"),
        (line(count="-1"), f"{TABLE} {DAY} to {DAY} without an entity", "neither an entity nor a row_count"),
        (line(entity="nobodyknown"), f"{TABLE} {DAY} to {DAY} nobodyknown", "names nobody"),
        (line(entity="?"), f"{TABLE} {DAY} to {DAY} ?", "names nobody"),
        (line(entity=absent), f"{TABLE} {DAY} to {DAY} {absent}", "no game of the team on its dates"),
        (line(entity=player, by=" "), f"{TABLE} {DAY} to {DAY} {player}", "no reason, or nobody looked at it"),
        (line(last=DAY, entity=team, reason=None), f"{TABLE} {DAY} to {DAY} {team}", "no reason, or nobody looked at it"),
    ]  # fmt: skip
    with_lines(copy_of_built, *good, *(of for of, _, _ in wrong))
    assert told(copy_of_built) == {named: problem for _, named, problem in wrong}


def test_a_line_of_a_day_without_games_is_told(copy_of_built: Warehouse) -> None:
    copy_of_built.execute(f"delete from nba_intermediate.dim_game_dates where game_date = '{DAY}'")
    with_lines(copy_of_built, line(count="2"))
    assert told(copy_of_built) == {f"{TABLE} {DAY} to {DAY} without an entity": "no game on its dates"}


def test_a_verification_fails_of_a_wrong_line_and_names_it(copy_of_built: Warehouse) -> None:
    with_lines(copy_of_built, line(entity="nobodyknown"))
    with at_work(copy_of_built) as (project, opened):
        verification = verify_range(project, opened, *(date.fromisoformat(day) for day in WEEK))
    said = [finding.said for finding in verification.layer_findings if finding.kind == "exception"]
    assert said == [
        f"completeness_exceptions: 1 line: names nobody ({TABLE} {DAY} to {DAY} nobodyknown): correct the line in"
        " seeds/completeness_exceptions.csv, or take it out"
    ]
    assert not verification.passed
