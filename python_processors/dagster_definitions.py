"""Dagster: an asset per hashed table, with a partition per game date of the schedule.

    dagster dev -m python_processors.dagster_definitions

A run of Dagster is one `fullcourt backfill` of the chosen tables and dates, so what is up to date is left alone, and
the guards, the lock and the ledgers are the same as ever. A table counts as materialized when it passed its
verification; the verdict is its check. The partitions are those of the schedule when this is loaded: load it anew when
a season's schedule is there.
"""

# No `from __future__ import annotations`: Dagster 1.13 looks at the annotation of a context, and takes no text for one.
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from python_processors.contract import load_contract
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.snapshot import read_schedule
from python_processors.orchestration.warehouse import warehouse_of_target

CHECK = "verified"
LEAGUE = "America/New_York"
RAN = (0, 1)  # exit codes of a run that ended, with 1 where somebody is needed; any other says that nothing ran

Outcome = dg.MaterializeResult[None] | dg.AssetCheckResult


def game_dates(project: Project) -> list[date]:
    """Dates with games that count.

    :raises NotPreparedError: there is no schedule yet: `fullcourt prepare` reads it.
    """
    with warehouse_of_target().beside_a_run() as session:
        schedule = read_schedule(session, project)
    return sorted(row["day"] for row in schedule.days.to_pylist() if row["games"])


def partitions_of(days: Sequence[date]) -> dg.DailyPartitionsDefinition:
    """A partition per date up to today in New York; days without games have none, nor those after the schedule."""
    played, first, last = set(days), days[0], days[-1]
    between = (first + timedelta(days=number) for number in range((last - first).days))
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(),
        end_date=(last + timedelta(days=1)).isoformat(),
        timezone=LEAGUE,
        end_offset=1,  # today's games are to come, and have contexts
        exclusions=[
            datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(LEAGUE)) for day in between if day not in played
        ],
    )


def specs_of(project: Project) -> list[dg.AssetSpec]:
    """The hashed tables as assets, each after those that it is made of."""
    return [
        dg.AssetSpec(
            key=[load_contract(table).dataset, table],
            deps=[
                [load_contract(upstream).dataset, upstream]
                for upstream in sorted(project.hashed_ancestors(project.node_id(table)))
            ],
            group_name=load_contract(table).dataset,
            code_version=project.logic_version(table),
            kinds={"dbt", "python"},
        )
        for table in project.tables
    ]


def backfilled(tables: Sequence[str], start: str, end: str) -> dict[str, Any]:
    """What `fullcourt backfill` says of a run of its own process.

    :raises dg.Failure: it was refused, another run is at work, or it ended without a word.
    """
    command = [
        sys.executable, "-m", "python_processors.cli", "backfill", "--start", start, "--end", end,
        "--tables", ",".join(tables), "--yes", "--no-report", "--json",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ran:
        try:
            out, err = ran.communicate()
        except BaseException:  # Dagster stops the step: the run ends what it is at, and says so
            ran.terminate()
            raise
    try:
        said = json.loads(out) if ran.returncode in RAN else {}
    except ValueError:
        said = {}
    if "verification" not in said:
        words = (err.strip() or out.strip())[-4000:]
        raise dg.Failure(f"fullcourt backfill ended with exit code {ran.returncode}: {words}", allow_retries=False)
    return {**said, "exit_code": ran.returncode}


def outcomes_of(said: Mapping[str, Any], tables: Sequence[str]) -> Iterator[Outcome]:
    """Of each table its check, and a materialization where it passed.

    :raises dg.Failure: after all that: a table did not pass, or something beside the tables needs attention.
    """
    verdicts = {verdict["table"]: verdict for verdict in said["verification"]["tables"]}
    for table in tables:
        verdict = verdicts.get(table, {"passed": False, "reasons": ["it was not verified"]})
        key = dg.AssetKey([load_contract(table).dataset, table])
        check = dg.AssetCheckResult(
            passed=verdict["passed"],
            asset_key=key,
            check_name=CHECK,
            metadata={"verdict": dg.MetadataValue.json(verdict)},
        )
        if verdict["passed"]:
            written = said["rows"].get(table, {})
            yield dg.MaterializeResult(
                asset_key=key,
                check_results=[check],
                metadata={"run_id": said["run_id"], "dagster/row_count": verdict["rows"], **written},
            )
        else:
            yield check
    failed = [table for table in tables if not verdicts.get(table, {}).get("passed")]
    if failed or not said["verification"]["passed"] or said["exit_code"]:
        first = failed[0] if failed else tables[0]
        raise dg.Failure(
            f"These need attention: {', '.join(failed) or 'the run, or what the tables are made of'}."
            f" `fullcourt explain {first} <date>` and `fullcourt status` say why.",
            metadata={"run": dg.MetadataValue.json(dict(said))},
            allow_retries=False,
        )


def definitions() -> dg.Definitions:
    """The assets of the warehouse that the environment names (FULLCOURT_TARGET and those after it)."""
    project = Project(is_kept=True)
    _ = project.known  # where it has to be parsed, that is before the warehouse is opened: dbt opens it, too
    partitions = partitions_of(game_dates(project))
    specs = specs_of(project)

    @dg.multi_asset(
        name="fullcourt_backfill",
        specs=specs,
        check_specs=[dg.AssetCheckSpec(CHECK, asset=spec.key) for spec in specs],
        partitions_def=partitions,
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="fullcourt",  # one run at a time, where the instance limits pools to 1; else the lock refuses a second one
    )
    def fullcourt_backfill(
        context: dg.AssetExecutionContext,
    ) -> Iterator[Outcome]:
        chosen = {key.path[-1] for key in context.selected_asset_keys}
        tables = [table for table in project.tables if table in chosen]
        if not tables:
            raise dg.Failure("A check is the verdict of a run: materialize its table.", allow_retries=False)
        days = context.partition_keys
        yield from outcomes_of(backfilled(tables, days[0], days[-1]), tables)

    return dg.Definitions(assets=[fullcourt_backfill])


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster finds; the warehouse is read when it asks."""
    return definitions()
