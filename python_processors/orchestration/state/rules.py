"""What is known of a table and date, and the rules that make a state of it: in order, the first that applies.

Each rule is a function of what is known, and carries its sentence. It gives None where it does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from python_processors.orchestration.state.inputs import changed_reads
from python_processors.orchestration.state.memory import NO_ROWS
from python_processors.orchestration.state.states import State
from python_processors.project_code import changed_libraries

_FINGERPRINT = re.compile(r"\d+:\d+:\d+")


@dataclass(frozen=True)
class Confirmation:
    """What the newest ledger row of a table and date says; `is_whole` that it is the row that was written."""

    inputs: str
    input_fingerprint: str
    rows: str
    logic: str
    libraries: str | None
    is_whole: bool


@dataclass(frozen=True)
class Known:
    """All that is known of one table and date. Fingerprints are those of now.

    `word` is what a run, or `fullcourt verify`, said last of the date since it was confirmed: failed, blocked or
    taken_back; `is_taken_back` that it was taken back since then, whatever was said of it later.
    `drift` says how models that are made with the table differ from what a run confirmed, by model. Counts are those of
    nba_ops.coverage; `is_counted` says that they are of the rows as they are now.
    """

    table: str
    day: date
    season: int | None = None
    is_analysis_date: bool = False
    rows: str = NO_ROWS
    inputs: str = ""
    input_fingerprint: str = ""
    confirmation: Confirmation | None = None
    word: str | None = None
    word_reason: str = ""
    is_taken_back: bool = False
    drift: Mapping[str, str] = field(default_factory=dict)
    counted_outcome: str | None = None
    counted_reason: str = ""
    expected_rows: int | None = None
    is_counted: bool = False
    excused_rows: int = 0
    unknown_since: str = ""  # why the schedule does not know whether the date has games; empty where it does

    @property
    def row_count(self) -> int:
        return int(self.rows.partition(":")[0])

    @property
    def is_of_feeds_alone(self) -> bool:
        """Of a date without games by the schedule: whether the count knows of rows that are expected."""
        return self.is_counted and self.counted_outcome in ("blocked", "missing", "partial")

    def state(self, rule: str, outcome: str, reason: str = "", **more: Any) -> State:
        return State(
            self.table, self.day, outcome, reason, **{"expected_rows": self.expected_rows, **more}, rule=rule,
            actual_rows=self.row_count, input_fingerprint=self.input_fingerprint, output_fingerprint=self.rows,
        )  # fmt: skip


@dataclass(frozen=True)
class Now:
    """The code that would build a table now, and what it says of the table."""

    logic: str
    libraries: str
    starts_later: bool = False
    bootstrap_days: int = 0
    forced: bool = False
    described: Mapping[str, str] = field(default_factory=dict)  # sentences of reads by name


Rule = Callable[[Known, Now], State | None]


def decide(rules: Sequence[Rule], known: Known, now: Now) -> State:
    """The state by the first rule that applies; the last one always does."""
    state = next(state for rule in rules if (state := rule(known, now)) is not None)
    # Whatever makes it due: force wins, and what was taken back is not trusted until it is confirmed again.
    return replace(state, replaces=True) if state.is_due and (now.forced or known.is_taken_back) else state


def unknown(known: Known, now: Now) -> State | None:
    """The schedule does not go so far: nothing says whether games were played."""
    if not known.unknown_since or known.season is not None or known.row_count or known.is_of_feeds_alone:
        return None
    return known.state("unknown", "unknown", known.unknown_since, is_ruled_out=True)


def unscheduled(known: Known, now: Now) -> State | None:
    """Feeds have rows of games on the date, and the schedule has none: no table can have rows of it."""
    if known.season is not None or known.row_count or not known.is_of_feeds_alone:
        return None
    return known.state("unscheduled", known.counted_outcome or "", known.counted_reason, is_ruled_out=True)


def off_day(known: Known, now: Now) -> State | None:
    """The schedule has no games on the date, and the table no rows."""
    if known.season is not None or known.row_count:
        return None
    return known.state("off_day", "no_games", expected_rows=0, is_ruled_out=True)


def bootstrap(known: Known, now: Now) -> State | None:
    """The season is too young for tables that look back on it."""
    if not now.starts_later or known.is_analysis_date or known.row_count or known.season is None:
        return None
    reason = f"the first {now.bootstrap_days} days of the season"
    return known.state("bootstrap", "expected_empty", reason, expected_rows=0, is_ruled_out=True)


def waited(known: Known, now: Now) -> State | None:
    """A run left it since something that it reads failed."""
    if known.word != "blocked":
        return None
    return known.state("waited", "blocked", known.word_reason, why="it waited for what failed")


def failed(known: Known, now: Now) -> State | None:
    """The last run that tried did not build it."""
    if known.word != "failed":
        return None
    return known.state("failed", "failed", known.word_reason, why="it failed", failed_before=True)


def taken_back(known: Known, now: Now) -> State | None:
    """Stored rows were found not to be what they claim: their confirmation was taken back."""
    if known.word != "taken_back":
        return None
    return known.state("taken_back", "stale", known.word_reason, why=known.word_reason, replaces=True)


def never_built(known: Known, now: Now) -> State | None:
    """No run has confirmed it."""
    if known.confirmation is not None:
        return None
    if known.row_count:
        why = "no run has confirmed its rows"
        return known.state("never_built", "stale", why, why=why)
    why = "it was never built by a run"
    return known.state("never_built", "missing", why, why=why)


def damaged(known: Known, now: Now) -> State | None:
    """Its ledger row is not the row that was written."""
    confirmation = _confirmation(known)
    if confirmation.is_whole and _FINGERPRINT.fullmatch(confirmation.rows):
        return None
    why = "its ledger row is damaged"
    return known.state("damaged", "stale", why, why=why)


def altered(known: Known, now: Now) -> State | None:
    """Its rows are not those that were published."""
    confirmed = _confirmation(known).rows
    if known.rows == confirmed:
        return None
    before = int(confirmed.partition(":")[0])
    why = f"its rows changed behind the ledger: {before:,} were published, {known.row_count:,} are there"
    outcome = "missing" if before and not known.row_count else "partial" if known.row_count < before else "stale"
    expected = known.expected_rows or before
    return known.state("altered", outcome, why, why=why, expected_rows=expected, replaces=True)


def other_code(known: Known, now: Now) -> State | None:
    """Other code made it."""
    if _confirmation(known).logic == now.logic:
        return None
    why = "its code changed"
    return known.state("other_code", "stale", why, why=why)


def other_inputs(known: Known, now: Now) -> State | None:
    """What it reads is not what it was made of."""
    confirmation = _confirmation(known)
    if confirmation.input_fingerprint == known.input_fingerprint:
        return None
    changed = tuple(changed_reads(confirmation.inputs, known.inputs))
    sentences = [now.described.get(name, f"{name.split(' ')[0]}, which it read") for name in changed]
    why = f"its input changed: {', '.join(dict.fromkeys(sentences))}"
    return known.state("other_inputs", "stale", why, why=why, changed=changed)


def other_models(known: Known, now: Now) -> State | None:
    """A model that is made with it is not as a run made it."""
    if not known.drift:
        return None
    why = f"a model that is built with it changed behind the ledger: {_drifted(known)}"
    return known.state("other_models", "stale", why, why=why)


def other_libraries(known: Known, now: Now) -> State | None:
    """Libraries of another major or minor version made it."""
    changed = changed_libraries(_confirmation(known).libraries, now.libraries)
    if not changed:
        return None
    why = f"its libraries changed: {', '.join(changed)}"
    return known.state("other_libraries", "stale", why, why=why)


def asked_for(known: Known, now: Now) -> State | None:
    """Somebody asked for it by force."""
    if not now.forced:
        return None
    outcome = known.counted_outcome or "complete"
    return known.state(
        "asked_for", outcome, known.counted_reason, why="it was asked for by force", replaces=True
    )  # fmt: skip


def uncounted(known: Known, now: Now) -> State | None:
    """Its rows as they are were never counted against the schedule. Not due: a run counts and need not build them."""
    if known.counted_outcome is not None and known.is_counted:
        return None
    return known.state("uncounted", "stale", "its rows are not yet counted against the schedule")


def as_counted(known: Known, now: Now) -> State:
    """Up to date: what the count against the schedule says of it."""
    outcome = known.counted_outcome or "complete"
    excused = known.excused_rows if outcome == "excused" else 0
    return known.state("as_counted", outcome, known.counted_reason, excused_rows=excused)


def raw_changed(known: Known, now: Now) -> State | None:
    """Raw rows of the date, or reference data, are not what the staging layer was made of.

    What was changed behind the ledger is named with it: by a schedule that somebody edited no date is to be planned,
    whatever else there is to do.
    """
    changed = tuple(changed_reads(_confirmation(known).inputs, known.inputs))
    if not changed:
        return None
    why = f"raw rows changed: {', '.join(changed)}"
    if known.drift:
        why = f"{why}; and its rows changed behind the ledger: {_drifted(known)}"
    return known.state("raw_changed", "stale", why, why=why, changed=(*changed, *known.drift))


def layer_altered(known: Known, now: Now) -> State | None:
    """Rows of the staging layer's models are not those that a run made."""
    if not known.drift:
        return None
    why = f"its rows changed behind the ledger: {_drifted(known)}"
    return known.state("altered", "stale", why, why=why, changed=tuple(known.drift))


def layer_damaged(known: Known, now: Now) -> State | None:
    """Its ledger row is not the row that was written."""
    if _confirmation(known).is_whole:
        return None
    why = "its ledger row is damaged"
    return known.state("damaged", "stale", why, why=why)


def layer_built(known: Known, now: Now) -> State:
    """Up to date: nothing counts the rows of the staging layer."""
    return known.state("built", "complete")


TABLE_RULES: tuple[Rule, ...] = (
    unknown, unscheduled, off_day, bootstrap, waited, failed, taken_back, never_built, damaged, altered, other_code,
    other_inputs, other_models, other_libraries, asked_for, uncounted, as_counted,
)  # fmt: skip

LAYER_RULES: tuple[Rule, ...] = (
    failed, never_built, layer_damaged, other_code, raw_changed, layer_altered, other_libraries, asked_for, layer_built,
)  # fmt: skip


def _drifted(known: Known) -> str:
    return ", ".join(f"{model} ({counts})" for model, counts in known.drift.items())


def _confirmation(known: Known) -> Confirmation:
    assert known.confirmation is not None, "never_built() comes before the rules that look at the confirmation"
    return known.confirmation
