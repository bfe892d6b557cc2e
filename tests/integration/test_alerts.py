"""What a real run of the command line sends: once, at its end, and only when somebody is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from python_processors.alerts import CHANNELS, opened_breakers
from python_processors.cli import command as cli_command
from python_processors.orchestration.run.journal import RunResult
from tests.integration.conftest import FIRST_MONTH, Rewrite, at_work, request
from tests.integration.test_command_line import fullcourt
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
def test_a_date_that_fails_is_one_digest_and_a_dead_channel_changes_nothing(
    copy_of_confirmed_month: Warehouse, rewrite: Rewrite, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A usage of nine million shots does not go into the table's NUMERIC(6,2), and the feed still agrees with the score."""
    warehouse = copy_of_confirmed_month
    fullcourt(warehouse, "backfill", *DAY)
    assert channel.received == [], "a run with nothing to do needs nobody"
    rewrite(
        warehouse.raw_dir,
        "nbac_gamebook_player_stats",
        f"select * replace (case when game_date = '{LAST}' and points > 0 then 9000000 else field_goals_attempted end as field_goals_attempted) from raw",
    )
    run = fullcourt(warehouse, "backfill", *DAY, code=cli_command.SOMEBODY)
    (sent,) = channel.received
    assert sent["title"].startswith(f"fullcourt {LAST} to {LAST}: 1 failed")
    assert f"  {TABLE}: {LAST}" in sent["message"]
    assert f"Next: fullcourt gaps {' '.join(DAY)}" in sent["message"]
    assert CHANNELS not in run.stderr

    monkeypatch.setenv(CHANNELS, channel.url.replace(str(channel.server.server_port), "9"))
    retried = fullcourt(warehouse, "retry", *DAY, code=cli_command.SOMEBODY)
    assert f"WARNING {CHANNELS}: channel 1 (json) did not take the message" in retried.stderr
    assert len(channel.received) == 1


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


def test_breakers_that_this_run_opened_and_a_person_can_close(copy_of_confirmed_month: Warehouse) -> None:
    warehouse = copy_of_confirmed_month
    result = RunResult("a_run", nodes_run=1)
    for name, tripped, correctable, attempt in (
        ("opened", True, True, "now()"),
        ("for good", True, False, "now()"),
        ("before", True, True, "now() - interval 1 day"),
        ("not yet", False, True, "now()"),
    ):
        warehouse.execute(
            "insert into nba_ops.analytics_failures (processor_name, analysis_date, entity_id, circuit_breaker_tripped,"
            " is_correctable, resolution_status, last_attempt_at) values"
            f" ('{TABLE}', '{LAST}', '{name}', {tripped}, {correctable}, 'UNRESOLVED', {attempt})"
        )
    with at_work(warehouse) as (_, opened):
        assert [len(days) for days in opened_breakers(opened, request(*FIRST_MONTH), result).values()] == [1]
        assert opened_breakers(opened, request(*FIRST_MONTH), RunResult("nothing to do")) == {}
