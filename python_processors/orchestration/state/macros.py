"""Macros of the project that Python expands, so that SQL outside of dbt has the same definitions."""

from __future__ import annotations

import jinja2

from python_processors.logic_version import called_macros, project_macros
from python_processors.project_code import remembered


@remembered
def rendered(macro: str, *arguments: str) -> str:
    """What a macro makes of columns or of a row. Compiling it takes longer than most queries that it is for."""
    macros = "".join(called_macros([macro], project_macros()).values())
    module = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(macros).module
    return " ".join(str(getattr(module, macro)(*arguments)).split())
