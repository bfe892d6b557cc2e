"""What knowing that nothing changed is worth: `make bench` runs it after the other figures.

A season (with a raw archive; else a simulated month) is built by a run of fullcourt, then asked for again,
then forced. The same no-op is asked of dbt's own microbatch strategy: three models by day, over the same
dates of the same database.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from python_processors.orchestration.backfill import backfill, plan_of
from python_processors.orchestration.project import Project
from python_processors.orchestration.request import Request
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_loader import SIMULATED_UNTIL, find_raw_dir

MICROBATCH_MODELS = {
    "offense": "nba_analytics.team_offense_game_summary",
    "defense": "nba_analytics.team_defense_game_summary",
    "players": "nba_analytics.player_game_summary",
}


def bench_backfill(raw_dir: Path, window: tuple[str, str], label: str) -> None:
    """Prints ratios of a run with nothing to do to a forced one, and to microbatch."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "FULLCOURT_DUCKDB": str(Path(folder) / "bench.duckdb"), "RAW_DIR": str(raw_dir),
            "DBT_TARGET_PATH": str(Path(folder) / "target"), "DBT_LOG_PATH": str(Path(folder) / "logs"),
        }  # fmt: skip
        project, warehouse = Project(), DuckDBWarehouse()
        _ = project.manifest
        request = Request(date.fromisoformat(window[0]), date.fromisoformat(window[1]))
        forced = Request(request.start, request.end, forced=True)
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
            first = _seconds(lambda: backfill(project, warehouse, request, audited_share=0))
            nothing = _seconds(lambda: backfill(project, warehouse, request))
            planning = min(_seconds(lambda: plan_of(project, warehouse, request)) for _ in range(3))
            again = _seconds(lambda: backfill(project, warehouse, forced, audited_share=0))
        print(
            f"{label}: with nothing to do a run takes {nothing / again:.3f} of a forced one ({again / nothing:,.0f}x);"
        )
        print(f"        planning alone {planning / again:.3f} of it ({planning:.1f} s here),")
        print(f"        the first build {first / again:.1f}x", flush=True)
        microbatch = _microbatch(Path(folder), window)
        if microbatch is None:
            print("        dbt microbatch did not run here")
        else:
            print(
                f"        dbt microbatch, three models by day, the same dates again: {microbatch / nothing:,.0f}x"
                " the time of that run over ten tables"
            )


def _seconds(work: object) -> float:
    began = time.monotonic()
    work()  # type: ignore[operator]
    return time.monotonic() - began


def _microbatch(folder: Path, window: tuple[str, str]) -> float | None:
    """Seconds of dbt's second run over the window, with its start; None where it cannot run."""
    project = folder / "microbatch"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: microbatch\nversion: 0.1.0\nprofile: microbatch\nmodel-paths: [models]\n"
        "models: {microbatch: {+materialized: incremental, +incremental_strategy: microbatch, +event_time: game_date,"
        f" +batch_size: day, +begin: '{window[0]}', +lookback: 0}}}}\n"
    )
    sources = [{"name": name, "config": {"event_time": "game_date"}} for name in _tables()]
    (project / "models" / "sources.yml").write_text(
        json.dumps({"version": 2, "sources": [{"name": "built", "schema": "nba_analytics", "tables": sources}]})
    )
    for name, relation in MICROBATCH_MODELS.items():
        (project / "models" / f"{name}.sql").write_text(
            f"select * from {{{{ source('built', '{relation.split('.')[1]}') }}}}"
        )
    (project / "profiles.yml").write_text(
        "microbatch: {target: dev, outputs: {dev: {type: duckdb, schema: microbatch, threads: 2,"
        f" path: '{os.environ['FULLCOURT_DUCKDB']}'}}}}}}\n"
    )
    command = [
        sys.executable, "-m", "dbt.cli.main", "run", "--quiet", "--project-dir", str(project), "--profiles-dir",
        str(project), "--event-time-start", window[0], "--event-time-end", window[1],
    ]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if name not in ("DBT_TARGET_PATH", "DBT_LOG_PATH")}
    for _ in range(2):
        began = time.monotonic()
        if subprocess.run(command, env=environment, cwd=project, capture_output=True, check=False).returncode:
            return None
        seconds = time.monotonic() - began
    return seconds


def _tables() -> list[str]:
    return [relation.split(".")[1] for relation in MICROBATCH_MODELS.values()]


def main() -> None:
    folder = find_raw_dir()
    if folder.is_simulated:
        from python_processors.simulation import simulate

        with tempfile.TemporaryDirectory() as raw:
            simulate(Path(raw), until=SIMULATED_UNTIL)
            bench_backfill(Path(raw), ("2021-10-19", "2021-11-19"), "a simulated month")
    else:
        bench_backfill(folder.path, ("2021-10-19", "2022-06-16"), "the season 2021-22")


if __name__ == "__main__":
    main()
