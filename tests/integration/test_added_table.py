"""A table is added by three files of its own: everything that goes over tables finds it by its contract."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from python_processors.contract import PROJECT_ROOT
from python_processors.simulation import simulate

pytestmark = pytest.mark.slow

TABLE = "player_hot_hand"
WINDOW = ("2021-10-19", "2021-11-04")
RANGE = ("--start", WINDOW[0], "--end", WINDOW[1])
DAY = WINDOW[1]

# `completeness_exceptions` and what the completeness check reads are what every table with a history declares.
CONTRACT = """
version: 2

models:
  - name: player_hot_hand
    description: One row per date and player who may play and took part in three games this season.
    config:
      meta:
        processor: python_processors.processors.player_hot_hand.summarise
        key: [game_date, player_lookup]
        partition_by: game_date
        cluster_by: [player_lookup]
        reads:
          - {from: dim_game_dates}
          - {from: upcoming_player_game_context}
          - from: player_game_summary
            window: games
            size: 5
            as: sample_games
            by: player_lookup
            columns: [points, took_part]
          - from: dim_team_games
            window: season_before
            columns: [game_id, team_abbr, is_result, results_up_to_now, margin]
          - from: player_game_summary
            window: season_before
            columns: [game_id, player_lookup, team_abbr, took_part]
          - from: expected_boxes
            window: season_before
            columns: [table_name, game_id, entity, has_source, quarantine_reason]
          - {from: completeness_exceptions, window: whole}
        label: hot hand
        rows: {of: players_who_may_play, after_bootstrap: true, min_games: 3, too_few_games: INSUFFICIENT_DATA}
        history: {windows: [l5]}
        waits_for: {player_game_summary: season_before, upcoming_player_game_context: same_date}
    data_tests:
      - is_proven:
          name: player_hot_hand_is_proven
          arguments:
            checks:
              - window_ends_before_its_date: {upstream: player_game_summary, entity: player_lookup, fingerprint: source_player_game_hash}
              - within_ranges: {ranges: {games_in_sample: [3, sample_games]}}
    columns:
      - {name: game_date, data_type: DATE, description: The date of the game., config: {meta: {required: true}}}
      - {name: player_lookup, data_type: STRING, description: The player., config: {meta: {required: true}}}
      - {name: points_avg, data_type: "NUMERIC(5,1)", description: Points per game of the sample.}
      - {name: games_in_sample, data_type: INT64, description: Games of the sample.}
      - name: source_player_game_hash
        data_type: STRING
        description: Fingerprint of what was read.
        config: {meta: {not_hashed: Provenance.}}
      - name: data_hash
        data_type: STRING
        description: Hash of the row.
        config: {meta: {required: true, not_hashed: It is the hash.}}
      - name: logic_version
        data_type: STRING
        description: Version of the logic.
        config: {meta: {required: true, not_hashed: Kept beside the hash.}}
      - name: created_at
        data_type: TIMESTAMP
        description: When the key was first published.
        config: {meta: {required: true, not_hashed: Written by the run.}}
      - name: processed_at
        data_type: TIMESTAMP
        description: When the values last changed.
        config: {meta: {required: true, not_hashed: Written by the run.}}
"""
MODEL = """
-- One row per date and player who may play and took part in three games this season: points of his last games.
{{ config(cluster_by=['player_lookup']) }}

with

{{ find_blocked_dates('player_hot_hand') }},

{{ unblocked_entities('player_hot_hand') }},

boxes as (
    select *, {{ hash_of_read('player_hot_hand', 'player_game_summary', 'boxes') }} as read_hash
    from {{ ref('player_game_summary') }} as boxes
    where {{ in_season_so_far() }} and {{ took_part('boxes') }}
),

