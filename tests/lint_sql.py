"""Lint every SQL file with sqlfluff; a file that it skips or cannot render is a failure, not a pass.

sqlfluff's dbt templater exits 0 although it skips models that do not compile, and uses one core: the files are dealt out to
one process a core.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from python_processors.contract.declared import declared_as_json
from python_processors.project_code import DECLARED_ROWS

ROOT = Path(__file__).resolve().parents[1]
# Materializations and macros are Jinja that writes SQL: only models and singular tests are SQL.
FOLDERS = ("models", "tests/dbt")


def lint(files: Sequence[Path]) -> tuple[int, str]:
    """Exit code and words of one sqlfluff, with a parsed project of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"FULLCOURT_DUCKDB": str(Path(folder) / "lint.duckdb"), "DBT_TARGET_PATH": folder}
        environment[DECLARED_ROWS] = declared_as_json()  # sqlfluff parses by itself, without dbt's plugins
        run = subprocess.run(
            [str(Path(sys.executable).with_name("sqlfluff")), "lint", "--disable-progress-bar", *map(str, files)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
    return run.returncode, run.stdout + run.stderr


def main() -> int:
    files = sorted(path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*.sql"))
    parts = min(os.cpu_count() or 1, len(files))
    with ThreadPoolExecutor(parts) as pool:
        outcomes = list(pool.map(lint, [files[part::parts] for part in range(parts)]))
    output = "\n".join(words for _, words in outcomes)
    print(output)
    skipped = [line for line in output.splitlines() if "Skipped file" in line or "Unrecoverable" in line]
    if skipped:
        print("sqlfluff could not read every file:", *skipped, sep="\n  ", file=sys.stderr)
    return max(code for code, _ in outcomes) or bool(skipped)


if __name__ == "__main__":
    sys.exit(main())
