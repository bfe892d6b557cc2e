"""`fullcourt export`."""

from __future__ import annotations

from pathlib import Path

import click

from python_processors.cli import opening
from python_processors.cli.command import NOBODY, SOMEBODY, Command, guarded
from python_processors.cli.options import Asked, json_option, range_options
from python_processors.errors import RefusedError


@click.command(cls=Command)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@range_options
@click.option("--features", is_flag=True, help="Export features by name: features.parquet.")
@click.option("--training-set", is_flag=True, help="Export what was known before tip-off, and the results.")
@click.option("--label", help="Result to train on, a column of player_game_summary.  [default: points]")
@click.option("--lines", is_flag=True, help="With the points lines in the training set.")
@click.option("--include-untrusted", is_flag=True, help="Export dates that are not trusted, too; they are listed.")
@click.option("--replace", "replaces", is_flag=True, help="Replace an earlier export in the folder.")
@json_option
@guarded
def export(
    folder: Path, asked: Asked, features: bool, training_set: bool, label: str | None, lines: bool,
    include_untrusted: bool, replaces: bool, as_json: bool,
) -> int:  # fmt: skip
    """Write tables, features or a training set as Parquet.

    All ten tables; or those of --tables, the features and the training set that are asked for. FOLDER becomes the
    export, with a manifest that `fullcourt verify --export FOLDER` checks anywhere. Dates that are not trusted are
    left out and listed, and the command then exits with 1.
    """
    from python_processors.cli.text import export_lines
    from python_processors.export import Wanted
    from python_processors.export import export as write_export

    if (label or lines) and not training_set:
        raise RefusedError("--label and --lines are of a training set: add --training-set.")
    project, warehouse = opening.opened()
    request = opening.request_of(project, warehouse, asked, everything=True)
    every = () if features or training_set else project.tables
    wanted = Wanted(
        request.start, request.end, every if request.tables is None else request.tables, features,
        (label or "points") if training_set else None, lines, include_untrusted,
    )  # fmt: skip
    made = write_export(project, warehouse, folder, wanted, replaces=replaces)
    opening.printed({"folder": str(folder), **made.model_dump(mode="json")}, export_lines(folder, made), as_json)
    return SOMEBODY if made.distrusted else NOBODY
