"""`fullcourt doctor` on BigQuery, against a client that answers as the service does: rights, locations, what is there.

Only dry runs and queries are sent, and what is sent is GoogleSQL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import google.auth
import pyarrow as pa
import pytest
from click.testing import CliRunner
from google.api_core.exceptions import Forbidden, NotFound
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery

from python_processors import cli
from python_processors.engines.bigquery import profile
from python_processors.engines.bigquery.errors import Place
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.schema.tables import StoredTable, stored_tables
from tests.bigquery import googlesql
from tests.bigquery.conftest import PROJECT
from tests.on_platform.tables import platform_tables

OURS = ("nba_staging", "nba_intermediate", "nba_analytics", "nba_precompute", "nba_predictions", "nba_ops")
RAW = ("nba_raw", "nba_reference")
HERE = dict.fromkeys((*RAW, *OURS), "us-west2")
GOOD = {"season_year": 2021, "games": 1230}


def raw_tables_there() -> dict[str, list[bigquery.SchemaField]]:
    return {
        f"{table.dataset}.{table.name}": [field_of(name, kind) for name, kind in table.types.items()]
        for table in platform_tables().values()
    }


def of_contract(table: StoredTable) -> list[bigquery.SchemaField]:
    return [field_of(c.name, c.type, "REQUIRED" if c.required else "NULLABLE") for c in table.columns]


def field_of(name: str, kind: str, mode: str = "NULLABLE") -> bigquery.SchemaField:
    if kind.startswith("ARRAY<"):
        return field_of(name, kind[6:-1], "REPEATED")
    numeric = re.fullmatch(r"NUMERIC\((\d+),(\d+)\)", kind)
    if numeric:
        return bigquery.SchemaField(name, "NUMERIC", mode, precision=int(numeric[1]), scale=int(numeric[2]))
    return bigquery.SchemaField(name, kind, mode)


@dataclass
class Service:
    """A project: datasets by location, tables, and rights that the account lacks, as patterns of what is asked."""

    datasets: Mapping[str, str]
    tables: Mapping[str, list[bigquery.SchemaField]] = field(default_factory=dict)
    denied: Mapping[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of tables that are clustered otherwise
    impossible: tuple[Mapping[str, int], ...] = ()
    leases: tuple[str, ...] = ()
    asked_in: str = "us-west2"
    sent: list[tuple[str, bool]] = field(default_factory=list)  # SQL, and whether as a dry run
    _connection: Any = field(default_factory=lambda: SimpleNamespace(API_BASE_URL="http://127.0.0.1:1"))

    def get_dataset(self, name: str, retry: None, timeout: float) -> Any:
        self._check(f"get {name}")
        dataset = name.partition(".")[2]
        if dataset not in self.datasets:
            raise NotFound(f"Not found: Dataset {name.replace('.', ':')}")
        return SimpleNamespace(location=self.datasets[dataset])

    def get_table(self, name: str, retry: None, timeout: float) -> Any:
        self._check(f"get {name}")
        if name.partition(".")[2] not in self.tables:
            raise NotFound(f"Not found: Table {name}")
        relation = name.partition(".")[2]
        table = bigquery.Table(name, self.tables[relation])
        table._properties["type"] = "TABLE"
        if relation in stored_tables():
            of = stored_tables()[relation]
            table.time_partitioning = bigquery.TimePartitioning(field=of.partition_by)
            table.clustering_fields = self.clusters.get(relation, of.cluster_by[:4]) or None
        return table

    def test_iam_permissions(self, name: str, rights: tuple[str, ...], retry: None, timeout: float) -> dict[str, Any]:
        assert name.partition(".")[2] in self.tables
        return {"permissions": [right for right in rights if right not in self.lacking]}

    def query(self, sql: str, *, job_config: bigquery.QueryJobConfig, **_: Any) -> Any:
        self.sent.append((sql, bool(job_config.dry_run)))
        self._check(sql)
        if job_config.dry_run:
            return SimpleNamespace(total_bytes_processed=0)
        for dataset, location in self.datasets.items():
            if f"{PROJECT}.{dataset}." in sql and location != self.asked_in:
                raise NotFound(f"Not found: Dataset {PROJECT}:{dataset} was not found in location {self.asked_in}")
        rows = self._rows(sql)
        table = SimpleNamespace(to_arrow=lambda create_bqstorage_client: rows)
        return SimpleNamespace(result=lambda timeout=None: table)

    def _rows(self, sql: str) -> pa.Table:
        if "from_noon" in sql:
            return pa.Table.from_pylist(list(self.impossible))
        if "raw_schedule" in sql:
            return pa.Table.from_pylist([GOOD])
        if "holder" in sql:
            return pa.table({"holder": pa.array(self.leases, pa.string())})
        counted = re.findall(r"select '(\w+)' as table_name, '(\w*)' as column_name", sql)
        rows = [
            {"table_name": table, "column_name": column, "row_count": 5, "min_date": date(2021, 10, 19),
             "max_date": date(2099, 4, 10)}
            for table, column in counted
        ]  # fmt: skip
        return pa.Table.from_pylist(rows)

    def _check(self, what: str) -> None:
        for pattern, message in self.denied.items():
            if re.search(pattern, what):
                raise Forbidden(message, errors=[{"reason": "accessDenied"}])


@pytest.fixture(autouse=True)
def target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULLCOURT_TARGET", "bigquery")
    monkeypatch.setattr(profile, "credentials_of", lambda target: settings())


def settings(method: str = "service-account") -> Any:
    return SimpleNamespace(execution_project=PROJECT, schema="nba_ops", location="us-west2", method=method)


def doctor(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The lines; nothing was sent but dry runs and queries."""

    def opened(credentials: Any, *, table: str) -> BigQuerySession:
        return BigQuerySession(service, Place(PROJECT, "nba_ops", service.asked_in), labels={}, retry_seconds=0.1)  # type: ignore[arg-type]

    monkeypatch.setattr(BigQuerySession, "from_dbt", opened)
    result = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert [sql for sql, is_dry in service.sent if not is_dry and not sql.startswith("select ")] == []
    found = json.loads(result.stdout)
    lines: list[dict[str, Any]] = found["lines"]
    has_problem = any(line["level"] == "problem" for line in lines)
    assert (result.exit_code, found["would_work"]) == (int(has_problem), not has_problem)
    return lines


