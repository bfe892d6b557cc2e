"""One digest for what is new, none for what was told, and no run fails for a channel."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from python_processors.alerts import CHANNELS, alerting, tell_of_run, telling
from python_processors.alerts.channels import Message, channels_of, send
from python_processors.alerts.digest import digest_of_run
from python_processors.alerts.findings import Finding, Key, findings_of_run
from python_processors.alerts.news import News, Told
from python_processors.cli.refused import noting_refusals
from python_processors.engines import DuckDBWarehouse
from python_processors.engines.base import RunLockedError, WaitEndedError
from python_processors.engines.duckdb.warehouse import WarehouseLockedError
from python_processors.orchestration.backfill import NotConfirmedError
from python_processors.orchestration.proof.held_back import HeldBack
from python_processors.orchestration.proof.open_findings import OpenFinding
from python_processors.orchestration.proof.row_checks import RowChecks, TableVerification, Verification
from python_processors.orchestration.request import RangeError, Request
from python_processors.orchestration.run.invocation import NoRoomError
from python_processors.orchestration.run.journal import RunResult, RunWarning
from python_processors.schema.drift import Drift, DriftError
from python_processors.schema.tables import create_tables

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


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckDBWarehouse:
    """One that runs have built, and that remembers nothing yet."""
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path / "fullcourt.duckdb"))
    made = DuckDBWarehouse()
    with made.writing() as session:
        create_tables(session, "nba_ops.publish_ledger")
    return made


def ended(**kinds: object) -> RunResult:
    return RunResult("20211127T060000-abcdef", **kinds)  # type: ignore[arg-type]


def verified(*findings: OpenFinding, excused: tuple[OpenFinding, ...] = ()) -> Verification:
    return Verification((TableVerification(RowChecks("a_table", START, END, {}), 37, 40, findings, excused),))


def partial(day: date, said: str = "3 of 4 rows: MIA@BOS lacks jimmybutler") -> OpenFinding:
    return OpenFinding(f"{day} is partial: {said}", "partial", day, day, said)


def digest(result: RunResult, verification: Verification | None = None, *more: Finding) -> Message:
    """What a channel that was told nothing hears."""
    return digest_of_run(REQUEST, result, News(tuple(findings_of_run(REQUEST, result, verification, more))))


def test_many_failures_are_one_digest_of_counts_and_first_dates(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    result = ended(
        failed={f"table_{number}": DAYS for number in range(10)},
        blocked={"ml_feature_store_v2": DAYS[5:]},
        failures={f"table_{number} {day}": "it broke" for number in range(10) for day in DAYS},
        wrong_skips=[("player_game_summary", START)],
    )
    tell_of_run(warehouse, REQUEST, result)
    (sent,) = channel.received
    assert sent["title"] == "fullcourt 2021-10-19 to 2021-11-27: 400 failed, 1 wrong skip, 35 blocked"
    assert sent["message"].splitlines()[:2] == [
        "Failed: 400 partitions of 10 tables",
        "  table_0 2021-10-19, 2021-10-20, 2021-10-21 and 37 more: it broke",
    ]
    assert "  and 200 more" in sent["message"]
    assert "Next: fullcourt gaps --start 2021-10-19 --end 2021-11-27" in sent["message"]
    assert len(sent["message"].splitlines()) < 25


def test_what_the_last_test_of_a_build_counts_is_told_date_by_date_and_not_again() -> None:
    """As a step it would be resolved by the next morning's dates, with the hole still open."""
    counted = "test every_date_is_accounted_for of player_game_summary: 3 found, the first: 2021-11-02: partial: x"
    result = ended(failures={f"coverage {START}": counted})
    assert digest(result, verified(partial(START))).title.endswith(": 1 partial")
    for verification in (None, verified()):
        assert digest(result, verification).title.endswith(": 1 failed step"), "nobody else says it"
    broke = ended(failures={f"coverage {START}": "it broke"})
    assert digest(broke, verified(partial(START))).title.endswith(": 1 failed step, 1 partial")


def test_a_run_that_needs_nobody_is_silent(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    tell_of_run(warehouse, REQUEST, ended(skipped={"a_table": 40}), verified())
    assert channel.received == []


def test_without_channels_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CHANNELS, raising=False)
    monkeypatch.setattr(telling, "findings_of_run", lambda *_: pytest.fail("somebody looked"))
    tell_of_run(None, REQUEST, ended(failed={"a_table": DAYS}))  # type: ignore[arg-type]


