"""All tables of two places, one after another: three queries each, whatever their size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from python_processors.compare.asked import AskedError, Pair, Place, Span, columns_of
from python_processors.compare.differences import (
    KINDS_OF_KEYS,
    KINDS_OF_VALUES,
    ROWS,
    Example,
    Finding,
    TableComparison,
    rows_said,
    share,
)
from python_processors.compare.sql import Queries, columns_in_both
from python_processors.engines.base import Sides
from python_processors.engines.live import Columns

_VALUES = {
    "number": "are other numbers", "text": "are other values",
    "type": "are other values by their text, since the types differ",
}  # fmt: skip


def compare_tables(
    sides: Sides, pairs: Sequence[Pair], places: tuple[Place, Place], span: Span, tolerance: float
) -> Iterator[TableComparison]:
    """:raises AskedError: a table or a key column that was named is not there, or both sides are the same."""
    for pair in pairs:
        if sides.one.named(pair.one) == sides.two.named(pair.two):
            raise AskedError(f"{places[0].text} and {places[1].text} are the same {pair.table}. Give another place.")
        one = columns_of(sides.one, pair.one, places[0])
        two = columns_of(sides.two, pair.two, places[1])
        if not one and not two:
            yield TableComparison(pair.table, said="neither side has the table")
        elif not one or not two:
            yield TableComparison(pair.table, said=f"only {places[0 if one else 1].text} has the table")
        else:
            yield _compared(queries_of(sides, pair, one, two, span, tolerance), one, two)


def bytes_of(sides: Sides, pairs: Sequence[Pair], span: Span, tolerance: float) -> int | None:
    """What the comparison would read, by a dry run of each table's largest query; None where nobody pays for it."""
    found: list[int] = []
    for pair in pairs:
        one, two = sides.one.columns(pair.one), sides.two.columns(pair.two)
        if one and two:
            read = sides.session.bytes_read_by(queries_of(sides, pair, one, two, span, tolerance).differences())
            if read is None:
                return None
            found.append(read)
    return sum(found)


def queries_of(sides: Sides, pair: Pair, one: Columns, two: Columns, span: Span, tolerance: float) -> Queries:
    """:raises AskedError: a column that tells rows or dates apart is not on both sides."""
    keys = {column.name: column for column in columns_in_both(one, two, pair.key)}
    missing = [name for name in (*pair.key, *([pair.day] if pair.day else [])) if name not in {n for n, _, _ in one}
               or name not in {n for n, _, _ in two}]  # fmt: skip
    if missing:
        raise AskedError(
            f"{pair.table} lacks the key column {', '.join(dict.fromkeys(missing))} on a side: name columns that both"
            " have by --key and --date-column."
        )
    wanted = None if pair.wanted is None else [name for name in pair.wanted if name not in keys]
    columns = tuple(column for column in columns_in_both(one, two, wanted) if column.name not in keys)
    day = next(columns_in_both(one, two, [pair.day])) if pair.day else None
    key = tuple(keys[name] for name in pair.key)
    return Queries(sides.session, sides.one, sides.two, pair, columns, key, day, span, tolerance)


def _compared(queries: Queries, one: Columns, two: Columns) -> TableComparison:
    session, pair = queries.session, queries.pair
    counts = session.read(queries.counts()).to_pylist()
    days = session.read(queries.differences()).to_pylist()
    findings = [*_of_columns(pair, one, two), *_of_rows(pair, counts, days), *_of_values(queries, days)]
    shown = [finding for finding in findings if finding.kind in (*KINDS_OF_VALUES, *KINDS_OF_KEYS)]
    examples: dict[tuple[str, str], list[Example]] = {}
    if shown:
        asked = [(finding.column, finding.kind) for finding in shown]
        for row in session.read(queries.examples(asked)).to_pylist():
            of = Example(row["row_key"], row["one"], row["two"])
            examples.setdefault((row["column_name"], row["kind"]), []).append(of)
    told = tuple(replace(of, examples=tuple(examples.get((of.column, of.kind), ()))) for of in findings)
    rows = {side: sum(row["row_count"] for row in counts if row["side"] == side) for side in ("one", "two")}
    matched, differing = (_total(days, name) for name in ("matched", "differing"))
    return TableComparison(pair.table, rows["one"], rows["two"], matched, differing, len(queries.columns), told)


def _of_columns(pair: Pair, one: Columns, two: Columns) -> Iterator[Finding]:
    """Columns of one side alone, and types that differ; of a table of ours only columns that its contract knows."""
    types = [{name: type_name for name, type_name, _ in columns} for columns in (one, two)]
    for own, other, side in ((types[0], types[1], "one"), (types[1], types[0], "two")):
        for name in own.keys() - other.keys():
            yield Finding(pair.table, name, f"column_only_in_{side}", 1, 0, f"only {side} has the column ({own[name]})")
    for name, type_name in types[0].items():
        if name in types[1] and types[1][name] != type_name:
            yield Finding(pair.table, name, "column_type", 1, 0, f"is {type_name} in one and {types[1][name]} in two")


def _of_rows(pair: Pair, counts: Sequence[Mapping[str, Any]], days: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for side in ("one", "two"):
        own = [row for row in counts if row["side"] == side]
        rows = sum(row["row_count"] for row in own)
        for name, words in (("surplus", "of a key that it has already"), ("without_key", "whose key has a null")):
            count = _total(own, name)
            if count:
                said = f"{side} has {rows_said(count)} {words}"
                yield Finding(pair.table, ROWS, f"{name}_in_{side}", count, rows, said, _by_day(own, name))
        only = _total(days, f"only_in_{side}")
        if only:
            said = f"{rows_said(only)} of keys that only {side} has"
            yield Finding(pair.table, ROWS, f"only_in_{side}", only, rows, said, _by_day(days, f"only_in_{side}"))
    behind = _total(days, "behind_hash")
    if behind:
        said = (
            f"{rows_said(behind)} with equal data_hash and unlike hashed values: one of the two is not what it claims"
        )
        yield Finding(
            pair.table, ROWS, "behind_hash", behind, _total(days, "matched"), said, _by_day(days, "behind_hash")
        )


def _of_values(queries: Queries, days: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    matched = _total(days, "matched")
    for n, column in enumerate(queries.columns):
        for name, kind, words in (
            (f"n{n}", "null", "are null on one side"),
            (f"v{n}", column.kind, _VALUES[column.kind]),
        ):
            count = _total(days, name)
            if count:
                said = f"{share(count, matched)} {words}"
                yield Finding(queries.pair.table, column.name, kind, count, matched, said, _by_day(days, name))


def _by_day(rows: Sequence[Mapping[str, Any]], name: str) -> dict[date, int]:
    """Of rows without a date nothing: they are in the sum."""
    found: dict[date, int] = {}
    for row in rows:
        if row[name] and row["day"] is not None:
            found[row["day"]] = found.get(row["day"], 0) + int(row[name])
    return dict(sorted(found.items()))


def _total(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)
