"""The relations that a table can read: models, seeds and raw tables, and their columns as they are described."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from python_processors.contract.raw import raw_tables
from python_processors.places import PROJECT_ROOT
from python_processors.project_code import remembered
from python_processors.yaml_files import parse, read_bytes


@remembered
def relations() -> Mapping[str, Path | None]:
    """The file of each relation by its name; None of a raw table."""
    models = {path.stem: path for path in sorted((PROJECT_ROOT / "models").rglob("*.sql"))}
    seeds = {path.stem: path for path in sorted((PROJECT_ROOT / "seeds").rglob("*.csv"))}
    return {**dict.fromkeys(raw_tables()), **seeds, **models}


@remembered
def columns_of(name: str) -> tuple[str, ...] | None:
    """A relation's columns; None where no file beside a model describes them."""
    path = relations()[name]
    if path is None:
        return tuple(column.name for column in raw_tables()[name].columns)
    if path.suffix == ".csv":
        return _header(read_bytes(path).decode("utf-8", "replace"))
    described = path.with_suffix(".yml")
    if not described.is_file():
        return None
    # A lenient look: whether that file is right is not this table's matter.
    document = parse(read_bytes(described), described, strict=False).value
    models = document.get("models") if isinstance(document, dict) else None
    for model in models if isinstance(models, list) else []:
        if isinstance(model, dict) and model.get("name") == name and isinstance(model.get("columns"), list):
            names = [column.get("name") for column in model["columns"] if isinstance(column, dict)]
            return tuple(column for column in names if isinstance(column, str)) or None
    return None


def _header(text: str) -> tuple[str, ...] | None:
    try:
        return tuple(next(csv.reader(text.splitlines()), []))
    except csv.Error:
        return None  # dbt says what is wrong with a seed
