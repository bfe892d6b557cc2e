"""CTEs of ephemeral models stand where dbt itself puts them."""

from __future__ import annotations

import jinja2
import pytest
from dbt.compilation import InjectedCTE

from python_processors.dbt_compiling import compile_jinja_once, with_ctes

CTES = (InjectedCTE("model.one", " one as (select 1)"), InjectedCTE("model.two", " two as (select 2)"))
PLACED = " one as (select 1),  two as (select 2)"


@pytest.mark.parametrize(
    ("sql", "placed"),
    [
        ("select * from one", f"with{PLACED} select * from one"),
        ("(select 1) union all select 2", f"with{PLACED} (select 1) union all select 2"),
        ("with own as (select 3) select * from own", f"with {PLACED}, own as (select 3) select * from own"),
        ("\n-- with a word\nWITH\n  own as (select 3)", f"\n-- with a word\nWITH\n  {PLACED}, own as (select 3)"),
        ("/* one */ with recursive own as (select 3)", f"/* one */ with recursive {PLACED}, own as (select 3)"),
        # A column of BigQuery's unnest is no beginning; dbt takes it for one.
        ("select a from unnest(b) as a with offset", f"with{PLACED} select a from unnest(b) as a with offset"),
        ("select 'with' as word", f"with{PLACED} select 'with' as word"),
    ],
)
def test_ctes_come_before_those_of_the_statement(sql: str, placed: str) -> None:
    assert with_ctes(sql, CTES) == placed


def test_a_statement_that_reads_no_ephemeral_model_stays_as_it_is() -> None:
    assert with_ctes("with own as (select 3) select * from own", ()) == "with own as (select 3) select * from own"


def test_jinja_of_the_same_text_is_compiled_once_and_a_wrong_one_fails_each_time(monkeypatch):
    jinja = pytest.importorskip("dbt_common.clients.jinja")
    for name in ("compile", "parse"):
        monkeypatch.setattr(jinja.MacroFuzzEnvironment, name, getattr(jinja2.Environment, name))
    compile_jinja_once()
    text = "{% set x = 1 %}{{ x + y }}"
    codes = {id(jinja.get_environment(native=native).compile(text)) for native in (False, True, False, True)}
    assert len(codes) == 2  # one for each class of environments
    assert [jinja.render_template(jinja.get_template(text, {"y": y}), {}) for y in (1, 2)] == ["2", "3"]
    for _ in range(2):
        with pytest.raises(Exception, match="unexpected"):
            jinja.get_template("{{ x + }}", {})
    trees = [jinja.get_environment().parse(text) for _ in range(3)]
    assert trees[0] is trees[1]
    assert trees[0] == trees[2]
