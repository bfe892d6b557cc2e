"""Whole copies of tables, each of one statement, and what the API has of a table beside its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.cloud import bigquery

from python_processors.engines.bigquery.errors import BigQueryError
from python_processors.engines.bigquery.session import BigQuerySession
from python_processors.engines.keeping import MARK_LABEL, NotKeptError, TableOptions

_POLICIES = ("bigquery.tables.getIamPolicy", "bigquery.tables.setIamPolicy")
_WRITES = ("bigquery.tables.get", "bigquery.tables.getData", "bigquery.tables.update", "bigquery.tables.updateData")


class BigQueryKeeper:
    """Access is the table's own IAM policy; what it has of its dataset, it has under its name whoever fills it."""

    def __init__(self, session: BigQuerySession) -> None:
        self._session = session
        self._client = session._client

    def options(self, named: str) -> TableOptions | None:
        table = self._table(named)
        if table is None:
            return None
        if table.table_type != "TABLE":
            raise NotKeptError(named, f"is a {table.table_type}", "only tables are kept. Give it another name.")
        if table.streaming_buffer is not None:
            raise NotKeptError(
                named, "has rows in its streaming buffer, which no copy has yet",
                "stop who streams into it, and run the same again in two hours.",
            )  # fmt: skip
        if any(field.policy_tags is not None for field in table.schema):
            raise NotKeptError(
                named, "has policy tags on columns, which the new table would not have at once",
                "give the new table's columns the same tags, take them off this one, and run the same again.",
            )  # fmt: skip
        if self._row_policies(table):
            raise NotKeptError(
                named, "has row access policies, which a table loses when it is replaced",
                "note them, drop them, and make them again on the new table.",
            )  # fmt: skip
        access = self._ask(lambda: self._policy(named)).bindings
        columns = {field.name: field.description for field in table.schema if field.description}
        labels = {name: value for name, value in table.labels.items() if name != MARK_LABEL}
        return TableOptions(table.description, table.friendly_name, labels, columns, tuple(access))

    def copy(self, source: str, target: str, options: TableOptions, mark: str = "") -> None:
        told = {"description": options.description, "friendly_name": options.title}
        clauses = [f"{name} = {_quoted(text)}" for name, text in told.items() if text]
        pairs = ", ".join(f"({_quoted(of)}, {_quoted(value)})" for of, value in _marked(options, mark).items())
        clauses += [f"labels = [{pairs}]"] if pairs else []
        copied = self._table(source)
        if copied is not None and copied.require_partition_filter:
            clauses.append("require_partition_filter = true")
        given = f" options({', '.join(clauses)})" if clauses else ""
        if not self._are_alike(source, target):
            self.drop(target)  # no table takes the place of one that is partitioned or clustered otherwise
        # No clone: clones of clones may be three deep, and tables are put back and adopted again.
        self._session.execute(f"create or replace table {target} copy {source}{given}")

    def mark_of(self, named: str) -> str:
        table = self._table(named)
        return str(table.labels.get(MARK_LABEL, "")) if table else ""

    def dress(self, named: str, options: TableOptions, mark: str = "") -> None:
        """Access first: while the mark is there, the same step can be made again."""

        def allow() -> None:
            policy = self._policy(named)
            if list(policy.bindings) != list(options.access):
                policy.bindings = [dict(binding) for binding in options.access]
                self._client.set_iam_policy(self._plain(named), policy, retry=None, timeout=self._seconds)

        def describe() -> None:
            table = self._session._table(named)
            labels: dict[str, str | None] = dict(_marked(options, mark))
            # A label that is only left out stays, as the service merges them.
            table.labels = labels | {name: None for name in table.labels if name not in labels}
            table.description, table.friendly_name, table.expires = options.description, options.title, None
            table.schema = [_described(of, options.columns) for of in table.schema]
            changed = ["labels", "description", "friendly_name", "expires", "schema"]
            self._client.update_table(table, changed, retry=None, timeout=self._seconds)

        self._ask(allow)
        self._ask(describe)

    def state(self, named: str) -> str:
        table = self._table(named)
        return f"{table.created} {table.modified} {table.num_rows}" if table else ""

    def drop(self, named: str) -> None:
        self._session.execute(f"drop table if exists {named}")

    def names(self, dataset: str) -> list[str]:
        of = f"{self._session.project}.{dataset}"
        found = self._session._found(lambda: list(self._client.list_tables(of, retry=None, timeout=self._seconds)))
        return sorted(table.table_id for table in found or [])

    def check_rights(self, datasets: Sequence[str], replaced: Mapping[str, str]) -> list[str]:
        tried: list[tuple[str, str]] = []
        there = self._session.datasets()
        for dataset in datasets:
            named = f"{self._session.project}.{dataset}"
            if dataset in there:
                probe = f"create table `{named}.fullcourt_probe` (day date)"
                tried.append((probe, f"roles/bigquery.dataOwner on {named}"))
            else:
                tried.append((f"create schema `{named}`", "roles/bigquery.user on the project"))
        for old, new in replaced.items():
            role = f"roles/bigquery.dataOwner on the dataset of {old}"
            is_replaced = self._are_alike(new, old)
            tried.append((f"create or replace table {old} copy {new}" if is_replaced else f"drop table {old}", role))
        lacking = [missing for sql, role in tried if (missing := self._refused(sql, role))]
        for old in replaced:
            asked = (*_WRITES, *_POLICIES)
            held = self._ask(
                lambda named=old, rights=asked: self._client.test_iam_permissions(  # type: ignore[misc]
                    self._plain(named), rights, retry=None, timeout=self._seconds
                )
            ).get("permissions", ())
            if missing_rights := [right for right in asked if right not in held]:
                lacking.append(f"{', '.join(missing_rights)} on {old}: roles/bigquery.dataOwner on its dataset")
        return lacking

    def _refused(self, sql: str, role: str) -> str:
        """By a dry run; empty where it may be sent."""
        try:
            self._session.bytes_read_by(sql)
        except BigQueryError as error:
            if "permission" not in error.what:
                raise
            return f"`{sql.partition(' (')[0]}`: {role}"
        return ""

    def _are_alike(self, source: str, target: str) -> bool:
        """Whether both are partitioned and clustered alike, or the second is not there."""
        tables = self._table(source), self._table(target)
        layouts = [
            (of.time_partitioning, of.range_partitioning, of.clustering_fields) for of in tables if of is not None
        ]
        parts = [(time and (time.type_, time.field), rows and rows.to_api_repr(), by) for time, rows, by in layouts]
        return len(parts) < 2 or parts[0] == parts[1]

    def _row_policies(self, table: bigquery.Table) -> bool:
        path = f"{table.path}/rowAccessPolicies"
        found = self._session._found(
            lambda: self._client._connection.api_request(method="GET", path=path, timeout=self._seconds)
        )
        return bool((found or {}).get("rowAccessPolicies"))

    def _policy(self, named: str) -> Any:
        return self._client.get_iam_policy(self._plain(named), retry=None, timeout=self._seconds)

    def _table(self, named: str) -> bigquery.Table | None:
        return self._session._found(lambda: self._session._table(named))

    def _ask(self, request: Callable[[], Any]) -> Any:
        return self._session._ask(request)

    @property
    def _seconds(self) -> float:
        return self._session._request_seconds

    @staticmethod
    def _plain(named: str) -> str:
        return named.replace("`", "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # GoogleSQL takes no halves of a character, as JSON would escape it


def _marked(options: TableOptions, mark: str) -> dict[str, str]:
    return {**options.labels, **({MARK_LABEL: mark} if mark else {})}


def _described(field: bigquery.SchemaField, texts: Mapping[str, str]) -> bigquery.SchemaField:
    if field.description or field.name not in texts:
        return field
    return bigquery.SchemaField.from_api_repr({**field.to_api_repr(), "description": texts[field.name]})
