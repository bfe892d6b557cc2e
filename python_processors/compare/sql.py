"""The queries of a comparison, in SQL that both engines take: three for a table, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from python_processors.compare.asked import Pair, Span
from python_processors.compare.differences import KINDS_OF_KEYS
from python_processors.engines.base import Session, Side
from python_processors.engines.live import Columns

EXAMPLES = 3
_NUMBERS = ("INT", "NUMERIC", "BIGNUMERIC", "FLOAT", "HUGEINT", "DOUBLE", "TINYINT", "SMALLINT", "UBIGINT", "UINTEGER")
_NESTED = ("ARRAY<", "STRUCT", "MAP", "JSON")


@dataclass(frozen=True)
class ComparedColumn:
    """A column that both tables have, and its type in each."""

    name: str
    one: str
    two: str

    @property
    def kind(self) -> str:
        """Of what kind two values that differ are: number, text, or type, where only their texts can be compared."""
        families = {_family(self.one), _family(self.two)}
        return "type" if len(families) > 1 else "number" if families == {"number"} else "text"


@dataclass(frozen=True)
class Queries:
    """Queries of one pair of tables that are there on both sides. Rows of a null key meet no other row."""

    session: Session
    one: Side
    two: Side
    pair: Pair
    columns: tuple[ComparedColumn, ...]
    key: tuple[ComparedColumn, ...]
    day: ComparedColumn | None
    span: Span
    tolerance: float

    def counts(self) -> str:
        """Per side and day: rows, rows beyond the first of their key, and rows whose key has a null."""
        parts = [
            f"select '{side}' as side, day, count(*) as row_count,"
            f" sum(case when {self._has_key} and copy > 1 then 1 else 0 end) as surplus,"
            f" sum(case when {self._has_key} then 0 else 1 end) as without_key from {side}_rows group by day"
            for side in ("one", "two")
        ]
        return f"with {self._rows} {' union all '.join(parts)}"

    def differences(self) -> str:
        """Per day: keys of both and of one side alone, rows that differ, and per column nulls and values that do."""
        sums = [
            "sum(case when in_one and in_two then 1 else 0 end) as matched",
            "sum(case when in_two then 0 else 1 end) as only_in_one",
            "sum(case when in_one then 0 else 1 end) as only_in_two",
        ]
        unlike = " or ".join(f"{self._null(n)} or {self._value(n)}" for n in range(len(self.columns))) or "false"
        sums.append(f"sum(case when in_one and in_two and ({unlike}) then 1 else 0 end) as differing")
        sums.append(f"sum(case when in_one and in_two and {self._behind_hash} then 1 else 0 end) as behind_hash")
        for n in range(len(self.columns)):
            sums.append(f"sum(case when in_one and in_two and {self._null(n)} then 1 else 0 end) as n{n}")
            sums.append(f"sum(case when in_one and in_two and {self._value(n)} then 1 else 0 end) as v{n}")
        return f"with {self._rows}, {self._joined} select day, {', '.join(sums)} from joined group by day"

    def examples(self, of: Sequence[tuple[str, str]]) -> str:
        """The first keys and values of each difference.

        :param of: column and kind; of keys that one side alone has the kind alone tells.
        """
        named = {column.name: n for n, column in enumerate(self.columns)}
        keys = ", ' ', ".join(self._text(f"k{n}", self._type_of_key(column)) for n, column in enumerate(self.key))
        order = ", ".join(f"k{n}" for n in range(len(self.key)))
        parts = []
        for name, kind in of:
            if kind in KINDS_OF_KEYS:
                where = "not in_two" if kind == "only_in_one" else "not in_one"
                values = f"cast(null as {self._string}) as one, cast(null as {self._string}) as two"
            else:
                n, column = named[name], self.columns[named[name]]
                where = f"in_one and in_two and {self._null(n) if kind == 'null' else self._value(n)}"
                values = f"{self._text(f'l{n}', column.one)} as one, {self._text(f'r{n}', column.two)} as two"
            parts.append(
                f"(select '{name}' as column_name, '{kind}' as kind, concat({keys}) as row_key, {values} from joined"
                f" where {where} order by {order} limit {EXAMPLES})"
            )
        return f"with {self._rows}, {self._joined} {' union all '.join(parts)}"

    @cached_property
    def _string(self) -> str:
        return self.session.engine_type("STRING")

    @cached_property
    def _has_key(self) -> str:
        return " and ".join(f"k{n} is not null" for n in range(len(self.key)))

    @property
    def _rows(self) -> str:
        return ", ".join(
            self._rows_of(name, side, relation)
            for name, side, relation in (("one", self.one, self.pair.one), ("two", self.two, self.pair.two))
        )

    def _rows_of(self, name: str, side: Side, relation: str) -> str:
        own = {column.name: getattr(column, name) for column in (*self.columns, *self.key)}
        keys = [self._as_key(column, own) for column in self.key]
        day = f"cast({self.day.name} as date)" if self.day else "cast(null as date)"
        # Of several rows of a key the first by their values is compared: the same one at each time.
        order = [self._comparable(column.name, own[column.name]) for column in self.columns]
        selected = [
            *(f"{key} as k{n}" for n, key in enumerate(keys)), f"{day} as day",
            *(f"{column.name} as c{n}" for n, column in enumerate(self.columns)),
            f"row_number() over (partition by {', '.join(keys)} order by {', '.join(order or keys)}) as copy",
        ]  # fmt: skip
        return f"{name}_rows as (select {', '.join(selected)} from {side.named(relation)}{self._where})"

    @property
    def _where(self) -> str:
        if self.day is None:
            return ""
        # BigQuery wants a filter of the partition, bounds or not.
        first, last = self.span.start or "0001-01-01", self.span.end or "9999-12-31"
        # Bare, a DATE prunes partitions.
        is_date = (self.day.one, self.day.two) == ("DATE", "DATE")
        day = self.day.name if is_date else f"cast({self.day.name} as date)"
        filtered = f"{day} between date '{first}' and date '{last}'"
        if self.span.days:
            dates = ", ".join(f"date '{of}'" for of in self.span.days)
            filtered += f" and {day} in ({dates})"
        return (
            f" where {filtered}"
            if self.span.start or self.span.end
            else f" where {filtered} or {self.day.name} is null"
        )

    def _as_key(self, column: ComparedColumn, own: Mapping[str, str]) -> str:
        """Of unlike types the texts meet."""
        return column.name if column.one == column.two else self._text(column.name, own[column.name])

    def _type_of_key(self, column: ComparedColumn) -> str:
        return column.one if column.one == column.two else "STRING"

    @property
    def _joined(self) -> str:
        same = " and ".join(f"a.k{n} = b.k{n}" for n in range(len(self.key)))
        keys = ", ".join(f"coalesce(a.k{n}, b.k{n}) as k{n}" for n in range(len(self.key)))
        values = "".join(f", a.c{n} as l{n}, b.c{n} as r{n}" for n in range(len(self.columns)))
        first = f"copy = 1 and {self._has_key}"
        return (
            f"joined as (select coalesce(a.day, b.day) as day, a.k0 is not null as in_one, b.k0 is not null as in_two,"
            f" {keys}{values} from (select * from one_rows where {first}) as a"
            f" full outer join (select * from two_rows where {first}) as b on {same})"
        )

    def _null(self, n: int) -> str:
        return f"((l{n} is null) <> (r{n} is null))"

    def _value(self, n: int) -> str:
        """Both have a value, and the two differ. A NaN is within no tolerance of a number."""
        column = self.columns[n]
        both = f"l{n} is not null and r{n} is not null"
        if column.kind == "number":
            left, right = f"l{n}", f"r{n}"
            if column.one != column.two or self.tolerance:
                number = self.session.engine_type("FLOAT64")
                left, right = f"cast(l{n} as {number})", f"cast(r{n} as {number})"
            unlike = f"{left} is distinct from {right}"
            if self.tolerance:
                unlike += f" and not coalesce(abs({left} - {right}) <= {self.tolerance!r}, false)"
        elif column.one == column.two:
            left, right = self._comparable(f"l{n}", column.one), self._comparable(f"r{n}", column.two)
            unlike = f"{left} is distinct from {right}"
        elif _family(column.one) == _family(column.two) == "ARRAY<number>":
            numbers = [self.session.try_cast(side, "ARRAY<FLOAT64>") for side in (f"l{n}", f"r{n}")]
            unlike = " is distinct from ".join(self._comparable(of, "ARRAY<FLOAT64>") for of in numbers)
        else:
            unlike = f"{self._text(f'l{n}', column.one)} is distinct from {self._text(f'r{n}', column.two)}"
        return f"({both} and {unlike})"

    @property
    def _behind_hash(self) -> str:
        """Rows that claim to be alike by data_hash, and are not in what it is made of."""
        named = {column.name: n for n, column in enumerate(self.columns)}
        hashed = [named[name] for name in self.pair.hashed if name in named]
        if "data_hash" not in named or not hashed:
            return "false"
        of_hash = named["data_hash"]
        return f"l{of_hash} = r{of_hash} and ({' or '.join(f'{self._null(n)} or {self._value(n)}' for n in hashed)})"

    def _comparable(self, expression: str, type_name: str) -> str:
        return self.session.comparable(expression, is_array=type_name.startswith(_NESTED))

    def _text(self, expression: str, type_name: str) -> str:
        return f"cast({self._comparable(expression, type_name)} as {self._string})"


def columns_in_both(one: Columns, two: Columns, names: Sequence[str] | None) -> Iterator[ComparedColumn]:
    """In the order of the first; `names` None takes all."""
    types = {name: type_name for name, type_name, _ in two}
    for name, type_name, _ in one:
        if name in types and (names is None or name in names):
            yield ComparedColumn(name, type_name, types[name])


def _family(type_name: str) -> str:
    """Types whose values are compared as they are."""
    if type_name.startswith(_NUMBERS):
        return "number"
    if type_name.startswith("ARRAY<"):
        return f"ARRAY<{_family(type_name[6:-1])}>"
    return type_name.partition("(")[0]
