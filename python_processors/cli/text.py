"""What the commands of `fullcourt` print for people; --json prints the same objects."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_processors.orchestration.project import LAYER
from python_processors.orchestration.run.progress import RunStatus, left_of, spelled
from python_processors.orchestration.warehouse import Warehouse, dataset_prefix
from python_processors.words import count_of

if TYPE_CHECKING:
    from python_processors.export import Manifest
    from python_processors.orchestration.plan.planner import Plan
    from python_processors.orchestration.proof.answers import TableStatus
    from python_processors.orchestration.run.journal import RunResult


_NAMED_DATES = 5
_NAMED_REASONS = 10


def plan_lines(made: Plan, *, full: bool) -> list[str]:
    """
    :param full: every table and date, not only the ranges.
    """
    from python_processors.orchestration.plan.costs import price

    if made.is_empty and not made.blocked:
        skipped = sum(made.skipped.values())
        left = (
            f"Nothing to do: {count_of(skipped, 'partition is', 'partitions are')} up to date ({made.start}"
            f" to {made.end})."
        )
        return [left, *_out_of_reach_lines(made)]
    layer = _of_the_layer(sum(step.table == LAYER for step in made.steps))
    lines = [
        f"Plan for {made.start} to {made.end}: {count_of(len(made.dates), 'date')},"
        f" {count_of(len(made.steps), 'partition')}{layer}."
    ]
    tables = list(dict.fromkeys(step.table for step in made.steps))
    for table in tables:
        steps = [step for step in made.steps if step.table == table]
        certain = [step.day for step in steps if step.is_certain]
        unsure = [step.day for step in steps if not step.is_certain]
        parts = [f"{spelled(days)} {verb}" for days, verb in ((certain, "will run"), (unsure, "may run")) if days]
        whys = list(dict.fromkeys(step.why for step in steps))
        more = f" (and {count_of(len(whys) - 1, 'other reason')})" if len(whys) > 1 else ""
        lines.append(f"  {table:<30} {'; '.join(parts)}: {whys[0]}{more}")
        if full:
            lines += [f"    {step.day} {'will run' if step.is_certain else 'may run'}: {step.why}" for step in steps]
    lines += [f"  blocked: {block.table} {block.day}: {block.reason}" for block in made.blocked[: None if full else 5]]
    if len(made.blocked) > 5 and not full:
        lines.append(f"  and {count_of(len(made.blocked) - 5, 'more date is', 'more dates are')} blocked")
    lines += _out_of_reach_lines(made)
    lines += _changes_lines(made)
    lines += _rows_lines(made)
    seconds = (
        "time unknown, as no run has a history yet"
        if made.seconds is None
        else f"about {made.seconds:,.0f} s by earlier runs"
    )
    money, read, billed = price(made), made.bytes_read or 0, made.bytes_billed or 0
    cost = "" if money is None else (
        f", {read / 1e9:,.2f} GB by dry run, about {billed / 1e9:,.2f} GB billed (10 MB at least for each table that a"
        f" query names), {money:,.2f} dollars at list price"
    )  # fmt: skip
    chunks = count_of(len(made.chunks), "chunk")
    lines.append(f"  {chunks}, {seconds}{cost}.")
    if made.uncounted:
        lines.append(f"  {count_of(made.uncounted, 'date is', 'dates are')} to be counted against the schedule.")
    return lines


def _of_the_layer(partitions: int) -> str:
    """How many are of the staging layer, which a report's number and a verification leave out."""
    return f" ({partitions:,} of the staging layer)" if partitions else ""


def _out_of_reach_lines(made: Plan) -> list[str]:
    """Dates that no run can build, by reason."""
    days: dict[str, list[date]] = {}
    for day, reason in made.out_of_reach.items():
        days.setdefault(reason, []).append(day)
    return [f"  out of reach: {spelled(sorted(of))}: {reason}" for reason, of in days.items()]


def _rows_lines(made: Plan) -> list[str]:
    """Rows to insert, change and delete: each says whether it is a count or a guess."""
    of = made.figures()
    insert = "0 to insert"
    if of["to_insert"]["rows"]:
        insert = f"about {of['to_insert']['rows']:,} to insert (a guess by schedule and box scores)"
    line = (
        f"  Rows: {insert}, {of['may_change']['rows']:,} that may change (a count of those stored),"
        f" {of['to_delete']['rows']:,} to delete (a count)."
    )
    unknown = of["to_insert"]["dates_without_guess"]
    more = [f"  {count_of(unknown, 'more partition')} will get rows; no box score tells how many."] if unknown else []
    return [line, *more]


