"""Which events of dbt become lines of its logs."""

from __future__ import annotations

import io

import pytest
from dbt.tracking import track_behavior_change_warn
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig
from dbt_common.events.types import Formatting, Note, PrintEvent

from python_processors.dbt_logs import skip_unheard_events


@pytest.fixture
def manager(monkeypatch) -> EventManager:
    monkeypatch.setattr(EventManager, "fire_event", EventManager.fire_event)  # put back afterwards
    skip_unheard_events()
    return EventManager()


def fired(manager: EventManager, *levels: EventLevel) -> list[str]:
    """Lines of a debug, an info and a printed event, where loggers have these levels."""
    lines = io.StringIO()
    for level in levels:
        manager.add_logger(LoggerConfig(name=f"events_{level.value}", level=level, output_stream=lines))
    manager.fire_event(Formatting("told"), level=EventLevel.DEBUG)
    manager.fire_event(Note(msg="said"), level=EventLevel.INFO)
    manager.fire_event(PrintEvent(msg="printed"), level=EventLevel.DEBUG)
    return [line.split()[-1] for line in lines.getvalue().splitlines()]


def test_a_logger_of_info_has_no_debug_lines(manager):
    assert fired(manager, EventLevel.INFO) == ["said", "printed"]


def test_a_logger_of_debug_has_them_beside_one_that_has_not(manager):
    assert fired(manager, EventLevel.INFO, EventLevel.DEBUG) == ["told", "said", "said", "printed", "printed"]


def test_a_callback_hears_every_event_and_dbt_s_own_needs_none(manager):
    heard: list[str] = []
    manager.add_callback(track_behavior_change_warn)
    fired(manager)
    manager.add_callback(lambda message: heard.append(message.info.msg))
    fired(manager)
    assert heard == ["told", "said", "printed"]
