"""A week of mornings on the small league: files of an evening come, `fullcourt today` runs, and what it left is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from python_processors.alerts import CHANNELS
from python_processors.contract import hashed_tables, load_contract
from tests.mixed_changes.league import START, simulate_four_teams
from tests.mixed_changes.machine import compare
from tests.mixed_changes.site import DATABASE, ROOT, copy_project
from tests.mixed_changes.strike import Moment
from tests.mixed_changes.worker import KilledError, Step, Worker
from tests.unit.test_alerts import Channel

BOX_SCORES = ("nbac_gamebook_player_stats", "bdl_player_boxscores", "nbac_team_boxscore")
SCHEDULE, SCHEDULED = "nbac_schedule", 1
LEDGERS = ("nba_ops.analytics_processor_runs", "nba_ops.precompute_processor_runs")
KILLED = -9


@dataclass(frozen=True)
class Fault:
    """What is wrong with the files of a table from one morning on, until it is corrected: a query over `raw`."""

    table: str
    sql: str


def lost_box_score(team: str, day: str) -> list[Fault]:
    """No feed has a row of the team's evening."""
    return [
        Fault(table, f"select * from raw where not (team_abbr = '{team}' and game_date = '{day}')")
        for table in BOX_SCORES
    ]


def wrong_figure(table: str, column: str, value: str, where: str) -> Fault:
    return Fault(table, f"select * replace (case when {where} then {value} else {column} end as {column}) from raw")


@dataclass(frozen=True)
class Morning:
    """What a morning's command left with: its exit code, what it printed, and the digests that came meanwhile."""

    code: int
    said: dict[str, Any]
    words: str
    digests: list[dict[str, str]]


