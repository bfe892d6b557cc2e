"""The input ledger: one row per table and date that was built, with what it was built from and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa

from python_processors.orchestration.warehouse import Session

# (table, logic version, day, inputs, input fingerprint, output fingerprint)
LedgerRow = tuple[str, str, date, str, str, str]


def append_ledger(session: Session, run_id: str, invocation_id: str, rows: Sequence[LedgerRow]) -> None:
    """Confirm days of tables in one statement."""
    tables, versions, days, inputs, fingerprints, outputs = zip(*rows, strict=True)
    count = len(rows)
    session.append("nba_ops.input_ledger", pa.table({
        "table_name": list(tables), "game_date": pa.array(days, pa.date32()), "run_id": [run_id] * count,
        "invocation_id": [invocation_id] * count, "inputs": list(inputs), "input_fingerprint": list(fingerprints),
        "output_fingerprint": list(outputs), "logic_version": list(versions),
        "recorded_at": pa.array([datetime.now(UTC)] * count, pa.timestamp("us", "UTC")),
    }))  # fmt: skip


def rows_of_invocation(session: Session, invocation_id: str) -> dict[str, dict[str, int]]:
    """Rows inserted, updated, deleted and left unchanged by an invocation, per table."""
    verbs = ("inserted", "updated", "deleted", "unchanged")
    sums = ", ".join(f"sum({verb}) as {verb}" for verb in verbs)
    found = session.read(
        f"select table_name, {sums} from {session.named('nba_ops.publish_ledger')}"
        f" where run_id = '{invocation_id}' and game_date > date '1900-01-01' group by 1"
    ).to_pylist()
    return {row["table_name"]: {verb: int(row[verb]) for verb in verbs} for row in found}
