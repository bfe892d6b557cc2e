"""One unit put in place, or taken back.

A unit's first step is noted before anything of it is changed, its last one when all is. In between each table is first
copied aside, whole, then replaced in one step that leaves a mark: a table with the mark is not copied aside again, as
it is the new one. So a kill leaves the old table or the new one under the name, and the old one under the other, and
the same command goes on. On DuckDB a command is one transaction, and a kill leaves nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from python_processors.compare.asked import key_by_date
from python_processors.contract import load_contract
from python_processors.engines.keeping import Keeper, TableOptions
from python_processors.orchestration.adoption.plan import NotAdoptedError
from python_processors.orchestration.warehouse import Session
from python_processors.schema.adopted import ADOPTED, BEGUN, PRODUCTION_UNIT, UNDO_BEGUN, UNDONE, Step, kept_name, note
from python_processors.schema.kept import keep_aside
from python_processors.schema.tables import StoredColumn, create_statement, every_row, stored_tables

_NEXT = "next"


@dataclass
class Moves:
    """Works in production's session; the environment is named where its tables are read."""

    session: Session
    keeper: Keeper
    _sequence: int = field(default=0)

    def note(self, step: Step) -> Step:
        self._sequence += 1
        return note(self.session, step, self._sequence)

    def put_in_place(self, begun: Step, *, is_dressed_as_before: bool) -> Step:
        """Carry out a step that was noted as begun.

        :param is_dressed_as_before: description, labels and access are those of the table that was there.
        """
        for relation in begun.tables:
            self._replace(relation, begun, is_dressed_as_before=is_dressed_as_before)
        done = self.note(begun.then(ADOPTED))
        self._take_marks_off(begun, is_dressed_as_before=is_dressed_as_before)
        return done

    def take_back(self, step: Step, stamp: str) -> Step:
        """Put back what was there before, and keep what is there now under a dated name, too."""
        begun = step
        if step.step != UNDO_BEGUN:
            # Of an adoption that was cut off only what was replaced by then has the mark, or what was dropped for it
            # is not there.
            live = self.session.live_columns(step.there_before)
            untouched = {
                relation for relation in step.there_before
                if step.step == BEGUN and live[relation]
                and self.keeper.mark_of(self.session.named(relation)) != step.stamp
            }  # fmt: skip
            tables, there = (
                tuple(of for of in names if of not in untouched) for names in (step.tables, step.there_before)
            )
            begun = self.note(step.then(UNDO_BEGUN, undo_stamp=stamp, tables=tables, there_before=there))
        mark = f"undo_{begun.undo_stamp}"
        for relation in begun.tables:
            self._restore(relation, begun, mark)
        done = self.note(begun.then(UNDONE))
        for relation in begun.there_before:
            self._dress(relation, kept_name(relation, begun.stamp))
        return done

    def end(self, steps: Iterable[Step]) -> None:
        """Take marks off that a kill after a unit's last step has left."""
        for step in steps:
            marked = [
                relation for relation in step.there_before
                if step.step in (ADOPTED, UNDONE) and self.keeper.mark_of(self.session.named(relation))
            ]  # fmt: skip
            if marked and step.step == ADOPTED:
                self._take_marks_off(step, is_dressed_as_before=step.unit != PRODUCTION_UNIT)
            for relation in marked if step.step == UNDONE else []:
                self._dress(relation, kept_name(relation, step.stamp))

    def _replace(self, relation: str, step: Step, *, is_dressed_as_before: bool) -> None:
        name, kept = self.session.named(relation), self.session.named(kept_name(relation, step.stamp))
        source = self.session.named(relation, step.environment)
        new = self._options(source)
        if relation not in step.there_before:
            self.keeper.copy(source, name, new)
            return
        if self.keeper.mark_of(name) != step.stamp:
            there = self.keeper.options(name)  # a kill may have come between dropping it and copying to its name
            old = there or self._options(kept)
            with self._unchanged(name):
                if there is not None:
                    keep_aside(self.session, self.keeper, relation, step.stamp, old)
                if step.carried:
                    source = self._with_carried(relation, step, kept)
                dressed = old if is_dressed_as_before else new
            self.keeper.copy(source, name, dressed, step.stamp)
        self.keeper.dress(name, self._options(kept) if is_dressed_as_before else new, step.stamp)

    def _restore(self, relation: str, step: Step, mark: str) -> None:
        name = self.session.named(relation)
        kept = self.session.named(kept_name(relation, step.stamp))
        now = self.keeper.options(name)
        if now is not None and self.keeper.mark_of(name) != mark:
            keep_aside(self.session, self.keeper, relation, f"ours_{step.undo_stamp}", now)
            if relation not in step.there_before:
                self.keeper.drop(name)
                return
            self.keeper.copy(kept, name, self._options(kept), mark)
        elif now is None and relation in step.there_before:  # somebody has dropped it
            self.keeper.copy(kept, name, self._options(kept), mark)
        if relation in step.there_before:
            self.keeper.dress(name, self._options(kept), mark)

    def _take_marks_off(self, step: Step, *, is_dressed_as_before: bool) -> None:
        for relation in step.there_before:
            dressed = kept_name(relation, step.stamp) if is_dressed_as_before else relation
            environment = "" if is_dressed_as_before else step.environment
            self._dress(relation, dressed, environment)
        if step.carried:
            for relation in step.tables:
                self.keeper.drop(self.session.named(kept_name(relation, _NEXT)))

    def _dress(self, relation: str, like: str, environment: str = "") -> None:
        options = self.keeper.options(self.session.named(like, environment))
        if options is not None:
            self.keeper.dress(self.session.named(relation), options)

    def _options(self, named: str) -> TableOptions:
        options = self.keeper.options(named)
        if options is None:
            raise NotAdoptedError(
                f"{named} is not there any more.",
                "Look who has dropped it, and restore it.",
                "What was done before that stays.",
            )
        return options

    @contextmanager
    def _unchanged(self, name: str) -> Iterator[None]:
        """:raises NotAdoptedError: somebody wrote to the table meanwhile, whose rows the copy may not have."""
        before = self.keeper.state(name)
        yield
        if self.keeper.state(name) != before:
            raise NotAdoptedError(
                f"Somebody wrote to {name} while it was copied aside: it is not replaced.",
                "Stop who writes to it, and run the same again.",
                "What was done before that stays.",
            )

    def _with_carried(self, relation: str, step: Step, kept: str) -> str:
        """The environment's rows with columns of the table that was there, by key: of several rows of a key one, the
        first by these values. Rows of other keys have nulls there."""
        next_name, table = kept_name(relation, _NEXT), stored_tables()[relation]
        contract = load_contract(relation.partition(".")[2])
        key = key_by_date(contract.key, contract.partition_by)
        # Not of the table itself: a kill may have come between dropping it and copying to its name.
        of_kept = kept_name(relation, step.stamp)
        types = {name: kind for name, kind, _ in self.session.live_columns([of_kept])[of_kept]}
        columns = [StoredColumn(name, types[name], False) for name in step.carried]
        named = self.session.named(next_name)
        self.keeper.drop(named)
        self.session.execute(
            create_statement(self.session, replace(table, columns=(*table.columns, *columns)), relation=next_name)
        )
        own = [column.name for column in table.columns]
        keys, carried = ", ".join(key), ", ".join(step.carried)
        same = " and ".join(f"new_rows.{name} = old_rows.{name}" for name in key)
        order = ", ".join(  # a value before a null, on both engines
            f"{name} is null, "
            + self.session.comparable(name, is_array=types[name].startswith(("ARRAY<", "STRUCT", "JSON")))
            for name in step.carried
        )
        source = self.session.named(relation, step.environment)
        self.session.execute(
            f"insert into {named} ({', '.join(own)}, {carried})"
            f" select {', '.join(f'new_rows.{name}' for name in own)},"
            f" {', '.join(f'old_rows.{name}' for name in step.carried)}"
            f" from (select * from {source} where {every_row(table)}) as new_rows"
            f" left join (select {keys}, {carried}, row_number() over (partition by {keys} order by {order}) as copy"
            f" from {kept} where {every_row(table)}) as old_rows on {same} and old_rows.copy = 1"
        )
        return named
