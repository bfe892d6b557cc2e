"""What the warehouse says of the sources of each table, for its rows of run history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from python_processors.orchestration.plan.planner import Plan
from python_processors.orchestration.project import Project
from python_processors.orchestration.state.reads import reads_of
from python_processors.orchestration.warehouse import Session
from python_processors.raw_contract import raw_tables


class Sources:
    """Raw rows, files and published rows behind the tables of a plan's range.

    What the run itself does not change, its raw rows, is asked for once, at the first table that reads them.
    """

    def __init__(self, project: Project, plan: Plan) -> None:
        self._project = project
        self._in_range = f"game_date between date '{plan.start}' and date '{plan.end}'"
        self._loaded: tuple[dict[str, datetime], dict[str, int]] | None = None

    def of_feeds(self, session: Session, table: str) -> dict[str, Any]:
        """Keyword arguments of ProcessorRun that analytics tables have."""
        if self._loaded is None:
            asked = {**self._loads(session), **self._files(session)}
            found = {name: _values(rows) for name, rows in session.read_all(asked).items()}
            self._loaded = found.get("loads", {}), found.get("files", {})
        newest_load, files = self._loaded
        upstreams = {read.upstream for read in reads_of(table)}
        loads = [newest_load[name] for name in upstreams if newest_load.get(name)]
        counted = [files[name] for name in upstreams if name in files]
        return {
            "source_data_freshness_hours": _hours_since(max(loads)) if loads else None,
            "source_files_count": sum(counted) if counted else None,
        }

    def of_tables(self, session: Session, tables: list[str], first: date, last: date) -> dict[str, dict[str, Any]]:
        """Those that precompute tables have, of some dates: for all of them at once."""
        asked = {
            **_asked(
                session, "published", "nba_ops.publish_ledger",
                f"select table_name, max(published_at) as value from {{}} where {self._in_range} group by 1",
            ),
            **_asked(
                session, "completeness", "nba_ops.completeness",
                "select table_name, 100.0 * sum(season_actual) / nullif(sum(season_expected), 0) as value from {}"
                f" where game_date between date '{first}' and date '{last}' group by 1",
            ),
        }  # fmt: skip
        known = {name: _values(rows) for name, rows in session.read_all(asked).items()}
        published, completeness = known.get("published", {}), known.get("completeness", {})
        found = {}
        for table in tables:
            upstreams = {read.upstream for read in reads_of(table)}
            of_table = [published[name] for name in upstreams if published.get(name)]
            found[table] = {
                "upstream_data_age_hours": _hours_since(max(of_table)) if of_table else None,
                "data_completeness_pct": None if completeness.get(table) is None else float(completeness[table]),
            }
        return found

    def _loads(self, session: Session) -> dict[str, str]:
        asked = []
        for name, raw in raw_tables().items():
            has_load_time = any(column.name == "processed_at" for column in raw.columns)
            if raw.partition_by and has_load_time and session.columns(self._project.relation(name)):
                where = self._in_range.replace("game_date", raw.partition_by)
                asked.append(
                    f"select '{name}' as table_name, max(cast(processed_at as timestamp)) as value"
                    f" from {session.named(self._project.relation(name))} where {where}"
                )
        return {"loads": " union all ".join(asked)} if asked else {}

    def _files(self, session: Session) -> dict[str, str]:
        """On BigQuery the platform loads the feeds, and there is no such table."""
        return _asked(session, "files", "nba_ops.raw_files", "select table_name, count(*) as value from {} group by 1")


def _asked(session: Session, name: str, relation: str, sql: str) -> dict[str, str]:
    """A query by its name; none while there is no such table."""
    return {name: sql.format(session.named(relation))} if session.columns(relation) else {}


def _values(rows: pa.Table) -> dict[str, Any]:
    return dict(zip(rows["table_name"].to_pylist(), rows["value"].to_pylist(), strict=True))


def _hours_since(instant: datetime) -> float:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return round((datetime.now(UTC) - aware).total_seconds() / 3600, 2)
