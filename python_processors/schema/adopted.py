"""What was adopted: which tables that stood at production's names were replaced by an environment's, and are kept.

The record lies beside the kept tables, in a dataset of its own, and only ever grows. It is production's alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from python_processors.engines.base import Session, environment_name, placed
from python_processors.errors import RefusedError
from python_processors.schema.tables import StoredColumn, StoredTable, create_statement, every_row

KEPT = "nba_replaced"
RECORD = f"{KEPT}.adoptions"
PRODUCTION_UNIT = "production"  # ledgers, staging, intermediates and ops tables, which go in together at the end
BEGUN, ADOPTED, UNDO_BEGUN, UNDONE = "begun", "adopted", "undo_begun", "undone"
_COUNTS = ("rows_before", "duplicate_rows", "rows_without_key", "rows_without_match", "dates_left", "rows_after")

_RECORD = StoredTable(
    relation=RECORD,
    columns=(
        StoredColumn("unit", "STRING", True),
        StoredColumn("step", "STRING", True),
        StoredColumn("environment", "STRING", True),
        StoredColumn("stamp", "STRING", True),
        StoredColumn("tables", "ARRAY<STRING>", False),
        StoredColumn("there_before", "ARRAY<STRING>", False),
        StoredColumn("carried", "ARRAY<STRING>", False),
        *(StoredColumn(name, "INT64", False) for name in _COUNTS),
        StoredColumn("undo_stamp", "STRING", False),
        StoredColumn("happened_at", "TIMESTAMP", True),
        StoredColumn("sequence", "INT64", True),
    ),
    partition_by="happened_at",
    cluster_by=("unit",),
    contract_file="docs/adopt.md",
)


class AdoptionOpenError(RefusedError):
    """Some tables of production are an environment's by now, and others, or its ledgers, are not."""

    def __init__(self, environment: str, left: Sequence[str]) -> None:
        named = f"still to adopt: {', '.join(left)}" if left else "its ledgers are not there yet"
        super().__init__(
            f"Production is being adopted from `{environment}`, {named}. Run `fullcourt adopt {environment}`, or take"
            " it back by `fullcourt adopt --undo`. Nothing was built."
        )


@dataclass(frozen=True)
class Step:
    """The newest step of a unit: a table `dataset.table`, or PRODUCTION_UNIT.

    `tables` are put in place, and those of them that were `there_before` are kept as kept_name() says. `stamp` is the
    date of the adoption, told apart from others of the day; `undo_stamp` that of taking it back.
    """

    unit: str
    step: str
    environment: str
    stamp: str
    tables: tuple[str, ...] = ()
    there_before: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    undo_stamp: str | None = None
    happened_at: datetime | None = None
    sequence: int = 0

    def then(self, step: str, **changes: Any) -> Step:
        return replace(self, step=step, happened_at=None, **changes)

    @property
    def is_in_place(self) -> bool:
        """Whether the name has the environment's table, or may have it."""
        return self.step != UNDONE

    def to_dict(self) -> dict[str, Any]:
        return {
            "unit": self.unit, "step": self.step, "environment": self.environment, "happened_at": self.happened_at,
            "kept_as": [kept_name(of, self.stamp) for of in self.there_before],
            "ours_kept_as": [kept_name(of, f"ours_{self.undo_stamp}") for of in self.tables] if self.undo_stamp else [],
            "carried": list(self.carried), **self.counts,
        }  # fmt: skip


def kept_name(relation: str, stamp: str) -> str:
    """Where a table of production's is kept: `nba_replaced.nba_analytics__player_game_summary__20261130`."""
    return f"{KEPT}.{relation.replace('.', '__')}__{stamp}"


def history(session: Session) -> list[Step]:
    """Every step, oldest first; none where nothing was ever adopted, and none in an environment."""
    return [] if environment_name() else _recorded(session)


def _recorded(session: Session) -> list[Step]:
    # Who builds may see no dataset that nobody has made: it is listed, and not asked for.
    if kept_dataset() not in session.datasets() or not session.live_columns([RECORD])[RECORD]:
        return []
    rows = session.read(
        f"select * from {session.named(RECORD)} where {every_row(_RECORD)} order by happened_at, sequence"
    ).to_pylist()
    return [
        Step(
            row["unit"], row["step"], row["environment"], row["stamp"], tuple(row["tables"] or ()),
            tuple(row["there_before"] or ()), tuple(row["carried"] or ()),
            {name: row[name] for name in _COUNTS if row[name] is not None}, row["undo_stamp"], row["happened_at"],
            row["sequence"],
        )
        for row in rows
    ]  # fmt: skip


def newest(session: Session) -> dict[str, Step]:
    """The newest step of each unit."""
    return {step.unit: step for step in history(session)}


def note(session: Session, step: Step, sequence: int) -> Step:
    """Keep a step; a table of the record that is not there is made."""
    if not session.has_dataset(KEPT):
        session.execute(f"create schema if not exists {session.named(KEPT)}")
    if not session.live_columns([RECORD])[RECORD]:
        session.execute(create_statement(session, _RECORD))
    kept = replace(step, happened_at=datetime.now(UTC), sequence=sequence)
    row = {
        "unit": kept.unit, "step": kept.step, "environment": kept.environment, "stamp": kept.stamp,
        "tables": list(kept.tables), "there_before": list(kept.there_before), "carried": list(kept.carried),
        **{name: kept.counts.get(name) for name in _COUNTS}, "undo_stamp": kept.undo_stamp,
        "happened_at": kept.happened_at, "sequence": sequence,
    }  # fmt: skip
    session.append(RECORD, pa.Table.from_pylist([row], schema=_RECORD.schema()))
    return kept


def check_adoption(session: Session, tables: Iterable[str]) -> None:
    """:raises AdoptionOpenError: production is neither what it was, nor all of an environment.

    :param tables: all hashed tables, as `dataset.table`.
    """
    if environment := open_adoption(session):
        steps = newest(session)
        raise AdoptionOpenError(environment, [of for of in tables if of not in steps or steps[of].step != ADOPTED])


def open_adoption(session: Session) -> str:
    """The environment of which production has some tables, and not all; empty where there is none."""
    steps = newest(session)
    open_ones = [step for step in steps.values() if step.is_in_place]
    is_done = PRODUCTION_UNIT in steps and steps[PRODUCTION_UNIT].step == ADOPTED
    return open_ones[-1].environment if open_ones and not is_done else ""


def carried_columns(session: Session, relation: str) -> tuple[str, ...]:
    """Columns that a table in place has beyond its contract, since somebody asked for them to be carried over, in small
    letters. An environment that is a copy of production has them, too."""
    step = {step.unit: step for step in _recorded(session)}.get(relation)
    return tuple(name.lower() for name in step.carried) if step is not None and step.step == ADOPTED else ()


def kept_dataset() -> str:
    """As the engine names it."""
    return placed(KEPT, "")
