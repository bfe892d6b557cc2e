"""Whether the rows of hashed tables are what they claim to be, and every date what it is to be.

`check_tables` looks at the stored rows of tables: hash there, of the right form and that of the row's
values, key unique. `verify` sets that beside the state of each date, which the caller knows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from python_processors.casting import cast_to_contract, describe_key
from python_processors.contract import Contract, load_contract
from python_processors.errors import CastError, ColumnMismatchError
from python_processors.hashing import HASH_LENGTH, data_hashes
from python_processors.orchestration.proof.held_back import HeldBack, lines_of
from python_processors.orchestration.proof.open_findings import OpenFinding
from python_processors.orchestration.state.states import FINE, NOT_EXPECTED, WHOLE
from python_processors.orchestration.warehouse import Session
from python_processors.words import count_of

EXAMPLES = 5
MOST_REASONS = 10
ROWS_AT_ONCE = 100_000  # bounds memory: whole dates up to so many rows, about 60 MB of the widest table


@dataclass(frozen=True)
class Finding:
    """Rows, or keys, with one kind of fault: how many, the keys of the first few, and their dates."""

    count: int = 0
    examples: tuple[str, ...] = ()
    days: frozenset[date] = frozenset()

    def __add__(self, other: Finding) -> Finding:
        return Finding(
            self.count + other.count, (self.examples + other.examples)[:EXAMPLES], self.days | other.days
        )  # fmt: skip

    def __bool__(self) -> bool:
        return self.count > 0


@dataclass(frozen=True)
class RowChecks:
    """What the stored rows of a table show, over dates with both ends included. A row has one fault at most,
    besides its key: `unhashed` has no hash, `malformed` one that is not 16 lower-case hex characters, `altered`
    one that is not its values', `unfit` values that its columns' types cannot hold."""

    table: str
    start: date
    end: date
    rows_by_date: Mapping[date, int]
    unhashed: Finding = Finding()
    malformed: Finding = Finding()
    altered: Finding = Finding()
    doubled: Finding = Finding()
    unfit: Finding = Finding()

    @property
    def rows(self) -> int:
        return sum(self.rows_by_date.values())

    @property
    def first_date(self) -> date | None:
        return min(self.rows_by_date, default=None)

    @property
    def last_date(self) -> date | None:
        return max(self.rows_by_date, default=None)

    @property
    def hash_coverage_pct(self) -> float | None:
        """Rows with a hash, in percent, rounded down so that 100 is all of them; None without rows."""
        return (1000 * (self.rows - self.unhashed.count) // self.rows) / 10 if self.rows else None

    @property
    def problems(self) -> list[str]:
        """Each fault in a sentence, with its examples."""
        return [found.said for found in self.findings]

    @property
    def findings(self) -> list[OpenFinding]:
        """The same with kind and dates."""
        return [
            OpenFinding(
                f"{count_of(finding.count, one, many)}: {'; '.join(finding.examples)}"
                f"{' ...' if _cut_off(finding) else ''}",
                kind, min(finding.days, default=None), max(finding.days, default=None),
            )
            for kind, one, many, finding in self._faults
        ]  # fmt: skip

    @property
    def faulty_days(self) -> dict[date, str]:
        """Dates with a row that is not what it claims to be, and the faults of each."""
        found: dict[date, list[str]] = defaultdict(list)
        for _, _, many, finding in self._faults:
            for day in finding.days:
                found[day].append(many)
        return {day: f"verification found that {', and '.join(faults)}" for day, faults in sorted(found.items())}

    @property
    def _faults(self) -> list[tuple[str, str, str, Finding]]:
        """(kind, what is said of one, what of several, rows or keys) of each fault that there is."""
        malformed = f"a data_hash that is not {HASH_LENGTH} lower-case hex characters"
        unfit = "a value that its column's type cannot"
        said = {
            "unhashed": ("row has no data_hash", "rows have no data_hash"),
            "malformed": (f"row has {malformed}", f"rows have {malformed}"),
            "altered": ("row is not what its data_hash was made of", "rows are not what their data_hash was made of"),
            "doubled": ("key has more than one row", "keys have more than one row"),
            "unfit": (f"batch of rows holds {unfit}", f"batches of rows hold {unfit}"),
        }
        return [(kind, *words, finding) for kind, words in said.items() if (finding := getattr(self, kind))]


@dataclass(frozen=True)
class DateState:
    """What a table's rows of a date are: one of OUTCOMES; and why, where that is not plain."""

    table: str
    date: date
    outcome: str
    reason: str = ""
    expected_rows: int = 0
    actual_rows: int = 0
    excused_rows: int = 0


