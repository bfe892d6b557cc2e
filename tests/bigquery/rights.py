"""What an account with exactly the roles of docs/bigquery.md may ask for. All else is refused, as the service does.

A request that nothing here knows is refused, too: a right that a command begins to use shows as a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from python_processors.contract import PROJECT_ROOT
from tests.bigquery.proxy import Answer, Request, api_error

_PAGE = PROJECT_ROOT / "docs" / "bigquery.md"
_TABLE = re.compile(r"/datasets/(?P<dataset>\w+)/tables(/[\w$]+(/data)?)?")
_ROUTINES = re.compile(r"/datasets/(?P<dataset>\w+)/routines")  # dbt lists them with the tables
_IAM = re.compile(r"/datasets/(?P<dataset>\w+)/tables/\w+:testIamPermissions")
_DATASET = re.compile(r"/datasets/(?P<dataset>\w+)")
_OWN_JOB = re.compile(r"/(jobs|queries)/[\w-]+(/cancel)?")
_RESULTS = re.compile(r"/datasets/_\w+/tables/[\w$-]+(/data)?")  # what a query found is its account's own
# Statements that dataEditor on datasets allows none of, also as dry runs; views on all that a region holds.
_ADMINISTERS = re.compile(
    r"\b(create|drop|alter|undrop)\s+(schema|project|organization|capacity|reservation|assignment|row\s+access)"
    r"|^\s*(grant|revoke)\b|\bregion-|information_schema\.(jobs|schemata|sessions|object_privileges)",
    re.IGNORECASE | re.MULTILINE,
)
_WRITES = re.compile(
    r"\b(?:create\s+(?:or\s+replace\s+)?(?:table|view|materialized\s+view|function|procedure|snapshot\s+table)"
    r"(?:\s+if\s+not\s+exists)?|drop\s+(?:table|view|function)(?:\s+if\s+exists)?|alter\s+(?:table|view)(?:\s+if\s+exists)?"
    r"|insert\s+into|insert|merge\s+into|merge|delete\s+from|update|truncate\s+table)\s+"
    r"(?P<named>`[^`]+`(?:\s*\.\s*`[^`]+`)*|[\w-]+(?:\.\w+)+)",
    re.IGNORECASE,
)
# What `bigquery.user` on the project allows beyond jobs, and what is then its account's own.
_SCHEMA = re.compile(r"\b(create|drop)\s+schema\s+`local\.(?P<dataset>\w+)`(?:\s+cascade)?", re.IGNORECASE)
_NAMED = re.compile(r"`local`?\.`?(?P<dataset>\w+)`?\.`?\w+")  # the product names the project of each table
_TEXT = re.compile(r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|--[^\n]*|/\*.*?\*/""", re.DOTALL)


BUILDS, MAKES_ENVIRONMENTS = "the account that builds", "who makes environments, beside these"


def roles_of_page(*accounts: str) -> dict[str, frozenset[str]]:
    """Datasets by the role that an account has on them, by default the one that builds; roles on the project have none.

    :param accounts: what the first column of the table calls them.
    """
    text = _PAGE.read_text(encoding="utf-8").partition("## Roles")[2].partition("\n## ")[0]
    found: dict[str, frozenset[str]] = {}
    account = ""
    for row in re.findall(r"^\|(.*)\|$", text, re.MULTILINE):
        who, roles, on = (cell.strip() for cell in row.split("|"))
        account = re.sub(r"\[(\w+)\]\([\w.]+\)", r"\1", who) or account
        if account in (accounts or (BUILDS,)):
            for role in re.findall(r"roles/bigquery\.(\w+)", roles):
                found[role] = frozenset(re.findall(r"`(\w+)`", on))
    return found


