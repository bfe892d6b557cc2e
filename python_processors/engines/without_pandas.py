"""Arrow without pandas: pyarrow 26 imports it, where it is installed, for the first array or scalar that is made, to
see whether that was given a Series. No row here ever is one, and the import takes longer than most queries
(0.3 CPU s, 2026-11). pyarrow asks once: to that question pandas is not there. `to_pandas()` finds it all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pyarrow as pa


class _Nowhere(MetaPathFinder):
    """pandas is not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not needed here", name=fullname)


def spare_pandas() -> None:
    """Let pyarrow ask for pandas now, and not find it."""
    if "pandas" in sys.modules:
        return
    nowhere = _Nowhere()
    sys.meta_path.insert(0, nowhere)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(nowhere)
