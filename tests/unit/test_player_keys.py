"""The keys of names that Python makes are those of the project's macros, letter by letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import jinja2
import pytest

from python_processors.logic_version import called_macros, project_macros
from python_processors.player_keys import player_key
from python_processors.simulation.players import FIRST_NAMES, LAST_NAMES, SUFFIXES, ascii_only, injury_key

# Every letter with a mark that a name may have: Latin-1, Latin Extended-A and -B, and Latin Extended Additional.
LETTERS = [chr(code) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]
SIMULATED = [*FIRST_NAMES, *LAST_NAMES, *(f"John{suffix}" for _, suffix in SUFFIXES)]
NAMES = [
    "Luka Dončić", "LUKA DONČIĆ", "Jaren Jackson Jr.", "Trey Murphy III", "Karl-Anthony Towns", "Royce O'Neale",
    "Đorđe Đurić", "Łukasz Øresund", "Nenê", "İlkan Karaman", "Ersan İlyasova", "Alperen Şengün", "Ægir Straße",
    *SIMULATED,
]  # fmt: skip


def in_sql(macro: str) -> str:
    """What DuckDB runs of a macro of column `name`."""

    class Adapter:
        @staticmethod
        def dispatch(name: str) -> Any:
            return getattr(module, f"duckdb__{name}", None) or getattr(module, f"default__{name}")

    environment = jinja2.Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {"adapter": Adapter, "return": lambda value: value}
    macros = "".join(called_macros([macro], project_macros()).values())
    module: Any = environment.from_string(macros).module
    return str(getattr(module, macro)("name"))


@pytest.mark.parametrize(
    ("macro", "in_python", "names"),
    [
        ("player_key", player_key, [*NAMES, *LETTERS]),
        ("player_key_ascii_only", ascii_only, [*NAMES, *LETTERS]),
        ("player_key_injury_report", injury_key, SIMULATED),
    ],
)
def test_a_name_has_the_same_key_in_python_and_in_sql(
    macro: str, in_python: Callable[[str], str], names: list[str]
) -> None:
    with duckdb.connect() as connection:
        rows = connection.execute(f"select name, {in_sql(macro)} from unnest(?) as t (name)", [names]).fetchall()
    assert {name: in_python(name) for name in names} == dict(rows)
    assert len(rows) == len(names)