@dataclass
class Account:
    """A fault of the proxy: 403 for what the roles do not hold. `refused` keeps what was asked for."""

    roles: Mapping[str, frozenset[str]] = field(default_factory=roles_of_page)
    owned: set[str] = field(default_factory=set)  # datasets that it made
    refused: list[str] = field(default_factory=list)
    allowed: int = 0

    def __call__(self, request: Request) -> Answer:
        found = self.lacks(request)
        if found is None:
            self.allowed += 1
            return None
        self.refused.append(found)
        return api_error(403, "accessDenied", f"Access Denied: User does not have permission: {found}")

    def lacks(self, request: Request) -> str | None:
        """What of a request the account may not do; None where it may."""
        path = unquote(urlsplit(request.path).path)
        asked = f"{request.method} {path}"
        place = re.fullmatch(r"(?:/(?:resumable/)?upload)?/bigquery/v2/projects/[\w-]+(?P<rest>/.*)", path)
        if place is None:
            return asked
        rest = place["rest"]
        if request.method == "GET":
            # Whoever lists datasets sees those that he may read.
            if rest == "/datasets" or _OWN_JOB.fullmatch(rest):
                return None
            if _RESULTS.fullmatch(rest):
                return None
            of = next(filter(None, (known.fullmatch(rest) for known in (_DATASET, _TABLE, _ROUTINES))), None)
            return None if of and of["dataset"] in self._read() else asked
        if of := _IAM.fullmatch(rest):
            return None if of["dataset"] in self._read() else asked
        if of := _TABLE.fullmatch(rest):
            return None if of["dataset"] in self._edited() else asked
        if rest in ("/jobs", "/queries") and "jobUser" in self.roles:
            return self._of_job(request, asked)
        return None if _OWN_JOB.fullmatch(rest) else asked

    def _edited(self) -> frozenset[str]:
        return self.roles["dataEditor"] | self.owned

    def _read(self) -> frozenset[str]:
        return self._edited() | self.roles["dataViewer"]

    def _of_job(self, request: Request, asked: str) -> str | None:
        if request.method == "PUT" or not request.body:  # the rest of an upload that was allowed
            return None
        for text in _documents(request.body):
            configuration = text.get("configuration", {"query": text})
            for kind, job in configuration.items():
                if not isinstance(job, dict) or kind == "labels":
                    continue
                if kind not in ("query", "load"):
                    return f"{asked}: a job that is neither query nor load: {kind}"
                target = job.get("destinationTable", {}).get("datasetId")
                if target and target not in self._edited():
                    return f"{asked}: {kind} into {target}"
                is_dry_run = configuration.get("dryRun") or job.get("dryRun")
                if found := self._of_sql(job.get("query", ""), is_done=not is_dry_run):
                    return f"{asked}: {found}"
        return None

    def _of_sql(self, sql: str, *, is_done: bool) -> str | None:
        """:param is_done: this is no dry run, after which a dataset would be there."""
        bare = _TEXT.sub("''", sql)
        for found in _SCHEMA.finditer(bare):
            makes, dataset = found[1].lower() == "create", found["dataset"]
            if "user" not in self.roles if makes else dataset not in self.owned:
                return found[0]
            if is_done:
                (self.owned.add if makes else self.owned.discard)(dataset)
        bare = _SCHEMA.sub("", bare)
        if found := _ADMINISTERS.search(bare):
            return found[0]
        for found in _WRITES.finditer(bare):
            of = _NAMED.match(found["named"])
            if of is None or of["dataset"] not in self._edited():
                return found[0]
        elsewhere = {of["dataset"] for of in _NAMED.finditer(bare)} - self._read()
        return f"reads {', '.join(sorted(elsewhere))}" if elsewhere else None


def _documents(body: bytes) -> list[dict[str, Any]]:
    """The JSON of a request; of an upload the first of its parts."""
    if body.startswith(b"{"):
        return [json.loads(body)]
    found = re.search(rb"^\{.*\}\r?$", body, re.MULTILINE)
    return [json.loads(found[0])] if found else []
