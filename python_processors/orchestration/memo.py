"""Remembers that a plan was empty: the same question about the same content has the same answer.

A plan depends on what its relations hold in its range, on the ledgers, and on code. The digest is made of all of
that, by content, in one short query per relation; where it is the one under which the same plan came out empty,
the plan is empty again, and no date is looked at by itself. The file is a memory, not a ledger: without it the
plan is made in full.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from python_processors.contract import load_contract
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.run.progress import status_file
from python_processors.orchestration.state.fingerprints import Fingerprints, longest_season
from python_processors.orchestration.warehouse import Session, Warehouse

LEDGERS = ("input_ledger", "decisions", "publish_ledger", "coverage")


class PlanMemory:
    """The newest empty plan of each range, beside the database."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._file = status_file(warehouse).with_suffix(".plans.json")

    def recall(self, question: str, digest: str) -> dict[str, Any] | None:
        """What was remembered of the same question about the same content."""
        found = self._read().get(question)
        if not isinstance(found, dict) or found.get("digest") != digest or not isinstance(found.get("plan"), dict):
            return None
        plan: dict[str, Any] = found["plan"]
        return plan

    def keep(self, question: str, digest: str, plan: dict[str, Any]) -> None:
        remembered = {**self._read(), question: {"digest": digest, "plan": plan}}
        with suppress(IsADirectoryError, PermissionError):  # without a memory the plan is made in full
            self._file.write_text(json.dumps(remembered), encoding="utf-8")

    def _read(self) -> dict[str, Any]:
        try:
            remembered = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return remembered if isinstance(remembered, dict) else {}


def digest_of(project: Project, session: Session, tables: tuple[str, ...], start: date, end: date) -> str:
    """Of all that decides the plan of a range: relations that are read, rows stored, ledgers, code."""
    fingerprints = Fingerprints(project, (LAYER, *tables))
    facts: list[Any] = [duckdb.__version__, _own_code()]
    facts += [project.logic_version(table) for table in (LAYER, *tables)]
    for relation in sorted(fingerprints.slots):
        facts.append([relation, fingerprints.total(session, relation, start, end)])
    for table in project.tables:
        contract = load_contract(table)
        facts.append(_total(session, contract.relation, contract.partition_by, ["data_hash"], start, end))
    for relation, column in sorted(fingerprints.looked_up | {("dim_game_dates", "season_year")}):
        day = str(project.date_column(relation))
        facts.append(_total(session, project.relation(relation), day, [column], start, end))
    earlier = start - timedelta(days=longest_season())
    for name in LEDGERS:
        relation = f"nba_ops.{name}"
        columns = [column for column, _, _ in session.columns(relation)]
        facts.append(_total(session, relation, "game_date", columns, earlier, end))
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()


def _total(session: Session, relation: str, day: str, columns: list[str], start: date, end: date) -> Any:
    if not session.columns(relation):
        return None
    high, low = session.row_hash([day, *columns])
    return session.read(
        f"select count(*) as n, sum({high}) as hi, sum({low}) as lo from {session.named(relation)}"
        f" where {day} between date '{start}' and date '{end}'"
    ).to_pylist()


def _own_code() -> str:
    """Of the modules that make plans: another planner may answer otherwise."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
