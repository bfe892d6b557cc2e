"""The verification of a range: row checks of each table beside the state of each of its dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from python_processors.contract import load_contract
from python_processors.errors import FullcourtError
from python_processors.orchestration.locks import run_lock
from python_processors.orchestration.project import LAYER, Project, precompute_reads
from python_processors.orchestration.proof.held_back import held_back
from python_processors.orchestration.proof.open_findings import OpenFinding
from python_processors.orchestration.proof.row_checks import DateState, Verification, check_tables, verify
from python_processors.orchestration.state.counted import EXCUSES
from python_processors.orchestration.state.ledger import Decision, LedgerWriter
from python_processors.orchestration.state.shared_look import SharedLook
from python_processors.orchestration.state.snapshot import Snapshot
from python_processors.orchestration.state.states import FINE, State
from python_processors.orchestration.warehouse import Session, Warehouse
from python_processors.words import count_of

_NAMED_GAMES = 20
_NAMED_FILES = 3


def verify_range(
    project: Project, warehouse: Warehouse, start: date, end: date, tables: Sequence[str] | None = None, *,
    look: SharedLook | None = None,
) -> Verification:  # fmt: skip
    """Check every stored row and every date of a range. Dates with a row that is not what it claims to be lose their
    confirmation, so that the next run builds them and what reads them waits.

    :param look: of a wider range, that another step asks too. It says of no date that is fine here that it is not, and
        the other way round; what is wrong is said by a look of just this range.
    :raises FullcourtError: there is no schedule yet, or the warehouse cannot be read.
    """
    if look is not None:
        with warehouse.reading() as session:
            verified = look_over(project, session, look.snapshot(session), start, end)
        if verified.passed:
            return verified
    with warehouse.reading() as session:
        snapshot = Snapshot(project, session, start, end, tables=tables)
        verified = look_over(project, session, snapshot, start, end)
    return replace(verified, notes=tuple(_take_back(project, warehouse, snapshot, verified.faulty)))


def look_over(project: Project, session: Session, snapshot: Snapshot, start: date, end: date) -> Verification:
    """What verify_range() finds in the range, or in a part of it, that a snapshot is of; nothing is written."""
    states = [state for state in states_of(snapshot, session) if start <= state.day <= end]
    checks = check_tables(session, snapshot.tables, start, end)
    unused = held_back(session, start, end, states)
    undated = undated_rows(session, project)
    known = {(state.table, state.day): state for state in states}
    layer = [
        OpenFinding(f"{s.day} is {s.outcome}: {s.reason}", s.outcome, s.day, s.day, s.reason)
        for s in states if s.table == LAYER and s.outcome not in FINE
    ]  # fmt: skip
    layer += [OpenFinding(said, "undated") for said in undated]
    layer += [OpenFinding(of.sentence, "exception") for of in unused if of.feed == EXCUSES]
    dates = [
        _date_state(known.get((table, day)), table, day)
        for table in snapshot.tables
        for day in (start + timedelta(days=offset) for offset in range((end - start).days + 1))
    ]
    return replace(verify(checks, dates, layer), held_back=tuple(unused))


def _take_back(
    project: Project, warehouse: Warehouse, snapshot: Snapshot, faulty: Mapping[tuple[str, date], str]
) -> list[str]:
    """Take the confirmations of faulty dates back; what was done, in words."""
    states = {table: snapshot.states(table) for table in {table for table, _ in faulty}}
    reasons = {
        (table, day): reason
        for (table, day), reason in faulty.items()
        if (state := states[table].get(day)) is None or state.rule != "taken_back"
    }
    if not reasons:
        return []
    run_id = f"verify-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    try:
        with run_lock(warehouse, run_id, "a verification"), warehouse.writing() as session:
            decisions = [Decision(table, day, "taken_back", reason) for (table, day), reason in reasons.items()]
            LedgerWriter(session, run_id, snapshot.libraries).decide(session, decisions)
    except (FullcourtError, OSError) as error:  # of a disk that nobody may write to, too
        return [f"The confirmation of {count_of(len(reasons), 'partition')} could not be taken back: {error}"]
    return [
        f"The confirmation of {count_of(len(reasons), 'partition')} was taken back: the next run builds them,"
        " and replaces"
        " their rows."
    ]


def states_of(snapshot: Snapshot, session: Session) -> list[State]:
    """States of the staging layer, and of all tables and dates of a snapshot; where rows are lacking, the games are
    named."""
    snapshot.look_at_all()
    states: list[State] = list(snapshot.states(LAYER).values())
    for table in snapshot.tables:
        of_table = snapshot.states(table)
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


def undated_rows(session: Session, project: Project) -> list[str]:
    """Raw rows without a date, or without one that can be, a sentence for each table and reason: no date is built from
    them, whatever it lacks."""
    relation = project.relation("undated_rows")
    if not session.columns(relation):
        return []
    found = session.read(
        "select table_name, reason, has_date, count(*) as row_count, min(row_key) as example,"
        " string_agg(distinct source_file_path, '\n') as files"
        f" from {session.named(relation)} group by 1, 2, 3 order by 1, 2"
    ).to_pylist()
    lacking = {(row["table_name"], _column(row["reason"])) for row in found if not row["has_date"]}
    of_files = _files_without_date(session, project, lacking) if lacking else {}
    said = []
    for row in found:
        table, rows, files = row["table_name"], row["row_count"], (row["files"] or "unknown").split("\n")
        if row["has_date"]:
            said.append(_misdated(table, row["reason"], rows, row["example"], files))
        else:
            column = _column(row["reason"])
            said.append(_undated(table, column, rows, of_files.get((table, column)) or files))
    return said


def _column(reason: str) -> str:
    return reason.removeprefix("no ")


def _misdated(table: str, reason: str, rows: int, example: str, files: list[str]) -> str:
    noun = f"row of {table} ({example})" if rows == 1 else f"rows of {table} (the first: {example})"
    return f"{rows:,} {noun}: {reason} (file {_shown(files)}): correct it and load again"


def _files_without_date(
    session: Session, project: Project, columns: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Files of an archive with rows whose date column is null, by table and column; one query."""
    from python_processors.raw_loader.ledger import FILE_COLUMN  # most ranges have no such row

    asked = [
        f"select distinct '{table}' as table_name, '{column}' as column_name, {FILE_COLUMN} as file_name"
        f" from {session.named(project.relation(table))} where {column} is null and {FILE_COLUMN} is not null"
        for table, column in columns
        if any(name == FILE_COLUMN for name, _, _ in session.columns(project.relation(table)))
    ]
    of_files: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in session.read(" union all ".join(asked)).to_pylist() if asked else []:
        of_files[row["table_name"], row["column_name"]].append(row["file_name"])
    return of_files


def _undated(table: str, date_column: str, rows: int, files: list[str]) -> str:
    noun = "row of {} has" if rows == 1 else "rows of {} have"
    return f"{rows:,} {noun.format(table)} no {date_column} (file {_shown(files)}): fill it in and load again"


def _shown(files: list[str]) -> str:
    names = sorted(files)
    return ", ".join(names[:_NAMED_FILES]) + (f" and {len(names) - _NAMED_FILES} more" if names[_NAMED_FILES:] else "")


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
        text = f"{expected - lacking:,} of {count_of(expected, 'row is', 'rows are')} there, missing {kind}: {shown}"
        found[row["day"]] = (text, expected, expected - lacking)
    return found


def _date_state(state: State | None, table: str, day: date) -> DateState:
    if state is None:
        return DateState(table, day, "no_games")
    expected = state.expected_rows if state.expected_rows is not None else state.actual_rows
    return DateState(table, day, state.outcome, state.reason, expected, state.actual_rows, state.excused_rows)
