"""Draws changes, runs the backfill, and holds its rows against those of a build from nothing."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from tests.mixed_changes import project_kinds, raw_kinds, stored_kinds  # noqa: F401  they register their kinds
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.mixed_changes.site import DATABASE, KINDS, ROOT, NotPossibleError, Site, copy_project
from tests.mixed_changes.worker import Step, Worker

RANGE = {"start": START.isoformat(), "end": END.isoformat()}
MOST_CHANGES = 4
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
    left: int = 0  # steps that a second plan, or dates that the status still calls due, though the run was whole
    seconds: float = 0.0

    @property
    def is_right(self) -> bool:
        return not (self.wrong or self.lost or self.stuck or self.crashed or self.left)

    def describe(self) -> str:
        """What to type to see it again, and what happened."""
        replay = ",".join(str(change) for change in self.changes)
        lines = [f"python -m benchmarks.mixed_changes --replay {replay}", *(f"  - {said}" for said in self.said)]
        for name in ("wrong", "lost", "stuck"):
            found = getattr(self, name)
            if found:
                lines.append(f"  {name}: {len(found)}: {', '.join(' '.join(map(str, one)) for one in found[:8])}")
        for name in ("refused", "crashed", "left"):
            if getattr(self, name):
                lines.append(f"  {name}: {getattr(self, name)}")
        return "\n".join(lines)


@dataclass
class Figures:
    """Counts over trials."""

    trials: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong_skips: int = 0
    rows_lost: int = 0
    failed: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        self.trials += 1
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
            f"| changes | {sum(self.changes.values()):,} |",
            f"| wrong skips, dates of tables | {self.wrong_skips:,} |", f"| rows lost | {self.rows_lost:,} |",
            f"| trials that crashed | {sum(bool(outcome.crashed) for outcome in self.failed):,} |",
            f"| trials that did not converge | {sum(bool(o.stuck or o.left) for o in self.failed):,} |",
            f"| trials refused | {sum(self.refused.values()):,} |",
            f"| seconds per trial | {self.seconds / max(self.trials, 1):.1f} |", "",
            "| kind | group | changes | in trials that failed |", "|---|---|---|---|",
        ]  # fmt: skip
        for name, of in sorted(KINDS.items(), key=lambda item: (item[1].group, item[0])):
            lines.append(f"| {name} | {of.group} | {self.changes[name]:,} | {failed_kinds[name]:,} |")
        return "\n".join(lines)


def drawn(seed: int, kinds: Sequence[str] | None = None) -> tuple[Change, ...]:
    """The changes of a trial: one to four, each group of kinds as likely as another."""
    rng = random.Random(f"mixed changes {seed}")
    known = sorted(kinds or KINDS)
    groups = sorted({KINDS[name].group for name in known})
    changes = []
    for _ in range(rng.randint(1, MOST_CHANGES)):
        group = rng.choice(groups)
        changes.append(
            Change(rng.choice([name for name in known if KINDS[name].group == group]), rng.randrange(1_000_000))
        )
    return read_again(changes)


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
        log = folder / "words.log"
        self._as_it_was = Worker(self.site.project, environment, log, warm=True)
        self._edited = Worker(self.site.edited, environment, log, warm=False)
        self._built: dict[str, tuple[Path, Step]] = {}
        self._numbers = 0
        if base is None:
            self._build_base()
        self.tables = self._as_it_was.run([{"do": "tables"}])[0]["tables"]
        self.site.reset()
        self._built[self.site.content()] = (self.site.base / DATABASE, self.tables)

    def close(self) -> None:
        self._as_it_was.close()
        self._edited.close()

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

    def try_changes(self, changes: Sequence[Change], *, is_run: bool = True) -> Outcome:
        """One trial, from the finished warehouse on.

        :param is_run: without the backfill the changes must show: that is how the machine itself is tested.
        """
        began = time.monotonic()
        site = self.site
        site.reset()
        done, said = [], []
        for change in changes:
            try:
                what = KINDS[change.kind].apply(site, random.Random(change.seed))
            except NotPossibleError:
                continue
            done.append(change)
            said.append(f"{change.kind}: {what}")
        outcome = Outcome(tuple(done), tuple(said))
        try:
            outcome = self._run(outcome, is_run=is_run)
        except Exception as error:
            outcome = replace(outcome, crashed=str(error))
        return replace(outcome, seconds=time.monotonic() - began)

    def run(self, steps: Sequence[Step]) -> list[dict[str, Any]]:
        """Some steps on the site as it is, with its code as it is."""
        worker = self._edited if self.site.has_edited_code else self._as_it_was
        return worker.run(steps)

    def _run(self, outcome: Outcome, *, is_run: bool) -> Outcome:
        site = self.site
        steps = [*site.steps]
        if site.needs_verify and is_run:
            steps.append({"do": "verify", **RANGE})
        steps += [{"do": "backfill" if is_run else "nothing", **RANGE}, {"do": "claims", **RANGE}]
        fresh = self._built.get(site.content())
        if fresh is None:
            database = site.folder / "fresh" / DATABASE
            shutil.rmtree(database.parent, ignore_errors=True)
            steps += [{"do": "build", "database": str(database), **RANGE}, {"do": "tables"}]
        answers = self.run(steps)
        if fresh is None:
            answers, (built, tables) = answers[:-2], answers[-2:]
            fresh = (database, tables["tables"])
            is_refused_anew = bool(built["error"])  # nothing was built, whatever the reason
        else:
            is_refused_anew = False
        result, complete, due = answers[-2], answers[-1]["complete"], answers[-1]["due"]
        outcome = replace(outcome, refused=result["refused"] or "")
        if result["refused"] and is_refused_anew:
            return outcome
        differing, lost = compare(site.database, fresh[0], fresh[1])
        # Who is refused is told: whatever the status says of what is loaded, nobody takes it for built.
        claimed = set() if result["refused"] else {(table, day) for table, day in complete}
        told = differing - claimed
        return replace(
            outcome, wrong=tuple(sorted(differing & claimed)),
            left=(result["left"] or 0) + (len(due) if result["is_whole"] else 0),
            lost=tuple((*pair, count) for pair, count in sorted(lost.items()) if pair in claimed),
            stuck=tuple(sorted(self._completed_from_nothing(told) if told and is_run else told)),
        )  # fmt: skip

    def _completed_from_nothing(self, told: set[Pair]) -> set[Pair]:
        """Of dates that a run did not complete, those that a backfill of the same input does."""
        database = self.site.folder / "whole" / DATABASE
        shutil.rmtree(database.parent, ignore_errors=True)
        at = {"database": str(database), **RANGE}
        _, answer = self.run([{"do": "backfill", **at}, {"do": "claims", **at}])
        return told & {(table, day) for table, day in answer["complete"]}

    def shrunk(self, outcome: Outcome) -> Outcome:
        """The same fault with as few changes as will do."""
        changes = list(outcome.changes)
        for change in outcome.changes:
            fewer = [other for other in changes if other is not change]
            if fewer and not (tried := self.try_changes(fewer)).is_right:
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
