"""How a backfill grows with the seasons: `make bench-scale` (`--seasons 1,2` chooses; 1, 5 and 20 by default).

Each count of seasons is simulated and built in a process of its own, season by season and through all ten
tables, by the project's own run. Prints a Markdown table: processor seconds a season (and of the last one, since
later seasons look back over the earlier ones' rows; by the clock, too, which counts whatever else the machine
does), peak memory of the load of all raw files and of the seasons, and size on disk. Linux alone counts the memory.
Where matplotlib is installed (it is in the dev extra), docs/scale.svg is drawn from the rows.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract

PLOT = PROJECT_ROOT / "docs" / "scale.svg"
LAST_SEASON = 2024  # a run takes no date to come, so that more seasons start earlier


@dataclass(frozen=True)
class Scale:
    """What it took to build some seasons."""

    seasons: int
    simulate_seconds: float
    load_seconds: float  # of the processor: the raw files of all seasons
    load_megabytes: float
    processor_seconds: list[float]  # of all threads, by season
    clock_seconds: list[float]
    peak_megabytes: list[float]  # by season
    disk_megabytes: float
    raw_megabytes: float
    rows: int


def measure(seasons: int) -> Scale:
    """Simulate and build, in two processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        began = time.monotonic()
        first = LAST_SEASON - seasons + 1
        subprocess.run(
            [
                sys.executable, "-m", "python_processors.cli", "simulate", "--out", str(raw), "--seasons", str(seasons),
                "--first-season", str(first),
            ],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        simulated = time.monotonic() - began
        database = Path(folder) / "fullcourt.duckdb"
        settings = {
            "FULLCOURT_DUCKDB": str(database), "RAW_DIR": str(raw), "DBT_TARGET_PATH": str(Path(folder) / "target"),
            "DBT_LOG_PATH": str(Path(folder) / "logs"),
        }  # fmt: skip
        built = subprocess.run(
            [sys.executable, "-m", "benchmarks.scale", "--build", f"{first}:{seasons}"],
            env={**os.environ, **settings}, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        said = json.loads(built.stdout.splitlines()[-1])
        return Scale(
            seasons, simulated, said["load_seconds"], said["load_megabytes"], said["processor_seconds"],
            said["clock_seconds"], said["peak_megabytes"],
            database.stat().st_size / 1e6, sum(file.stat().st_size for file in raw.rglob("*.parquet")) / 1e6,
            said["rows"],
        )  # fmt: skip


def build(first: int, seasons: int) -> None:
    """Build season after season, in this process; prints what it took as JSON."""
    from python_processors.orchestration.backfill import backfill
    from python_processors.orchestration.plan.preparation import prepare
    from python_processors.orchestration.project import Project
    from python_processors.orchestration.request import Request, season_range
    from python_processors.orchestration.warehouse import DuckDBWarehouse

    project, warehouse = Project(), DuckDBWarehouse()
    _ = project.manifest
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        prepare(project, warehouse, run_id="a bench")  # the schedule says when a season starts and ends
    load_seconds, load_megabytes = time.process_time(), peak_megabytes()
    times, clock, peaks = [], [], []
    for year in range(first, first + seasons):
        began = time.process_time(), time.monotonic()
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
            start, end = season_range(project, warehouse, f"{year}-{(year + 1) % 100:02d}")
            result = backfill(project, warehouse, Request(start, end), audited_share=0)
        if not result.is_whole:
            raise SystemExit(f"The season {year} is not whole: {result.to_dict()}")
        times.append(time.process_time() - began[0])
        clock.append(time.monotonic() - began[1])
        peaks.append(peak_megabytes())
        said = f"  {year}: {times[-1]:,.0f} s of the processor, {clock[-1]:,.0f} s by the clock, {peaks[-1]:,.0f} MB"
        print(said, file=sys.stderr, flush=True)
    with warehouse.reading() as session:
        counts = [
            session.read(f"select count(*) as n from {session.named(load_contract(table).relation)}")
            for table in hashed_tables()
        ]
    rows = sum(count["n"].to_pylist()[0] for count in counts)
    print(json.dumps({
        "load_seconds": load_seconds, "load_megabytes": load_megabytes, "processor_seconds": times,
        "clock_seconds": clock, "peak_megabytes": peaks, "rows": rows,
    }))  # fmt: skip


def peak_megabytes() -> float:
    """Most resident memory of this process since the last call, by Linux's own count (proc(5): VmHWM)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    return int(line.split()[1]) * 1024 / 1e6


def table(scales: list[Scale]) -> str:
    """The figures in Markdown."""
    lines = [
        "| seasons | simulate, s | load, processor s | build, processor s a season | last season, processor s"
        " | build, clock s a season | load, peak MB | build, peak MB, mean of seasons | highest | last season"
        " | database, MB | raw files, MB | hashed rows |",
        "|" + " ---: |" * 13,
    ]
    for of in scales:
        mean, clock = sum(of.processor_seconds) / of.seasons, sum(of.clock_seconds) / of.seasons
        peaks = of.peak_megabytes
        seconds = [of.simulate_seconds, of.load_seconds, mean, of.processor_seconds[-1], clock]
        memory = [of.load_megabytes, sum(peaks) / of.seasons, max(peaks), peaks[-1]]
        megabytes = [*memory, of.disk_megabytes, of.raw_megabytes]
        figures = [of.seasons, *seconds, *megabytes, of.rows]
        lines.append("| " + " | ".join(f"{figure:,.0f}" for figure in figures) + " |")
    return "\n".join(lines)


def plot(scales: list[Scale], to: Path) -> bool:
    """Seconds and memory by season; False without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "fullcourt"
    from matplotlib import pyplot, ticker

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for of in scales:
        seasons, label = range(1, of.seasons + 1), f"{of.seasons} season{'s' if of.seasons > 1 else ''}"
        left.plot(seasons, of.processor_seconds, marker="o", label=label)
        right.plot(seasons, of.peak_megabytes, marker="o", label=label)
    for axes, ylabel in ((left, "processor seconds to build it"), (right, "peak memory to build it, MB")):
        axes.set(xlabel="season of the run", ylabel=ylabel, ylim=(0, None))
        axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True))
        axes.legend(frameon=False)
    figure.savefig(to, metadata={"Date": None})
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seasons", default="1,5,20", help="counts of seasons, separated by commas")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    parser.add_argument("--plot", type=Path, default=PLOT, help="where to draw (default docs/scale.svg)")
    options = parser.parse_args()
    if options.build:
        first, seasons = map(int, options.build.split(":"))
        build(first, seasons)
        return
    scales = []
    for seasons in map(int, options.seasons.split(",")):
        print(f"{seasons} seasons ...", file=sys.stderr, flush=True)
        scales.append(measure(seasons))
        print(json.dumps(asdict(scales[-1])), file=sys.stderr, flush=True)
    print(table(scales))
    if plot(scales, options.plot):
        print(f"\nDrawn to {options.plot}", file=sys.stderr)
    else:
        print("\nmatplotlib is not installed, so nothing was drawn.", file=sys.stderr)


if __name__ == "__main__":
    main()
