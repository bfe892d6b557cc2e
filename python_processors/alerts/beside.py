"""What channels were told of commands that did not begin, while nothing could be written to the ledger.

It waits in a file beside the database, as while a run holds a DuckDB file: else a command that is started every ten
minutes would tell the same every ten minutes. The next digest that can be noted takes it into the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from python_processors.alerts.findings import Key
from python_processors.alerts.news import Told

if TYPE_CHECKING:
    from python_processors.orchestration.warehouse import Warehouse

Notes = dict[str, list[Told]]  # by channel, as the ledger spells it
_NOTES: TypeAdapter[Notes] = TypeAdapter(Notes)
_SUFFIX = ".told.json"


def told_beside(warehouse: Warehouse) -> dict[str, dict[Key, Told]]:
    """By channel; none where the file is not there or cannot be read."""
    with suppress(OSError, ValidationError):
        notes = _NOTES.validate_json(_file(warehouse).read_bytes())
        return {channel: {of.finding.key: of for of in told} for channel, told in notes.items()}
    return {}


def note_beside(warehouse: Warehouse, told: Mapping[str, Mapping[Key, Told]]) -> None:
    """:raises OSError: it cannot be written there either."""
    file = _file(warehouse)
    file.parent.mkdir(parents=True, exist_ok=True)
    made = file.with_name(f"{file.name}.new")
    made.write_bytes(_NOTES.dump_json({channel: list(of.values()) for channel, of in told.items()}))
    made.replace(file)


def forget_beside(warehouse: Warehouse) -> None:
    """The ledger has it by now."""
    _file(warehouse).unlink(missing_ok=True)


def _file(warehouse: Warehouse) -> Path:
    return warehouse.side_file(_SUFFIX)
