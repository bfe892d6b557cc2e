"""What `fullcourt doctor` asks of BigQuery: credentials, datasets and their locations, rights. Nothing is changed.

A right is tried by what a run sends: a dry run plans a statement and checks whether the account may run it, DDL too
(`Permission bigquery.tables.create denied on dataset` is an answer to a dry run), and bills and does nothing. Rights on
rows of a table that is there are asked for (`tables.testIamPermissions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import google.auth
import google.auth.exceptions
from google.api_core.exceptions import NotFound

from python_processors.engines.base import dataset_prefix, placed
from python_processors.engines.bigquery.errors import BigQueryError, Place, explain
from python_processors.engines.look import NOTE, OK, PROBLEM, Line, Written

if TYPE_CHECKING:
    from python_processors.engines.bigquery.session import BigQuerySession

TABLE_RIGHTS = (
    "bigquery.tables.get", "bigquery.tables.getData", "bigquery.tables.update", "bigquery.tables.updateData",
    "bigquery.tables.delete",
)  # fmt: skip
_PROBE = "fullcourt_doctor"  # a table of this name is planned, and never made
_ONE_LOCATION = (
    "All datasets of a run must be in one location: make those that fullcourt writes again where the raw ones are, and"
    " set FULLCOURT_BIGQUERY_LOCATION to it."
)
_EDITOR = "Grant roles/bigquery.dataEditor on the dataset (docs/bigquery.md)."


def look_at(credentials: Any) -> Iterator[Line]:
    """Of the profile's target, before a client is made.

    :raises BigQueryError: there are no credentials. dbt would start `gcloud auth application-default login`.
    """
    place = Place(str(credentials.execution_project), str(credentials.schema), credentials.location or "default")
    said = f"BigQuery project {place.project}, location {place.location}"
    prefix = f", datasets with the prefix {dataset_prefix()}" if dataset_prefix() else ""
    if str(getattr(credentials.method, "value", credentials.method)) == "oauth":
        try:
            google.auth.default()
        except google.auth.exceptions.GoogleAuthError as error:
            raise explain(error, place) from error
    yield Line("database", OK, f"{said}{prefix}.")


def look_inside(session: BigQuerySession, read: Sequence[str], written: Sequence[Written]) -> Iterator[Line]:
    """Datasets and rights.

    :param read: datasets of raw tables.
    """
    yield _right_to_ask(session)
    locations: dict[str, str | None] = {}
    for dataset in (*read, *(of.dataset for of in written)):
        try:
            locations[dataset] = _location_of(session, dataset)
        except BigQueryError as error:
            yield Line("datasets", PROBLEM, f"{dataset}: {error.what}. BigQuery said: {error.cause}", error.advice)
    yield from _of_locations(session, locations, read)
    held: list[str] = []
    made: list[str] = []
    for of in written:
        if of.dataset not in locations:
            continue
        is_there = locations[of.dataset] is not None
        found = list(_of_rights(session, of, is_there=is_there))
        yield from found
        if not found:
            (held if is_there else made).append(of.dataset)
    if made:
        to_do = "Or make them beforehand, all in one location (docs/bigquery.md)."
        yield Line("datasets", NOTE, f"Not there, and a run makes them: {', '.join(made)}.", to_do)
    if held:
        said = f"By dry runs tables may be made in {', '.join(held)}; rights on rows of tables there are held."
        yield Line("rights", OK, said)


def _right_to_ask(session: BigQuerySession) -> Line:
    try:
        session.bytes_read_by("select 1")
    except BigQueryError as error:
        advice = "Grant roles/bigquery.jobUser on the project." if "permission" in error.what else error.advice
        return Line(
            "rights", PROBLEM, f"A dry run of `select 1` failed: {error.what}. BigQuery said: {error.cause}", advice
        )
    return Line("rights", OK, "Queries may be sent (bigquery.jobs.create), by a dry run.")


def _location_of(session: BigQuerySession, dataset: str) -> str | None:
    """None where it is not there.

    :raises BigQueryError: it cannot be asked for.
    """

    def ask() -> str | None:
        try:
            found = session._client.get_dataset(session.named(dataset).strip("`"), retry=None, timeout=30)
        except NotFound:
            return None
        return str(found.location or "")

    return session._ask(ask)


def _of_locations(session: BigQuerySession, locations: Mapping[str, str | None], read: Sequence[str]) -> Iterator[Line]:
    asked = session._place.location
    elsewhere: dict[str, list[str]] = {}
    for name, at in locations.items():
        if at and at.lower() != asked.lower():
            elsewhere.setdefault(at, []).append(name)
    is_one = len({at.lower() for at in locations.values() if at}) == 1
    for at, names in elsewhere.items():
        to_do = f"Set FULLCOURT_BIGQUERY_LOCATION={at}." if is_one else _ONE_LOCATION
        yield Line("datasets", PROBLEM, f"In {at}, and looked for in {asked}: {', '.join(names)}.", to_do)
    if absent := [name for name in read if name in locations and locations[name] is None]:
        to_do = "They are the platform's: check FULLCOURT_BIGQUERY_PROJECT and FULLCOURT_DATASET_PREFIX."
        yield Line("datasets", PROBLEM, f"Not there in project {session.project}: {', '.join(absent)}.", to_do)
    fine = [name for name, at in locations.items() if at and at.lower() == asked.lower()]
    if fine:
        yield Line("datasets", OK, f"In {asked}: {', '.join(fine)}.")


def _of_rights(session: BigQuerySession, of: Written, *, is_there: bool) -> Iterator[Line]:
    """What is not in order with the rights on a dataset that runs write."""
    made = f"bq --location={session._place.location} mk --dataset {session.project}:{placed(of.dataset)}"
    if not is_there:
        try:
            session.bytes_read_by(f"create schema if not exists {session.named(of.dataset)}")
        except BigQueryError as error:
            refused = f"that is refused: {error.what}. BigQuery said: {error.cause}"
            said = f"{of.dataset} is not there; a run makes it, and {refused}"
            yield Line("rights", PROBLEM, said, f"Make it beforehand: `{made}`.")
        return
    try:
        session.bytes_read_by(f"create table {session.named(f'{of.dataset}.{_PROBE}')} (day date)")
        lacking = _lacking(session, of.table) if of.table else []
    except BigQueryError as error:
        said = f"Rights on {of.dataset} are missing or cannot be asked for: {error.what}. BigQuery said: {error.cause}"
        yield Line("rights", PROBLEM, said, _EDITOR if "permission" in error.what else error.advice)
        return
    if lacking:
        yield Line("rights", PROBLEM, f"On {of.table} these rights are missing: {', '.join(lacking)}.", _EDITOR)


def _lacking(session: BigQuerySession, table: str) -> list[str]:
    named = session.named(table).strip("`")
    held = session._ask(lambda: session._client.test_iam_permissions(named, TABLE_RIGHTS, retry=None, timeout=30))
    return [right for right in TABLE_RIGHTS if right not in held.get("permissions", ())]
