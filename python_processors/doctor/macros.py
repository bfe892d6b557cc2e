"""Macros of the project without dbt: a rule that stands in a macro is asked where no model is built yet.

Such a macro asks dbt for nothing but vars, settings, other macros and the engine's version of one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, StrictUndefined

from python_processors.contract import PROJECT_ROOT
from python_processors.errors import FullcourtError
from python_processors.yaml_files import read_yaml

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+).*?endmacro\s*-?%\}", re.DOTALL)


class MacroRefusedError(FullcourtError):
    """A macro raised an error of its own: what the project refuses, in its own words."""


class _Returned(Exception):
    """`return` of dbt: a macro ends with a value in place of its text."""

    def __init__(self, value: Any) -> None:
        self.value = value


def project_vars() -> dict[str, Any]:
    """The vars of dbt_project.yml."""
    return dict(read_yaml(PROJECT_ROOT / "dbt_project.yml").get("vars") or {})


class Macros:
    """The project's macros, to be called by name."""

    def __init__(self, engine: str, *, database: str = "") -> None:
        """
        :param engine: as dbt's adapters are called, `duckdb` or `bigquery`.
        :param database: what SQL calls the warehouse.
        """
        self._engine = engine
        self._texts = {
            found[1]: found[0]
            for path in sorted((PROJECT_ROOT / "macros").rglob("*.sql"))
            for found in _MACRO.finditer(path.read_text(encoding="utf-8"))
        }
        given = project_vars()
        self._jinja = Environment(extensions=["jinja2.ext.do"], undefined=StrictUndefined, autoescape=False)
        self._jinja.globals |= {
            "var": lambda name, *default: given.get(name, *default) if default else given[name],
            "env_var": lambda name, default="": os.environ.get(name, default),
            "return": _return,
            "adapter": SimpleNamespace(dispatch=self._dispatched),
            "exceptions": SimpleNamespace(raise_compiler_error=_refuse),
            "modules": SimpleNamespace(re=re),
            "target": SimpleNamespace(type=engine, database=database, schema="nba_ops"),
            **{name: self._callable(name) for name in self._texts},
        }

    def call(self, name: str, *arguments: Any) -> Any:
        """What a macro gives: its text, or what it returns.

        :raises MacroRefusedError: it says that something is wrong.
        """
        # Alone in its template, so that it calls the others as they stand here: with a `return` that ends them.
        macro = getattr(self._jinja.from_string(self._texts[name]).module, name)
        try:
            return str(macro(*arguments)).strip()
        except _Returned as returned:
            return returned.value

    def _callable(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: self.call(name, *arguments)

    def _dispatched(self, name: str) -> Callable[..., Any]:
        own = f"{self._engine}__{name}"
        return self._callable(own if own in self._texts else f"default__{name}")


def _return(value: Any) -> None:
    raise _Returned(value)


def _refuse(message: str) -> None:
    raise MacroRefusedError(message)
