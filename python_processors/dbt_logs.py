"""dbt's own logs, on the terminal and in logs/dbt.log, without secrets."""

from __future__ import annotations

import logging
from typing import Any

from python_processors.redaction import without_secrets


def scrubbed(message: str) -> str:
    """As dbt does it, without the values of variables that it knows to be secret; and without any other."""
    from dbt_common.events.functions import env_scrubber

    return without_secrets(str(env_scrubber(message)))


def scrub_logs() -> None:
    """Let every logger of dbt in this process write redacted lines, from now on.

    dbt has no setting for it: loggers that it makes for a later call take this name, those of now have their own.
    """
    import dbt.events.logging
    from dbt_common.events.event_manager_client import get_event_manager

    dbt.events.logging.env_scrubber = scrubbed
    for logger in get_event_manager().loggers:
        logger.scrubber = scrubbed


def skip_unheard_events() -> None:
    """Let dbt make no message of an event that nobody hears, from now on.

    dbt puts each line together, secrets taken out, before its level says that it is not written. A day's build has
    three thousand below the level of the log. There is no setting for it.
    """
    from dbt_common.events.event_manager import EventManager

    fire = EventManager.fire_event

    def fire_if_heard(self: EventManager, e: Any, level: Any = None, *of: Any, **how: Any) -> None:
        if is_heard(self, e, level):
            fire(self, e, level, *of, **how)

    if fire.__name__ != fire_if_heard.__name__:  # one process may start dbt many times
        EventManager.fire_event = fire_if_heard


def is_heard(manager: Any, event: Any, level: Any) -> bool:
    """Whether a logger writes the event, or something else may look at it: all from `info` on, and what dbt prints."""
    from dbt.tracking import track_behavior_change_warn
    from dbt_common.events.logger import PRINT_EVENT_NAMES

    if (level or event.level_tag()).value not in ("debug", "test"):
        return True
    if type(event).__name__ in (*PRINT_EVENT_NAMES, "BehaviorChangeEvent"):
        return True
    if any(callback is not track_behavior_change_warn for callback in manager.callbacks):
        return True
    loggers = [logger._python_logger for logger in manager.loggers]
    return any(logger is None or logger.isEnabledFor(logging.DEBUG) for logger in loggers)
