"""Commands killed at a named moment on the small league, and what must hold afterwards.

After a kill no date may be called complete whose rows are neither those from before nor those that the command is
to leave, `verify` may not pass while rows are still to come, and no key is lost. The same command again ends as
if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from python_processors.orchestration.state.ledger import Decision, LedgerWriter
from python_processors.orchestration.warehouse import DuckDBSession
from tests.mixed_changes.machine import RANGE, Machine, compare
from tests.mixed_changes.raw_kinds import DAYS, write_change
from tests.mixed_changes.site import DATABASE, Site
from tests.mixed_changes.strike import Moment
from tests.mixed_changes.worker import KilledError, Step
from tests.raw_changes import Change

# One before the precompute tables begin, and one after: in two chunks, with all that a run may be at.
CORRECTIONS = (
    Change("odds_api_player_points_props", "edited", DAYS[3], 5),
    Change("nbac_injury_report", "deleted", DAYS[15], 2),
)
BACKFILL: Step = {"do": "backfill", **RANGE, "chunk_dates": 9}
WRITES = ("alter", "commit", "create", "delete", "drop", "insert", "update")  # how statements that write begin
OPTIONS = ("--start", RANGE["start"], "--end", RANGE["end"])


def corrected(site: Site) -> None:
    """Raw rows of two feeds changed: two files to load, and dates to build."""
    for change in CORRECTIONS:
        write_change(change, site.raw_files(change.table)[0])


def failed(site: Site) -> None:
    """A date of a table that has lost its rows, and failed in the last run: noted as runs note it."""
    table, day = "team_offense_game_summary", DAYS[15]
    with site.opened() as connection:
        connection.execute(f"delete from nba_analytics.{table} where game_date = '{day}'")
        session = DuckDBSession(connection)
        LedgerWriter(session, "a-failed-run", "").decide(session, [Decision(table, day, "failed", "it was so")])


def not_prepared(site: Site) -> None:
    """There is no warehouse yet."""
    site.database.unlink()


def drifted(site: Site) -> None:
    """A table lacks a column, and two have lost a NOT NULL."""
    with site.opened() as connection:
        connection.execute("alter table nba_analytics.team_offense_game_summary drop column pace")
        for table in ("player_game_summary", "team_defense_game_summary"):
            connection.execute(f"alter table nba_analytics.{table} alter column game_id drop not null")


@dataclass(frozen=True)
class Command:
    """What is killed, on what. `leaves_rows` where the ten tables are to be whole after it."""

    step: Step
    prepare: Callable[[Site], None]
    leaves_rows: bool = True


def _typed(*arguments: str) -> Step:
    return {"do": "command", "arguments": list(arguments)}


COMMANDS = {
    "backfill": Command(BACKFILL, corrected),
    "retry": Command(_typed("retry", *OPTIONS), failed),
    "prepare": Command(_typed("prepare"), not_prepared, leaves_rows=False),
    "migrate": Command(_typed("migrate"), drifted, leaves_rows=False),
}
FIRST_FILE = Moment("statement", "after", 1, what="commit", since=r"insert into \w*nba_(raw|reference)")
# The moments that docs/kill-safety.md names, and the first file of a load.
NAMED = {
    "before its first step": ("backfill", Moment("build", "before", 1)),
    "in the layer and the tables due with it": ("backfill", Moment("build", "during", 1, seconds=1.5)),
    "published and not confirmed": ("backfill", Moment("append", "before", 1, what="nba_ops.input_ledger")),
    "confirmed and not counted": ("backfill", Moment("append", "after", 1, what="nba_ops.input_ledger")),
    "between two steps": ("backfill", Moment("build", "before", 2)),
    "after the first raw file": ("backfill", FIRST_FILE),
    "in a retry, published and not confirmed": ("retry", Moment("append", "before", 1, what="nba_ops.input_ledger")),
    "in prepare, after the first raw file": ("prepare", FIRST_FILE),
    "in prepare, as dbt builds the schedule": ("prepare", Moment("build", "during", 1, seconds=0.5)),
    "in a migration, after its first repair": ("migrate", Moment("statement", "after", 1, what="alter table")),
}  # fmt: skip


@dataclass
class Kills:
    """Kills so far, and what did not hold."""

    machine: Machine
    say: Callable[[str], None] = lambda line: None  # told at once what did not hold
    count: int = 0
    claims: int = 0
    wrong: list[str] = field(default_factory=list)
    _expected: dict[str, tuple[Path, Any]] = field(default_factory=dict)

    def expect(self, holds: bool, claim: str) -> None:
        if not holds:
            self.wrong.append(claim)
            self.say(f"WRONG {claim}")

    def moments_of(self, name: str) -> list[Moment]:
        """Every moment at which a command may be killed, as it is when nobody does; it has those that are named."""
        command = self._ready(name)
        (answer,) = self.machine.run([command.step])
        for named, (of, moment) in NAMED.items():
            comes = of != name or moment.comes_in(answer["calls"])
            self.expect(comes, f"{name} has no moment {moment}, named {named}")
        found, counts = [], dict.fromkeys(("build", "append", "statement"), 0)
        for call, what in answer["calls"]:
            counts[call] += 1
            if call != "statement" or what.startswith(WRITES):
                found += [Moment(call, when, counts[call]) for when in ("before", "after")]
            if call == "build":
                found += [Moment(call, "during", counts[call], seconds=part) for part in (0.3, 1.0, 2.0)]
        return found

    def kill(self, name: str, moment: Moment) -> None:
        """Kill a command at a moment, hold what is claimed then, and do it again to its end."""
        command = self._ready(name)
        try:
            self.machine.run([{**command.step, "strike": moment.to_dict()}])
        except KilledError:
            self.count += 1
        else:
            self.expect(False, f"{name} was to be killed {moment}, and came to its end")
        self.hold(name, f"{name}, killed {moment}")
        self._converge(name, command, f"{name}, done again after a kill {moment}")

    def hold(self, name: str, what: str) -> None:
        """What is claimed of a warehouse that a command was killed in."""
        if name == "prepare":
            return  # no date is claimed of a warehouse that has none
        site, (fresh, tables) = self.machine.site, self._fresh(name)
        verified, claimed = self.machine.run([{"do": "verify", **RANGE}, {"do": "claims", **RANGE}])
        if name == "migrate":
            lost = compare(site.database, site.base / DATABASE, self._known_columns(tables))[1]
            self.expect(not lost, f"{what}: rows are lost: {lost}")
            return
        differing, lost = compare(site.database, fresh, tables)
        before, _ = compare(site.database, site.base / DATABASE, tables)
        complete = {(table, day) for table, day in claimed["complete"]}
        self.claims += len(complete)
        false = complete & differing & before
        self.expect(not false, f"{what}: called complete, and neither as before nor as built anew: {sorted(false)[:5]}")
        if _raw_rows(site.database) != _raw_rows(site.base / DATABASE):  # else nothing has come that it could look at
            self.expect(not (verified["exit_code"] == 0 and differing), f"{what}: verify passes")
        lost_before = compare(site.base / DATABASE, fresh, tables)[1]
        gone = {pair: count for pair, count in lost.items() if pair in complete and pair not in lost_before}
        self.expect(not gone, f"{what}: rows are lost: {gone}")

    def _converge(self, name: str, command: Command, what: str) -> None:
        site = self.machine.site
        (answer,) = self.machine.run([command.step])
        done = answer["is_whole"] if command.step["do"] == "backfill" else answer["exit_code"] == 0
        self.expect(bool(done), f"{what}: {answer}")
        if command.leaves_rows:
            self.hold_as_built_anew(name, what)
        if name == "prepare":
            self.expect(_raw_rows(site.database) == _raw_rows(site.base / DATABASE), f"{what}: raw rows differ")
        if name == "migrate":
            self.expect(_columns(site.database) == _columns(site.base / DATABASE), f"{what}: columns differ")

    def hold_as_built_anew(self, name: str, what: str) -> None:
        """The ten tables, once a command has come to its end."""
        fresh, tables = self._fresh(name)
        differing, lost = compare(self.machine.site.database, fresh, tables)
        self.expect(not differing and not lost, f"{what}: not as built anew: {sorted(differing)[:5]}")

    def _ready(self, name: str) -> Command:
        self.machine.site.reset()
        COMMANDS[name].prepare(self.machine.site)
        return COMMANDS[name]

    def _fresh(self, name: str) -> tuple[Path, Any]:
        """What the command is to leave: a build from nothing of the corrected files, else the finished warehouse."""
        if name not in self._expected:
            site = self.machine.site
            if name == "backfill":
                database = site.folder / "corrected" / DATABASE
                (built,) = self.machine.run([{"do": "build", "database": str(database), **RANGE}])
                assert built["success"], built
                self._expected[name] = (database, self.machine.tables)
            else:
                self._expected[name] = (site.base / DATABASE, self.machine.tables)
        return self._expected[name]

    @staticmethod
    def _known_columns(tables: dict[str, Any]) -> dict[str, Any]:
        """Keys alone: other columns are what a migration is about."""
        return {table: {**of, "hashed": []} for table, of in tables.items()}


def _raw_rows(database: Path) -> dict[str, tuple[int, int]]:
    """Number and fingerprint of each raw table's rows."""
    with duckdb.connect(str(database), read_only=True) as connection:
        relations = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('nba_raw', 'nba_reference') order by 1"
        ).fetchall()
        found = {}
        for (relation,) in relations:
            sql = f"select count(*), sum(hash(raw)) from {relation} as raw"
            (found[relation],) = connection.execute(sql).fetchall()
    return found


def _columns(database: Path) -> set[tuple[Any, ...]]:
    """Of the ten tables, whatever their order."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return set(
            connection.execute(
                "select schema_name, table_name, column_name, data_type, is_nullable from duckdb_columns()"
                " where schema_name in ('nba_analytics', 'nba_precompute', 'nba_predictions')"
            ).fetchall()
        )


def kill_everywhere(machine: Machine, say: Callable[[str], None], most: int | None = None) -> Kills:
    """Kill each command at each of its moments.

    :param most: so many moments of a command, spread over all that there are.
    """
    kills = Kills(machine, say)
    for name in COMMANDS:
        moments = kills.moments_of(name)
        # Moments come in pairs, before a call and after it: an odd step takes both.
        step = -(-len(moments) // most) | 1 if most else 1
        say(f"{name}: {len(moments)} moments, {len(moments[::step])} kills")
        for moment in moments[::step]:
            kills.kill(name, moment)
            say(f"kill {kills.count}: {name} {moment}")
    return kills
