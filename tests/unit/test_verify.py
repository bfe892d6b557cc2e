"""Rows that are not what they claim to be, and dates that are not what they are to be, are named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from python_processors.contract import Contract
from python_processors.errors import ColumnMismatchError
from python_processors.hashing import data_hashes
from python_processors.orchestration.proof import row_checks as verification
from python_processors.orchestration.proof.held_back import HeldBack
from python_processors.orchestration.proof.row_checks import DateState, Finding, RowChecks, check_rows, verify
from python_processors.orchestration.warehouse import DuckDBSession
from tests.unit.contracts import contract_of

FIRST, LAST = date(2024, 1, 1), date(2024, 1, 3)
CONTRACT: Contract = replace(
    contract_of(
        {"rate": "NUMERIC(5,1)", "notes": "ARRAY<STRING>", "share": "FLOAT64(1)", "shares": "ARRAY<FLOAT64(1)>"},
        id={"required": True},
    ),
    dataset="nba_analytics",
)
STORED = CONTRACT.relation


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[DuckDBSession]:
    """Seven rows over three dates, stored as they were hashed."""
    monkeypatch.setattr(verification, "load_contract", lambda table: CONTRACT)
    values = pa.table(
        {
            "id": pa.array(range(7), pa.int64()),
            "game_date": [FIRST, FIRST, FIRST, FIRST + timedelta(days=1), LAST, LAST, LAST],
            "rate": pa.array([None if n == 3 else Decimal(n).scaleb(-1) for n in range(7)], pa.decimal128(5, 1)),
            "notes": pa.array([["a"] * (n % 3) for n in range(7)], pa.list_(pa.string())),
            "share": [None if n == 3 else n / 10 for n in range(7)],
            "shares": [[n / 10] * (n % 3) for n in range(7)],
        }
    )
    connection = duckdb.connect()
    connection.register("made", values.append_column("data_hash", data_hashes(values, CONTRACT)))
    connection.execute(f"create schema {CONTRACT.dataset}; create table {STORED} as select * from made")
    yield DuckDBSession(connection)
    connection.close()


def complete(*counts: int) -> list[DateState]:
    """States of dates from FIRST on, complete with so many rows."""
    return [
        DateState("made_up", FIRST + timedelta(days=n), "complete" if count else "no_games", "", count, count)
        for n, count in enumerate(counts)
    ]


def test_rows_as_they_were_stored_have_no_fault(session: DuckDBSession) -> None:
    checks = check_rows(session, "made_up", FIRST, LAST)
    assert (checks.rows, checks.first_date, checks.last_date, checks.hash_coverage_pct) == (7, FIRST, LAST, 100.0)
    assert checks.problems == []
    assert verify([checks], complete(3, 1, 3)).passed


def test_only_dates_that_were_asked_for_are_looked_at(session: DuckDBSession) -> None:
    session.execute(f"update {STORED} set data_hash = null where game_date <> '{LAST}'")
    checks = check_rows(session, "made_up", LAST, LAST)
    assert (checks.rows, checks.first_date, checks.problems) == (3, LAST, [])


@pytest.mark.parametrize(
    ("change", "kind", "problem"),
    [
        (
            "update {} set data_hash = repeat('0', 16) where id = 4",
            "altered",
            "1 row is not what its data_hash was made of: id=4",
        ),
        ("update {} set rate = 9.9 where id = 5", "altered", "1 row is not what its data_hash was made of: id=5"),
        ("update {} set rate = null where id = 5", "altered", "1 row is not what its data_hash was made of: id=5"),
        (
            "update {} set notes = ['b'] where id = 1",
            "altered",
            "1 row is not what its data_hash was made of: id=1",
        ),
        (
            "update {} set share = 0.5000001 where id = 5",
            "altered",
            "1 row is not what its data_hash was made of: id=5",
        ),
        (
            "update {} set share = 'nan' where id = 3",
            "altered",
            "1 row is not what its data_hash was made of: id=3",
        ),
        (
            "update {} set shares = [0.5, 0.51] where id = 5",
            "altered",
            "1 row is not what its data_hash was made of: id=5",
        ),
        ("update {} set data_hash = null where id = 3", "unhashed", "1 row has no data_hash: id=3"),
        (
            "update {} set data_hash = upper(data_hash) where id in (2, 6)",
            "malformed",
            "2 rows have a data_hash that is not 16 lower-case hex characters: id=2; id=6",
        ),
        (
            "update {} set data_hash = data_hash || chr(10) where id = 6",
            "malformed",
            "1 row has a data_hash that is not 16 lower-case hex characters: id=6",
        ),
        ("insert into {0} select * from {0} where id = 2", "doubled", "1 key has more than one row: id=2"),
    ],
)
def test_a_fault_is_of_one_kind_and_names_its_rows(
    session: DuckDBSession, change: str, kind: str, problem: str
) -> None:
    session.execute(change.format(STORED))
    checks = check_rows(session, "made_up", FIRST, LAST)
    assert checks.problems == [problem]
    assert getattr(checks, kind)
    assert not verify([checks], complete(3, 1, 3)).passed


def test_a_key_on_two_dates_is_doubled(session: DuckDBSession, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its rows are read in two pieces."""
    monkeypatch.setattr(verification, "ROWS_AT_ONCE", 1)
    session.execute(f"update {STORED} set id = 0 where id = 6")
    checks = check_rows(session, "made_up", FIRST, LAST)
    both = frozenset({date(2024, 1, 1), date(2024, 1, 3)})
    assert checks.doubled == Finding(1, ("id=0",), both)
    assert (checks.altered.count, checks.altered.examples) == (1, ("id=0",))
    assert set(checks.faulty_days) == both


