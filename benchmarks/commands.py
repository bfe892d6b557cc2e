"""What the commands that people type take: `make bench` prints the table of docs/benchmarks.md.

Each command is a process of its own, and its figure is the CPU time of it and all that it starts, user and system.
Two seasons (of the raw archive, else simulated) are built up to a day; each change is made on a copy of that
warehouse, so that none is on top of another. A season is held against its limit, measured beside it: the raw load, the
bare SELECTs of all models, the processors, the cast and the hash, in one process without dbt, plan, tests or ledger.
`--beside FOLDER` takes the same of another checkout of fullcourt, command by command in turn.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb

from python_processors.contract import PROJECT_ROOT
from python_processors.raw_loader import find_raw_dir

DAYS_INTO_SECOND_SEASON = 150
DAYS_BACK = 50
MONTH = 31
NO_CUT = ("nbac_schedule",)  # a schedule knows the games to come

# What a command is to take at most: CPU seconds, but for the season (times its limit) and the wall time of three.
REACH = {
    "a season: `backfill`, empty warehouse to verdict and report, against its limit": "2.0x",
    "three seasons, simulated: `backfill`, wall seconds": "90",
    "three seasons, simulated: `backfill`, peak memory in GB": "2",
    "a new day on two seasons, in a file of its own: `backfill`": "10",
    "a new day on two seasons, in the season's files: `backfill`": "10",
    "a row edited 50 days back: `backfill`": "15",
    "nothing to do, a month: `backfill`": "2.5",
    "`status` of a month": "1.0",
    "`gaps` of a month": "1.0",
    "`explain` of a date": "1.0",
    "`plan` of a month, nothing changed": "1.0",
    "`verify` of a month": "3",
    "`report` of a month": "5",
    "`--help`": "0.3",
    "`--version`": "0.3",
}


@dataclass(frozen=True)
class Taken:
    """What a command took: CPU and wall seconds, most resident memory in GB."""

    cpu: float
    wall: float
    gigabytes: float


@dataclass
class Site:
    """A checkout of fullcourt with a raw folder and a warehouse that it works on."""

    project: Path
    folder: Path
    limit: Taken | None = None  # of the season, where another checkout has been held against it
    figures: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.raw, self.warehouse = self.folder / "raw", self.folder / "warehouse"
        self.warehouse.mkdir(parents=True)
        for package in ("python_processors", "benchmarks"):  # as `make setup` does for the environment
            compileall.compile_dir(self.project / package, quiet=2)

    def run(self, module: str, *arguments: str, may_fail: bool = False) -> Taken:
        """:raises SystemExit: the command did not do what it was to do."""
        environment = os.environ | {
            "FULLCOURT_DUCKDB": str(self.warehouse / "fullcourt.duckdb"), "RAW_DIR": str(self.raw),
            "DBT_TARGET_PATH": str(self.warehouse / "target"), "DBT_LOG_PATH": str(self.warehouse / "logs"),
            "PYTHONPATH": str(self.project), "FULLCOURT_TARGET": "duckdb",
        }  # fmt: skip
        began = time.monotonic()
        with (self.folder / "words.log").open("ab") as words:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=self.project,
                env=environment,
                stdout=words,
                stderr=words,
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and not (may_fail and process.returncode == 1):
            raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}: {self.folder / 'words.log'}")
        return Taken(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss * 1024 / 1e9)

    def fullcourt(self, *arguments: str, may_fail: bool = False) -> Taken:
        return self.run("python_processors.cli", *arguments, may_fail=may_fail)

    def keep(self, name: str) -> None:
        """Remember warehouse and raw files as they are."""
        for part in (self.raw, self.warehouse):
            shutil.rmtree(self.folder / name / part.name, ignore_errors=True)
            shutil.copytree(part, self.folder / name / part.name)

    def take_back(self, name: str) -> None:
        for part in (self.raw, self.warehouse):
            shutil.rmtree(part)
            shutil.copytree(self.folder / name / part.name, part)


@dataclass(frozen=True)
class Archive:
    """Two seasons of raw files, and the day of the second that comes later."""

    folder: Path
    first: tuple[date, date]
    second_start: date
    day: date

    @classmethod
    def found(cls, at: Path) -> Archive:
        found = find_raw_dir()
        folder = found.path
        if found.is_simulated:
            simulate(at, seasons=2)
            folder = at
        with duckdb.connect() as connection:
            seasons = connection.execute(
                "select min(cast(game_date as date)), max(cast(game_date as date))"
                f" from read_parquet('{folder}/**/nbac_schedule.parquet', union_by_name=true)"
                " where game_id[1:3] in ('002', '004', '005') group by game_id[4:5] order by 1"
            ).fetchall()
        (start, end), (second_start, _) = seasons[:2]
        return cls(folder, (start, end), second_start, second_start + timedelta(DAYS_INTO_SECOND_SEASON))


def simulate(folder: Path, *, seasons: int) -> None:
    command = [
        sys.executable,
        "-m",
        "python_processors.cli",
        "simulate",
        "--out",
        str(folder),
        "--seasons",
        str(seasons),
    ]
    subprocess.run([*command, "--first-season", "2021"], check=True, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL)


def rewrite(file: Path, to: Path, sql: str) -> int:
    """Write a query over a file's rows, `raw` in it, to another or to itself. The count of rows."""
    new = to.with_suffix(".new")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create view raw as select * from read_parquet('{file}')")
        ((count,),) = connection.execute(f"copy ({sql}) to '{new}' (format parquet)").fetchall()
    new.replace(to)
    return int(count)


