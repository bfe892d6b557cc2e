"""Arrow makes arrays without importing pandas, which is still there for who looks at a table with it."""

from __future__ import annotations

import subprocess
import sys

from python_processors.contract import PROJECT_ROOT

SCRIPT = """
import sys
import python_processors.engines.base
import pyarrow as pa, pyarrow.compute as pc
rows = pa.table({"a": [1, None], "b": pa.repeat("x", 2)})
assert rows.filter(pc.equal(rows["a"], 1)).num_rows == 1
print("pandas" in sys.modules)
print(rows.to_pandas()["b"].tolist(), pa.array(rows.to_pandas()["a"], from_pandas=True).null_count)
print([finder for finder in sys.meta_path if "Nowhere" in type(finder).__name__])
"""


def test_the_first_array_does_not_import_pandas_and_to_pandas_does() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT
    )  # fmt: skip
    assert done.stdout.splitlines() == ["False", "['x', 'x'] 1", "[]"]