@pytest.mark.parametrize("rows_at_once", [1, 4, 100])
def test_pieces_of_dates_find_what_the_whole_does(
    session: DuckDBSession, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr(verification, "ROWS_AT_ONCE", rows_at_once)
    session.execute(f"update {STORED} set data_hash = null where id <> 2")
    checks = check_rows(session, "made_up", FIRST, LAST)
    days = frozenset(date(2024, 1, day) for day in (1, 2, 3))
    assert checks.unhashed == Finding(6, ("id=0", "id=1", "id=3", "id=4", "id=5"), days)
    assert checks.hash_coverage_pct == 14.2
    assert checks.problems == ["6 rows have no data_hash: id=0; id=1; id=3; id=4; id=5 ..."]


def test_coverage_is_whole_only_with_a_hash_on_every_row() -> None:
    checks = RowChecks("made_up", FIRST, LAST, {FIRST: 100_000}, unhashed=Finding(1, ("id=1",)))
    assert checks.hash_coverage_pct == 99.9


def test_a_value_that_its_type_cannot_hold_is_named(session: DuckDBSession) -> None:
    session.execute(f"alter table {STORED} alter rate type double")
    session.execute(f"update {STORED} set rate = 'infinity' where id = 4")
    (problem,) = check_rows(session, "made_up", FIRST, LAST).problems
    assert "made_up.rate" in problem
    assert "id=4" in problem


def test_a_table_that_is_not_there_has_no_rows(session: DuckDBSession) -> None:
    session.execute(f"drop table {STORED}")
    checks = check_rows(session, "made_up", FIRST, LAST)
    assert (checks.rows, checks.first_date, checks.hash_coverage_pct, checks.problems) == (0, None, None, [])
    assert verify([checks], complete(0, 0, 0)).passed


def test_a_table_without_a_hashed_column_is_refused(session: DuckDBSession) -> None:
    session.execute(f"alter table {STORED} drop rate")
    with pytest.raises(ColumnMismatchError, match="missing rate"):
        check_rows(session, "made_up", FIRST, LAST)


FOUND = RowChecks("made_up", FIRST, LAST, {FIRST: 3, LAST: 3})


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (("no_games",), ()),
        (("expected_empty",), ()),
        (
            ("blocked", "player_game_summary: 3 rows are missing"),
            ("is blocked: player_game_summary: 3 rows are missing",),
        ),
        (("missing", "never built", 5), ("is missing: never built",)),
        (("partial", "", 5, 4), ("is partial (4 of 5 rows): no reason is known",)),
        (("stale", "injury report changed"), ("is stale: injury report changed",)),
        (("failed", "a cast"), ("is failed: a cast",)),
        (("complete", "", 2, 2), ("is complete with 2 rows, and 0 are stored",)),
    ],
)
def test_a_date_passes_when_it_is_what_it_is_to_be(state: tuple, reasons: tuple[str, ...]) -> None:
    second = FIRST + timedelta(days=1)
    states = [*complete(3), DateState("made_up", second, *state), replace(complete(3)[0], date=LAST)]
    result = verify([FOUND], states)
    assert result.tables[0].reasons == tuple(f"{second} {reason}" for reason in reasons)
    assert result.passed == (not reasons)