def said(lines: list[dict[str, Any]], level: str, *checks: str) -> list[str]:
    return [
        f"{line['said']} {line['to_do']}".strip()
        for line in lines
        if line["level"] == level and line["check"] in checks
    ]


def problems(lines: list[dict[str, Any]]) -> list[str]:
    return [f"{line['check']}: {line['said']} {line['to_do']}".strip() for line in lines if line["level"] == "problem"]


def test_a_project_made_ready_works(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = stored_tables()["nba_ops.run_locks"]
    service = Service(HERE, raw_tables_there() | {kept.relation: of_contract(kept)})
    lines = doctor(service, monkeypatch)
    assert problems(lines) == []
    assert said(lines, "ok", "datasets") == [f"In us-west2: {', '.join(HERE)}."]
    assert said(lines, "ok", "rights")[0] == "Queries may be sent (bigquery.jobs.create), by a dry run."
    assert "nba_raw.nbac_schedule: 5 rows, 2021-10-19 to 2099-04-10." in said(lines, "ok", "raw_tables")
    assert "1 of 22 are as their contracts have them: a run keeps them, and their rows." in said(
        lines, "ok", "target_tables"
    )
    # One query for all raw tables' rows, two for tip-offs, one for the lease.
    assert len([sql for sql, is_dry in service.sent if not is_dry]) == 4


def test_what_is_sent_is_googlesql(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = googlesql.warehouse_catalog(PROJECT)
    service = Service(HERE, raw_tables_there())
    doctor(service, monkeypatch)
    queries = [sql for sql, is_dry in service.sent if not is_dry]
    assert len(queries) == 3
    for sql in queries:
        catalog.analyse(sql)


def test_an_empty_project_lacks_its_raw_tables_and_says_what_a_run_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = doctor(Service({}), monkeypatch)
    found = problems(lines)
    assert found[0].startswith(f"datasets: Not there in project {PROJECT}: nba_raw, nba_reference.")
    assert any("nba_raw.nbac_schedule is not there, and a run needs it." in one for one in found)
    (note,) = said(lines, "note", "datasets")
    assert note.startswith(f"Not there, and a run makes them: {', '.join(OURS)}.")


def test_an_account_that_may_make_no_dataset_is_told_to_have_them_made(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = "Access Denied: Project p: User does not have bigquery.datasets.create permission in project p."
    service = Service(dict.fromkeys(RAW, "us-west2"), raw_tables_there(), denied={"^create schema": refused})
    found = [one for one in problems(doctor(service, monkeypatch)) if one.startswith("rights:")]
    assert len(found) == len(OURS)
    assert "nba_staging is not there; a run makes it, and that is refused" in found[0]
    assert f"Make it beforehand: `bq --location=us-west2 mk --dataset {PROJECT}:nba_staging`." in found[0]


def test_a_dataset_in_another_location_is_named_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(HERE | dict.fromkeys(RAW, "US"), raw_tables_there())
    found = problems(doctor(service, monkeypatch))
    assert found[0].startswith(
        "datasets: In US, and looked for in us-west2: nba_raw, nba_reference. All datasets of a run must be"
    )
    assert any(
        one.startswith("raw_tables:") and "the dataset nba_raw is in US, and was looked for in us-west2" in one
        for one in found
    )


def test_where_all_are_in_one_other_location_that_is_the_one_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems(doctor(Service(dict.fromkeys(HERE, "US"), raw_tables_there()), monkeypatch))
    assert "Set FULLCOURT_BIGQUERY_LOCATION=US." in found[0]


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        ({"^(select|create)": "Access Denied: Project p: User does not have bigquery.jobs.create permission"},
         "rights: A dry run of `select 1` failed: a permission is missing."),
        ({r"nba_raw\.nbac_injury_report`": "Access Denied: Table p:nba_raw.nbac_injury_report: User does not have permission to query table"},
         "raw_tables: nba_raw.nbac_injury_report cannot be read: BigQuery: a permission is missing"),
        ({r"^get .*nba_raw\.nbac_schedule$": "Access Denied: Permission bigquery.tables.get denied on table"},
         "raw_tables: nba_raw.nbac_schedule cannot be looked at: BigQuery: a permission is missing"),
        ({r"^get .*\.nba_precompute$": "Access Denied: Permission bigquery.datasets.get denied on dataset"},
         "datasets: nba_precompute: a permission is missing."),
        ({r"^create table .*nba_intermediate": "Access Denied: Permission bigquery.tables.create denied on dataset"},
         "rights: Rights on nba_intermediate are missing or cannot be asked for: a permission is missing."),
    ],
    ids=["jobs", "rows", "table", "dataset", "tables.create"],
)  # fmt: skip
def test_a_missing_right_is_named(denied: Mapping[str, str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = problems(doctor(Service(HERE, raw_tables_there(), denied=denied), monkeypatch))
    assert any(one.startswith(words) for one in found), found


def test_nobody_needs_the_right_to_make_datasets_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"^create schema": "Access Denied: User does not have bigquery.datasets.create permission"}
    assert problems(doctor(Service(HERE, raw_tables_there(), denied=refused), monkeypatch)) == []


def test_tables_of_a_dataset_that_is_closed_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {r"^get .*\.nba_ops": "Access Denied: Permission bigquery.tables.get denied on table"}
    lines = doctor(Service(HERE, raw_tables_there(), denied=refused), monkeypatch)
    (found,) = [line for line in lines if (line["level"], line["check"]) == ("problem", "target_tables")]
    assert re.match(r"nba_ops\.\w+ and 11 more of its dataset cannot be looked at: ", found["said"])
    assert len(found["details"]) == 12


def test_a_right_on_rows_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {name: of_contract(table) for name, table in stored_tables().items() if name.startswith("nba_analytics.")}
    service = Service(HERE, raw_tables_there() | there, lacking=("bigquery.tables.updateData",))
    (found,) = problems(doctor(service, monkeypatch))
    assert re.match(r"rights: On nba_analytics\.\w+ these rights are missing: bigquery\.tables\.updateData\.", found)


def test_a_shifted_clock_a_table_that_drifted_and_a_run_at_work_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = stored_tables()["nba_ops.run_locks"]
    summary = stored_tables()["nba_analytics.player_game_summary"]
    drifted = [
        field_of(of.name, "FLOAT64") if of.name == "points" else of for of in of_contract(summary)
    ]  # as the platform's may be
    service = Service(
        HERE, raw_tables_there() | {lock.relation: of_contract(lock), summary.relation: drifted},
        impossible=({"season_year": 2021, "games": 1230, "from_noon": 1230, "in_the_evening": 100},),
        leases=(json.dumps({"run_id": "the-first", "what": "2021"}),),
    )  # fmt: skip
    clock, drift, run = problems(doctor(service, monkeypatch))
    assert clock.startswith("tipoff_hours: Tip-offs are read in the wrong zone: of 1,230 games")
    assert "a run refuses to start, as it differs: points is FLOAT64, not INT64" in drift
    assert run.startswith("lock: Run the-first (2021) is running")


def test_a_table_that_lies_otherwise_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = stored_tables()["nba_analytics.player_game_summary"]
    there = raw_tables_there() | {table.relation: of_contract(table)}
    assert problems(doctor(Service(HERE, there), monkeypatch)) == []
    (found,) = problems(doctor(Service(HERE, there, clusters={table.relation: ("points",)}), monkeypatch))
    assert f"{table.relation}: a run refuses to start, as it differs: other clusters." in found


def test_without_credentials_nobody_is_logged_in_and_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise DefaultCredentialsError("Your default credentials were not found.")

    monkeypatch.setattr(profile, "credentials_of", lambda target: settings("oauth"))
    monkeypatch.setattr(google.auth, "default", none)
    service = Service(HERE)
    lines = doctor(service, monkeypatch)
    (found,) = problems(lines)
    assert "database: BigQuery: the credentials are missing or have expired" in found
    assert "gcloud auth application-default login" in found
    assert said(lines, "note", "raw_tables") == ["Not looked at: the warehouse cannot be opened."]
    assert service.sent == []


def test_a_project_that_nobody_named_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setenv("FULLCOURT_TARGET", "bigquery")
    monkeypatch.delenv("FULLCOURT_BIGQUERY_PROJECT", raising=False)
    (found,) = problems(doctor(Service({}), monkeypatch))
    assert "FULLCOURT_BIGQUERY_PROJECT" in found
