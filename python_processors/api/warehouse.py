"""A warehouse to read: features, training sets, tables, and why a date is as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from python_processors.api.frames import FEATURE_NAMES, Form, Frame, in_form, with_features, with_floats
from python_processors.api.reading import (
    Day,
    RequestError,
    UntrustedError,
    check_as_of,
    checked_columns,
    contract_of,
    day_of,
    range_of,
)
from python_processors.api.selecting import (
    FEATURES,
    LABEL,
    check_label,
    features_sql,
    left_out,
    table_sql,
    training_sql,
    training_tables,
)
from python_processors.orchestration import warehouse as engines
from python_processors.orchestration.project import Project
from python_processors.orchestration.proof.answers import explain
from python_processors.orchestration.state.snapshot import Snapshot


@dataclass(frozen=True)
class TrainingSet:
    """Two frames whose rows belong to each other, one row per game and player who took part.

    `known` has the key, the 33 features, their sources and quality and, if asked for, the points lines: what was known
    before tip-off. `result` has the label alone. `left_out` has each date that is not trusted, with the reason, whether
    its rows were included or not.
    """

    known: Frame
    result: Frame
    left_out: dict[date, str]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of `known` to train on."""
        return FEATURE_NAMES


class Warehouse:
    """Reads a warehouse. Every method opens it, and lets go of it: a run is delayed for that long at most."""

    def __init__(self, warehouse: engines.Warehouse) -> None:
        self._warehouse = warehouse
        self._project = Project(is_kept=True)

    def features(
        self, start: Day, end: Day | None = None, *, form: Form = "arrow", as_of: datetime | None = None
    ) -> Frame:
        """The feature store of a date, or of a range with both its ends.

        One row per date and player: key, 33 float64 columns, `feature_sources` (a list, in their order),
        `feature_quality_score` and `is_production_ready`. Sorted by date and player. Dates are not held against their
        outcome: training_set() does that, and explain() says why a date is as it is.

        :param form: arrow, pandas or polars.
        :param as_of: an instant (UTC where it names no zone) that the rows have to be as old as.
        :raises RequestError: the request cannot be.
        :raises AsOfError: rows were written since.
        """
        first, last = range_of(start, end)
        with self._warehouse.beside_a_run() as session:
            sql = features_sql(session, first, last)
            check_as_of(session, [FEATURES], first, last, as_of)
            rows = session.read(sql)
        return in_form(with_features(rows), form)

    def training_set(
        self, start: Day, end: Day, *, label: str = "points", lines: bool = False, untrusted: bool = False,
        form: Form = "arrow", as_of: datetime | None = None,
    ) -> TrainingSet:  # fmt: skip
        """What was known before tip-off beside what came of it, of players who took part.

        :param label: a column of player_game_summary that is a number.
        :param lines: with the points lines of before tip-off; null where no book had one.
        :param untrusted: include dates that are not trusted; they are listed either way.
        :raises RequestError: the request cannot be.
        :raises UntrustedError: no date of the range can be trusted.
        :raises AsOfError: rows were written since.
        """
        first, last = range_of(start, end)
        check_label(label)
        tables = training_tables(lines=lines)
        with self._warehouse.beside_a_run() as session:
            sql = training_sql(session, self._warehouse.kind, first, last, label, lines=lines)  # all of it is there
            check_as_of(session, tables, first, last, as_of)
            distrusted = left_out(Snapshot(self._project, session, first, last, tables=tables), tables)
            rows = session.read(sql)
        if not untrusted:
            rows = rows.filter(pc.invert(pc.is_in(rows["game_date"], pa.array(distrusted, pa.date32()))))
            if not len(rows) and distrusted:
                day, reason = next(iter(distrusted.items()))
                raise UntrustedError(f"No date of {first} to {last} can be trusted, the first: {day}: {reason}")
        known = with_features(rows.drop_columns([LABEL]))
        result = with_floats(pa.table({label: rows[LABEL]}))
        return TrainingSet(in_form(known, form), in_form(result, form), distrusted)

    def table(
        self, name: str, start: Day, end: Day | None = None, *, columns: Sequence[str] | None = None,
        form: Form = "arrow", as_of: datetime | None = None,
    ) -> Frame:  # fmt: skip
        """Rows of one of the ten tables as they are stored, of a date or a range, sorted by its key.

        :param columns: else all, in the contract's order.
        :raises RequestError: the request cannot be.
        :raises AsOfError: rows were written since.
        """
        first, last = range_of(start, end)
        contract = contract_of(name)
        named = checked_columns(contract, columns)
        with self._warehouse.beside_a_run() as session:
            sql = table_sql(session, contract, first, last, named)
            check_as_of(session, [name], first, last, as_of)
            rows = session.read(sql)
        return in_form(rows, form)

    def explain(self, table: str, day: Day) -> str:
        """Why a date of a table is as it is, in the sentences of `fullcourt explain`.

        :raises RequestError: no table is called so, or it is no date.
        """
        contract_of(table)
        of = day_of(day)
        with self._warehouse.beside_a_run() as session:
            return explain(Snapshot(self._project, session, of, of), session, self._project, table, of)


def open_warehouse(database: str | Path | None = None) -> Warehouse:
    """A warehouse to read.

    :param database: a DuckDB file; without it the warehouse of the environment (FULLCOURT_TARGET, FULLCOURT_DUCKDB,
        FULLCOURT_BIGQUERY_PROJECT), as of the commands.
    :raises RequestError: there is no such file.
    """
    if database is None:
        return Warehouse(engines.warehouse_of_target())
    path = Path(database)
    if not path.is_file():
        raise RequestError(f"There is no database {path}: `fullcourt backfill` makes one.")
    return Warehouse(engines.DuckDBWarehouse(path))
