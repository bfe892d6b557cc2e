"""Stands in for `bq`, `gcloud` and `make` where docs/bigquery.md is typed at a local server (test_roles.py).

What the page asks of them is done through the client, or noted as granted. Anything else is a fault: it exits with 64.
Imports nothing of the project, since it is run once for each of the page's commands.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

ENDPOINT, GRANTS = "STAND_IN_ENDPOINT", "STAND_IN_GRANTS"
NAME = r"[\w-]+"


def nothing(**_: str) -> None:
    """The environment is that of the test, and a local server takes everybody."""


def make_dataset(project: str, dataset: str, location: str) -> None:
    from google.cloud import bigquery

    made = bigquery.Dataset(f"{project}.{dataset}")
    made.location = location
    _client(project).create_dataset(made)


def grant_on_project(project: str, member: str, role: str) -> None:
    _note(project=project, member=member, role=role)


def grant_on_dataset(project: str, dataset: str, member: str, role: str, location: str, statement: str) -> None:
    found = _client(project).get_dataset(f"{project}.{dataset}").location
    if found != location:
        sys.exit(f"{dataset} is in {found}, and was looked for in {location}")
    _note(project=project, dataset=dataset, member=member, role=role, statement=statement)


# What is known, as typed, and what does it.
KNOWN: dict[str, Callable[..., None]] = {
    r"make setup": nothing,
    r"gcloud auth login": nothing,
    r"gcloud auth application-default login": nothing,
    rf"bq --location=(?P<location>{NAME}) mk --dataset (?P<project>{NAME}):(?P<dataset>\w+)": make_dataset,
    rf"gcloud projects add-iam-policy-binding (?P<project>{NAME}) --member (?P<member>\S+)"
    r" --role roles/(?P<role>[\w.]+) --condition None": grant_on_project,
    rf"bq --project_id=(?P<project>{NAME}) --location=(?P<location>{NAME}) query --use_legacy_sql=false"
    r" (?P<statement>grant `roles/(?P<role>[\w.]+)` on schema (?P<dataset>\w+) to '(?P<member>[\w.@:-]+)')": grant_on_dataset,
}


def _client(project: str):  # type: ignore[no-untyped-def]
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    return bigquery.Client(project, AnonymousCredentials(), client_options={"api_endpoint": os.environ[ENDPOINT]})


def _note(**granted: str) -> None:
    with Path(os.environ[GRANTS]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(granted) + "\n")


def main(typed: str) -> None:
    for pattern, act in KNOWN.items():
        if found := re.fullmatch(pattern, typed):
            return act(**found.groupdict())
    print(f"No stand-in knows `{typed}`.", file=sys.stderr)
    sys.exit(64)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
