"""The ledgers: one row per table and date that was built, with what it was built from and what came out; per model and
date what was made; and what runs decided and found of dates.

Their order is that of `sequence`, which only grows: a clock may be set back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pyarrow as pa

from python_processors.orchestration.warehouse import Session

LEDGER = "nba_ops.input_ledger"
MODEL_LEDGER = "nba_ops.model_ledger"
DECISIONS = "nba_ops.decisions"
WORDS = ("failed", "blocked", "taken_back")  # decisions that hold until the date is confirmed again
MADE_OF = "made of "  # before a model's name in the model ledger: what it was made of, and not what it holds
_EVERY_DATE = "game_date >= date '0001-01-01'"  # BigQuery reads a partitioned table only with a filter on it


@dataclass(frozen=True)
class LedgerRow:
    """A table and date as they were built: what its reads saw, by which logic, and what came out."""

    table: str
    day: date
    inputs: str
    input_fingerprint: str
    output_fingerprint: str
    logic_version: str


@dataclass(frozen=True)
class ModelRow:
    """A model other than a hashed table, and a date, as a run made them."""

    relation: str
    day: date
    fingerprint: str


@dataclass(frozen=True)
class Decision:
    """What became of a table and date in a run, and the sentence that says why."""

    table: str
    day: date
    decision: str
    reason: str


class LedgerWriter:
    """Appends to the ledgers for one run, which holds the warehouse: nobody else takes a number meanwhile."""

    def __init__(self, session: Session, run_id: str, libraries: str) -> None:
        self._run_id, self._libraries = run_id, libraries
        self._sequence = last_sequence(session)

    def confirm(
        self, session: Session, invocation_id: str, rows: Sequence[LedgerRow], models: Sequence[ModelRow] = ()
    ) -> None:
        """Confirm days of tables, and what models are on their days: the models first, since a table that is confirmed
        without them would not notice when they change."""
        if models:
            session.append(MODEL_LEDGER, pa.table({
                "relation": [of.relation for of in models],
                "game_date": pa.array([of.day for of in models], pa.date32()),
                "fingerprint": [of.fingerprint for of in models], **self._by(invocation_id, len(models)),
            }))  # fmt: skip
        if rows:
            session.append(LEDGER, pa.table({
                "table_name": [row.table for row in rows],
                "game_date": pa.array([row.day for row in rows], pa.date32()),
                "inputs": [row.inputs for row in rows], "input_fingerprint": [row.input_fingerprint for row in rows],
                "output_fingerprint": [row.output_fingerprint for row in rows],
                "logic_version": [row.logic_version for row in rows],
                "libraries": pa.repeat(self._libraries, len(rows)), **self._by(invocation_id, len(rows)),
            }))  # fmt: skip

    def decide(self, session: Session, decisions: Sequence[Decision]) -> None:
        """Note what became of dates, in one statement: BigQuery counts loads per table and day."""
        if not decisions:
            return
        session.append(DECISIONS, pa.table({
            "run_id": pa.repeat(self._run_id, len(decisions)), "table_name": [of.table for of in decisions],
            "game_date": pa.array([of.day for of in decisions], pa.date32()),
            "decision": [of.decision for of in decisions], "reason": [of.reason for of in decisions],
            **self._when(len(decisions), "decided_at"),
        }))  # fmt: skip

    def _by(self, invocation_id: str, count: int) -> dict[str, pa.Array]:
        return {
            "run_id": pa.repeat(self._run_id, count), "invocation_id": pa.repeat(invocation_id, count),
            **self._when(count, "recorded_at"),
        }  # fmt: skip

    def _when(self, count: int, column: str) -> dict[str, pa.Array]:
        self._sequence += 1
        return {
            column: pa.array([datetime.now(UTC)] * count, pa.timestamp("us", "UTC")),
            "sequence": pa.array([self._sequence] * count, pa.int64()),
        }


def last_sequence(session: Session) -> int:
    """The highest number in the ledgers; 0 where there is none."""
    found = [
        f"select max(sequence) as sequence from {session.named(relation)} where {_EVERY_DATE}"
        for relation in (LEDGER, MODEL_LEDGER, DECISIONS)
        if any(name == "sequence" for name, _, _ in session.columns(relation))
    ]
    if not found:
        return 0
    rows = session.read(f"select max(sequence) as sequence from ({' union all '.join(found)}) as numbers")
    return int(rows["sequence"].to_pylist()[0] or 0)


def tried_dates(session: Session) -> tuple[date | None, date | None]:
    """The first and the last date that a run has built, or tried to; None where there was no run."""
    found = [
        f"select min(game_date) as first_day, max(game_date) as last_day from {session.named(relation)}"
        f" where {_EVERY_DATE}"
        for relation in (LEDGER, DECISIONS)
        if session.columns(relation)
    ]
    if not found:
        return None, None
    rows = session.read(
        f"select min(first_day) as first_day, max(last_day) as last_day from ({' union all '.join(found)}) as tried"
    )
    return rows["first_day"].to_pylist()[0], rows["last_day"].to_pylist()[0]


def confirmed_models(session: Session, models: Sequence[str]) -> pa.Table:
    """(relation, day, fingerprint) that runs confirmed last of models, on every date."""
    listed = ", ".join(f"'{name}'" for name in models)
    sql = newest("relation, game_date as day, fingerprint", f"{_EVERY_DATE} and relation in ({listed})", by="relation")
    return session.read(sql.format(session.named(MODEL_LEDGER)))


def confirmed_outputs(session: Session, table: str) -> dict[date, str]:
    """By date of a table: fingerprint of the rows that its newest confirmation stands for."""
    if not session.columns(LEDGER):
        return {}
    sql = newest("game_date, output_fingerprint", f"{_EVERY_DATE} and table_name = '{table}'")
    found = session.read(sql.format(session.named(LEDGER)))
    return dict(zip(found["game_date"].to_pylist(), found["output_fingerprint"].to_pylist(), strict=True))


def taken_back_dates(session: Session, table: str) -> set[date]:
    """Dates of a table whose confirmation was taken back, and that no run has confirmed since."""
    if not session.columns(DECISIONS):
        return set()
    last = "select game_date, max(coalesce(sequence, 0)) as sequence from {} where {} group by game_date"
    where = f"{_EVERY_DATE} and table_name = '{table}'"
    taken = last.format(session.named(DECISIONS), f"{where} and decision = 'taken_back'")
    if not session.columns(LEDGER):
        return {*session.read(taken)["game_date"].to_pylist()}
    confirmed = last.format(session.named(LEDGER), where)
    found = session.read(
        f"select taken.game_date from ({taken}) as taken left join ({confirmed}) as confirmed"
        " on taken.game_date = confirmed.game_date where coalesce(confirmed.sequence, -1) < taken.sequence"
    )
    return {*found["game_date"].to_pylist()}


def newest(what: str, where: str, by: str = "table_name") -> str:
    """SQL of the newest row per table and date of a ledger `{}`; rows from before there was a sequence count least."""
    return (
        f"select {what} from {{}} where {where} qualify row_number() over ("
        f"partition by {by}, game_date order by coalesce(sequence, 0) desc) = 1"
    )


def rows_of_invocation(session: Session, invocation_id: str) -> dict[str, dict[str, int]]:
    """Rows inserted, updated, deleted and left unchanged by an invocation, per table."""
    verbs = ("inserted", "updated", "deleted", "unchanged")
    sums = ", ".join(f"sum({verb}) as {verb}" for verb in verbs)
    found = session.read(
        f"select table_name, {sums} from {session.named('nba_ops.publish_ledger')}"
        f" where run_id = '{invocation_id}' and game_date > date '1900-01-01' group by 1"
    ).to_pylist()
    return {row["table_name"]: {verb: int(row[verb]) for verb in verbs} for row in found}