def _changes_lines(made: Plan) -> list[str]:
    """Raw rows that a load would take away or add, and dates that would have no rows any more."""
    lines = [
        f"  raw {table}: {count_of(change['rows_to_add'], 'row')} to add, {change['rows_to_remove']:,} to remove of"
        f" {change['rows_before']:,}"
        for table, change in made.raw_changes.items()
        if change["rows_to_remove"]
    ]
    for table, of in made.changes.items():
        for day, feeds in list((of.emptied or {}).items())[:_NAMED_DATES]:
            still = f", and {', '.join(feeds)} still has its games" if feeds else ""
            lines.append(f"  {table} {day} would be empty: the schedule has no games{still}")
        if len(of.emptied or {}) > _NAMED_DATES:
            lines.append(f"  and {len(of.emptied or {}) - _NAMED_DATES:,} more dates of {table} would be empty")
    return lines


def result_lines(result: RunResult) -> list[str]:
    built = sum(count for table, count in result.built.items())
    lines = [
        f"Run {result.run_id}: {count_of(built, 'partition')} built{_of_the_layer(result.built.get(LAYER, 0))},"
        f" {sum(result.skipped.values()):,} skipped: inputs unchanged,"
        f" {sum(result.cut_off.values()):,} skipped by early cutoff;"
        f" {count_of(result.rows_written, 'row')} written by {count_of(result.nodes_run, 'dbt node')} in"
        f" {result.seconds:,.1f} s."
    ]
    if result.audited:
        wrong = len(result.wrong_skips)
        from python_processors.orchestration.proof.audit import wrong_skip_rate  # of a run, which has it imported

        _, at_most = wrong_skip_rate(result.audited, wrong)
        lines.append(
            f"{count_of(result.audited, 'skipped date')} of {count_of(result.audited_tables, 'table')}"
            f" {'was' if result.audited == 1 else 'were'} recomputed, {wrong} of them"
            f" differed: at most {100 * at_most:.1f} % of the skips of these tables are wrong, with 95 % confidence."
        )
    lines += [f"FAILED {table} {spelled(sorted(days))}" for table, days in result.failed.items()]
    lines += [f"  {what}: {message}" for what, message in result.failures.items()]
    lines += [f"BLOCKED {table} {spelled(sorted(days))}" for table, days in result.blocked.items()]
    lines += [f"WARNING {of.test}: {of.said}" for of in result.warnings]
    if result.was_stopped:
        lines.append("The run was stopped; the same command goes on where it ended.")
    return lines


def warnings(warehouse: Warehouse) -> list[str]:
    """What a reader of the figures must know."""
    from python_processors.raw_loader import holds_simulated

    if not warehouse.loads_files:
        return []
    with warehouse.reading() as session:
        if session.connection is None or not holds_simulated(session.connection, prefix=dataset_prefix()):
            return []
    return ["The games are simulated: the figures show that the machinery works, and nothing about basketball."]


def run_lines(running: RunStatus) -> list[str]:
    now = f"; now {running.now}" if running.now else ""
    lines = [
        f"Run {running.run_id} ({running.what}) is {running.state}: {running.steps_done:,} of {running.steps_planned:,}"
        f" partitions, {count_of(running.rows_written, 'row')} written{left_of(running)}{now}"
    ]
    return lines + [f"FAILED {failure}" for failure in running.failures]


def status_lines(lines: Sequence[TableStatus], audit: dict[str, Any]) -> list[str]:
    text = []
    for line in lines:
        season = "" if line.season is None else f" {line.season}-{(line.season + 1) % 100:02d}"
        share = "" if not line.rows else f", {100 * line.hashed_rows / line.rows:.1f} % hashed"
        outcomes = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in line.outcomes.items())
        text.append(f"{line.table + season:<38} {line.rows:>9,} rows{share:<15}  {outcomes}")
    if audit["audited"]:
        text.append(
            f"{count_of(audit['audited'], 'skip')} recomputed, {audit['wrong']} wrong: {100 * audit['rate']:.2f} %,"
            f" at most {100 * audit['at_most']:.2f} % with 95 % confidence"
        )
    return text


def export_lines(folder: Path, made: Manifest) -> list[str]:
    """Each file, each date of a table that cannot be trusted, and how the export is checked."""
    lines = [
        f"{of.name:<38} {of.rows:>9,} rows of {count_of(sum(day.rows > 0 for day in of.dates), 'date')}"
        + (f", {count_of(len(of.left_out), 'date')} left out" if of.left_out else "")
        for of in made.files
    ]
    verb = "exported all the same" if made.asked.include_untrusted else "left out"
    lines += [f"not trusted, {verb}: {of.date}: {of.reason}" for of in made.distrusted[:_NAMED_REASONS]]
    if len(made.distrusted) > _NAMED_REASONS:
        lines.append(f"and {len(made.distrusted) - _NAMED_REASONS:,} more partitions: manifest.json has all of them")
    lines += ["The games are simulated."] if made.is_simulated else []
    return [*lines, f"Exported to {folder}: `fullcourt verify --export {shlex.quote(str(folder))}` checks it anywhere."]
