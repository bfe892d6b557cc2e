"""The types of columns that every engine stores, prints and hashes alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

# A NUMERIC's text must be a plain float text (no exponent, no lost digit), or SQL and Python
# would print it differently: 15 digits survive a double, and repr() turns to exponents below 1e-4.
MAX_PRECISION = 15
MAX_SCALE = 4

_SCALARS: dict[str, pa.DataType] = {
    "INT64": pa.int64(),
    "BOOL": pa.bool_(),
    "STRING": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}
_NUMERIC = re.compile(r"NUMERIC\(([0-9]{1,3}), ?([0-9]{1,3})\)")
_ARRAY = re.compile(r"ARRAY<(.+)>")


@dataclass(frozen=True)
class ContractType:
    """One contract type, as BigQuery spells it: `INT64`, `NUMERIC(5,1)`, `ARRAY<STRING>`.

    `element` is set for arrays, `precision` and `scale` for NUMERIC.
    """

    name: str
    kind: str
    precision: int = 0
    scale: int = 0
    element: ContractType | None = None

    @classmethod
    def parse(cls, name: str) -> ContractType:
        """:raises ValueError: the name is not a contract type; the message says which there are."""
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
            return cls(name, "ARRAY", element=cls.parse(match[1]))
        known = ", ".join([*_SCALARS, "NUMERIC(p,s)", "ARRAY<...>"])
        raise ValueError(f"`{name}` is no contract type; there are {known}")

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type that holds a stored value exactly."""
        if self.kind == "NUMERIC":
            return pa.decimal128(self.precision, self.scale)
        if self.element is not None:
            return pa.list_(self.element.arrow)
        return _SCALARS[self.kind]
