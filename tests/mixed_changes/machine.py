"""Draws changes, runs the backfill, and holds its rows against those of a build from nothing."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from python_processors.cli.command import REFUSED
from tests.mixed_changes import project_kinds, raw_kinds, stored_kinds  # noqa: F401  they register their kinds
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.mixed_changes.site import DATABASE, KINDS, ROOT, NotPossibleError, Site, copy_project
from tests.mixed_changes.worker import RefusedError, Step, Worker, WorkerError

RANGE = {"start": START.isoformat(), "end": END.isoformat()}
Pair = tuple[str, str]  # table and date


@dataclass(frozen=True)
class Change:
    """A kind and the seed of its details: the same two make the same change of the same state."""

    kind: str
    seed: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.seed}"

    @classmethod
    def parse(cls, text: str) -> Change:
        kind, _, seed = text.partition(":")
        return cls(kind, int(seed))


@dataclass(frozen=True)
class Outcome:
    """What came of one trial.

    :param wrong: tables and dates that are called complete, and whose rows are not those of a build from nothing.
    :param lost: keys, by table and date, that the build from nothing has and the backfill has not.
    :param stuck: what is not called complete, though a backfill from nothing completes it.
    """

    changes: tuple[Change, ...]
    said: tuple[str, ...]
    wrong: tuple[Pair, ...] = ()
    lost: tuple[tuple[str, str, int], ...] = ()
    stuck: tuple[Pair, ...] = ()
    refused: str = ""
    crashed: str = ""
    left: int = 0  # partitions that a second plan would build, though the run was whole
    seconds: float = 0.0
    before: tuple[Change, ...] = ()  # what the warehouse was finished with that the trial started from
    is_against_backfill: bool = False  # the build from nothing is one of fullcourt's own, since the plain one fails

    @property
    def is_right(self) -> bool:
        return not (self.wrong or self.lost or self.stuck or self.crashed or self.left)

    def describe(self) -> str:
        """What to type to see it again, and what happened."""
        replay, before = (",".join(map(str, changes)) for changes in (self.changes, self.before))
        command = f"python -m benchmarks.mixed_changes --replay {replay}{f' --before {before}' if before else ''}"
        lines = [command, *(f"  - {said}" for said in self.said)]
        for name in ("wrong", "lost", "stuck"):
            found = getattr(self, name)
            if found:
                lines.append(f"  {name}: {len(found)}: {', '.join(' '.join(map(str, one)) for one in found[:8])}")
        for name in ("refused", "crashed", "left"):
            if getattr(self, name):
                lines.append(f"  {name}: {getattr(self, name)}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Fresh:
    """A build from nothing: its database, how its tables are compared, and why nothing was built, if so."""

    database: Path
    tables: dict[str, Any]
    error: str = ""
    is_backfill: bool = False  # plain dbt publishes no date of a table that fails on one, so a backfill stands for it
    completed: list[set[Pair]] = field(default_factory=list)  # what a backfill from nothing completes, once known


@dataclass
class Figures:
    """Counts over trials."""

    trials: int = 0
    against_backfill: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong_skips: int = 0
    rows_lost: int = 0
    failed: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.trials += 1
        self.against_backfill += outcome.is_against_backfill
        self.changes.update(change.kind for change in outcome.changes)
        self.refused.update([outcome.refused.partition(":")[0]] if outcome.refused else [])
        self.wrong_skips += len(outcome.wrong)
        self.rows_lost += sum(count for _, _, count in outcome.lost)
        self.seconds += outcome.seconds
        if not outcome.is_right:
            self.failed.append(outcome)

    def markdown(self) -> str:
        """The counts as a page of the docs takes them."""
        failed_kinds = Counter(change.kind for outcome in self.failed for change in outcome.changes)
        lines = [
            "| what | count |", "|---|---|", f"| trials | {self.trials:,} |",
            f"| of these against a backfill from nothing | {self.against_backfill:,} |",
            f"| changes | {sum(self.changes.values()):,} |",
            f"| wrong skips, partitions | {self.wrong_skips:,} |", f"| rows lost | {self.rows_lost:,} |",
            f"| trials that crashed | {sum(bool(outcome.crashed) for outcome in self.failed):,} |",
            f"| trials that did not converge | {sum(bool(o.stuck or o.left) for o in self.failed):,} |",
            f"| trials refused | {sum(self.refused.values()):,} |",
            f"| seconds per trial | {self.seconds / max(self.trials, 1):.1f} |", "",
            "| kind | group | changes | in trials that failed |", "|---|---|---|---|",
        ]  # fmt: skip
        for name, of in sorted(KINDS.items(), key=lambda item: (item[1].group, item[0])):
            lines.append(f"| {name} | {of.group} | {self.changes[name]:,} | {failed_kinds[name]:,} |")
        return "\n".join(lines)


def read_again(changes: Sequence[Change]) -> tuple[Change, ...]:
    """With a correction that most tables read, where rows between them were changed: nobody else would read those."""
    groups = {KINDS[change.kind].group for change in changes}
    if "intermediate" not in groups or "raw" in groups:
        return tuple(changes)
    return (*changes, Change("players_of_a_game_removed", changes[0].seed))


class Machine:
    """A finished warehouse and what is needed to try changes of it, in a folder."""

    def __init__(self, folder: Path, *, base: Path | None = None) -> None:
        """:param base: the finished warehouse and project of another machine, which is not built again."""
        self.folder, self.home = folder, base or folder
        folder.mkdir(parents=True, exist_ok=True)
        self.site = Site(folder, self.home / "base", self.home / "project")
        if base is None:
            copy_project(ROOT, self.site.project)
        self.environment = environment = {
            "FULLCOURT_DUCKDB": str(self.site.database), "RAW_DIR": str(self.site.raw), "FULLCOURT_TARGET": "duckdb",
            "DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs"), "FULLCOURT_THREADS": "1",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip
        self.log = folder / "words.log"
        self._as_it_was = Worker(self.site.project, environment, self.log)
        self._built: dict[str, Fresh] = {}
        if base is None:
            self._build_base()
        self.tables = self._as_it_was.run([{"do": "tables"}])[0]["tables"]
        self.site.reset()
        self._built[self.site.content()] = Fresh(self.site.base / DATABASE, self.tables)

    def close(self) -> None:
        self._as_it_was.close()

    def _build_base(self) -> None:
        simulate_four_teams(self.site.raw)
        (answer,) = self._as_it_was.run([{"do": "backfill", **RANGE}])
        assert answer["is_whole"], answer
        shutil.copytree(self.site.database.parent, self.site.base)

    def rows(self) -> dict[str, int]:
        """Rows of each table of the finished warehouse: a table without any would show nothing."""
        with duckdb.connect(str(self.site.base / DATABASE), read_only=True) as connection:
            counts = {}
            for table, of in self.tables.items():
                ((counts[table],),) = connection.execute(f"select count(*) from {of['relation']}").fetchall()
        return counts

    def apply(self, changes: Sequence[Change]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """Make changes of the site as it is: those that were possible, and what they did."""
        done, said = [], []
        for change in changes:
            try:
                what = KINDS[change.kind].apply(self.site, random.Random(change.seed))
            except NotPossibleError:
                continue
            done.append(change)
            said.append(f"{change.kind}: {what}")
        return tuple(done), tuple(said)

    def try_changes(self, changes: Sequence[Change], *, before: Sequence[Change] = (), is_run: bool = True) -> Outcome:
        """One trial, from the finished warehouse on.

        :param before: changes that are built first, and then undone.
        :param is_run: without the backfill the changes must show: that is how the machine itself is tested.
        """
        site = self.site
        site.reset()
        if before:
            self.apply(before)
            with self.worker() as worker:
                worker.run([{"do": "backfill", **RANGE}])
            site.take_back()
        done, said = self.apply(changes)
        outcome = Outcome(done, said, before=tuple(before))
        with self.worker() as worker:
            fresh = self._built.get(site.content())
            if fresh is None:
                try:
                    fresh = self.built_from_nothing(worker, site.folder / "fresh")
                except RefusedError as error:
                    return replace(outcome, refused=str(error))
                except WorkerError as error:
                    return replace(outcome, crashed=str(error))
            return self.tried(outcome, worker, fresh, is_run=is_run)

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """Runs the site's code as it is."""
        if not self.site.has_edited_code:
            yield self._as_it_was
            return
        worker = Worker(self.site.edited, self.environment, self.log)
        try:
            yield worker
        finally:
            worker.close()

    def run(self, steps: Sequence[Step]) -> list[dict[str, Any]]:
        """Some steps on the site as it is, with its code as it is."""
        with self.worker() as worker:
            return worker.run(steps)

    def built_from_nothing(self, worker: Worker, folder: Path) -> Fresh:
        """What a build from nothing of the raw files and code as they are makes: plain dbt, of all dates at once.

        Where that fails of a table, none of its dates is published. A backfill leaves out those that are to blame, so
        there another one, on a warehouse of its own, is what the trials are held against.
        """
        shutil.rmtree(folder, ignore_errors=True)
        database = folder / DATABASE
        built, tables = worker.run([{"do": "build", "database": str(database), **RANGE}, {"do": "tables"}])
        fresh = Fresh(database, tables["tables"], built["error"])
        if built["failures"] and not built["error"]:
            database, (backfilled, claims) = self._backfilled_from_nothing(worker)
            completed = {(table, day) for table, day in claims["complete"]}
            error = backfilled["refused"] or ""
            return replace(fresh, database=database, error=error, is_backfill=True, completed=[completed])
        return fresh

    def tried(self, outcome: Outcome, worker: Worker, fresh: Fresh, *, is_run: bool = True) -> Outcome:
        """What came of changes that are made: after a backfill, against a build from nothing."""
        began = time.monotonic()
        try:
            outcome = self._run(outcome, worker, fresh, is_run=is_run)
        except Exception as error:  # whatever it is, it is what came of the trial
            outcome = replace(outcome, crashed=f"{type(error).__name__}: {error}")
        return replace(outcome, seconds=time.monotonic() - began)

    def _run(self, outcome: Outcome, worker: Worker, fresh: Fresh, *, is_run: bool) -> Outcome:
        site = self.site
        verify = [{"do": "verify", **RANGE}] if site.needs_verify and is_run else []
        run = [{"do": "backfill" if is_run else "nothing", **RANGE}, {"do": "claims", **RANGE}]
        *before, result, claims = worker.run([*site.steps, *verify, *run])
        if verify and before[-1]["exit_code"] == REFUSED:  # and said why; what it lacked is there after the run
            *_, result, claims = worker.run([*verify, *run])
        outcome = replace(outcome, refused=result["refused"] or "", is_against_backfill=fresh.is_backfill)
        if result["refused"] and fresh.error:
            return outcome  # nothing was built anew either, whatever the reason
        differing, lost = compare(site.database, fresh.database, fresh.tables)
        # Who is refused is told: whatever the status says of what is loaded, nobody takes it for built.
        claimed = set() if result["refused"] else {(table, day) for table, day in claims["complete"]}
        told = differing - claimed
        return replace(
            outcome, wrong=tuple(sorted(differing & claimed)), left=len(claims["due"]) if result["is_whole"] else 0,
            lost=tuple((*pair, count) for pair, count in sorted(lost.items()) if pair in claimed),
            stuck=tuple(sorted(told & self._completed_from_nothing(worker, fresh) if told and is_run else told)),
        )  # fmt: skip

    def _completed_from_nothing(self, worker: Worker, fresh: Fresh) -> set[Pair]:
        """Partitions that a backfill of the same raw files and code completes on a warehouse of its own."""
        if not fresh.completed:
            _, (_, claims) = self._backfilled_from_nothing(worker)
            fresh.completed.append({(table, day) for table, day in claims["complete"]})
        return fresh.completed[0]

    def _backfilled_from_nothing(self, worker: Worker) -> tuple[Path, list[dict[str, Any]]]:
        """The database, what came of the backfill, and what is claimed after it."""
        database = self.site.folder / "whole" / DATABASE
        shutil.rmtree(database.parent, ignore_errors=True)
        at = {"database": str(database), **RANGE}
        return database, worker.run([{"do": "backfill", **at}, {"do": "claims", **at}])

    def shrunk(self, outcome: Outcome) -> Outcome:
        """The same fault with as few changes as will do."""
        changes = list(outcome.changes)
        for change in outcome.changes:
            fewer = [other for other in changes if other is not change]
            if fewer and not (tried := self.try_changes(fewer, before=outcome.before)).is_right:
                changes, outcome = fewer, tried
        return outcome