@dataclass(frozen=True)
class TableVerification:
    """One table's rows and dates, what is wrong with either, and which dates are excused.

    `dates_complete` counts those with every row that can come.
    """

    checks: RowChecks
    dates_complete: int
    dates_expected: int
    findings: tuple[OpenFinding, ...]
    excused: tuple[OpenFinding, ...] = ()
    excused_rows: int = 0

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return tuple(found.said for found in self.findings)

    @property
    def passed(self) -> bool:
        return not self.findings


@dataclass(frozen=True)
class Verification:
    """All tables; it passes when each of them does, and the staging layer under them is as it was made.

    `notes` tell what verifying did, or could not do, about what it found; `held_back` the raw rows that are not used.
    """

    tables: tuple[TableVerification, ...]
    layer_findings: tuple[OpenFinding, ...] = ()
    notes: tuple[str, ...] = ()
    held_back: tuple[HeldBack, ...] = ()

    @property
    def layer(self) -> tuple[str, ...]:
        """What is wrong with the staging layer, a sentence each."""
        return tuple(found.said for found in self.layer_findings)

    @property
    def passed(self) -> bool:
        return not self.layer_findings and all(table.passed for table in self.tables)

    @property
    def faulty(self) -> dict[tuple[str, date], str]:
        """By table and date with a row that is not what it claims to be, its faults."""
        return {(of.checks.table, day): said for of in self.tables for day, said in of.checks.faulty_days.items()}

    @property
    def first_problem(self) -> str:
        """The first reason of the staging layer, or of the first table that fails; empty when all pass."""
        if self.layer:
            return f"staging_layer: {self.layer[0]}"
        return next((f"{table.checks.table}: {table.reasons[0]}" for table in self.tables if not table.passed), "")

    def lines(self) -> list[str]:
        """A line per table, then up to ten reasons for each that fails, and up to ten dates that are excused."""
        lines = _aligned([_HEADER, *(_cells(table) for table in self.tables)])
        for name, reasons in (("staging_layer", self.layer), *((of.checks.table, of.reasons) for of in self.tables)):
            lines += _listed(f"{name}:", reasons)
        for of in self.tables:
            lines += _listed(
                f"{of.checks.table}, excused by completeness_exceptions:", [one.said for one in of.excused]
            )
        lines += lines_of(self.held_back)
        notes = ["", *self.notes] if self.notes else []
        excused = sum(of.excused_rows for of in self.tables)
        return [*lines, *notes, "", ("PASS" if self.passed else "FAIL") + (f", {excused:,} excused" if excused else "")]

    def to_dict(self) -> dict[str, Any]:
        """The same for JSON, with every reason."""
        return {
            "passed": self.passed, "staging_layer": list(self.layer), "notes": list(self.notes),
            "held_back": [one.to_dict() for one in self.held_back],
            "tables": [_as_dict(table) for table in self.tables],
        }  # fmt: skip


def _listed(title: str, what: Sequence[str]) -> list[str]:
    if not what:
        return []
    more = [f"  and {len(what) - MOST_REASONS:,} more"] if len(what) > MOST_REASONS else []
    return ["", title, *(f"  {one}" for one in what[:MOST_REASONS]), *more]


def check_tables(session: Session, tables: Sequence[str], start: date, end: date) -> list[RowChecks]:
    """The checks of the stored rows of tables, in their order: counts and keys of all of them at once, then their rows.

    :raises ColumnMismatchError: a stored table lacks columns that are hashed.
    """
    there = [table for table in tables if _has_hashed_columns(session, table)]
    asked = {"counted": _count_query(session, there, start, end), "doubled": _doubled_query(session, there, start, end)}
    known = session.read_all(asked if there else {})
    counted = _rows_by_date(known["counted"]) if there else {}
    doubled = set(known["doubled"]["table_name"].to_pylist()) if there else set()
    checks = {table: RowChecks(table, start, end, counted.get(table, {})) for table in tables}
    for table in sorted(doubled):
        checks[table] = replace(checks[table], doubled=_doubled_keys(session, load_contract(table), start, end))
    for group in _groups(list(checks.values())):
        rows = session.read_all({f"piece_{number}": _rows_query(session, *piece) for number, piece in enumerate(group)})
        for (table, first, last), found in zip(group, rows.values(), strict=True):
            checks[table] = _with_hashes(checks[table], found, first, last)
    return list(checks.values())