def test_a_date_that_nobody_accounts_for_fails() -> None:
    (table,) = verify([FOUND], complete(3, 0)).tables
    assert table.reasons == (f"{LAST} is not accounted for",)


def test_one_table_that_fails_fails_all() -> None:
    good = replace(FOUND, table="other")
    states = [replace(state, table="other") for state in complete(3, 0, 3)]
    result = verify([good, FOUND], states)
    assert [table.passed for table in result.tables] == [True, False]
    assert not result.passed


@pytest.fixture
def shown() -> Callable[[RowChecks, int], list[str]]:
    """The lines of a table that is missing on so many dates from FIRST on."""

    def lines(checks: RowChecks, missing: int) -> list[str]:
        days = [FIRST + timedelta(days=n) for n in range(missing)]
        states = [DateState("made_up", day, "missing", "never built", 3) for day in days]
        return verify([replace(checks, end=days[-1])], states).lines()

    return lines


def test_ten_reasons_are_shown_and_the_rest_counted(shown: Callable[[RowChecks, int], list[str]]) -> None:
    checks = replace(FOUND, rows_by_date={}, doubled=Finding(1, ("id=2",)))
    assert shown(checks, 12) == [
        "table    rows  hashed  form  recomputed  unique     first  last  dates",
        "made_up     0       -  ok    ok          1 doubled  -      -     0/12   FAIL",
        "",
        "made_up:",
        "  1 key has more than one row: id=2",
        *(f"  2024-01-{n:02} is missing: never built" for n in range(1, 10)),
        "  and 3 more",
        "",
        "FAIL",
    ]


def test_excused_rows_are_named_and_counted_beside_a_pass() -> None:
    state = DateState("made_up", FIRST, "excused", "1 row is held back", 4, 3, 1)
    found = verify([RowChecks("made_up", FIRST, FIRST, {FIRST: 3})], [state])
    assert found.passed
    assert found.lines()[-1] == "PASS, 1 excused"
    assert f"  {FIRST}: 1 row is held back" in found.lines()
    assert found.to_dict()["tables"][0]["excused_rows"] == 1


def test_a_date_that_the_schedule_does_not_know_never_passes() -> None:
    state = DateState("made_up", FIRST, "unknown", "the schedule ends on 2023-06-12")
    found = verify([RowChecks("made_up", FIRST, FIRST, {})], [state])
    assert not found.passed
    assert f"{FIRST} is unknown: the schedule ends on 2023-06-12" in found.tables[0].reasons


def test_what_is_held_back_is_said_with_its_feed_reason_and_first_row() -> None:
    of = HeldBack("bdl_player_boxscores", "unknown player", 2, FIRST, LAST, f"{FIRST} nobodyknown")
    found = replace(verify([RowChecks("made_up", FIRST, FIRST, {})], complete(0)), held_back=(of,))
    assert (
        f"  bdl_player_boxscores: 2 rows of {FIRST} to {LAST}: unknown player (the first: {FIRST} nobodyknown):"
        " add an alias or a row of the registry"
    ) in found.lines()


def test_the_same_goes_into_json_with_every_reason() -> None:
    checks = replace(FOUND, altered=Finding(1, ("id=2",)))
    found = verify([checks], complete(3, 0, 3)).to_dict()
    assert json.loads(json.dumps(found)) == {
        "passed": False,
        "staging_layer": [],
        "notes": [],
        "held_back": [],
        "tables": [
            {
                "table": "made_up",
                "passed": False,
                "start_date": "2024-01-01",
                "end_date": "2024-01-03",
                "rows": 6,
                "hash_coverage_pct": 100.0,
                "unhashed": {"count": 0, "examples": []},
                "malformed": {"count": 0, "examples": []},
                "altered": {"count": 1, "examples": ["id=2"]},
                "doubled": {"count": 0, "examples": []},
                "unfit": {"count": 0, "examples": []},
                "first_date": "2024-01-01",
                "last_date": "2024-01-03",
                "dates_complete": 2,
                "dates_expected": 2,
                "reasons": ["1 row is not what its data_hash was made of: id=2"],
                "excused": [],
                "excused_rows": 0,
            }
        ],
    }