history as (
    select
        contexts.game_date as as_of,
        contexts.player_lookup as entity,
        boxes.points,
        boxes.read_hash,
        row_number() over (
            partition by contexts.game_date, contexts.player_lookup order by boxes.game_date desc, boxes.game_id asc
        ) as games_ago
    from entities
    inner join {{ ref('upcoming_player_game_context') }} as contexts
        on entities.game_date = contexts.game_date and entities.entity = contexts.player_lookup
    inner join {{ ref('dim_game_dates') }} as dates on contexts.game_date = dates.game_date
    inner join boxes
        on
            contexts.player_lookup = boxes.player_lookup
            and dates.season_year = boxes.season_year
            and contexts.game_date > boxes.game_date
    where {{ in_window('contexts.game_date') }}
),

final as (
    select
        as_of as game_date,
        entity as player_lookup,
        count(*) as games_in_sample,
        cast(sum(points) as int64) as points,
        {{ partition_fingerprint('read_hash') }} as source_player_game_hash
    from history
    where games_ago <= {{ window_size('player_hot_hand', 'sample_games') }}
    group by as_of, entity
)

select * from final
"""
PROCESSOR = '''
"""player_hot_hand: one row per date and player who may play, how he scored in his last games."""

from __future__ import annotations

import pyarrow as pa

from python_processors.basketball import formulas
from python_processors.processors import assemble


def summarise(players: pa.Table) -> pa.Table:
    """Points per game of the sample."""
    return assemble(
        "player_hot_hand", players, {"points_avg": formulas.mean(players["points"], players["games_in_sample"], 1)}
    )
'''
FILES = {
    f"models/precompute/{TABLE}.yml": CONTRACT,
    f"models/precompute/{TABLE}.sql": MODEL,
    f"python_processors/processors/{TABLE}.py": PROCESSOR,
}


class Copy:
    """A copy of the project in a folder of its own, and what its command line says there."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        left_out = shutil.ignore_patterns(".git", ".venv*", "target", "logs", "data", "tests", "__pycache__", ".*cache")
        shutil.copytree(PROJECT_ROOT, self.root, ignore=left_out, symlinks=True)
        self.database = folder / "fullcourt.duckdb"
        self.environment = os.environ | {
            "PYTHONPATH": str(self.root), "FULLCOURT_DUCKDB": str(self.database), "RAW_DIR": str(folder / "raw"),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }  # fmt: skip

    def run(self, *command: str, cwd: Path | None = None, code: int | None = 0) -> str:
        """What a module of the copy prints. `code`: the exit code that it must have, any where it is None."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=cwd or self.root, env=self.environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def fullcourt(self, *command: str, code: int | None = 0) -> str:
        return self.run("python_processors.cli", *command, code=code)

    def dbt(self, *command: str, cwd: Path | None = None, window: tuple[str, str] = WINDOW) -> str:
        """Plain dbt, as a user types it."""
        variables = json.dumps({"start_date": window[0], "end_date": window[1]})
        return self.run("dbt.cli.main", *command, "--vars", variables, cwd=cwd)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.database)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The copy with the table, built for some weeks of a simulated league. Each test leaves it as it was."""
    folder = tmp_path_factory.mktemp("added")
    simulate(folder / "raw", until=date.fromisoformat(WINDOW[1]), seed=3)
    made = Copy(folder)
    # Before: the ten tables, built and confirmed.
    made.fullcourt("backfill", *RANGE, "--yes", "--no-report")
    for name, text in FILES.items():
        (made.root / name).write_text(text.lstrip(), encoding="utf-8")
    return made


