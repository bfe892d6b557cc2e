"""The smoke run (smoke.py): what it says of a project, what it leaves, and that nothing unchecked passes.

At the local server, which tells no bytes: that is NOT CHECKED there, and all else passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core.exceptions import Forbidden, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from python_processors.raw_contract import raw_tables
from tests.bigquery import smoke as smoke_run
from tests.bigquery.raw import LOCATION, local_server, settings_of
from tests.bigquery.smoke import CHECKS, DATASETS, DatasetInUseError, checked, given_datasets, has_passed, smoke
from tests.bigquery.smoke_checks import FAILED, NOT_CHECKED, NOTE, OK, Finding, Smoke, filters_prune_partitions
from tests.mixed_changes.league import END, START, simulate_four_teams
from tests.warehouse import Warehouse, environment


@dataclass
class Project:
    """A client of a project: datasets with their tables, and what a dry run tells of one date and of all."""

    datasets: dict[str, list[str]]
    dates: int = 2
    told: tuple[int, int] = (10, 100)
    refused: str = ""
    project: str = "p"
    location: str = "us-west2"
    sent: list[str] = field(default_factory=list)

    def get_dataset(self, name: str) -> Any:
        if name not in self.datasets:
            raise NotFound(name)
        return SimpleNamespace(location=self.location)

    def list_tables(self, name: str, max_results: int | None = None) -> Iterator[Any]:
        tables = list(self.datasets[name])
        return iter([SimpleNamespace(table_id=of, reference=(name, of)) for of in tables[:max_results]])

    def create_dataset(self, dataset: bigquery.Dataset) -> None:
        assert dataset.location == self.location
        if dataset.dataset_id == self.refused:
            raise Forbidden("no")
        self.datasets[f"{dataset.project}.{dataset.dataset_id}"] = []

    def delete_dataset(self, name: str, *, delete_contents: bool, not_found_ok: bool) -> None:
        if name.endswith(self.refused or "-"):
            raise Forbidden("no")
        del self.datasets[name]

    def delete_table(self, reference: tuple[str, str], *, not_found_ok: bool) -> None:
        self.datasets[reference[0]].remove(reference[1])

    def query(self, sql: str, job_config: bigquery.QueryJobConfig | None = None) -> Any:
        self.sent.append(sql)
        if job_config is not None:
            assert job_config.dry_run
            return SimpleNamespace(total_bytes_processed=self.told["0001-01-01" in sql])
        return SimpleNamespace(result=lambda: [SimpleNamespace(dates=self.dates, last="2021-10-26")])


def run_on(project: Project) -> Smoke:
    unused = Warehouse(Path("unused"), Path("unused"))
    return Smoke(
        project, "s_", ("2021-10-19", "2021-10-26"), Path("unused"), DATASETS, unused, unused, datetime.now(UTC)
    )  # fmt: skip


def levels(project: Project) -> dict[str, int]:
    found = [finding.level for finding in filters_prune_partitions(run_on(project))]
    return {level: found.count(level) for level in set(found)}


TABLES = 22  # ten hashed, twelve of the platform's


@pytest.mark.parametrize(
    ("told", "level"),
    [((10, 100), OK), ((100, 100), FAILED), ((101, 100), FAILED), ((0, 100), NOT_CHECKED), ((0, 0), NOT_CHECKED)],
)
def test_a_filter_prunes_where_one_date_is_less_than_all(told: tuple[int, int], level: str) -> None:
    project = Project({}, told=told)
    assert levels(project) == {level: TABLES}
    dry_runs = [sql for sql in project.sent if sql.startswith("select *")]
    assert len(dry_runs) == 2 * TABLES
    assert all("where" in sql for sql in project.sent)  # tables may require a filter


@pytest.mark.parametrize("dates", [0, 1])
def test_a_table_of_one_date_tells_nothing_of_pruning(dates: int) -> None:
    """Of an optional raw table that is a note. Of a hashed one, and of the schedule, the check was not made."""
    needed = 10 + sum(1 for of in raw_tables().values() if of.partition_by and not of.without)
    assert levels(Project({}, dates=dates)) == {NOT_CHECKED: needed, NOTE: TABLES - needed}


def test_a_dataset_that_holds_a_table_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    project = Project({"p.s_nba_raw": [], "p.s_nba_ops": ["runs"]})
    with pytest.raises(DatasetInUseError, match=r"p\.s_nba_ops holds runs"):
        given_datasets(project, "s_")
    assert smoke(project, tmp_path, "s_") == 2
    assert project.datasets == {"p.s_nba_raw": [], "p.s_nba_ops": ["runs"]}
    assert "FULLCOURT_DATASET_PREFIX" in capsys.readouterr().err


def fill(run: Smoke) -> Iterator[Finding]:
    """A check that makes a table in each dataset, and then does not go on."""
    for name in run.datasets:
        run.client.datasets[f"p.{run.prefix}{name}"] += ["made", "too"]
    yield Finding("", OK, "made")
    raise ConnectionError("lost")


def stop(run: Smoke) -> Iterator[Finding]:
    raise KeyboardInterrupt
    yield


@pytest.mark.parametrize("then", [fill, stop])
def test_only_what_the_run_made_is_removed_however_it_ends(
    then: Callable[[Smoke], Iterator[Finding]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(smoke_run, "CHECKS", {"one": fill, "two": then})
    project = Project({"p.s_nba_raw": [], "p.another": ["kept"]})
    if then is stop:
        with pytest.raises(KeyboardInterrupt):
            smoke(project, tmp_path, "s_")
    else:
        assert smoke(project, tmp_path, "s_") == 1
    assert project.datasets["p.s_nba_raw"] == []
    assert project.datasets.keys() == {"p.s_nba_raw", "p.another"}
    assert "NOT CHECKED one             ConnectionError: lost" in capsys.readouterr().out


def test_datasets_that_were_made_before_one_is_refused_are_removed(tmp_path: Path) -> None:
    project = Project({"p.s_nba_reference": []}, refused="s_nba_intermediate")
    with pytest.raises(Forbidden):
        smoke(project, tmp_path, "s_")
    assert project.datasets == {"p.s_nba_reference": []}


def test_what_cannot_be_removed_is_named_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(smoke_run, "CHECKS", {"one": lambda run: iter([Finding("", OK, "fine")])})
    project = Project({})
    assert smoke(project, tmp_path, "s_") == 0
    monkeypatch.setattr(project, "delete_dataset", Project({}, refused="s_nba_raw").delete_dataset)
    assert smoke(project, tmp_path, "s_") == 1
    assert "FAILED      clean up        p.s_nba_raw is left: Forbidden" in capsys.readouterr().out


def test_a_run_passes_only_where_every_check_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = [Finding(check, OK, "") for check in CHECKS]
    assert has_passed(fine)
    assert not has_passed(fine[1:])
    assert not has_passed([])
    assert not has_passed([replace(fine[0], level=NOTE), *fine[1:]])
    for level in (FAILED, NOT_CHECKED):
        assert not has_passed([*fine, replace(fine[0], level=level)])
    monkeypatch.setattr(smoke_run, "CHECKS", {"one": lambda run: iter(())})
    assert [finding.level for finding in checked("one", run_on(Project({})))] == [NOT_CHECKED]


@pytest.fixture
def local_client() -> Iterator[bigquery.Client]:
    """Of an empty local server, that is the target of the time."""
    with local_server() as emulator, environment(**settings_of(emulator)):
        yield bigquery.Client(
            "local", AnonymousCredentials(), location=LOCATION, client_options={"api_endpoint": emulator.endpoint}
        )


@pytest.mark.slow
@pytest.mark.nightly
def test_given_datasets_stay_at_the_local_server_and_its_tables_go(
    local_client: bigquery.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = local_client
    filled: list[str] = []

    def fill_raw_tables(run: Smoke) -> Iterator[Finding]:
        yield from CHECKS["raw tables"](run)
        client.query("create view s_nba_ops.seen as select 1 as one").result()
        filled.extend(of.table_id for of in client.list_tables("s_nba_raw"))

    simulate_four_teams(tmp_path / "raw")
    for name in ("s_nba_raw", "s_nba_ops", "nba_raw"):
        client.create_dataset(name)
    client.create_table("local.nba_raw.kept")
    monkeypatch.setattr(smoke_run, "CHECKS", {"raw tables": fill_raw_tables})
    assert smoke(client, tmp_path / "raw", "s_", (f"{START}", f"{END}")) == 0
    assert "nbac_schedule" in filled
    left = {of.dataset_id: [table.table_id for table in client.list_tables(of)] for of in client.list_datasets()}
    assert {name: left[name] for name in left if "nba" in name} == {
        "s_nba_raw": [], "s_nba_ops": [], "nba_raw": ["kept"],
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.nightly
def test_at_the_local_server_all_is_checked_but_bytes_and_locations(
    local_client: bigquery.Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate_four_teams(tmp_path / "raw", bettingpros=True)
    assert smoke(local_client, tmp_path / "raw", "s_", (f"{START}", f"{END}")) == 1
    said = capsys.readouterr().out
    made = found_by_level(said)
    assert made[FAILED] == set(), said
    assert made[NOT_CHECKED] == {"pruning", "wrong location", "bytes"}, said
    assert made[OK] == CHECKS.keys() - made[NOT_CHECKED] | {"clean up"}, said
    assert said.endswith("FAIL\n")


def found_by_level(said: str) -> dict[str, set[str]]:
    """Checks by level, of what a run prints."""
    levels: dict[str, set[str]] = {OK: set(), NOTE: set(), FAILED: set(), NOT_CHECKED: set()}
    for line in said.splitlines():
        level, check = line[:11].strip(), line[12:26].strip()
        if level in levels:
            levels[level].add(check)
    return levels
