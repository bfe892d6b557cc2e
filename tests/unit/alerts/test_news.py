"""Each finding is told once, its end once, and what stays open again after a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from python_processors.alerts.findings import Finding, Key, findings_of_run
from python_processors.alerts.news import Look, News, Told, look_of, news_of
from python_processors.orchestration.proof.open_findings import OpenFinding
from python_processors.orchestration.proof.row_checks import RowChecks, TableVerification, Verification
from python_processors.orchestration.request import Request
from python_processors.orchestration.run.journal import RunResult, RunWarning

DAY, NEXT = date(2021, 11, 5), date(2021, 11, 6)
MORNING = datetime(2021, 11, 27, 6, 0, tzinfo=UTC)
DAY_LONG = timedelta(hours=23)
WIDE = Look(DAY, NEXT)


def finding(
    kind: str = "partial", day: date = DAY, said: str = "3 of 4 rows: MIA@BOS", table: str = "a_table"
) -> Finding:
    return Finding(Key(table, day, kind), said, (day, day))


def told(*findings: Finding, at: datetime = MORNING) -> dict[Key, Told]:
    return {of.key: Told(of, of.fingerprint, at, at) for of in findings}


def news(
    found: Sequence[Finding], before: dict[Key, Told], look: Look | None = WIDE, after: timedelta = timedelta(hours=1)
) -> News:
    return news_of(found, before, look, MORNING + after, DAY_LONG)


def test_what_is_found_first_is_new_and_the_same_in_the_next_run_is_not() -> None:
    assert news([finding()], {}).new == (finding(),)
    again = news([finding()], told(finding()))
    assert not again
    assert [of.finding for of in again.still_open] == [finding()]


def test_another_sentence_of_the_same_finding_is_news() -> None:
    changed = finding(said="2 of 4 rows: MIA@BOS")
    assert news([changed], told(finding())).new == (changed,)


def test_a_hole_that_closes_is_resolved() -> None:
    closed = news([], told(finding()))
    assert [of.finding for of in closed.resolved] == [finding()]
    assert not closed.still_open


def test_what_a_run_did_not_look_at_stays_open() -> None:
    for look in (
        Look(NEXT, NEXT),
        Look(DAY, NEXT, frozenset({"another_table"})),
        look_of(DAY, NEXT, ("another_table",), True, frozenset()),
        None,
    ):
        unseen = news([], told(finding()), look)
        assert not unseen
        assert len(unseen.still_open) == 1


def test_a_step_that_failed_is_resolved_only_by_a_run_that_built() -> None:
    step = Finding(Key("coverage", None, "failed step"), "it broke", (DAY, NEXT))
    assert not news([], told(step), replace(WIDE, has_built=False))
    assert news([], told(step)).resolved


def test_a_finding_that_becomes_another_is_not_called_resolved() -> None:
    blocked = finding("blocked", said="it waits")
    turned = news([blocked], told(finding("failed")))
    assert turned.new == (blocked,)
    assert not turned.resolved
    assert [of.finding.key.kind for of in turned.closed] == ["failed"]


def test_what_somebody_excused_is_closed_in_silence() -> None:
    excused = news([], told(finding()), replace(WIDE, excused=frozenset({("a_table", DAY)})))
    assert not excused
    assert len(excused.closed) == 1


def test_open_findings_are_a_reminder_after_a_day_and_not_before() -> None:
    assert not news([finding()], told(finding()), after=timedelta(hours=22, minutes=59))
    reminded = news([finding()], told(finding()), after=DAY_LONG)
    assert reminded.is_reminder_due
    assert not reminded.new


def test_open_findings_of_dates_that_the_run_did_not_look_at_are_in_the_reminder() -> None:
    assert news([], told(finding()), Look(NEXT, NEXT), after=DAY_LONG).is_reminder_due


def test_a_warning_is_told_when_it_happens_and_is_never_open() -> None:
    warning = finding("warning", said="2 failures")
    assert news([warning], {}).new == (warning,)
    for later in (news([warning], told(warning)), news([], told(warning)), news([], told(warning), after=DAY_LONG)):
        assert not later
        assert not later.still_open
    assert news([warning], told(warning), after=DAY_LONG).new == (warning,), "a run met it again, a day later"


def test_an_event_that_a_channel_did_not_take_waits_for_it() -> None:
    skip = finding("wrong skip", said="it was skipped")
    assert news([], {skip.key: Told(skip, skip.fingerprint, None, None)}).new == (skip,)


# What runs find


def found(result: RunResult, *findings: OpenFinding, layer: Sequence[OpenFinding] = ()) -> list[Finding]:
    of_table = TableVerification(RowChecks("a_table", DAY, NEXT, {}), 1, 2, findings)
    return findings_of_run(Request(DAY, NEXT), result, Verification((of_table,), tuple(layer)))


def keys(of: Sequence[Finding]) -> list[tuple[str, date | None, str]]:
    return [finding.key[:3] for finding in of]


def test_a_failed_date_is_one_finding_by_the_run_and_by_its_verification() -> None:
    result = RunResult("a_run", failed={"a_table": [DAY]}, failures={f"a_table {DAY}": "it broke"})
    by_run = findings_of_run(Request(DAY, NEXT), result, None)
    by_both = found(result, OpenFinding(f"{DAY} is failed: it broke", "failed", DAY, DAY, "it broke"))
    assert keys(by_run) == keys(by_both) == [("a_table", DAY, "failed")]
    assert by_run[0].fingerprint == by_both[0].fingerprint


def test_a_date_that_waits_is_the_same_finding_whatever_it_is_said_to_wait_for() -> None:
    first = found(RunResult("a_run", blocked={"a_table": [DAY]}))
    second = found(RunResult("b_run"), OpenFinding("...", "blocked", DAY, DAY, "it reads b_table, which failed"))
    assert first[0].key == second[0].key
    assert first[0].fingerprint == second[0].fingerprint
    assert second[0].said == "it reads b_table, which failed"


def test_a_span_of_unknown_dates_is_a_finding_for_each_so_that_a_longer_range_tells_only_the_rest() -> None:
    span = OpenFinding(f"{DAY} to {NEXT} are unknown: old", "unknown", DAY, NEXT, "old")
    assert keys(found(RunResult("a_run"), span)) == [("a_table", DAY, "unknown"), ("a_table", NEXT, "unknown")]


def test_rows_without_a_date_are_the_same_finding_when_their_number_changes() -> None:
    first, second = (
        found(RunResult("a_run"), layer=[OpenFinding(f"{count} rows of nbac_x have no game_date (file a)", "undated")])[
            0
        ]
        for count in ("3", "1,204")
    )
    assert first.key == second.key
    assert first.scope is None
    assert first.fingerprint != second.fingerprint


def test_a_faulty_row_is_resolved_only_by_a_look_at_all_its_dates() -> None:
    (rows,) = found(RunResult("a_run"), OpenFinding("2 rows are not theirs: id=1", "altered", DAY, NEXT))
    assert not Look(DAY, DAY).sees(rows)
    assert Look(DAY, NEXT).sees(rows)


def test_every_failure_of_a_run_is_a_finding() -> None:
    result = RunResult(
        "a_run",
        failures={
            f"coverage 2 dates from {DAY} to {NEXT}": "it broke",
            "skip audit": "no rows",
            "coverage": "it broke",
        },
        wrong_skips=[("a_table", DAY)],
        warnings=[RunWarning("a_test", 2, "Got 2 results", DAY, NEXT)],
    )
    assert keys(found(result)) == [
        ("coverage", None, "failed step"), ("skip audit", None, "failed step"), ("a_table", DAY, "wrong skip"),
        ("a_test", NEXT, "warning"),
    ]  # fmt: skip


def test_a_wrong_skip_of_another_run_is_another_one() -> None:
    first, second = (found(RunResult(name, wrong_skips=[("a_table", DAY)]))[0] for name in ("a_run", "b_run"))
    assert first.fingerprint != second.fingerprint
