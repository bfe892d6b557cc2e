"""dbt's own logs, on the terminal and in logs/dbt.log, without secrets."""

from __future__ import annotations

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
