"""dbt's YAML files, each read once a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from python_processors.project_code import remembered

# libyaml, which PyYAML's wheels bring along, takes a tenth of the time: seconds of every command's start.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@remembered
def read_yaml(path: Path) -> dict[str, Any]:
    """What a YAML file holds; empty for an empty file. Not to be changed: it is shared."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