def test_a_table_is_added_by_three_files(copy: Copy, tmp_path: Path) -> None:
    """One long claim, since building is what takes the time: each step is what a user would look at next."""
    # plan: its dates alone are due, since no other table's logic names it.
    plan = copy.fullcourt("plan", *RANGE, "--json", code=None)
    due = json.loads(plan[plan.index("{") :])
    assert {step["table"] for step in due["steps"]} == {TABLE}

    said = copy.fullcourt("backfill", *RANGE, "--yes", "--no-report")
    assert TABLE in said

    # Expected rows, completeness and outcomes by its contract.
    counted = copy.query(
        "select outcome, count(*), sum(expected_rows), sum(actual_rows), sum(missing_rows + surplus_rows)"
        f" from nba_ops.coverage where table_name = '{TABLE}' and game_date >= '2021-11-02' group by all"
    )
    ((outcome, days, expected, there, differing),) = counted
    assert (outcome, differing) == ("complete", 0)
    assert days == 2
    assert expected == there > 0
    stored = f"select count(*) from nba_precompute.{TABLE}"
    assert copy.query(stored) == [(there,)]
    assert copy.query(
        f"select distinct outcome from nba_ops.coverage where table_name = '{TABLE}' and game_date < '2021-11-02'"
    ) == [("expected_empty",)]
    looked_back = copy.query(f"select count(*) from nba_ops.completeness where table_name = '{TABLE}'")
    assert looked_back == copy.query(
        "select count(*) from nba_intermediate.int_upcoming_rosters where game_date >= '2021-11-02'"
    )
    few = f"from nba_ops.precompute_failures where processor_name = '{TABLE}' and failure_reason like '%3 are needed'"
    assert set(copy.query(f"select distinct failure_category {few}")) <= {("INSUFFICIENT_DATA",)}
    assert copy.query(
        f"select count(*) from nba_ops.precompute_failures where processor_name = '{TABLE}' and failure_type = 'BOOTSTRAP'"
    ) != [(0,)]

    # Whoever asks is told of it: status, verify, the report, the table of a day, the lineage.
    assert "2 complete" in _line_of(TABLE, copy.fullcourt("status", *RANGE))
    assert TABLE in copy.fullcourt("verify", *RANGE)
    page = tmp_path / "report.html"
    copy.fullcourt("report", *RANGE, "--out", str(page))
    assert TABLE in page.read_text(encoding="utf-8")
    by_date = copy.run("python_processors.coverage", "--start", DAY, "--end", DAY, "--by-date")
    assert "hot hand" in by_date
    lineage = copy.dbt("ls", "--select", f"{TABLE}+", "--output", "name", "--quiet")
    assert {"coverage", "coverage_report"} <= set(lineage.split())

    # dbt from another folder, too.
    assert TABLE in copy.dbt(
        "ls", "--select", TABLE, "--output", "name", "--quiet", "--project-dir", str(copy.root),
        "--profiles-dir", str(copy.root / "profiles"), cwd=tmp_path,
    )  # fmt: skip

    # A row that is lost is missed, and named; the next run brings it back.
    ((player,),) = copy.query(f"select min(player_lookup) from nba_precompute.{TABLE} where game_date = '{DAY}'")
    copy.query(f"delete from nba_precompute.{TABLE} where game_date = '{DAY}' and player_lookup = '{player}'")
    assert "1 partial" in _line_of(TABLE, copy.fullcourt("status", *RANGE, code=None))
    refused = copy.fullcourt("verify", *RANGE, code=None)
    assert TABLE in refused
    assert str(player) in refused
    copy.fullcourt("backfill", *RANGE, "--yes", "--no-report")
    assert copy.query(stored) == [(there,)]

    # Plain dbt counts it, too.
    copy.query(f"delete from nba_precompute.{TABLE} where game_date = '{DAY}' and player_lookup = '{player}'")
    copy.dbt("run", "--select", "coverage", window=(DAY, DAY))
    partial = copy.query(
        f"select outcome, missing_rows from nba_ops.coverage where table_name = '{TABLE}' and game_date = '{DAY}'"
    )
    assert partial == [("partial", 1)]

    # What it waits for holds it up, by name.
    copy.query("delete from nba_analytics.player_game_summary where game_date = '2021-11-01'")
    copy.dbt("run", "--select", "upstream_gaps", "blocked_dates", window=(DAY, DAY))
    assert copy.query(
        f"select blocked_by from nba_ops.blocked_dates where table_name = '{TABLE}' and game_date = '{DAY}'"
    ) == [("player_game_summary",)]


def _line_of(table: str, said: str) -> str:
    """The line of a table in what a command prints."""
    return next(line for line in said.splitlines() if table in line)
