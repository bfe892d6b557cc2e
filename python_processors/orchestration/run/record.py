"""What a run records while it is at work: confirmations, decisions, and the result that it gives back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from python_processors.orchestration.dbt_calls import Warned
from python_processors.orchestration.run.journal import RunnerStep, RunResult, RunWarning
from python_processors.orchestration.run.steps import History
from python_processors.orchestration.state.attempts import count_failed_builds, count_met
from python_processors.orchestration.state.ledger import Decision, LedgerRow, LedgerWriter, ModelRow, rows_of_invocation
from python_processors.orchestration.warehouse import Session, Warehouse

_WRITTEN = ("inserted", "updated", "deleted")


class RunRecord:
    """One run's own record. `considered` holds what was built, tried in vain, or blocked, `spared` what was cut off;
    `steps` each call of dbt; `is_counted` says that no date's count against the schedule failed; `made` has models and
    tables that were built, by date, and `failed_with` those that were not, with what was said and the inputs that they
    failed with."""

    def __init__(self, warehouse: Warehouse, result: RunResult, libraries: str, history: History) -> None:
        self.result, self._history = result, history
        self.considered: set[tuple[str, date]] = set()
        self.spared: set[tuple[str, date]] = set()
        self.made: set[tuple[str, date]] = set()
        self.failed_with: dict[tuple[str, date], tuple[str, str | None]] = {}
        self.steps: list[RunnerStep] = []
        self.is_counted = True
        self._warehouse = warehouse
        self._decisions: list[Decision] = []
        with warehouse.reading() as session:
            self._writer = LedgerWriter(session, result.run_id, libraries)

    def confirm(
        self, session: Session, invocation_id: str, rows: Sequence[LedgerRow], models: Sequence[ModelRow]
    ) -> None:
        """Stand for tables, models and dates as they are now."""
        self._writer.confirm(session, invocation_id, rows, models)

    def built(self, table: str, whys: Mapping[date, str]) -> None:
        """Dates of a table that were built."""
        self.result.built[table] = self.result.built.get(table, 0) + len(whys)
        self.considered |= {(table, day) for day in whys}
        self._decide(table, whys, "built")

    def failed(self, table: str, days: Collection[date], message: str) -> None:
        """Dates of a table that could not be built."""
        self.result.failed.setdefault(table, []).extend(days)
        self.considered |= {(table, day) for day in days}
        self._decide(table, dict.fromkeys(days, message), "failed")

    def blocked(self, table: str, reasons: Mapping[date, str]) -> None:
        """Dates that cannot be built, and what is in their way. Told once a run."""
        told = {day: reason for day, reason in reasons.items() if (table, day) not in self.considered}
        if told:
            self.result.blocked.setdefault(table, []).extend(told)
            self.considered |= {(table, day) for day in told}
            self._decide(table, told, "blocked")

    def cut_off(self, table: str, whys: Mapping[date, str]) -> None:
        """Dates that need not be built after all, since what they read came out as it was."""
        self.result.cut_off[table] = self.result.cut_off.get(table, 0) + len(whys)
        self.spared |= {(table, day) for day in whys}
        self._decide(
            table, {day: f"{why}: that came out as it was for this date" for day, why in whys.items()}, "cut_off"
        )

    def warned(self, warnings: Sequence[Warned], days: Sequence[date]) -> None:
        """What tests warn of in dates that were built together. Built again, the newest word counts."""
        start, end = min(days), max(days)
        fresh = [RunWarning(of.name, of.failures, of.message, start, end) for of in warnings]
        self.result.warnings = [
            of
            for of in self.result.warnings
            if (of.start, of.end) != (start, end) or of.test not in {new.test for new in fresh}
        ] + fresh
        for of in fresh:
            self._decide(of.test, {end: of.said}, "warned")

    def take_back(self, reasons: Mapping[tuple[str, date], str]) -> None:
        """Confirmed dates whose rows were found not to be what they claim: they are due again."""
        for (table, day), reason in reasons.items():
            self._decide(table, {day: reason}, "taken_back")
        self.write_decisions()

    def ended(self, failed: Collection[str], waited: Collection[str] = ()) -> int:
        """The newest call of dbt has ended: its rows of history are written, and those that it published are added to
        the result. How many they were.

        :param failed: tables of it that could not be built.
        :param waited: tables of it that dbt did not reach, and that are decided anew.
        :raises RunHistoryError: the history was not written.
        """
        step = self.steps[-1]
        reached = replace(step, tables=tuple(table for table in step.tables if table not in waited))
        with self._warehouse.writing() as session:
            self._history.ended(session, reached, failed)
            written = rows_of_invocation(session, step.outcome.invocation_id)
        for table, counts in written.items():
            so_far = self.result.rows.setdefault(table, dict.fromkeys(counts, 0))
            for verb, count in counts.items():
                so_far[verb] += count
        return sum(counts[verb] for counts in written.values() for verb in _WRITTEN)

    def close(self, start: date, end: date, tables: Sequence[str]) -> None:
        """The run ends: what it left alone is history, too, and what failed again is counted.

        :param tables: those that it looked at, from one date to another.
        :raises RunHistoryError: the history was not written.
        """
        self.write_decisions()
        run_id = self.result.run_id
        with self._warehouse.writing() as session:
            count_failed_builds(session, run_id, self.failed_with, self.made - self.failed_with.keys())
            if not self.result.was_stopped:
                count_met(session, run_id, start, end, tables)
            self._history.close(session, is_counted=self.is_counted and not self.result.was_stopped)

    def write_decisions(self) -> None:
        """All that was decided since the last time."""
        if not self._decisions:
            return
        decisions, self._decisions = self._decisions, []
        with self._warehouse.writing() as session:
            self._writer.decide(session, decisions)
            blocked: dict[str, dict[date, str]] = {}
            for of in decisions:
                if of.decision == "blocked":
                    blocked.setdefault(of.table, {})[of.day] = of.reason
            self._history.blocked(session, blocked)

    def _decide(self, table: str, reasons: Mapping[date, str], decision: str) -> None:
        self._decisions += [Decision(table, day, decision, reason) for day, reason in reasons.items()]
