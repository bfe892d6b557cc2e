"""What real runs of the command line send: what is new, once, at their end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from python_processors.alerts import CHANNELS
from python_processors.alerts.findings import open_breakers
from python_processors.cli import command as cli_command
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.integration.test_command_line import fullcourt
from tests.raw_changes import FEEDS_OF_PLAYERS, shots_in_a_second
from tests.unit.test_alerts import Channel
from tests.warehouse import Warehouse

LAST = FIRST_MONTH[1]
DAY = ("--start", LAST, "--end", LAST)
TABLE = "player_game_summary"


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    made = Channel()
    monkeypatch.setenv(CHANNELS, made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.slow
def test_a_date_that_fails_is_told_once_its_repair_once_and_a_dead_channel_later(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, url = copy_of_confirmed_month, channel.url
    fullcourt(warehouse, "backfill", *DAY)
    fullcourt(warehouse, "backfill", *DAY)
    assert channel.received == [], "a run with nothing to do needs nobody"
    assert warehouse.query("select count(*) from nba_ops.alert_ledger") == [(0,)]

    whole = {next(warehouse.raw_dir.rglob(f"{feed}.parquet")): feed for feed in FEEDS_OF_PLAYERS}
    before = {file: file.read_bytes() for file in whole}
    for feed in whole.values():
        rewrite(warehouse.raw_dir, feed, shots_in_a_second(LAST))
    monkeypatch.setenv(CHANNELS, url.replace(str(channel.server.server_port), "9"))
    unheard = fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    assert f"WARNING {CHANNELS}: channel 1 (json) did not take the message" in unheard.stderr

    monkeypatch.setenv(CHANNELS, url)
    run = fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    (sent,) = channel.received
    assert sent["title"].startswith(f"fullcourt {LAST} to {LAST}: 1 failed")
    first, second = sent["message"].splitlines()[:2]
    assert first == "Failed: 1 partition of 1 table"
    assert second.startswith(f"  {TABLE} {LAST}: {TABLE}.usage_rate: ")
    assert "game_id=" in second
    assert "player_lookup=" in second
    assert "Traceback" not in sent["message"]
    assert f"Why: fullcourt explain {TABLE} {LAST}" in sent["message"]
    assert f"Next: fullcourt gaps {' '.join(DAY)}" in sent["message"]
    assert CHANNELS not in run.stderr

    fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    assert "circuit breaker" in channel.received[1]["message"].lower(), "the third failure opens it"
    fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    fullcourt(warehouse, "retry", *DAY, code=cli_command.SOMEBODY)
    assert len(channel.received) == 2, "nothing is new"
    warehouse.execute("update nba_ops.alert_ledger set told_at = told_at - interval 1 day")
    fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    assert "(a reminder)" in channel.received[2]["title"]

    for file, content in before.items():
        file.write_bytes(content)
    fullcourt(warehouse, "backfill", *DAY)
    fullcourt(warehouse, "backfill", *DAY)
    resolved = channel.received[3]
    assert resolved["title"].endswith(" resolved")
    assert f"  {TABLE} {LAST}: was failed" in resolved["message"]
    assert len(channel.received) == 4


def test_drift_is_told_and_a_refused_request_is_not(copy_of_confirmed_month: Warehouse, channel: Channel) -> None:
    warehouse = copy_of_confirmed_month
    fullcourt(warehouse, "backfill", "--start", LAST, "--end", FIRST_MONTH[0], code=cli_command.REFUSED)
    assert channel.received == []
    warehouse.execute("alter table nba_ops.decisions drop column reason")
    fullcourt(warehouse, "backfill", *DAY, code=cli_command.REFUSED)
    (sent,) = channel.received
    assert sent["title"] == "fullcourt backfill did not run: schema drift, 1 difference"
    assert "nba_ops.decisions lacks the column reason" in sent["message"]
    assert sent["message"].endswith("Next: fullcourt migrate --dry-run")
    fullcourt(warehouse, "backfill", *DAY, code=cli_command.REFUSED)
    assert len(channel.received) == 1, "the same drift is told once"
    warehouse.execute("alter table nba_ops.decisions add column reason varchar")
    fullcourt(warehouse, "backfill", *DAY, code=None)
    assert "fullcourt backfill: no longer ends in: " in channel.received[1]["message"]


def test_breakers_that_are_open_and_a_person_can_close(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    for name, tripped, correctable, status in (
        ("opened", True, True, "UNRESOLVED"),
        ("for good", True, False, "UNRESOLVED"),
        ("closed", True, True, "RESOLVED"),
        ("not yet", False, True, "UNRESOLVED"),
    ):
        warehouse.execute(
            "insert into nba_ops.analytics_failures (processor_name, analysis_date, entity_id, circuit_breaker_tripped,"
            " is_correctable, resolution_status, attempt_count, failure_category, failure_reason, circuit_breaker_until)"
            f" values ('{TABLE}', '{LAST}', '{name}', {tripped}, {correctable}, '{status}', 3, 'REGISTRY_LOOKUP_FAILED',"
            " 'he is in no registry', '2121-11-20 06:00:00+00')"
        )
    with at_work(warehouse) as (_, opened), opened.reading() as session:
        (breaker,) = open_breakers(session, request(*FIRST_MONTH))
        assert open_breakers(session, request(FIRST_MONTH[0], FIRST_MONTH[0])) == []
    assert breaker.key == (TABLE, date.fromisoformat(LAST), "breaker", "opened")
    assert breaker.said == "opened after 3 attempts, until 2121-11-20 06:00 UTC: he is in no registry"
