"""`fullcourt alerts --test`: every channel hears of it, and the exit code says whether all of them took it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from python_processors.alerts import CHANNELS
from python_processors.cli import app
from tests.unit.test_alerts import PASSWORD, Channel


def alerts(monkeypatch: pytest.MonkeyPatch, urls: str | None, *arguments: str) -> Result:
    monkeypatch.delenv(CHANNELS, raising=False)
    if urls is not None:
        monkeypatch.setenv(CHANNELS, urls)
    return CliRunner().invoke(app, ["alerts", *arguments])


def test_a_channel_that_lives_takes_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel()
    result = alerts(monkeypatch, channel.url, "--test")
    assert (result.exit_code, result.output) == (0, "channel 1 (json) took the message\n")
    (sent,) = channel.received
    assert sent["title"] == "fullcourt: a test message"
    channel.server.shutdown()


def test_one_that_does_not_is_exit_1_and_no_url_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel()
    dead = channel.url.replace(str(channel.server.server_port), "9")
    result = alerts(monkeypatch, f"{dead} nonsense://{PASSWORD}, {channel.url}", "--test")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "channel 1 (json) did not take the message",
        "channel 2 (nonsense) is no URL that Apprise knows (docs/alerts.md)",
        "channel 3 (json) took the message",
    ]
    assert PASSWORD not in result.output
    channel.server.shutdown()


def test_what_is_no_url_at_all_is_not_shown_either(monkeypatch: pytest.MonkeyPatch) -> None:
    result = alerts(monkeypatch, PASSWORD, "--test")
    assert (result.exit_code, result.output) == (1, "channel 1 is no URL that Apprise knows (docs/alerts.md)\n")


@pytest.mark.parametrize("urls", [None, "", " , "])
@pytest.mark.parametrize("arguments", [(), ("--test",)])
def test_without_channels_it_says_so(
    urls: str | None, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = alerts(monkeypatch, urls, *arguments)
    assert result.exit_code == 1
    assert f"{CHANNELS} is not set" in result.output


def test_without_test_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel()
    result = alerts(monkeypatch, channel.url)
    assert (result.exit_code, channel.received) == (0, [])
    assert "channel 1 (json)" in result.output
    channel.server.shutdown()


def test_its_answer_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    result = alerts(monkeypatch, f"nonsense://{PASSWORD}", "--test", "--json")
    assert json.loads(result.output) == {
        "schema_version": 1, "channels": [
            {"channel": 1, "kind": "nonsense", "is_taken": False,
             "problem": "is no URL that Apprise knows (docs/alerts.md)"},
        ]
    }  # fmt: skip
