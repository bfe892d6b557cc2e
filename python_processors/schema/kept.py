"""Tables kept aside under dated names, before others take theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from python_processors.engines.base import Session
from python_processors.engines.keeping import Keeper, TableOptions
from python_processors.schema.adopted import kept_name


def free_stamp(today: date, relations: Sequence[str], taken: Sequence[str], form: str = "{}") -> str:
    """The date, or the date with a number, under which none of these is kept yet.

    :param taken: tables of the dataset of kept tables.
    """
    names, number = set(taken), 1
    while True:
        stamp = f"{today:%Y%m%d}" + (f"_{number}" if number > 1 else "")
        if not names & {kept_name(of, form.format(stamp)).partition(".")[2] for of in relations}:
            return stamp
        number += 1


def keep_aside(session: Session, keeper: Keeper, relation: str, stamp: str, options: TableOptions) -> str:
    """Copy aside what has the name; the name of the copy. What is kept already is never replaced: another table may
    have the name by now."""
    first = kept_name(relation, stamp)
    kept, number = first, 1
    while keeper.options(session.named(kept)) is not None:
        number += 1
        kept = kept_name(relation, f"{stamp}_again_{number}")
    keeper.copy(session.named(relation), session.named(kept), options)
    for of in {kept, first}:  # the first may not have been dressed before a kill
        keeper.dress(session.named(of), options)
    return kept
