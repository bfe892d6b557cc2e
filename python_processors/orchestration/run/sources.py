"""What the warehouse says of the sources of each table, for its rows of run history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

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
            self._loaded = self._loads(session), self._files(session)
        newest_load, files = self._loaded
        upstreams = {read.upstream for read in reads_of(table)}
        loads = [newest_load[name] for name in upstreams if newest_load.get(name)]
        counted = [files[name] for name in upstreams if name in files]
        return {
            "source_data_freshness_hours": _hours_since(max(loads)) if loads else None,
            "source_files_count": sum(counted) if counted else None,
        }

    def of_tables(self, session: Session, tables: list[str], first: date, last: date) -> dict[str, dict[str, Any]]:
        """Those that precompute tables have, of some dates: two queries for all of them."""
        published = self._rows(
            session, "nba_ops.publish_ledger",
            "select table_name, max(published_at) as value from {} where {} group by 1",
            self._in_range,
        )  # fmt: skip
        completeness = self._rows(
            session, "nba_ops.completeness",
            "select table_name, 100.0 * sum(season_actual) / nullif(sum(season_expected), 0) as value"
            " from {} where {} group by 1",
            f"game_date between date '{first}' and date '{last}'",
        )  # fmt: skip
        found = {}
        for table in tables:
            upstreams = {read.upstream for read in reads_of(table)}
            of_table = [published[name] for name in upstreams if published.get(name)]
            found[table] = {
                "upstream_data_age_hours": _hours_since(max(of_table)) if of_table else None,
                "data_completeness_pct": None if completeness.get(table) is None else float(completeness[table]),
            }
        return found

    def _loads(self, session: Session) -> dict[str, datetime]:
        asked = []
        for name, raw in raw_tables().items():
            has_load_time = any(column.name == "processed_at" for column in raw.columns)
            if raw.partition_by and has_load_time and session.columns(self._project.relation(name)):
                where = self._in_range.replace("game_date", raw.partition_by)
                asked.append(
                    f"select '{name}' as table_name, max(cast(processed_at as timestamp)) as value"
                    f" from {session.named(self._project.relation(name))} where {where}"
                )
        rows = session.read(" union all ".join(asked)).to_pylist() if asked else []
        return {row["table_name"]: row["value"] for row in rows}

    def _files(self, session: Session) -> dict[str, int]:
        """On BigQuery the platform loads the feeds, and there is no such table."""
        if not session.columns("nba_ops.raw_files"):
            return {}
        sql = f"select table_name, count(*) as value from {session.named('nba_ops.raw_files')} group by 1"
        return {row["table_name"]: row["value"] for row in session.read(sql).to_pylist()}

    def _rows(self, session: Session, relation: str, sql: str, where: str) -> dict[str, Any]:
        if not session.columns(relation):
            return {}
        return {
            row["table_name"]: row["value"]
            for row in session.read(sql.format(session.named(relation), where)).to_pylist()
        }


def _hours_since(instant: datetime) -> float:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return round((datetime.now(UTC) - aware).total_seconds() / 3600, 2)