def check_rows(session: Session, table: str, start: date, end: date) -> RowChecks:
    """The checks of a table's stored rows. A table that is not there has none.

    :raises ColumnMismatchError: the stored table lacks columns that are hashed.
    """
    (checks,) = check_tables(session, [table], start, end)
    return checks


def _has_hashed_columns(session: Session, table: str) -> bool:
    contract = load_contract(table)
    stored = [name for name, _, _ in session.columns(contract.relation)]
    missing = [column.name for column in hashed_part(contract).columns if stored and column.name not in stored]
    if missing:
        raise ColumnMismatchError(table, missing, [])
    return bool(stored)


def _groups(checks: Iterable[RowChecks]) -> Iterator[list[tuple[str, date, date]]]:
    """(table, first date, last date) of all stored rows, in lists that are read at once: of at most ROWS_AT_ONCE rows,
    or of a single date."""
    group: list[tuple[str, date, date]] = []
    rows = 0
    for of in checks:
        for first, last in batches(of.rows_by_date):
            count = sum(number for day, number in of.rows_by_date.items() if first <= day <= last)
            if group and rows + count > ROWS_AT_ONCE:
                yield group
                group, rows = [], 0
            group.append((of.table, first, last))
            rows += count
    if group:
        yield group


def _rows_query(session: Session, table: str, first: date, last: date) -> str:
    contract = load_contract(table)
    names = ", ".join([column.name for column in hashed_part(contract).columns if column.name != "data_hash"])
    stored = f"{session.named(contract.relation)} where {_between(contract, first, last)}"
    return f"select {names}, data_hash from {stored}"


def _with_hashes(checks: RowChecks, rows: pa.Table, first: date, last: date) -> RowChecks:
    """The checks, and what is wrong with the hashes of rows from one date to another."""
    found = check_hashes(rows, hashed_part(load_contract(checks.table)))
    if "unfit" in found:  # no row of the batch can be told apart
        found["unfit"] = replace(found["unfit"], days=frozenset(d for d in checks.rows_by_date if first <= d <= last))
    return replace(checks, **{kind: getattr(checks, kind) + finding for kind, finding in found.items()})


def verify(
    checks: Sequence[RowChecks], states: Sequence[DateState], layer: Sequence[OpenFinding] = (),
    notes: Sequence[str] = (),
) -> Verification:  # fmt: skip
    """Rows and dates together: a table passes when no row check failed and each of its dates is as it is to be,
    with as many rows as its state says. States of other tables and dates are not looked at.

    :param layer: what is wrong with the staging layer.
    """
    of_table: dict[str, dict[date, DateState]] = defaultdict(dict)
    for state in states:
        of_table[state.table][state.date] = state
    return Verification(tuple(_verified(table, of_table[table.table]) for table in checks), tuple(layer), tuple(notes))


def _verified(checks: RowChecks, states: Mapping[date, DateState]) -> TableVerification:
    days = [checks.start + timedelta(days=offset) for offset in range((checks.end - checks.start).days + 1)]
    known = [states[day] for day in days if day in states]
    outcomes = Counter(state.outcome for state in known)
    unknown = [state for state in known if state.outcome == "unknown"]
    others = [day for day in days if not (day in states and states[day].outcome == "unknown")]
    findings = [
        *checks.findings, *_unknown(unknown),
        *(found for day in others if (found := _reason(day, states.get(day), checks))),
    ]  # fmt: skip
    expected = len(days) - sum(outcomes[outcome] for outcome in NOT_EXPECTED)
    excused = [state for state in known if state.outcome == "excused"]
    return TableVerification(
        checks, sum(outcomes[outcome] for outcome in WHOLE), expected, tuple(findings),
        tuple(OpenFinding(f"{of.date}: {of.reason}", of.outcome, of.date, of.date) for of in excused),
        sum(state.excused_rows for state in excused),
    )  # fmt: skip