def compare(path: Path, fresh: Path, tables: dict[str, Any]) -> tuple[set[Pair], Counter[Pair]]:
    """Tables and dates whose rows differ in a hashed column, the hash or how often they are there; keys that lack."""
    differing: set[Pair] = set()
    lost: Counter[Pair] = Counter()
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for name, file in (("here", path), ("fresh", fresh)):
            connection.execute(f"attach '{file}' as {name} (read_only)")
        for table, of in tables.items():
            there = [name for name in ("here", "fresh") if _is_there(connection, name, of["relation"])]
            if not there:
                continue
            # A table that is not there has no rows.
            nothing = f"(select * from {there[0]}.{of['relation']} limit 0)"
            rows = {name: f"{name}.{of['relation']}" if name in there else nothing for name in ("here", "fresh")}
            columns = ", ".join(dict.fromkeys([of["day"], *of["key"], *of["hashed"], "data_hash"]))
            for one, two in (("here", "fresh"), ("fresh", "here")):
                found = connection.execute(
                    f"select distinct {of['day']} from (select {columns} from {rows[one]}"
                    f" except all select {columns} from {rows[two]})"
                ).fetchall()
                differing |= {(table, str(day)) for (day,) in found}
            key = ", ".join(of["key"])
            missing = connection.execute(
                f"select {of['day']}, count(*) from (select distinct {of['day']}, {key} from {rows['fresh']}"
                f" except select {of['day']}, {key} from {rows['here']}) group by 1"
            ).fetchall()
            lost.update({(table, str(day)): count for day, count in missing})
    return differing, lost


def _is_there(connection: duckdb.DuckDBPyConnection, database: str, relation: str) -> bool:
    sql = "select 1 from duckdb_tables() where database_name = ? and schema_name || '.' || table_name = ?"
    return bool(connection.execute(sql, [database, relation]).fetchall())
