"""Whole tables under other names, and what readers see of a table beside its rows. Names are spelled as in SQL.

A keeper is the warehouse's (`Warehouse.keeper`). DuckDB copies within the transaction of its session. On BigQuery,
where no rename leaves a dataset, a copy is one `create or replace table .. copy`: the name has the old table, or the
new one. Where the two are partitioned or clustered otherwise the old one is dropped first, and is kept by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from python_processors.errors import RefusedError

MARK_LABEL = "fullcourt_step"


class NotKeptError(RefusedError):
    """Something at a table's name that no copy would keep whole."""

    def __init__(self, named: str, problem: str, to_do: str) -> None:
        super().__init__(f"{named} {problem}: {to_do}")


@dataclass(frozen=True)
class TableOptions:
    """Description, labels and access of a table, and descriptions by column. `access` are bindings as IAM has them."""

    description: str | None = None
    title: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    access: tuple[Mapping[str, Any], ...] = ()


class Keeper(Protocol):
    """Copies tables whole. What stands at a copy's name is replaced."""

    def options(self, named: str) -> TableOptions | None:
        """None where there is no such table.

        :raises NotKeptError: it is no table, or has something that no copy of it would have.
        """

    def copy(self, source: str, target: str, options: TableOptions, mark: str = "") -> None:
        """Put all rows and columns of one table under the name of another, in one step, with this description and these
        labels. A kill leaves what was at the name before, or the whole copy.

        :param mark: tells later that it is this copy which has the name (mark_of); nothing where a transaction tells.
        """

    def mark_of(self, named: str) -> str:
        """The mark of the copy that has the name; empty without one, and always on DuckDB."""

    def dress(self, named: str, options: TableOptions, mark: str = "") -> None:
        """Give a table all of these options: also what a copy does not take, access and descriptions of columns. A
        column's own description stays."""

    def state(self, named: str) -> str:
        """What changes with whatever somebody writes to the table; empty where nobody else can."""

    def drop(self, named: str) -> None:
        """Drop a table that was copied, if it is there."""

    def names(self, dataset: str) -> list[str]:
        """The tables of a dataset, as the engine names it; none of one that is not there."""

    def check_rights(self, datasets: Sequence[str], replaced: Mapping[str, str]) -> list[str]:
        """What the account may not do of what copies need, each with the role to grant. Nothing is changed.

        :param datasets: where tables are made, as the engine names them.
        :param replaced: by table to replace the one that takes its name; both are there.
        """
