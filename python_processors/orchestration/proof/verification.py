"""The verification of a range: row checks of each table beside the state of each of its dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from python_processors.contract import load_contract
from python_processors.orchestration.plan.planner import obstacles
from python_processors.orchestration.project import Project, precompute_reads
from python_processors.orchestration.proof.row_checks import DateState, Verification, check_rows, verify
from python_processors.orchestration.state.snapshot import Snapshot, State
from python_processors.orchestration.warehouse import Session, Warehouse

_NAMED_GAMES = 20


def verify_range(
    project: Project, warehouse: Warehouse, start: date, end: date, tables: Sequence[str] | None = None
) -> Verification:
    """Check every stored row and every date of a range.

    :raises FullcourtError: there is no schedule yet, or the warehouse cannot be read.
    """
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, start, end, tables=tables)
        states = states_of(snapshot, session)
        checks = [check_rows(session, table, start, end) for table in snapshot.tables]
    known = {(state.table, state.day): state for state in states}
    return verify(checks, [
        _date_state(known.get((table, day)), table, day)
        for table in snapshot.tables
        for day in (start + timedelta(days=offset) for offset in range((end - start).days + 1))
    ])  # fmt: skip


def states_of(snapshot: Snapshot, session: Session) -> list[State]:
    """States of all tables and dates of a snapshot; where rows are lacking, the games are named."""
    states: list[State] = []
    for table in snapshot.tables:
        of_table = snapshot.states(table)
        in_the_way = obstacles(
            snapshot, table, [state.day for state in of_table.values() if state.outcome == "missing"]
        )
        for day, reason in in_the_way.items():
            of_table[day] = replace(of_table[day], outcome="blocked", reason=reason, why="")
        lacking = [state.day for state in of_table.values() if state.outcome in ("missing", "partial")]
        named = lacking_rows(session, snapshot.project, table, lacking) if lacking else {}
        for state in of_table.values():
            if state.day in named:
                lost, expected, actual = named[state.day]
                state = replace(
                    state, reason=f"{state.reason}; {lost}".strip("; "), expected_rows=expected, actual_rows=actual
                )
            states.append(state)
    return states


def lacking_rows(
    session: Session, project: Project, table: str, days: Iterable[date]
) -> dict[date, tuple[str, int, int]]:
    """Of dates that lack rows: which games (or players, where rows are of no game), rows expected and there.

    Expected are the rows that the last build of the date knew of; a date never built is not listed.
    """
    relation = project.relation("precompute_entities" if table in precompute_reads() else "expected_rows")
    contract = load_contract(table)
    if not session.columns(relation) or not session.columns(contract.relation):
        return {}
    listed = ", ".join(f"date '{day}'" for day in days)
    of_game = "game_id" in contract.key
    what = "expected.game_id" if of_game else "expected.entity"
    counts = "has_source and quarantine_reason is null" if relation.endswith("expected_rows") else "outcome is null"
    game = "game_id" if of_game else "cast(null as string)"
    rows = session.read(
        f"""
        with expected as (
            select game_date as day, {"game_id" if relation.endswith("expected_rows") else game} as game_id, entity
            from {session.named(relation)}
            where game_date in ({listed}) and table_name = '{table}' and {counts}
        ),
        there as (
            select {contract.partition_by} as day, {game} as game_id, {contract.entity_column} as entity
            from {session.named(contract.relation)}
            where {contract.partition_by} in ({listed})
        ),
        compared as (
            select expected.day, {what} as what, there.entity is null as is_lacking
            from expected left join there
                on expected.day = there.day and expected.entity = there.entity
                {"and expected.game_id = there.game_id" if of_game else ""}
        )
        select day, count(*) as expected_rows, sum(case when is_lacking then 1 else 0 end) as lacking,
            string_agg(distinct case when is_lacking then what end, ', ') as named
        from compared group by day having sum(case when is_lacking then 1 else 0 end) > 0
        """
    ).to_pylist()
    kind = "games" if of_game else "players or teams"
    found = {}
    for row in rows:
        names = sorted(row["named"].split(", "))
        shown = ", ".join(names[:_NAMED_GAMES]) + (
            f" and {len(names) - _NAMED_GAMES} more" if len(names) > _NAMED_GAMES else ""
        )
        expected, lacking = int(row["expected_rows"]), int(row["lacking"])
        text = f"{expected - lacking:,} of {expected:,} rows are there, missing {kind}: {shown}"
        found[row["day"]] = (text, expected, expected - lacking)
    return found


def _date_state(state: State | None, table: str, day: date) -> DateState:
    if state is None:
        return DateState(table, day, "no_games")
    expected = state.expected_rows if state.expected_rows is not None else state.actual_rows
    return DateState(table, day, state.outcome, state.reason, expected, state.actual_rows)
