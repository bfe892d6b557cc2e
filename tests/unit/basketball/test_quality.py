"""The quality of a row: 100 less a penalty per issue that the row itself has."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

from python_processors.basketball.quality import TIERS, names_where, quality_columns, run_issues, score_of


def flags(**issues: list[bool | None]) -> dict[str, pa.Array]:
    return {name: pa.array(values, pa.bool_()) for name, values in issues.items()}


def test_a_row_without_an_issue_is_gold_and_one_with_two_bears_both_penalties() -> None:
    found = quality_columns(
        flags(backup_source_used=[False, True], minutes_unknown=[None, True]),
        flags(gamebook=[True, False], box_score=[True, True]),
        pa.array([10, 4]),
    )
    assert {name: found[name].to_pylist() for name in ("quality_tier", "quality_score", "quality_issues")} == {
        "quality_tier": ["gold", "bronze"],
        "quality_score": [100, 65],
        "quality_issues": [[], ["backup_source_used", "minutes_unknown"]],
    }
    assert found["data_sources"].to_pylist() == [["box_score", "gamebook"], ["box_score"]]
    assert found["processed_with_issues"].to_pylist() == [False, True]
    assert found["quality_used_fallback"].to_pylist() == [False, True]
    assert found["quality_reconstructed"].to_pylist() == [False, False]
    assert json.loads(found["quality_metadata"][1].as_py()) == {
        "penalties": {"backup_source_used": 15, "minutes_unknown": 20}
    }


@pytest.mark.parametrize(
    ("issues", "score"),
    [
        (["venue_unknown"], 95),
        (["venue_unknown", "starter_unknown"], 93),
        (["shot_zones_unavailable", "game_lines_unavailable"], 75),
    ],
)
def test_a_tier_begins_on_its_limit(issues: list[str], score: int) -> None:
    found = quality_columns(flags(**{name: [True] for name in issues}), {}, pa.array([1]))
    assert found["quality_score"].to_pylist() == [score]
    assert found["quality_tier"].to_pylist() == [next(name for least, name in TIERS if score >= least)]
    assert score_of(flags(**{name: [True] for name in issues})).to_pylist() == [score]


def test_no_rows_have_no_quality() -> None:
    found = quality_columns(flags(venue_unknown=[]), flags(gamebook=[]), pa.array([], pa.int64()))
    assert {len(column) for column in found.values()} == {0}


def test_names_are_sorted_and_a_null_is_a_no() -> None:
    assert names_where(flags(b=[True, None], a=[True, True])).to_pylist() == [["a", "b"], ["a"]]


def test_a_windows_gap_is_an_issue_by_its_name() -> None:
    rows = pa.table(
        flags(
            l5_is_complete=[True, False], season_is_complete=[True, True], backfill_bootstrap_mode=[False, True],
            season_boundary_detected=[False, False],
        )
    )  # fmt: skip
    assert run_issues(rows, flags(thin=[True, False])).to_pylist() == [["thin"], ["bootstrap_mode", "l5_incomplete"]]
