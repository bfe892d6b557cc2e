"""How dbt makes SQL of the project's text: Jinja read and compiled once, and CTEs placed without a parse."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Any

import sqlparse.lexer
from sqlparse import tokens


def compile_jinja_once() -> None:
    """Let dbt compile the same text of Jinja once in this process, and parse it once for its macros, from now on.

    dbt 1.11 compiles every model anew at each build, and every macro after each parse of the project. As it reads a
    project it parses each macro twice, for its name and for what it calls. There is no setting for it. Code is of a
    class of environments; the environment itself, and the context, it is given later.
    """
    from dbt_common.clients import jinja

    environment = jinja.MacroFuzzEnvironment
    compile_anew, parse_anew = environment.compile, environment.parse
    if compile_anew.__name__ == "compile_once":  # one process may start dbt many times
        return
    compiled: dict[tuple[type, str], CodeType] = {}
    parsed: dict[tuple[type, str], Any] = {}

    def compile_once(self: Any, source: Any, *of: Any, **how: Any) -> Any:
        # With a name it is a template of a file, and with MACRO_DEBUGGING each has a file of its own.
        if type(source) is not str or any(of) or any(how.values()) or jinja.MACRO_DEBUGGING:
            return compile_anew(self, source, *of, **how)
        key = (type(self), source)
        if key not in compiled:
            compiled[key] = compile_anew(self, source)
        return compiled[key]

    def parse_once(self: Any, source: str, *of: Any, **how: Any) -> Any:
        if of or how:
            return parse_anew(self, source, *of, **how)
        key = (type(self), source)
        tree = parsed.pop(key, None)  # nobody asks a third time, and trees are large
        if tree is None:
            tree = parsed[key] = parse_anew(self, source)
        return tree

    environment.compile, environment.parse = compile_once, parse_once


def place_ctes_by_first_tokens() -> None:
    """Let dbt look for a statement's WITH where it stands, at its beginning, from now on.

    dbt-core 1.11 parses the whole statement for it, which takes a fifth of what the nodes of a day's build take, and
    takes BigQuery's `with offset` for the beginning of one. There is no setting for it.
    """
    import dbt.compilation

    dbt.compilation.inject_ctes_into_sql = with_ctes


def with_ctes(sql: str, ctes: Sequence[Any]) -> str:
    """The statement, with these CTEs before its own.

    :param ctes: dbt's InjectedCTE: `sql` is ` name as (select …)`.
    """
    if not ctes:
        return sql
    place, has_with = _place_of_ctes(sql)
    joined = ", ".join(cte.sql for cte in ctes)
    placed = f"{joined}, " if has_with else f"with{joined} "
    return sql[:place] + placed + sql[place:]


def _place_of_ctes(sql: str) -> tuple[int, bool]:
    """Where a statement's first CTE stands or would, and whether a WITH is before it."""
    place, has_with = 0, False
    for kind, text in sqlparse.lexer.tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in tokens.Keyword and text.upper() in ("WITH", "RECURSIVE"):
            has_with = True
        elif kind not in tokens.Whitespace and kind not in tokens.Comment:
            break
        place += len(text)
    return (place, True) if has_with else (0, False)
