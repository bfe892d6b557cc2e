"""Rows expected and rows there, table by table, in Markdown: `python -m python_processors.coverage`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import duckdb

from python_processors.contract.declared import declared_rows
from python_processors.engines.base import placed
from python_processors.places import database_file


def by_outcome(connection: duckdb.DuckDBPyConnection, start_date: str, end_date: str, *, prefix: str = "") -> str:
    """One line per table, season and outcome: dates, rows expected and there, and who has none and why."""
    rows = connection.execute(
        f"""
        select table_name, season_year, outcome, coalesce(reason, ''), min(game_date), max(game_date), count(*),
            sum(expected_rows), sum(actual_rows), sum(too_few_games), sum(history_incomplete), sum(without_source),
            sum(quarantined)
        from {prefix}nba_ops.coverage
        where game_date between ? and ? and outcome <> 'no_games'
        group by all order by table_name, min(game_date)
        """,
        [start_date, end_date],
    ).fetchall()
    header = (
        "table", "season", "outcome", "why", "first", "last", "dates", "expected", "there", "too few games",
        "history lacks games", "no source", "quarantined",
    )  # fmt: skip
    return _markdown(header, rows)


def by_date(connection: duckdb.DuckDBPyConnection, start_date: str, end_date: str, *, prefix: str = "") -> str:
    """One line per date with games: rows there, `of` the expected where they differ, or why there are none."""
    rows = connection.execute(
        f"select game_date, scheduled_games, table_name, expected_rows, actual_rows, outcome, reason"
        f" from {prefix}nba_ops.coverage where game_date between ? and ? and outcome <> 'no_games'",
        [start_date, end_date],
    ).fetchall()
    days: dict[Any, dict[str, str]] = {}
    for day, games, table, expected, there, outcome, _ in rows:
        cell = f"{there:,}" if outcome == "complete" else outcome.replace("_", " ")
        if outcome in ("partial", "missing"):
            cell += f" ({there:,} of {expected:,})"
        days.setdefault((day, games), {})[table] = cell
    labels = {table: of_table.label for table, of_table in declared_rows().items()}
    lines = [(*key, *(cells.get(table, "") for table in labels)) for key, cells in sorted(days.items())]
    return _markdown(("date", "games", *labels.values()), lines)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(value) for value in line)} |" for line in lines)


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value).replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", required=True, help="first date, YYYY-MM-DD")
    parser.add_argument("--end", required=True, help="last date, YYYY-MM-DD")
    parser.add_argument("--by-date", action="store_true", help="a line per date, not per outcome")
    arguments = parser.parse_args()
    with duckdb.connect(database_file(), read_only=True) as connection:
        table = by_date if arguments.by_date else by_outcome
        print(table(connection, arguments.start, arguments.end, prefix=placed("")))


if __name__ == "__main__":
    main()
