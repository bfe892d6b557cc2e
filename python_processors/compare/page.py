"""A comparison as one HTML file, with nothing to fetch and no script."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import jinja2

from python_processors.compare.differences import Comparison
from python_processors.outputs import output_file, write_whole

TEMPLATES = Path(__file__).parent / "templates"


def write_page(comparison: Comparison, path: Path, change: Sequence[str] = ()) -> Path:
    """
    :param change: lines that say which change made the two differ, for the page's top.
    :raises OutputError: the file cannot be written there.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    page = environment.get_template("compare.html.j2").render(found=comparison, change=change)
    file = output_file(path)
    write_whole(file, page)
    return Path(os.path.abspath(file))
