"""Attempts of a run: what fails again with the inputs that it failed with before counts once a run, and the third
attempt opens a circuit breaker.

A player, team or day that a build found incomplete is in a failure ledger, which dbt counts where it builds the date
(macro failure_ledger). Where a run leaves the date alone, since nothing that it reads changed, the run has met it all
the same: that is counted here. A table and date that could not be built is in build_failures. What is an attempt says
macros/attempts.sql. A breaker holds no build: it says that trying again is of no use, and `retry` leaves alone what it
is open for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from python_processors.logic_version import project_vars
from python_processors.orchestration.state.fingerprints import longest_season
from python_processors.orchestration.state.macros import rendered
from python_processors.orchestration.warehouse import Session
from python_processors.schema.tables import create_tables, stored_tables

BUILD_FAILURES = "nba_ops.build_failures"
LEDGERS = {  # the column that names the games which a finding waits for
    "nba_ops.analytics_failures": "missing_game_ids",
    "nba_ops.precompute_failures": "missing_game_dates",
}
_EVIDENCE = "nba_ops.game_evidence"
_KEY = ("processor_name", "analysis_date", "entity_id")


@dataclass(frozen=True)
class BuildFailure:
    """A table and date that could not be built, as its row has it. `inputs` is None where nobody knows them."""

    processor_name: str
    analysis_date: date
    failure_reason: str
    inputs: str | None
    attempt_count: int
    first_attempt_at: datetime
    last_attempt_at: datetime
    circuit_breaker_until: datetime | None
    resolution_status: str
    resolved_at: datetime | None
    run_id: str

    @property
    def is_open(self) -> bool:
        return self.resolution_status == "UNRESOLVED"

    def again(self, reason: str, inputs: str | None, run_id: str, now: datetime) -> BuildFailure:
        """The row after another failure, by the rule of macros/attempts.sql."""
        seen = replace(self, failure_reason=reason, inputs=inputs or self.inputs)
        if not self.is_open or (inputs and self.inputs and inputs != self.inputs):
            return first_failure(self.processor_name, self.analysis_date, reason, inputs, run_id, now)
        if self.run_id == run_id or (self.circuit_breaker_until is not None and self.circuit_breaker_until > now):
            return seen
        count = self.attempt_count + 1
        return replace(
            seen, attempt_count=count, last_attempt_at=now, circuit_breaker_until=_until(count, now), run_id=run_id
        )  # fmt: skip

    def resolved(self, run_id: str, now: datetime) -> BuildFailure:
        return replace(
            self, circuit_breaker_until=None, resolution_status="RESOLVED", resolved_at=now, run_id=run_id
        )  # fmt: skip


def first_failure(
    table: str, day: date, reason: str, inputs: str | None, run_id: str, now: datetime
) -> BuildFailure:  # fmt: skip
    return BuildFailure(table, day, reason, inputs, 1, now, now, _until(1, now), "UNRESOLVED", None, run_id)


def count_failed_builds(
    session: Session, run_id: str, failed: Mapping[tuple[str, date], tuple[str, str | None]],
    built: Collection[tuple[str, date]], now: datetime | None = None,
) -> None:  # fmt: skip
    """Count what could not be built, and resolve what was built after all.

    :param failed: by table and date what was said, and the inputs that it failed with.
    """
    now = now or datetime.now(UTC)
    before = {(of.processor_name, of.analysis_date): of for of in build_failures(session)}
    rows = [
        before[key].again(*said, run_id, now) if key in before else first_failure(*key, *said, run_id, now)
        for key, said in failed.items()
    ]
    rows += [before[key].resolved(run_id, now) for key in built if key in before and before[key].is_open]
    changed = [row for row in rows if before.get((row.processor_name, row.analysis_date)) != row]
    if not changed:
        return
    if not session.columns(BUILD_FAILURES):
        create_tables(session, BUILD_FAILURES)
    # On BigQuery a kill in between loses the count of these dates, and they count from 1.
    old = " or ".join(
        f"(processor_name = '{of.processor_name}' and analysis_date = date '{of.analysis_date}')" for of in changed
    )
    schema = stored_tables()[BUILD_FAILURES].schema()
    with session.transaction():
        session.execute(f"delete from {session.named(BUILD_FAILURES)} where {old}")
        session.append(BUILD_FAILURES, pa.Table.from_pylist([vars(of) for of in changed], schema=schema))


def build_failures(session: Session, start: date = date.min, end: date = date.max) -> list[BuildFailure]:
    """The row of each table and date from one day to another that a run could not build."""
    found = session.read_all(query_of_build_failures(session, start, end))
    return [BuildFailure(**row) for rows in found.values() for row in rows.to_pylist()]


def query_of_build_failures(session: Session, start: date, end: date) -> dict[str, str]:
    """The query of build_failures(), by a name; none while there is no such table."""
    if not session.columns(BUILD_FAILURES):
        return {}
    names = ", ".join(column.name for column in stored_tables()[BUILD_FAILURES].columns)
    where = f"analysis_date between date '{start}' and date '{end}'"
    return {"build_failures": f"select {names} from {session.named(BUILD_FAILURES)} where {where}"}


def count_met(
    session: Session, run_id: str, start: date, end: date, tables: Iterable[str], now: datetime | None = None
) -> None:
    """Count players, teams and days that a run met in its range, and that it built nothing of."""
    now = now or datetime.now(UTC)
    # A ledger of an older form is no one's to count in: its next build says what to do.
    asked = {
        ledger.partition(".")[2]:
            f"select count(*) as n from {session.named(ledger)} as ledger where {_is_met(run_id, start, end)}"
        for ledger in LEDGERS if "inputs" in {name for name, _, _ in session.columns(ledger)}
    }  # fmt: skip
    met = session.read_all(asked)
    for ledger, games in LEDGERS.items():
        found = met.get(ledger.partition(".")[2])
        if found is not None and found["n"].to_pylist()[0]:
            session.execute(_count_statement(session, ledger, games, run_id, start, end, sorted(tables), now))


def open_findings(session: Session, start: date, end: date, tables: Iterable[str]) -> list[str]:
    """Sentences, one a table, of a range's players, teams and days that are incomplete, and whose repair is known."""
    listed = ", ".join(f"'{table}'" for table in sorted(tables))
    return [
        f"{row['processor_name']}: {row['findings']:,} of {row['first_day']} to {row['last_day']} incomplete"
        for ledger in LEDGERS if session.columns(ledger)
        for row in session.read(
            "select processor_name, min(analysis_date) as first_day, max(analysis_date) as last_day,"
            f" count(*) as findings from {session.named(ledger)} as ledger where {_is_met('', start, end)}"
            f" and ledger.processor_name in ({listed}) group by processor_name order by processor_name"
        ).to_pylist()
    ]  # fmt: skip


