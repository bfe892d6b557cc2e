"""`fullcourt compare`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Day, Names, json_option


@click.command(cls=Command)
@click.argument("one")
@click.argument("two")
@click.option("--tables", type=Names(), help="Only these of the ten tables, separated by commas.")
@click.option("--start", type=Day(), help="First date; without it all dates.")
@click.option("--end", type=Day(), help="Last date.")
@click.option("--key", type=Names(), default=(), help="Columns that tell rows apart, of a table that is not ours.")
@click.option("--date-column", help="The column of its dates, of a table that is not ours.")
@click.option(
    "--tolerance", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="By how much two numbers may differ and count as equal.",
)  # fmt: skip
@click.option("--all-columns", is_flag=True, help="With those that say when, and by which run, a row was written.")
@click.option(
    "--known",
    metavar="FILE",
    help="A YAML file of differences that are explained; `platform` is the one that comes with fullcourt.",
)
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page, too.")
@json_option
@guarded
def compare(
    one: str, two: str, tables: tuple[str, ...] | None, start: date | None, end: date | None, key: tuple[str, ...],
    date_column: str | None, tolerance: float, all_columns: bool, known: str | None, page: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Rows, keys and values in which two databases, or two tables, differ.

    ONE and TWO are each an environment (`dev`; `prod` is production, `.` where the command works), a database (a file
    on DuckDB, a project on BigQuery), or a table (`dataset.table`, `dev:dataset.table`, `database:dataset.table`).
    Exit code 0: equal, or all that differs is explained; 1: different.
    """
    from python_processors.compare.asked import Place, Span, by_date, check_environments, pairs_of
    from python_processors.compare.comparison import bytes_of, compare_tables
    from python_processors.compare.differences import Comparison
    from python_processors.compare.known import explained, known_file, read_known
    from python_processors.compare.page import write_page
    from python_processors.orchestration.warehouse import warehouse_of_target

    places, span = (Place.parse(one), Place.parse(two)), Span.of(start, end)
    pairs = pairs_of(*places, tables, key=key, day=date_column, every_column=all_columns)
    file = read_known(known_file(known)) if known else None
    if file is not None and file.rows_by_date and not key:
        pairs = [by_date(pair) for pair in pairs]
    with warehouse_of_target().side_by_side(*(place.location for place in places)) as sides:
        check_environments(sides, *places)
        read = bytes_of(sides, pairs, span, tolerance)
        if read is not None:
            click.echo(f"Reads about {2 * read / 1e9:,.2f} GB.", err=True)
        found = list(compare_tables(sides, pairs, places, span, tolerance))
    told, unused = explained(found, file.differences if file else [])
    unused = unused if file is None or file.names_unused else []
    comparison = Comparison(one, two, str(span), tolerance, tuple(told), tuple(unused))
    if page:
        click.echo(f"Page: {write_page(comparison, page)}", err=True)
    opening.printed(comparison.to_dict(), comparison.lines(), as_json)
    return NOBODY if comparison.is_fine else SOMEBODY