def _unknown(states: Sequence[DateState]) -> list[OpenFinding]:
    """One reason per span of dates: the schedule says the same of each of them."""
    spans: list[list[DateState]] = []
    for state in states:
        follows = spans and spans[-1][-1].date == state.date - timedelta(days=1)
        if follows and spans[-1][-1].reason == state.reason:
            spans[-1].append(state)
        else:
            spans.append([state])
    return [
        OpenFinding(
            f"{span[0].date} is unknown: {span[0].reason}"
            if len(span) == 1
            else f"{span[0].date} to {span[-1].date} are unknown: {span[0].reason}",
            "unknown", span[0].date, span[-1].date, span[0].reason,
        )
        for span in spans
    ]  # fmt: skip


def _reason(day: date, state: DateState | None, checks: RowChecks) -> OpenFinding | None:
    """Why a date fails, or None."""
    stored = checks.rows_by_date.get(day, 0)
    if state is None:
        return OpenFinding(f"{day} is not accounted for", "not accounted for", day, day)
    if state.outcome not in FINE:
        reason = state.reason or "no reason is known"
        counts = (
            f"{state.actual_rows:,} of {count_of(state.expected_rows, 'row')}" if state.outcome == "partial" else ""
        )
        said = f"{day} is {state.outcome}{f' ({counts})' if counts else ''}: {reason}"
        return OpenFinding(said, state.outcome, day, day, f"{counts}: {reason}" if counts else reason)
    if stored != state.actual_rows:
        said = f"{day} is {state.outcome} with {count_of(state.actual_rows, 'row')}, and {stored:,} are stored"
        why = f"{count_of(state.actual_rows, 'row is', 'rows are')} known, and {stored:,} are stored"
        return OpenFinding(said, "miscounted", day, day, why)
    return None


def hashed_part(contract: Contract) -> Contract:
    """The contract of what is read: hash fields, key, date and hash. A null is a value here like any other."""
    wanted = {*contract.hash_fields, *contract.key, contract.partition_by, "data_hash"}
    return replace(
        contract, columns=tuple(replace(column, required=False) for column in contract.columns if column.name in wanted)
    )


def _between(contract: Contract, first: date, last: date) -> str:
    return f"{contract.partition_by} between date '{first}' and date '{last}'"


def _count_query(session: Session, tables: Sequence[str], start: date, end: date) -> str:
    return " union all ".join(
        f"select '{contract.table}' as table_name, {contract.partition_by} as day, count(*) as row_count"
        f" from {session.named(contract.relation)} where {_between(contract, start, end)}"
        f" group by {contract.partition_by}"
        for contract in map(load_contract, tables)
    )


def _rows_by_date(counts: pa.Table) -> dict[str, dict[date, int]]:
    found: dict[str, dict[date, int]] = defaultdict(dict)
    for row in counts.sort_by("day").to_pylist():
        found[row["table_name"]][row["day"]] = row["row_count"]
    return found


def _doubled_query(session: Session, tables: Sequence[str], start: date, end: date) -> str:
    """Tables in which a key is there more than once."""
    return " union all ".join(
        f"select distinct '{contract.table}' as table_name from ("
        f"select count(*) as copies from {session.named(contract.relation)} where {_between(contract, start, end)}"
        f" group by {', '.join(contract.key)}) as keys where copies > 1"
        for contract in map(load_contract, tables)
    )


def _doubled_keys(session: Session, contract: Contract, start: date, end: date) -> Finding:
    key = ", ".join(contract.key)
    counted = (
        f"select {', '.join(dict.fromkeys([*contract.key, contract.partition_by]))},"
        f" count(*) over (partition by {key}) as copies from {session.named(contract.relation)}"
        f" where {_between(contract, start, end)}"
    )
    doubled = session.read(
        f"select distinct {key}, count(*) over () as doubled_keys"
        f" from (select distinct {key} from ({counted}) as counted where copies > 1) as doubled"
        f" order by {key} limit {EXAMPLES}"
    )
    days = session.read(f"select distinct {contract.partition_by} as day from ({counted}) as counted where copies > 1")
    return Finding(doubled["doubled_keys"][0].as_py(), _keys(doubled, contract), frozenset(days["day"].to_pylist()))


def batches(rows_by_date: Mapping[date, int]) -> Iterator[tuple[date, date]]:
    """First and last date of pieces of at most ROWS_AT_ONCE rows, or of a single date."""
    piece: list[date] = []
    rows = 0
    for day, count in sorted(rows_by_date.items()):
        if piece and rows + count > ROWS_AT_ONCE:
            yield piece[0], piece[-1]
            piece, rows = [], 0
        piece.append(day)
        rows += count
    if piece:
        yield piece[0], piece[-1]


