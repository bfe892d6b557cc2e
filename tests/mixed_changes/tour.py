"""Trials in great number: several contents of raw files and code, and backfills from each of them to each other.

A build from nothing, and importing and parsing edited code, take longer than the backfill that is tried. Both
depend on the content alone, and here many trials share them: each comes from another finished warehouse, with rows,
ledgers or the clock disturbed on the way.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mixed_changes.machine import Change, Fresh, Machine, Outcome
from tests.mixed_changes.site import DATABASE, KINDS, Site
from tests.mixed_changes.worker import RefusedError, Worker, WorkerError

OF_STORED = ("stored", "intermediate", "ledger", "clock")  # groups that a build from nothing does not depend on
MOST_CHANGES = 4
MOST_DISTURBANCES = 3
SHARE_DISTURBED = 0.7


@dataclass(frozen=True)
class Content:
    """Raw files and code after some changes, and the folder of a warehouse that a backfill has brought to them."""

    changes: tuple[Change, ...]
    finished: Path


class Tour:
    """Goes from content to content on a machine. `seed` decides all of it."""

    def __init__(self, machine: Machine, seed: int, trials_of_each: int) -> None:
        """:param trials_of_each: so many trials end at each content."""
        self._machine, self._site = machine, machine.site
        self._random = random.Random(f"tour {seed}")
        self._folder = machine.folder / "contents"
        self._trials_of_each = trials_of_each
        self._known = [Content((), machine.site.base)]

    def trials(self) -> Iterator[Outcome]:
        """Trials without end."""
        while True:
            yield from self._at_the_next()

    def _at_the_next(self) -> Iterator[Outcome]:
        """The trials that end at one more content."""
        site, machine = self._site, self._machine
        site.reset()
        done, said = machine.apply(of_content(self._random))
        folder = self._folder / str(len(self._known))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site.raw, folder / "raw")
        project = site.project
        if site.has_edited_code:
            project = shutil.copytree(site.edited, folder / "project")
        worker = Worker(project, machine.environment, machine.log)
        try:
            fresh = machine.built_from_nothing(worker, folder / "fresh")
            for _ in range(self._trials_of_each):
                outcome = self._trial(worker, Content(done, folder / "finished"), said, fresh, folder / "raw")
                yield outcome
                if outcome.refused and fresh.error:
                    return  # whoever comes here is refused
        except RefusedError as error:
            yield Outcome(done, said, refused=str(error))
        except WorkerError as error:
            yield Outcome(done, said, crashed=str(error))
        finally:
            worker.close()
            shutil.rmtree(folder / "project", ignore_errors=True)
            shutil.rmtree(folder / "fresh", ignore_errors=True)

    def _trial(self, worker: Worker, content: Content, said: tuple[str, ...], fresh: Fresh, raw: Path) -> Outcome:
        before = self._random.choice(self._known)
        put(self._site, before.finished, raw)
        disturbed, more = self._machine.apply(disturbances(self._random, is_needed=before.changes == content.changes))
        changes = (*content.changes, *disturbed)
        outcome = self._machine.tried(Outcome(changes, (*said, *more), before=before.changes), worker, fresh)
        if outcome.is_right and not outcome.refused:
            self._keep(content)
        return outcome

    def _keep(self, content: Content) -> None:
        """The warehouse as it is now is one to start from: the longer its history, the better."""
        keep(self._site, content.finished)
        if content not in self._known:
            self._known.append(content)


def of_content(rng: random.Random) -> list[Change]:
    """Changes of what a build from nothing depends on: raw files, code, contracts, vars."""
    groups = sorted({of.group for of in KINDS.values()} - set(OF_STORED))
    return [_one_of(rng, rng.choice(groups)) for _ in range(rng.randint(1, MOST_CHANGES))]


def disturbances(rng: random.Random, *, is_needed: bool) -> list[Change]:
    """Changes of what runs left behind; often none, unless a trial would change nothing without."""
    if not is_needed and rng.random() >= SHARE_DISTURBED:
        return []
    return [_one_of(rng, rng.choice(OF_STORED)) for _ in range(rng.randint(1, MOST_DISTURBANCES))]


def _one_of(rng: random.Random, group: str) -> Change:
    kinds = sorted(name for name, of in KINDS.items() if of.group == group)
    return Change(rng.choice(kinds), rng.randrange(1_000_000))


def put(site: Site, finished: Path, raw: Path) -> None:
    """A finished warehouse, and raw files that are not those that it was finished with."""
    site.reset()
    for path in site.database.parent.glob(f"{DATABASE}*"):
        path.unlink()
    for path in finished.glob(f"{DATABASE}*"):
        shutil.copy2(path, site.database.parent)
    shutil.rmtree(site.raw)
    shutil.copytree(raw, site.raw)


def keep(site: Site, finished: Path) -> None:
    """Copy the database and what lies beside it."""
    shutil.rmtree(finished, ignore_errors=True)
    finished.mkdir(parents=True)
    for path in site.database.parent.glob(f"{DATABASE}*"):
        shutil.copy2(path, finished)
