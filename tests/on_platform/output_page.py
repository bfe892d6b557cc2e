"""docs/output-tables.md, of what consumers know (output_tables.json), the contracts, and output_reasons.json.

`.venv/bin/python -m tests.on_platform.output_page` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_processors.contract import PROJECT_ROOT, Column, hashed_tables, load_contract
from tests.on_platform.tables import output_tables

PAGE = PROJECT_ROOT / "docs" / "output-tables.md"
_REASONS = Path(__file__).with_name("output_reasons.json")
_HEAD = """\
# The output tables, and what their consumers know

The ten hashed tables have the names, types and partitions that readers of the platform's tables know
([tests/on_platform/output_tables.json](../tests/on_platform/output_tables.json), of 2026-11-28). Where ours differ, the table
below has the column and the reason. This page is generated: `python -m tests.on_platform.output_page` writes it of that file,
of the contracts and of [the reasons](../tests/on_platform/output_reasons.json), and `tests/on_platform/test_output_page.py`
holds it to them.

A value of a `FLOAT64` is rounded to the decimals that its contract declares (`scale`) before it is stored, half away from
zero, as a `NUMERIC` of these decimals is; it has the hash of that `NUMERIC`. Never NaN and never infinite.
"""


@dataclass(frozen=True)
class Difference:
    """A column that is not as consumers know it; what one side lacks is empty there."""

    table: str
    column: str
    theirs: str
    ours: str
    meaning: str

    @property
    def is_stricter(self) -> bool:
        """Whether it differs in this alone, that it is never null here."""
        return bool(self.theirs) and self.ours == f"{self.theirs} REQUIRED"

    def reason_among(self, reasons: Mapping[str, str]) -> str | None:
        """The key of its reason."""
        keys = (f"{self.table}.{self.column}", f"*.{self.column}")
        return next((key for key in keys if key in reasons), None)


def differences() -> list[Difference]:
    """In the order of contracts and of their columns."""
    found = []
    for name in hashed_tables():
        contract = load_contract(name)
        theirs = output_tables()[contract.relation].columns
        ours = {column.name: column for column in contract.columns}
        for column in dict.fromkeys([*ours, *theirs]):
            sides = (theirs.get(column, ""), _spelled(ours.get(column)))
            if sides[0] != sides[1]:
                found.append(Difference(name, column, *sides, _meaning(ours.get(column))))
    return found


def reasons() -> tuple[str, dict[str, str]]:
    """Why a column may be required here that is nullable there; and why each other one differs, by `table.column`."""
    written = json.loads(_REASONS.read_text(encoding="utf-8"))
    return written["stricter"], written["columns"]


def page() -> str:
    """The whole page."""
    of_stricter, of_columns = reasons()
    found, parts = differences(), [_HEAD]
    for name in hashed_tables():
        contract = load_contract(name)
        parts.append(f"## {contract.relation}\n")
        own = [of for of in found if of.table == name]
        parts.append(f"Partitioned by `{contract.partition_by}`, as consumers know it.\n")
        for title, listed in (
            ("differs", [of for of in own if of.theirs and of.ours and not of.is_stricter]),
            ("only ours", [of for of in own if not of.theirs]),
            ("only consumers'", [of for of in own if not of.ours]),
        ):
            if listed:
                rows = [
                    f"| `{of.column}` | {_cell(of.theirs)} | {_cell(of.ours)} | {of.meaning} | "
                    f"{of_columns.get(of.reason_among(of_columns) or '', '')} |"
                    for of in listed
                ]
                head = f"| {title} | consumers' type | ours | meaning | reason |\n|---|---|---|---|---|"
                parts.append("\n".join([head, *rows]) + "\n")
            else:
                parts.append(f"{title.capitalize()}: no column.\n")
        stricter = [f"`{of.column}`" for of in own if of.is_stricter]
        if stricter:
            parts.append(f"Required here, and nullable for consumers: {', '.join(stricter)}. {of_stricter}\n")
    return "\n".join(parts)


def _spelled(column: Column | None) -> str:
    return "" if column is None else f"{column.type.name.replace(' ', '')}{' REQUIRED' if column.required else ''}"


def _cell(kind: str) -> str:
    """`INT64`, never null."""
    name, _, mode = kind.partition(" ")
    return f"`{name}`{', never null' if mode else ''}" if name else "-"


def _meaning(column: Column | None) -> str:
    return "" if column is None else column.description.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
