"""Accepting other versions of libraries: a sample of what the old ones built is recomputed with the new ones."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import date

from python_processors.errors import RefusedError
from python_processors.orchestration.project import LAYER, Project
from python_processors.orchestration.proof.audit import Audit, recompute
from python_processors.orchestration.state.ledger import LedgerRow, LedgerWriter
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.warehouse import Warehouse

_SHARE = 0.05
_NAMED = 5


class LibrariesDifferError(RefusedError):
    """The new libraries do not make the rows that the old ones made."""

    def __init__(self, differing: Sequence[Audit], audited: int) -> None:
        shown = ", ".join(f"{of.table} {of.day}" for of in differing[:_NAMED])
        super().__init__(
            f"With the libraries of now {len(differing)} of {audited} recomputed partitions have other rows:"
            f" {shown}."
            " Nothing was confirmed. Run the same without --accept-libraries, which builds them."
        )


def accept_libraries(
    project: Project, warehouse: Warehouse, run_id: str, start: date, end: date, tables: Sequence[str] | None
) -> int:
    """Confirm the dates whose libraries are all that changed, once a sample of them came out the same; how many.

    :raises LibrariesDifferError: a recomputed date has other rows than are stored.
    :raises AuditError: dbt could not recompute the sample.
    """
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, start, end, tables=tables)
    snapshot.look_at_all()
    waiting = {
        table: [state.day for state in snapshot.states(table).values() if state.rule == "other_libraries"]
        for table in (LAYER, *snapshot.tables)
    }
    # Tables that wait on the same dates are sampled alike: one invocation recomputes them.
    chosen = [
        (table, day)
        for table, days in waiting.items() if table != LAYER and days
        for day in random.Random(f"{run_id} {days}").sample(days, max(1, math.ceil(_SHARE * len(days))))
    ]  # fmt: skip
    if not chosen:
        return 0  # nothing can be recomputed that would speak for the layer: it is built
    made = recompute(project, warehouse, chosen, with_layer=True)
    if made.differing:
        raise LibrariesDifferError(made.differing, len(made.audits))
    rows = [
        LedgerRow(table, day, inputs, fingerprint, stored, snapshot.logic[table])
        for table, days in waiting.items()
        for day, inputs, fingerprint, stored in snapshot.memory.built(table, days)
    ]
    with warehouse.writing() as session:
        LedgerWriter(session, run_id, snapshot.libraries).confirm(session, run_id, rows, made.models)
    return len(rows)
