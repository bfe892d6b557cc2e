"""`fullcourt alerts`."""

from __future__ import annotations

import os

import click

from python_processors.alerts.channels import CHANNELS, Message, channels_of, send
from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import json_option


@click.command(cls=Command)
@click.option("--test", "is_test", is_flag=True, help="Send a test message to each channel, and say who took it.")
@json_option
@guarded
def alerts(is_test: bool, as_json: bool) -> int:
    """Say which channels are set, or whether each of them takes a test."""
    channels = channels_of(os.environ.get(CHANNELS, ""))
    if not channels:
        said = f"{CHANNELS} is not set: nobody hears of a run. docs/alerts.md says what to put there."
        opening.printed({"channels": []}, [said], as_json)
        return SOMEBODY
    if not is_test:
        named = [{"channel": of.number, "kind": of.kind} for of in channels]
        lines = [*(of.name for of in channels), "`fullcourt alerts --test` sends each of them a test message."]
        opening.printed({"channels": named}, lines, as_json)
        return NOBODY
    test = Message(
        "fullcourt: a test message", ("Runs of fullcourt tell this channel what needs attention. No action needed.",)
    )
    deliveries = send([(channel, test) for channel in channels])
    opening.printed(
        {
            "channels": [
                {"channel": of.channel.number, "kind": of.channel.kind, "is_taken": of.is_taken, "problem": of.problem}
                for of in deliveries
            ]
        },
        [of.sentence for of in deliveries], as_json,
    )  # fmt: skip
    return NOBODY if all(of.is_taken for of in deliveries) else SOMEBODY
