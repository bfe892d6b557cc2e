"""One digest for a run that needs somebody, none for one that does not, and no run fails for a channel."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from python_processors import alerts
from python_processors.alerts import CHANNELS, alerting, digest_of_run, send
from python_processors.orchestration.backfill import NotConfirmedError
from python_processors.orchestration.proof.row_checks import RowChecks, TableVerification, Verification
from python_processors.orchestration.request import RangeError, Request
from python_processors.orchestration.run.invocation import NoRoomError
from python_processors.orchestration.run.journal import RunResult, RunWarning
from python_processors.schema.drift import Drift, DriftError

START, END = date(2021, 10, 19), date(2021, 11, 27)
DAYS = [START + timedelta(days=offset) for offset in range(40)]
REQUEST = Request(START, END)
PASSWORD = "tr0ub4dor"


class Channel:
    """A local server that keeps what it is sent, after thinking for some seconds."""

    def __init__(self, thinks: float = 0.0) -> None:
        self.received: list[dict[str, str]] = []
        channel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                channel.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                time.sleep(thinks)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://watch:{PASSWORD}@127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def channel() -> Iterator[Channel]:
    made = Channel()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def dead_url() -> str:
    """Of a server that is gone."""
    gone = Channel()
    gone.server.shutdown()
    gone.server.server_close()
    return gone.url


def failed(**kinds: object) -> RunResult:
    return RunResult("20211127T060000-abcdef", **kinds)  # type: ignore[arg-type]


def test_many_failures_are_one_digest_of_counts_and_first_dates(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setattr(alerts, "opened_breakers", lambda *_: {})
    result = failed(
        failed={f"table_{number}": DAYS for number in range(10)},
        blocked={"ml_feature_store_v2": DAYS[5:]},
        failures={f"table_{number} {day}": "it broke" for number in range(10) for day in DAYS},
        wrong_skips=[("player_game_summary", START)],
    )
    alerts.tell_of_run(None, REQUEST, result)  # type: ignore[arg-type]
    (sent,) = channel.received
    assert sent["title"] == "fullcourt 2021-10-19 to 2021-11-27: 400 failed, 35 blocked, 1 wrong skip"
    assert "table_0: 2021-10-19, 2021-10-20, 2021-10-21 and 37 more" in sent["message"]
    assert "and 5 more tables" in sent["message"]
    assert "Next: fullcourt gaps --start 2021-10-19 --end 2021-11-27" in sent["message"]
    assert len(sent["message"].splitlines()) < 25


def test_a_run_that_needs_nobody_is_silent(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    whole = Verification((TableVerification(RowChecks("a_table", START, END, {}), 40, 40, ()),))
    alerts.tell_of_run(None, REQUEST, failed(skipped={"a_table": 40}), whole)  # type: ignore[arg-type]
    assert channel.received == []


def test_without_channels_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHANNELS, raising=False)
    monkeypatch.setattr(alerts, "digest_of_run", lambda *_: pytest.fail("somebody looked"))
    alerts.tell_of_run(None, REQUEST, failed(failed={"a_table": DAYS}))  # type: ignore[arg-type]


def test_gaps_are_told_once_and_not_again_as_failed() -> None:
    reasons = (f"{DAYS[0]} is failed: it broke", f"{DAYS[1]} is partial (3 of 4 rows): a game", f"{DAYS[2]} is missing")
    verification = Verification((TableVerification(RowChecks("a_table", START, END, {}), 37, 40, reasons),))
    digest = digest_of_run(REQUEST, failed(failed={"a_table": DAYS[:1]}), verification, {})
    assert digest is not None
    assert digest.title.endswith("1 failed, 2 missing, partial or otherwise not as expected")
    assert f"  a_table: {DAYS[1]} is partial (3 of 4 rows): a game (and 1 more)" in digest.lines


def test_a_wrong_skip_alone_names_the_date_to_explain() -> None:
    digest = digest_of_run(REQUEST, failed(wrong_skips=[("player_game_summary", START)]), None, {})
    assert digest is not None
    assert digest.lines[-1].startswith(f"Next: fullcourt explain player_game_summary {START}")


def test_a_warning_of_a_test_is_told_with_what_it_found() -> None:
    warning = RunWarning("days_are_known", 2, "Got 2 results", START, END)
    digest = digest_of_run(REQUEST, failed(warnings=[warning]), None, {})
    assert digest is not None
    assert digest.title.endswith(": 1 warning")
    assert "  days_are_known: 2 failures, 2021-10-19 to 2021-11-27: Got 2 results" in digest.lines
    assert digest.lines[-1].startswith("Next: docs/checks.md")


def test_open_breakers_are_counted_by_table() -> None:
    digest = digest_of_run(REQUEST, failed(), None, {"upcoming_player_game_context": [START] * 7})
    assert digest is not None
    assert digest.title.endswith("7 circuit breakers open")
    assert "  upcoming_player_game_context: 2021-10-19" in digest.lines


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (DriftError([Drift("nba_ops.coverage", "x", "missing", "it lacks x", ())]), "schema drift, 1 difference"),
        (NoRoomError("No space left on device"), "fullcourt backfill failed"),
        (KeyError("a fault of ours"), "fullcourt backfill failed"),
    ],
)
def test_a_run_that_ends_in_an_error_tells_it_and_still_raises(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, error: Exception, title: str
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with pytest.raises(type(error)):
        raising(error)()
    (sent,) = channel.received
    assert title in sent["title"]
    assert "Next: fullcourt " in sent["message"]


@pytest.mark.parametrize("error", [RangeError("no such dates"), NotConfirmedError(400)])
def test_a_request_that_is_refused_is_told_to_who_asked_alone(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with pytest.raises(type(error)):
        raising(error)()
    assert channel.received == []


def raising(error: Exception) -> Callable[[], int]:
    def backfill() -> int:
        raise error

    return alerting(backfill)


def test_a_dead_channel_is_a_warning_that_does_not_name_it(
    channel: Channel, dead_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, f"{dead_url}, nonsense://{PASSWORD}  {channel.url}")
    with pytest.raises(NoRoomError):
        raising(NoRoomError("No space left on device"))()
    assert len(channel.received) == 1, "the channel that lives has its digest"
    said = "".join(capfd.readouterr())
    assert "channel 1 (json) did not take the message" in said
    assert "channel 2 is no URL" in said
    assert PASSWORD not in said
    assert "127.0.0.1" not in said


def test_a_channel_that_never_answers_is_waited_for_no_longer_than_it_is_given() -> None:
    slow = Channel(thinks=30)
    started = time.monotonic()
    problems = send(alerts.Digest("title", ("line",)), f"{slow.url}?rto=60", seconds=1)
    assert time.monotonic() - started < 5
    assert problems == [f"{CHANNELS}: channel 1 (json) did not answer within 1 s; the run is not affected."]
    slow.server.shutdown()


def test_a_digest_holds_no_secret(channel: Channel) -> None:
    said = f"{channel.url} and https://me:{PASSWORD}@host/x refused Bearer abc.def and ya29.token-1"
    assert send(alerts.Digest(said, (said, "a" * 1000)), channel.url) == []
    (sent,) = channel.received
    text = sent["title"] + sent["message"]
    assert PASSWORD not in text
    assert "abc.def" not in text
    assert "ya29.token" not in text
    assert "[channel]" in text
    assert "a" * 301 not in text


def test_a_fault_in_the_alert_itself_is_a_warning(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setattr(alerts, "digest_of_run", lambda *_: 1 / 0)
    alerts.tell_of_run(None, REQUEST, failed())  # type: ignore[arg-type]
    assert "no alert was sent (ZeroDivisionError)" in capsys.readouterr().err
