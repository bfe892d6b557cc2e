"""What the checks of one test found, each by its own name (macros/generic_tests/findings.sql)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from python_processors.redaction import without_secrets

_CODE = "FINDINGS"  # of the response that dbt hands on: its message is JSON


@dataclass(frozen=True)
class Found:
    """A check that found something: in how many rows, and what is said of it. `check` may name of what it is."""

    check: str
    failures: int
    said: str


def found_by(run: Any) -> list[Found]:
    """By check, of a dbt result; none of a test that is one check."""
    checks = _findings(run).get("checks", [])
    return [Found(of["check"], int(of["failures"]), on_one_line(of["said"])) for of in checks]


def said_of(run: Any) -> str:
    """Why a node failed: of a test that holds checks each by its own name, else dbt's words."""
    if findings := _findings(run):
        return on_one_line(findings["said"])
    what = f"test {run.node.name}: " if run.node.resource_type == "test" else ""
    return what + on_one_line(run.message)


def _findings(run: Any) -> dict[str, Any]:
    response = run.adapter_response or {}
    if run.node.resource_type != "test" or response.get("code") != _CODE:
        return {}
    findings: dict[str, Any] = json.loads(response["_message"])
    return findings


def on_one_line(text: object) -> str:
    """What dbt says, fit to be stored and shown."""
    return without_secrets(" ".join(str(text).split()))
