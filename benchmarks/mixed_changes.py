"""Make mixed changes of a small warehouse and hold each backfill against a build from nothing:
`make mixed-changes TRIALS=1000`.

A trial starts from a finished warehouse of four teams and seventeen dates, makes changes of any kind, runs one backfill
over the whole range, and compares all ten tables with those of a build from nothing of the same raw files and code.
Prints counts as Markdown, and on stderr how to see again what went wrong.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mixed_changes.machine import Change, Figures, Machine, Outcome, read_again
from tests.mixed_changes.site import KINDS
from tests.mixed_changes.tour import Tour


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--of-each", type=int, default=20, help="Trials that end at the same raw files and code.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1, help="Trials at a time.")
    parser.add_argument("--each-kind", type=int, help="So many trials of each kind alone, in place of --trials.")
    parser.add_argument("--kinds", help="Of --each-kind only these, with commas between them.")
    parser.add_argument("--replay", help="One trial of these changes, kind:seed with commas between them.")
    parser.add_argument("--before", default="", help="Of --replay: changes that are built first, and then undone.")
    parser.add_argument("--base", type=Path, help="The folder of an earlier run, whose warehouse is taken as it is.")
    parser.add_argument("--shrink", action="store_true", help="Look for fewer changes that go wrong, too.")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mixed_changes_"))
    machines = [Machine(folder / "0", base=given.base and given.base / "0")]
    assert all(machines[0].rows().values()), machines[0].rows()
    machines += [Machine(folder / str(n), base=machines[0].home) for n in range(1, given.workers)]
    figures, numbers, left = Figures(), itertools.count(1), itertools.repeat(None, given.trials)
    alone, is_ended = iter(_alone(given)), threading.Event()

    def outcomes(machine: Machine, seed: int) -> Iterator[Outcome]:
        if given.replay or given.each_kind:
            yield from (machine.try_changes(changes, before=_parsed(given.before)) for changes in alone)
        else:
            tour = Tour(machine, seed, given.of_each).trials()
            yield from (next(tour) for _ in left)

    def work(machine: Machine, seed: int) -> None:
        for outcome in outcomes(machine, seed):
            if is_ended.is_set():
                return
            if given.shrink and not outcome.is_right:
                outcome = machine.shrunk(outcome)
            figures.add(outcome)
            _tell(next(numbers), outcome)

    with ThreadPoolExecutor(len(machines)) as pool:
        try:
            list(pool.map(work, machines, itertools.count(given.seed)))
        except KeyboardInterrupt:
            is_ended.set()
            print("ended by hand: the figures are those so far", file=sys.stderr)
    for machine in machines:
        machine.close()
    print(figures.markdown())
    print(f"The warehouses are in {folder}.", file=sys.stderr)
    return 1 if figures.failed else 0


def _parsed(text: str) -> list[Change]:
    return [Change.parse(one) for one in text.split(",") if one]


def _alone(given: argparse.Namespace) -> list[Sequence[Change]]:
    """Trials that are asked for by name."""
    if given.replay:
        return [_parsed(given.replay)]
    kinds = given.kinds.split(",") if given.kinds else sorted(KINDS)
    return [read_again([Change(kind, given.seed + n)]) for kind in kinds for n in range(given.each_kind or 0)]


def _tell(number: int, outcome: Outcome) -> None:
    what = "right" if outcome.is_right else "WRONG"
    print(f"{number}: {what}, {outcome.seconds:.0f} s: {outcome.describe()}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
