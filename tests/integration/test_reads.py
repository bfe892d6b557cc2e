"""What a table declares that it reads (config.meta.reads) is what its queries read, by DuckDB's own plans.

A plan lists each scan's columns and the dates that it reaches back to. They are followed from a hashed table
through the models before it, up to the next hashed tables, declared models, and sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import pytest

from python_processors.contract import hashed_tables, load_contract
from python_processors.contract.declared import declared_rows
from python_processors.orchestration.project import precompute_reads
from python_processors.orchestration.state.reads import Read, reads_of
from tests.warehouse import Warehouse

DAY = "2021-11-10"  # late enough for precompute tables
# Otherwise a scan without rows in this league would be left out of a plan.
PLAN_ALL = "set disabled_optimizers = 'statistics_propagation,empty_result_pullup,compressed_materialization'"

LONGEST_SEASON = 366
# Declared through one of the first three; the others are what those are made of, and settle a raw row's date and teams.
SCHEDULE = (
    "dim_games", "dim_team_games", "dim_game_dates", "dim_game_ids", "base_nbac__schedule", "stg_nbac__schedule",
)  # fmt: skip
ROSTER = {"game_date", "season_year", "game_id", "team_abbr", "player_lookup"}
# In every fingerprint, or in none because they are provenance.
ALWAYS = {"season_year", "processed_at", "data_hash"}
MADE_OF = {"took_part": {"minutes_played", "fg_attempts", "points"}}
# Rows of the summaries are those of expected_boxes, word for word; of the others only the date's are read.
REPEATS = {"expected_rows": "expected_boxes"}
# Attempts and breakers: what every run moves and no table hashes.
OPERATIONAL = {"analytics_failures"}
# What says when a row was read, of a raw table of which it counts what is said on any date.
OF_ANY_DATE = {"espn_team_rosters": {"roster_date", "scrape_hour", "source_file_path"}}
# In one scan with those of the days before, and only looked at on the day itself.
ONLY_OF_THE_DAY = {
    (table, "stg_nbac__gamebook_player_stats"): {"player_status"}
    for table in ("team_offense_game_summary", "team_defense_game_summary")
}


@dataclass(frozen=True)
class Scan:
    """A scan of `upstream` by a model's query. `days_before` is None when no date bounds it; `tables` and
    `window` are those that it asks for, where the relation speaks for several."""

    model: str
    upstream: str
    columns: frozenset[str]
    days_before: int | None
    tables: frozenset[str] = frozenset()
    window: str | None = None


@dataclass(frozen=True)
class Plans:
    """Scans per model, and how each relation is made: a hashed table, a model, a source or a seed."""

    scans: Mapping[str, tuple[Scan, ...]]
    kinds: Mapping[str, str]


def columns_in(filters: list[str], known: set[str]) -> set[str]:
    """Columns of a relation that a scan filters by: a plan does not project them."""
    words = re.findall(r"\w+", re.sub(r"'[^']*'", "", " ".join(filters)))
    return known.intersection(words)


def days_back(filters: list[str], column: str | None) -> int | None:
    """How many days before DAY the filters let a date column reach; None without a bound."""
    bounds = re.findall(rf"\b{column}\b >?= '(\d{{4}}-\d\d-\d\d)'::DATE", " ".join(filters)) if column else []
    return (
        max(0, min((date.fromisoformat(DAY) - date.fromisoformat(bound)).days for bound in bounds)) if bounds else None
    )


def asked_for(filters: list[str], column: str) -> frozenset[str]:
    """The literals that a filter holds `column` to."""
    about = [text for text in filters if re.search(rf"\b{column}\b", text)]
    return frozenset(re.findall(r"'([a-z_0-9]+)'", " ".join(about)))


def as_list(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else value or []


def nodes_of(plan: list[dict]) -> Iterator[dict]:
    for node in plan:
        yield node
        yield from nodes_of(node.get("children", []))


def scans_of(model: str, sql: str, connection: duckdb.DuckDBPyConnection, known: Mapping[str, set[str]]) -> list[Scan]:
    ((_, plan),) = connection.execute(f"explain (format json) {sql}").fetchall()
    found = []
    for node in nodes_of(json.loads(plan)):
        information = node.get("extra_info", {})
        if "Table" not in information:
            continue
        upstream = information["Table"].rpartition(".")[2]
        filters = as_list(information.get("Filters"))
        columns = columns_in(filters, known[upstream]).union(as_list(information.get("Projections")))
        dates = (
            [load_contract(upstream).partition_by] if upstream in hashed_tables() else ["game_date", "analysis_date"]
        )
        dated = next((name for name in dates if name in known[upstream]), None)
        tables = asked_for(filters, "table_name") | asked_for(filters, "processor_name")
        (window,) = asked_for(filters, "window_name") or (None,)
        found.append(Scan(model, upstream, frozenset(columns), days_back(filters, dated), tables, window))
    return found


@pytest.fixture(scope="module")
def plans(confirmed: Warehouse) -> Plans:
    """Every model's scans, planned for DAY on the simulated month."""
    outcome = confirmed.dbt("compile", "--write-json", window=(DAY, DAY))
    assert outcome.success, outcome.failures or outcome.error
    manifest = json.loads((confirmed.path.parent / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    kinds = {
        node["name"]: node["resource_type"] for node in nodes if node["resource_type"] in ("model", "seed", "source")
    }
    kinds |= dict.fromkeys(hashed_tables(), "hashed")
    known: dict[str, set[str]] = {}
    for table, column in confirmed.query("select table_name, column_name from duckdb_columns() where not internal"):
        known.setdefault(table, set()).add(column)
    with duckdb.connect(str(confirmed.path), read_only=True) as connection:
        connection.execute(PLAN_ALL)
        scans = {
            node["name"]: tuple(scans_of(node["name"], node["compiled_code"], connection, known))
            for node in nodes
            if node["resource_type"] == "model"
        }
    return Plans(scans, kinds)


def left_out(scan: Scan, asked: Scan) -> bool:
    """Whether a scan by a model that serves several tables has nothing to do with those asked for."""
    players = {table for table in asked.tables if load_contract(table).entity_column == "player_lookup"}
    played = {table for table, declared in declared_rows().items() if declared.as_plain()["is_played"]}
    contexts = asked.tables - played - set(precompute_reads())
    waited_for = {upstream for table in asked.tables for upstream in precompute_reads().get(table, {})}
    # Rows of the date's contexts are declared by name, where the table waits for them.
    other_contexts = (set(hashed_tables()) - played - set(precompute_reads()) - waited_for) | {"expected_rows"}
    match scan.model:
        case "completeness":  # a team's history is both summaries, a player's his boxes and whose roster names him
            of_players = {"player_game_summary", "int_upcoming_rosters"}
            of_teams = {"team_offense_game_summary", "team_defense_game_summary"}
            # Zones are analysed from ten games on: of nobody whom only the date's roster has seen.
            unseen = {"int_upcoming_rosters"} if asked.tables == {"player_shot_zone_analysis"} else set()
            others = (of_teams | unseen) if players == asked.tables else set() if players else of_players
        case "precompute_entities":  # either of whom a history is known, or of the date's rosters, or its games
            with_history = {table for table in asked.tables if load_contract(table).declared.history}
            of_games = {"int_upcoming_rosters" if table in players else "dim_team_games" for table in asked.tables}
            everybody = {"int_upcoming_rosters", "dim_team_games"}
            others = everybody if with_history else {"completeness"} | (everybody - of_games)
            others |= other_contexts
        case "lacking_games":  # who is on the date's roster matters to those who may play on it
            zones = {"player_shot_zone_analysis", "team_defense_zone_analysis"}
            others = other_contexts | ({"int_upcoming_rosters"} if asked.tables <= zones else set())
        case "expected_rows":  # rosters for the contexts, boxes for the summaries
            others = {"expected_boxes"} if contexts == asked.tables else set()
        case "upstream_gaps":  # expected_rows are of the contexts of the date itself, which are declared by name
            others = (set(hashed_tables()) - asked.tables) | {"expected_rows"}
        case "int_player_form" if asked.model != "upcoming_player_game_context":
            # Tonight's line ends streaks, and the injury report adds whom no roster has: the context's alone.
            assert not any("streak" in column for column in asked.columns)
            others = {"int_points_props", "int_player_availability"}
        case _:
            others = set()
    return scan.upstream in others


def reached(table: str, plans: Plans, reads: tuple[Read, ...]) -> set[Scan]:
    """Scans of a hashed table's query and of the models before it. A model stands for what lies behind it
    where it is declared, of the date or over a window, or is the schedule; the date's rosters are who is in the context."""
    found: set[Scan] = set()
    start = Scan("", table, frozenset(), 0, frozenset({table}))
    todo, seen = [start], {start}
    while todo:
        asked = todo.pop()
        for scan in plans.scans[asked.upstream]:
            if left_out(scan, asked) or scan.upstream in OPERATIONAL:
                continue
            if scan.window == "same_date" or (scan.upstream == "precompute_entities" and table not in scan.tables):
                # Whether another table is complete: where it is not, its rows of the date are other ones.
                found |= {Scan(scan.model, other, frozenset(), 0) for other in scan.tables}
                continue
            scan = replace(scan, tables=scan.tables or asked.tables, window=scan.window or asked.window)
            found.add(scan)
            if plans.kinds[scan.upstream] == "model" and not stands_for_itself(scan, reads) and scan not in seen:
                seen.add(scan)
                todo.append(scan)
    return found


def reach(read: Read) -> int:
    """How many days before a date a read looks."""
    return {"same_date": 0, "days": read.size}.get(read.window, LONGEST_SEASON)


def declared(scan: Scan, reads: tuple[Read, ...]) -> list[Read]:
    """The reads of a scan's relation that look back, where the scan does."""
    looks_back = scan.days_before != 0
    name = REPEATS.get(scan.upstream, scan.upstream) if looks_back else scan.upstream
    return [read for read in reads if read.upstream == name and (read.window != "same_date") == looks_back]


def stands_for_itself(scan: Scan, reads: tuple[Read, ...]) -> bool:
    if scan.upstream in SCHEDULE:
        return True
    if scan.upstream == "int_upcoming_rosters" and scan.columns <= ROSTER:
        return any(read.upstream == "upcoming_player_game_context" for read in reads)
    return scan.days_before is not None and bool(declared(scan, reads))


def undeclared(table: str, plans: Plans, reads: tuple[Read, ...]) -> set[str]:
    """What the table's queries read and its reads do not name, in words."""
    problems = set()
    for scan in reached(table, plans, reads):
        kind, named = plans.kinds[scan.upstream], declared(scan, reads)
        if scan.upstream in SCHEDULE:
            if not any(read.upstream in SCHEDULE for read in reads):
                problems.add("the schedule")
            # Results of other dates; what else no date bounds is joined to rows of the day by its game.
            if "is_result" in scan.columns or (named and "is_final" in scan.columns):
                problems |= {f"{scan.upstream}.{column}" for column in uncounted(scan, named)}
        elif kind in ("source", "seed"):
            counted = [r for r in reads if r.upstream == scan.upstream and r.window in ("same_date", "whole")]
            if not counted:
                problems.add(f"{scan.upstream}")
            elif scan.upstream in OF_ANY_DATE:
                lacking = uncounted(scan, counted) - OF_ANY_DATE[scan.upstream]
                problems |= {f"{scan.upstream}.{column}" for column in lacking}
        elif scan.days_before:
            if max((reach(read) for read in named), default=0) < scan.days_before:
                problems.add(f"{scan.upstream} of the {scan.days_before} days before")
            problems |= {f"{scan.upstream}.{column}" for column in uncounted(scan, named)}
        elif kind == "hashed" and scan.days_before == 0 and not named:
            problems.add(f"{scan.upstream} of the date")
    return problems


def uncounted(scan: Scan, named: list[Read]) -> set[str]:
    """Columns of a scan that none of the reads counts."""
    counted = {*ALWAYS, "game_date"} | ONLY_OF_THE_DAY.get((scan.model, scan.upstream), set())
    for read in named:
        if not read.columns:
            counted |= scan.columns - set(read.left_out)
        counted |= {read.by} | set(read.columns)
        counted = counted.union(*(MADE_OF.get(column, ()) for column in read.columns))
    if scan.upstream in hashed_tables():
        contract = load_contract(scan.upstream)
        counted |= {contract.entity_column, contract.partition_by}
    return set(scan.columns) - counted


@pytest.mark.parametrize("table", hashed_tables())
def test_a_table_declares_whatever_its_queries_read(table: str, plans: Plans) -> None:
    assert undeclared(table, plans, reads_of(table)) == set()


# Declared, and read by none of the queries.
SPARE = {
    # Seen through dim_team_games; and what int_team_rosters is made of is read whole, too, for birth dates.
    "upcoming_player_game_context": {"arenas", "int_team_rosters"},
    "upcoming_team_game_context": {"arenas"},
}


@pytest.mark.parametrize("table", hashed_tables())
def test_a_read_that_is_taken_back_is_noticed(table: str, plans: Plans) -> None:
    """Where no other read of the same relation covers it."""
    reads = reads_of(table)
    upstreams = [read.upstream for read in reads]
    alone = [read for read in reads if upstreams.count(read.upstream) == 1 and read.upstream not in SCHEDULE]
    spare = {read.upstream for read in alone if not undeclared(table, plans, tuple(set(reads) - {read}))}
    assert spare == SPARE.get(table, set())


@pytest.mark.parametrize("table", hashed_tables())
def test_a_column_that_is_taken_back_is_noticed(table: str, plans: Plans) -> None:
    """But for columns that another read of the relation counts as well, or that its key holds anyway.
    Results of the schedule are declared alike for all tables: the player's context reads each column."""
    reads = reads_of(table)
    for read in reads:
        if read.upstream == "dim_team_games" and table != "upcoming_player_game_context":
            continue
        others = [other for other in reads if other.upstream == read.upstream and other != read]
        known = set().union(*(other.columns for other in others), ALWAYS)
        known = known.union(*(MADE_OF.get(column, ()) for column in known))
        if read.upstream in hashed_tables():
            known |= {load_contract(read.upstream).entity_column, "took_part"}
        for column in set(read.columns) - known:
            fewer = replace(read, columns=tuple(set(read.columns) - {column}))
            left = undeclared(table, plans, (*others, fewer, *(set(reads) - {read, *others})))
            assert f"{read.upstream}.{column}" in left, read.name


def test_a_window_that_is_too_short_is_noticed(plans: Plans) -> None:
    reads = reads_of("ml_feature_store_v2")
    shorter = tuple(replace(read, size=900) if read.size == 1095 else read for read in reads)
    assert undeclared("ml_feature_store_v2", plans, shorter) == {"player_game_summary of the 1095 days before"}


def test_coverage_lists_exactly_the_hashed_tables(confirmed: Warehouse) -> None:
    assert {table for (table,) in confirmed.query("select distinct table_name from nba_ops.coverage")} == set(
        hashed_tables()
    )
