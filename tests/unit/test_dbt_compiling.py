"""CTEs of ephemeral models stand where dbt itself puts them."""

from __future__ import annotations

import pytest
from dbt.compilation import InjectedCTE

from python_processors.dbt_compiling import with_ctes

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
