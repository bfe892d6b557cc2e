"""The ten tables have the types that their consumers know, and each difference has its reason on a page."""

from __future__ import annotations

from python_processors.contract import hashed_tables, load_contract
from tests.on_platform.output_page import PAGE, differences, page, reasons
from tests.on_platform.tables import output_tables


def test_every_table_that_consumers_know_is_there_with_its_partition() -> None:
    contracts = [load_contract(name) for name in hashed_tables()]
    assert {c.relation: c.partition_by for c in contracts} == {
        place: table.partition_by for place, table in output_tables().items()
    }


def test_every_difference_has_one_reason_and_every_reason_a_difference() -> None:
    _, of_columns = reasons()
    others = [of for of in differences() if not of.is_stricter]
    assert [f"{of.table}.{of.column}" for of in others if of.reason_among(of_columns) is None] == []
    assert {of.reason_among(of_columns) for of in others} == set(of_columns)


def test_the_page_is_what_contracts_facts_and_reasons_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.on_platform.output_page writes it"
