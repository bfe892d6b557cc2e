"""What a person asks of the warehouse: status, gaps, and why a date is as it is. All from the one state model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from python_processors.contract import load_contract
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.proof.audit import wrong_skip_rate
from python_processors.orchestration.state.inputs import changed_reads
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.state.states import FINE, OUTCOMES, State
from python_processors.orchestration.warehouse import Session
from python_processors.words import count_of

_FIRST = re.compile(r", the first:? [^;]*")


@dataclass(frozen=True)
class TableStatus:
    """One table, and one season of it (None: all of them): dates by outcome, rows, and rows with a hash."""

    table: str
    season: int | None
    outcomes: dict[str, int]
    rows: int
    hashed_rows: int

    @property
    def is_fine(self) -> bool:
        return not any(count for outcome, count in self.outcomes.items() if outcome not in FINE)

    def to_dict(self) -> dict[str, Any]:
        return {**self.__dict__, "is_fine": self.is_fine}


@dataclass(frozen=True)
class Gap:
    """Consecutive dates with games on which a table is not complete, for one reason."""

    table: str
    start: date
    end: date
    dates: int
    outcome: str
    reason: str

    @property
    def kind(self) -> str:
        """What a person calls it: bootstrap and days off are no gaps, and are listed as what they are."""
        return {"no_games": "off-day", "expected_empty": "not expected", "not_requested": "not requested"}.get(
            self.outcome, self.outcome
        )

    @property
    def needs_attention(self) -> bool:
        return self.outcome not in FINE

    def to_dict(self) -> dict[str, Any]:
        days = {"start": self.start.isoformat(), "end": self.end.isoformat()}
        return {**self.__dict__, **days, "kind": self.kind, "needs_attention": self.needs_attention}


def status_of(
    states: Sequence[State], session: Session, snapshot: Snapshot, *, by_season: bool = False
) -> list[TableStatus]:
    """One line per table, or per table and season, in the order of the chain."""
    seasons = snapshot.memory.seasons
    lines = []
    hashed = _hashed_rows(session, snapshot.tables, snapshot.start, snapshot.end)
    for table in (LAYER, *snapshot.tables):
        of_table = [state for state in states if state.table == table]
        groups: dict[int | None, list[State]] = {}
        for state in of_table:
            groups.setdefault(seasons.get(state.day) if by_season else None, []).append(state)
        for season, group in sorted(groups.items(), key=lambda item: item[0] or 0):
            counts = Counter(state.outcome for state in group)
            outcomes = {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}
            rows = sum(state.actual_rows for state in group)
            with_hash = sum(hashed.get((table, state.day), 0) for state in group)
            lines.append(TableStatus(table, season, outcomes, rows, with_hash))
    return lines


def gaps_of(states: Sequence[State], *, everything: bool = False) -> list[Gap]:
    """Ranges of dates by reason; what is complete is left out, and so are days off unless `everything`."""
    gaps = []
    for alike in ranges_of(states, lambda state: (state.outcome, class_of(state))):
        first = alike[0]
        if first.outcome != "complete" and (everything or first.outcome != "no_games"):
            gaps.append(Gap(first.table, first.day, alike[-1].day, len(alike), first.outcome, class_of(first)))
    return gaps


def ranges_of(states: Sequence[State], key: Callable[[State], object]) -> Iterator[list[State]]:
    """Of each table the partitions that follow each other and have one key, oldest first."""
    for _, of_table in groupby(states, key=lambda state: state.table):
        for _, alike in groupby(sorted(of_table, key=lambda state: state.day), key=key):
            yield list(alike)


def explain(snapshot: Snapshot, session: Session, project: Project, table: str, day: date) -> str:
    """In a few sentences: what a table and date are, what decided it, and what a run would do now."""
    state = snapshot.states(table).get(day)
    if state is None:
        return f"{day} has no games, so {table} has no rows of it."
    sentences = [f"{table} of {day} is {state.outcome}" + (f": {state.reason}." if state.reason else ".")]
    if state.actual_rows:
        sentences.append(f"It holds {count_of(state.actual_rows, 'row')} (fingerprint {state.output_fingerprint}).")
    sentences += [
        decision_sentence(row["decided_at"], row["run_id"], row["decision"], row["reason"])
        for row in _decisions(session, table, day)
    ]
    ledger = snapshot.memory.confirmed(table, day)
    if ledger:
        code = "the code of now" if ledger["logic_version"] == snapshot.logic[table] else (
            f"the code of now is {snapshot.logic[table]}"
        )  # fmt: skip
        sentences.append(
            f"It was confirmed {ledger['recorded_at']:%Y-%m-%d %H:%M} UTC by logic {ledger['logic_version']} ({code})."
        )
        if ledger["is_whole"]:
            changed = changed_reads(ledger["inputs"], snapshot.memory.inputs_of(table, day))
            sentences.append(
                "Changed since: " + "; ".join(changed) + "." if changed else "Nothing that it reads has changed since."
            )
        else:
            sentences.append("Its ledger row is damaged, so nothing tells what it read.")
    left = "A run of this date alone cannot build it." if state.rule == "blocked" else "A run would leave it alone."
    sentences.append(f"A run would build it, since {state.why}." if state.is_due else left)
    return "\n".join(sentences)


def decision_sentence(decided_at: datetime, run_id: str, decision: str, reason: str) -> str:
    """What a run did with a date, and why."""
    return f"{decided_at:%Y-%m-%d %H:%M} UTC, run {run_id}: {decision}, since {reason}."


def audit_summary(session: Session) -> dict[str, Any]:
    """Skips recomputed so far, wrong ones, their share, and what that is at most with 95 % confidence."""
    if not session.columns("nba_ops.skip_audits"):
        return {"audited": 0, "wrong": 0, "rate": 0.0, "at_most": 1.0}
    row = session.read(
        "select count(*) as audited, coalesce(sum(case when is_same then 0 else 1 end), 0) as wrong"
        f" from {session.named('nba_ops.skip_audits')} where game_date > date '1900-01-01'"
    ).to_pylist()[0]
    audited, wrong = int(row["audited"]), int(row["wrong"])
    rate, at_most = wrong_skip_rate(audited, wrong)
    return {"audited": audited, "wrong": wrong, "rate": rate, "at_most": at_most}


def class_of(state: State) -> str:
    """A reason without what differs from date to date, so that a range has one."""
    if state.outcome in ("complete", "no_games"):
        return ""
    if state.rule == "as_counted" and state.outcome == "partial":
        return state.reason
    if state.rule == "as_counted" and state.outcome == "excused":  # nobody is needed: who it is matters less
        return _FIRST.sub("", state.reason)
    if state.outcome in ("stale", "missing", "partial"):
        return state.reason.split(":")[0].split(";")[0]
    if state.outcome == "blocked":
        by = state.reason.split(":")[0]
        return by if " " in by else f"by {by}"
    return state.reason


def _hashed_rows(session: Session, tables: Sequence[str], start: date, end: date) -> dict[tuple[str, date], int]:
    """Rows with a hash by table and day, in one query."""
    queries = [
        f"select '{table}' as table_name, {of.partition_by} as day, count(data_hash) as hashed"
        f" from {session.named(of.relation)} where {of.partition_by} between date '{start}' and date '{end}' group by 2"
        for table, of in ((table, load_contract(table)) for table in tables)
        if session.columns(of.relation)
    ]
    rows = session.read(" union all ".join(queries)).to_pylist() if queries else []
    return {(row["table_name"], row["day"]): row["hashed"] for row in rows}


def _decisions(session: Session, table: str, day: date) -> list[dict[str, Any]]:
    if not session.columns("nba_ops.decisions"):
        return []
    rows: list[dict[str, Any]] = session.read(
        f"select run_id, decision, reason, decided_at from {session.named('nba_ops.decisions')}"
        f" where table_name = '{table}' and game_date = date '{day}'"
        " order by coalesce(sequence, 0) desc, decided_at desc limit 3"
    ).to_pylist()
    return rows
