"""What channels were told outlives the process: in nba_ops.alert_ledger, without their URLs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest

from python_processors.alerts.channels import Channel
from python_processors.alerts.findings import Finding, Key
from python_processors.alerts.memory import LEDGER, Memory, recall, remember
from python_processors.alerts.news import Look, News, news_of
from python_processors.engines import DuckDBSession

DAY = date(2021, 11, 5)
MORNING = datetime(2021, 11, 27, 6, 0, 0, 123456, tzinfo=UTC)
DAY_LONG = timedelta(hours=23)
MAIL, HOOK = Channel(1, "mailtos://me:hunter2@example.com"), Channel(2, "json://example.com/hook")
PARTIAL = Finding(Key("a_table", DAY, "partial"), "3 of 4 rows: MIA@BOS", (DAY, DAY))
UNDATED = Finding(Key("staging_layer", None, "undated", "rows of x"), "3 rows of x have no game_date")
WARNING = Finding(Key("a_test", DAY, "warning"), "2 failures", (DAY, DAY))


@pytest.fixture
def session() -> Iterator[DuckDBSession]:
    with duckdb.connect() as connection:
        yield DuckDBSession(connection)


def run(
    session: DuckDBSession, found: Sequence[Finding], at: datetime, dead: Sequence[Channel] = ()
) -> dict[Channel, News]:
    """One run's round: recall, find out what is news, remember."""
    asked = DuckDBSession(session.connection)  # type: ignore[arg-type]
    memory = recall(asked, at, DAY_LONG)
    news = {of: news_of(found, memory.of(of), Look(DAY, DAY), at, DAY_LONG) for of in (MAIL, HOOK)}
    remember(asked, memory, [(of, told, of not in dead) for of, told in news.items() if told], "a_run", at)
    return news


def test_a_finding_is_told_once_its_end_once_and_its_return_again(session: DuckDBSession) -> None:
    at = [MORNING + timedelta(hours=hour) for hour in range(5)]
    assert run(session, [PARTIAL, UNDATED], at[0])[MAIL].new == (PARTIAL, UNDATED)
    assert not run(session, [PARTIAL, UNDATED], at[1])[MAIL]
    assert [of.finding.key for of in run(session, [PARTIAL], at[2])[MAIL].resolved] == [UNDATED.key]
    assert not run(session, [PARTIAL], at[3])[MAIL]
    assert run(session, [PARTIAL, UNDATED], at[4])[MAIL].new == (UNDATED,)


def test_a_channel_that_did_not_take_it_is_told_by_the_next_run_and_the_other_is_not(session: DuckDBSession) -> None:
    run(session, [PARTIAL, WARNING], MORNING, dead=[HOOK])
    later = run(session, [PARTIAL], MORNING + timedelta(hours=1))
    assert not later[MAIL]
    assert {of.key.kind for of in later[HOOK].new} == {"partial", "warning"}
    assert not any(run(session, [PARTIAL], MORNING + timedelta(hours=2)).values())


def test_a_reminder_comes_once_a_day(session: DuckDBSession) -> None:
    hours = [hour for hour in range(72) if run(session, [PARTIAL], MORNING + timedelta(hours=hour))[MAIL]]
    assert hours == [0, 23, 46, 69]


def test_when_it_was_first_told_stays(session: DuckDBSession) -> None:
    for hour in (0, 23):
        run(session, [PARTIAL], MORNING + timedelta(hours=hour))
    told = recall(DuckDBSession(session.connection), MORNING, DAY_LONG).of(MAIL)[PARTIAL.key]  # type: ignore[arg-type]
    assert (told.first_told_at, told.told_at) == (MORNING, MORNING + timedelta(hours=23))


def test_a_round_without_news_writes_nothing_and_no_row_has_a_url(session: DuckDBSession) -> None:
    remember(session, Memory(), [], "a_run", MORNING)
    assert not session.columns(LEDGER)
    run(session, [PARTIAL], MORNING)
    rows = session.read(f"select * from {LEDGER}").to_pylist()
    assert len(rows) == 2
    assert {row["channel"] for row in rows} == {"1 mailtos", "2 json"}
    assert "hunter2" not in str(rows)
    assert "example.com" not in str(rows)


def test_what_was_told_is_one_query_and_noted_in_one_statement(
    session: DuckDBSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(session, [PARTIAL], MORNING)
    asked = DuckDBSession(session.connection)  # type: ignore[arg-type]
    assert asked.columns(LEDGER)
    calls: list[str] = []
    for name in ("read", "append", "execute"):
        whole = getattr(asked, name)
        monkeypatch.setattr(asked, name, lambda *given, whole=whole, name=name: calls.append(name) or whole(*given))
    memory = recall(asked, MORNING, DAY_LONG)
    remember(asked, memory, [(of, News(new=(UNDATED, WARNING)), True) for of in (MAIL, HOOK)], "a_run", MORNING)
    assert calls == ["read", "append"]
