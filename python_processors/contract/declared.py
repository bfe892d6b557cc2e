"""What the contracts of all hashed tables declare of their rows, for macros, plans and logic versions."""

from __future__ import annotations

import json
from collections.abc import Mapping

from python_processors.contract import hashed_tables, load_contract
from python_processors.contract.rows import Declared
from python_processors.errors import ContractError
from python_processors.project_code import remembered


@remembered
def declared_rows() -> Mapping[str, Declared]:
    """What every hashed table's contract declares of its rows, each table after those that it reads on a date.

    :raises ContractError: a contract does not say who is to have a row, or tables read each other.
    """
    declared = {table: load_contract(table).declared for table in hashed_tables()}
    for table, of_table in declared.items():
        if of_table.rows is None:
            raise ContractError(table, "`config.meta.rows` is missing: say who is to have a row (docs/add-a-table.md).")
        for upstream in of_table.waits_for:
            if upstream not in declared:
                raise ContractError(table, f"`waits_for` names {upstream}, which is no hashed table.")
            if (
                of_table.waits_for[upstream] != "same_date"
                and (rows := declared[upstream].rows)
                and rows.after_bootstrap
            ):
                raise ContractError(
                    table, f"`waits_for: {upstream}` may be same_date: whole seasons are waited for of tables of games."
                )
    order: list[str] = []

    def add(table: str, path: tuple[str, ...] = ()) -> None:
        if table in path:
            raise ContractError(table, f"it reads itself: {' < '.join([*path[path.index(table) :], table])}.")
        if table not in order:
            for read in load_contract(table).reads:
                if read.get("from") in declared and read.get("window", "same_date") == "same_date":
                    add(str(read["from"]), (*path, table))
            order.append(table)

    # Tables of games played come first, then what is known before a game, then what is made of both.
    for table in sorted(declared, key=_place):
        add(table)
    return {table: declared[table] for table in order}


def _place(table: str) -> tuple[bool, bool, bool, str]:
    rows = load_contract(table).declared.rows
    assert rows is not None
    return rows.after_bootstrap, not rows.population.is_played, rows.population.entity == "player", table


def declared_as_json() -> str:
    """declared_rows() for macros, which know no contracts while dbt parses (macros/contracts.sql)."""
    return json.dumps({table: of_table.as_plain() for table, of_table in declared_rows().items()})
