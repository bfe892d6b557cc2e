"""What dbt reads anew when it parses a part of the project: files whose content changed, and no others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, cast


def read_yaml_by_content() -> None:
    """Let dbt compare YAML files by their content, as it does all others, from now on.

    dbt-core 1.11 takes a YAML file for unchanged where its modification time is the one that it remembers, and after a
    change it goes on to remember the time before. A contract that is put back with its old time (rsync -t, a container
    image, an archive) was never read again. There is no setting for it: a time of 0 stands for "not known", and that
    reads the file.
    """
    import dbt.parser.search as search

    find = search.find_matching

    def without_times(*where: Any, **how: Any) -> list[dict[str, Any]]:
        return [{**found, "modification_time": 0.0} for found in cast("Iterator[dict[str, Any]]", find(*where, **how))]

    if find.__name__ != without_times.__name__:  # one process may start dbt many times
        search.find_matching = without_times


def set_variable(name: str, value: str) -> None:
    """Set an environment variable for env_var() in a plugin, and so that dbt sees whether it changed.

    dbt takes a copy of the environment as it starts, which is what env_var() reads. Whether a variable changed since
    the last parse it asks of the environment itself: what is not there is "changed", and its readers are read anew.
    """
    from dbt_common.context import get_invocation_context

    cast("dict[str, str]", get_invocation_context().env)[name] = value
    os.environ[name] = value
