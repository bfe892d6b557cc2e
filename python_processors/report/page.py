"""The figures of the page, as plain data: what the template prints and the script draws."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.proof.answers import decision_sentence, gaps_of
from python_processors.orchestration.state.states import FINE, NOT_EXPECTED, OUTCOMES, WHOLE, State
from python_processors.report.charts import chart_specs
from python_processors.report.facts import Facts
from python_processors.report.runs import Run, runs_of, seconds_per_date

_MOST_FAILURES = 20

# Of a cell, in this order; a text stands in `texts`, and the cell has its place there.
CELL = (
    "outcome", "reason", "expected", "actual", "output", "input", "input_now", "confirmed_output", "run", "recorded",
    "logic", "decision", "reads",
)  # fmt: skip

OUTCOME_WORDS = {
    "no_games": "No games are scheduled.",
    "expected_empty": "Games, and by the rules nobody who is to have a row.",
    "not_requested": "Nobody asked a run for it.",
    "blocked": "A table that it reads lacks what it needs, or the schedule is older than the feeds.",
    "missing": "Rows are expected, and none are there.",
    "partial": "Some of the rows are there; a row that is held back is one that lacks.",
    "unknown": "The schedule says nothing of the date.",
    "excused": "Every row that can come; those that never can are reviewed lines of completeness_exceptions.",
    "stale": "Its code, its inputs or its rows changed since a run confirmed it.",
    "failed": "The last run could not build it.",
    "complete": "Every row that is expected, as a run confirmed it.",
}


def page_data(facts: Facts) -> dict[str, Any]:
    """All that the page shows; JSON can hold it."""
    runs = runs_of(facts.steps, facts.decided, facts.run_of, facts.first_confirmed)
    rates = seconds_per_date(facts.steps)
    return {
        "start": facts.start.isoformat(), "end": facts.end.isoformat(), "target": facts.target,
        "as_of": _instant(facts.as_of), "is_simulated": facts.is_simulated,
        "headline": headline(facts), "last_run": _last_run(facts),
        "audit": dict(facts.audit), "gaps": _gaps(facts.states),
        "runs": [_run_dict(run) for run in reversed(runs)], "savings": savings(runs),
        "failing": _failing(facts),
        "breakers": [{**of.to_dict(), "held": of.held} for of in facts.breakers],
        "quarantined": [{**_dated(asdict(row)), "to_do": row.to_do} for row in facts.quarantined],
        "columns": _columns(facts),
        "matrix": matrix(facts),
        "charts": chart_specs(runs, rates, facts.tables),
        **({} if facts.change is None else {"change": facts.change.to_dict()}),
    }  # fmt: skip


def headline(facts: Facts) -> dict[str, Any]:
    """The share of partitions that can be trusted, of those that are to have rows."""
    counts = Counter(state.outcome for state in facts.states)
    expected = sum(count for outcome, count in counts.items() if outcome not in NOT_EXPECTED)
    complete = sum(counts[outcome] for outcome in WHOLE)
    return {
        "trusted_pct": share(complete, expected), "complete": complete, "expected": expected,
        "excused": counts["excused"],
        "needs_attention": sum(count for outcome, count in counts.items() if outcome not in FINE),
        "open": {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome] and outcome not in FINE},
        "rows": facts.rows, "hash_coverage_pct": share(facts.hashed_rows, facts.rows),
    }  # fmt: skip


def share(part: int, whole: int) -> float | None:
    """Per cent with one decimal, rounded down: 100 says that nothing is missing. None of nothing."""
    return math.floor(1000 * part / whole) / 10 if whole else None


def savings(runs: Sequence[Run]) -> dict[str, Any]:
    """Partitions that runs built, and those that they could leave alone; seconds as `Run.saved` estimates."""
    built, spared = sum(run.built for run in runs), sum(run.left_alone + run.cut_off for run in runs)
    return {
        "built": built, "left_alone": sum(run.left_alone for run in runs), "cut_off": sum(run.cut_off for run in runs),
        "spared_pct": share(spared, built + spared), "seconds": round(sum(run.saved for run in runs), 1),
        "worked": round(sum(run.seconds for run in runs), 1),
    }  # fmt: skip


def matrix(facts: Facts) -> dict[str, Any]:
    """Seasons, tables and cells. Texts and fingerprints stand once: most dates share them."""
    texts = _Texts()
    states = [*facts.layer, *facts.states]
    reads: dict[str, dict[str, int]] = {}  # of each table its reads, with their places
    cells: dict[str, dict[str, list[Any]]] = {table: {} for table in (LAYER, *facts.tables)}
    for state in states:
        if state.table not in cells:
            continue
        names = reads.setdefault(state.table, {})
        cells[state.table][state.day.isoformat()] = _cell(facts, state, texts, names)
    return {
        "outcomes": [{"name": name, "words": OUTCOME_WORDS[name], "is_fine": name in FINE} for name in OUTCOMES],
        "seasons": _seasons(facts),
        "tables": [
            {"name": table, "logic": facts.logic.get(table, ""), "reads": [*reads.get(table, ())]}
            for table in (LAYER, *facts.tables)
        ],
        "cell": list(CELL), "cells": cells, "texts": texts.listed,
    }  # fmt: skip


class _Texts:
    """Each text once; its place is what cells hold."""

    def __init__(self) -> None:
        self.listed: list[str] = [""]
        self._places = {"": 0}

    def place(self, text: str) -> int:
        found = self._places.get(text)
        if found is None:
            found = self._places[text] = len(self.listed)
            self.listed.append(text)
        return found


def _cell(facts: Facts, state: State, texts: _Texts, names: dict[str, int]) -> list[Any]:
    key = (state.table, state.day)
    confirmed, decision = facts.confirmed.get(key), facts.decisions.get(key)
    sentence = ""
    if decision is not None:
        sentence = decision_sentence(decision.decided_at, decision.run_id, decision.decision, decision.reason)
    reads: list[list[int]] = []  # [place of the read's name, before] and, where it changed, [.., before, now]
    if confirmed is not None:
        inputs, inputs_now = confirmed.inputs, confirmed.inputs_now
        for name in sorted(inputs.keys() | inputs_now.keys()):  # some ten for each cell
            before, now = inputs.get(name, ""), inputs_now.get(name, "")
            read = [names.setdefault(name, len(names)), texts.place(before)]
            if now != before:
                read.append(texts.place(now))
            reads.append(read)
    return [
        OUTCOMES.index(state.outcome), texts.place(state.reason or state.why), state.expected_rows, state.actual_rows,
        texts.place(state.output_fingerprint),
        *(
            (0, texts.place(state.input_fingerprint), 0, 0, 0, 0) if confirmed is None else (
                texts.place(confirmed.input_fingerprint), texts.place(state.input_fingerprint),
                texts.place(confirmed.output_fingerprint), texts.place(confirmed.run_id),
                texts.place(_instant(confirmed.recorded_at)), texts.place(confirmed.logic_version),
            )
        ),
        texts.place(sentence), reads,
    ]  # fmt: skip


def _seasons(facts: Facts) -> list[dict[str, Any]]:
    """Each season of the range with the first and last date that there is something to show of."""
    days: dict[int, list[date]] = {}
    shown = sorted({state.day for state in (*facts.states, *facts.layer)})
    known = sorted(facts.seasons)
    for day in shown:
        season = facts.seasons.get(day)
        if season is None:  # a day without games belongs to the season that is nearest
            nearest = min(known, key=lambda other: abs((other - day).days), default=None)
            season = day.year if nearest is None else facts.seasons[nearest]
        days.setdefault(season, []).append(day)
    return [
        {"season": f"{year}-{(year + 1) % 100:02d}", "first": min(of).isoformat(), "last": max(of).isoformat()}
        for year, of in sorted(days.items())
    ]


def _gaps(states: Sequence[State]) -> list[dict[str, Any]]:
    """As `fullcourt gaps` has them, what needs attention first; one line per reason."""
    groups: dict[tuple[bool, str, str], list[Any]] = {}
    for gap in gaps_of(states):
        groups.setdefault((gap.needs_attention, gap.kind, gap.reason), []).append(gap)
    lines: list[dict[str, Any]] = []
    for (needs_attention, kind, reason), gaps in groups.items():
        lines.append({
            "needs_attention": needs_attention, "kind": kind, "outcome": gaps[0].outcome, "reason": reason,
            "dates": sum(gap.dates for gap in gaps),
            "ranges": [
                {"table": gap.table, "start": gap.start.isoformat(), "end": gap.end.isoformat(), "dates": gap.dates}
                for gap in gaps
            ],
        })  # fmt: skip
    return sorted(lines, key=lambda line: (not line["needs_attention"], -line["dates"], line["reason"]))


def _failing(facts: Facts) -> list[dict[str, Any]]:
    """What runs could not build, most dates first; `still` of them are as they were."""
    now = {(state.table, state.day) for state in facts.states if state.outcome in ("failed", "blocked")}
    lines: list[dict[str, Any]] = [
        {
            "table": failing.table, "decision": failing.decision, "reason": failing.reason,
            "dates": len(failing.days), "times": failing.times, "newest": _instant(failing.newest),
            "first": failing.days[0].isoformat(), "last": failing.days[-1].isoformat(),
            "still": sum((failing.table, day) in now for day in failing.days),
        }
        for failing in facts.failing
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (-line["still"], -line["dates"], line["table"]))[:_MOST_FAILURES]


def _columns(facts: Facts) -> list[dict[str, Any]]:
    """Per table its monitored columns: findings, then those that are null or constant as their contract says."""
    lines = []
    for table in facts.tables:
        checks = [check for check in facts.columns if check.table == table]
        shown = [check for check in checks if check.finding or check.nulls or check.is_constant]
        lines.append({
            "table": table, "columns": len(checks), "rows": checks[0].rows if checks else 0,
            "findings": sum(bool(check.finding) for check in checks),
            "shown": [
                {**asdict(check), "null_pct": round(100 * check.null_rate, 2)}
                for check in sorted(shown, key=lambda c: (not c.finding, -c.nulls, not c.is_constant, c.column))
            ],
        })  # fmt: skip
    return lines


def _last_run(facts: Facts) -> dict[str, Any] | None:
    run = facts.last_run
    if run is None:
        return None
    ended = run.ended_at or run.started_at
    return {
        "run_id": run.run_id, "what": run.what, "state": run.state, "started": _instant(_of_seconds(run.started_at)),
        "seconds": round(ended - run.started_at, 1), "rows_written": run.rows_written, "failures": len(run.failures),
    }  # fmt: skip


def _run_dict(run: Run) -> dict[str, Any]:
    dates = {"first": run.first.isoformat(), "last": run.last.isoformat()}
    instants = {"started_at": _instant(run.started_at), "ended_at": _instant(run.ended_at)}
    return {**asdict(run), **dates, **instants, "verdict": run.verdict, "wall": _wall(run)}


def _wall(run: Run) -> float:
    return round((run.ended_at - run.started_at).total_seconds(), 1)


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def _of_seconds(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _instant(instant: datetime) -> str:
    return f"{instant.astimezone(UTC) if instant.tzinfo else instant:%Y-%m-%d %H:%M:%S} UTC"
