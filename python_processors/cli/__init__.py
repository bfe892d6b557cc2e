"""The command line `fullcourt`: a thin layer over python_processors.orchestration, a module per command.

Exit codes: 0 nobody is needed; 1 somebody is (a date failed, is partial, missing, stale or blocked; a check
did not pass); 2 the request was refused or cannot be understood; 3 another run holds the warehouse.
"""

from __future__ import annotations

import gc

import click

from python_processors import __version__
from python_processors.cli.command import LazyGroup

COMMANDS = (
    "adopt", "alerts", "backfill", "compare", "doctor", "env", "explain", "export", "gaps", "migrate", "plan",
    "prepare", "report", "retry", "simulate", "status", "today", "verify",
)  # fmt: skip

# Python looks for circles of objects at every 700 new ones. dbt's objects are many, and stay: of a day's run that took
# 9 % of the processor time (26.8 s, and 24.5 s so; peak memory the same, 2026-12).
_COLLECT_AT = (10_000, 10, 10)


@click.group(cls=LazyGroup, package=__name__, names=COMMANDS)
@click.version_option(__version__, prog_name="fullcourt")
def app() -> None:
    """An NBA analytics warehouse that proves every date."""
    gc.set_threshold(*_COLLECT_AT)
