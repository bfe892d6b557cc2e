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

Rows = Sequence[Mapping[str, Any]]
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
        if one and two:
            yield _compared(queries_of(sides, pair, one, two, span, tolerance), one, two)
        else:
            yield _without_rows(pair, one, two, places)


def _without_rows(pair: Pair, one: Columns, two: Columns, places: tuple[Place, Place]) -> TableComparison:
    """Of a table that a side lacks, or whose rows were not asked for."""
    if one and two:
        return TableComparison(pair.table, findings=tuple(_of_columns(pair, one, two)))
    there = places[0 if one else 1].text
    return TableComparison(
        pair.table, said=f"only {there} has the table" if one or two else "neither side has the table"
    )


def compare_together(
    sides: Sides, pairs: Sequence[Pair], places: tuple[Place, Place], spans: Mapping[str, Span], most_examples: int
) -> list[TableComparison]:
    """The same of all tables in two queries, with examples of so many findings alone: those of most rows.

    :param spans: by table the dates that differ; of one without any, columns alone are compared.
    """
    columns = {pair.table: (sides.one.columns(pair.one), sides.two.columns(pair.two)) for pair in pairs}
    asked = {
        pair.table: queries_of(sides, pair, *columns[pair.table], spans[pair.table], 0.0)
        for pair in pairs if pair.table in spans and all(columns[pair.table])
    }  # fmt: skip
    sql = {f"{table}_counts": of.counts() for table, of in asked.items()}
    sql |= {f"{table}_days": of.differences() for table, of in asked.items()}
    rows = {name: of.to_pylist() for name, of in sides.session.read_all(sql).items()}
    found = {
        table: _findings(of, *columns[table], rows[f"{table}_counts"], rows[f"{table}_days"])
        for table, of in asked.items()
    }
    shown = sorted((of for each in found.values() for of in each if _has_rows(of)), key=lambda of: -of.count)
    of_table = {table: [of for of in shown[:most_examples] if of.table == table] for table in asked}
    examples = sides.session.read_all(
        {table: asked[table].examples(_named(of)) for table, of in of_table.items() if of}
    )
    compared = []
    for pair in pairs:
        one, two = columns[pair.table]
        if pair.table in asked:
            told = _with_examples(
                found[pair.table], examples[pair.table].to_pylist() if pair.table in examples else []
            )  # fmt: skip
            counts, days = rows[f"{pair.table}_counts"], rows[f"{pair.table}_days"]
            compared.append(_told(asked[pair.table], counts, days, told))
        else:
            compared.append(_without_rows(pair, one, two, places))
    return compared


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
    session = queries.session
    counts = session.read(queries.counts()).to_pylist()
    days = session.read(queries.differences()).to_pylist()
    findings = _findings(queries, one, two, counts, days)
    shown = [finding for finding in findings if _has_rows(finding)]
    examples = session.read(queries.examples(_named(shown))).to_pylist() if shown else []
    return _told(queries, counts, days, _with_examples(findings, examples))


def _findings(queries: Queries, one: Columns, two: Columns, counts: Rows, days: Rows) -> list[Finding]:
    pair = queries.pair
    return [*_of_columns(pair, one, two), *_of_rows(pair, counts, days), *_of_values(queries, days)]


def _has_rows(finding: Finding) -> bool:
    return finding.kind in (*KINDS_OF_VALUES, *KINDS_OF_KEYS)


def _named(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(finding.column, finding.kind) for finding in findings]


def _with_examples(findings: Sequence[Finding], rows: Rows) -> tuple[Finding, ...]:
    examples: dict[tuple[str, str], list[Example]] = {}
    for row in rows:
        of = Example(row["row_key"], row["one"], row["two"])
        examples.setdefault((row["column_name"], row["kind"]), []).append(of)
    return tuple(replace(of, examples=tuple(examples.get((of.column, of.kind), ()))) for of in findings)


def _told(queries: Queries, counts: Rows, days: Rows, findings: tuple[Finding, ...]) -> TableComparison:
    rows = {side: sum(row["row_count"] for row in counts if row["side"] == side) for side in ("one", "two")}
    matched, differing = (_total(days, name) for name in ("matched", "differing"))
    return TableComparison(
        queries.pair.table, rows["one"], rows["two"], matched, differing, len(queries.columns), findings
    )  # fmt: skip


def _of_columns(pair: Pair, one: Columns, two: Columns) -> Iterator[Finding]:
    """Columns of one side alone, and types that differ; of a table of ours only columns that its contract knows."""
    types = [{name: type_name for name, type_name, _ in columns} for columns in (one, two)]
    for own, other, side in ((types[0], types[1], "one"), (types[1], types[0], "two")):
        for name in own.keys() - other.keys():
            yield Finding(pair.table, name, f"column_only_in_{side}", 1, 0, f"only {side} has the column ({own[name]})")
    for name, type_name in types[0].items():
        if name in types[1] and types[1][name] != type_name:
            yield Finding(pair.table, name, "column_type", 1, 0, f"is {type_name} in one and {types[1][name]} in two")


def _of_rows(pair: Pair, counts: Rows, days: Rows) -> Iterator[Finding]:
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


def _of_values(queries: Queries, days: Rows) -> Iterator[Finding]:
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


def _by_day(rows: Rows, name: str) -> dict[date, int]:
    """Of rows without a date nothing: they are in the sum."""
    found: dict[date, int] = {}
    for row in rows:
        if row[name] and row["day"] is not None:
            found[row["day"]] = found.get(row["day"], 0) + int(row[name])
    return dict(sorted(found.items()))


def _total(rows: Rows, name: str) -> int:
    return sum(int(row[name] or 0) for row in rows)