def dated_files(folder: Path) -> Iterator[Path]:
    """Files of which a day is some rows."""
    for file in sorted(folder.rglob("*.parquet")):
        with duckdb.connect() as connection:
            columns = connection.execute(f"describe select * from read_parquet('{file}')").fetchall()
        if file.stem not in NO_CUT and "game_date" in {name for name, *_ in columns}:
            yield file


def rows_of(file: Path, day: date) -> int:
    with duckdb.connect() as connection:
        ((count,),) = connection.execute(
            f"select count(*) from read_parquet('{file}') where cast(game_date as date) = '{day}'"
        ).fetchall()
    return int(count)


def seasons(site: Site, archive: Archive) -> None:
    """Build both seasons up to the day before the one that is to come."""
    shutil.copytree(archive.folder, site.raw)
    for file in dated_files(site.raw):
        rewrite(file, file, f"from raw where cast(game_date as date) < '{archive.day}'")
    start, end = archive.first
    season = site.fullcourt(
        "backfill", "--start", str(start), "--end", str(end), "--yes", "--skip-first-month", may_fail=True
    )
    if site.limit is None:
        site.limit = take_limit(site, start, end)
    limit = site.limit
    said = f"{season.cpu / limit.cpu:.1f}x ({season.cpu:.0f} against {limit.cpu:.0f})"
    site.figures["a season: `backfill`, empty warehouse to verdict and report, against its limit"] = said
    last = archive.day - timedelta(1)
    site.fullcourt(
        "backfill",
        "--start",
        str(archive.second_start),
        "--end",
        str(last),
        "--yes",
        "--skip-first-month",
        may_fail=True,
    )
    site.keep("two_seasons")


def a_day(site: Site, archive: Archive, *, in_own_file: bool) -> None:
    site.take_back("two_seasons")
    that_day = f"from raw where cast(game_date as date) = '{archive.day}'"
    for file in dated_files(archive.folder):
        to = site.raw / file.relative_to(archive.folder)
        if in_own_file:
            to = to.parent / str(archive.day) / to.name
            to.parent.mkdir(exist_ok=True)
            if not rewrite(file, to, that_day):
                to.unlink()
        else:
            rewrite(file, to, f"from raw where cast(game_date as date) <= '{archive.day}'")
    day = str(archive.day)
    where = "in a file of its own" if in_own_file else "in the season's files"
    taken = site.fullcourt("backfill", "--start", day, "--end", day, "--yes", may_fail=True)
    site.figures[f"a new day on two seasons, {where}: `backfill`"] = f"{taken.cpu:.1f}"


def a_row_edited(site: Site, archive: Archive) -> None:
    """A minute of one player in balldontlie, which both seasons have: no evidence speaks against so little."""
    site.take_back("two_seasons")
    day = archive.day - timedelta(DAYS_BACK)
    (file,) = (file for file in dated_files(site.raw) if file.stem == "bdl_player_boxscores" and rows_of(file, day))
    is_it = f"cast(game_date as date) = '{day}' and player_lookup = (select min(player_lookup) from raw where"
    rewrite(
        file, file,
        f"select * replace (case when {is_it} cast(game_date as date) = '{day}' and minutes between '20' and '29')"
        " then cast(cast(minutes as integer) + 1 as varchar) else minutes end as minutes) from raw",
    )  # fmt: skip
    season = ("--start", str(archive.second_start), "--end", str(archive.day - timedelta(1)))
    taken = site.fullcourt("backfill", *season, "--yes", "--skip-first-month", may_fail=True)
    site.figures["a row edited 50 days back: `backfill`"] = f"{taken.cpu:.1f}"