@dataclass
class Week:
    """The warehouse, its raw folder, a copy of the project, and who is told."""

    folder: Path
    channel: Channel
    last: str = ""  # the evening whose files came last
    faults: list[Fault] = field(default_factory=list)
    _seen: set[tuple[Any, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        simulate_four_teams(self.folder / "whole")
        copy_project(ROOT, self.project)
        (self.folder / "work").mkdir()
        self._environment = {
            "FULLCOURT_DUCKDB": str(self.database), "RAW_DIR": str(self.raw), "FULLCOURT_TARGET": "duckdb",
            "DBT_TARGET_PATH": str(self.folder / "target"), "DBT_LOG_PATH": str(self.folder / "logs"),
            "FULLCOURT_THREADS": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", CHANNELS: self.channel.url,
        }  # fmt: skip
        self._worker = self._hired()

    def _hired(self) -> Worker:
        return Worker(self.project, self._environment, self.folder / "words.log")

    def close(self) -> None:
        self._worker.close()

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def database(self) -> Path:
        return self.folder / "work" / DATABASE

    @property
    def raw(self) -> Path:
        return self.folder / "work" / "raw"

    def files_come(self, until: str = "") -> None:
        """The raw folder as it is after an evening: later games are scheduled, and nothing more is known of them."""
        self.last = until or self.last
        for file in sorted((self.folder / "whole").rglob("*.parquet")):
            to = self.raw / file.relative_to(self.folder / "whole")
            to.parent.mkdir(parents=True, exist_ok=True)
            if file.parent.name == "reference":
                shutil.copyfile(file, to)
                continue
            with duckdb.connect() as connection:
                connection.execute("set TimeZone = 'UTC'")
                connection.execute(f"create table raw as select * from '{file}'")
                if file.stem == SCHEDULE:
                    connection.execute(
                        f"update raw set game_status = {SCHEDULED}, home_team_score = null, away_team_score = null"
                        f" where game_date > '{self.last}'"
                    )
                else:
                    connection.execute(f"delete from raw where game_date > '{self.last}'")
                for fault in self.faults:
                    if fault.table == file.stem:
                        connection.execute(f"create or replace table raw as {fault.sql}")
                connection.execute(f"copy raw to '{to}' (format parquet)")

    def morning(self, *arguments: str, kill: Moment | None = None, url: str | None = None) -> Morning:
        """`fullcourt today` as of the last evening, and what its channel was told.

        :param kill: when its process dies; its code is then KILLED, and nothing was printed.
        :param url: of another channel than the week's.
        """
        typed = ["today", "--as-of", self.last, "--no-report", "--json", *arguments]
        return self.typed(*typed, kill=kill, url=url)

    def typed(self, *arguments: str, kill: Moment | None = None, url: str | None = None) -> Morning:
        before = len(self.channel.received)
        self._environment[CHANNELS] = url or self.channel.url
        step: Step = {"do": "command", "arguments": list(arguments)}
        if kill is not None:
            step["strike"] = kill.to_dict()
        try:
            (answer,) = self._worker.run([step])
        except KilledError:
            return Morning(KILLED, {}, "", self.channel.received[before:])
        assert not answer["crashed"], answer
        said = json.loads(answer["out"]) if answer["out"].startswith("{") else {}
        return Morning(answer["exit_code"], said, answer["said"], self.channel.received[before:])

    def excuse(self, lines: Sequence[str]) -> None:
        """Somebody looked at rows that will not come, and wrote that down."""
        with (self.project / "seeds" / "completeness_exceptions.csv").open("a", encoding="utf-8") as seed:
            seed.writelines(f"{line}\n" for line in lines)
        self._worker.close()
        self._worker = self._hired()

    def rows(self, day: str) -> dict[str, int]:
        """Rows of each hashed table of a date, of those that have any."""
        counts = {}
        for table in hashed_tables():
            contract = load_contract(table)
            sql = f"select count(*) from {contract.relation} where {contract.partition_by} = '{day}'"
            ((counts[table],),) = self.query(sql)
        return {table: count for table, count in counts.items() if count}

    def outcomes(self) -> dict[str, set[tuple[str, str]]]:
        """Dates and tables by outcome, of all that needs or needed somebody."""
        found: dict[str, set[tuple[str, str]]] = {}
        for outcome, day, table in self.query(
            "select outcome, game_date::varchar, table_name from nba_ops.coverage"
            " where outcome not in ('complete', 'no_games', 'expected_empty')"
        ):
            found.setdefault(outcome, set()).add((day[5:], table))
        return found

    def without_a_row(self, table: str, day: str) -> dict[str, str]:
        """Who may have no row of a precompute table and date, and for which game."""
        return dict(self.query(
            "select entity_id, missing_game_dates from nba_ops.precompute_failures"
            f" where processor_name = '{table}' and analysis_date = '{day}' and resolution_status = 'UNRESOLVED'"
            " and failure_category = 'UPSTREAM_INCOMPLETE'"
        ))  # fmt: skip

    def players(self, day: str, *teams: str) -> set[str]:
        """Who may play for some teams on a date."""
        return {name for (name,) in self.query(
            "select player_lookup from nba_analytics.upcoming_player_game_context"
            f" where game_date = '{day}' and team_abbr in {(*teams, '')}"
        )}  # fmt: skip

    def new_history(self) -> list[tuple[str, bool, str | None, str | None, int]]:
        """Rows of run history since they were last asked for: table, success, reason, errors and dates."""
        rows = self.query(" union all ".join(
            "select run_id, processor_name, success, skip_reason, errors_json, coalesce(dates_processed, 0)"
            f" from {ledger}" for ledger in LEDGERS
        ))  # fmt: skip
        fresh = sorted(row for row in rows if row[:2] not in self._seen)
        assert len({row[:2] for row in rows}) == len(rows), "a table and invocation have one row"
        self._seen |= {row[:2] for row in fresh}
        return [(row[1], *row[2:]) for row in fresh]

    def runs(self) -> list[tuple[str, str]]:
        """Command and state of each run, in order."""
        return [(of[0], of[1]) for of in self.query("select command, state from nba_ops.runs order by started_at")]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()

    def differing_from_a_build_from_nothing(self) -> tuple[set[tuple[str, str]], dict[tuple[str, str], int]]:
        """Tables and dates whose rows are not those of plain dbt on the files as they are; and keys that lack."""
        fresh = self.folder / "fresh" / DATABASE
        at = {"database": str(fresh), "start": f"{START}", "end": self.last}
        built, tables = self._worker.run([{"do": "build", **at}, {"do": "tables"}])
        assert built["success"], built
        differing, lost = compare(self.database, fresh, tables["tables"])
        return differing, dict(lost)
