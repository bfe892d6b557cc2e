"""Kill a backfill again and again, and hold what it claims against an undisturbed one: `make kill-test KILLS=100`.

Each run is ended by SIGKILL at a random moment and started again, until the range is built; then it is built
anew in an empty warehouse, until there were so many kills. After each kill no date may be called complete
whose rows differ from the undisturbed build's, and no key may be there twice. At the end the rows are those
of the undisturbed build, and nothing that was confirmed was built again. Prints counts as Markdown.

With --moments it kills backfill, retry, prepare and migrate on a league of four teams instead, once before and once
after every dbt build, every ledger write and every statement that writes, and in the midst of every dbt build.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb

from python_processors.contract import load_contract
from python_processors.orchestration.backfill import backfill
from python_processors.orchestration.project import COVERAGE, LAYER, Project
from python_processors.orchestration.proof.verification import verify_range
from python_processors.orchestration.request import Request
from python_processors.orchestration.run.progress import read_status
from python_processors.orchestration.state.snapshot import NotPreparedError, Snapshot
from python_processors.orchestration.warehouse import DuckDBWarehouse
from python_processors.raw_loader import SIMULATED_UNTIL, find_raw_dir
from python_processors.simulation import simulate
from tests.warehouse import environment

PROCESSES = multiprocessing.get_context("forkserver")
Pairs = dict[tuple[str, date], str]


@dataclass(frozen=True)
class Task:
    """A range of dates, built in chunks in a warehouse of its own."""

    folder: Path
    raw_dir: Path
    start: date
    end: date
    dates_in_a_chunk: int

    @property
    def request(self) -> Request:
        return Request(self.start, self.end, dates_in_a_chunk=self.dates_in_a_chunk)

    @contextmanager
    def opened(self) -> Iterator[DuckDBWarehouse]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with environment(**_environment(self.folder, self.raw_dir)):
            yield DuckDBWarehouse()


@dataclass
class Figures:
    """What was counted, over all kills and rounds."""

    kills: int = 0
    rounds: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    claims: int = 0
    wrong: list[str] = field(default_factory=list)
    published_again: list[int] = field(default_factory=list)  # partitions, per run that followed a kill
    dates_again: list[int] = field(default_factory=list)
    confirmed_again: int = 0
    built: int = 0

    def expect(self, holds: bool, claim: str) -> None:
        if not holds:
            self.wrong.append(claim)
            print(f"WRONG {claim}", file=sys.stderr, flush=True)


def _environment(folder: Path, raw_dir: Path) -> dict[str, str]:
    return {
        "FULLCOURT_DUCKDB": str(folder / "fullcourt.duckdb"), "RAW_DIR": str(raw_dir), "FULLCOURT_TARGET": "duckdb",
        "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"),
    }  # fmt: skip


def _run(task: Task) -> None:
    words = (task.folder / "words.log").open("a", buffering=1)
    with task.opened() as warehouse, redirect_stdout(words), redirect_stderr(words):
        from benchmarks.parsed import PROJECT

        result = backfill(PROJECT, warehouse, task.request, audited_share=0)
    sys.exit(0 if result.is_whole else str(result.to_dict()))


def start(task: Task) -> BaseProcess:
    """A backfill in a process of its own, forked from one that has parsed the project."""
    task.folder.mkdir(parents=True, exist_ok=True)
    process = PROCESSES.Process(target=_run, args=(task,))
    with task.opened():  # for the process that parses, if this is what starts it
        process.start()
    return process


def stored(task: Task, project: Project) -> Pairs:
    """Fingerprint of the rows of each table and date, by SQL of its own."""
    found: Pairs = {}
    with task.opened() as warehouse, warehouse.reading() as session:
        connection = session.connection
        for table in project.tables:
            contract = load_contract(table)
            if not _is_there(connection, contract.relation):
                continue
            rows = connection.execute(
                f"select {contract.partition_by}, sha256(string_agg(data_hash, ',' order by data_hash))"
                f" from {contract.relation} group by 1"
            ).fetchall()
            found.update({(table, day): digest for day, digest in rows})
    return found


def doubled_keys(task: Task, project: Project) -> list[str]:
    """Tables that hold a key twice."""
    found = []
    with task.opened() as warehouse, warehouse.reading() as session:
        connection = session.connection
        for table in project.tables:
            contract = load_contract(table)
            if (
                _is_there(connection, contract.relation)
                and connection.execute(
                    f"select 1 from {contract.relation} group by {', '.join(contract.key)} having count(*) > 1 limit 1"
                ).fetchall()
            ):
                found.append(table)
    return found


def called_complete(task: Task, project: Project) -> list[tuple[str, date]]:
    """Tables and dates that `fullcourt status` would call complete."""
    return complete_and_due(task, project)[0]


def complete_and_due(task: Task, project: Project) -> tuple[list[tuple[str, date]], list[tuple[str, date]]]:
    """Tables and dates that `fullcourt status` would call complete, and those that it would call due."""
    with task.opened() as warehouse, warehouse.reading() as session:
        try:
            snapshot = Snapshot(project, session, task.start, task.end)
        except NotPreparedError:
            return [], []
        states = [(table, day, state) for table in project.tables for day, state in snapshot.states(table).items()]
    return (
        [(table, day) for table, day, state in states if state.outcome == "complete" and not state.is_due],
        [(table, day) for table, day, state in states if state.is_due],
    )


def ledger_rows(task: Task, ledger: str) -> Counter[tuple[str, date]]:
    """How often each table and date is in `publish_ledger` or `input_ledger`."""
    with task.opened() as warehouse, warehouse.reading() as session:
        connection = session.connection
        if not _is_there(connection, f"nba_ops.{ledger}"):
            return Counter()
        rows = connection.execute(
            f"select table_name, game_date, count(*) from nba_ops.{ledger}"
            f" where game_date between date '{task.start}' and date '{task.end}' and table_name <> 'coverage'"
            " group by all"
        ).fetchall()
    return Counter({(table, day): count for table, day, count in rows})


def _is_there(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    sql = f"select 1 from duckdb_tables() where schema_name || '.' || table_name = '{relation}'"
    return bool(connection.execute(sql).fetchall())


def kill_until_done(
    task: Task, project: Project, whole: Pairs, figures: Figures, *, kills: int, longest: float, rng: random.Random
) -> None:
    """Build the range in an empty warehouse, killed again and again, at most `kills` times in all."""
    figures.rounds += 1
    published: Counter[tuple[str, date]] = Counter()
    after_a_kill = False
    most, confirmed_so_far = longest, 0
    while True:
        process = start(task)
        process.join(rng.uniform(0.1, most) if figures.kills < kills else None)
        killed = process.exitcode is None
        if killed:
            process.kill()
            process.join()
        published = _check(task, project, whole, figures, published, after_a_kill)
        if not killed or process.exitcode != -signal.SIGKILL:
            figures.expect(process.exitcode == 0, f"a run ended with {process.exitcode}")
            break
        # Loading the raw files, or one step, may take longer than a run is given: then the next has more time.
        now = len(ledger_rows(task, "input_ledger"))
        confirmed_so_far, most = now, longest if now > confirmed_so_far else 1.5 * most
        after_a_kill = True
        figures.kills += 1
        figures.struck[_struck(task)] += 1
        print(f"kill {figures.kills}: {_struck(task)}", file=sys.stderr, flush=True)
    figures.expect(stored(task, project) == whole, "the rows are those of an undisturbed build")
    confirmed = ledger_rows(task, "input_ledger")
    figures.built += len(confirmed)
    figures.confirmed_again += sum(confirmed.values()) - len(confirmed)
    with task.opened() as warehouse:
        verification = verify_range(project, warehouse, task.start, task.end)
    figures.expect(verification.passed, f"the range is verified: {verification.first_problem}")


def _check(
    task: Task, project: Project, whole: Pairs, figures: Figures, before: Counter[tuple[str, date]], after_a_kill: bool
) -> Counter[tuple[str, date]]:
    """Hold the claims of a warehouse as a run left it; returns what is published."""
    rows, claimed = stored(task, project), called_complete(task, project)
    figures.claims += len(claimed)
    for table, day in claimed:
        is_so = rows.get((table, day)) == whole.get((table, day))
        figures.expect(is_so, f"{table} of {day} is called complete, and its rows differ")
    doubled = doubled_keys(task, project)
    figures.expect(not doubled, f"no key is there twice: {doubled}")
    published = ledger_rows(task, "publish_ledger")
    again = [pair for pair, count in (published - before).items() if before[pair] and count]
    if after_a_kill:
        figures.published_again.append(len(again))
        figures.dates_again.append(len({day for _, day in again}))
    return published


def _struck(task: Task) -> str:
    """What the run was at when it was killed."""
    with task.opened() as warehouse:
        status = read_status(warehouse)
    if status is None or status.state != "killed":
        return "before its first step"
    if not status.now:
        return "between two steps"
    if status.now.startswith(COVERAGE):
        return "counting against the schedule"
    tables = status.now.partition(" for ")[0].split(", ")
    return "building the staging layer with tables" if LAYER in tables else "building tables"


def markdown(figures: Figures, task: Task, whole: Pairs) -> str:
    days = len({day for _, day in whole})
    struck = ", ".join(f"{what} {count}" for what, count in sorted(figures.struck.items()))
    lines = [
        ("range", f"{task.start} to {task.end}: {days} dates with rows, {len(whole):,} partitions"),
        ("dates of a chunk", f"{task.dates_in_a_chunk}"),
        ("kills", f"{figures.kills}, over {figures.rounds} backfills from nothing"),
        ("the run was killed at", struck),
        ("partitions called complete, checked after each run", f"{figures.claims:,}"),
        ("claims that did not hold", f"{len(figures.wrong)}"),
        ("confirmed and built again", f"{figures.confirmed_again} of {figures.built:,} partitions"),
        (
            "published and built again, since the kill came before they were confirmed",
            f"{sum(figures.published_again):,} partitions;"
            f" most after one kill: {max(figures.published_again, default=0)},"
            f" of {max(figures.dates_again, default=0)} dates",
        ),
    ]
    return "\n".join(["| what | count |", "|---|---|", *(f"| {what} | {count} |" for what, count in lines)])


def every_moment(folder: Path, most: int | None) -> int:
    """Kills at named moments instead of random ones."""
    from tests.mixed_changes.kills import kill_everywhere
    from tests.mixed_changes.machine import Machine

    machine = Machine(folder)
    kills = kill_everywhere(machine, lambda line: print(line, file=sys.stderr, flush=True), most)
    machine.close()
    print(f"| kills at named moments | {kills.count:,} |\n|---|---|")
    print(f"| partitions called complete, checked after each | {kills.claims:,} |")
    print(f"| claims that did not hold | {len(kills.wrong)} |")
    return 1 if kills.wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2021, 10, 19))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2022, 6, 16))
    parser.add_argument("--chunk-dates", type=int, default=7)
    parser.add_argument("--longest", type=float, help="Most seconds until a run is killed; else 1.5 times a chunk's.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moments", action="store_true", help="Kill at every moment of the small league's commands.")
    parser.add_argument("--most", type=int, help="With --moments: of each command so many; else all.")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kill_backfill_"))
    if given.moments:
        return every_moment(folder, given.most)
    raw = find_raw_dir()
    raw_dir = folder / "raw"
    if raw.is_simulated:
        simulate(raw_dir, until=SIMULATED_UNTIL)
    else:  # each round loads them anew: no more than the season's
        first = given.start.year if given.start.month > 8 else given.start.year - 1
        for name in ("reference", f"{first}-{(first + 1) % 100:02d}"):
            shutil.copytree(raw.path / name, raw_dir / name)
            (raw_dir / name).chmod(0o755)
    task = Task(folder / "undisturbed", raw_dir, given.start, given.end, given.chunk_dates)
    os.environ.update(_environment(folder / "parsed", raw_dir))
    PROCESSES.set_forkserver_preload(["benchmarks.parsed"])
    from benchmarks.parsed import PROJECT

    began = time.monotonic()
    process = start(task)
    process.join()
    if process.exitcode:
        raise SystemExit(f"The undisturbed build failed; see {task.folder / 'words.log'}")
    seconds = time.monotonic() - began
    print(f"undisturbed: {seconds:.0f} s", file=sys.stderr, flush=True)
    whole = stored(task, PROJECT)
    chunks = len({day for _, day in whole}) / given.chunk_dates
    longest = given.longest or 1.5 * seconds / max(chunks, 1)
    figures, rng = Figures(), random.Random(given.seed)
    try:
        while figures.kills < given.kills:
            again = Task(folder / f"round{figures.rounds + 1}", raw_dir, given.start, given.end, given.chunk_dates)
            kill_until_done(again, PROJECT, whole, figures, kills=given.kills, longest=longest, rng=rng)
            shutil.rmtree(again.folder)
    except KeyboardInterrupt:
        print("ended by hand: the figures are those so far", file=sys.stderr)
    print(markdown(figures, task, whole))
    most = max(figures.dates_again, default=0)
    figures.expect(most <= given.chunk_dates, "what is built again after a kill is one chunk's")
    figures.expect(figures.confirmed_again == 0, "what was confirmed is not built again")
    if not figures.wrong:
        shutil.rmtree(folder)
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