def questions(site: Site, archive: Archive) -> None:
    """Commands on a warehouse in which nothing is due."""
    site.take_back("two_seasons")
    month = ("--start", str(archive.day - timedelta(MONTH)), "--end", str(archive.day - timedelta(1)))
    asked = {
        "nothing to do, a month: `backfill`": ("backfill", *month, "--yes"),
        "`status` of a month": ("status", *month),
        "`gaps` of a month": ("gaps", *month),
        "`explain` of a date": ("explain", "player_game_summary", str(archive.day - timedelta(1))),
        "`plan` of a month, nothing changed": ("plan", *month),
        "`verify` of a month": ("verify", *month),
        "`report` of a month": ("report", *month, "--out", str(site.folder / "report.html")),
        "`--help`": ("--help",),
        "`--version`": ("--version",),
    }
    for label, arguments in asked.items():
        taken = min((site.fullcourt(*arguments, may_fail=True) for _ in range(2)), key=lambda one: one.cpu)
        site.figures[label] = f"{taken.cpu:.2f}"


def three_seasons(site: Site, raw: Path) -> None:
    for part in (site.raw, site.warehouse):
        shutil.rmtree(part)
    shutil.copytree(raw, site.raw)
    site.warehouse.mkdir()
    taken = site.fullcourt(
        "backfill", "--start", "2021-10-19", "--end", "2024-06-30", "--yes", "--skip-first-month", may_fail=True
    )
    site.figures["three seasons, simulated: `backfill`, wall seconds"] = f"{taken.wall:.0f}"
    site.figures["three seasons, simulated: `backfill`, peak memory in GB"] = f"{taken.gigabytes:.1f}"


def take_limit(site: Site, start: date, end: date) -> Taken:
    """The work of a season alone. Compiling its SQL is not part of it."""
    variables = json.dumps({"start_date": str(start), "end_date": str(end)})
    site.run("dbt.cli.main", "compile", "--vars", variables, "--profiles-dir", "profiles")
    return site.run("benchmarks.commands", "--limit")


def measure_limit() -> None:
    """The work alone, in this process: what is left of a build where nothing is planned, tested or recorded."""
    from python_processors.contract import load_contract
    from python_processors.jobs import hashed_rows, load_processor
    from python_processors.raw_loader import load_raw

    target = Path(os.environ["DBT_TARGET_PATH"])
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    models = [(nodes[of["unique_id"]], of["compiled_code"]) for of in results if of["unique_id"].startswith("model.")]
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "raw.duckdb")) as connection:
        load_raw(connection, find_raw_dir(), prefix="", allow_deletes=True)
    with duckdb.connect(os.environ["FULLCOURT_DUCKDB"], read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for node, code in models:
            if node["config"]["materialized"] == "processor":
                contract = load_contract(node["name"])
                processor = load_processor(contract.processor, contract.table)
                hashed_rows(processor(connection.sql(code).to_arrow_table()), contract)
            elif node["config"]["materialized"] in ("incremental", "table"):
                connection.execute(f"create or replace temp table bare as {code}")


def table(sites: dict[str, Site]) -> str:
    """The figures in Markdown, a column for each checkout."""
    lines = [f"| command | {' | '.join(sites)} | reach |", "| --- |" + " ---: |" * (len(sites) + 1)]
    for label, reach in REACH.items():
        figures = (site.figures.get(label, "") for site in sites.values())
        lines.append(f"| {label} | {' | '.join(figures)} | {reach} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beside", type=Path, help="Another checkout of fullcourt, to take the same of.")
    parser.add_argument("--limit", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.limit:
        measure_limit()
        return
    folder = Path(tempfile.mkdtemp(prefix="bench_commands_"))
    projects = {"CPU seconds": PROJECT_ROOT} | ({"beside": given.beside.resolve()} if given.beside else {})
    sites = {name: Site(project, folder / name.replace(" ", "_")) for name, project in projects.items()}
    archive = Archive.found(folder / "two")
    simulate(folder / "three", seasons=3)
    for name, part in {
        "a season, and most of a second": seasons,
        "a day in files of its own": lambda site, archive: a_day(site, archive, in_own_file=True),
        "a day in the season's files": lambda site, archive: a_day(site, archive, in_own_file=False),
        "a row": a_row_edited,
        "questions": questions,
        "three seasons": lambda site, _: three_seasons(site, folder / "three"),
    }.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        for site in sites.values():
            part(site, archive)
            for other in sites.values():
                other.limit = site.limit
            print(table(sites), file=sys.stderr, flush=True)
    print(table(sites))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