def _is_met(run_id: str, start: date, end: date) -> str:
    return (
        f"ledger.analysis_date between date '{start}' and date '{end}' and ledger.resolution_status = 'UNRESOLVED'"
        f" and ledger.is_correctable and coalesce(ledger.run_id, '') <> '{run_id}'"
    )


def _count_statement(
    session: Session, ledger: str, games: str, run_id: str, start: date, end: date, tables: Iterable[str],
    now: datetime,
) -> str:  # fmt: skip
    breakers, hours = _limits()
    key = ", ".join(f"ledger.{name}" for name in _KEY)
    joined = " and ".join(f"ledger.{name} = met.{name}" for name in _KEY)
    listed = ", ".join(f"'{table}'" for table in tables)
    is_same = "coalesce(met.inputs, '') = coalesce(ledger.inputs, '')"
    is_held = f"coalesce(ledger.circuit_breaker_until > {_at(now)}, false)"
    conditions = is_same, is_held, f"coalesce(ledger.run_id, '') = '{run_id}'"
    is_attempt = rendered("is_attempt", *conditions)
    count = rendered("attempts_with", *conditions, "coalesce(ledger.attempt_count, 0)")
    evidence = "select cast(null as string) as game_id, cast(null as string) as evidence from (select 1 as n) as one"
    if session.columns(_EVIDENCE):
        first = start - timedelta(days=longest_season())
        evidence = (
            f"select game_id, string_agg({rendered('evidence_text', 'feed')}, '; ' order by feed) as evidence"
            f" from {session.named(_EVIDENCE)} where game_date between date '{first}'"
            f" and date '{end}' group by game_id"
        )
    met = f"{_is_met(run_id, start, end)} and ledger.processor_name in ({listed})"
    return (
        f"update {session.named(ledger)} as ledger set"
        f" attempt_count = {count}, last_attempt_at = {_at(now)}, inputs = met.inputs, run_id = '{run_id}',"
        f" first_attempt_at = case when {is_same} then ledger.first_attempt_at else {_at(now)} end,"
        f" circuit_breaker_tripped = {count} >= {breakers},"
        f" circuit_breaker_until = case when {count} >= {breakers} then {_at(now + timedelta(hours=hours))} end"
        f" from (select {key}, found.inputs from {session.named(ledger)} as ledger left join"
        f" (select {key}, string_agg(evidence.evidence, '; ' order by evidence.game_id) as inputs"
        # BigQuery wants an equality in an outer join, and none in an inner one.
        f" from {session.named(ledger)} as ledger inner join ({evidence}) as evidence"
        f" on {rendered('names_game', f'ledger.{games}', 'evidence.game_id')}"
        f" where {met} group by {key}) as found on {joined.replace('met.', 'found.')} where {met}) as met"
        f" where {joined} and {_is_met(run_id, start, end)} and {is_attempt}"
    )


def _limits() -> tuple[int, float]:
    return int(project_vars()["breaker_attempts"]), float(project_vars()["breaker_hours"])


def _until(count: int, now: datetime) -> datetime | None:
    breakers, hours = _limits()
    return now + timedelta(hours=hours) if count >= breakers else None


def _at(instant: datetime) -> str:
    return f"timestamp '{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00:00'"
