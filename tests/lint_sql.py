"""Lint every SQL file with sqlfluff; a file that it skips or cannot render is a failure, not a pass.

sqlfluff's dbt templater exits 0 although it skips models that do not compile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from python_processors.contract.declared import declared_as_json
from python_processors.project_code import DECLARED_ROWS

ROOT = Path(__file__).resolve().parents[1]
# Materializations and macros are Jinja that writes SQL: only models and singular tests are SQL.
FOLDERS = ("models", "tests/dbt")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"FULLCOURT_DUCKDB": str(Path(folder) / "lint.duckdb"), "DBT_TARGET_PATH": folder}
        environment[DECLARED_ROWS] = declared_as_json()  # sqlfluff parses by itself, without dbt's plugins
        run = subprocess.run(
            [str(Path(sys.executable).with_name("sqlfluff")), "lint", "--disable-progress-bar", *FOLDERS],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    output = run.stdout + run.stderr
    print(output)
    skipped = [line for line in output.splitlines() if "Skipped file" in line or "Unrecoverable" in line]
    if skipped:
        print("sqlfluff could not read every file:", *skipped, sep="\n  ", file=sys.stderr)
    return run.returncode or bool(skipped)


if __name__ == "__main__":
    sys.exit(main())
