"""What a DuckDB warehouse holds of a window, table by table: `python -m python_processors.summary`."""

from __future__ import annotations

import argparse
import os

import duckdb

from python_processors.contract import PROJECT_ROOT, hashed_tables, load_contract


def summarise(connection: duckdb.DuckDBPyConnection, start_date: str, end_date: str, *, prefix: str = "") -> str:
    """Rows, dates and games of each hashed table in the window, and what the last run did to it."""
    lines = [f"{'table':<28} {'rows':>7} {'dates':>6} {'games':>6}   last run"]
    for table in hashed_tables():
        contract = load_contract(table)
        partition = contract.partition_by
        has_games = "game_id" in (column.name for column in contract.columns)
        rows, dates, games = connection.execute(
            f"select count(*), count(distinct {partition}), {'count(distinct game_id)' if has_games else 'null'}"
            f" from {prefix}{contract.relation} where {partition} between ? and ?",
            [start_date, end_date],
        ).fetchall()[0]
        done = connection.execute(
            "select sum(inserted), sum(updated), sum(deleted), sum(unchanged)"
            f" from {prefix}nba_ops.publish_ledger where table_name = ? and run_id ="
            f" (select max_by(run_id, published_at) from {prefix}nba_ops.publish_ledger where table_name = ?)",
            [table, table],
        ).fetchall()[0]
        verbs = ("inserted", "updated", "deleted", "unchanged")
        last_run = ", ".join(f"{count:,.0f} {verb}" for count, verb in zip(done, verbs, strict=True))
        lines.append(f"{table:<28} {rows:>7,} {dates:>6,} {_count(games):>6}   {last_run}")
    invented = connection.sql(
        f"select count(*) from {prefix}nba_ops.raw_files where file_name like 'simulated:%'"
    ).fetchall()[0][0]
    if invented:
        lines.append("The games are simulated: no raw archive was found (RAW_DIR, data/raw).")
    return "\n".join(lines)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", required=True, help="first date, YYYY-MM-DD")
    parser.add_argument("--end", required=True, help="last date, YYYY-MM-DD")
    arguments = parser.parse_args()
    path = os.environ.get("FULLCOURT_DUCKDB", str(PROJECT_ROOT / "data" / "fullcourt.duckdb"))
    with duckdb.connect(path, read_only=True) as connection:
        prefix = os.environ.get("FULLCOURT_DATASET_PREFIX", "")
        print(summarise(connection, arguments.start, arguments.end, prefix=prefix))


if __name__ == "__main__":
    main()
