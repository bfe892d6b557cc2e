"""Each row that is held back says what repairs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from python_processors.contract import PROJECT_ROOT, hashed_tables
from python_processors.orchestration.proof.held_back import TO_DO, HeldBack, asks, held_back
from python_processors.orchestration.state.states import OUTCOMES, State
from python_processors.orchestration.warehouse import DuckDBSession

FIRST, LAST = date(2021, 10, 19), date(2021, 10, 21)


def reasons_in_sql() -> set[str]:
    """What staging, and what judges whole games, may say of a row."""
    texts = [path.read_text() for folder in ("models", "macros") for path in (PROJECT_ROOT / folder).rglob("*.sql")]
    found = {
        said for text in texts for said in re.findall(r"(?m)(?:then|else|concat\(|_abbr,|^)\s*'([a-z][^':]*)", text)
    }
    found |= {said for text in texts for said in re.findall(r"(?m)^ +'([a-z][^':]*)': '.* (?:<>|>) ", text)}
    players = {said for said in found if said.endswith("{{ player }}")}
    return found | {said.replace("{{ player }}", who) for said in players for who in ("player", "second player")}


def to_do(reason: str) -> str:
    return HeldBack("feed", reason, 1, None, None, "row").to_do


@pytest.mark.parametrize("reason", sorted(TO_DO))
def test_what_has_a_repair_of_its_own_is_a_reason_that_sql_gives(reason: str) -> None:
    assert reason in reasons_in_sql()


def test_of_a_row_that_no_table_lacks_nothing_is_asked() -> None:
    of = HeldBack("odds_api_game_lines", "no number", 1, None, None, "row", needs_action=False)
    assert of.sentence.endswith("no number (row): left out, and no row lacks for it: no action needed")


def test_a_game_without_a_play_by_play_says_what_its_rows_lack() -> None:
    of = HeldBack(
        "bigdataball_play_by_play", "no play-by-play of the game", 1, FIRST, FIRST, "game", needs_action=False
    )
    assert of.sentence == (
        "bigdataball_play_by_play: 1 game of 2021-10-19: no play-by-play of the game (game): shot zones of its rows are"
        " null, as they say themselves; load it if there is one"
    )


def test_only_players_nobody_knows_need_an_alias() -> None:
    needs = {reason for reason in reasons_in_sql() if "alias" in to_do(reason)}
    assert needs == {f"{what} {who}" for what in ("unknown", "ambiguous") for who in ("player", "second player")}


def test_a_reason_with_more_words_after_a_colon_has_the_same_repair() -> None:
    assert to_do("no feed agrees with the final score: 40 of 98 points") == TO_DO["no feed agrees with the final score"]
    assert (
        to_do("unknown player status") == to_do("unreadable minutes") == "correct the row in its file, and load again"
    )


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    """Two rows of feeds on the first date, and a row of odds on the second."""
    with duckdb.connect() as connection:
        connection.execute(
            "create schema nba_ops; create table nba_ops.quarantine as select * from (values"
            " ('bdl_player_boxscores', date '2021-10-19', 'a', 'unknown player'),"
            " ('nbac_schedule', date '2021-10-19', 'b', 'teams are not known yet'),"
            " ('odds_api_game_lines', date '2021-10-20', 'c', 'no number')"
            ") as rows (table_name, game_date, row_key, reason)"
        )
        yield DuckDBSession(connection)


def of_all(outcome: str, day: date = FIRST) -> list[State]:
    return [State(table, day, outcome) for table in hashed_tables()]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_row_asks_exactly_where_a_date_of_a_table_asks(session: DuckDBSession, outcome: str) -> None:
    states = [*of_all("complete")[:-1], of_all(outcome)[-1]]
    found = held_back(session, FIRST, LAST, states)
    is_fine = outcome in ("no_games", "expected_empty", "not_requested", "excused", "complete")
    assert {one.reason: one.needs_action for one in found} == {
        "unknown player": not is_fine, "teams are not known yet": not is_fine, "no number": False,
    }  # fmt: skip
    assert asks(found) is not is_fine


def test_of_an_open_date_no_row_of_odds_is_asked_for(session: DuckDBSession) -> None:
    found = held_back(session, FIRST, LAST, of_all("partial", date(2021, 10, 20)))
    assert not asks(found)


def test_a_row_without_a_date_always_asks(session: DuckDBSession) -> None:
    session.connection.execute(
        "insert into nba_ops.quarantine values ('nbac_team_boxscore', null, 'd', 'no game_date')"
    )
    found = held_back(session, FIRST, LAST, of_all("complete"))
    assert (found[0].feed, found[0].reason) == ("nbac_team_boxscore", "no game_date")
    assert [one.needs_action for one in found] == [True, False, False, False]


def test_of_one_table_nothing_is_said_of_the_others(session: DuckDBSession) -> None:
    (found, *_) = held_back(session, FIRST, FIRST, [State("team_offense_game_summary", FIRST, "complete")])
    assert found.sentence.endswith("left out, and no row of team_offense_game_summary lacks for it: no action needed")
    assert held_back(session, FIRST, FIRST, of_all("complete"))[0].sentence.endswith(
        "and no row lacks for it: no action needed"
    )


def test_a_registry_row_asks_where_a_date_is_open_and_one_whose_birth_date_is_wrong_never(
    session: DuckDBSession,
) -> None:
    session.connection.execute(
        "insert into nba_ops.quarantine values"
        " ('nba_players_registry', null, 'a BOS 2021-22', 'universal_player_id of several players'),"
        " ('nba_players_registry', null, 'b BOS 2021-22', 'impossible birth date')"
    )
    for outcome in ("complete", "partial"):
        found = {of.reason: of for of in held_back(session, FIRST, LAST, of_all(outcome))}
        assert found["universal_player_id of several players"].needs_action is (outcome == "partial")
        assert not found["impossible birth date"].needs_action
        assert found["impossible birth date"].to_do.startswith("his age is unknown, and no row lacks for it")
    assert found["universal_player_id of several players"].sentence == (
        "nba_players_registry: 1 row: universal_player_id of several players (a BOS 2021-22): give each of them an id of"
        " his own in the registry"
    )


def test_a_line_that_excuses_nothing_always_asks_to_be_corrected(session: DuckDBSession) -> None:
    session.connection.execute(
        "insert into nba_ops.quarantine values ('completeness_exceptions', null, 'a_table 2021-10-19', 'unknown table')"
    )
    found = held_back(session, FIRST, LAST, of_all("complete"))
    assert asks(found)
    assert found[0].sentence == (
        "completeness_exceptions: 1 line: unknown table (a_table 2021-10-19): correct the line in"
        " seeds/completeness_exceptions.csv, or take it out"
    )
