"""The types of columns that every engine stores, prints and hashes alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

# A number's text must be a plain float text (no exponent, no lost digit), or SQL and Python
# would print it differently: 15 digits survive a double, and repr() turns to exponents below 1e-4.
MAX_PRECISION = 15
MAX_SCALE = 4

_SCALARS: dict[str, pa.DataType] = {
    "INT64": pa.int64(),
    "BOOL": pa.bool_(),
    "STRING": pa.string(),
    "JSON": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}
_NUMERIC = re.compile(r"NUMERIC\(([0-9]{1,3}), ?([0-9]{1,3})\)")
_ARRAY = re.compile(r"ARRAY<(.+)>")
_SCALED = re.compile(r"(.*)FLOAT64\(([0-9]{1,3})\)(.*)")


@dataclass(frozen=True)
class ContractType:
    """One contract type, as BigQuery spells it: `INT64`, `NUMERIC(5,1)`, `ARRAY<STRING>`.

    `element` is set for arrays, `precision` and `scale` for NUMERIC and FLOAT64. A FLOAT64's scale is no part of its
    name, and stands beside it in a contract: the values are rounded to so many decimals, as a NUMERIC's are.
    """

    name: str
    kind: str
    precision: int = 0
    scale: int = 0
    element: ContractType | None = None

    @classmethod
    def parse(cls, name: str, scale: int | None = None) -> ContractType:
        """:raises ValueError: the name is not a contract type; the message says which there are."""
        is_float = name in ("FLOAT64", "ARRAY<FLOAT64>")
        if is_float and scale is None:
            raise ValueError(
                f"`{name}` needs `config.meta.scale`, the decimals that its values are rounded to (1 to {MAX_SCALE}),"
                " as engines print an unrounded double differently"
            )
        if scale is not None and not is_float:
            raise ValueError(f"`scale` is of FLOAT64 and ARRAY<FLOAT64> alone, and the type is `{name}`")
        if scale is not None and not 0 < scale <= MAX_SCALE:
            raise ValueError(
                f"a scale of {scale} cannot be hashed alike on every engine: it is 1 to {MAX_SCALE}"
                " (INT64 when there are no decimals)"
            )
        if name == "FLOAT64":
            return cls(name, name, MAX_PRECISION, scale or 0)
        if name in _SCALARS:
            return cls(name, name)
        if match := _NUMERIC.fullmatch(name):
            precision, scale = int(match[1]), int(match[2])
            if not 0 < scale <= min(MAX_SCALE, precision) or precision > MAX_PRECISION:
                raise ValueError(
                    f"`{name}` cannot be hashed alike on every engine: use a scale of 1 to {MAX_SCALE}"
                    f" and a precision of at most {MAX_PRECISION} (INT64 when there are no decimals)"
                )
            return cls(name, "NUMERIC", precision, scale)
        if match := _ARRAY.fullmatch(name):
            if match[1].startswith("ARRAY<"):
                raise ValueError(f"`{name}`: BigQuery has no arrays of arrays")
            if match[1] == "JSON":
                raise ValueError("`ARRAY<JSON>` is no contract type: a JSON holds an array itself")
            return cls(name, "ARRAY", element=cls.parse(match[1], scale))
        known = ", ".join([*_SCALARS, "NUMERIC(p,s)", "FLOAT64", "ARRAY<...>"])
        raise ValueError(f"`{name}` is no contract type; there are {known}")

    @classmethod
    def parse_whole(cls, text: str) -> ContractType:
        """A type from its `whole_name`. :raises ValueError: it is none."""
        if match := _SCALED.fullmatch(text):
            return cls.parse(f"{match[1]}FLOAT64{match[3]}", int(match[2]))
        return cls.parse(text)

    @property
    def whole_name(self) -> str:
        """The name with a FLOAT64's scale: `FLOAT64(2)`, `ARRAY<FLOAT64(4)>`. No engine knows that spelling."""
        if self.element is not None:
            return f"ARRAY<{self.element.whole_name}>"
        return f"{self.name}({self.scale})" if self.kind == "FLOAT64" else self.name

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that holds a stored value exactly."""
        if self.kind == "NUMERIC":
            return pa.decimal128(self.precision, self.scale)
        if self.element is not None:
            return pa.list_(self.element.arrow)
        return pa.float64() if self.kind == "FLOAT64" else _SCALARS[self.kind]