def test_a_hole_is_told_once_and_its_end_once(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    rounds = [verified(partial(START), partial(END)), verified(partial(START), partial(END)), verified(partial(START))]
    for verification in (*rounds, rounds[-1]):
        tell_of_run(warehouse, REQUEST, ended(), verification)
    first, second = channel.received
    assert first["title"].endswith(": 2 partial")
    assert "  a_table 2021-10-19, 2021-11-27: 3 of 4 rows: MIA@BOS lacks jimmybutler" in first["message"]
    assert "Why: fullcourt explain a_table 2021-10-19" in first["message"]
    assert second["title"].endswith(": 1 resolved, 1 still open")
    assert second["message"].startswith("Resolved: 1\n  a_table 2021-11-27: was partial\n\nStill open: 1 partial, ")
    assert "WARNING" not in capsys.readouterr().err


def test_a_run_of_another_range_resolves_nothing(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    tell_of_run(warehouse, Request(END, END), ended(), verified())
    tell_of_run(warehouse, Request(START, END, ("another_table",)), ended(), verified())
    assert len(channel.received) == 1


def test_what_is_excused_is_silent(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    excused = verified(excused=(OpenFinding(f"{START}: a reason", "excused", START, START),))
    for verification in (excused, verified(partial(START)), excused, excused):
        tell_of_run(warehouse, REQUEST, ended(), verification)
    (sent,) = channel.received
    assert sent["title"].endswith(": 1 partial")


def test_a_stop_by_a_person_is_one_line_whatever_is_missing_then(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    missing = OpenFinding(f"{START} to {END} are missing", "missing", START, END)
    tell_of_run(warehouse, REQUEST, ended(was_stopped=True, failed={"a_table": [START]}), verified(missing))
    (sent,) = channel.received
    assert "stopped by a person" in sent["title"]
    assert sent["message"] == (
        "`fullcourt backfill --start 2021-10-19 --end 2021-11-27` goes on where it ended."
        " 1 partition had failed before that."
    )
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    assert channel.received[1]["title"].endswith(": 1 partial"), "what a stopped run did not tell, the next one does"


def test_a_failed_date_that_is_resolved_is_named_before_many_that_were_partial() -> None:
    findings = [
        Finding(Key(f"table_{n}", day, "partial"), "3 of 4 rows", (day, day)) for n in range(8) for day in DAYS[:2]
    ]
    findings.append(Finding(Key("a_table", END, "failed"), "it broke", (END, END)))
    told = tuple(Told(of, of.fingerprint, datetime(2021, 11, 26, 6, tzinfo=UTC), None) for of in findings)
    lines = list(digest_of_run(REQUEST, ended(), News(resolved=told)).lines)
    assert lines[:3] == [
        "Resolved: 17", "  a_table 2021-11-27: was failed", "  table_0 2021-10-19, 2021-10-20: was partial",
    ]  # fmt: skip
    assert "  and 6 more" in lines


def test_a_reminder_names_what_is_open_and_what_to_type() -> None:
    finding = Finding(Key("a_table", START, "partial"), "3 of 4 rows: MIA@BOS", (START, START))
    told = Told(finding, finding.fingerprint, datetime(2021, 11, 26, 6, tzinfo=UTC), None)
    made = digest_of_run(REQUEST, ended(), News(still_open=(told,), is_reminder_due=True))
    assert made.title.endswith(": 1 still open (a reminder)")
    assert made.lines[:3] == (
        "Still open: 1 partial, the first told 2021-11-26 06:00 UTC",
        "Partial: 1 partition of 1 table",
        "  a_table 2021-10-19: 3 of 4 rows: MIA@BOS",
    )
    assert f"Next: fullcourt gaps --start {START} --end {START}, then fullcourt backfill" in made.body


def test_blocked_is_called_blocked() -> None:
    said = f"it reads b_table of {START}, which failed"
    made = digest(ended(), verified(OpenFinding("", "blocked", END, END, said)))
    assert made.title.endswith(": 1 blocked")
    assert made.lines[:2] == ("Blocked: 1 partition of 1 table", f"  a_table {END}: {said}")


def test_faults_of_the_staging_layer_are_told() -> None:
    said = "3 rows of nbac_x have no game_date (file x.parquet): fill it in and load again"
    made = digest(ended(), Verification((), (OpenFinding(said, "undated"),)))
    assert made.title.endswith(": 1 feed with rows without a date")
    assert f"  staging_layer: {said}" in made.lines


def test_rows_held_back_are_told_of_dates_with_news_alone() -> None:
    held = [
        HeldBack("bdl_player_boxscores", "unknown player", 1, day, day, f"{day} nobodyknown") for day in (START, END)
    ]
    finding = Finding(Key("a_table", START, "partial"), "3 of 4 rows", (START, START))
    made = digest_of_run(REQUEST, ended(), News(new=(finding,)), held)
    assert held[0].sentence in made.body
    assert held[1].sentence not in made.body


def test_a_wrong_skip_alone_names_the_date_to_explain() -> None:
    made = digest(ended(wrong_skips=[("player_game_summary", START)]))
    assert f"Next: fullcourt explain player_game_summary {START}" in made.body


def test_a_warning_of_a_test_is_told_with_what_it_found() -> None:
    made = digest(ended(warnings=[RunWarning("days_are_known", 2, "Got 2 results", START, END)]))
    assert made.title.endswith(": 1 warning")
    assert f"  days_are_known {END}: 2 failures, 2021-10-19 to 2021-11-27: Got 2 results" in made.lines
    assert "Next: docs/checks.md" in made.body


def test_an_open_breaker_names_its_player() -> None:
    breaker = Finding(Key("a_table", START, "breaker", "jimmybutler"), "jimmybutler after 3 attempts", (START, START))
    made = digest(ended(), None, breaker)
    assert made.title.endswith(": 1 circuit breaker open")
    assert "  a_table 2021-10-19: jimmybutler after 3 attempts" in made.lines


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


def test_the_same_error_is_told_once_until_a_run_ends_without_it(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    for _ in range(2):
        with pytest.raises(NoRoomError):
            raising(NoRoomError("No space left on device"))()
    tell_of_run(warehouse, REQUEST, ended(), verified())
    failed, resolved = channel.received
    assert failed["title"] == "fullcourt backfill failed"
    assert failed["message"].startswith("The disk is full (No space left on device).")
    assert resolved["title"].endswith(": 1 resolved")
    assert "fullcourt backfill: no longer ends in: The disk is full (No space left on device)" in resolved["message"]


def test_a_run_that_is_stopped_while_it_waits_is_one_line(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with pytest.raises(WaitEndedError):
        raising(WaitEndedError())()
    (sent,) = channel.received
    assert sent["title"] == "fullcourt backfill: stopped by a person"
    assert len(sent["message"].splitlines()) == 1


def test_an_alert_makes_no_warehouse(channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setenv("FULLCOURT_DUCKDB", str(tmp_path / "none" / "fullcourt.duckdb"))
    for _ in range(2):
        with pytest.raises(NoRoomError):
            raising(NoRoomError("No space left on device"))()
    assert len(channel.received) == 1
    assert [file.name for file in (tmp_path / "none").iterdir()] == ["fullcourt.duckdb.told.json"]


def test_a_digest_that_cannot_be_noted_is_sent_all_the_same(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_room(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setattr("python_processors.alerts.memory.remember", no_room)
    for _ in range(2):
        tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    assert len(channel.received) == 2
    assert capsys.readouterr().err.count(
        f"WARNING {CHANNELS}: what was told cannot be noted (OSError); the next run tells it again."
    ) == 2  # fmt: skip


def test_where_what_was_told_cannot_be_read_everything_is_told(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    with warehouse.writing() as session:
        session.execute("alter table nba_ops.alert_ledger drop column told_at")
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    assert len(channel.received) == 2
    assert "what was told before cannot be read (BinderException)" in capsys.readouterr().err


def test_a_channel_that_was_dead_is_told_later_and_the_other_is_not_told_twice(
    channel: Channel, dead_url: str, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Channel()
    for second in (dead_url, late.url, late.url):
        monkeypatch.setenv(CHANNELS, f"{channel.url} {second}")
        tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    assert (len(channel.received), len(late.received)) == (1, 1)
    late.server.shutdown()


@pytest.mark.parametrize("error", [RangeError("no such dates"), NotConfirmedError(400)])
def test_a_request_that_is_refused_is_told_to_who_asked_alone(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with pytest.raises(type(error)):
        raising(error)()
    assert channel.received == []


def held_since(age: timedelta, run_id: str = "20211127T060000-abcdef") -> RunLockedError:
    since = f"{datetime.now(UTC) - age:%Y-%m-%d %H:%M:%S} UTC"
    return RunLockedError({"run_id": run_id, "what": "a run", "since": since, "pid": 7, "host": "here"})


@pytest.mark.parametrize(
    ("command", "error", "is_told"),
    [
        ("today", NotConfirmedError(400), True),
        ("backfill", NotConfirmedError(400), True),
        ("backfill", RangeError("no such dates"), False),  # mistyped: no dates were asked for that could be built
        ("today", held_since(timedelta(minutes=10)), False),  # the run at work tells of itself, and `today` comes again
        ("today", held_since(timedelta(hours=4)), True),
        ("backfill", held_since(timedelta(minutes=10)), True),
    ],
)
def test_a_refused_run_is_told_once_with_what_to_do(
    channel: Channel, monkeypatch: pytest.MonkeyPatch, command: str, error: Exception, is_told: bool
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    for _ in range(2):
        refused(command, error)
    assert len(channel.received) == is_told, channel.received
    for sent in channel.received:
        assert sent["title"] == f"fullcourt {command} was refused"
        first, *_, last = sent["message"].splitlines()
        assert first == str(error)
        assert last == "Next: repair the cause, then run the same command again; fullcourt status names the dates."


def test_a_person_at_a_terminal_is_told_of_a_refusal_there_alone(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    refused("backfill", NotConfirmedError(400))
    assert channel.received == []


def test_a_refusal_by_a_held_warehouse_is_told_once_and_its_end_once(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with monkeypatch.context() as held:
        held.setattr(DuckDBWarehouse, "_connect", held_by_another)
        for _ in range(3):
            refused("today", held_since(timedelta(hours=4)))
        refused("today", held_since(timedelta(hours=5), run_id="20211127T030000-fedcba"))
    assert len(channel.received) == 2, "once for each run that holds it"
    assert CHANNELS not in capsys.readouterr().err
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    tell_of_run(warehouse, REQUEST, ended(), verified(partial(START)))
    assert [sent["title"] for sent in channel.received[2:]] == [
        f"fullcourt {START} to {END}: 1 partial, 1 resolved"
    ], channel.received[2:]  # fmt: skip
    assert "fullcourt today: no longer ends in: Run 20211127T030000-fedcba" in channel.received[2]["message"]
    assert not list(warehouse.path.parent.glob("*.told.json"))


def test_what_was_told_beside_the_ledger_stays_told_after_a_run_of_other_dates(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    with monkeypatch.context() as held:
        held.setattr(DuckDBWarehouse, "_connect", held_by_another)
        refused("backfill", NotConfirmedError(400))
    other = Request(START + timedelta(days=400), START + timedelta(days=401))
    hole = OpenFinding("it is partial", "partial", other.start, other.start, "3 of 4 rows")
    tell_of_run(warehouse, other, ended(), verified(hole))
    assert len(channel.received) == 2
    assert not list(warehouse.path.parent.glob("*.told.json"))
    refused("backfill", NotConfirmedError(400))
    assert len(channel.received) == 2, "the ledger has it by now"


def test_a_refusal_of_dates_that_nobody_could_look_up_is_told(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `backfill --season`: the schedule is in the file that the other run holds."""
    monkeypatch.setenv(CHANNELS, channel.url)
    refused("backfill", held_since(timedelta(minutes=10)), start=None, end=None)
    assert [sent["title"] for sent in channel.received] == ["fullcourt backfill was refused"]


def held_by_another(warehouse: DuckDBWarehouse, read_only: bool) -> None:
    raise WarehouseLockedError(warehouse.path, "")


def refused(name: str, error: Exception, start: date | None = START, end: date | None = END) -> None:
    """What the command line does with an error of a command before it began; all dates of REQUEST were asked for."""

    def command(**options: object) -> int:
        raise error

    command.__name__ = name
    asked = {"as_of": END} if name == "today" else {"asked": SimpleNamespace(start=start, end=end, tables=None)}
    with click.Context(click.Command(name)), pytest.raises(type(error)):
        alerting(noting_refusals(command))(**asked)


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
    assert "channel 2 (nonsense) is no URL" in said
    assert PASSWORD not in said
    assert "127.0.0.1" not in said


def test_a_channel_that_never_answers_is_waited_for_no_longer_than_it_is_given() -> None:
    slow = Channel(thinks=30)
    started = time.monotonic()
    (of,) = channels_of(f"{slow.url}?rto=60")
    (delivery,) = send([(of, Message("title", ("line",)))], seconds=1)
    assert time.monotonic() - started < 5
    assert delivery.sentence == "channel 1 (json) did not answer within 1 s"
    slow.server.shutdown()


def test_a_digest_holds_no_secret(channel: Channel) -> None:
    said = f"{channel.url} and https://me:{PASSWORD}@host/x refused Bearer abc.def and ya29.token-1"
    (delivery,) = send([(channels_of(channel.url)[0], Message(said, (said, "a" * 1000)))])
    assert delivery.is_taken
    (sent,) = channel.received
    text = sent["title"] + sent["message"]
    assert PASSWORD not in text
    assert "abc.def" not in text
    assert "ya29.token" not in text
    assert "[channel]" in text
    assert "a" * 301 not in text


def test_a_fault_in_the_alert_itself_is_a_warning(
    channel: Channel, warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(CHANNELS, channel.url)
    monkeypatch.setattr(telling, "findings_of_run", lambda *_: 1 / 0)
    tell_of_run(warehouse, REQUEST, ended())
    assert "no alert was sent (ZeroDivisionError)" in capsys.readouterr().err
