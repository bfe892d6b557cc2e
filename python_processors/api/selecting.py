"""The SQL of features, training sets and tables, and which dates of them can be trusted: for frames and for exports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from python_processors.api.reading import RequestError, checked_columns, contract_of, rows_of
from python_processors.contract import Contract
from python_processors.doctor.macros import Macros
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.state.states import FINE, State
from python_processors.orchestration.warehouse import Session

FEATURES, RESULTS, CONTEXTS = "ml_feature_store_v2", "player_game_summary", "upcoming_player_game_context"
KEY = ("game_date", "game_id", "player_lookup")
LABEL = "label"  # the result's name in the training set's query
_LINES = ("current_points_line", "opening_points_line", "current_points_line_source")
_PROVENANCE = ("feature_sources", "feature_quality_score", "is_production_ready")
_NUMBERS = ("INT64", "NUMERIC", "FLOAT64")


def features_sql(session: Session, first: date, last: date) -> str:
    """:raises RequestError: the feature store was never built."""
    found = rows_of(session, contract_of(FEATURES), first, last, [*KEY, "features", "feature_names", *_PROVENANCE])
    return f"select * from {found} as found order by game_date, player_lookup"


def table_sql(session: Session, contract: Contract, first: date, last: date, columns: Sequence[str]) -> str:
    """:raises RequestError: the table was never built."""
    found = rows_of(session, contract, first, last)
    order = ", ".join(dict.fromkeys([contract.partition_by, *contract.key]))
    return f"select {', '.join(columns)} from {found} as found order by {order}"


def training_tables(*, lines: bool) -> tuple[str, ...]:
    """What a training set is joined of."""
    return (RESULTS, *((CONTEXTS,) if lines else ()), FEATURES)


def check_label(label: str) -> None:
    """:raises RequestError: player_game_summary has no such column, or it is no number."""
    results = contract_of(RESULTS)
    (named,) = checked_columns(results, [label])
    if next(column.type.kind for column in results.columns if column.name == named) not in _NUMBERS:
        raise RequestError(f"{label} of {RESULTS} is no number.")


def training_sql(session: Session, engine: str, first: date, last: date, label: str, *, lines: bool) -> str:
    """What was known, and the result as LABEL, of players who took part.

    :raises RequestError: one of the tables was never built.
    """

    def rows(table: str, *columns: str) -> str:
        return rows_of(session, contract_of(table), first, last, columns)

    took_part = Macros(engine).call("took_part", "results")
    with_lines = f"left join {rows(CONTEXTS, *KEY, *_LINES)} as contexts using ({', '.join(KEY)})" if lines else ""
    shown = [*KEY, *(f"known.{name}" for name in ("features", "feature_names", *_PROVENANCE))]
    shown += [f"contexts.{name}" for name in _LINES] if lines else []
    return (
        f"select {', '.join(shown)}, results.{label} as {LABEL}"
        f" from {rows(FEATURES, *KEY, 'features', 'feature_names', *_PROVENANCE)} as known"
        f" inner join {rows(RESULTS)} as results using ({', '.join(KEY)}) {with_lines}"
        f" where {took_part} and results.{label} is not null order by game_date, game_id, player_lookup"
    )


def distrust_of(state: State) -> str:
    """Why a table's date is not as a run proved it; empty where it is."""
    return "" if state.outcome in FINE else f"{state.table} is {state.outcome}: {state.reason or state.why}"


def left_out(snapshot: Snapshot, tables: Iterable[str]) -> dict[date, str]:
    """Dates of which a table is not as a run proved it, and why."""
    found: dict[date, str] = {}
    snapshot.look_at_all()
    for table in snapshot.tables:
        for day, state in snapshot.states(table).items() if table in tables else ():
            if distrust := distrust_of(state):
                found.setdefault(day, distrust)
    return dict(sorted(found.items()))
