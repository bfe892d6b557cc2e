"""A first run on a real project: `make bigquery-smoke`. What no emulator can tell, in scratch datasets.

Fills raw tables of the platform's own form with the rows of a month, builds it twice with dbt, and checks what
CHECKS names. Each finding is printed; the exit code is 0 only if every check was made and passed. A check that could
not be made is NOT CHECKED, and that fails.

Scratch datasets that are there beforehand are used and kept, and must be empty. What the run makes is removed at its
end, however it ends: datasets of its own, and tables and views in those that were there.

Needs FULLCOURT_BIGQUERY_PROJECT, credentials, and a raw archive (RAW_DIR) or the simulated league.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from google.cloud import bigquery
from google.cloud.exceptions import NotFound

from python_processors.raw_loader import find_raw_dir
from python_processors.raw_loader.folder import make_if_simulated
from tests.bigquery import smoke_checks
from tests.bigquery.smoke_checks import FAILED, NOT_CHECKED, OK, Finding, Smoke
from tests.warehouse import Warehouse, environment

PREFIX = "fullcourt_smoke_"
FIRST_MONTH = ("2021-10-19", "2021-11-19")  # long enough for rows of every hashed table
DATASETS = (
    "nba_raw", "nba_reference", "nba_staging", "nba_intermediate", "nba_analytics", "nba_precompute",
    "nba_predictions", "nba_ops",
)  # fmt: skip
Check = Callable[[Smoke], Iterator[Finding]]
# In this order: what comes later reads what was built before.
CHECKS: Mapping[str, Check] = {
    "raw tables": smoke_checks.raw_tables_are_filled,
    "location": smoke_checks.datasets_are_where_the_setting_says,
    "builds": smoke_checks.month_is_built_twice,
    "publish": smoke_checks.second_build_wrote_nothing,
    "rows": smoke_checks.rows_are_those_of_duckdb,
    "pruning": smoke_checks.filters_prune_partitions,
    "wrong location": smoke_checks.wrong_location_is_named,
    "roles": smoke_checks.doctor_finds_the_roles,
    "bytes": smoke_checks.bytes_billed_are_told,
}


class DatasetInUseError(RuntimeError):
    """A scratch dataset holds tables already: whose they are nobody knows, and the run would remove them."""

    def __init__(self, dataset: str, table: str) -> None:
        super().__init__(
            f"{dataset} holds {table}: a smoke run takes empty datasets alone, and removes every table in them."
            " Empty it, or set FULLCOURT_DATASET_PREFIX to another prefix. Nothing was changed."
        )


def main() -> int:
    project = os.environ.get("FULLCOURT_BIGQUERY_PROJECT")
    if not project:
        print("Set FULLCOURT_BIGQUERY_PROJECT to a project in which scratch datasets may be made.", file=sys.stderr)
        return 2
    location = os.environ.get("FULLCOURT_BIGQUERY_LOCATION", "us-west2")
    prefix = os.environ.get("FULLCOURT_DATASET_PREFIX") or PREFIX
    raw = find_raw_dir()
    make_if_simulated(raw)
    with environment(FULLCOURT_TARGET="bigquery"):
        return smoke(bigquery.Client(project, location=location), raw.path, prefix)


def smoke(client: bigquery.Client, raw: Path, prefix: str, window: tuple[str, str] = FIRST_MONTH) -> int:
    """Make the checks on the project of a client, by the target that FULLCOURT_TARGET names."""
    try:
        given = given_datasets(client, prefix)
    except DatasetInUseError as error:
        print(error, file=sys.stderr)
        return 2
    made: list[str] = []
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "no_files").mkdir()
        on_duckdb = Warehouse(folder / "fullcourt.duckdb", folder / "no_files")
        on_bigquery = Warehouse(folder / "unused.duckdb", folder / "no_files")
        run = Smoke(client, prefix, window, raw, DATASETS, on_duckdb, on_bigquery, datetime.now(UTC))
        paths = {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")}
        try:
            make_datasets(client, prefix, given, made)
            with environment(FULLCOURT_DATASET_PREFIX=prefix, FULLCOURT_BIGQUERY_LOCATION=client.location, **paths):
                for check in CHECKS:
                    findings += told(checked(check, run))
        finally:
            findings += told(remove(client, prefix, given, made))
    passed = has_passed(findings)
    print("PASS" if passed else "FAIL")
    return 0 if passed else 1


def given_datasets(client: bigquery.Client, prefix: str) -> list[str]:
    """The scratch datasets that are there already.

    :raises DatasetInUseError: one of them holds a table.
    """
    given = []
    for name in DATASETS:
        named = f"{client.project}.{prefix}{name}"
        try:
            client.get_dataset(named)
        except NotFound:
            continue
        given.append(name)
        if table := next(iter(client.list_tables(named, max_results=1)), None):
            raise DatasetInUseError(named, table.table_id)
    return given


def make_datasets(client: bigquery.Client, prefix: str, given: list[str], made: list[str]) -> None:
    """:param made: gets the name of each, so that it is known what to remove when the next one fails."""
    for name in DATASETS:
        if name not in given:
            dataset = bigquery.Dataset(f"{client.project}.{prefix}{name}")
            dataset.location = client.location
            client.create_dataset(dataset)
            made.append(name)


def checked(check: str, run: Smoke) -> Iterator[Finding]:
    """What a check finds. One that fails itself, or finds nothing, was not made."""
    is_said = False
    try:
        for finding in CHECKS[check](run):
            is_said = True
            yield Finding(check, finding.level, finding.said)
    except Exception as error:  # whatever it is: the other checks are made, and all is removed
        yield Finding(check, NOT_CHECKED, f"{type(error).__name__}: {' '.join(str(error).split())}")
    else:
        if not is_said:
            yield Finding(check, NOT_CHECKED, "nothing was found to check")


def told(findings: Iterator[Finding]) -> Iterator[Finding]:
    for finding in findings:
        print(f"{finding.level:<11} {finding.check:<14}  {finding.said}", flush=True)
        yield finding


def has_passed(findings: list[Finding]) -> bool:
    """Every check was made, and none found a fault."""
    made = {finding.check for finding in findings if finding.level == OK}
    return made >= CHECKS.keys() and not any(finding.level in (FAILED, NOT_CHECKED) for finding in findings)


def remove(client: bigquery.Client, prefix: str, given: list[str], made: list[str]) -> Iterator[Finding]:
    """What the run made: its datasets, and all tables and views in those that were there, which were empty."""
    for name in (*made, *given):
        named = f"{client.project}.{prefix}{name}"
        try:
            if name in made:
                client.delete_dataset(named, delete_contents=True, not_found_ok=True)
                continue
            for table in client.list_tables(named):
                client.delete_table(table.reference, not_found_ok=True)
        except Exception as error:  # the rest is removed all the same
            yield Finding("clean up", FAILED, f"{named} is left: {type(error).__name__}: {error}")
    yield Finding("clean up", OK, f"removed {len(made)} datasets of this run, and emptied {len(given)} that were there")


if __name__ == "__main__":
    sys.exit(main())