def check_hashes(rows: pa.Table, contract: Contract) -> dict[str, Finding]:
    """Faults of one batch by kind."""
    stored = rows["data_hash"].combine_chunks()
    unhashed = stored.is_null()
    well_formed = pc.fill_null(pc.match_substring_regex(stored, f"^[0-9a-f]{{{HASH_LENGTH}}}$"), False)
    found = {
        "unhashed": _finding(rows, unhashed, contract),
        "malformed": _finding(rows, pc.and_not(pc.invert(unhashed), well_formed), contract),
    }
    try:
        values = cast_to_contract(rows.drop_columns(["data_hash"]), contract)
    except CastError as error:
        return {**found, "unfit": Finding(1, (str(error),))}
    differs = pc.or_(
        pc.fill_null(pc.not_equal(data_hashes(values, contract), stored), False), _changed_by_cast(rows, values)
    )
    return {**found, "altered": _finding(rows, pc.and_(differs, well_formed), contract)}


def _changed_by_cast(rows: pa.Table, values: pa.Table) -> pa.Array:
    """Rows with a double that is none of its column's scale: casting rounds it to the one that was hashed, perhaps."""
    changed = np.zeros(rows.num_rows, dtype=np.bool_)
    for field in values.schema:
        stored, cast = rows[field.name].combine_chunks(), values[field.name].combine_chunks()
        owners = np.arange(rows.num_rows)
        if pa.types.is_list(field.type):
            owners = pc.list_parent_indices(cast).to_numpy()
            stored, cast = pc.list_flatten(stored), pc.list_flatten(cast)
        if pa.types.is_floating(cast.type) and pa.types.is_floating(stored.type):
            same = pc.fill_null(pc.equal(stored, cast), False)
            differs = pc.and_not(stored.is_valid(), same).to_numpy(zero_copy_only=False)
            changed[owners[differs]] = True
    return pa.array(changed)


def _finding(rows: pa.Table, mask: pa.Array, contract: Contract) -> Finding:
    count = pc.sum(mask).as_py() or 0
    if not count:
        return Finding()
    faulty = rows.filter(mask).sort_by([(name, "ascending") for name in (contract.partition_by, *contract.key)])
    days = frozenset(pc.unique(faulty[contract.partition_by]).to_pylist())
    return Finding(count, _keys(faulty.slice(0, EXAMPLES), contract), days)


def _keys(rows: pa.Table, contract: Contract) -> tuple[str, ...]:
    return tuple(describe_key(rows, contract, row) for row in range(rows.num_rows))


def _cut_off(finding: Finding) -> bool:
    return finding.count > len(finding.examples)


_HEADER = ("table", "rows", "hashed", "form", "recomputed", "unique", "first", "last", "dates", "")


def _cells(table: TableVerification) -> tuple[str, ...]:
    checks = table.checks
    coverage = checks.hash_coverage_pct
    return (
        checks.table,
        f"{checks.rows:,}",
        "-" if coverage is None else f"{coverage:.1f} %",
        f"{checks.malformed.count:,} wrong" if checks.malformed else "ok",
        f"{checks.altered.count:,} differ" if checks.altered else "unfit" if checks.unfit else "ok",
        f"{checks.doubled.count:,} doubled" if checks.doubled else "ok",
        str(checks.first_date or "-"),
        str(checks.last_date or "-"),
        f"{table.dates_complete}/{table.dates_expected}",
        "PASS" if table.passed else "FAIL",
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width, the two with numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in (1, 2) else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _as_dict(table: TableVerification) -> dict[str, Any]:
    checks = table.checks
    kinds = ("unhashed", "malformed", "altered", "doubled", "unfit")
    findings = {kind: getattr(checks, kind) for kind in kinds}
    return {
        "table": checks.table,
        "passed": table.passed,
        "start_date": str(checks.start),
        "end_date": str(checks.end),
        "rows": checks.rows,
        "hash_coverage_pct": checks.hash_coverage_pct,
        **{kind: {"count": found.count, "examples": list(found.examples)} for kind, found in findings.items()},
        "first_date": None if checks.first_date is None else str(checks.first_date),
        "last_date": None if checks.last_date is None else str(checks.last_date),
        "dates_complete": table.dates_complete,
        "dates_expected": table.dates_expected,
        "reasons": list(table.reasons),
        "excused": [one.said for one in table.excused],
        "excused_rows": table.excused_rows,
    }
